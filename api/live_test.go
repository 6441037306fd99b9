package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ringside/api"
)

// hasty are limits for tests that wait for what takes its time.
var hasty = api.LiveLimits{Heartbeat: 20 * time.Millisecond, Refresh: 20 * time.Millisecond, Poll: 20 * time.Millisecond, Patience: 500 * time.Millisecond}

// serveLive serves the house's store on a real socket, by the house's clock, until
// stop is called.
func (h *house) serveLive(limits api.LiveLimits) (url string, stop func()) {
	h.Helper()
	stopping, stop := context.WithCancel(context.Background())
	serving := api.New(api.Options{Store: h.store, Clock: h.clock, Live: limits, Stopping: stopping, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	server := httptest.NewUnstartedServer(serving)
	server.Listener = cramped{server.Listener}
	server.Start()
	h.Cleanup(func() {
		stop()
		server.Close()
		serving.StreamsEnded(context.Background()) // a stream that does not end hangs here
	})
	return server.URL, stop
}

// cramped gives connections so small buffers that who does not read soon blocks.
type cramped struct{ net.Listener }

func (c cramped) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(4096)
	}
	return conn, err
}

// board is an open stream.
type board struct {
	testing.TB
	*http.Response
	lines *bufio.Reader
}

// event is one event of a stream.
type event struct {
	name string
	id   int64
	data string
}

func (h *house) open(url, key, query string) *board {
	h.Helper()
	r, err := http.NewRequestWithContext(h.Context(), "GET", url+"/v1/live?"+query, nil)
	if err != nil {
		h.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { answer.Body.Close() })
	return &board{h.TB, answer, bufio.NewReader(answer.Body)}
}

// next reads the next event; ok is false when the stream ended.
func (b *board) next() (e event, ok bool) {
	b.Helper()
	for {
		line, err := b.lines.ReadString('\n')
		if err != nil {
			return e, false
		}
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch name {
		case "event":
			e.name = value
		case "id":
			if e.id, err = strconv.ParseInt(value, 10, 64); err != nil {
				b.Fatal(err)
			}
		case "data":
			e.data = value
		case "":
			if e.name != "" {
				return e, true
			}
		}
	}
}

// dials is the numerator of the first KPI, which the tests ask for.
func (e event) dials() int64 {
	var data struct{ KPIs []struct{ Numerator int64 } }
	if json.Unmarshal([]byte(e.data), &data) != nil || len(data.KPIs) == 0 {
		return -1
	}
	return data.KPIs[0].Numerator
}

// await reads on until so many dials are shown.
func (b *board) await(dials int64) (e event) {
	b.Helper()
	for {
		e, ok := b.next()
		if !ok {
			b.Fatalf("the stream ends before it shows %d dials", dials)
		}
		if e.dials() == dials {
			return e
		}
	}
}

func (h *house) dialToday(ref string) {
	h.Helper()
	at := h.clock().UTC().Format(time.RFC3339)
	h.do("POST", attempts, `{"ref":"`+ref+`","lead":"l-1","started_at":"`+at+`","result":"no_answer"}`).expect(200)
}

// TestLiveFollowsCommits: the first event comes at once, is what the report says, and
// each commit brings another of a higher id; who comes back is told the newest state.
func TestLiveFollowsCommits(t *testing.T) {
	t.Parallel()
	h := newSpring(t)
	url, _ := h.serveLive(api.LiveLimits{})
	all := h.open(url, h.key, "campaign=spring")
	if all.StatusCode != 200 || all.Header.Get("Content-Type") != "text/event-stream" || all.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v", all.StatusCode, all.Header)
	}
	first, _ := all.next()
	if want := strings.TrimSpace(string(h.get("/v1/campaigns/spring/kpis?from=2026-11-20&to=2026-11-21").body)); first.name != "kpis" || first.data != want {
		t.Errorf("the first event is %+v, the report %s", first, want)
	}
	id := strings.Trim(h.get("/v1/campaigns/spring").at("id"), `"`)
	b := h.open(url, h.key, "campaign="+id+"&kpi=dials,answer_rate")
	last := b.await(0)
	for i := range int64(5) {
		h.dialToday(fmt.Sprint("c-", i))
		e := b.await(i + 1)
		if e.id <= last.id {
			t.Errorf("event %d follows event %d", e.id, last.id)
		}
		last = e
		if again := h.open(url, h.key, "campaign=spring&kpi=dials"); again.Status == "" {
			t.Fatal("no stream")
		} else if e, _ := again.next(); e.dials() != i+1 {
			t.Errorf("who comes back is first told of %d dials, not %d", e.dials(), i+1)
		}
	}
	if strings.Contains(last.data, "groups") || strings.Count(last.data, `"id":`) != 2 {
		t.Error(last.data)
	}
	month := h.open(url, h.key, "campaign=spring&kpi=dials&from=2026-11-01&to=2026-11-20")
	if e, _ := month.next(); e.dials() != 0 || !strings.Contains(e.data, `"to":"2026-11-20T00:00:00Z"`) {
		t.Errorf("%+v", e)
	}
}

func TestLiveIsRefused(t *testing.T) {
	h := newFloor(t)
	for query, problem := range map[string][2]string{
		"":                                                     {"missing_parameter", "campaign"},
		"?campaign=spring,alien-7":                             {"several_campaigns", "campaign"},
		"?campaign=spring&campaign=alien-7":                    {"duplicate_parameter", "campaign"},
		"?campaign=spring&kpi=joy":                             {"unknown_kpi", "kpi"},
		"?campaign=spring&from=2026-11-01":                     {"missing_parameter", "to"},
		"?campaign=spring&from=soon&to=2026-11-01":             {"invalid_time", "from"},
		"?campaign=spring&from=2026-11-02&to=2026-11-01":       {"invalid_window", "from"},
		"?campaign=spring&group_by=day":                        {"unknown_parameter", "group_by"},
		"?campaign=spring&from=2026-11-01&to=2026-11-02&kpi=,": {"missing_value", "kpi"},
	} {
		h.get("/v1/live"+query).problem(422, problem[0], problem[1])
	}
	h.get("/v1/live?campaign=winter").problem(404, "not_found", "campaign")
	bound := h.newKey("viewer", "spring")
	h.do("GET", "/v1/live?campaign=alien-7", nil, "Authorization", "Bearer "+bound).problem(404, "not_found", "campaign")
	h.do("GET", "/v1/live?campaign=spring", nil, "Authorization", "Bearer "+bound).expect(200)
}

// TestLiveTodayEndsAtMidnight of the campaign's zone.
func TestLiveTodayEndsAtMidnight(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.do("PUT", "/v1/campaigns/spring", strings.Replace(spring, "Europe/Lisbon", "Asia/Kathmandu", 1)).expect(201)
	h.dialToday("c-1") // at 17:45 there
	url, _ := h.serveLive(hasty)
	b := h.open(url, h.key, "campaign=spring&kpi=dials")
	if e := b.await(1); !strings.Contains(e.data, `"from":"2026-11-20T00:00:00+05:45","to":"2026-11-21T00:00:00+05:45"`) {
		t.Error(e.data)
	}
	h.ahead.Store(int64(6*time.Hour + 15*time.Minute))
	if e := b.await(0); !strings.Contains(e.data, `"from":"2026-11-21T00:00:00+05:45"`) {
		t.Error(e.data)
	}
}

// TestLiveSeesOtherProcesses: what a second store on the database commits is found by
// looking.
func TestLiveSeesOtherProcesses(t *testing.T) {
	t.Parallel()
	h := newSpring(t)
	other := houseAt(t, h.path)
	url, _ := h.serveLive(api.LiveLimits{Poll: 20 * time.Millisecond})
	b := h.open(url, h.key, "campaign=spring&kpi=dials")
	b.await(0)
	at := h.clock().UTC().Format(time.RFC3339)
	other.do("POST", attempts, `{"ref":"c-1","lead":"l-1","started_at":"`+at+`","result":"no_answer"}`).expect(200)
	b.await(1)
}

// TestLiveEnds with the right to it, within a heartbeat, and with the server, at
// once.
func TestLiveEnds(t *testing.T) {
	t.Parallel()
	h := newSpring(t)
	url, stop := h.serveLive(hasty)
	key := h.do("POST", "/v1/keys", `{"role":"viewer","label":"x"}`).expect(201)
	revoked, other := h.open(url, strings.Trim(key.at("key"), `"`), "campaign=spring"), h.open(url, h.key, "campaign=spring")
	h.do("DELETE", "/v1/keys/"+strings.Trim(key.at("id"), `"`), nil).expect(204)
	for ok := true; ok; {
		_, ok = revoked.next()
	}
	if _, ok := other.next(); !ok {
		t.Error("a stream ends though its key was not revoked")
	}
	stop()
	rest, err := io.ReadAll(other.lines)
	if err != nil || !strings.HasSuffix(string(rest), "\n\n") || !slices.ContainsFunc(strings.Split(string(rest), "\n"), func(l string) bool { return strings.HasPrefix(l, "retry: ") }) {
		t.Errorf("a stop ends the stream with %q, %v", rest, err)
	}
	if late := h.open(url, h.key, "campaign=spring"); late.StatusCode != 503 || late.Header.Get("Retry-After") == "" {
		t.Errorf("a server that stops begins a stream: %d", late.StatusCode)
	}
}

// TestLiveDropsWhoDoesNotRead and goes on for the others: the place of one who hangs
// becomes free.
func TestLiveDropsWhoDoesNotRead(t *testing.T) {
	t.Parallel()
	h := newSpring(t)
	limits := hasty
	limits.ListenersMost = 2
	url, _ := h.serveLive(limits)
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	other := h.open(url, h.key, "campaign=spring")
	fmt.Fprintf(conn, "GET /v1/live?campaign=spring HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer %s\r\n\r\n", h.key)
	taken := false
	for late := time.Now().Add(time.Minute); ; {
		if _, ok := other.next(); !ok {
			t.Fatal("the stream of one who reads ends")
		}
		third := h.open(url, h.key, "campaign=spring&kpi=dials")
		third.Body.Close()
		if taken = taken || third.StatusCode == 503; taken && third.StatusCode == 200 {
			return
		}
		if time.Now().After(late) {
			t.Fatalf("one who does not read keeps its place; it ever had it: %v", taken)
		}
	}
}

// TestLiveListenersMost at its edge: one more is sent away, until somebody leaves.
func TestLiveListenersMost(t *testing.T) {
	t.Parallel()
	h := newSpring(t)
	limits := hasty
	limits.ListenersMost = 2
	url, _ := h.serveLive(limits)
	one := h.open(url, h.key, "campaign=spring")
	h.open(url, h.key, "campaign=spring&kpi=dials").await(0)
	third := h.open(url, h.key, "campaign=spring")
	if text, _ := io.ReadAll(third.lines); third.StatusCode != 503 || third.Header.Get("Retry-After") == "" || !strings.Contains(string(text), "too_many_listeners") {
		t.Errorf("one too many is answered %d: %s", third.StatusCode, text)
	}
	one.Body.Close()
	for late := time.Now().Add(time.Minute); h.open(url, h.key, "campaign=spring").StatusCode != 200; {
		if time.Now().After(late) {
			t.Fatal("nobody may take the place of one who left")
		}
	}
}
