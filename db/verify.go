package db

import (
	"bytes"
	"context"
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
// the outcome with every stored history, cell and moment. It takes memory for a
// window of leads and for the cells.
func (s *Store) Verify(ctx context.Context, campaignKey string, report Progress) (v Verification, err error) {
	err = s.snapshot(ctx, func(t *tx) error {
		v = Verification{}
		k, err := s.find(t, campaignKey)
		if err != nil {
			return err
		}
		r, err := t.recounting(k.Number)
		if err != nil {
			return err
		}
		rules := k.counted.rules()
		c := &verifying{Verification: &v, t: t, campaign: k.Number, recounting: r, folder: funnel.Folder{Rules: rules}, tally: funnel.NewTally(rules.Calendar)}
		for from := int64(0); from < r.last || from == 0; {
			w, err := openWindow(t, k.Number, from, windowMost)
			if err == nil {
				err = c.window(w, report)
			}
			if err != nil {
				return err
			}
			from = w.to
		}
		return c.compareCells(c.tally.Cells())
	})
	return v, err
}

// verifying is a Verify under way.
type verifying struct {
	*Verification
	t        *tx
	campaign int64
	recounting
	folder funnel.Folder
	tally  *funnel.Tally
}

// window compares the leads of a window, a slice at a time.
func (c *verifying) window(w *window, report Progress) error {
	lower, upper := allOf(w.from, w.to, c.last)
	moments, err := c.t.pairs(nil, "select lead_no, at_ms from moments where campaign_id = $1 and generation = $2 and lead_no > $3 and lead_no <= $4 order by lead_no, at_ms",
		c.campaign, c.generation, lower, upper)
	if err != nil {
		return err
	}
	for from := w.from; ; {
		to := min(from+slice, w.to, max(c.last, from))
		if report != nil {
			report(from, c.last)
		}
		if moments, err = c.slice(w, from, to, moments); err != nil {
			return err
		}
		if from = to; from >= min(w.to, c.last) {
			break
		}
	}
	for _, m := range moments {
		c.differ(fmt.Sprintf("moment of lead %d", m.lead), campaign.FormatInstant(m.other), "none")
	}
	return nil
}

// slice compares the leads (from, to], taking their moments off those given.
func (c *verifying) slice(w *window, from, to int64, moments []pair) ([]pair, error) {
	lower, upper := allOf(from, to, c.last)
	stored, err := storedHistories(c.t, c.campaign, lower, upper)
	if err != nil {
		return nil, err
	}
	units, err := factUnits(c.t, c.campaign, from, to, w.attempts(nil, from, to))
	if err != nil {
		return nil, err
	}
	for _, u := range units {
		c.Leads++
		c.Attempts += int64(len(u.Attempts))
		packed := packHistory(&u.Unit)
		if !bytes.Equal(packed, stored[u.Number]) {
			c.differ(fmt.Sprintf("history of lead %d", u.Number), fmt.Sprintf("%x", stored[u.Number]), fmt.Sprintf("%x", packed))
		}
		delete(stored, u.Number)
		if ms := cohortMs(&u.Unit); ms != u.storedCohortMs {
			c.differ(fmt.Sprintf("cohort of lead %d", u.Number), fmt.Sprint(u.storedCohortMs), fmt.Sprint(ms))
		}
		moments = c.compareMoments(u.Number, moments, fold(&c.folder, c.tally, &u.Unit, 1))
	}
	for lead, packed := range stored {
		c.differ(fmt.Sprintf("history of lead %d", lead), fmt.Sprintf("%x", packed), "no such lead")
	}
	return moments, nil
}

// compareMoments takes off the moments up to those of a lead and compares these
// with what the facts give, ascending.
func (c *verifying) compareMoments(lead int64, moments []pair, expected []int64) []pair {
	what := func(lead int64) string { return fmt.Sprintf("moment of lead %d", lead) }
	for _, at := range expected {
		for ; len(moments) > 0 && comparePairs(moments[0], pair{lead, at}) < 0; moments = moments[1:] {
			c.differ(what(moments[0].lead), campaign.FormatInstant(moments[0].other), "none")
		}
		if len(moments) == 0 || moments[0] != (pair{lead, at}) {
			c.differ(what(lead), "none", campaign.FormatInstant(at))
			continue
		}
		moments = moments[1:]
	}
	for ; len(moments) > 0 && moments[0].lead <= lead; moments = moments[1:] {
		c.differ(what(moments[0].lead), campaign.FormatInstant(moments[0].other), "none")
	}
	return moments
}

func (c *verifying) compareCells(cells []funnel.Cell) error {
	expected := make(map[funnel.CellKey]funnel.Vector, len(cells))
	for _, cell := range cells {
		expected[cell.CellKey] = cell.Vector
	}
	err := c.t.query(func(row *sqlx.Rows) error {
		var key funnel.CellKey
		var packed []byte
		if err := row.Scan(&key.Grouping, &key.Part, &key.Bucket, &key.Key, &packed); err != nil {
			return err
		}
		c.Cells++
		stored, err := funnel.AppendDecoded(nil, packed)
		if err != nil || !slices.Equal(stored, expected[key]) {
			c.differ(fmt.Sprintf("cell %+v", key), fmt.Sprint(stored), fmt.Sprint(expected[key]))
		}
		delete(expected, key)
		return nil
	}, "select grouping_no, part, bucket, key_no, vector from cells where campaign_id = $1 and generation = $2", c.campaign, c.generation)
	for key, vector := range expected {
		c.differ(fmt.Sprintf("cell %+v", key), "none", fmt.Sprint(vector))
	}
	return err
}
