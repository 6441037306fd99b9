package callcentre

import "math/rand/v2"

// dice is the only source of chance of one campaign; each has its own, so that
// a change to one campaign leaves the others' posts alone.
type dice struct{ *rand.Rand }

func newDice(seed uint64, stream int) dice {
	return dice{rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15*uint64(stream+1)))}
}

func (d dice) chance(p float64) bool { return d.Float64() < p }

// between is uniform in [lo, hi); it is lo when the range is empty.
func (d dice) between(lo, hi int64) int64 {
	if hi <= lo {
		return lo
	}
	return lo + d.Int64N(hi-lo)
}

func (d dice) within(lo, hi float64) float64 { return lo + d.Float64()*(hi-lo) }

// skewed is in [lo, hi) with a long right tail, as talk and wrap times have.
func (d dice) skewed(lo, hi int64) int64 {
	u := d.Float64()
	return lo + int64(float64(hi-lo)*u*u)
}

// about is a whole number near mean: 15 % of noise, its mean kept by chance
// rounding, so that tiny scales do not round to nothing for ever.
func (d dice) about(mean float64) int {
	return int(mean*d.within(0.85, 1.15) + d.Float64())
}

// segment picks an index by weight.
func (d dice) segment(all []segment) uint8 {
	total := 0.0
	for i := range all {
		total += all[i].weight
	}
	u := d.Float64() * total
	for i := range all {
		if u -= all[i].weight; u < 0 {
			return uint8(i)
		}
	}
	return uint8(len(all) - 1)
}
