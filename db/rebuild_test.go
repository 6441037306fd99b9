package db

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"ringside/campaign"
	"ringside/db/dbtest"
)

// damages are what may become of derived rows, and what verify names then.
var damages = []struct{ statement, named string }{
	{"update histories set history = (select h.history from histories h where h.campaign_id = 1 and h.lead_no = 12) where lead_no = 11", "history of lead 11"},
	{"update histories set history = cast('x' as bytea) where lead_no = 13", "history of lead 13"},
	{"delete from histories where lead_no = 14", "history of lead 14"},
	{"insert into histories (campaign_id, lead_no, history) select 1, 999999, history from histories where lead_no = 15", "history of lead 999999"},
	{"insert into histories (campaign_id, lead_no, history) select 1, -1, history from histories where lead_no = 15", "history of lead -1"},
	{"update leads set cohort_ms = 1 where lead_no = 16", "cohort of lead 16"},
	{"update leads set cohort_ms = null where lead_no = 17", "cohort of lead 17"},
	{"delete from moments where lead_no = 28", "moment of lead 28"},
	{"insert into moments (campaign_id, generation, at_ms, lead_no) select 1, generation, 77, 18 from progress where campaign_id = 1", "moment of lead 18"},
	{"insert into moments (campaign_id, generation, at_ms, lead_no) select 1, generation, 77, 999998 from progress where campaign_id = 1", "moment of lead 999998"},
	{"delete from cells where grouping_no = 4 and bucket = (select max(c.bucket) from cells c where c.grouping_no = 4)", "cell {Grouping:4"},
	{"update cells set pairs = curve where grouping_no = 3", "pairs of cell {Grouping:3"},
	{"update cells set agents = cast('22' as bytea) where grouping_no = 2", "agents of cell {Grouping:2"},
	{"insert into cells (campaign_id, generation, grouping_no, bucket, key_no, spread) select 1, generation, 1, 5, 0, agents from cells where grouping_no = 2", "spread of cell {Grouping:1 Bucket:5"},
}

// openDialed opens a store in which leads 1 to 500 have six calls each; the calls
// of every ninth lead are sales.
func openDialed(t *testing.T) *Store {
	store := openTest(t)
	dial(t, store)
	return store
}

func dial(t *testing.T, store *Store) {
	putConfig(t, store, strings.Replace(testConfig, "refusal", "sale", 1))
	for i := range 6 {
		if _, err := store.Record(context.Background(), "c", dialing(i*500, 500, 500), false); err != nil {
			t.Fatal(err)
		}
	}
}

func damage(t *testing.T, store *Store) {
	t.Helper()
	for _, d := range damages {
		result, err := store.pool.Exec(d.statement)
		if err != nil {
			t.Fatalf("%s: %v", d.statement, err)
		}
		if n, err := result.RowsAffected(); n == 0 || err != nil {
			t.Fatalf("%s: %d rows, %v", d.statement, n, err)
		}
	}
}

// TestVerifyNamesEveryDamage breaks each kind of derived row.
func TestVerifyNamesEveryDamage(t *testing.T) {
	store := openDialed(t)
	mustVerify(t, store)
	damage(t, store)
	v, err := store.Verify(context.Background(), "c", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range damages {
		found := false
		for _, difference := range v.Differences {
			found = found || strings.HasPrefix(difference.What, d.named)
		}
		if !found {
			t.Errorf("verify does not name %s in %+v", d.named, v.Differences)
		}
	}
}

func mustVerify(t *testing.T, store *Store) {
	t.Helper()
	if v, err := store.Verify(context.Background(), "c", nil); err != nil || v.Differing > 0 {
		t.Errorf("%+v %v", v, err)
	}
	var stale int
	if err := store.pool.QueryRow("select (select count(*) from cells c join progress p on c.campaign_id = p.campaign_id where c.generation <> p.generation) + (select count(*) from moments m join progress p on m.campaign_id = p.campaign_id where m.generation <> p.generation)").Scan(&stale); err != nil || stale > 0 {
		t.Errorf("%d rows of other generations are left (%v)", stale, err)
	}
}

// TestConcurrentRebuildMends breaks every kind of derived row and rebuilds while
// posts to another process make calls, change calls, and move calls between leads.
func TestConcurrentRebuildMends(t *testing.T) {
	stores := openBoth(t)
	store, other := stores[0], stores[1]
	dial(t, store)
	store.windowMost = 100
	ctx := context.Background()
	damage(t, store)
	begun, done := make(chan struct{}), make(chan struct{})
	var posters sync.WaitGroup
	var first sync.Once
	posts := 0
	posters.Go(func() {
		<-begun
		ticker := time.NewTicker(3 * time.Millisecond)
		defer ticker.Stop()
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			case <-ticker.C:
			}
			// Of leads whose histories can be read: one that cannot takes no posts.
			lead := 20 + i*7%480
			lines := fmt.Sprintf(`{"ref":"call-%08d","lead":"lead-%07d","agent":"a","started_at":"2026-07-01T10:00:00Z","result":"answered","disposition":"SALE","updated_at":"2026-12-02T00:00:00Z"}
				{"ref":"new-%d","lead":"lead-%07d","started_at":"2026-07-02T10:00:00Z","result":"busy"}`, i*13%3000, lead, i, lead)
			if i*13%3000%500 >= 10 && i*13%3000%500 <= 18 {
				continue // would leave a damaged one
			}
			if _, err := other.Record(ctx, "c", decode(t, "attempts", lines), false); err != nil {
				t.Error(err)
				return
			}
			posts++
		}
	})
	// A window can be a while old: posts come between it and the last step.
	if err := store.Rebuild(ctx, "c", func(done, of int64) { first.Do(func() { close(begun) }) }); err != nil {
		t.Fatal(err)
	}
	close(done)
	posters.Wait()
	t.Logf("%d posts came meanwhile", posts)
	mustVerify(t, store)
	mustVerify(t, other)
}

// TestRebuildFindsWhatMovedMeanwhile moves calls after the window was opened, from
// and to leads on either side of where the rebuild is.
func TestRebuildFindsWhatMovedMeanwhile(t *testing.T) {
	store := openDialed(t)
	store.windowMost = 100
	n := 0
	err := store.Rebuild(context.Background(), "c", func(done, of int64) {
		n++
		early, late := n%500, (n+250)%500
		record(t, store, "attempts", fmt.Sprintf(`
			{"ref":"call-%08d","lead":"lead-%07d","started_at":"2026-07-01T10:00:00Z","result":"answered","disposition":"SALE","updated_at":"2026-12-02T00:00:00Z"}
			{"ref":"call-%08d","lead":"lead-%07d","started_at":"2026-07-01T10:00:00Z","result":"busy","updated_at":"2026-12-02T00:00:00Z"}
			{"ref":"made-%d","lead":"made-%d","started_at":"2026-07-01T10:00:00Z","result":"busy"}`, early, late, late+500, early, n, n))
	})
	if err != nil || n < 20 {
		t.Errorf("%d steps: %v", n, err)
	}
	mustVerify(t, store)
}

// TestWindowsHoldWholeLeads joins windows of all sizes.
func TestWindowsHoldWholeLeads(t *testing.T) {
	store := openTest(t)
	var lines strings.Builder
	for i, lead := range []int{1, 1, 1, 1, 1, 2, 4, 4, 4, 7, 3, 1, 2, 4} {
		fmt.Fprintf(&lines, `{"ref":"a-%d","lead":"l-%d","started_at":"2026-07-01T10:00:00Z","result":"busy"}`+"\n", i, lead)
	}
	record(t, store, "leads", `{"ref":"nobody"}`)
	record(t, store, "attempts", lines.String())
	if err := store.snapshot(context.Background(), func(tx *tx) error {
		whole, err := openWindow(tx, 1, 0, 100)
		if err != nil || len(whole.pairs) != 14 || !whole.holds(0) || !whole.holds(1<<40) {
			t.Fatalf("%+v %v", whole, err)
		}
		for most := 1; most < 20; most++ {
			var all []int64
			for from := int64(0); from < 6; {
				w, err := openWindow(tx, 1, from, most)
				if err != nil || w.from != from || w.to <= from {
					t.Fatalf("%d at a time: %+v %v", most, w, err)
				}
				all = w.attempts(all, w.from, min(w.to, 100))
				from = w.to
			}
			if got, want := fmt.Sprint(all), fmt.Sprint(whole.attempts(nil, 0, 100)); got != want {
				t.Errorf("%d at a time: %s, want %s", most, got, want)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// TestOlderCountingIsRebuilt opens a database of a program whose histories cannot
// be read any more, first interrupted, and refuses one of a newer program.
func TestOlderCountingIsRebuilt(t *testing.T) {
	path := dbtest.New(t)
	store, err := Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	putConfig(t, store, testConfig)
	for i := range 6 {
		if _, err := store.Record(context.Background(), "c", dialing(i*1000, 1000, 5000), false); err != nil {
			t.Fatal(err)
		}
	}
	for _, statement := range []string{"update histories set history = cast('an older layout' as bytea)", "delete from cells where grouping_no > 2", "update progress set counting_version = 1, zone_rules = 0"} {
		if _, err := store.pool.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(context.Background())
	if half, err := Open(ctx, path, Upgrading(func(ref string, done, of int64) {
		if done > 0 && done < of {
			interrupt()
		}
	})); !errors.Is(err, context.Canceled) {
		t.Fatalf("the interrupted start says %v %v", half, err)
	}
	var told []string
	store, err = Open(context.Background(), path, Upgrading(func(ref string, done, of int64) {
		if told = append(told, ref); done > of {
			t.Errorf("%d of %d are done", done, of)
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if len(told) < 3 || told[0] != "c" {
		t.Errorf("told of %v", told)
	}
	mustVerify(t, store)
	want(t, figures(t, store, "dials"), "dials 6000/0")
	var version, rules int64
	if err := store.pool.QueryRow("select counting_version, zone_rules from progress where campaign_id = 1").Scan(&version, &rules); err != nil || version != countingVersion || rules != campaign.ZoneRules("Europe/Lisbon") {
		t.Errorf("counted by version %d, rules %d, %v", version, rules, err)
	}
	if _, err := store.pool.Exec("update progress set counting_version = counting_version + 1"); err != nil {
		t.Fatal(err)
	}
	var told2 *campaign.Error
	if _, err := store.Campaign(context.Background(), "c"); !errors.As(err, &told2) || told2.Code != "newer_database" {
		t.Errorf("a newer program's campaign: %v", err)
	}
	if again, err := Open(context.Background(), path); !errors.As(err, &told2) || told2.Code != "newer_database" {
		t.Errorf("a newer program's database: %v %v", again, err)
	}
}
