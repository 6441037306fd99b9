package api_test

import (
	"strings"
	"testing"

	"ringside/campaign"
)

const junePage = "/finance/spring/2026-06"

// TestRestatementOnThePage is case 14 on the page: June is 10 % as closed, 8 % by 6
// July, which is 2 less of 100.
func TestRestatementOnThePage(t *testing.T) {
	h := newJune(t)
	b := h.signedIn("fin", campaign.RoleFinance)
	later := func(instant string) { // by then the session is over
		h.at(instant)
		b.post("/sign-in", "name", "fin", "password", password).leadsTo("/")
	}
	b.open("/finance").shows("Months", "2026-06 not over", "480.00 EUR", "4.8000 EUR")
	b.open(junePage).shows("The month is over: it is not, so it cannot be closed yet.").lacks("/close")
	b.post(junePage + "/close").expect(409).holds("is not over in campaign")
	later("2026-07-01T08:00:00Z")
	b.open(junePage).holds(`href="` + junePage + `/close"`)
	b.open(junePage+"/close").shows("Close 2026-06 of Spring", "Its figures are frozen", "Sales still to come", "Close it").lacks("style=")
	b.post(junePage + "/close").leadsTo(junePage)
	b.open(junePage).shows("closed 2026-07-01 09:00:00, fin", "and is still what it was").lacks("/reopen", `/close"`)
	b.post(junePage+"/close").expect(409).holds("is closed", "still what it was")
	b.post(junePage + "/reopen").expect(403)

	h.at("2026-07-05T10:00:00Z")
	h.do("POST", "/v1/campaigns/spring/outcomes", `[{"attempt":"c-3","disposition":"BACK"},{"attempt":"c-7","disposition":"BACK"}]`).expect(200)
	later("2026-07-06T10:00:00Z")
	page := b.open(junePage).shows("Conversion rate 10.00 % 10 / 100 8.00 % 8 / 100 −2.00 points −2 / 0", "Revenue 100.00 EUR 80.00 EUR −20.00 EUR", "Net sales 10 8 −2",
		"Call c-3 2026-07-05 11:00:00 key tests Outcome: SALE → BACK", "Call c-7").lacks("/calls/c-3", "Cost per call 4.8")
	for _, file := range []string{"/restatements?campaign=spring&amp;format=csv", "/restatements?campaign=spring&amp;format=xlsx", "?campaign=spring&amp;format=xlsx"} {
		page.holds(`href="` + junePaths + file)
	}
	h.page(junePage).links(h).holds(`href="/campaigns/spring/calls/c-3"`)
	h.page("/finance").shows("2026-06 closed").links(h)

	// A late invoice is an adjustment, through the form too; opening again is an admin's.
	const entry = "/settings/campaigns/spring/entry"
	f := b.open(entry).sheet()
	for name, value := range map[string]string{"ref": "late", "category": "overhead", "amount": "20.00", "from": "2026-06-01", "to": "2026-06-30"} {
		f.Set(name, value)
	}
	b.sends(entry, f).expect(409).holds("adjustment")
	f.Set("adjustment", "on")
	b.sends(entry, f).leadsTo(entry + "?saved=1")
	b.open(junePage).shows("Cost per call 4.8000 EUR 480.00 / 100 5.0000 EUR 500.00 / 100 +0.2000 EUR 20.00 / 0", "Cost late")
	root := h.signedIn("root", campaign.RoleAdmin)
	root.open(junePage+"/reopen").shows("Open 2026-06 of Spring again", "stay on record")
	root.post(junePage + "/reopen").leadsTo(junePage)
	root.open(junePage).shows("opened again 2026-07-06 11:00:00, root", "Before it is closed", "Close this month")
	root.post(junePage + "/reopen").expect(409)

	for _, role := range []string{campaign.RoleViewer, campaign.RoleTeamLead} {
		other := h.signedIn(role, role)
		other.open("/").expect(200).lacks("/finance")
		other.open(junePage).expect(403).holds("ask an admin")
	}
	h.page("/finance/spring/2026-6").expect(422)
	h.page("/finance/nobody/2026-06").expect(404)
	h.page("/finance?until=x").expect(422)
	h.page("/finance?until=2026-03").shows("2026-03 open").lacks("2026-06")
	h.page("/finance?q=nobody").shows("No campaign has")
}

// TestChecklist: whatever is unfinished in a month is named before it is closed.
func TestChecklist(t *testing.T) {
	h := newJune(t)
	h.do("PUT", "/v1/campaigns/west", strings.Replace(spring, `"EUR"`, `"USD"`, 1)).expect(201)
	h.do("POST", attempts, `[{"ref":"x-1","lead":"x","started_at":"2026-06-20T09:00:00Z","result":"answered","disposition":"<b>odd"},
		{"ref":"x-2","lead":"x","started_at":"2026-06-21T09:00:00Z","answered_at":"2026-06-21T09:00:00Z","result":"answered","answered_by":"human","disposition":"NO"}]`).expect(200)
	h.do("PUT", "/v1/campaigns/spring/rates", `{"telephony":[{"from":"2026-06-15","per_minute":"0.60","first_s":6,"then_s":6}]}`).expect(200)
	h.do("POST", "/v1/costs", strings.NewReplacer(`"overhead"`, `"telephony"`, "2026-07-01", "2026-06-10").Replace(juneCost("line", "9.00", ""))).expect(200)
	h.do("PUT", "/v1/sources/s-1", sourceItem).expect(201)
	h.do("GET", "/hooks/s-1/call?call=c-9&token=open", nil).want("parked", "1")
	page := h.page(junePage+"/close").shows("Codes without a meaning: <b>odd, of 1 dial", "Messages that could not be placed: 1 of this month is parked.", "Sales still to come: the last leads of the month have until",
		"telephony: 100 dials began while no card was in force.", "answered calls have no end", "telephony is both, each in its own days.", "none of EUR to USD is in force", "Days without any cost: none.").lacks("<b>odd")
	page.links(h)
	h.do("PUT", "/v1/exchange-rates", `{"rates":[{"base":"EUR","quote":"USD","from":"2026-01-01","rate":"1.1"}]}`).expect(200)
	h.page(junePage + "/close").shows("Exchange rates: there is one to every currency in use.")
	h.page("/finance/west/2026-06").shows("Days without any cost: 30 days: 1 Jun, 2 Jun", "and 20 more; days with dials among them: 0.")
	bound := h.do("GET", junePage+"/close", nil, "Accept", "text/html", "Authorization", "Bearer "+h.newKey(campaign.RoleFinance, "spring"))
	bound.shows("none of this month.").lacks("USD")
	h.do("GET", "/finance/west/2026-06", nil, "Accept", "text/html", "Authorization", "Bearer "+h.newKey(campaign.RoleFinance, "spring")).expect(404)
}
