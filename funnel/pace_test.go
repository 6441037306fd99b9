package funnel

import (
	"math"
	"testing"

	"ringside/campaign"
)

func exposed(late, live int64) Exposure {
	return Exposure{Live: live, Late: late, HighLive: live, HighLate: late}
}

// weekOf is seven days alike.
func weekOf(late, live int64) (days []Exposure) {
	for range 7 {
		days = append(days, exposed(late, live))
	}
	return days
}

func TestPace(t *testing.T) {
	us := Profiles["us_tsr"]
	for _, c := range []struct {
		name               string
		late, live         int64
		day                campaign.Day
		recent             []Exposure
		today              Exposure
		percent            float64
		breach, earliest   campaign.Day
		lowAtMost, atLeast float64
	}{
		// 20 days left of 100 live answers, 3 of them dropped: (20 + 60) of 3,000.
		{"within", 20, 1000, 110, weekOf(3, 100), exposed(0, 0), 100 * 80.0 / 3000, campaign.NoDay, 124, 2.4, 2.9},
		// Of today 40 are there already.
		{"today goes on", 20, 1000, 110, weekOf(3, 100), exposed(0, 40), 100 * (20 + 58.8) / 2960, campaign.NoDay, 124, 2.4, 2.9},
		// Twice as fast as allowed: 28 + 6d of 1000 + 100d is over 3 % from the first day on.
		{"over soon", 28, 1000, 110, weekOf(6, 100), exposed(0, 0), 100 * 148.0 / 3000, 110, 110, 4.3, 5.4},
		{"nothing to come", 61, 2400, 129, weekOf(3, 100), exposed(3, 100), 100 * 61.0 / 2400, campaign.NoDay, campaign.NoDay, 2.55, 2.54},
		{"no drops", 0, 700, 110, weekOf(0, 100), exposed(0, 0), 0, campaign.NoDay, campaign.NoDay, 0, .4},
	} {
		b := &Block{From: 100, To: 130, Exposure: exposed(c.late, c.live)}
		p, ok := us.Pace(b, c.day, c.recent, c.today)
		if !ok || math.Abs(100*p.Rate-c.percent) > 1e-9 || p.Breach != c.breach {
			t.Errorf("%s: %+v, want %v", c.name, p, c.percent)
		}
		if p.Low > p.Rate || p.High < p.Rate || 100*p.Low > c.lowAtMost || 100*p.High < c.atLeast {
			t.Errorf("%s: the range is %v to %v", c.name, 100*p.Low, 100*p.High)
		}
		if (p.Earliest == campaign.NoDay) != (c.earliest == campaign.NoDay) || p.Breach != campaign.NoDay && p.Earliest > p.Breach {
			t.Errorf("%s: earliest %d", c.name, p.Earliest)
		}
		// At the high end the limit is passed by the end, or it is not.
		if p.Breach == campaign.NoDay && (100*p.High > 3) != (p.Earliest != campaign.NoDay) {
			t.Errorf("%s: %v at the high end, earliest %d", c.name, p.High, p.Earliest)
		}
	}
	b := &Block{From: 100, To: 130}
	if _, ok := us.Pace(b, 110, weekOf(0, 0), exposed(0, 5)); ok {
		t.Error("a pace without live answers")
	}
	if _, ok := us.Pace(b, 130, weekOf(1, 9), exposed(0, 5)); ok {
		t.Error("a pace of a block that is over")
	}
}

func TestRecovery(t *testing.T) {
	us := Profiles["us_tsr"]
	for _, c := range []struct{ late, live, want int64 }{{61, 2400, 0}, {3, 100, 0}, {76, 2500, 34}, {1, 1, 33}, {0, 0, 0}} {
		got := us.Recovery(exposed(c.late, c.live))
		if got != c.want || us.Breach(exposed(c.late, c.live+got)) || got > 0 && !us.Breach(exposed(c.late, c.live+got-1)) {
			t.Errorf("%d of %d: %d", c.late, c.live, got)
		}
	}
}
