package funnel

import (
	"encoding/json"
	"testing"
)

// Frozen figures are read by later programs: what they are kept under never changes.
func TestMeasuresAreKeptUnderNumbersThatStay(t *testing.T) {
	for m, want := range map[Measure]int64{Leads: 1, Dials: 8, OperatingCost: 36, RatedTelephony: 501, RatedLabour: 502, LeadCost: 503, TotalCost: 504, Margin: 505, StageTop + 2: 1002} {
		if got := m.kept(); got != want || keptMeasure(got) != m {
			t.Errorf("measure %d is kept as %d, want %d, and read as %d", m, got, want, keptMeasure(got))
		}
	}
	var s, read Sums
	for m := Measure(1); m < measuresEnd; m++ {
		s.Add(m, int64(m)*7-100)
	}
	s.Add(StageTop+3, 5)
	s.spreads = Vector{{3, 4}, {90, 1}}
	body, err := json.Marshal(&s)
	if err == nil {
		err = json.Unmarshal(body, &read)
	}
	if err != nil || !read.Same(&s) {
		t.Errorf("%v: kept as %s, read as %+v", err, body, read)
	}
	for _, d := range Definitions() {
		var again Definition
		body, err := json.Marshal(d)
		if err == nil {
			err = json.Unmarshal(body, &again)
		}
		k := Find(d.ID)
		if err != nil || again != d || again.KPI().Figure(&s).Numerator != k.Figure(&s).Numerator || again.KPI().Figure(&s).Denominator != k.Figure(&s).Denominator {
			t.Errorf("%s: %v, kept as %s, read as %+v", d.ID, err, body, again)
		}
	}
}
