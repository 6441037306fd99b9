package api_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// BenchmarkPostsBesideTargets posts attempts, 100 at a time, to 50 campaigns in turn:
// without targets, with 200 of them that nobody looks at, and with these judged over and
// over by somebody who does, as a board that is open has them judged.
func BenchmarkPostsBesideTargets(b *testing.B) {
	for _, c := range []struct {
		name    string
		targets int
		looked  bool
	}{{"none", 0, false}, {"200", 200, false}, {"200 looked at", 200, true}, {"none looked at", 0, true}} {
		b.Run(c.name, func(b *testing.B) {
			h := newHouse(b)
			for n := range 50 {
				h.do("PUT", fmt.Sprint("/v1/campaigns/c-", n), spring).expect(201)
			}
			for n := range c.targets {
				h.do("PUT", fmt.Sprint("/v1/targets/t-", n), fmt.Sprintf(`{"kpi":"%s","campaign":"c-%d","comparator":">=","value":1,"from":"2026-11-01","to":"2026-12-01"}`,
					[]string{"dials", "conversion_rate", "calls_per_lead", "sales"}[n%4], n%50)).expect(201)
			}
			done := make(chan struct{})
			var looks atomic.Int64
			var stop atomic.Bool
			go func() {
				defer close(done)
				for c.looked && !stop.Load() {
					began := time.Now()
					h.page("/").expect(200)
					looks.Add(1)
					// One stream serves all who listen, and rests ten times as long as it took.
					for rest := max(250*time.Millisecond, 11*time.Since(began)); time.Since(began) < rest && !stop.Load(); {
						time.Sleep(time.Millisecond)
					}
				}
			}()
			items, worked := 0, processorTime()
			for n := 0; b.Loop(); n++ {
				var post []string
				for i := range 100 {
					post = append(post, fmt.Sprintf(`{"ref":"a-%d-%d","lead":"l-%d-%d","started_at":"2026-11-%02dT%02d:00:00Z","result":"no_answer","agent":"a-%d"}`, n, i, n, i, 1+n%20, i%12+8, i%9))
				}
				h.do("POST", fmt.Sprintf("/v1/campaigns/c-%d/attempts", n%50), "["+strings.Join(post, ",")+"]").expect(200)
				items += 100
			}
			b.ReportMetric(float64(items)/b.Elapsed().Seconds(), "attempts/s")
			b.ReportMetric(float64((processorTime()-worked).Nanoseconds())/float64(items), "cpu-ns/attempt")
			stop.Store(true)
			<-done
			b.ReportMetric(float64(looks.Load()), "looks")
		})
	}
}

// processorTime is what the process has used, which on a busy machine says more than the
// clock.
func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
