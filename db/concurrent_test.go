package db

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ringside/campaign"
	"ringside/db/dbtest"
	"ringside/funnel"
)

// TestConcurrentPosts posts the same calls on several connections at once while
// reports are read: each call is counted once, and a report never sees a part of
// a post.
func TestConcurrentPosts(t *testing.T) {
	store := openTest(t)
	const writers, batches, size = 4, 6, 50
	ctx := context.Background()
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				r, err := store.Report(ctx, "c", funnel.Query{Window: funnel.Window{FromMs: 0, ToMs: 4_000_000_000_000}, By: []funnel.GroupBy{funnel.ByAgent}})
				if err != nil {
					t.Error(err)
					return
				}
				if dials := r.Whole.Get(funnel.Dials); dials%size != 0 {
					t.Errorf("a report saw %d dials, part of a post of %d", dials, size)
				}
				dials := r.Whole.Get(funnel.Dials)
				for _, g := range r.Groups {
					dials -= g.Sums.Get(funnel.Dials)
				}
				if dials != 0 {
					t.Errorf("the groups of a report and the whole differ by %d dials: it saw two states", dials)
				}
			}
		})
	}
	var posters sync.WaitGroup
	for range writers {
		posters.Go(func() {
			for i := range batches {
				if _, err := store.Record(ctx, "c", dialing(i*size, size, 20), false); err != nil {
					t.Error(err)
				}
			}
		})
	}
	posters.Wait()
	close(done)
	readers.Wait()
	want(t, figures(t, store, "dials", "leads_dialed"), "dials 300/0, leads_dialed 20/0")
	if v, err := store.Verify(ctx, "c", nil); err != nil || v.Differing > 0 {
		t.Errorf("%+v %v", v, err)
	}
}

// openBoth opens one database twice, as two processes would.
func openBoth(t *testing.T) [2]*Store {
	t.Helper()
	path := dbtest.New(t)
	var both [2]*Store
	for i := range both {
		store, err := Open(context.Background(), path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		})
		both[i] = store
	}
	return both
}

// TestConcurrentStores lets two stores on one database write the same lead, the
// same new labels and the configuration at once: no update is lost, and neither
// store trusts what it knew before the other wrote.
func TestConcurrentStores(t *testing.T) {
	stores := openBoth(t)
	const config = `{"name":"Test","time_zone":"Europe/Lisbon","currency":"EUR","dial_mode":"predictive","dispositions":[{"code":"D-%d","category":"sale"}]}`
	const rounds, agents, changes = 40, 7, 4
	var configs [changes]campaign.Config
	for i := range configs {
		var err error
		if configs[i], err = campaign.DecodeConfig(fmt.Appendf(nil, config, i)); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := stores[0].PutCampaign(context.Background(), "c", configs[0]); err != nil {
		t.Fatal(err)
	}
	var writers sync.WaitGroup
	for n, store := range stores {
		for _, half := range []int{0, 1} { // two writers a store
			writers.Go(func() {
				for i := half; i < rounds; i += 2 {
					posts := decode(t, "attempts", fmt.Sprintf(`{"ref":"call-%d-%d","lead":"l","agent":"agent-%d","started_at":"2026-06-01T%02d:%02d:00Z","result":"answered","disposition":"D-%d"}
						{"ref":"both-%d","lead":"l","agent":"both","started_at":"2026-06-02T00:%02d:00Z","result":"busy","updated_at":"2026-06-02T01:00:00Z"}`,
						n, i, i%agents, 8+n, i, i%4, i, i))
					if _, err := store.Record(context.Background(), "c", posts, false); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	for _, store := range stores {
		writers.Go(func() {
			for i := range changes {
				if _, _, err := store.PutCampaign(context.Background(), "c", configs[i]); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	for _, store := range stores {
		if c, err := store.Campaign(context.Background(), "c"); err != nil || c.ConfigVersion != 1+2*changes {
			t.Errorf("after %d changes the configuration's version is %d (%v)", 2*changes, c.ConfigVersion, err)
		}
		want(t, figures(t, store, "dials", "leads_dialed", "sales"), fmt.Sprintf("dials %d/0, leads_dialed 1/0, sales 1/0", 3*rounds))
		if v, err := store.Verify(context.Background(), "c", nil); err != nil || v.Differing > 0 {
			t.Errorf("%+v %v", v, err)
		}
		r, err := store.Report(context.Background(), "c", funnel.Query{Window: funnel.Window{FromMs: 0, ToMs: 4_000_000_000_000}, By: []funnel.GroupBy{funnel.ByAgent}})
		if err != nil || len(r.Groups) != agents+1 {
			t.Fatalf("%d groups %v", len(r.Groups), err)
		}
		for _, g := range r.Groups {
			expected := int64(rounds)
			if agent, ok := strings.CutPrefix(g.Key[0].(string), "agent-"); ok {
				expected = 2 * int64(rounds/agents)
				if agent < fmt.Sprint(rounds%agents) {
					expected += 2
				}
			}
			if got := g.Sums.Get(funnel.Dials); got != expected {
				t.Errorf("%v has %d dials, want %d", g.Key, got, expected)
			}
		}
	}
}

// TestConcurrentCampaigns creates the same and other campaigns in two stores at once.
func TestConcurrentCampaigns(t *testing.T) {
	stores := openBoth(t)
	config, err := campaign.DecodeConfig([]byte(`{"name":"Test","time_zone":"UTC","currency":"EUR","dial_mode":"manual"}`))
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	made := map[string]int{}
	var writers sync.WaitGroup
	for n, store := range stores {
		for _, prefix := range []string{"same", fmt.Sprint("own", n)} {
			writers.Go(func() {
				for i := range 6 {
					ref := fmt.Sprint(prefix, i)
					_, created, err := store.PutCampaign(context.Background(), ref, config)
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					if created {
						made[ref]++
					}
					mu.Unlock()
				}
			})
		}
	}
	writers.Wait()
	all, err := stores[0].Campaigns(context.Background())
	if err != nil || len(all) != 18 || len(made) != 18 {
		t.Fatalf("%d campaigns, %d created, %v", len(all), len(made), err)
	}
	numbers := map[int64]bool{}
	for _, c := range all {
		numbers[c.Number] = true
		if made[c.Ref] != 1 {
			t.Errorf("%s was created %d times", c.Ref, made[c.Ref])
		}
	}
	if len(numbers) != 18 {
		t.Errorf("numbers are shared: %v", numbers)
	}
}

// TestConcurrentOpens lets several processes meet an empty database at once.
func TestConcurrentOpens(t *testing.T) {
	path := dbtest.New(t)
	var openers sync.WaitGroup
	for range 4 {
		openers.Go(func() {
			store, err := Open(context.Background(), path)
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := store.Keys(context.Background()); err != nil {
				t.Error(err)
			}
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	openers.Wait()
}

// TestOrderIsBytewise sees that no collation of the database shows.
func TestOrderIsBytewise(t *testing.T) {
	store := openTest(t)
	config, err := campaign.DecodeConfig([]byte(`{"name":"Test","time_zone":"UTC","currency":"EUR","dial_mode":"manual"}`))
	if err != nil {
		t.Fatal(err)
	}
	expected := []string{"B", "a", "a-b", "a.b", "aB", "a_b", "ab", "c", "%C3%84"}
	for _, ref := range expected {
		if _, _, err := store.PutCampaign(context.Background(), ref, config); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(expected)
	all, err := store.Campaigns(context.Background())
	var got []string
	for _, c := range all {
		got = append(got, c.Ref)
	}
	if err != nil || !slices.Equal(got, expected) {
		t.Errorf("campaigns come as %q, want %q (%v)", got, expected, err)
	}
}

// TestConcurrentRecount changes what codes mean while calls are posted: reports
// answer all the time, each by the old meaning or by the new one, and in the end
// everything is counted by the new one.
func TestConcurrentRecount(t *testing.T) {
	store := openTest(t)
	ctx := context.Background()
	const calls, size = 12_000, 500
	for i := range calls / 2 / size {
		if _, err := store.Record(ctx, "c", dialing(i*size, size, 5000), false); err != nil {
			t.Fatal(err)
		}
	}
	config := func(category string) campaign.Config {
		c, err := campaign.DecodeConfig([]byte(`{"name":"Test","time_zone":"Europe/Lisbon","currency":"EUR","dial_mode":"predictive",
			"dispositions":[{"code":"NI","category":"` + category + `"}]}`))
		if err != nil {
			t.Error(err)
		}
		return c
	}
	done := make(chan struct{})
	var others sync.WaitGroup
	others.Go(func() {
		defer close(done)
		for i := calls / 2 / size; i < calls/size; i++ {
			if _, err := store.Record(ctx, "c", dialing(i*size, size, 5000), false); err != nil {
				t.Error(err)
			}
		}
	})
	others.Go(func() {
		for range 3 {
			for _, category := range []string{"sale", "refusal"} {
				if _, _, err := store.PutCampaign(ctx, "c", config(category)); err != nil {
					t.Error(err)
				}
			}
		}
	})
	others.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			r, err := store.Report(ctx, "c", funnel.Query{Window: funnel.Window{FromMs: 0, ToMs: 4_000_000_000_000}})
			if err != nil {
				t.Error(err)
				return
			}
			dials, talks, sales := r.Whole.Get(funnel.Dials), r.Whole.Get(funnel.Conversations), r.Whole.Get(funnel.SaleAttempts)
			if dials%size != 0 || sales != 0 && sales != talks {
				t.Errorf("a report saw %d dials, %d conversations, %d of them sales", dials, talks, sales)
			}
		}
	})
	others.Wait()
	if _, _, err := store.PutCampaign(ctx, "c", config("sale")); err != nil {
		t.Fatal(err)
	}
	want(t, figures(t, store, "dials", "hit_rate"), "dials 12000/0, hit_rate 1334/12000")
	if v, err := store.Verify(ctx, "c", nil); err != nil || v.Differing > 0 {
		t.Errorf("%+v %v", v, err)
	}
}

// TestRecountGoesOnAfterItsCallerLeft hangs up half-way and opens the store anew.
func TestRecountGoesOnAfterItsCallerLeft(t *testing.T) {
	path := dbtest.New(t)
	ctx := context.Background()
	store, err := Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	putConfig(t, store, testConfig)
	for i := range 12 {
		if _, err := store.Record(ctx, "c", dialing(i*500, 500, 6000), false); err != nil {
			t.Fatal(err)
		}
	}
	config, err := campaign.DecodeConfig([]byte(`{"name":"Test","time_zone":"Asia/Kathmandu","currency":"EUR","dial_mode":"predictive","dispositions":[{"code":"NI","category":"sale"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.PutCampaign(ctx, "c", config); err != nil {
		t.Fatal(err)
	}
	// As if the process had died in the middle of another recount.
	if err := store.transact(ctx, func(t *tx) error {
		if err := t.exec("update campaigns set counted_config = replace(counted_config, 'Kathmandu', 'Tokyo'), config_version = config_version + 1 where ref = $1", "c"); err != nil {
			return err
		}
		return t.startRecount(1, store.zoneRules("Europe/Lisbon"), false)
	}); err != nil {
		t.Fatal(err)
	}
	c, err := store.Campaign(ctx, "c")
	if err != nil || c.Wanted == nil || c.TimeZone != "Asia/Tokyo" {
		t.Fatalf("the recount is not under way: %+v %v", c, err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if len(again.working) > 0 {
		t.Error("a command goes on with a server's recount")
	}
	tend(t, again, nil)
	<-again.recountBehind("c")
	if c, err := again.Campaign(ctx, "c"); err != nil || c.Wanted != nil || c.TimeZone != "Asia/Kathmandu" {
		t.Errorf("the recount was not finished: %+v %v", c, err)
	}
	if v, err := again.Verify(ctx, "c", nil); err != nil || v.Differing > 0 {
		t.Errorf("%+v %v", v, err)
	}
}

// TestConcurrentRecountEnds changes the configuration while calls with new leads
// keep arriving one by one: the recount ends although they never pause.
func TestConcurrentRecountEnds(t *testing.T) {
	store := openTest(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for i := range 10 {
		if _, err := store.Record(ctx, "c", dialing(i*500, 500, 5000), false); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan struct{})
	var posters sync.WaitGroup
	for p := range 2 {
		posters.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				if _, err := store.Record(ctx, "c", dialing(1_000_000*(p+1)+i, 1, 10_000_000), false); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	putConfig(t, store, strings.Replace(testConfig, "refusal", "sale", 1))
	close(done)
	posters.Wait()
	if c, err := store.Campaign(ctx, "c"); err != nil || c.Wanted != nil {
		t.Errorf("the recount did not end: %+v %v", c, err)
	}
	if v, err := store.Verify(ctx, "c", nil); err != nil || v.Differing > 0 {
		t.Errorf("%+v %v", v, err)
	}
}

// TestPutLeavesRebuildAlone puts the same configuration while a rebuild is under
// way: the rebuild goes on.
func TestPutLeavesRebuildAlone(t *testing.T) {
	store := openTest(t)
	ctx := context.Background()
	for i := range 10 {
		if _, err := store.Record(ctx, "c", dialing(i*500, 500, 5000), false); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := store.pool.Exec("delete from cells where grouping_no = 1"); err != nil {
		t.Fatal(err)
	}
	put := false
	if err := store.Rebuild(ctx, "c", func(done, of int64) {
		if !put && done < of {
			put = true
			putConfig(t, store, testConfig)
		}
	}); err != nil || !put {
		t.Fatalf("put %v: %v", put, err)
	}
	if v, err := store.Verify(ctx, "c", nil); err != nil || v.Differing > 0 {
		t.Errorf("%+v %v", v, err)
	}
}
