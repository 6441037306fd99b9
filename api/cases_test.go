package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// The worked cases of the contract that need a store, a clock or an endpoint; the
// cases of arithmetic alone stand in funnel.

// at moves the clock of the server and the store.
func (h *house) at(instant string) {
	h.Helper()
	to, err := time.Parse(time.RFC3339, instant)
	if err != nil {
		h.Fatal(err)
	}
	h.ahead.Store(int64(to.Sub(now)))
}

const june = "?from=2026-06-01&to=2026-07-01"

// TestSamePost is one call, posted twice and then with another disposition.
func TestSamePost(t *testing.T) {
	h := newSpring(t)
	call := `{"ref":"a","lead":"l","started_at":"2026-06-01T10:00:00Z","result":"answered","disposition":"NO"}`
	h.do("POST", attempts, call).expect(200).want("created", "1")
	h.do("POST", attempts, call).expect(200).want("unchanged", "1")
	h.get(attempts+"/a").expect(200).want("versions", "1")
	h.do("POST", attempts, strings.Replace(call, "NO", "SALE", 1)).expect(200).want("updated", "1")
	h.get(attempts+"/a").expect(200).want("versions", "2", "disposition", `"SALE"`)
	h.get("/v1/campaigns/spring/kpis"+june+"&kpi=hit_rate").expect(200).want("kpis.0.numerator", "1", "kpis.0.denominator", "1")
}

// TestOutOfOrder: the end of a call arrives before its ringing. The call stays
// ended, and what only the ringing told is kept.
func TestOutOfOrder(t *testing.T) {
	h := newSpring(t)
	h.do("POST", attempts, `{"ref":"a","lead":"l","started_at":"2026-06-01T10:00:00Z","result":"answered","answered_by":"human","answered_at":"2026-06-01T10:00:12Z",
		"connected_at":"2026-06-01T10:00:13Z","ended_at":"2026-06-01T10:02:00Z","ended_by":"agent","updated_at":"2026-06-01T10:02:00Z"}`).expect(200)
	h.do("POST", attempts, `{"ref":"a","lead":"l","started_at":"2026-06-01T10:00:00Z","result":"no_answer","agent":"ann","updated_at":"2026-06-01T10:00:02Z"}`).expect(200).want("updated", "1")
	h.get(attempts+"/a").expect(200).want("result", `"answered"`, "ended_by", `"agent"`, "ended_at", `"2026-06-01T10:02:00.000Z"`, "agent", `"ann"`,
		"started_at", `"2026-06-01T10:00:00.000Z"`, "answered_at", `"2026-06-01T10:00:12.000Z"`, "versions", "2", "updated_at", `"2026-06-01T10:02:00.000Z"`)
	h.get("/v1/campaigns/spring/kpis"+june+"&kpi=dials,contact_rate,talk_time").expect(200).want("kpis.0.value", "1", "kpis.1.numerator", "1", "kpis.2.numerator", "107")
}

// TestOutcomeFirst keeps an outcome until its attempt arrives.
func TestOutcomeFirst(t *testing.T) {
	h := newSpring(t)
	h.do("POST", "/v1/campaigns/spring/outcomes", `{"attempt":"a","disposition":"SALE","amount":"12.50","updated_at":"2026-06-02T00:00:00Z"}`).expect(200).want("created", "1")
	h.get("/v1/campaigns/spring/kpis"+june+"&kpi=sales,dials").expect(200).want("kpis.0.value", "0", "kpis.1.value", "0")
	h.do("POST", attempts, `{"ref":"a","lead":"l","started_at":"2026-06-01T10:00:00Z","result":"answered","disposition":"NO","updated_at":"2026-06-01T10:05:00Z"}`).expect(200)
	h.get("/v1/campaigns/spring/kpis"+june+"&kpi=sales,revenue").expect(200).want("kpis.0.value", "1", "kpis.1.value", `"12.50"`)
}

// TestRestatement: 10 of 100 leads are won in June; two cancel on 5 July. June
// as known on its last day keeps 10 %; known a week later it is 8 %, and July is
// not charged with what June lost.
func TestRestatement(t *testing.T) {
	h := newHouse(t)
	h.do("PUT", "/v1/campaigns/spring", strings.Replace(spring, `{"code":"NO"`, `{"code":"CXL","category":"sale_cancelled"},{"code":"NO"`, 1)).expect(201)
	h.at("2026-06-10T12:00:00Z")
	var calls []string
	for i := range 100 {
		disposition := "NO"
		if i < 10 {
			disposition = "SALE"
		}
		calls = append(calls, fmt.Sprintf(`{"ref":"a%d","lead":"l%d","started_at":"2026-06-10T10:00:00Z","result":"answered","disposition":"%s","amount":"1.00"}`, i, i, disposition))
	}
	h.stream(attempts, strings.Join(calls, "\n")).expect(200).want("created", "100")
	h.at("2026-07-05T10:00:00Z")
	h.stream("/v1/campaigns/spring/outcomes", `{"attempt":"a0","disposition":"CXL"}`+"\n"+`{"attempt":"a1","disposition":"CXL"}`).expect(200).want("updated", "2")
	h.at("2026-07-20T00:00:00Z")
	known := func(asOf, numerator, denominator, value string) {
		t.Helper()
		h.get("/v1/campaigns/spring/kpis"+june+"&kpi=conversion_rate&as_of="+asOf).expect(200).want("kpis.0.numerator", numerator, "kpis.0.denominator", denominator, "kpis.0.value", value)
	}
	known("2026-06-10", "0", "0", "null") // nothing had arrived
	known("2026-06-30", "10", "100", "0.1")
	known("2026-06-30T23:00:00Z", "10", "100", "0.1")
	known("2026-07-05T09:59:59Z", "10", "100", "0.1")
	known("2026-07-06", "8", "100", "0.08")
	known("2026-07-20", "8", "100", "0.08")
	h.get("/v1/campaigns/spring/kpis"+june+"&kpi=sales,net_sales,sales_attrition").expect(200).want("kpis.0.value", "10", "kpis.1.value", "8", "kpis.2.numerator", "2", "kpis.2.denominator", "10")
	h.get("/v1/campaigns/spring/kpis?from=2026-07-01&to=2026-08-01&kpi=sales,net_sales,revenue").expect(200).want("kpis.0.value", "0", "kpis.1.value", "0", "kpis.2.value", `"0.00"`)
}

// TestDoNotCallStays whatever comes later, a sale too.
func TestDoNotCallStays(t *testing.T) {
	h := newHouse(t)
	h.do("PUT", "/v1/campaigns/spring", strings.Replace(spring, `{"code":"NO"`, `{"code":"DNC","category":"dnc"},{"code":"NA","category":"no_answer"},{"code":"NO"`, 1)).expect(201)
	marked := func() {
		t.Helper()
		h.get("/v1/campaigns/spring/leads/l").expect(200).want("dnc", "true")
	}
	h.do("POST", attempts, `{"ref":"a","lead":"l","started_at":"2026-06-01T10:00:00Z","result":"answered","disposition":"DNC","updated_at":"2026-06-01T10:00:00Z"}`).expect(200)
	marked()
	h.do("POST", "/v1/campaigns/spring/outcomes", `{"attempt":"a","disposition":"NA","updated_at":"2026-06-01T11:00:00Z"}`).expect(200)
	marked()
	h.do("POST", attempts, `{"ref":"b","lead":"l","started_at":"2026-06-02T10:00:00Z","result":"answered","disposition":"SALE"}`).expect(200)
	marked()
	h.get("/v1/campaigns/spring/kpis"+june+"&kpi=conversion_rate").expect(200).want("kpis.0.numerator", "1")
}

// TestBlocksOfThirtyDays: each block passes though the 30 days across them would
// not; what may still be dropped is told for each.
func TestBlocksOfThirtyDays(t *testing.T) {
	h := newHouse(t)
	h.do("PUT", "/v1/campaigns/spring", strings.Replace(spring, `{"name":"Spring"`, `{"name":"Spring","starts_on":"2026-01-05"`, 1)).expect(201)
	h.at("2026-03-20T00:00:00Z")
	var calls []string
	for day, dropped := range map[string]int{"2026-01-10": 10, "2026-01-30": 30, "2026-02-05": 32, "2026-02-25": 20} {
		for i := range 1000 {
			rest := `"connected_at":"` + day + `T10:00:01Z","ended_by":"agent","disposition":"NO"`
			if i < dropped {
				rest = `"ended_by":"customer"`
			}
			calls = append(calls, fmt.Sprintf(`{"ref":"%s-%d","lead":"l%d","started_at":"%[1]sT10:00:00Z","answered_at":"%[1]sT10:00:00Z","result":"answered","answered_by":"human","ended_at":"%[1]sT10:00:09Z",%[4]s}`, day, i, i, rest))
		}
	}
	h.stream(attempts, strings.Join(calls, "\n")).expect(200).want("created", "4000")
	h.get("/v1/campaigns/spring/compliance").expect(200).want("profile", `"us_tsr"`, "blocks.3", "null",
		"blocks.0.from", `"2026-01-05T00:00:00Z"`, "blocks.0.to", `"2026-02-04T00:00:00Z"`, "blocks.0.abandoned", "40", "blocks.0.live", "2000", "blocks.0.value", "0.02", "blocks.0.breach", "false",
		"blocks.1.from", `"2026-02-04T00:00:00Z"`, "blocks.1.to", `"2026-03-06T00:00:00Z"`, "blocks.1.abandoned", "52", "blocks.1.value", "0.026", "blocks.1.breach", "false",
		"blocks.2.from", `"2026-03-06T00:00:00Z"`, "blocks.2.to", `"2026-04-05T00:00:00+01:00"`, "blocks.2.live", "0", "blocks.2.value", "null", "blocks.2.headroom", "0",
		"blocks.0.headroom", "20", "blocks.1.headroom", "8") // 60 of 2,020 and 60 of 2,008 pass; one more would not
	h.get("/v1/campaigns/spring/kpis?from=2026-01-20&to=2026-02-19&kpi=compliance_abandonment_rate").expect(200).want("kpis.0.numerator", "62", "kpis.0.denominator", "2000", "kpis.0.value", "0.031")
}
