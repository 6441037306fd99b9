package api_test

import (
	"strings"
	"testing"
)

func TestCampaignIsPutAndRead(t *testing.T) {
	h := newHouse(t)
	put := h.do("PUT", "/v1/campaigns/spring", spring).expect(201).want("ref", `"spring"`, "name", `"Spring"`,
		"compliance", `"us_tsr"`, "conversion_window_days", "30", "strict_leads", "false", "stages.5", `"closed"`)
	h.do("PUT", "/v1/campaigns/spring", spring).expect(200).want("id", put.at("id"))
	id := strings.Trim(put.at("id"), `"`)
	h.get("/v1/campaigns/"+id).expect(200).want("ref", `"spring"`)
	h.do("PUT", "/v1/campaigns/"+id, spring).expect(200).want("ref", `"spring"`)
	h.get("/v1/campaigns").expect(200).want("campaigns.0.ref", `"spring"`, "campaigns.1", "null")
	h.get("/v1/campaigns/autumn").problem(404, "not_found", "campaign")
	h.get("/v1/campaigns/autumn/kpis?from=2026-11-01&to=2026-12-01").problem(404, "not_found", "campaign")
}

func TestCampaignIsRefused(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct{ name, change, code, field string }{
		{"unknown zone", `"time_zone":"Europe/Lisboa"`, "invalid_zone", "time_zone"},
		{"unknown currency", `"currency":"EURO"`, "invalid_currency", "currency"},
		{"unknown dial mode", `"dial_mode":"turbo"`, "invalid_choice", "dial_mode"},
		{"stage that does not exist", `"dispositions":[{"code":"S","category":"sale","stage":"won"}]`, "unknown_stage", "dispositions[0].stage"},
		{"unknown category", `"dispositions":[{"code":"S","category":"win"}]`, "invalid_choice", "dispositions[0].category"},
		{"unknown field", `"timezone":"UTC"`, "unknown_field", "timezone"},
		{"wrong type", `"conversion_window_days":"30"`, "wrong_type", "conversion_window_days"},
		{"not a date", `"starts_on":"01.11.2026"`, "invalid_time", "starts_on"},
	} {
		t.Run(c.name, func(t *testing.T) {
			name, _, _ := strings.Cut(c.change, ":")
			fields := []string{c.change}
			for _, f := range []string{`"name":"S"`, `"time_zone":"UTC"`, `"currency":"EUR"`, `"dial_mode":"manual"`} {
				if !strings.HasPrefix(f, name+":") {
					fields = append(fields, f)
				}
			}
			h.do("PUT", "/v1/campaigns/s", "{"+strings.Join(fields, ",")+"}").problem(422, c.code, c.field)
			h.get("/v1/campaigns/s").expect(404)
		})
	}
	h.do("PUT", "/v1/campaigns/s", "").problem(400, "invalid_json", "")
	h.do("PUT", "/v1/campaigns/s", "{").problem(400, "invalid_json", "")
	h.do("PUT", "/v1/campaigns/a%20b", spring).problem(422, "invalid_ref", "campaign")
}

func TestAttemptIsReadBackAsPosted(t *testing.T) {
	h := newSpring(t)
	h.do("POST", "/v1/campaigns/spring/attempts", `{"ref":"c-1","lead":{"ref":"l-1","phone":"+351 1"},"agent":"a-17",
		"started_at":"2026-11-02T09:00:00.1234+01:00","result":"answered","answered_by":"human","answered_at":"2026-11-02T08:00:10Z",
		"ended_at":"2026-11-02T08:05:00Z","hold_s":1.5,"wrap_s":0,"disposition":"SALE","amount":"12.5","callback_at":null,
		"updated_at":"2026-11-02T08:06:00Z"}`).expect(200).want("accepted", "1", "created", "1", "rejected", "[]", "rejected_total", "0")
	got := h.get("/v1/campaigns/spring/attempts/c-1").expect(200).want(
		"ref", `"c-1"`, "lead", `"l-1"`, "agent", `"a-17"`, "started_at", `"2026-11-02T08:00:00.123Z"`, "result", `"answered"`,
		"answered_by", `"human"`, "hold_s", "1.5", "wrap_s", "0", "amount", `"12.50"`, "disposition", `"SALE"`,
		"updated_at", `"2026-11-02T08:06:00.000Z"`, "versions", "1",
		"read_as.category", `"sale"`, "read_as.dial", "true", "read_as.live", "true", "read_as.contact", "true",
		"read_as.answered_at", `"2026-11-02T08:00:10.000Z"`, "read_as.connected_at", `"2026-11-02T08:00:10.000Z"`, "read_as.connect_assumed", "true")
	if _, named := got.json()["callback_at"]; !named {
		t.Error("a field posted as null is not shown")
	}
	if _, named := got.json()["cancelled_at"]; named {
		t.Error("a field nobody posted is shown")
	}
	id := strings.Trim(got.at("id"), `"`)
	h.do("POST", "/v1/campaigns/spring/outcomes", `{"attempt":"`+id+`","disposition":"NO","updated_at":"2026-11-03T08:00:00Z"}`).expect(200).want("updated", "1")
	h.get("/v1/campaigns/spring/attempts/"+id).expect(200).want("read_as.category", `"refusal"`, "versions", "2", "result", `"answered"`)
	h.get("/v1/campaigns/spring/attempts/c-2").problem(404, "not_found", "attempt")
	h.get("/v1/campaigns/spring/leads/l-1").expect(200).want("generated_at", `"2026-11-02T08:00:00.123Z"`, "dnc", "false", "phone", `"+351 1"`)
}

func TestOutcomeBeforeItsAttempt(t *testing.T) {
	h := newSpring(t)
	h.do("POST", "/v1/campaigns/spring/outcomes", `{"attempt":"c-1","disposition":"SALE"}`).expect(200).want("accepted", "1")
	h.get("/v1/campaigns/spring/attempts/c-1").expect(200).want("disposition", `"SALE"`, "read_as", "null")
	h.do("POST", "/v1/campaigns/spring/attempts", `{"ref":"c-1","lead":"l","started_at":"2026-11-02T09:00:00Z","result":"answered"}`).expect(200).want("created", "1")
	h.get("/v1/campaigns/spring/attempts/c-1").expect(200).want("read_as.category", `"sale"`)
}

func TestDoNotCallMark(t *testing.T) {
	h := newSpring(t)
	h.do("POST", "/v1/campaigns/spring/leads", `{"ref":"l-1","generated_at":"2026-11-01T09:00:00Z","attributes":{"b":1,"a":[true]},"price":"0.40"}`).expect(200)
	h.get("/v1/campaigns/spring/leads/l-1").want("dnc", "false", "attributes", `{"a":[true],"b":1}`, "price", `"0.40"`, "generated_at", `"2026-11-01T09:00:00.000Z"`)
	path := "/v1/campaigns/spring/leads/l-1/dnc"
	h.do("PUT", path, `{"dnc":true}`).expect(200).want("dnc", "true", "dnc_since", `"2026-11-20T12:00:00.000Z"`)
	h.do("PUT", path, `{"dnc":false}`).expect(200).want("dnc", "false", "dnc_since", "null")
	h.do("PUT", path, `{}`).problem(422, "missing_field", "dnc")
	h.do("PUT", path, `{"dnc":"yes"}`).problem(422, "wrong_type", "dnc")
	h.do("PUT", "/v1/campaigns/spring/leads/l-2/dnc", `{"dnc":true}`).problem(404, "not_found", "lead")
}

func TestCostsOfSeveralCampaignsInOnePost(t *testing.T) {
	h := newSpring(t)
	h.do("PUT", "/v1/campaigns/autumn", spring).expect(201)
	item := func(ref, campaign, currency string) string {
		return `{"ref":"` + ref + `","campaign":` + campaign + `,"category":"labour","amount":"48000.00","currency":"` + currency + `","from":"2026-11-01T00:00:00Z","to":"2026-11-02T00:00:00Z"}`
	}
	h.do("POST", "/v1/costs", "["+strings.Join([]string{item("k-1", `"spring"`, "EUR"), item("k-2", `"winter"`, "EUR"),
		item("k-1", `"autumn"`, "EUR"), item("k-3", "null", "EUR"), item("k-4", `"spring"`, "USD")}, ",")+"]").expect(200).want(
		"accepted", "3", "created", "3", "rejected_total", "2",
		"rejected.0.index", "1", "rejected.0.ref", `"k-2"`, "rejected.0.code", `"unknown_campaign"`, "rejected.0.field", `"campaign"`,
		"rejected.1.index", "4", "rejected.1.code", `"invalid_currency"`)
	h.get("/v1/costs?shared=true").expect(200).want("costs.0.ref", `"k-3"`, "costs.0.campaign", "null", "costs.0.unallocated", `"48000.00"`, "costs.1", "null")
	h.get("/v1/costs?campaign=spring").expect(200).want("costs.0.ref", `"k-1"`, "costs.0.amount", `"48000.00"`, "costs.0.campaign", `"spring"`, "costs.1", "null")
	h.get("/v1/costs").problem(422, "missing_parameter", "campaign")
	h.get("/v1/costs?campaign=winter").problem(422, "unknown_campaign", "campaign")
	h.do("POST", "/v1/costs?atomic=true", "["+item("k-5", `"spring"`, "EUR")+","+item("k-5", `"autumn"`, "EUR")+"]").problem(422, "several_campaigns", "campaign")
	h.get("/v1/costs?campaign=spring").want("costs.1", "null")
}

func TestKeys(t *testing.T) {
	h := newSpring(t)
	for name, auth := range map[string]string{"none": "", "wrong": "Bearer rs_0000_x", "half": h.key[:len(h.key)-1], "wrong secret": "Bearer " + h.key[:len(h.key)-1] + "~"} {
		a := h.do("GET", "/v1/campaigns", nil, "Authorization", auth).expect(401)
		if a.header.Get("WWW-Authenticate") != `Bearer realm="ringside"` {
			t.Errorf("%s: WWW-Authenticate is %q", name, a.header.Get("WWW-Authenticate"))
		}
	}
	h.do("GET", "/v1/campaigns", nil, "Authorization", "bearer  "+h.key).expect(200)
	h.get("/v1/me").expect(200).want("role", `"admin"`, "label", `"tests"`, "rights.0", `"post_facts"`)
	dialer := h.newKey("dialer")
	h.do("GET", "/v1/campaigns", nil, "Authorization", "Bearer "+dialer).problem(403, "forbidden", "")
	h.do("GET", "/healthz", nil, "Authorization", "").expect(200).want("status", `"ok"`)
	h.do("GET", "/readyz", nil, "Authorization", "").expect(200)
	if strings.Contains(h.log.String(), h.key) || strings.Contains(h.log.String(), dialer) {
		t.Error("a key stands in the log")
	}
}

func TestUnknownPathsAndMethods(t *testing.T) {
	h := newSpring(t)
	h.get("/v2/campaigns").problem(404, "not_found", "")
	h.get("/v1/campaigns/").problem(404, "not_found", "")
	a := h.do("DELETE", "/v1/campaigns/spring", nil).problem(405, "method_not_allowed", "")
	if !strings.Contains(string(a.body), "this path takes GET, PUT") {
		t.Errorf("it says %s", a.body)
	}
	if allow := a.header.Get("Allow"); !strings.Contains(allow, "PUT") {
		t.Errorf("Allow is %q", allow)
	}
	h.get("/v1/campaigns?page=2").problem(422, "unknown_parameter", "page")
	h.get("/v1/campaigns/spring/kpis?from=2026-11-01&to=2026-11-02&groupby=day").problem(422, "unknown_parameter", "groupby")
	h.get("/v1/campaigns/spring/kpis?from=2026-11-01&to=2026-11-02&to=2026-11-03").problem(422, "duplicate_parameter", "to")
}
