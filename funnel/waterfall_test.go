package funnel

import (
	"fmt"
	"math/big"
	"testing"

	"ringside/campaign"
)

// TestWaterfallAddsUp draws ledgers of every category, the campaign's own and shared, with
// cards, prices of leads and every basis, in currencies of none, two and three digits. In
// any window the steps add up to operating and lead cost and, over the dials, to the cost
// of a call; what counts of entries and what is left out is what falls in the window; and
// the steps of two windows side by side are those of both.
func TestWaterfallAddsUp(t *testing.T) {
	for i, currency := range []string{"JPY", "EUR", "KWD"} {
		for seed := range uint64(6) {
			t.Run(fmt.Sprint(currency, " ", seed), func(t *testing.T) {
				c := newCutting(t, currency, []string{"Europe/Lisbon", "America/New_York"}[seed%2], 100*uint64(i)+seed)
				c.drawLedger()
				c.falls(c.window)
				for range 4 {
					a, b, d := c.somewhere(), c.somewhere(), c.somewhere()
					a, b, d = min(a, b, d), a+b+d-min(a, b, d)-max(a, b, d), max(a, b, d)
					both := c.falls(Window{a, d})
					for step, minor := range c.falls(Window{a, b}) {
						both[step] -= minor
					}
					for step, minor := range c.falls(Window{b, d}) {
						both[step] -= minor
					}
					for step, minor := range both {
						if minor != 0 {
							t.Errorf("step %+v of two windows differs by %d from that of both", step, minor)
						}
					}
				}
			})
		}
	}
}

// drawLedger draws what the campaign cost.
func (c *cutting) drawLedger() {
	basis := func() string { return []string{"", campaign.Entered, campaign.Rated}[c.IntN(3)] }
	c.rules.CostBasis = campaign.CostBasis{Labour: basis(), Telephony: basis(), LeadPurchase: basis()}
	if c.IntN(4) == 0 {
		c.rules.Rates = nil
	}
	for _, u := range c.all() {
		u.Posted, u.GeneratedMs = true, c.somewhere()
		if c.IntN(3) > 0 {
			u.PriceMinor = c.Int64N(5000) - 100
		}
	}
	c.costs = nil
	for n := range c.IntN(12) {
		from := c.somewhere() - c.Int64N(20*86_400_000)
		e := CostEntry{Number: int64(n + 1), Category: 1 + c.IntN(6), AmountMinor: c.Int64N(2_000_001) - 500_000, FromMs: from, ToMs: from + 1 + c.Int64N(60*86_400_000)}
		if c.IntN(2) == 0 {
			e.Shared, e.Mine, e.Weights = true, c.IntN(4), []int64{c.Int64N(3), c.Int64N(900), c.Int64N(5), 0}
		}
		c.costs = append(c.costs, e)
	}
	c.book = newBook(c, &c.rules, c.all(), c.costs)
}

// stepOf tells steps apart.
type stepOf struct {
	category      int
	shared, rated bool
}

// falls holds the steps of a window to its figures, and returns what each adds.
func (c *cutting) falls(w Window) map[stepOf]int64 {
	steps, err := CostSteps(c.book, &c.rules, w)
	if err != nil {
		c.Fatal(err)
	}
	groups, err := Compute(c.book, &c.rules, Query{Window: w})
	if err != nil {
		c.Fatal(err)
	}
	sums := &groups[0].Sums
	out, operating, leads := map[stepOf]int64{}, int64(0), int64(0)
	for _, s := range steps {
		of := stepOf{s.Category, s.Shared, s.Rated}
		if _, twice := out[of]; twice {
			c.Errorf("step %+v comes twice", of)
		}
		if out[of] = s.Minor; s.Operating() {
			operating += s.Minor
		} else {
			leads += s.Minor
		}
		if !s.Rated {
			fallen, entries := int64(0), int64(0)
			for i := range c.costs {
				if e := &c.costs[i]; e.Category == s.Category && e.Shared == s.Shared && e.bears() && e.FromMs < w.ToMs && e.ToMs > w.FromMs {
					fallen += e.Within(w.FromMs, w.ToMs)
					entries++
				}
			}
			if s.Minor+s.LeftOut != fallen || s.Entries != entries {
				c.Errorf("step %+v is of %d entries, %d count and %d do not; it is of %d, in which %d fall", of, s.Entries, s.Minor, s.LeftOut, entries, fallen)
			}
		}
	}
	if operating != sums.Get(OperatingCost) || leads != sums.Get(LeadCost) || operating+leads != sums.Get(TotalCost) {
		c.Errorf("the steps add up to %d and %d, the costs are %d and %d", operating, leads, sums.Get(OperatingCost), sums.Get(LeadCost))
	}
	perCall := Find("cost_per_call").Figure(sums)
	if dials := sums.Get(Dials); dials > 0 && perCall.Exact().Cmp(big.NewRat(operating, dials)) != 0 {
		c.Errorf("a call costs %s, the steps make it %d over %d", perCall.Exact(), operating, dials)
	}
	return out
}
