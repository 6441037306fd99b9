package api_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"ringside/api"
	"ringside/campaign"
)

// listen serves the house's store on a real socket.
func (h *house) listen(o api.Options) (address string) {
	h.Helper()
	o.Store, o.Log = h.store, slog.New(slog.NewTextHandler(io.Discard, nil))
	server := httptest.NewServer(api.New(o))
	h.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// hang sends the head of a post and a part of its body, and reads what is answered
// while no more comes.
func (h *house) hang(address, key, media, body string) (answered *answer, ended bool) {
	h.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		h.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		h.Fatal(err)
	}
	if _, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s",
		attempts, key, media, len(body)+1000, body); err != nil {
		h.Fatal(err)
	}
	read := bufio.NewReader(conn)
	r, err := http.ReadResponse(read, nil)
	if err != nil {
		h.Fatal(err)
	}
	text, err := io.ReadAll(r.Body)
	if err != nil {
		h.Fatal(err)
	}
	_, err = read.ReadByte()
	return &answer{h.TB, "a body that hangs", r.StatusCode, r.Header, text}, err != nil && !errors.Is(err, os.ErrDeadlineExceeded)
}

// TestBodyThatHangs stops sending half-way: the answer says what is stored, and the
// connection ends. So it does when the key was refused before the body was read.
func TestBodyThatHangs(t *testing.T) {
	t.Parallel()
	h := newSpring(t)
	address := h.listen(api.Options{BodyPatience: 200 * time.Millisecond})
	var lines strings.Builder
	for i := range 5_500 {
		lines.WriteString(dial(fmt.Sprint("hangs-", i)) + "\n")
	}
	for _, c := range []struct {
		key, media, body string
		status           int
		code, detail     string
	}{
		{h.key, "application/x-ndjson", lines.String(), 408, "body_too_slow", "5000 are stored"},
		{h.key, "application/x-ndjson", dial("cut"), 408, "body_too_slow", "nothing was stored"},
		{h.key, "application/json", dial("cut")[:20], 408, "body_too_slow", "nothing was stored"},
		{"nobody's", "application/json", "", 401, "wrong_key", "not known"},
	} {
		a, ended := h.hang(address, c.key, c.media, c.body)
		a.problem(c.status, c.code, "")
		if !strings.Contains(a.at("detail"), c.detail) || !ended {
			t.Errorf("%d %s, ended %v", a.status, a.body, ended)
		}
	}
	h.get(attempts + "/hangs-4999").expect(200)
	h.get(attempts + "/hangs-5400").expect(404)
	h.get(attempts + "/cut").expect(404)
}

// TestBodyThatFindsNoRoom: bodies that are read as a whole share a budget; a stream
// of lines needs none, and what one body held another may have when it is answered.
func TestBodyThatFindsNoRoom(t *testing.T) {
	t.Parallel()
	h := newSpring(t)
	address := h.listen(api.Options{BodyPatience: 300 * time.Millisecond, BodiesMost: 512 << 10})
	post := func(media, body string) *answer {
		r, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+address+attempts, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+h.key)
		r.Header.Set("Content-Type", media)
		done, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer done.Body.Close()
		text, err := io.ReadAll(done.Body)
		if err != nil {
			t.Fatal(err)
		}
		return &answer{h.TB, "a body", done.StatusCode, done.Header, text}
	}
	large := "[" + strings.Repeat(" ", 600<<10) + dial("large") + "]"
	refused := post("application/json", large)
	refused.problem(503, "too_many_bodies", "")
	if refused.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	post("application/x-ndjson", strings.Repeat("\n", 600<<10)+dial("streamed")).expect(200)
	for range 3 { // each takes more than half of the budget, and gives it back
		post("application/json", "["+strings.Repeat(" ", 300<<10)+dial("small")+"]").expect(200)
	}
}

// slower is a body that takes a moment for each quarter of a stride, on a
// connection that takes read deadlines.
type slower struct {
	*httptest.ResponseRecorder
	rest   string
	waited time.Duration
	// set counts deadlines, anew those later than the first would be by now.
	set, anew int
}

const slowerPatience = time.Hour

func (s *slower) SetReadDeadline(at time.Time) error {
	s.set++
	if s.waited > 0 && time.Until(at) > slowerPatience-s.waited {
		s.anew++
	}
	return nil
}

func (s *slower) Read(p []byte) (n int, err error) {
	if len(s.rest) == 0 {
		return 0, io.EOF
	}
	began := time.Now()
	time.Sleep(time.Millisecond)
	n = copy(p, s.rest[:min(len(s.rest), 16<<10)])
	s.rest = s.rest[n:]
	s.waited += time.Since(began)
	return n, nil
}

// TestBodyThatGoesOn gives each stride of a body its time anew, and sets no
// deadline where nothing is to come.
func TestBodyThatGoesOn(t *testing.T) {
	h := newSpring(t)
	server := api.New(api.Options{Store: h.store, BodyPatience: slowerPatience})
	for _, c := range []struct {
		method, path string
		bytes        int
	}{{"POST", attempts, 20 * 64 << 10}, {"POST", attempts, 32 << 10}, {"GET", "/healthz", 0}} {
		s := &slower{ResponseRecorder: httptest.NewRecorder()}
		r := httptest.NewRequest(c.method, c.path, http.NoBody)
		if c.bytes > 0 {
			s.rest = strings.Repeat(" ", c.bytes) + dial("late")
			r.Body = io.NopCloser(s)
		}
		r.Header = http.Header{"Authorization": {"Bearer " + h.key}, "Content-Type": {"application/json"}}
		server.ServeHTTP(s, r)
		if s.Code != 200 || (s.anew > 0) != (c.bytes > 64<<10) || (s.set > 0) != (c.bytes > 0) {
			t.Errorf("%s of %d bytes: %d %s with %d deadlines, %d anew", c.method, c.bytes, s.Code, s.Body, s.set, s.anew)
		}
	}
}

// busy is a store that takes its time.
type busy struct {
	api.Store
	took time.Duration
}

func (b *busy) Record(ctx context.Context, key string, posts []*campaign.Version, atomic bool) (campaign.Receipt, error) {
	time.Sleep(b.took)
	return b.Store.Record(ctx, key, posts, atomic)
}

// TestBodyThatWaitsForUs stores a piece for longer than a body may make us wait:
// that is not the body's fault.
func TestBodyThatWaitsForUs(t *testing.T) {
	t.Parallel()
	h := newSpring(t)
	const patience = 2 * time.Second
	server := httptest.NewServer(api.New(api.Options{Store: &busy{h.store, patience + time.Second}, BodyPatience: patience}))
	t.Cleanup(server.Close)
	r, err := http.NewRequest("POST", server.URL+attempts, strings.NewReader(strings.Repeat(dial("n")+"\n", 5_100)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"Authorization": {"Bearer " + h.key}, "Content-Type": {"application/x-ndjson"}}
	a, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if text, err := io.ReadAll(a.Body); err != nil || a.StatusCode != 200 {
		t.Errorf("%d %s %v", a.StatusCode, text, err)
	}
}

// TestBodyWhileStopping ends a body that hangs when the server stops, however long
// it might have taken otherwise.
func TestBodyWhileStopping(t *testing.T) {
	t.Parallel()
	h := newSpring(t)
	stopping, stop := context.WithCancel(t.Context())
	address := h.listen(api.Options{Stopping: stopping, BodyPatience: time.Hour})
	stop()
	a, ended := h.hang(address, h.key, "application/json", dial("cut")[:20])
	a.problem(503, "stopping", "")
	if a.header.Get("Retry-After") == "" || !ended {
		t.Errorf("%v %s, ended %v", a.header, a.body, ended)
	}
}
