package db

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"ringside/campaign"
	"ringside/funnel"
)

// BenchmarkRecount counts 500,000 attempts again while a thousand a second arrive,
// and tells how long posts and reports took meanwhile.
func BenchmarkRecount(b *testing.B) {
	store := openTest(b)
	ctx := context.Background()
	const stored, size = 500_000, 5000
	for i := range stored / size {
		if _, err := store.Record(ctx, "c", dialing(i*size, size, 150_000), false); err != nil {
			b.Fatal(err)
		}
	}
	categories := []string{"sale", "refusal"}
	sent := stored
	var posts, reports []time.Duration
	timed := func(into *[]time.Duration, work func() error) {
		start := time.Now()
		if err := work(); err != nil {
			b.Error(err)
		}
		*into = append(*into, time.Since(start))
	}
	for i := 0; b.Loop(); i++ {
		done := make(chan struct{})
		var others sync.WaitGroup
		every := func(pause time.Duration, work func()) {
			others.Go(func() {
				ticker := time.NewTicker(pause)
				defer ticker.Stop()
				for {
					select {
					case <-done:
						return
					case <-ticker.C:
						work()
					}
				}
			})
		}
		every(100*time.Millisecond, func() {
			batch := dialing(sent, 100, 150_000)
			sent += 100
			timed(&posts, func() error { _, err := store.Record(ctx, "c", batch, false); return err })
		})
		month := funnel.Query{Window: funnel.Window{FromMs: time.Date(2026, 5, 31, 23, 0, 0, 0, time.UTC).UnixMilli(), ToMs: time.Date(2026, 6, 30, 23, 0, 0, 0, time.UTC).UnixMilli()}}
		every(20*time.Millisecond, func() {
			timed(&reports, func() error { _, err := store.Report(ctx, "c", month); return err })
		})
		config, err := campaign.DecodeConfig([]byte(`{"name":"Test","time_zone":"Europe/Lisbon","currency":"EUR","dial_mode":"predictive","dispositions":[{"code":"NI","category":"` + categories[i%2] + `"}]}`))
		if err != nil {
			b.Fatal(err)
		}
		if _, _, err := store.PutCampaign(ctx, "c", config); err != nil {
			b.Fatal(err)
		}
		close(done)
		others.Wait()
	}
	for name, times := range map[string][]time.Duration{"post": posts, "report": reports} {
		slices.Sort(times)
		if n := len(times); n > 0 {
			b.ReportMetric(float64(times[n/2].Milliseconds()), name+"-p50-ms")
			b.ReportMetric(float64(times[n*99/100].Milliseconds()), name+"-p99-ms")
			b.ReportMetric(float64(times[n-1].Milliseconds()), name+"-max-ms")
		}
	}
}
