package funnel

import (
	"cmp"
	"slices"
)

// Part separates what a report reads together within a cell.
type Part uint8

// The parts of a cell. Each is a column, in this order: whoever reads the first
// does not touch what lies behind it.
const (
	// PartSums holds a value a measure.
	PartSums Part = iota
	// PartPairs holds how many dials of the cell had the previous dial of their
	// lead's, in the cell's chain, at which time (pairID): what counts distinct leads
	// exactly over any whole buckets.
	PartPairs
	// PartSpread holds the spreads of the measures in seconds: what percentiles are
	// read from.
	PartSpread
	// PartAgents holds the dials of each agent, to count distinct agents.
	PartAgents
	// PartCurve holds what the attempt curve is made of: under 2n the leads of the
	// cohort with n dials in all, under 2n+1 those won at dial n, under −n what their
	// n-th dials cost, in millionths.
	PartCurve
	// PartsEnd is how many there are.
	PartsEnd
)

// Parts is the content of a cell. Most cells have few of the parts.
type Parts [PartsEnd]Vector

// CellKey names a cell: a grouping, the bucket, by its grain a Day or the first instant
// of an hour in milliseconds, and the number it is grouped under (0 where by nothing).
type CellKey struct {
	Grouping Grouping
	Bucket   int64
	Key      int64
}

// Compare orders cells as they are stored.
func (k CellKey) Compare(o CellKey) int {
	return cmp.Or(cmp.Compare(k.Grouping, o.Grouping), cmp.Compare(k.Bucket, o.Bucket), cmp.Compare(k.Key, o.Key))
}

// Cell is a change of one stored cell.
type Cell struct {
	CellKey
	Parts Parts
}

// Tally gathers what units contribute to cells. Taking a unit away and adding it
// back unchanged leaves nothing.
type Tally struct {
	rules *Rules
	cells map[CellKey]*gathered
	// last is the cell of each stored grouping that was asked for last: dials come
	// in order, so the next one is often of the same.
	last [groupingsEnd]*gathered
}

// gathered is what was gathered for one cell. The sums of measures that have a
// number of their own stand apart, where adding takes no search.
type gathered struct {
	key   CellKey
	sums  [countedEnd]int64
	parts Parts
}

// NewTally returns an empty tally of events folded under the rules.
func NewTally(rules *Rules) *Tally {
	return &Tally{rules: rules, cells: map[CellKey]*gathered{}}
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
		e.DialCount == o.DialCount && e.WonAt == o.WonAt && slices.Equal(e.Sums, o.Sums) && slices.Equal(e.DialMicros, o.DialMicros)
}

// add adds one event to all cells it belongs to, times sign, which is 1 or −1. What
// holds sums of other cells is left to Cells.
func (t *Tally) add(lead *Lead, e *Event, sign int64) {
	cal := t.rules.Calendar
	day, hour := int64(cal.DayOf(e.AtMs)), cal.HourOf(e.AtMs)
	for _, c := range cutsOf[e.Clock] {
		key := CellKey{Grouping: c.Grouping, Bucket: day, Key: t.rules.key(c.by, lead, e)}
		if c.grain == hours {
			key.Bucket = hour
		}
		cell := t.at(key)
		for _, s := range e.Sums {
			cell.add(s.Measure, sign*s.Value)
		}
		if e.Clock == DialClock {
			cell.parts[PartPairs].Add(c.pairID(cal, e.Chains[c.chain].PrevMs), sign)
		}
		if c.spreads && (e.Clock == DialClock || e.Clock >= OfferClock) {
			cell.spread(e, sign)
		}
		if c.by == "" {
			cell.ofAll(e, sign)
		}
	}
}

// at returns what was gathered for a cell.
func (t *Tally) at(key CellKey) *gathered {
	if last := t.last[key.Grouping]; last != nil && last.key == key {
		return last
	}
	cell := t.cells[key]
	if cell == nil {
		cell = &gathered{key: key}
		t.cells[key] = cell
	}
	t.last[key.Grouping] = cell
	return cell
}

func (g *gathered) add(m Measure, value int64) {
	if m < countedEnd {
		g.sums[m] += value
	} else {
		g.parts[PartSums].Add(int64(m), value)
	}
}

// spread keeps how the durations of a dial are spread.
func (g *gathered) spread(e *Event, sign int64) {
	for _, s := range e.Sums {
		if s.Measure.hasSpread() {
			g.parts[PartSpread].Add(s.bucket(), sign)
		}
	}
}

// ofAll keeps what only all facts together need: the agents, and the attempt curve.
func (g *gathered) ofAll(e *Event, sign int64) {
	if agent := e.working(); agent != 0 {
		g.parts[PartAgents].Add(agent, sign)
	}
	if e.Clock == LeadClock && e.DialCount > 0 {
		g.parts[PartCurve].Add(2*int64(e.DialCount), sign)
		if e.WonAt > 0 {
			g.parts[PartCurve].Add(2*int64(e.WonAt)+1, sign)
		}
		for i, micro := range e.DialMicros {
			if micro != 0 {
				g.parts[PartCurve].Add(-int64(i+1), sign*micro)
			}
		}
	}
}

// Cells returns the changes gathered, in stored order, leaving out what cancels,
// and empties the tally.
func (t *Tally) Cells() []Cell {
	cells := make([]Cell, 0, len(t.cells))
	for _, g := range t.cells {
		if parts, some := g.changes(); some {
			cells = append(cells, Cell{g.key, parts})
		}
	}
	inOrder := func(a, b Cell) int { return a.Compare(b.CellKey) }
	slices.SortFunc(cells, inOrder)
	for i := range cuts {
		if cuts[i].of != 0 {
			cells = append(cells, t.joined(&cuts[i], cells)...)
		}
	}
	slices.SortFunc(cells, inOrder)
	clear(t.cells)
	clear(t.last[:])
	return cells
}

// joined returns the cells of a grouping that are the sums of cells of another. Of
// one grouping these are in order.
func (t *Tally) joined(c *cut, cells []Cell) (sums []Cell) {
	cal, finer := t.rules.Calendar, cutWhere(func(f *cut) bool { return f.Grouping == c.of }).grain
	for i := range cells {
		fine := &cells[i]
		if fine.Grouping != c.of {
			continue
		}
		key := CellKey{Grouping: c.Grouping, Bucket: c.grain.bucket(cal, finer.start(cal, fine.Bucket)), Key: fine.Key}
		if n := len(sums); n == 0 || sums[n-1].CellKey != key {
			sums = append(sums, Cell{CellKey: key})
		}
		sum := &sums[len(sums)-1].Parts
		for p := range sum {
			sum[p].AddAll(fine.Parts[p])
		}
	}
	kept := sums[:0]
	for _, c := range sums {
		if c.Parts.settle() {
			kept = append(kept, c)
		}
	}
	return kept
}

// changes returns the parts without what cancels, and whether anything is left.
func (g *gathered) changes() (parts Parts, some bool) {
	sums := make(Vector, 0, countedEnd/2)
	for m, v := range g.sums {
		if v != 0 {
			sums = append(sums, Entry{int64(m), v})
		}
	}
	g.parts[PartSums] = append(sums, g.parts[PartSums]...) // those beside have greater numbers
	return g.parts, g.parts.settle()
}

// settle takes out what cancels and reports whether anything is left.
func (p *Parts) settle() (some bool) {
	for i := range p {
		p[i] = slices.DeleteFunc(p[i], func(e Entry) bool { return e.Value == 0 })
		some = some || len(p[i]) > 0
	}
	return some
}
