package funnel

import (
	"math"
	"slices"

	"ringside/campaign"
)

// Ledger is the money of a window that no call tells by itself.
type Ledger struct {
	Entries []CostEntry
	// Purchased says that the campaign ever entered the price of leads: then it is not
	// taken from the leads, too, unless cost_basis says so.
	Purchased bool
}

// CostEntry is a posted cost that is spread over [FromMs, ToMs).
type CostEntry struct {
	Number       int64
	Category     int
	AmountMinor  int64
	FromMs, ToMs int64
	// Shared is an entry of no campaign, that goes to several by their Weights; Mine is
	// the place among them of the one that is asked about.
	Shared  bool
	Weights []int64
	Mine    int
}

// Operating reports whether the entry is operating cost: everything but the
// price of leads.
func (c *CostEntry) Operating() bool { return c.Category != campaign.LeadPurchase }

// until is how much of the entry has fallen to the campaign by an instant.
func (c *CostEntry) until(ms int64) int64 {
	fallen := campaign.Spread(c.AmountMinor, c.FromMs, c.ToMs, ms)
	if c.Shared {
		return campaign.Shares(fallen, c.Weights)[c.Mine]
	}
	return fallen
}

// Within is what of the entry falls to the campaign in the window [a, b).
func (c *CostEntry) Within(aMs, bMs int64) int64 { return c.until(bMs) - c.until(aMs) }

// bears reports whether the campaign has a part in the entry at all.
func (c *CostEntry) bears() bool { return !c.Shared || c.Weights[c.Mine] > 0 }

// Counted cuts [aMs, bMs) into the times in which entries of a category count: not
// those in which the category is rated, unless entries were said to stand for it.
func (r *Rules) Counted(category int, aMs, bMs int64) (times []Window) {
	switch {
	case r.CostBasis.Of(category) == campaign.Entered:
		return []Window{{aMs, bMs}}
	case category == campaign.LeadPurchase && r.CostBasis.LeadPurchase == campaign.Rated:
		return nil
	}
	for _, s := range r.Rates.Spans(category) {
		if aMs < min(bMs, s.FromMs) {
			times = append(times, Window{aMs, min(bMs, s.FromMs)})
		}
		aMs = max(aMs, s.ToMs)
	}
	if aMs < bMs {
		times = append(times, Window{aMs, bMs})
	}
	return times
}

// CountedWithin is what of an entry counts for the campaign in a window.
func (r *Rules) CountedWithin(c *CostEntry, w Window) (minor int64) {
	for _, part := range r.Counted(c.Category, w.FromMs, w.ToMs) {
		minor += c.Within(part.FromMs, part.ToMs)
	}
	return minor
}

// pricesCount reports whether leads cost what they were bought for one by one.
func (r *Rules) pricesCount(l *Ledger) bool {
	basis := r.CostBasis.LeadPurchase
	return basis == campaign.Rated || basis == "" && !l.Purchased
}

// PricedAndEntered reports whether leads of a window have prices beside entries of the
// purchase of leads, and nobody said which counts: then entries stand.
func PricedAndEntered(src Source, rules *Rules, w Window) (bool, error) {
	ledger, err := src.Costs(w)
	if err != nil || rules.CostBasis.LeadPurchase != "" || !ledger.Purchased {
		return false, err
	}
	groups, err := Compute(src, rules, Query{Window: w, KPIs: []*KPI{priceKPI}})
	return err == nil && groups[0].Sums.Get(LeadPrices) != 0, err
}

// spreadMost bounds the work of spreading cost entries over the buckets of one
// report: entries times buckets.
const spreadMost = 300_000

// costs adds what the window cost, where the groupings serve that. What calls cost
// stands under their own groups; what has no agent, list, source or attempt number
// under none.
func (r *report) costs() error {
	if !r.query.asks(func(k *KPI) bool { return k.Clock == CostClock && (r.rules.Rates.Some() || !k.NeedsRates(r.query.By)) }) || r.window.FromMs >= r.window.ToMs {
		return nil
	}
	ledger, err := r.src.Costs(r.window)
	if err != nil {
		return err
	}
	r.steps = spreadMost
	for i := range ledger.Entries {
		if err := r.spread(&ledger.Entries[i]); err != nil {
			return err
		}
	}
	if r.rules.pricesCount(&ledger) {
		if err := r.prices(); err != nil {
			return err
		}
	}
	if r.rules.Rates.Some() {
		if err := r.rated(); err != nil {
			return err
		}
	}
	for _, g := range r.groups {
		g.Add(TotalCost, g.Get(OperatingCost)+g.Get(LeadCost))
		g.Add(Margin, g.Get(RevenueMinor)-g.Get(TotalCost))
	}
	return nil
}

// spread adds one entry to every time group in which it counts.
func (r *report) spread(e *CostEntry) error {
	if !e.bears() {
		return nil
	}
	into := OperatingCost
	if !e.Operating() {
		into = LeadCost
	}
	for _, part := range r.rules.Counted(e.Category, max(r.window.FromMs, e.FromMs), min(r.window.ToMs, e.ToMs)) {
		for at := part.FromMs; at < part.ToMs; {
			key, until := r.costSpan(at)
			if r.steps--; r.steps < 0 || until <= at {
				return campaign.Invalidf("too_many_groups", "group_by", "spreading the window's costs takes more than %d steps; ask for a shorter window or a coarser grouping", spreadMost)
			}
			group := r.at(key)
			group.Add(CostEntries, 1)
			group.Add(into, e.Within(at, min(until, part.ToMs)))
			if len(r.groups) > GroupsMost {
				return campaign.Invalidf("too_many_groups", "group_by", "the window has more than %d groups; ask for a shorter window or a coarser grouping", GroupsMost)
			}
			at = until
		}
	}
	return nil
}

// costSpan returns the key of the groups that hold an instant and nothing else, and
// the instant at which the first of their times ends.
func (r *report) costSpan(ms int64) (key Key, untilMs int64) {
	untilMs = math.MaxInt64
	for i, g := range r.query.By {
		if !g.Time() {
			if g == ByAttemptNo {
				key[i] = noAttempt
			}
			continue
		}
		key[i] = timeKey(r.cal, g, ms)
		end := r.cal.HourEnd(ms)
		if g != ByHour && g != ByHourOfWeek {
			_, next := dayGroup(g, r.cal.DayOf(ms))
			end = r.cal.DayStart(next)
		}
		untilMs = min(untilMs, end)
	}
	return key, untilMs
}

// Measures that reports of the ledger's own read.
var (
	priceKPI   = &KPI{Clock: LeadClock, Unit: Money, Numerator: LeadPrices, Groupings: byLead}
	callPrices = []*KPI{{Clock: DialClock, Unit: Count, Numerator: TelephonyMicro, Groupings: byDial}, {Clock: DialClock, Unit: Count, Numerator: LabourMicro, Groupings: byDial}}
)

// prices adds what leads were bought for. Where the groupings do not serve leads it
// stands under none of their attributes.
func (r *report) prices() error {
	if priceKPI.Serves(r.query.By) {
		for _, g := range r.groups {
			g.paid(LeadCost, g.Get(LeadPrices))
		}
		return nil
	}
	by := slices.DeleteFunc(slices.Clone(r.query.By), func(g GroupBy) bool { return !g.Time() })
	groups, err := r.beside(Query{Window: r.window, By: by, KPIs: []*KPI{priceKPI}})
	for _, g := range groups {
		if g.Sums.Get(LeadPrices) != 0 {
			key, _ := r.costSpan(r.window.FromMs)
			for i, of := range r.query.By {
				if of.Time() {
					key[i] = g.Key[slices.Index(by, of)]
				}
			}
			r.at(key).paid(LeadCost, g.Sums.Get(LeadPrices))
		}
	}
	return err
}

// beside answers another query about the same facts.
func (r *report) beside(q Query) ([]Group, error) {
	q.NowMs, q.Teams, q.Zone = r.query.NowMs, r.query.Teams, r.query.Zone
	return Compute(r.src, r.rules, q)
}

// paid adds an amount that facts, not entries, make.
func (g *tallied) paid(m Measure, minor int64) {
	if minor != 0 {
		g.Add(m, minor)
		g.Add(CostEntries, 1)
	}
}
