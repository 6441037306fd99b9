package api_test

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ringside/campaign"
)

func TestAgentIsPutAndRead(t *testing.T) {
	h := newHouse(t)
	h.get("/v1/agents/a-17").problem(404, "not_found", "agent")
	made := h.do("PUT", "/v1/agents/a-17", `{"name":" Ann ","team":"north"}`).expect(201).want(
		"ref", `"a-17"`, "name", `"Ann"`, "team", `"north"`, "created_at", `"2026-11-20T12:00:00.000Z"`)
	if where := made.header.Get("Location"); where != "/v1/agents/a-17" {
		t.Error(where)
	}
	if !ids.MatchString(made.at("id")) {
		t.Error(made.at("id"))
	}
	// A PUT replaces: what it leaves out is cleared, as what is null.
	h.do("PUT", "/v1/agents/a-17", `{"team":"south"}`).expect(200).want("id", made.at("id"), "name", "null", "team", `"south"`)
	h.do("PUT", "/v1/agents/a-17", `{"name":"Ann","team":null}`).expect(200).want("name", `"Ann"`, "team", "null")
	h.get("/v1/agents/a-17").expect(200).want("id", made.at("id"), "ref", `"a-17"`, "name", `"Ann"`, "team", "null")
	h.do("PUT", "/v1/agents/a-17", `{}`).expect(200).want("name", "null", "team", "null")
}

// TestAgentInThePath: the text that attempts name an agent by, whatever is in it.
func TestAgentInThePath(t *testing.T) {
	h := newSpring(t)
	for i, text := range []string{"ann@example.org", "Ann, Bob = 1", "zoé", "north/7", "50%", "%2F", "a+b", "a?b#c", "\"x\"", strings.Repeat("é", 128)} {
		item := fmt.Sprintf(`{"ref":"c-%d","lead":"l","agent":%q,"started_at":"2026-11-02T09:00:00Z","result":"busy"}`, i, text)
		h.do("POST", "/v1/campaigns/spring/attempts", item).expect(200)
		path := "/v1/agents/" + url.PathEscape(text)
		where := h.do("PUT", path, fmt.Sprintf(`{"team":"t-%d"}`, i)).expect(201).want("ref", fmt.Sprintf("%q", text)).header.Get("Location")
		h.get(where).expect(200).want("team", fmt.Sprintf(`"t-%d"`, i))
		h.get("/v1/campaigns/spring/kpis?from=2026-11-01&to=2026-12-01&kpi=dials&group_by=team").expect(200).want(
			fmt.Sprintf("groups.%d.key", i), fmt.Sprintf(`{"team":"t-%d"}`, i), fmt.Sprintf("groups.%d.kpis.0.value", i), "1")
	}
	h.do("PUT", "/v1/agents/%20zo%C3%A9%20", `{}`).expect(200).want("ref", `"zoé"`)
	h.get("/v1/agents/%20zo%C3%A9").expect(200).want("ref", `"zoé"`)
	for _, wrong := range []string{"%20", "a%0Ab", "a%00b", "%FF", strings.Repeat("e", 129)} {
		h.do("PUT", "/v1/agents/"+wrong, `{}`).problem(422, "invalid_text", "agent")
		h.get("/v1/agents/"+wrong).problem(404, "not_found", "agent")
	}
	h.do("PUT", "/v1/agents/", `{}`).problem(404, "not_found", "")
	// A campaign's ref has no slash: there is none of that name.
	h.get("/v1/campaigns/a%2Fb").problem(404, "not_found", "campaign")
}

func TestAgentIsRefused(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct {
		body        string
		status      int
		code, field string
	}{
		{``, 400, "invalid_json", ""},
		{`[]`, 422, "wrong_type", ""},
		{`{"name":7}`, 422, "wrong_type", "name"},
		{`{"name":" "}`, 422, "invalid_text", "name"},
		{`{"team":""}`, 422, "invalid_text", "team"},
		{`{"team":"a\u0007b"}`, 422, "invalid_text", "team"},
		{`{"team":"` + strings.Repeat("t", 129) + `"}`, 422, "invalid_text", "team"},
		{`{"Team":"north"}`, 422, "unknown_field", "Team"},
		{`{"team":"north","team":"south"}`, 422, "duplicate_field", "team"},
	} {
		a := h.do("PUT", "/v1/agents/a-17", c.body).expect(c.status)
		if a.at("code") != `"`+c.code+`"` || c.field != "" && a.at("field") != `"`+c.field+`"` {
			t.Errorf("%s: %s", c.body, a.body)
		}
	}
	h.get("/v1/agents").expect(200).want("agents", "[]", "next", "null")
}

func TestAgentsArePaged(t *testing.T) {
	h := newHouse(t)
	var put []string
	for i := range 7 {
		ref := fmt.Sprintf("a-%d", (5*i)%7)
		h.do("PUT", "/v1/agents/"+ref, `{}`).expect(201)
		put = append(put, ref)
	}
	h.do("PUT", "/v1/agents/"+put[0], `{"team":"north"}`).expect(200) // keeps its place
	var read []string
	next := ""
	for page := range 4 {
		a := h.get("/v1/agents?limit=2" + next).expect(200)
		for _, m := range regexp.MustCompile(`"ref":"([^"]*)"`).FindAllStringSubmatch(string(a.body), -1) {
			read = append(read, m[1])
		}
		if cursor := strings.Trim(a.at("next"), `"`); (cursor == "null") != (page == 3) {
			t.Fatalf("page %d: next is %s", page, cursor)
		} else {
			next = "&cursor=" + cursor
		}
	}
	if !slices.Equal(read, put) {
		t.Errorf("the pages list %v, want %v", read, put)
	}
	h.get("/v1/agents?limit=7").expect(200).want("agents.6.ref", `"`+put[6]+`"`, "next", "null")
	h.get("/v1/agents?limit=0").problem(422, "invalid_number", "limit")
	h.get("/v1/agents?cursor=x").problem(422, "invalid_cursor", "cursor")
}

// TestBoundKeysAndTeams: who else works for the house is none of a bound key's
// business; of its own campaign's agents it sees the teams.
func TestBoundKeysAndTeams(t *testing.T) {
	h := newFloor(t)
	h.do("PUT", "/v1/agents/only-of-alien", `{"name":"X","team":"far"}`).expect(201)
	h.do("POST", "/v1/campaigns/alien-7/attempts", `{"ref":"c-9","lead":"l-9","agent":"only-of-alien","started_at":"2026-11-02T09:00:00Z","result":"busy"}`).expect(200)
	for _, role := range []string{campaign.RoleViewer, campaign.RoleTeamLead, campaign.RoleFinance, campaign.RoleAdmin} {
		auth := []string{"Authorization", "Bearer " + h.newKey(role, "spring")}
		h.do("GET", "/v1/agents", nil, auth...).problem(403, "forbidden", "")
		h.do("PUT", "/v1/agents/a-1", `{}`, auth...).problem(403, "forbidden", "")
		there, gone := h.do("GET", "/v1/agents/only-of-alien", nil, auth...), h.do("GET", "/v1/agents/of-nobody", nil, auth...)
		if there.problem(403, "forbidden", "").at("detail") != gone.problem(403, "forbidden", "").at("detail") {
			t.Errorf("%s and %s", there.body, gone.body)
		}
		a := h.do("GET", "/v1/kpis/report?campaigns=*&from=2026-11-01&to=2026-12-01&kpi=dials&group_by=team", nil, auth...)
		if a.expect(200).want("groups.0.key", `{"team":"north"}`, "groups.1", "null"); strings.Contains(string(a.body), "far") {
			t.Errorf("a %s key of spring reads %s", role, a.body)
		}
	}
}

// TestAgentChangesTeam: teams are read as they are now, whatever the window.
func TestAgentChangesTeam(t *testing.T) {
	h := newHouse(t)
	for _, ref := range []string{"east", "west"} {
		h.do("PUT", "/v1/campaigns/"+ref, spring).expect(201)
	}
	h.do("PUT", "/v1/agents/ann", `{"name":"Ann","team":"north"}`).expect(201)
	h.do("PUT", "/v1/agents/bob", `{"team":"north"}`).expect(201)
	h.do("PUT", "/v1/agents/cleo", `{"name":"Cleo"}`).expect(201)
	// Ann and Bob dial the same lead of east; Cleo has no team, Dan was never put, and
	// one call names nobody. Ann works in west too.
	h.stream("/v1/campaigns/east/attempts", `{"ref":"1","lead":"l-1","agent":"ann","started_at":"2026-11-02T09:00:00Z","result":"answered","answered_by":"human","disposition":"SALE"}
		{"ref":"2","lead":"l-1","agent":"bob","started_at":"2026-11-03T09:00:00Z","result":"busy"}
		{"ref":"3","lead":"l-2","agent":"cleo","started_at":"2026-11-03T10:00:00Z","result":"busy"}
		{"ref":"4","lead":"l-3","agent":"dan","started_at":"2026-11-03T10:00:00Z","result":"busy"}
		{"ref":"5","lead":"l-3","started_at":"2026-11-03T11:00:00Z","result":"busy"}`).expect(200)
	h.do("POST", "/v1/campaigns/west/attempts", `{"ref":"1","lead":"l-1","agent":"ann","started_at":"2026-11-02T09:00:00Z","result":"busy"}`).expect(200)

	const window = "from=2026-11-01&to=2026-12-01&group_by=team&kpi="
	const east, pooled = "/v1/campaigns/east/kpis?" + window, "/v1/kpis/report?campaigns=*&" + window
	for _, kpis := range []string{"dials,sales,calls_per_agent", "dials,sales,calls_per_agent,leads_dialed,calls_per_lead"} {
		a := h.get(east+kpis).expect(200).want(
			"groups.0.key", `{"team":"north"}`, "groups.0.kpis.dials.value", "2", "groups.0.kpis.sales.value", "1",
			"groups.0.kpis.calls_per_agent.numerator", "2", "groups.0.kpis.calls_per_agent.denominator", "2",
			"groups.1.key", `{"team":null}`, "groups.1.kpis.dials.value", "3", "groups.1.kpis.sales.value", "0",
			"groups.1.kpis.calls_per_agent.numerator", "2", "groups.1.kpis.calls_per_agent.denominator", "2", "groups.2", "null")
		if strings.Contains(kpis, "leads_dialed") { // both dialed the one lead
			a.want("groups.0.kpis.leads_dialed.value", "1", "groups.1.kpis.leads_dialed.value", "2", "groups.0.kpis.calls_per_lead.value", "2")
		}
		a = h.get(pooled+kpis).expect(200).want("groups.0.kpis.dials.value", "3", "groups.0.kpis.calls_per_agent.denominator", "2", "groups.1.kpis.dials.value", "3")
		if strings.Contains(kpis, "leads_dialed") {
			a.want("groups.0.kpis.leads_dialed.value", "2", "groups.1.kpis.leads_dialed.value", "2")
		}
	}
	h.get(east+"leads").problem(422, "grouping_not_served", "group_by")
	h.get(east+"cost_per_call").problem(422, "grouping_not_served", "group_by")

	// Ann moves, and her past with her: the sale is the south's now, though
	// she made it as one of the north.
	h.do("PUT", "/v1/agents/ann", `{"name":"Ann","team":"south"}`).expect(200)
	h.get(east+"dials,sales").expect(200).want("groups.0.key", `{"team":"north"}`, "groups.0.kpis.dials.value", "1", "groups.0.kpis.sales.value", "0",
		"groups.1.key", `{"team":"south"}`, "groups.1.kpis.dials.value", "1", "groups.1.kpis.sales.value", "1", "groups.2.key", `{"team":null}`)
	h.get(pooled+"dials&group_by=team,day").problem(422, "duplicate_parameter", "group_by")
	h.get("/v1/kpis/report?campaigns=*&from=2026-11-01&to=2026-12-01&group_by=team,day&kpi=dials").expect(200).want(
		"groups.0.key", `{"day":"2026-11-03","team":"north"}`, "groups.1.key", `{"day":"2026-11-02","team":"south"}`, "groups.1.kpis.0.value", "2")
}

// TestPastInTheTeamsOfNow: a report as of an earlier instant is of the facts known
// then, in the teams of now.
func TestPastInTheTeamsOfNow(t *testing.T) {
	h := newSpring(t)
	h.do("PUT", "/v1/agents/ann", `{"team":"north"}`).expect(201)
	h.do("PUT", "/v1/agents/bob", `{"team":"south"}`).expect(201)
	const call = `{"ref":"1","lead":"l-1","agent":"%s","started_at":"2026-11-02T09:00:00Z","result":"busy","updated_at":"2026-11-0%dT00:00:00Z"}`
	h.store.SetClock(func() time.Time { return now.Add(-2 * time.Hour) })
	h.do("POST", "/v1/campaigns/spring/attempts", fmt.Sprintf(call, "ann", 2)).expect(200)
	h.store.SetClock(func() time.Time { return now.Add(-time.Hour) })
	h.do("POST", "/v1/campaigns/spring/attempts", fmt.Sprintf(call, "bob", 3)).expect(200)
	h.do("PUT", "/v1/agents/ann", `{"team":"east"}`).expect(200)
	const ask = "/v1/campaigns/spring/kpis?from=2026-11-01&to=2026-12-01&group_by=team&kpi=dials"
	h.get(ask).expect(200).want("groups.0.key", `{"team":"south"}`, "groups.1", "null")
	// Only an older version of the call names Ann.
	h.get(ask+"&as_of=2026-11-20T10:30:00Z").expect(200).want("groups.0.key", `{"team":"east"}`, "groups.1", "null")
}

// TestHourOfTheWeekWhereTheLeadLives: a campaign of Lisbon, called at 09:30 there.
func TestHourOfTheWeekWhereTheLeadLives(t *testing.T) {
	h := newSpring(t)
	h.stream("/v1/campaigns/spring/leads", `{"ref":"kathmandu","generated_at":"2026-10-19T09:30:00Z","time_zone":"Asia/Kathmandu"}
		{"ref":"berlin","generated_at":"2026-10-19T09:30:00Z","time_zone":"Europe/Berlin"}
		{"ref":"nowhere","generated_at":"2026-10-19T09:30:00Z"}`).expect(200)
	// Clocks go back on 25 October in Lisbon and Berlin, never in Kathmandu.
	h.stream("/v1/campaigns/spring/attempts", `{"ref":"1","lead":"kathmandu","started_at":"2026-10-19T08:30:00Z","result":"busy"}
		{"ref":"2","lead":"kathmandu","started_at":"2026-10-26T09:30:00Z","result":"busy"}
		{"ref":"3","lead":"berlin","started_at":"2026-10-19T08:30:00Z","result":"busy"}
		{"ref":"4","lead":"berlin","started_at":"2026-10-26T09:30:00Z","result":"busy"}
		{"ref":"5","lead":"nowhere","started_at":"2026-10-26T09:30:00Z","result":"busy"}`).expect(200)
	const ask = "/v1/campaigns/spring/kpis?from=2026-10-01&to=2026-12-01&kpi="
	h.get(ask+"dials&group_by=hour_of_week").expect(200).want("groups.0.key", `{"hour_of_week":9}`, "groups.0.kpis.0.value", "5", "groups.1", "null")
	// 08:30 UTC and 09:30 UTC are 14:15 and 15:15 in Kathmandu, both 10:30 in Berlin.
	h.get(ask+"dials,leads_dialed&group_by=lead_hour_of_week").expect(200).want(
		"groups.0.key", `{"lead_hour_of_week":10}`, "groups.0.kpis.0.value", "2", "groups.0.kpis.1.value", "1",
		"groups.1.key", `{"lead_hour_of_week":14}`, "groups.1.kpis.0.value", "1", "groups.2.key", `{"lead_hour_of_week":15}`, "groups.2.kpis.0.value", "1",
		"groups.3.key", `{"lead_hour_of_week":null}`, "groups.3.kpis.0.value", "1", "groups.4", "null")
	h.get(ask+"leads&group_by=lead_hour_of_week").expect(200).want("groups.0.key", `{"lead_hour_of_week":11}`, "groups.1.key", `{"lead_hour_of_week":15}`,
		"groups.2.key", `{"lead_hour_of_week":null}`)
	h.get(ask+"cost_per_call&group_by=lead_hour_of_week").problem(422, "grouping_not_served", "group_by")
	h.get(ask+"calls_per_agent&group_by=lead_hour_of_week").problem(422, "grouping_not_served", "group_by")
	// A lead who moves takes the past along, and one whose zone is cleared has none.
	h.do("POST", "/v1/campaigns/spring/leads", `[{"ref":"kathmandu","time_zone":"Europe/Berlin"},{"ref":"berlin","time_zone":null}]`).expect(200)
	h.get(ask+"dials&group_by=lead_hour_of_week").expect(200).want("groups.0.key", `{"lead_hour_of_week":10}`, "groups.0.kpis.0.value", "2",
		"groups.1.key", `{"lead_hour_of_week":null}`, "groups.1.kpis.0.value", "3")
	h.get("/v1/campaigns/spring/leads/kathmandu").expect(200).want("time_zone", `"Europe/Berlin"`)
	// Pooled, hours join by their number, in whatever zone the campaigns are.
	h.do("PUT", "/v1/campaigns/autumn", strings.Replace(spring, "Europe/Lisbon", "America/New_York", 1)).expect(201)
	h.do("POST", "/v1/campaigns/autumn/attempts", `{"ref":"1","lead":{"ref":"l","time_zone":"Europe/Berlin"},"started_at":"2026-11-02T09:30:00Z","result":"busy"}`).expect(200)
	h.get("/v1/kpis/report?campaigns=*&from=2026-10-01&to=2026-12-01&kpi=dials&group_by=lead_hour_of_week").expect(200).want(
		"groups.0.key", `{"lead_hour_of_week":10}`, "groups.0.kpis.0.value", "3", "groups.1.key", `{"lead_hour_of_week":null}`)
	h.do("POST", "/v1/campaigns/spring/leads", `{"ref":"l","time_zone":"Mars/Olympus"}`).expect(422).want("rejected.0.code", `"invalid_zone"`, "rejected.0.field", `"time_zone"`)
}
