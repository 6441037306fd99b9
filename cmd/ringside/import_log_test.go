package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"ringside/api"
	"ringside/campaign"
	"ringside/db"
	"ringside/db/dbtest"
	"ringside/funnel"
)

// inboundLog is a queue_log of an inbound queue and of one that nobody knows.
const inboundLog = `1794819600|NONE|NONE|NONE|QUEUESTART|
1794819600|NONE|NONE|ann|AGENTLOGIN|x
1794819610|1794819610.1|bank|NONE|ENTERQUEUE||5550101|1
1794819617|1794819610.1|bank|ann|CONNECT|7|1794819615.2|2
1794819620|1794819620.3|bank|NONE|ENTERQUEUE||5550102|1
1794819650|1794819620.3|bank|NONE|ABANDON|1|1|30
1794819677|1794819610.1|bank|ann|COMPLETECALLER|7|60|1
1794819680|1794819680.9|lost|NONE|ENTERQUEUE||5550103|1
1794819700|NONE|NONE|ann|AGENTLOGOFF|x|100
`

// TestImportQueueLog: a log of an inbound queue is read by the dialers' decoder, from a file
// into a file and through a server, plain and gzipped; again it changes nothing.
func TestImportQueueLog(t *testing.T) {
	withQueue := func() (path string) {
		path = dbtest.New(t)
		store, err := db.Open(context.Background(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		config, err := campaign.DecodeQueue([]byte(bankQueue))
		if err == nil {
			_, _, err = store.PutCampaign(context.Background(), campaign.QueueKey("bank"), config)
		}
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	figures := func(path string) string {
		store, err := db.Open(context.Background(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		var out []string
		for key, ids := range map[string][]string{campaign.QueueKey("bank"): {"offered", "abandoned", "asa", "aht"}, campaign.ServiceKey: {"login_time", "occupancy"}} {
			for _, id := range ids {
				k := funnel.Find(id)
				r, err := store.Report(context.Background(), key, funnel.Query{Window: funnel.Window{FromMs: 1794800000_000, ToMs: 1794900000_000}, KPIs: []*funnel.KPI{k}})
				if err != nil {
					t.Fatal(err)
				}
				f := k.Figure(r.Whole)
				out = append(out, fmt.Sprintf("%s %d/%d", id, f.Numerator, f.Denominator))
			}
		}
		if len(out) == 6 && strings.HasPrefix(out[0], "login") {
			out = append(out[2:], out[:2]...)
		}
		return strings.Join(out, ", ")
	}
	const want = "offered 2/0, abandoned 1/0, asa 7000/1, aht 60000/1, login_time 100000/0, occupancy 60000/100000"
	log := file(t, "queue_log", inboundLog)

	path := withQueue()
	args := []string{"import", "queue_log", log, "--db", path, "--source", "pbx"}
	if out := mustRun(t, args...); !strings.Contains(out, "7 lines accepted, 2 kept aside, 0 refused") {
		t.Errorf("said %s", out)
	}
	equal(t, "figures", figures(path), want)
	mustRun(t, args...)
	equal(t, "figures of a second import", figures(path), want)
	mustRun(t, "verify", "--db", path)
	for _, wrong := range [][]string{{"import", "queue_log", log, "--db", path}, {"import", "queue_log", log, "--db", path, "--source", "pbx", "--campaign", "queue/bank"}, {"import", "calls", log, "--db", path}} {
		if out, code := ringside(t, wrong...); code == 0 || !strings.Contains(out, "--") {
			t.Errorf("%v ended with %d: %s", wrong, code, out)
		}
	}

	served := withQueue()
	store, err := db.Open(context.Background(), served)
	if err != nil {
		t.Fatal(err)
	}
	server := api.New(api.Options{Store: store})
	if err := server.LogSource(context.Background(), "pbx", []byte(`{"kind":"asterisk_queue_log","auth":{"type":"header","secret":"secret"}}`)); err != nil {
		t.Fatal(err)
	}
	listening := httptest.NewServer(server)
	key := file(t, "key", "secret")
	packed := log + ".gz"
	if err := os.WriteFile(packed, packedText(t, inboundLog), 0o600); err != nil {
		t.Fatal(err)
	}
	mustRun(t, "import", "queue_log", packed, "--source", "pbx", "--url", listening.URL, "--key-file", key)
	listening.Close()
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	equal(t, "figures through a server", figures(served), want)
}

func packedText(t testing.TB, text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
