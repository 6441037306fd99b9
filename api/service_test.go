package api_test

import (
	"strings"
	"testing"

	"ringside/campaign"
)

// TestServiceFacts: each kind is posted, merged, read back, counted and handed out.
func TestServiceFacts(t *testing.T) {
	h := newHouse(t)
	const kpis = "/v1/service/kpis" + thatMonth + "&time_zone=Europe/Lisbon"
	for _, c := range []struct{ path, kind, post, kpi, value string }{
		{"surveys", "survey", `{"ref":"f","kind":"csat","score":4,"at":"2026-11-02T09:00:00Z","queue":"support"}`, "csat", "1"},
		{"reviews", "review", `{"ref":"f","agent":"ann","call":"in-1","at":"2026-11-02T09:00:00Z","categories":[{"name":"tone","min":0,"max":4,"picked":2,"weight":1}]}`, "iqs", "0.5"},
		{"cases", "case", `{"ref":"f","queue":"support","channel":"mail","customer":"c-9","opened_at":"2026-11-02T09:00:00Z","first_reply_at":"2026-11-02T09:05:00Z"}`, "first_response_time", "300"},
		{"customers", "customer", `{"ref":"f","joined_at":"2026-11-02T09:00:00Z","referred_by":"c-8","margin":"12.50"}`, "referral_rate", "1"},
		{"searches", "search", `{"ref":"f","at":"2026-11-02T09:00:00Z","results":3,"opened":0}`, "failed_search_rate", "1"},
	} {
		path := "/v1/" + c.path
		h.do("POST", path, c.post).expect(200).want("created", "1")
		h.do("POST", path, c.post).expect(200).want("unchanged", "1")
		h.stream(path, c.post+"\n{\n"+strings.Replace(c.post, `"f"`, `"g"`, 1)).expect(200).want("accepted", "2", "created", "1", "rejected.0.index", "1")
		h.do("POST", path, strings.Replace(c.post, `"ref":"f"`, `"ref":"g","void":true`, 1)).expect(200).want("updated", "1")
		h.get(path+"/f").expect(200).want("ref", `"f"`, "versions", "1")
		h.get(path+"/none").problem(404, "not_found", c.kind)
		h.get(kpis+"&kpi="+c.kpi).expect(200).want("kpis.0.value", c.value, "time_zone", `"Europe/Lisbon"`)
		h.get("/v1/service/kpis/"+c.kpi+"/facts"+thatMonth).expect(200).want("facts.0.ref", `"f"`, "facts.1", "null")
		exported := string(h.get("/v1/service/export/" + c.path).expect(200).body)
		h.stream(path, exported).expect(200).want("unchanged", "2", "rejected_total", "0")
		h.do("POST", path+"?atomic=true", "["+c.post+`,{"ref":"y"}]`).expect(422).want("accepted", "0")
	}
	v, err := h.store.Verify(t.Context(), campaign.ServiceKey, nil)
	if err != nil || v.Differing > 0 || v.Records != 10 {
		t.Errorf("verify: %v %+v", err, v)
	}
}
