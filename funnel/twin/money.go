package twin

import (
	"math/big"
	"time"
)

// minorDigits are the ISO 4217 currencies that do not have two digits.
var minorDigits = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0,
	"RWF": 0, "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
	"CLF": 4, "UYW": 4,
}

// minorPerUnit is 100 for a currency of two digits.
func minorPerUnit(currency string) *big.Rat {
	digits, special := minorDigits[currency]
	if !special {
		digits = 2
	}
	return new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil))
}

// cost is one current entry, spread evenly over [from, to). A shared one goes to
// several by weights, mine being this campaign's.
type cost struct {
	category string
	amount   *big.Rat
	from, to time.Time
	weights  []*big.Int
	mine     int
}

// ownCosts are the campaign's own entries that are not void. A merge that ends with
// from not before to has no period and costs nothing.
func (c *campaign) ownCosts() []cost {
	var costs []cost
	for _, said := range c.costs {
		f := said.merge()
		if e := readCost(f); e.stands(f) {
			costs = append(costs, e)
		}
	}
	return costs
}

func readCost(f fields) cost {
	return cost{category: text(f["category"]), amount: decimal(f["amount"]), from: instant(f["from"]), to: instant(f["to"])}
}

func (e cost) stands(f fields) bool {
	return !isTrue(f["void"]) && e.amount != nil && e.from.Before(e.to)
}

// currentCosts are all in which the campaign has a part.
func (c *campaign) currentCosts() []cost {
	if c.entries == nil || c.entriesOf != c.world.changes {
		c.entries, c.entriesOf = append(c.ownCosts(), c.sharedCosts()...), c.world.changes
	}
	return c.entries
}

// until is C(t) of §6, in minor units: what was spent before t.
func (e cost) until(t time.Time, minor *big.Rat) *big.Int {
	if !t.After(e.from) {
		return new(big.Int)
	}
	if t.After(e.to) {
		t = e.to
	}
	share := big.NewRat(t.Sub(e.from).Milliseconds(), e.to.Sub(e.from).Milliseconds())
	spent := new(big.Rat).Mul(e.amount, minor)
	whole := roundHalfEven(spent.Mul(spent, share))
	if e.weights != nil {
		return split(whole, e.weights)[e.mine]
	}
	return whole
}

// roundHalfEven rounds to a whole number; a half goes to the even neighbour.
func roundHalfEven(x *big.Rat) *big.Int {
	floor, rest := new(big.Int).DivMod(x.Num(), x.Denom(), new(big.Int))
	twice := rest.Lsh(rest, 1)
	above := twice.Cmp(x.Denom())
	if above > 0 || above == 0 && floor.Bit(0) == 1 {
		floor.Add(floor, big.NewInt(1))
	}
	return floor
}

// nextClockHour is where the local clock hour of t ends, or the zone's offset
// changes, whichever comes first.
func nextClockHour(t time.Time) time.Time {
	into := time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second + time.Duration(t.Nanosecond())
	next := t.Add(time.Hour - into)
	if _, change := t.ZoneBounds(); !change.IsZero() {
		return earlier(change, next)
	}
	return next
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
