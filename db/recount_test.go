package db

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ringside/campaign"
	"ringside/funnel"
)

// latencies are how long each of some calls took.
type latencies []time.Duration

func (l *latencies) of(b *testing.B, work func() error) {
	start := time.Now()
	if err := work(); err != nil {
		b.Error(err)
	}
	*l = append(*l, time.Since(start))
}

func (l latencies) report(b *testing.B, name string) {
	if slices.Sort(l); len(l) > 0 {
		for suffix, at := range map[string]int{"p50": len(l) / 2, "p99": len(l) * 99 / 100, "max": len(l) - 1} {
			b.ReportMetric(float64(l[at].Microseconds())/1000, name+"-"+suffix+"-ms")
		}
	}
}

// BenchmarkRecount counts 500,000 attempts again while a thousand a second arrive,
// tells how long posts and reports took meanwhile, and holds every report to what
// was acknowledged and to one of the two configurations.
func BenchmarkRecount(b *testing.B) {
	store := openTest(b)
	ctx := context.Background()
	const stored, size, leads = 500_000, 5000, 150_000
	for i := range stored / size {
		if _, err := store.Record(ctx, "c", dialing(i*size, size, leads), false); err != nil {
			b.Fatal(err)
		}
	}
	var sent, acknowledged atomic.Int64
	sent.Store(stored)
	acknowledged.Store(stored)
	post := func() error {
		batch := dialing(int(sent.Load()), 100, leads)
		sent.Add(100)
		_, err := store.Record(ctx, "c", batch, false)
		acknowledged.Add(100)
		return err
	}
	// The API gives a report the time at which it is asked for.
	query := funnel.Query{Window: funnel.Window{FromMs: time.Date(2026, 5, 31, 23, 0, 0, 0, time.UTC).UnixMilli(), ToMs: time.Date(2026, 6, 30, 23, 0, 0, 0, time.UTC).UnixMilli()},
		NowMs: time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC).UnixMilli()}
	recounting := 0
	report := func() error {
		least := acknowledged.Load()
		r, err := store.Report(ctx, "c", query)
		if err != nil {
			return err
		}
		dials, talks, sales := r.Whole.Get(funnel.Dials), r.Whole.Get(funnel.Conversations), r.Whole.Get(funnel.SaleAttempts)
		sells := int64(0)
		if r.Campaign.Dispositions[len(r.Campaign.Dispositions)-1].Category == "sale" {
			sells = talks
		}
		if dials < least || dials > sent.Load() || talks != (dials+8)/9 || sales != sells {
			b.Errorf("a report has %d dials of %d to %d, %d conversations, %d sales instead of %d", dials, least, sent.Load(), talks, sales, sells)
		}
		if r.Campaign.Wanted != nil {
			recounting++
		}
		return nil
	}
	var posts, reports latencies
	for i := 0; b.Loop(); i++ {
		config, err := campaign.DecodeConfig([]byte(`{"name":"Test","time_zone":"Europe/Lisbon","currency":"EUR","dial_mode":"predictive","dispositions":[{"code":"NI","category":"` + []string{"sale", "refusal"}[i%2] + `"}]}`))
		if err != nil {
			b.Fatal(err)
		}
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
		every(100*time.Millisecond, func() { posts.of(b, post) })
		every(20*time.Millisecond, func() { reports.of(b, report) })
		if _, _, err := store.PutCampaign(ctx, "c", config); err != nil {
			b.Fatal(err)
		}
		close(done)
		others.Wait()
	}
	if recounting == 0 {
		b.Error("no report came while the campaign was counted again")
	}
	posts.report(b, "post")
	reports.report(b, "report")
}
