package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestTargetsBesideGroups: groups by time have what of a target falls to them, a campaign's
// group has its own targets, a pooled whole those of each campaign; agents have none.
func TestTargetsBesideGroups(t *testing.T) {
	h := newSpring(t)
	h.do("PUT", "/v1/campaigns/autumn", spring).expect(201)
	h.dialDaily(10, 19, 10)
	h.target("more", "dials", ">=", "300").expect(201)
	h.target("rate", "answer_rate", ">=", "0.2").expect(201)
	h.target("short", "dials", ">=", "70", "2026-11-15").expect(201)
	h.do("PUT", "/v1/targets/there", `{"kpi":"dials","campaign":"autumn","comparator":"<=","value":5,"from":"2026-11-01","to":"2026-12-01"}`).expect(201)

	byDay := "/v1/campaigns/spring/kpis?from=2026-11-10&to=2026-11-22&kpi=dials,answer_rate&group_by=day"
	a := h.get(byDay).expect(200)
	a.want("kpis.0.targets.0.ref", `"more"`, "kpis.0.targets.1.ref", `"short"`, "kpis.1.targets.0.ref", `"rate"`,
		"groups.0.key.day", `"2026-11-10"`, "groups.0.kpis.0.targets.0.ref", `"more"`, "groups.0.kpis.0.targets.0.value", "300", "groups.0.kpis.0.targets.1.ref", `"short"`,
		"groups.0.kpis.1.targets.0.expected", "0.2", "groups.0.kpis.1.targets.0.attainment", "0", "groups.0.kpis.0.targets.0.state", "null",
		// Behind the end of `short` there is nothing of it.
		"groups.5.key.day", `"2026-11-15"`, "groups.5.kpis.0.targets.0.ref", `"more"`, "groups.5.kpis.0.targets.1", "null")
	h.get("/v1/campaigns/spring/kpis?from=2026-11-10&to=2026-11-22&kpi=dials&group_by=agent").expect(200).
		want("kpis.0.targets.0.ref", `"more"`, "groups.0.kpis.0.targets", "null")
	h.get("/v1/campaigns/spring/kpis?from=2026-11-10&to=2026-11-22&kpi=dials&group_by=day,agent").expect(200).want("groups.0.kpis.0.targets", "null")
	h.get("/v1/campaigns/spring/kpis?from=2026-11-10&to=2026-11-22&kpi=dials&group_by=hour_of_week").expect(200).want("groups.0.kpis.0.targets", "null")

	// Amounts in another currency are not what a target is about.
	h.target("earn", "revenue", ">=", "300").expect(201)
	h.do("PUT", "/v1/exchange-rates", `{"rates":[{"base":"EUR","quote":"USD","from":"2026-01-01","rate":"2"}]}`).expect(200)
	for _, ask := range []string{"/v1/campaigns/spring/kpis?from=2026-11-10&to=2026-11-22&kpi=revenue,dials&group_by=day", "/v1/kpis/report?campaigns=spring&from=2026-11-10&to=2026-11-22&kpi=revenue,dials&group_by=campaign"} {
		h.get(ask).expect(200).want("kpis.0.targets.0.ref", `"earn"`, "groups.0.kpis.0.targets.0.ref", `"earn"`)
		h.get(ask+"&currency=USD").expect(200).want("kpis.0.unit", `"USD"`, "kpis.0.targets", "null", "kpis.1.targets.0.ref", `"more"`, "groups.0.kpis.0.targets", "null")
	}
	pooled := "/v1/kpis/report?campaigns=*&from=2026-11-01&to=2026-12-01&kpi=dials"
	h.get(pooled).expect(200).want("kpis.0.targets.0.ref", `"more"`, "kpis.0.targets.0.campaign", `"spring"`, "kpis.0.targets.2.ref", `"there"`, "kpis.0.targets.2.campaign", `"autumn"`)
	h.get(pooled+"&group_by=campaign").expect(200).want("groups.0.key.campaign", `"spring"`, "groups.0.kpis.0.targets.0.ref", `"more"`, "groups.0.kpis.0.targets.0.state", `"behind"`, "groups.0.kpis.0.targets.2", "null")
	h.get(pooled+"&group_by=campaign,day").expect(200).want("groups.0.kpis.0.targets.0.ref", `"more"`, "groups.0.kpis.0.targets.0.campaign", `"spring"`)
	h.get(pooled+"&group_by=day").expect(200).want("groups.0.kpis.0.targets", "null")
}

// TestTargetSharesAddUp: what of a total falls to the days of its time adds up to it.
func TestTargetSharesAddUp(t *testing.T) {
	h := newSpring(t)
	h.dialDaily(1, 20, 3)
	h.target("all", "dials", ">=", "600", "2026-11-21").expect(201)
	for _, by := range []string{"hour", "day", "week", "month"} {
		var sum float64
		for _, g := range list(h.get("/v1/campaigns/spring/kpis?from=2026-11-01&to=2026-11-21&kpi=dials&group_by=" + by).expect(200).body) {
			sum += g
		}
		if sum < 599.999 || sum > 600.001 {
			t.Errorf("by %s the shares add up to %v", by, sum)
		}
	}
}

// list are the expected parts of the first target of each group.
func list(body []byte) (parts []float64) {
	for _, piece := range strings.Split(string(body), `"expected":`)[1:] {
		var v float64
		if _, err := fmt.Sscan(strings.FieldsFunc(piece, func(r rune) bool { return r == ',' || r == '}' })[0], &v); err == nil {
			parts = append(parts, v)
		}
	}
	return parts[1:] // the first is that of the whole
}

// TestTargetsBesideQueues: reports of all service have its own targets, and by queue each
// queue's.
func TestTargetsBesideQueues(t *testing.T) {
	h := newQueue(t)
	h.do("POST", calls, `{"ref":"in-1","offered_at":"2026-11-02T09:00:00Z","answered_at":"2026-11-02T09:00:30Z"}`).expect(200)
	h.do("PUT", "/v1/targets/fast", `{"kpi":"service_level","queue":"support","comparator":">=","value":0.8,"from":"2026-11-01","to":"2026-12-01"}`).expect(201)
	h.do("PUT", "/v1/targets/all", `{"kpi":"offered","comparator":">=","value":8,"from":"2026-11-01","to":"2026-12-01"}`).expect(201)
	h.get("/v1/service/kpis"+thatMonth+"&kpi=offered,service_level").expect(200).
		want("kpis.0.targets.0.ref", `"all"`, "kpis.0.targets.0.figure.value", "1", "kpis.1.targets", "null")
	h.get("/v1/service/kpis"+thatMonth+"&kpi=offered,service_level&group_by=queue").expect(200).
		want("groups.0.key.queue", `"support"`, "groups.0.kpis.0.targets", "null")
	h.get("/v1/service/kpis"+thatMonth+"&kpi=offered&group_by=day").expect(200).want("groups.0.kpis.0.targets.0.ref", `"all"`)
	h.do("PUT", "/v1/targets/few", `{"kpi":"offered","queue":"support","comparator":"<=","value":9,"from":"2026-11-01","to":"2026-12-01"}`).expect(201)
	h.get("/v1/service/kpis"+thatMonth+"&kpi=offered&group_by=queue").expect(200).
		want("kpis.0.targets.0.ref", `"all"`, "kpis.0.targets.1", "null", "groups.0.kpis.0.targets.0.ref", `"few"`, "groups.0.kpis.0.targets.0.state", `"on_pace"`)
}

// TestTargetsAsOf: a report as of the past has the targets that were set then, as they
// stood then.
func TestTargetsAsOf(t *testing.T) {
	h := newSpring(t)
	h.dialDaily(10, 19, 10)
	h.target("fewer", "dials", "<=", "105").expect(201).want("state", `"behind"`)
	h.ahead.Add(int64(time.Hour)) // 13:00 on the 20th
	h.dialDaily(20, 20, 9)
	h.get("/v1/targets/fewer").expect(200).want("state", `"breached"`, "figure.value", "109")
	h.ahead.Add(int64(time.Hour))
	h.target("fewer", "dials", "<=", "500").expect(200).want("state", `"on_pace"`)
	h.target("later", "dials", "<=", "5").expect(201)
	h.ahead.Add(int64(time.Hour))
	h.do("DELETE", "/v1/targets/fewer", "").expect(204)

	report := november + "&kpi=dials&as_of="
	h.get(report+"2026-11-20T11:00:00Z").expect(200).want("kpis.0.targets", "null")
	h.get(report+"2026-11-20T12:30:00Z").expect(200).want("kpis.0.targets.0.ref", `"fewer"`, "kpis.0.targets.0.state", `"behind"`, "kpis.0.targets.0.figure.value", "100",
		"kpis.0.targets.0.expected_by_calendar", "68.32291666666667", "kpis.0.targets.0.expected_by_hours", "71.25", "kpis.0.targets.1", "null")
	h.get(report+"2026-11-20T13:30:00Z").expect(200).want("kpis.0.targets.0.state", `"breached"`, "kpis.0.targets.0.value", "105", "kpis.0.targets.0.figure.value", "109")
	h.get(report+"2026-11-20T14:30:00Z").expect(200).want("kpis.0.targets.0.state", `"on_pace"`, "kpis.0.targets.0.value", "500", "kpis.0.targets.1.ref", `"later"`)
	h.get(november+"&kpi=dials").expect(200).want("kpis.0.targets.0.ref", `"later"`, "kpis.0.targets.1", "null")
	h.get("/v1/kpis/report?campaigns=*&from=2026-11-01&to=2026-12-01&kpi=dials&group_by=day&as_of=2026-11-20T12:30:00Z").expect(200).want("kpis.0.targets.0.ref", `"fewer"`, "kpis.0.targets.1", "null")
}

// TestTargetsInTables: the target beside a figure has columns of its own, and a list of
// targets has a row each.
func TestTargetsInTables(t *testing.T) {
	h := newSpring(t)
	h.dialDaily(10, 19, 10)
	h.target("fewer", "dials", "<=", "99").expect(201)
	h.target("earlier", "dials", ">=", "50", "2026-11-15").expect(201)
	h.target("spent", "operating_cost", "<=", "100.50").expect(201)
	table := string(h.get(november + "&kpi=dials,answer_rate&format=csv").expect(200).body)
	for _, row := range []string{",id,value,numerator,denominator,unit,low,high,mature,definition_version,no_data,target,target_comparator,target_value,target_state,attainment,expected,forecast,forecast_low,forecast_high,targets\r\n",
		",dials,100,100,,count,,,false,1,,earlier,>=,50,met,1,50,50,50,50,2\r\n", ",answer_rate,0,0,100,proportion,0,0.03699349820698567,false,1,,,,,,,,,,,\r\n"} {
		if !strings.Contains(table, row) {
			t.Errorf("%q is not in\n%s", row, table)
		}
	}
	if table := string(h.get(november + "&kpi=dials&format=csv&group_by=day").expect(200).body); !strings.Contains(table, "fewer,<=,99,,") && !strings.Contains(table, "earlier,>=,50,,") {
		t.Errorf("by day the targets are not in\n%s", table)
	}
	rows := string(h.get(november + "&kpi=dials&format=ndjson").expect(200).body)
	if !strings.Contains(rows, `"targets":[{"ref":"earlier"`) || !strings.Contains(rows, `{"ref":"fewer"`) {
		t.Errorf("a row without its targets: %s", rows)
	}
	all := string(h.get("/v1/targets?format=csv").expect(200).body)
	for _, row := range []string{"campaign,queue,scope,from,to,stage,id,value,", "\nspring,,,2026-11-01T00:00:00Z,2026-12-01T00:00:00Z,,dials,100,100,,count,,,false,1,,fewer,<=,99,breached,1.0101010101010102,66,150,111.0594642569185,188.9405357430815\n",
		",operating_cost,0.00,0.00,,EUR,,,false,1,,spent,<=,100.50,"} {
		if !strings.Contains(strings.ReplaceAll(all, "\r", ""), row) {
			t.Errorf("%q is not in\n%s", row, all)
		}
	}
	if breached := string(h.get("/v1/targets?format=csv&state=breached").expect(200).body); strings.Count(breached, "\n") != 2 {
		t.Errorf("the breached are\n%s", breached)
	}
	h.get("/v1/targets?format=xlsx").expect(200)
	h.get("/v1/targets/spent").expect(200).want("expected_by_calendar", `"65.3250"`, "value", `"100.50"`)
	h.get("/v1/targets?format=pdf").problem(422, "invalid_choice", "format")
}
