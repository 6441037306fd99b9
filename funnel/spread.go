package funnel

import "slices"

// A spread is the distribution of a measure in seconds over the attempts that
// have it: how many lie in each bucket. Buckets add up and can be taken back, so
// spreads are cells like sums. One bucket a second, rounded up, goes as far as
// spreadExact; above it each ends 1 % after the one before.

// spreadExact is the longest duration, in seconds, that has a bucket of its own.
const spreadExact = 7200

// spreadEnds are the last seconds of the buckets above spreadExact, as far as
// durations go.
var spreadEnds = func() (ends []int64) {
	for end := int64(spreadExact); end < 1<<53; {
		end += end / 100
		ends = append(ends, end)
	}
	return ends
}()

// spreadOf is the first ID of a measure's buckets in the vector that holds the
// spreads of a cell. It is stored; never change it.
func spreadOf(m Measure) int64 { return int64(m) << 16 }

// bucketOf returns the bucket of a duration, from 0.
func bucketOf(ms int64) int64 {
	seconds := (ms + 999) / 1000
	if seconds <= spreadExact {
		return seconds
	}
	at, _ := slices.BinarySearch(spreadEnds, seconds)
	return spreadExact + 1 + int64(min(at, len(spreadEnds)-1))
}

// bucketEnd is the longest duration of a bucket in seconds, which stands for all
// in it.
func bucketEnd(bucket int64) int64 {
	if bucket <= spreadExact {
		return bucket
	}
	return spreadEnds[bucket-spreadExact-1]
}

// hasSpread reports whether the spread of a measure is kept: of all durations.
func (m Measure) hasSpread() bool { return UnitOf(m) == Seconds && (m < LoggedMs || m > StateGapMs) }

// bucket is the ID under which the duration of one attempt is counted.
func (s Sum) bucket() int64 { return spreadOf(s.Measure) + bucketOf(s.Value) }

// Percentile returns the nearest-rank percentile of a measure in seconds: the
// least bucket that so many of a hundred attempts do not exceed; 0 where no
// attempt has the measure or the group was read without spreads.
func (s *Sums) Percentile(m Measure, percent int64) int64 {
	buckets := s.spreads[s.spreads.find(spreadOf(m)):s.spreads.find(spreadOf(m+1))]
	var all int64
	for _, b := range buckets {
		all += b.Value
	}
	rank := (all*percent + 99) / 100
	for _, b := range buckets {
		if rank -= b.Value; rank <= 0 {
			return bucketEnd(b.ID - spreadOf(m))
		}
	}
	return 0
}
