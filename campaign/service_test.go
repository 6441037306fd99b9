package campaign

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestOpenMs: business hours over minutes, weeks and decades are those of their days, one
// by one, also where clocks change and on holidays.
func TestOpenMs(t *testing.T) {
	for _, name := range []string{"Europe/Lisbon", "America/New_York", "Africa/Cairo", "Asia/Kathmandu"} {
		zone, err := LoadZone(name)
		if err != nil {
			t.Fatal(err)
		}
		calendar := NewCalendar(zone)
		c := NewClock(&Hours{Week: [7]string{"09:00-12:30,13:30-17:00", "00:00-24:00", "", "08:00-20:00", "22:00-24:00", "00:00-03:00", "01:30-02:30"}, Holidays: []string{"2026-03-30", "1999-12-31"}}, calendar)
		r := rand.New(rand.NewPCG(1, 2))
		for range 30 {
			from := time.Date(2026, 3, 1, 0, 0, 0, 0, zone).UnixMilli() + r.Int64N(60*86_400_000)
			for _, days := range []int64{0, 1, 3, 63, 64, 65, 200, 9000} {
				to := from + days*86_400_000 + r.Int64N(86_400_000)
				want := int64(0)
				for day := calendar.DayOf(from); day <= calendar.DayOf(to); day++ {
					want += c.within(day, from, to)
				}
				if got := c.OpenMs(from, to); got != want {
					t.Errorf("%s: from %d to %d: %d ms, day by day %d", name, from, to, got, want)
				}
			}
		}
		// The clock of one week is told by hand: 7 + 24 + 0 + 12 + 2 + 3 + 1 hours.
		monday := time.Date(2026, 6, 1, 0, 0, 0, 0, zone).UnixMilli()
		if got := c.OpenMs(monday, monday+7*86_400_000); got != 49*3_600_000 {
			t.Errorf("%s: a week has %d ms", name, got)
		}
	}
}

// TestOpenMsOfDecades: a case that came without its opening, as of 1970, is measured
// without going through all its days each time.
func TestOpenMsOfDecades(t *testing.T) {
	c := NewClock(&Hours{Week: [7]string{"09:00-17:00"}}, NewCalendar(time.UTC))
	to := time.Date(2199, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	first := c.OpenMs(0, to)
	if again := c.OpenMs(0, to); again != first || len(c.blocks) < 1300 {
		t.Errorf("%d, then %d ms, of %d blocks", first, again, len(c.blocks))
	}
}
