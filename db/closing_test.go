package db

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"ringside/campaign"
	"ringside/funnel"
	"ringside/funnel/twin"
)

// TestFrozenFiguresStay posts random campaigns, closes months at random instants, and
// goes on posting: frozen figures never move, what was reported when the month was
// closed is what the closing answers and what the versions of then say, and frozen and
// restatement together are the figures of now.
func TestFrozenFiguresStay(t *testing.T) {
	for seed := range uint64(max(4, *propertyRounds/12)) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			t.Parallel()
			r := &closingTrial{trial: newHouse(t).trial(twin.NewTrial(seed + 1)), Rand: rand.New(rand.NewPCG(seed, 7)), kept: map[string]kept{}}
			r.play()
		})
	}
}

type closingTrial struct {
	*trial
	*rand.Rand
	kept map[string]kept
}

// kept is what was seen when a month was closed.
type kept struct {
	funnel.Closing
	report []byte
}

func (r *closingTrial) play() {
	posts := r.Posts()
	for _, p := range posts {
		if p.Collection == "costs" {
			p.Item["adjustment"] = true
		}
	}
	for len(posts) > 0 {
		n := min(len(posts), 1+r.IntN(1+len(posts)))
		r.send(posts[:n])
		posts = posts[n:]
		for range 3 {
			r.close(campaign.DayOfDate(2026, time.Month(3+r.IntN(8)), 1))
		}
	}
	for _, k := range r.kept {
		r.check(&k)
	}
	if v, err := r.store.Verify(context.Background(), r.Config.Ref, nil); err != nil || v.Differing > 0 {
		r.Errorf("verify: %v %+v", err, v)
	}
}

// month asks for the sums of a month.
func (r *closingTrial) month(c *funnel.Closing, asOfMs int64) (Report, []byte) {
	q := funnel.Query{Window: c.Window, NowMs: r.now.UnixMilli(), NameAgents: true}
	if asOfMs != 0 {
		at := campaign.AtInstant(asOfMs)
		q.AsOf = &at
	}
	report, err := r.store.Report(context.Background(), r.Config.Ref, q)
	if err != nil {
		r.Fatal(err)
	}
	body, err := json.Marshal(report.Whole)
	if err != nil {
		r.Fatal(err)
	}
	return report, body
}

func (r *closingTrial) close(month campaign.Day) {
	ctx, ref := context.Background(), r.Config.Ref
	r.now = r.now.Add(time.Second)
	c, err := r.store.ClosePeriod(ctx, ref, month, campaign.Actor{ID: "k"})
	var told *campaign.Error
	if errors.As(err, &told) && told.Kind == campaign.Conflict {
		if told.Code != "period_closed" {
			return
		}
		if r.IntN(2) == 0 {
			if _, err := r.store.ReopenPeriod(ctx, ref, month, campaign.Actor{ID: "a"}); err != nil {
				r.Fatal(err)
			}
		}
		return
	}
	if err != nil {
		r.Fatal(err)
	}
	r.now = time.UnixMilli(max(r.now.UnixMilli(), c.KnownMs))
	_, body := r.month(&c, 0)
	r.kept[fmt.Sprint(month, c.Number)] = kept{c, body}
	r.now = r.now.Add(2 * time.Second)
}

func (r *closingTrial) check(k *kept) {
	report, body := r.month(&k.Closing, k.KnownMs)
	if report.Closing == nil || report.Replayed || !bytes.Equal(body, k.report) {
		r.Errorf("%s as of its closing is %s (%v), was %s", k.Month.MonthText(), body, report.Closing != nil, k.report)
	}
	r.asOf(r.now.Sub(time.UnixMilli(k.KnownMs)), func() { r.compareWindow(k.Window) })
	c, err := r.store.Closing(context.Background(), r.Config.Ref, k.Month)
	if err != nil {
		r.Fatal(err)
	}
	if c.Number != k.Number {
		return
	}
	restated, err := r.store.Restated(context.Background(), r.Config.Ref, k.Month, r.now.UnixMilli())
	if err != nil {
		r.Fatal(err)
	}
	// Frozen and what is restated make up what is now.
	now, _ := r.month(&k.Closing, 0)
	byID := map[string]funnel.Restatement{}
	for _, one := range restated.Restatements {
		byID[one.ID] = one
	}
	for i := range funnel.Catalogue {
		k := &funnel.Catalogue[i]
		before, after := k.Figure(c.Sums), k.Figure(now.Whole)
		one, moved := byID[k.ID]
		if alike := before.Numerator == after.Numerator && before.Denominator == after.Denominator && before.Percentile == after.Percentile; alike == moved {
			r.Errorf("%s: restated is %v, from %v to %v", k.ID, moved, before, after)
		} else if moved && (*one.After != after || one.Before.Numerator != before.Numerator) {
			r.Errorf("%s: restated as %v, %v", k.ID, one.Before, one.After)
		}
	}
	r.causes(restated, now)
}

// causes holds that what moved has a fact, or another change, behind it, and that
// every page leads to the end.
func (r *closingTrial) causes(restated funnel.Restated, now Report) {
	var facts []funnel.RestatedFact
	for after := (funnel.FactCursor{}); ; {
		page, next, err := r.store.RestatedFacts(context.Background(), r.Config.Ref, restated.Month, after, 1+r.IntN(5))
		if err != nil {
			r.Fatal(err)
		}
		facts = append(facts, page...)
		if next == nil {
			break
		}
		after = *next
	}
	seen := map[string]bool{}
	for _, f := range facts {
		if seen[f.ID] || len(f.Versions) == 0 {
			r.Errorf("%s is listed twice, or without versions", f.Ref)
		}
		seen[f.ID] = true
	}
	moved := restated.Frozen.Sums.Get(funnel.Dials) != now.Whole.Get(funnel.Dials)
	if moved && len(facts) == 0 && len(restated.Changes) == 0 {
		r.Errorf("%s was restated by nothing: %d dials, now %d", restated.Month.MonthText(), restated.Frozen.Sums.Get(funnel.Dials), now.Whole.Get(funnel.Dials))
	}
}

// TestNothingArrivesWithinAClosing: with a clock that stands still, what is posted after
// a closing is not known as of it, and the next closing is another instant.
func TestNothingArrivesWithinAClosing(t *testing.T) {
	store, ctx := openTest(t), context.Background()
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	store.SetClock(func() time.Time { return now })
	june := campaign.DayOfDate(2026, 6, 1)
	var before int64
	for i := range 3 {
		if _, err := store.Record(ctx, "c", dialing(100*i, 100, 40), false); err != nil {
			t.Fatal(err)
		}
		c, err := store.ClosePeriod(ctx, "c", june, campaign.Actor{})
		if err != nil || c.KnownMs <= before {
			t.Fatalf("closed as of %d after %d: %v", c.KnownMs, before, err)
		}
		before = c.KnownMs
		if _, err := store.ReopenPeriod(ctx, "c", june, campaign.Actor{}); err != nil {
			t.Fatal(err)
		}
	}
	all, err := store.Closings(ctx, "c")
	if err != nil || len(all) != 3 {
		t.Fatal(err, all)
	}
	for i, c := range all {
		at := campaign.AtInstant(c.KnownMs)
		for _, by := range [][]funnel.GroupBy{nil, {funnel.ByMonth}} {
			r, err := store.Report(ctx, "c", funnel.Query{Window: c.Window, By: by, NowMs: c.KnownMs + 3_600_000, AsOf: &at})
			if err != nil || r.Whole.Get(funnel.Dials) != int64(100*(i+1)) || r.Replayed != (by != nil) {
				t.Errorf("closing %d by %v: %d dials, replayed %v: %v", i+1, by, r.Whole.Get(funnel.Dials), r.Replayed, err)
			}
		}
	}
}
