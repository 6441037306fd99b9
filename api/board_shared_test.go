package api_test

import (
	"strings"
	"testing"

	"ringside/campaign"
)

func TestSharedCostIsEnteredByAForm(t *testing.T) {
	h := newFloor(t)
	const at = "/finance/shared"
	b := h.signedIn("fin", campaign.RoleFinance)
	b.open("/finance").holds(`href="`+at+`"`, `href="/finance/exchange-rates"`)
	f := b.open(at).shows("Shared costs", "Goes by").sheet()
	for name, value := range map[string]string{"ref": "rent-1", "category": "overhead", "amount": "100.001", "currency": "XXX", "driver": "equal", "from": "2026-11-01", "to": "2026-10-30", "note": hostile} {
		f.Set(name, value)
	}
	b.sends(at, f).expect(422).holds(`id="currency-problem"`, `value="XXX"`)
	f.Set("currency", "EUR")
	b.sends(at, f).expect(422).holds(`id="to-problem"`)
	f.Set("to", "2026-11-30")
	b.sends(at, f).expect(422).holds(`id="amount-problem"`, `value="100.001"`)
	f.Set("amount", "100.00")
	b.sends(at, f).leadsTo(at + "?saved=1")
	b.open(at+"?saved=1").shows("Saved.", "rent-1 overhead 100.00 EUR 2026-11-01 2026-12-01 equal parts").lacks("<img")
	h.get("/v1/costs?shared=true").want("costs.0.driver", `"equal"`, "costs.0.to", `"2026-12-01T00:00:00.000Z"`, "costs.1", "null")
	b.sends(at, f).expect(409).holds(`id="ref-problem"`, "There is an entry of this ref already")
	f.Set("replace", "on")
	f.Set("driver", "dials")
	b.sends(at, f).leadsTo(at + "?saved=1")
	b.open(at).shows("rent-1 overhead 100.00 EUR 2026-11-01 2026-12-01 dials")
	h.page("/finance").links(h)
	// Who is bound to campaigns reads neither, and is shown no way there.
	bound := h.signedIn("bob", campaign.RoleFinance, "spring")
	bound.open("/finance").lacks(at, "/finance/exchange-rates")
	bound.open(at).expect(403)
	bound.sends(at, f).expect(403)
}

func TestExchangeRatesAreEditedInATable(t *testing.T) {
	h := newSpring(t)
	const at = "/finance/exchange-rates"
	b := h.signedIn("fin", campaign.RoleFinance)
	f := b.open(at).shows("Exchange rates", "Is worth in").sheet()
	set := func(line int, cells ...string) {
		for i, name := range []string{"base", "quote", "from", "rate"} {
			f["rates_"+name][line] = cells[i]
		}
	}
	set(0, "EUR", "EURO", "2026-01-01", "1.1")
	b.sends(at, f).expect(422).holds(`value="EURO"`, "is not an ISO 4217 currency")
	set(0, "EUR", "USD", "2026-01-01", "-1.1")
	b.sends(at, f).expect(422).holds(`value="-1.1"`, "not a positive decimal")
	set(0, "EUR", "USD", "never", "1.1")
	b.sends(at, f).expect(422).holds(`value="never"`)
	set(0, "EUR", "USD", "2026-01-01", "1.1")
	set(1, "EUR", "USD", "2026-01-01", "1.2")
	b.sends(at, f).expect(422).holds("Two rates of EUR to USD begin at")
	set(1, "EUR", "USD", "2026-06-01T12:00:00Z", "1.2")
	b.sends(at, f).leadsTo(at + "?saved=1")
	b.sends(at, f).expect(409).holds("Somebody changed this")
	b.open(at+"?saved=1").holds("Saved.", `value="2026-06-01T12:00:00.000Z"`, `value="2026-01-01"`)
	h.get("/v1/exchange-rates").want("rates.0.rate", `"1.1"`, "rates.1.from", `"2026-06-01T12:00:00.000Z"`, "rates.2", "null")
	f = b.open(at).sheet()
	if f.Set("do", "more"); len(b.sends(at, f).expect(200).sheet()["rates_base"]) != 5+10 {
		t.Error("no more lines")
	}
	f.Del("do")
	f["rates"] = []string{"0", "1"}
	b.sends(at, f).leadsTo(at + "?saved=1")
	h.get("/v1/exchange-rates").want("rates", "[]")
	h.page(at).links(h)
	if strings.Contains(string(h.signedIn("bob", campaign.RoleFinance, "spring").open(at).body), "rates_base") {
		t.Error("a bound key reads exchange rates")
	}
}
