package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ringside/db"
)

const chosenPassword = "three words long"

// asked returns what reads an answer of that status.
func asked(t *testing.T, status int) func(*http.Response, error) string {
	return func(a *http.Response, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		body, err := io.ReadAll(a.Body)
		if err != nil || a.StatusCode != status {
			t.Fatalf("%s answers %d, want %d: %s, %v", a.Request.URL.Path, a.StatusCode, status, body, err)
		}
		return string(body)
	}
}

// newBrowser is a browser that keeps cookies.
func newBrowser(t *testing.T) *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar}
}

// setUp opens a link as a person would and chooses a name and a password, so that they
// are signed in.
func setUp(t *testing.T, server, link, token string) *http.Client {
	t.Helper()
	client := newBrowser(t)
	if page := asked(t, http.StatusOK)(client.Get(link)); !strings.Contains(page, token) {
		t.Fatalf("the page of %s has no form: %s", link, page)
	}
	asked(t, http.StatusOK)(client.PostForm(server+"/set-up", url.Values{"token": {token}, "name": {"ana"}, "password": {chosenPassword}, "again": {chosenPassword}}))
	return client
}

var printedLink = regexp.MustCompile(`(http://\S+)(/set-up\?token=(\S+))`)

func TestUserCommands(t *testing.T) {
	path := filepath.Join(t.TempDir(), "u.db")
	out, server, stop := startWatched(t, "serve", "--listen", "127.0.0.1:0", "--db", path)
	link := printedLink.FindStringSubmatch(out.String())
	if link == nil || link[1] != server {
		t.Fatalf("serve prints no link to set up: %s", out)
	}
	client := setUp(t, server, link[0], link[3])
	if me := asked(t, http.StatusOK)(client.Get(server + "/v1/me")); !strings.Contains(me, `"role":"admin"`) {
		t.Error(me)
	}
	asked(t, http.StatusNotFound)(client.Get(link[0]))
	// Beside the server.
	made := mustRun(t, "user", "add", "--db", path, "Ben", "--role", "viewer", "--public-url", server)
	link = printedLink.FindStringSubmatch(made)
	if link == nil {
		t.Fatal(made)
	}
	asked(t, http.StatusOK)(newBrowser(t).Get(link[0]))
	again := printedLink.FindStringSubmatch(mustRun(t, "user", "link", "--db", path, "ben", "--public-url", server+"/"))
	if again == nil || again[3] == link[3] || again[1] != server {
		t.Error(again)
	}
	asked(t, http.StatusNotFound)(newBrowser(t).Get(link[0]))
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(chosenPassword+"\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if said := mustRun(t, "user", "add", "--db", path, "eve", "--role", "finance", "--password-file", file); strings.Contains(said, "token=") {
		t.Error(said)
	}
	eve := newBrowser(t)
	asked(t, http.StatusOK)(eve.PostForm(server+"/sign-in", url.Values{"name": {"eve"}, "password": {chosenPassword}, "next": {"/v1/me"}}))
	list := mustRun(t, "user", "list", "--db", path)
	for _, want := range []string{`(?m)^ana +admin +all campaigns +chosen +\S+ +-$`, `(?m)^ben +viewer +all campaigns +not yet `, `(?m)^eve +finance `} {
		if !regexp.MustCompile(want).MatchString(list) {
			t.Errorf("the list has no %s:\n%s", want, list)
		}
	}
	mustRun(t, "user", "disable", "--db", path, "EVE")
	asked(t, http.StatusUnauthorized)(eve.Get(server + "/v1/me"))
	if err := os.WriteFile(file, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range [][]string{{"add", "ana", "--role", "viewer"}, {"add", "zoe"}, {"add", "zoe", "--role", "boss"}, {"add", "zoe", "--role", "viewer", "--password-file", file},
		{"add", "zoe", "--role", "viewer", "--campaign", "winter"}, {"link", "zoe"}, {"disable", "zoe"}} {
		if said, code := ringside(t, append([]string{"user", wrong[0], "--db", path}, wrong[1:]...)...); code == 0 {
			t.Errorf("%v is taken: %s", wrong, said)
		}
	}
	if all := mustRun(t, "user", "list", "--db", path); strings.Contains(all, "zoe") {
		t.Error("a refused user was added: ", all)
	}
	if code := stop(); code != 0 || strings.Contains(out.String(), chosenPassword) {
		t.Errorf("the server ends with %d: %s", code, out)
	}
	// Once there is somebody, no link is printed.
	out, _, stop = startWatched(t, "serve", "--listen", "127.0.0.1:0", "--db", path)
	if strings.Contains(out.String(), "set-up") {
		t.Error(out)
	}
	stop()
}

// TestLastAdmin is only disabled by force; bound admins and those without a password
// are no others.
func TestLastAdmin(t *testing.T) {
	path, secret := filepath.Join(t.TempDir(), "x.db"), file(t, "password", "three words long")
	store, err := db.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	store.Close()
	mustRun(t, "user", "add", "--db", path, "root", "--role", "admin", "--password-file", secret)
	mustRun(t, "user", "add", "--db", path, "invited", "--role", "admin")
	mustRun(t, "user", "add", "--db", path, "eve", "--role", "viewer", "--password-file", secret)
	mustRun(t, "user", "disable", "--db", path, "eve")
	mustRun(t, "user", "disable", "--db", path, "invited")
	if out, code := ringside(t, "user", "disable", "--db", path, "root"); code == 0 || !strings.Contains(out, "root is the last admin") || !strings.Contains(out, "--force") {
		t.Errorf("the last admin is disabled: %d %s", code, out)
	}
	mustRun(t, "user", "add", "--db", path, "ana", "--role", "admin", "--password-file", secret)
	mustRun(t, "user", "disable", "--db", path, "root")
	mustRun(t, "user", "disable", "--db", path, "ana", "--force")
}

func TestTrustedProxiesAreAddresses(t *testing.T) {
	for _, wrong := range []string{"proxy.example.com", "10.0.0.0/33", "10.0.0.2,*", "fe80::1%eth0"} {
		if out, code := ringside(t, "serve", "--listen", "127.0.0.1:0", "--db", filepath.Join(t.TempDir(), "x.db"), "--trusted-proxies", wrong); code == 0 || !strings.Contains(out, "trusted-proxies") {
			t.Errorf("%s: %d %s", wrong, code, out)
		}
	}
}

func TestPublicURLIsSchemeAndHost(t *testing.T) {
	for _, wrong := range []string{"ringside.example.com", "ftp://ringside.example.com", "https://ringside.example.com/x", "https://a@ringside.example.com", "https://", "https://ringside.example.com?x"} {
		if out, code := ringside(t, "serve", "--listen", "127.0.0.1:0", "--db", filepath.Join(t.TempDir(), "x.db"), "--public-url", wrong); code == 0 || !strings.Contains(out, "public-url") {
			t.Errorf("%s: %d %s", wrong, code, out)
		}
	}
}
