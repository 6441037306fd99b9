package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ringside/db/dbtest"
)

// callsPath takes the attempts of the campaign that serveCalls makes.
const callsPath = "/v1/campaigns/c/attempts"

// serveCalls serves a new database with one campaign.
func serveCalls(t testing.TB) (p *process, path string) {
	t.Helper()
	path = dbtest.New(t)
	p = serveProcess(t, theProgram(t), path, filepath.Join(t.TempDir(), "key"))
	p.ask(201, "PUT", "/v1/campaigns/c", bankCampaign)
	return p, path
}

func call(ref string) string {
	return fmt.Sprintf(`{"ref":%q,"lead":"lead-of-%s","started_at":"2026-06-01T10:00:00Z","result":"answered","disposition":"SALE"}`, ref, ref)
}

// callLines is a stream of so many calls.
func callLines(name string, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(call(fmt.Sprint(name, "-", i)) + "\n")
	}
	return b.String()
}

// dials is what the campaign reports.
func (p *process) dials() string {
	p.Helper()
	report := readReport(p, p.ask(200, "GET", "/v1/campaigns/c/kpis?from=2026-01-01&to=2027-01-01&kpi=dials", "").body)
	return exact(p, report.KPIs[0].Numerator)
}

// await waits until the campaign reports so many dials.
func (p *process) await(dials string) {
	p.Helper()
	for late := time.Now().Add(time.Minute); p.dials() != dials; {
		if time.Now().After(late) {
			p.Fatalf("the campaign reports %s dials, not %s", p.dials(), dials)
		}
	}
}

// wire is a connection on which a test writes what it likes.
type wire struct {
	testing.TB
	*net.TCPConn
	read *bufio.Reader
}

func (p *process) wire() *wire {
	p.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		p.Fatal(err)
	}
	p.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		p.Fatal(err)
	}
	return &wire{p, conn.(*net.TCPConn), bufio.NewReader(conn)}
}

func (w *wire) write(text string) {
	w.Helper()
	if _, err := io.WriteString(w.TCPConn, text); err != nil {
		w.Fatal(err)
	}
}

// head begins a post of calls whose body has a length, or comes in chunks.
func (w *wire) head(p *process, media string, length int) {
	w.Helper()
	how := fmt.Sprintf("Content-Length: %d", length)
	if length < 0 {
		how = "Transfer-Encoding: chunked"
	}
	w.write(fmt.Sprintf("POST %s HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\n%s\r\n\r\n", callsPath, p.key, media, how))
}

func (w *wire) chunk(text string) { w.Helper(); w.write(fmt.Sprintf("%x\r\n%s\r\n", len(text), text)) }

// answer reads the answer, and sees that the connection ends with it where it
// must.
func (w *wire) answer(ends bool) *reply {
	w.Helper()
	answer, err := http.ReadResponse(w.read, nil)
	if err != nil {
		w.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		w.Fatal(err)
	}
	if ends {
		if n, err := w.read.Read(make([]byte, 1)); n > 0 || !closed(err) {
			w.Errorf("after %d %s the connection goes on: %d %v", answer.StatusCode, body, n, err)
		}
	}
	return &reply{answer.StatusCode, answer.Header, body}
}

// closed reports whether the other side ended a connection, in whatever way.
func closed(err error) bool {
	wait, timed := err.(net.Error)
	return err != nil && !(timed && wait.Timeout())
}

// TestOneFactOnTwoConnections posts each call on two connections at once.
func TestOneFactOnTwoConnections(t *testing.T) {
	t.Parallel()
	p, path := serveCalls(t)
	clients := [2]*http.Client{newClient(t), newClient(t)}
	for i := range 40 {
		var both sync.WaitGroup
		var got [2]receipt
		for n, client := range clients {
			both.Go(func() {
				r, err := p.send(client, "POST", callsPath, oneJSON, strings.NewReader(call(fmt.Sprint("both-", i))))
				if err != nil || r.status != 200 {
					t.Errorf("%v %+v", err, r)
					return
				}
				got[n] = r.receipt(t)
			})
		}
		both.Wait()
		if got[0].Created+got[1].Created != 1 || got[0].Unchanged+got[1].Unchanged != 1 {
			t.Fatalf("one call on two connections is answered %+v", got)
		}
	}
	if dials := p.dials(); dials != "40" {
		t.Errorf("40 calls are %s dials", dials)
	}
	mustRun(t, "verify", "--db", path)
}

// TestDisconnectBeforeTheAnswer sends posts and goes away at once. Each is stored
// whole or not at all, and once when it is sent again.
func TestDisconnectBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	p, path := serveCalls(t)
	for i := range 40 {
		body := callLines(fmt.Sprint("gone-", i), 5)
		w := p.wire()
		w.head(p, ndjson, len(body))
		w.write(body)
		if i%2 == 0 {
			w.SetLinger(0) // a reset rather than an orderly end
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 40 {
		got := p.ask(200, "POST", callsPath, "["+strings.ReplaceAll(strings.TrimSpace(callLines(fmt.Sprint("gone-", i), 5)), "\n", ",")+"]").receipt(t)
		if got.Created != 0 && got.Created != 5 || got.Created+got.Unchanged != 5 {
			t.Errorf("sent again after going away: %+v", got)
		}
	}
	if dials := p.dials(); dials != "200" {
		t.Errorf("200 calls are %s dials", dials)
	}
	mustRun(t, "verify", "--db", path)
}

// TestBodyEndsEarly ends bodies before their end: what came whole of a long stream
// is stored as the answer says, of anything else nothing is.
func TestBodyEndsEarly(t *testing.T) {
	t.Parallel()
	p, path := serveCalls(t)
	for _, c := range []struct {
		media, body string
		length      int
		detail      string
	}{
		{oneJSON, call("cut"), len(call("cut")) + 1, "nothing was stored"},
		{ndjson, callLines("cut", 3), len(callLines("cut", 3)) + 1, "nothing was stored"},
		{ndjson, callLines("long", 5_500), -1, "5000 are stored"},
	} {
		w := p.wire()
		w.head(p, c.media, c.length)
		if c.length < 0 {
			w.chunk(c.body)
		} else {
			w.write(c.body)
		}
		if err := w.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		r := w.answer(true)
		if got := r.receipt(t); r.status != 400 || got.Code != "incomplete_body" || !strings.Contains(got.Detail, c.detail) {
			t.Errorf("a body that ends early is answered %d %s", r.status, r.body)
		}
	}
	if dials := p.dials(); dials != "5000" {
		t.Errorf("5000 stored calls are %s dials", dials)
	}
	mustRun(t, "verify", "--db", path)
}

// TestSlowHeaders opens connections that never end their headers: the server ends
// them, and answers others meanwhile.
func TestSlowHeaders(t *testing.T) {
	t.Parallel()
	p, _ := serveCalls(t)
	var slow []*wire
	for range 50 {
		w := p.wire()
		w.write("POST " + callsPath + " HTTP/1.1\r\nHost: test\r\nX-Slow: ")
		slow = append(slow, w)
	}
	p.ask(200, "POST", callsPath, call("meanwhile"))
	for _, w := range slow {
		if _, err := io.Copy(io.Discard, w.read); err != nil && !closed(err) {
			t.Fatalf("a connection without a request stays open: %v", err)
		}
	}
}

// TestStopEndsWhatIsUnderWay asks the server to stop while one stream is at its
// last lines and another hangs: the first is answered as ever, the second is told
// what of it is stored. No transaction is held while a stream hangs.
func TestStopEndsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	p, path := serveCalls(t)
	hangs, ends := p.wire(), p.wire()
	for name, w := range map[string]*wire{"hangs": hangs, "ends": ends} {
		w.head(p, ndjson, -1)
		w.chunk(callLines(name, 5_100))
	}
	p.await("10000")
	p.ask(200, "POST", callsPath, call("beside")) // while both are open
	p.signal(syscall.SIGTERM)
	p.awaitClosed()
	ends.chunk(call("last"))
	ends.write("0\r\n\r\n")
	if r := ends.answer(true); r.status != 200 || r.receipt(t).Created != 5_101 {
		t.Errorf("a post under way is answered %d %s", r.status, r.body)
	}
	r := hangs.answer(true)
	if got := r.receipt(t); r.status != 503 || got.Code != "stopping" || !strings.Contains(got.Detail, "5000 are stored") || r.header.Get("Retry-After") == "" {
		t.Errorf("a stream that hangs is answered %d %s", r.status, r.body)
	}
	<-p.ended
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("the server ends with %d:\n%s", code, p.out)
	}
	if out := mustRun(t, "verify", "--db", path); !strings.Contains(out, "10102 attempts") {
		t.Errorf("verify says %s", out)
	}
}

// awaitClosed waits until the server takes no more connections.
func (p *process) awaitClosed() {
	p.Helper()
	for late := time.Now().Add(time.Minute); ; {
		conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
		if err != nil {
			return
		}
		conn.Close()
		if time.Now().After(late) {
			p.Fatalf("the server takes connections after it was asked to stop:\n%s", p.out)
		}
	}
}

// TestSecondSignalEndsAtOnce does not wait for what is under way.
func TestSecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	for _, second := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		p, _ := serveCalls(t)
		w := p.wire()
		w.head(p, ndjson, -1)
		w.chunk(callLines("hangs", 5_000))
		p.await("5000")
		p.signal(syscall.SIGTERM)
		p.awaitClosed()
		for p.cmd.Process.Signal(second) == nil { // until it is one that does not belong to the first
			select {
			case <-p.ended:
			case <-time.After(10 * time.Millisecond):
			}
		}
		<-p.ended
		if code := p.cmd.ProcessState.ExitCode(); code != 128+int(second) || !strings.Contains(p.out.String(), "second signal") {
			t.Errorf("after a second signal the server ends with %s:\n%s", p.cmd.ProcessState, p.out)
		}
	}
}

// TestStopAnswersWhatItTook posts on several connections while the server is asked to
// stop: what was answered is stored, and nothing else is but what broke off.
func TestStopAnswersWhatItTook(t *testing.T) {
	t.Parallel()
	p, path := serveCalls(t)
	var posting sync.WaitGroup
	answered := make([]int, 4)
	for n := range answered {
		client := newClient(t)
		posting.Go(func() {
			for i := 0; ; i++ {
				r, err := p.send(client, "POST", callsPath, oneJSON, strings.NewReader(call(fmt.Sprintf("c-%d-%d", n, i))))
				if err != nil {
					return
				}
				if r.status != 200 {
					t.Errorf("answered %d %s", r.status, bytes.TrimSpace(r.body))
				}
				answered[n]++
			}
		})
	}
	for p.dials() == "0" {
	}
	if code := p.stop(); code != 0 {
		t.Errorf("the server ends with %d:\n%s", code, p.out)
	}
	posting.Wait()
	total := 0
	for _, n := range answered {
		total += n
	}
	if out := mustRun(t, "verify", "--db", path); !strings.Contains(out, fmt.Sprintf(" %d attempts", total)) {
		t.Errorf("%d posts were answered; verify says %s", total, out)
	}
}
