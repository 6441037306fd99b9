package twin

import (
	"fmt"
	"testing"
	"time"
)

// A figure of one group of the posts below; "-" is a KPI that the grouping
// does not serve.
const groupedFigures = `
	group_by      key           kpi              figure
	day           2026-11-02    dials            2
	day           2026-11-03    dials            1
	day           2026-11-03    leads            1
	day           2026-11-02    leads_dialed     1
	day           2026-11-09    leads            0
	day           2026-11-09    conversion_rate  0/0
	week          2026-W45      dials            3
	week          2026-W46      dials            1
	month         2026-11       calls_per_agent  3/2
	agent         x             sales            1
	agent         y             sales            0
	agent         <nil>         dials            1
	agent         <nil>         calls_per_agent  0/0
	agent         x             calls_per_agent  2/1
	agent         x             leads            -
	agent         x             calls_per_lead   2/1
	list          north         conversion_rate  1/1
	list          <nil>         calls_per_lead   1/1
	attempt_no    1             dials            2
	attempt_no    3             leads_dialed     1
	attempt_no    1             sales            -
	disposition   odd           dials            1
	disposition   sale          hit_rate         1/1
	category      none          dials            3
	category      none          leads_dialed     2
	hour_of_week  9             dials            2
	hour_of_week  33            dials            1
	hour_of_week  23            dials            1
	hour_of_week  9             calls_per_agent  -
	hour_of_week  9             cost_per_call    0/2
	hour          2026-11-02T09:00:00Z  dials    2`

func TestGroupings(t *testing.T) {
	c := springCampaign
	c.TimeZone = "Europe/Lisbon"
	w := New()
	w.PutCampaign(c)
	post(w, "leads", `
		ref  list   generated_at
		A    north  2026-11-02T08:00:00Z
		B    -      2026-11-03T08:00:00Z`)
	post(w, "attempts", `
		ref  lead  agent  started_at            result     disposition
		a1   A     x      2026-11-02T09:10:00Z  no_answer  -
		a2   A     x      2026-11-02T09:50:00Z  answered   sale
		a3   A     y      2026-11-03T09:00:00Z  answered   odd
		b1   B     -      2026-11-09T23:30:00Z  no_answer  -`)
	for _, row := range rows(groupedFigures) {
		groupBy, id := row["group_by"].(string), row["kpi"].(string)
		got := "no such group"
		for _, g := range w.KPIs("spring", november, december, []string{groupBy}, december) {
			if fmt.Sprint(g.Key[groupBy]) == row["key"] {
				got = "-"
				if f, served := g.Figures[id]; served {
					got = figureText(f)
				}
			}
		}
		want := "-"
		if figure, named := row["figure"]; named {
			want = figure.(string)
		}
		if got != want {
			t.Errorf("%s %s %s is %s, want %s", groupBy, row["key"], id, got, want)
		}
	}
	both := w.KPIs("spring", november, december, []string{"agent", "day"}, december)
	if len(both) != 3 || both[0].Key["agent"] != "x" || both[2].Key["agent"] != nil {
		t.Errorf("agent by day: %v", both)
	}
}

func TestRepeatedHour(t *testing.T) {
	c := springCampaign
	c.TimeZone = "Europe/Berlin"
	w := New()
	w.PutCampaign(c)
	post(w, "attempts", `
		ref  lead  started_at            result
		a    A     2026-10-25T00:30:00Z  busy
		b    A     2026-10-25T01:30:00Z  busy`)
	from, to := at("2026-10-24T22:00:00Z"), at("2026-10-25T23:00:00Z")
	hours := w.KPIs("spring", from, to, []string{"hour"}, to)
	if len(hours) != 2 || hours[0].Key["hour"] != "2026-10-25T02:00:00+01:00" || hours[1].Key["hour"] != "2026-10-25T02:00:00+02:00" {
		t.Errorf("hours %v", hours)
	}
	if week := w.KPIs("spring", from, to, []string{"hour_of_week"}, to); len(week) != 1 || week[0].Key["hour_of_week"] != 6*24+2 {
		t.Errorf("hour of week %v", week)
	}
}

func TestCosts(t *testing.T) {
	w := spring()
	post(w, "costs", `
		ref  category       amount  currency  from                  to                    void
		1    labour         100.00  EUR       2026-11-02T00:00:00Z  2026-11-05T00:00:00Z  -
		2    telephony      -0.50   EUR       2026-11-02T00:00:00Z  2026-11-03T00:00:00Z  -
		3    lead_purchase  70.00   EUR       2026-11-06T00:00:00Z  2026-11-07T00:00:00Z  -
		4    other          70.00   EUR       2026-11-08T00:00:00Z  2026-11-09T00:00:00Z  true`)
	w.Post("spring", "costs", map[string]any{"ref": "5", "campaign": nil, "category": "other", "amount": "9.00",
		"currency": "USD", "from": "2026-11-02T00:00:00Z", "to": "2026-11-03T00:00:00Z"}, 99)
	post(w, "attempts", `
		ref  lead  started_at            result    disposition  decided_at
		a    A     2026-11-02T09:00:00Z  answered  refusal      -
		b    B     2026-11-02T10:00:00Z  answered  sale         2026-11-04T10:00:00Z`)
	check(t, w, `
		cost_per_call      199/2/2
		cost_per_contact   199/2/2
		cost_per_lead      199/2/2
		cost_per_sale      199/2/1
		cost_per_net_sale  199/2/1`)
	// 33.33, 33.34 (66.67 less 33.33), 33.33: by the day, as C(b) - C(a).
	days := w.KPIs("spring", november, december, []string{"day"}, december)
	got := ""
	for _, g := range days {
		got += fmt.Sprintln(g.Key["day"], figureText(g.Figures["cost_per_call"]), figureText(g.Figures["cost_per_sale"]))
	}
	want := "2026-11-02 3283/100/2 3283/100/0\n2026-11-03 1667/50/0 1667/50/0\n2026-11-04 3333/100/0 3333/100/1\n2026-11-06 0/0 0/0\n"
	if got != want {
		t.Errorf("costs by day\n%swant\n%s", got, want)
	}
}

func TestRoundHalfEven(t *testing.T) {
	for _, row := range rows(`
		number  whole
		0.5     0
		1.5     2
		2.5     2
		2.51    3
		-0.5    0
		-1.5    -2
		-2.5    -2
		-2.4    -2`) {
		if got := roundHalfEven(decimal(row["number"])).String(); got != row["whole"] {
			t.Errorf("%s rounds to %s, want %s", row["number"], got, row["whole"])
		}
	}
}

func TestDayStart(t *testing.T) {
	for _, row := range rows(`
		zone               day         starts
		Europe/Lisbon      2026-11-02  2026-11-02T00:00:00Z
		Asia/Kathmandu     2026-11-02  2026-11-01T18:15:00Z
		America/Sao_Paulo  2018-11-04  2018-11-04T03:00:00Z
		America/Havana     2026-11-01  2026-11-01T04:00:00Z
		Pacific/Apia       2011-12-30  2011-12-30T10:00:00Z
		Pacific/Apia       2011-12-31  2011-12-30T10:00:00Z`) {
		zone, err := time.LoadLocation(row["zone"].(string))
		if err != nil {
			t.Fatal(err)
		}
		day, _ := time.Parse(time.DateOnly, row["day"].(string))
		if got := dayStart(day, zone).UTC().Format(time.RFC3339); got != row["starts"] {
			t.Errorf("%s in %s starts %s, want %s", row["day"], row["zone"], got, row["starts"])
		}
	}
}

func TestLimitsAndUnknownAnswers(t *testing.T) {
	if breach(3, 100, 3) || !breach(76, 2500, 3) || headroom(61, 2400, 3) != 11 || headroom(76, 2500, 3) != 0 {
		t.Error("3 of 100 passes, 76 of 2,500 fails, 61 of 2,400 leaves 11")
	}
	w := spring()
	post(w, "attempts", `
		ref  lead  started_at  result    answered_by  answered_at  connected_at  ended_at  ended_by  disposition
		a    A     09:00:00    answered  human        09:00:00     09:00:01      09:01:00  agent     -
		b    B     09:00:00    answered  unknown      09:00:00     09:00:01      09:01:00  agent     -
		c    C     09:00:00    answered  -            09:00:00     -             09:00:01  customer  -
		d    D     09:00:00    answered  machine      09:00:00     -             09:00:09  customer  -
		e    E     09:00:00    answered  human        09:00:00     09:00:05      09:01:00  agent     sale`)
	blocks := w.Compliance("spring", at("2026-11-03T00:00:00Z"))
	if len(blocks) != 1 || blocks[0].Live != 2 || blocks[0].Abandoned != 1 || blocks[0].HighLive != 3 || blocks[0].HighAbandoned != 2 {
		t.Errorf("blocks %+v", blocks)
	}
	if !blocks[0].From.Equal(at("2026-11-02T00:00:00Z")) {
		t.Errorf("block 1 starts %v, want the day of the first dial", blocks[0].From)
	}
}

// A few thousand facts and a few hundred questions stay feasible.
func BenchmarkReport(b *testing.B) {
	w := spring()
	for i := range 3000 {
		start := november.Add(time.Duration(i) * 14 * time.Minute).Format(time.RFC3339)
		w.Post("spring", "attempts", map[string]any{"ref": fmt.Sprint("a", i), "lead": fmt.Sprint("L", i%900), "started_at": start,
			"result": "answered", "agent": fmt.Sprint("x", i%7), "disposition": []string{"sale", "refusal", "none"}[i%3]}, int64(i))
	}
	for b.Loop() {
		w.KPIs("spring", november, december, []string{"agent", "day"}, december)
	}
}
