package bench

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"
)

// beside measures the month's report while calls come in at 60 % of the most that
// this server took just before. Reports are due at a steady pace, and each is
// measured from when it was due, so that one that waits is not the only one late.
// Posts that fall short of their pace leave the bar unreached.
func (r *run) beside(ctx context.Context, s *server, house []*dialer) error {
	const everyReport = 10 * time.Millisecond
	n := 5 * r.samples()
	quiet, err := s.askEvery(ctx, monthReport, n, everyReport)
	if err != nil {
		return err
	}
	rest := func(calls int) []iter.Seq[post] {
		return rendered(mixed(untilCalls(house, house[0].calls+calls)))
	}
	calls := 2 * house[0].items
	most, err := s.send(ctx, rest(calls), calls*campaigns, r.Bar("as many posts as it takes"))
	if err != nil {
		return err
	}
	const share = 0.6
	every := time.Duration(float64(connections) / share * float64(most.took) / float64(most.posts))
	calls = max(int(share*most.rate()*(time.Duration(n)*everyReport).Seconds()*1.2)/campaigns, house[0].items)
	lanes := rest(calls)
	for i := range lanes {
		lanes[i] = paced(ctx, lanes[i], every*time.Duration(i)/connections, every)
	}
	posted := make(chan error, 1)
	var beside load
	go func() {
		var err error
		beside, err = s.send(ctx, lanes, calls*campaigns, r.Bar("reports beside posts"))
		posted <- err
	}()
	busy, err := s.askEvery(ctx, monthReport, n, everyReport)
	if err = errors.Join(err, <-posted); err != nil {
		return err
	}
	times, held := busy.at(99).Seconds()/quiet.at(99).Seconds(), beside.rate()/most.rate()
	r.reach("report p99 while ingest runs at 60 % of its maximum", "≤ 5 × quiet p99 and ≤ 50 ms",
		fmt.Sprintf("%s ×: %s beside %s attempts/s, %.0f %% of at most %s; quiet %s", ratio(times), busy, grouped(beside.rate()), 100*held, grouped(most.rate()), quiet),
		times <= 5, busy.at(99) <= 50*time.Millisecond, held >= share-0.05)
	return nil
}

// askEvery puts a question at a steady pace, over as many connections as it takes.
func (s *server) askEvery(ctx context.Context, q question, n int, every time.Duration) (took samples, err error) {
	type answer struct {
		took time.Duration
		err  error
	}
	answers := make(chan answer, n)
	begin := time.Now()
	for i := range n {
		due := begin.Add(time.Duration(i) * every)
		time.Sleep(time.Until(due))
		go func() {
			_, err := s.do(ctx, "GET", q.path(campaignRef(i%campaigns)), "", nil)
			answers <- answer{time.Since(due), err}
		}()
	}
	var failed []error
	for range n {
		a := <-answers
		took = append(took, a.took)
		failed = append(failed, a.err)
	}
	return took, errors.Join(failed...)
}

// paced lets a lane begin after a while and send a post every so often; one that is
// late goes at once.
func paced(ctx context.Context, lane iter.Seq[post], after, every time.Duration) iter.Seq[post] {
	return timed(ctx, lane, after, func() time.Duration { return every })
}

// timed lets a lane begin after a while and send each post so long after the one before
// was due.
func timed(ctx context.Context, lane iter.Seq[post], after time.Duration, gap func() time.Duration) iter.Seq[post] {
	return func(yield func(post) bool) {
		due := time.Now().Add(after)
		for p := range lane {
			select {
			case <-time.After(time.Until(due)):
			case <-ctx.Done():
				return
			}
			if !yield(p) {
				return
			}
			due = due.Add(gap())
		}
	}
}
