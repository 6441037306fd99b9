package campaign

import (
	"testing"
	"time"
)

func calendarOf(t *testing.T, zone string) *Calendar {
	loc, err := LoadZone(zone)
	if err != nil {
		t.Fatal(err)
	}
	return NewCalendar(loc)
}

func utc(t *testing.T, text string) int64 {
	ms, err := ParseInstant(text)
	if err != nil {
		t.Fatal(err)
	}
	return ms
}

// TestDayLengths are days that are not 24 hours long, or do not start at midnight.
func TestDayLengths(t *testing.T) {
	for _, c := range []struct {
		zone, day, start string
		hours            float64
	}{
		{"America/New_York", "2026-03-08", "2026-03-08T05:00:00Z", 23},
		{"America/New_York", "2026-11-01", "2026-11-01T04:00:00Z", 25},
		{"Europe/London", "2026-03-29", "2026-03-29T00:00:00Z", 23},
		{"Asia/Kathmandu", "2026-06-01", "2026-05-31T18:15:00Z", 24},
		{"Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00:00Z", 24.5},
		{"America/Havana", "2026-03-08", "2026-03-08T05:00:00Z", 23}, // midnight is skipped
		{"America/Havana", "2026-11-01", "2026-11-01T04:00:00Z", 25}, // midnight comes twice
		{"Asia/Beirut", "2026-10-24", "2026-10-23T21:00:00Z", 25},    // set back at the end of the day
		{"Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z", 0},    // a date that never was
		{"America/St_Johns", "2010-11-07", "2010-11-07T02:30:00Z", 25},
	} {
		cal := calendarOf(t, c.zone)
		day, err := ParseDay(c.day)
		if err != nil {
			t.Fatal(err)
		}
		start, end := cal.DayStart(day), cal.DayStart(day+1)
		if FormatInstant(start) != FormatInstant(utc(t, c.start)) || float64(end-start)/3600_000 != c.hours {
			t.Errorf("%s %s starts %s and has %v h, want %s and %v h", c.zone, c.day, FormatInstant(start), float64(end-start)/3600_000, c.start, c.hours)
		}
	}
}

// TestCalendarCutsTime holds, around every change of clocks, that days and hours
// are contiguous, each holds its own start, no hour lies in two days, and a week has
// its hours.
func TestCalendarCutsTime(t *testing.T) {
	for _, zone := range []string{"America/New_York", "Europe/London", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Chatham", "America/Havana", "America/St_Johns", "Asia/Beirut", "Pacific/Apia"} {
		cal := calendarOf(t, zone)
		for _, from := range []string{"2026-03-01", "2026-10-01", "2010-11-01", "2011-12-25", "2040-12-15", "2060-12-15", "2198-12-01"} {
			day, _ := ParseDay(from)
			at := cal.DayStart(day)
			for at < cal.DayStart(day+40) {
				d := cal.DayOf(at)
				if start := cal.DayStart(d); start > at || cal.DayStart(d+1) <= at {
					t.Fatalf("%s: %s is not within its day %s", zone, FormatInstant(at), d)
				}
				end := cal.HourEnd(at)
				if end <= at || end-at > 3600_000 || cal.HourOf(end-1) != cal.HourOf(at) || cal.HourOf(end) != end {
					t.Fatalf("%s: the hour of %s ends %s", zone, FormatInstant(at), FormatInstant(end))
				}
				if how := cal.HourOfWeek(at); how != HourOfWeek(at, cal.Location()) {
					t.Fatalf("%s: %s is in hour %d of the week", zone, FormatInstant(at), how)
				}
				if cal.DayOf(end-1) != d || cal.DayOf(cal.HourOf(at)) != d {
					t.Fatalf("%s: the hour of %s is not within its day", zone, FormatInstant(at))
				}
				at = end
			}
		}
	}
}

func TestWeeksAndMonths(t *testing.T) {
	day, _ := ParseDay("2027-01-03") // a Sunday of the year before by ISO
	if y, w := day.ISOWeek(); y != 2026 || w != 53 || day.Week().String() != "2026-12-28" || day.Month().String() != "2027-01-01" || day.NextMonth().String() != "2027-02-01" {
		t.Errorf("%d-W%d, week of %s", y, w, day.Week())
	}
	cal := calendarOf(t, "Europe/London")
	if how := cal.HourOfWeek(time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC).UnixMilli()); how != 6*24+1 {
		t.Errorf("the second pass of 01:30 is hour %d of the week", how)
	}
}

func TestZonesAreRefused(t *testing.T) {
	for _, zone := range []string{"", "Local", "Mars/Olympus", "/etc/passwd", "../../etc/passwd"} {
		if _, err := LoadZone(zone); err == nil {
			t.Errorf("%q passes for a zone", zone)
		}
	}
}
