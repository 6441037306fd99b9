package db

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"ringside/campaign"
	"ringside/funnel"
)

// Difference is one place where what is stored is not what the facts say.
type Difference struct{ What, Stored, Facts string }

// differencesMost bounds how many differences Verify lists; it counts them all.
const differencesMost = 100

// Verification is the outcome of Verify.
type Verification struct {
	Leads, Attempts, Cells int64
	Differing              int64
	Differences            []Difference
}

func (v *Verification) differ(what, stored, facts string) {
	v.Differing++
	if len(v.Differences) < differencesMost {
		v.Differences = append(v.Differences, Difference{what, stored, facts})
	}
}

// Verify folds every fact of the campaign again, on one snapshot, and compares
// the outcome with every stored history, cell and moment.
func (s *Store) Verify(ctx context.Context, campaignKey string, report Progress) (v Verification, err error) {
	err = s.snapshot(ctx, func(t *tx) error {
		v = Verification{}
		k, err := s.find(t, campaignKey)
		if err != nil {
			return err
		}
		var generation, leads int64
		if _, err := t.one([]any{&generation, &leads}, "select generation, last_lead_no from progress where campaign_id = $1", k.Number); err != nil {
			return err
		}
		rules := k.counted.rules()
		tally := funnel.NewTally(rules)
		folder := funnel.Folder{Rules: rules}
		moments := map[moment]bool{}
		histories := map[int64][]byte{}
		cohorts := map[int64]int64{}
		err = eachUnit(t, k.Number, func(u *funnel.Unit) error {
			if report != nil && v.Leads%slice == 0 {
				report(v.Leads, leads)
			}
			v.Leads++
			v.Attempts += int64(len(u.Attempts))
			events := folder.Fold(u)
			tally.Add(&u.Lead, events)
			histories[u.Number], cohorts[u.Number] = packHistory(u), cohortMs(u)
			for _, at := range momentsOf(events) {
				moments[moment{at, u.Number}] = true
			}
			return nil
		})
		if err != nil {
			return err
		}
		return v.compare(t, k.Number, generation, histories, cohorts, moments, tally.Cells())
	})
	return v, err
}

type moment struct{ atMs, lead int64 }

// compare walks what is stored and marks off what the facts gave.
func (v *Verification) compare(t *tx, campaignNumber, generation int64, histories map[int64][]byte, cohorts map[int64]int64, moments map[moment]bool, cells []funnel.Cell) error {
	err := t.query(func(row *sqlx.Rows) error {
		var lead int64
		var cohort sql.NullInt64
		var packed []byte
		if err := row.Scan(&lead, &cohort, &packed); err != nil {
			return err
		}
		if !bytes.Equal(packed, histories[lead]) {
			v.differ(fmt.Sprintf("history of lead %d", lead), fmt.Sprintf("%x", packed), fmt.Sprintf("%x", histories[lead]))
		}
		if known(cohort) != cohorts[lead] {
			v.differ(fmt.Sprintf("cohort of lead %d", lead), fmt.Sprint(known(cohort)), fmt.Sprint(cohorts[lead]))
		}
		return nil
	}, `select l.lead_no, l.cohort_ms, h.history from leads l left join histories h on h.campaign_id = l.campaign_id and h.lead_no = l.lead_no
		where l.campaign_id = $1 order by l.lead_no`, campaignNumber)
	if err != nil {
		return err
	}
	err = t.query(func(row *sqlx.Rows) error {
		var m moment
		if err := row.Scan(&m.atMs, &m.lead); err != nil {
			return err
		}
		if !moments[m] {
			v.differ(fmt.Sprintf("moment of lead %d", m.lead), campaign.FormatInstant(m.atMs), "none")
		}
		delete(moments, m)
		return nil
	}, "select at_ms, lead_no from moments where campaign_id = $1 and generation = $2", campaignNumber, generation)
	if err != nil {
		return err
	}
	for m := range moments {
		v.differ(fmt.Sprintf("moment of lead %d", m.lead), "none", campaign.FormatInstant(m.atMs))
	}
	return v.compareCells(t, campaignNumber, generation, cells)
}

func (v *Verification) compareCells(t *tx, campaignNumber, generation int64, cells []funnel.Cell) error {
	expected := make(map[funnel.CellKey]funnel.Vector, len(cells))
	for _, c := range cells {
		expected[c.CellKey] = c.Vector
	}
	err := t.query(func(row *sqlx.Rows) error {
		var c funnel.CellKey
		var packed []byte
		if err := row.Scan(&c.Grouping, &c.Part, &c.Bucket, &c.Key, &packed); err != nil {
			return err
		}
		v.Cells++
		stored, err := funnel.AppendDecoded(nil, packed)
		if err != nil || !slices.Equal(stored, expected[c]) {
			v.differ(fmt.Sprintf("cell %+v", c), fmt.Sprint(stored), fmt.Sprint(expected[c]))
		}
		delete(expected, c)
		return nil
	}, "select grouping_no, part, bucket, key_no, vector from cells where campaign_id = $1 and generation = $2", campaignNumber, generation)
	for key, vector := range expected {
		v.differ(fmt.Sprintf("cell %+v", key), "none", fmt.Sprint(vector))
	}
	return err
}
