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

// window is the time that buckets [from, to) fill.
func (g grain) window(cal *campaign.Calendar, from, to int64) Window {
	return Window{g.start(cal, from), g.start(cal, to)}
}

// stretches covers buckets [from, to) of a stored grouping by as few cells as there
// are: by those of the longest grain, up to a longest, that its sums are kept in,
// and at both ends by shorter ones. It calls each stretch, in order of time.
func (c *cut) stretches(cal *campaign.Calendar, from, to int64, longest grain, each func(c *cut, from, to int64) error) error {
	if from >= to {
		return nil
	}
	longer := sumsOf(c)
	if longer == nil || longer.grain > longest {
		return each(c, from, to)
	}
	a, b := longer.grain.wholes(cal, c.grain.window(cal, from, to))
	if a >= b {
		return each(c, from, to)
	}
	filled := longer.grain.window(cal, a, b)
	head, tail := c.grain.bucket(cal, filled.FromMs), c.grain.bucket(cal, filled.ToMs)
	for _, part := range []struct {
		*cut
		from, to int64
		longest  grain
	}{{c, from, head, c.grain}, {longer, a, b, longest}, {c, tail, to, c.grain}} {
		if err := part.stretches(cal, part.from, part.to, part.longest, each); err != nil {
			return err
		}
	}
	return nil
}
