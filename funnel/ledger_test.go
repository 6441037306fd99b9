package funnel

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ringside/campaign"
)

func init() { cases = append(cases, ledgerCases...) }

// ledgerCases are worked by hand, in the words of cases.
var ledgerCases = []struct{ name, zone, mode, table string }{
	{"61 s is 120 s at 60/60", "UTC", "predictive", `
		rates 2026-06-01+0.05+0.60+60/60
		A 2026-06-02 answered machine answers+9 ends+70
		A 2026-06-03 no_answer ends+30
		rated_telephony 1.25
		operating_cost 1.25
		cost_per_call 1.25/2`},
	{"61 s is 66 s at 6/6", "UTC", "predictive", `
		rates 2026-06-01+0+0.60+6/6
		A 2026-06-02 answered machine answers+9 ends+70
		rated_telephony 0.66`},
	{"30/6, the card at the call's start, calls outside any card and without an end", "UTC", "predictive", `
		rates 2026-06-01+0+0.60+30/6 2026-06-10+0+1.20+30/6
		A 2026-05-31 answered machine answers+0 ends+60
		A 2026-06-02 answered human answers+0 ends+1
		A 2026-06-09T23:59 answered human answers+0 ends+31
		A 2026-06-10 answered human answers+0 ends+36
		A 2026-06-11 answered human answers+0
		rated_telephony 1.38
		unrated_calls 1`},
	{"an agent's own rate, else the campaign's, by the hour of handling", "UTC", "predictive", `
		rates 2026-06-01+18+ 2026-06-01+36+ann
		A 2026-06-02 answered human joins+0 ends+300 wrap:30 agent:bob
		A 2026-06-03 answered human joins+0 ends+300 agent:ann
		A 2026-06-04 answered human joins+0 ends+100
		A 2026-06-05 answered machine answers+0 ends+100 agent:ann
		rated_labour 5.15
		operating_cost 5.15
		cost_per_contact 5.15/3
		cost_per_rpc 5.15/3`},
	{"a month is rounded once, its parts add up to it", "UTC", "predictive", `
		rates 2026-06-01+0+0.001+6/6
		A 2026-06-01 answered machine answers+0 ends+240
		A 2026-06-02 answered machine answers+0 ends+240
		A 2026-06-03 answered machine answers+0 ends+240
		A 2026-07-03 answered machine answers+0 ends+240
		rated_telephony 0.01
		in 2026-06-01 2026-07-01
		rated_telephony 0.01
		in 2026-06-01 2026-06-02
		rated_telephony 0
		in 2026-06-02 2026-06-03
		rated_telephony 0.01
		in 2026-06-03 2026-07-01
		rated_telephony 0`},
	{"what is rated is not entered, too", "UTC", "predictive", `
		rates 2026-06-11+0+0.60+6/6
		cost telephony 30.00 2026-06-01 2026-07-01
		A 2026-06-12 answered machine answers+0 ends+60
		in 2026-06-01 2026-07-01
		operating_cost 10.6
		basis rated
		operating_cost 10.6
		basis entered
		operating_cost 30
		rated_telephony 0.6`},
	{"leads cost what was entered, else their own prices", "UTC", "predictive", `
		lead A 2026-06-01 2.50
		lead B 2026-06-02 1.25
		lead C 2026-06-03
		A 2026-06-04 answered human joins+1 ends+60 =sale amount:40.00
		B 2026-06-04 no_answer
		cost other 10.00 2026-06-01 2026-06-02
		lead_cost 3.75
		operating_cost 10
		cac 13.75/1
		margin 26.25
		roi 26.25/13.75
		revenue_per_call 40/2
		cost lead_purchase 8.00 2026-06-01 2026-06-02
		lead_cost 8
		basis rated
		lead_cost 3.75
		margin 26.25`},
	{"100.00 over three is 33.34 + 33.33 + 33.33", "UTC", "predictive", `
		shared overhead 100.00 2026-06-01 2026-06-02 1,1,1
		shared overhead -100.00 2026-06-03 2026-06-04 1,1,1
		in 2026-06-01 2026-06-02
		operating_cost 33.34
		in 2026-06-03 2026-06-04
		operating_cost -33.34`},
}

func (b *table) money(text string) int64 {
	amount, err := campaign.ParseMoney(text, 2)
	if err != nil {
		b.Fatal(err)
	}
	return amount
}

// cost reads CATEGORY AMOUNT FROM TO WEIGHTS.
func (b *table) cost(words []string) *CostEntry {
	e := CostEntry{Number: int64(len(b.costs) + 1), Category: slices.Index(campaign.CostCategoryNames, words[0]) + 1,
		AmountMinor: b.money(words[1]), FromMs: b.instant(words[2] + "T00:00"), ToMs: b.instant(words[3] + "T00:00")}
	if len(words) > 4 {
		for text := range strings.SplitSeq(words[4], ",") {
			weight, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				b.Fatal(err)
			}
			e.Weights = append(e.Weights, weight)
		}
	}
	b.costs = append(b.costs, e)
	return &b.costs[len(b.costs)-1]
}

// rates reads cards the way the API does.
func (b *table) rates(cards []string) {
	var telephony, labour []string
	for _, card := range cards {
		w := strings.Split(card, "+")
		if first, then, found := strings.Cut(w[len(w)-1], "/"); found {
			telephony = append(telephony, fmt.Sprintf(`{"from":%q,"connect_fee":%q,"per_minute":%q,"first_s":%s,"then_s":%s}`, w[0], w[1], w[2], first, then))
		} else if w[2] == "" {
			labour = append(labour, fmt.Sprintf(`{"from":%q,"per_hour":%q}`, w[0], w[1]))
		} else {
			labour = append(labour, fmt.Sprintf(`{"from":%q,"per_hour":%q,"agent":%q}`, w[0], w[1], w[2]))
		}
	}
	b.rate(fmt.Sprintf(`{"telephony":[%s],"labour":[%s]}`, strings.Join(telephony, ","), strings.Join(labour, ",")), 2)
}

// rate puts rates of a currency with so many digits.
func (b *table) rate(body string, digits int) {
	rates, err := campaign.DecodeRates([]byte(body), b.rules.Calendar)
	if err != nil {
		b.Fatal(err)
	}
	config := campaign.Config{Rates: rates}
	b.rules.Rates, b.rules.MinorMicro, b.rules.Labour = rates, campaign.MinorMicro(digits), map[int64][]campaign.LabourRate{0: config.LabourOf("")}
	for _, card := range rates.Labour {
		if card.Agent != "" {
			b.rules.Labour[b.agent(card.Agent)] = config.LabourOf(card.Agent)
		}
	}
}

// TestCostBases is the worked example of kpis.md §6 and of field.md §6 case 24, on
// 20,000 dials: 5,000 contacts of which 3,200 right parties, 4,000 leads, 160 sales of
// which 144 stand.
func TestCostBases(t *testing.T) {
	b := newTable(t, "UTC", "predictive")
	b.read(`cost overhead 48000.00 2026-06-01 2026-07-01`)
	disposition := func(c campaign.Category) int64 { return int64(c) + 1 }
	for i := range 20_000 {
		u := b.lead(fmt.Sprint("L", i%4000))
		words := []string{"2026-06-15", "no_answer"}
		if i < 5000 {
			words = []string{"2026-06-15", "answered", "human", "joins+1", "ends+60"}
		}
		a := b.attempt(i+1, words)
		a.StartedMs += int64(i)
		switch {
		case i < 144:
			a.Disposition = disposition(campaign.Sale)
		case i < 160:
			a.Disposition = disposition(campaign.SaleCancelled)
		case i >= 3200 && i < 5000:
			a.Disposition = disposition(campaign.WrongParty)
		}
		u.Attempts = append(u.Attempts, a)
	}
	b.read(`
		in 2026-06-01 2026-07-01
		cost_per_call      48000/20000
		cost_per_contact   48000/5000
		cost_per_rpc       48000/3200
		cost_per_lead      48000/4000
		cost_per_sale      48000/160
		cost_per_net_sale  48000/144`)
	for kpi, want := range map[string]string{"cost_per_call": "2.4000", "cost_per_contact": "9.6000", "cost_per_rpc": "15.0000", "cost_per_lead": "12.0000",
		"cost_per_sale": "300.0000", "cost_per_net_sale": "333.3333"} {
		groups, err := Compute(newBook(b, &b.rules, b.all(), b.costs), &b.rules, Query{Window: b.window})
		if err != nil {
			t.Fatal(err)
		}
		if got := Find(kpi).Figure(&groups[0].Sums).MoneyValue(2); got != want {
			t.Errorf("%s is %s, want %s", kpi, got, want)
		}
	}
}

// TestAmountsSplitWholly holds largest remainders to examples.
func TestAmountsSplitWholly(t *testing.T) {
	for _, c := range []struct {
		amount  int64
		weights []int64
		want    string
	}{{10000, []int64{1, 1, 1}, "[3334 3333 3333]"}, {-10000, []int64{1, 1, 1}, "[-3334 -3333 -3333]"}, {100, []int64{0, 0}, "[0 0]"},
		{5, []int64{2, 3, 5}, "[1 2 2]"}, {1, []int64{1, 1}, "[1 0]"}, {7, []int64{0, 1 << 62}, "[0 7]"},
		{campaign.MoneyMost, []int64{1 << 61, 1 << 61, 1 << 61}, "[333333333333 333333333333 333333333333]"}} {
		if got := fmt.Sprint(campaign.Shares(c.amount, c.weights)); got != c.want {
			t.Errorf("%d by %v is %s, want %s", c.amount, c.weights, got, c.want)
		}
	}
}
