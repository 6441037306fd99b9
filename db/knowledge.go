package db

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"ringside/campaign"
	"ringside/funnel"
)

// knowledge is what is kept in memory of a campaign: its configuration and its
// labels. It is checked against the campaign's rows in every transaction that
// uses it and made anew when another process changed them.
type knowledge struct {
	campaign.Campaign
	labels labels
	// counted reads facts as the current generation does, wanted as the last
	// configuration says. They are one unless a recount is under way.
	counted, wanted *reading
	// next is the generation a recount fills, or 0.
	next int64
}

// reading is a configuration in the store's numbers.
type reading struct {
	*campaign.Config
	zone     *time.Location
	codes    map[string]campaign.Meaning      // dispositions by code
	meanings map[int64]campaign.Meaning       // the same by label number
	spoken   map[funnel.Code]campaign.Meaning // sources' own codes by label number
	zones    map[int64]*time.Location         // leads' time zones by label number
	labour   map[int64][]campaign.LabourRate  // rates by the agent's label number, 0 for all others
}

func newReading(c *campaign.Config) *reading {
	r := &reading{Config: c, zone: c.Location(), codes: c.Meanings(), meanings: map[int64]campaign.Meaning{},
		spoken: map[funnel.Code]campaign.Meaning{}, zones: map[int64]*time.Location{}, labour: map[int64][]campaign.LabourRate{}}
	if of := c.LabourOf(""); of != nil {
		r.labour[0] = of
	}
	return r
}

func (r *reading) clone() *reading {
	more := *r
	more.meanings = maps.Clone(r.meanings)
	more.spoken = maps.Clone(r.spoken)
	more.zones = maps.Clone(r.zones)
	more.labour = maps.Clone(r.labour)
	return &more
}

// learnLabel takes a new label into account; all are those of the campaign.
func (r *reading) learnLabel(all *labels, number int64, l label) {
	switch l.kind {
	case agentLabel:
		if of := r.LabourOf(l.body); of != nil {
			r.labour[number] = of
		}
	case dispositionLabel:
		if meaning, mapped := r.codes[l.body]; mapped {
			r.meanings[number] = meaning
		}
		for source := range r.Codes {
			r.learnCode(all, source, l.body)
		}
	case dialerLabel:
		for code := range r.Codes[l.body] {
			r.learnCode(all, l.body, code)
		}
	case zoneLabel:
		// A zone was known when it was posted. Where other zone data does not know it,
		// its leads are read as if they named none.
		if zone, err := campaign.LoadZone(l.body); err == nil {
			r.zones[number] = zone
		}
	}
}

// learnCode puts what a source's code means under its numbers, once both the source
// and the code have one.
func (r *reading) learnCode(all *labels, source, code string) {
	dialer, named := all.number(label{dialerLabel, source})
	disposition, used := all.number(label{dispositionLabel, code})
	if meaning, mapped := r.CodeMeaning(source, code); mapped && named && used {
		r.spoken[funnel.Code{Dialer: dialer, Disposition: disposition}] = meaning
	}
}

// meaning is what a version's disposition says.
func (r *reading) meaning(c *campaign.Content) (m campaign.Meaning, mapped bool) {
	code := c.Text(campaign.AttemptDisposition)
	if m, mapped = r.codes[code]; !mapped {
		m, mapped = r.CodeMeaning(c.Text(campaign.AttemptDialer), code)
	}
	return m, mapped
}

// recounting reports whether the campaign is counted again under way.
func (k *knowledge) recounting() bool { return k.counted != k.wanted }

// text returns the caller's text behind a label number; ok is false for 0.
func (k *knowledge) text(number int64) (body string, ok bool) {
	l, ok := k.labels.at(number)
	return l.body, ok
}

// rules are the rules for folding, for one goroutine.
func (r *reading) rules() *funnel.Rules {
	rules := &funnel.Rules{
		Calendar:       campaign.NewCalendar(r.zone),
		AgentFromStart: r.DialMode.AgentFromStart(),
		StrictLeads:    r.StrictLeads,
		Meanings:       r.meanings,
		Codes:          r.spoken,
		Zones:          r.zones,
		DialedStage:    slices.Index(r.Stages, "dialed"),
		ContactedStage: slices.Index(r.Stages, "contacted"),
		Profile:        funnel.Profiles[r.Compliance],
		Rates:          r.Rates,
		Labour:         r.labour,
		MinorMicro:     campaign.MinorMicro(r.Digits()),
		CostBasis:      r.CostBasis,
		Queue:          queueOf(r.Config),
		Hours:          hoursOf(r.Config, r.zone),
	}
	if r.Service != nil {
		rules.AcquisitionMinor = r.Service.AcquisitionMinor
	}
	return rules
}

// hoursOf measures the installation's business hours, nil where there are none.
func hoursOf(c *campaign.Config, zone *time.Location) *campaign.Clock {
	if c.Service == nil {
		return nil
	}
	return campaign.NewClock(c.Service.Hours, campaign.NewCalendar(zone))
}

func queueOf(c *campaign.Config) (q campaign.Queue) {
	if c.Queue != nil {
		q = *c.Queue
	}
	return q
}

// ofService reports whether the facts are records, of a queue or of the installation.
func (k *knowledge) ofService() bool { return k.Queue != nil || k.Service != nil }

// clone returns a copy that may learn labels while readers use the original.
func (k *knowledge) clone() *knowledge {
	more := *k
	more.labels = k.labels.clone()
	more.counted = k.counted.clone()
	if more.wanted = more.counted; k.recounting() {
		more.wanted = k.wanted.clone()
	}
	return &more
}

// learnLabel adds the label that has the next number.
func (k *knowledge) learnLabel(l label) {
	k.labels.add(l)
	k.counted.learnLabel(&k.labels, k.labels.last, l)
	if k.recounting() {
		k.wanted.learnLabel(&k.labels, k.labels.last, l)
	}
}

// find returns what is known of the campaign that a ref or id names, reading
// what has changed since. A missing campaign is a NotFound error.
func (s *Store) find(t *tx, key string) (*knowledge, error) {
	if campaign.CheckKey(key) != nil {
		return nil, campaign.Missing(key) // not every engine looks up what is not even text
	}
	if k, err := s.findKnown(t, key); k != nil || err != nil {
		return k, err
	}
	var c campaign.Campaign
	var config, counted []byte
	var lastLabel, next, version int64
	const columns = `select c.campaign_id, c.ref, c.created_ms, c.config_version, c.config, c.counted_config, p.last_label_no, p.next_generation, p.counting_version
		from campaigns c join progress p on p.campaign_id = c.campaign_id where `
	dest := []any{&c.Number, &c.Ref, &c.CreatedMs, &c.ConfigVersion, &config, &counted, &lastLabel, &next, &version}
	found, err := t.one(dest, columns+"c.ref = $1", key)
	name, asQueue := campaign.QueueOf(key)
	if id, ok := campaign.ParseID(name); err == nil && !found && ok {
		found, err = t.one(dest, columns+"c.campaign_id = $1 and c.created_ms = $2", id.CampaignNumber, id.CreatedMs)
		_, isQueue := campaign.QueueOf(c.Ref)
		found = found && c.ID() == id && asQueue == isQueue && c.Ref != campaign.ServiceKey
	}
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, campaign.Missing(key)
	}
	if err := tooNew(c.Ref, version); err != nil {
		return nil, err
	}
	if next == 0 {
		config = nil
	}
	k, err := learn(t, c, counted, config)
	if err != nil {
		return nil, err
	}
	k.next = next
	s.keep(k)
	return k, nil
}

// findKnown returns what is kept of the campaign that a ref names, if it is still so.
func (s *Store) findKnown(t *tx, ref string) (*knowledge, error) {
	var at standing
	found, err := t.one(at.dest(), standingOf+"campaigns c join progress p on p.campaign_id = c.campaign_id where c.ref = $1", ref)
	if err != nil || !found {
		return nil, err
	}
	return s.stillKnown(&at)
}

// stillKnown returns what is kept of a campaign, if it is as it stands.
func (s *Store) stillKnown(at *standing) (*knowledge, error) {
	s.mu.Lock()
	k := s.known[at.number]
	s.mu.Unlock()
	// Labels are only ever added, so a reader of an older state may use more.
	if k == nil || k.Ref != at.ref || k.ConfigVersion != at.configVersion || k.next != at.nextGeneration || k.labels.last < at.lastLabel {
		return nil, nil
	}
	return k, tooNew(at.ref, at.counting)
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
	if old == nil || k.ConfigVersion > old.ConfigVersion || k.ConfigVersion == old.ConfigVersion && (k.next != old.next || k.labels.last > old.labels.last) {
		s.known[k.Number] = k
	}
}

// learn reads a campaign's labels. wanted is the configuration it is counted
// again by, or nil.
func learn(t *tx, c campaign.Campaign, counted, wanted []byte) (*knowledge, error) {
	if err := readConfigs(&c, counted, wanted); err != nil {
		return nil, err
	}
	k := &knowledge{Campaign: c, labels: newLabels()}
	k.counted = newReading(&k.Campaign.Config)
	if k.wanted = k.counted; c.Wanted != nil {
		k.wanted = newReading(c.Wanted)
	}
	err := t.query(func(row *sqlx.Rows) error {
		var number int64
		var l label
		if err := row.Scan(&number, &l.kind, &l.body); err != nil {
			return err
		}
		if number != k.labels.last+1 {
			return fmt.Errorf("labels of campaign %s skip number %d", c.Ref, k.labels.last+1)
		}
		k.learnLabel(l)
		return nil
	}, "select label_no, kind, body from labels where campaign_id = $1 order by label_no", c.Number)
	return k, err
}

// readConfigs reads the stored configurations into the campaign.
func readConfigs(c *campaign.Campaign, counted, wanted []byte) error {
	err := json.Unmarshal(counted, &c.Config)
	if err == nil && wanted != nil {
		c.Wanted = &campaign.Config{}
		err = json.Unmarshal(wanted, c.Wanted)
	}
	if err != nil {
		return fmt.Errorf("stored configuration of campaign %s: %w", c.Ref, err)
	}
	return nil
}
