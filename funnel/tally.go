package funnel

import (
	"cmp"
	"slices"

	"ringside/campaign"
)

// Part separates what a report reads together within a cell.
type Part uint8

const (
	// PartSums holds a value a measure.
	PartSums Part = iota + 1
	// PartPairs holds, by the day of the lead's previous dial in the cell's chain,
	// the number of dials of the cell's day: what counts distinct leads exactly
	// over any whole days.
	PartPairs
	// PartAgents holds the dials of each agent, to count distinct agents.
	PartAgents
	// PartCurve holds what the attempt curve is made of: under 2n the leads of the
	// cohort with n dials in all, under 2n+1 those won at dial n.
	PartCurve
	// PartSpread holds the spreads of the measures in seconds: what percentiles are
	// read from.
	PartSpread
)

// CellKey names a cell: a grouping, the number of its agent, list or source (0
// for none), and the bucket: a Day, or the label of an hour in milliseconds.
type CellKey struct {
	Grouping Grouping
	Part     Part
	Bucket   int64
	Key      int64
}

// Compare orders cells as they are stored.
func (k CellKey) Compare(o CellKey) int {
	return cmp.Or(cmp.Compare(k.Grouping, o.Grouping), cmp.Compare(k.Part, o.Part),
		cmp.Compare(k.Bucket, o.Bucket), cmp.Compare(k.Key, o.Key))
}

// Cell is a change of one stored cell.
type Cell struct {
	CellKey
	Vector Vector
}

// Tally gathers what units contribute to cells. Taking a unit away and adding it
// back unchanged leaves nothing.
type Tally struct {
	rules *Rules
	cells map[CellKey]*Vector
}

// NewTally returns an empty tally of events folded under the rules.
func NewTally(rules *Rules) *Tally {
	return &Tally{rules: rules, cells: map[CellKey]*Vector{}}
}

// Add adds the events of a lead.
func (t *Tally) Add(lead *Lead, events []Event) {
	for i := range events {
		t.add(lead, &events[i], 1)
	}
}

// Change takes away the events a lead had and adds those it has. Most changes
// leave most events of a lead as they were: these are passed over.
func (t *Tally) Change(before *Lead, had []Event, after *Lead, has []Event) {
	alike := *before == *after
	for len(had) > 0 || len(has) > 0 {
		switch {
		case len(has) == 0 || len(had) > 0 && had[0].compare(&has[0]) < 0:
			t.add(before, &had[0], -1)
			had = had[1:]
		case len(had) == 0 || had[0].compare(&has[0]) > 0:
			t.add(after, &has[0], 1)
			has = has[1:]
		default:
			if !alike || !had[0].countsAs(&has[0]) {
				t.add(before, &had[0], -1)
				t.add(after, &has[0], 1)
			}
			had, has = had[1:], has[1:]
		}
	}
}

// compare orders the events of a lead as Fold returns them.
func (e *Event) compare(o *Event) int {
	return cmp.Or(cmp.Compare(e.Clock, o.Clock), cmp.Compare(e.Ordinal, o.Ordinal))
}

// countsAs reports whether two events of one lead add the same to all cells.
func (e *Event) countsAs(o *Event) bool {
	for chain := range e.Chains {
		if e.Chains[chain].PrevMs != o.Chains[chain].PrevMs {
			return false
		}
	}
	return e.AtMs == o.AtMs && e.Agent == o.Agent && e.Disposition == o.Disposition && e.Category == o.Category &&
		e.DialCount == o.DialCount && e.WonAt == o.WonAt && slices.Equal(e.Sums, o.Sums)
}

// add adds one event to all cells it belongs to, times sign, which is 1 or −1.
func (t *Tally) add(lead *Lead, e *Event, sign int64) {
	day, hour := t.rules.Calendar.DayOf(e.AtMs), t.rules.Calendar.HourOf(e.AtMs)
	for _, c := range cutsOf[e.Clock] {
		cell := CellKey{Grouping: c.Grouping, Bucket: int64(day), Key: t.rules.key(c.by, lead, e)}
		if c.hourly {
			cell.Bucket = hour
		}
		sums := t.part(cell, PartSums)
		for _, s := range e.Sums {
			sums.Add(int64(s.Measure), sign*s.Value)
		}
		if e.Clock == DialClock {
			t.distinct(c, cell, e.Chains[c.chain].PrevMs, sign)
			t.spread(cell, e, sign)
		}
	}
	t.ofDay(e, day, sign)
}

// part returns what was gathered for a part of a cell.
func (t *Tally) part(cell CellKey, p Part) *Vector {
	cell.Part = p
	v := t.cells[cell]
	if v == nil {
		v = &Vector{}
		t.cells[cell] = v
	}
	return v
}

// distinct keeps what counts distinct leads: of an hour its first dials, of days
// the pairs with the days of the dials before.
func (t *Tally) distinct(c *cut, cell CellKey, prevMs, sign int64) {
	if !c.hourly {
		prev := campaign.NoDay
		if prevMs != campaign.None {
			prev = t.rules.Calendar.DayOf(prevMs)
		}
		t.part(cell, PartPairs).Add(int64(prev), sign)
	} else if prevMs == campaign.None || t.rules.Calendar.HourOf(prevMs) != cell.Bucket {
		t.part(cell, PartSums).Add(int64(HourLeads), sign)
	}
}

// spread keeps how the durations of a dial are spread.
func (t *Tally) spread(cell CellKey, e *Event, sign int64) {
	for _, s := range e.Sums {
		if s.Measure.hasSpread() {
			t.part(cell, PartSpread).Add(s.bucket(), sign)
		}
	}
}

// ofDay keeps what only whole days need: the agents, and the attempt curve.
func (t *Tally) ofDay(e *Event, day campaign.Day, sign int64) {
	cell := CellKey{Grouping: AllByDay, Bucket: int64(day)}
	if e.Clock == DialClock && e.Agent != 0 {
		t.part(cell, PartAgents).Add(e.Agent, sign)
	}
	if e.Clock == LeadClock && e.DialCount > 0 {
		curve := t.part(cell, PartCurve)
		curve.Add(2*int64(e.DialCount), sign)
		if e.WonAt > 0 {
			curve.Add(2*int64(e.WonAt)+1, sign)
		}
	}
}

// Cells returns the changes gathered, in stored order, leaving out what cancels,
// and empties the tally.
func (t *Tally) Cells() []Cell {
	cells := make([]Cell, 0, len(t.cells))
	for key, v := range t.cells {
		if v := slices.DeleteFunc(*v, func(e Entry) bool { return e.Value == 0 }); len(v) > 0 {
			cells = append(cells, Cell{key, v})
		}
	}
	slices.SortFunc(cells, func(a, b Cell) int { return a.Compare(b.CellKey) })
	clear(t.cells)
	return cells
}
