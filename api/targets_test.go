package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ringside/api"
	"ringside/campaign"
)

// dialDaily posts so many dials of spring at noon of each day of November, from one day up
// to another.
func (h *house) dialDaily(from, to, dials int) {
	h.Helper()
	var items []string
	for day := from; day <= to; day++ {
		for n := range dials {
			items = append(items, fmt.Sprintf(`{"ref":"c-%d-%d","lead":"l-%d-%d","started_at":"2026-11-%02dT12:00:%02dZ","result":"no_answer"}`, day, n, day, n, day, n))
		}
	}
	h.do("POST", "/v1/campaigns/spring/attempts", "["+strings.Join(items, ",")+"]").expect(200)
}

func (h *house) target(ref, kpi, comparator, value string, more ...string) *answer {
	h.Helper()
	to := "2026-12-01"
	if len(more) > 0 {
		to = more[0]
	}
	return h.do("PUT", "/v1/targets/"+ref, fmt.Sprintf(`{"kpi":"%s","campaign":"spring","comparator":"%s","value":%s,"from":"2026-11-01","to":"%s"}`, kpi, comparator, value, to))
}

// TestTargetsStand: how targets stand as the clock goes on.
func TestTargetsStand(t *testing.T) {
	h := newSpring(t)
	h.dialDaily(10, 19, 10)
	stand := func(ref, state string) *answer {
		t.Helper()
		return h.get("/v1/targets/"+ref).expect(200).want("state", `"`+state+`"`)
	}
	// Noon of 20 November is 19.5 of 30 days. Of last weeks' hours only noon held any.
	h.target("more", "dials", ">=", "300").expect(201).want("state", `"behind"`, "figure.value", "100", "attainment", "0.3333333333333333", "expected_by_calendar", "195")
	h.target("enough", "dials", ">=", "100").expect(201).want("state", `"met"`, "attainment", "1")
	h.target("few", "dials", "<=", "400").expect(201).want("state", `"on_pace"`)
	h.target("fewer", "dials", "<=", "99").expect(201).want("state", `"breached"`)
	h.target("rate", "calls_per_lead", "<=", "1").expect(201).want("state", `"on_pace"`, "figure.value", "1", "expected", "1")
	h.target("answers", "answer_rate", ">=", "0.1").expect(201).want("state", `"breached"`, "figure.value", "0", "forecast.value", "0")
	h.target("conversion", "conversion_rate", ">=", "0.1").expect(201).want("state", `"behind"`)
	h.target("handle", "talk_time", "<=", "200").expect(201).want("state", `"no_data"`, "attainment", "null", "figure.value", "null")
	h.target("later", "dials", ">=", "5", "2026-11-02").expect(201).want("state", `"breached"`)
	h.do("PUT", "/v1/targets/next", `{"kpi":"dials","campaign":"spring","comparator":">=","value":"5","from":"2026-12-01","to":"2027-01-01","stage":"second"}`).expect(201).want("state", `"upcoming"`, "stage", `"second"`, "attainment", "null")

	h.get("/v1/targets?state=breached").expect(200).want("targets.0.ref", `"answers"`, "targets.1.ref", `"fewer"`, "targets.2.ref", `"later"`, "targets.3", "null")
	h.get("/v1/targets?stage=second").expect(200).want("targets.0.ref", `"next"`, "targets.1", "null")
	h.get("/v1/targets?campaign=spring&kpi=calls_per_lead").expect(200).want("targets.0.ref", `"rate"`, "targets.1", "null")
	h.get("/v1/targets?queue=support").expect(200).want("targets.0", "null")
	id := strings.Trim(h.get("/v1/campaigns/spring").expect(200).at("id"), `"`)
	h.get("/v1/targets?kpi=calls_per_lead&campaign="+id).expect(200).want("targets.0.ref", `"rate"`)
	h.get("/v1/targets?state=fine").problem(422, "invalid_choice", "state")
	// In every report beside the value, while the times meet.
	h.get(november+"&kpi=dials").expect(200).want("kpis.0.targets.0.ref", `"enough"`, "kpis.0.targets.4.ref", `"more"`, "kpis.0.targets.5", "null")
	h.get("/v1/campaigns/spring/kpis?from=2026-10-01&to=2026-11-01&kpi=dials").expect(200).want("kpis.0.targets", "null")

	// A fact that is posted shows at once; the end of the time decides.
	h.dialDaily(20, 20, 59)
	stand("more", "behind").want("figure.value", "159")
	h.ahead.Add(int64(11 * 24 * time.Hour))
	stand("more", "breached")
	stand("few", "met")
	stand("enough", "met")
	stand("next", "on_pace")
	stand("conversion", "behind") // sales may still come
	h.ahead.Add(int64(40 * 24 * time.Hour))
	stand("conversion", "breached")
	h.do("DELETE", "/v1/targets/more", "").expect(204)
	h.get("/v1/targets/more").problem(404, "not_found", "target")
}

// TestTargetsPace: what should be there by now follows last weeks' hours where there are
// any.
func TestTargetsPace(t *testing.T) {
	h := newSpring(t)
	h.target("pace", "dials", ">=", "70", "2026-11-29").expect(201).want("expected_by_hours", "null", "forecast.value", "0")
	// Four weeks of dials on Mondays at noon alone: of the target's time, 1 to 29 November,
	// there are four of those, three of them gone by the 20th.
	var items []string
	for _, day := range []string{"2026-10-26", "2026-11-02", "2026-11-09", "2026-11-16"} {
		items = append(items, fmt.Sprintf(`{"ref":"m-%s","lead":"l","started_at":"%sT12:30:00Z","result":"no_answer"}`, day, day))
	}
	h.do("POST", "/v1/campaigns/spring/attempts", "["+strings.Join(items, ",")+"]").expect(200)
	h.ahead.Add(int64(time.Minute)) // what is estimated by is read once a minute
	h.get("/v1/targets/pace").expect(200).want("expected_by_hours", "52.5", "expected", "52.5", "figure.value", "3", "state", `"behind"`, "forecast.value", "4")
}

// TestTargetsOfOwnKPIs: queues, the service scope and KPIs of one's own have targets, too.
func TestTargetsOfOwnKPIs(t *testing.T) {
	h := newQueue(t)
	h.do("POST", "/v1/measures", `[{"ref":"a","name":"assets","at":"2026-11-02T09:00:00Z","value":300},{"ref":"d","name":"debts","at":"2026-11-02T09:00:00Z","value":200}]`).expect(200)
	h.do("PUT", "/v1/kpis/liquidity_index", `{"name":"Liquidity index","formula":"assets / debts","unit":"ratio","direction":"higher_is_better"}`).expect(201)
	h.do("PUT", "/v1/targets/liquid", `{"kpi":"liquidity_index","comparator":">=","value":2,"from":"2026-11-01","to":"2026-12-01"}`).expect(201).
		want("scope", `"service"`, "state", `"breached"`, "attainment", "0.75")
	h.get("/v1/service/kpis"+thatMonth+"&kpi=liquidity_index").expect(200).want("kpis.0.targets.0.ref", `"liquid"`)
	h.do("POST", calls, `{"ref":"in-1","offered_at":"2026-11-02T09:00:00Z","answered_at":"2026-11-02T09:00:30Z"}`).expect(200)
	h.do("PUT", "/v1/targets/fast", `{"kpi":"service_level","queue":"support","comparator":">=","value":0.8,"from":"2026-11-01","to":"2026-12-01"}`).expect(201).
		want("queue", `"support"`, "state", `"breached"`)
	h.get("/v1/queues/support/kpis"+thatMonth+"&kpi=service_level").expect(200).want("kpis.0.targets.0.state", `"breached"`)
	h.do("DELETE", "/v1/kpis/liquidity_index", "").problem(409, "in_use", "kpi")
}

// TestTargetsRefused: each by its field.
func TestTargetsRefused(t *testing.T) {
	h := newSpring(t)
	good := `{"kpi":"dials","campaign":"spring","comparator":">=","value":5,"from":"2026-11-01","to":"2026-12-01"}`
	for change, wrong := range map[string][2]string{
		`"dials"->"nothing"`:               {"unknown_kpi", "kpi"},
		`"dials"->"offered"`:               {"unknown_kpi", "kpi"},
		`"dials"->""`:                      {"missing_field", "kpi"},
		`"spring"->"autumn"`:               {"unknown_campaign", "campaign"},
		`"spring"->"a/b"`:                  {"unknown_campaign", "campaign"},
		`"campaign":"spring"->"queue":"q"`: {"unknown_queue", "queue"},
		`"campaign":"spring",->`:           {"unknown_kpi", "kpi"},
		`">="->">"`:                        {"invalid_choice", "comparator"},
		`:5->:"a"`:                         {"invalid_value", "value"},
		`:5->:1e3`:                         {"invalid_value", "value"},
		`"value":5,->`:                     {"missing_field", "value"},
		`"dials","campaign":"spring","comparator":">=","value":5->"answer_rate","campaign":"spring","comparator":">=","value":5`: {"invalid_value", "value"},
		`2026-12-01->2026-11-01`: {"invalid_window", "to"},
		`2026-12-01->2046-11-01`: {"invalid_window", "to"},
		`2026-11-01->soon`:       {"invalid_time", "from"},
		`,"to":"2026-12-01"->`:   {"missing_field", "to"},
		`"kpi"->"KPI"`:           {"unknown_field", "KPI"},
	} {
		from, to, _ := strings.Cut(change, "->")
		h.do("PUT", "/v1/targets/t", strings.Replace(good, from, to, 1)).problem(422, wrong[0], wrong[1])
	}
	h.do("PUT", "/v1/targets/a%20b", good).problem(422, "invalid_ref", "target")
	h.do("PUT", "/v1/targets/t", good).expect(201)
	h.do("PUT", "/v1/campaigns/autumn", spring).expect(201)
	auth := []string{"Authorization", "Bearer " + h.newKey(campaign.RoleTeamLead, "autumn")}
	h.do("GET", "/v1/targets", nil, auth...).expect(200).want("targets.0", "null")
	h.do("GET", "/v1/targets/t", nil, auth...).problem(404, "not_found", "target")
	h.do("DELETE", "/v1/targets/t", nil, auth...).problem(404, "not_found", "target")
	h.do("PUT", "/v1/targets/t", strings.Replace(good, "spring", "autumn", 1), auth...).problem(409, "taken", "target")
	h.do("PUT", "/v1/targets/u", good, auth...).problem(422, "unknown_campaign", "campaign")
}

// TestTargetsCostNothingToPost: nothing is read or judged for targets when facts come, as
// long as nobody looks.
func TestTargetsCostNothingToPost(t *testing.T) {
	h := newSpring(t)
	store := &counting{Store: h.store}
	h.Server = api.New(api.Options{Store: store, Clock: h.clock})
	h.target("more", "dials", ">=", "300").expect(201)
	store.reports.Store(0)
	h.dialDaily(10, 12, 10)
	if read := store.reports.Load(); read != 0 {
		t.Errorf("%d reports are read for a post", read)
	}
	h.get("/v1/targets").expect(200).want("targets.0.figure.value", "30")
	if read := store.reports.Load(); read == 0 {
		t.Error("nothing is read for who looks; does this test still count?")
	}
}
