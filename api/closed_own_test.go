package api_test

import (
	"strings"
	"testing"
)

// TestClosedMonthBesideOwnKPIs: a KPI of one's own takes nobody's frozen figures away; asked
// for by name it is replayed. The target of then stands as it stood.
func TestClosedMonthBesideOwnKPIs(t *testing.T) {
	h := newJune(t)
	h.do("PUT", "/v1/targets/ten", `{"kpi":"conversion_rate","campaign":"spring","comparator":">=","value":0.1,"from":"2026-06-01","to":"2026-07-01"}`).expect(201)
	h.at("2026-07-01T08:00:00Z")
	closed := strings.Trim(h.do("POST", junePaths+"/close", "").expect(200).at("periods.0.closed_at"), `"`)
	h.at("2026-07-05T10:00:00Z")
	h.do("PUT", "/v1/kpis/half", `{"name":"Half","formula":"dials / 2","unit":"count","direction":"neutral"}`).expect(201)
	h.do("POST", "/v1/campaigns/spring/outcomes", `[{"attempt":"c-3","disposition":"BACK"},{"attempt":"c-7","disposition":"BACK"}]`).expect(200)
	report := "/v1/campaigns/spring/kpis" + june
	h.get(report+"&kpi=conversion_rate").expect(200).want("kpis.0.value", "0.08", "kpis.0.targets.0.figure.value", "0.08", "kpis.0.targets.0.state", `"behind"`)
	h.get(report+"&kpi=conversion_rate&as_of="+closed).expect(200).want("source", `"frozen"`, "kpis.0.targets.0.figure.value", "0.1", "kpis.0.targets.0.ref", `"ten"`)
	h.get(report+"&as_of="+closed).expect(200).want("source", `"frozen"`).lacks(`"id":"half"`)
	h.get(report+"&kpi=half&as_of="+closed).expect(200).want("source", `"replay"`)
}
