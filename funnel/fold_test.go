package funnel

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"ringside/campaign"
)

// Dispositions of promisedLead by number.
const (
	promises = iota + 1
	refuses
	optsOut
)

// promisedLead is a lead with dials at the given starts, one disposition and one
// promised instant each.
func promisedLead(starts, dispositions, callbacks []int64) (*Folder, *Unit) {
	rules := &Rules{Calendar: campaign.NewCalendar(time.UTC), DialedStage: -1, ContactedStage: -1, Profile: Profiles["none"], Meanings: map[int64]campaign.Meaning{
		promises: {Category: campaign.Callback, Stage: -1}, refuses: {Category: campaign.Refusal, Stage: -1}, optsOut: {Category: campaign.DNC, Stage: -1}}}
	u := &Unit{Lead: Lead{Number: 1, Posted: true, GeneratedMs: 0}}
	none := campaign.None
	for i, start := range starts {
		u.Attempts = append(u.Attempts, Attempt{Number: int64(i + 1), Ref: fmt.Sprintf("%06d", i), StartedMs: start, Result: campaign.NoAnswer, Disposition: dispositions[i], CallbackMs: callbacks[i],
			AnsweredMs: none, GreetingEndedMs: none, ConnectedMs: none, EndedMs: none, HoldMs: none, WrapMs: none, AmountMinor: none, DecidedMs: none, CancelledMs: none})
	}
	return &Folder{Rules: rules}, u
}

// promised writes which dials' promises are due, and of these which are kept.
func promised(f *Folder, u *Unit) (due []string) {
	for _, e := range f.Fold(u) {
		if e.Clock == PromiseClock {
			due = append(due, fmt.Sprintf("%d %d %t", e.Attempt, e.AtMs, e.value(CallbacksKept) == 1))
		}
	}
	return due
}

// TestCallbacksAsWritten holds callbacks to the rule as kpis.md words it, looking
// through all later dials of each. The instants are few, so that dials fall on the
// very ends of the quarter of an hour and on the promise itself.
func TestCallbacksAsWritten(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	kept, due := 0, 0
	for range 3000 {
		n := 1 + rng.IntN(8)
		starts, dispositions, callbacks := make([]int64, n), make([]int64, n), make([]int64, n)
		for i := range n {
			instant := func() int64 { return rng.Int64N(8)*CallbackGraceMs/2 + rng.Int64N(3) }
			starts[i], dispositions[i], callbacks[i] = instant(), rng.Int64N(optsOut+1), instant()
			if rng.IntN(5) == 0 {
				callbacks[i] = campaign.None
			}
		}
		slices.Sort(starts)
		var want []string
		for i := range n {
			if dispositions[i] != promises || callbacks[i] == campaign.None {
				continue
			}
			overtaken, met := false, false
			for j := i + 1; j < n; j++ {
				overtaken = overtaken || dispositions[j] != 0 && starts[j] < callbacks[i]
				met = met || starts[j] >= callbacks[i]-CallbackGraceMs && starts[j] <= callbacks[i]+CallbackGraceMs
			}
			if !overtaken {
				want = append(want, fmt.Sprintf("%d %d %t", i+1, callbacks[i], met))
				due++
				if met {
					kept++
				}
			}
		}
		if got := promised(promisedLead(starts, dispositions, callbacks)); !slices.Equal(got, want) {
			t.Fatalf("dials at %v with %v and promises for %v: due are %v, want %v", starts, dispositions, callbacks, got, want)
		}
	}
	if kept < 100 || due-kept < 100 {
		t.Errorf("only %d kept of %d: too few to tell", kept, due)
	}
}

// TestManyCallbacksOfOneLead: nobody must be able to hold up all others by a lead
// that is promised a call again and again. To look through all later dials of each
// would take hundreds of times as long as folding such a lead without its promises.
func TestManyCallbacksOfOneLead(t *testing.T) {
	const n = 100_000
	starts, dispositions, callbacks := make([]int64, n), make([]int64, n), make([]int64, n)
	for i := range n {
		starts[i], dispositions[i], callbacks[i] = int64(i)*1000, promises, int64(n)*1000
	}
	took := func() (due int, took time.Duration) {
		f, u := promisedLead(starts, dispositions, callbacks)
		began := time.Now()
		due = len(promised(f, u))
		return due, time.Since(began)
	}
	// A promise is a decision too: all but the last are overtaken by a later one.
	due, with := took()
	clear(dispositions)
	none, without := took()
	if due != 1 || none != 0 || with > 20*without+time.Second {
		t.Errorf("%d due after %s, %d after %s", due, with, none, without)
	}
}
