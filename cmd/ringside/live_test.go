package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringside/cmd/ringside/callcentre"
	"ringside/db"
	"ringside/funnel"
)

// liveNow is a Thursday at which two campaigns call.
var liveNow = time.Date(2026, 11, 5, 10, 17, 3, 0, time.UTC)

// seedLive fills a store with a small history.
func seedLive(t *testing.T, speed float64, now time.Time) (demoCommand, *db.Store, *liveFloor) {
	store, err := db.Open(t.Context(), filepath.Join(t.TempDir(), "demo.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	demo := demoCommand{Days: 3, Scale: 0.3, Seed: 7, Speed: speed}
	live, err := demo.seed(t.Context(), terminal{strings.NewReader(""), io.Discard, io.Discard}, store, now)
	if err != nil {
		t.Fatal(err)
	}
	return demo, store, live
}

// dialsOf are the dials that each campaign reports.
func dialsOf(t *testing.T, store *db.Store) map[string]int64 {
	dials := map[string]int64{}
	all, err := store.Campaigns(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		report, err := store.Report(t.Context(), c.Ref, funnel.Query{NowMs: liveNow.UnixMilli(),
			Window: funnel.Window{FromMs: liveNow.AddDate(0, -1, 0).UnixMilli(), ToMs: liveNow.AddDate(0, 1, 0).UnixMilli()}})
		if err != nil {
			t.Fatal(err)
		}
		dials[c.Ref] = funnel.Find("dials").Figure(report.Whole).Numerator
	}
	return dials
}

// postedDials are the calls that a floor of its own tells of before an instant.
func postedDials(t *testing.T, c demoCommand, now, until time.Time) map[string]int64 {
	start := now.UTC().Truncate(24*time.Hour).AddDate(0, 0, -c.Days)
	floor := callcentre.New(callcentre.Config{Seed: c.Seed, Start: start, Days: c.Days + 2, Scale: c.Scale})
	seen, dials := map[string]bool{}, map[string]int64{}
	for batch := range floor.Until(until, 1) {
		if batch.Collection != "attempts" {
			continue
		}
		var call struct{ Ref, Result string }
		if err := json.Unmarshal(batch.Items[0], &call); err != nil {
			t.Fatal(err)
		}
		if name := batch.Campaign + " " + call.Ref; !seen[name] && call.Result != "not_placed" {
			seen[name] = true
			dials[batch.Campaign]++
		}
	}
	return dials
}

// TestServeDialsLive lets two minutes pass at an hour a minute: the dials grow by
// exactly those of two hours, none is posted after the stop, and every sum holds.
func TestServeDialsLive(t *testing.T) {
	demo, store, live := seedLive(t, 60, liveNow)
	before := dialsOf(t, store)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var logged bytes.Buffer
	ticks := make(chan time.Time)
	stop := live.start(ctx, slog.New(slog.NewTextHandler(&logged, nil)), ticks)
	for _, after := range []time.Duration{0, time.Second, time.Minute, 2 * time.Minute, 2 * time.Minute} {
		ticks <- liveNow.Add(after) // taken once the tick before it is dealt with
	}
	cancel()
	stop()
	select {
	case ticks <- liveNow.Add(time.Hour):
		t.Error("the floor dials after its context ended")
	default:
	}
	after, wantBefore, wantAfter := dialsOf(t, store), postedDials(t, demo, liveNow, liveNow), postedDials(t, demo, liveNow, liveNow.Add(2*time.Hour))
	for ref := range before {
		if before[ref] != wantBefore[ref] || after[ref] != wantAfter[ref] {
			t.Errorf("%s grew from %d to %d dials, want from %d to %d", ref, before[ref], after[ref], wantBefore[ref], wantAfter[ref])
		}
		if v, err := store.Verify(t.Context(), ref, nil); err != nil || v.Differing > 0 {
			t.Errorf("%s: verify: %v %+v", ref, err, v)
		}
	}
	if after["spring-energy"] <= before["spring-energy"] {
		t.Error("nobody dialed in two hours of a Thursday morning")
	}
	if logged.Len() > 0 {
		t.Errorf("logged: %s", logged.String())
	}
}

// TestLiveFailureIsLogged: what cannot be stored ends the dialing with a message.
func TestLiveFailureIsLogged(t *testing.T) {
	_, _, live := seedLive(t, 60, liveNow)
	empty, err := db.Open(t.Context(), filepath.Join(t.TempDir(), "empty.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer empty.Close()
	live.store = empty // knows none of the campaigns
	var logged bytes.Buffer
	if live.step(t.Context(), slog.New(slog.NewTextHandler(&logged, nil)), live.simulated(liveNow.Add(time.Minute))) {
		t.Error("the floor dials on after a failure")
	}
	if !strings.Contains(logged.String(), "live dialing ended, the server goes on") {
		t.Errorf("logged: %q", logged.String())
	}
}

// TestLiveSaysWhenItDials, at every speed and also at night.
func TestLiveSaysWhenItDials(t *testing.T) {
	floor := callcentre.New(callcentre.Config{Start: liveNow.AddDate(0, 0, -1)})
	night := time.Date(2026, 11, 5, 2, 15, 0, 0, time.UTC)
	for _, c := range []struct {
		speed float64
		begun time.Time
		want  []string
	}{
		{0, night, []string{"No live dialing"}},
		{0.5, liveNow, []string{"behind your clock"}},
		{1, liveNow, []string{"in real time."}},
		{60, liveNow, []string{"60 times real time", "ahead of your clock"}},
		{1, night, []string{"opens at Thu 5 Nov 03:15 UTC with winback-mobile, in 1h0m0s"}},
		{60, night, []string{"opens at Thu 5 Nov 03:15 UTC with winback-mobile, in 1m0s"}},
	} {
		text := (&liveFloor{floor: floor, speed: c.speed, begun: c.begun}).tell()
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("at speed %g it says %q, not %q", c.speed, text, want)
			}
		}
		if c.begun == liveNow && strings.Contains(text, "opens at") {
			t.Errorf("by day it says %q", text)
		}
	}
}

func TestDemoRefusesSpeed(t *testing.T) {
	for _, speed := range []string{"-1", "NaN", "3601"} {
		if out, code := ringside(t, "demo", "--days", "1", "--speed="+speed); code != 1 || !strings.Contains(out, "speed") {
			t.Errorf("--speed=%s ends with %d: %s", speed, code, out)
		}
	}
}
