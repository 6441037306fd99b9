package db

import (
	"context"
	"encoding/hex"
	"fmt"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"testing"
	"time"

	"ringside/campaign"
	"ringside/funnel"
)

// answeredInJune are n answered calls, spread evenly over June.
func answeredInJune(t testing.TB, n int) (all []*campaign.Version) {
	june := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		at := june.Add(time.Duration(i) * 30 * 24 * time.Hour / time.Duration(n))
		v, err := campaign.AttemptForm.Decode(fmt.Appendf(nil, `{"ref":"c-%d","lead":"l-%d","agent":"a-%d","started_at":%q,"answered_at":%q,"ended_at":%q,"result":"answered"}`,
			i, i/2, i%7, at.Format(time.RFC3339), at.Format(time.RFC3339), at.Add(61*time.Second).Format(time.RFC3339)))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}

// cardsOfJune rate calls from the 10th until the 20th otherwise than before and after.
func cardsOfJune(t testing.TB, perMinute string) *campaign.Rates {
	rates, err := campaign.DecodeRates(fmt.Appendf(nil, `{"telephony":[{"from":"2026-06-01","per_minute":"0.50","first_s":60,"then_s":60},
		{"from":"2026-06-10","per_minute":%q,"first_s":60,"then_s":60},{"from":"2026-06-20","per_minute":"0.50","first_s":60,"then_s":60}]}`, perMinute), campaign.NewCalendar(time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	return rates
}

// rows returns the rows of a query, each as a text under its first columns.
func (h *house) rows(text string, keys int) map[string]string {
	h.Helper()
	out := map[string]string{}
	rows, err := h.store.pool.Queryx(text)
	if err != nil {
		h.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		values, err := rows.SliceScan()
		if err != nil {
			h.Fatal(err)
		}
		for i, v := range values {
			if b, ok := v.([]byte); ok {
				values[i] = hex.EncodeToString(b)
			}
		}
		out[fmt.Sprint(values[:keys]...)] = fmt.Sprint(values[keys:]...)
	}
	return out
}

// TestCardsChangeNothingElse: a card that changes for ten days leaves every fact, every
// version and every history as it was, and every cell of other days.
func TestCardsChangeNothingElse(t *testing.T) {
	h := newHouse(t)
	config, err := campaign.DecodeConfig([]byte(`{"name":"c","time_zone":"UTC","currency":"EUR","dial_mode":"predictive"}`))
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if _, _, err := h.store.PutCampaign(ctx, "c", config); err != nil {
		t.Fatal(err)
	}
	if _, err := h.store.PutRates(ctx, "c", cardsOfJune(t, "0.60")); err != nil {
		t.Fatal(err)
	}
	if _, err := h.store.Record(ctx, "c", answeredInJune(t, 3000), false); err != nil {
		t.Fatal(err)
	}
	facts := map[string]int{"select campaign_id, attempt_no, a.* from attempts a": 2, "select campaign_id, lead_no, l.* from leads l": 2,
		"select campaign_id, lead_no, history from histories": 2, "select campaign_id, kind, fact_no, version_no, v.* from versions v": 4, "select campaign_id, label_no, body from labels": 2}
	const cells = "select grouping_no, bucket, key_no, sums, pairs, spread, agents, curve from cells"
	before := map[string]map[string]string{}
	for text, keys := range facts {
		before[text] = h.rows(text, keys)
	}
	hadCells := h.rows(cells, 2+1)
	if _, err := h.store.PutRates(ctx, "c", cardsOfJune(t, "0.70")); err != nil {
		t.Fatal(err)
	}
	for text, keys := range facts {
		if now := h.rows(text, keys); fmt.Sprint(now) != fmt.Sprint(before[text]) {
			t.Errorf("%s: other rows than before", text)
		}
	}
	first, last := int64(campaign.DayOfDate(2026, 6, 10)), int64(campaign.DayOfDate(2026, 6, 20))
	within := func(bucket int64) bool { // an hour by its instant, a day by its number, a month by that of its first day
		const dayMs = 86_400_000
		return bucket >= first && bucket < last || bucket >= first*dayMs && bucket < last*dayMs || bucket == int64(campaign.DayOfDate(2026, 6, 1))
	}
	changed, has := 0, h.rows(cells, 2+1)
	for key, sums := range has {
		var grouping, bucket, of int64
		if _, err := fmt.Sscan(key, &grouping, &bucket, &of); err != nil {
			t.Fatal(key, err)
		}
		if sums == hadCells[key] {
			continue
		}
		if changed++; !within(bucket) {
			t.Errorf("cell %s is of another time than the card", key)
		}
	}
	if len(has) != len(hadCells) || changed < 10*(24+1) {
		t.Errorf("%d cells, of which %d changed; there were %d", len(has), changed, len(hadCells))
	}
	r, err := h.store.Report(ctx, "c", funnel.Query{Window: funnel.Window{FromMs: 0, ToMs: 1 << 42}, NowMs: h.now.UnixMilli()})
	if err != nil || r.Whole.Get(funnel.RatedTelephony) != 2000*100+1000*140 {
		t.Errorf("the calls cost %d (%v)", r.Whole.Get(funnel.RatedTelephony), err)
	}
}

// TestRatingAgainTakesBoundedMemory: what is held while calls are rated again does not
// grow with their number, and how far it has come can be seen.
func TestRatingAgainTakesBoundedMemory(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	held := map[int]uint64{}
	for _, n := range []int{10_000, 30_000} {
		ref := fmt.Sprint("c-", n)
		config, err := campaign.DecodeConfig([]byte(`{"name":"c","time_zone":"UTC","currency":"EUR","dial_mode":"predictive"}`))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.store.PutCampaign(ctx, ref, config); err != nil {
			t.Fatal(err)
		}
		if _, err := h.store.Record(ctx, ref, answeredInJune(t, n), false); err != nil {
			t.Fatal(err)
		}
		seen := map[int64]bool{}
		held[n] = peakHeap(func() {
			done := make(chan error)
			go func() {
				_, err := h.store.PutRates(ctx, ref, cardsOfJune(t, "0.60"))
				done <- err
			}()
			for working := true; working; {
				select {
				case err := <-done:
					if working = false; err != nil {
						t.Error(err)
					}
				default:
					counted, of, err := h.store.Recounted(ctx, ref)
					if of != 0 {
						seen[counted] = true
					}
					if err != nil || counted > of || of != 0 && of != int64(n+n/2) {
						t.Errorf("%d of %d were counted (%v)", counted, of, err)
					}
				}
			}
		})
		if n > 10_000 && len(seen) < 3 {
			t.Errorf("of %d calls only %d states of the recount were seen", n, len(seen))
		}
	}
	t.Logf("held at most: %v", held)
	if held[30_000] > held[10_000]+4<<20 {
		t.Errorf("rating 30,000 calls again held %d bytes, 10,000 %d", held[30_000], held[10_000])
	}
}

// peakHeap is by how much the heap grew at most, as a collector that is always at work
// leaves it.
func peakHeap(work func()) (most uint64) {
	defer debug.SetGCPercent(debug.SetGCPercent(5))
	debug.FreeOSMemory()
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	read := func() uint64 { metrics.Read(sample); return sample[0].Value.Uint64() }
	before, stop := read(), make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				most = max(most, max(before, read())-before)
			}
		}
	})
	work()
	close(stop)
	watch.Wait()
	return most
}
