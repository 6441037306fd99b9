package twin

import (
	"math/big"
	"slices"
)

// percentile sorts the durations and takes the nearest rank: the first that so
// many of a hundred do not exceed. Decided here: it is told in whole seconds,
// rounded up, and above 7,200 s as the next of a row of seconds that begins with
// 7,200 and in which each is 1 % more than the one before, cut to whole ones.
func percentile(durations []*big.Rat, percent int) *big.Rat {
	if len(durations) == 0 {
		return nil
	}
	slices.SortFunc(durations, (*big.Rat).Cmp)
	rank := 1
	for rank*100 < percent*len(durations) {
		rank++
	}
	d := durations[rank-1]
	whole := new(big.Int).Quo(d.Num(), d.Denom()).Int64()
	if !d.IsInt() {
		whole++
	}
	if whole <= 7200 {
		return big.NewRat(whole, 1)
	}
	step := int64(7200)
	for step < whole {
		step = step * 101 / 100
	}
	return big.NewRat(step, 1)
}
