package api_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ringside/api"
	"ringside/db"
	"ringside/db/dbtest"
)

// now is the instant the tests live in: a Friday noon in Lisbon.
var now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

const spring = `{"name":"Spring","time_zone":"Europe/Lisbon","currency":"EUR","dial_mode":"predictive",
	"dispositions":[{"code":"SALE","label":"Sale","category":"sale","stage":"closed"},
		{"code":"NO","category":"refusal"},{"code":"CB","category":"callback"},
		{"code":"INT","category":"interested","stage":"interested"}]}`

// house is a server over a database of its own, and the admin's key.
type house struct {
	testing.TB
	*api.Server
	store *db.Store
	path  string // of its database
	key   string
	log   bytes.Buffer

	ahead atomic.Int64 // how far the clock is past now

	mu    sync.Mutex
	alike map[string]int // requests seen, by route and status
}

func newHouse(t testing.TB) *house {
	t.Helper()
	return houseAt(t, dbtest.New(t))
}

// houseAt is a house on a database that others may use too.
func houseAt(t testing.TB, path string) *house {
	t.Helper()
	store, err := db.Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	h := &house{TB: t, store: store, path: path, alike: map[string]int{}}
	store.SetClock(h.clock)
	if h.key, _, err = store.CreateKey(context.Background(), "admin", "tests"); err != nil {
		t.Fatal(err)
	}
	h.Server = api.New(api.Options{Store: store, Clock: h.clock, Version: "test",
		Log: slog.New(slog.NewTextHandler(&h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	return h
}

// clock is what time it is for the server and the store.
func (h *house) clock() time.Time { return now.Add(time.Duration(h.ahead.Load())) }

// newSpring is a house with the campaign spring.
func newSpring(t testing.TB) *house {
	h := newHouse(t)
	h.do("PUT", "/v1/campaigns/spring", spring).expect(201)
	return h
}

// ServeHTTP answers like the server and holds what was asked and answered to the
// OpenAPI document: so every test of this package is a test of the document too.
func (h *house) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, measures := h.TB.(*testing.B); measures {
		h.Server.ServeHTTP(w, r)
		return
	}
	h.Helper()
	var body bytes.Buffer
	r.Body = io.NopCloser(io.TeeReader(r.Body, &body))
	kept := httptest.NewRecorder()
	if strings.HasSuffix(r.URL.Path, "/live") {
		h.Server.ServeHTTP(briefly{kept}, r)
		h.StreamsEnded(r.Context()) // as the caller has left by then
	} else {
		h.Server.ServeHTTP(kept, r)
	}
	maps.Copy(w.Header(), kept.Header())
	w.WriteHeader(kept.Code)
	w.Write(kept.Body.Bytes())
	if !h.worthChecking(r, kept.Code) {
		return
	}
	for _, wrong := range theContract().violations(r, body.Bytes(), kept.Code, kept.Header(), kept.Body.Bytes()) {
		h.Errorf("%s %s is not as openapi.json says: %s", r.Method, r.URL, wrong)
	}
}

// briefly is an answer whose caller leaves with the first event. A stream takes its
// connection, one in memory, from which the answer is read.
type briefly struct{ *httptest.ResponseRecorder }

// Hijack implements http.Hijacker.
func (b briefly) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	server, caller := net.Pipe()
	go func() {
		defer caller.Close()
		answer, err := http.ReadResponse(bufio.NewReader(caller), nil)
		if err != nil {
			return // the recorder is left empty, which is no stream
		}
		maps.Copy(b.Header(), answer.Header)
		b.WriteHeader(answer.StatusCode)
		for lines := bufio.NewReader(answer.Body); !strings.Contains(b.Body.String(), "data: "); {
			line, err := lines.ReadBytes('\n')
			b.Write(line)
			if err != nil {
				return
			}
		}
	}()
	return server, nil, nil
}

// alikeMost is how many requests of one route and status a house holds to the
// document: a property test asks the same thousands of times.
const alikeMost = 25

func (h *house) worthChecking(r *http.Request, status int) bool {
	name := fmt.Sprint(r.Method, " ", r.URL.Path, " ", status)
	if route, _, err := theContract().router.FindRoute(r); err == nil {
		name = fmt.Sprint(r.Method, " ", route.Path, " ", status)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.alike[name]++
	return h.alike[name] <= alikeMost
}

// answer is what came back, with what was asked for messages.
type answer struct {
	testing.TB
	asked  string
	status int
	header http.Header
	body   []byte
}

// do sends a request with the admin's key. header holds names and values in turn.
func (h *house) do(method, path string, body any, header ...string) *answer {
	h.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	case io.Reader:
		reader = b
	}
	r := httptest.NewRequest(method, path, reader)
	r.Header.Set("Authorization", "Bearer "+h.key)
	if method == "POST" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
		if header[i+1] == "" {
			r.Header.Del(header[i])
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return &answer{h.TB, method + " " + path, w.Code, w.Header(), w.Body.Bytes()}
}

func (h *house) get(path string) *answer { h.Helper(); return h.do("GET", path, nil) }

// stream posts NDJSON.
func (h *house) stream(path string, body any) *answer {
	h.Helper()
	return h.do("POST", path, body, "Content-Type", "application/x-ndjson")
}

func (a *answer) expect(status int) *answer {
	a.Helper()
	if a.status != status {
		a.Fatalf("%s: status %d, want %d: %s", a.asked, a.status, status, clip(a.body))
	}
	return a
}

func clip(b []byte) string { return string(b[:min(len(b), 2000)]) }

// json returns the body as a tree, numbers as their text.
func (a *answer) json() map[string]any {
	a.Helper()
	var tree map[string]any
	d := json.NewDecoder(bytes.NewReader(a.body))
	d.UseNumber()
	if err := d.Decode(&tree); err != nil {
		a.Fatalf("%s: %v in %s", a.asked, err, clip(a.body))
	}
	return tree
}

// at walks the body's tree: "groups.0.key.agent" style, as compact JSON text.
func (a *answer) at(path string) string {
	a.Helper()
	var v any = a.json()
	for step := range strings.SplitSeq(path, ".") {
		switch node := v.(type) {
		case map[string]any:
			v = node[step]
		case []any:
			v = pick(a, node, step)
		default:
			v = nil
		}
	}
	text, err := json.Marshal(v)
	if err != nil {
		a.Fatal(err)
	}
	return string(text)
}

// pick takes an array's element by position, or the one whose "id" or "code" is step.
func pick(a *answer, list []any, step string) any {
	a.Helper()
	for i, v := range list {
		m, _ := v.(map[string]any)
		if m["id"] == step || m["stage"] == step || step == json.Number(jsonInt(i)).String() {
			return v
		}
	}
	return nil
}

func jsonInt(i int) string { b, _ := json.Marshal(i); return string(b) }

// want compares parts of the body: paths and their JSON in turn.
func (a *answer) want(pairs ...string) *answer {
	a.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if got := a.at(pairs[i]); got != pairs[i+1] {
			a.Errorf("%s: %s is %s, want %s\n%s", a.asked, pairs[i], got, pairs[i+1], clip(a.body))
		}
	}
	return a
}

// problem expects a problem document of that status and code about that field.
func (a *answer) problem(status int, code, field string) *answer {
	a.Helper()
	a.expect(status)
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		a.Errorf("%s: Content-Type %q", a.asked, got)
	}
	wantField := "null"
	if field != "" {
		wantField = `"` + field + `"`
	}
	a.want("status", jsonInt(status), "code", `"`+code+`"`, "field", wantField, "request_id", `"`+a.header.Get("X-Request-Id")+`"`)
	if len(a.at("detail")) < 10 || len(a.at("title")) < 3 {
		a.Errorf("%s: it says too little: %s", a.asked, a.body)
	}
	return a
}
