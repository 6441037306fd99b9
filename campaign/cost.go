package campaign

import (
	"cmp"
	"math/bits"
	"slices"
)

// NoCampaign is the key of whose costs are shared: no campaign has it.
const NoCampaign = ""

// The ways a category of cost comes to be known.
const (
	Entered = "entered"
	Rated   = "rated"
)

// CostBasis says which counts where a category of cost is both entered and rated: ""
// where that is not said and therefore refused. Leads are rated by their own prices.
type CostBasis struct {
	Labour       string `json:"labour,omitempty"`
	Telephony    string `json:"telephony,omitempty"`
	LeadPurchase string `json:"lead_purchase,omitempty"`
}

// Of returns what was said of a category.
func (b CostBasis) Of(category int) string {
	switch category {
	case LabourCost:
		return b.Labour
	case TelephonyCost:
		return b.Telephony
	case LeadPurchase:
		return b.LeadPurchase
	}
	return ""
}

func (b CostBasis) check() error {
	for _, category := range []int{LabourCost, TelephonyCost, LeadPurchase} {
		if said := b.Of(category); said != "" {
			if err := oneOf("cost_basis."+CostCategoryNames[category-1], said, []string{Entered, Rated}); err != nil {
				return err
			}
		}
	}
	return nil
}

// EnteredAndRated is the error about a category that is both, of which nobody said
// which counts.
func EnteredAndRated(field string, category int, what string) *Error {
	name := CostCategoryNames[category-1]
	return &Error{Kind: Conflict, Code: "entered_and_rated", Field: field, Message: name + " is both entered and rated: " + what +
		`; say which counts by "cost_basis": {"` + name + `": "entered"} or "rated" in PUT /v1/campaigns/{campaign}, or leave one of them out`}
}

// Shares splits an amount wholly by weight: the largest remainders get what rounding
// down leaves, of equal ones the first (kpis.md §6). The parts of a credit are those of
// the charge, negated. They are 0 where all weights are 0: nobody bears the amount.
// No weight is negative, and their sum fits 63 bits.
func Shares(amountMinor int64, weights []int64) []int64 {
	parts := make([]int64, len(weights))
	total := uint64(0)
	for _, w := range weights {
		total += uint64(w)
	}
	if total == 0 {
		return parts
	}
	amount, sign := uint64(amountMinor), int64(1)
	if amountMinor < 0 {
		amount, sign = -amount, -1
	}
	left, rests, order := amount, make([]uint64, len(weights)), make([]int, len(weights))
	for i, w := range weights {
		hi, lo := bits.Mul64(amount, uint64(w))
		var whole uint64
		whole, rests[i] = bits.Div64(hi, lo, total)
		parts[i], order[i] = sign*int64(whole), i
		left -= whole
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rests[b], rests[a]) })
	for _, i := range order[:left] {
		parts[i] += sign
	}
	return parts
}
