package funnel

import (
	"testing"
	"time"

	"ringside/campaign"
)

// called is a lead that was called three times: no answer, a callback, a sale.
func called() *Unit {
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC).UnixMilli()
	call := func(n int64, disposition int64) Attempt {
		start := at + n*30*3600*1000
		a := Attempt{Number: n, Ref: "c", StartedMs: start, Result: campaign.NoAnswer, Agent: n, Disposition: disposition,
			AnsweredMs: campaign.None, GreetingEndedMs: campaign.None, ConnectedMs: campaign.None, EndedMs: campaign.None, HoldMs: campaign.None,
			WrapMs: campaign.None, AmountMinor: campaign.None, DecidedMs: campaign.None, CancelledMs: campaign.None, CallbackMs: campaign.None}
		if disposition != 0 {
			a.Result, a.AnsweredBy, a.EndedBy = campaign.Answered, campaign.Human, campaign.ByCustomer
			a.AnsweredMs, a.ConnectedMs, a.EndedMs, a.WrapMs = start+8_000, start+9_000, start+90_000, 20_000
		}
		return a
	}
	u := &Unit{Lead: Lead{Number: 1, GeneratedMs: at - 1000, Posted: true, List: 1, Source: 2}, Attempts: []Attempt{call(1, 0), call(2, 1), call(3, 2)}}
	u.Attempts[1].CallbackMs, u.Attempts[2].AmountMinor = u.Attempts[2].StartedMs, 4990
	return u
}

func benchRules(b *testing.B) *Rules {
	loc, err := campaign.LoadZone("Europe/Lisbon")
	if err != nil {
		b.Fatal(err)
	}
	return &Rules{Calendar: campaign.NewCalendar(loc), DialedStage: 1, ContactedStage: 2, Profile: Profiles["us_tsr"],
		Meanings: map[int64]campaign.Meaning{1: {Category: campaign.Callback, Stage: -1}, 2: {Category: campaign.Sale, Stage: 5}}}
}

// BenchmarkFold turns a lead with three calls into events.
func BenchmarkFold(b *testing.B) {
	f, u := Folder{Rules: benchRules(b)}, called()
	b.ReportAllocs()
	for b.Loop() {
		if len(f.Fold(u)) == 0 {
			b.Fatal("no events")
		}
	}
}

// BenchmarkTally takes a lead away as it was and adds it with one more call, a
// thousand leads a time, and gathers the cells.
func BenchmarkTally(b *testing.B) {
	rules := benchRules(b)
	after, before := called(), called()
	before.Attempts = before.Attempts[:2]
	was, is := (&Folder{Rules: rules}).Fold(before), (&Folder{Rules: rules}).Fold(after)
	tally := NewTally(rules)
	b.ReportAllocs()
	for b.Loop() {
		for range 1000 {
			tally.Change(&before.Lead, was, &after.Lead, is)
		}
		if len(tally.Cells()) == 0 {
			b.Fatal("no cells")
		}
	}
}

// BenchmarkVector writes, reads and adds up cells of 30 entries.
func BenchmarkVector(b *testing.B) {
	var even, third Vector
	for id := int64(1); id <= 30; id++ {
		even, third = append(even, Entry{2 * id, 100 * id}), append(third, Entry{3 * id, id})
	}
	stored := even.Encode()
	b.Run("encode", func(b *testing.B) {
		for b.Loop() {
			even.Encode()
		}
	})
	b.Run("decode", func(b *testing.B) {
		var into Vector
		for b.Loop() {
			var err error
			if into, err = AppendDecoded(into[:0], stored); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("merge", func(b *testing.B) {
		for b.Loop() {
			even.Merge(third)
		}
	})
}
