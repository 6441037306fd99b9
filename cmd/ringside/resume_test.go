package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"ringside/api"
	"ringside/campaign"
	"ringside/db"
	"ringside/db/dbtest"
)

// flaky is a server whose posts of facts go wrong as they are told to, counted
// from 1.
type flaky struct {
	http.Handler
	posts   atomic.Int64
	trouble func(post int64, w http.ResponseWriter, serve func())
}

func (f *flaky) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		f.Handler.ServeHTTP(w, r)
		return
	}
	f.trouble(f.posts.Add(1), w, func() { f.Handler.ServeHTTP(w, r) })
}

// newFlaky serves a database with the campaign c.
func newFlaky(t *testing.T, trouble func(post int64, w http.ResponseWriter, serve func())) (f *flaky, store *db.Store, where []string) {
	t.Helper()
	store, err := db.Open(context.Background(), dbtest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	config, err := campaign.DecodeConfig([]byte(bankCampaign))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.PutCampaign(context.Background(), "c", config); err != nil {
		t.Fatal(err)
	}
	key, _, err := store.CreateKey(context.Background(), campaign.RoleDialer, "tests")
	if err != nil {
		t.Fatal(err)
	}
	f = &flaky{Handler: api.New(api.Options{Store: store}), trouble: trouble}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return f, store, []string{"--campaign", "c", "--url", server.URL, "--key-file", file(t, "key", key+"\n")}
}

// callRows writes n undated attempts as CSV, of which each hundredth cannot be read
// and each hundredth is refused by the server.
func callRows(n int) string {
	var b strings.Builder
	b.WriteString("ref,lead,started_at,result\n")
	for i := range n {
		switch i % 100 {
		case 50:
			fmt.Fprintf(&b, "short-%d\n", i)
		case 99:
			fmt.Fprintf(&b, "c-%d,l-%d,yesterday,busy\n", i, i%700)
		default:
			fmt.Fprintf(&b, "c-%d,l-%d,2026-11-02T09:00:00Z,busy\n", i, i%700)
		}
	}
	return b.String()
}

// checkCalls sees that each call of callRows(n) is stored once, as one version, and
// each refused line is told once.
func checkCalls(t *testing.T, store *db.Store, data string, n int) {
	t.Helper()
	v, err := store.Verify(context.Background(), "c", nil)
	if err != nil || v.Differing > 0 || v.Attempts != int64(n-n/50) {
		t.Errorf("verify: %+v %v", v, err)
	}
	for i := range n {
		f, err := store.Fact(context.Background(), "c", campaign.KindAttempt, fmt.Sprint("c-", i))
		if stored := err == nil; stored != (i%100 != 50 && i%100 != 99) || stored && f.Versions != 1 {
			t.Fatalf("call %d has %d versions %v", i, f.Versions, err)
		}
	}
	told := map[string]int{}
	for line := range strings.Lines(content(t, data+".refused.ndjson")) {
		told[line]++
	}
	if len(told) != n/50 {
		t.Errorf("%d lines are refused, want %d", len(told), n/50)
	}
	for line, times := range told {
		if times != 1 {
			t.Errorf("told %d times: %s", times, line)
		}
	}
}

func TestImportWaitsForTheServer(t *testing.T) {
	f, store, where := newFlaky(t, func(post int64, w http.ResponseWriter, serve func()) {
		switch post {
		case 1, 2:
			w.Header().Set("Retry-After", "0")
			w.WriteHeader([]int{http.StatusServiceUnavailable, http.StatusTooManyRequests}[post-1])
		case 4: // stored, but nobody hears of it
			serve()
			panic(http.ErrAbortHandler)
		default:
			serve()
		}
	})
	data := file(t, "calls.csv", callRows(2500))
	said, code := ringside(t, append([]string{"import", "attempts", data}, where...)...)
	if code != 1 || f.posts.Load() != 6 || !strings.Contains(said, "2500 rows, 2450 attempts: ") || !strings.Contains(said, "50 lines were refused") || !strings.Contains(said, "trying again in 0s") {
		t.Errorf("after %d posts the import says %s", f.posts.Load(), said)
	}
	checkCalls(t, store, data, 2500)
}

func TestImportThroughAServerSaysWhatIsWrong(t *testing.T) {
	_, store, where := newFlaky(t, func(_ int64, _ http.ResponseWriter, serve func()) { serve() })
	viewer, _, err := store.CreateKey(context.Background(), campaign.RoleViewer, "tests")
	if err != nil {
		t.Fatal(err)
	}
	url, keyFile := where[:4:4], where[4:]
	data := file(t, "calls.csv", callRows(10))
	for _, c := range []struct {
		says      string
		file, key []string
	}{
		{`no campaign "d"`, []string{"attempts", data, "--campaign", "d"}, keyFile},
		{"answered 401", []string{"attempts", data}, []string{"--key", "rs_no_key"}},
		{"the right post_facts", []string{"attempts", data}, []string{"--key", viewer}},
		{"wants a key", []string{"attempts", data}, nil},
		{"no file that could be gone on with", []string{"attempts", "-", "--resume"}, keyFile},
		{"there is no " + data + ".position", []string{"attempts", data, "--resume"}, keyFile},
	} {
		args := append(append([]string{"import"}, url...), append(c.file, c.key...)...)
		if said, code := ringside(t, args...); code != 1 || !strings.Contains(said, c.says) {
			t.Errorf("%v ends with %d: %s", c.file, code, said)
		}
	}
}

// TestImportKeepsCostsApart: an entry of another campaign is refused, through a
// server and by file, and not posted where it says.
func TestImportKeepsCostsApart(t *testing.T) {
	data := file(t, "costs.csv", "ref,campaign,category,amount,currency,from,to\n"+
		"k-1,d,labour,1.00,EUR,2026-11-02T09:00:00Z,2026-11-03T09:00:00Z\nk-2,c,labour,1.00,EUR,2026-11-02T09:00:00Z,2026-11-03T09:00:00Z\n")
	for where, said := range map[string]string{
		"file": func() string {
			said, _ := ringside(t, "import", "costs", data, "--db", dbtest.New(t), "--campaign", "c", "--config", file(t, "c.json", bankCampaign))
			return said
		}(),
		"url": func() string {
			url, stop, key := serving(t, dbtest.New(t))
			defer stop()
			said, _ := ringside(t, "import", "costs", data, "--url", url, "--key", key, "--campaign", "c", "--config", file(t, "c.json", bankCampaign))
			return said
		}(),
	} {
		if refused := content(t, data+".refused.ndjson"); !strings.Contains(said, "1 costs: 1 created") || !strings.Contains(refused, `of the campaign \"d\"`) {
			t.Errorf("by %s: %s%s", where, said, refused)
		}
	}
}

// TestImportResumes interrupts an import after a piece that was stored and never
// acknowledged, and goes on.
func TestImportResumes(t *testing.T) {
	ctx, interrupt := context.WithCancel(context.Background())
	f, store, where := newFlaky(t, func(post int64, _ http.ResponseWriter, serve func()) {
		serve()
		if post == 3 {
			interrupt()
			panic(http.ErrAbortHandler)
		}
	})
	data := file(t, "calls.csv", callRows(4500))
	args := append([]string{"import", "attempts", data}, where...)
	var out bytes.Buffer
	if code := run(ctx, args, terminal{strings.NewReader(""), &out, &out}); code != 1 || !strings.Contains(out.String(), "--resume goes on") || !strings.Contains(out.String(), "was interrupted") {
		t.Fatalf("the import ends with %d: %s", code, out.String())
	}
	kept := content(t, data+".position")
	args = append(args, "--resume")
	for name, wrong := range map[string]func() []string{
		"another mapping":        func() []string { return append(args, "--mapping", file(t, "m.json", `{"delimiter":","}`)) },
		"the campaign":           func() []string { return append(args, "--campaign", "d") },
		"the import of attempts": func() []string { return append([]string{"import", "leads"}, args[2:]...) },
		"was another then": func() []string {
			changed := file(t, "calls.csv", strings.Replace(callRows(4500), "c-0,", "d-0,", 1))
			return append([]string{"import", "attempts", changed, "--position", data + ".position"}, args[3:]...)
		},
		"cannot be read": func() []string { return append(args, "--position", data) },
		"an import into": func() []string { return append(args, "--url", "http://127.0.0.1:9") },
	} {
		if out, code := ringside(t, wrong()...); code != 1 || !strings.Contains(out, name) || !strings.Contains(out, "leave out --resume") {
			t.Errorf("%s: ends with %d: %s", name, code, out)
		}
	}
	equal(t, "the position", content(t, data+".position"), kept)
	said, code := ringside(t, args...)
	// Three pieces of five were left, of which one was stored already.
	if code != 1 || f.posts.Load() != 6 || !strings.Contains(said, "4500 rows, 4410 attempts: 3430 created, 0 updated, 980 unchanged.") {
		t.Errorf("after %d posts it says %s", f.posts.Load(), said)
	}
	checkCalls(t, store, data, 4500)
	if _, err := os.Stat(data + ".position"); !os.IsNotExist(err) {
		t.Errorf("the position is still there: %v", err)
	}
	// The whole again changes nothing either.
	if said, _ := ringside(t, args[:len(args)-1]...); !strings.Contains(said, "0 created, 0 updated, 4410 unchanged") {
		t.Errorf("again it says %s", said)
	}
	checkCalls(t, store, data, 4500)
}
