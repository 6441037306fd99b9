package funnel

import (
	"cmp"
	"slices"

	"ringside/campaign"
)

// Grouping is one way the cells are cut. Numbers are stored; never renumber.
type Grouping uint8

// The stored groupings.
const (
	AllByHour Grouping = iota + 1
	AllByDay
	AgentByDay
	ListByDay
	SourceByDay
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
	calendar *campaign.Calendar
	entries  map[tallyKey]int64
}

type tallyKey struct {
	CellKey
	id int64
}

// NewTally returns an empty tally that buckets by the calendar.
func NewTally(calendar *campaign.Calendar) *Tally {
	return &Tally{calendar: calendar, entries: map[tallyKey]int64{}}
}

// Add adds the events of a lead times sign, which is 1 or −1.
func (t *Tally) Add(lead *Lead, events []Event, sign int64) {
	for i := range events {
		e := &events[i]
		day := t.calendar.DayOf(e.AtMs)
		hour := t.calendar.HourOf(e.AtMs)
		t.sums(CellKey{AllByHour, PartSums, hour, 0}, e, sign)
		t.sums(CellKey{AllByDay, PartSums, int64(day), 0}, e, sign)
		t.sums(CellKey{ListByDay, PartSums, int64(day), lead.List}, e, sign)
		t.sums(CellKey{SourceByDay, PartSums, int64(day), lead.Source}, e, sign)
		if slices.Contains(clockGroupings[e.Clock], ByAgent) {
			t.sums(CellKey{AgentByDay, PartSums, int64(day), e.Agent}, e, sign)
		}
		if e.Clock == LeadClock && e.DialCount > 0 {
			curve := CellKey{AllByDay, PartCurve, int64(day), 0}
			t.entries[tallyKey{curve, 2 * int64(e.DialCount)}] += sign
			if e.WonAt > 0 {
				t.entries[tallyKey{curve, 2*int64(e.WonAt) + 1}] += sign
			}
		}
		if e.Clock == DialClock {
			t.distinct(lead, e, day, hour, sign)
		}
	}
}

func (t *Tally) sums(cell CellKey, e *Event, sign int64) {
	for _, s := range e.Sums {
		t.entries[tallyKey{cell, int64(s.Measure)}] += sign * s.Value
	}
}

// distinct keeps what counts distinct leads and agents.
func (t *Tally) distinct(lead *Lead, e *Event, day campaign.Day, hour, sign int64) {
	if e.PrevMs == campaign.None || t.calendar.HourOf(e.PrevMs) != hour {
		t.entries[tallyKey{CellKey{AllByHour, PartSums, hour, 0}, int64(HourLeads)}] += sign
	}
	prev := int64(t.prevDay(e.PrevMs))
	t.entries[tallyKey{CellKey{AllByDay, PartPairs, int64(day), 0}, prev}] += sign
	t.entries[tallyKey{CellKey{ListByDay, PartPairs, int64(day), lead.List}, prev}] += sign
	t.entries[tallyKey{CellKey{SourceByDay, PartPairs, int64(day), lead.Source}, prev}] += sign
	t.entries[tallyKey{CellKey{AgentByDay, PartPairs, int64(day), e.Agent}, int64(t.prevDay(e.PrevAgentMs))}] += sign
	if e.Agent != 0 {
		t.entries[tallyKey{CellKey{AllByDay, PartAgents, int64(day), 0}, e.Agent}] += sign
	}
}

func (t *Tally) prevDay(ms int64) campaign.Day {
	if ms == campaign.None {
		return campaign.NoDay
	}
	return t.calendar.DayOf(ms)
}

// Cells returns the changes gathered, in stored order, leaving out what cancels,
// and empties the tally.
func (t *Tally) Cells() []Cell {
	keys := make([]tallyKey, 0, len(t.entries))
	for k, v := range t.entries {
		if v != 0 {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b tallyKey) int {
		return cmp.Or(a.Compare(b.CellKey), cmp.Compare(a.id, b.id))
	})
	var cells []Cell
	for _, k := range keys {
		if n := len(cells); n == 0 || cells[n-1].CellKey != k.CellKey {
			cells = append(cells, Cell{CellKey: k.CellKey})
		}
		last := &cells[len(cells)-1]
		last.Vector = append(last.Vector, Entry{k.id, t.entries[k]})
	}
	clear(t.entries)
	return cells
}
