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

// cost is one current entry, spread evenly over [from, to).
type cost struct {
	category string
	amount   *big.Rat
	from, to time.Time
}

// currentCosts are the campaign's own entries that are not void. A merge that
// ends with from not before to has no period and costs nothing.
func (c *campaign) currentCosts() []cost {
	var costs []cost
	for _, said := range c.costs {
		f := said.merge()
		e := cost{text(f["category"]), decimal(f["amount"]), instant(f["from"]), instant(f["to"])}
		if !isTrue(f["void"]) && e.amount != nil && e.from.Before(e.to) {
			costs = append(costs, e)
		}
	}
	return costs
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
	return roundHalfEven(spent.Mul(spent, share))
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

// costPiece is the operating cost that falls into a part of the window.
type costPiece struct {
	at   time.Time // where the part starts
	cost *big.Rat  // currency units
}

// costPieces cuts the window at every local hour (so at every day, week and
// month too) and says what each piece cost; uncut it is one piece. Pieces
// add up exactly, because each is a difference of the same C. Only pieces that
// have a cost are listed: some entry of any category runs through them, even
// when its share rounds to nothing. Lead purchase is no operating cost.
func (c *campaign) costPieces(cut bool, from, to time.Time) []costPiece {
	var pieces []costPiece
	costs, minor := c.currentCosts(), minorPerUnit(c.config.Currency)
	for start := from; start.Before(to); {
		end := to
		if cut {
			end = earlier(nextClockHour(start.In(c.zone)), to)
		}
		total, some := new(big.Int), false
		for _, e := range costs {
			if !e.from.Before(end) || !e.to.After(start) {
				continue
			}
			some = true
			if e.category != "lead_purchase" {
				total.Add(total, e.until(end, minor))
				total.Sub(total, e.until(start, minor))
			}
		}
		if some {
			units := new(big.Rat).SetInt(total)
			pieces = append(pieces, costPiece{start, units.Quo(units, minor)})
		}
		start = end
	}
	return pieces
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
