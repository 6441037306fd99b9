package db

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"ringside/campaign"
	"ringside/funnel"
)

// TestMeasuresBesideCalls: measures and calls of one campaign share batches, numbers and
// recounts, and every sum is what the facts make.
func TestMeasuresBesideCalls(t *testing.T) {
	t.Parallel()
	store, ctx := openTest(t), context.Background()
	measures := func(from, n int) (out []*campaign.Version) {
		for i := from; i < from+n; i++ {
			v, err := campaign.MeasureForm.Decode(fmt.Appendf(nil, `{"ref":"m-%d","name":"spend","at":"2026-11-%02dT10:00:00Z","value":"1.5","campaign":"c"}`, i, 1+i%20))
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, v)
		}
		return out
	}
	var posting sync.WaitGroup
	for i := range 8 {
		posting.Go(func() {
			if _, err := store.Record(ctx, "c", dialing(i*20, 20, 2), false); err != nil {
				t.Error(err)
			}
		})
		posting.Go(func() {
			if r, err := store.Record(ctx, "c", measures(i*10, 10), false); err != nil || r.Created != 10 {
				t.Error(r, err)
			}
		})
	}
	posting.Wait()
	config, err := store.Campaign(ctx, "c")
	if err != nil {
		t.Fatal(err)
	}
	check := func(when string) {
		t.Helper()
		v, err := store.Verify(ctx, "c", nil)
		if err != nil || v.Differing > 0 || v.Records != 80 || v.Attempts == 0 {
			t.Fatalf("%s: %+v, %v", when, v, err)
		}
		own := &funnel.KPI{ID: "spend", Own: "spend", Clock: funnel.MeasureClock, Numerator: funnel.OwnValues}
		r, err := store.Report(ctx, "c", funnel.Query{Window: funnel.Window{FromMs: 0, ToMs: 1 << 45}, KPIs: []*funnel.KPI{own, funnel.Find("dials")}})
		if total := r.Whole.Own("spend"); err != nil || total.Exact().RatString() != "120" || total.Count != 80 || r.Whole.Get(funnel.Dials) != v.Attempts {
			t.Fatalf("%s: %+v, %d dials, %v", when, total, r.Whole.Get(funnel.Dials), err)
		}
	}
	check("after posts")
	config.TimeZone = "Asia/Kathmandu"
	if _, _, err := store.PutCampaign(ctx, "c", config.Config); err != nil {
		t.Fatal(err)
	}
	check("counted by another zone")
	if err := store.Rebuild(ctx, "c", nil); err != nil {
		t.Fatal(err)
	}
	check("rebuilt")
	if names, err := store.Measures(ctx); err != nil || !slices.Equal(names, []string{"spend"}) {
		t.Error(names, err)
	}
	// A place that has no calls takes measures, too, and the service scope nothing else.
	if _, err := store.Service(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Record(ctx, campaign.ServiceKey, measures(0, 1), false); err != nil {
		t.Error(err)
	}
	if _, err := store.Record(ctx, campaign.ServiceKey, dialing(0, 1, 1), false); err == nil {
		t.Error("the service scope takes attempts")
	}
	if v, err := store.Verify(ctx, campaign.ServiceKey, nil); err != nil || v.Differing > 0 || v.Records != 1 {
		t.Error(v, err)
	}
}
