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

// Verify folds every fact of the campaign again, on one snapshot, and compares the
// outcome with every stored history, cell and moment. It takes memory for the cells;
// putting attempts in order is the engine's work, which spills to its disk.
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
		c := &verifying{Verification: &v, folder: funnel.Folder{Rules: rules}, tally: funnel.NewTally(rules)}
		if err := c.leads(t, k.Number, r, report); err != nil {
			return err
		}
		return c.compareCells(t, k.Number, r.generation)
	})
	return v, err
}

// verifying is a Verify under way.
type verifying struct {
	*Verification
	folder funnel.Folder
	tally  *funnel.Tally
}

// everything is all there is of one lead number.
type everything struct {
	funnel.Unit
	there    bool // as a lead
	cohortMs int64
	history  []byte
	moments  []int64
}

// together is how many leads are handed from reading to comparing at a time.
const together = 512

// leads compares all leads. One goroutine reads, another folds and compares, as
// either takes about as long.
func (c *verifying) leads(t *tx, campaignNumber int64, r recounting, report Progress) error {
	read, compared := make(chan []*everything, 4), make(chan struct{})
	go func() {
		defer close(compared)
		for some := range read {
			for _, e := range some {
				c.compare(e)
			}
		}
	}()
	var some []*everything
	err := eachLead(t, campaignNumber, r.generation, func(e *everything) {
		if some = append(some, e); len(some) < together {
			return
		}
		read <- some
		if some = nil; report != nil {
			report(min(e.Number, r.last), r.last)
		}
	})
	read <- some
	close(read)
	<-compared
	return err
}

// What a row of everything is about.
const (
	leadRow = iota
	historyRow
	momentRow
	attemptRow
)

// eachLead calls every lead number that anything stands under, in order. All of it
// comes as one sequence of rows put in order by lead: no index leads from a lead to
// its attempts, and a connection reads one sequence at a time.
func eachLead(t *tx, campaignNumber, generation int64, each func(*everything)) error {
	var e *everything
	err := t.query(func(row *sqlx.Rows) error {
		r, err := scanRow(row)
		if err != nil {
			return err
		}
		if e == nil || e.Number != r.lead {
			if e != nil {
				each(e)
			}
			e = &everything{Unit: funnel.Unit{Lead: funnel.Lead{Number: r.lead, GeneratedMs: campaign.None}}, cohortMs: campaign.None}
		}
		e.take(&r)
		return nil
	}, `select lead_no, 3 as what, attempt_no, ref, started_ms, result, coalesce(answered_by, 0), coalesce(ended_by, 0), coalesce(void, 0),
			answered_ms, greeting_ended_ms, connected_ms, ended_ms, hold_ms, wrap_ms, amount_minor, decided_ms, cancelled_ms, callback_ms,
			coalesce(agent_no, 0), coalesce(disposition_no, 0), cast(null as bytea) as history
			from attempts where campaign_id = $1 and lead_no > 0
		union all select lead_no, 0, coalesce(zone_no, 0), '', generated_ms, coalesce(posted, 0), 0, 0, coalesce(void, 0),
			cohort_ms, null, null, null, null, null, null, null, null, null, coalesce(list_no, 0), coalesce(source_no, 0), null
			from leads where campaign_id = $2
		union all select lead_no, 1, 0, '', null, 0, 0, 0, 0, null, null, null, null, null, null, null, null, null, null, 0, 0, history
			from histories where campaign_id = $3
		union all select lead_no, 2, 0, '', at_ms, 0, 0, 0, 0, null, null, null, null, null, null, null, null, null, null, 0, 0, null
			from moments where campaign_id = $4 and generation = $5
		order by lead_no, what`, campaignNumber, campaignNumber, campaignNumber, campaignNumber, generation)
	if err == nil && e != nil {
		each(e)
	}
	return err
}

// everyRow is one row of everything. What is not an attempt has its fields in the
// columns of one.
type everyRow struct {
	lead    int64
	what    int
	attempt funnel.Attempt
	history []byte
}

func scanRow(row *sqlx.Rows) (r everyRow, err error) {
	var started nullInt
	var optional [10]nullInt
	a := &r.attempt
	dest := append(make([]any, 0, 22), &r.lead, &r.what, &a.Number, &a.Ref, &started, &a.Result, &a.AnsweredBy, &a.EndedBy, &a.Void)
	for i := range optional {
		dest = append(dest, &optional[i])
	}
	err = row.Scan(append(dest, &a.Agent, &a.Disposition, &r.history)...)
	a.StartedMs = known(started)
	for i, f := range optionals(a) {
		*f.at = known(optional[i])
	}
	return r, err
}

func (e *everything) take(r *everyRow) {
	a := &r.attempt
	switch r.what {
	case leadRow:
		e.there, e.cohortMs = true, a.AnsweredMs
		e.GeneratedMs, e.Posted, e.Void, e.List, e.Source, e.Zone = a.StartedMs, a.Result == 1, a.Void, a.Agent, a.Disposition, a.Number
	case historyRow:
		e.history = r.history
	case momentRow:
		e.moments = append(e.moments, a.StartedMs)
	case attemptRow:
		e.Attempts = append(e.Attempts, *a)
	}
}

// compare compares what is stored of a lead with what the facts say.
func (c *verifying) compare(e *everything) {
	var packed []byte
	var moments []int64
	cohort := int64(campaign.None)
	if e.there {
		e.Sort()
		c.Leads++
		c.Attempts += int64(len(e.Attempts))
		events := c.folder.Fold(&e.Unit)
		c.tally.Add(&e.Lead, events)
		packed, cohort, moments = packHistory(&e.Unit), cohortMs(&e.Unit), momentsOf(events)
	}
	if !bytes.Equal(packed, e.history) {
		c.differ(fmt.Sprintf("history of lead %d", e.Number), fmt.Sprintf("%x", e.history), fmt.Sprintf("%x", packed))
	}
	if cohort != e.cohortMs {
		c.differ(fmt.Sprintf("cohort of lead %d", e.Number), fmt.Sprint(e.cohortMs), fmt.Sprint(cohort))
	}
	for _, at := range e.moments {
		if !slices.Contains(moments, at) {
			c.differ(fmt.Sprintf("moment of lead %d", e.Number), campaign.FormatInstant(at), "none")
		}
	}
	for _, at := range moments {
		if !slices.Contains(e.moments, at) {
			c.differ(fmt.Sprintf("moment of lead %d", e.Number), "none", campaign.FormatInstant(at))
		}
	}
}

func (c *verifying) compareCells(t *tx, campaignNumber, generation int64) error {
	cells := c.tally.Cells()
	expected := make(map[funnel.CellKey]*funnel.Parts, len(cells))
	for i := range cells {
		expected[cells[i].CellKey] = &cells[i].Parts
	}
	var stored cellRow
	dest := stored.whole()
	err := t.query(func(row *sqlx.Rows) error {
		if err := row.Scan(dest...); err != nil {
			return err
		}
		c.Cells++
		facts := expected[stored.CellKey]
		if facts == nil {
			facts = &funnel.Parts{}
		}
		for p, column := range partColumns {
			if err := stored.decode(funnel.Part(p)); err != nil || !slices.Equal(stored.parts[p], facts[p]) {
				c.differ(fmt.Sprintf("%s of cell %+v", column, stored.CellKey), fmt.Sprint(stored.parts[p]), fmt.Sprint(facts[p]))
			}
		}
		delete(expected, stored.CellKey)
		return nil
	}, "select grouping_no, bucket, key_no, "+allParts+" from cells where campaign_id = $1 and generation = $2", campaignNumber, generation)
	for key, parts := range expected {
		c.differ(fmt.Sprintf("cell %+v", key), "none", fmt.Sprint(*parts))
	}
	return err
}
