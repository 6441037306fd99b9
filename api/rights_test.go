package api_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ringside/api"
	"ringside/campaign"
)

const (
	// phone stands in every place of floor's facts where one could stand.
	phone       = "+351 958 317 246"
	phoneParts  = "9583172"
	sourceItem  = `{"kind":"mapped","time_zone":"UTC","auth":{"type":"query_token","secret":"open"}}`
	queueItem   = `{"name":"Spring","time_zone":"UTC"}`
	measureItem = `{"ref":"%s","name":"spend","campaign":"%s","at":"2026-11-02T09:00:00Z","value":1.5}`
	ownItem     = `{"name":"Spend","formula":"spend / 2","unit":"count","direction":"neutral"}`
	targetItem  = `{"kpi":"dials","campaign":"%s","comparator":">=","value":5,"from":"2026-11-01","to":"2026-12-01"}`
	callItem    = `{"ref":"in-1","customer":"` + phone + `","offered_at":"2026-11-02T09:00:00Z","answered_at":"2026-11-02T09:00:07Z","ended_at":"2026-11-02T09:01:00Z"}`
	costItem    = `{"ref":"%s","campaign":"%s","category":"labour","amount":"9.00","currency":"EUR","from":"2026-11-01T00:00:00Z","to":"2026-11-02T00:00:00Z","note":"ask ` + phone + `"}`
	attempt     = `{"ref":"%s","lead":{"ref":"l-1","phone":"` + phone + `","name":"Ana ` + phone + `","attributes":{"mobile":"` + phone + `"}},"agent":"a-1","started_at":"2026-11-02T09:00:00Z",` +
		`"result":"answered","answered_by":"human","ended_at":"2026-11-02T09:01:00Z","disposition":"SALE","amount":"9.00","phone":"` + phone + `"}`
)

// newFloor is a house with two campaigns of the same facts, each with a queue of the
// same ref: spring, and alien-7, which spring's keys must learn nothing of.
func newFloor(t testing.TB) *house {
	h := newSpring(t)
	h.do("PUT", "/v1/campaigns/alien-7", strings.Replace(spring, `"Spring"`, `"Alien-7"`, 1)).expect(201)
	for _, ref := range []string{"spring", "alien-7"} {
		h.do("POST", "/v1/campaigns/"+ref+"/attempts", fmt.Sprintf(attempt, "c-1")).expect(200)
		h.do("POST", "/v1/campaigns/"+ref+"/outcomes", `{"attempt":"c-1","note":"call back on `+phone+`"}`).expect(200)
		h.do("POST", "/v1/campaigns/"+ref+"/leads", `{"ref":"l-1","generated_at":"2026-11-01T09:00:00Z"}`).expect(200)
		h.do("POST", "/v1/costs", fmt.Sprintf(costItem, "k-1", ref)).expect(200)
		h.do("PUT", "/v1/queues/"+ref, strings.Replace(queueItem, "Spring", ref, 1)).expect(201)
		h.do("POST", "/v1/queues/"+ref+"/calls", callItem).expect(200)
		h.do("POST", "/v1/measures", fmt.Sprintf(measureItem, "m-1", ref)).expect(200)
		h.do("PUT", "/v1/targets/"+map[string]string{"spring": "t-spring", "alien-7": "t-other"}[ref], fmt.Sprintf(targetItem, ref)).expect(201)
	}
	for route, item := range serviceItems {
		method, path, _ := strings.Cut(route, " ")
		h.do(method, path, item).expect(200)
	}
	h.do("PUT", "/v1/agents/a-1", `{"team":"north"}`).expect(201)
	h.do("PUT", "/v1/sources/s-1", sourceItem).expect(201)
	h.do("GET", "/hooks/s-1/call?call=c-9&token=open&phone="+url.QueryEscape(phone), nil).want("parked", "1")
	return h
}

// newKey makes a key, bound to campaigns if any are named.
func (h *house) newKey(role string, campaigns ...string) string {
	h.Helper()
	full, _, err := h.store.CreateKey(h.Context(), role, "a "+role, campaigns...)
	if err != nil {
		h.Fatal(err)
	}
	return full
}

// monthFor leaves October open where a route closes it, and closed for the others.
func (h *house) monthFor(r api.GuardedRoute) {
	h.Helper()
	if !strings.HasPrefix(r.Path, "/v1/periods/") {
		return
	}
	october, do := campaign.DayOfDate(2026, 10, 1), h.store.ClosePeriod
	if strings.HasSuffix(r.Path, "/close") {
		do = h.store.ReopenPeriod
	}
	var told *campaign.Error
	for _, ref := range []string{"spring", "alien-7"} {
		if _, err := do(h.Context(), ref, october, campaign.Actor{}); err != nil && !errors.As(err, &told) {
			h.Fatal(err)
		}
	}
}

// call fills in a route and asks it as a role with a key.
func (h *house) call(r api.GuardedRoute, key, role, campaignName string) *answer {
	h.Helper()
	kpi := "dials"
	if role == campaign.RoleFinance {
		kpi = "cost_per_call" // all that finance may look behind
	}
	if strings.HasPrefix(strings.TrimPrefix(r.Path, "/v1"), "/queues") {
		kpi = "offered"
	}
	if strings.HasPrefix(strings.TrimPrefix(r.Path, "/v1"), "/service") {
		kpi = "csat"
	}
	if strings.HasPrefix(r.Path, "/v1/kpis/") {
		kpi = "own"
		if r.Method != "PUT" {
			h.do("PUT", "/v1/kpis/own", ownItem)
		}
	}
	target := "t-other"
	if campaignName == "spring" {
		target = "t-spring"
		h.do("PUT", "/v1/targets/"+target, fmt.Sprintf(targetItem, campaignName))
	}
	path := strings.NewReplacer(":target", target, ":campaign", campaignName, ":queue", campaignName, ":call", "in-1", ":attempt", "c-1", ":lead", "l-1", ":agent", "a-1", ":source", "s-1", "*path", "call", ":hash", "0", "*file", "style.css", ":grouping", "agent", ":kpi", kpi, ":id", "0000", ":month", "2026-10",
		":survey", "f", ":review", "f", ":case", "f", ":customer", "f", ":search", "f", ":state", stateRef).Replace(r.Path)
	h.monthFor(r)
	if strings.HasPrefix(r.Path, "/v1/users/:id") {
		victim, err := h.store.CreateUser(h.Context(), fmt.Sprint("victim-", rand.Text()), campaign.RoleViewer)
		if err != nil {
			h.Fatal(err)
		}
		path = strings.Replace(path, "0000", victim.ID, 1)
	} else if r.Method == "DELETE" {
		_, victim, err := h.store.CreateKey(h.Context(), campaign.RoleViewer, "victim")
		if err != nil {
			h.Fatal(err)
		}
		path = strings.Replace(path, "0000", victim.ID, 1)
	}
	var query []string
	if strings.HasPrefix(path, "/hooks/") {
		query = append(query, "token=open")
	}
	if !strings.HasPrefix(path, "/v1/") && (strings.HasSuffix(path, "/calls") || strings.HasSuffix(path, "/calls.csv")) {
		query = append(query, "kpi="+kpi)
	}
	for name, value := range map[string]string{"from": "2026-11-01", "to": "2026-12-01", "campaign": campaignName, "campaigns": campaignName, "view": "/campaigns/" + campaignName} {
		if slices.Contains(r.Query, name) {
			query = append(query, name+"="+value)
		}
	}
	bodies := map[string]string{
		"PUT /v1/campaigns/:campaign/rates":           `{"telephony":[],"labour":[]}`,
		"PUT /v1/exchange-rates":                      `{"rates":[]}`,
		"PUT /v1/agents/:agent":                       `{"name":"An agent","team":"north"}`,
		"PUT /v1/sources/:source":                     sourceItem,
		"POST /v1/keys":                               `{"role":"viewer","label":"one more"}`,
		"PUT /v1/users/:id":                           `{"role":"viewer","campaigns":null}`,
		"POST /v1/users":                              `{"role":"viewer","name":"` + rand.Text() + `"}`,
		"PUT /v1/campaigns/:campaign":                 spring,
		"POST /v1/campaigns/:campaign/leads":          `{"ref":"l-2","generated_at":"2026-11-01T09:00:00Z"}`,
		"POST /v1/campaigns/:campaign/attempts":       fmt.Sprintf(attempt, "c-2"),
		"POST /v1/campaigns/:campaign/outcomes":       `{"attempt":"c-2","disposition":"SALE"}`,
		"PUT /v1/campaigns/:campaign/leads/:lead/dnc": `{"dnc":true}`,
		"PUT /v1/queues/:queue":                       queueItem,
		"POST /v1/queues/:queue/calls":                callItem,
		"POST /v1/measures":                           fmt.Sprintf(measureItem, "m-2", campaignName),
		"PUT /v1/kpis/:kpi":                           ownItem,
		"PUT /v1/targets/:target":                     fmt.Sprintf(targetItem, campaignName),
		"POST /v1/costs":                              fmt.Sprintf(costItem, "k-2", campaignName),
	}
	maps.Copy(bodies, serviceItems)
	return h.do(r.Method, path+"?"+strings.Join(query, "&"), bodies[r.Method+" "+r.Path], "Authorization", "Bearer "+key)
}

func TestEveryRouteWithEveryRole(t *testing.T) {
	h := newFloor(t)
	routes := h.Guarded()
	for _, r := range routes {
		name := r.Method + " " + r.Path
		want, known := allowed[name]
		if !known {
			t.Errorf("%s is not in this test's table of who may; add it", name)
		}
		open := want == "anybody" || want == "own_proof"
		if told := strings.Join(r.Roles, " "); told != want && !open {
			t.Errorf("%s: the table of rights lets in %s, want %s", name, told, want)
		}
		for _, auth := range []string{"", "Bearer rs_0000_x"} {
			a := h.do(r.Method, strings.NewReplacer(":", "", "*file", "style.css").Replace(r.Path), nil, "Authorization", auth)
			if wants401 := !open; wants401 != (a.status == 401) {
				t.Errorf("%s: with Authorization %q status %d", name, auth, a.status)
			}
		}
		for _, role := range campaign.Roles {
			a := h.call(r, h.newKey(role), role, "spring")
			if slices.Contains(strings.Fields(want), role) || open {
				if a.status >= 300 {
					t.Errorf("%s with the role %s: status %d: %s", name, role, a.status, clip(a.body))
				}
			} else {
				a.problem(403, "forbidden", "")
			}
		}
	}
	// What the engine answers is what the table lists, and nothing beside it.
	served := slices.DeleteFunc(h.Served(), func(name string) bool { // a page answers HEAD as it does GET
		path, head := strings.CutPrefix(name, "HEAD ")
		return head && !strings.HasPrefix(path, "/v1/") && allowed[name] == "" && allowed["GET "+path]+allowedPeople["GET "+path] != ""
	})
	if len(served) != len(routes)+len(h.GuardedPeople()) || len(routes) != len(allowed) {
		t.Errorf("%d routes are served, %d in the table, %d in this test", len(served), len(routes), len(allowed))
	}
	for _, name := range served {
		_, known := allowed[name]
		_, page := allowedPeople[name]
		if !known && !page {
			t.Errorf("%s is served beside the table of routes", name)
		}
	}
}

func TestRouteWithoutALineInTheTableOfRights(t *testing.T) {
	h := newHouse(t)
	defer func() {
		if thrown := fmt.Sprint(recover()); !strings.Contains(thrown, "not in the table of rights: luck") {
			t.Error(thrown)
		}
	}()
	h.AddUnguarded("luck")
}

var ids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)

// TestBoundKeyLearnsNothingOfOthers asks every route, with a key of every role bound
// to spring, for a campaign that is there and for one that is not.
func TestBoundKeyLearnsNothingOfOthers(t *testing.T) {
	h := newFloor(t)
	alien := strings.Trim(h.get("/v1/campaigns/alien-7").at("id"), `"`)
	nobody := alien[:len(alien)-1] + "f"
	same := func(text string) string {
		return ids.ReplaceAllString(strings.NewReplacer("alien-7", "X", "nobody7", "X").Replace(text), "ID")
	}
	for _, role := range campaign.Roles {
		key := h.newKey(role, "spring", campaign.QueueKey("spring"))
		for _, r := range h.Guarded() {
			name := r.Method + " " + r.Path
			if inside := h.call(r, key, role, "spring"); slices.Contains(r.Roles, role) != (inside.status < 300) && r.NeedsKey && !slices.Contains(everywhere, name) {
				t.Errorf("%s with a %s key bound to spring: status %d for spring: %s", name, role, inside.status, clip(inside.body))
			} else if slices.Contains(everywhere, name) {
				inside.problem(403, "forbidden", "")
			} else if strings.Contains(strings.ToLower(string(inside.body)), "alien") || strings.Contains(string(inside.body), alien) {
				t.Errorf("%s with a %s key bound to spring tells of the other campaign: %s", name, role, clip(inside.body))
			}
			for _, pair := range [][2]string{{"alien-7", "nobody7"}, {alien, nobody}} {
				there, gone := h.call(r, key, role, pair[0]), h.call(r, key, role, pair[1])
				if there.status != gone.status || same(string(there.body)) != same(string(gone.body)) {
					t.Errorf("%s with a %s key bound to spring: %d %s, where a campaign that is not there answers %d %s",
						name, role, there.status, clip(there.body), gone.status, clip(gone.body))
				}
				for header := range gone.header {
					if header != "X-Request-Id" && there.header.Get(header) != gone.header.Get(header) {
						t.Errorf("%s: the header %s is %q, else %q", name, header, there.header.Get(header), gone.header.Get(header))
					}
				}
				if strings.Contains(r.Path, ":campaign") && slices.Contains(r.Roles, role) {
					there.problem(404, "not_found", "campaign")
				}
			}
		}
	}
	// Nothing was stored there, and the campaign is as it was.
	h.get("/v1/campaigns/alien-7").want("name", `"Alien-7"`)
	h.get("/v1/campaigns/alien-7/attempts/c-2").expect(404)
	h.get("/v1/campaigns/alien-7/leads/l-2").expect(404)
	h.get("/v1/campaigns/alien-7/leads/l-1").want("dnc", "false")
	h.get("/v1/costs?campaign=alien-7").want("costs.1", "null")
	h.get("/v1/campaigns/nobody7").expect(404)
}

func TestBoundKeyPostsCosts(t *testing.T) {
	h := newFloor(t)
	auth := []string{"Authorization", "Bearer " + h.newKey(campaign.RoleFinance, "spring")}
	items := "[" + fmt.Sprintf(costItem, "k-2", "alien-7") + "," + fmt.Sprintf(costItem, "k-2", "nobody7") + "," + fmt.Sprintf(costItem, "k-2", "spring") + "]"
	h.do("POST", "/v1/costs", items, auth...).expect(200).want("accepted", "1", "rejected_total", "2",
		"rejected.0.code", `"unknown_campaign"`, "rejected.0.message", `"there is no campaign \"alien-7\" among those of this key; GET /v1/me lists them"`,
		"rejected.1.code", `"unknown_campaign"`, "rejected.1.message", `"there is no campaign \"nobody7\" among those of this key; GET /v1/me lists them"`)
	// An atomic post that is refused for something else says no more either.
	for _, name := range []string{"alien-7", "nobody7"} {
		h.do("POST", "/v1/costs?atomic=true", "[{},"+fmt.Sprintf(costItem, "k-3", name)+"]", auth...).expect(422).want("accepted", "0", "rejected_total", "2",
			"rejected.1.code", `"unknown_campaign"`)
	}
	h.get("/v1/costs?campaign=alien-7").want("costs.1", "null")
}

func TestCampaignsAreListedAsFarAsTheKeyKnows(t *testing.T) {
	h := newFloor(t)
	auth := []string{"Authorization", "Bearer " + h.newKey(campaign.RoleViewer, "alien-7", "spring")}
	h.do("GET", "/v1/campaigns", nil, auth...).want("campaigns.0.ref", `"alien-7"`, "campaigns.1.ref", `"spring"`)
	h.do("GET", "/v1/me", nil, auth...).expect(200).want("role", `"viewer"`, "campaigns", `["alien-7","spring"]`, "rights", `["read_reports"]`)
	auth = []string{"Authorization", "Bearer " + h.newKey(campaign.RoleAdmin, "spring")}
	h.do("GET", "/v1/campaigns", nil, auth...).want("campaigns.0.ref", `"spring"`, "campaigns.1", "null")
	if page := string(h.do("GET", "/", nil, auth...).expect(200).body); !strings.Contains(page, "Spring") || strings.Contains(page, "Alien") {
		t.Error(page)
	}
	if rights := h.do("GET", "/v1/me", nil, auth...).at("rights"); strings.Contains(rights, "manage_keys") {
		t.Error("a bound admin key may make unbound keys: ", rights)
	}
}

// TestNoPhoneNumberBelowTeamLead reads all there is to read, with numbers in every
// place they can be posted to.
func TestNoPhoneNumberBelowTeamLead(t *testing.T) {
	h := newFloor(t)
	digits := func(body []byte) string { return regexp.MustCompile(`\D`).ReplaceAllString(string(body), "") }
	for _, role := range []string{campaign.RoleDialer, campaign.RoleViewer, campaign.RoleFinance} {
		key := h.newKey(role)
		for _, r := range h.Guarded() {
			a := h.call(r, key, role, "spring")
			if strings.Contains(digits(a.body), phoneParts) {
				t.Errorf("%s shows a %s key a phone number: %s", a.asked, role, clip(a.body))
			}
		}
		for kpi := range strings.SplitSeq("dials leads conversion_rate cost_per_call revenue", " ") {
			a := h.do("GET", "/v1/campaigns/spring/kpis/"+kpi+"/facts?from=2026-11-01&to=2026-12-01", nil, "Authorization", "Bearer "+key)
			if strings.Contains(digits(a.body), phoneParts) {
				t.Errorf("%s shows a %s key a phone number: %s", a.asked, role, clip(a.body))
			}
		}
	}
	// The numbers are there for those who may see them, and masked, not lost, for finance.
	lead := h.newKey(campaign.RoleTeamLead)
	h.do("GET", "/v1/campaigns/spring/leads/l-1", nil, "Authorization", "Bearer "+lead).expect(200).want(
		"phone", `"`+phone+`"`, "name", `"Ana `+phone+`"`, "attributes", `{"mobile":"`+phone+`"}`)
	h.do("GET", "/v1/campaigns/spring/attempts/c-1", nil, "Authorization", "Bearer "+lead).expect(200).want("phone", `"`+phone+`"`, "note", `"call back on `+phone+`"`)
	finance := h.newKey(campaign.RoleFinance)
	h.do("GET", "/v1/costs?campaign=spring", nil, "Authorization", "Bearer "+finance).expect(200).want("costs.0.note", `"ask +••• ••• ••• •46"`)
	h.get("/v1/costs?campaign=spring").want("costs.0.note", `"ask `+phone+`"`)
}

// TestBehindANumberByRole: calls and leads for team leads, cost entries for finance.
func TestBehindANumberByRole(t *testing.T) {
	h := newFloor(t)
	const w = "/facts?from=2026-11-01&to=2026-12-01"
	team := []string{"Authorization", "Bearer " + h.newKey(campaign.RoleTeamLead)}
	finance := []string{"Authorization", "Bearer " + h.newKey(campaign.RoleFinance)}
	const at = "/v1/campaigns/spring/kpis/"
	h.do("GET", at+"cost_per_call"+w, nil, team...).problem(403, "forbidden", "")
	h.do("GET", at+"cost_per_call"+w+"&part=denominator", nil, team...).expect(200).want("facts.0.kind", `"attempt"`)
	h.do("GET", at+"dials"+w, nil, finance...).problem(403, "forbidden", "")
	h.do("GET", at+"cost_per_call"+w, nil, finance...).expect(200).want("facts.0.kind", `"cost"`)
	links := func(auth []string) string {
		page := string(h.do("GET", "/campaigns/spring?from=2026-11-01&to=2026-12-01", nil, auth...).expect(200).body)
		return strings.Join(regexp.MustCompile(`calls\?[^"]*kpi=\w+&amp;part=\w+`).FindAllString(page, -1), " ")
	}
	if got := links(team); !strings.Contains(got, "kpi=cost_per_call&amp;part=denominator") || strings.Contains(got, "kpi=cost_per_call&amp;part=numerator") {
		t.Errorf("the page links a team lead to %s", got)
	}
	if got := links(finance); !strings.Contains(got, "kpi=cost_per_call&amp;part=numerator") || strings.Contains(got, "conversion_rate") {
		t.Errorf("the page links finance to %s", got)
	}
	if got := links([]string{"Authorization", "Bearer " + h.newKey(campaign.RoleViewer)}); got != "" {
		t.Errorf("the page links a viewer to %s", got)
	}
}

func TestKeysOverHTTP(t *testing.T) {
	h := newFloor(t)
	made := h.do("POST", "/v1/keys", `{"role":"team_lead","label":" Ana's ","campaigns":["spring"]}`).expect(201).want(
		"role", `"team_lead"`, "label", `"Ana's"`, "campaigns", `["spring"]`, "created_at", `"2026-11-20T12:00:00.000Z"`)
	full, id := strings.Trim(made.at("key"), `"`), strings.Trim(made.at("id"), `"`)
	me := h.do("GET", "/v1/me", nil, "Authorization", "Bearer "+full).expect(200).want("id", `"`+id+`"`, "campaigns", `["spring"]`, "rights.0", `"read_reports"`)
	if strings.Contains(me.at("rights"), "configure") {
		t.Error(me.at("rights"))
	}
	list := h.get("/v1/keys").expect(200).want("keys."+id+".role", `"team_lead"`, "keys."+id+".revoked_at", "null",
		"keys."+strings.Trim(h.get("/v1/me").at("id"), `"`)+".campaigns", "null")
	if strings.Contains(string(list.body), full[20:]) {
		t.Error("the list shows a secret")
	}
	h.do("DELETE", "/v1/keys/"+id, nil).expect(204)
	h.do("DELETE", "/v1/keys/"+id, nil).expect(204)
	h.do("GET", "/v1/me", nil, "Authorization", "Bearer "+full).problem(401, "wrong_key", "")
	h.get("/v1/keys").want("keys."+id+".revoked_at", `"2026-11-20T12:00:00.000Z"`)
	h.do("DELETE", "/v1/keys/0000", nil).problem(404, "not_found", "key")
	if strings.Contains(h.log.String(), full[20:]) {
		t.Error("a key stands in the log")
	}
	for _, c := range []struct{ body, code, field string }{
		{`{"role":"boss","label":"x"}`, "invalid_choice", "role"},
		{`{"label":"x"}`, "missing_field", "role"},
		{`{"role":"viewer"}`, "invalid_text", "label"},
		{`{"role":"viewer","label":"x","campaigns":[]}`, "missing_value", "campaigns"},
		{`{"role":"viewer","label":"x","campaigns":["winter"]}`, "unknown_campaign", "campaigns"},
		{`{"role":"viewer","label":"x","campaigns":"spring"}`, "wrong_type", "campaigns"},
		{`{"role":"viewer","label":"x","campaign":"spring"}`, "unknown_field", "campaign"},
	} {
		h.do("POST", "/v1/keys", c.body).problem(422, c.code, c.field)
	}
	h.do("POST", "/v1/keys", "{").problem(400, "invalid_json", "")
}
