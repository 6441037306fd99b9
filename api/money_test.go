package api_test

import (
	"fmt"
	"strings"
	"testing"
)

// rateItem is a card of telephony.
func rateItem(from, more string) string {
	return fmt.Sprintf(`{"telephony":[{"from":%q,"per_minute":"0.60","first_s":6,"then_s":6%s}]}`, from, more)
}

// calls posts answered calls of so many seconds each, by agents in turn.
func (h *house) calls(campaign string, seconds ...int) {
	h.Helper()
	var items []string
	for i, s := range seconds {
		items = append(items, fmt.Sprintf(`{"ref":"%s-r-%d","lead":"r-%d","agent":"a-%d","started_at":"2026-11-%02dT09:00:00Z","result":"answered","answered_by":"human","answered_at":"2026-11-%02dT09:00:00Z","connected_at":"2026-11-%02dT09:00:00Z","ended_at":"2026-11-%02dT09:%02d:%02dZ"}`,
			campaign, i, i, i%2, 2+i, 2+i, 2+i, 2+i, s/60, s%60))
	}
	h.do("POST", "/v1/campaigns/"+campaign+"/attempts", "["+strings.Join(items, ",")+"]").expect(200)
}

func TestRates(t *testing.T) {
	h := newSpring(t)
	const rates = "/v1/campaigns/spring/rates"
	h.calls("spring", 61, 61, 61)
	h.get(rates).expect(200).want("telephony", "[]", "labour", "[]", "currency", `"EUR"`)
	h.get(november+"&kpi=rated_telephony,cost_per_call").want("kpis.rated_telephony.value", `"0.00"`, "kpis.cost_per_call.value", `"0.0000"`)
	h.get(november+"&kpi=cost_per_call&group_by=agent").problem(422, "grouping_not_served", "group_by")

	h.do("PUT", rates, `{"telephony":[{"from":"2026-11-03","connect_fee":"0.01","per_minute":"0.60","first_s":60,"then_s":60},{"from":"2026-11-04","per_minute":"0.60","first_s":6,"then_s":6}],
		"labour":[{"from":"2026-11-01","per_hour":"36"},{"from":"2026-11-01","per_hour":"18","agent":"a-1","to":"2026-12-01"}]}`).expect(200).
		want("telephony.0.to", `"2026-11-04T00:00:00.000Z"`, "telephony.0.per_minute", `"0.600000"`, "telephony.1.to", "null", "labour.1.agent", `"a-1"`)
	// Day 2 has no card; day 3 is 120 s and a fee, day 4 is 66 s. Labour: 61 s at 36, 18, 36.
	h.get(november+"&kpi=rated_telephony,rated_labour,operating_cost,cost_per_call&group_by=agent").expect(200).want(
		"kpis.rated_telephony.value", `"1.87"`, "kpis.rated_labour.value", `"1.52"`, "kpis.operating_cost.value", `"3.39"`, "kpis.cost_per_call.value", `"1.1300"`,
		"groups.0.key.agent", `"a-0"`, "groups.0.kpis.rated_telephony.value", `"0.66"`, "groups.1.kpis.rated_telephony.value", `"1.21"`)
	h.get(november+"&kpi=cost_per_call&group_by=attempt_no").expect(200).want("groups.0.key.attempt_no", "1", "groups.0.kpis.0.denominator", "3")
	h.get(november+"&kpi=cost_per_sale&group_by=attempt_no").problem(422, "grouping_not_served", "group_by")
	// To the millionth that is 1.87 and 1.525, which the curve rounds together.
	h.get("/v1/campaigns/spring/attempt-curve?from=2026-11-01&to=2026-12-01").expect(200).want("attempts.0.cost", `"3.40"`, "attempts.0.cost_per_sale", "null")
	h.get("/v1/campaigns/spring/kpis/operating_cost/facts?from=2026-11-01&to=2026-12-01").expect(200).want(
		"facts.0.kind", `"attempt"`, "facts.1.rated_telephony", `"1.210000"`, "facts.1.rated_labour", `"0.305000"`, "facts.3", "null")
	h.get("/v1/campaigns/spring/kpis/cac/facts?from=2026-11-01&to=2026-12-01").problem(422, "no_such_part", "part")

	// A card changed backwards costs the calls it covers anew, and no others; as known before, nothing moves.
	before := h.clock()
	h.ahead.Add(int64(step))
	h.do("PUT", rates, `{"telephony":[{"from":"2026-11-03","connect_fee":"0.01","per_minute":"1.20","first_s":60,"then_s":60},{"from":"2026-11-04","per_minute":"0.60","first_s":6,"then_s":6}]}`).expect(200)
	h.get(november+"&kpi=rated_telephony&group_by=day").expect(200).want("groups.0.key.day", `"2026-11-03"`, "groups.0.kpis.0.value", `"2.41"`, "groups.1.kpis.0.value", `"0.66"`)
	h.get(november+"&kpi=rated_telephony&as_of="+before.Add(step/2).UTC().Format("2006-01-02T15:04:05Z")).expect(200).want("kpis.0.value", `"1.87"`, "source", `"replay"`)
	h.do("PUT", "/v1/campaigns/spring", spring).expect(200) // keeps them
	h.get(rates).want("telephony.1.then_s", "6")
	h.do("PUT", "/v1/campaigns/spring", strings.Replace(spring, `"EUR"`, `"USD"`, 1)).problem(409, "currency_fixed", "currency")
}

func TestWrongMoney(t *testing.T) {
	h := newSpring(t)
	const rates, costs = "/v1/campaigns/spring/rates", "/v1/costs"
	for _, c := range []struct{ body, code, field string }{
		{rateItem("2026-11-01", `,"connect_fee":"-0.01"`), "invalid_money", "telephony[0].connect_fee"},
		{rateItem("2026-11-01", `,"connect_fee":"0.0000001"`), "invalid_money", "telephony[0].connect_fee"},
		{rateItem("2026-11-01", `,"connect_fee":"99999999999999999999"`), "invalid_money", "telephony[0].connect_fee"},
		{rateItem("2026-11-01", `,"connect_fee":"1e3"`), "invalid_money", "telephony[0].connect_fee"},
		{rateItem("2026-11-01", `,"connect_fee":1`), "wrong_type", "telephony.connect_fee"},
		{rateItem("2026-11-01", `,"to":"2026-11-01"`), "invalid_time", "telephony[0].to"},
		{rateItem("yesterday", ``), "invalid_time", "telephony[0].from"},
		{strings.Replace(rateItem("2026-11-01", ``), `"then_s":6`, `"then_s":-6`, 1), "invalid_number", "telephony[0].then_s"},
		{strings.Replace(rateItem("2026-11-01", ``), `"first_s":6`, `"first_s":0`, 1), "invalid_number", "telephony[0].first_s"},
		{strings.Replace(rateItem("2026-11-01", ``), `"first_s":6,`, ``, 1), "missing_field", "telephony[0].first_s"},
		{`{"labour":[{"from":"2026-11-01","per_hour":"1"},{"from":"2026-11-01T00:00:00Z","per_hour":"2"}]}`, "overlapping_rates", "labour"},
		{`{"labour":[{"from":"2026-11-01","to":"2026-11-09","per_hour":"1","agent":"x"},{"from":"2026-11-05","per_hour":"2","agent":"x"}]}`, "overlapping_rates", "labour"},
		{`{"labour":[{"from":"2026-11-01"}]}`, "missing_field", "labour[0].per_hour"},
		{`{"wages":[]}`, "unknown_field", "wages"},
	} {
		h.do("PUT", rates, c.body).problem(422, c.code, c.field)
	}
	entry := `{"ref":"k","campaign":"spring","category":"telephony","amount":"1.00","currency":"EUR","from":"2026-11-01T00:00:00Z","to":"2026-12-01T00:00:00Z"}`
	for _, c := range [][4]string{{`"1.00"`, `"1.001"`, "invalid_money", "amount"}, {`"1.00"`, `"99999999999999999999"`, "invalid_money", "amount"},
		{"2026-12-01", "2026-10-01", "invalid_time", "to"}, {`"EUR"`, `"XXQ"`, "invalid_currency", "currency"}, {`"EUR"`, `"USD"`, "invalid_currency", "currency"},
		{`"category"`, `"driver":"dials","category"`, "not_allowed", "driver"}} {
		h.do("POST", costs, strings.Replace(entry, c[0], c[1], 1)).expect(422).want("rejected.0.code", `"`+c[2]+`"`, "rejected.0.field", `"`+c[3]+`"`)
	}
	for _, c := range [][3]string{{`"0.92"`, "x", ""}, {`{"base":"USD","quote":"USD","from":"2026-11-01","rate":"1"}`, "invalid_currency", "rates[0].quote"},
		{`{"base":"USD","quote":"EUR","from":"2026-11-01","rate":"-1"}`, "invalid_number", "rates[0].rate"},
		{`{"base":"USD","quote":"EUR","from":"2026-11-01","rate":"1"},{"base":"USD","quote":"EUR","from":"2026-11-01","rate":"2"}`, "overlapping_rates", "rates"}} {
		if c[2] != "" {
			h.do("PUT", "/v1/exchange-rates", `{"rates":[`+c[0]+`]}`).problem(422, c[1], c[2])
		}
	}
	// What is both entered and rated takes a word about which counts.
	h.do("POST", costs, entry).expect(200)
	h.do("PUT", rates, rateItem("2026-12-01", "")).expect(200)
	h.do("PUT", rates, rateItem("2026-11-15", "")).problem(409, "entered_and_rated", "telephony")
	h.do("POST", costs, strings.NewReplacer("2026-12-01", "2026-12-02", `"k"`, `"k-2"`).Replace(entry)).expect(422).want("rejected.0.code", `"entered_and_rated"`, "rejected.0.field", `"category"`)
	said := strings.Replace(spring, `"currency"`, `"cost_basis":{"telephony":"rated"},"currency"`, 1)
	h.do("PUT", "/v1/campaigns/spring", said).expect(200).want("cost_basis.telephony", `"rated"`)
	h.do("PUT", rates, rateItem("2026-11-15", "")).expect(200)
	h.do("PUT", "/v1/campaigns/spring", spring).problem(409, "entered_and_rated", "telephony")
	h.do("POST", "/v1/campaigns/spring/leads", `{"ref":"l","price":"2.50"}`).expect(200)
	// The price of leads stands as entered, in whatever order both come.
	h.get(november+"&kpi=lead_cost").want("kpis.0.value", `"0.00"`) // the lead is dated by nothing
	h.do("POST", "/v1/campaigns/spring/leads", `{"ref":"l-2","price":"2.50","generated_at":"2026-11-02T00:00:00Z"}`).expect(200)
	h.get(november+"&kpi=lead_cost").want("kpis.0.value", `"2.50"`)
	h.do("POST", costs, strings.NewReplacer("telephony", "lead_purchase", `"k"`, `"k-3"`).Replace(entry)).expect(200)
	h.get(november+"&kpi=lead_cost").want("kpis.0.value", `"1.00"`)
	h.do("PUT", "/v1/campaigns/spring", strings.Replace(said, `"telephony":"rated"`, `"telephony":"rated","lead_purchase":"rated"`, 1)).expect(200)
	h.get(november+"&kpi=lead_cost").want("kpis.0.value", `"2.50"`)
	h.do("PUT", "/v1/campaigns/spring", strings.Replace(spring, `"currency"`, `"cost_basis":{"labour":"both"},"currency"`, 1)).problem(422, "invalid_choice", "cost_basis.labour")
}

func TestSharedCosts(t *testing.T) {
	h := newSpring(t)
	const month = `"currency":"EUR","from":"2026-11-01T00:00:00Z","to":"2026-12-01T00:00:00Z"}`
	for _, ref := range []string{"autumn", "winter"} {
		h.do("PUT", "/v1/campaigns/"+ref, spring).expect(201)
	}
	h.do("PUT", "/v1/campaigns/yen", strings.Replace(spring, `"EUR"`, `"JPY"`, 1)).expect(201)
	h.do("POST", "/v1/costs", `{"ref":"rent","campaign":null,"category":"overhead","amount":"100.00","driver":"equal",`+month).expect(200)
	h.do("POST", "/v1/costs", `{"ref":"line","campaign":null,"category":"telephony","amount":"9.00",`+month).expect(200)
	h.get("/v1/costs?shared=true").expect(200).want("costs.0.allocation.0.campaign", `"autumn"`, "costs.0.allocation.0.amount", `"33.34"`, "costs.0.allocation.2.amount", `"33.33"`,
		"costs.0.unallocated", `"0.00"`, "costs.1.allocation", "[]", "costs.1.unallocated", `"9.00"`)
	// Zero dials: no cost per call, but the amount stands there.
	h.get(strings.Replace(november, "spring", "autumn", 1)+"&kpi=cost_per_call").want("kpis.0.value", "null", "kpis.0.numerator", `"33.34"`, "kpis.0.unallocated", `"33.34"`)
	h.calls("spring", 60, 60)
	h.calls("winter", 60)
	h.get("/v1/costs?shared=true").want("costs.1.allocation.0.campaign", `"spring"`, "costs.1.allocation.0.driver", "2", "costs.1.allocation.0.amount", `"6.00"`)
	h.get("/v1/kpis/report?campaigns=spring,autumn,winter&from=2026-11-01&to=2026-12-01&kpi=operating_cost&group_by=campaign").expect(200).want(
		"kpis.0.value", `"109.00"`, "groups.0.kpis.0.value", `"33.34"`, "groups.1.kpis.0.value", `"39.33"`, "groups.2.kpis.0.value", `"36.33"`)
	// A campaign that rates its calls has no part in the shared line.
	h.do("PUT", "/v1/campaigns/winter/rates", rateItem("2026-11-01", "")).expect(200)
	h.get("/v1/costs?shared=true").want("costs.1.allocation.0.amount", `"9.00"`, "costs.1.allocation.1", "null")
	bound := h.newKey("finance", "spring")
	h.do("POST", "/v1/costs", `{"ref":"x","campaign":null,"category":"overhead","amount":"1.00",`+month, "Authorization", "Bearer "+bound).expect(422).want("rejected.0.code", `"forbidden"`)
	h.do("GET", "/v1/costs?shared=true", nil, "Authorization", "Bearer "+bound).problem(403, "forbidden", "")
	h.do("GET", "/v1/campaigns/spring/kpis/operating_cost/facts?from=2026-11-01&to=2026-12-01", nil, "Authorization", "Bearer "+bound).expect(200).want(
		"facts.0.ref", `"rent"`, "facts.0.amount_in_window", `"33.33"`, "facts.0.amount", "null", "facts.0.campaign", "null")
	page := func(key string) *answer {
		return h.do("GET", "/campaigns/spring/calls?kpi=operating_cost&from=2026-11-01&to=2026-12-01", nil, "Authorization", "Bearer "+key, "Accept", "text/html").expect(200).shows("rent", "33.33 EUR")
	}
	page(bound).lacks("100.00 EUR")
	h.do("GET", "/campaigns/spring/calls.csv?kpi=operating_cost&from=2026-11-01&to=2026-12-01", nil, "Authorization", "Bearer "+bound).expect(200).holds("rent", "33.33").lacks("100.00")
	page(h.key).shows("100.00 EUR")
}

func TestCurrencies(t *testing.T) {
	h := newSpring(t)
	h.do("PUT", "/v1/campaigns/east", strings.Replace(spring, `"EUR"`, `"USD"`, 1)).expect(201)
	for ref, currency := range map[string]string{"spring": "EUR", "east": "USD"} {
		h.do("POST", "/v1/costs", fmt.Sprintf(`{"ref":"k","campaign":%q,"category":"other","amount":"10.00","currency":%q,"from":"2026-11-01T00:00:00Z","to":"2026-11-04T00:00:00Z"}`, ref, currency)).expect(200)
	}
	const both = "/v1/kpis/report?campaigns=spring,east&from=2026-11-01&to=2026-12-01&kpi=operating_cost"
	h.get(both).problem(422, "several_currencies", "kpi")
	h.get(both+"&currency=EUR").problem(422, "no_exchange_rate", "currency")
	h.get(both+"&currency=euro").problem(422, "invalid_currency", "currency")
	h.do("PUT", "/v1/exchange-rates", `{"rates":[{"base":"USD","quote":"EUR","from":"2026-12-01","rate":"0.5"},{"base":"USD","quote":"EUR","from":"2026-11-01","rate":"0.925"}]}`).expect(200).want("rates.0.rate", `"0.925"`)
	h.get("/v1/exchange-rates").expect(200).want("rates.1.rate", `"0.5"`)
	h.get(both+"&currency=EUR&group_by=campaign").expect(200).want("kpis.0.value", `"19.25"`, "kpis.0.unit", `"EUR"`,
		"exchange_rates", `[{"base":"USD","from":"2026-11-01T00:00:00.000Z","quote":"EUR","rate":"0.925"}]`, "groups.0.kpis.0.value", `"9.25"`)
	// 9.25 over three days is 3.08 + 3.09 + 3.08, not three times 3.08.
	east := "/v1/campaigns/east/kpis?from=2026-11-01&to=2026-12-01&kpi=operating_cost&currency=EUR&group_by=day"
	h.get(east).expect(200).want("kpis.0.value", `"9.25"`, "groups.0.kpis.0.value", `"3.08"`, "groups.1.kpis.0.value", `"3.09"`, "groups.2.kpis.0.value", `"3.08"`)
	if csv := string(h.get(east + "&format=csv").expect(200).body); !strings.Contains(csv, "1 USD = 0.925 EUR from 2026-11-01T00:00:00.000Z") {
		t.Errorf("the table does not name its rate:\n%s", csv)
	}
	h.get("/v1/campaigns/spring/kpis?from=2026-11-01&to=2026-12-01&kpi=operating_cost&currency=EUR").expect(200).want("exchange_rates", "[]")
}

// TestExchangeTellsWhatIsTooLarge: an amount that 64 bits do not hold in the currency
// asked for is refused, not wrapped around.
func TestExchangeTellsWhatIsTooLarge(t *testing.T) {
	h := newSpring(t)
	for i := range 12 {
		h.do("POST", "/v1/costs", fmt.Sprintf(`{"ref":"k-%d","campaign":"spring","category":"other","amount":"9999999999.99","currency":"EUR","from":"2026-11-02T00:00:00Z","to":"2026-11-03T00:00:00Z"}`, i)).expect(200)
	}
	h.do("PUT", "/v1/exchange-rates", `{"rates":[{"base":"EUR","quote":"KWD","from":"2026-01-01","rate":"999999"}]}`).expect(200)
	h.get(november+"&kpi=operating_cost").want("kpis.0.value", `"119999999999.88"`)
	h.get(november+"&kpi=operating_cost&currency=KWD").problem(422, "too_large", "currency")
	h.get(november+"&kpi=operating_cost,dials&group_by=day&currency=KWD").problem(422, "too_large", "currency")
}
