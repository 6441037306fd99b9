package funnel

import (
	"slices"

	"ringside/campaign"
)

// fromFacts folds the leads that have an instant in the windows and adds what
// they contribute. whole is the part of the query's window that cells already
// answered, or nil. Where it is not nil the windows hold all facts of the cut
// buckets, also those outside the query: they tell which leads the window had
// before.
func (r *report) fromFacts(windows []Window, whole *Window) error {
	if len(windows) == 0 {
		return nil
	}
	folder := Folder{Rules: r.rules}
	return r.src.Units(windows, func(u *Unit) {
		events := folder.Fold(u)
		if !r.cells {
			r.addUnit(u, events)
			return
		}
		for i := range events {
			r.addEvent(u, &events[i], whole)
		}
	})
}

// addEvent adds one event to the group of its instant, where cells have not.
func (r *report) addEvent(u *Unit, e *Event, whole *Window) {
	key, ok := r.attributeKey(u, e)
	if !ok {
		return
	}
	if r.leads && e.Clock == DialClock && r.time != ByHour {
		r.countBefore(key, e, whole)
	}
	if !r.window.Holds(e.AtMs) || whole != nil && whole.Holds(e.AtMs) {
		return
	}
	span, number := r.spanOf(e.AtMs)
	g := r.at(r.key(number, key))
	for _, s := range e.Sums {
		g.Add(s.Measure, s.Value)
	}
	if e.Clock != DialClock {
		return
	}
	g.sawAgent(e.Agent)
	if prev := r.prev(e); r.leads && (prev == campaign.None || prev < span.FromMs) {
		g.Add(LeadsDialed, 1)
	}
}

// countBefore finds a lead that was last dialed on the cut day before the window
// and next within the whole days. Its pair says "dialed on the cut day before",
// so the cells did not count it though the window had not seen it yet.
func (r *report) countBefore(key int64, e *Event, whole *Window) {
	if whole == nil || e.AtMs >= r.window.FromMs || e.AtMs < r.cal.DayStart(r.cal.DayOf(r.window.FromMs)) {
		return
	}
	next := e.NextMs
	if r.attribute == ByAgent {
		next = e.NextAgentMs
	}
	if next == campaign.None || !whole.Holds(next) {
		return
	}
	if !r.sameSpan(r.cal.DayOf(e.AtMs), r.cal.DayOf(next)) {
		return
	}
	_, number := r.spanOf(next)
	r.at(r.key(number, key)).Add(LeadsDialed, 1)
}

// prev is the dial before this one in the chain the query's attribute follows.
func (r *report) prev(e *Event) int64 {
	if r.attribute == ByAgent {
		return e.PrevAgentMs
	}
	return e.PrevMs
}

// attributeKey returns the number the event is grouped under by the attribute;
// ok is false when the attribute does not serve the event's clock.
func (r *report) attributeKey(u *Unit, e *Event) (key int64, ok bool) {
	if r.attribute == "" {
		return 0, true
	}
	return r.keyOf(r.attribute, u, e)
}

// keyOf returns the number an event is grouped under by any grouping.
func (r *report) keyOf(g GroupBy, u *Unit, e *Event) (key int64, ok bool) {
	if !slices.Contains(clockGroupings[e.Clock], g) {
		return 0, false
	}
	switch g {
	case ByAgent:
		return e.Agent, true
	case ByTeam:
		return r.query.Teams[e.Agent], true
	case ByLeadHourOfWeek:
		return r.leadHourOfWeek(u.Zone, e.AtMs), true
	case ByList:
		return u.List, true
	case BySource:
		return u.Source, true
	case ByAttemptNo:
		return int64(e.Ordinal), true
	case ByDisposition:
		return e.Disposition, true
	case ByCategory:
		return int64(e.Category), true
	}
	return r.timeKey(g, e.AtMs), true
}

// leadHourOfWeek is the hour of the week on the clocks of a zone.
func (r *report) leadHourOfWeek(zone, ms int64) int64 {
	if at := r.rules.Zones[zone]; at != nil {
		return int64(campaign.HourOfWeek(ms, at))
	}
	return noHour
}

// addUnit adds a unit's events within the window to their groups, for any
// groupings at all: distinct leads are counted by looking.
func (r *report) addUnit(u *Unit, events []Event) {
	seen := map[[GroupingsMost]int64]bool{}
next:
	for i := range events {
		e := &events[i]
		if !r.window.Holds(e.AtMs) {
			continue
		}
		var key [GroupingsMost]int64
		for j, g := range r.query.By {
			k, ok := r.keyOf(g, u, e)
			if !ok {
				continue next
			}
			key[j] = k
		}
		g := r.at(key)
		for _, s := range e.Sums {
			g.Add(s.Measure, s.Value)
		}
		if e.Clock != DialClock {
			continue
		}
		g.sawAgent(e.Agent)
		if !seen[key] {
			seen[key] = true
			g.Add(LeadsDialed, 1)
		}
	}
}
