package db

import (
	"context"
	"fmt"
	"testing"
	"time"

	"ringside/funnel"
)

// TestVerifyNamesAllOfManyDamages damages leads of many slices and windows.
func TestVerifyNamesAllOfManyDamages(t *testing.T) {
	store := openTest(t)
	putConfig(t, store, testConfig)
	const leads = 3*slice + 10
	for i := range 3 {
		if _, err := store.Record(context.Background(), "c", dialing(i*leads, leads, leads), false); err != nil {
			t.Fatal(err)
		}
	}
	mustVerify(t, store)
	if _, err := store.pool.Exec("delete from histories"); err != nil {
		t.Fatal(err)
	}
	for _, store.windowMost = range []int{100, windowMost} {
		v, err := store.Verify(context.Background(), "c", nil)
		if err != nil || v.Differing != leads || v.Leads != leads || v.Attempts != 3*leads || len(v.Differences) != differencesMost {
			t.Errorf("windows of %d: %d of %d leads differ, %d attempts, %d named (%v); want %d", store.windowMost, v.Differing, v.Leads, v.Attempts, len(v.Differences), err, leads)
		}
	}
}

// TestVerifyTellsFactsFromHistories changes single fields of facts behind the
// histories' back: each changes a sum.
func TestVerifyTellsFactsFromHistories(t *testing.T) {
	store := openDialed(t)
	for _, change := range []string{
		"update attempts set started_ms = started_ms + 1 where attempt_no = 700", "update attempts set result = 7 - result where attempt_no = 701",
		"update attempts set void = 1 where attempt_no = 702", "update attempts set ref = 'other' where attempt_no = 703",
		"update attempts set lead_no = 5 where attempt_no = 704", "update attempts set hold_ms = 1 where attempt_no = 705",
		"update attempts set disposition_no = 999 where attempt_no = 706", "delete from attempts where attempt_no = 707",
		"update leads set void = 1 where lead_no = 40", "update leads set list_no = 1 where lead_no = 41", "delete from leads where lead_no = 42",
	} {
		result, err := store.pool.Exec(change)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := result.RowsAffected(); n != 1 || err != nil {
			t.Fatalf("%s: %d rows, %v", change, n, err)
		}
		v, err := store.Verify(context.Background(), "c", nil)
		if err != nil || v.Differing == 0 {
			t.Errorf("%s: %+v %v", change, v, err)
		}
		if err := store.Rebuild(context.Background(), "c", nil); err != nil {
			t.Fatal(err)
		}
	}
}

// TestConcurrentVerify compares while posts go on: all it reads is of one moment.
func TestConcurrentVerify(t *testing.T) {
	store := openDialed(t)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		ticker := time.NewTicker(time.Millisecond)
		defer ticker.Stop()
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-ticker.C:
			}
			line := fmt.Sprintf(`{"ref":"new-%d","lead":"lead-%07d","started_at":"2026-07-02T10:00:00Z","result":"busy"}`, i, i%700)
			if _, err := store.Record(context.Background(), "c", decode(t, "attempts", line), false); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	for range 20 {
		if v, err := store.Verify(context.Background(), "c", nil); err != nil || v.Differing > 0 {
			t.Errorf("%+v %v", v, err)
		}
	}
	close(stop)
	<-stopped
}

// TestNothingStoredDependsOnLeadsZones verifies a campaign as a program would to
// which the leads' zones mean nothing: its own zone's rules alone make a recount.
func TestNothingStoredDependsOnLeadsZones(t *testing.T) {
	store := openTest(t)
	putConfig(t, store, testConfig)
	record(t, store, "leads", `{"ref":"a","time_zone":"Asia/Tokyo"}`+"\n"+`{"ref":"b","time_zone":"America/New_York"}`)
	record(t, store, "attempts", `{"ref":"1","lead":"a","started_at":"2026-07-01T10:00:00Z","result":"busy"}`+"\n"+`{"ref":"2","lead":"b","started_at":"2026-07-01T10:00:00Z","result":"busy"}`)
	groups := func() int {
		r, err := store.Report(context.Background(), "c", funnel.Query{Window: funnel.Window{FromMs: 0, ToMs: 1 << 42}, By: []funnel.GroupBy{funnel.ByLeadHourOfWeek}, KPIs: []*funnel.KPI{funnel.Find("dials")}})
		if err != nil {
			t.Fatal(err)
		}
		return len(r.Groups)
	}
	if n := groups(); n != 2 {
		t.Fatalf("%d groups of two zones", n)
	}
	mustVerify(t, store)
	clear(store.known[1].counted.zones)
	if n := groups(); n != 1 {
		t.Fatalf("%d groups of no zone", n)
	}
	mustVerify(t, store)
}
