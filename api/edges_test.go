package api_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// groupings are all that GET /v1/kpis names for campaigns.
func (h *house) groupings() (all []string) {
	h.Helper()
	var catalogue struct {
		KPIs []struct {
			Reports, Groupings []string
		}
	}
	if err := json.Unmarshal(h.get("/v1/kpis").expect(200).body, &catalogue); err != nil {
		h.Fatal(err)
	}
	for _, k := range catalogue.KPIs {
		if !slices.Contains(k.Reports, "campaigns") {
			continue
		}
		for _, g := range k.Groupings {
			if !slices.Contains(all, g) {
				all = append(all, g)
			}
		}
	}
	if len(all) < 11 {
		h.Fatalf("groupings are %v; does this still read the catalogue?", all)
	}
	return all
}

// windowed are the paths that take a window, ready for its parameters.
var windowed = []string{"/v1/campaigns/spring/kpis?", "/v1/campaigns/spring/kpis?as_of=2026-11-01&", "/v1/campaigns/spring/funnel?", "/v1/campaigns/spring/attempt-curve?",
	"/v1/campaigns/spring/kpis/dials/facts?", "/v1/campaigns/spring/kpis/cost_per_call/facts?", "/v1/kpis/report?campaigns=*&", "/v1/kpis/report?campaigns=spring&group_by=campaign,day&", "/campaigns/spring?"}

// TestAsOfInEveryGrouping keeps what every grouping answers, amends and voids what
// it was made of, and asks for the past: the same answer, to the letter.
func TestAsOfInEveryGrouping(t *testing.T) {
	h := workedCase(t)
	paths := []string{november, "/v1/kpis/report?campaigns=*&from=2026-11-01&to=2026-12-01", "/v1/kpis/report?campaigns=*&group_by=campaign&from=2026-11-01&to=2026-12-01"}
	for _, g := range h.groupings() {
		paths = append(paths, november+"&group_by="+g, "/v1/kpis/report?campaigns=*&from=2026-11-01&to=2026-12-01&group_by="+g)
	}
	h.at("2026-11-21T00:00:00Z")
	said := map[string]string{}
	for _, path := range paths {
		said[path] = string(h.get(path).expect(200).body)
	}
	h.at("2026-11-25T00:00:00Z")
	h.stream("/v1/campaigns/spring/outcomes", `{"attempt":"A5","disposition":"NO","agent":"a-3","updated_at":"2026-11-24T00:00:00Z"}
		{"attempt":"A1","disposition":"SALE","amount":"7.00","updated_at":"2026-11-24T00:00:00Z"}`).expect(200)
	h.stream("/v1/campaigns/spring/leads", `{"ref":"A","generated_at":"2026-11-03T00:00:00Z","list":"M","source":"web","updated_at":"2026-11-24T00:00:00Z"}
		{"ref":"C","void":true,"updated_at":"2026-11-24T00:00:00Z"}`).expect(200)
	h.do("POST", "/v1/costs", `{"ref":"k","campaign":"spring","category":"labour","amount":"300.00","currency":"EUR","from":"2026-11-02T00:00:00Z","to":"2026-11-09T00:00:00Z"}`).expect(200)
	for _, path := range paths {
		if string(h.get(path).expect(200).body) == said[path] {
			t.Errorf("%s does not show what was amended", path)
		}
		a := h.get(path + "&as_of=2026-11-21T00:00:00Z").expect(200)
		known := strings.Replace(string(a.body), `,"source":"replay"`, "", 1)
		if strings.HasPrefix(path, "/v1/kpis/report") { // as_of stands as it was asked for
			known = strings.Replace(known, `"as_of":"2026-11-21T00:00:00Z"`, `"as_of":"2026-11-21T00:00:00.000Z"`, 1)
		}
		if known != said[path] {
			t.Errorf("%s was\n%s\nand is told to have been\n%s", path, clip([]byte(said[path])), clip([]byte(known)))
		}
	}
}

// TestWindowsWithoutTime: an empty window is answered with nothing in it, one that
// goes backwards is refused, in either order of kinds.
func TestWindowsWithoutTime(t *testing.T) {
	h := workedCase(t)
	for _, path := range windowed {
		for _, at := range []string{"2026-11-02", "2026-11-02T09:00:00Z", "1970-01-01", "2199-12-31", "2199-12-31T23:59:59.999Z"} {
			a := h.get(path + "from=" + at + "&to=" + at).expect(200)
			if body := string(a.body); strings.HasPrefix(path, "/v1") && !strings.Contains(body, `"groups":[]`) && !strings.Contains(body, `"facts":[]`) &&
				!strings.Contains(body, `"attempts":[]`) && !strings.Contains(body, `"stages":[{"stage":"lead","leads":0,`) && !strings.Contains(body, `{"id":"dials","value":0,`) {
				t.Errorf("%s of an empty window: %s", path, clip(a.body))
			}
		}
		for _, w := range [][2]string{{"2026-11-03", "2026-11-02"}, {"2026-11-02T00:00:00.001Z", "2026-11-02"}, {"2026-11-03", "2026-11-02T23:59:59.999Z"}, {"2199-12-31", "1970-01-01"}} {
			a := h.get(path + "from=" + w[0] + "&to=" + w[1])
			if strings.HasPrefix(path, "/v1") {
				a.problem(422, "invalid_window", "from")
			} else {
				a.expect(422)
			}
		}
	}
	h.get("/v1/campaigns/spring/funnel?from=1969-12-31&to=1970-01-02").problem(422, "invalid_time", "from")
	h.get("/v1/campaigns/spring/funnel?from=1970-01-01&to=2200-01-01").problem(422, "invalid_time", "to")
}

// TestFirstAndLastYears reads calls at both ends of the years that are accepted, in
// a zone east and in one west of them.
func TestFirstAndLastYears(t *testing.T) {
	for zone, days := range map[string][2]string{"Pacific/Auckland": {"1970-01-01", "2200-01-01"}, "America/New_York": {"1969-12-31", "2199-12-31"}} {
		t.Run(zone, func(t *testing.T) {
			h := newHouse(t)
			h.do("PUT", "/v1/campaigns/spring", strings.Replace(spring, "Europe/Lisbon", zone, 1)).expect(201)
			h.stream(attempts, `{"ref":"first","lead":"a","started_at":"1970-01-01T00:00:00Z","result":"answered","disposition":"SALE"}
				{"ref":"last","lead":"b","started_at":"2199-12-31T23:59:59.998Z","result":"answered","disposition":"SALE"}`).expect(200).want("created", "2")
			const all = "from=1970-01-01T00:00:00Z&to=2199-12-31T23:59:59.999Z"
			for _, g := range h.groupings() {
				h.get("/v1/campaigns/spring/kpis?"+all+"&group_by="+g).expect(200).want("kpis.dials.value", "2", "kpis.conversion_rate.numerator", "2", "kpis.net_sales.value", "2")
			}
			for _, path := range windowed {
				h.get(path + all).expect(200)
			}
			h.get("/v1/campaigns/spring/kpis?"+all+"&group_by=day&kpi=dials").want("groups.0.key", `{"day":"`+days[0]+`"}`, "groups.1.key", `{"day":"`+days[1]+`"}`)
			h.get("/v1/campaigns/spring/kpis/dials/facts?"+all).expect(200).want("facts.0.ref", `"first"`, "facts.1.ref", `"last"`, "next", "null")
			h.get("/v1/campaigns/spring/kpis?kpi=dials&from=1970-01-01T00:00:00.001Z&to=2199-12-31T23:59:59.998Z").expect(200).want("kpis.0.value", "0")
			h.get("/v1/campaigns/spring/compliance").expect(200)
		})
	}
}

// TestDaysOfAllLengths puts a call on every half hour of three days, the middle one
// being the day in question: it has as many calls as half hours, in as many groups
// as its clock showed hours.
func TestDaysOfAllLengths(t *testing.T) {
	for _, c := range []struct {
		zone, day, next       string
		calls, hours, ofWeek  int
		firstHour, secondHour string
		// sharing hours denote the instant of another, with which pooled reports join them.
		sharing int
	}{
		{"America/New_York", "2026-03-08", "2026-03-09", 46, 23, 23, "2026-03-08T00:00:00-05:00", "2026-03-08T01:00:00-05:00", 0},
		{"America/New_York", "2026-11-01", "2026-11-02", 50, 25, 24, "2026-11-01T00:00:00-04:00", "2026-11-01T01:00:00-04:00", 0},
		{"Europe/London", "2026-03-29", "2026-03-30", 46, 23, 23, "2026-03-29T00:00:00Z", "2026-03-29T02:00:00+01:00", 0},
		{"Asia/Kathmandu", "2026-06-01", "2026-06-02", 48, 24, 24, "2026-06-01T00:00:00+05:45", "2026-06-01T01:00:00+05:45", 0},
		{"Asia/Kolkata", "2026-06-01", "2026-06-02", 48, 24, 24, "2026-06-01T00:00:00+05:30", "2026-06-01T01:00:00+05:30", 0},
		{"America/St_Johns", "2026-11-01", "2026-11-02", 50, 25, 24, "2026-11-01T00:00:00-02:30", "2026-11-01T01:00:00-02:30", 0},
		{"Australia/Lord_Howe", "2026-04-05", "2026-04-06", 49, 25, 24, "2026-04-05T00:00:00+11:00", "2026-04-05T01:00:00+11:00", 0},
		// 03:00+13:45 ends at 03:45, where 02:00+12:45 goes on from 02:45: two hours of one instant.
		{"Pacific/Chatham", "2026-04-05", "2026-04-06", 50, 26, 24, "2026-04-05T00:00:00+13:45", "2026-04-05T01:00:00+13:45", 1},
	} {
		t.Run(c.zone+" "+c.day, func(t *testing.T) {
			h := newHouse(t)
			h.do("PUT", "/v1/campaigns/spring", strings.Replace(spring, "Europe/Lisbon", c.zone, 1)).expect(201)
			day, err := time.Parse(time.DateOnly, c.day)
			if err != nil {
				t.Fatal(err)
			}
			var calls []string
			for i := range 3 * 48 {
				at := day.Add(time.Duration(i-48) * 30 * time.Minute)
				calls = append(calls, fmt.Sprintf(`{"ref":"c%d","lead":"l%d","started_at":"%s","result":"no_answer"}`, i, i%5, at.Format(time.RFC3339)))
			}
			h.stream(attempts, strings.Join(calls, "\n")).expect(200)
			ask := "/v1/campaigns/spring/kpis?kpi=dials,leads_dialed&from=" + c.day + "&to=" + c.next
			groups := func(a *answer, calls, count int) {
				t.Helper()
				total := 0
				for _, g := range a.json()["groups"].([]any) {
					n, err := g.(map[string]any)["kpis"].([]any)[0].(map[string]any)["value"].(json.Number).Int64()
					if err != nil {
						t.Fatal(err)
					}
					total += int(n)
				}
				if got := len(a.json()["groups"].([]any)); total != calls || got != count {
					t.Errorf("%s: %d calls in %d groups, want %d in %d", a.asked, total, got, calls, count)
				}
			}
			h.get(ask).expect(200).want("kpis.0.value", fmt.Sprint(c.calls), "kpis.1.value", "5")
			groups(h.get(ask+"&group_by=day").expect(200).want("groups.0.key", `{"day":"`+c.day+`"}`), c.calls, 1)
			groups(h.get(ask+"&group_by=hour").expect(200).want("groups.0.key", `{"hour":"`+c.firstHour+`"}`, "groups.1.key", `{"hour":"`+c.secondHour+`"}`), c.calls, c.hours)
			groups(h.get(ask+"&group_by=hour_of_week").expect(200), c.calls, c.ofWeek)
			groups(h.get("/v1/kpis/report?campaigns=*&kpi=dials&group_by=hour&from="+c.day+"&to="+c.next).expect(200), c.calls, c.hours-c.sharing)
		})
	}
}

// TestLocalDayOfAnInstant: 03:30 UTC of 9 March is New York's 8 March, a day of 23
// hours.
func TestLocalDayOfAnInstant(t *testing.T) {
	h := newHouse(t)
	h.do("PUT", "/v1/campaigns/spring", strings.Replace(spring, "Europe/Lisbon", "America/New_York", 1)).expect(201)
	h.do("POST", attempts, `{"ref":"a","lead":"l","started_at":"2026-03-09T03:30:00Z","result":"no_answer"}`).expect(200)
	h.get("/v1/campaigns/spring/kpis?from=2026-03-08&to=2026-03-09&kpi=dials&group_by=hour").expect(200).want("kpis.0.value", "1",
		"groups.0.key", `{"hour":"2026-03-08T23:00:00-04:00"}`, "from", `"2026-03-08T00:00:00-05:00"`, "to", `"2026-03-09T00:00:00-04:00"`)
	h.get("/v1/campaigns/spring/kpis?from=2026-03-09&to=2026-03-10&kpi=dials").expect(200).want("kpis.0.value", "0")
}

// TestCampaignWithoutFacts asks everything of a campaign of which nothing is known
// yet.
func TestCampaignWithoutFacts(t *testing.T) {
	h := newSpring(t)
	for _, path := range windowed {
		h.get(path + "from=2026-11-01&to=2026-12-01").expect(200)
	}
	h.get("/").expect(200)
	h.get("/v1/costs?campaign=spring").expect(200).want("costs", "[]")
	h.get("/v1/campaigns/spring/compliance").expect(200).want("blocks", "[]")
	h.get("/v1/campaigns/spring/attempt-curve?from=2026-11-01&to=2026-12-01").expect(200).want("attempts", "[]")
	h.get("/v1/campaigns/spring/funnel?from=2026-11-01&to=2026-12-01").expect(200).want("stages.closed.leads", "0", "stages.closed.of_start", "null",
		"stages.closed.of_previous", "null", "stages.closed.median_s", "null")
	for _, g := range h.groupings() {
		h.get(november+"&group_by="+g).expect(200).want("groups", "[]")
		h.get(november+"&as_of=2026-11-10&group_by="+g).expect(200).want("groups", "[]")
	}
	for _, v := range h.get(november).expect(200).json()["kpis"].([]any) {
		k := v.(map[string]any)
		if k["denominator"] == nil {
			if fmt.Sprint(k["value"]) != "0" && k["value"] != "0.00" {
				t.Errorf("%v of nothing is %v", k["id"], k["value"])
			}
			continue
		}
		if k["value"] != nil || fmt.Sprint(k["denominator"]) != "0" && k["denominator"] != "0.00" {
			t.Errorf("%v of nothing is %v", k["id"], k)
		}
	}
	h.get(attempts+"/a").problem(404, "not_found", "attempt")
	h.get("/v1/campaigns/spring/leads/l").problem(404, "not_found", "lead")
}
