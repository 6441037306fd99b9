package api_test

import (
	"encoding/json"
	"html"
	"regexp"
	"strings"
	"testing"
)

const serviceWeek = "?from=2026-11-02&to=2026-11-09"

// served is a house with all that service counts, by hand; it is 20 November, 12:00 UTC.
func served(t testing.TB) *house {
	h := newDesk(t)
	h.do("PUT", "/v1/service", `{"time_zone":"Europe/Lisbon","currency":"EUR"}`).expect(200)
	for collection, items := range map[string]string{
		"cases": `[{"ref":"c-1","channel":"mail","opened_at":"2026-11-02T09:00:00Z","first_reply_at":"2026-11-02T10:00:00Z","resolved_at":"2026-11-03T09:00:00Z"},
			{"ref":"c-2","channel":"phone","opened_at":"2026-11-02T12:00:00Z","first_reply_at":"2026-11-02T15:00:00Z"},
			{"ref":"c-3","channel":"واتساب","opened_at":"2026-11-20T11:30:00Z"}]`,
		"surveys": `[{"ref":"s-1","kind":"csat","score":5,"at":"2026-11-02T09:00:00Z"},{"ref":"s-2","kind":"csat","score":3,"at":"2026-11-02T09:00:00Z"},{"ref":"s-3","kind":"csat","at":"2026-11-02T09:00:00Z"},
			{"ref":"s-4","kind":"nps","score":9,"at":"2026-11-02T09:00:00Z"},{"ref":"s-5","kind":"nps","score":2,"at":"2026-11-02T09:00:00Z"},{"ref":"s-6","kind":"nps","score":1,"at":"2026-11-02T09:00:00Z"}]`,
		"reviews":   `{"ref":"r-1","agent":"ann","at":"2026-11-02T09:00:00Z","categories":[{"name":"a","min":1,"max":5,"picked":3,"weight":2},{"name":"b","min":0,"max":1,"picked":1,"weight":1}]}`,
		"customers": `[{"ref":"u-1","joined_at":"2026-10-01T09:00:00Z","margin":"10.00"},{"ref":"u-2","joined_at":"2026-10-01T09:00:00Z","left_at":"2026-11-03T09:00:00Z","margin":"20.00"}]`,
		"searches":  `[{"ref":"f-1","at":"2026-11-02T09:00:00Z","results":0},{"ref":"f-2","at":"2026-11-02T09:00:00Z","results":3,"opened":true},{"ref":"f-3","at":"2026-11-02T09:00:00Z","results":3}]`,
	} {
		h.do("POST", "/v1/"+collection, items).expect(200)
	}
	return h
}

func TestServicePage(t *testing.T) {
	h := newHouse(t)
	h.page("/service").shows("Nothing to show yet", "curl", "Nobody was asked in these days.").links(h)
	h = served(t)
	h.page("/service"+serviceWeek).shows("Service", "Europe/Lisbon", "2 Nov 2026 to 8 Nov 2026", "Service level 33.33 % 1 / 3", "Requests 6", "First-contact resolution 100.00 % 1 / 1",
		"phone 2 33.3 % 1 1", "chat 1 16.7 % 1 0", "mail 1 16.7 % 0 1", "not said 2 33.3 % 2 0",
		"Resolution rate 50.00 % 1 / 2", "First response time 2 h 0 min", "Resolution time 1 d 0 h", "Open cases 2",
		"Open cases by age Now, whatever the days: 2 open at 20 Nov 2026 12:01", "less than a day 1 50.0 %", "7 to 30 days 1 50.0 %",
		"Customer satisfaction 50.00 % 1 / 2", "2 of 3 told (66.7 %)", "Net promoter score −33.3 −1 / 3", "3 of 3 told (100.0 %)",
		"Internal quality score 66.67 %", "Failed search rate 50.00 % 1 / 2", "Customer retention 50.00 % 1 / 2").
		lacks("style=", "<script>", "Service quality gap</h2>", "Employee engagement</h2>").links(h)
	h.page("/service/by/channel"+serviceWeek).shows("Channels", "mail 1").links(h)
	h.page("/service/by/queue"+serviceWeek).shows("Queues", "support 4")
	h.page("/service/calls"+serviceWeek+"&kpi=csat&part=denominator").shows("The surveys behind a figure", "2 surveys , shown: 1 to 2", "satisfaction (CSAT) 5", "s-2")
	h.page("/service/calls?from=2026-10-01&to=2026-11-21&kpi=open_cases").shows("The cases behind a figure", "c-2", "c-3")
	h.page("/service/calls" + serviceWeek + "&kpi=offered").expect(422)
	if csv := string(h.page("/service/calls.csv" + serviceWeek + "&kpi=nps&part=denominator").expect(200).body); strings.Count(csv, "\r\n") != 4 {
		t.Errorf("surveys: %s", csv)
	}
	if csv := string(h.page("/service/by/channel" + serviceWeek + "&format=csv").expect(200).body); strings.Count(csv, ",request_volume,") != 5 { // one has an open case alone
		t.Errorf("channels: %s", csv)
	}
}

// TestServicePageSaysWhatTheAPISays holds figures of the page to those of the API.
func TestServicePageSaysWhatTheAPISays(t *testing.T) {
	h := served(t)
	page := string(h.page("/service" + serviceWeek).expect(200).body)
	for _, id := range []string{"csat", "resolution_rate", "failed_search_rate", "customer_retention"} {
		figure := h.get("/v1/service/kpis" + serviceWeek + "&kpi=" + id).json()["kpis"].([]any)[0].(map[string]any)
		for _, part := range []string{"numerator", "denominator"} {
			link := regexp.MustCompile(`<a href="([^"]*)" id="` + id + `-` + part + `">([^<]*)</a>`).FindStringSubmatch(page)
			if want := figure[part].(json.Number).String(); link == nil || link[2] != want {
				t.Errorf("%s: its %s is %v on the page, the API says %s", id, part, link, want)
				continue
			}
			h.page(html.UnescapeString(link[1])).shows("behind a figure")
		}
	}
}
