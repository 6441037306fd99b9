package funnel

import (
	"math"
	"math/big"

	"ringside/campaign"
)

// Target is what a KPI of one place is to be, over a time: specific, measurable, bound in
// time (kpis.md §7).
type Target struct {
	Ref, KPI string
	// Place is the store's name of the campaign, queue or scope.
	Place string
	// Comparator is AtLeast or AtMost, Value a decimal text in the KPI's unit.
	Comparator, Value string
	// From and To are moments as they were put, dates among them.
	From, To string
	// Stage names a set of targets, "" for none.
	Stage string
}

// The comparators.
const (
	AtLeast = ">="
	AtMost  = "<="
)

// TargetState is how a target stands.
type TargetState string

// The states. TargetUpcoming has not begun, TargetIdle has no figure yet. TargetOnPace and
// TargetBehind are under way; TargetMet and TargetBreached are decided, or are what stands
// now: a total that has reached or passed its target, a rate on the wrong side of it.
const (
	TargetUpcoming TargetState = "upcoming"
	TargetIdle     TargetState = "no_data"
	TargetOnPace   TargetState = "on_pace"
	TargetBehind   TargetState = "behind"
	TargetMet      TargetState = "met"
	TargetBreached TargetState = "breached"
)

// TargetStates lists the states.
var TargetStates = []TargetState{TargetUpcoming, TargetIdle, TargetOnPace, TargetBehind, TargetMet, TargetBreached}

// Exact is the target's value; it was checked when it was put.
func (t *Target) Exact() *big.Rat {
	v, ok := new(big.Rat).SetString(t.Value)
	if !ok {
		panic("funnel: a stored target is no number: " + t.Value)
	}
	return v
}

// Span is the target's time.
func (t *Target) Span() (span Between, err error) {
	if span.From, err = campaign.ParseMoment(t.From); err != nil {
		return span, campaign.InField(err, "from")
	}
	if span.To, err = campaign.ParseMoment(t.To); err != nil {
		return span, campaign.InField(err, "to")
	}
	return span, nil
}

// Course is what a target is judged by: the figures of its time until now, and how busy
// the hours of the weeks before were.
type Course struct {
	Window Window
	NowMs  int64
	// Whole and Days are the sums of the window until now, together and day by day; Days
	// is nil where the KPI is not told by day.
	Whole *Sums
	Days  []*Sums
	// Busy is what each hour of the week held, Monday's first hour first; nil where
	// nothing is known of the weeks before.
	Busy *[168]float64
	// Settled says that what waits for sales no longer moves.
	Settled bool
}

// Standing is how a target stands at an instant. Shares and forecasts are estimates, and
// so floats; the figure itself is exact.
type Standing struct {
	State  TargetState
	Figure Figure
	// Attainment is the figure as a share of the target.
	Attainment Estimate
	// ByCalendar and ByHours are what should be there by now: by the time that has gone,
	// and by the hours of last weeks. A rate should always be there.
	ByCalendar, ByHours Estimate
	// Forecast is the final figure, with its 95 % interval, if things go on as they go.
	Forecast, Low, High Estimate
}

// Estimate is a number that may be missing.
type Estimate struct {
	Value float64
	Known bool
}

func known(v float64) Estimate {
	return Estimate{v, !math.IsNaN(v) && !math.IsInf(v, 0)}
}

// Expected is what should be there by now: by the hours where those are known.
func (s *Standing) Expected() Estimate {
	if s.ByHours.Known {
		return s.ByHours
	}
	return s.ByCalendar
}

// Total reports whether the KPI grows with its window, as counts and sums do; others are
// rates and stocks, which a window has from its beginning on.
func (k *KPI) Total() bool {
	if k.Custom == nil {
		return k.Denominator == NoMeasure && k.Percent == 0 && !isStock(k.Numerator)
	}
	return k.Custom.root.total(k.Custom)
}

// total reports whether a formula adds up over time: sums of totals, times numbers.
func (t *term) total(f *Formula) bool {
	switch t.operator {
	case "":
		return t.number == nil && f.reads[t.name].total()
	case "+", "-", "0+", "0-":
		for _, one := range t.on {
			if !one.total(f) {
				return false
			}
		}
		return true
	case "*":
		return t.on[0].constant() && t.on[1].total(f) || t.on[1].constant() && t.on[0].total(f)
	case "/":
		return t.on[1].constant() && t.on[0].total(f)
	}
	return false
}

func (r read) total() bool { return r.part != "" || r.kpi.Total() }

// Judge says how the target stands.
func (t *Target) Judge(k *KPI, cal *campaign.Calendar, c *Course) (s Standing) {
	s.Figure = k.Figure(c.Whole)
	if c.NowMs < c.Window.FromMs {
		s.State = TargetUpcoming
		return s
	}
	value, goal := s.Figure.exact(c.Whole), t.Exact()
	target, _ := goal.Float64()
	calendar, hours := c.gone(cal)
	over := c.NowMs >= c.Window.ToMs
	if s.ByCalendar = known(target); k.Total() {
		s.ByCalendar = known(target * calendar)
		if c.Busy != nil && hours >= 0 {
			s.ByHours = known(target * hours)
		}
	}
	if value == nil {
		s.State = TargetIdle
		return s
	}
	at, _ := value.Float64()
	s.Attainment = attained(value, goal)
	holds := value.Cmp(goal) >= 0
	if t.Comparator == AtMost {
		holds = value.Cmp(goal) <= 0
	}
	s.State = t.state(k, at, s.Expected().Value, holds, over, c.Settled)
	gone := calendar
	if s.ByHours.Known {
		gone = hours
	}
	c.forecast(k, &s, at, gone)
	return s
}

// attained is a figure as a share of its target.
func attained(value, goal *big.Rat) Estimate {
	if goal.Sign() == 0 {
		return Estimate{}
	}
	share, _ := new(big.Rat).Quo(value, goal).Float64()
	return known(share)
}

// Attained is a figure as a share of what it should be by an estimate.
func Attained(f Figure, s *Sums, expected Estimate) Estimate {
	value := f.exact(s)
	goal := new(big.Rat)
	if value == nil || !expected.Known || goal.SetFloat64(expected.Value) == nil {
		return Estimate{}
	}
	return attained(value, goal)
}

// state is how the target stands by its figure.
func (t *Target) state(k *KPI, at, expected float64, holds, over, settled bool) TargetState {
	growing := t.Comparator == AtLeast && (k.Total() && !over || !k.Total() && k.AwaitsSales() && !settled)
	switch {
	case holds && (over || k.Total() && t.Comparator == AtLeast):
		return TargetMet
	case !holds && !growing:
		return TargetBreached
	case !k.Total() && holds:
		return TargetOnPace
	case t.Comparator == AtLeast && at < expected, t.Comparator == AtMost && at > expected:
		return TargetBehind
	}
	return TargetOnPace
}

// exact is the figure's value, nil where it has none: in seconds, and in whole units of
// the currency.
func (f Figure) exact(s *Sums) *big.Rat {
	if !f.Defined() {
		return nil
	}
	if f.KPI.Custom != nil {
		return new(big.Rat).SetFrac(f.Over, f.Under)
	}
	return read{kpi: f.KPI}.of(s)
}

// gone is the share of the window that is over, by the calendar, and by how busy its
// hours are; -1 where none of them is.
func (c *Course) gone(cal *campaign.Calendar) (calendar, hours float64) {
	w, now := c.Window, min(max(c.NowMs, c.Window.FromMs), c.Window.ToMs)
	if w.FromMs >= w.ToMs {
		return 1, -1
	}
	calendar = float64(now-w.FromMs) / float64(w.ToMs-w.FromMs)
	all := c.busyWithin(cal, w)
	if all <= 0 {
		return calendar, -1
	}
	return calendar, c.busyWithin(cal, Window{w.FromMs, now}) / all
}

const hourMs = 3_600_000

// busyWithin is how much the hours of a window hold, going by last weeks': whole days at
// a time, but for those on which clocks change.
func (c *Course) busyWithin(cal *campaign.Calendar, w Window) (sum float64) {
	if c.Busy == nil {
		return 0
	}
	for at := w.FromMs; at < w.ToMs; {
		day := cal.DayOf(at)
		if begins, ends := cal.DayStart(day), cal.DayStart(day+1); at == begins && ends <= w.ToMs && ends-begins == 24*hourMs {
			first := cal.HourOfWeek(begins)
			for _, busy := range c.Busy[first : first+24] {
				sum += busy
			}
			at = ends
			continue
		}
		begins, ends := cal.HourOf(at), cal.HourEnd(at)
		until := min(ends, w.ToMs)
		sum += c.Busy[cal.HourOfWeek(at)] / float64(ends-begins) * float64(until-at)
		at = until
	}
	return sum
}

// Shares says what of the target falls to parts of its time: of a total as much as of the
// hours, or else of the calendar; of a rate all of it. It is not known outside.
func (t *Target) Shares(k *KPI, cal *campaign.Calendar, c *Course) func(Window) Estimate {
	goal, _ := t.Exact().Float64()
	all := c.busyWithin(cal, c.Window)
	return func(w Window) Estimate {
		switch {
		case w.FromMs < c.Window.FromMs || w.ToMs > c.Window.ToMs || w.FromMs >= w.ToMs:
			return Estimate{}
		case !k.Total():
			return known(goal)
		case all > 0:
			return known(goal * c.busyWithin(cal, w) / all)
		}
		return known(goal * float64(w.ToMs-w.FromMs) / float64(c.Window.ToMs-c.Window.FromMs))
	}
}

// forecast says what the figure will be at the end of the window, if it goes on as it
// went: a total grows in proportion, a rate stays. Intervals are of 95 % and narrow as the
// window comes to its end.
func (c *Course) forecast(k *KPI, s *Standing, at, gone float64) {
	if gone <= 0 {
		return
	}
	if k.Total() {
		c.forecastTotal(k, s, at, gone)
		return
	}
	s.Forecast = known(at)
	left := math.Sqrt(max(0, 1-gone))
	if n, d, ok := s.Figure.Trials(); ok && k.Unit == Proportion && k.Percent == 0 {
		// What comes varies as what came: of the interval of the rate itself so much is left.
		low, high := Wilson(n, d)
		s.Low, s.High = known(at-(at-low)*left), known(at+(high-at)*left)
		return
	}
	if spread := c.rateError(k); spread >= 0 {
		s.Low, s.High = known(at-z95*spread*left), known(at+z95*spread*left)
	}
}

// forecastTotal takes the final value of a total for at / gone. How far off that may be is
// told by the days: their variance about their mean, at least that of things counted one by
// one.
func (c *Course) forecastTotal(k *KPI, s *Standing, at, gone float64) {
	s.Forecast = known(at / gone)
	unit, ok := c.dispersion(k)
	if !ok {
		return
	}
	off := z95 * math.Sqrt(unit*math.Abs(at)*(1-gone)) / gone
	s.Low, s.High = known(at/gone-off), known(at/gone+off)
	if at >= 0 && unit > 0 && s.Low.Value < at && (k.Custom == nil && UnitOf(k.Numerator) == Count) {
		s.Low = known(at) // what was counted stays
	}
}

// daysFew is how many days it takes to tell how much days differ.
const daysFew = 3

// dispersion is the variance of the days' values over their mean: 1 for events that come
// independently of each other. ok is false where it is not known.
func (c *Course) dispersion(k *KPI) (unit float64, ok bool) {
	counted := k.Custom == nil && UnitOf(k.Numerator) == Count
	var total float64 // of these days: the figure may have gone on since
	for _, day := range c.Days {
		total += value(k, day)
	}
	if n := len(c.Days); n >= daysFew && total != 0 {
		mean, sum := total/float64(n), 0.0
		for _, day := range c.Days {
			sum += (value(k, day) - mean) * (value(k, day) - mean)
		}
		unit = sum / float64(n-1) / math.Abs(mean)
		if counted {
			unit = max(1, unit)
		}
		return unit, true
	}
	return 1, counted
}

// value is a figure as a number, 0 where it has none.
func value(k *KPI, s *Sums) float64 {
	exact := k.Figure(s).exact(s)
	if exact == nil {
		return 0
	}
	v, _ := exact.Float64()
	return v
}

// rateError is the standard error of a rate of sums, told by the days (the ratio estimator
// of W. G. Cochran, Sampling Techniques, 1977, §6.4); -1 where they cannot tell.
func (c *Course) rateError(k *KPI) float64 {
	if len(c.Days) < daysFew || k.Percent > 0 || k.Quotient != nil || isStock(k.Numerator) || isStock(k.Denominator) {
		return -1
	}
	var over, under, squares float64
	for _, day := range c.Days {
		n, d := k.Figure(day).parts(day)
		over, under = over+n, under+d
	}
	if under == 0 {
		return -1
	}
	for _, day := range c.Days {
		n, d := k.Figure(day).parts(day)
		squares += (n - over/under*d) * (n - over/under*d)
	}
	n := float64(len(c.Days))
	return math.Sqrt(n/(n-1)*squares) / math.Abs(under)
}

// parts are the two parts of a ratio as numbers, 0 where it has none.
func (f Figure) parts(s *Sums) (over, under float64) {
	if f.KPI.Custom != nil {
		return f.KPI.Custom.root.sides(f.KPI.Custom.over(s))
	}
	over, _ = s.exact(f.KPI.Numerator, f.Numerator).Float64()
	under, _ = s.exact(f.KPI.Denominator, f.Denominator).Float64()
	if f.KPI.Unit == Points {
		over *= 100
	}
	return over, under
}

// sides are those of a formula that is one division, 0 of any other.
func (t *term) sides(of func(string) *big.Rat) (over, under float64) {
	if t.operator != "/" {
		return 0, 0
	}
	n, d := t.on[0].value(of), t.on[1].value(of)
	if n == nil || d == nil {
		return 0, 0
	}
	over, _ = n.Float64()
	under, _ = d.Float64()
	return over, under
}
