package dialer

import (
	"strconv"
	"strings"
	"time"

	"ringside/campaign"
)

// Instants outside these years are no instants of a call.
var (
	earliestMs = time.Date(1970, 1, 2, 0, 0, 0, 0, time.UTC).UnixMilli()
	latestMs   = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
)

// bounded returns an instant that can be one, else campaign.None.
func bounded(ms int64) int64 {
	if ms < earliestMs || ms >= latestMs {
		return campaign.None
	}
	return ms
}

// epochMs reads seconds since 1970 with or without a fraction, milliseconds or
// microseconds, told apart by their size; campaign.None where it is none of these.
func epochMs(text string) int64 {
	whole, fraction, _ := strings.Cut(strings.TrimSpace(text), ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n <= 0 {
		return campaign.None
	}
	switch {
	case n < 1e11:
		n *= 1000
		if fraction = (fraction + "000")[:3]; fraction != "000" {
			if f, err := strconv.ParseInt(fraction, 10, 64); err == nil && f > 0 {
				n += f
			}
		}
	case n >= 1e14:
		n /= 1000
	}
	return bounded(n)
}

// stampMs reads a text by one of the layouts, in zone where the layout has no
// offset; campaign.None where none fits.
func stampMs(text string, zone *time.Location, layouts ...string) int64 {
	if zone == nil {
		zone = time.UTC
	}
	text = strings.TrimSpace(text)
	for _, layout := range layouts {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return bounded(at.UnixMilli())
		}
	}
	return campaign.None
}

// secondsMs reads a duration in seconds, fractions allowed, finer ones than of
// milliseconds cut off; campaign.None where there is none or it is negative or over a month.
func secondsMs(text string) int64 {
	const mostMs = 31 * 24 * 3600 * 1000
	ms, ok := campaign.ParseSeconds(strings.TrimSpace(text))
	if !ok || ms > mostMs {
		return campaign.None
	}
	return ms
}

// before returns an instant less a duration, where both are known.
func before(atMs, durationMs int64) int64 {
	if atMs == campaign.None || durationMs == campaign.None {
		return campaign.None
	}
	return bounded(atMs - durationMs)
}
