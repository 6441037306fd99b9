package funnel

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestVectorsAddUp adds random vectors in place, as a whole and entry by entry, and
// into a new one.
func TestVectorsAddUp(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	random := func() (v Vector) {
		id := int64(0)
		for range rng.IntN(12) {
			id += int64(1 + rng.IntN(3))
			v = append(v, Entry{id, int64(1 + rng.IntN(9))})
		}
		return v
	}
	for range 2000 {
		a, b := random(), random()
		other := slices.Clone(b)
		whole, single := slices.Clone(a), slices.Clone(a)
		whole.AddAll(b)
		for _, e := range b {
			single.Add(e.ID, e.Value)
		}
		if merged := a.Merge(b); !slices.Equal(whole, merged) || !slices.Equal(single, merged) || !slices.Equal(b, other) {
			t.Fatalf("%v and %v: as a whole %v, singly %v, merged %v; the second is %v now", a, other, whole, single, merged, b)
		}
	}
}

// TestAppendSum holds adding to packed parts to adding what they unpack to: changes
// that lie before, between and behind what is stored, and that take it away.
func TestAppendSum(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 5000 {
		var stored, change Vector
		for id := int64(-100); id < 400; id += 1 + rng.Int64N(200)*rng.Int64N(2) {
			value := rng.Int64N(500) - 250
			if value != 0 && rng.IntN(3) > 0 {
				stored = append(stored, Entry{id, value})
			}
			switch rng.IntN(12) {
			case 0:
				change = append(change, Entry{id, 1 + rng.Int64N(9)})
			case 1:
				change = append(change, Entry{id, -value})
			}
		}
		change = slices.DeleteFunc(change, func(e Entry) bool { return e.Value == 0 })
		want := append([]byte("before"), stored.Merge(change).Encode()...)
		packed := stored.Encode()
		got, err := change.AppendSum([]byte("before"), packed)
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%v and the packed %v make %x, %v; want %x", change, stored, got, err, want)
		}
		if len(packed) == 0 || len(change) == 0 {
			continue
		}
		if _, err := change.AppendSum(nil, append(packed, 0x80)); err == nil && change[len(change)-1].ID > stored[len(stored)-1].ID {
			t.Fatalf("what is stored of %v ends in the middle of a number, and is added to", stored)
		}
	}
}
