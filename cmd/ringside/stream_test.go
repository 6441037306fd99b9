package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"ringside/campaign"
	"ringside/db"
	"ringside/db/dbtest"
)

// stream is an open stream of a campaign's dials.
type stream struct {
	testing.TB
	lines *bufio.Reader
}

const streamPath = "/v1/live?campaign=c&from=2026-01-01&to=2027-01-01&kpi=dials"

func openStream(t testing.TB, url, key string) *stream {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", url+streamPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	if answer.StatusCode != http.StatusOK {
		t.Fatal(answer.Status)
	}
	return &stream{t, bufio.NewReader(answer.Body)}
}

// await reads on until so many dials are shown.
func (s *stream) await(dials int) {
	s.Helper()
	for {
		line, err := s.lines.ReadString('\n')
		if err != nil {
			s.Fatalf("the stream ends before it shows %d dials: %v", dials, err)
		}
		if strings.HasPrefix(line, "data: ") && strings.Contains(line, fmt.Sprintf(`"numerator":%d,`, dials)) {
			return
		}
	}
}

// TestStreamsOfSeveralProcesses: a stream shows what its own server, another process
// on the database, and on PostgreSQL another server, have committed.
func TestStreamsOfSeveralProcesses(t *testing.T) {
	t.Parallel()
	p, path := serveCalls(t)
	s := openStream(t, p.url, p.key)
	s.await(0)
	p.ask(200, "POST", callsPath, call("own"))
	s.await(1)
	beside, err := db.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer beside.Close()
	for i := range 3 {
		v, err := campaign.AttemptForm.Decode([]byte(call(fmt.Sprint("beside-", i))))
		if err == nil {
			_, err = beside.Record(t.Context(), "c", []*campaign.Version{v}, false)
		}
		if err != nil {
			t.Fatal(err)
		}
		s.await(2 + i)
	}
	if dbtest.Engine == "postgres" {
		other := serveProcess(t, theProgram(t), path, file(t, "key", p.key))
		there := openStream(t, other.url, p.key)
		there.await(4)
		other.ask(200, "POST", callsPath, call("other"))
		s.await(5)
		there.await(5)
		p.ask(200, "POST", callsPath, call("back"))
		there.await(6)
	}
}

// TestStopEndsStreamsFirst: they end at once, whole and with a word on when to come
// back, while a body that is still coming has its time.
func TestStopEndsStreamsFirst(t *testing.T) {
	t.Parallel()
	p, _ := serveCalls(t)
	s := openStream(t, p.url, p.key)
	s.await(0)
	w := p.wire()
	w.write(fmt.Sprintf("POST %s HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer %s\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n", callsPath, p.key))
	if line, err := w.read.ReadString('\n'); err != nil || !strings.Contains(line, " 100 ") { // it is being read
		t.Fatalf("%q %v", line, err)
	}
	if _, err := w.read.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	w.chunk(call("slow") + "\n")
	stopped := make(chan int)
	go func() { stopped <- p.stop() }()
	rest, err := io.ReadAll(s.lines)
	if err != nil || !strings.HasPrefix(strings.TrimSpace(string(rest)), "retry: ") {
		t.Errorf("the stream ends with %q, %v", rest, err)
	}
	select {
	case code := <-stopped:
		t.Errorf("the server ended before the body: %d", code)
	default:
	}
	w.write("0\r\n\r\n")
	if a := w.answer(false); a.status != 200 {
		t.Errorf("the body is answered %d %s", a.status, a.body)
	}
	if code := <-stopped; code != 0 {
		t.Errorf("the server ends with %d", code)
	}
}
