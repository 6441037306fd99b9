package api_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"ringside/funnel/twin"
)

// compareFiltered holds the facts behind a figure under filters to what a report
// grouped by all of them, which is held to the twin, counts in that one group.
func (r *trial) compareFiltered(from, to time.Time) {
	var groups []string
	for _, g := range r.groups {
		if slices.Contains([]string{"agent", "team", "list", "source", "attempt_no", "disposition", "category", "hour_of_week"}, g) {
			groups = append(groups, g)
		}
	}
	by := []string{twin.Pick(r.Trial, groups...)}
	if second := twin.Pick(r.Trial, groups...); second != by[0] && r.Maybe(50) {
		by = append(by, second)
	}
	query := r.window(from, to)
	query.Set("group_by", strings.Join(by, ","))
	var report reported
	r.get(r.path+"/kpis?"+query.Encode(), &report)
	for _, g := range report.Groups {
		filters := url.Values{"from": query["from"], "to": query["to"], "limit": {"7"}}
		for name, value := range g.Key {
			filters.Set(name, "")
			if value != nil {
				filters.Set(name, fmt.Sprint(value))
			}
		}
		for _, k := range g.KPIs {
			if r.Maybe(20) {
				r.compareFilteredKPI(k, filters)
			}
		}
	}
	r.comparePartition(from, to, "list")
	r.comparePartition(from, to, "source")
}

func (r *trial) compareFilteredKPI(k reportedKPI, filters url.Values) {
	for part, want := range map[string]any{"numerator": k.Numerator, "denominator": k.Denominator} {
		count, whole := want.(json.Number)
		if r.units[k.ID] == "money" && part == "numerator" || r.units[k.ID] == "s" && part == "numerator" || !whole || slices.Contains(partless, k.ID+" "+part) {
			continue
		}
		filters.Del("cursor")
		filters.Set("part", part)
		if got := len(r.pages(k.ID, filters)); fmt.Sprint(got) != count.String() {
			r.Errorf("%s: %d facts behind the %s of %s in %v", k.ID, got, part, count, filters)
		}
	}
}

// comparePartition adds up the funnels and attempt curves of all lists, or sources.
func (r *trial) comparePartition(from, to time.Time, by string) {
	type answer struct {
		Stages   []struct{ Leads int }
		Attempts []struct{ Reached, Won int }
	}
	counts := func(query url.Values) (sums [64]int) {
		for i, what := range []string{"funnel", "attempt-curve"} {
			var a answer
			r.get(r.path+"/"+what+"?"+query.Encode(), &a)
			for n, s := range a.Stages {
				sums[n] += s.Leads
			}
			for n, p := range a.Attempts {
				sums[16*(i+1)+n%16] += p.Reached + 1000*p.Won
			}
		}
		return sums
	}
	query := r.window(from, to)
	whole := counts(query)
	query.Set("group_by", by)
	query.Set("kpi", "leads")
	var report reported
	r.get(r.path+"/kpis?"+query.Encode(), &report)
	var sum [64]int
	for _, g := range report.Groups {
		value, _ := g.Key[by].(string)
		for n, count := range counts(url.Values{"from": query["from"], "to": query["to"], by: {value}}) {
			sum[n] += count
		}
	}
	if sum != whole {
		r.Errorf("by %s the funnel and the curve add up to %v, the whole is %v", by, sum, whole)
	}
}
