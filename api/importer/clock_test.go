package importer

import (
	"testing"
	"time"
)

func TestClock(t *testing.T) {
	for _, c := range []struct{ layout, zone, text, want string }{
		{"2 Jan 2006", "Europe/Lisbon", "5 may 2008", "2008-05-05T00:00:00+01:00"},
		{"2 Jan 2006", "Europe/Lisbon", "05 DEC 2008", "2008-12-05T00:00:00Z"},
		{"2 January 2006", "UTC", "5 mAY 2008", "2008-05-05T00:00:00Z"},
		{"1/2/2006", "Asia/Kolkata", "3/1/2022", "2022-03-01T00:00:00+05:30"},
		{"2006-01-02 15:04:05", "America/New_York", "2026-07-01 09:00:00.25", "2026-07-01T09:00:00.25-04:00"},
		{"2006-01-02 15:04:05 -0700", "", "2026-07-01 09:00:00 +0200", "2026-07-01T09:00:00+02:00"},
		{"2006-01-02 15:04:05 -0700", "Europe/Lisbon", "2026-07-01 09:00:00 +0200", "2026-07-01T08:00:00+01:00"},
		{"rfc3339", "", "2026-07-01T09:00:00.123456+02:00", "2026-07-01T09:00:00.123456+02:00"},
		{"unix", "", "1700000000", "2023-11-14T22:13:20Z"},
		{"unix", "Europe/Lisbon", "1720000000.5", "2024-07-03T10:46:40.5+01:00"},
		{"unix_ms", "", "1700000000123.5", "2023-11-14T22:13:20.1235Z"},
		// The clock goes back: 01:30 comes twice, the first one is in summer time.
		{"2006-01-02 15:04", "Europe/Lisbon", "2026-10-25 01:30", "2026-10-25T01:30:00+01:00"},
		{"2006-01-02 15:04", "America/New_York", "2026-11-01 01:30", "2026-11-01T01:30:00-04:00"},
		{"2006-01-02 15:04", "Europe/Lisbon", "2026-10-25 02:00", "2026-10-25T02:00:00Z"},
		// The clock goes forward: 01:30 is left out and becomes 02:30.
		{"2006-01-02 15:04", "Europe/Lisbon", "2026-03-29 01:30", "2026-03-29T02:30:00+01:00"},
		{"2006-01-02 15:04", "Europe/Lisbon", "2026-03-29 00:59", "2026-03-29T00:59:00Z"},
		{"2006-01-02 15:04", "Europe/Lisbon", "2026-03-29 02:00", "2026-03-29T02:00:00+01:00"},
		{"2006-01-02", "America/Sao_Paulo", "2018-11-04", "2018-11-04T01:00:00-02:00"},
		{"2006-01-02", "Pacific/Apia", "2011-12-30", "2011-12-31T00:00:00+14:00"}, // a day that never was
		{"2006-01-02", "Africa/Monrovia", "1971-06-01", "1971-06-01T00:44:30Z"},   // an offset with seconds
		{"2006-01-02", "UTC", "2026-02-29", `!"2026-02-29" does not fit the layout "2006-01-02"`},
		{"2006-01-02", "UTC", "1969-12-31", `!"1969-12-31" is the year 1969, outside 1970 to 2199`},
		{"rfc3339", "", "2026-07-01 09:00", `!"2026-07-01 09:00" is not an RFC 3339 instant with an offset such as 2026-11-02T09:00:00+01:00; describe other forms under times`},
		{"unix", "", "1700000000123", `!"1700000000123" is the year 55840, outside 1970 to 2199; are these milliseconds (unix_ms)?`},
		{"unix", "", "99999999999999999", `!"99999999999999999" is too large a count of time`},
		{"unix", "", "1e9", `!"1e9" is not a decimal number such as 12 or 12.5`},
	} {
		clock, err := newClock(c.layout, c.zone)
		if err != nil {
			t.Errorf("%s: %v", c.layout, err)
			continue
		}
		at, err := clock.read(c.text)
		got := formatTime(at)
		if err != nil {
			got = "!" + err.Error()
		}
		if got != c.want {
			t.Errorf("%s by %s in %s: got %s, want %s", c.text, c.layout, c.zone, got, c.want)
		}
	}
}

func TestParseSeconds(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "12": 12 * time.Second, "0.1": 100 * time.Millisecond, "-1.5": -1500 * time.Millisecond,
		"007": 7 * time.Second, "1.0000000019": time.Second + 1,
	} {
		if got, err := parseSeconds(text); got != want || err != nil {
			t.Errorf("%s: got %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "-", ".5", "5.", "1,5", "+1", "1e3", "0x1", "1:30", "NaN", "1000000001", "99999999999999999999"} {
		if got, err := parseSeconds(text); err == nil {
			t.Errorf("%q was taken as %v", text, got)
		}
	}
}

func TestPlus(t *testing.T) {
	same(t, importText(t, "attempts", `{
		"columns": {"ref":"id","lead":"id","started_at":"start"},
		"constants": {"result":"answered"},
		"plus": {"ended_at":{"base":"connected_at","seconds":"talk"},"connected_at":{"base":"started_at","seconds":"ring"}}
	}`, "id,start,ring,talk\n"+
		"1,2026-03-28T23:59:50+00:00,7.25,10\n"+
		"2,2026-03-28T23:59:50Z,,10\n"+
		"3,2026-03-28T23:59:50Z,7,\n"+
		"4,2026-03-28T23:59:50Z,x,\n"+
		"5,yesterday,7,\n"), `
2 {"ref":"1","lead":"1","started_at":"2026-03-28T23:59:50+00:00","result":"answered","connected_at":"2026-03-28T23:59:57.25Z","ended_at":"2026-03-29T00:00:07.25Z"}
3 {"ref":"2","lead":"2","started_at":"2026-03-28T23:59:50Z","result":"answered"}
4 {"ref":"3","lead":"3","started_at":"2026-03-28T23:59:50Z","result":"answered","connected_at":"2026-03-28T23:59:57Z"}
!5 connected_at: "x" is not a decimal number such as 12 or 12.5
!6 connected_at: "yesterday" is not an RFC 3339 instant with an offset such as 2026-11-02T09:00:00+01:00; describe other forms under times
`)
}
