package api_test

import (
	"encoding/json"
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"

	"ringside/api"
)

const (
	queuePage = "/queues/support"
	// queueWeek holds the calls of deskCalls, queueKPIs what the API says of them.
	queueWeek = "?from=2026-11-02&to=2026-11-04"
	// deskCalls are two days of the queue support, and two calls of 20 November, 12:00, when
	// it is now: one has waited for 90 s.
	deskCalls = `[
		{"ref":"a","offered_at":"2026-11-02T09:00:00Z","answered_at":"2026-11-02T09:00:05Z","ended_at":"2026-11-02T09:01:05Z","wrap_s":10,"agent":"ann","topic":"bill","channel":"phone","customer":"c-1","resolved":true},
		{"ref":"b","offered_at":"2026-11-02T09:40:00Z","answered_at":"2026-11-02T09:40:30Z","agent":"bob","topic":"bill","channel":"chat"},
		{"ref":"c","offered_at":"2026-11-03T09:00:00Z","abandoned_at":"2026-11-03T09:00:10Z","topic":"تغيير"},
		{"ref":"d","offered_at":"2026-11-03T09:01:00Z","abandoned_at":"2026-11-03T09:02:40Z"},
		{"ref":"e","offered_at":"2026-11-20T11:58:30Z","topic":"bill","channel":"phone"},
		{"ref":"f","offered_at":"2026-11-20T11:59:50Z","answered_at":"2026-11-20T11:59:55Z","agent":"ann","topic":"bill","channel":"phone"}]`
)

// newDesk is a house with the queue support, its calls, and what its agents do.
func newDesk(t testing.TB) *house {
	h := newQueue(t)
	h.do("POST", calls, deskCalls).expect(200)
	h.do("POST", "/v1/agent-states", `[{"agent":"ann","state":"on_call","from":"2026-11-20T11:59:55Z"},{"agent":"zoe","state":"away","from":"2026-11-20T11:00:00Z"}]`).expect(200)
	return h
}

func TestQueuePage(t *testing.T) {
	h := newDesk(t)
	h.page(queuePage+queueWeek).shows("Support", "Europe/Lisbon", "2 Nov 2026 to 3 Nov 2026",
		"Waiting 1 Longest wait 1 min 30 s", "longer than the 20 s of the service level", "Available 0 On a call 1", "Of the one agent who answered here in the last 7 days.", "ann since 11:59",
		"Service level 33.33 % 1 / 3", "95 % interval 6.1–79.2 %", "Answered within 20 s, of the calls offered but those given up within 20 s.",
		"Average speed of answer 18 s 35 s / 2", "Inbound abandonment rate 50.00 % 2 / 4", "Average handle time 1 min 10 s 1 min 10 s / 1", "no data of 1",
		"First-contact resolution 100.00 % 1 / 1", "Calls offered 4", "Calls blocked 0",
		"Service level by hour", "up to 5 s 1 50.0 % 0 0.0 % 0.0 % 0 / 4", "5 s to 10 s 0 0.0 % 1 50.0 % 33.3 % 1 / 3", "1 min to 2 min 0 0.0 % 1 50.0 % 100.0 % 1 / 1",
		"ann", "bob", "phone", "chat", "bill", "تغيير").lacks("style=", "<script>", h.key, "2 min to 5 min", ">zoe<").links(h)
	h.page(queuePage+queueWeek+"&service_level_s=30&service_level_method=abandons_bad").shows("Service level 50.00 % 2 / 4", "Answered within 30 s, of all calls offered.")
	h.page(queuePage+queueWeek+"&grain=half_hour").shows("Service level by half hour", "2 Nov 09:00 100.00 % 1 / 1", "2 Nov 09:30 0.00 % 0 / 1").links(h)
	h.page(queuePage+queueWeek+"&grain=day").shows("Service level by day", "Mon 2 Nov 50.00 % 1 / 2", "Tue 3 Nov 0.00 % 0 / 1")
	h.page(queuePage+queueWeek+"&agent=ann").shows("Agent: ann", "Service level not by this filter", "Waits are not kept by agent", "Average speed of answer 5.0 s 5.0 s / 1").links(h)
	h.page(queuePage+queueWeek+"&topic=bill").shows("Topic: bill", "Service level 50.00 % 1 / 2")
	h.page(queuePage+"/by/topic"+queueWeek).shows("Topics", "تغيير 1", "not said 1").links(h)
	for query, says := range map[string]string{"grain=year": "is not a grain", "grain=half_hour&range=last_28_days": "at most 8 days", "service_level_s=9000": "not between 0 and 7200", "list=L": "not a parameter"} {
		if page := h.page(queuePage + "?" + query).expect(422); !strings.Contains(page.text(), says) {
			t.Errorf("%s: %s", query, page.text())
		}
	}
	h.page("/queues/none").expect(404)
	h.page("/campaigns/queue%2Fsupport").expect(404)
}

// TestQueuePageSaysWhatTheAPISays holds each headline to the API's figure, and its parts to
// as many calls behind them, on the page and as CSV.
func TestQueuePageSaysWhatTheAPISays(t *testing.T) {
	h := newDesk(t)
	page := string(h.page(queuePage + queueWeek).expect(200).body)
	for _, id := range []string{"service_level", "inbound_abandonment_rate", "first_contact_resolution"} {
		figure := h.get("/v1/queues/support/kpis" + queueWeek + "&kpi=" + id).json()["kpis"].([]any)[0].(map[string]any)
		for _, part := range []string{"numerator", "denominator"} {
			link := regexp.MustCompile(`<a href="([^"]*)" id="` + id + `-` + part + `">([^<]*)</a>`).FindStringSubmatch(page)
			want := figure[part].(json.Number).String()
			if link == nil || link[2] != want {
				t.Fatalf("%s: its %s is %v on the page, the API says %s", id, part, link, want)
			}
			behind := html.UnescapeString(link[1])
			if rows := strings.Count(string(h.page(behind).shows("The calls behind a figure").body), "<tr>") - 1; fmt.Sprint(rows) != want {
				t.Errorf("%s: %d facts behind %s", id, rows, want)
			}
			csv := string(h.page(strings.Replace(behind, "/calls?", "/calls.csv?", 1)).expect(200).body)
			if lines := strings.Count(csv, "\r\n") - 1; fmt.Sprint(lines) != want {
				t.Errorf("%s: %d lines for %s: %s", id, lines, want, csv)
			}
		}
	}
	h.page(queuePage+"/calls?range=today&kpi=calls_waiting").shows("1 call , shown: 1 to 1", "2026-11-20 11:58:30 e")
	csv := string(h.page(queuePage + "/by/day" + queueWeek + "&format=csv").expect(200).body)
	if !strings.HasPrefix(csv, "queue,from,to,time_zone,as_of,day,id,value") || strings.Count(csv, ",offered,") != 2 {
		t.Errorf("by day: %s", csv)
	}
	csv = string(h.page(queuePage + "/patience.csv" + queueWeek).expect(200).body)
	if lines := strings.Split(strings.TrimSpace(csv), "\r\n"); len(lines) != 11 || lines[0] != "queue,from,to,time_zone,over_s,up_to_s,answered,abandoned,waiting_before" || !strings.HasSuffix(lines[2], ",5,10,0,1,3") || !strings.HasSuffix(lines[10], ",1800,,0,0,0") {
		t.Errorf("patience: %s", csv)
	}
	h.page(queuePage + "/patience.csv" + queueWeek + "&agent=ann").expect(422)
}

// TestQueuePageByRole: who may not read calls gets no link to them, and who is bound to
// queues does not learn what agents do.
func TestQueuePageByRole(t *testing.T) {
	h := newDesk(t)
	for role, want := range map[string]bool{"viewer": false, "finance": false, "team_lead": true, "admin": true} {
		a := h.do("GET", queuePage+queueWeek, nil, "Authorization", "Bearer "+h.newKey(role), "Accept", "text/html").expect(200)
		if got := strings.Contains(string(a.body), "/calls?"); got != want {
			t.Errorf("%s: links to calls: %v", role, got)
		}
	}
	h.do("PUT", "/v1/queues/alien-7", strings.Replace(support, "Support", "Alien-7", 1)).expect(201)
	bound := h.newKey("team_lead", "queue/support")
	a := h.do("GET", queuePage+queueWeek, nil, "Authorization", "Bearer "+bound, "Accept", "text/html").shows("told to people who are bound to no campaign or queue").lacks(`href="/service"`, "since 11:59")
	if strings.Contains(a.text(), "On a call") {
		t.Error("a bound key is told what agents do")
	}
	h.do("GET", "/queues", nil, "Authorization", "Bearer "+bound, "Accept", "text/html").shows("1 queue, today").lacks("Alien")
	h.do("GET", "/queues/alien-7", nil, "Authorization", "Bearer "+bound, "Accept", "text/html").expect(404)
	h.do("GET", "/service", nil, "Authorization", "Bearer "+bound, "Accept", "text/html").expect(403)
}

func TestQueuesPage(t *testing.T) {
	h := newHouse(t)
	h.page("/queues").shows("No queues yet", "curl -X PUT")
	h = newDesk(t)
	h.do("PUT", "/v1/queues/quiet", `{"name":"خدمة","time_zone":"Asia/Kathmandu"}`).expect(201)
	h.do("PUT", "/v1/targets/t", `{"kpi":"inbound_abandonment_rate","queue":"quiet","comparator":"<=","value":0.1,"from":"2026-11-01","to":"2026-11-10"}`).expect(201)
	page := h.page("/queues").shows("2 queues, each today", "1 call waits, for 1 min 30 s: longer than 20 s", "Support support · Europe/Lisbon", "خدمة quiet · Asia/Kathmandu", "nothing unusual", "50.00 % 1 / 2 within 20 s").links(h)
	if text := page.text(); strings.Index(text, "Support support") > strings.Index(text, "خدمة quiet") {
		t.Error("the queue with a call that waits does not come first")
	}
	h.page("/queues?q=zzz").shows("No queue has “zzz” in its name or ref.")
	h.do("POST", "/v1/queues/quiet/calls", `{"ref":"x","offered_at":"2026-11-02T09:00:00Z","abandoned_at":"2026-11-02T09:00:10Z"}`).expect(200)
	text := h.page("/queues").shows("Alarm Inbound abandonment rate, target ≤ 10.00 %").text()
	if strings.Index(text, "Support support") < strings.Index(text, "خدمة quiet") {
		t.Error("the queue that misses its target does not come first")
	}
	h.page("/").shows("1 target is missed", "خدمة").links(h)
}

// TestFloorPage puts a campaign's calls beside those of the queues that name it.
func TestFloorPage(t *testing.T) {
	h := newDesk(t)
	h.do("PUT", "/v1/campaigns/spring", spring).expect(201)
	h.page("/campaigns/spring/floor").shows("No queue belongs to this campaign.", `"campaigns":["spring"]`)
	h.page("/campaigns/spring").lacks("/floor")
	named := strings.Replace(support, "{", `{"campaigns":["spring"],`, 1)
	h.do("PUT", "/v1/queues/support", named).expect(200)
	h.page("/campaigns/spring/floor"+queueWeek).shows("Outbound", "Dials 0", "Inbound", "Waiting 1 Longest wait 1 min 30 s", "Calls offered 4", "Service level 33.33 % 1 / 3").links(h)
	h.do("PUT", "/v1/queues/more", strings.Replace(named, "Support", "More", 1)).expect(201)
	h.do("POST", "/v1/queues/more/calls", `{"ref":"x","offered_at":"2026-11-02T09:00:00Z","answered_at":"2026-11-02T09:00:10Z"}`).expect(200)
	h.page("/campaigns/spring/floor"+queueWeek).shows("Calls offered 5", "Service level 50.00 % 2 / 4", "Waiting 1 Longest wait 1 min 30 s", "More more").links(h)
	h.page("/campaigns/spring").shows("The floor: outbound and inbound")
	h.page(queuePage).shows("beside campaign Spring")
	bound := h.newKey("viewer", "spring")
	h.do("GET", "/campaigns/spring/floor", nil, "Authorization", "Bearer "+bound, "Accept", "text/html").shows("No queue belongs")
}

// TestLiveQueueViews: a call that is posted moves what is shown of its queue, a state what
// is shown of its agents.
func TestLiveQueueViews(t *testing.T) {
	t.Parallel()
	h := newDesk(t)
	h.do("PUT", "/v1/campaigns/spring", spring).expect(201)
	h.do("PUT", "/v1/queues/support", strings.Replace(support, "{", `{"campaigns":["spring"],`, 1)).expect(200)
	server, _ := h.serveLive(api.LiveLimits{})
	for i, of := range []struct{ view, moves, shows string }{{queuePage, "now", `>2</a>`}, {"/queues", "queues", `>3</td>`}, {"/campaigns/spring/floor", "inbound", `>4</dd>`}} {
		b := h.openView(server, h.key, of.view)
		b.regions()
		h.do("POST", calls, fmt.Sprintf(`{"ref":"live-%d","offered_at":"2026-11-20T11:59:00Z"}`, i)).expect(200)
		if shown := b.regions()[of.moves]; !strings.Contains(shown, of.shows) {
			t.Errorf("%s: after a call %s shows %s", of.view, of.moves, shown)
		}
	}
	b := h.openView(server, h.key, queuePage)
	b.regions()
	h.do("POST", "/v1/agent-states", `{"agent":"ann","state":"wrap","from":"2026-11-20T11:59:58Z"}`).expect(200)
	if shown := b.regions()["now"]; !strings.Contains(shown, `data-key="state-wrap">1<`) {
		t.Errorf("after a state: %s", shown)
	}
	s := h.openView(server, h.key, "/service")
	s.regions()
	h.do("POST", "/v1/cases", `{"ref":"k","opened_at":"2026-11-20T11:00:00Z"}`).expect(200)
	if shown := s.regions()["cases"]; !strings.Contains(shown, `id="backlog_under_1d">1<`) {
		t.Errorf("after a case: %s", shown)
	}
}
