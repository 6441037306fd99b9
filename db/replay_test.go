package db

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"ringside/campaign"
	"ringside/funnel"
)

var replayAttempts = flag.Int("replay.attempts", 50_000, "attempts of the campaign whose past BenchmarkReplay reads; the bar is 10 s for 500000")

// BenchmarkReplay reports on a month as it was known before every second attempt got its
// outcome: the whole of it, and a ragged window by two groupings, for which all leads are
// gone through again. It tells what the heap takes at most.
func BenchmarkReplay(b *testing.B) {
	store := openTest(b)
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	store.SetClock(func() time.Time { return now })
	ctx, n := context.Background(), *replayAttempts
	for from := 0; from < n; from += 10_000 {
		if _, err := store.Record(ctx, "c", dialing(from, min(10_000, n-from), n/8), false); err != nil {
			b.Fatal(err)
		}
	}
	known := campaign.AtInstant(now.Add(time.Hour).UnixMilli())
	now = now.Add(2 * time.Hour)
	for from := 0; from < n; from += 10_000 {
		var said []*campaign.Version
		for i := from; i < min(n, from+10_000); i += 2 {
			v, err := campaign.OutcomeForm.Decode(fmt.Appendf(nil, `{"attempt":"call-%08d","disposition":"NI","wrap_s":3}`, i))
			if err != nil {
				b.Fatal(err)
			}
			said = append(said, v)
		}
		if _, err := store.Record(ctx, "c", said, false); err != nil {
			b.Fatal(err)
		}
	}
	june := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	for name, q := range map[string]funnel.Query{
		"month":  {Window: funnel.Window{FromMs: june - 3_600_000, ToMs: june + 29*86_400_000}},
		"ragged": {Window: funnel.Window{FromMs: june + 1, ToMs: june + 29*86_400_000 - 1}, By: []funnel.GroupBy{funnel.ByAgent, funnel.ByAttemptNo}},
	} {
		b.Run(name, func(b *testing.B) {
			q.AsOf, q.NowMs = &known, now.UnixMilli()
			for range b.N {
				most := heapMost(func() {
					r, err := store.Report(ctx, "c", q)
					if err != nil || !r.Replayed || r.Whole.Get(funnel.Dials) == 0 {
						b.Fatal(err, r.Replayed)
					}
				})
				b.ReportMetric(float64(most)/1e6, "MB-heap")
			}
		})
	}
}

// heapMost is by how much the heap grows at most while f runs.
func heapMost(f func()) uint64 {
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var most atomic.Uint64
	done := make(chan struct{})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for {
			runtime.ReadMemStats(&now)
			most.Store(max(most.Load(), now.HeapInuse-min(before.HeapInuse, now.HeapInuse)))
			select {
			case <-done:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	f()
	close(done)
	<-watched
	return most.Load()
}
