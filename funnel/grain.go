package funnel

import "ringside/campaign"

// grain is how long the buckets of a stored grouping are. Each lies within one
// bucket of the next longer grain. Hours are named by their first instant in
// milliseconds, days by their Day, months by their first Day.
type grain uint8

const (
	hours grain = iota
	days
	months
)

// bucket returns the bucket that holds an instant.
func (g grain) bucket(cal *campaign.Calendar, ms int64) int64 {
	switch g {
	case hours:
		return cal.HourOf(ms)
	case months:
		return int64(cal.DayOf(ms).Month())
	}
	return int64(cal.DayOf(ms))
}

// start returns the first instant of a bucket.
func (g grain) start(cal *campaign.Calendar, bucket int64) int64 {
	if g == hours {
		return bucket
	}
	return cal.DayStart(campaign.Day(bucket))
}

// next returns the bucket after one.
func (g grain) next(cal *campaign.Calendar, bucket int64) int64 {
	switch g {
	case hours:
		return cal.HourEnd(bucket)
	case months:
		return int64(campaign.Day(bucket).NextMonth())
	}
	return bucket + 1
}

// wholes returns the buckets [from, to) that lie wholly within a window; none
// where from is not before to.
func (g grain) wholes(cal *campaign.Calendar, w Window) (from, to int64) {
	from = g.bucket(cal, w.FromMs)
	if g.start(cal, from) < w.FromMs {
		from = g.next(cal, from)
	}
	return from, g.bucket(cal, w.ToMs)
}
