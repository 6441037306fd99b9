package api_test

import (
	"strings"
	"testing"

	"ringside/campaign"
)

// day1 are the states of two agents on a Monday in Lisbon: ann is available, on a call, in
// wrap-up, away and gone; bob claims to be available while he is on a call, and says
// nothing for 20 minutes.
const day1 = `[
	{"agent":"ann","state":"available","from":"2026-11-02T09:00:00Z","to":"2026-11-02T09:50:00Z"},
	{"agent":"ann","state":"on_call","from":"2026-11-02T09:50:00Z","to":"2026-11-02T10:10:00Z","campaign":"spring"},
	{"agent":"ann","state":"wrap","from":"2026-11-02T10:10:00Z","to":"2026-11-02T10:20:00Z"},
	{"agent":"ann","state":"away","from":"2026-11-02T10:20:00Z"},
	{"agent":"ann","state":"offline","from":"2026-11-02T10:40:00Z"},
	{"agent":"bob","state":"available","from":"2026-11-02T09:00:00Z","to":"2026-11-02T10:00:00Z"},
	{"agent":"bob","state":"on_call","from":"2026-11-02T09:30:00Z","to":"2026-11-02T10:30:00Z"},
	{"agent":"bob","state":"away","from":"2026-11-02T10:50:00Z","to":"2026-11-02T11:00:00Z"}]`

// TestAgentStates: what agents do is posted, merged, counted by agent, team and hour,
// listed and handed out.
func TestAgentStates(t *testing.T) {
	h := newHouse(t)
	h.do("PUT", "/v1/service", `{"time_zone":"Europe/Lisbon"}`).expect(200)
	h.do("PUT", "/v1/agents/ann", `{"team":"north"}`).expect(201)
	const states, kpis = "/v1/agent-states", "/v1/service/kpis" + thatMonth
	h.do("POST", states, day1).expect(200).want("created", "8")
	h.do("POST", states, day1).expect(200).want("unchanged", "8")
	h.get(kpis+"&kpi=login_time,occupancy,utilization,away_share,state_overlap,state_gap,states_open").expect(200).want(
		"kpis.0.value", "12000", "kpis.0.unit", `"s"`, // 100 minutes of each
		"kpis.1.numerator", "5400", "kpis.1.denominator", "10200",
		"kpis.2.numerator", "10200", "kpis.2.denominator", "12000",
		"kpis.3.numerator", "1800", "kpis.4.value", "1800", "kpis.5.value", "1200", "kpis.6.value", "1")
	h.get(kpis+"&kpi=occupancy&group_by=agent").expect(200).want("groups.0.key.agent", `"ann"`, "groups.0.kpis.0.numerator", "1800", "groups.0.kpis.0.denominator", "4800", "groups.1.kpis.0.numerator", "3600")
	h.get(kpis+"&kpi=login_time&group_by=team").expect(200).want("groups.0.key.team", `"north"`, "groups.0.kpis.0.value", "6000")
	// A state is cut at the bounds of hours, and of the window.
	h.get(kpis+"&kpi=login_time&group_by=hour").expect(200).want("groups.0.key.hour", `"2026-11-02T09:00:00Z"`, "groups.0.kpis.0.value", "7200", "groups.1.kpis.0.value", "4800", "groups.2", "null")
	h.get("/v1/service/kpis?from=2026-11-02T09:45:00Z&to=2026-11-02T09:55:00Z&kpi=occupancy").expect(200).want("kpis.0.numerator", "900", "kpis.0.denominator", "1200")
	h.get("/v1/service/kpis?from=2026-11-02&to=2026-11-03&time_zone=Asia/Kathmandu&kpi=login_time&group_by=hour").expect(200).want("groups.0.key.hour", `"2026-11-02T08:15:00Z"`, "groups.0.kpis.0.value", "1800")
	h.get("/v1/service/kpis/away_share/facts"+thatMonth).expect(200).want("facts.0.kind", `"state"`, "facts.0.agent", `"ann"`, "facts.1.agent", `"bob"`, "facts.2", "null")
	h.get("/v1/service/kpis/login_time/facts?from=2026-11-02T10:05:00Z&to=2026-11-02T10:06:00Z").expect(200).want("facts.0.state", `"on_call"`, "facts.0.at", `"2026-11-02T10:05:00.000Z"`, "facts.1.agent", `"bob"`, "facts.2", "null")
	h.page("/service/calls?from=2026-11-02&to=2026-11-03&kpi=login_time").shows("State", "on a call")
	// What overlaps and what is missing is reported, state by state.
	h.get("/v1/service/kpis/state_overlap/facts"+thatMonth).expect(200).want("facts.0.agent", `"bob"`, "facts.0.state", `"available"`, "facts.1", "null")
	h.get("/v1/service/kpis/state_gap/facts"+thatMonth).expect(200).want("facts.0.agent", `"bob"`, "facts.0.state", `"on_call"`, "facts.1", "null")
	h.get(kpis+"&kpi=occupancy&group_by=channel").problem(422, "grouping_not_served", "group_by")

	ref := strings.Trim(h.get("/v1/service/kpis/away_share/facts"+thatMonth).at("facts.0.ref"), `"`)
	h.get(states+"/"+ref).expect(200).want("agent", `"ann"`, "state", `"away"`, "versions", "1")
	h.do("POST", states, `{"agent":" ann ","state":"away","from":"2026-11-02T10:20:00Z","void":true}`).expect(200).want("updated", "1")
	h.get(kpis+"&kpi=login_time,state_gap").expect(200).want("kpis.0.value", "10800", "kpis.1.value", "2400")
	for item, why := range map[string]string{
		`{"agent":"x","state":"away"}`:                                                                                  "from missing_field",
		`{"agent":"x","from":"2026-11-02T10:20:00Z"}`:                                                                   "state missing_field",
		`{"agent":"x","state":null,"from":"2026-11-02T10:20:00Z"}`:                                                      "state missing_field",
		`{"agent":"x","state":"asleep","from":"2026-11-02T10:20:00Z"}`:                                                  "state invalid_choice",
		`{"agent":"x","state":"away","from":"2026-11-02T10:20:00Z","to":"2026-11-02T10:19:59Z"}`:                        "to invalid_time",
		`{"agent":"x","state":"away","from":"2026-11-02T10:20:00Z","to":"2026-11-03T10:20:00.001Z"}`:                    "to invalid_time",
		`{"agent":"x","state":"away","from":"2026-11-02T10:20:00Z","ref":"r"}`:                                          "ref unknown_field",
		`{"agent":"x","state":"away","from":"2026-11-02T10:20:00Z","":"r"}`:                                             " unknown_field",
		`{"agent":"x","state":"away","from":"2026-11-02T10:20:00Z","to":"2026-11-02T10:30:00Z","campaign":"not a ref"}`: "campaign invalid_ref",
	} {
		field, code, _ := strings.Cut(why, " ")
		a := h.do("POST", states, item).expect(422)
		if field != "" {
			a.want("rejected.0.field", `"`+field+`"`)
		}
		a.want("rejected.0.code", `"`+code+`"`)
	}

	// What is handed out makes the same states elsewhere.
	exported := string(h.get("/v1/service/export/agent-states").expect(200).body)
	h.get("/v1/service/export/agent-states?format=csv").expect(200)
	other := newHouse(t)
	other.do("PUT", "/v1/service", `{"time_zone":"Europe/Lisbon"}`).expect(200)
	other.do("PUT", "/v1/agents/ann", `{"team":"north"}`).expect(201)
	other.stream(states, exported).expect(200).want("created", "8", "rejected_total", "0")
	for _, query := range []string{"", "&group_by=agent", "&group_by=day"} {
		if one, two := string(h.get(kpis+query).body), string(other.get(kpis+query).body); one != two {
			t.Errorf("the copy says\n%s\nwant\n%s", two, one)
		}
	}
	h.verify(campaign.ServiceKey)
}

// TestSalesPerHour: a campaign's sales are set against the hours its agents were logged
// in for it, whole and by agent, team and time, also as known before.
func TestSalesPerHour(t *testing.T) {
	h := newSpring(t)
	const ask = "/v1/campaigns/spring/kpis" + thatMonth + "&kpi=sales_per_hour"
	h.get(ask).expect(200).want("kpis.0.value", "null", "kpis.0.denominator", "0", "kpis.0.unit", `"per_hour"`)
	h.stream(attempts, `{"ref":"s1","lead":"l1","agent":"ann","started_at":"2026-11-02T09:10:00Z","result":"answered","disposition":"SALE"}
		{"ref":"s2","lead":"l2","agent":"ann","started_at":"2026-11-02T10:10:00Z","result":"answered","disposition":"SALE"}
		{"ref":"s3","lead":"l3","agent":"bob","started_at":"2026-11-03T09:10:00Z","result":"answered","disposition":"SALE"}`).expect(200)
	h.do("POST", "/v1/agent-states", `[
		{"agent":"ann","state":"available","from":"2026-11-02T09:00:00Z","to":"2026-11-02T10:30:00Z","campaign":"spring"},
		{"agent":"ann","state":"available","from":"2026-11-02T10:30:00Z","to":"2026-11-02T12:30:00Z","campaign":"autumn"},
		{"agent":"bob","state":"on_call","from":"2026-11-03T09:00:00Z","to":"2026-11-03T09:30:00Z","campaign":"spring"},
		{"agent":"cyd","state":"away","from":"2026-11-04T09:00:00Z","to":"2026-11-04T10:00:00Z","campaign":"spring"},
		{"agent":"dan","state":"available","from":"2026-11-04T09:00:00Z","to":"2026-11-04T10:00:00Z"}]`).expect(200)
	h.get(ask).expect(200).want("kpis.0.value", "1", "kpis.0.numerator", "3", "kpis.0.denominator", "10800")
	h.get(ask+"&group_by=agent").expect(200).want("groups.0.key.agent", `"ann"`, "groups.0.kpis.0.numerator", "2", "groups.0.kpis.0.denominator", "5400",
		"groups.1.key.agent", `"bob"`, "groups.1.kpis.0.value", "2", "groups.2.key.agent", `"cyd"`, "groups.2.kpis.0.value", "0", "groups.3", "null")
	h.get(ask+"&group_by=day").expect(200).want("groups.0.kpis.0.denominator", "5400", "groups.1.kpis.0.denominator", "1800", "groups.2.key.day", `"2026-11-04"`, "groups.2.kpis.0.denominator", "3600")
	h.get(ask+"&group_by=hour").expect(200).want("groups.0.key.hour", `"2026-11-02T09:00:00Z"`, "groups.0.kpis.0.denominator", "3600", "groups.1.kpis.0.denominator", "1800")
	h.get("/v1/campaigns/spring/kpis?from=2026-11-02T09:30:00Z&to=2026-11-02T10:00:00Z&kpi=sales_per_hour").expect(200).want("kpis.0.numerator", "0", "kpis.0.denominator", "1800")
	h.get("/v1/kpis/report?campaigns=*&from=2026-11-01&to=2026-12-01&kpi=sales_per_hour&group_by=campaign").expect(200).want("groups.0.key.campaign", `"spring"`, "groups.0.kpis.0.value", "1")
	// A page that is filtered shows no whole.
	h.page("/campaigns/spring/calls?from=2026-11-01&to=2026-12-01&kpi=sales_per_hour&agent=ann").shows("l1", "l2")
	h.get(ask+"&group_by=list").problem(422, "grouping_not_served", "group_by")
	h.get("/v1/campaigns/spring/kpis/sales_per_hour/facts"+thatMonth).expect(200).want("facts.2.ref", `"l3"`)
	h.get("/v1/campaigns/spring/kpis/sales_per_hour/facts"+thatMonth+"&part=denominator").problem(422, "no_such_part", "part")
	h.at("2026-11-21T00:00:00Z")
	h.do("POST", "/v1/agent-states", `{"agent":"cyd","state":"away","from":"2026-11-04T09:00:00Z","void":true}`).expect(200)
	h.get(ask).expect(200).want("kpis.0.denominator", "7200")
	h.get(ask+"&as_of=2026-11-20T23:00:00Z").expect(200).want("kpis.0.denominator", "10800")
	h.verify(campaign.ServiceKey)
}
