package api_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"ringside/api"
	"ringside/campaign"
)

const password, otherPassword = "three words long", "three other words"

// browser is what a person asks with: it keeps the session's cookie and says, as
// browsers do, from which page a request comes.
type browser struct {
	*house
	cookie *http.Cookie
	secure bool
}

// send asks as a page of ours would have a browser ask. header holds names and values
// in turn.
func (b *browser) send(method, path, body string, header ...string) *answer {
	b.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Accept", "text/html,application/xhtml+xml")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Secure != b.secure {
			b.Errorf("%s %s: the cookie is %s", method, path, c)
		}
		if b.cookie = c; c.MaxAge < 0 {
			b.cookie = nil
		}
	}
	return &answer{b.TB, method + " " + path, w.Code, w.Header(), w.Body.Bytes()}
}

func (b *browser) open(path string) *answer { b.Helper(); return b.send("GET", path, "") }

// post sends a form: names and values in turn.
func (b *browser) post(path string, pairs ...string) *answer {
	b.Helper()
	return b.send("POST", path, formOf(pairs...))
}

func formOf(pairs ...string) string {
	f := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		f.Add(pairs[i], pairs[i+1])
	}
	return f.Encode()
}

// leadsTo expects a redirect.
func (a *answer) leadsTo(path string) *answer {
	a.Helper()
	a.expect(http.StatusSeeOther)
	if got := a.header.Get("Location"); got != path {
		a.Errorf("%s leads to %q, want %q", a.asked, got, path)
	}
	return a
}

// holds expects pieces of HTML, whatever the status.
func (a *answer) holds(parts ...string) *answer {
	a.Helper()
	for _, part := range parts {
		if !strings.Contains(string(a.body), part) {
			a.Errorf("%s does not hold %q: %s", a.asked, part, clip(a.body))
		}
	}
	return a
}

// newUser makes a user with the password.
func (h *house) newUser(name, role string, campaigns ...string) campaign.User {
	h.Helper()
	u, err := h.store.CreateUser(h.Context(), name, role, campaigns...)
	if err == nil {
		u, err = h.store.SetPassword(h.Context(), u.ID, password)
	}
	if err != nil {
		h.Fatal(err)
	}
	return u
}

// signedIn is a browser in which a new user of that role is signed in.
func (h *house) signedIn(name, role string, campaigns ...string) *browser {
	h.Helper()
	h.newUser(name, role, campaigns...)
	b := &browser{house: h}
	b.post("/sign-in", "name", name, "password", password).leadsTo("/")
	return b
}

func TestFirstAdminSetsUpAndSignsIn(t *testing.T) {
	h := newSpring(t)
	token, err := h.store.FirstLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{house: h}
	b.open("/").leadsTo("/sign-in")
	b.open("/settings/users?x=1").leadsTo("/sign-in?next=%2Fsettings%2Fusers%3Fx%3D1")
	path := api.SetUpPath(token)
	b.open(path).expect(200).holds("Welcome", token)
	b.post("/set-up", "token", token, "name", "Ana", "password", "short", "again", "short").expect(422).holds("12 characters", `value="Ana"`)
	b.post("/set-up", "token", token, "name", "Ana", "password", password, "again", otherPassword).expect(422).holds("differ")
	b.post("/set-up", "token", token, "name", "", "password", password, "again", password).expect(422).holds("a name to sign in with")
	b.post("/set-up", "token", token, "name", "Ana", "password", password, "again", password).leadsTo("/")
	b.open("/").expect(200)
	b.open("/settings/users").expect(200).holds("ana", "Sign out", "admin")
	b.open(path).expect(404).holds("This link is over")
	b.post("/set-up", "token", token, "name", "eve", "password", password, "again", password).expect(404)
	b.post("/sign-out").leadsTo("/sign-in")
	if b.cookie != nil {
		t.Error("the cookie stays")
	}
	b.open("/settings/users").leadsTo("/sign-in?next=%2Fsettings%2Fusers")
	b.open("/sign-in?next=/settings/users").expect(200).holds(`value="/settings/users"`)
	b.post("/sign-in", "name", " ANA", "password", password, "next", "/settings/users").leadsTo("/settings/users")
	b.open("/sign-in?next=/settings/keys").leadsTo("/settings/keys")
	if log := h.log.String(); strings.Contains(log, password) || strings.Contains(log, token) {
		t.Error("a password or a link stands in the log")
	}
}

func TestSessionServesTheAPI(t *testing.T) {
	h := newFloor(t)
	b := h.signedIn("ana", campaign.RoleTeamLead, "spring")
	asJSON := []string{"Accept", "*/*"}
	b.send("GET", "/v1/me", "", asJSON...).expect(200).want("role", `"team_lead"`, "label", `"ana"`, "campaigns", `["spring"]`)
	b.send("GET", "/v1/campaigns", "", asJSON...).want("campaigns.0.ref", `"spring"`, "campaigns.1", "null")
	b.send("GET", "/v1/campaigns/alien-7", "", asJSON...).problem(404, "not_found", "campaign")
	b.send("GET", "/v1/keys", "", asJSON...).problem(403, "forbidden", "")
	b.send("PUT", "/v1/campaigns/spring/leads/l-1/dnc", `{"dnc":true}`, asJSON...).expect(200)
	// A key wins, whether it is good or not.
	b.send("GET", "/v1/me", "", "Authorization", "Bearer "+h.key).want("role", `"admin"`)
	b.send("GET", "/v1/me", "", "Authorization", "Bearer "+h.key[:20]).problem(401, "wrong_key", "")
	b.send("GET", "/v1/me", "", "Authorization", "Bearer ").problem(401, "missing_key", "")
	// Without a session the API answers as ever.
	b.cookie.Value = strings.Repeat("x", len(b.cookie.Value))
	b.send("GET", "/v1/me", "", asJSON...).problem(401, "missing_key", "")
}

func TestAnotherSitesPageChangesNothing(t *testing.T) {
	h := newFloor(t)
	b := h.signedIn("ana", campaign.RoleAdmin)
	for _, from := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Site", "", "Origin", "https://evil.example"}, {"Sec-Fetch-Site", "", "Origin", "null"}} {
		from = append(from, "Accept", "*/*")
		for _, r := range append(h.Guarded(), h.GuardedPeople()...) {
			path := strings.NewReplacer(":", "", "*", "").Replace(r.Path)
			a := b.send(r.Method, path, "", from...)
			switch safe := r.Method == "GET" || r.Method == "HEAD"; {
			case strings.HasPrefix(path, "/hooks/"):
				if strings.Contains(string(a.body), "cross_origin") {
					t.Errorf("%s %s is held to be of another site", r.Method, path)
				}
			case safe != !strings.Contains(string(a.body), "cross_origin"):
				t.Errorf("%s %s from another site: %d %s", r.Method, path, a.status, clip(a.body))
			case !safe:
				a.problem(403, "cross_origin", "")
			}
		}
		// A key is not sent unasked, so it may come from anywhere.
		b.send("POST", "/v1/keys", `{"role":"viewer","label":"x"}`, append(from, "Authorization", "Bearer "+h.key)...).expect(201)
		// Basic authentication is.
		r := []string{"Authorization", "Basic " + "bWU6" + "eA=="}
		b.send("POST", "/v1/keys", `{"role":"viewer","label":"x"}`, append(r, from...)...).problem(403, "cross_origin", "")
	}
	b.send("POST", "/v1/keys", `{"role":"viewer","label":"x"}`, "Sec-Fetch-Site", "", "Origin", "http://example.com").expect(201)
}

func TestFailuresToSignInAreSlowedDown(t *testing.T) {
	h := newHouse(t)
	h.newUser("ana", campaign.RoleViewer)
	b := &browser{house: h}
	var said [2]string
	for i, name := range []string{"ana", "nobody"} {
		for range 5 {
			a := b.post("/sign-in", "name", name, "password", "a wrong password").expect(422)
			said[i] = strings.ReplaceAll(string(a.body), name, "X")
		}
		a := b.post("/sign-in", "name", strings.ToUpper(name), "password", password).expect(429)
		if a.header.Get("Retry-After") != "1" {
			t.Errorf("%s: Retry-After is %q", name, a.header.Get("Retry-After"))
		}
	}
	if said[0] != said[1] {
		t.Error("what is said tells whether there is such a user")
	}
	h.ahead.Add(int64(time.Second))
	b.post("/sign-in", "name", "ana", "password", password).leadsTo("/")
	// The password page is no way around it.
	for range 5 {
		b.post("/password", "present", "a wrong password", "password", otherPassword, "again", otherPassword).expect(422)
	}
	b.post("/password", "present", password, "password", otherPassword, "again", otherPassword).expect(429)
	// Who tries many names is slowed down by the address.
	h.ahead.Add(int64(time.Hour))
	status := 0
	for i := 0; status != 429 && i < 100; i++ {
		status = b.post("/sign-in", "name", fmt.Sprint("n", i), "password", "x").status
	}
	if status != 429 {
		t.Error("an address may try as many names as it likes")
	}
	if strings.Contains(h.log.String(), "a wrong password") {
		t.Error("a password stands in the log")
	}
}

// TestTrustedProxies: what a proxy says that is trusted tells people apart; from others
// it is no way around the wait.
func TestTrustedProxies(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct {
		trusted, from string // httptest comes from 192.0.2.1
		waits         bool
	}{{"10.0.0.0/8", "203.0.113.%d", true}, {"192.0.2.0/24", "203.0.113.%d", false}, {"192.0.2.1", "198.51.100.%d, 203.0.113.7", true}} {
		h.Server = api.New(api.Options{Store: h.store, Clock: h.clock, TrustedProxies: []string{c.trusted}, Log: slog.New(slog.DiscardHandler)})
		b, status := &browser{house: h}, 0
		for i := range 31 {
			status = b.send("POST", "/sign-in", formOf("name", fmt.Sprint("n", i), "password", "x"), "X-Forwarded-For", fmt.Sprintf(c.from, i)).status
		}
		if (status == 429) != c.waits {
			t.Errorf("%s trusted, from %s: the last try answers %d", c.trusted, c.from, status)
		}
	}
}

func TestSessionsEnd(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn("ana", campaign.RoleViewer)
	// Used now and then it lasts, but no longer than a week.
	for hours := 0; hours < 7*24-11; hours += 11 {
		b.open("/").expect(200)
		h.ahead.Add(int64(11 * time.Hour))
	}
	b.open("/").expect(200)
	h.ahead.Store(int64(7 * 24 * time.Hour))
	b.open("/").leadsTo("/sign-in")
	// Left alone it ends.
	b.post("/sign-in", "name", "ana", "password", password).leadsTo("/")
	h.ahead.Add(int64(12*time.Hour - time.Minute))
	b.open("/").expect(200)
	h.ahead.Add(int64(12 * time.Hour))
	b.open("/").leadsTo("/sign-in")
	// Signing in makes a new token, and the one before is void.
	b.post("/sign-in", "name", "ana", "password", password).leadsTo("/")
	first := *b.cookie
	b.post("/sign-in", "name", "ana", "password", password).leadsTo("/")
	if b.cookie.Value == first.Value {
		t.Error("the token is the same")
	}
	(&browser{house: h, cookie: &first}).open("/").leadsTo("/sign-in")
	// Signed out, the token is void, not only forgotten.
	last := *b.cookie
	b.post("/sign-out").leadsTo("/sign-in")
	(&browser{house: h, cookie: &last}).open("/").leadsTo("/sign-in")
	b.post("/sign-out").leadsTo("/sign-in")
}

func TestSessionsEndWithPasswordAndUser(t *testing.T) {
	h := newHouse(t)
	here := h.signedIn("ana", campaign.RoleViewer)
	there := &browser{house: h}
	there.post("/sign-in", "name", "ana", "password", password).leadsTo("/")
	here.post("/password", "present", "no no no no no", "password", otherPassword, "again", otherPassword).expect(422).holds("The present password is not right")
	here.post("/password", "present", password, "password", otherPassword, "again", "x").expect(422).holds("differ")
	here.post("/password", "present", password, "password", "short", "again", "short").expect(422).holds("12 characters")
	there.open("/").expect(200)
	here.post("/password", "present", password, "password", otherPassword, "again", otherPassword).expect(200).holds("is changed")
	here.open("/").expect(200)
	there.open("/").leadsTo("/sign-in")
	there.post("/sign-in", "name", "ana", "password", password).expect(422)
	users := h.get("/v1/users").expect(200)
	id := strings.Trim(users.at("users.0.id"), `"`)
	h.do("DELETE", "/v1/users/"+id, nil).expect(204)
	here.open("/").leadsTo("/sign-in")
	here.post("/sign-in", "name", "ana", "password", otherPassword).expect(422)
	// A key has no password.
	h.do("GET", "/password", nil).problem(403, "forbidden", "")
}

func TestUsersOverHTTP(t *testing.T) {
	h := newFloor(t)
	made := h.do("POST", "/v1/users", `{"name":"Ana","role":"viewer","campaigns":["spring"]}`).expect(201).want("name", `"ana"`, "role", `"viewer"`,
		"campaigns", `["spring"]`, "has_password", "false", "disabled_at", "null", "link_ends_at", `"2026-11-21T12:00:00.000Z"`)
	id, link := strings.Trim(made.at("id"), `"`), strings.Trim(made.at("link"), `"`)
	path, ours := strings.CutPrefix(link, "http://example.com")
	if !ours {
		t.Error(link)
	}
	b := &browser{house: h}
	b.open(path).expect(200).holds("A password for ana")
	// A newer link takes its place.
	link = strings.Trim(h.do("POST", "/v1/users/"+id+"/link", nil).expect(201).at("link"), `"`)
	b.open(path).expect(404)
	token := strings.TrimPrefix(link, "http://example.com/set-up?token=")
	b.post("/set-up", "token", token, "name", "eve", "password", password, "again", password).leadsTo("/")
	b.send("GET", "/v1/me", "").want("label", `"ana"`, "role", `"viewer"`)
	h.get("/v1/users").want("users."+id+".has_password", "true")
	b.send("GET", "/v1/users", "").problem(403, "forbidden", "")
	h.do("POST", "/v1/users", `{"name":"ANA","role":"admin"}`).problem(409, "name_taken", "name")
	h.do("POST", "/v1/users", `{"name":"ben","role":"admin","campaigns":[]}`).problem(422, "missing_value", "campaigns")
	h.do("POST", "/v1/users", `{"name":"ben","role":"admin","password":"x"}`).problem(422, "unknown_field", "password")
	change := func(body string) *answer { return h.do("PUT", "/v1/users/"+id, body) }
	change(`{"role":"team_lead","campaigns":null}`).expect(200).want("role", `"team_lead"`, "campaigns", "null", "has_password", "true")
	b.send("GET", "/v1/me", "").want("kind", `"person"`, "role", `"team_lead"`, "campaigns", "null")
	change(`{"role":"viewer","campaigns":["spring"]}`).expect(200)
	b.send("GET", "/v1/me", "").want("role", `"viewer"`, "campaigns", `["spring"]`)
	change(`{"role":"viewer"}`).problem(422, "missing_field", "campaigns")
	change(`{"role":"viewer","campaigns":"spring"}`).problem(422, "invalid_type", "campaigns")
	change(`{"role":"viewer","campaigns":[]}`).problem(422, "missing_value", "campaigns")
	change(`{"role":"viewer","campaigns":["winter"]}`).problem(422, "unknown_campaign", "campaigns")
	b.send("GET", "/v1/me", "").want("campaigns", `["spring"]`)
	h.do("PUT", "/v1/users/0000", `{"role":"viewer","campaigns":null}`).problem(404, "not_found", "user")
	h.do("POST", "/v1/users/0000/link", nil).problem(404, "not_found", "user")
	h.do("DELETE", "/v1/users/0000", nil).problem(404, "not_found", "user")
	admin := h.signedIn("root", campaign.RoleAdmin)
	own := strings.Trim(admin.send("GET", "/v1/me", "").at("id"), `"`)
	admin.send("DELETE", "/v1/users/"+own, "").problem(409, "own_user", "user")
	admin.send("PUT", "/v1/users/"+own, `{"role":"viewer","campaigns":null}`, "Content-Type", "application/json").problem(409, "own_user", "user")
	h.get("/v1/me").want("kind", `"key"`)
}

func TestSettingsPages(t *testing.T) {
	h := newFloor(t)
	b := h.signedIn("root", campaign.RoleAdmin)
	page := b.open("/settings/users").expect(200).holds("Alien-7", "Spring", "root", `aria-current="page"`)
	if strings.Contains(string(page.body), "Disable root") {
		t.Error("one may disable oneself")
	}
	made := b.post("/settings/users", "name", `ben<img`, "role", "viewer", "campaign", "spring").expect(200).holds("ben&lt;img", "shown this once", "/set-up?token=", "has no password yet")
	link := regexp.MustCompile(`http://example.com(/set-up\?token=[\w-]+)`).FindStringSubmatch(string(made.body))
	b.open("/settings/users").expect(200)
	if again := string(b.open("/settings/users").body); strings.Contains(again, "token=") {
		t.Error("the link is shown again")
	}
	(&browser{house: h}).open(link[1]).expect(200).holds("A password for ben&lt;img")
	b.post("/settings/users", "name", "Root", "role", "team_lead", "campaign", "alien-7").expect(409).holds("there is a user of that name", `value="team_lead" selected`, `value="alien-7" checked`)
	id := regexp.MustCompile(`/settings/users/(\w+)"><button name="do" value="link" aria-label="New link for ben`).FindStringSubmatch(string(made.body))[1]
	b.open("/settings/users/"+id).expect(200).holds("ben&lt;img", `value="viewer" selected`, `value="spring" checked`)
	b.post("/settings/users/"+id, "do", "change", "role", "team_lead", "campaign", "alien-7").leadsTo("/settings/users")
	b.open("/settings/users/"+id).holds(`value="team_lead" selected`, `value="alien-7" checked`)
	b.post("/settings/users/"+id, "do", "change", "role", "king").expect(422).holds("king")
	b.post("/settings/users/"+id, "do", "disable").leadsTo("/settings/users")
	b.open("/settings/users").holds("disabled")
	b.post("/settings/users/"+id, "do", "link").expect(200).holds("token=")
	b.send("POST", "/settings/users/"+id, formOf("do", "dance"), "Accept", "*/*").problem(422, "invalid_choice", "do")
	b.send("POST", "/settings/users", "{}", "Content-Type", "application/json", "Accept", "*/*").problem(415, "unsupported_media_type", "")
	b.send("POST", "/settings/users", "name="+strings.Repeat("x", 1<<16), "Accept", "*/*").problem(413, "body_too_large", "")
	b.send("POST", "/settings/users", "name=%zz", "Accept", "*/*").problem(400, "invalid_form", "")

	keys := b.post("/settings/keys", "label", "wall board", "role", "viewer", "campaign", "spring").expect(200).holds("wall board", "rs_")
	full := regexp.MustCompile(`rs_[\w-]+`).FindString(string(keys.body))
	h.do("GET", "/v1/me", nil, "Authorization", "Bearer "+full).want("label", `"wall board"`, "campaigns", `["spring"]`)
	b.post("/settings/keys", "label", "", "role", "viewer").expect(422).holds("label: ")
	b.post("/settings/keys/" + strings.Split(full, "_")[1]).leadsTo("/settings/keys")
	h.do("GET", "/v1/me", nil, "Authorization", "Bearer "+full).problem(401, "wrong_key", "")
	b.open("/settings/keys").holds("revoked")
}

// allowedPeople says which roles each page lets in, apart from the product's own table.
var allowedPeople = map[string]string{
	"GET /sign-in":             "anybody",
	"POST /sign-in":            "anybody",
	"POST /sign-out":           "anybody",
	"GET /set-up":              "anybody",
	"POST /set-up":             "anybody",
	"GET /password":            "dialer viewer team_lead finance admin",
	"POST /password":           "dialer viewer team_lead finance admin",
	"GET /settings/users":      "admin",
	"POST /settings/users":     "admin",
	"GET /settings/users/:id":  "admin",
	"POST /settings/users/:id": "admin",
	"GET /settings/keys":       "admin",
	"POST /settings/keys":      "admin",
	"POST /settings/keys/:id":  "admin",

	"GET /settings":                                   "admin bound",
	"GET /settings/campaigns":                         "admin bound",
	"GET /settings/campaigns/:campaign":               "admin bound",
	"POST /settings/campaigns/:campaign":              "admin bound",
	"GET /settings/campaigns/:campaign/dispositions":  "admin bound",
	"POST /settings/campaigns/:campaign/dispositions": "admin bound",
	"GET /settings/campaigns/:campaign/rates":         "finance admin bound",
	"POST /settings/campaigns/:campaign/rates":        "finance admin bound",
	"GET /settings/campaigns/:campaign/entry":         "finance admin bound",
	"POST /settings/campaigns/:campaign/entry":        "finance admin bound",
	"GET /finance":                          "finance admin bound",
	"GET /finance/shared":                   "finance admin",
	"POST /finance/shared":                  "finance admin",
	"GET /finance/exchange-rates":           "finance admin",
	"POST /finance/exchange-rates":          "finance admin",
	"GET /finance/:campaign/:month":         "finance admin bound",
	"GET /finance/:campaign/:month/close":   "finance admin bound",
	"POST /finance/:campaign/:month/close":  "finance admin bound",
	"GET /finance/:campaign/:month/reopen":  "admin bound",
	"POST /finance/:campaign/:month/reopen": "admin bound",
	"GET /settings/new/campaign":            "admin",
	"POST /settings/new/campaign":           "admin",
	"GET /settings/sources":                 "admin",
	"GET /settings/sources/:source":         "admin",
	"POST /settings/sources/:source":        "admin",
	"GET /settings/new/source":              "admin",
	"POST /settings/new/source":             "admin",
	"GET /settings/sources/:source/doctor":  "team_lead admin",
}

func TestEveryPageWithEveryRole(t *testing.T) {
	h := newFloor(t)
	pages := map[string]*browser{"nobody": {house: h}, "bound admin": h.signedIn("bound", campaign.RoleAdmin, "spring")}
	for _, role := range campaign.Roles {
		pages[role] = h.signedIn(role, role)
	}
	for _, r := range h.GuardedPeople() {
		want, known := allowedPeople[r.Method+" "+r.Path]
		if !known {
			t.Errorf("%s %s is not in this test's table of who may; add it", r.Method, r.Path)
		}
		for role, b := range pages {
			if want == "anybody" || r.Path == "/password" && role != "nobody" {
				continue // other tests are about them
			}
			at := strings.NewReplacer(":id", "0000", ":campaign", "spring", ":source", "s-1", ":month", "2026-11")
			a := b.send(r.Method, at.Replace(r.Path), "name=x")
			switch {
			case role == "nobody":
				if a.expect(303); !strings.HasPrefix(a.header.Get("Location"), "/sign-in") {
					t.Errorf("%s %s without a session leads to %s", r.Method, r.Path, a.header.Get("Location"))
				}
			case role == "bound admin" && !strings.Contains(want, "bound") || role != "bound admin" && !strings.Contains(want, role):
				a.expect(403).holds("this takes the right ")
			case a.status == 403 || a.status == 303:
				t.Errorf("%s %s refuses %s: %d", r.Method, r.Path, role, a.status)
			}
		}
	}
	for _, path := range []string{"/settings/campaigns/alien-7", "/settings/campaigns/alien-7/dispositions"} {
		pages["bound admin"].open(path).expect(404)
		pages["bound admin"].post(path, "name", "Mine").expect(404)
	}
	pages["bound admin"].open("/settings").lacks("/settings/users", "/settings/sources", "alien-7")
	pages["bound admin"].open("/settings/campaigns").lacks("alien-7", "/settings/new").holds("spring")
	viewer := pages[campaign.RoleViewer].open("/").expect(200)
	if strings.Contains(string(viewer.body), "/settings") {
		t.Error("a viewer is shown the settings")
	}
}

func TestSignedInPersonsAreBoundLikeKeys(t *testing.T) {
	h := newFloor(t)
	for _, role := range campaign.Roles {
		b := h.signedIn(role, role, "spring")
		key := h.newKey(role, "spring")
		for _, r := range h.Guarded() {
			if r.Method != "GET" || !r.NeedsKey {
				continue
			}
			for _, name := range []string{"spring", "alien-7"} {
				byKey := h.call(r, key, role, name)
				_, path, _ := strings.Cut(byKey.asked, " ")
				if bySession := b.send("GET", path, "", "Accept", "*/*"); bySession.status != byKey.status {
					t.Errorf("%s: %d by session, %d by key of a %s", path, bySession.status, byKey.status, role)
				}
			}
		}
	}
}

func TestWhereSigningInLeads(t *testing.T) {
	for next, want := range map[string]string{"": "/", "/": "/", "/settings/users?x=1#y": "/settings/users?x=1#y", "//evil.example": "/", "https://evil.example": "/", "/\\evil.example": "/",
		"/\t/evil.example": "/", "javascript:alert(1)": "/", "evil": "/", "/%zz": "/", "/..//evil.example": "/..//evil.example"} {
		if got := api.LocalPath(next); got != want {
			t.Errorf("%q leads to %q, want %q", next, got, want)
		}
	}
}

func TestCookieIsSecureWhereTheAddressIs(t *testing.T) {
	h := newHouse(t)
	h.newUser("ana", campaign.RoleAdmin)
	h.Server = api.New(api.Options{Store: h.store, Clock: h.clock, PublicURL: "https://ringside.example.com/"})
	b := &browser{house: h, secure: true}
	// Behind a proxy that says another host, the page's own origin is known.
	b.send("POST", "/sign-in", formOf("name", "ana", "password", password), "Sec-Fetch-Site", "", "Origin", "https://ringside.example.com").leadsTo("/")
	b.post("/settings/users", "name", "ben", "role", "viewer").expect(200).holds("https://ringside.example.com/set-up?token=")
	b.send("POST", "/sign-out", "", "Sec-Fetch-Site", "", "Origin", "https://evil.example", "Accept", "*/*").problem(403, "cross_origin", "")
}
