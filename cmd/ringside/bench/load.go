package bench

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// connections of the ingest.
const connections = 4

// load is what posting came to.
type load struct {
	attempts, posts int
	took            time.Duration
	waits           samples // of each post
}

// rate is attempts a second.
func (l load) rate() float64 { return float64(l.attempts) / l.took.Seconds() }

// send posts each lane over a connection of its own, one post after the other, all
// lanes at once, and draws how many of total attempts were acknowledged.
func (s *server) send(ctx context.Context, lanes []iter.Seq[post], total int, bar Bar) (load, error) {
	defer bar.Done()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	results := make([]load, len(lanes))
	var all sync.WaitGroup
	var acknowledged atomic.Int64
	var drawing sync.Mutex
	began := time.Now()
	for i, lane := range lanes {
		all.Go(func() {
			for p := range lane {
				sent := time.Now()
				if err := s.post(ctx, p); err != nil {
					cancel(err)
					return
				}
				results[i].waits = append(results[i].waits, time.Since(sent))
				if p.answered != nil {
					p.answered()
				}
				results[i].attempts += p.attempts
				n := acknowledged.Add(int64(p.attempts))
				note := fmt.Sprintf("%s attempts, %s a second", grouped(n), grouped(float64(n)/time.Since(began).Seconds()))
				drawing.Lock()
				bar.At(n, int64(total), note)
				drawing.Unlock()
			}
		})
	}
	all.Wait()
	sum := load{took: time.Since(began)}
	for _, r := range results {
		sum.attempts += r.attempts
		sum.posts += len(r.waits)
		sum.waits = append(sum.waits, r.waits...)
	}
	return sum, context.Cause(ctx)
}

// mixed lets each lane go round campaigns of its own, a post of each at a time, so
// that what is posted at once belongs to different campaigns.
func mixed(byCampaign []iter.Seq[post]) (lanes []iter.Seq[post]) {
	for lane := range connections {
		lanes = append(lanes, func(yield func(post) bool) {
			var open []func() (post, bool)
			for c := lane; c < len(byCampaign); c += connections {
				next, stop := iter.Pull(byCampaign[c])
				defer stop()
				open = append(open, next)
			}
			for i := 0; len(open) > 0; i++ {
				i %= len(open)
				if p, more := open[i](); !more {
					open = slices.Delete(open, i, i+1)
					i--
				} else if !yield(p) {
					return
				}
			}
		})
	}
	return lanes
}

// single lets all lanes post to one campaign at a time, each a share of its posts.
func single(byCampaign []iter.Seq[post]) (lanes []iter.Seq[post]) {
	shares := make([][]post, connections)
	for _, posts := range byCampaign {
		i := 0
		for p := range posts {
			shares[i%connections] = append(shares[i%connections], p)
			i++
		}
	}
	for _, share := range shares {
		lanes = append(lanes, slices.Values(share))
	}
	return lanes
}

// untilCalls are the posts by which each campaign comes to have placed calls calls.
func untilCalls(house []*dialer, calls int) (byCampaign []iter.Seq[post]) {
	for _, d := range house {
		byCampaign = append(byCampaign, d.until(calls))
	}
	return byCampaign
}

// rendered holds all posts of each lane ready in memory.
func rendered(lanes []iter.Seq[post]) []iter.Seq[post] {
	for i, lane := range lanes {
		lanes[i] = slices.Values(slices.Collect(lane))
	}
	return lanes
}
