package api_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// workedCase posts case 1 of the KPI contract: A has 5 dials, talked on 3 and 5,
// sale on 5; B 2 dials, 1 talk, refusal; C 1 dial, sale. The dials of each lead
// are a day apart from 2 November on; agent a-1 has A, a-2 the others.
func workedCase(t testing.TB) *house {
	h := newSpring(t)
	call := func(ref, lead, agent, day, rest string) string {
		return `{"ref":"` + ref + `","lead":{"ref":"` + lead + `","list":"L"},"agent":"` + agent + `","started_at":"2026-11-0` + day + `T09:00:00Z","updated_at":"2026-11-10T00:00:00Z",` + rest + `}`
	}
	const no = `"result":"no_answer"`
	talk := func(day, ended, rest string) string {
		return `"result":"answered","answered_by":"human","connected_at":"2026-11-0` + day + `T09:00:02Z","ended_at":"2026-11-0` + day + `T` + ended + `Z"` + rest
	}
	h.stream(attempts, strings.Join([]string{
		call("A1", "A", "a-1", "2", no), call("A2", "A", "a-1", "3", no), call("A3", "A", "a-1", "4", talk("4", "09:01:02.250", "")),
		call("A4", "A", "a-1", "5", no), call("A5", "A", "a-1", "6", talk("6", "09:02:07", `,"disposition":"SALE","amount":"120.00"`)),
		call("B1", "B", "a-2", "2", no), call("B2", "B", "a-2", "3", talk("3", "09:00:32", `,"disposition":"NO"`)),
		call("C1", "C", "a-2", "2", talk("2", "09:00:42", `,"disposition":"SALE","amount":"0.5"`)),
	}, "\n")).expect(200).want("created", "8")
	h.do("POST", "/v1/costs", `{"ref":"k","campaign":"spring","category":"labour","amount":"100.00","currency":"EUR","from":"2026-11-01T00:00:00Z","to":"2026-11-07T00:00:00Z"}`).expect(200)
	return h
}

const november = "/v1/campaigns/spring/kpis?from=2026-11-01&to=2026-12-01"

func TestReportIsExactlyTheContracts(t *testing.T) {
	h := workedCase(t)
	a := h.get(november + "&kpi=dialed_conversion_rate,dials,calls_per_lead,talk_time,revenue,cost_per_call").expect(200)
	want := `{"campaign":"spring","from":"2026-11-01T00:00:00Z","to":"2026-12-01T00:00:00Z","time_zone":"Europe/Lisbon","as_of":"2026-11-20T12:00:00Z","kpis":[` +
		`{"id":"dialed_conversion_rate","value":0.6666666666666666,"numerator":2,"denominator":3,"unit":"proportion","low":0.2076596008020477,"high":0.9385080552796037,"mature":false,"definition_version":1},` +
		`{"id":"dials","value":8,"numerator":8,"denominator":null,"unit":"count","mature":false,"definition_version":1},` +
		`{"id":"calls_per_lead","value":2.6666666666666665,"numerator":8,"denominator":3,"unit":"ratio","mature":false,"definition_version":1},` +
		`{"id":"talk_time","value":63.8125,"numerator":255.25,"denominator":4,"unit":"s","no_data":0,"mature":false,"definition_version":1},` +
		`{"id":"revenue","value":"120.50","numerator":"120.50","denominator":null,"unit":"EUR","mature":false,"definition_version":1},` +
		`{"id":"cost_per_call","value":"12.5000","numerator":"100.00","denominator":8,"unit":"EUR","mature":false,"definition_version":1}]}` + "\n"
	if got := string(a.body); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestReportOfAllFigures(t *testing.T) {
	h := workedCase(t)
	h.get(november).expect(200).want("kpis.hit_rate.numerator", "2", "kpis.calls_per_sale.value", "4", "kpis.calls_to_close.numerator", "6",
		"kpis.calls_to_close.denominator", "2", "kpis.first_call_close_rate.numerator", "1", "kpis.first_call_close_rate.denominator", "3",
		"kpis.first_call_close_share.value", "0.5", "groups", "null")
	// from = to is an empty window: ratios have no value, never 0.
	h.get("/v1/campaigns/spring/kpis?from=2026-11-01&to=2026-11-01").expect(200).want("kpis.hit_rate.value", "null", "kpis.hit_rate.low", "null", "kpis.hit_rate.numerator", "0",
		"kpis.dials.value", "0", "kpis.cost_per_call.value", "null", "kpis.cost_per_call.unallocated", `"0.00"`)
	// 1 November has a share of the cost and no dial.
	h.get("/v1/campaigns/spring/kpis?from=2026-11-01&to=2026-11-02&kpi=cost_per_call").expect(200).want("kpis.0.value", "null", "kpis.0.numerator", `"16.67"`, "kpis.0.unallocated", `"16.67"`, "kpis.0.denominator", "0")
}

func TestReportInGroups(t *testing.T) {
	h := workedCase(t)
	h.get(november+"&kpi=dials&group_by=agent").expect(200).want("kpis.0.value", "8",
		"groups.0.key", `{"agent":"a-1"}`, "groups.0.kpis.0.value", "5", "groups.1.key", `{"agent":"a-2"}`, "groups.1.kpis.0.value", "3", "groups.2", "null")
	h.get(november+"&kpi=dials&group_by=day,agent").expect(200).want("groups.0.key", `{"agent":"a-1","day":"2026-11-02"}`, "groups.0.kpis.0.value", "1")
	// KPIs that agents do not serve are left out of the groups, not of the whole.
	a := h.get(november+"&group_by=agent").expect(200).want("kpis.leads.value", "3", "groups.0.kpis.leads", "null", "groups.0.kpis.dials.value", "5")
	if got := a.at("groups.0.kpis.cost_per_call"); got != "null" {
		t.Error("a cost by agent: ", got)
	}
	h.get(november+"&kpi=cost_per_call&group_by=day").expect(200).want("groups.0.key", `{"day":"2026-11-01"}`, "groups.0.kpis.0.unallocated", `"16.67"`,
		"groups.1.kpis.0.denominator", "3")
	// Groups without facts of the KPIs asked for are left out, though they have costs.
	for by, key := range map[string]string{"hour": `{"hour":"2026-11-02T09:00:00Z"}`, "week": `{"week":"2026-W45"}`, "month": `{"month":"2026-11"}`,
		"list": `{"list":"L"}`, "source": `{"source":null}`, "hour_of_week": `{"hour_of_week":9}`, "attempt_no": `{"attempt_no":1}`, "category": `{"category":"none"}`} {
		h.get(november+"&kpi=dials&group_by="+by).expect(200).want("groups.0.key", key)
	}
}

func TestReportWindows(t *testing.T) {
	h := workedCase(t)
	dials := func(from, to, want string) {
		t.Helper()
		h.get("/v1/campaigns/spring/kpis?kpi=dials&from="+from+"&to="+to).expect(200).want("kpis.0.value", want)
	}
	dials("2026-11-02T09:00:00Z", "2026-11-02T09:00:00.001Z", "3")
	dials("2026-11-02T09:00:00.001Z", "2026-11-03T09:00:00Z", "0")
	dials("2026-11-02T10:00:00%2B01:00", "2026-11-03", "3")
	dials("2026-11-02T10:00:00+01:00", "2026-11-03", "3")
}

func TestMaturity(t *testing.T) {
	h := workedCase(t)
	mature := func(to, kpi, want string) {
		t.Helper()
		h.get("/v1/campaigns/spring/kpis?from=2026-10-01&to="+to+"&kpi="+kpi).expect(200).want("kpis.0.mature", want)
	}
	// Now is noon of 20 November; the conversion window is 30 days.
	mature("2026-11-20", "dials", "true")
	mature("2026-11-21", "dials", "false")
	mature("2026-10-21", "conversion_rate", "true")
	mature("2026-10-22", "conversion_rate", "false")
	mature("2026-10-22", "hit_rate", "false")
	mature("2026-10-22", "first_call_close_rate", "false")
	mature("2026-10-22", "leads", "false")
	mature("2026-10-22", "cost_per_call", "true")
	mature("2026-10-22", "cost_per_sale", "false")
}

func TestReportIsRefused(t *testing.T) {
	h := newSpring(t)
	const base = "/v1/campaigns/spring/kpis"
	for _, c := range []struct{ query, code, field string }{
		{"", "missing_parameter", "from"},
		{"?from=2026-11-01", "missing_parameter", "to"},
		{"?from=2026-11-02&to=2026-11-01", "invalid_window", "from"},
		{"?from=2026-11-02T09:00:00&to=2026-12-01", "invalid_time", "from"},
		{"?from=2026-11-31&to=2026-12-01", "invalid_time", "from"},
		{"?from=2026-11-01&to=yesterday", "invalid_time", "to"},
		{"?from=2026-11-01&to=2026-12-01&kpi=conversion", "unknown_kpi", "kpi"},
		{"?from=2026-11-01&to=2026-12-01&kpi=", "missing_value", "kpi"},
		{"?from=2026-11-01&to=2026-12-01&group_by=shift", "unknown_grouping", "group_by"},
		{"?from=2026-11-01&to=2026-12-01&group_by=day,week,month,hour,agent", "too_many_groupings", "group_by"},
		{"?from=2026-11-01&to=2026-12-01&kpi=conversion_rate&group_by=agent", "grouping_not_served", "group_by"},
		{"?from=2026-11-01&to=2026-12-01&as_of=now", "invalid_time", "as_of"},
		{"?from=%zz&to=2026-12-01", "invalid_query", ""},
	} {
		h.get(base+c.query).problem(422, c.code, c.field)
	}
	h.get(base + "?from=2026-11-01&to=2026-12-01&as_of=2026-11-20T12:00:00Z").expect(200)
}

func TestCatalogue(t *testing.T) {
	h := newHouse(t)
	h.get("/v1/kpis").expect(200).want("kpis.conversion_rate.unit", `"proportion"`, "kpis.conversion_rate.clock", `"lead"`,
		"kpis.conversion_rate.direction", `"higher_is_better"`, "kpis.conversion_rate.formula", `"leads won / leads generated"`,
		"kpis.conversion_rate.definition_version", "1", "kpis.cost_per_call.groupings.1", `"day"`)
}

func TestFunnel(t *testing.T) {
	h := workedCase(t)
	h.get("/v1/campaigns/spring/funnel?from=2026-11-01&to=2026-12-01").expect(200).want(
		"stages.lead.leads", "3", "stages.lead.of_start", "1", "stages.lead.of_previous", "null", "stages.lead.median_s", "null",
		"stages.dialed.leads", "3", "stages.dialed.median_s", "0",
		// A talked after 2 days and 2 s, B after 1 day and 2 s, C after 2 s.
		"stages.contacted.leads", "3", "stages.contacted.median_s", "86402",
		"stages.closed.leads", "2", "stages.closed.of_start", "0.6666666666666666", "stages.closed.of_previous", "1", "stages.closed.median_s", "0",
		"stages.interested.leads", "2", "stages.interested.of_previous", "0.6666666666666666")
	h.get("/v1/campaigns/spring/funnel?from=2026-12-01&to=2026-12-01").expect(200).want("stages.lead.leads", "0", "stages.lead.of_start", "null")
	h.get("/v1/campaigns/spring/funnel").problem(422, "missing_parameter", "from")
}

func TestFactsBehindANumber(t *testing.T) {
	h := workedCase(t)
	refs := func(path string) []string {
		t.Helper()
		var all []string
		cursor := ""
		for pages := 0; ; pages++ {
			var page struct {
				Facts []struct{ Ref string }
				Next  *string
			}
			a := h.get("/v1/campaigns/spring/kpis/" + path + "from=2026-11-01&to=2026-12-01&limit=2" + cursor).expect(200)
			if err := json.Unmarshal(a.body, &page); err != nil {
				t.Fatal(err)
			}
			for _, f := range page.Facts {
				all = append(all, f.Ref)
			}
			if page.Next == nil || pages > 10 {
				return all
			}
			cursor = "&cursor=" + *page.Next
		}
	}
	for path, want := range map[string]string{
		"hit_rate/facts?":                                   "C1 A5",
		"hit_rate/facts?part=denominator&":                  "A1 B1 C1 A2 B2 A3 A4 A5",
		"calls_per_lead/facts?part=denominator&":            "A B C",
		"conversion_rate/facts?part=numerator&":             "A C",
		"conversion_rate/facts?part=denominator&":           "A B C",
		"first_call_close_rate/facts?":                      "C",
		"cost_per_call/facts?":                              "k",
		"outbound_abandonment_rate/facts?":                  "",
		"outbound_abandonment_rate/facts?part=denominator&": "C1 B2 A3 A5",
		"first_call_close_rate/facts?part=denominator&":     "C B A",
		"outbound_abandonment_rate/facts?part=numerator&":   "",
		"revenue/facts?":                                    "C1 A5",
	} {
		if got := refs(path); !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%s: %v, want %s", path, got, want)
		}
	}
	const at = "/v1/campaigns/spring/kpis/"
	const w = "?from=2026-11-01&to=2026-12-01"
	h.get(at+"cost_per_call/facts"+w).want("facts.0.kind", `"cost"`, "facts.0.amount_in_window", `"100.00"`)
	h.get(at+"hit_rate/facts"+w+"&limit=1").want("facts.0.kind", `"attempt"`, "facts.0.lead", `"C"`, "facts.0.at", `"2026-11-02T09:00:00.000Z"`)
	h.get(at+"luck/facts"+w).problem(404, "not_found", "kpi")
	h.get(at+"dials/facts"+w+"&part=denominator").problem(422, "no_such_part", "part")
	h.get(at+"talk_time_p50/facts"+w).problem(422, "no_such_part", "part")
	h.get(at+"dials/facts"+w+"&part=both").problem(422, "invalid_choice", "part")
	h.get(at+"calls_per_agent/facts"+w+"&part=denominator").problem(422, "no_such_part", "part")
	h.get(at+"dials/facts"+w+"&limit=0").problem(422, "invalid_number", "limit")
	h.get(at+"dials/facts"+w+"&cursor=x").problem(422, "invalid_cursor", "cursor")
}

// TestPooled pools campaigns of two zones and two currencies.
func TestPooled(t *testing.T) {
	h := newSpring(t)
	put := func(ref, zone, currency string) {
		h.do("PUT", "/v1/campaigns/"+ref, `{"name":"x","time_zone":"`+zone+`","currency":"`+currency+`","dial_mode":"predictive","dispositions":[{"code":"SALE","category":"sale"}]}`).expect(201)
	}
	put("east", "Asia/Kathmandu", "EUR")
	put("west", "America/New_York", "EUR")
	put("yen", "Asia/Tokyo", "JPY")
	call := func(ref, n, lead, agent, at, more string) {
		h.do("POST", "/v1/campaigns/"+ref+"/attempts", `{"ref":"`+n+`","lead":"`+lead+`","agent":"`+agent+`","started_at":"`+at+`","result":"answered"`+more+`}`).expect(200)
	}
	// Each at 01:30 of the same local day, one agent on both.
	call("east", "1", "l", "ann", "2026-11-02T01:30:00+05:45", `,"disposition":"SALE","amount":"10.00","answered_at":"2026-11-02T01:30:04+05:45"`)
	call("west", "1", "l", "ann", "2026-11-02T01:30:00-05:00", `,"answered_at":"2026-11-02T01:30:09.1-05:00"`)
	call("west", "2", "l", "bob", "2026-11-03T01:30:00-05:00", `,"disposition":"SALE","amount":"5.50"`)
	const ask = "/v1/kpis/report?from=2026-11-02&to=2026-11-03"
	h.get(ask+"&campaigns=east,west&kpi=dials,leads_dialed,calls_per_agent,revenue&group_by=day").expect(200).want(
		"kpis.0.numerator", "2", "kpis.1.numerator", "2", "kpis.2.numerator", "2", "kpis.2.denominator", "1", "kpis.3.value", `"10.00"`,
		"groups.0.key", `{"day":"2026-11-02"}`, "groups.0.kpis.0.numerator", "2", "time_zone", "null")
	h.get("/v1/kpis/report?from=2026-11-01&to=2026-11-05&campaigns=*&kpi=dials,hit_rate&group_by=campaign").expect(200).want(
		"kpis.0.numerator", "3", "kpis.1.numerator", "2", "groups.0.key", `{"campaign":"east"}`, "groups.1.key", `{"campaign":"west"}`, "groups.1.kpis.0.numerator", "2")
	h.get("/v1/kpis/report?from=2026-11-01&to=2026-11-05&campaigns=east,west&kpi=dials,calls_per_agent&group_by=agent").expect(200).want(
		"groups.0.key", `{"agent":"ann"}`, "groups.0.kpis.0.numerator", "2", "groups.0.kpis.1.denominator", "1", "groups.1.key", `{"agent":"bob"}`)
	h.get("/v1/kpis/report?from=2026-11-01&to=2026-11-05&campaigns=east,west&kpi=dials&group_by=hour").expect(200).want(
		"groups.0.key", `{"hour":"2026-11-01T19:15:00Z"}`, "groups.1.key", `{"hour":"2026-11-02T06:00:00Z"}`)
	h.get("/v1/kpis/report?from=2026-11-01&to=2026-11-05&campaigns=east,west&kpi=ring_time_p50,ring_time_p90&group_by=list").expect(200).want(
		"kpis.0.value", "4", "kpis.0.numerator", "null", "kpis.0.denominator", "2", "kpis.0.no_data", "1", "kpis.1.value", "10",
		"groups.0.key", `{"list":null}`, "groups.0.kpis.1.value", "10", "groups.0.kpis.1.no_data", "1")
	h.get("/v1/kpis/report?from=2026-11-01&to=2026-11-05&campaigns=east,west&kpi=ring_time_p50&group_by=agent").problem(422, "grouping_not_served", "group_by")
	h.get(ask+"&campaigns=east,yen&kpi=revenue").problem(422, "several_currencies", "kpi")
	h.get(ask+"&campaigns=east,nobody").problem(422, "unknown_campaign", "campaigns")
	h.get(ask).problem(422, "missing_parameter", "campaigns")
	if a := h.get(ask + "&campaigns=*").expect(200); strings.Contains(string(a.body), `"revenue"`) {
		t.Errorf("money of two currencies is pooled: %s", a.body)
	}
}

// TestNoData: a duration says how many calls lack what it needs, in JSON, in rows and on
// pages, until somebody tells it.
func TestNoData(t *testing.T) {
	h := newSpring(t)
	call := func(ref, more string) {
		h.do("POST", "/v1/campaigns/spring/attempts", `{"ref":"`+ref+`","lead":"`+ref+`","agent":"ann","started_at":"2026-11-02T09:00:00Z","result":"answered","answered_by":"human","connected_at":"2026-11-02T09:00:05Z"`+more+`}`).expect(200)
	}
	call("1", `,"ended_at":"2026-11-02T09:01:05Z","wrap_s":0`)
	call("2", `,"ended_at":"2026-11-02T09:01:05Z","wrap_s":null`)
	call("3", `,"ended_at":"2026-11-02T09:01:05Z"`)
	call("4", ``)
	const ask = "/v1/campaigns/spring/kpis?from=2026-11-02&to=2026-11-03&kpi=dials,ring_time,talk_time,outbound_aht,outbound_aht_p90"
	h.get(ask+"&group_by=list").expect(200).want("kpis.1.no_data", "0", "kpis.2.no_data", "1", "kpis.3.value", "60", "kpis.3.denominator", "3", "kpis.3.no_data", "3", "kpis.4.no_data", "3",
		"groups.0.kpis.2.no_data", "1", "groups.0.kpis.3.no_data", "3", "groups.0.kpis.4.no_data", "3")
	rows, err := csv.NewReader(bytes.NewReader(h.get(ask + "&format=csv").expect(200).body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range map[int]string{0: "no_data", 1: "", 4: "3"} {
		if got := rows[i][slices.Index(rows[0], "no_data")]; got != want {
			t.Errorf("no_data is %q in %q, want %q", got, rows[i], want)
		}
	}
	h.page("/campaigns/spring/by/agent?from=2026-11-02&to=2026-11-03").shows("1 min 0 s 3 min 0 s / 3 no data of 1")
	h.page("/campaigns/spring/calls?from=2026-11-02&to=2026-11-03&kpi=outbound_aht").shows("= 3 min 0 s / 3, no data of 3")
	h.do("POST", "/v1/campaigns/spring/outcomes", `[{"attempt":"2","wrap_s":30},{"attempt":"3","wrap_s":0},{"attempt":"4","wrap_s":5}]`).expect(200)
	h.get(ask).expect(200).want("kpis.3.numerator", "210", "kpis.3.no_data", "1")
}
