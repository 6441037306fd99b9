package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ringside/funnel"
)

// measure posts values of a name, of spring, on days of November.
func (h *house) measure(name string, values map[int]string) {
	h.Helper()
	var items []string
	for day, value := range values {
		items = append(items, fmt.Sprintf(`{"ref":"%s-%d","name":"%s","at":"2026-11-%02dT12:00:00Z","value":%s,"campaign":"spring"}`, name, day, name, day, value))
	}
	h.do("POST", "/v1/measures", "["+strings.Join(items, ",")+"]").expect(200)
}

// TestMeasures: values are merged by version, exact, and refused one by one.
func TestMeasures(t *testing.T) {
	h := newSpring(t)
	one := `{"ref":"m-1","name":"spend","at":"2026-11-02T09:00:00Z","value":"0.1","campaign":"spring","updated_at":"2026-11-02T10:00:00Z"}`
	h.do("POST", "/v1/measures", one).expect(200).want("created", "1")
	h.do("POST", "/v1/measures", one).expect(200).want("unchanged", "1")
	h.do("POST", "/v1/measures", strings.Replace(strings.Replace(one, `"0.1"`, "9", 1), "10:00", "09:30", 1)).expect(200).want("unchanged", "1")
	h.measure("spend", map[int]string{3: "0.2", 4: "-1000000000000", 5: "999999999999.999999", 6: "0.000001"})
	h.do("PUT", "/v1/kpis/spend_total", `{"name":"Spend","formula":"spend","unit":"count","direction":"neutral"}`).expect(201).want("clock", `"measure"`)
	// 0.1 + 0.2 − 10¹² + 999,999,999,999.999999 + 0.000001, of which the last two make up for the third.
	h.get("/v1/campaigns/spring/kpis"+thatMonth+"&kpi=spend_total").expect(200).want("kpis.0.value", "0.3", "kpis.0.numerator", "3", "kpis.0.denominator", "10", "kpis.0.values", "5")
	h.get("/v1/campaigns/spring/kpis"+thatMonth+"&kpi=spend_total&group_by=day").expect(200).
		want("groups.0.key.day", `"2026-11-02"`, "groups.0.kpis.0.value", "0.1", "groups.1.kpis.0.value", "0.2", "groups.5", "null")
	h.do("POST", "/v1/measures", `{"ref":"m-1","name":"spend","at":"2026-11-02T09:00:00Z","value":1,"campaign":"spring","void":true}`).expect(200)
	h.get("/v1/campaigns/spring/kpis"+thatMonth+"&kpi=spend_total").expect(200).want("kpis.0.value", "0.2", "kpis.0.values", "4")
	h.get("/v1/measures").expect(200).want("measures.0.name", `"spend"`, "measures.1", "null")

	for item, field := range map[string]string{
		`{"ref":"x","name":"a b","at":"2026-11-02T09:00:00Z","value":1,"campaign":"spring"}`:               "name",
		`{"ref":"x","name":"a_values","at":"2026-11-02T09:00:00Z","value":1,"campaign":"spring"}`:          "name",
		`{"ref":"x","name":"not","at":"2026-11-02T09:00:00Z","value":1,"campaign":"spring"}`:               "name",
		`{"ref":"x","name":"dials","at":"2026-11-02T09:00:00Z","value":1,"campaign":"spring"}`:             "name",
		`{"ref":"x","name":"sales_numerator","at":"2026-11-02T09:00:00Z","value":1,"campaign":"spring"}`:   "name",
		`{"ref":"x","name":"a","at":"2026-11-02T09:00:00Z","value":0.0000001,"campaign":"spring"}`:         "value",
		`{"ref":"x","name":"a","at":"2026-11-02T09:00:00Z","value":"1000000000000.1","campaign":"spring"}`: "value",
		`{"ref":"x","name":"a","at":"2026-11-02T09:00:00Z","value":true,"campaign":"spring"}`:              "value",
		`{"ref":"x","name":"a","at":"2026-11-02T09:00:00Z","value":null,"campaign":"spring"}`:              "value",
		`{"ref":"x","name":"a","at":"2026-11-02T09:00:00Z","campaign":"spring"}`:                           "value",
		`{"ref":"x","name":"a","at":"yesterday","value":1,"campaign":"spring"}`:                            "at",
		`{"ref":"x","name":"a","at":"2026-11-02T09:00:00Z","value":1,"campaign":"none"}`:                   "campaign",
		`{"ref":"x","name":"a","at":"2026-11-02T09:00:00Z","value":1,"campaign":"spring","queue":"q"}`:     "queue",
		`{"ref":"x","name":"a","at":"2026-11-02T09:00:00Z","value":1,"campaign":"spring","unit":"EUR"}`:    "unit",
	} {
		h.do("POST", "/v1/measures", item).expect(422).want("rejected.0.field", `"`+field+`"`)
	}
}

// TestServiceScope: what is of no campaign shows by the days of any zone, to keys that are
// bound to nothing.
func TestServiceScope(t *testing.T) {
	h := newSpring(t)
	h.get("/v1/service/kpis"+thatMonth).expect(200).want("scope", `"service"`, "kpis.0.value", "0")
	h.do("POST", "/v1/measures", `[{"ref":"a-1","name":"assets","at":"2026-11-02T23:00:00Z","value":300},
		{"ref":"d-1","name":"debts","at":"2026-11-02T23:30:00Z","value":200,"campaign":null}]`).expect(200).want("created", "2")
	h.do("PUT", "/v1/kpis/liquidity_index", `{"name":"Liquidity index","formula":"assets / debts","unit":"ratio","direction":"higher_is_better"}`).expect(201)
	h.get("/v1/service/kpis"+thatMonth+"&kpi=liquidity_index&group_by=day").expect(200).want("kpis.0.value", "1.5", "kpis.0.numerator", "300", "kpis.0.denominator", "200", "groups.0.key.day", `"2026-11-02"`)
	h.get("/v1/service/kpis"+thatMonth+"&kpi=liquidity_index&group_by=day&time_zone=Asia/Kathmandu").expect(200).want("kpis.0.value", "1.5", "groups.0.key.day", `"2026-11-03"`, "time_zone", `"Asia/Kathmandu"`)
	h.get("/v1/service/kpis"+thatMonth+"&time_zone=Moon").problem(422, "invalid_zone", "time_zone")
	h.get("/v1/service/kpis"+thatMonth+"&kpi=dials").problem(422, "unknown_kpi", "kpi")
	h.get("/v1/queues").expect(200).want("queues.0", "null")
	h.get("/v1/campaigns").expect(200).want("campaigns.0.ref", `"spring"`, "campaigns.1", "null")
	h.get("/v1/campaigns/service%2Fall").problem(404, "not_found", "campaign")
	h.get("/v1/service/export/measures").expect(200)
}

// TestOwnKPIs: a formula reads KPIs and measures, shows wherever KPIs do, and is refused by
// name.
func TestOwnKPIs(t *testing.T) {
	h := newSpring(t)
	h.do("POST", "/v1/campaigns/spring/attempts", `[{"ref":"c-1","lead":"l-1","started_at":"2026-11-02T09:00:00Z","result":"answered","answered_by":"human","connected_at":"2026-11-02T09:00:02Z","ended_at":"2026-11-02T09:02:02Z","ended_by":"agent","disposition":"SALE","amount":"120.50","agent":"ann"},
		{"ref":"c-2","lead":"l-2","started_at":"2026-11-03T09:00:00Z","result":"no_answer","agent":"bob"}]`).expect(200)
	h.measure("ad_spend", map[int]string{2: "20.25", 3: "10"})
	put := func(id, formula, unit string) *answer {
		return h.do("PUT", "/v1/kpis/"+id, fmt.Sprintf(`{"name":"%s","formula":"%s","unit":"%s","direction":"higher_is_better"}`, id, formula, unit))
	}
	put("margin_share", "(revenue - ad_spend) / revenue", "proportion").expect(201).want("custom", "true", "clock", `"several"`)
	put("hits_of_dials", "hit_rate_numerator / hit_rate_denominator", "proportion").expect(201)
	put("talk_hours", "talk_time_numerator / 3600", "count").expect(201)
	put("left_over", "revenue - ad_spend", "money").expect(201)
	put("double", "2 * left_over", "money").expect(201)
	put("spends", "ad_spend_values", "count").expect(201)
	report := "/v1/campaigns/spring/kpis" + thatMonth + "&kpi="
	h.get(report+"margin_share,hits_of_dials,talk_hours,left_over,double,spends").expect(200).want(
		"kpis.0.value", "0.7489626556016598", "kpis.0.numerator", "361", "kpis.0.denominator", "482", "kpis.0.unit", `"proportion"`, "kpis.0.values", "2",
		"kpis.1.value", "0.5", "kpis.1.numerator", "1", "kpis.1.denominator", "2",
		"kpis.2.value", "0.03333333333333333",
		"kpis.3.value", `"90.2500"`, "kpis.3.unit", `"EUR"`, "kpis.4.value", `"180.5000"`, "kpis.5.value", "2")
	h.get(report+"hits_of_dials&group_by=agent").expect(200).want("groups.0.key.agent", `"ann"`, "groups.0.kpis.0.value", "1", "groups.1.kpis.0.value", "0")
	h.get(report+"margin_share&group_by=day").expect(200).want("groups.1.kpis.0.value", "null", "groups.1.kpis.0.numerator", "null")
	h.get(report+"margin_share&group_by=agent").problem(422, "grouping_not_served", "group_by")
	h.get("/v1/kpis/report"+thatMonth+"&campaigns=*&kpi=left_over&group_by=campaign").expect(200).want("kpis.0.value", `"90.2500"`, "groups.0.kpis.0.value", `"90.2500"`)
	if csv := h.get(report + "hits_of_dials&format=csv").expect(200).body; !strings.Contains(string(csv), "hits_of_dials,0.5,1,2,proportion") {
		t.Errorf("the table is %s", csv)
	}
	h.get("/v1/kpis/margin_share").expect(200).want("definition_version", "1", "formula", `"(revenue - ad_spend) / revenue"`)
	h.page("/glossary").shows("KPIs of your own", "(revenue - ad_spend) / revenue")
	put("margin_share", "1 - ad_spend / revenue", "proportion").expect(200).want("definition_version", "2")
	if all := h.get("/v1/kpis").expect(200).body; !strings.Contains(string(all), `"id":"margin_share"`) {
		t.Error("the catalogue lacks a KPI of one's own")
	}
	if all := h.get("/v1/campaigns/spring/kpis" + thatMonth).expect(200).body; !strings.Contains(string(all), `"id":"margin_share"`) {
		t.Error("a report of all lacks a KPI of one's own")
	}

	for _, wrong := range []struct{ id, formula, unit, code, field string }{
		{"x", "nothing / dials", "ratio", "unknown_name", "formula"},
		{"x", "dials / 0", "ratio", "invalid_formula", "formula"},
		{"x", "1 + 1", "ratio", "invalid_formula", "formula"},
		{"x", "dials +", "ratio", "invalid_formula", "formula"},
		{"x", "talk_time_p90_numerator", "s", "invalid_formula", "formula"},
		{"x", "dials_denominator", "s", "invalid_formula", "formula"},
		{"x", "dials + offered", "count", "invalid_formula", "formula"},
		{"left_over", "double - ad_spend", "money", "invalid_formula", "formula"},
		{"x", "x + 1", "count", "unknown_name", "formula"},
		{"x", "dials", "furlongs", "invalid_unit", "unit"},
		{"x", "revenue", "EUR", "invalid_unit", "unit"},
		{"dials", "ad_spend", "count", "taken", "id"},
		{"report", "ad_spend", "count", "taken", "id"},
		{"1x", "ad_spend", "count", "invalid_name", "id"},
	} {
		put(wrong.id, wrong.formula, wrong.unit).problem(422, wrong.code, wrong.field)
	}
	h.do("PUT", "/v1/kpis/x", `{"name":"x","formula":"dials","unit":"count","direction":"up"}`).problem(422, "invalid_choice", "direction")
	h.do("PUT", "/v1/kpis/x", `{"formula":"dials","unit":"count","direction":"neutral"}`).problem(422, "missing_field", "name")
	h.do("DELETE", "/v1/kpis/left_over", "").problem(409, "in_use", "kpi")
	h.do("DELETE", "/v1/kpis/double", "").expect(204)
	h.do("DELETE", "/v1/kpis/left_over", "").expect(204)
	h.do("DELETE", "/v1/kpis/left_over", "").problem(404, "not_found", "kpi")
	h.get(report+"left_over").problem(422, "unknown_kpi", "kpi")
}

// TestOwnKPIsAsOf: figures as of then are made of the measures known then.
func TestOwnKPIsAsOf(t *testing.T) {
	h := newSpring(t)
	h.measure("leads_bought", map[int]string{2: "5"})
	h.do("PUT", "/v1/kpis/bought", `{"name":"Bought","formula":"leads_bought","unit":"count","direction":"neutral"}`).expect(201)
	h.ahead.Add(int64(time.Hour))
	h.measure("leads_bought", map[int]string{2: "7", 3: "1"})
	report := "/v1/campaigns/spring/kpis" + thatMonth + "&kpi=bought"
	h.get(report).expect(200).want("kpis.0.value", "8")
	h.get(report+"&as_of=2026-11-20T12:30:00Z").expect(200).want("kpis.0.value", "5", "source", `"replay"`)
}

// TestExampleKPIs: all that are shipped can be put once their measures are there.
func TestExampleKPIs(t *testing.T) {
	h := newSpring(t)
	for _, name := range []string{"mql", "previous_revenue", "defects", "inspected", "current_assets", "current_liabilities", "aware", "asked"} {
		h.measure(name, map[int]string{2: "4"})
	}
	for _, d := range funnel.ExampleKPIs {
		h.do("PUT", "/v1/kpis/"+d.ID, fmt.Sprintf(`{"name":"%s","formula":"%s","unit":"%s","direction":"%s"}`, d.Name, d.Formula, d.Unit, d.Direction)).expect(201)
	}
	h.get("/v1/campaigns/spring/kpis"+thatMonth+"&kpi=mql,monthly_sales_growth,profit_margin,brand_awareness").expect(200).
		want("kpis.0.value", "4", "kpis.1.value", "-1", "kpis.2.value", "null", "kpis.3.value", "1", "kpis.3.low", "0.5101091635454027")
}
