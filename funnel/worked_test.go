package funnel

import "testing"

// TestWorkedExample holds the glossary's example to figures counted by hand.
func TestWorkedExample(t *testing.T) {
	sums, err := WorkedExample.Sums()
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string][2]int64{
		"leads": {6, 0}, "dials": {10, 0}, "leads_dialed": {5, 5}, "answer_rate": {6, 10}, "live_answer_rate": {5, 10}, "contact_rate": {4, 10},
		"conversion_rate": {2, 6}, "dialed_conversion_rate": {2, 5}, "close_rate": {2, 3}, "hit_rate": {2, 10}, "calls_per_lead": {10, 5}, "calls_to_close": {6, 2},
		"first_call_close_rate": {1, 3}, "first_call_close_share": {1, 2}, "outbound_abandonment_rate": {1, 5}, "compliance_abandonment_rate": {1, 5},
		"machine_rate": {1, 6}, "callback_kept_rate": {1, 1}, "net_sales": {2, 0}, "revenue": {8990, 0}, "cost_per_call": {3000, 10}, "calls_per_agent": {4, 2}, "sales_per_hour": {2, 8 * 3_600_000},
	} {
		k := Find(id)
		f := k.Figure(sums)
		if k.Denominator == NoMeasure {
			f.Denominator = want[1]
		}
		if f.Numerator != want[0] || f.Denominator != want[1] {
			t.Errorf("%s is %d of %d, want %d of %d", id, f.Numerator, f.Denominator, want[0], want[1])
		}
	}
	for i := range Catalogue {
		if k := &Catalogue[i]; !k.Figure(sums).Defined() && k.ID != "sales_attrition" {
			t.Errorf("the example says nothing of %s", k.ID)
		}
	}
}
