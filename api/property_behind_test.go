package api_test

import (
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// compareFacts asks for the facts behind both parts of every KPI.
func (r *trial) compareFacts(from, to time.Time) {
	figures := r.twin.KPIs(r.Config.Ref, from, to, nil, r.asOf())[0].Figures
	for _, id := range r.kpis {
		r.compareBehind(id, "numerator", figures[id].Numerator, from, to)
		if figures[id].Denominator != nil {
			r.compareBehind(id, "denominator", figures[id].Denominator, from, to)
		}
	}
}

// below is what stands below the line of a KPI of money, as the numerator of another.
var below = map[string]string{"cost_per_call": "dials", "cost_per_contact": "contact_rate", "cost_per_rpc": "rpc_rate", "cost_per_lead": "leads_dialed",
	"cost_per_sale": "sales", "cost_per_net_sale": "net_sales", "cac": "net_sales", "revenue_per_call": "dials"}

// partless are the parts that several sums make: nothing is listed behind them.
var partless = []string{"cac numerator", "margin numerator", "roi numerator", "roi denominator", "calls_per_agent denominator", "sales_per_hour denominator"}

// compareBehind holds the facts behind one part of a KPI to the twin's: the same
// refs, as many as the part counts, or amounts that add up to it.
func (r *trial) compareBehind(kpi, part string, figure *big.Rat, from, to time.Time) {
	query := r.window(from, to)
	query.Set("part", part)
	query.Set("limit", strconv.Itoa(1+r.IntN(9)))
	what := kpi + "/facts?" + query.Encode()
	// Some are made of several sums, or of agents; the others have no such part.
	if slices.Contains(partless, kpi+" "+part) || figure == nil {
		if status, body, err := r.ask(request{method: "GET", path: r.path + "/kpis/" + what}); err != nil || status != http.StatusUnprocessableEntity {
			r.Errorf("%s: status %d: %s %v", what, status, clip(body), err)
		}
		return
	}
	rows := r.pages(kpi, query)
	under, ofMoney := below[kpi]
	if part == "numerator" && (strings.HasPrefix(kpi, "cost_per") || strings.HasPrefix(kpi, "rated_") || kpi == "operating_cost" || kpi == "lead_cost") {
		r.compareCosts(kpi, what, rows, figure, r.twin.Wages(r.Config.Ref, from, to))
		return
	}
	r.checkRows(what, rows, from, to)
	named, counted := kpi, part
	switch {
	case ofMoney && part == "denominator":
		named, counted = under, "numerator"
	case kpi == "revenue_per_call":
		named = "revenue"
	}
	want := r.twin.Facts(r.Config.Ref, named, counted, from, to, r.asOf())
	if refs := rows.refs(); !slices.Equal(refs, want) {
		r.Fatalf("%s lists\n%v, the twin\n%v", what, refs, want)
	}
	sum := part == "numerator" && (r.units[kpi] == "money" || r.units[kpi] == "s")
	if !sum && figure.Cmp(big.NewRat(int64(len(rows)), 1)) != 0 {
		r.Errorf("%s lists %d facts, the figure is %s", what, len(rows), figure.RatString())
	}
}

// row is one fact behind a number.
type row struct {
	Kind, Ref string
	At        time.Time
	Amount    string `json:"amount_in_window"`
	Price     string
	Telephony string `json:"rated_telephony"`
	Labour    string `json:"rated_labour"`
}

type rows []row

func (all rows) refs() []string {
	refs := make([]string, len(all))
	for i, row := range all {
		refs[i] = row.Ref
	}
	sort.Strings(refs)
	return refs
}

// pages follows the cursor to the end.
func (r *trial) pages(kpi string, query url.Values) (all rows) {
	limit, _ := strconv.Atoi(query.Get("limit"))
	for {
		var page struct {
			Facts []row
			Next  *string
		}
		path := r.path + "/kpis/" + kpi + "/facts?" + query.Encode()
		r.get(path, &page)
		if len(page.Facts) > limit || page.Next != nil && len(page.Facts) == 0 || len(all) > 1000 {
			r.Fatalf("%s: %d facts after %d, and next is %v", path, len(page.Facts), len(all), page.Next)
		}
		all = append(all, page.Facts...)
		if page.Next == nil {
			return all
		}
		query.Set("cursor", *page.Next)
	}
}

// checkRows sees that facts stand in order of their instants, within the window.
func (r *trial) checkRows(what string, rows rows, from, to time.Time) {
	for i, row := range rows {
		if row.At.Before(from) || !row.At.Before(to) || i > 0 && row.At.Before(rows[i-1].At) || row.Kind != "attempt" && row.Kind != "lead" {
			r.Errorf("%s: fact %d is out of place: %+v", what, i, row)
		}
	}
}

// compareCosts adds up what of each cost entry falls into the window, and what calls
// and leads cost by themselves. Calls are told to the millionth and rounded by months:
// the trials' calls lie in few of them. What agents are paid for the time they were logged
// in is behind the figure, but not of calls.
func (r *trial) compareCosts(kpi, what string, rows rows, figure, wages *big.Rat) {
	sum, rated := new(big.Rat), false
	if kpi == "rated_labour" || kpi != "rated_telephony" && kpi != "lead_cost" && r.Config.CostBasis["labour"] != "entered" {
		sum.Set(wages)
		rated = wages.Sign() != 0
	}
	add := func(text string) {
		if amount, ok := new(big.Rat).SetString(text); ok {
			sum.Add(sum, amount)
		}
	}
	for _, row := range rows {
		rated = rated || row.Kind == "attempt"
		switch {
		case row.Kind == "cost" && !strings.HasPrefix(kpi, "rated_"):
			add(row.Amount)
		case row.Kind == "lead" && kpi == "lead_cost":
			add(row.Price)
		case row.Kind == "attempt" && kpi != "lead_cost":
			if kpi == "rated_telephony" || kpi != "rated_labour" && r.Config.CostBasis["telephony"] != "entered" {
				add(row.Telephony)
			}
			if kpi == "rated_labour" || kpi != "rated_telephony" && r.Config.CostBasis["labour"] != "entered" {
				add(row.Labour)
			}
		default:
			r.Fatalf("%s: %+v", what, row)
		}
	}
	off := new(big.Rat).Sub(sum, figure)
	if !rated && off.Sign() != 0 || off.Abs(off).Cmp(big.NewRat(8, 100)) > 0 {
		r.Errorf("%s adds up to %s, the figure is %s", what, sum.FloatString(2), figure.FloatString(2))
	}
}
