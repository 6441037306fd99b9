package campaign

import (
	"math"
	"strconv"
	"time"
)

// None marks an instant, duration or amount that was not given. It lies far
// outside every accepted value, so a forgotten check shows at once.
const None int64 = math.MinInt64

var (
	minInstantMs = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	maxInstantMs = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli() - 1
)

// ParseInstant reads an RFC 3339 instant with an offset as milliseconds UTC;
// anything finer is cut off. Years 1970 to 2199 are accepted.
func ParseInstant(text string) (int64, error) {
	var t time.Time
	if err := t.UnmarshalText([]byte(text)); err != nil {
		if err := CheckDate(text); err != nil {
			return 0, err
		}
		return 0, Invalidf("invalid_time", "", "%q is not an RFC 3339 instant with an offset; send it like 2026-11-02T09:00:00.000+01:00", clip(text))
	}
	ms := t.UnixMilli()
	if ms < minInstantMs || ms > maxInstantMs {
		return 0, Invalidf("invalid_time", "", "%q is outside the years 1970 to 2199; check the sender's clock", clip(text))
	}
	return ms, nil
}

// CheckDate refuses text that begins like YYYY-MM-DD with a day that no calendar has.
// Any other text passes: it says nothing about it.
func CheckDate(text string) error {
	if len(text) < len(time.DateOnly) {
		return nil
	}
	var numbers [3]int
	for i, part := range []string{text[:4], text[5:7], text[8:10]} {
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil || text[4] != '-' || text[7] != '-' {
			return nil
		}
		numbers[i] = int(n)
	}
	year, month, day := numbers[0], time.Month(numbers[1]), numbers[2]
	switch {
	case month < time.January || month > time.December:
		return Invalidf("invalid_time", "", "%q names month %02d, and there are 12; send year, month and day like 2026-11-02", clip(text), int(month))
	case time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Day() != day:
		return Invalidf("invalid_time", "", "%q: there is no %d %s %d; send a day that the calendar has", clip(text), day, month, year)
	}
	return nil
}

// FormatInstant writes milliseconds UTC as RFC 3339 with a Z offset.
func FormatInstant(ms int64) string { return string(AppendInstant(nil, ms)) }

// AppendInstant appends what FormatInstant returns.
func AppendInstant(b []byte, ms int64) []byte {
	return time.UnixMilli(ms).UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z")
}

// clip shortens text from outside for use in a message.
func clip(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && s[cut]&0xC0 == 0x80 {
		cut--
	}
	return s[:cut] + "…"
}
