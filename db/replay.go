package db

import (
	"fmt"
	"maps"
	"slices"

	"github.com/jmoiron/sqlx"

	"ringside/campaign"
	"ringside/funnel"
)

// replay folds the campaign's facts as they were known at an instant: of each
// fact the versions that had arrived by then, under the configuration of today.
// It reads everything, a slice of facts at a time. The knowledge that comes back
// also numbers texts that only older versions hold.
func replay(t *tx, k *knowledge, atUs int64) (*funnel.Book, *knowledge, error) {
	rates, err := t.ratesKnown(k.Number, atUs)
	if err != nil {
		return nil, nil, err
	}
	r := newReplaying(t, k.ratedBy(rates), atUs)
	records, err := r.records()
	if err != nil || k.ofService() {
		return funnel.NewBook(r.k.counted.rules(), records, nil), r.k, err
	}
	for _, kind := range []campaign.Kind{campaign.KindLead, campaign.KindAttempt, campaign.KindCost} {
		if err := r.all(kind, r.add); err != nil {
			return nil, nil, err
		}
	}
	units := records
	for _, lead := range slices.Sorted(maps.Keys(r.units)) {
		units = append(units, r.units[lead])
	}
	return funnel.NewBook(r.k.counted.rules(), units, r.costs), r.k, nil
}

func newReplaying(t *tx, k *knowledge, atUs int64) *replaying {
	return &replaying{batch: &batch{t: t, k: k, progress: progress{lastLabel: k.labels.last}, leadNumbers: map[string]int64{}}, atUs: atUs, units: map[int64]*funnel.Unit{}}
}

// replaying is a replay under way. Its batch only translates texts to numbers.
type replaying struct {
	*batch
	atUs  int64
	units map[int64]*funnel.Unit
	costs []funnel.CostEntry
}

// all calls each fact of a kind as it was known.
func (r *replaying) all(kind campaign.Kind, each func(*fact)) error {
	tb := tableOf(kind)
	text := fmt.Sprintf("select %s from %s where f.campaign_id = $1 and f.%s > $2 order by f.%s limit 4096", tb.fields, tb.from, tb.number, tb.number)
	for last := int64(0); ; {
		var facts []*fact
		scan := tb.scanner(r.k)
		err := r.t.query(func(row *sqlx.Rows) error {
			f, err := scan(row)
			facts = append(facts, f)
			return err
		}, text, r.k.Number, last)
		if err != nil || len(facts) == 0 {
			return err
		}
		if err := r.rewind(facts); err != nil {
			return err
		}
		for _, f := range facts {
			if kind == campaign.KindAttempt {
				if err := r.learnCode(&f.content); err != nil {
					return err
				}
			}
			each(f)
		}
		last = facts[len(facts)-1].number
	}
}

// rewind takes each fact back to what was known of it.
func (r *replaying) rewind(facts []*fact) error {
	kind := facts[0].kind
	known := map[int64][]version{}
	err := r.t.query(func(row *sqlx.Rows) error {
		var number int64
		v, err := scanVersion(row, kind, &number)
		if err == nil && v.arrivedUs <= r.atUs {
			known[number] = append(known[number], v)
		}
		return err
	}, "select fact_no, "+versionColumns+` from versions
		where campaign_id = $1 and kind = $2 and fact_no >= $3 and fact_no <= $4 order by fact_no, version_no`,
		r.k.Number, kind, facts[0].number, facts[len(facts)-1].number)
	if err != nil {
		return err
	}
	for _, f := range facts {
		switch versions := known[f.number]; {
		case f.versions == 1 && f.arrivedUs <= r.atUs:
		case len(versions) > 0:
			f.content, f.rank = mergeVersions(kind, versions)
		default:
			f.content = campaign.Content{Values: make([]campaign.Value, len(f.content.Values))}
		}
	}
	return nil
}

// add adds a fact as it was known. Leads come first, so that attempts find them.
func (r *replaying) add(f *fact) {
	switch f.kind {
	case campaign.KindLead:
		r.leadNumbers[f.ref] = f.number
		u := &funnel.Unit{Lead: funnel.Lead{Number: f.number}}
		r.foldLead(&u.Lead, f)
		r.units[f.number] = u
	case campaign.KindAttempt:
		if u := r.units[r.leadOf(f)]; u != nil && complete(&f.content) {
			u.Attempts = append(u.Attempts, r.foldAttempt(f))
		}
	case campaign.KindCost:
		c := &f.content
		e := costEntry(f)
		if c.Given(campaign.CostAmount) && c.Int(campaign.CostVoid) != 1 && e.FromMs < e.ToMs {
			r.costs = append(r.costs, e)
		}
	}
}
