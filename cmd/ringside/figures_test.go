package main

import (
	"bytes"
	"encoding/json"
	"math/big"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"ringside/funnel/twin"
)

// answeredKPI is a figure as it is answered.
type answeredKPI struct {
	ID                            string
	Numerator, Denominator, Value any
}

// answered is a report as it is answered.
type answered struct {
	AsOf       time.Time `json:"as_of"`
	Recounting bool
	KPIs       []answeredKPI
	Groups     []struct {
		Key  map[string]any
		KPIs []answeredKPI
	}
}

// reportPath asks for all KPIs of a window.
func reportPath(campaign string, from, to time.Time, by ...string) string {
	query := url.Values{"from": {from.Format(time.RFC3339Nano)}, "to": {to.Format(time.RFC3339Nano)}}
	if len(by) > 0 {
		query.Set("group_by", strings.Join(by, ","))
	}
	return "/v1/campaigns/" + campaign + "/kpis?" + query.Encode()
}

func readReport(t testing.TB, body []byte) (a answered) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&a); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return a
}

// figures writes each figure as its exact fraction, by group and KPI.
func (a *answered) figures(t testing.TB) map[string]string {
	t.Helper()
	figures := map[string]string{}
	gather := func(group string, kpis []answeredKPI) {
		for _, k := range kpis {
			numerator := exact(t, k.Numerator)
			if k.Numerator == nil {
				numerator = "percentile 0"
				if k.Value != nil {
					numerator = "percentile " + exact(t, k.Value)
				}
			}
			figures[group+" "+k.ID] = numerator + " / " + exact(t, k.Denominator)
		}
	}
	gather("whole", a.KPIs)
	for _, g := range a.Groups {
		gather(keyText(t, g.Key), g.KPIs)
	}
	return figures
}

// exact writes a number, or an amount, as a fraction.
func exact(t testing.TB, part any) string {
	t.Helper()
	var text string
	switch part := part.(type) {
	case nil:
		return "-"
	case json.Number:
		text = part.String()
	case string:
		text = part
	}
	number, ok := new(big.Rat).SetString(text)
	if !ok {
		t.Fatalf("%v is no number", part)
	}
	return number.RatString()
}

func keyText(t testing.TB, key map[string]any) string {
	t.Helper()
	text, err := json.Marshal(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// twinFigures is what the twin says to the same question.
func twinFigures(t testing.TB, world *twin.World, campaign string, from, to, asOf time.Time, by ...string) map[string]string {
	t.Helper()
	figures := map[string]string{}
	gather := func(group string, of map[string]twin.Figure) {
		for id, f := range of {
			figures[group+" "+id] = showFraction(f)
		}
	}
	gather("whole", world.KPIs(campaign, from, to, nil, asOf)[0].Figures)
	if len(by) > 0 {
		for _, g := range world.KPIs(campaign, from, to, by, asOf) {
			gather(keyText(t, g.Key), g.Figures)
		}
	}
	return figures
}

// sameAsTwin asks the server for a window and holds the answer to the twin.
func (p *process) sameAsTwin(world *twin.World, campaign string, from, to time.Time, by ...string) {
	p.Helper()
	path := reportPath(campaign, from, to, by...)
	report := readReport(p, p.ask(200, "GET", path, "").body)
	sameFigures(p, path, report.figures(p), twinFigures(p, world, campaign, from, to, report.AsOf, by...))
}

func sameFigures(t testing.TB, what string, got, want map[string]string) {
	t.Helper()
	if len(want) == 0 {
		t.Fatalf("%s: there is nothing to compare with", what)
	}
	var wrong []string
	for name, w := range want {
		if g := got[name]; g != w {
			wrong = append(wrong, name+": answered "+g+", want "+w)
		}
	}
	for name, g := range got {
		if _, known := want[name]; !known {
			wrong = append(wrong, name+": answered "+g+", want none")
		}
	}
	slices.Sort(wrong)
	if len(wrong) > 0 {
		t.Fatalf("%s:\n%s", what, strings.Join(wrong[:min(len(wrong), 30)], "\n"))
	}
}
