package campaign

import "time"

// Day is a calendar date as the number of days since 1970-01-01. It names a
// date, not an instant: which instants it holds depends on a Calendar's zone.
type Day int32

// NoDay stands for "no earlier day" and sorts before every real one.
const NoDay Day = -1 << 30

// DayOfDate returns the Day of a calendar date.
func DayOfDate(year int, month time.Month, day int) Day {
	return Day(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// ParseDay reads YYYY-MM-DD.
func ParseDay(text string) (Day, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil && len(text) == len(time.DateOnly) {
		if err := CheckDate(text); err != nil {
			return 0, err
		}
	}
	if err != nil || t.Year() < 1970 || t.Year() > 2199 {
		return 0, Invalidf("invalid_time", "", "%q is not a date; send it like 2026-11-02 (years 1970 to 2199)", clip(text))
	}
	return Day(t.Unix() / 86400), nil
}

func (d Day) utc() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// String writes the date as YYYY-MM-DD.
func (d Day) String() string { return d.utc().Format(time.DateOnly) }

// Weekday is 0 for Monday to 6 for Sunday.
func (d Day) Weekday() int { return int((d.utc().Weekday() + 6) % 7) }

// Week is the Monday of the day's ISO week.
func (d Day) Week() Day { return d - Day(d.Weekday()) }

// Month is the first day of the day's month.
func (d Day) Month() Day {
	y, m, _ := d.utc().Date()
	return DayOfDate(y, m, 1)
}

// NextMonth is the first day of the following month.
func (d Day) NextMonth() Day {
	y, m, _ := d.utc().Date()
	return DayOfDate(y, m+1, 1)
}

// ISOWeek returns the ISO 8601 year and week number.
func (d Day) ISOWeek() (year, week int) { return d.utc().ISOWeek() }

// YearMonth returns the year and month of the day.
func (d Day) YearMonth() (int, time.Month) {
	y, m, _ := d.utc().Date()
	return y, m
}

// Calendar cuts time into the days and hours of one zone. Days are contiguous
// intervals: a day starts when its date is first reached and lasts until the
// next date starts, so it has 23, 24 or 25 hours (or whatever the zone's law
// made of it). A Calendar remembers the days it was asked about lately and is not
// safe for concurrent use; it is cheap to make.
type Calendar struct {
	loc  *time.Location
	days [16]calendarDay
}

// calendarDay is a day as the zone has it.
type calendarDay struct {
	Day
	startMs, untilMs int64
	// even says that it begins at midnight and that no clock is changed within, so that
	// its hours are whole ones from its start. week is the first of them as HourOfWeek
	// counts.
	even bool
	week int
}

// NewCalendar returns a calendar of the zone.
func NewCalendar(loc *time.Location) *Calendar { return &Calendar{loc: loc} }

// Location returns the calendar's zone.
func (c *Calendar) Location() *time.Location { return c.loc }

// DayOf returns the day that holds the instant.
func (c *Calendar) DayOf(ms int64) Day {
	return c.at(ms).Day
}

const dayMs, hourMs = 86_400_000, 3_600_000

// at returns the day that holds the instant, as it is remembered.
func (c *Calendar) at(ms int64) *calendarDay {
	d := &c.days[uint64(ms)/dayMs%uint64(len(c.days))]
	if ms >= d.startMs && ms < d.untilMs {
		return d
	}
	day := c.find(ms)
	*d = calendarDay{Day: day, startMs: c.DayStart(day), untilMs: c.DayStart(day + 1), week: day.Weekday() * 24}
	start := time.UnixMilli(d.startMs).In(c.loc)
	_, until := start.ZoneBounds()
	_, offset := start.Zone()
	_, last := time.UnixMilli(d.untilMs - 1).In(c.loc).Zone()
	h, m, s := start.Clock()
	d.even = h+m+s == 0 && offset == last && (until.IsZero() || until.UnixMilli() >= d.untilMs)
	return d
}

// find finds the day that holds the instant.
func (c *Calendar) find(ms int64) Day {
	y, m, d := time.UnixMilli(ms).In(c.loc).Date()
	day := DayOfDate(y, m, d)
	for ms < c.DayStart(day) {
		day--
	}
	for ms >= c.DayStart(day+1) {
		day++
	}
	return day
}

// DayStart returns the first instant of the day. Where a zone skips midnight
// the day starts at the jump.
func (c *Calendar) DayStart(day Day) int64 {
	y, m, d := day.utc().Date()
	t := time.Date(y, m, d, 0, 0, 0, 0, c.loc)
	if t.Hour() == 0 && t.Day() == d {
		return c.earlierPass(t)
	}
	// Midnight does not exist: time.Date answered on one side of the jump.
	start, end := t.ZoneBounds()
	if t.Day() == d {
		return start.UnixMilli()
	}
	return end.UnixMilli()
}

// earlierPass returns the first of two instants that read the same on the wall,
// when clocks were set back over midnight; else t itself.
func (c *Calendar) earlierPass(t time.Time) int64 {
	start, _ := t.ZoneBounds()
	if start.IsZero() {
		return t.UnixMilli()
	}
	_, now := t.Zone()
	_, before := start.Add(-time.Second).Zone()
	earlier := t.Add(time.Duration(now-before) * time.Second)
	if before > now && earlier.Before(start) {
		return earlier.UnixMilli()
	}
	return t.UnixMilli()
}

// HourOf returns the hour of the wall clock that holds the instant, as its first
// instant: 09:00 for everything from 09:00:00 to 09:59:59 of one pass. Where clocks
// jump in the middle of an hour, what is before and after the jump are two hours,
// though their labels may denote one instant: in the Chatham Islands 03:00+13:45
// ends at 03:45, where 02:00+12:45 goes on from 02:45.
func (c *Calendar) HourOf(ms int64) int64 {
	if d := c.at(ms); d.even {
		return ms - (ms-d.startMs)%hourMs
	}
	t := time.UnixMilli(ms).In(c.loc)
	begun := label(t)
	_, offset := t.Zone()
	if _, before := time.UnixMilli(begun).In(c.loc).Zone(); before == offset {
		return begun
	}
	if jump, _ := t.ZoneBounds(); !jump.IsZero() && jump.UnixMilli() > begun && jump.UnixMilli() <= ms {
		return jump.UnixMilli()
	}
	return begun
}

// label is the instant that the label of t's hour denotes at t's own offset. In
// zones of odd offsets it is not a whole hour of UTC.
func label(t time.Time) int64 {
	into := int64(t.Minute()*60+t.Second())*1000 + int64(t.Nanosecond()/1e6)
	return t.UnixMilli() - into
}

// HourEnd returns the first instant after ms that lies in another hour.
func (c *Calendar) HourEnd(ms int64) int64 {
	t := time.UnixMilli(ms).In(c.loc)
	end := label(t) + 3600_000
	// For some years to come ZoneBounds gives an end that is already past.
	if _, until := t.ZoneBounds(); !until.IsZero() {
		if u := until.UnixMilli(); u > ms && u < end && c.HourOf(u) != c.HourOf(ms) {
			return u
		}
	}
	return end
}

// HourOfWeek is 0 for Monday 00:00 to 167 for Sunday 23:00 by the wall clock;
// both passes of a repeated hour share one.
func (c *Calendar) HourOfWeek(ms int64) int {
	if d := c.at(ms); d.even {
		return d.week + int((ms-d.startMs)/hourMs)
	}
	return HourOfWeek(ms, c.loc)
}

// HoursOfWeek is how many hours of the week there are: all are below it.
const HoursOfWeek = 7 * 24

// HourOfWeek is that of a Calendar of the zone; it may be asked about any zone in
// turn.
func HourOfWeek(ms int64, zone *time.Location) int {
	t := time.UnixMilli(ms).In(zone)
	return int((t.Weekday()+6)%7)*24 + t.Hour()
}
