package api_test

import (
	"fmt"
	"testing"

	"ringside/campaign"
)

// TestBoundKeysKnowTheirMeasures: a key that is bound learns under which names values of its
// own campaigns were posted, and no other, neither from lists nor from formulas.
func TestBoundKeysKnowTheirMeasures(t *testing.T) {
	h := newSpring(t)
	h.do("PUT", "/v1/campaigns/autumn", spring).expect(201)
	h.measure("ad_spend", map[int]string{2: "20.25"})
	h.do("POST", "/v1/measures", `[{"ref":"s","name":"secret_bonus","at":"2026-11-02T09:00:00Z","value":1,"campaign":"autumn"},{"ref":"i","name":"of_all","at":"2026-11-02T09:00:00Z","value":1}]`).expect(200)
	for _, own := range [][2]string{{"mine", "ad_spend / dials"}, {"theirs", "secret_bonus / dials"}, {"nobodys", "dials / 2"}, {"via_secret", "1 + theirs"}} {
		h.do("PUT", "/v1/kpis/"+own[0], fmt.Sprintf(`{"name":"The %s","formula":"%s","unit":"ratio","direction":"neutral"}`, own[0], own[1])).expect(201)
	}
	h.get("/v1/measures").expect(200).want("measures.0.name", `"ad_spend"`, "measures.1.name", `"of_all"`, "measures.2.name", `"secret_bonus"`)
	auth := []string{"Authorization", "Bearer " + h.newKey(campaign.RoleTeamLead, "spring")}
	h.do("GET", "/v1/measures", nil, auth...).expect(200).want("measures.0.name", `"ad_spend"`, "measures.1", "null")
	for _, path := range []string{"/v1/kpis", "/v1/campaigns/spring/kpis" + thatMonth, "/v1/kpis/report" + thatMonth + "&campaigns=*", "/glossary", "/campaigns/spring"} {
		h.do("GET", path, nil, append(auth, "Accept", "*/*")...).expect(200).holds("mine", "nobodys").lacks("secret_bonus", "theirs", "via_secret", "of_all")
	}
	h.do("GET", "/v1/kpis/theirs", nil, auth...).problem(404, "not_found", "kpi")
	h.do("GET", "/v1/campaigns/spring/kpis"+thatMonth+"&kpi=theirs", nil, auth...).problem(422, "unknown_kpi", "kpi")
	h.do("GET", "/v1/campaigns/spring/kpis/theirs/facts"+thatMonth, nil, auth...).problem(404, "not_found", "kpi")
	h.do("PUT", "/v1/targets/t", `{"kpi":"theirs","campaign":"spring","comparator":">=","value":5,"from":"2026-11-01","to":"2026-12-01"}`, auth...).problem(422, "unknown_kpi", "kpi")
	h.do("GET", "/v1/campaigns/spring/kpis/mine/facts"+thatMonth+"&part=ad_spend", nil, auth...).expect(200).want("facts.0.ref", `"ad_spend-2"`)
}
