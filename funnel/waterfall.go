package funnel

import (
	"cmp"
	"slices"

	"ringside/campaign"
)

// Waterfall is what a window cost, step by step: the steps add up to its operating and
// lead cost to the minor unit.
type Waterfall struct {
	About
	Steps []CostStep
	// UnallocatedMinor is what fell in the window of shared costs of the currency that
	// no campaign bears, as none had any of the driver.
	UnallocatedMinor int64
	// PricedAndEntered says that leads have prices beside entries, see Rules.
	PricedAndEntered bool
}

// CostStep is what one category of cost adds, of one origin.
type CostStep struct {
	Category int
	// Shared are the campaign's parts of entries of no campaign; Rated is what calls, or
	// leads by their prices, cost. Neither are the campaign's own entries.
	Shared, Rated bool
	// Entries is how many entries the amount is of.
	Entries int64
	// Minor is what counts, LeftOut what of the entries does not, as the category is
	// rated in their time.
	Minor, LeftOut int64
}

// Operating reports whether the step is a part of operating cost.
func (s *CostStep) Operating() bool { return s.Category != campaign.LeadPurchase }

// CostSteps returns the steps to what a window cost: entries by category, the
// campaign's own before shared ones, then what is rated. Steps of nothing are left out.
func CostSteps(src Source, rules *Rules, w Window) ([]CostStep, error) {
	if w.FromMs >= w.ToMs {
		return nil, nil
	}
	ledger, err := src.Costs(w)
	if err != nil {
		return nil, err
	}
	var steps []CostStep
	step := func(category int, shared, rated bool) *CostStep {
		at := slices.IndexFunc(steps, func(s CostStep) bool { return s.Category == category && s.Shared == shared && s.Rated == rated })
		if at < 0 {
			at, steps = len(steps), append(steps, CostStep{Category: category, Shared: shared, Rated: rated})
		}
		return &steps[at]
	}
	leads := int64(0)
	for i := range ledger.Entries {
		if e := &ledger.Entries[i]; e.bears() {
			counted := rules.CountedWithin(e, w)
			s := step(e.Category, e.Shared, false)
			s.Entries++
			s.Minor += counted
			s.LeftOut += e.Within(w.FromMs, w.ToMs) - counted
			if !e.Operating() {
				leads += counted
			}
		}
	}
	whole, err := Compute(src, rules, Query{Window: w, KPIs: []*KPI{Find("operating_cost"), Find("lead_cost")}})
	if err != nil {
		return nil, err
	}
	sums := &whole[0].Sums
	for _, of := range ratedMeasures {
		if rules.CostBasis.Of(of.category) != campaign.Entered && sums.Get(of.into) != 0 {
			step(of.category, false, true).Minor = sums.Get(of.into)
		}
	}
	if priced := sums.Get(LeadCost) - leads; priced != 0 {
		step(campaign.LeadPurchase, false, true).Minor = priced
	}
	slices.SortStableFunc(steps, compareSteps)
	return steps, nil
}

// compareSteps puts operating cost first, each category's entries before what is rated.
func compareSteps(a, b CostStep) int {
	last := func(yes bool) int {
		if yes {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(last(!a.Operating()), last(!b.Operating())), cmp.Compare(a.Category, b.Category),
		cmp.Compare(last(a.Rated), last(b.Rated)), cmp.Compare(last(a.Shared), last(b.Shared)))
}
