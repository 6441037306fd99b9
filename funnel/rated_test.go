package funnel

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"ringside/campaign"
)

// TestAnyCutAddsUp cuts a month and more, over the nights in which clocks change, into
// days, hours, weeks, agents, agents by day, and ragged windows of random ends: each
// cut adds up to the whole to the minor unit, in currencies of none, two, three and
// four digits. The whole of a month is what its calls cost, rounded once.
func TestAnyCutAddsUp(t *testing.T) {
	for i, currency := range []string{"JPY", "EUR", "KWD", "CLF"} {
		for j, zone := range []string{"America/New_York", "Europe/Lisbon", "Australia/Lord_Howe"} {
			t.Run(currency+" "+zone, func(t *testing.T) { newCutting(t, currency, zone, uint64(10*i+j)).run() })
		}
	}
}

// cutting is a month of random calls and costs.
type cutting struct {
	*table
	*rand.Rand
	digits int
	book   *Book
}

func newCutting(t *testing.T, currency, zone string, seed uint64) *cutting {
	c := &cutting{table: newTable(t, zone, "predictive"), Rand: rand.New(rand.NewPCG(seed, 7))}
	c.digits, _ = campaign.CurrencyDigits(currency)
	c.rate(`{"telephony":[{"from":"2026-10-01","connect_fee":"0.0123","per_minute":"0.98765","first_s":30,"then_s":6}],
		"labour":[{"from":"2026-10-01","per_hour":"18.77"},{"from":"2026-10-20","per_hour":"21.3","agent":"x2"}]}`, c.digits)
	c.window = Window{c.instant("2026-10-01T00:00"), c.instant("2026-11-10T00:00")}
	for n := range 400 {
		a := c.attempt(n+1, []string{"2026-10-02", "answered", "human", "joins+0", "ends+1", fmt.Sprint("agent:x", n%5)})
		a.StartedMs = c.somewhere()
		a.ConnectedMs, a.EndedMs = a.StartedMs, a.StartedMs+c.Int64N(900_000)
		u := c.lead(fmt.Sprint("L", n%70))
		u.Attempts = append(u.Attempts, a)
	}
	for n := range 6 {
		from := c.somewhere()
		c.costs = append(c.costs, CostEntry{Number: int64(n + 1), Category: 4 + n%2, AmountMinor: c.Int64N(1_000_000) - 100_000, FromMs: from, ToMs: from + 1 + c.Int64N(40*86_400_000)})
	}
	c.costs[5].Shared, c.costs[5].Weights, c.costs[5].Mine = true, []int64{3, 7, 11}, 1
	c.book = newBook(c, &c.rules, c.all(), c.costs)
	return c
}

func (c *cutting) somewhere() int64 {
	return c.window.FromMs + c.Int64N(c.window.ToMs-c.window.FromMs)
}

// sum adds up the operating cost of a window's groups.
func (c *cutting) sum(w Window, by ...GroupBy) (minor int64) {
	groups, err := Compute(c.book, &c.rules, Query{Window: w, By: by, KPIs: []*KPI{Find("operating_cost")}})
	if err != nil {
		c.Fatal(err)
	}
	for _, g := range groups {
		minor += g.Sums.Get(OperatingCost)
	}
	return minor
}

// agents is the operating cost of a window by agent.
func (c *cutting) agents(into map[Key]int64, w Window) {
	groups, err := Compute(c.book, &c.rules, Query{Window: w, By: []GroupBy{ByAgent}, KPIs: []*KPI{Find("operating_cost")}})
	if err != nil {
		c.Fatal(err)
	}
	for _, g := range groups {
		into[g.Key] += g.Sums.Get(OperatingCost)
	}
}

func (c *cutting) run() {
	whole := c.sum(c.window)
	for _, by := range [][]GroupBy{{ByHour}, {ByDay}, {ByWeek}, {ByMonth}, {ByHourOfWeek}, {ByAgent}, {ByList}, {ByAttemptNo}, {ByAgent, ByDay}, {ByWeek, ByAttemptNo}, {ByHour, ByAgent}} {
		if got := c.sum(c.window, by...); got != whole {
			c.Errorf("by %v it adds up to %d, the whole is %d", by, got, whole)
		}
	}
	ends := []int64{c.window.FromMs, c.window.ToMs}
	for range 40 {
		ends = append(ends, c.somewhere())
	}
	slices.Sort(ends)
	ragged, byAgent, agents := int64(0), map[Key]int64{}, map[Key]int64{}
	c.agents(agents, c.window)
	for i := range ends[1:] {
		w := Window{ends[i], ends[i+1]}
		ragged += c.sum(w)
		c.agents(byAgent, w)
	}
	if ragged != whole {
		c.Errorf("ragged windows add up to %d, the whole is %d", ragged, whole)
	}
	for key, minor := range byAgent {
		if minor != agents[key] {
			c.Errorf("ragged windows of agent %d add up to %d, the whole is %d", key[0], minor, agents[key])
		}
	}
	c.checkMonth()
}

// checkMonth holds October to its calls, rounded by category.
func (c *cutting) checkMonth() {
	october := Window{c.window.FromMs, c.rules.Calendar.DayStart(campaign.DayOfDate(2026, 11, 1))}
	var micro [2]int64
	folder := Folder{Rules: &c.rules}
	for _, u := range c.all() {
		for _, e := range folder.Fold(u) {
			if e.Clock == DialClock && october.Holds(e.AtMs) {
				micro[0] += e.value(TelephonyMicro)
				micro[1] += e.value(LabourMicro)
			}
		}
	}
	groups, err := Compute(c.book, &c.rules, Query{Window: october})
	if err != nil {
		c.Fatal(err)
	}
	for i, m := range []Measure{RatedTelephony, RatedLabour} {
		want := campaign.RoundHalfEven(big.NewInt(micro[i]), big.NewInt(c.rules.MinorMicro)).Int64()
		if got := groups[0].Sums.Get(m); got != want || want == 0 {
			c.Errorf("October's calls are rated %d, their sum is %d", got, want)
		}
	}
}
