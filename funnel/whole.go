package funnel

import (
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
		return r.inZone(findCut(ByAgent, r.time == ByHour))
	}
	return r.inZone(findCut(r.attribute, r.time == ByHour))
}

// inZone returns the stored grouping if it serves the zone of the answer. Cells are
// kept by the campaign's own: in another zone their buckets are none of its days, but
// hours are hours where the day of both begins with one.
func (r *report) inZone(c *cut) *cut {
	switch {
	case r.cal == r.kept || c == nil || r.time == "" && !r.attribute.Time():
		return c
	case c.by != "" || r.time == "" || r.time == ByHour:
		return nil
	}
	for day := r.cal.DayOf(r.window.FromMs); ; day++ {
		start := r.cal.DayStart(day)
		if start >= r.window.ToMs {
			return c
		}
		if r.kept.HourOf(start) != start {
			return nil
		}
	}
}

// fromCells adds up whole buckets and reads facts where the window cuts one.
func (r *report) fromCells() error {
	w, grain := r.window, r.cut.grain
	from, to := grain.wholes(r.kept, w)
	if from >= to {
		return r.fromFacts([]Window{w}, nil)
	}
	if err := r.cut.stretches(r.kept, from, to, r.longest(), r.cells); err != nil {
		return err
	}
	whole := grain.window(r.kept, from, to)
	var ragged []Window
	if w.FromMs < whole.FromMs {
		ragged = append(ragged, Window{grain.start(r.kept, grain.bucket(r.kept, w.FromMs)), whole.FromMs})
	}
	if whole.ToMs < w.ToMs {
		ragged = append(ragged, Window{whole.ToMs, w.ToMs})
	}
	return r.fromFacts(ragged, &whole)
}

// longest is the longest grain whose buckets lie within one time group each.
func (r *report) longest() grain {
	switch {
	case r.time == ByHour || r.time != "" && r.cal != r.kept:
		return hours
	case r.time == ByDay || r.time == ByWeek:
		return days
	}
	return months
}

// cells adds the cells of buckets [from, to) to their groups.
func (r *report) cells(c *cut, from, to int64) error {
	return r.src.Cells(c.Grouping, r.parts(), from, to, func(bucket, key int64, p *Parts) {
		group, number := key, r.numberOf(c, bucket)
		if r.attribute == ByTeam {
			group = r.query.Teams[key]
		}
		g := r.at(r.key(number, group))
		for _, e := range p[PartSums] {
			if (e.ID == int64(AgentDials) || e.ID == int64(AgentAnswers)) && c.by == ByAgent {
				g.sawAgent(key)
			}
			g.Add(Measure(e.ID), e.Value)
		}
		if r.leads {
			g.addLeads(p[PartPairs], c.pairID(r.kept, r.beginsMs(number)))
		}
		g.agents.AddAll(p[PartAgents])
		g.spreads.AddAll(p[PartSpread])
	})
}

// parts lists the parts of cells that the query needs.
func (r *report) parts() []Part {
	parts := []Part{PartSums}
	if r.leads {
		parts = append(parts, PartPairs)
	}
	if r.agents && r.cut.by == "" {
		parts = append(parts, PartAgents)
	}
	if r.spreads {
		parts = append(parts, PartSpread)
	}
	return parts
}

// addLeads counts the dials that are their lead's first since some time.
func (g *tallied) addLeads(pairs Vector, since int64) {
	for _, e := range pairs {
		if e.ID >= since {
			return
		}
		g.Add(LeadsDialed, e.Value)
	}
}

// numberOf returns the number of the time group that holds a bucket.
func (r *report) numberOf(c *cut, bucket int64) int64 {
	switch {
	case r.time == "":
		return 0
	case r.time == ByHour:
		return bucket
	}
	first, _ := dayGroup(r.time, r.cal.DayOf(c.grain.start(r.kept, bucket)))
	return int64(first)
}

// beginsMs returns the first instant of the query's part of a time group.
func (r *report) beginsMs(number int64) int64 {
	switch r.time {
	case "":
		return r.window.FromMs
	case ByHour:
		return max(number, r.window.FromMs)
	}
	return max(r.cal.DayStart(campaign.Day(number)), r.window.FromMs)
}
