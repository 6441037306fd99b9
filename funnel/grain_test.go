package funnel

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"ringside/campaign"
)

// TestStretches: whole buckets are read as few cells: hours as far as the next day,
// days as far as the next month, and back.
func TestStretches(t *testing.T) {
	zone, err := campaign.LoadZone("Europe/Lisbon")
	if err != nil {
		t.Fatal(err)
	}
	cal := campaign.NewCalendar(zone)
	instant := func(text string) int64 {
		ms, err := campaign.ParseInstant(text + ":00Z")
		if err != nil {
			t.Fatal(err)
		}
		return ms
	}
	hour, agent := findCut("", true), findCut(ByAgent, false)
	for _, c := range []struct {
		from, to string
		cut      *cut
		longest  grain
		want     string
	}{
		// Clocks are an hour ahead from 29 March on.
		{"2026-01-15T10:20", "2026-04-03T02:10", hour, months, "hours 01-15T11:00 days 01-16T00:00 months 02-01T00:00 days 03-31T23:00 hours 04-02T23:00 to 04-03T02:00"},
		{"2026-01-15T10:20", "2026-04-03T02:10", hour, days, "hours 01-15T11:00 days 01-16T00:00 hours 04-02T23:00 to 04-03T02:00"},
		{"2026-01-15T10:20", "2026-04-03T02:10", hour, hours, "hours 01-15T11:00 to 04-03T02:00"},
		{"2026-01-15T10:20", "2026-04-03T02:10", agent, months, "days 01-16T00:00 to 04-02T23:00"},
		{"2026-02-01T00:00", "2026-03-01T00:00", hour, months, "months 02-01T00:00 to 03-01T00:00"},
		{"2026-02-01T00:00", "2026-02-28T00:00", hour, months, "days 02-01T00:00 to 02-28T00:00"},
		{"2026-02-01T00:01", "2026-02-01T23:59", hour, months, "hours 02-01T01:00 to 02-01T23:00"},
		{"2026-02-01T00:01", "2026-02-01T01:59", hour, months, ""},
	} {
		at := func(ms int64) string { return strings.TrimPrefix(campaign.FormatInstant(ms)[:16], "2026-") }
		var got []string
		end := ""
		from, to := c.cut.grain.wholes(cal, Window{instant(c.from), instant(c.to)})
		err := c.cut.stretches(cal, from, to, c.longest, func(c *cut, from, to int64) error {
			w := c.grain.window(cal, from, to)
			if begin := at(w.FromMs); end != "" && end != begin {
				t.Errorf("a stretch ends %s and the next begins %s", end, begin)
			}
			got, end = append(got, []string{"hours", "days", "months"}[c.grain], at(w.FromMs)), at(w.ToMs)
			return nil
		})
		if len(got) > 0 {
			got = append(got, "to", end)
		}
		if err != nil || !slices.Equal(got, strings.Fields(c.want)) {
			t.Errorf("%s to %s: %v, %s; want %s", c.from, c.to, err, fmt.Sprint(got), c.want)
		}
	}
}
