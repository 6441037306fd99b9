package funnel

import (
	"math"
	"math/big"

	"ringside/campaign"
)

// Figure is one KPI of one group: its parts as exact integers (milliseconds and
// minor units where the measures are so). A percentile has no numerator: it is
// whole seconds, of as many attempts as the denominator says.
type Figure struct {
	KPI                                *KPI
	Numerator, Denominator, Percentile int64
	// Exact is the value of a KPI that has one of its own, nil where it is not defined.
	Exact *big.Rat
}

// Figure evaluates a KPI over the sums of a group.
func (k *KPI) Figure(s *Sums) Figure {
	f := Figure{KPI: k}
	if k.Denominator != NoMeasure {
		f.Denominator = s.Get(k.Denominator)
	}
	if k.Exact != nil {
		f.Exact = k.Exact(s)
	}
	if k.Percent > 0 {
		f.Percentile = s.Percentile(k.Numerator, k.Percent)
	} else {
		f.Numerator = s.Get(k.Numerator)
	}
	return f
}

// LeftOut returns how many attempts a mean or percentile leaves out because they
// lack the figure; ok is false for KPIs that leave none out.
func (k *KPI) LeftOut(s *Sums) (attempts int64, ok bool) {
	if of, some := scored[k.Denominator]; some {
		return s.Get(of.all) - s.Get(of.told), true
	}
	switch k.Denominator {
	case EndedConversations:
		return s.Get(Conversations) - s.Get(EndedConversations), true
	case DatedAnswers:
		return s.Get(Answers) - s.Get(DatedAnswers), true
	case CallsHandled:
		return s.Get(CallsAnswered) - s.Get(CallsHandled), true
	case KnownResolved:
		return s.Get(ResolvedCalls) - s.Get(KnownResolved), true
	}
	if k.Numerator == AgentAnswers {
		return s.Get(CallsAnswered) - s.Get(AgentAnswers), true
	}
	return 0, false
}

// Unallocated reports whether the figure is a cost that nothing bears, as its
// denominator is zero: the numerator says how much.
func (f Figure) Unallocated() bool {
	return f.KPI.Clock == CostClock && f.KPI.Unit == Money && !f.Defined()
}

// Defined reports whether the figure has a value: a ratio over zero has none.
func (f Figure) Defined() bool {
	if f.KPI.Exact != nil {
		return f.Exact != nil
	}
	return f.KPI.Denominator == NoMeasure || f.Denominator != 0
}

// Value is the quotient, durations in seconds. Call it only where Defined; money
// is shown by MoneyValue, never by a float.
func (f Figure) Value() float64 {
	if f.KPI.Percent > 0 {
		return float64(f.Percentile)
	}
	if f.Exact != nil {
		value, _ := f.Exact.Float64()
		return value
	}
	n, d := f.Numerator, int64(1)
	if f.KPI.Denominator != NoMeasure {
		d = f.Denominator
	}
	switch unit := UnitOf(f.KPI.Numerator); {
	case unit == Seconds || unit == Score:
		d *= 1000
	case f.KPI.Unit == PerHour:
		n *= 3_600_000 // of milliseconds
	case f.KPI.Unit == Points:
		n *= 100
	}
	return float64(n) / float64(d)
}

// MoneyValue writes the value of a money KPI: an amount with the currency's
// digits, or a ratio rounded half to even to two digits more.
func (f Figure) MoneyValue(digits int) string {
	if f.KPI.Denominator == NoMeasure {
		return campaign.FormatMoney(f.Numerator, digits)
	}
	if f.Exact != nil {
		return fractionText(f.Exact.Num(), f.Exact.Denom(), digits)
	}
	return RatioText(f.Numerator, f.Denominator, digits)
}

// RatioText writes an amount divided by a count that is not zero, rounded half to even to
// two digits more than the currency has.
func RatioText(minor, count int64, digits int) string {
	return fractionText(big.NewInt(minor), big.NewInt(count), digits)
}

func fractionText(minor, count *big.Int, digits int) string {
	n := new(big.Int).Mul(minor, big.NewInt(100))
	return campaign.FormatMoney(campaign.RoundHalfEven(n, count).Int64(), digits+2)
}

// z95 is the 97.5 % quantile of the normal distribution.
const z95 = 1.959963984540054

// Wilson returns the 95 % score interval of k successes in n trials
// (E. B. Wilson, 1927). n must be positive.
func Wilson(k, n int64) (low, high float64) {
	p, m := float64(k)/float64(n), float64(n)
	scale := 1 + z95*z95/m
	centre := (p + z95*z95/(2*m)) / scale
	half := z95 * math.Sqrt(p*(1-p)/m+z95*z95/(4*m*m)) / scale
	// At the ends the exact bounds are 0 and 1; rounding must not pass them.
	low, high = math.Max(0, centre-half), math.Min(1, centre+half)
	if k == 0 {
		low = 0
	}
	if k == n {
		high = 1
	}
	return low, high
}

// Difference returns the 95 % interval of the difference of two independent
// proportions, k1 of n1 less k2 of n2: method 10 of R. G. Newcombe (1998), from the
// score intervals of both. Where 0 lies in it chance alone may have made the
// difference. n1 and n2 must be positive.
func Difference(k1, n1, k2, n2 int64) (low, high float64) {
	p1, p2 := float64(k1)/float64(n1), float64(k2)/float64(n2)
	low1, high1 := Wilson(k1, n1)
	low2, high2 := Wilson(k2, n2)
	return p1 - p2 - math.Hypot(p1-low1, high2-p2), p1 - p2 + math.Hypot(high1-p1, p2-low2)
}
