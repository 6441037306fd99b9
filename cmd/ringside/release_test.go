//go:build !postgres

package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ringside/db/dbtest"
	"ringside/funnel/twin"
)

var (
	releaseWrite   = flag.String("release.write", "", "make the fixture of a release of this number, such as 0.2, instead of testing those there are")
	releaseProgram = flag.String("release.program", "", "the program of that release; by default the one of this tree")
)

// A release is kept as testdata/release-N.db.gz, a database that its program
// made, and release-N.json, what the program said of it.
type release struct {
	// Key is the secret of an admin key of the database, which is nobody else's.
	Key string
	// Reports are figures by the path that asks for them; Facts the bodies of facts.
	Reports map[string]map[string]string
	Facts   map[string]any
}

const releaseCampaign = `{"name":"Spring","time_zone":"Europe/Lisbon","currency":"EUR","dial_mode":"predictive","starts_on":"2024-04-01",
	"dispositions":[{"code":"SALE","label":"Sale","category":"sale","stage":"closed"},{"code":"UNDO","category":"sale_cancelled"},{"code":"NO","category":"refusal"},
	{"code":"CB","category":"callback"},{"code":"DNC","category":"dnc"},{"code":"INT","category":"interested","stage":"interested"}]}`

// releasePosts are facts of all kinds, one post a line: where, and what.
var releasePosts = strings.Split(strings.TrimSpace(`
leads {"ref":"L-1","generated_at":"2024-05-01T09:00:00+01:00","phone":"+351 910 000 001","name":"Ana","list":"list-1","source":"web","time_zone":"Atlantic/Azores","price":"1.25","attributes":{"age":41}}
leads [{"ref":"L-2","generated_at":"2024-05-01T10:00:00Z","list":"list-1","time_zone":"America/New_York"},{"ref":"L-3","generated_at":"2024-05-02T10:00:00Z","source":"mail"},{"ref":"L-4","void":true},{"ref":"L-5"}]
attempts {"ref":"a-1","lead":"L-1","agent":"ann","started_at":"2024-05-01T10:00:00Z","result":"no_answer"}
attempts {"ref":"a-2","lead":"L-1","agent":"ann","started_at":"2024-05-01T12:00:00Z","result":"answered","answered_by":"human","answered_at":"2024-05-01T12:00:09Z","connected_at":"2024-05-01T12:00:10.250Z","ended_at":"2024-05-01T12:04:00Z","ended_by":"customer","hold_s":3.5,"wrap_s":20}
outcomes {"attempt":"a-2","disposition":"SALE","amount":"99.90","decided_at":"2024-05-01T12:03:00Z","note":"two years"}
attempts {"ref":"a-3","lead":"L-2","agent":"bob","started_at":"2024-05-02T12:00:00Z","result":"answered","answered_by":"human","connected_at":"2024-05-02T12:00:05Z","ended_at":"2024-05-02T12:01:00Z","disposition":"NO","updated_at":"2024-05-02T12:02:00Z"}
attempts {"ref":"a-3","lead":"L-2","agent":"bob","started_at":"2024-05-02T12:00:00Z","result":"answered","disposition":"INT","updated_at":"2024-05-02T13:00:00Z"}
attempts {"ref":"a-3","lead":"L-2","agent":"zoé","started_at":"2024-05-02T12:00:00Z","result":"answered","updated_at":"2024-05-02T12:30:00Z"}
attempts {"ref":"a-4","lead":"L-2","agent":"bob","started_at":"2024-05-03T12:00:00Z","result":"answered","answered_by":"machine","void":true}
attempts {"ref":"a-5","lead":{"ref":"L-6","phone":"+351 910 000 006","list":"list-2"},"agent":"ann","started_at":"2024-05-03T13:00:00Z","result":"answered","answered_by":"human","disposition":"CB","callback_at":"2024-05-04T13:00:00Z"}
attempts {"ref":"a-6","lead":"L-6","agent":"ann","started_at":"2024-05-04T13:05:00Z","result":"answered","answered_by":"human","disposition":"UNDO","decided_at":"2024-05-04T13:06:00Z","cancelled_at":"2024-05-06T08:00:00Z","amount":"12.00"}
attempts {"ref":"a-7","lead":"L-3","started_at":"2024-05-04T14:00:00Z","result":"answered","answered_by":"human","disposition":"DNC"}
attempts {"ref":"a-8","lead":"L-4","started_at":"2024-05-04T15:00:00Z","result":"busy"}
attempts {"ref":"a-9","lead":"L-5","started_at":"2024-05-04T16:00:00Z","result":"answered","disposition":"UNHEARD"}
outcomes {"attempt":"waits","disposition":"SALE","amount":"50.00","agent":"bob"}
`), "\n")

// waitedFor is the attempt of the outcome that waits in each release.
const waitedFor = `{"ref":"waits","lead":"L-5","agent":"ann","started_at":"2024-05-05T10:00:00Z","result":"answered","answered_by":"human"}`

var releaseCosts = `[{"ref":"c-1","campaign":"spring","category":"labour","amount":"320.00","currency":"EUR","from":"2024-05-01T08:00:00Z","to":"2024-05-05T18:00:00Z"},
	{"ref":"c-2","campaign":"spring","category":"telephony","amount":"12.34","currency":"EUR","from":"2024-05-01T00:00:00Z","to":"2024-06-01T00:00:00Z","note":"estimate"}]`

// releaseTrials is how many random campaigns each release holds besides.
const releaseTrials = 3

func releaseName(n, ending string) string { return filepath.Join("testdata", "release-"+n+ending) }

// TestReleases opens the database of each release as its users will: it migrates,
// it verifies, it says what it said then, and goes on from there.
func TestReleases(t *testing.T) {
	if *releaseWrite != "" {
		writeRelease(t, *releaseWrite)
		return
	}
	names, err := filepath.Glob(releaseName("*", ".db.gz"))
	if err != nil || len(names) == 0 {
		t.Fatalf("there are no releases: %v", err)
	}
	for _, name := range names {
		n := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(name), "release-"), ".db.gz")
		t.Run(n, func(t *testing.T) {
			t.Parallel()
			testRelease(t, n)
		})
	}
}

func testRelease(t *testing.T, n string) {
	path := unpack(t, releaseName(n, ".db.gz"))
	text, err := os.ReadFile(releaseName(n, ".json"))
	if err != nil {
		t.Fatal(err)
	}
	var said release
	if err := json.Unmarshal(text, &said); err != nil {
		t.Fatal(err)
	}
	url, stop := startServing(t, "serve", "--listen", "127.0.0.1:0", "--db", path)
	p := &process{TB: t, url: url, key: said.Key, out: newWatched()}
	p.awaitCounted()
	checkRelease(p, &said)
	if out := mustRun(t, "verify", "--db", path); strings.Count(out, ": equal.") != 1+releaseTrials {
		t.Errorf("verify says\n%s", out)
	}
	const sales = "/v1/campaigns/spring/kpis?from=2024-04-01&to=2024-07-01&kpi=sales"
	before := readReport(t, p.ask(200, "GET", sales, "").body)
	p.ask(200, "POST", "/v1/campaigns/spring/attempts", waitedFor)
	after := readReport(t, p.ask(200, "GET", sales, "").body)
	if got, want := exact(t, after.KPIs[0].Numerator), exact(t, before.KPIs[0].Numerator)+"+1"; got != "3" || want != "2+1" {
		t.Errorf("with the attempt that an outcome waited for there are %s sales, want %s", got, want)
	}
	if code := stop(); code != 0 {
		t.Errorf("the server ends with %d", code)
	}
	mustRun(t, "verify", "--db", path)
	mustRun(t, "rebuild", "--db", path)
	mustRun(t, "verify", "--db", path)
}

// checkRelease asks again what the release was asked. KPIs and members of facts
// that are newer than it may stand beside.
func checkRelease(p *process, said *release) {
	p.Helper()
	compared := 0
	for path, want := range said.Reports {
		report := readReport(p, p.ask(200, "GET", path, "").body)
		got := report.figures(p)
		maps.DeleteFunc(got, func(name, _ string) bool { _, known := want[name]; return !known })
		sameFigures(p, path, got, want)
		compared += len(want)
	}
	for path, want := range said.Facts {
		got := p.ask(200, "GET", path, "").body
		if !holds(members(p, got), want) {
			p.Errorf("%s is %s, it was %v", path, got, want)
		}
	}
	if compared < 500 {
		p.Errorf("only %d figures were compared", compared)
	}
}

// holds reports whether got says all that want says; members may stand beside.
func holds(got, want any) bool {
	switch want := want.(type) {
	case map[string]any:
		got, is := got.(map[string]any)
		for name, value := range want {
			if !is || !holds(got[name], value) {
				return false
			}
		}
		return is
	case []any:
		got, is := got.([]any)
		return is && slices.EqualFunc(got, want, holds)
	}
	return got == want
}

// awaitCounted waits until no campaign is counted again, as a migration may ask.
func (p *process) awaitCounted() {
	p.Helper()
	for late := time.Now().Add(time.Minute); bytes.Contains(p.ask(200, "GET", "/v1/campaigns", "").body, []byte(`"recounting":true`)); {
		if time.Now().After(late) {
			p.Fatal("the campaigns are not counted again")
		}
	}
}

func members(t testing.TB, body []byte) (m map[string]any) {
	t.Helper()
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return m
}

func unpack(t testing.TB, packed string) (path string) {
	t.Helper()
	file, err := os.Open(packed)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unpacker, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	bytes, err := io.ReadAll(unpacker)
	if err != nil {
		t.Fatal(err)
	}
	path = dbtest.File(t)
	if err := os.WriteFile(path, bytes, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// writeRelease makes the fixture of a release with the release's program.
func writeRelease(t *testing.T, n string) {
	program := *releaseProgram
	if program == "" {
		program = theProgram(t)
	}
	path := dbtest.File(t)
	p := serveProcess(t, program, path, filepath.Join(t.TempDir(), "key"))
	said := release{Key: p.key, Reports: map[string]map[string]string{}, Facts: map[string]any{}}
	p.postRelease()
	campaigns := []string{"spring"}
	for i := range releaseTrials {
		campaigns = append(campaigns, p.postTrial(uint64(100+i)))
	}
	year := [2]time.Time{time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)}
	for _, campaign := range campaigns {
		for _, by := range [][]string{nil, {"week"}, {"agent"}} {
			path := reportPath(campaign, year[0], year[1], by...)
			report := readReport(t, p.ask(200, "GET", path, "").body)
			said.Reports[path] = report.figures(t)
			// Nothing is kept of what is nought anyway.
			maps.DeleteFunc(said.Reports[path], func(name, figure string) bool {
				return strings.HasPrefix(figure, "0 /") && !strings.HasPrefix(name, "whole")
			})
		}
	}
	for _, fact := range []string{"leads/L-1", "leads/L-2", "leads/L-3", "leads/L-4", "leads/L-6", "attempts/a-2", "attempts/a-3", "attempts/a-4", "attempts/a-6", "attempts/waits"} {
		path := "/v1/campaigns/spring/" + fact
		said.Facts[path] = members(t, p.ask(200, "GET", path, "").body)
	}
	for _, path := range []string{"/v1/costs?campaign=spring", "/v1/keys"} {
		said.Facts[path] = members(t, p.ask(200, "GET", path, "").body)
	}
	if code := p.stop(); code != 0 {
		t.Fatalf("the program ends with %d:\n%s", code, p.out)
	}
	pack(t, path, releaseName(n, ".db.gz"))
	text, err := json.MarshalIndent(said, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(releaseName(n, ".json"), append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// postRelease posts the facts of all kinds, and makes keys.
func (p *process) postRelease() {
	p.Helper()
	p.ask(201, "PUT", "/v1/campaigns/spring", releaseCampaign)
	for _, post := range releasePosts {
		collection, body, _ := strings.Cut(post, " ")
		p.ask(200, "POST", "/v1/campaigns/spring/"+collection, body)
	}
	p.ask(200, "POST", "/v1/costs", releaseCosts)
	p.ask(200, "PUT", "/v1/campaigns/spring/leads/L-2/dnc", `{"dnc":true}`)
	p.ask(201, "POST", "/v1/keys", `{"label":"board","role":"viewer","campaigns":["spring"]}`)
	p.ask(201, "POST", "/v1/keys", `{"label":"dialer","role":"dialer"}`)
}

// postTrial posts a random campaign, in a year that is over.
func (p *process) postTrial(seed uint64) (campaign string) {
	p.Helper()
	trial := twin.NewTrial(seed)
	campaign = fmt.Sprintf("trial-%d", seed)
	over := func(body []byte) string { return strings.ReplaceAll(string(body), `"2026-`, `"2024-`) }
	p.ask(201, "PUT", "/v1/campaigns/"+campaign, over(trial.ConfigBody()))
	d := dialer{Rand: trial.Rand}
	posts := trial.Posts()
	for i := range 4 {
		for _, post := range posts {
			m := d.pack(campaign, post.Collection, []map[string]any{renamed(post.Item, fmt.Sprintf("%d-", i), campaign)})
			r, err := p.send(newClient(p), "POST", m.path, m.media, strings.NewReader(over(m.body)))
			if err != nil || r.status != 200 {
				p.Fatalf("%v %+v", err, r)
			}
		}
		posts = trial.Posts()
	}
	return campaign
}

func pack(t testing.TB, path, packed string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	packer, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err == nil {
		_, err = packer.Write(content)
	}
	if err == nil {
		err = packer.Close()
	}
	if err == nil {
		err = os.MkdirAll(filepath.Dir(packed), 0o755)
	}
	if err == nil {
		err = os.WriteFile(packed, out.Bytes(), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
