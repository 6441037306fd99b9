package funnel

import (
	"math"
	"math/big"
	"strings"

	"ringside/campaign"
)

// Figure is one KPI of one group: its parts as exact integers (milliseconds and
// minor units where the measures are so). A percentile has no numerator: it is
// whole seconds, of as many attempts as the denominator says.
type Figure struct {
	KPI                                *KPI
	Numerator, Denominator, Percentile int64
	// Over and Under are the parts of a figure that is no quotient of two sums, nil where
	// it has no value: of a formula's in whole units and seconds, of the catalogue's in
	// minor units.
	Over, Under *big.Int
	// Lack says why a formula has no value.
	Lack Lack
	// whole says that Over and Under are the two sides of a division as they are, not reduced.
	whole bool
}

// Figure evaluates a KPI over the sums of a group.
func (k *KPI) Figure(s *Sums) Figure {
	f := Figure{KPI: k}
	if k.Frozen() {
		o := k.Custom.frozen
		f.Over, f.Under, f.Lack = o.Over, o.Under, o.Lack
		return f
	}
	if k.Custom != nil {
		f.Over, f.Under, f.whole = k.Custom.parts(k.Custom.over(s))
		switch {
		case f.Over == nil:
			f.Lack = k.Custom.root.lack(k.Custom.over(s))
		case math.IsInf(f.Value(), 0):
			f.Over, f.Under, f.Lack = nil, nil, TooLarge
		}
		return f
	}
	if k.Denominator != NoMeasure {
		f.Denominator = s.Get(k.Denominator)
	}
	if k.Quotient != nil {
		if q := k.Quotient(s); q != nil {
			f.Over, f.Under = q.Num(), q.Denom()
		}
	}
	if k.Percent > 0 {
		f.Percentile = s.Percentile(k.Numerator, k.Percent)
	} else {
		f.Numerator = s.Get(k.Numerator)
	}
	return f
}

// NoData returns how many attempts or calls lack data that the figure needs; ok is
// false for KPIs that need none beyond what every fact has. What has no end, no instant,
// no customer or no agent is left out of the figure; what has no wrap-up is in handle
// time with the rest of it.
func (k *KPI) NoData(s *Sums) (facts int64, ok bool) {
	if of, some := scored[k.Denominator]; some {
		return s.Get(of.all) - s.Get(of.told), true
	}
	switch k.Numerator {
	case RingMs:
		return s.Get(Answers) - s.Get(DatedAnswers), true
	case TalkMs:
		return s.Get(Conversations) - s.Get(EndedConversations), true
	case HandleMs:
		return s.Get(Conversations) - s.Get(EndedConversations) + s.Get(EndedWithoutWrap), true
	case CallHandleMs:
		return s.Get(CallsAnswered) - s.Get(CallsHandled) + s.Get(HandledWithoutWrap), true
	case ResolvedAlone:
		return s.Get(ResolvedCalls) - s.Get(KnownResolved), true
	case AgentAnswers:
		return s.Get(CallsAnswered) - s.Get(AgentAnswers), true
	case MarginAtStart:
		return s.Get(CustomersAtStart) - s.Get(MarginedAtStart), true
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
	if f.KPI.Custom != nil || f.KPI.Quotient != nil {
		return f.Over != nil
	}
	return f.KPI.Denominator == NoMeasure || f.Denominator != 0
}

// Exact is the quotient of the parts as they are kept, durations in seconds; of a
// percentile the seconds. Call it only where Defined.
func (f Figure) Exact() *big.Rat {
	if f.KPI.Percent > 0 {
		return new(big.Rat).SetInt64(f.Percentile)
	}
	if f.Over != nil {
		return new(big.Rat).SetFrac(f.Over, f.Under)
	}
	per := big.NewInt(1)
	if f.KPI.Denominator != NoMeasure {
		per.SetInt64(f.Denominator)
	}
	times, by := f.KPI.scale()
	numerator := big.NewInt(f.Numerator)
	return new(big.Rat).SetFrac(numerator.Mul(numerator, big.NewInt(times)), per.Mul(per, big.NewInt(by)))
}

// scale is the fraction times / by that turns the quotient of the parts, as they are
// kept, into the KPI's unit.
func (k *KPI) scale() (times, by int64) {
	times, by = 1, 1
	over, under := UnitOf(k.Numerator).inThousandths(), UnitOf(k.Denominator).inThousandths()
	switch {
	case over && !under:
		by = 1000
	case under && !over:
		times = 1000
	}
	switch k.Unit {
	case PerHour:
		times *= 3600
	case Points:
		times *= 100
	}
	return times, by
}

func (u MeasureUnit) inThousandths() bool { return u == Seconds || u == Score }

// Value is the quotient, durations in seconds. Call it only where Defined; money
// is shown by MoneyValue, never by a float.
func (f Figure) Value() float64 {
	if f.KPI.Percent > 0 {
		return float64(f.Percentile)
	}
	if f.Over != nil {
		value, _ := new(big.Rat).SetFrac(f.Over, f.Under).Float64()
		return value
	}
	n, d := f.Numerator, int64(1)
	if f.KPI.Denominator != NoMeasure {
		d = f.Denominator
	}
	times, by := f.KPI.scale()
	return float64(n*times) / float64(d*by)
}

// MoneyValue writes the value of a money KPI: an amount with the currency's
// digits, or a ratio rounded half to even to two digits more.
func (f Figure) MoneyValue(digits int) string {
	switch {
	case f.Over != nil && f.KPI.Custom == nil:
		return fractionText(f.Over, f.Under, digits)
	case f.Over != nil:
		return FractionText(f.Over, f.Under, digits+2)
	}
	if f.KPI.Denominator == NoMeasure {
		return campaign.FormatMoney(f.Numerator, digits)
	}
	return RatioText(f.Numerator, f.Denominator, digits)
}

// FractionText writes over / under with so many decimals, rounded half to even. under is
// positive.
func FractionText(over, under *big.Int, decimals int) string {
	ten := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil)
	scaled := campaign.RoundHalfEven(ten.Mul(ten, over), under)
	sign := ""
	if scaled.Sign() < 0 {
		sign = "-"
	}
	digits := scaled.Abs(scaled).String()
	if missing := decimals + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	if decimals == 0 {
		return sign + digits
	}
	point := len(digits) - decimals
	return sign + digits[:point] + "." + digits[point:]
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

// Trials are the parts of a proportion that an interval is made of: successes out of
// trials. ok is false for what is none, as a formula over amounts may be.
func (f Figure) Trials() (successes, trials int64, ok bool) {
	if f.KPI.Quotient != nil {
		return 0, 0, false
	}
	if f.KPI.Custom == nil {
		return f.Numerator, f.Denominator, f.Denominator != 0
	}
	if f.Over == nil || !f.Over.IsInt64() || !f.Under.IsInt64() || !f.KPI.counted() || !f.whole {
		return 0, 0, false // amounts and times are no trials, and a reduced fraction tells not how many
	}
	n, d := f.Over.Int64(), f.Under.Int64()
	return n, d, n >= 0 && n <= d && d < 1<<52
}

// z95 is the 97.5 % quantile of the normal distribution.
const z95 = 1.959963984540054

// Wilson returns the 95 % score interval of k successes in n trials
// (E. B. Wilson, 1927). n must be positive.
func Wilson(k, n int64) (low, high float64) {
	low, high = wilson(float64(k)/float64(n), float64(n))
	// At the ends the exact bounds are 0 and 1; rounding must not pass them.
	if k == 0 {
		low = 0
	}
	if k == n {
		high = 1
	}
	return low, high
}

// wilson is the interval of a share p seen in a sample of m.
func wilson(p, m float64) (low, high float64) {
	scale := 1 + z95*z95/m
	centre := (p + z95*z95/(2*m)) / scale
	half := z95 * math.Sqrt(p*(1-p)/m+z95*z95/(4*m*m)) / scale
	return math.Max(0, centre-half), math.Min(1, centre+half)
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
