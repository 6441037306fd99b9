package api_test

import (
	"strings"
	"testing"

	"ringside/campaign"
)

func TestWallboard(t *testing.T) {
	h := newSpring(t)
	h.do("PUT", "/v1/campaigns/nepal", strings.NewReplacer("Europe/Lisbon", "Asia/Kathmandu", `"Spring"`, `"نيبال <img src=x>"`, `"predictive"`, `"predictive","compliance":"none"`).Replace(spring)).expect(201)
	h.liveDay("spring", "2026-11-19", 400, 4)
	h.liveDay("spring", "2026-11-20", 300, 30)
	h.page("/wallboard?campaign=spring").shows("Spring Fri 20 Nov", "Dials today 300 yesterday 400", "People answer 100.0 %", "Abandoned 10.0 % worse than 1.0 %", "May still drop 0 Over the limit", "4.86 % of 3 %").lacks("Next")
	both := h.page("/wallboard?campaign=nepal&campaign=spring&campaign=nepal&seconds=5").shows("1 of 2", "2 of 2", "نيبال <img src=x>", "no limit", "nothing yet")
	both.holds(`data-seconds="5"`, `data-ref="spring" hidden`, `href="/wallboard?campaign=nepal&amp;campaign=spring&amp;campaign=nepal&amp;seconds=5&amp;show=spring"`).lacks("<img", `data-ref="nepal" hidden`, "http-equiv").links(h)
	h.page("/wallboard?campaign=nepal&campaign=spring&show=spring").holds(`data-ref="nepal" hidden`).lacks(`data-ref="spring" hidden`)
	h.page("/wallboard").shows("1 of 2")
	newHouse(t).page("/wallboard").shows("No campaigns yet")

	h.page("/wallboard?campaign=nobody").expect(404)
	h.do("PUT", "/v1/queues/help", `{"name":"Help","time_zone":"Europe/Lisbon"}`).expect(201)
	h.page("/wallboard?campaign=queue/help").expect(404)
	h.get("/v1/live?campaign=queue/help").problem(404, "not_found", "campaign")
	h.get("/live?view=%2Fwallboard%3Fcampaign%3Dqueue%2Fhelp").problem(404, "not_found", "campaign")
	h.page("/wallboard?seconds=1").expect(422)
	h.page("/wallboard?seconds=5&seconds=6").expect(422)
	h.page("/wallboard?campaign=" + strings.Repeat("spring&campaign=", 12) + "spring").expect(422)
	bound := []string{"Accept", "text/html", "Authorization", "Bearer " + h.newKey(campaign.RoleViewer, "spring")}
	h.do("GET", "/wallboard", nil, bound...).shows("Spring").lacks("nepal")
	h.do("GET", "/wallboard?campaign=nepal", nil, bound...).expect(404)

	live := h.get("/live?view=%2Fwallboard%3Fcampaign%3Dspring%26campaign%3Dnepal").expect(200)
	if !strings.Contains(string(live.body), "event: regions") || !strings.Contains(string(live.body), "Dials today") {
		t.Errorf("%s", clip(live.body))
	}
}
