package db

import (
	"context"
	"fmt"
	"testing"
	"time"

	"ringside/campaign"
	"ringside/funnel"
)

// TestCardsCountOnlyWhatTheyCover puts cards before, over and after the calls: those
// that cover no call count nothing again.
func TestCardsCountOnlyWhatTheyCover(t *testing.T) {
	h := newHouse(t)
	config, err := campaign.DecodeConfig([]byte(`{"name":"c","time_zone":"UTC","currency":"EUR","dial_mode":"predictive"}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.store.PutCampaign(context.Background(), "c", config); err != nil {
		t.Fatal(err)
	}
	var versions []*campaign.Version
	for day := 10; day < 20; day++ {
		v, err := campaign.AttemptForm.Decode(fmt.Appendf(nil, `{"ref":"a-%d","lead":"l","started_at":"2026-06-%dT09:00:00Z","result":"answered","answered_at":"2026-06-%dT09:00:00Z","ended_at":"2026-06-%dT09:01:01Z"}`, day, day, day, day))
		if err != nil {
			t.Fatal(err)
		}
		versions = append(versions, v)
	}
	if _, err := h.store.Record(context.Background(), "c", versions, false); err != nil {
		t.Fatal(err)
	}
	card := func(from, perMinute string) string {
		return fmt.Sprintf(`{"from":%q,"per_minute":%q,"first_s":60,"then_s":60}`, from, perMinute)
	}
	for i, c := range []struct {
		cards    string
		recounts bool
		cost     int64
	}{
		{card("2026-07-01", "0.50"), false, 0},
		{card("2026-06-15", "0.50"), true, 500},
		{card("2026-06-15", "0.50") + "," + card("2026-07-01", "9"), false, 500}, // the first ends with June now
		{card("2026-06-15", "0.50") + "," + card("2026-06-19", "0.60") + "," + card("2026-07-01", "9"), true, 520},
		{card("2026-06-15", "0.50") + "," + card("2026-06-19", "0.60") + "," + card("2026-07-01", "8"), false, 520},
		{card("2026-05-01", "3"), true, 6000},
		{"", true, 0},
	} {
		rates, err := campaign.DecodeRates([]byte(`{"telephony":[`+c.cards+`]}`), campaign.NewCalendar(time.UTC))
		if err != nil {
			t.Fatal(err)
		}
		before := h.generation()
		if _, err := h.store.PutRates(context.Background(), "c", rates); err != nil {
			t.Fatal(err)
		}
		if recounted := h.generation() != before; recounted != c.recounts {
			t.Errorf("%d: counted again is %v, want %v", i, recounted, c.recounts)
		}
		r, err := h.store.Report(context.Background(), "c", funnel.Query{Window: funnel.Window{FromMs: 0, ToMs: 1 << 42}, NowMs: h.now.UnixMilli()})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Whole.Get(funnel.RatedTelephony); got != c.cost {
			t.Errorf("%d: the calls cost %d, want %d", i, got, c.cost)
		}
		if v, err := h.store.Verify(context.Background(), "c", nil); err != nil || v.Differing > 0 {
			t.Errorf("%d: verify: %v %+v", i, err, v)
		}
	}
}

// generation is the one that reports read.
func (h *house) generation() (n int64) {
	err := h.store.snapshot(context.Background(), func(t *tx) error {
		src, _, err := h.store.source(t, "c")
		n = src.generation
		return err
	})
	if err != nil {
		h.Fatal(err)
	}
	return n
}
