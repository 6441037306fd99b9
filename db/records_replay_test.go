package db

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"ringside/campaign"
)

// TestThreadsAreStrungAnew holds what follows each record to looking through all others.
func TestThreadsAreStrungAnew(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		var all []strung
		places := map[int64]recordPlace{}
		for n := range int64(rng.IntN(30)) {
			p := recordPlace{kind: campaign.KindCall, thread: fmt.Sprint("t", rng.IntN(4)), atMs: rng.Int64N(8)}
			places[n+1] = p
			all = append(all, strungOf(p, n+1))
		}
		found := map[int64]int64{}
		for _, f := range following(all) {
			found[f.number] = f.atMs
		}
		for n, p := range places {
			want, has := int64(0), false
			for _, o := range places {
				if o.thread == p.thread && o.atMs > p.atMs && (!has || o.atMs < want) {
					want, has = o.atMs, true
				}
			}
			if got, ok := found[n]; ok != has || got != want {
				t.Fatalf("after %+v comes %d (%v), not %d (%v)", p, got, ok, want, has)
			}
		}
	}
}
