package api_test

import "testing"

// TestTargetsOnPages: missed targets stand first on the overview, all of a campaign's on
// its page, beside the figures they are about.
func TestTargetsOnPages(t *testing.T) {
	h := newSpring(t)
	h.dialDaily(10, 19, 10)
	h.page("/").lacks("data-target")
	h.target("few", "dials", "<=", "99").expect(201)
	h.target("often", "calls_per_lead", "<=", "2").expect(201)
	h.target("more", "dials", ">=", "300").expect(201)
	h.page("/").shows("1 target is missed", "Spring", "Dials", "missed", "target ≤ 99, 1 Nov 2026 to 30 Nov 2026: 100 now").lacks(`data-target="often"`, `data-target="more"`)
	h.page("/campaigns/spring").shows("on pace target ≤ 2.00, 1 Nov 2026 to 30 Nov 2026: 1.00 now", "behind target ≥ 300", "100 now, 200 expected by now heading for 150 (1")
	h.target("spent", "operating_cost", "<=", "10").expect(201)
	h.target("quiet", "compliance_abandonment_rate", "<=", "0.02").expect(201)
	h.do("PUT", "/v1/kpis/half", `{"name":"Half of dials","formula":"dials / 2","unit":"count","direction":"neutral"}`).expect(201)
	h.target("halves", "half", ">=", "60").expect(201)
	h.page("/").holds(`data-aim="often"`, `title="target ≤ 2.00, 1 Nov 2026 to 30 Nov 2026: 1.00 now"`).holds(`data-aim="few"`)
	h.page("/wallboard").holds(`data-aim="few"`, `data-aim="more"`).shows("missed ≤ 99", "behind ≥ 300")
	h.page("/finance").holds(`data-aim="spent"`)
	h.page("/campaigns/spring/compliance").holds(`data-target="quiet"`)
	h.page("/campaigns/spring/calls?kpi=dials").holds(`data-target="few"`, `data-target="more"`).lacks(`data-target="often"`)
	h.do("POST", "/v1/costs", `{"ref":"w","campaign":"spring","category":"labour","amount":"30.00","currency":"EUR","from":"2026-11-01T00:00:00Z","to":"2026-12-01T00:00:00Z"}`).expect(200)
	h.target("cheap", "cost_per_call", "<=", "0.25").expect(201)
	h.page("/campaigns/spring/costs?from=2026-11-01&to=2026-12-01").holds(`data-target="cheap"`)
	h.page("/campaigns/spring?from=2026-11-01&to=2026-12-01").shows("KPIs of your own", "Half of dials 50.00 * 100 / 2 on pace ≥ 60.00").links(h)
	h.page("/campaigns/spring?from=2026-09-01&to=2026-09-02").lacks("data-target")
}
