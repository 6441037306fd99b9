package db

import (
	"context"
	"strings"
	"testing"
	"time"

	"ringside/campaign"
)

// tend lets a store tend to recounts, as a server does.
func tend(t *testing.T, store *Store, looks <-chan time.Time) {
	t.Helper()
	if err := store.TendRecounts(context.Background(), looks, func(ref string, err error) { t.Errorf("recount of %s: %v", ref, err) }); err != nil {
		t.Fatal(err)
	}
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, reached func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !reached(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in a minute: %s", what)
		}
	}
}

func isRecounting(t *testing.T, store *Store) bool {
	t.Helper()
	c, err := store.Campaign(context.Background(), "c")
	if err != nil {
		t.Fatal(err)
	}
	return c.Wanted != nil
}

var salesConfig = strings.Replace(testConfig, "refusal", "sale", 1)

// put puts a configuration and returns whether it is counted by it.
func put(t *testing.T, store *Store, body string) (recounted bool) {
	t.Helper()
	config, err := campaign.DecodeConfig([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := store.PutCampaign(context.Background(), "c", config)
	if err != nil {
		t.Fatal(err)
	}
	return c.Wanted == nil
}

// TestChangedZoneIsRecounted lets the rules of one campaign's zone change between
// two starts: it alone is counted again.
func TestChangedZoneIsRecounted(t *testing.T) {
	stores := openBoth(t)
	config := strings.Replace(testConfig, "Europe/Lisbon", "Asia/Tokyo", 1)
	decoded, err := campaign.DecodeConfig([]byte(config))
	if err != nil {
		t.Fatal(err)
	}
	putConfig(t, stores[0], testConfig)
	if _, _, err := stores[0].PutCampaign(context.Background(), "tokyo", decoded); err != nil {
		t.Fatal(err)
	}
	for _, ref := range []string{"c", "tokyo"} {
		if _, err := stores[0].Record(context.Background(), ref, dialing(0, 300, 100), false); err != nil {
			t.Fatal(err)
		}
	}
	generations := func() (g [2]int64) {
		for i := range g {
			if err := stores[0].pool.QueryRow("select generation from progress where next_generation = 0 and campaign_id = $1", i+1).Scan(&g[i]); err != nil {
				return [2]int64{}
			}
		}
		return g
	}
	tend(t, stores[0], nil)
	if g := generations(); g != [2]int64{1, 1} {
		t.Errorf("the same rules make generations %v", g)
	}
	stores[1].zoneRules = func(zone string) int64 {
		if zone == "Asia/Tokyo" {
			return 42
		}
		return campaign.ZoneRules(zone)
	}
	for range 2 { // the second time there is nothing to do
		tend(t, stores[1], nil)
		eventually(t, "counted by the new rules", func() bool { return generations() == [2]int64{1, 2} })
	}
	if v, err := stores[1].Verify(context.Background(), "tokyo", nil); err != nil || v.Differing > 0 {
		t.Errorf("%+v %v", v, err)
	}
	// One under way by older rules starts over.
	if err := stores[0].transact(context.Background(), func(t *tx) error { return t.startRecount(2, 7, false) }); err != nil {
		t.Fatal(err)
	}
	tend(t, stores[1], nil)
	eventually(t, "started over by the new rules", func() bool { return generations() == [2]int64{1, 4} })
}

// TestOtherServerTakesOver lets a recount stand that a process began and died of:
// another that tends goes on with it at the second look.
func TestOtherServerTakesOver(t *testing.T) {
	stores := openBoth(t)
	putConfig(t, stores[0], testConfig)
	if _, err := stores[0].Record(context.Background(), "c", dialing(0, 6000, 5000), false); err != nil {
		t.Fatal(err)
	}
	looks := make(chan time.Time)
	tend(t, stores[1], looks)
	stores[0].EndRecounts()
	if put(t, stores[0], salesConfig) {
		t.Fatal("a process that ended counts")
	}
	step := func() {
		if err := stores[0].transact(context.Background(), func(t *tx) error {
			k, err := stores[0].findLocked(t, "c")
			if err == nil {
				_, err = recountStep(t, k, nil)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	// The look that a channel without room takes is over when the next is taken.
	looks <- time.Time{}
	step()
	looks <- time.Time{} // it has moved
	stores[1].mu.Lock()
	taken := len(stores[1].working)
	stores[1].mu.Unlock()
	if taken > 0 || !isRecounting(t, stores[1]) {
		t.Error("a recount that moves was taken over")
	}
	looks <- time.Time{}
	looks <- time.Time{}
	eventually(t, "taken over", func() bool { return !isRecounting(t, stores[0]) })
	<-stores[1].recountBehind("c")
	mustVerify(t, stores[0])
	want(t, figures(t, stores[0], "hit_rate"), "hit_rate 667/6000")
}

// TestTwoProcessesCountOneRecount lets both work on it at once, packing histories.
func TestTwoProcessesCountOneRecount(t *testing.T) {
	stores := openBoth(t)
	putConfig(t, stores[0], testConfig)
	for i := range 4 {
		if _, err := stores[0].Record(context.Background(), "c", dialing(i*3000, 3000, 9000), false); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := stores[0].pool.Exec("delete from histories where lead_no between 10 and 7000"); err != nil {
		t.Fatal(err)
	}
	if err := stores[0].transact(context.Background(), func(t *tx) error { return t.startRecount(1, 0, true) }); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 2)
	for i, store := range stores {
		store.windowMost = 2000 + 1000*i
		go func() { ended <- store.recount(context.Background(), "c", gently, nil) }()
	}
	for range stores {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	mustVerify(t, stores[0])
}

// TestPutAgainGoesOn puts a configuration twice while it is counted: the second
// time does not start over; a third, which takes it back, ends it.
func TestPutAgainGoesOn(t *testing.T) {
	store := openTest(t)
	ctx := context.Background()
	if _, err := store.Record(ctx, "c", dialing(0, 6000, 5000), false); err != nil {
		t.Fatal(err)
	}
	store.EndRecounts() // so that this test takes the steps
	at := func() (r recounting) {
		if err := store.transact(ctx, func(t *tx) (err error) {
			r, err = t.recounting(1)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return r
	}
	put(t, store, salesConfig)
	if err := store.transact(ctx, func(t *tx) error {
		k, err := store.findLocked(t, "c")
		if err == nil {
			_, err = recountStep(t, k, nil)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	before := at()
	if put(t, store, strings.Replace(salesConfig, "Test", "Renamed", 1)) || before.heard == 0 || at() != before {
		t.Errorf("before %+v, now %+v", before, at())
	}
	if !put(t, store, testConfig) || at().next != 0 {
		t.Errorf("taken back: %+v", at())
	}
	// Taken back in the middle of a rebuild: that goes on.
	put(t, store, salesConfig)
	if err := store.transact(ctx, func(t *tx) error { return t.startRecount(1, 0, true) }); err != nil {
		t.Fatal(err)
	}
	put(t, store, testConfig)
	if r := at(); r.next == 0 || !r.repacks {
		t.Errorf("the rebuild was given up: %+v", r)
	}
}

// TestRecountGoesOnAfterFailures takes a table away while a recount is under way,
// and ends the process while it is away the second time.
func TestRecountGoesOnAfterFailures(t *testing.T) {
	store := openTest(t)
	if _, err := store.Record(context.Background(), "c", dialing(0, 3000, 2500), false); err != nil {
		t.Fatal(err)
	}
	rename := func(from, to string) {
		if _, err := store.pool.Exec("alter table " + from + " rename to " + to); err != nil {
			t.Error(err)
		}
	}
	var troubles int
	store.trouble = func(ref string, err error) {
		if troubles++; ref != "c" || err == nil {
			t.Errorf("told of %q %v", ref, err)
		}
	}
	now := make(chan time.Time)
	close(now)
	var pauses []time.Duration
	store.after = func(d time.Duration) <-chan time.Time {
		if pauses = append(pauses, d); len(pauses) == 9 {
			rename("away", "moments")
		}
		return now
	}
	rename("moments", "away")
	// Started by hand: PUT itself would want the table.
	if err := store.transact(context.Background(), func(t *tx) error {
		return t.exec("update progress set next_generation = 2 where campaign_id = $1", 1)
	}); err != nil {
		t.Fatal(err)
	}
	<-store.recountBehind("c") // nobody waits longer than to the first failure
	store.behind.Wait()
	if troubles != 9 || pauses[0] != time.Second || pauses[1] != 2*time.Second || pauses[8] != time.Minute {
		t.Errorf("%d troubles, pauses %v", troubles, pauses)
	}
	if isRecounting(t, store) {
		t.Error("the recount did not go on")
	}
	mustVerify(t, store)

	paused := make(chan struct{})
	store.after = func(time.Duration) <-chan time.Time {
		close(paused)
		return nil
	}
	store.trouble = func(string, error) {}
	rename("histories", "away")
	if put(t, store, salesConfig) {
		t.Error("a PUT that could not be counted says that it was")
	}
	<-paused
	store.EndRecounts()
	rename("away", "histories")
	if !isRecounting(t, store) {
		t.Error("the recount was given up")
	}
}
