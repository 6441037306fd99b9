package funnel

import (
	"cmp"
	"math/big"
	"slices"

	"ringside/campaign"
)

// exchanged are the measures of money that are exchanged; the others are made of them.
var exchanged = []Measure{RevenueMinor, LeadPrices, OperatingCost, RatedTelephony, RatedLabour, LeadCost}

// Exchange puts every amount of a report into another currency. The whole is rounded
// half to even; groups add up to what their sum is worth, the largest remainders
// getting the units that do not come out even. Amounts too large to be told in the other
// currency are an error.
func (r *Report) Exchange(rate *campaign.ExchangeRate) error {
	groups := make([]*Sums, 0, len(r.Groups))
	for i := range r.Groups {
		if r.Groups[i].Sums != r.Whole { // without groupings the one group is the whole
			groups = append(groups, r.Groups[i].Sums)
		}
	}
	for _, g := range append(groups[:len(groups):len(groups)], r.Whole) {
		for _, m := range exchanged {
			if !rate.Converts(g.Get(m)) {
				return campaign.Invalidf("too_large", "currency", "an amount of campaign %s is too large in %s at a rate of %s; ask for a shorter window, or without currency", r.Campaign.Ref, rate.Quote, rate.Rate)
			}
		}
	}
	of := r.Campaign
	of.Currency = rate.Quote
	r.Campaign = of
	for _, m := range exchanged {
		r.Whole.plain[m] = rate.Convert(r.Whole.Get(m))
		amounts := make([]int64, len(groups))
		for i, g := range groups {
			amounts[i] = g.Get(m)
		}
		for i, amount := range worth(rate, amounts) {
			groups[i].plain[m] = amount
		}
	}
	for _, g := range append(groups, r.Whole) {
		g.digits = of.Digits()
		g.plain[TotalCost] = g.Get(OperatingCost) + g.Get(LeadCost)
		g.plain[Margin] = g.Get(RevenueMinor) - g.Get(TotalCost)
	}
	return nil
}

// worth converts amounts so that they add up to what their sum is worth.
func worth(rate *campaign.ExchangeRate, amounts []int64) []int64 {
	out, rests, order := make([]int64, len(amounts)), make([]*big.Rat, len(amounts)), make([]int, len(amounts))
	factor, sum := rate.Factor(), int64(0)
	left := int64(0)
	for i, amount := range amounts {
		exact := new(big.Rat).Mul(factor, new(big.Rat).SetInt64(amount))
		floor := new(big.Int).Div(exact.Num(), exact.Denom()) // of Euclid: down, as denominators are positive
		out[i], rests[i], order[i] = floor.Int64(), exact.Sub(exact, new(big.Rat).SetInt(floor)), i
		sum += amount
		left -= out[i]
	}
	left += rate.Convert(sum)
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Or(rests[b].Cmp(rests[a]), cmp.Compare(a, b)) })
	for _, i := range order[:max(0, left)] {
		out[i]++
	}
	return out
}
