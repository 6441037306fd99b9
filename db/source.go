package db

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"ringside/campaign"
)

// PutSource creates the source of that ref or replaces it. Where it changes what
// codes mean that were used already, every campaign concerned is counted again:
// PutSource returns when that is done, and when ctx ends before, it goes on all
// the same. Number, version and creation are the store's to give.
func (s *Store) PutSource(ctx context.Context, said campaign.Source) (out campaign.Source, created bool, err error) {
	meanings, err := json.Marshal(wordsOf(said.Meanings))
	if err != nil {
		return out, false, err
	}
	var recounts []string
	err = s.transact(ctx, func(t *tx) error {
		out, recounts = said, nil
		// The source first: who learns a code of it in the meantime waits for its row,
		// or is waited for.
		found, err := t.one([]any{&out.Number, &out.CreatedMs, &out.Version}, "select source_no, created_ms, version from sources where ref = $1"+t.lockRow, out.Ref)
		if err != nil {
			return err
		}
		out.Version++
		if created = !found; created {
			return s.createSource(t, &out, meanings)
		}
		if err := t.exec("update sources set version = $1, config = $2, secret = $3, meanings = $4 where source_no = $5",
			out.Version, string(out.Config), out.Secret, string(meanings), out.Number); err != nil {
			return err
		}
		recounts, err = s.changeCodes(t, &out)
		return err
	})
	if err != nil {
		return out, created, err
	}
	for _, ref := range recounts {
		select {
		case <-s.recountBehind(ref):
		case <-ctx.Done():
			return out, created, ctx.Err()
		}
	}
	return out, created, nil
}

func wordsOf(meanings map[string]campaign.Category) map[string]string {
	words := make(map[string]string, len(meanings))
	for code, category := range meanings {
		words[code] = category.String()
	}
	return words
}

func (s *Store) createSource(t *tx, out *campaign.Source, meanings []byte) error {
	out.CreatedMs, out.Version = s.now().UnixMilli(), 1
	if _, err := t.one([]any{&out.Number}, "select coalesce(max(source_no), 0) + 1 from sources"); err != nil {
		return err
	}
	err := t.exec("insert into sources (source_no, ref, created_ms, version, config, secret, meanings) values ($1, $2, $3, $4, $5, $6, $7)",
		out.Number, out.Ref, out.CreatedMs, out.Version, string(out.Config), out.Secret, string(meanings))
	if err != nil && t.raced(err) {
		return &againError{err} // another process took the ref or the number
	}
	return err
}

// changeCodes gives the codes that campaigns know of the source their new meaning,
// and returns the refs of those that are to be counted again.
func (s *Store) changeCodes(t *tx, of *campaign.Source) (recounts []string, err error) {
	var all []campaign.Campaign
	err = t.query(func(row *sqlx.Rows) error {
		var c campaign.Campaign
		err := row.Scan(&c.Number, &c.Ref)
		all = append(all, c)
		return err
	}, "select campaign_id, ref from campaigns")
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b campaign.Campaign) int { return int(a.Number - b.Number) })
	for _, c := range all {
		if err := t.lock(c.Number); err != nil {
			return nil, err
		}
		var counted, last []byte
		if _, err := t.one([]any{&c.CreatedMs, &c.ConfigVersion, &counted, &last},
			"select created_ms, config_version, counted_config, config from campaigns where campaign_id = $1", c.Number); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(last, &c.Config); err != nil {
			return nil, err
		}
		if !newMeanings(&c.Config, of) {
			continue
		}
		c.ConfigVersion++
		again, err := t.replaceConfig(c, counted, last, s.zoneRules(c.TimeZone))
		if err != nil {
			return nil, err
		}
		if again {
			recounts = append(recounts, c.Ref)
		}
	}
	return recounts, nil
}

// newMeanings puts the source's meanings into a configuration that uses its codes.
func newMeanings(config *campaign.Config, of *campaign.Source) (changed bool) {
	for code, before := range config.Codes[of.Ref] {
		after := ""
		if category, known := of.Meanings[code]; known {
			after = category.String()
		}
		config.Codes[of.Ref][code] = after
		changed = changed || after != before
	}
	return changed
}

const sourceColumns = "source_no, ref, created_ms, version, config, secret"

func scanSource(row *sqlx.Rows) (src campaign.Source, err error) {
	err = row.Scan(&src.Number, &src.Ref, &src.CreatedMs, &src.Version, &src.Config, &src.Secret)
	return src, err
}

// Source returns a source by ref, its meanings left out.
func (s *Store) Source(ctx context.Context, ref string) (src campaign.Source, err error) {
	missing := campaign.NotFoundf("source", "there is no source %q; create it with PUT /v1/sources/%s", ref, ref)
	if campaign.CheckRef(ref) != nil {
		return src, missing // not every engine looks up what is not even text
	}
	found := false
	err = s.glance(ctx, func(t *tx) error {
		return t.query(func(row *sqlx.Rows) (err error) {
			found = true
			src, err = scanSource(row)
			return err
		}, "select "+sourceColumns+" from sources where ref = $1", ref)
	})
	if err == nil && !found {
		err = missing
	}
	return src, err
}

// Sources returns all sources in order of ref, bytewise, their meanings left out.
func (s *Store) Sources(ctx context.Context) (all []campaign.Source, err error) {
	err = s.glance(ctx, func(t *tx) error {
		all = nil
		return t.query(func(row *sqlx.Rows) error {
			src, err := scanSource(row)
			all = append(all, src)
			return err
		}, "select "+sourceColumns+" from sources")
	})
	slices.SortFunc(all, func(a, b campaign.Source) int { return strings.Compare(a.Ref, b.Ref) })
	return all, err
}

// newCode is a code that a source used in a campaign for the first time.
type newCode struct{ source, code, category string }

// codesMost is how many codes of one source a campaign remembers that nobody mapped.
const codesMost = 5000

// learnCodes finds the meaning of codes that sources use for the first time here.
// No attempt has had such a code before, so nothing needs to be counted again.
func (b *batch) learnCodes(attempts []*fact) error {
	for _, f := range attempts {
		if err := b.learnCode(&f.content); err != nil {
			return err
		}
		for i := range f.added {
			if err := b.learnCode(&f.added[i].content); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *batch) learnCode(c *campaign.Content) error {
	n := newCode{source: c.Text(campaign.AttemptDialer), code: c.Text(campaign.AttemptDisposition)}
	if _, known := b.k.wanted.Codes[n.source][n.code]; known || n.source == "" || n.code == "" {
		return nil
	}
	var text []byte
	// A PUT of the source that has begun is waited for, and sees this code when it
	// goes on.
	found, err := b.t.one([]any{&text}, "select meanings from sources where ref = $1"+b.lockRow, n.source)
	if err != nil {
		return err
	}
	meanings := map[string]string{}
	if found {
		if err := json.Unmarshal(text, &meanings); err != nil {
			return err
		}
	}
	n.category = meanings[n.code]
	if n.category == "" && len(b.k.wanted.Codes[n.source]) >= codesMost {
		return nil // it sends texts for codes; what is unmapped by then stays so
	}
	if !b.ownsKnowledge {
		b.k, b.ownsKnowledge = b.k.clone(), true
	}
	if len(b.newCodes) == 0 {
		b.k.ConfigVersion++
	}
	b.newCodes = append(b.newCodes, n)
	b.k.learnCode(n)
	return nil
}

// learnCode adds a code to the configurations of a campaign.
func (k *knowledge) learnCode(n newCode) {
	learn := func(r *reading) {
		config := *r.Config
		config.Codes = withCode(config.Codes, n)
		r.Config = &config
		r.learnCode(&k.labels, n.source, n.code)
	}
	recounting := k.recounting()
	learn(k.counted)
	k.Campaign.Config = *k.counted.Config
	if recounting {
		learn(k.wanted)
		k.Campaign.Wanted = k.wanted.Config
	}
}

// withCode returns the codes with one more; readers may still use those given.
func withCode(codes map[string]map[string]string, n newCode) map[string]map[string]string {
	more := maps.Clone(codes)
	if more == nil {
		more = map[string]map[string]string{}
	}
	of := maps.Clone(more[n.source])
	if of == nil {
		of = map[string]string{}
	}
	of[n.code], more[n.source] = n.category, of
	return more
}

// writeCodes adds the new codes to the stored configurations.
func (b *batch) writeCodes() error {
	if len(b.newCodes) == 0 {
		return nil
	}
	var texts [2][]byte
	if _, err := b.t.one([]any{&texts[0], &texts[1]}, "select config, counted_config from campaigns where campaign_id = $1", b.k.Number); err != nil {
		return err
	}
	for i := range texts {
		var config campaign.Config
		if err := json.Unmarshal(texts[i], &config); err != nil {
			return err
		}
		for _, n := range b.newCodes {
			config.Codes = withCode(config.Codes, n)
		}
		var err error
		if texts[i], err = json.Marshal(config); err != nil {
			return err
		}
	}
	return b.t.exec("update campaigns set config_version = $1, config = $2, counted_config = $3 where campaign_id = $4",
		b.k.ConfigVersion, string(texts[0]), string(texts[1]), b.k.Number)
}
