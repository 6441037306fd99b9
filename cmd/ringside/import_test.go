package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ringside/db"
	"ringside/db/dbtest"
	"ringside/funnel"
)

const mappings = "../../api/importer/testdata/"

// ringside runs a command the way a shell would and returns what it printed.
func ringside(t testing.TB, args ...string) (out string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(context.Background(), args, terminal{strings.NewReader(""), &stdout, &stderr})
	return stdout.String() + stderr.String(), code
}

// mustRun runs a command that has to succeed.
func mustRun(t testing.TB, args ...string) string {
	t.Helper()
	out, code := ringside(t, args...)
	if code != 0 {
		t.Fatalf("ringside %s ended with %d:\n%s", strings.Join(args, " "), code, out)
	}
	return out
}

// file writes a file of the test's own and returns its name.
func file(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const bankCampaign = `{"name":"Term deposits","time_zone":"Europe/Lisbon","currency":"EUR","dial_mode":"manual",
	"dispositions":[{"code":"SALE","category":"sale","stage":"closed"},{"code":"NOSALE","category":"refusal"}]}`

const edtechCampaign = `{"name":"Courses","time_zone":"Asia/Kolkata","currency":"INR","dial_mode":"manual",
	"dispositions":[{"code":"successful_conversion","category":"sale","stage":"closed"}]}`

// sums reads the sums of a campaign's whole time, in groups or whole.
func sums(t testing.TB, path, ref string, by ...funnel.GroupBy) map[string]*funnel.Sums {
	t.Helper()
	ctx := context.Background()
	store, err := db.Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	span, err := store.Span(ctx, ref)
	if err != nil {
		t.Fatal(err)
	}
	report, err := store.Report(ctx, ref, funnel.Query{Window: span, By: by})
	if err != nil {
		t.Fatal(err)
	}
	return sumsByKey(report)
}

// sumsByKey are the sums of a report's groups, by the texts of their keys.
func sumsByKey(report db.Report) map[string]*funnel.Sums {
	out := map[string]*funnel.Sums{}
	for _, g := range report.Groups {
		key := ""
		for _, k := range g.Key {
			key += fmt.Sprint(k)
		}
		out[key] = g.Sums
	}
	return out
}

// figure writes a KPI as its fraction, or its count.
func figure(s *funnel.Sums, id string) string {
	if s == nil {
		return "none"
	}
	f := funnel.Find(id).Figure(s)
	if f.KPI.Denominator == funnel.NoMeasure {
		return fmt.Sprint(f.Numerator)
	}
	return fmt.Sprintf("%d/%d", f.Numerator, f.Denominator)
}

func equal(t testing.TB, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %s, want %s", what, got, want)
	}
}

// importBank imports the same file as leads and as attempts.
func importBank(t testing.TB, data string) (path string) {
	path = dbtest.New(t)
	config := file(t, "bank.json", bankCampaign)
	mustRun(t, "import", "leads", data, "--db", path, "--campaign", "bank", "--config", config, "--mapping", mappings+"bank-leads.json")
	mustRun(t, "import", "attempts", data, "--db", path, "--campaign", "bank", "--mapping", mappings+"bank-attempts.json")
	mustRun(t, "verify", "--db", path)
	return path
}

// TestImportBank imports generated rows of the shape of the UCI bank marketing
// set: one row a lead, its contacts as a count, the outcome on the last.
func TestImportBank(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var csv strings.Builder
	csv.WriteString(`"age";"job";"marital";"education";"default";"balance";"housing";"loan";"contact";"day";"month";"duration";"campaign";"pdays";"previous";"poutcome";"y"` + "\n")
	months := []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
	leads, dials, won, firstDial := 3000, 0, 0, 0
	perList := map[string][2]int{}
	for range leads {
		contact := []string{"cellular", "telephone", "unknown"}[rng.IntN(3)]
		n := 1 + int(rng.ExpFloat64()*2)
		y := "no"
		list := perList[contact]
		list[0]++
		if rng.IntN(9) == 0 {
			y = "yes"
			won++
			list[1]++
			if n == 1 {
				firstDial++
			}
		}
		perList[contact] = list
		dials += n
		fmt.Fprintf(&csv, `%d;"management";"married";"tertiary";"no";%d;"yes";"no";"%s";%d;"%s";%d;%d;-1;0;"unknown";"%s"`+"\n",
			20+rng.IntN(60), rng.IntN(5000)-500, contact, 1+rng.IntN(28), months[rng.IntN(12)], rng.IntN(900), n, y)
	}
	path := importBank(t, file(t, "bank.csv", csv.String()))
	whole := sums(t, path, "bank")[""]
	equal(t, "leads", figure(whole, "leads"), fmt.Sprint(leads))
	equal(t, "dials", figure(whole, "dials"), fmt.Sprint(dials))
	equal(t, "conversion", figure(whole, "conversion_rate"), fmt.Sprintf("%d/%d", won, leads))
	equal(t, "calls per lead", figure(whole, "calls_per_lead"), fmt.Sprintf("%d/%d", dials, leads))
	equal(t, "first-dial close", figure(whole, "first_dial_close_rate"), fmt.Sprintf("%d/%d", firstDial, leads))
	for name, s := range sums(t, path, "bank", funnel.ByList) {
		equal(t, "conversion of "+name, figure(s, "conversion_rate"), fmt.Sprintf("%d/%d", perList[name][1], perList[name][0]))
	}
}

// importEdtech imports leads from two files and calls from a third, whose rows
// may repeat: a repeated row is another call.
func importEdtech(t testing.TB, sources, assigned, calls string) (path string) {
	path = dbtest.New(t)
	config := file(t, "edtech.json", edtechCampaign)
	mustRun(t, "import", "attempts", calls, "--db", path, "--campaign", "courses", "--config", config, "--mapping", mappings+"edtech-attempts.json")
	mustRun(t, "import", "leads", assigned, "--db", path, "--campaign", "courses", "--mapping", mappings+"edtech-leads.json")
	mustRun(t, "import", "leads", sources, "--db", path, "--campaign", "courses", "--mapping", mappings+"edtech-sources.json")
	mustRun(t, "verify", "--db", path)
	return path
}

// TestImportEdtech imports generated files of the shape of the ed-tech set.
func TestImportEdtech(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	var sources, assigned, calls strings.Builder
	sources.WriteString("lead_id,age,gender,current_city,current_education,parent_occupation,lead_gen_source\n")
	assigned.WriteString("snr_sm_id,jnr_sm_id,assigned_date,cycle,lead_id\n")
	calls.WriteString("jnr_sm_id,lead_id,lead_stage,call_done_date,call_status,call_reason\n")
	type tally struct{ leads, calls, won int }
	bySource, byAgent := map[string]*tally{}, map[string]*tally{}
	total := tally{}
	dialed, connected := 0, 0
	for l := range 200 {
		source := []string{"SEO", "website", "social_media"}[rng.IntN(3)]
		agent := fmt.Sprintf("JNR%02d", rng.IntN(7))
		for key, m := range map[string]map[string]*tally{source: bySource, agent: byAgent} {
			if m[key] == nil {
				m[key] = &tally{}
			}
		}
		fmt.Fprintf(&sources, "USR%d,20,FEMALE,City,Degree,Work,%s\n", l, source)
		fmt.Fprintf(&assigned, "SNR1,%s,1/%d/2022,1,USR%d\n", agent, 1+l%28, l)
		bySource[source].leads++
		total.leads++
		n := rng.IntN(9)
		if n > 0 {
			dialed++
		}
		for i := range n {
			status, reason := "unsuccessful", "demo_schedule"
			if rng.IntN(5) > 0 {
				status = "successful"
				connected++
			}
			if i == n-1 && status == "successful" && rng.IntN(3) == 0 {
				reason = "successful_conversion"
				bySource[source].won++
				byAgent[agent].won++
				total.won++
			}
			fmt.Fprintf(&calls, "%s,USR%d,lead,2/%d/2022,%s,%s\n", agent, l, 1+i/2, status, reason)
			bySource[source].calls++
			byAgent[agent].calls++
			total.calls++
		}
	}
	path := importEdtech(t, file(t, "sources.csv", sources.String()), file(t, "assigned.csv", assigned.String()), file(t, "calls.csv", calls.String()))
	whole := sums(t, path, "courses")[""]
	equal(t, "conversion", figure(whole, "conversion_rate"), fmt.Sprintf("%d/%d", total.won, total.leads))
	equal(t, "calls per lead", figure(whole, "calls_per_lead"), fmt.Sprintf("%d/%d", total.calls, dialed))
	equal(t, "contact rate", figure(whole, "contact_rate"), fmt.Sprintf("%d/%d", connected, total.calls))
	for name, s := range sums(t, path, "courses", funnel.BySource) {
		equal(t, "conversion of "+name, figure(s, "conversion_rate"), fmt.Sprintf("%d/%d", bySource[name].won, bySource[name].leads))
		equal(t, "dials of "+name, figure(s, "dials"), fmt.Sprint(bySource[name].calls))
	}
	for name, s := range sums(t, path, "courses", funnel.ByAgent) {
		equal(t, "calls of "+name, figure(s, "dials"), fmt.Sprint(byAgent[name].calls))
		equal(t, "net sales of "+name, figure(s, "net_sales"), fmt.Sprint(byAgent[name].won))
	}
}

// TestImportRefuses sees that refused lines are told, kept with their reasons,
// and leave their neighbours alone.
func TestImportRefuses(t *testing.T) {
	path := dbtest.New(t)
	data := file(t, "calls.csv", "ref,lead,started_at,result\nc-0,l-1,2026-11-02T09:00:00Z,sung\nc-2,l-1,2026-11-02T09:00:00,busy\nc-3,l-1\n"+
		"c-1,l-1,2026-11-02T09:00:00Z,busy\nc-4,l-2,2026-11-02T09:00:00Z,answered\n")
	out, code := ringside(t, "import", "attempts", data, "--db", path, "--campaign", "c", "--config", file(t, "c.json", bankCampaign))
	if code != 1 || !strings.Contains(out, "2 created") || !strings.Contains(out, "3 lines were refused") {
		t.Errorf("import ends with %d: %s", code, out)
	}
	var lines []string
	for line := range strings.Lines(content(t, data+".refused.ndjson")) {
		var r refusal
		if err := json.Unmarshal([]byte(line), &r); err != nil || r.Reason == "" || r.Raw == "" {
			t.Errorf("a refused line is %s %v", line, err)
		}
		lines = append(lines, fmt.Sprintf("%d %s", r.Line, r.Field))
	}
	// The store refuses line 2 after the reader has refused the others.
	if got := strings.Join(lines, " "); got != "2 result 3 started_at 4 " {
		t.Errorf("refused lines are %s", got)
	}
	// The same file again changes nothing.
	if out, code := ringside(t, "import", "attempts", data, "--db", path, "--campaign", "c"); code != 1 || !strings.Contains(out, "2 unchanged") {
		t.Errorf("a second import ends with %d: %s", code, out)
	}
	if out, code := ringside(t, "import", "attempts", data, "--db", path, "--campaign", "nobody"); code != 1 || !strings.Contains(out, "--config") {
		t.Errorf("an unknown campaign ends with %d: %s", code, out)
	}
}

// TestReportTable looks at the table as a person would.
func TestReportTable(t *testing.T) {
	path := dbtest.New(t)
	data := file(t, "calls.csv", "ref,lead,agent,started_at,result,disposition\n"+
		"c-1,l-1,ann,2026-11-02T09:00:00Z,answered,SALE\nc-2,l-2,bob,2026-11-02T09:10:00Z,no_answer,\n")
	mustRun(t, "import", "attempts", data, "--db", path, "--campaign", "c", "--config", file(t, "c.json", bankCampaign))
	out := mustRun(t, "report", "c", "--db", path, "--kpi", "conversion_rate,calls_per_lead,cost_per_call")
	for _, want := range []string{"Term deposits (c)", "Europe/Lisbon", "Conversion rate", "50.00 %", "1 / 2", "9.45 – 90.55 %", "Calls per lead", "2 / 2", "Cost per call", "no costs posted"} {
		if !strings.Contains(out, want) {
			t.Errorf("the table lacks %q:\n%s", want, out)
		}
	}
	byAgent := mustRun(t, "report", "c", "--db", path, "--kpi", "dials", "--group-by", "agent")
	if !strings.Contains(byAgent, "agent  Dials") || !strings.Contains(byAgent, "ann    1") || !strings.Contains(byAgent, "bob    1") {
		t.Errorf("groups are missing:\n%s", byAgent)
	}
	if n := strings.Count(out, "Conversion rate "); n != 1 {
		t.Errorf("conversion is told %d times:\n%s", n, out)
	}
	if out := mustRun(t, "report", "c", "--db", path, "--json", "--kpi", "dials"); !strings.Contains(out, `"numerator":2`) {
		t.Errorf("JSON is %s", out)
	}
	for _, args := range [][]string{{"report", "nobody", "--db", path}, {"report", "c", "--db", path, "--kpi", "magic"}, {"report", "c", "--db", path + "x"},
		{"report", "c", "--db", path, "--kpi", "leads", "--group-by", "agent"}, {"report", "c", "--db", path, "--as-of", "soon"}} {
		if out, code := ringside(t, args...); code != 1 || len(out) < 20 {
			t.Errorf("%v ends with %d: %s", args, code, out)
		}
	}
}

// TestReportSaysWhatIsMissing: an end that was left out is what a refusal is about.
func TestReportSaysWhatIsMissing(t *testing.T) {
	path := dbtest.New(t)
	data := file(t, "calls.csv", "ref,lead,started_at,result\nc-1,l-1,2026-11-02T09:00:00Z,busy\n")
	mustRun(t, "import", "attempts", data, "--db", path, "--campaign", "c", "--config", file(t, "c.json", bankCampaign))
	for _, c := range []struct {
		says string
		args []string
	}{
		{"name an end with --to", []string{"--from", "2027-01-01"}},
		{"name a start with --from", []string{"--to", "2026-01-01"}},
		{"the other way round", []string{"--from", "2027-01-01", "--to", "2026-01-01"}},
		{"leave one of them out", []string{"--json", "--format", "csv"}},
	} {
		if out, code := ringside(t, append([]string{"report", "c", "--db", path}, c.args...)...); code != 1 || !strings.Contains(out, c.says) {
			t.Errorf("%v ends with %d: %s", c.args, code, out)
		}
	}
	// Nothing had arrived before the campaign was there.
	if out := mustRun(t, "report", "c", "--db", path, "--kpi", "dials", "--as-of", "2026-01-01", "--json"); !strings.Contains(out, `"numerator":0`) || !strings.Contains(out, `"source":"replay"`) {
		t.Errorf("as of before all facts it says %s", out)
	}
}

// TestServeAnswers starts the real program on a free port, with a key file, and
// stops it.
func TestServeAnswers(t *testing.T) {
	path, keyFile := dbtest.New(t), filepath.Join(t.TempDir(), "key")
	url, stop := startServing(t, "serve", "--listen", "127.0.0.1:0", "--db", path, "--admin-key-file", keyFile)
	key, err := os.ReadFile(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	if status, _ := get(t, url+"/healthz", ""); status != 200 {
		t.Errorf("healthz answers %d", status)
	}
	if status, _ := get(t, url+"/v1/kpis", ""); status != 401 {
		t.Errorf("without a key the catalogue answers %d", status)
	}
	if status, body := get(t, url+"/v1/kpis", strings.TrimSpace(string(key))); status != 200 || !strings.Contains(body, "conversion_rate") {
		t.Errorf("the catalogue answers %d %s", status, body)
	}
	// Commands work beside the server.
	created := strings.Fields(mustRun(t, "key", "create", "--db", path, "--role", "admin", "--label", "beside"))[0]
	if status, _ := get(t, url+"/v1/me", created); status != 200 {
		t.Errorf("a key made beside the server answers %d", status)
	}
	if code := stop(); code != 0 {
		t.Errorf("the server ends with %d", code)
	}
	list := mustRun(t, "key", "list", "--db", path)
	if !strings.Contains(list, "first admin key") || !strings.Contains(list, "beside") || slices.Contains(strings.Fields(list), created) {
		t.Errorf("keys are listed as %s", list)
	}
}

// startServing runs a serving command until stop is called.
func startServing(t testing.TB, args ...string) (url string, stop func() int) {
	t.Helper()
	_, url, stop = startWatched(t, args...)
	return url, stop
}

// startWatched is startServing that also returns what the command prints.
func startWatched(t testing.TB, args ...string) (out *watched, url string, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out = newWatched()
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, args, terminal{strings.NewReader(""), out, out}) }()
	t.Cleanup(cancel)
	select {
	case url = <-out.url:
	case code := <-ended:
		t.Fatalf("ringside %v ended with %d:\n%s", args, code, out.String())
	case <-time.After(2 * time.Minute):
		t.Fatalf("ringside %v does not listen:\n%s", args, out.String())
	}
	return out, url, func() int {
		cancel()
		return <-ended
	}
}
