package db

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"ringside/campaign"
	"ringside/db/dbtest"
	"ringside/funnel"
)

// openTest opens a new store with one campaign, "c".
func openTest(t testing.TB) *Store {
	t.Helper()
	store, err := Open(context.Background(), dbtest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	putConfig(t, store, testConfig)
	return store
}

const testConfig = `{"name":"Test","time_zone":"Europe/Lisbon","currency":"EUR","dial_mode":"predictive","dispositions":[
	{"code":"SALE","category":"sale","stage":"closed"},{"code":"NI","category":"refusal"},{"code":"DNC","category":"dnc"}]}`

func putConfig(t testing.TB, store *Store, body string) {
	t.Helper()
	config, err := campaign.DecodeConfig([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.PutCampaign(context.Background(), "c", config); err != nil {
		t.Fatal(err)
	}
}

// dialersForm takes what comes only from dialers' messages, too.
var dialersForm = func() campaign.Form {
	form := *campaign.AttemptForm
	form.Allowed = form.Allowed | campaign.FromDialers
	return form
}()

var collections = map[string]*campaign.Form{"leads": campaign.LeadForm, "attempts": &dialersForm, "outcomes": campaign.OutcomeForm, "costs": campaign.CostForm, "states": campaign.StateForm}

// decode reads items, one a line.
func decode(t testing.TB, collection, lines string) (versions []*campaign.Version) {
	t.Helper()
	for line := range strings.Lines(lines) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		v, err := collections[collection].Decode([]byte(line))
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		versions = append(versions, v)
	}
	return versions
}

// record records items, one a line, and returns the receipt as words.
func record(t testing.TB, store *Store, collection, lines string) string {
	t.Helper()
	r, err := store.Record(context.Background(), "c", decode(t, collection, lines), false)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("created %d, updated %d, unchanged %d, rejected %d", r.Created, r.Updated, r.Unchanged, len(r.Rejected))
}

// figures returns KPIs of 2026 as "id n/d" words.
func figures(t testing.TB, store *Store, ids ...string) string {
	t.Helper()
	w := funnel.Window{FromMs: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli(), ToMs: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()}
	r, err := store.Report(context.Background(), "c", funnel.Query{Window: w})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, id := range ids {
		f := funnel.Find(id).Figure(r.Groups[0].Sums)
		out = append(out, fmt.Sprintf("%s %d/%d", id, f.Numerator, f.Denominator))
	}
	return strings.Join(out, ", ")
}

func want(t testing.TB, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestSamePostTwice is case 12 of kpis.md §8.
func TestSamePostTwice(t *testing.T) {
	store := openTest(t)
	first := `{"ref":"a","lead":"l","started_at":"2026-06-01T10:00:00Z","result":"answered","disposition":"NI"}`
	want(t, record(t, store, "attempts", first), "created 1, updated 0, unchanged 0, rejected 0")
	want(t, record(t, store, "attempts", first), "created 0, updated 0, unchanged 1, rejected 0")
	want(t, figures(t, store, "dials", "hit_rate"), "dials 1/0, hit_rate 0/1")
	want(t, record(t, store, "attempts", strings.Replace(first, "NI", "SALE", 1)), "created 0, updated 1, unchanged 0, rejected 0")
	want(t, figures(t, store, "dials", "hit_rate"), "dials 1/0, hit_rate 1/1")
	// An undated repetition of what came first keeps its first date.
	want(t, record(t, store, "attempts", first), "created 0, updated 0, unchanged 1, rejected 0")
	want(t, figures(t, store, "dials", "hit_rate"), "dials 1/0, hit_rate 1/1")
}

// TestOutcomeBeforeAttempt is case 13.
func TestOutcomeBeforeAttempt(t *testing.T) {
	store := openTest(t)
	want(t, record(t, store, "outcomes", `{"attempt":"a","disposition":"SALE","amount":"12.50","updated_at":"2026-06-02T00:00:00Z"}`), "created 1, updated 0, unchanged 0, rejected 0")
	want(t, figures(t, store, "dials", "sales", "revenue"), "dials 0/0, sales 0/0, revenue 0/0")
	want(t, record(t, store, "attempts", `{"ref":"a","lead":"l","started_at":"2026-06-01T10:00:00Z","result":"answered","disposition":"NI","updated_at":"2026-06-01T10:05:00Z"}`), "created 1, updated 0, unchanged 0, rejected 0")
	want(t, figures(t, store, "dials", "sales", "revenue"), "dials 1/0, sales 1/0, revenue 1250/0")
}

// TestDNCIsSticky is case 18 and what surrounds it.
func TestDNCIsSticky(t *testing.T) {
	store := openTest(t)
	record(t, store, "attempts", `
		{"ref":"a","lead":"l","started_at":"2026-06-01T10:00:00Z","result":"answered","disposition":"DNC","updated_at":"2026-06-01T10:00:00Z"}
		{"ref":"b","lead":"l","started_at":"2026-06-02T10:00:00Z","result":"answered","disposition":"SALE","updated_at":"2026-06-02T10:00:00Z"}`)
	marked := func() bool {
		f, err := store.Fact(context.Background(), "c", campaign.KindLead, "l")
		if err != nil {
			t.Fatal(err)
		}
		return f.DNCSinceMs != campaign.None
	}
	want(t, figures(t, store, "conversion_rate"), "conversion_rate 1/1")
	if !marked() {
		t.Error("the lead is won and not marked")
	}
	record(t, store, "outcomes", `{"attempt":"a","disposition":"NI","updated_at":"2026-06-03T10:00:00Z"}`)
	if !marked() {
		t.Error("a later outcome took the mark away")
	}
	if _, err := store.PutDNC(context.Background(), "c", "l", false); err != nil || marked() {
		t.Errorf("the mark cannot be lifted: %v", err)
	}
}

// TestConfigurationRecounts changes a mapping after the calls were made.
func TestConfigurationRecounts(t *testing.T) {
	store := openTest(t)
	record(t, store, "attempts", `{"ref":"a","lead":"l","started_at":"2026-06-01T10:00:00Z","result":"answered","disposition":"OK","amount":"5.00"}`)
	want(t, figures(t, store, "sales"), "sales 0/0")
	putConfig(t, store, `{"name":"Test","time_zone":"Asia/Kathmandu","currency":"EUR","dial_mode":"predictive","dispositions":[{"code":"OK","category":"sale"}]}`)
	want(t, figures(t, store, "sales", "revenue"), "sales 1/0, revenue 500/0")
	if v, err := store.Verify(context.Background(), "c", nil); err != nil || v.Differing > 0 {
		t.Errorf("%+v %v", v, err)
	}
	config, _ := campaign.DecodeConfig([]byte(`{"name":"Test","time_zone":"UTC","currency":"USD","dial_mode":"manual"}`))
	if _, _, err := store.PutCampaign(context.Background(), "c", config); err == nil || !strings.Contains(err.Error(), "cannot change") {
		t.Errorf("the currency changed under posted amounts: %v", err)
	}
}

// TestVerifyFindsDamage breaks what is stored, sees it found, and mends it.
func TestVerifyFindsDamage(t *testing.T) {
	store := openTest(t)
	record(t, store, "attempts", `{"ref":"a","lead":"l","started_at":"2026-06-01T10:00:00Z","result":"answered","disposition":"SALE"}`)
	for _, damage := range []string{"update cells set sums = cast('22' as bytea) where grouping_no = 2", "delete from cells where grouping_no = 1",
		"update histories set history = cast('1' as bytea)", "delete from moments", "update leads set cohort_ms = 5", "update attempts set result = 2"} {
		if _, err := store.pool.Exec(damage); err != nil {
			t.Fatal(err)
		}
		if v, err := store.Verify(context.Background(), "c", nil); err != nil || v.Differing == 0 {
			t.Errorf("%s: verify says %+v %v", damage, v, err)
		}
		if err := store.Rebuild(context.Background(), "c", nil); err != nil {
			t.Fatal(err)
		}
		if v, err := store.Verify(context.Background(), "c", nil); err != nil || v.Differing > 0 {
			t.Errorf("%s: after rebuild verify says %+v %v", damage, v, err)
		}
	}
}

// TestNewerDatabaseIsRefused opens a database of a program to come.
func TestNewerDatabaseIsRefused(t *testing.T) {
	path := dbtest.New(t)
	store, err := Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.pool.Exec("insert into schema_versions (version, applied_ms) values (99, 0)"); err != nil {
		t.Fatal(err)
	}
	store.Close()
	if _, err := Open(context.Background(), path); err == nil || !strings.Contains(err.Error(), "schema 99") || !strings.Contains(err.Error(), "newer ringside") {
		t.Errorf("got %v", err)
	}
}

// dialing makes attempts the way a hopper does: a list dialed in order, three
// passes, by some agents, one call in nine a conversation.
func dialing(from, n, leads int) []*campaign.Version {
	out := make([]*campaign.Version, 0, n)
	for i := from; i < from+n; i++ {
		item := fmt.Sprintf(`{"ref":"call-%08d","lead":"lead-%07d","agent":"a-%02d","started_at":"%s","result":"no_answer","updated_at":"2026-12-01T00:00:00Z"}`,
			i, i%leads, i%50, time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC).Add(time.Duration(i)*1700*time.Millisecond).Format(time.RFC3339))
		if i%9 == 0 {
			item = strings.Replace(item, `"no_answer"`, `"answered","answered_by":"human","disposition":"NI"`, 1)
		}
		v, err := campaign.AttemptForm.Decode([]byte(item))
		if err != nil {
			panic(err)
		}
		out = append(out, v)
	}
	return out
}

// BenchmarkRecord records 2,000 attempts an operation.
func BenchmarkRecord(b *testing.B) {
	store := openTest(b)
	const n = 2000
	batches := make([][]*campaign.Version, b.N)
	for i := range batches {
		batches[i] = dialing(i*n, n, 20_000)
	}
	b.ResetTimer()
	for _, batch := range batches {
		if _, err := store.Record(context.Background(), "c", batch, false); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "attempts/s")
}

// BenchmarkReport reads every KPI of a month with 100,000 attempts behind it.
func BenchmarkReport(b *testing.B) {
	store := openTest(b)
	for i := range 50 {
		if _, _, err := store.PutAgent(context.Background(), campaign.Agent{Ref: fmt.Sprintf("a-%02d", i), Team: fmt.Sprint("team ", i%5)}); err != nil {
			b.Fatal(err)
		}
	}
	plain := []*funnel.KPI{funnel.Find("dials"), funnel.Find("contact_rate"), funnel.Find("calls_per_agent")}
	for i := range 20 {
		if _, err := store.Record(context.Background(), "c", dialing(i*5000, 5000, 30_000), false); err != nil {
			b.Fatal(err)
		}
	}
	month := funnel.Window{FromMs: time.Date(2026, 5, 31, 23, 0, 0, 0, time.UTC).UnixMilli(), ToMs: time.Date(2026, 6, 30, 23, 0, 0, 0, time.UTC).UnixMilli()}
	for _, c := range []struct {
		name string
		q    funnel.Query
	}{{"month", funnel.Query{Window: month}}, {"cut", funnel.Query{Window: funnel.Window{FromMs: month.FromMs + 36_000_000, ToMs: month.FromMs + 100_000_000}}},
		{"by day", funnel.Query{Window: month, By: []funnel.GroupBy{funnel.ByDay}}}, {"by agent", funnel.Query{Window: month, By: []funnel.GroupBy{funnel.ByAgent}}},
		{"by team", funnel.Query{Window: month, By: []funnel.GroupBy{funnel.ByTeam}}},
		{"by team, no leads", funnel.Query{Window: month, By: []funnel.GroupBy{funnel.ByTeam}, KPIs: plain}},
		{"by agent, no leads", funnel.Query{Window: month, By: []funnel.GroupBy{funnel.ByAgent}, KPIs: plain}},
		{"by lead hour of week", funnel.Query{Window: month, By: []funnel.GroupBy{funnel.ByLeadHourOfWeek}}},
		{"by disposition", funnel.Query{Window: month, By: []funnel.GroupBy{funnel.ByDisposition}}}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := store.Report(context.Background(), "c", c.q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestInlineLeadByRefAlone names a new lead by an object that says nothing else.
func TestInlineLeadByRefAlone(t *testing.T) {
	store := openTest(t)
	call := `{"ref":"a","lead":{"ref":"l"},"started_at":"2026-06-01T10:00:00Z","result":"answered"}`
	record(t, store, "attempts", call)
	want(t, record(t, store, "attempts", call), "created 0, updated 0, unchanged 1, rejected 0")
	want(t, figures(t, store, "leads", "dials"), "leads 1/0, dials 1/0")
	if f, err := store.Fact(context.Background(), "c", campaign.KindLead, "l"); err != nil || f.Ref != "l" {
		t.Errorf("the lead reads back as %+v %v", f, err)
	}
	if v, err := store.Verify(context.Background(), "c", nil); err != nil || v.Differing > 0 {
		t.Errorf("%+v %v", v, err)
	}
}

// TestDNCInAnyOrder posts the same dated versions in every order: the same leads
// are marked, since the same instant.
func TestDNCInAnyOrder(t *testing.T) {
	type one struct{ collection, item string }
	for name, posts := range map[string][]one{
		"outcomes before the attempt": {
			{"outcomes", `{"attempt":"a","disposition":"DNC","updated_at":"2026-06-01T16:00:00Z"}`},
			{"outcomes", `{"attempt":"a","disposition":"NI","updated_at":"2026-06-01T17:00:00Z"}`},
			{"attempts", `{"ref":"a","lead":"l1","started_at":"2026-06-01T15:00:00Z","result":"answered","updated_at":"2026-06-01T15:30:00Z"}`}},
		"an attempt that moves": {
			{"attempts", `{"ref":"a","lead":"l1","started_at":"2026-06-01T15:00:00Z","result":"answered","updated_at":"2026-06-01T15:30:00Z"}`},
			{"attempts", `{"ref":"a","lead":"l2","started_at":"2026-06-01T15:00:00Z","result":"answered","disposition":"DNC","updated_at":"2026-06-01T16:30:00Z"}`},
			{"attempts", `{"ref":"a","lead":"l2","started_at":"2026-06-01T15:00:00Z","result":"answered","disposition":"NI","updated_at":"2026-06-01T17:30:00Z"}`}},
	} {
		var first string
		for _, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
			store := openTest(t)
			for _, i := range order {
				record(t, store, posts[i].collection, posts[i].item)
			}
			var marks string
			if err := store.pool.Get(&marks, "select string_agg(mark, ',') from (select ref || ' ' || coalesce(cast(dnc_ms as text), 'no') as mark from leads order by ref) marks"); err != nil {
				t.Fatal(err)
			}
			if first == "" {
				first = marks
			}
			if marks != first || strings.Contains(marks, "l1 no") {
				t.Errorf("%s: in order %v marks are %s, in another %s", name, order, marks, first)
			}
		}
	}
}

// TestLiftedDNCStaysLifted until somebody asks again.
func TestLiftedDNCStaysLifted(t *testing.T) {
	store := openTest(t)
	marked := func() bool {
		f, err := store.Fact(context.Background(), "c", campaign.KindLead, "l")
		if err != nil {
			t.Fatal(err)
		}
		return f.DNCSinceMs != campaign.None
	}
	record(t, store, "attempts", `{"ref":"a","lead":"l","started_at":"2026-06-01T10:00:00Z","result":"answered","disposition":"DNC"}`)
	if _, err := store.PutDNC(context.Background(), "c", "l", false); err != nil {
		t.Fatal(err)
	}
	record(t, store, "outcomes", `{"attempt":"a","wrap_s":3}`)
	if marked() {
		t.Error("an amendment of an old call brought the mark back")
	}
	record(t, store, "attempts", `{"ref":"b","lead":"l","started_at":"2026-06-03T10:00:00Z","result":"answered","disposition":"DNC"}`)
	if !marked() {
		t.Error("a new request does not mark the lead")
	}
}

// TestMappingRevealsDNC maps a code to dnc after the call.
func TestMappingRevealsDNC(t *testing.T) {
	store := openTest(t)
	record(t, store, "attempts", `{"ref":"a","lead":"l","started_at":"2026-06-01T10:00:00Z","result":"answered","disposition":"OPT"}`)
	record(t, store, "outcomes", `{"attempt":"a","disposition":"NI"}`)
	putConfig(t, store, `{"name":"Test","time_zone":"Europe/Lisbon","currency":"EUR","dial_mode":"predictive","dispositions":[{"code":"OPT","category":"dnc"}]}`)
	if f, err := store.Fact(context.Background(), "c", campaign.KindLead, "l"); err != nil || f.DNCSinceMs == campaign.None {
		t.Errorf("the lead is not marked: %+v %v", f, err)
	}
}

// TestCurrencyStaysAfterAmountWasCleared changes the currency when an older
// version still holds an amount.
func TestCurrencyStaysAfterAmountWasCleared(t *testing.T) {
	store := openTest(t)
	record(t, store, "attempts", `{"ref":"a","lead":"l","started_at":"2026-06-01T10:00:00Z","result":"answered","amount":"12.50"}`)
	record(t, store, "outcomes", `{"attempt":"a","amount":null}`)
	config, err := campaign.DecodeConfig([]byte(`{"name":"Test","time_zone":"UTC","currency":"JPY","dial_mode":"manual"}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.PutCampaign(context.Background(), "c", config); err == nil {
		t.Error("the currency changed under an amount that versions still hold")
	}
}

// TestMappingRevealsLaterDNC maps a second code to dnc after the first request of
// the same call was lifted.
func TestMappingRevealsLaterDNC(t *testing.T) {
	store := openTest(t)
	record(t, store, "attempts", `{"ref":"a","lead":"l","started_at":"2026-06-01T10:00:00Z","result":"answered","disposition":"DNC"}`)
	if _, err := store.PutDNC(context.Background(), "c", "l", false); err != nil {
		t.Fatal(err)
	}
	record(t, store, "outcomes", `{"attempt":"a","disposition":"STOP"}`)
	putConfig(t, store, strings.Replace(testConfig, `{"code":"DNC"`, `{"code":"STOP","category":"dnc"},{"code":"DNC"`, 1))
	if f, err := store.Fact(context.Background(), "c", campaign.KindLead, "l"); err != nil || f.DNCSinceMs == campaign.None {
		t.Errorf("the lead is not marked: %+v %v", f, err)
	}
}

// TestLiftKeepsTheArrivalClock lifts a mark when the machine's clock was set back:
// what arrives later still ranks later.
func TestLiftKeepsTheArrivalClock(t *testing.T) {
	store := openTest(t)
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	store.SetClock(func() time.Time { return now })
	record(t, store, "attempts", `{"ref":"a","lead":"l","started_at":"2026-06-01T10:00:00Z","result":"answered","disposition":"DNC"}`)
	now = now.Add(-time.Hour)
	if _, err := store.PutDNC(context.Background(), "c", "l", false); err != nil {
		t.Fatal(err)
	}
	want(t, record(t, store, "outcomes", `{"attempt":"a","disposition":"SALE"}`), "created 0, updated 1, unchanged 0, rejected 0")
	if f, err := store.Fact(context.Background(), "c", campaign.KindLead, "l"); err != nil || f.DNCSinceMs != campaign.None {
		t.Errorf("the lifted mark came back: %+v %v", f, err)
	}
}
