package funnel

import (
	"math"
	"slices"

	"ringside/campaign"
)

// stored sets the query's groupings apart into time and attribute, and finds the
// cells that are kept for them.
func (r *report) stored() *cut {
	for _, g := range r.query.By {
		switch {
		case slices.Contains([]GroupBy{ByHour, ByDay, ByWeek, ByMonth}, g) && r.time == "":
			r.time = g
		case r.attribute == "":
			r.attribute = g
		default:
			return nil
		}
	}
	if r.attribute == ByTeam && !r.leads {
		// What is counted of agents adds up to their team, but not the leads that
		// several of them dialed.
		return findCut(ByAgent, r.time == ByHour)
	}
	return findCut(r.attribute, r.time == ByHour)
}

// fromCells adds up whole buckets and reads facts where the window cuts one.
func (r *report) fromCells() error {
	w := r.window
	if r.cut.hourly {
		return r.fromHours(w)
	}
	// Whole days [a, b).
	a, b := r.cal.DayOf(w.FromMs), r.cal.DayOf(w.ToMs)
	cutDay := campaign.Day(math.MaxInt32)
	if r.cal.DayStart(a) != w.FromMs {
		cutDay = a
		a++
	}
	if a >= b {
		return r.fromFacts([]Window{w}, nil)
	}
	if err := r.wholeDays(a, b, cutDay); err != nil {
		return err
	}
	var ragged []Window
	if cutDay < a {
		ragged = append(ragged, Window{r.cal.DayStart(cutDay), r.cal.DayStart(a)})
	}
	if tail := r.cal.DayStart(b); tail < w.ToMs {
		ragged = append(ragged, Window{tail, w.ToMs})
	}
	return r.fromFacts(ragged, &Window{r.cal.DayStart(a), r.cal.DayStart(b)})
}

// wholeDays adds the cells of days [a, b). cutDay is the day before a where the
// window starts inside it.
func (r *report) wholeDays(a, b, cutDay campaign.Day) error {
	pairs := func(g *tallied, bucket, _ int64, p *Parts) {
		// first is where the window's part of the group that holds the day begins.
		day, first := campaign.Day(bucket), a
		if cutDay < a && r.sameSpan(cutDay, day) {
			first = cutDay
		} else if r.time != "" {
			first = max(a, campaign.Day(r.dayNumber(day)))
		}
		for _, e := range p[PartPairs] {
			if e.ID < int64(first) {
				g.Add(LeadsDialed, e.Value)
			}
		}
	}
	agents := func(g *tallied, _, _ int64, p *Parts) {
		for _, e := range p[PartAgents] {
			g.sawAgent(e.ID)
		}
	}
	number := func(bucket int64) int64 { return r.dayNumber(campaign.Day(bucket)) }
	parts := []cellPart{{PartSums, r.addSums}}
	if r.leads {
		parts = append(parts, cellPart{PartPairs, pairs})
	}
	if r.cut.by == "" {
		parts = append(parts, cellPart{PartAgents, agents})
	}
	return r.wholeBuckets(int64(a), int64(b), number, parts)
}

// cellPart is a part of cells that a report reads, and what it makes of it.
type cellPart struct {
	Part
	add func(g *tallied, bucket, key int64, p *Parts)
}

// wholeBuckets adds parts of the cells of buckets [from, to) to their groups, and
// the spreads where they are asked for. number says which time group holds a
// bucket.
func (r *report) wholeBuckets(from, to int64, number func(bucket int64) int64, parts []cellPart) error {
	if r.spreads {
		parts = append(parts, cellPart{PartSpread, addSpreads})
	}
	var read []Part
	for _, p := range parts {
		read = append(read, p.Part)
	}
	return r.src.Cells(r.cut.Grouping, read, from, to, func(bucket, key int64, content *Parts) {
		group := key
		if r.attribute == ByTeam {
			group = r.query.Teams[key]
		}
		g := r.at(r.key(number(bucket), group))
		for _, p := range parts {
			p.add(g, bucket, key, content)
		}
	})
}

// addSums adds plain sums. An hour's first dials are the leads dialed in it, and an
// agent's cell with dials is an agent.
func (r *report) addSums(g *tallied, _, key int64, p *Parts) {
	for _, e := range p[PartSums] {
		m := Measure(e.ID)
		if m == HourLeads {
			m = LeadsDialed
		}
		if (m == AgentDials || m == AgentAnswers) && r.cut.by == ByAgent {
			g.sawAgent(key)
		}
		g.Add(m, e.Value)
	}
}

func addSpreads(g *tallied, _, _ int64, p *Parts) { g.spreads.AddAll(p[PartSpread]) }

// dayNumber returns the number of the time group that holds a day.
func (r *report) dayNumber(day campaign.Day) int64 {
	if r.time == "" {
		return 0
	}
	first, _ := dayGroup(r.time, day)
	return int64(first)
}

// sameSpan reports whether both days lie in one time group.
func (r *report) sameSpan(a, b campaign.Day) bool { return r.dayNumber(a) == r.dayNumber(b) }

// fromHours adds the cells of whole hours and reads facts for the cut ones.
func (r *report) fromHours(w Window) error {
	a := w.FromMs
	if r.cal.HourOf(a) != a {
		a = r.cal.HourEnd(a)
	}
	b := r.cal.HourOf(w.ToMs)
	if a >= b {
		return r.fromFacts([]Window{w}, nil)
	}
	err := r.wholeBuckets(a, b, func(bucket int64) int64 { return bucket }, []cellPart{{PartSums, r.addSums}})
	if err != nil {
		return err
	}
	var ragged []Window
	if w.FromMs < a {
		ragged = append(ragged, Window{w.FromMs, a})
	}
	if b < w.ToMs {
		ragged = append(ragged, Window{b, w.ToMs})
	}
	return r.fromFacts(ragged, &Window{a, b})
}
