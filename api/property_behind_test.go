package api_test

import (
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strconv"
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

// below is what stands below the line of a cost KPI, as the numerator of another.
var below = map[string]string{"cost_per_call": "dials", "cost_per_contact": "contact_rate", "cost_per_lead": "leads_dialed",

	"cost_per_sale": "sales", "cost_per_net_sale": "net_sales"}

// compareBehind holds the facts behind one part of a KPI to the twin's: the same
// refs, as many as the part counts, or amounts that add up to it.
func (r *trial) compareBehind(kpi, part string, figure *big.Rat, from, to time.Time) {
	query := r.window(from, to)
	query.Set("part", part)
	query.Set("limit", strconv.Itoa(1+r.IntN(9)))
	what := kpi + "/facts?" + query.Encode()
	if kpi == "calls_per_agent" && part == "denominator" { // it counts agents
		if status, body, err := r.ask(request{method: "GET", path: r.path + "/kpis/" + what}); err != nil || status != http.StatusUnprocessableEntity {
			r.Errorf("%s: status %d: %s %v", what, status, clip(body), err)
		}
		return
	}
	rows := r.pages(kpi, query)
	cost, isCost := below[kpi]
	if isCost && part == "numerator" {
		r.compareCosts(what, rows, figure)
		return
	}
	r.checkRows(what, rows, from, to)
	named, counted := kpi, part
	if isCost {
		named, counted = cost, "numerator"
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

// compareCosts adds up what of each cost entry falls into the window.
func (r *trial) compareCosts(what string, rows rows, figure *big.Rat) {
	sum := new(big.Rat)
	for _, row := range rows {
		amount, ok := new(big.Rat).SetString(row.Amount)
		if !ok || row.Kind != "cost" {
			r.Fatalf("%s: %+v", what, row)
		}
		sum.Add(sum, amount)
	}
	if sum.Cmp(figure) != 0 {
		r.Errorf("%s adds up to %s, the figure is %s", what, sum.FloatString(2), figure.FloatString(2))
	}
}
