package api

import (
	"testing"
	"time"

	"ringside/campaign"
	"ringside/funnel"
)

// TestPresetsByTheWallOfTheZone cuts presets and the periods before them where days
// begin in Kathmandu, and where clocks are changed.
func TestPresetsByTheWallOfTheZone(t *testing.T) {
	for _, c := range []struct{ zone, now, preset, from, to, before, until string }{
		{"Asia/Kathmandu", "2026-11-22T18:20:00Z", "today", "2026-11-23T00:00", "2026-11-24T00:00", "2026-11-22T00:00", "2026-11-22T00:05"},
		{"Asia/Kathmandu", "2026-11-22T18:10:00Z", "yesterday", "2026-11-21T00:00", "2026-11-22T00:00", "2026-11-20T00:00", "2026-11-21T00:00"},
		{"Asia/Kathmandu", "2026-11-22T18:10:00Z", "last_week", "2026-11-09T00:00", "2026-11-16T00:00", "2026-11-02T00:00", "2026-11-09T00:00"},
		{"Asia/Kathmandu", "2026-11-22T18:10:00Z", "this_month", "2026-11-01T00:00", "2026-11-23T00:00", "2026-10-10T00:00", "2026-10-31T23:55"},
		{"Europe/Lisbon", "2026-11-22T18:12:00Z", "last_28_days", "2026-10-26T00:00", "2026-11-23T00:00", "2026-09-28T00:00", "2026-10-25T18:12"},
		{"Europe/Lisbon", "2026-11-22T18:12:00Z", "last_month", "2026-10-01T00:00", "2026-11-01T00:00", "2026-08-31T00:00", "2026-10-01T00:00"},
		{"Europe/Lisbon", "2026-11-22T18:12:00Z", "this_week", "2026-11-16T00:00", "2026-11-23T00:00", "2026-11-09T00:00", "2026-11-15T18:12"},
	} {
		zone, err := campaign.LoadZone(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		cal := campaign.NewCalendar(zone)
		wall := func(ms int64) string { return time.UnixMilli(ms).In(zone).Format("2006-01-02T15:04") }
		cut := func(span funnel.Span) (string, string) {
			w, err := span.Cut(cal)
			if err != nil {
				t.Fatal(err)
			}
			return wall(w.FromMs), wall(w.ToMs)
		}
		of := named{c.preset, now.UnixMilli()}
		from, to := cut(of)
		before, until := cut(previous{of, now.UnixMilli()})
		if from != c.from || to != c.to || before != c.before || until != c.until {
			t.Errorf("%s in %s: %s to %s after %s to %s, want %s to %s after %s to %s", c.preset, c.zone, from, to, before, until, c.from, c.to, c.before, c.until)
		}
	}
}
