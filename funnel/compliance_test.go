package funnel

import "testing"

// TestJudge holds kpis.md §8 case 15 and its neighbours.
func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name, attempt string
		want          Verdict
	}{
		{"15: an agent joins at exactly 2.000 s", "2026-06-01 answered human joins+2.000 ends+60", InTime},
		{"an agent joins 1 ms later", "2026-06-01 answered human joins+2.001 ends+60", TooLate},
		{"15: a customer leaves at exactly 2.000 s", "2026-06-01 answered human ends+2.000 by:customer", EarlyHangup},
		{"a customer leaves 1 ms later", "2026-06-01 answered human ends+2.001 by:customer", TooLate},
		{"the system ends the call within the threshold", "2026-06-01 answered human ends+1 by:system", TooLate},
		{"nobody said who ended it", "2026-06-01 answered human ends+1", TooLate},
		{"neither agent nor end", "2026-06-01 answered human", TooLate},
		{"a late agent sells all the same", "2026-06-01 answered human joins+5 ends+60 =sale", TooLate},
		{"a machine", "2026-06-01 answered machine", NotJudged},
		{"nobody answered", "2026-06-01 no_answer", NotJudged},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newTable(t, "UTC", "predictive")
			b.read("A " + c.attempt)
			a := &b.units["A"].Attempts[0]
			a.AnsweredMs = a.StartedMs
			if got := Profiles["us_tsr"].Judge(a, b.rules.Read(a)); got != c.want {
				t.Errorf("verdict is %d, want %d", got, c.want)
			}
		})
	}
}
