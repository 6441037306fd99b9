package funnel

import "ringside/campaign"

// fromFacts folds the leads that have an instant in the windows and adds what
// they contribute. whole is the part of the query's window that cells already
// answered, or nil. Where it is not nil the windows hold all facts of the cut
// buckets, also those outside the query: they tell which leads the window had
// before.
func (r *report) fromFacts(windows []Window, whole *Window) error {
	if len(windows) == 0 {
		return nil
	}
	folder := Folder{Rules: r.rules, Edges: r.window}
	if r.cal != r.kept {
		folder.Beside = r.cal
	}
	if r.query.asks(func(k *KPI) bool { return k.Clock == StateClock }) {
		windows = wholeHours(windows, r.kept)
	}
	return r.src.Units(windows, func(u *Unit) {
		events := folder.Fold(u)
		if r.cut == nil {
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
	if !serves(e.Clock, r.attribute) {
		return
	}
	key, link := r.number(r.attribute, u, e), e.Chains[r.cut.chain]
	if r.leads && e.Clock == DialClock {
		r.countBefore(key, e.AtMs, link.NextMs, whole)
	}
	if !r.window.Holds(e.AtMs) || whole != nil && whole.Holds(e.AtMs) {
		return
	}
	span, number := r.spanOf(e.AtMs)
	g := r.at(r.key(number, key))
	r.addTo(g, e)
	if r.leads && e.Clock == DialClock && (link.PrevMs == campaign.None || link.PrevMs < span.FromMs) {
		g.Add(LeadsDialed, 1)
	}
}

// countBefore finds a lead that was last dialed in the cut bucket before the window
// and next within the whole ones. Its pair says "dialed in the cut bucket", so the
// cells did not count it though the window had not seen it yet.
func (r *report) countBefore(key, atMs, nextMs int64, whole *Window) {
	if whole == nil || atMs >= r.window.FromMs || nextMs == campaign.None || !whole.Holds(nextMs) {
		return
	}
	grain := r.cut.grain
	if grain.bucket(r.kept, atMs) != grain.bucket(r.kept, r.window.FromMs) {
		return
	}
	_, before := r.spanOf(atMs)
	if _, number := r.spanOf(nextMs); number == before {
		r.at(r.key(number, key)).Add(LeadsDialed, 1)
	}
}

// number returns the number an event is grouped under by one grouping. Teams are
// the query's, as what is counted does not depend on them.
func (r *report) number(g GroupBy, u *Unit, e *Event) int64 {
	if g == ByTeam {
		return r.query.Teams[e.Agent]
	}
	if g.Time() {
		return timeKey(r.cal, g, e.AtMs)
	}
	return r.rules.key(g, &u.Lead, e)
}

// keysOf returns the numbers an event is grouped under; ok is false when one of
// the query's groupings does not serve its clock.
func (r *report) keysOf(u *Unit, e *Event) (key Key, ok bool) {
	for i, g := range r.query.By {
		if !serves(e.Clock, g) {
			return key, false
		}
		key[i] = r.number(g, u, e)
	}
	return key, true
}

// addTo adds what the event says to a group, but for distinct leads.
func (r *report) addTo(g *tallied, e *Event) {
	for _, s := range e.Sums {
		g.Add(s.Measure, s.Value)
		if r.spreads && s.Measure.hasSpread() {
			g.spreads.Add(s.bucket(), 1)
		}
	}
	if r.agents {
		g.sawAgent(e.working())
	}
}

// addUnit adds a unit's events within the window to their groups, for any
// groupings at all: distinct leads are counted by looking.
func (r *report) addUnit(u *Unit, events []Event) {
	seen := map[Key]bool{}
	for i := range events {
		e := &events[i]
		key, ok := r.keysOf(u, e)
		if !ok || !r.window.Holds(e.AtMs) {
			continue
		}
		g := r.at(key)
		r.addTo(g, e)
		if e.Clock == DialClock && !seen[key] {
			seen[key] = true
			g.Add(LeadsDialed, 1)
		}
	}
}
