package api_test

import (
	"strings"
	"testing"

	"ringside/api"
	"ringside/campaign"
)

const (
	calls     = "/v1/queues/support/calls"
	thatMonth = "?from=2026-11-01&to=2026-12-01"
	support   = `{"name":"Support","time_zone":"Europe/Lisbon","short_abandon_s":2.5}`
)

func newQueue(t testing.TB) *house {
	h := newHouse(t)
	h.do("PUT", "/v1/queues/support", support).expect(201).want("ref", `"support"`, "service_level_s", "20", "short_abandon_s", "2.5")
	return h
}

// TestQueues: a queue is no campaign, though both may have the same ref.
func TestQueues(t *testing.T) {
	h := newQueue(t)
	id := strings.Trim(h.get("/v1/queues/support").expect(200).at("id"), `"`)
	h.get("/v1/queues/"+id).expect(200).want("name", `"Support"`)
	h.get("/v1/queues").expect(200).want("queues.0.ref", `"support"`, "queues.1", "null")
	h.get("/v1/campaigns").expect(200).want("campaigns.0", "null")
	h.get("/v1/campaigns/support").problem(404, "not_found", "campaign")
	h.get("/v1/campaigns/"+id).problem(404, "not_found", "campaign")
	h.get("/v1/campaigns/queue%2Fsupport").problem(404, "not_found", "campaign")
	h.get("/v1/campaigns/queue%2Fsupport/kpis"+thatMonth).problem(404, "not_found", "campaign")
	h.do("PUT", "/v1/campaigns/support", spring).expect(201)
	h.get("/v1/queues/support").expect(200).want("name", `"Support"`)
	h.get("/v1/queues/none"+"/kpis"+thatMonth).problem(404, "not_found", "queue")
	for body, field := range map[string]string{
		`{"name":"x"}`:                    "time_zone",
		`{"time_zone":"UTC"}`:             "name",
		`{"name":"x","time_zone":"Moon"}`: "time_zone",
		`{"name":"x","time_zone":"UTC","service_level_s":7201}`: "service_level_s",
		`{"name":"x","time_zone":"UTC","service_level_s":1.5}`:  "service_level_s",
		`{"name":"x","time_zone":"UTC","short_abandon_s":-1}`:   "short_abandon_s",
		`{"name":"x","time_zone":"UTC","currency":"EUR"}`:       "currency",
	} {
		a := h.do("PUT", "/v1/queues/support", body).expect(422)
		if got := a.at("field"); got != `"`+field+`"` {
			t.Errorf("%s is refused for %s, want %s", body, got, field)
		}
	}
}

// TestQueueOfCampaigns: a queue names the campaigns whose callers come to it, and says so
// to whoever may know of them.
func TestQueueOfCampaigns(t *testing.T) {
	h := newQueue(t)
	id := strings.Trim(h.do("PUT", "/v1/campaigns/spring", spring).expect(201).at("id"), `"`)
	named := strings.Replace(support, "{", `{"campaigns":["`+id+`","spring"],`, 1)
	h.do("PUT", "/v1/queues/support", named).expect(200).want("campaigns.0", `"spring"`, "campaigns.1", "null")
	h.get("/v1/queues/support").expect(200).want("campaigns.0", `"spring"`)
	bound := h.newKey("viewer", "queue/support")
	h.do("GET", "/v1/queues/support", nil, "Authorization", "Bearer "+bound).expect(200).want("campaigns.0", "null")
	h.do("PUT", "/v1/queues/support", strings.Replace(named, id, "autumn", 1)).problem(422, "unknown_campaign", "campaigns")
	h.do("PUT", "/v1/queues/support", strings.Replace(named, id, "a b", 1)).problem(422, "invalid_ref", "campaigns")
	h.do("PUT", "/v1/queues/support", support).expect(200).want("campaigns.0", "null")
}

// TestWaitingCalls are those of which nobody has told the end.
func TestWaitingCalls(t *testing.T) {
	h := newQueue(t)
	kpis := "/v1/queues/support/kpis?from=2026-11-20&to=2026-11-21&kpi=calls_waiting,longest_wait"
	h.get(kpis).expect(200).want("kpis.0.value", "0", "kpis.1.value", "null")
	h.do("POST", calls, `[{"ref":"a","offered_at":"2026-11-20T11:58:30Z","topic":"bill"},{"ref":"b","offered_at":"2026-11-20T11:59:00Z"},{"ref":"c","offered_at":"2026-11-19T11:00:00Z"}]`).expect(200)
	h.get(kpis).expect(200).want("kpis.0.value", "2", "kpis.1.value", "90", "kpis.1.denominator", "1")
	h.get(kpis+"&group_by=topic").expect(200).want("groups.0.key.topic", `"bill"`, "groups.0.kpis.0.value", "1", "groups.1.kpis.1.value", "60")
	h.get("/v1/service/kpis?from=2026-11-20&to=2026-11-21&kpi=calls_waiting,longest_wait").expect(200).want("kpis.0.value", "2", "kpis.1.value", "90")
	h.get("/v1/queues/support/kpis/calls_waiting/facts?from=2026-11-20&to=2026-11-21").expect(200).want("facts.0.ref", `"a"`, "facts.1.ref", `"b"`, "facts.2", "null")
	h.do("POST", calls, `{"ref":"a","offered_at":"2026-11-20T11:58:30Z","answered_at":"2026-11-20T11:59:58Z"}`).expect(200)
	h.get(kpis).expect(200).want("kpis.0.value", "1", "kpis.1.value", "60")
	halves := h.get("/v1/queues/support/kpis?from=2026-11-20&to=2026-11-21&kpi=offered&group_by=half_hour").expect(200)
	halves.want("groups.0.key.half_hour", `"2026-11-20T11:30:00Z"`, "groups.0.kpis.0.value", "2", "groups.1", "null")
}

// TestCallPosts: a call is the merge of its versions, and bad ones are refused by name.
func TestCallPosts(t *testing.T) {
	h := newQueue(t)
	ringing := `{"ref":"in-1","offered_at":"2026-11-02T09:00:00Z","customer":" c-9 ","channel":"phone","updated_at":"2026-11-02T09:00:00Z"}`
	over := `{"ref":"in-1","offered_at":"2026-11-02T09:00:00Z","answered_at":"2026-11-02T09:00:07Z","ended_at":"2026-11-02T09:00:40Z","wrap_s":32,"agent":"ann","resolved":true,"updated_at":"2026-11-02T09:02:00Z"}`
	h.do("POST", calls, over).expect(200).want("created", "1")
	h.do("POST", calls, ringing).expect(200).want("updated", "1")
	h.do("POST", calls, ringing).expect(200).want("unchanged", "1")
	h.get(calls+"/in-1").expect(200).want("customer", `"c-9"`, "answered_at", `"2026-11-02T09:00:07.000Z"`, "wrap_s", "32", "versions", "2")
	kpis := "/v1/queues/support/kpis" + thatMonth
	h.get(kpis+"&kpi=asa,aht,service_level,first_contact_resolution").expect(200).want("queue", `"support"`,
		"kpis.0.value", "7", "kpis.1.value", "65", "kpis.2.numerator", "1", "kpis.3.mature", "false")
	h.do("POST", calls, `{"ref":"in-1","offered_at":"2026-11-02T09:00:00Z","void":true,"updated_at":"2026-11-02T10:00:00Z"}`).expect(200).want("updated", "1")
	h.get(kpis+"&kpi=offered").expect(200).want("kpis.0.value", "0")
	for item, why := range map[string]string{
		`{"ref":"x"}`: "offered_at missing_field",
		`{"ref":"x","offered_at":"2026-11-02T09:00:00Z","answered_at":"2026-11-02T08:59:59Z"}`:                                       "answered_at invalid_time",
		`{"ref":"x","offered_at":"2026-11-02T09:00:00Z","answered_at":"2026-11-02T09:00:09Z","ended_at":"2026-11-02T09:00:08Z"}`:     "ended_at invalid_time",
		`{"ref":"x","offered_at":"2026-11-02T09:00:00Z","answered_at":"2026-11-02T09:00:09Z","abandoned_at":"2026-11-02T09:00:09Z"}`: "abandoned_at not_allowed",
		`{"ref":"x","offered_at":"2026-11-02T09:00:00Z","blocked":true,"answered_at":"2026-11-02T09:00:09Z"}`:                        "answered_at not_allowed",
		`{"ref":"x","offered_at":"2026-11-02T09:00:00Z","transfers":1.5}`:                                                            "transfers invalid_number",
		`{"ref":"x","offered_at":"2026-11-02T09:00:00Z","transfers":"1"}`:                                                            "transfers wrong_type",
		`{"ref":"x","offered_at":"2026-11-02T09:00:00Z","lead":"l"}`:                                                                 "lead unknown_field",
		`{"ref":"x","offered_at":"2026-11-02T09:00:00Z","hold_s":-1}`:                                                                "hold_s invalid_number",
	} {
		field, code, _ := strings.Cut(why, " ")
		h.do("POST", calls, item).expect(422).want("rejected.0.field", `"`+field+`"`, "rejected.0.code", `"`+code+`"`)
	}
	h.stream(calls, ringing+"\n{\n"+over).expect(200).want("accepted", "2", "rejected.0.index", "1")
	h.do("POST", calls+"?atomic=true", "["+ringing+`,{"ref":"y"}]`).expect(422).want("accepted", "0")
}

// TestQueueReports groups, lists what is behind a number, and refuses by name.
func TestQueueReports(t *testing.T) {
	h := newQueue(t)
	h.do("PUT", "/v1/agents/ann", `{"team":"north"}`).expect(201)
	h.do("POST", calls, `[
		{"ref":"a","offered_at":"2026-11-02T09:00:00Z","answered_at":"2026-11-02T09:00:05Z","agent":"ann","topic":"bill"},
		{"ref":"b","offered_at":"2026-11-02T09:10:00Z","answered_at":"2026-11-02T09:10:30Z","agent":"bob","topic":"bill","channel":"chat"},
		{"ref":"c","offered_at":"2026-11-03T09:00:00Z","abandoned_at":"2026-11-03T09:00:10Z","topic":"move"},
		{"ref":"d","offered_at":"2026-11-03T09:01:00Z","abandoned_at":"2026-11-03T09:01:02Z"}]`).expect(200)
	kpis := "/v1/queues/support/kpis" + thatMonth
	h.get(kpis+"&kpi=answered&group_by=agent").expect(200).want("groups.0.key.agent", `"ann"`, "groups.0.kpis.0.value", "1", "groups.1.key.agent", `"bob"`)
	h.get(kpis+"&kpi=answered&group_by=team").expect(200).want("groups.0.key.team", `"north"`, "groups.0.kpis.0.value", "1", "groups.1.key.team", "null")
	h.get(kpis+"&kpi=service_level&group_by=topic&service_level_s=30").expect(200).want("groups.0.key.topic", `"bill"`, "groups.0.kpis.0.numerator", "2", "groups.1", "null")
	h.get(kpis+"&kpi=offered,asa&group_by=day,channel").expect(200).want("groups.0.key.day", `"2026-11-02"`, "groups.0.key.channel", `"chat"`, "groups.0.kpis.1.value", "30")
	h.get(kpis+"&kpi=inbound_abandonment_rate").expect(200).want("kpis.0.numerator", "1", "kpis.0.denominator", "3")
	h.get(kpis+"&kpi=aht").expect(200).want("kpis.0.value", "null", "kpis.0.no_data", "2")
	for method, want := range map[string][2]string{"late_abandons_bad": {"1", "2"}, "abandons_bad": {"1", "4"}, "abandons_ignored": {"1", "2"}, "abandons_good": {"3", "4"}} {
		h.get(kpis+"&kpi=service_level&service_level_method="+method).expect(200).want("kpis.0.numerator", want[0], "kpis.0.denominator", want[1])
		facts := "/v1/queues/support/kpis/service_level/facts" + thatMonth + "&service_level_method=" + method
		for part, n := range map[string]string{"numerator": want[0], "denominator": want[1]} {
			if got := strings.Count(string(h.get(facts+"&part="+part).expect(200).body), `"ref":`); got != int(n[0]-'0') {
				t.Errorf("%d calls stand behind the %s by %s, want %s", got, part, method, n)
			}
		}
	}
	h.get("/v1/queues/support/kpis/abandoned/facts"+thatMonth).expect(200).want("facts.0.kind", `"call"`, "facts.0.ref", `"c"`, "facts.1.ref", `"d"`, "facts.2", "null")
	h.get(kpis+"&group_by=list").problem(422, "unknown_grouping", "group_by")
	h.get(kpis+"&kpi=service_level&group_by=agent").problem(422, "grouping_not_served", "group_by")
	h.get(kpis+"&kpi=dials").problem(422, "unknown_kpi", "kpi")
	h.get(kpis+"&service_level_method=best").problem(422, "invalid_choice", "service_level_method")
	h.get(kpis+"&service_level_s=20.5").problem(422, "invalid_number", "service_level_s")
	h.get("/v1/queues/support/kpis/dials/facts"+thatMonth).problem(404, "not_found", "kpi")
	h.do("PUT", "/v1/campaigns/spring", spring).expect(201)
	h.get("/v1/campaigns/spring/kpis"+thatMonth+"&kpi=asa").problem(422, "unknown_kpi", "kpi")
	h.get("/v1/campaigns/spring/kpis/asa/facts"+thatMonth).problem(404, "not_found", "kpi")

	// What is exported makes the same queue elsewhere.
	exported := string(h.get("/v1/queues/support/export/calls").expect(200).body)
	h.do("PUT", "/v1/queues/copy", support).expect(201)
	h.stream("/v1/queues/copy/calls", exported).expect(200).want("created", "4", "rejected_total", "0")
	one, other := h.get(kpis), h.get("/v1/queues/copy/kpis"+thatMonth)
	if want := strings.Replace(string(one.body), `"queue":"support"`, `"queue":"copy"`, 1); string(other.body) != want {
		t.Errorf("the copy says\n%s\nwant\n%s", other.body, want)
	}
	v, err := h.store.Verify(t.Context(), campaign.QueueKey("support"), nil)
	if err != nil || v.Differing > 0 || v.Records != 4 {
		t.Errorf("verify: %v %+v", err, v)
	}
}

// TestQueueKeys: keys are bound to queues as to campaigns.
func TestQueueKeys(t *testing.T) {
	h := newQueue(t)
	h.do("PUT", "/v1/queues/other", support).expect(201)
	a := h.do("POST", "/v1/keys", `{"role":"viewer","label":"x","queues":["support"]}`).expect(201).want("queues.0", `"support"`, "campaigns.0", "null")
	key := "Bearer " + strings.Trim(a.at("key"), `"`)
	h.do("GET", "/v1/queues", nil, "Authorization", key).expect(200).want("queues.0.ref", `"support"`, "queues.1", "null")
	h.do("GET", "/v1/queues/other", nil, "Authorization", key).problem(404, "not_found", "queue")
	h.do("GET", "/v1/queues/support/kpis"+thatMonth, nil, "Authorization", key).expect(200)
	h.do("POST", "/v1/keys", `{"role":"viewer","label":"x","queues":["none"]}`).problem(422, "unknown_queue", "queues")
	h.do("POST", "/v1/keys", `{"role":"viewer","label":"x","queues":[]}`).problem(422, "missing_value", "campaigns")
}

// TestQueuesTogether pools queues, and follows one live.
func TestQueuesTogether(t *testing.T) {
	t.Parallel()
	h := newQueue(t)
	h.do("PUT", "/v1/queues/sales", `{"name":"Sales","time_zone":"Europe/Lisbon","service_level_s":10}`).expect(201)
	h.do("POST", calls, `[{"ref":"a","offered_at":"2026-11-02T09:00:00Z","answered_at":"2026-11-02T09:00:15Z","agent":"ann"},
		{"ref":"b","offered_at":"2026-11-02T09:00:00Z","abandoned_at":"2026-11-02T09:00:30Z"}]`).expect(200)
	h.do("POST", "/v1/queues/sales/calls", `[{"ref":"a","offered_at":"2026-11-02T10:00:00Z","answered_at":"2026-11-02T10:00:15Z","agent":"ann"},
		{"ref":"b","offered_at":"2026-11-03T09:00:00Z","answered_at":"2026-11-03T09:00:05Z","agent":"bob"}]`).expect(200)
	const report = "/v1/kpis/report?from=2026-11-01&to=2026-12-01&queues="
	// Each queue has its own threshold, of 20 and 10 s, unless the report names one; an agent is one person.
	h.get(report+"support,sales&kpi=offered,asa,service_level,answered_per_agent").expect(200).want("queues.0", `"support"`, "queues.1", `"sales"`,
		"kpis.0.value", "4", "kpis.1.numerator", "35", "kpis.1.denominator", "3", "kpis.2.numerator", "2", "kpis.2.denominator", "4", "kpis.3.numerator", "3", "kpis.3.denominator", "2")
	h.get(report+"*&kpi=service_level&service_level_s=4").expect(200).want("kpis.0.numerator", "0")
	h.get(report+"*&kpi=answer_wait_p50&group_by=queue,day").expect(200).want("groups.0.key.queue", `"sales"`, "groups.0.key.day", `"2026-11-02"`, "groups.2.key.queue", `"support"`, "groups.2.kpis.0.value", "15")
	h.get(report+"*&group_by=agent").expect(200).want("groups.0.key.agent", `"ann"`)
	h.get(report + "*&group_by=queue&kpi=offered&format=csv").expect(200)
	for query, why := range map[string]string{
		"none": "unknown_queue queues", "*&campaigns=*": "not_allowed queues", "*&currency=EUR": "not_allowed currency",
		"*&group_by=campaign": "unknown_grouping group_by", "*&group_by=list": "unknown_grouping group_by", "*&kpi=dials": "unknown_kpi kpi",
	} {
		code, field, _ := strings.Cut(why, " ")
		h.get(report+query).problem(422, code, field)
	}
	h.get("/v1/kpis/report?from=2026-11-01&to=2026-12-01&campaigns=*&service_level_s=20").problem(404, "not_found", "campaigns")
	h.get("/v1/kpis/report?from=2026-11-01&to=2026-12-01").problem(422, "missing_parameter", "campaigns")
	// What a queue's report says stands in its tables too, and groups are those that serve.
	if csv := string(h.get("/v1/queues/sales/kpis" + thatMonth + "&kpi=offered&format=csv").expect(200).body); !strings.HasPrefix(csv, "queue,from,") || !strings.Contains(csv, "\nsales,2026") {
		t.Error(csv)
	}
	h.get("/v1/queues/sales/kpis"+thatMonth+"&group_by=agent").expect(200).want("groups.0.key.agent", `"ann"`, "groups.0.kpis.0.id", `"offered"`)

	url, _ := h.serveLive(api.LiveLimits{})
	b := h.open(url, h.key, "queue=sales&kpi=offered&from=2026-11-01&to=2026-12-01")
	b.await(2)
	h.do("POST", "/v1/queues/sales/calls", `{"ref":"c","offered_at":"2026-11-03T10:00:00Z"}`).expect(200)
	if e := b.await(3); !strings.Contains(e.data, `"queue":"sales"`) {
		t.Error(e.data)
	}
	for query, why := range map[string]string{
		"queue=a,b": "several_queues queue", "queue=sales&campaign=spring": "not_allowed queue", "campaign=spring&service_level_s=3": "not_found campaign", "queue=none": "not_found queue",
	} {
		code, field, _ := strings.Cut(why, " ")
		status := 422
		if code == "not_found" {
			status = 404
		}
		h.get("/v1/live?"+query).problem(status, code, field)
	}
}
