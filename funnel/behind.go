package funnel

import (
	"cmp"
	"math"
	"slices"

	"ringside/campaign"
)

// Behinds is a fact behind a number: an attempt or a lead by its number in the store,
// or a cost entry by its Place, and the instant that places it.
type Behinds struct {
	AtMs, Number int64
	// Minor is what of a cost entry falls in the window.
	Minor int64
	// TelephonyMicro and LabourMicro are what an attempt costs by the cards.
	TelephonyMicro, LabourMicro int64
}

// Place is where an entry stands among facts of its instant: before attempts and leads,
// whose numbers are positive, those shared apart from the campaign's own.
func (c *CostEntry) Place() int64 {
	place := math.MinInt64 + 2*c.Number
	if c.Shared {
		place++
	}
	return place
}

// EntryAt returns the number of the cost entry at a place; ok is false for the place of
// another fact.
func EntryAt(place int64) (number int64, shared, ok bool) {
	return (place - math.MinInt64) / 2, place%2 != 0, place < 0
}

// CountsLeads reports whether the facts behind a measure are leads rather than
// attempts.
func CountsLeads(m Measure) bool {
	switch m {
	case Leads, LeadsEverDialed, LeadsEverContacted, LeadsEverLive, LeadsWon, LeadsDropped, LeadsDialed,
		FirstDials, FirstDialsWon, FirstContacts, FirstContactsWon, Sales, SalesLost, NetSales, FirstContactCloses, LeadPrices, LeadCost:
		return true
	}
	return m >= StageTop && m < OwnValues
}

// Behind returns at most Limit of the facts that contribute to the measure within
// the window, in order of instant and number, after the given place. A lead that
// is counted once stands at the instant that counts it: a distinct lead at its
// first dial in the window. Filters keep what a report grouped by all of them counts
// in that group; the sieve is those of the listing.
func Behind(src Source, rules *Rules, l Listing, sieve *Sieve) ([]Behinds, error) {
	cal := rules.Calendar
	w, err := l.Window.Cut(calendarOf(l.Zone, rules))
	if err != nil {
		return nil, err
	}
	if w.FromMs == w.ToMs {
		return nil, nil // not even a cost that runs through it
	}
	if isStock(l.Measure) {
		return stockBehind(src, rules, l, w)
	}
	out, m, err := entriesBehind(src, rules, l, w)
	if err != nil || m == nil {
		return out, err
	}
	shifts, paid, err := paidBehind(src, m, w)
	if err != nil {
		return nil, err
	}
	w = judged(l.Measure, w, l.NowMs)
	// A day at a time where there are facts, in longer and longer steps where there
	// are none: a page costs the days it shows, not the whole window.
	step := campaign.Day(1)
	// Entries may begin later than facts that are not found yet.
	enough := func(at int64) bool {
		return len(out) >= l.Limit && !slices.ContainsFunc(out, func(f Behinds) bool { return f.AtMs >= at })
	}
	for at := max(w.FromMs, l.After.AtMs); at < w.ToMs && !enough(at); {
		day := cal.DayOf(at)
		piece := Window{max(w.FromMs, cal.DayStart(day)), min(w.ToMs, cal.DayStart(day+step))}
		found, err := behindWithin(src, rules, l, m, w, piece, sieve, func(events []Event) { shifts.unpaid(paid, events) })
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
	slices.SortFunc(out, compareBehinds)
	return out[:min(l.Limit, len(out))], nil
}

// before reports whether a fact comes after the place.
func (c Cursor) before(f Behinds) bool {
	return c == Cursor{} || compareBehinds(Behinds{AtMs: c.AtMs, Number: c.Number}, f) < 0
}

func compareBehinds(a, b Behinds) int {
	return cmp.Or(cmp.Compare(a.AtMs, b.AtMs), cmp.Compare(a.Number, b.Number))
}

// paidBehind finds out, for a listing of what calls cost, whose calls cost nothing as their
// agents are paid by the time logged in.
func paidBehind(src Source, measures []Measure, w Window) (shifts *Shifts, paid map[AgentDay]bool, err error) {
	if !slices.Contains(measures, LabourMicro) {
		return nil, nil, nil
	}
	if shifts, err = src.Shifts(); err == nil && shifts != nil {
		paid, _, err = shifts.paidDays(shifts.days(w))
	}
	return shifts, paid, err
}

// behindWithin finds the facts of one piece of the window, in order. unpay takes out of
// events what they do not cost.
func behindWithin(src Source, rules *Rules, l Listing, measures []Measure, w, piece Window, sieve *Sieve, unpay func([]Event)) (out []Behinds, err error) {
	folder := Folder{Rules: rules, Edges: w}
	m, level := measures[0], l.Level.of(rules)
	leads := CountsLeads(m)
	err = src.Units(wholeHours([]Window{piece}, rules.Calendar), func(u *Unit) {
		events := folder.Fold(u)
		unpay(events)
		if u.Record != nil && u.Record.Kind == campaign.KindState {
			events = firstOf(events, m, w) // it may last for days
		}
		dialed := false
		for i := range events {
			e := &events[i]
			if !w.Holds(e.AtMs) || !sieve.keeps(rules, &u.Lead, e) {
				continue
			}
			first := e.Clock == DialClock && !dialed
			dialed = dialed || first
			if m == OpenedResolved && !u.resolvedBy(l.NowMs) || !piece.Holds(e.AtMs) || !slices.ContainsFunc(measures, func(m Measure) bool { return m == LeadsDialed && first || e.contributes(m) || level.counts(e, m) }) {
				continue
			}
			switch {
			case leads:
				out = append(out, Behinds{AtMs: e.AtMs, Number: u.Number})
			case m == CohortDials || m == DialsToClose:
				for _, d := range folder.dials[:e.value(m)] {
					out = append(out, Behinds{AtMs: e.AtMs, Number: d.Number})
				}
			default:
				out = append(out, Behinds{AtMs: e.AtMs, Number: e.Attempt, TelephonyMicro: e.value(TelephonyMicro), LabourMicro: e.value(LabourMicro)})
			}
		}
	})
	slices.SortFunc(out, compareBehinds)
	return out, err
}

// firstOf is the first event within the window that adds to a measure.
func firstOf(events []Event, m Measure, w Window) []Event {
	at := slices.IndexFunc(events, func(e Event) bool { return w.Holds(e.AtMs) && e.contributes(m) })
	if at < 0 {
		return nil
	}
	return events[at : at+1]
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

// contributes reports whether the event adds to a measure that is a sum.
func (e *Event) contributes(m Measure) bool {
	return slices.ContainsFunc(e.Sums, func(s Sum) bool { return s.Measure == m })
}

// entriesBehind begins a listing with its cost entries, and says which measures the
// facts that follow add to: none where only entries make up the figure.
func entriesBehind(src Source, rules *Rules, l Listing, w Window) (out []Behinds, facts []Measure, err error) {
	switch l.Measure {
	case RatedTelephony:
		return nil, []Measure{TelephonyMicro}, nil
	case RatedLabour:
		return nil, []Measure{LabourMicro}, nil
	case OperatingCost, LeadCost:
	default:
		return nil, []Measure{l.Measure}, nil
	}
	ledger, err := src.Costs(w)
	if err != nil {
		return nil, nil, err
	}
	for i := range ledger.Entries {
		e := &ledger.Entries[i]
		f := Behinds{AtMs: e.FromMs, Number: e.Place(), Minor: rules.CountedWithin(e, w)}
		inside := len(rules.Counted(e.Category, max(w.FromMs, e.FromMs), min(w.ToMs, e.ToMs))) > 0
		if e.Operating() == (l.Measure == OperatingCost) && inside && e.bears() && l.After.before(f) {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, compareBehinds)
	if l.Measure == LeadCost && rules.pricesCount(&ledger) {
		facts = append(facts, LeadPrices)
	}
	for _, of := range ratedMeasures {
		if l.Measure == OperatingCost && rules.Rates.Some() && rules.CostBasis.Of(of.category) != campaign.Entered {
			facts = append(facts, of.micro)
		}
	}
	if facts == nil {
		out = out[:min(l.Limit, len(out))]
	}
	return out, facts, nil
}
