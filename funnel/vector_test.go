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
