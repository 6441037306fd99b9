package funnel

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ringside/campaign"
)

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

// counted is an exposure of people only.
func counted(late, live int64) Exposure {
	return Exposure{Live: live, Late: late, HighLive: live, HighLate: late, LowLive: live, LowLate: late}
}

// TestLimit holds the worked figures of breach and headroom, in integers.
func TestLimit(t *testing.T) {
	us := Profiles["us_tsr"]
	for _, c := range []struct {
		name       string
		late, live int64
		breach     bool
		headroom   int64
	}{
		{"exactly 3 % is allowed", 3, 100, false, 0},
		{"3.04 % is not", 76, 2500, true, 0},
		{"61 of 2,400 leaves 11", 61, 2400, false, 11},
		{"the 11th passes", 72, 2411, false, 0},
		{"the 12th does not", 73, 2412, true, 0},
		{"of 100 further answers 14 may be dropped", 75, 2500, false, 0},
		{"a short block is held to its own 12 days: 2 of 40", 2, 40, true, 0},
		{"campaign A of two", 1, 500, false, 14},
		{"campaign B breaches though both together are 3.0 %", 29, 500, true, 0},
		{"nothing yet", 0, 0, false, 0},
	} {
		e := counted(c.late, c.live)
		if us.Breach(e) != c.breach || us.Headroom(e) != c.headroom {
			t.Errorf("%s: breach %v, headroom %d, want %v, %d", c.name, us.Breach(e), us.Headroom(e), c.breach, c.headroom)
		}
	}
	if said := us.Standing(counted(9, 700)); !strings.HasPrefix(said, "12 more may be dropped: 9 of 700 ") || !strings.HasSuffix(said, "3 %") {
		t.Errorf("below the limit it says %q", said)
	}
	if said := us.Standing(counted(4, 100)); !strings.HasPrefix(said, "in breach: 4 of 100 ") {
		t.Errorf("over the limit it says %q", said)
	}
	none := Profiles["none"]
	if said := none.Standing(counted(9, 10)); said != "" {
		t.Errorf("without a limit it says %q", said)
	}
	if e := counted(9, 10); none.Breach(e) || none.Headroom(e) != 0 {
		t.Error("the profile without a limit has one")
	}
}

// TestUnknownAnswers is the range: 900 live answers of which 27 dropped, and 50
// answers of unknown kind that reached an agent.
func TestUnknownAnswers(t *testing.T) {
	var s Sums
	s.Add(LiveAnswers, 900)
	s.Add(Late, 27)
	s.Add(UnknownInTime, 50)
	e := Exposed(&s)
	if got := fmt.Sprintf("%d/%d to %d/%d", e.LowLate, e.LowLive, e.HighLate, e.HighLive); got != "27/950 to 27/900" {
		t.Errorf("the range is %s", got)
	}
	s.Add(ConnectsAssumed, 45)
	if Exposed(&s).Unproven() {
		t.Error("5 % assumed is marked unproven")
	}
	s.Add(ConnectsAssumed, 1)
	if !Exposed(&s).Unproven() {
		t.Error("more than 5 % assumed is not marked unproven")
	}
}

// many writes so many answered calls of each kind.
func many(kinds map[int]string) string {
	var lines strings.Builder
	for n, attempt := range kinds {
		for range n {
			fmt.Fprintf(&lines, "A 2026-06-01 answered answers+0 %s\n", attempt)
		}
	}
	return lines.String()
}

// TestMachines are two cases of detection: machines are in no part of the rate, and
// people who were hung up on as machines are in both once an outcome proves them.
func TestMachines(t *testing.T) {
	b := newTable(t, "UTC", "predictive")
	b.read(many(map[int]string{30: "human ends+9 by:customer", 970: "human joins+1 ends+60 by:agent =refusal", 1000: "machine ends+3 by:system"}))
	b.read("compliance_abandonment_rate 30/1000\nmachine_rate 1000/2000\n")

	b = newTable(t, "UTC", "predictive")
	b.read(many(map[int]string{25: "human ends+9 by:customer", 775: "human joins+1 ends+60 by:agent =refusal", 10: "machine ends+1 by:system =abandoned"}))
	b.read("compliance_abandonment_rate 35/810\nmachine_rate 0/810\n")
}

// TestFourWaySplit is case 4 of kpis.md §8: 1,000 live answers seen three ways.
func TestFourWaySplit(t *testing.T) {
	b := newTable(t, "UTC", "predictive")
	b.read(many(map[int]string{960: "human joins+2 ends+60 by:agent =refusal", 22: "human joins+5 ends+60 by:agent =refusal",
		12: "human ends+9 by:customer", 6: "human ends+1 by:customer"}) + "compliance_abandonment_rate 34/1000\ncaller_hangup_rate 18/1000\n")
	b.rules.Profile.CountEarlyHangups = true
	b.check("compliance_abandonment_rate", []string{"40/1000"})
}

// TestBlocks are cases 5 and 6: blocks of 30 local days from 5 January, each
// within the limit though the 30 days across them are not.
func TestBlocks(t *testing.T) {
	b := newTable(t, "UTC", "predictive")
	var lines strings.Builder
	for day, n := range map[string][2]int{"2026-01-10": {10, 1000}, "2026-01-30": {30, 1000}, "2026-02-05": {32, 1000}, "2026-02-25": {20, 1000}} {
		for i := range n[1] {
			attempt := "joins+1 ends+60 =refusal"
			if i < n[0] {
				attempt = "ends+9 by:customer"
			}
			fmt.Fprintf(&lines, "L%s-%d %s answered human answers+0 %s\n", day, i, day, attempt)
		}
	}
	b.read(lines.String())
	var units []*Unit
	for _, u := range b.units {
		units = append(units, u)
	}
	startsOn, _ := campaign.ParseDay("2026-01-05")
	now := time.Date(2026, 3, 20, 0, 0, 0, 0, time.UTC).UnixMilli()
	blocks, err := Compliance(newBook(t, &b.rules, units, nil), &b.rules, startsOn, now)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, block := range blocks {
		got = append(got, fmt.Sprintf("%s to %s: %d/%d %v", block.From, block.To-1, block.Late, block.Live, b.rules.Profile.Breach(block.Exposure)))
	}
	want := "2026-01-05 to 2026-02-03: 40/2000 false|2026-02-04 to 2026-03-05: 52/2000 false|2026-03-06 to 2026-04-04: 0/0 false"
	if strings.Join(got, "|") != want {
		t.Errorf("blocks are\n%s, want\n%s", strings.Join(got, "|"), want)
	}
	b.read("in 2026-01-20 2026-02-19\ncompliance_abandonment_rate 62/2000\n") // 3.1 %
}
