package campaign

import (
	"strings"
	"time"
)

// Moment is an end of a window as people name it: an instant, or a date, which
// means that day's start and becomes an instant only by a calendar.
type Moment struct {
	ms     int64
	day    Day
	isDate bool
}

// AtInstant returns the moment of an instant.
func AtInstant(ms int64) Moment { return Moment{ms: ms} }

// ParseMoment reads an RFC 3339 instant with an offset, or a date.
func ParseMoment(text string) (m Moment, err error) {
	switch {
	case len(text) == len(time.DateOnly):
		m.isDate = true
		m.day, err = ParseDay(text)
	case strings.Contains(text, "T"):
		m.ms, err = ParseInstant(text)
	default:
		err = Invalidf("invalid_time", "", "%q is neither a date like 2026-11-02 nor an instant like 2026-11-02T09:00:00Z", clip(text))
	}
	return m, err
}

// In returns the moment as milliseconds UTC, a date being the day's start in the
// calendar's zone.
func (m Moment) In(cal *Calendar) int64 {
	if m.isDate {
		return cal.DayStart(m.day)
	}
	return m.ms
}
