package db

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ringside/campaign"
	"ringside/funnel"
)

// TestClosingRacesEntries posts entries of the campaign's own and shared ones from all
// sides while the month is closed: what was taken is in the frozen figures, what comes
// after is refused, and nothing is between.
func TestClosingRacesEntries(t *testing.T) {
	store, ctx := openTest(t), context.Background()
	store.SetClock(func() time.Time { return time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC) })
	if _, err := store.Record(ctx, "c", dialing(0, 10, 4), false); err != nil {
		t.Fatal(err)
	}
	var taken atomic.Int64
	var closed atomic.Bool
	var posters sync.WaitGroup
	begun := make(chan struct{}, 8)
	for i := range 8 {
		posters.Go(func() {
			place, named := "c", `"c"`
			if i%2 == 0 {
				place, named = campaign.NoCampaign, "null"
			}
			for n := 0; ; n++ {
				over := closed.Load() // what is posted from here on comes after the closing
				v, err := campaign.CostForm.Decode(fmt.Appendf(nil, `{"ref":"k-%d-%d","campaign":%s,"category":"other","amount":"1.00","currency":"EUR","from":"2026-06-01T00:00:00Z","to":"2026-06-02T00:00:00Z"}`, i, n, named))
				if err != nil {
					t.Error(err)
					return
				}
				r, err := store.Record(ctx, place, []*campaign.Version{v}, false)
				switch {
				case err != nil:
					t.Error(err)
					return
				case len(r.Rejected) > 0:
					if n < 3 || r.Rejected[0].Err.Code != "period_closed" {
						t.Errorf("entry %d of %d is refused: %v", n, i, r.Rejected[0].Err)
					}
					return
				case over:
					t.Errorf("entry %d of %d is taken after the closing", n, i)
					return
				}
				if taken.Add(100); n == 2 {
					begun <- struct{}{}
				}
			}
		})
	}
	for range 8 {
		<-begun
	}
	c, err := store.ClosePeriod(ctx, "c", campaign.DayOfDate(2026, 6, 1), campaign.Actor{ID: "k"})
	if err != nil {
		t.Fatal(err)
	}
	closed.Store(true)
	posters.Wait()
	if got := c.Sums.Get(funnel.OperatingCost); got != taken.Load() {
		t.Errorf("%d were taken, the frozen figures hold %d", taken.Load(), got)
	}
	restated, err := store.Restated(ctx, "c", c.Month, time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC).UnixMilli())
	if err != nil || len(restated.Restatements) > 0 {
		t.Errorf("the month is restated by nothing: %v %v", restated.Restatements, err)
	}
}
