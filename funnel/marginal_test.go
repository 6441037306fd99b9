package funnel

import "testing"

func TestMarginals(t *testing.T) {
	// A sale brings 60.00; attempts cost 0.50, 0.50, 1.00 and 1.00 each.
	points := []CurvePoint{{N: 1, Reached: 100, Won: 4, CostMinor: 5000}, {N: 2, Reached: 60, Won: 0, CostMinor: 3000}, {N: 3, Reached: 60, Won: 1, CostMinor: 6000}, {N: 4, Reached: 61, Won: 1, CostMinor: 6100}}
	all := Marginals(points, 30_000, 5, nil)
	for i, want := range []struct {
		cost, brings string
		pays         bool
	}{{"0.5000", "2.4000", true}, {"0.5000", "0.0000", false}, {"1.0000", "1.0000", true}, {"1.0000", "0.9836", false}} {
		m := &all[i]
		if got := RatText(m.Cost, 2); got != want.cost || RatText(m.Return, 2) != want.brings || m.Pays() != want.pays {
			t.Errorf("attempt %d: costs %s, brings %s, pays %v", m.N, got, RatText(m.Return, 2), m.Pays())
		}
	}
	// The second loses, but the third pays again: only from the fourth on none does.
	if n, ok := StopsPaying(all); !ok || n != 4 {
		t.Errorf("stops at %d, %v", n, ok)
	}
	if n, ok := StopsPaying(all[:3]); ok {
		t.Errorf("stops at %d, while the last one pays", n)
	}
	flat := Figure{KPI: Find("cost_per_call"), Numerator: 24_100, Denominator: 100}
	if n, ok := StopsPaying(Marginals(points, 30_000, 5, &flat)); !ok || n != 1 {
		t.Errorf("at 2.41 an attempt: stops at %d, %v", n, ok)
	}
	if Marginals(points, 30_000, 0, nil) != nil || Marginals([]CurvePoint{{N: 1}}, 1, 1, nil) != nil {
		t.Error("there is something to go by without sales or attempts")
	}
}
