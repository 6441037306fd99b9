package db

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/jmoiron/sqlx"

	"ringside/campaign"
	"ringside/funnel"
)

// labelKind tells the callers' texts apart. Numbers are stored.
type labelKind uint8

const (
	agentLabel labelKind = iota + 1
	listLabel
	sourceLabel
	dispositionLabel
)

type label struct {
	kind labelKind
	body string
}

// knowledge is what is kept in memory of a campaign: its configuration and its
// labels. It is checked against the campaign's rows in every transaction that
// uses it and made anew when another process changed them.
type knowledge struct {
	campaign.Campaign
	numbers map[label]int64
	labels  []label // by number
	// codes are the campaign's dispositions by code, meanings by label number.
	codes    map[string]campaign.Meaning
	meanings map[int64]campaign.Meaning
}

// text returns the caller's text behind a label number; ok is false for 0.
func (k *knowledge) text(number int64) (body string, ok bool) {
	if number <= 0 || number >= int64(len(k.labels)) {
		return "", false
	}
	return k.labels[number].body, true
}

// rules are the campaign's rules for folding, for one goroutine.
func (k *knowledge) rules() *funnel.Rules {
	return &funnel.Rules{
		Calendar:       campaign.NewCalendar(k.Location()),
		AgentFromStart: k.DialMode.AgentFromStart(),
		StrictLeads:    k.StrictLeads,
		Meanings:       k.meanings,
		DialedStage:    slices.Index(k.Stages, "dialed"),
		ContactedStage: slices.Index(k.Stages, "contacted"),
		Profile:        funnel.Profiles[k.Compliance],
	}
}

// clone returns a copy that may learn labels while readers use the original.
func (k *knowledge) clone() *knowledge {
	more := *k
	more.numbers = maps.Clone(k.numbers)
	more.meanings = maps.Clone(k.meanings)
	more.labels = slices.Clone(k.labels)
	return &more
}

// learnLabel adds the label that has the next number.
func (k *knowledge) learnLabel(l label) {
	number := int64(len(k.labels))
	k.numbers[l] = number
	k.labels = append(k.labels, l)
	if meaning, mapped := k.codes[l.body]; mapped && l.kind == dispositionLabel {
		k.meanings[number] = meaning
	}
}

// find returns what is known of the campaign that a ref or id names, reading
// what has changed since. A missing campaign is a NotFound error.
func (s *Store) find(t *tx, key string) (*knowledge, error) {
	missing := campaign.NotFoundf("campaign", "there is no campaign %q; create it with PUT /v1/campaigns/%s", key, key)
	if campaign.CheckRef(key) != nil {
		return nil, missing // not every engine looks up what is not even text
	}
	var c campaign.Campaign
	var config []byte
	var lastLabel int64
	const columns = `select c.campaign_id, c.ref, c.created_ms, c.config_version, c.config, p.last_label_no
		from campaigns c join progress p on p.campaign_id = c.campaign_id where `
	dest := []any{&c.Number, &c.Ref, &c.CreatedMs, &c.ConfigVersion, &config, &lastLabel}
	found, err := t.one(dest, columns+"c.ref = $1", key)
	if id, ok := campaign.ParseID(key); err == nil && !found && ok && id.Kind == 0 {
		found, err = t.one(dest, columns+"c.campaign_id = $1 and c.created_ms = $2", id.CampaignNumber, id.CreatedMs)
	}
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, missing
	}
	s.mu.Lock()
	k := s.known[c.Number]
	s.mu.Unlock()
	// Labels are only ever added, so a reader of an older state may use more.
	if k != nil && k.ConfigVersion == c.ConfigVersion && int64(len(k.labels)) > lastLabel {
		return k, nil
	}
	if k, err = learn(t, c, config); err != nil {
		return nil, err
	}
	s.keep(k)
	return k, nil
}

// lock takes the campaign's progress row until the transaction ends: writers of
// one campaign, in this process or another, go one after the other. It comes
// before anything is read to be changed: what is read from then on is what the
// writer before has left. A file was locked as a whole when the transaction began.
func (t *tx) lock(campaignNumber int64) error {
	if t.lockRow == "" {
		return nil
	}
	var version int64
	_, err := t.one([]any{&version}, "select version from progress where campaign_id = $1"+t.lockRow, campaignNumber)
	return err
}

// findLocked is find for a transaction that changes the campaign.
func (s *Store) findLocked(t *tx, key string) (*knowledge, error) {
	k, err := s.find(t, key)
	if err != nil || t.lockRow == "" {
		return k, err
	}
	if err := t.lock(k.Number); err != nil {
		return nil, err
	}
	return s.find(t, key)
}

// forget drops what is kept of a campaign.
func (s *Store) forget(campaignNumber int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.known, campaignNumber)
}

// keep makes what is committed of a campaign available to later transactions.
func (s *Store) keep(k *knowledge) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.known[k.Number]
	if old == nil || k.ConfigVersion > old.ConfigVersion || k.ConfigVersion == old.ConfigVersion && len(k.labels) > len(old.labels) {
		s.known[k.Number] = k
	}
}

func learn(t *tx, c campaign.Campaign, config []byte) (*knowledge, error) {
	if err := json.Unmarshal(config, &c.Config); err != nil {
		return nil, fmt.Errorf("stored configuration of campaign %s: %w", c.Ref, err)
	}
	k := &knowledge{Campaign: c, numbers: map[label]int64{}, labels: make([]label, 1), codes: c.Meanings(), meanings: map[int64]campaign.Meaning{}}
	err := t.query(func(row *sqlx.Rows) error {
		var number int64
		var l label
		if err := row.Scan(&number, &l.kind, &l.body); err != nil {
			return err
		}
		if number != int64(len(k.labels)) {
			return fmt.Errorf("labels of campaign %s skip number %d", c.Ref, len(k.labels))
		}
		k.learnLabel(l)
		return nil
	}, "select label_no, kind, body from labels where campaign_id = $1 order by label_no", c.Number)
	return k, err
}
