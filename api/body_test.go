package api_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"ringside/api"
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
	return &answer{h.TB, "a body that hangs", r.StatusCode, r.Header, text}, err == io.EOF
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

// connection takes read deadlines like one.
type connection struct {
	*httptest.ResponseRecorder
	deadlines int
}

func (c *connection) SetReadDeadline(time.Time) error { c.deadlines++; return nil }

// TestBodyThatGoesOn moves the deadline on with each stride of a body, and sets
// none where nothing is to come.
func TestBodyThatGoesOn(t *testing.T) {
	h := newSpring(t)
	body := strings.Repeat(" ", 10*64<<10) + dial("late")
	for _, c := range []struct {
		method, path string
		body         io.Reader
		least, most  int
	}{
		{"POST", attempts, iotest.OneByteReader(strings.NewReader(body)), 10, 12},
		{"GET", "/healthz", http.NoBody, 0, 0},
	} {
		r := httptest.NewRequest(c.method, c.path, c.body)
		r.Header = http.Header{"Authorization": {"Bearer " + h.key}, "Content-Type": {"application/json"}}
		w := &connection{ResponseRecorder: httptest.NewRecorder()}
		h.Server.ServeHTTP(w, r)
		if w.Code != 200 || w.deadlines < c.least || w.deadlines > c.most {
			t.Errorf("%s %s: %d %s after %d deadlines", c.method, c.path, w.Code, w.Body, w.deadlines)
		}
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
