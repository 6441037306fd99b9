package api_test

import (
	"testing"

	"ringside/campaign"
)

// TestOwnKPIsOnPages: a campaign's page lists KPIs of one's own, each leading to its
// definition and to what lies behind all that it reads, as far as one may see that.
func TestOwnKPIsOnPages(t *testing.T) {
	h := newSpring(t)
	h.dialDaily(10, 12, 2)
	page := "/campaigns/spring?from=2026-11-01&to=2026-12-01"
	h.page(page).lacks("KPIs of your own")
	h.measure("ad_spend", map[int]string{2: "20.25", 3: "10"})
	h.do("PUT", "/v1/kpis/spend_per_dial", `{"name":"Spend per dial","formula":"ad_spend / dials","unit":"ratio","direction":"lower_is_better"}`).expect(201)
	h.do("PUT", "/v1/kpis/calls_offered", `{"name":"Of queues","formula":"offered","unit":"count","direction":"neutral"}`).expect(201)
	h.page(page).shows("KPIs of your own", "Spend per dial 5.04 * 121 / 24 ad_spend / dials ad_spend , dials").lacks("Of queues").links(h)
	h.page("/glossary").holds(`id="spend_per_dial"`)
	behind := "/campaigns/spring/calls?from=2026-11-01&to=2026-12-01&kpi=spend_per_dial&part="
	h.page(behind+"ad_spend").shows("The values behind a figure", "ad_spend of Spend per dial: 5.04", "2 values", "ad_spend-2", "20.25").links(h)
	h.page(behind+"dials").shows("The calls behind a figure", "6 calls", "c-10-0")
	if csv := h.get("/campaigns/spring/calls.csv?from=2026-11-01&to=2026-12-01&kpi=spend_per_dial&part=ad_spend").expect(200).body; string(csv[:4]) != "kind" {
		t.Errorf("the values are %s", csv)
	}
	viewer := h.do("GET", page, nil, "Accept", "text/html", "Authorization", "Bearer "+h.newKey(campaign.RoleViewer)).expect(200)
	viewer.shows("Spend per dial").lacks("kpi=spend_per_dial")
}
