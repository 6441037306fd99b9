package api_test

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"regexp"
	"strings"
	"testing"
)

func TestOverviewPage(t *testing.T) {
	h := workedCase(t)
	a := h.get("/").expect(200)
	page := string(a.body)
	if got := a.header.Get("Content-Type"); got != "text/html; charset=utf-8" {
		t.Error(got)
	}
	for _, want := range []string{"Spring", "2026-10-24 up to 2026-11-21, Europe/Lisbon", "Conversion rate", "<strong>66.67 %</strong>", "2 / 3",
		"95&nbsp;% interval 20.77 – 93.85 %", "<strong>2.67</strong>", "First-call close rate", "<strong>33.33 %</strong>", "Outbound abandonment rate", "0 / 4",
		"<strong>12.5000 EUR</strong>", "100.00 / 8", "US Telemarketing Sales Rule, since ", "0 more may be dropped: 0 of 4 live answers", "/v1/campaigns/spring/compliance", "<svg", "2026-11-02: 66.67 %"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
	for _, never := range []string{"<script", "style=", h.key, "http://127.0.0.1:8080"} {
		if strings.Contains(page, never) {
			t.Errorf("the page holds %q", never)
		}
	}
	links := regexp.MustCompile(`href="(/v1/[^"]*)"`).FindAllStringSubmatch(page, -1)
	if len(links) != 3+2*5 {
		t.Errorf("%d links", len(links))
	}
	for _, link := range links {
		h.get(html.UnescapeString(link[1])).expect(200)
	}
}

func TestOverviewStyleIsAllowedByItsPolicy(t *testing.T) {
	checkStyle(t, newHouse(t).get("/").expect(200))
}

// checkStyle holds a page's style sheet to the page's policy.
func checkStyle(t *testing.T, a *answer) {
	t.Helper()
	_, rest, _ := strings.Cut(string(a.body), "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	policy := a.header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") || !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("the policy %q does not fit the style", policy)
	}
}

func TestOverviewWithoutCampaignsSaysWhatToDo(t *testing.T) {
	if page := string(newHouse(t).get("/").expect(200).body); !strings.Contains(page, "No campaigns yet") || !strings.Contains(page, "curl -X PUT http://example.com/v1/campaigns/spring") {
		t.Error(page)
	}
}

func TestOverviewTakesAWindow(t *testing.T) {
	h := workedCase(t)
	if page := string(h.get("/?from=2026-11-02&to=2026-11-03").expect(200).body); !strings.Contains(page, "2026-11-02 up to 2026-11-03") {
		t.Error(page)
	}
	// An empty window, and the fields of a form sent empty.
	h.get("/?from=2026-11-02&to=2026-11-02").expect(200)
	h.get("/?from=&to=").expect(200)
	page := string(h.get("/?from=soon&to=%3Cb%3E").expect(422).body)
	if !strings.Contains(page, "from:") || strings.Contains(page, "<b>") {
		t.Error(page)
	}
}

func TestOverviewByBasicAuthentication(t *testing.T) {
	h := newSpring(t)
	basic := func(key string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte("me:"+key)) }
	a := h.do("GET", "/", nil, "Authorization", "").problem(401, "missing_key", "")
	if !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Basic ") {
		t.Error(a.header.Get("WWW-Authenticate"))
	}
	h.do("GET", "/", nil, "Authorization", basic(h.key)).expect(200)
	h.do("GET", "/v1/campaigns/spring", nil, "Authorization", basic(h.key)).expect(200)
	h.do("GET", "/", nil, "Authorization", basic("rs_x")).expect(401)
	// A browser would send it unasked with a form of another site.
	h.do("POST", attempts, dial("n"), "Authorization", basic(h.key)).expect(401)
}

// TestRecountingIsSaid puts another configuration into a server that is about to
// end: nobody waits for the recount, and everybody is told that it is under way.
func TestRecountingIsSaid(t *testing.T) {
	h := workedCase(t)
	if page := string(h.get("/").expect(200).body); strings.Contains(page, "Counting again") {
		t.Error("the page says that a campaign is counted again")
	}
	h.store.EndRecounts()
	config := strings.Replace(spring, "predictive", "manual", 1)
	if config == spring {
		t.Fatal("the configuration is the same")
	}
	for _, a := range []*answer{h.do("PUT", "/v1/campaigns/spring", config).expect(200), h.get("/v1/campaigns/spring").expect(200)} {
		if body := string(a.body); !strings.Contains(body, `"recounting":true`) || !strings.Contains(body, `"dial_mode":"manual"`) {
			t.Error(body)
		}
	}
	if page := string(h.get("/").expect(200).body); !strings.Contains(page, "Counting again") {
		t.Error("the page does not say that a campaign is counted again")
	}
}
