package api_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"ringside/funnel/twin"
)

const millis = "2006-01-02T15:04:05.000Z07:00"

// window writes the ends of a window as query parameters, in UTC or with the
// campaign's offset.
func (r *trial) window(from, to time.Time) url.Values {
	if zone, err := time.LoadLocation(r.Config.TimeZone); err == nil && r.Maybe(50) {
		from, to = from.In(zone), to.In(zone)
	}
	return url.Values{"from": {from.Format(millis)}, "to": {to.Format(millis)}}
}

// reported is the answer of …/kpis.
type reported struct {
	Campaign string
	From, To time.Time
	TimeZone string    `json:"time_zone"`
	AsOf     time.Time `json:"as_of"`
	Source   string
	KPIs     []reportedKPI
	Groups   []reportedGroup
}

type reportedGroup struct {
	Key  map[string]any
	KPIs []reportedKPI
}

type reportedKPI struct {
	ID, Unit                                 string
	Value, Numerator, Denominator, Low, High any
	Mature                                   *bool
	Range                                    *struct{ Low, High any }
	DefinitionVersion                        int `json:"definition_version"`
	NoData                                   any `json:"no_data"`
}

func (r *trial) compareKPIs(from, to time.Time) {
	r.compareReport(from, to, nil)
	for _, g := range r.groups {
		r.compareReport(from, to, []string{g})
	}
	pair := []string{twin.Pick(r.Trial, r.groups...), twin.Pick(r.Trial, r.groups...)}
	if pair[0] != pair[1] {
		r.compareReport(from, to, pair)
	}
}

func (r *trial) compareReport(from, to time.Time, by []string) {
	query := r.window(from, to)
	if len(by) > 0 {
		query.Set("group_by", strings.Join(by, ","))
	}
	if !r.known.IsZero() {
		query.Set("as_of", r.known.Format(millis))
	}
	var report reported
	r.get(r.path+"/kpis?"+query.Encode(), &report)
	if report.Campaign != r.Config.Ref || !report.From.Equal(from) || !report.To.Equal(to) || report.TimeZone != r.Config.TimeZone ||
		!report.AsOf.Equal(r.asOf()) || (report.Source == "replay") == r.known.IsZero() {
		r.Errorf("%s is answered with %s, %s – %s, %s, as of %s by %q", query.Encode(), report.Campaign, report.From, report.To, report.TimeZone, report.AsOf, report.Source)
	}
	var groups []twin.Group
	if len(by) > 0 {
		groups = r.twin.KPIs(r.Config.Ref, from, to, by, r.asOf())
	}
	r.agree(query.Encode(), report.KPIs, report.Groups, r.twin.KPIs(r.Config.Ref, from, to, nil, r.asOf())[0], groups, r.Config.Currency)
	if by == nil {
		r.compareRange(&report, from, to)
	}
}

// compareRange compares what answers of unknown kind leave open of the regulator's
// view.
func (r *trial) compareRange(report *reported, from, to time.Time) {
	exposed := r.twin.Exposure(r.Config.Ref, from, to)
	for _, k := range report.KPIs {
		if k.ID != "compliance_abandonment_rate" {
			continue
		}
		low, high := share(int64(exposed.Abandoned), int64(exposed.LowLive)), share(int64(exposed.HighAbandoned), int64(exposed.HighLive))
		if k.Range == nil || valueText(k.Range.Low) != low || valueText(k.Range.High) != high {
			r.Errorf("from %s to %s the range is %+v, the twin says %s – %s", from, to, k.Range, low, high)
		}
	}
}

// agree compares a report with the twin's figures.
func (w *world) agree(asked string, kpis []reportedKPI, inGroups []reportedGroup, whole twin.Group, groups []twin.Group, currency string) {
	w.Helper()
	got, want := map[string]string{}, map[string]string{}
	w.gather(got, "whole", kpis, currency)
	for _, g := range inGroups {
		w.gather(got, keyText(w.TB, g.Key), g.KPIs, currency)
	}
	w.expect(want, "whole", whole)
	for _, g := range groups {
		w.expect(want, keyText(w.TB, g.Key), g)
	}
	if diff := differences(got, want); diff != "" {
		w.Fatalf("%s:\n%s", asked, diff)
	}
}

func keyText(t testing.TB, key map[string]any) string {
	text, err := json.Marshal(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// gather writes the figures of an answered group as text.
func (w *world) gather(into map[string]string, key string, kpis []reportedKPI, currency string) {
	for _, k := range kpis {
		name := key + " " + k.ID
		if _, twice := into[name]; twice {
			w.Errorf("%s stands twice", name)
		}
		into[name] = fmt.Sprintf("%s = %s / %s, no data of %s", valueText(k.Value), partText(k.Numerator), partText(k.Denominator), partText(k.NoData))
		w.checkForm(name, k, currency)
	}
}

// checkForm holds to the contract what a figure says beside its parts.
func (w *world) checkForm(name string, k reportedKPI, currency string) {
	unit := w.units[k.ID]
	if unit == "money" {
		unit = currency
	}
	if k.Unit != unit || k.Mature == nil || k.DefinitionVersion < 1 {
		w.Errorf("%s: %+v", name, k)
	}
	if k.Unit != "proportion" || k.Value == nil {
		if k.Low != nil || k.High != nil {
			w.Errorf("%s has an interval: %+v", name, k)
		}
		return
	}
	low, value, high := number(k.Low), number(k.Value), number(k.High)
	if !(0 <= low && low <= value && value <= high && high <= 1) {
		w.Errorf("%s: %v ≤ %v ≤ %v does not hold within 0 and 1", name, k.Low, k.Value, k.High)
	}
}

func number(v any) float64 {
	n, _ := v.(json.Number)
	f, err := n.Float64()
	if err != nil {
		return -1
	}
	return f
}

// valueText writes a value as the number it stands for; money stays text.
func valueText(v any) string {
	if n, ok := v.(json.Number); ok {
		return strconv.FormatFloat(number(n), 'g', -1, 64)
	}
	return partText(v)
}

// partText writes a part of a figure exactly: 12.50 s and 12.5 s are the same,
// amounts are the same only to the letter.
func partText(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case json.Number:
		if exact, ok := new(big.Rat).SetString(v.String()); ok {
			return exact.RatString()
		}
	case string:
		return strconv.Quote(v)
	}
	return fmt.Sprintf("%v, a %T", v, v)
}

// expect writes the twin's figures the way gather does.
func (w *world) expect(into map[string]string, key string, g twin.Group) {
	for id, f := range g.Figures {
		unit, known := w.units[id]
		if !known {
			w.Fatalf("%s is not in the catalogue", id)
		}
		value, numerator, denominator, noData := "null", "null", "null", "null"
		if f.NoData != nil {
			noData = f.NoData.RatString()
		}
		if f.Numerator != nil {
			numerator = f.Numerator.RatString()
		}
		if f.Denominator != nil {
			denominator = f.Denominator.RatString()
		}
		if unit == "money" || id == "roi" {
			numerator = strconv.Quote(decimalText(f.Numerator, 2))
		}
		if id == "roi" { // one amount over another
			denominator = strconv.Quote(decimalText(f.Denominator, 2))
		}
		switch {
		case f.Value == nil:
		case unit == "money" && f.Denominator == nil:
			value = numerator
		case unit == "money":
			value = strconv.Quote(decimalText(f.Value, 4))
		default:
			nearest, _ := f.Value.Float64()
			value = strconv.FormatFloat(nearest, 'g', -1, 64)
		}
		into[key+" "+id] = fmt.Sprintf("%s = %s / %s, no data of %s", value, numerator, denominator, noData)
	}
}

// decimalText rounds half to even.
func decimalText(exact *big.Rat, digits int) string {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
	scaled := new(big.Rat).Mul(exact, new(big.Rat).SetInt(scale))
	whole, rest := new(big.Int).DivMod(scaled.Num(), scaled.Denom(), new(big.Int)) // rest ≥ 0
	if half := rest.Lsh(rest, 1).Cmp(scaled.Denom()); half > 0 || half == 0 && whole.Bit(0) == 1 {
		whole.Add(whole, big.NewInt(1))
	}
	return new(big.Rat).SetFrac(whole, scale).FloatString(digits)
}

func differences(got, want map[string]string) string {
	var lines []string
	for key, w := range want {
		if g, ok := got[key]; !ok || g != w {
			lines = append(lines, fmt.Sprintf("%s: got %q, the twin says %q", key, g, w))
		}
	}
	for key, g := range got {
		if _, ok := want[key]; !ok {
			lines = append(lines, fmt.Sprintf("%s: got %q, the twin has none", key, g))
		}
	}
	sort.Strings(lines)
	return strings.Join(lines[:min(len(lines), 40)], "\n")
}
