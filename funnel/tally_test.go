package funnel

import (
	"fmt"
	"slices"
	"testing"
)

// dialed returns a lead of so many dials, seven hours apart, by several agents and
// with several outcomes.
func dialed(t *table, dials int) *Unit {
	u := t.lead("L")
	for i := range dials {
		a := t.attempt(i+1, []string{"2026-06-01", "answered", "human", "joins+3", "ends+40"})
		a.StartedMs += int64(i) * 7 * 3600_000
		a.ConnectedMs, a.EndedMs = a.StartedMs+3000, a.StartedMs+40_000+int64(i%900)*1000
		a.Agent, a.Disposition = int64(i%40), int64(i%9)
		u.Attempts = append(u.Attempts, a)
	}
	return u
}

// TestChangeIsTakeAwayAndAdd holds the change of a lead to what taking it away
// and adding it anew gives, for every field of an attempt that counts.
func TestChangeIsTakeAwayAndAdd(t *testing.T) {
	b := newTable(t, "Europe/Lisbon", "predictive")
	changes := map[string]func(u *Unit){
		"nothing":      func(*Unit) {},
		"a list":       func(u *Unit) { u.List = 7 },
		"a source":     func(u *Unit) { u.Source = 7 },
		"a first dial": func(u *Unit) { u.Attempts[0].StartedMs -= 30 * 3600_000 },
		"a last dial":  func(u *Unit) { u.Attempts = u.Attempts[:len(u.Attempts)-1] },
		"an agent":     func(u *Unit) { u.Attempts[3].Agent = 99 },
		"an outcome":   func(u *Unit) { u.Attempts[3].Disposition = 99 },
		"a synonym":    func(u *Unit) { u.Attempts[1].Disposition = 99 },
		"a category":   func(u *Unit) { u.Attempts[3].Disposition = 5 },
		"an end":       func(u *Unit) { u.Attempts[3].EndedMs += 5000 },
		"a void":       func(u *Unit) { u.Attempts[3].Void = true },
		"a void lead":  func(u *Unit) { u.Void = true },
	}
	before := dialed(b, 12)
	for name, change := range changes {
		after := *before
		after.Attempts = slices.Clone(before.Attempts)
		change(&after)
		one, other := Folder{Rules: &b.rules}, Folder{Rules: &b.rules}
		got, want := NewTally(&b.rules), NewTally(&b.rules)
		got.Change(&before.Lead, one.Fold(before), &after.Lead, other.Fold(&after))
		for i := range one.events {
			want.add(&before.Lead, &one.events[i], -1)
		}
		want.Add(&after.Lead, other.events)
		if g, w := fmt.Sprint(got.Cells()), fmt.Sprint(want.Cells()); g != w {
			t.Errorf("%s: the change gives\n%s\ntaking away and adding\n%s", name, g, w)
		}
	}
}

// TestBuckets holds every bucket of durations to its ends: seconds as far as two
// hours, then at most 1 % apart.
func TestBuckets(t *testing.T) {
	for _, c := range []struct{ ms, seconds int64 }{
		{0, 0}, {1, 1}, {1000, 1}, {1001, 2}, {7_200_000, 7200}, {7_200_001, 7272}, {7_272_000, 7272}, {7_272_001, 7344},
	} {
		if got := bucketEnd(bucketOf(c.ms)); got != c.seconds {
			t.Errorf("%d ms lie in the bucket of %d s, want %d", c.ms, got, c.seconds)
		}
	}
	last := int64(spreadExact)
	for bucket := int64(spreadExact + 1); bucket < spreadExact+1000; bucket++ {
		end := bucketEnd(bucket)
		if bucketOf((last*1000)+1) != bucket || bucketOf(end*1000) != bucket || 100*(end-last) > last {
			t.Fatalf("bucket %d goes from %d s to %d s", bucket, last, end)
		}
		last = end
	}
	if bucketOf(1<<62) >= 1<<16 {
		t.Error("the longest duration has a bucket that belongs to another measure")
	}
}

// BenchmarkChange measures what one more dial costs, of a lead with few and with
// very many.
func BenchmarkChange(b *testing.B) {
	for _, dials := range []int{1, 3, 12, 5000} {
		b.Run(fmt.Sprint(dials), func(b *testing.B) {
			t := newTable(b, "Europe/Lisbon", "predictive")
			after := dialed(t, dials)
			before := *after
			before.Attempts = slices.Clone(after.Attempts[:dials-1])
			one, other, tally := Folder{Rules: &t.rules}, Folder{Rules: &t.rules}, NewTally(&t.rules)
			for b.Loop() {
				tally.Change(&before.Lead, one.Fold(&before), &after.Lead, other.Fold(after))
			}
		})
	}
}
