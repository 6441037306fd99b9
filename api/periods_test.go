package api_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"ringside/campaign"
)

const junePaths = "/v1/periods/2026-06"

// newJune is a house of the end of June, with 100 leads of which 10 were won.
func newJune(t testing.TB) *house {
	h := newHouse(t)
	h.at("2026-06-30T18:00:00Z")
	h.do("PUT", "/v1/campaigns/spring", strings.Replace(spring, `"code":"NO"`, `"code":"BACK","category":"sale_cancelled"},{"code":"NO"`, 1)).expect(201)
	var leads, attempts []string
	for i := range 100 {
		leads = append(leads, fmt.Sprintf(`{"ref":"l-%d","generated_at":"2026-06-10T09:00:00Z","phone":"+35191000%04d"}`, i, i))
		code := "NO"
		if i < 10 {
			code = "SALE"
		}
		attempts = append(attempts, fmt.Sprintf(`{"ref":"c-%d","lead":"l-%d","agent":"a-1","started_at":"2026-06-11T09:00:00Z","result":"answered","disposition":%q,"amount":%s}`,
			i, i, code, map[bool]string{true: `"10.00"`, false: "null"}[i < 10]))
	}
	h.do("POST", "/v1/campaigns/spring/leads", "["+strings.Join(leads, ",")+"]").expect(200)
	h.do("POST", "/v1/campaigns/spring/attempts", "["+strings.Join(attempts, ",")+"]").expect(200)
	h.do("POST", "/v1/costs", juneCost("wages", "480.00", "")).expect(200)
	return h
}

func juneCost(ref, amount, more string) string {
	return fmt.Sprintf(`{"ref":%q,"campaign":"spring","category":"overhead","amount":%q,"currency":"EUR","from":"2026-06-01T00:00:00+01:00","to":"2026-07-01T00:00:00+01:00"%s}`, ref, amount, more)
}

// TestRestatementOfAClosedMonth is case 14: June is 10 % as known on 30 June, 8 % as known on 6 July,
// two sales having been cancelled on the 5th.
func TestRestatementOfAClosedMonth(t *testing.T) {
	h := newJune(t)
	h.do("POST", junePaths+"/close", "").problem(409, "period_not_over", "month")
	h.at("2026-07-01T08:00:00Z")
	closed := h.do("POST", junePaths+"/close", "").expect(200).want("periods.0.campaign", `"spring"`, "periods.0.state", `"closed"`, "periods.0.closed_by.kind", `"key"`, "periods.0.closed_by.label", `"tests"`)
	at := strings.Trim(closed.at("periods.0.closed_at"), `"`)
	h.do("POST", junePaths+"/close", "").problem(409, "period_closed", "month")
	h.do("POST", junePaths+"/close?campaign=spring", "").problem(409, "period_closed", "month")
	before := h.get(junePaths).expect(200).want("periods.0.kpis.conversion_rate.value", "0.1", "periods.0.entries.0.ref", `"wages"`, "periods.0.entries.0.amount_in_month", `"480.00"`,
		"periods.0.kpis.cost_per_call.value", `"4.8000"`, "periods.0.source", `"frozen"`).body

	h.at("2026-07-05T10:00:00Z")
	h.do("POST", "/v1/campaigns/spring/outcomes", `[{"attempt":"c-3","disposition":"BACK"},{"attempt":"c-7","disposition":"BACK"}]`).expect(200)
	h.at("2026-07-06T10:00:00Z")
	h.get("/v1/campaigns/spring/kpis"+june+"&kpi=conversion_rate").want("kpis.0.value", "0.08")
	h.get("/v1/campaigns/spring/kpis"+june+"&kpi=conversion_rate&as_of=2026-06-30T20:00:00Z").want("kpis.0.value", "0.1", "source", `"replay"`)
	h.get("/v1/campaigns/spring/kpis"+june+"&kpi=conversion_rate&as_of="+at).want("kpis.0.value", "0.1", "source", `"frozen"`, "kpis.0.numerator", "10", "kpis.1", "null")
	h.get("/v1/campaigns/spring/kpis"+june+"&kpi=conversion_rate&group_by=agent&as_of="+at).problem(422, "grouping_not_served", "group_by")
	h.get("/v1/campaigns/spring/kpis"+june+"&kpi=hit_rate&group_by=agent&as_of="+at).want("kpis.0.numerator", "10", "source", `"replay"`)
	if after := h.get(junePaths).expect(200).body; !bytes.Equal(before, after) {
		t.Errorf("the frozen figures are\n%s\nwere\n%s", after, before)
	}
	h.get(junePaths+"/restatements").expect(200).want("restatements.conversion_rate.before.value", "0.1", "restatements.conversion_rate.after.value", "0.08",
		"restatements.conversion_rate.difference.value", "-0.02", "restatements.conversion_rate.difference.numerator", "-2", "restatements.conversion_rate.difference.denominator", "0",
		"restatements.revenue.difference.value", `"-20.00"`, "facts.0.kind", `"attempt"`, "facts.0.ref", `"c-3"`, "facts.1.ref", `"c-7"`, "facts.2", "null",
		"facts.0.versions.0.arrived_at", `"2026-07-05T10:00:00.000Z"`, "facts.0.versions.0.fields.0.field", `"disposition"`,
		"facts.0.versions.0.fields.0.before", `"SALE"`, "facts.0.versions.0.fields.0.after", `"BACK"`, "changes", "[]", "next", "null")
	first := h.get(junePaths+"/restatements?limit=1").expect(200).want("facts.0.ref", `"c-3"`, "facts.1", "null")
	h.get(junePaths+"/restatements?limit=1&cursor="+strings.Trim(first.at("next"), `"`)).expect(200).want("facts.0.ref", `"c-7"`)
	h.get(junePaths+"/restatements?cursor=x").problem(422, "invalid_cursor", "cursor")

	// The workbook says the same.
	sheet := h.workbook(junePaths + "/restatements?format=xlsx")
	if row := "<t>conversion_rate</t></is></c>"; !strings.Contains(sheet[0], row) || !strings.Contains(sheet[0], "<v>-0.02</v>") || !strings.Contains(sheet[0], "<v>-2</v>") {
		t.Errorf("the workbook's restatements are %s", sheet[0])
	}
	if !strings.Contains(sheet[len(sheet)-1], "leads won / leads generated") {
		t.Errorf("the last sheet defines nothing: %s", sheet[len(sheet)-1])
	}
	h.get(junePaths + "/restatements?format=csv").expect(200).holds("conversion_rate,proportion,false,0.1,10,100,0.08,8,100,-0.02,-2,0")
	h.get(junePaths + "?format=csv").expect(200).holds("conversion_rate,0.1,10,100,proportion")
	if sheet := h.workbook("/v1/campaigns/spring/kpis" + june + "&format=xlsx"); !strings.Contains(sheet[0], "<v>0.08</v>") {
		t.Errorf("the report's workbook is %s", sheet[0])
	}
}

// workbook returns the XML of a workbook's sheets.
func (h *house) workbook(path string) (sheets []string) {
	h.Helper()
	body := h.get(path).expect(200).body
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		h.Fatal(err)
	}
	for i := 1; ; i++ {
		part, err := z.Open(fmt.Sprintf("xl/worksheets/sheet%d.xml", i))
		if err != nil {
			return sheets
		}
		text, err := io.ReadAll(part)
		if err != nil {
			h.Fatal(err)
		}
		sheets = append(sheets, string(text))
	}
}

// TestClosedMonthTakesAdjustmentsOnly: late invoices are adjustments, calls are taken as
// ever, a retry changes nothing, and reopening leaves a trace.
func TestClosedMonthTakesAdjustmentsOnly(t *testing.T) {
	h := newJune(t)
	h.at("2026-07-01T08:00:00Z")
	h.do("POST", junePaths+"/close", `{"campaign":"spring"}`).expect(200)
	h.do("POST", junePaths+"/close?campaign=nobody", "").problem(422, "unknown_campaign", "campaign")
	h.do("POST", junePaths+"/close", `{"campain":"spring"}`).problem(422, "unknown_field", "campain")
	h.do("POST", "/v1/periods/2026-6/close", "").problem(422, "invalid_month", "month")
	h.get("/v1/periods/2026-05").problem(404, "not_found", "month")

	const costs = "/v1/costs"
	h.do("POST", costs, juneCost("late", "20.00", "")).expect(409).want("rejected.0.code", `"period_closed"`, "rejected.0.field", `"from"`, "accepted", "0")
	h.do("POST", costs, juneCost("wages", "480.00", "")).expect(200).want("unchanged", "1")
	h.do("POST", costs, juneCost("wages", "481.00", "")).expect(409)
	h.do("POST", costs, strings.NewReplacer("2026-06", "2026-07", "2026-07", "2026-08").Replace(juneCost("wages", "481.00", ""))).expect(409) // it would leave June
	h.do("POST", costs, strings.NewReplacer("2026-06", "2026-07", "2026-07", "2026-08").Replace(juneCost("july", "1.00", ""))).expect(200)
	h.do("POST", costs, strings.Replace(juneCost("everybody", "1.00", ""), `"spring"`, "null", 1)).expect(409)
	h.at("2026-07-02T08:00:00Z")
	h.do("POST", costs, juneCost("late", "20.00", `,"adjustment":true`)).expect(200)
	h.do("POST", "/v1/campaigns/spring/attempts", `{"ref":"late","lead":"l-1","started_at":"2026-06-29T09:00:00Z","result":"no_answer"}`).expect(200)
	h.get(junePaths+"/restatements").want("restatements.operating_cost.difference.value", `"20.00"`, "restatements.cost_per_call.before.value", `"4.8000"`,
		"restatements.cost_per_call.after.value", `"4.9505"`, "restatements.cost_per_call.difference.value", `"0.1505"`, "facts.0.kind", `"cost"`, "facts.0.ref", `"late"`,
		"facts.1.kind", `"attempt"`, "facts.1.versions.0.fields.0.before", "null")

	// What gives calls another meaning, or another price, is named.
	h.do("PUT", "/v1/campaigns/spring/rates", `{"telephony":[{"from":"2026-06-01","per_minute":"0.60","first_s":60,"then_s":60}]}`).expect(200)
	h.do("PUT", "/v1/campaigns/spring", strings.Replace(spring, `"code":"NO","category":"refusal"`, `"code":"NO","category":"interested"`, 1)).expect(200)
	h.get(junePaths+"/restatements").want("changes.0.what", `"configuration"`, "changes.0.name", `"dispositions"`, "changes.1.what", `"rates"`, "changes.1.at", `"2026-07-02T08:00:00.000Z"`,
		"changes.0.at", `"2026-07-02T08:00:00.000Z"`, "changes.0.by.label", `"tests"`, "changes.1.by.kind", `"key"`)

	key, _, err := h.store.CreateKey(t.Context(), "finance", "finance")
	if err != nil {
		t.Fatal(err)
	}
	h.do("POST", junePaths+"/reopen", "", "Authorization", "Bearer "+key).problem(403, "forbidden", "")
	h.at("2026-07-03T08:00:00Z")
	h.do("POST", junePaths+"/reopen", "").expect(200).want("periods.0.state", `"reopened"`)
	h.do("POST", junePaths+"/reopen", "").problem(409, "period_open", "month")
	h.do("POST", costs, juneCost("later", "1.00", "")).expect(200)
	h.do("POST", junePaths+"/close", "", "Authorization", "Bearer "+key).expect(200).want("periods.0.closing", "2", "periods.0.closed_by.label", `"finance"`)
	h.get("/v1/periods?campaign=spring").want("periods.0.closing", "1", "periods.0.reopened_at", `"2026-07-03T08:00:00.000Z"`, "periods.0.reopened_by.label", `"tests"`, "periods.1.state", `"closed"`)
	h.get("/v1/periods?limit=1").want("periods.0.closing", "1", "periods.1", "null")
	h.get(junePaths+"/restatements").want("restatements", "[]", "facts", "[]")
}

// TestClosedMonthKeepsShares: a key bound to the campaign reads its part of a shared
// cost, not what that is as a whole.
func TestClosedMonthKeepsShares(t *testing.T) {
	h := newJune(t)
	h.do("POST", "/v1/costs", strings.Replace(juneCost("rent", "70.00", ""), `"spring"`, "null", 1)).expect(200)
	h.at("2026-07-01T08:00:00Z")
	h.do("POST", junePaths+"/close", "").expect(200)
	h.at("2026-07-02T08:00:00Z")
	h.do("POST", "/v1/costs", strings.Replace(juneCost("rent", "90.00", `,"adjustment":true`), `"spring"`, "null", 1)).expect(200)
	h.get(junePaths).want("periods.0.entries.1.amount", `"70.00"`, "periods.0.entries.1.amount_in_month", `"70.00"`)
	h.get(junePaths+"/restatements").want("facts.0.ref", `"rent"`, "facts.0.shared", "true", "facts.0.versions.0.fields.0.before", `"70.00"`)
	h.page(junePage).shows("Amount: 70.00 EUR → 90.00 EUR")
	h.signedIn("bob", campaign.RoleFinance, "spring").open(junePage).shows("Amount: … → …").lacks("70.00 EUR →")
	// Nor does it leave the month by another currency.
	h.do("PUT", "/v1/campaigns/west", strings.Replace(spring, `"EUR"`, `"USD"`, 1)).expect(201)
	h.do("POST", "/v1/costs", strings.NewReplacer(`"spring"`, "null", `"EUR"`, `"USD"`).Replace(juneCost("rent", "90.00", ""))).expect(409).want("rejected.0.code", `"period_closed"`)
	bound := "Bearer " + h.newKey("finance", "spring")
	h.do("GET", junePaths, nil, "Authorization", bound).expect(200).want("periods.0.entries.1.amount", "null", "periods.0.entries.1.amount_in_month", `"70.00"`)
	h.do("GET", junePaths+"/restatements", nil, "Authorization", bound).expect(200).want("facts.0.versions.0.fields.0.field", `"amount"`, "facts.0.versions.0.fields.0.before", "null")
}

// TestLeadsPricedAndEntered: prices of leads beside entries of their purchase are taken in
// any order, as dialers and finance know nothing of each other, and entries stand; but a
// month of both is not closed until somebody says which counts.
func TestLeadsPricedAndEntered(t *testing.T) {
	entry := strings.Replace(juneCost("list", "30.00", ""), "overhead", "lead_purchase", 1)
	const lead = `{"ref":"l-1","generated_at":"2026-06-10T09:00:00Z","price":"2.50","updated_at":"2026-06-20T00:00:00Z"}`
	for _, entryFirst := range []bool{true, false} {
		h := newJune(t)
		post := func() { h.do("POST", "/v1/costs", entry).expect(200) }
		if entryFirst {
			post()
		}
		h.do("POST", "/v1/campaigns/spring/leads", lead).expect(200)
		if !entryFirst {
			h.get("/v1/campaigns/spring/kpis"+june+"&kpi=lead_cost").want("kpis.0.value", `"2.50"`)
			post()
		}
		h.get("/v1/campaigns/spring/kpis"+june+"&kpi=lead_cost").want("kpis.0.value", `"30.00"`)
		h.at("2026-07-01T08:00:00Z")
		h.page(junePage + "/close").shows("purchase of leads is both: leads have prices, and there are entries, which stand.")
		h.do("POST", junePaths+"/close", "").problem(409, "entered_and_rated", "month").holds("cost_basis", "lead_purchase")
		h.do("PUT", "/v1/campaigns/spring", strings.Replace(spring, `"currency"`, `"cost_basis":{"lead_purchase":"rated"},"currency"`, 1)).expect(200)
		h.page(junePage + "/close").shows("what is rated counts").lacks("cannot be closed until")
		h.do("POST", junePaths+"/close", "").expect(200)
		h.get(junePaths).want("periods.0.kpis.lead_cost.value", `"2.50"`)
	}
}
