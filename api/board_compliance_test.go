package api_test

import (
	"fmt"
	"strings"
	"testing"

	"ringside/campaign"
)

// liveDay posts live answers of one day, the first of which nobody joined.
func (h *house) liveDay(ref, day string, live, dropped int) {
	h.Helper()
	var calls []string
	for i := range live {
		rest := `"connected_at":"` + day + `T10:00:01Z","ended_by":"agent","disposition":"NO"`
		if i < dropped {
			rest = `"ended_by":"customer"`
		}
		calls = append(calls, fmt.Sprintf(`{"ref":"%s-%d","lead":{"ref":"l%d","phone":"`+phone+`"},"agent":"<b>a</b>","phone":"`+phone+`","started_at":"%[1]sT10:00:00Z","answered_at":"%[1]sT10:00:00Z","result":"answered","answered_by":"human","ended_at":"%[1]sT10:00:09Z",%[4]s}`, day, i, i, rest))
	}
	h.stream("/v1/campaigns/"+ref+"/attempts", strings.Join(calls, "\n")).expect(200).want("created", fmt.Sprint(live))
}

const compliancePage = "/campaigns/spring/compliance"

func TestCompliancePage(t *testing.T) {
	h := newHouse(t)
	h.page("/campaigns/nobody/compliance").expect(404)
	h.do("PUT", "/v1/campaigns/spring", strings.Replace(spring, `{"name":"Spring"`, `{"name":"Spring","starts_on":"2026-10-11"`, 1)).expect(201)
	h.liveDay("spring", "2026-10-12", 1000, 40)
	h.liveDay("spring", "2026-11-10", 1700, 40)
	h.liveDay("spring", "2026-11-18", 700, 21) // now is 20 November, the tenth day of the block
	page := h.page(compliancePage).shows("Present block, 10 Nov 2026 to 9 Dec 2026", "You may drop 11 more.", "Each is a live answer too: 72 of 2,411 is 2.99 %; one more would be 3.03 %.",
		"2.54 %", "61 / 2,400", "in the last 7 whole days, 21 of 700 live answers were abandoned (3.00 %)",
		// 20 days left of 100 live answers: (61 + 60) of 4,400.
		"The block ends at 2.8 % (2.2–", "At the high end of the range the limit would be passed on",
		"11 Oct 2026 to 9 Nov 2026", "4.00 %", "40 / 1,000", "Over the limit.", "61 calls", "2026-11-10 10:00:00", "2026-11-10-0", phone, "Change the rule")
	page.lacks("<b>a</b>", "style=")
	page.links(h)
	sheets := h.sheets(compliancePage) // all blocks, and all 61 calls, of which the page shows some
	if len(sheets) != 2 || len(sheets[0]) != 3 || len(sheets[1]) != 62 || sheets[0][1][3] != "40" {
		t.Errorf("past blocks and dropped calls as CSV: %v", sheets)
	}
	h.page("/campaigns/spring").shows("11 more may be dropped").links(h)
	call := h.page("/campaigns/spring/calls/2026-11-10-0").shows("Call 2026-11-10-0", "A person answered.", "No agent joined.", phone, "1 version", "2026-11-10 10:00:09", "customer").links(h)
	call.lacks("<b>a</b>")
	h.page("/campaigns/spring/calls/2026-11-10-39").expect(200)
	h.page("/campaigns/spring/calls/nothing").expect(404)
	h.page("/campaigns/spring/calls/2026-11-10-500").shows("An agent joined, 2026-11-10 10:00:01.", "“refusal”")

	viewer := h.do("GET", compliancePage, nil, "Accept", "text/html", "Authorization", "Bearer "+h.newKey(campaign.RoleViewer))
	viewer.shows("You may drop 11 more.", "Your role shows no single calls.").lacks(phone, "/calls", "/settings")

	// What is on the page is what the API says.
	h.get("/v1/campaigns/spring/compliance").want("blocks.1.headroom", "11", "blocks.1.abandoned", "61", "blocks.1.live", "2400")
	h.liveDay("spring", "2026-11-19", 100, 90)
	h.page(compliancePage).shows("Over the limit.", "2,534 more live answers without a drop bring the block back to the limit.").lacks("passed on")
}

func TestCompliancePageOfOtherCampaigns(t *testing.T) {
	h := newSpring(t)
	h.page(compliancePage).shows("No block yet", "on the day of its first dial").links(h)
	h.liveDay("spring", "2026-11-19", 1, 0)
	h.page(compliancePage).shows("You may drop 0 more.", "The block ends at 0.0 % (0.0–66.6).")
	h.do("PUT", "/v1/campaigns/spring", strings.Replace(spring, `{"name":"Spring"`, `{"compliance":"none","name":"Spring"`, 1)).expect(200)
	h.page(compliancePage).shows("No rule is set", "Choose a rule under", "0.00 %", "0 / 1", "no limit").lacks("You may drop")
	h.do("GET", compliancePage, nil, "Accept", "text/html", "Authorization", "Bearer "+h.newKey(campaign.RoleViewer)).shows("An admin chooses one")

	nepal := strings.NewReplacer("Europe/Lisbon", "Asia/Kathmandu", `"Spring"`, `"نيبال <img src=x>"`, `"predictive"`, `"predictive","compliance":"uk_2008"`).Replace(spring)
	h.do("PUT", "/v1/campaigns/nepal", nepal).expect(201)
	h.liveDay("nepal", "2026-11-19", 50, 1)
	h.liveDay("nepal", "2026-11-20", 50, 2)
	page := h.page("/campaigns/nepal/compliance").shows("نيبال <img src=x>", "Present block, 20 Nov 2026", "4.00 %", "19 Nov 2026", "2.00 %", "Within the limit: 0 more were allowed.", "2026-11-20 15:45:00", "17 more live answers")
	page.lacks("<img").links(h)

	h.store.EndRecounts()
	h.do("PUT", "/v1/campaigns/nepal", strings.Replace(nepal, "uk_2008", "ca_crtc", 1)).expect(200)
	h.page("/campaigns/nepal/compliance").shows("Counting again")
}

func TestUnknownAnswersAreToldBesideTheRate(t *testing.T) {
	h := newSpring(t)
	h.liveDay("spring", "2026-11-19", 95, 1)
	var calls []string
	for i := range 4 {
		calls = append(calls, fmt.Sprintf(`{"ref":"u%d","lead":"l%[1]d","started_at":"2026-11-19T11:00:00Z","result":"answered","ended_at":"2026-11-19T11:00:30Z","ended_by":"system"}`, i))
	}
	h.stream(attempts, strings.Join(calls, "\n")).expect(200)
	h.page(compliancePage).shows("5 / 99", "Over the limit.", "4 without an agent in time, which count against the limit", "People alone: 1.05 %")
}
