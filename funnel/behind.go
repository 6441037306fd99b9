package funnel

import (
	"cmp"
	"slices"

	"ringside/campaign"
)

// Behinds is a fact behind a number: an attempt, a lead or a cost entry by its
// number in the store, and the instant that places it.
type Behinds struct{ AtMs, Number int64 }

// CountsLeads reports whether the facts behind a measure are leads rather than
// attempts.
func CountsLeads(m Measure) bool {
	switch m {
	case Leads, LeadsEverDialed, LeadsEverContacted, LeadsEverLive, LeadsWon, LeadsDropped, LeadsDialed,
		FirstDials, FirstDialsWon, FirstContacts, FirstContactsWon, Sales, SalesLost, NetSales, FirstContactCloses:
		return true
	}
	return m >= StageTop
}

// Behind returns at most Limit of the facts that contribute to the measure within
// the window, in order of instant and number, after the given place. A lead that
// is counted once stands at the instant that counts it: a distinct lead at its
// first dial in the window.
func Behind(src Source, rules *Rules, l Listing) ([]Behinds, error) {
	cal := rules.Calendar
	w, err := l.Window.Cut(cal)
	if err != nil {
		return nil, err
	}
	if w.FromMs == w.ToMs {
		return nil, nil // not even a cost that runs through it
	}
	if l.Measure == OperatingCost {
		return costsBehind(src, w, l.After, l.Limit)
	}
	w = judged(l.Measure, w, l.NowMs)
	var out []Behinds
	// A day at a time where there are facts, in longer and longer steps where there
	// are none: a page costs the days it shows, not the whole window.
	step := campaign.Day(1)
	for at := max(w.FromMs, l.After.AtMs); at < w.ToMs && len(out) < l.Limit; {
		day := cal.DayOf(at)
		piece := Window{max(w.FromMs, cal.DayStart(day)), min(w.ToMs, cal.DayStart(day+step))}
		found, err := behindWithin(src, rules, l, w, piece)
		if err != nil {
			return nil, err
		}
		if step = min(2*step, 32); len(found) > 0 {
			step = 1
		}
		for _, f := range found {
			if l.After.before(f) {
				out = append(out, f)
			}
		}
		at = piece.ToMs
	}
	return out[:min(l.Limit, len(out))], nil
}

// before reports whether a fact comes after the place.
func (c Cursor) before(f Behinds) bool {
	return compareBehinds(Behinds{c.AtMs, c.Number}, f) < 0
}

func compareBehinds(a, b Behinds) int {
	return cmp.Or(cmp.Compare(a.AtMs, b.AtMs), cmp.Compare(a.Number, b.Number))
}

// behindWithin finds the facts of one piece of the window, in order.
func behindWithin(src Source, rules *Rules, l Listing, w, piece Window) (out []Behinds, err error) {
	folder, m, level := Folder{Rules: rules}, l.Measure, l.Level.of(rules)
	leads := CountsLeads(m)
	err = src.Units([]Window{piece}, func(u *Unit) {
		events := folder.Fold(u)
		for i := range events {
			e := &events[i]
			if !piece.Holds(e.AtMs) || !e.contributes(m, w) && !level.counts(e, m) {
				continue
			}
			switch {
			case leads:
				out = append(out, Behinds{e.AtMs, u.Number})
			case m == CohortDials || m == DialsToClose:
				for _, d := range folder.dials[:e.value(m)] {
					out = append(out, Behinds{e.AtMs, d.Number})
				}
			default:
				out = append(out, Behinds{e.AtMs, e.Attempt})
			}
		}
	})
	slices.SortFunc(out, compareBehinds)
	return out, err
}

// judged cuts a window to the part in which a measure can be known at nowMs:
// callbacks are judged when their time is well past.
func judged(m Measure, w Window, nowMs int64) Window {
	if m == CallbacksDue || m == CallbacksKept {
		w.ToMs = max(w.FromMs, min(w.ToMs, nowMs-CallbackGraceMs+1))
	}
	return w
}

// value is what the event adds to the measure.
func (e *Event) value(m Measure) int64 {
	for _, s := range e.Sums {
		if s.Measure == m {
			return s.Value
		}
	}
	return 0
}

// contributes reports whether the event adds to the measure over the window.
func (e *Event) contributes(m Measure, w Window) bool {
	if m == LeadsDialed {
		prev := e.Chains[AnyDial].PrevMs
		return e.Clock == DialClock && (prev == campaign.None || prev < w.FromMs)
	}
	return slices.ContainsFunc(e.Sums, func(s Sum) bool { return s.Measure == m })
}

func costsBehind(src Source, w Window, after Cursor, limit int) ([]Behinds, error) {
	entries, err := src.Costs(w)
	if err != nil {
		return nil, err
	}
	var out []Behinds
	for _, e := range entries {
		f := Behinds{e.FromMs, e.Number}
		if e.Operating() && after.before(f) {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, compareBehinds)
	return out[:min(limit, len(out))], nil
}
