package api_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"ringside/campaign"
)

// TestLabourByLoggedTime works by hand what agents cost: ann by the time she was logged in,
// an hour for spring and an hour for nobody in particular, which spring and autumn share by
// how long she handled calls of each that day; bob, of whom nobody posts states, by his calls.
func TestLabourByLoggedTime(t *testing.T) {
	h := newSpring(t)
	h.do("PUT", "/v1/campaigns/autumn", strings.Replace(spring, `"Spring"`, `"Autumn"`, 1)).expect(201)
	h.do("PUT", "/v1/service", `{"time_zone":"Europe/Lisbon"}`).expect(200)
	h.do("PUT", "/v1/agents/ann", `{"team":"north"}`).expect(201)
	for _, ref := range []string{"spring", "autumn"} {
		h.do("PUT", "/v1/campaigns/"+ref+"/rates", `{"labour":[{"from":"2026-11-01","per_hour":"18"}]}`).expect(200)
	}
	call := func(ref, agent, minutes string) string {
		return fmt.Sprintf(`{"ref":%q,"lead":{"ref":"l-%s","list":"north"},"agent":%q,"started_at":"2026-11-02T09:10:00Z","result":"answered","answered_by":"human","connected_at":"2026-11-02T09:10:00Z","ended_at":"2026-11-02T09:%s:00Z"}`, ref, ref, agent, minutes)
	}
	h.stream(attempts, call("a", "ann", "20")+"\n"+call("b", "bob", "40")).expect(200)
	h.stream("/v1/campaigns/autumn/attempts", call("c", "ann", "30")).expect(200)
	const ask = thatMonth + "&kpi=rated_labour"
	h.get("/v1/campaigns/spring/kpis"+ask).expect(200).want("kpis.0.value", `"12.00"`) // 40 minutes of calls

	h.at("2026-11-21T00:00:00Z")
	h.do("POST", "/v1/agent-states", `[
		{"agent":"ann","state":"available","from":"2026-11-02T09:00:00Z","to":"2026-11-02T10:00:00Z","campaign":"spring"},
		{"agent":"ann","state":"away","from":"2026-11-02T10:00:00Z","to":"2026-11-02T11:00:00Z"},
		{"agent":"cyd","state":"available","from":"2026-11-03T09:00:00Z","to":"2026-11-03T09:20:00Z","campaign":"spring"},
		{"agent":"dan","state":"available","from":"2026-11-03T09:00:00Z","to":"2026-11-03T19:00:00Z"}]`).expect(200)
	// ann 18.00 and 6.00, bob's half an hour, cyd's twenty minutes; nobody bears dan's.
	h.get("/v1/campaigns/spring/kpis"+ask).expect(200).want("kpis.0.value", `"39.00"`)
	h.get("/v1/campaigns/autumn/kpis"+ask).expect(200).want("kpis.0.value", `"12.00"`)
	h.get("/v1/campaigns/spring/kpis"+ask+"&as_of=2026-11-20T23:00:00Z").expect(200).want("kpis.0.value", `"12.00"`)
	h.get("/v1/kpis/report?campaigns=*&from=2026-11-01&to=2026-12-01&kpi=operating_cost&group_by=campaign").expect(200).want("kpis.0.value", `"51.00"`, "groups.1.kpis.0.value", `"39.00"`)
	h.get("/v1/campaigns/spring/kpis"+ask+"&group_by=agent").expect(200).want("groups.0.key.agent", `"ann"`, "groups.0.kpis.0.value", `"24.00"`, "groups.1.kpis.0.value", `"9.00"`, "groups.2.key.agent", `"cyd"`, "groups.2.kpis.0.value", `"6.00"`)
	h.get("/v1/campaigns/spring/kpis"+ask+"&group_by=team").expect(200).want("groups.0.key.team", `"north"`, "groups.0.kpis.0.value", `"24.00"`, "groups.1.key.team", "null", "groups.1.kpis.0.value", `"15.00"`)
	// Time logged in is of no list: no call makes it.
	h.get("/v1/campaigns/spring/kpis"+ask+"&group_by=list").expect(200).want("groups.0.key.list", `"north"`, "groups.0.kpis.0.value", `"9.00"`, "groups.1.key.list", "null", "groups.1.kpis.0.value", `"30.00"`)
	h.get("/v1/campaigns/spring/kpis"+ask+"&group_by=hour").expect(200).want("groups.0.kpis.0.value", `"27.00"`, "groups.1.kpis.0.value", `"6.00"`, "groups.2.kpis.0.value", `"6.00"`)
	h.get("/v1/campaigns/spring/kpis/rated_labour/facts"+thatMonth).expect(200).want("facts.0.ref", `"b"`, "facts.1", "null")
	h.verify(campaign.ServiceKey)

	// Wherever a window is cut, the parts add up to the cent.
	amount := func(from, to string) *big.Rat {
		text := strings.Trim(h.get("/v1/campaigns/autumn/kpis?kpi=operating_cost&from="+from+"&to="+to).expect(200).at("kpis.0.value"), `"`)
		sum, ok := new(big.Rat).SetString(text)
		if !ok {
			t.Fatalf("%q is no amount", text)
		}
		return sum
	}
	for _, cut := range []string{"2026-11-02T10:00:01.337Z", "2026-11-02T10:13:37Z", "2026-11-02T10:59:59.999Z", "2026-11-02T11:00:00Z"} {
		if sum := new(big.Rat).Add(amount("2026-11-01", cut), amount(cut, "2026-12-01")); sum.Cmp(big.NewRat(12, 1)) != 0 {
			t.Errorf("cut at %s it is %s", cut, sum.FloatString(2))
		}
	}
}
