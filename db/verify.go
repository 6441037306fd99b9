package db

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"
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
	// Records are the facts that fold by themselves: calls of a queue, measures.
	Records     int64
	Differing   int64
	Differences []Difference
}

func (v *Verification) differ(what, stored, facts string) {
	v.Differing++
	if len(v.Differences) < differencesMost {
		v.Differences = append(v.Differences, Difference{what, stored, facts})
	}
}

// Verify folds every fact of the campaign again, on one snapshot, and compares the
// outcome with every stored history, cell and moment, and what was known at each closing
// of a month with its frozen figures. It takes memory for the cells
// and, where something differs, for a window of attempts.
func (s *Store) Verify(ctx context.Context, campaignKey string, report Progress) (v Verification, err error) {
	several := min(max(runtime.GOMAXPROCS(0), 1), verifyMost)
	err = s.snapshots(ctx, campaignKey, several, func(k *knowledge, ts []*tx) error {
		v = Verification{}
		r, err := ts[0].recounting(k.Number)
		if err != nil {
			return err
		}
		p := newProof(k, r, ts, report)
		if err := verifyRecords(&v, p, k, r.last); err != nil {
			return err
		}
		c := &verifying{Verification: &v, proof: p, t: ts[0], window: s.windowMost, prover: p.provers[0]}
		if k.ofService() {
			return c.compareCells(p.cells())
		}
		if err := p.gather(); err != nil {
			return err
		}
		if err := p.fold(); err != nil {
			return err
		}
		for _, number := range p.unequal() {
			if err := c.slice(number, p.slices[number].folded); err != nil {
				return err
			}
		}
		v.Leads, v.Attempts = p.leads.Load(), p.attempts.Load()
		if err := c.compareCells(p.cells()); err != nil {
			return err
		}
		return s.compareClosings(ts[0], k, &v)
	})
	return v, err
}

// verifying is a Verify that names what differs.
type verifying struct {
	*Verification
	*proof
	*prover
	t *tx
	// w is the window of the leads at hand, of about so many attempts.
	w      *window
	window int
}

// slice compares the leads of a slice one by one, and folds them for the cells if
// their histories were not to be trusted with that.
func (c *verifying) slice(number int64, folded bool) (err error) {
	before := c.Differing
	from, last := leadsOf(number)
	for at := from; at < last; {
		if !c.w.holds(at) {
			if c.w, err = openWindow(c.t, c.campaign, at, c.window); err != nil {
				return err
			}
		}
		to := min(last, c.w.to)
		if err := c.compareLeads(at, to, folded); err != nil {
			return err
		}
		at = to
	}
	if c.Differing == before { // attempts of leads that are missing
		c.differ(fmt.Sprintf("leads %d to %d", from+1, last), "other attempts", "attempts of other leads")
	}
	return nil
}

// compareLeads compares what is stored of leads (from, to] with what the facts say.
func (c *verifying) compareLeads(from, to int64, folded bool) error {
	stored, err := storedHistories(c.t, c.campaign, from, to)
	if err != nil {
		return err
	}
	moments, err := c.momentsIn(from, to)
	if err != nil {
		return err
	}
	units, err := factUnits(c.t, c.campaign, from, to, c.w.attempts(nil, from, to))
	if err != nil {
		return err
	}
	for _, u := range units {
		events := c.folder.Fold(&u.Unit)
		if !folded {
			c.tally.Add(&u.Lead, events)
		}
		c.compareHistory(u.Number, stored[u.Number], packHistory(&u.Unit))
		if cohort := cohortMs(&u.Unit); cohort != u.storedCohortMs {
			c.differ(fmt.Sprintf("cohort of lead %d", u.Number), fmt.Sprint(u.storedCohortMs), fmt.Sprint(cohort))
		}
		c.compareMoments(u.Number, moments[u.Number], momentsOf(events))
		delete(stored, u.Number)
		delete(moments, u.Number)
	}
	for lead, packed := range stored { // of no lead
		c.compareHistory(lead, packed, nil)
	}
	for lead, at := range moments {
		c.compareMoments(lead, at, nil)
	}
	return nil
}

// momentsIn reads the stored moments of leads, or records, (from, to].
func (c *verifying) momentsIn(from, to int64) (map[int64][]int64, error) {
	pairs, err := c.t.pairs(nil, "select lead_no, at_ms from moments where campaign_id = $1 and generation = $2 and lead_no > $3 and lead_no <= $4", c.campaign, c.generation, from, to)
	moments := map[int64][]int64{}
	for _, p := range pairs {
		moments[p.lead] = append(moments[p.lead], p.other)
	}
	return moments, err
}

func (c *verifying) compareHistory(lead int64, stored, facts []byte) {
	if !bytes.Equal(stored, facts) {
		c.differ(fmt.Sprintf("history of lead %d", lead), fmt.Sprintf("%x", stored), fmt.Sprintf("%x", facts))
	}
}

func (c *verifying) compareMoments(lead int64, stored, facts []int64) {
	for _, at := range stored {
		if !slices.Contains(facts, at) {
			c.differ(fmt.Sprintf("moment of lead %d", lead), campaign.FormatInstant(at), "none")
		}
	}
	for _, at := range facts {
		if !slices.Contains(stored, at) {
			c.differ(fmt.Sprintf("moment of lead %d", lead), "none", campaign.FormatInstant(at))
		}
	}
}

// compareCells goes through the cells that the facts make and those that are
// stored, both in order.
func (c *verifying) compareCells(expected []funnel.Cell) error {
	missing := func(before *funnel.CellKey) {
		for len(expected) > 0 && (before == nil || expected[0].Compare(*before) < 0) {
			c.differ(fmt.Sprintf("cell %+v", expected[0].CellKey), "none", fmt.Sprint(expected[0].Parts))
			expected = expected[1:]
		}
	}
	var key funnel.CellKey
	var stored cellRow
	dest := stored.whole()
	err := c.t.query(func(row *sqlx.Rows) error {
		if err := row.Scan(dest...); err != nil {
			return err
		}
		c.Cells++
		key = stored.CellKey
		missing(&key)
		facts := &funnel.Parts{}
		if len(expected) > 0 && expected[0].CellKey == key {
			facts, expected = &expected[0].Parts, expected[1:]
		}
		for p, column := range partColumns {
			if err := stored.decode(funnel.Part(p)); err != nil || !slices.Equal(stored.parts[p], facts[p]) {
				c.differ(fmt.Sprintf("%s of cell %+v", column, key), cmp.Or(said(err), fmt.Sprint(stored.parts[p])), fmt.Sprint(facts[p]))
			}
		}
		return nil
	}, "select grouping_no, bucket, key_no, "+allParts+" from cells where campaign_id = $1 and generation = $2 order by grouping_no, bucket, key_no", c.campaign, c.generation)
	missing(nil)
	return err
}

func said(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// leadsOf returns the leads (from, to] of a slice.
func leadsOf(number int64) (from, to int64) {
	from = number*slice - 1
	return from, min(from, math.MaxInt64-slice) + slice
}
