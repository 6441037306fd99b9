package api_test

import (
	"encoding/json"
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"

	"ringside/api/web"
)

const (
	springPage  = "/campaigns/spring"
	springKPIs  = "/v1/campaigns/spring/kpis"
	boardWindow = "?from=2026-11-01&to=2026-12-01"
)

func TestBoardShowsTheWorkedCase(t *testing.T) {
	h := workedCase(t)
	h.page(springPage+boardWindow).shows("Spring", "1 Nov 2026 to 30 Nov 2026",
		"Conversion rate 66.67 % 2 / 3", "95 % interval 20.8–93.9 %", "Calls per lead 2.67 8 / 3", "First-call close rate 33.33 % 1 / 3",
		"Outbound abandonment rate 0.00 % 0 / 4", "Cost per call 12.5000 EUR 100.00 / 8",
		"The days are not over", "lead", "closed 2 66.7 %", "By dial 5, 2 of the 2 leads", "a-1", "a-2", "SALE", "Sale · sale").
		lacks("style=", "<script>", h.key).links(h)
}

// TestBoardSaysWhatTheAPISays holds each headline of the page to the API's figure of
// the same window, and its parts to as many facts behind them.
func TestBoardSaysWhatTheAPISays(t *testing.T) {
	h := workedCase(t)
	page := h.page(springPage + boardWindow).expect(200)
	for _, id := range []string{"conversion_rate", "calls_per_lead", "first_call_close_rate", "outbound_abandonment_rate", "cost_per_call"} {
		figure := h.get(november + "&kpi=" + id).json()["kpis"].([]any)[0].(map[string]any)
		for _, part := range []string{"numerator", "denominator"} {
			link := regexp.MustCompile(`<a href="([^"]*)" id="` + id + `-` + part + `">([^<]*)</a>`).FindStringSubmatch(string(page.body))
			if link == nil {
				t.Errorf("%s: no link to its %s", id, part)
				continue
			}
			var want string
			switch v := figure[part].(type) {
			case json.Number:
				want = v.String()
			case string:
				want = v
			}
			if link[2] != want {
				t.Errorf("%s: its %s is %s on the page, the API says %s", id, part, link[2], want)
			}
			behind := h.page(html.UnescapeString(link[1])).expect(200)
			if rows := strings.Count(string(behind.body), "<tr>") - 1; part == "denominator" && fmt.Sprint(rows) != want {
				t.Errorf("%s: %d facts behind %s", id, rows, want)
			}
		}
	}
}

// TestOddAddresses: a place that is no number is none, and refs of dots are linked so that
// a browser does not take them for steps.
func TestOddAddresses(t *testing.T) {
	h := workedCase(t)
	for _, shown := range []string{"-5", "x", "9223372036854775807", "99"} {
		h.page(springPage+"/calls"+boardWindow+"&kpi=dials&limit=2&shown="+shown).shows("8 calls", "shown: 1 to 2")
	}
	for dots, step := range map[string]string{".": "%252E", "..": "%252E%252E"} {
		h.do("PUT", "/v1/campaigns/"+dots, strings.Replace(spring, "Spring", "Dots", 1)).expect(201)
		h.do("POST", "/v1/campaigns/"+dots+"/attempts", `{"ref":"`+dots+`","lead":"l","started_at":"2026-11-20T09:00:00Z","result":"no_answer"}`).expect(200)
		h.page("/campaigns/"+step).shows("Dots", dots).links(h)
		h.page("/campaigns/" + step + "/calls?kpi=dials&range=today").holds(`href="/campaigns/` + step + `/calls/` + step + `"`).links(h)
	}
}

func TestCallsBehindANumberByPages(t *testing.T) {
	h := workedCase(t)
	first := h.page(springPage+"/calls"+boardWindow+"&kpi=dials&limit=5").shows("The calls behind a figure", "Numerator of Dials: 8", "8 calls , shown: 1 to 5", "no answer", "A1")
	next := regexp.MustCompile(`rel="next" href="([^"]*)"`).FindStringSubmatch(string(first.body))
	if next == nil {
		t.Fatal("there is no next page")
	}
	h.page(html.UnescapeString(next[1])).shows("8 calls , shown: 6 to 8", "From the start").lacks(`rel="next"`)
	h.page(springPage + "/calls" + boardWindow + "&kpi=leads").shows("3 leads , shown: 1 to 3")
	h.page(springPage+"/calls"+boardWindow+"&kpi=cost_per_call").shows("The costs behind a figure", "labour", "100.00 EUR").lacks("entries")
	h.page(springPage+"/calls"+boardWindow+"&kpi=revenue").shows("Numerator of Revenue: 120.50 EUR", "120.00 EUR", "0.50 EUR")
	h.page(springPage + "/calls" + boardWindow + "&kpi=luck").expect(404)
	h.page(springPage + "/calls?kpi=dials&cursor=x").expect(422)
}

// TestBoardByRole: who may not see the facts behind a number gets no link to them.
func TestBoardByRole(t *testing.T) {
	h := workedCase(t)
	for role, want := range map[string]int{"viewer": 0, "finance": 1, "team_lead": 9, "admin": 10} {
		a := h.do("GET", springPage+boardWindow, nil, "Authorization", "Bearer "+h.newKey(role), "Accept", "text/html").expect(200)
		cards, _, _ := strings.Cut(string(a.body), "<dl")
		if got := strings.Count(cards, "/calls?"); got != want {
			t.Errorf("%s: %d links to facts, want %d", role, got, want)
		}
	}
}

func TestBoardFiltered(t *testing.T) {
	h := workedCase(t)
	h.page(springPage+boardWindow+"&agent=a-1").shows("Agent: a-1", "Conversion rate not by this filter", "Calls per lead 5.00 5 / 1", "take the other filters away").links(h)
	h.page(springPage+boardWindow+"&agent=a-2&disposition=SALE").shows("counted from the calls themselves", "Calls per lead 1.00 1 / 1", "First-call close rate not by this filter")
	h.page(springPage+boardWindow+"&list=L&agent=").shows("Agent: without", "Calls per lead no data")
	h.page(springPage+boardWindow+"&list=L").shows("Conversion rate 66.67 %", "By dial 5, 2 of the 2 leads", "lead", "closed 2 66.7 %").links(h)
	h.page(springPage+boardWindow+"&list=").shows("Conversion rate no data 0 / 0", "No lead of these days has been dialed.").links(h)
	h.page(springPage + "?from=2026-01-01&to=2026-12-01&agent=a-1&list=L").expect(422)
	h.page(springPage + "?agent=a&team=b&list=c&source=d").expect(422)
	for query, says := range map[string]string{"range=soon": "is not a range", "from=2026-11-01": "to is missing", "from=2026-12-01&to=2026-11-01": "from is after to", "compare=all": "is neither", "sort=x": "not a parameter"} {
		if page := h.page(springPage + "?" + query).expect(422); !strings.Contains(page.text(), says) {
			t.Errorf("%s: %s", query, page.text())
		}
	}
	h.page(springPage+boardWindow+"&hour_of_week=9&compare=none").shows("Hour of the week: Mon 09:00", "Calls per lead 1.00 3 / 3").links(h)
	h.page(springPage+boardWindow+"&attempt_no=5").shows("Dial of the lead: dial 5", "Calls per lead 1.00 1 / 1")
	h.page(springPage+"/by/attempt_no"+boardWindow).shows("1st dial 3", "dial 5 1")
	h.page(springPage+"/by/hour_of_week"+boardWindow).shows("Mon 09:00 3", "Fri 09:00 1")
	h.page(springPage + "/by/colour").expect(404)
	h.page(springPage + "/by/agent?sort=luck").expect(422)
	h.page(springPage+"/by/day"+boardWindow).shows("Days", "Mon 2 Nov", "Fri 6 Nov")
	h.page("/campaigns/autumn").expect(404)
}

// TestFactsAndTablesFollowFilters: what leads from a filtered page is filtered too.
func TestFactsAndTablesFollowFilters(t *testing.T) {
	h := workedCase(t)
	page := string(h.page(springPage + boardWindow + "&agent=a-1").expect(200).body)
	link := regexp.MustCompile(`<a href="([^"]*)" id="calls_per_lead-numerator">5</a>`).FindStringSubmatch(page)
	if link == nil {
		t.Fatal("no link to the five calls")
	}
	h.page(html.UnescapeString(link[1])).shows("5 calls , shown: 1 to 5", "Agent: a-1").links(h)
	csv := string(h.page(springPage + "/calls.csv" + boardWindow + "&agent=a-1&kpi=dials").expect(200).body)
	if lines := strings.Split(strings.TrimSpace(csv), "\r\n"); len(lines) != 6 || !strings.HasPrefix(lines[0], "kind,at,ref,") || strings.Contains(csv, "a-2") {
		t.Errorf("the five calls are %s", csv)
	}
	h.page(springPage + "/calls.csv" + boardWindow + "&kpi=cost_per_call&agent=a-1").expect(422)
	h.page(springPage + "/calls" + boardWindow + "&kpi=conversion_rate&agent=a-1").expect(422)
	csv = string(h.page(springPage + "/by/day" + boardWindow + "&format=csv&agent=a-1").expect(200).body)
	if !strings.HasPrefix(csv, "campaign,from,to,time_zone,as_of,agent,day,id,value") || strings.Count(csv, ",dials,") != 5 {
		t.Errorf("by day of a-1: %s", csv)
	}
	h.page(springPage + "/by/agent" + boardWindow + "&format=xls").expect(422)
	if facts := h.get(springKPIs + "/dials/facts" + boardWindow + "&agent=a-1&limit=1000").json()["facts"].([]any); len(facts) != 5 {
		t.Errorf("the API lists %d calls of a-1", len(facts))
	}
	h.get(springKPIs + "/operating_cost/facts" + boardWindow + "&agent=a-1").expect(422)
}

func TestBoardComparesWithThePeriodBefore(t *testing.T) {
	h := workedCase(t)
	// The 4th to the 6th: 3 dials of one lead; the three days before: 5 of three.
	h.page(springPage+"?from=2026-11-04&to=2026-11-07").shows("Compared with 1 Nov 2026 to 3 Nov 2026.", "Calls per lead 3.00 3 / 1", "▲ +80.0 %, worse (before: 1.67)", "too early to compare")
	h.page(springPage+"?from=2026-11-04&to=2026-11-07&compare=none").shows("Calls per lead 3.00").lacks("before:", "Compared with")
	// A day that is not over is held against the same hours.
	h.page(springPage+"?range=today").shows("20 Nov 2026", "Compared with 19 Nov 2026 until 12:00.")
}

// TestBoardComparesCostsOfEqualTimes: half a day's calls are not held with a whole
// day's costs against half a day of both.
func TestBoardComparesCostsOfEqualTimes(t *testing.T) {
	h := newSpring(t)
	h.do("POST", "/v1/costs", `{"ref":"rent","campaign":"spring","category":"overhead","amount":"1440.00","currency":"EUR","from":"2026-11-01T00:00:00Z","to":"2026-12-01T00:00:00Z"}`).expect(200)
	for ref, day := range map[string]string{"one": "19", "two": "20"} {
		h.do("POST", attempts, strings.Replace(dial(ref), "2026-11-02", "2026-11-"+day, 1)).expect(200)
	}
	h.page(springPage + "?range=today").shows("Cost per call 48.0000 EUR 48.00 / 1 still moves ● 0.0 %, may be chance (until now: 24.0000 EUR, before: 24.0000 EUR)")
	h.page(springPage + "?range=yesterday").shows("Cost per call 48.0000 EUR 48.00 / 1").lacks("until now")
}

func TestHeatByTheClockOfTheCampaignAndOfLeads(t *testing.T) {
	h := workedCase(t)
	h.page(springPage+"/heat"+boardWindow).shows("When people answer", "Mon", "Sun").links(h)
	h.page(springPage + "/heat" + boardWindow + "&zone=lead").shows("8 dials are to leads whose time zone is not known.")
	part := h.page(springPage + "/heat" + boardWindow + "&part=main").expect(200)
	if text := string(part.body); strings.Contains(text, "<html") || !strings.Contains(text, "Mon 09:00: 33.3\u00a0%, 1\u00a0/\u00a03") {
		t.Error(text)
	}
	h.page(springPage + "/heat?zone=mine").expect(422)
}

const evil = `<img src=x onerror="alert('1')">`

// TestBoardEscapesWhatComesFromOutside gives everything a name of markup.
func TestBoardEscapesWhatComesFromOutside(t *testing.T) {
	h := newHouse(t)
	quoted, _ := json.Marshal(evil)
	name := string(quoted)
	h.do("PUT", "/v1/campaigns/spring", `{"name":`+name+`,"time_zone":"Asia/Kathmandu","currency":"NPR","dial_mode":"predictive","stages":["lead",`+name+`],
		"dispositions":[{"code":`+name+`,"label":`+name+`,"category":"sale","stage":`+name+`},{"code":"\"quoted\"","category":"refusal"}]}`).expect(201)
	h.do("PUT", "/v1/agents/"+strings.NewReplacer("%", "%25", " ", "%20", "<", "%3C", ">", "%3E", `"`, "%22", "/", "%2F").Replace(evil), `{"team":`+name+`}`).expect(201)
	for i, code := range []string{name, `"\"quoted\""`, `"unheard <b>of"`} {
		h.do("POST", attempts, fmt.Sprintf(`{"ref":"c-%d","lead":{"ref":"l-%d","name":%s,"list":%s,"source":"قائمة الربيع","phone":"+977 1"},"agent":%s,"started_at":"2026-11-19T05:00:00Z","result":"answered","answered_by":"human",
			"connected_at":"2026-11-19T05:00:01Z","ended_at":"2026-11-19T05:01:00Z","disposition":%s,"amount":"9876543210.99"}`, i, i, name, name, name, code)).expect(200).want("created", "1")
	}
	for _, path := range []string{"/", "/?q=" + "%3Cimg%20src=x", springPage, springPage + "?agent=%3Cimg%20src%3Dx%3E", springPage + "/by/agent", springPage + "/by/team", springPage + "/by/list", springPage + "/by/source", springPage + "/by/disposition",
		springPage + "/by/category", springPage + "/heat", springPage + "/heat?zone=lead", springPage + "/calls?kpi=dials", springPage + "/calls?kpi=leads"} {
		a := h.page(path).shows()
		a.lacks("<img", "<b>of", `"quoted""`).links(h)
		if open := strings.Count(string(a.body), "onerror=\"alert"); open > 0 {
			t.Errorf("%s: %d names are markup", path, open)
		}
	}
	h.page(springPage).shows("9,876,543,210.99 NPR", `unheard <b>of (1)`, "A code means nothing yet", evil+" · sale")
	h.page(springPage + "/by/source").shows("قائمة الربيع")
}

// TestBoardOfLittle: a campaign without a call, and one with a single lead.
func TestBoardOfLittle(t *testing.T) {
	h := newSpring(t)
	h.page(springPage).shows("Conversion rate no data 0 / 0", "Cost per call no costs posted", "Nothing in these days yet", "No lead of these days has been dialed.").links(h)
	h.page(springPage + "?from=2026-11-20&to=2026-11-20").shows("no data").links(h)
	for _, path := range []string{"/by/agent", "/by/list", "/heat", "/calls?kpi=dials"} {
		h.page(springPage + path).shows().links(h)
	}
	h.do("POST", "/v1/campaigns/spring/leads", `{"ref":"only","generated_at":"2026-11-19T09:00:00Z"}`).expect(200)
	h.page(springPage).shows("Conversion rate 0.00 % 0 / 1", "95 % interval 0.0–79.3 %", "Calls per lead no data 0 / 0", "1 lead not yet dialed").links(h)
	h.page("/").shows("Spring")
}

// TestBoardOfMany: 500 agents and 1,000 outcomes, of which a page shows a part and
// leads to the rest.
func TestBoardOfMany(t *testing.T) {
	h := newSpring(t)
	var lines strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&lines, `{"ref":"c-%d","lead":"l-%d","agent":"agent-%03d","started_at":"2026-11-19T09:00:00Z","result":"answered","answered_by":"human","disposition":"CODE-%04d"}`+"\n", i, i, i%500, i)
	}
	h.stream(attempts, lines.String()).expect(200)
	page := h.page(springPage).shows("All 500", "All 1,000", "50 codes").links(h)
	if n := len(page.body); n > 120_000 {
		t.Errorf("the page has %d bytes", n)
	}
	h.page(springPage + "/by/agent").shows("1 to 100 of 500")
	h.page(springPage+"/by/agent?page=5&sort=name").shows("401 to 500 of 500", "agent-499").lacks(`rel="next"`)
	h.page(springPage + "/by/disposition?page=10").shows("901 to 1,000 of 1,000")
	h.page(springPage + "/by/agent?page=900").shows("Nothing")
}

// TestBoardOfManyCalls: what reads every lead or call is not waited for, and can be
// loaded into the page or opened by its own.
func TestBoardOfManyCalls(t *testing.T) {
	h := newSpring(t)
	var lines strings.Builder
	for i := range 10_500 {
		fmt.Fprintf(&lines, `{"ref":"c-%d","lead":"l-%d","agent":"a-%d","started_at":"2026-11-19T09:00:00Z","result":"no_answer"}`+"\n", i, i, i%3)
	}
	h.stream(attempts, lines.String()).expect(200)
	whole := h.page(springPage).shows("It is read from every lead: see below.", "Show it: it is read from every lead or call").links(h)
	if strings.Contains(string(whole.body), "What became of the leads") {
		t.Error("the funnel is waited for")
	}
	h.page(springPage+"/funnel").shows("Funnel", "dialed 10,500 100.0 %", "When to stop dialing").links(h)
	if part := string(h.page(springPage + "/funnel?part=main").expect(200).body); strings.Contains(part, "<html") || !strings.Contains(part, "10,500") {
		t.Error(part)
	}
	one := h.page(springPage+"?agent=a-1").shows("Dials 3,500", "Calls per lead 1.00 3,500 / 3,500").links(h)
	if !strings.Contains(string(one.body), `data-part="/campaigns/spring/by/disposition?agent=a-1"`) {
		t.Error("the outcomes of one agent are waited for")
	}
	h.page(springPage + "/by/disposition?agent=a-1&part=main").shows("3,500").lacks("<html")
}

// TestFirstLoadOfABoardIsSmall counts what a browser asks for.
func TestFirstLoadOfABoardIsSmall(t *testing.T) {
	h := workedCase(t)
	get := func(path string) *answer {
		return h.do("GET", path, nil, "Accept", "text/html", "Accept-Encoding", "gzip").expect(200)
	}
	files, bytes := 1, len(get(springPage+boardWindow).body)
	want := []string{}
	for _, m := range regexp.MustCompile(`(?:src|href)="(/static/[^"]*)"`).FindAllStringSubmatch(string(h.page(springPage+boardWindow).body), -1) {
		want = append(want, m[1])
	}
	for i := 0; i < len(want); i++ {
		files, bytes = files+1, bytes+len(get(want[i]).body)
		for _, m := range regexp.MustCompile(`from '\./([a-z]+\.js)'`).FindAllStringSubmatch(string(h.page(want[i]).body), -1) {
			want = append(want, web.Static(m[1]))
		}
	}
	if files > 12 || bytes > 100_000 {
		t.Errorf("%d files of %d bytes: %v", files, bytes, want)
	}
}
