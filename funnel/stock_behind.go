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
		err = src.Promised(w, func(u *Unit) {
			if u.customerAt(w.FromMs) && !u.customerAt(w.ToMs) {
				list(u, u.Record.Int(campaign.CustomerLeftAt))
			}
		})
	default:
		err = src.Units([]Window{{dawnMs, w.FromMs}}, func(u *Unit) {
			stays := m != CustomersKept || u.customerAt(w.ToMs)
			brings := m != MarginAtStart || u.Record.Given(campaign.CustomerMargin)
			if u.customerAt(w.FromMs) && stays && brings {
				list(u, u.AtMs())
			}
		})
	}
	slices.SortFunc(out, compareBehinds)
	return out[:min(l.Limit, len(out))], err
}
