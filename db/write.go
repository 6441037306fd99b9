package db

import (
	"maps"
	"slices"

	"ringside/campaign"
	"ringside/funnel"
)

// write stores the batch: facts and versions, then what was counted from them. The
// attempts come first: the connection has most to do with them, and while it has the
// rest is worked out.
func (b *batch) write() error {
	attempts := changedFacts(b.attempts)
	folded, err := b.writeAttempts(attempts)
	if err != nil {
		return err
	}
	if err := b.refold(attempts, folded); err != nil {
		return err
	}
	// Values are made before labels are written: making a row may name a new one.
	leads, costs := changedFacts(b.leads), changedFacts(b.costs)
	if err := b.writeFacts(leadTable, leads, b.numberIn(leadTable, leads)); err != nil {
		return err
	}
	if err := b.writeFacts(costTable, costs, b.numberIn(costTable, costs)); err != nil {
		return err
	}
	if err := b.writeVersions(slices.Concat(leads, attempts, costs)); err != nil {
		return err
	}
	if err := b.writeUnits(); err != nil {
		return err
	}
	if err := b.writeLabels(); err != nil {
		return err
	}
	if err := b.writeDNCs(); err != nil {
		return err
	}
	if err := b.writeCalls(); err != nil {
		return err
	}
	if err := b.writeMessages(); err != nil {
		return err
	}
	if err := b.writeCodes(); err != nil {
		return err
	}
	if err := b.writeArrivals(); err != nil {
		return err
	}
	return b.t.later(`update progress set version = version + 1, arrived_us = $1, last_lead_no = $2, last_attempt_no = $3, last_label_no = $4, last_cost_no = $5,
		last_message_no = $6, named = $7, posted_by = $8 where campaign_id = $9`, b.arrivedUs, b.lastLead, b.lastAttempt, b.lastLabel, b.lastCost, b.lastMessage, bit(b.named), b.postedBy, b.k.Number)
}

// writeAttempts writes the changed attempts, and returns what the fold needs of each.
// While the connection writes some, the next are worked out.
func (b *batch) writeAttempts(attempts []*fact) ([]funnel.Attempt, error) {
	if err := b.learnCodes(attempts); err != nil {
		return nil, err
	}
	if err := b.touch(attempts); err != nil {
		return nil, err
	}
	b.noteAsks(attempts)
	folded := make([]funnel.Attempt, len(attempts))
	err := b.writeFacts(attemptTable, attempts, func(i int) func(field int) int64 {
		folded[i] = b.foldAttempt(attempts[i])
		return func(field int) int64 {
			switch field {
			case campaign.AttemptLead:
				return attempts[i].lead
			case campaign.AttemptAgent:
				return folded[i].Agent
			case campaign.AttemptDisposition:
				return folded[i].Disposition
			}
			return folded[i].Dialer
		}
	})
	if err != nil {
		return nil, err
	}
	return folded, b.removeUnsaid(attempts)
}

// numberIn returns what gives the numbers of a fact's labels.
func (b *batch) numberIn(tb *table, facts []*fact) func(i int) func(field int) int64 {
	return func(i int) func(field int) int64 {
		return func(field int) int64 { return b.labelOf(facts[i], field, tb.columns[field].label) }
	}
}

// writeFacts writes the rows of facts. numbers gives, for each, what is stored of the
// fields that are kept as a number.
func (b *batch) writeFacts(tb *table, facts []*fact, numbers func(i int) func(field int) int64) error {
	made, changed := b.t.into(tb.insert, tb.width, ""), b.t.into(tb.insert, tb.width, tb.after)
	var row []any
	for i, f := range facts {
		row = tb.values(row[:0], b.k.Number, f, numbers(i))
		if tb.kind == campaign.KindLead {
			row = append(row, b.cohortOf(f))
		}
		in := made
		if f.stored {
			in = changed
		}
		if err := in.row(row...); err != nil {
			return err
		}
	}
	if err := made.flush(); err != nil {
		return err
	}
	return changed.flush()
}

// removeUnsaid removes the attempts of which nothing is said any more. A lead goes on
// as one that is known by name.
func (b *batch) removeUnsaid(attempts []*fact) error {
	for _, f := range attempts {
		if f.versions == 0 {
			if err := b.t.exec("delete from attempts where campaign_id = $1 and attempt_no = $2", b.k.Number, f.number); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *batch) writeVersions(facts []*fact) error {
	for _, f := range facts {
		if f.anew {
			if err := b.t.exec("delete from versions where campaign_id = $1 and kind = $2 and fact_no = $3", b.k.Number, f.kind, f.number); err != nil {
				return err
			}
		}
	}
	in := b.t.into(insertVersions, versionsWidth, "")
	for _, f := range facts {
		for _, v := range f.added {
			if err := in.row(v.row(b.k.Number, f.kind, f.number)...); err != nil {
				return err
			}
		}
	}
	return in.flush()
}

func (b *batch) writeLabels() error {
	in := b.t.into("insert into labels (campaign_id, label_no, kind, body) values ", 4, "")
	for _, number := range b.newLabels {
		l, _ := b.k.labels.at(number)
		if err := in.row(b.k.Number, number, l.kind, l.body); err != nil {
			return err
		}
	}
	b.newLabels = nil
	return in.flush()
}

// writeUnits folds every touched lead before and after, and writes what differs.
// While a recount is under way the leads it has already come by are counted in
// its generation too; it comes by the others later.
func (b *batch) writeUnits() error {
	now := newCounting(b.t, b.k.Number, b.generation, b.k.counted)
	var next *counting
	if b.nextGeneration != 0 {
		next = newCounting(b.t, b.k.Number, b.nextGeneration, b.k.wanted)
	}
	histories := b.t.intoHistories()
	for _, lead := range slices.Sorted(maps.Keys(b.units)) {
		u := b.units[lead]
		if err := now.change(u); err != nil {
			return err
		}
		if next != nil && lead <= b.foldedLead {
			if err := next.change(u); err != nil {
				return err
			}
		}
		if err := b.moveCohort(lead, u); err != nil {
			return err
		}
		if err := histories.row(b.k.Number, lead, packHistory(u.after)); err != nil {
			return err
		}
	}
	if err := histories.flush(); err != nil {
		return err
	}
	if next != nil {
		if err := next.flush(); err != nil {
			return err
		}
	}
	return now.flush()
}

// cohortOf is the instant by which the lead clock finds a lead, as it is stored.
func (b *batch) cohortOf(lead *fact) any {
	if u := b.units[lead.number]; u != nil {
		return null(cohortMs(u.after))
	}
	return nil
}

// moveCohort keeps that instant of a lead whose attempts moved it: a new lead was
// written with it.
func (b *batch) moveCohort(lead int64, u *unitChange) error {
	before, after := cohortMs(u.before), cohortMs(u.after)
	if before == after || b.newLeads[lead] {
		return nil
	}
	return b.t.later("update leads set cohort_ms = $1 where campaign_id = $2 and lead_no = $3", null(after), b.k.Number, lead)
}

// cohortMs is the lead clock's instant whether or not the campaign is strict about
// leads: the column only finds leads, folding them says whether they count.
func cohortMs(u *funnel.Unit) int64 { return u.CohortMs(false) }

// counting counts units in one generation of cells and moments.
type counting struct {
	t                    *tx
	campaign, generation int64
	// before and after hold the events of a unit until it is folded again.
	before, after funnel.Folder
	tally         *funnel.Tally
}

func newCounting(t *tx, campaignNumber, generation int64, r *reading) *counting {
	rules := r.rules()
	return &counting{t: t, campaign: campaignNumber, generation: generation,
		before: funnel.Folder{Rules: rules}, after: funnel.Folder{Rules: rules}, tally: funnel.NewTally(rules)}
}

// change takes away what a unit contributed and adds what it contributes.
func (c *counting) change(u *unitChange) error {
	had, has := c.before.Fold(u.before), c.after.Fold(u.after)
	c.tally.Change(&u.before.Lead, had, &u.after.Lead, has)
	before, after := momentsOf(had), momentsOf(has)
	for _, at := range before {
		if !slices.Contains(after, at) {
			if err := c.t.later("delete from moments where campaign_id = $1 and generation = $2 and at_ms = $3 and lead_no = $4",
				c.campaign, c.generation, at, u.after.Number); err != nil {
				return err
			}
		}
	}
	for _, at := range after {
		if !slices.Contains(before, at) {
			if err := c.t.later("insert into moments (campaign_id, generation, at_ms, lead_no) values ($1, $2, $3, $4) on conflict (campaign_id, generation, at_ms, lead_no) do nothing",
				c.campaign, c.generation, at, u.after.Number); err != nil {
				return err
			}
		}
	}
	return nil
}

// flush writes the cells that changed.
func (c *counting) flush() error { return addCells(c.t, c.campaign, c.generation, c.tally.Cells()) }

// momentsOf returns a unit's moments: the instants of its sale and promise clocks, and
// those of a record that are not the one it stands at, ascending, each once.
func momentsOf(events []funnel.Event) (moments []int64) {
	for i := range events {
		if c := events[i].Clock; c == funnel.SaleClock || c == funnel.PromiseClock || !c.Stands() {
			moments = append(moments, events[i].AtMs)
		}
	}
	slices.Sort(moments)
	return slices.Compact(moments)
}
