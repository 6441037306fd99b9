package funnel

import (
	"slices"

	"ringside/campaign"
)

// stockBehind lists the facts that a stock is made of, or what became of it: cases at
// their opening, customers as they joined, those lost as they left, and calls that wait
// as they came.
func stockBehind(src Source, rules *Rules, l Listing, w Window) (out []Behinds, err error) {
	list := func(u *Unit, atMs int64) {
		if f := (Behinds{AtMs: atMs, Number: u.Number}); l.After.before(f) {
			out = append(out, f)
		}
	}
	at := w.ToMs
	switch m := l.Measure; {
	case m == OpenNow:
		at = l.NowMs + 1
		fallthrough
	case m == Backlog || m >= BacklogDay && m <= BacklogOlder:
		err = src.Standing(at, func(u *Unit) {
			aged := m < BacklogDay || ageOf(at-u.AtMs()) == m
			if u.Record.Kind == campaign.KindCase && u.openAt(at) && aged {
				list(u, u.AtMs())
			}
		})
	case m >= CallsWaiting && m <= LongestWaits:
		err = inQueue(src, l.NowMs, func(u *Unit) { list(u, u.AtMs()) })
	case m == CustomersLost:
		err = src.Customers(Window{dawnMs, w.FromMs}, true, func(u *Unit) {
			if u.customerAt(w.FromMs) && !u.customerAt(w.ToMs) {
				list(u, u.Record.Int(campaign.CustomerLeftAt))
			}
		})
	default:
		return customersBehind(src, l, w)
	}
	slices.SortFunc(out, compareBehinds)
	return out[:min(l.Limit, len(out))], err
}

// Customers are looked for a day at a time where there are some, and for longer and longer
// where there are none.
const (
	shortStepMs = 86_400_000
	longStepMs  = 64 * shortStepMs
)

// customersBehind lists customers at the start of a window, of whom a measure may count
// some, or also those who joined within it: from where the page begins until it is full.
func customersBehind(src Source, l Listing, w Window) (out []Behinds, err error) {
	seen, end := l.Measure == CustomersSeen, w.FromMs
	if seen {
		end = w.ToMs
	}
	step := int64(shortStepMs)
	for joined := (Window{FromMs: max(dawnMs, l.After.AtMs)}); joined.FromMs < end && len(out) < l.Limit && err == nil; joined.FromMs = joined.ToMs {
		joined.ToMs = min(end, joined.FromMs+step)
		step = min(2*step, longStepMs)
		err = src.Customers(joined, false, func(u *Unit) {
			step = shortStepMs
			there := u.customerAt(w.FromMs) || seen && u.isCustomer() && w.Holds(u.AtMs())
			stays := l.Measure != CustomersKept || u.customerAt(w.ToMs)
			brings := l.Measure != MarginAtStart || u.Record.Given(campaign.CustomerMargin)
			if f := (Behinds{AtMs: u.AtMs(), Number: u.Number}); there && stays && brings && joined.Holds(f.AtMs) && l.After.before(f) {
				out = append(out, f)
			}
		})
	}
	slices.SortFunc(out, compareBehinds)
	return out[:min(l.Limit, len(out))], err
}
