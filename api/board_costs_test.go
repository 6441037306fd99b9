package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"ringside/campaign"
)

const costsPage = "/campaigns/spring/costs"

// bill posts a cost of November.
func (h *house) bill(ref, of, category, amount, more string) {
	h.Helper()
	h.do("POST", "/v1/costs", fmt.Sprintf(`{"ref":%q,"campaign":%s,"category":%q,"amount":%q,"currency":"EUR","from":"2026-11-01T00:00:00Z","to":"2026-12-01T00:00:00Z"%s}`, ref, of, category, amount, more)).expect(200)
}

func TestCostsPage(t *testing.T) {
	h := workedCase(t)
	h.bill("credit", `"spring"`, "licence", "-4.00", "")
	h.bill("rent", "null", "overhead", "10.00", `,"driver":"equal"`)
	h.bill("lists", `"spring"`, "lead_purchase", "6.00", "")
	page := h.page(costsPage+boardWindow).shows("What calls cost", "Cost per call 13.2500 EUR 106.00 / 8", "operating cost / dials", "Cost per sale 53.0000 EUR 106.00 / 2",
		// The steps add up: 100 − 4 + 10 = 106, and 6 more.
		"Entered: labour 1 entry 100.00 EUR 12.5000 EUR", "Entered: licence 1 entry −4.00 EUR", "Share of shared costs: overhead 1 entry 10.00 EUR", "Operating cost 106.00 EUR 13.2500 EUR",
		"Entered: purchase of leads 1 entry 6.00 EUR", "With the price of leads 112.00 EUR", "Cost per call: 13.2500 EUR = 106.00 / 8",
		"A sale brings 60.2500 EUR: 120.50 EUR of 2 sales", "No rates are set, so each attempt counts with the cost of a call in these days, 13.2500 EUR", "It still pays at attempt 5, the last there is.",
		"Mon 2 Nov")
	page.links(h).lacks("style=", "<script>")
	h.page(costsPage+boardWindow+"&grain=week").shows("2026-W45", "By week").links(h)
	h.page(costsPage + boardWindow + "&grain=month").shows("2026-11 13.2500 EUR 106.00 / 8")
	h.page(costsPage + "?from=2025-01-01&to=2027-01-01").shows("2026-11 13.2500 EUR")
	h.page(costsPage + "?grain=hour").expect(422)
	h.page("/campaigns/nobody/costs").expect(404)
	h.page(springPage).holds(`href="/campaigns/spring/costs"`)

	for role, want := range map[string]int{campaign.RoleViewer: 403, campaign.RoleTeamLead: 403, campaign.RoleFinance: 200} {
		key := []string{"Accept", "text/html", "Authorization", "Bearer " + h.newKey(role)}
		a := h.do("GET", costsPage+boardWindow, nil, key...).expect(want)
		if want == http.StatusForbidden {
			a.holds("costs", "finance or admin").lacks("106.00")
			h.do("GET", springPage, nil, key...).expect(200).lacks(costsPage)
		}
	}
}

// TestCostsOfRatedCalls: cards say what each attempt costs, and where it stops paying.
func TestCostsOfRatedCalls(t *testing.T) {
	h := newSpring(t)
	h.bill("rent", `"spring"`, "overhead", "3.00", "")
	h.bill("line", "null", "telephony", "9.00", "")
	h.page(costsPage+boardWindow).shows("Unallocated: 3.00 EUR of operating cost fell in these days, but there is no dial to bear it.", "Beside this, 9.00 EUR of shared costs fell in these days that no campaign bears",
		"no rates are set, and there is no dial")
	bound := h.do("GET", costsPage+boardWindow, nil, "Accept", "text/html", "Authorization", "Bearer "+h.newKey(campaign.RoleFinance, "spring"))
	bound.shows("Unallocated: 3.00 EUR").lacks("9.00")
	h.do("PUT", "/v1/campaigns/spring/rates", `{"telephony":[{"from":"2026-11-01","connect_fee":"1.00","per_minute":"0.60","first_s":6,"then_s":6}]}`).expect(200)
	h.do("POST", "/v1/campaigns/spring/leads", `{"ref":"l","generated_at":"2026-11-02T08:00:00Z"}`).expect(200)
	var calls []string
	for i := range 3 {
		code := "NO"
		if i == 1 {
			code = "SALE"
		}
		calls = append(calls, fmt.Sprintf(`{"ref":"c-%d","lead":"l","started_at":"2026-11-0%d[AT]","answered_at":"2026-11-0%[2]d[AT]","connected_at":"2026-11-0%[2]d[AT]","result":"answered","answered_by":"human","ended_at":"2026-11-0%[2]dT09:01:01Z","disposition":%[3]q,"amount":"50.00"}`, i, 2+i, code))
	}
	h.do("POST", attempts, "["+strings.ReplaceAll(strings.Join(calls, ","), "[AT]", "T09:00:00Z")+"]").expect(200).want("created", "3")
	h.page(costsPage+boardWindow).shows("Rated by call: telephony 4.98 EUR 1.6600 EUR", "Operating cost 7.98 EUR 2.6600 EUR", "An attempt costs what its cards make of it",
		"It stops paying at attempt 3: from there on none brings what it costs.", "2 1 100.00 % 1 / 1, 20.7–100.0 % 50.0000 EUR 1.6600 EUR 48.3400 EUR", "3 1 0.00 % 0 / 1, 0.0–79.3 % 0.0000 EUR 1.6600 EUR −1.6600 EUR a loss").lacks("9.00 EUR")
	h.do("PUT", "/v1/campaigns/spring", strings.Replace(spring, `"Spring"`, `"<img src=x>"`, 1)).expect(200)
	h.page(costsPage + boardWindow).shows("<img src=x>").lacks("<img")
}
