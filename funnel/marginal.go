package funnel

import (
	"math/big"

	"ringside/campaign"
)

// Marginal is one more attempt at a lead: what it costs, what it brings.
type Marginal struct {
	N, Reached, Won int64
	// Cost is that of one such attempt, Return the revenue of a sale times the share of
	// such attempts that win their lead: exact, in minor units.
	Cost, Return *big.Rat
}

// Pays reports whether the attempt brings what it costs.
func (m *Marginal) Pays() bool { return m.Return.Cmp(m.Cost) >= 0 }

// Marginals holds each point of an attempt curve against what its attempts cost. A sale
// brings revenue over sales. flat is what an attempt costs where calls are not rated, an
// amount over a count; nil takes each point's own cost. Points without attempts are left
// out; there are none without sales, which would say what winning is worth.
func Marginals(points []CurvePoint, revenueMinor, sales int64, flat *Figure) (all []Marginal) {
	if sales == 0 {
		return nil
	}
	each := big.NewRat(revenueMinor, sales)
	for _, p := range points {
		if p.Reached == 0 {
			continue
		}
		m := Marginal{N: p.N, Reached: p.Reached, Won: p.Won, Cost: big.NewRat(p.CostMinor, p.Reached)}
		if flat != nil {
			m.Cost = big.NewRat(flat.Numerator, flat.Denominator)
		}
		m.Return = new(big.Rat).Mul(each, big.NewRat(p.Won, p.Reached))
		all = append(all, m)
	}
	return all
}

// StopsPaying returns the first attempt from which on none brings what it costs; ok is
// false where the last one still does.
func StopsPaying(all []Marginal) (n int64, ok bool) {
	for i := len(all) - 1; i >= 0 && !all[i].Pays(); i-- {
		n, ok = all[i].N, true
	}
	return n, ok
}

// RatText writes an exact amount of minor units, rounded half to even to two digits more
// than the currency has.
func RatText(minor *big.Rat, digits int) string {
	n := new(big.Int).Mul(minor.Num(), big.NewInt(100))
	return campaign.FormatMoney(campaign.RoundHalfEven(n, minor.Denom()).Int64(), digits+2)
}
