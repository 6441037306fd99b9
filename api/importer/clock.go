package importer

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"ringside/campaign"
)

// clock reads the text of an instant by one layout in one zone.
type clock struct {
	layout string
	zone   *time.Location // nil: the text or the layout says
	local  bool           // the layout has no offset: its times are wall clock times of zone
}

func newClock(layout, zone string) (*clock, error) {
	c := &clock{layout: layout}
	switch {
	case zone == "Local":
		return nil, errors.New(`zone "Local" differs from machine to machine; write a name such as Europe/Lisbon`)
	case zone != "":
		z, err := time.LoadLocation(zone)
		if err != nil {
			return nil, fmt.Errorf("zone %q is not known; write an IANA name such as Europe/Lisbon or UTC", zone)
		}
		c.zone = z
	}
	switch layout {
	case "unix", "unix_ms", "rfc3339":
		return c, nil
	case "":
		return nil, errors.New(`a layout is missing; write one in Go's way such as "2006-01-02 15:04:05", or rfc3339, unix, unix_ms`)
	}
	if strings.Contains(layout, "MST") {
		return nil, fmt.Errorf("layout %q reads zone abbreviations, which are ambiguous; leave MST out and name a zone", layout)
	}
	sample := time.Date(2011, time.November, 22, 0, 0, 0, 0, time.UTC)
	back, err := time.Parse(layout, sample.Format(layout))
	if y, m, d := back.Date(); err != nil || y != 2011 || m != time.November || d != 22 {
		return nil, fmt.Errorf(`layout %q must hold a year, a month and a day, written in Go's way as "2006-01-02 15:04:05" or "2 Jan 2006"`, layout)
	}
	c.local = !strings.Contains(layout, "Z07") && !strings.Contains(layout, "-07")
	if c.local && c.zone == nil {
		return nil, fmt.Errorf("layout %q has no offset, so a zone must be named, such as Europe/Lisbon or UTC", layout)
	}
	return c, nil
}

func (c *clock) read(text string) (time.Time, error) {
	t, err := c.parse(text)
	if err != nil {
		return t, err
	}
	if c.zone != nil {
		t = t.In(c.zone)
	}
	if y := t.UTC().Year(); y < 1970 || y > 2199 {
		hint := ""
		if c.layout == "unix" {
			hint = "; are these milliseconds (unix_ms)?"
		}
		return t, fmt.Errorf("%q is the year %d, outside 1970 to 2199%s", clip(text), y, hint)
	}
	return t, nil
}

func (c *clock) parse(text string) (time.Time, error) {
	switch c.layout {
	case "rfc3339":
		return parseRFC3339(text)
	case "unix":
		return parseUnix(text, time.Second)
	case "unix_ms":
		return parseUnix(text, time.Millisecond)
	}
	t, err := time.Parse(c.layout, text)
	if err != nil {
		return t, fmt.Errorf("%q does not fit the layout %q", clip(text), c.layout)
	}
	if c.local {
		t = atWall(t, c.zone)
	}
	return t, nil
}

// atWall gives the instant at which clocks in zone show what wall shows in UTC.
// A repeated local time is the earlier of its two instants; one that was left
// out is read with the offset before the change, which moves it on by the gap.
func atWall(wall time.Time, zone *time.Location) time.Time {
	at := func(probe time.Time) (time.Time, bool) {
		_, offset := probe.In(zone).Zone()
		t := wall.Add(-time.Duration(offset) * time.Second).In(zone)
		_, real := t.Zone()
		return t, real == offset
	}
	// No place is a day from UTC, so these two probes see both sides of a change.
	before, ok := at(wall.Add(-24 * time.Hour))
	if ok {
		return before
	}
	if after, ok := at(wall.Add(24 * time.Hour)); ok {
		return after
	}
	return before
}

func parseRFC3339(text string) (time.Time, error) {
	var t time.Time
	if t.UnmarshalText([]byte(text)) != nil {
		if err := campaign.CheckDate(text); err != nil {
			return t, err
		}
		return t, fmt.Errorf("%q is not an RFC 3339 instant with an offset such as 2026-11-02T09:00:00+01:00; describe other forms under times", clip(text))
	}
	return t, nil
}

// parseUnix reads a decimal count of units since 1970 without passing a float.
func parseUnix(text string, unit time.Duration) (time.Time, error) {
	whole, fraction, err := parseDecimal(text)
	if err != nil {
		return time.Time{}, err
	}
	if whole > 1<<43 || whole < -(1<<43) {
		return time.Time{}, fmt.Errorf("%q is too large a count of time", clip(text))
	}
	if unit == time.Millisecond {
		return time.UnixMilli(whole).Add(fraction / 1000).UTC(), nil
	}
	return time.Unix(whole, 0).Add(fraction).UTC(), nil
}

// parseSeconds reads a span of decimal seconds to the nanosecond.
func parseSeconds(text string) (time.Duration, error) {
	whole, fraction, err := parseDecimal(text)
	if err != nil {
		return 0, err
	}
	const most = 1_000_000_000 // 31 years; more is another column
	if whole > most || whole < -most {
		return 0, fmt.Errorf("%q is more than 31 years of seconds; is it the right column?", clip(text))
	}
	return time.Duration(whole)*time.Second + fraction, nil
}

func parseStep(text string) (time.Duration, error) {
	if text == "" {
		return 0, errors.New("is missing; write the seconds between two attempts of one row, such as 3600")
	}
	step, err := parseSeconds(text)
	if err == nil && (step < 0 || step > 366*24*time.Hour) {
		err = fmt.Errorf("%q must be between 0 and a year", text)
	}
	return step, err
}

// parseDecimal splits -12.5 into -12 and half a second below it; digits beyond
// the ninth are cut off.
func parseDecimal(text string) (whole int64, fraction time.Duration, err error) {
	digits, negative := strings.CutPrefix(text, "-")
	left, right, dotted := strings.Cut(digits, ".")
	bad := fmt.Errorf("%q is not a decimal number such as 12 or 12.5", clip(text))
	if !allDigits(left) || dotted && !allDigits(right) {
		return 0, 0, bad
	}
	if whole, err = strconv.ParseInt(left, 10, 64); err != nil {
		return 0, 0, bad
	}
	nanos, _ := strconv.ParseInt((right + "000000000")[:9], 10, 64)
	if negative {
		whole, nanos = -whole, -nanos
	}
	return whole, time.Duration(nanos), nil
}

func allDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// formatTime writes RFC 3339 with the offset of t's zone. That form has no
// seconds in an offset, so the few zones that had some go out in UTC.
func formatTime(t time.Time) string {
	if _, offset := t.Zone(); offset%60 != 0 {
		t = t.UTC()
	}
	return t.Format(time.RFC3339Nano)
}
