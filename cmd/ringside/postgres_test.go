//go:build postgres

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringside/api"
	"ringside/campaign"
	"ringside/db"
	"ringside/db/dbtest"
	"ringside/funnel/twin"
)

// TestSeveralServers runs two servers on one database: what one was told the other
// knows, and commands work beside both.
func TestSeveralServers(t *testing.T) {
	path, keyFile := dbtest.New(t), filepath.Join(t.TempDir(), "key")
	first, stopFirst := startServing(t, "serve", "--listen", "127.0.0.1:0", "--db", path, "--admin-key-file", keyFile)
	second, stopSecond := startServing(t, "serve", "--listen", "127.0.0.1:0", "--db", path)
	data, err := os.ReadFile(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	key := strings.TrimSpace(string(data))
	send := func(method, url, body string) {
		t.Helper()
		r, err := http.NewRequest(method, url, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+key)
		r.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(r)
		if err != nil || answer.StatusCode >= 300 {
			t.Fatalf("%s %s: %v %+v", method, url, err, answer)
		}
		answer.Body.Close()
	}
	send("PUT", first+"/v1/campaigns/c", bankCampaign)
	for i, url := range []string{first, second, second, first} {
		send("POST", url+"/v1/campaigns/c/attempts", fmt.Sprintf(`{"ref":"a-%d","lead":"l","agent":"agent-%d","started_at":"2026-11-02T09:0%d:00Z","result":"answered","disposition":"SALE"}`, i, i, i))
	}
	const report = "/v1/campaigns/c/kpis?from=2026-11-01&to=2026-12-01&kpi=dials,leads_dialed&group_by=agent&as_of="
	asOf := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	_, one := get(t, first+report+asOf, key)
	_, other := get(t, second+report+asOf, key)
	if !strings.Contains(one, `"numerator":4`) || !strings.Contains(one, "agent-3") || withoutAsOf(t, one) != withoutAsOf(t, other) {
		t.Errorf("the servers answer\n%s\n%s", one, other)
	}
	mustRun(t, "rebuild", "--db", path)
	if out := mustRun(t, "verify", "--db", path); !strings.Contains(out, "c: equal. 1 leads, 4 attempts") {
		t.Errorf("verify says %s", out)
	}
	if a, b := stopFirst(), stopSecond(); a != 0 || b != 0 {
		t.Errorf("the servers end with %d and %d", a, b)
	}
}

func withoutAsOf(t *testing.T, body string) string {
	var document map[string]any
	if err := json.Unmarshal([]byte(body), &document); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	delete(document, "as_of")
	return fmt.Sprint(document)
}

// TestDamageIsToldWithoutPassword breaks a sum and reads what verify says.
func TestDamageIsToldWithoutPassword(t *testing.T) {
	path := dbtest.New(t)
	data := file(t, "calls.csv", "ref,lead,started_at,result\nc-1,l-1,2026-11-02T09:00:00Z,busy\n")
	mustRun(t, "import", "attempts", data, "--db", path, "--campaign", "c", "--config", file(t, "c.json", bankCampaign))
	dbtest.Exec(t, path, "delete from cells")
	out, code := ringside(t, "verify", "--db", path)
	_, password, _ := strings.Cut(strings.Split(path, "@")[0], "postgres:")
	if code != 1 || !strings.Contains(out, "rebuild --db postgres://postgres@127.0.0.1") || len(password) < 16 || strings.Contains(out, password) {
		t.Errorf("verify ends with %d: %s", code, out)
	}
}

// TestDemoFillsAnEmptyDatabase refuses one that holds campaigns.
func TestDemoFillsAnEmptyDatabase(t *testing.T) {
	path := dbtest.New(t)
	_, stop := startServing(t, "demo", "--listen", "127.0.0.1:0", "--db", path, "--days", "1", "--scale", "0.1")
	if code := stop(); code != 0 {
		t.Errorf("the demo ends with %d", code)
	}
	mustRun(t, "verify", "--db", path)
	if out, code := ringside(t, "demo", "--listen", "127.0.0.1:0", "--db", path); code != 1 || !strings.Contains(out, "holds 4 campaigns") {
		t.Errorf("a second demo ends with %d: %s", code, out)
	}
}

// TestBothEnginesAnswerAlike posts the same trials to a file and to PostgreSQL and
// compares what they answer byte by byte.
func TestBothEnginesAnswerAlike(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			trial := twin.NewTrial(1000 + seed)
			batches := [][]twin.Post{trial.Posts()}
			for range 3 { // in pieces, as merges happen between transactions too
				last := batches[len(batches)-1]
				cut := trial.IntN(len(last) + 1)
				batches = append(batches[:len(batches)-1], last[:cut], last[cut:])
			}
			now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
			file := fill(t, dbtest.File(t), trial, batches, now)
			server := fill(t, dbtest.New(t), trial, batches, now)
			windows := [][2]string{{"2026-01-01", "2027-01-01"}}
			for range 3 {
				from, to := trial.Window()
				if to.After(from) {
					windows = append(windows, [2]string{from.UTC().Format(time.RFC3339Nano), to.UTC().Format(time.RFC3339Nano)})
				}
			}
			for _, w := range windows {
				for _, by := range []string{"", "day", "hour", "week", "month", "hour_of_week", "lead_hour_of_week", "agent", "team", "list", "source", "attempt_no", "disposition", "category", "agent,day", "team,week", "list,category"} {
					a, b := file.report(t, w, by, now), server.report(t, w, by, now)
					if !bytes.Equal(a, b) {
						t.Errorf("%v by %q: the file says\n%s\nPostgreSQL says\n%s", w, by, a, b)
					}
				}
				query := "?from=" + w[0] + "&to=" + w[1]
				for _, path := range []string{"/v1/campaigns", "/v1/campaigns/c/funnel" + query, "/v1/campaigns/c/kpis/dials/facts" + query,
					"/v1/campaigns/c/kpis/conversion_rate/facts" + query + "&part=denominator", "/v1/campaigns/c/leads/L0", "/v1/campaigns/c/attempts/a-0", "/v1/campaigns/c/costs"} {
					if a, b := file.get(t, path), server.get(t, path); !bytes.Equal(a, b) {
						t.Errorf("%s: the file says\n%s\nPostgreSQL says\n%s", path, a, b)
					}
				}
			}
		})
	}
}

// house is a store with a server over it.
type house struct {
	*db.Store
	server *api.Server
	key    string
}

func fill(t *testing.T, path string, trial *twin.Trial, batches [][]twin.Post, now time.Time) *house {
	t.Helper()
	ctx := context.Background()
	store, err := db.Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	clock := func() time.Time { return now }
	store.SetClock(clock)
	config, err := campaign.DecodeConfig(trial.ConfigBody())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.PutCampaign(ctx, "c", config); err != nil {
		t.Fatal(err)
	}
	for agent, team := range map[string]string{"ann": "north", "bob": "zoo", "zoé": "Süd"} {
		if _, _, err := store.PutAgent(ctx, campaign.Agent{Ref: agent, Team: team}); err != nil {
			t.Fatal(err)
		}
	}
	forms := map[string]*campaign.Form{"leads": campaign.LeadForm, "attempts": campaign.AttemptForm, "outcomes": campaign.OutcomeForm, "costs": campaign.CostForm}
	for _, batch := range batches {
		var versions []*campaign.Version
		for _, p := range batch {
			body, err := json.Marshal(p.Item)
			if err != nil {
				t.Fatal(err)
			}
			v, err := forms[p.Collection].Decode(body)
			if err != nil {
				t.Fatalf("%s: %v", body, err)
			}
			versions = append(versions, v)
		}
		if _, err := store.Record(ctx, "c", versions, false); err != nil {
			t.Fatal(err)
		}
	}
	h := &house{Store: store, server: api.New(api.Options{Store: store, Clock: clock})}
	if h.key, _, err = store.CreateKey(ctx, "admin", "tests"); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) report(t *testing.T, window [2]string, by string, now time.Time) []byte {
	t.Helper()
	request := api.ReportRequest{From: window[0], To: window[1]}
	if by != "" {
		request.GroupBy = strings.Split(by, ",")
	}
	q, err := request.Read()
	if err != nil {
		t.Fatal(err)
	}
	answer, err := q.Answer(context.Background(), h, "c", now)
	if err != nil {
		t.Fatal(err)
	}
	return answer.JSON()
}

// get returns status and body.
func (h *house) get(t *testing.T, path string) []byte {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Authorization", "Bearer "+h.key)
	w := httptest.NewRecorder()
	h.server.ServeHTTP(w, r)
	if w.Code >= 500 {
		t.Fatalf("%s answers %d %s", path, w.Code, w.Body)
	}
	if w.Code >= 400 { // a request's id stands in it
		return fmt.Append(nil, w.Code)
	}
	return w.Body.Bytes()
}
