package funnel

import (
	"math"
	"testing"
	"time"

	"ringside/campaign"
)

// TestJudgeTargets: targets of ten days, at an instant in them or behind, by the day's sums.
func TestJudgeTargets(t *testing.T) {
	begin := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC).UnixMilli()
	const day = int64(86_400_000)
	cal := campaign.NewCalendar(time.UTC)
	for _, c := range []struct {
		name, kpi, comparator, value string
		at                           float64 // days
		numerator, denominator       []int64 // of each day
		settled                      bool
		want                         TargetState
		expected, forecast, off      float64 // NaN for none; off is half the interval
	}{
		{"a total on its way", "dials", AtLeast, "100", 5, []int64{10, 10, 10, 10, 10}, nil, true, TargetOnPace, 50, 100, 1.96 * math.Sqrt(50*.5) / .5},
		{"a total behind", "dials", AtLeast, "100", 5, []int64{9, 9, 9, 9, 9}, nil, true, TargetBehind, 50, 90, 1.96 * math.Sqrt(45*.5) / .5},
		{"days that differ", "dials", AtLeast, "100", 4, []int64{0, 40, 0, 40}, nil, true, TargetOnPace, 40, 200, 1.96 * math.Sqrt(1600.0/3/20*80*.6) / .4},
		{"reached", "dials", AtLeast, "30", 5, []int64{10, 10, 10}, nil, true, TargetMet, 15, 60, 1.96 * math.Sqrt(30*.5) / .5},
		{"not reached", "dials", AtLeast, "100", 10, []int64{9, 9, 9}, nil, true, TargetBreached, 100, 27, 0},
		{"passed", "dials", AtMost, "20", 5, []int64{10, 10, 1}, nil, true, TargetBreached, 10, 42, 1.96 * math.Sqrt(27.0/7*21*.5) / .5},
		{"too fast", "dials", AtMost, "40", 5, []int64{10, 10, 10}, nil, true, TargetBehind, 20, 60, 1.96 * math.Sqrt(30*.5) / .5},
		{"kept", "dials", AtMost, "40", 10, []int64{10, 10, 10}, nil, true, TargetMet, 40, 30, 0},
		{"a rate that holds", "answer_rate", AtLeast, "0.5", 5, []int64{5, 5, 5}, []int64{10, 10, 10}, true, TargetOnPace, .5, .5, math.NaN()},
		{"a rate that does not", "answer_rate", AtMost, "0.49", 5, []int64{5, 5, 5}, []int64{10, 10, 10}, true, TargetBreached, .49, .5, math.NaN()},
		{"a rate at its end", "answer_rate", AtLeast, "0.5", 11, []int64{5, 5, 5}, []int64{10, 10, 10}, true, TargetMet, .5, .5, 0},
		{"a ratio that never varies", "calls_per_sale", AtMost, "2", 5, []int64{10, 20, 30}, []int64{5, 10, 15}, true, TargetOnPace, 2, 2, 0},
		{"nothing to divide by", "answer_rate", AtLeast, "0.5", 5, []int64{0}, []int64{0}, true, TargetIdle, .5, math.NaN(), math.NaN()},
		{"sales to come", "conversion_rate", AtLeast, "0.5", 11, []int64{1}, []int64{10}, false, TargetBehind, .5, .1, 0},
		{"no more sales to come", "conversion_rate", AtLeast, "0.5", 11, []int64{1}, []int64{10}, true, TargetBreached, .5, .1, 0},
		{"not yet", "dials", AtLeast, "5", -1, nil, nil, true, TargetUpcoming, math.NaN(), math.NaN(), math.NaN()},
	} {
		k := Find(c.kpi)
		course := &Course{Window: Window{begin, begin + 10*day}, NowMs: begin + int64(c.at*float64(day)), Whole: &Sums{}, Settled: c.settled}
		for i, n := range c.numerator {
			one := &Sums{}
			one.Add(k.Numerator, n)
			if c.denominator != nil {
				one.Add(k.Denominator, c.denominator[i])
			}
			course.Days = append(course.Days, one)
			course.Whole.AddAll(one)
		}
		target := &Target{Comparator: c.comparator, Value: c.value}
		s := target.Judge(k, cal, course)
		if s.State != c.want {
			t.Errorf("%s: %s, want %s", c.name, s.State, c.want)
		}
		near := func(what string, got Estimate, want float64) {
			t.Helper()
			if got.Known == math.IsNaN(want) || got.Known && math.Abs(got.Value-want) > 1e-3*math.Max(1, math.Abs(want)) {
				t.Errorf("%s: %s is %+v, want %v", c.name, what, got, want)
			}
		}
		near("expected", s.Expected(), c.expected)
		near("forecast", s.Forecast, c.forecast)
		if !math.IsNaN(c.off) {
			near("high", s.High, c.forecast+c.off)
		} else if s.Forecast.Known && !(s.Low.Known && s.Low.Value < s.Forecast.Value && s.Forecast.Value < s.High.Value) {
			t.Errorf("%s: %v lies not between %v and %v", c.name, s.Forecast, s.Low, s.High)
		}
	}
}

// TestPaceByHours: an hour weighs what that hour of the week held, as much of it as is gone.
func TestPaceByHours(t *testing.T) {
	monday := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC).UnixMilli()
	const hour = int64(3_600_000)
	busy := &[168]float64{9: 30, 10: 10, 24 + 9: 60} // Monday 9 and 10, Tuesday 9
	for _, c := range []struct {
		at, want float64 // hours since Monday
	}{{9, 0}, {9.5, 15}, {10, 30}, {11, 40}, {24, 40}, {24 + 9.25, 55}, {48, 100}} {
		course := &Course{Window: Window{monday, monday + 48*hour}, NowMs: monday + int64(c.at*float64(hour)), Whole: &Sums{}, Busy: busy}
		s := (&Target{Comparator: AtLeast, Value: "100"}).Judge(Find("dials"), campaign.NewCalendar(time.UTC), course)
		if !s.ByHours.Known || math.Abs(s.ByHours.Value-c.want) > 1e-9 || math.Abs(s.ByCalendar.Value-100*c.at/48) > 1e-9 {
			t.Errorf("at %v h: %+v by hours, %+v by the calendar, want %v", c.at, s.ByHours, s.ByCalendar, c.want)
		}
	}
}
