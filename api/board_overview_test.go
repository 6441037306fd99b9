package api_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"html"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ringside/api"
	"ringside/api/web"
	"ringside/db"
	"ringside/funnel"
)

// page asks for a page as a browser does.
func (h *house) page(path string) *answer {
	h.Helper()
	return h.do("GET", path, nil, "Accept", "text/html,application/xhtml+xml")
}

// text is what of a page is read: without tags, blanks as one.
func (a *answer) text() string {
	plain := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(string(a.body), " ")
	return strings.Join(strings.Fields(strings.ReplaceAll(html.UnescapeString(plain), "\u00a0", " ")), " ")
}

// shows expects texts on a page.
func (a *answer) shows(wanted ...string) *answer {
	a.Helper()
	text := a.expect(200).text()
	if strings.Contains(text, "⟨") {
		a.Errorf("%s lacks a message: %s", a.asked, text)
	}
	for _, want := range wanted {
		if !strings.Contains(text, want) {
			a.Errorf("%s does not show %q: %s", a.asked, want, text)
		}
	}
	return a
}

// lacks expects a page to be without some pieces of HTML.
func (a *answer) lacks(never ...string) *answer {
	a.Helper()
	for _, one := range never {
		if strings.Contains(string(a.body), one) {
			a.Errorf("%s holds %q", a.asked, one)
		}
	}
	return a
}

var linked = regexp.MustCompile(`(?:href|src)="([^"]*)"`)

// links follows every link of a page within the house.
func (a *answer) links(h *house) *answer {
	a.Helper()
	for _, link := range linked.FindAllStringSubmatch(string(a.body), -1) {
		if path := html.UnescapeString(link[1]); strings.HasPrefix(path, "/") {
			path, _, _ = strings.Cut(path, "#") // which a browser does not send
			h.page(path).expect(200)
		} else if !strings.HasPrefix(path, "#") {
			a.Errorf("%s: a link leads to %s", a.asked, path)
		}
	}
	return a
}

func TestOverviewPage(t *testing.T) {
	h := workedCase(t)
	a := h.page("/")
	a.shows("Campaigns", "Spring", "spring · Europe/Lisbon", "Conversion rate", "First-call close rate", "Cost per call", "more may be dropped")
	a.lacks("<script>", "style=", h.key, "onclick").links(h)
	if got := a.header.Get("Content-Type"); got != "text/html; charset=utf-8" {
		t.Error(got)
	}
	if got := a.header.Get("Content-Security-Policy"); got != web.Policy || strings.Contains(got, "unsafe") {
		t.Error(got)
	}
}

// checkStyle holds a page's own style sheet to the page's policy.
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
	newHouse(t).page("/").shows("No campaigns yet", "curl -X PUT http://example.com/v1/campaigns/spring")
}

func TestPagesThatFailArePagesForPeople(t *testing.T) {
	h := newSpring(t)
	if page := h.page("/?page=first").expect(422); !strings.Contains(page.text(), "is not the number of a page") || page.header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Error(page.text())
	}
	h.get("/?page=first").problem(422, "invalid_number", "page")
	h.page("/?x=<b>").expect(422).lacks("<b>")
	for _, path := range []string{"/campaigns", "/campaigns/spring/", "/campain/<b>"} {
		h.page(path).expect(404).holds("there is nothing at this path", "Back to the overview").lacks("<b>")
		h.get(path).problem(404, "not_found", "")
	}
	h.do("GET", "/v1/campain", nil, "Accept", "text/html").problem(404, "not_found", "")
}

func TestPagesAnswerHead(t *testing.T) {
	h := newSpring(t)
	for _, path := range []string{"/", "/campaigns/spring", "/sign-in", web.Static("style.css")} {
		h.do("HEAD", path, nil).expect(200)
	}
	h.do("HEAD", "/campaigns/spring", nil, "Authorization", "").expect(401)
	h.do("HEAD", "/campaigns/spring", nil, "Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("me:"+h.key))).expect(200)
	h.do("HEAD", "/sign-out", nil).expect(405)
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
	if strings.Contains(h.page("/").text(), "Being counted again") {
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
	h.page("/").shows("Being counted again")
}

// counting counts the reports that are read.
type counting struct {
	*db.Store
	reports atomic.Int64
}

func (c *counting) Report(ctx context.Context, key string, q funnel.Query) (funnel.Report, error) {
	c.reports.Add(1)
	return c.Store.Report(ctx, key, q)
}

// TestOverviewReadsWhatHasChanged: campaigns of which nothing is new are not read
// again; those with a call, another name or another day are.
func TestOverviewReadsWhatHasChanged(t *testing.T) {
	h := newFloor(t)
	for _, target := range []string{"t-spring", "t-other"} { // they are read, too, and tested by themselves
		h.do("DELETE", "/v1/targets/"+target, "").expect(204)
	}
	store := &counting{Store: h.store}
	h.Server = api.New(api.Options{Store: store, Clock: h.clock})
	for _, step := range []struct {
		what   string
		do     func()
		reads  int64
		expect string
	}{
		{"the first look", func() {}, 2, "Alien-7"},
		{"nothing new", func() {}, 0, "Alien-7"},
		{"a call", func() { h.dialToday("new") }, 1, "Spring"},
		{"a name", func() {
			h.do("PUT", "/v1/campaigns/spring", strings.Replace(spring, `"Spring"`, `"Summer"`, 1)).expect(200)
		}, 1, "Summer"},
		{"a day", func() { h.ahead.Add(int64(24 * time.Hour)) }, 2, "Summer"},
	} {
		step.do()
		store.reports.Store(0)
		h.page("/").shows(step.expect)
		if got := store.reports.Load(); got != step.reads {
			t.Errorf("after %s: %d campaigns are read, want %d", step.what, got, step.reads)
		}
	}
}

func TestStaticFilesMayBeKeptForGood(t *testing.T) {
	h := newHouse(t)
	style := h.do("GET", web.Static("style.css"), nil, "Authorization", "", "Accept-Encoding", "gzip").expect(200)
	for name, want := range map[string]string{"Cache-Control": "public, max-age=31536000, immutable", "Content-Encoding": "gzip", "Vary": "Accept-Encoding", "Content-Type": "text/css; charset=utf-8"} {
		if got := style.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if old := h.get("/static/0/style.css").expect(200); old.header.Get("Cache-Control") != "no-cache" || len(old.body) <= len(style.body) {
		t.Error(old.header)
	}
	h.get(web.Static("../web.go")).expect(http.StatusNotFound)
	h.get(web.Static("nothing.css")).problem(404, "not_found", "")
}
