package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ringside/api"
	"ringside/api/importer"
	"ringside/campaign"
	"ringside/db"
	"ringside/db/dbtest"
	"ringside/funnel/twin"
)

// exportedAt is the instant at which exports and what became of them are compared.
var exportedAt = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// nasty are texts that files and spreadsheets trip over.
var nasty = []any{"+351 958 317 246", "+351958317246", "=1+1", "@x", "-5", "'quoted'", "'", `a "b", c`, "zoé; ünd", "ends in ,", "{", nil}

// decorate adds what the trial leaves out: texts and objects of leads, notes.
func decorate(r *twin.Trial, p twin.Post) twin.Post {
	describe := func(item map[string]any) {
		for _, name := range []string{"phone", "name"} {
			if r.Maybe(60) {
				item[name] = twin.Pick(r, nasty...)
			}
		}
		if r.Maybe(40) {
			item["attributes"] = map[string]any{"=key": twin.Pick(r, nasty...), "n": []int{1, 2}, "deep": map[string]any{"a": "b,\"c\"\n"}}
		}
		if r.Maybe(30) {
			item["price"] = twin.Pick[any](r, "0.10", "-1.00", nil)
		}
	}
	switch p.Collection {
	case "leads":
		describe(p.Item)
	case "attempts":
		if ref, ok := p.Item["lead"].(string); ok && r.Maybe(40) {
			object := map[string]any{"ref": ref}
			describe(object)
			p.Item["lead"] = object
		}
		if r.Maybe(30) {
			p.Item["phone"] = twin.Pick(r, nasty...)
		}
	case "outcomes":
		if r.Maybe(50) {
			p.Item["note"] = twin.Pick[any](r, "=2+2\r\nand \"more\",\n\tindented", "'+1", "plain", nil)
		}
	case "costs":
		if r.Maybe(50) {
			p.Item["note"] = twin.Pick(r, nasty...)
		}
		if r.Maybe(20) {
			p.Item["void"] = true
		}
	}
	return p
}

// fillTrial records a random campaign, some of its outcomes before their attempts
// and some without any.
func fillTrial(t *testing.T, path string, trial *twin.Trial) {
	t.Helper()
	ctx := context.Background()
	store, err := db.Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	putTrial(t, store, trial)
	posts := trial.Posts()
	posts = append(posts, twin.Post{Collection: "outcomes", Item: map[string]any{"attempt": "orphan", "disposition": "D-sale", "amount": "1.00", "agent": nil}})
	if trial.Dated {
		trial.Shuffle(len(posts), func(i, j int) { posts[i], posts[j] = posts[j], posts[i] })
	}
	for _, p := range posts {
		body, err := json.Marshal(decorate(trial, p).Item)
		if err != nil {
			t.Fatal(err)
		}
		v, err := campaign.FormOf(p.Collection).Decode(body)
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		if receipt, err := store.Record(ctx, "c", []*campaign.Version{v}, false); err != nil || len(receipt.Rejected) > 0 {
			t.Fatal(err, receipt)
		}
	}
}

func putTrial(t *testing.T, store *db.Store, trial *twin.Trial) {
	t.Helper()
	config, err := campaign.DecodeConfig(trial.ConfigBody())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.PutCampaign(context.Background(), "c", config); err != nil {
		t.Fatal(err)
	}
}

// reports are the answers of several reports, as the bytes of the API.
func reports(t *testing.T, path string, windows [][2]string) (all []string) {
	t.Helper()
	ctx := context.Background()
	store, err := db.Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for _, w := range windows {
		for _, by := range []string{"", "day", "agent", "list", "source", "hour", "attempt_no", "disposition,category", "agent,week"} {
			request := api.ReportRequest{From: w[0], To: w[1]}
			if by != "" {
				request.GroupBy = strings.Split(by, ",")
			}
			q, err := request.Read()
			if err != nil {
				t.Fatal(err)
			}
			answer, err := q.Answer(ctx, store, "c", exportedAt)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, by+": "+string(answer.JSON()))
		}
	}
	v, err := store.Verify(ctx, "c", nil)
	if err != nil || v.Differing > 0 {
		t.Fatalf("verify: %v %+v", err, v)
	}
	return all
}

// collections in the order in which a test imports them.
var collections = []string{"leads", "attempts", "outcomes", "costs"}

// exportAll exports everything and returns the names of the files.
func exportAll(t *testing.T, format string, where ...string) map[string]string {
	t.Helper()
	files := map[string]string{}
	dir := t.TempDir()
	for _, kind := range collections {
		files[kind] = filepath.Join(dir, kind+"."+format)
		mustRun(t, append([]string{"export", kind, "--campaign", "c", "--format", format, "--out", files[kind]}, where...)...)
	}
	return files
}

// importAll imports what exportAll wrote and returns what was said.
func importAll(t *testing.T, files map[string]string, order []string, where ...string) (said string) {
	t.Helper()
	for _, kind := range order {
		if text := content(t, files[kind]); strings.Count(text, "\n") <= strings.Count(text, "updated_at\r\n") {
			continue // nothing but a header
		}
		said += mustRun(t, append([]string{"import", kind, files[kind], "--campaign", "c"}, where...)...)
	}
	return said
}

func content(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestExportComesBack exports random campaigns, imports them into fresh databases,
// by file and through a server, and compares every report; then it does so again,
// also where they came from, which must change nothing.
func TestExportComesBack(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			trial := twin.NewTrial(4000 + seed)
			origin := dbtest.New(t)
			fillTrial(t, origin, trial)
			windows := [][2]string{{"2026-01-01", "2027-01-01"}}
			for range 2 {
				from, to := trial.Window()
				windows = append(windows, [2]string{from.Format(time.RFC3339Nano), to.Format(time.RFC3339Nano)})
			}
			want := reports(t, origin, windows)
			config := file(t, "c.json", string(trial.ConfigBody()))
			for _, format := range []string{"ndjson", "csv"} {
				files := exportAll(t, format, "--db", origin)
				order := slices.Clone(collections)
				trial.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
				copied := dbtest.New(t)
				where := []string{"--db", copied, "--config", config}
				if seed%2 == 0 {
					url, stop, key := serving(t, copied)
					defer stop()
					where = []string{"--url", url, "--key", key, "--config", config}
				}
				importAll(t, files, order, where...)
				equalReports(t, format, reports(t, copied, windows), want)
				if said := importAll(t, files, order, where...); strings.Contains(strings.NewReplacer(" 0 created", "", " 0 updated", "").Replace(said), "ated,") {
					t.Errorf("a second import of %s says %s", format, said)
				}
				equalReports(t, format+" twice", reports(t, copied, windows), want)
				if again := exportAll(t, format, slices.DeleteFunc(slices.Clone(where), func(s string) bool { return s == "--config" || s == config })...); format == "ndjson" {
					for _, kind := range collections {
						equal(t, "the export of the import of "+kind, sortedLines(t, again[kind]), sortedLines(t, files[kind]))
					}
				}
				if said := importAll(t, files, order, "--db", origin); strings.Contains(strings.NewReplacer(" 0 created", "", " 0 updated", "").Replace(said), "ated,") {
					t.Errorf("the import of %s into its origin says %s", format, said)
				}
				equalReports(t, format+" at its origin", reports(t, origin, windows), want)
			}
		})
	}
}

func sortedLines(t *testing.T, file string) string {
	lines := strings.Split(content(t, file), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func equalReports(t *testing.T, what string, got, want []string) {
	t.Helper()
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%s: a report differs:\n%s\nwant\n%s", what, got[i], want[i])
			return
		}
	}
}

// serving serves a database and returns where, and the admin's key.
func serving(t *testing.T, path string) (url string, stop func() int, key string) {
	t.Helper()
	url, stop = startServing(t, "serve", "--listen", "127.0.0.1:0", "--db", path)
	key = strings.Fields(mustRun(t, "key", "create", "--db", path, "--role", "admin", "--label", "tests"))[0]
	return url, stop, key
}

// TestImportKnowsEveryField holds what is read from files to what posts may hold.
func TestImportKnowsEveryField(t *testing.T) {
	for _, form := range campaign.Forms {
		read, posted := importer.Fields(form.Name), form.Columns()
		slices.Sort(read)
		slices.Sort(posted)
		if !slices.Equal(read, posted) {
			t.Errorf("import reads of %s the fields %v, want %v", form.Name, read, posted)
		}
	}
}

func TestExportSaysWhatIsWrong(t *testing.T) {
	path := dbtest.New(t)
	data := file(t, "calls.csv", "ref,lead,started_at,result,phone\nc-1,l-1,2026-11-02T09:00:00Z,busy,+351958317246\n")
	mustRun(t, "import", "attempts", data, "--db", path, "--campaign", "c", "--config", file(t, "c.json", bankCampaign))
	url, stop, key := serving(t, path)
	defer stop()
	made := func(role string) string {
		return strings.Fields(mustRun(t, "key", "create", "--db", path, "--label", role, "--role", role))[0]
	}
	out := filepath.Join(t.TempDir(), "out")
	for _, c := range []struct {
		says string
		args []string
	}{
		{"phones", []string{"phones", "--campaign", "c", "--db", path}},
		{"xml", []string{"leads", "--campaign", "c", "--db", path, "--format", "xml"}},
		{`no campaign "d"`, []string{"leads", "--campaign", "d", "--db", path}},
		{`no campaign "d"`, []string{"leads", "--campaign", "d", "--url", url, "--key", key}},
		{"wants a key", []string{"leads", "--campaign", "c", "--url", url}},
		{"answered 401", []string{"leads", "--campaign", "c", "--url", url, "--key", "x"}},
		{"http://127.0.0.1:8080", []string{"leads", "--campaign", "c", "--url", "here", "--key", "x"}},
		{"the right export", []string{"leads", "--campaign", "c", "--url", url, "--key", made("viewer")}},
		{"the right export", []string{"leads", "--campaign", "c", "--url", url, "--key", made("dialer")}},
		{"the right export", []string{"leads", "--campaign", "c", "--url", url, "--key", made("team_lead")}},
	} {
		if said, code := ringside(t, append(append([]string{"export"}, c.args...), "--out", out)...); code == 0 || !strings.Contains(said, c.says) {
			t.Errorf("export %v ends with %d: %s", c.args, code, said)
		}
	}
	if left, err := filepath.Glob(out + "*"); err != nil || len(left) > 0 {
		t.Errorf("a failed export leaves %v %v", left, err)
	}
	if said := mustRun(t, "export", "attempts", "--campaign", "c", "--url", url, "--key", made("finance")); !strings.Contains(said, `"ref":"c-1"`) || strings.Contains(said, "phone") {
		t.Errorf("finance exports %s", said)
	}
	if said := mustRun(t, "export", "attempts", "--campaign", "c", "--url", url, "--key", key); !strings.Contains(said, "+351958317246") {
		t.Errorf("an admin exports %s", said)
	}
}

// TestReportRows: one row a figure, of groups where there are groups.
func TestReportRows(t *testing.T) {
	path := dbtest.New(t)
	data := file(t, "calls.csv", "ref,lead,agent,started_at,result,disposition\n"+
		"c-1,l-1,=ann,2026-11-02T09:00:00Z,answered,SALE\nc-2,l-2,,2026-11-02T09:10:00Z,no_answer,\n")
	mustRun(t, "import", "attempts", data, "--db", path, "--campaign", "c", "--config", file(t, "c.json", bankCampaign))
	args := []string{"report", "c", "--db", path, "--from", "2026-11-01", "--to", "2026-12-01", "--kpi", "dials", "--format"}
	lines := strings.Split(mustRun(t, append(args, "csv", "--kpi", "conversion_rate")...), "\r\n")
	equal(t, "the header", lines[0], "campaign,from,to,time_zone,as_of,id,value,numerator,denominator,unit,low,high,mature,definition_version,no_data,"+
		"target,target_comparator,target_value,target_state,attainment,expected,forecast,forecast_low,forecast_high,targets")
	if len(lines) != 4 || !strings.HasPrefix(lines[1], "c,2026-11-01T00:00:00Z,2026-12-01T00:00:00Z,Europe/Lisbon,") || !strings.Contains(lines[1], ",dials,2,2,,count,,,") || !strings.Contains(lines[2], ",conversion_rate,0.5,1,2,proportion,0.09") {
		t.Errorf("CSV is %q", lines)
	}
	// For people: c-1 was answered by who knows when.
	if said := mustRun(t, "report", "c", "--db", path, "--kpi", "ring_time"); !strings.Contains(said, "no data of 1") {
		t.Errorf("the table is %s", said)
	}
	grouped := mustRun(t, append(args, "csv", "--group-by", "agent")...)
	if !strings.Contains(grouped, ",as_of,agent,id,") || !strings.Contains(grouped, ",'=ann,dials,1,1,,") || !strings.Contains(grouped, ",,dials,1,1,,") {
		t.Errorf("groups in CSV are %s", grouped)
	}
	if rows := mustRun(t, append(args, "ndjson", "--group-by", "agent")...); !strings.Contains(rows, `"agent":"=ann","id":"dials","value":1,`) || !strings.Contains(rows, `"agent":null,"id":"dials"`) {
		t.Errorf("NDJSON is %s", rows)
	}
}
