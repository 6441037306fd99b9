package funnel

import "slices"

// Sums holds the value of every measure of one group. The zero value is empty.
type Sums struct {
	plain [measuresEnd]int64
	tops  []int64
	// service holds the measures of service, from serviceStart on.
	service []int64
	// fractions holds what stands under FractionTop.
	fractions Vector
	// own holds the measures of the caller's own, by number; named what they are under
	// their names, once those are known.
	own   Vector
	named map[string]Total
	// digits is how many the currency of its amounts has.
	digits int
	// spreads is what percentiles are read from; empty where none was asked for.
	spreads Vector
}

// Get returns the value of a measure.
func (s *Sums) Get(m Measure) int64 {
	switch top := int(m - StageTop); {
	case m >= FractionTop:
		return 0 // a numerator without its denominator tells nothing
	case m >= OwnValues:
		return s.own.value(int64(m))
	case m.OfService():
		if at := int(m - serviceStart); at < len(s.service) {
			return s.service[at]
		}
		return 0
	case top < 0:
		return s.plain[m]
	case top < len(s.tops):
		return s.tops[top]
	}
	return 0
}

// present reports whether any fact or cost lies behind a measure, even where
// amounts cancel out.
func (s *Sums) present(m Measure) bool {
	switch m {
	case RevenueMinor:
		m = RevenueSales
	case OperatingCost, RatedTelephony, RatedLabour, LeadCost, TotalCost:
		m = CostEntries
	case Margin:
		return s.Get(CostEntries) != 0 || s.Get(RevenueSales) != 0
	}
	return s.Get(m) != 0
}

// Add adds to a measure.
func (s *Sums) Add(m Measure, value int64) {
	top := int(m - StageTop)
	switch {
	case m >= FractionTop:
		s.fractions.Add(int64(m-FractionTop), value)
	case m >= OwnValues:
		s.own.Add(int64(m), value)
	case m.OfService():
		s.service = addAt(s.service, int(m-serviceStart), value)
	case top < 0:
		s.plain[m] += value
	default:
		s.tops = addAt(s.tops, top, value)
	}
}

// addAt adds to one of values, which grow as far as is needed.
func addAt(values []int64, at int, value int64) []int64 {
	for len(values) <= at {
		values = append(values, 0)
	}
	values[at] += value
	return values
}

// AddAll adds every measure of another group. Distinct counts do not add up:
// add them only where the groups are known to be apart.
func (s *Sums) AddAll(o *Sums) {
	for m, v := range o.plain {
		s.plain[m] += v
	}
	for top, v := range o.tops {
		s.Add(StageTop+Measure(top), v)
	}
	for at, v := range o.service {
		m := serviceStart + Measure(at)
		if m == LongestWaitMs || m == LongestWaits {
			v = max(0, v-s.Get(m))
		}
		s.Add(m, v)
	}
	s.fractions.AddAll(o.fractions)
	s.addOwn(o)
	s.spreads.AddAll(o.spreads)
}

// Reached returns how many leads of the cohort reached the campaign's stage k:
// those whose furthest stage is k or later.
func (s *Sums) Reached(k int) int64 {
	var n int64
	for _, leads := range s.tops[min(k, len(s.tops)):] {
		n += leads
	}
	return n
}

// Window is the half-open interval [FromMs, ToMs).
type Window struct{ FromMs, ToMs int64 }

// Holds reports whether the instant lies in the window.
func (w Window) Holds(ms int64) bool { return ms >= w.FromMs && ms < w.ToMs }

func anyHolds(windows []Window, ms int64) bool {
	return slices.ContainsFunc(windows, func(w Window) bool { return w.Holds(ms) })
}
