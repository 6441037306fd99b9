package api_test

import (
	"strings"
	"testing"

	"ringside/campaign"
)

// TestBehindOwnKPIs: behind a formula stand the very calls, leads, costs and values that
// it reads, each by its name.
func TestBehindOwnKPIs(t *testing.T) {
	h := newSpring(t)
	h.do("POST", "/v1/campaigns/spring/attempts", `[{"ref":"c-1","lead":"l-1","started_at":"2026-11-02T09:00:00Z","result":"answered","answered_by":"human","connected_at":"2026-11-02T09:00:02Z","ended_at":"2026-11-02T09:02:02Z","disposition":"SALE","amount":"120.50","agent":"ann","phone":"+351910000001"},
		{"ref":"c-2","lead":"l-2","started_at":"2026-11-03T09:00:00Z","result":"no_answer","agent":"bob"}]`).expect(200)
	h.do("POST", "/v1/costs", `{"ref":"w","campaign":"spring","category":"labour","amount":"30.00","currency":"EUR","from":"2026-11-01T00:00:00Z","to":"2026-12-01T00:00:00Z"}`).expect(200)
	h.measure("ad_spend", map[int]string{2: "20.25", 3: "10"})
	h.measure("other", map[int]string{2: "1"})
	put := func(id, formula string) *answer {
		return h.do("PUT", "/v1/kpis/"+id, `{"name":"`+id+`","formula":"`+formula+`","unit":"ratio","direction":"neutral"}`)
	}
	put("per_hit", "ad_spend / hit_rate_numerator").expect(201).want("inputs.0", `"ad_spend"`, "inputs.1", `"hit_rate_numerator"`, "inputs.2", "null")
	put("twice", "2 * per_hit + margin + ad_spend_values").expect(201).want("inputs.0", `"ad_spend"`, "inputs.1", `"hit_rate_numerator"`, "inputs.2", `"revenue"`, "inputs.3", `"operating_cost"`, "inputs.4", `"lead_cost"`, "inputs.5", "null")
	put("mixed", "(revenue - ad_spend) / calls_per_lead").expect(201).want("inputs.2", `"calls_per_lead_numerator"`, "inputs.3", `"calls_per_lead_denominator"`)
	put("slow", "talk_time_p90 + 1").expect(201).want("inputs.0", `"talk_time_p90_denominator"`, "inputs.1", "null")

	behind := func(id, part string) *answer {
		return h.get("/v1/campaigns/spring/kpis/" + id + "/facts" + thatMonth + "&part=" + part)
	}
	behind("per_hit", "numerator").expect(200).want("kpi", `"per_hit"`, "part", `"numerator"`, "facts.0.kind", `"measure"`, "facts.0.ref", `"ad_spend-2"`, "facts.0.name", `"ad_spend"`, "facts.0.value", "20.25", "facts.1.value", "10", "facts.2", "null")
	behind("per_hit", "denominator").expect(200).want("facts.0.ref", `"c-1"`, "facts.0.kind", `"attempt"`, "facts.1", "null")
	behind("twice", "ad_spend").expect(200).want("facts.1.ref", `"ad_spend-3"`, "facts.2", "null")
	behind("twice", "operating_cost").expect(200).want("facts.0.kind", `"cost"`, "facts.0.ref", `"w"`)
	behind("mixed", "calls_per_lead_denominator").expect(200).want("facts.0.kind", `"lead"`, "facts.1.ref", `"l-2"`, "facts.2", "null")
	behind("mixed", "calls_per_lead_numerator&agent=bob").problem(422, "grouping_not_served", "agent") // values have no agent
	first := behind("per_hit", "ad_spend&limit=1").expect(200).want("facts.0.ref", `"ad_spend-2"`, "facts.1", "null")
	behind("per_hit", "ad_spend&limit=1&cursor="+strings.Trim(first.at("next"), `"`)).expect(200).want("facts.0.ref", `"ad_spend-3"`, "next", "null")
	behind("mixed", "numerator").problem(422, "no_such_part", "part").holds("revenue, ad_spend, calls_per_lead_numerator")
	behind("slow", "denominator").problem(422, "no_such_part", "part")
	behind("mixed", "nothing").problem(422, "invalid_choice", "part")
	behind("nothing", "numerator").problem(404, "not_found", "kpi")

	// Nobody sees through a formula what they may not see without it.
	finance := []string{"Authorization", "Bearer " + h.newKey(campaign.RoleFinance)}
	lead := []string{"Authorization", "Bearer " + h.newKey(campaign.RoleTeamLead)}
	at := "/v1/campaigns/spring/kpis/twice/facts" + thatMonth + "&part="
	h.do("GET", at+"operating_cost", nil, finance...).expect(200)
	h.do("GET", at+"hit_rate_numerator", nil, finance...).problem(403, "forbidden", "")
	h.do("GET", at+"operating_cost", nil, lead...).problem(403, "forbidden", "")
	h.do("GET", at+"ad_spend", nil, lead...).expect(200)

	h.do("POST", "/v1/measures", `{"ref":"all","name":"ad_spend","at":"2026-11-02T09:00:00Z","value":7}`).expect(200)
	h.do("PUT", "/v1/kpis/spend", `{"name":"Spend","formula":"ad_spend","unit":"count","direction":"neutral"}`).expect(201)
	h.get("/v1/service/kpis/spend/facts"+thatMonth).expect(200).want("facts.0.ref", `"all"`, "facts.0.value", "7", "facts.1", "null")
	h.get("/v1/service/kpis/per_hit/facts"+thatMonth).problem(404, "not_found", "kpi")
	h.do("PUT", "/v1/queues/empty", `{"name":"Empty","time_zone":"Europe/Lisbon"}`).expect(201)
	h.get("/v1/queues/empty/kpis/spend/facts"+thatMonth).expect(200).want("facts.0", "null", "next", "null")
}
