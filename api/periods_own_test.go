package api_test

import (
	"strings"
	"testing"

	"ringside/campaign"
)

// TestOwnKPIsAreFrozen: a closed month keeps what callers' own KPIs came to and how they
// were defined, and says how they are not what they were, and by which measures.
func TestOwnKPIsAreFrozen(t *testing.T) {
	h := newJune(t)
	measure := func(ref, at, value string) {
		h.do("POST", "/v1/measures", `{"ref":"`+ref+`","name":"spend","at":"`+at+`","value":`+value+`,"campaign":"spring"}`).expect(200)
	}
	own := func(id, formula, unit string) {
		h.do("PUT", "/v1/kpis/"+id, `{"name":"Mine `+id+`","formula":"`+formula+`","unit":"`+unit+`","direction":"neutral"}`)
	}
	measure("m-1", "2026-06-12T09:00:00Z", "3")
	own("spend_per_dial", "spend / dials", "ratio")
	own("twice", "2 * cost_per_call", "money")
	own("undone", "dials / (dials - 100)", "ratio")
	own("young", "dials + 1", "count")
	h.do("DELETE", "/v1/kpis/young", nil)
	h.at("2026-07-01T08:00:00Z")
	at := strings.Trim(h.do("POST", junePaths+"/close", "").expect(200).at("periods.0.closed_at"), `"`)
	frozen := h.get(junePaths).expect(200).want("periods.0.kpis.spend_per_dial.value", "0.03", "periods.0.kpis.spend_per_dial.numerator", "3", "periods.0.kpis.spend_per_dial.denominator", "100",
		"periods.0.kpis.spend_per_dial.values", "1", "periods.0.kpis.twice.value", `"9.6000"`, "periods.0.kpis.undone.value", "null").body

	h.at("2026-07-02T08:00:00Z")
	measure("m-2", "2026-06-13T09:00:00Z", "2")
	measure("m-3", "2026-07-01T09:00:00Z", "7") // of another month
	own("twice", "3 * cost_per_call", "money")
	h.do("DELETE", "/v1/kpis/undone", nil)
	own("young", "dials + 1", "count")
	if now := h.get(junePaths).expect(200).body; string(now) != string(frozen) {
		t.Errorf("the frozen figures are\n%s\nwere\n%s", now, frozen)
	}
	asOf := "/v1/campaigns/spring/kpis" + june + "&as_of=" + at
	h.get(asOf+"&kpi=twice,spend_per_dial,dials").want("source", `"frozen"`, "kpis.twice.value", `"9.6000"`, "kpis.twice.definition_version", "1", "kpis.spend_per_dial.value", "0.03")
	h.get(asOf+"&kpi=young").want("source", `"replay"`, "kpis.young.value", "101")
	h.get(junePaths+"/restatements").expect(200).want("restatements.spend_per_dial.before.value", "0.03", "restatements.spend_per_dial.after.value", "0.05", "restatements.spend_per_dial.difference.value", "0.02",
		"restatements.spend_per_dial.redefined", "false", "restatements.twice.redefined", "true", "restatements.twice.before.value", `"9.6000"`, "restatements.twice.after.value", `"14.4000"`,
		"restatements.twice.difference.value", "null", "restatements.undone.after", "null", "restatements.young.before", "null", "restatements.young.after.value", "101",
		"changes.0.what", `"definition"`, "facts.0.kind", `"measure"`, "facts.0.ref", `"m-2"`, "facts.0.versions.0.by.label", `"tests"`, "facts.1", "null")
	h.get(junePaths+"/restatements?format=csv").holds("spend_per_dial,ratio,false,0.03,3,100,0.05,5,100,0.02,,", "twice,EUR,true,9.6000,48,5,14.4000,72,5,,,")
	h.workbook(junePaths + "/restatements?format=xlsx")
	h.do("PUT", "/v1/exchange-rates", `{"rates":[{"base":"EUR","quote":"USD","from":"2026-01-01","rate":"2"}]}`).expect(200)
	if said := string(h.get(asOf).body); !strings.Contains(said, `"twice"`) {
		t.Errorf("the frozen report leaves out what is one's own: %s", said)
	}
	b := h.signedIn("fin", campaign.RoleFinance)
	b.open(junePage).shows("Mine spend_per_dial 0.03 3 / 100 0.05 5 / 100 +0.02", "Measure m-2", "The definition of twice")
}
