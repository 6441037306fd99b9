package api_test

import (
	"strings"
	"testing"

	"ringside/campaign"
)

func TestRatesAreEditedInTables(t *testing.T) {
	h := newSpring(t)
	h.calls("spring", 61, 61, 61)
	const at = "/settings/campaigns/spring/rates"
	b := h.signedIn("fin", campaign.RoleFinance)
	f := b.open(at).shows("Telephony", "Labour", "in EUR").lacks(`href="/settings"`, "/dispositions").sheet()
	set := func(line int, cells ...string) {
		for i, name := range []string{"from", "to", "connect_fee", "per_minute", "first_s", "then_s"} {
			f["telephony_"+name][line] = cells[i]
		}
	}
	set(0, "2026-11-03", "", "-0.01", "0.60", "60", "60")
	b.sends(at, f).expect(422).holds("is negative", `value="-0.01"`)
	set(0, "2026-11-03", "", "0.01", "0.60", "60", "sixty")
	b.sends(at, f).expect(422).holds(`value="sixty"`, "then_s")
	set(0, "2026-11-03", "", "0.01", "0.60", "60", "60")
	set(1, "2026-11-04", "", "", "0.60", "6", "6")
	f["labour_agent"][0], f["labour_from"][0], f["labour_per_hour"][0] = "<b>a-1", "2026-11-01", "18.5"
	b.sends(at, f).leadsTo(at + "?saved=1")
	b.sends(at, f).expect(409).holds("Somebody changed this")
	h.get("/v1/campaigns/spring/rates").want("telephony.0.to", `"2026-11-04T00:00:00.000Z"`, "telephony.0.connect_fee", `"0.010000"`, "telephony.1.then_s", "6", "telephony.1.to", "null", "labour.0.per_hour", `"18.500000"`)
	h.get(november+"&kpi=rated_telephony").want("kpis.0.value", `"1.87"`)

	page := b.open(at+"?saved=1").holds("Saved.", `value="2026-11-03"`, `value="0.01"`, `value="18.50"`, "&lt;b&gt;a-1").lacks("<b>")
	// The first card has no end of its own, so it ends where the second is moved to.
	f = page.sheet()
	f["telephony_from"][1] = "2026-11-05"
	b.sends(at, f).leadsTo(at + "?saved=1")
	h.get("/v1/campaigns/spring/rates").want("telephony.0.to", `"2026-11-05T00:00:00.000Z"`)
	f = b.open(at).sheet()
	f["telephony_from"][2], f["telephony_per_minute"][2], f["telephony_first_s"][2], f["telephony_then_s"][2] = "2026-11-05", "1", "1", "1"
	b.sends(at, f).expect(422).holds("wo telephony rates")
	f = b.open(at).sheet()
	f["telephony"] = []string{"0", "1"}
	b.sends(at, f).leadsTo(at + "?saved=1")
	h.get("/v1/campaigns/spring/rates").want("telephony", "[]", "labour.0.agent", `"\u003cb\u003ea-1"`)
	// What is set elsewhere leaves the rates alone.
	root := h.signedIn("root", campaign.RoleAdmin)
	general := root.open("/settings/campaigns/spring").holds("/settings/campaigns/spring/rates").sheet()
	general.Set("name", "Summer")
	root.sends("/settings/campaigns/spring", general).leadsTo("/settings/campaigns/spring?saved=1")
	h.get("/v1/campaigns/spring/rates").want("labour.0.per_hour", `"18.500000"`)
	h.signedIn("lea", campaign.RoleTeamLead).open(at).expect(403)
	h.page(at).links(h)
}

func TestCostIsEnteredByAForm(t *testing.T) {
	h := newHouse(t)
	h.do("PUT", "/v1/campaigns/spring", strings.Replace(spring, "Europe/Lisbon", "America/New_York", 1)).expect(201)
	const at = "/settings/campaigns/spring/entry"
	b := h.signedIn("fin", campaign.RoleFinance, "spring")
	f := b.open(at).shows("Enter a cost", "In EUR").sheet()
	f.Set("ref", "inv-1")
	f.Set("category", "overhead")
	f.Set("amount", "10.001")
	b.sends(at, f).expect(422).holds(`id="from-problem"`)
	f.Set("from", "2026-11-01")
	f.Set("to", "2026-11-30")
	b.sends(at, f).expect(422).holds(`id="amount-problem"`, `value="10.001"`)
	f.Set("amount", "10.00")
	f.Set("note", hostile)
	b.sends(at, f).leadsTo(at + "?saved=1")
	b.open(at + "?saved=1").shows("Saved.")
	h.get("/v1/costs?campaign=spring").want("costs.0.ref", `"inv-1"`, "costs.0.from", `"2026-11-01T04:00:00.000Z"`, "costs.0.to", `"2026-12-01T05:00:00.000Z"`, "costs.0.amount", `"10.00"`, "costs.1", "null")
	f.Set("amount", "12.00")
	b.sends(at, f).expect(409).holds("There is an entry of this ref already", `id="ref-problem"`).lacks("<img")
	f.Set("replace", "on")
	b.sends(at, f).leadsTo(at + "?saved=1")
	h.get("/v1/costs?campaign=spring").want("costs.0.amount", `"12.00"`, "costs.1", "null")
	f.Set("to", "2026-10-31")
	b.sends(at, f).expect(422).holds(`id="to-problem"`)
	h.page(at).links(h)
}
