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

// TestServiceRefusals: what is off a scale, or not in order, is refused by name.
func TestServiceRefusals(t *testing.T) {
	h := newHouse(t)
	const at = `"ref":"x","at":"2026-11-02T09:00:00Z"`
	for _, c := range []struct{ path, item, field, code, says string }{
		{"surveys", `{` + at + `,"kind":"csat","score":6}`, "score", "off_scale", "from 1 to 5"},
		{"surveys", `{` + at + `,"kind":"csat","score":0}`, "score", "off_scale", "from 1 to 5"},
		{"surveys", `{` + at + `,"kind":"csat","score":4.5}`, "score", "off_scale", "a whole number"},
		{"surveys", `{` + at + `,"kind":"nps","score":11}`, "score", "off_scale", "from 0 to 10"},
		{"surveys", `{` + at + `,"kind":"nps","score":-1}`, "score", "off_scale", "from 0 to 10"},
		{"surveys", `{` + at + `,"kind":"ces","score":8}`, "score", "off_scale", "from 1 to 7"},
		{"surveys", `{` + at + `,"kind":"emotion","score":10.1}`, "score", "off_scale", "from 0 to 10"},
		{"surveys", `{` + at + `,"kind":"csat","score":"5"}`, "score", "wrong_type", "without quotes"},
		{"surveys", `{` + at + `,"kind":"mood"}`, "kind", "invalid_choice", "csat"},
		{"surveys", `{` + at + `}`, "kind", "missing_field", ""},
		{"surveys", `{` + at + `,"kind":"csat","scores":{}}`, "scores", "not_allowed", "servqual"},
		{"surveys", `{` + at + `,"kind":"servqual","score":5}`, "score", "not_allowed", "scores"},
		{"surveys", `{` + at + `,"kind":"servqual","scores":{"speed":{"perception":5,"expectation":5}}}`, "scores.speed", "unknown_field", "reliability"},
		{"surveys", `{` + at + `,"kind":"servqual","scores":{"empathy":{"perception":8,"expectation":5}}}`, "scores.empathy.perception", "off_scale", "from 1 to 7"},
		{"surveys", `{` + at + `,"kind":"servqual","scores":{"empathy":{"perception":5}}}`, "scores.empathy", "missing_field", "both"},
		{"surveys", `{` + at + `,"kind":"csat","queue":"q","campaign":"c"}`, "queue", "not_allowed", ""},
		{"reviews", `{` + at + `,"categories":[{"name":"tone","min":1,"max":5,"picked":6}]}`, "categories.picked", "off_scale", "from 1 to 5"},
		{"reviews", `{` + at + `,"categories":[{"name":"tone","min":5,"max":5,"picked":5}]}`, "categories.max", "invalid_scale", ""},
		{"reviews", `{` + at + `,"categories":[{"name":"tone","picked":5}]}`, "categories.min", "missing_field", ""},
		{"reviews", `{` + at + `,"categories":[{"name":"tone","min":1,"max":5,"mark":5}]}`, "categories.mark", "unknown_field", ""},
		{"reviews", `{` + at + `,"categories":{}}`, "categories", "wrong_type", "array"},
		{"cases", `{"ref":"x","opened_at":"2026-11-02T09:00:00Z","first_reply_at":"2026-11-02T08:00:00Z"}`, "first_reply_at", "invalid_time", ""},
		{"customers", `{"ref":"x","joined_at":"2026-11-02T09:00:00Z","left_at":"2026-11-02T08:00:00Z"}`, "left_at", "invalid_time", ""},
		{"customers", `{"ref":"x","joined_at":"2026-11-02T09:00:00Z","margin":12}`, "margin", "wrong_type", ""},
		{"searches", `{` + at + `,"opened":"yes"}`, "opened", "wrong_type", ""},
	} {
		a := h.do("POST", "/v1/"+c.path, c.item).expect(422).want("rejected.0.field", `"`+c.field+`"`, "rejected.0.code", `"`+c.code+`"`)
		if says := a.at("rejected.0.message"); !strings.Contains(says, c.says) {
			t.Errorf("%s: %s does not say %q", c.item, says, c.says)
		}
	}
	for body, field := range map[string]string{
		`{"time_zone":"Moon"}`:                                      "time_zone",
		`{"time_zone":"UTC","currency":"QQQ"}`:                      "currency",
		`{"time_zone":"UTC","business_hours":{"mon":"9-17"}}`:       "business_hours.mon",
		`{"time_zone":"UTC","business_hours":{"mo":"09:00-17:00"}}`: "business_hours.mo",
		`{"time_zone":"UTC","holidays":["2026-12-25"]}`:             "holidays",
		`{"time_zone":"UTC","acquisition_cost":"x"}`:                "acquisition_cost",
	} {
		if got := h.do("PUT", "/v1/service", body).expect(422).at("field"); got != `"`+field+`"` {
			t.Errorf("%s is refused for %s, want %s", body, got, field)
		}
	}
	const kpis = "/v1/service/kpis" + thatMonth
	h.get(kpis+"&time_zone=Moon").problem(422, "invalid_zone", "time_zone")
	h.get(kpis+"&group_by=list").problem(422, "unknown_grouping", "group_by")
	h.get(kpis+"&kpi=customer_churn&group_by=queue").problem(422, "grouping_not_served", "group_by")
	h.get(kpis+"&kpi=dials").problem(422, "unknown_kpi", "kpi")
	h.get("/v1/service/kpis/offered/facts"+thatMonth).problem(422, "no_such_part", "part")
	key := "Bearer " + h.boundKey("dialer")
	h.do("POST", "/v1/cases", `{"ref":"x"}`, "Authorization", key).problem(403, "forbidden", "")
}

// boundKey makes a key that is bound to a queue.
func (h *house) boundKey(role string) string {
	h.do("PUT", "/v1/queues/support", support)
	return strings.Trim(h.do("POST", "/v1/keys", `{"role":"`+role+`","label":"x","queues":["support"]}`).expect(201).at("key"), `"`)
}

// TestServiceReports: days are those of the zone that is asked for, calls those of all
// queues, and stocks are never summed.
func TestServiceReports(t *testing.T) {
	h := newHouse(t)
	h.do("PUT", "/v1/service", `{"time_zone":"Europe/Lisbon","currency":"EUR","business_hours":{"mon":"09:00-12:00,13:00-17:00"},"holidays":["2026-11-09"],"acquisition_cost":"40.00"}`).
		expect(200).want("business_hours.mon", `"09:00-12:00,13:00-17:00"`, "acquisition_cost", `"40.00"`)
	h.get("/v1/service").expect(200).want("currency", `"EUR"`, "holidays.0", `"2026-11-09"`)
	id := strings.Trim(h.do("PUT", "/v1/queues/support", support).expect(201).at("id"), `"`)
	h.do("PUT", "/v1/queues/west", `{"name":"West","time_zone":"America/New_York","service_level_s":60}`).expect(201)
	h.do("POST", "/v1/queues/support/calls", `[{"ref":"a","offered_at":"2026-11-02T23:30:00Z","answered_at":"2026-11-02T23:30:30Z","agent":"ann","channel":"phone"},
		{"ref":"b","offered_at":"2026-11-03T09:00:00Z","abandoned_at":"2026-11-03T09:00:40Z","channel":"phone"}]`).expect(200)
	h.do("POST", "/v1/queues/west/calls", `{"ref":"a","offered_at":"2026-11-03T02:30:00Z","answered_at":"2026-11-03T02:30:30Z","agent":"ann","channel":"chat"}`).expect(200)
	h.do("POST", "/v1/cases", `[{"ref":"t","queue":"`+id+`","channel":"mail","assignee":"ann","opened_at":"2026-11-02T11:30:00Z","first_reply_at":"2026-11-02T13:30:00Z"},
		{"ref":"u","queue":"support","channel":"mail","opened_at":"2026-11-03T11:30:00Z","resolved_at":"2026-11-05T11:30:00Z"}]`).expect(200)
	h.get("/v1/cases/t").expect(200).want("queue", `"support"`)
	const kpis = "/v1/service/kpis" + thatMonth
	h.get(kpis+"&kpi=offered,asa,service_level,answered_per_agent,request_volume,first_response_time,first_response_time_business,first_response_time_p90").expect(200).want(
		"kpis.0.value", "3", "kpis.1.value", "30", "kpis.2.numerator", "1", "kpis.2.denominator", "3", "kpis.3.value", "2", "kpis.4.value", "5",
		"kpis.5.value", "7200", "kpis.6.value", "3600", "kpis.7.value", "7200", "queue", "null")
	h.get(kpis+"&kpi=offered&group_by=day&time_zone=Asia/Tokyo").expect(200).want("groups.0.key.day", `"2026-11-03"`, "groups.0.kpis.0.value", "3", "groups.1", "null")
	h.get(kpis+"&kpi=offered&group_by=day&time_zone=UTC").expect(200).want("groups.0.key.day", `"2026-11-02"`, "groups.0.kpis.0.value", "1", "groups.1.kpis.0.value", "2")
	h.get(kpis+"&kpi=offered,request_volume,backlog&group_by=queue").expect(200).want("groups.0.key.queue", `"support"`, "groups.0.kpis.0.value", "2", "groups.0.kpis.1.value", "4", "groups.0.kpis.2.value", "1", "groups.1.key.queue", `"west"`)
	h.get(kpis+"&kpi=volume_by_channel&group_by=channel").expect(200).want("groups.0.key.channel", `"chat"`, "groups.1.key.channel", `"mail"`, "groups.1.kpis.0.value", "2", "groups.2.kpis.0.value", "2")
	h.get(kpis+"&kpi=answered_per_agent&group_by=agent").expect(200).want("groups.0.kpis.0.numerator", "2", "groups.0.kpis.0.denominator", "1")
	week := "/v1/service/kpis?from=2026-11-02&to=2026-11-06"
	h.get(week+"&kpi=backlog&group_by=day").expect(200).want("kpis.0.value", "1", "groups.0.kpis.0.value", "1", "groups.1.kpis.0.value", "2", "groups.2.kpis.0.value", "2", "groups.3.kpis.0.value", "1")
	h.get("/v1/service/kpis/backlog/facts?from=2026-11-02&to=2026-11-05").expect(200).want("facts.0.ref", `"t"`, "facts.1.ref", `"u"`, "facts.2", "null")
	h.get("/v1/service/kpis/open_cases/facts"+thatMonth).expect(200).want("facts.0.ref", `"t"`, "facts.0.kind", `"case"`, "facts.1", "null")
	h.do("POST", "/v1/customers", `[{"ref":"a","joined_at":"2026-01-01T00:00:00Z","margin":"10.00"},{"ref":"b","joined_at":"2026-01-01T00:00:00Z","left_at":"2026-11-10T00:00:00Z","margin":"20.01"},{"ref":"c","joined_at":"2026-11-10T00:00:00Z"}]`).expect(200)
	h.get(kpis+"&kpi=customer_churn,customer_retention,clv,engagement").expect(200).want("kpis.0.value", "0.5", "kpis.1.numerator", "1", "kpis.2.value", `"-9.9900"`, "kpis.2.numerator", `"-9.99"`, "kpis.2.denominator", "1", "kpis.2.unit", `"EUR"`, "kpis.3.numerator", "5", "kpis.3.denominator", "3")
	h.get("/v1/service/kpis/customer_churn/facts"+thatMonth).expect(200).want("facts.0.ref", `"b"`, "facts.0.at", `"2026-11-10T00:00:00.000Z"`, "facts.1", "null")
	h.get("/v1/service/kpis/customer_churn/facts"+thatMonth+"&part=denominator").expect(200).want("facts.0.ref", `"a"`, "facts.1.ref", `"b"`, "facts.2", "null")
	h.get(kpis + "&format=csv").expect(200)
}

// TestServiceOfOwnKPIs: a formula reads the calls of all queues and the installation's own
// facts and measures, not the measures of queues; a target of it follows all of these.
func TestServiceOfOwnKPIs(t *testing.T) {
	h := newQueue(t)
	h.do("POST", "/v1/measures", `[{"ref":"a","name":"staff","at":"2026-11-02T09:00:00Z","value":4},{"ref":"b","name":"staff","at":"2026-11-02T09:00:00Z","value":90,"queue":"support"}]`).expect(200).want("created", "2")
	h.do("POST", calls, `{"ref":"in-1","offered_at":"2026-11-02T09:00:00Z","answered_at":"2026-11-02T09:00:30Z"}`).expect(200)
	h.do("POST", "/v1/reviews", `{"ref":"f","at":"2026-11-02T09:00:00Z","categories":[{"name":"tone","min":0,"max":4,"picked":2,"weight":1}]}`).expect(200)
	put := func(id, formula string) {
		h.do("PUT", "/v1/kpis/"+id, `{"name":"x","formula":"`+formula+`","unit":"ratio","direction":"higher_is_better"}`).expect(201)
	}
	put("load", "offered / staff")
	put("care", "iqs * staff")
	h.get("/v1/service/kpis"+thatMonth+"&kpi=load,care").expect(200).want("kpis.0.value", "0.25", "kpis.1.value", "2")
	h.get("/v1/queues/support/kpis"+thatMonth+"&kpi=load").expect(200).want("kpis.0.numerator", "1", "kpis.0.denominator", "90")
	h.do("PUT", "/v1/targets/load", `{"kpi":"load","comparator":">=","value":0.5,"from":"2026-11-01","to":"2026-12-01"}`).expect(201).want("scope", `"service"`, "attainment", "0.5")
	h.do("POST", calls, `{"ref":"in-2","offered_at":"2026-11-02T10:00:00Z"}`).expect(200)
	h.get("/v1/targets/load").expect(200).want("attainment", "1")
}
