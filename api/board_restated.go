package api

import (
	"context"
	"math/big"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"ringside/api/web"
	"ringside/campaign"
	"ringside/funnel"
)

// restatedView shows how a month that was closed is not what it was.
func (s *Server) restatedView(c *gin.Context, of *campaign.Campaign, month campaign.Day) (*web.Restated, error) {
	var r funnel.Restated
	var facts []funnel.RestatedFact
	var next *funnel.FactCursor
	err := s.store.Together(c.Request.Context(), func(ctx context.Context) (err error) {
		if r, err = s.store.Restated(ctx, of.Ref, month, s.now().UnixMilli()); err == nil {
			facts, next, err = s.store.RestatedFacts(ctx, of.Ref, month, funnel.FactCursor{}, restatedShown)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	cal := campaign.NewCalendar(of.Location())
	v := &web.Restated{Since: clockTime(r.KnownMs, of.Location()), More: next != nil}
	for i := range r.Restatements {
		v.Rows = append(v.Rows, restatedRow(&r.Restatements[i], web.CoinOf(&of.Config)))
	}
	for _, change := range r.Changes {
		v.Changes = append(v.Changes, web.T("restated_change."+change.What, "name", change.Name)+when(change, cal))
	}
	for i := range facts {
		v.Facts = append(v.Facts, restatedFactRows(of, &facts[i], keyOf(c))...)
	}
	path := "/v1/periods/" + month.MonthText()
	link := func(what, format string) string {
		return path + what + "?" + url.Values{"campaign": {of.Ref}, "format": {format}}.Encode()
	}
	v.Files = []web.Link{{Text: web.T("restated.frozen_csv"), Href: link("", formatCSV)}, {Text: web.T("restated.frozen_xlsx"), Href: link("", formatXLSX)},
		{Text: web.T("restated.csv"), Href: link("/restatements", formatCSV)}, {Text: web.T("restated.xlsx"), Href: link("/restatements", formatXLSX)}}
	return v, nil
}

// when says in brackets when something came and from whom, where that is known.
func when(change funnel.Change, cal *campaign.Calendar) string {
	switch {
	case change.AtMs == campaign.None:
		return ""
	case change.By.ID == "":
		return " (" + clockTime(change.AtMs, cal.Location()) + ")"
	}
	return " (" + web.T("month.by", "when", clockTime(change.AtMs, cal.Location()), "who", actorText(change.By)) + ")"
}

// restatedRow writes a figure before, after, and the difference of both.
func restatedRow(r *funnel.Restatement, coin web.Coin) web.RestatedRow {
	row := web.RestatedRow{ID: r.ID, Redefined: r.Redefined()}
	side := func(f *funnel.Figure) (text, fraction string) {
		if f == nil {
			return web.T("restated.none"), ""
		}
		if row.Name, row.Formula = f.KPI.Name, f.KPI.Formula; !f.Defined() {
			return web.T("figure.no_data"), web.Fraction(*f, coin)
		}
		return web.Value(*f, coin), web.Fraction(*f, coin)
	}
	row.Before, row.BeforeFraction = side(r.Before)
	row.After, row.AfterFraction = side(r.After)
	if row.Redefined {
		return row
	}
	row.DifferenceFraction = differenceParts(r, coin)
	if !r.Before.Defined() || !r.After.Defined() {
		row.Difference = "–"
		return row
	}
	exact := new(big.Rat).Sub(r.After.Exact(), r.Before.Exact())
	if r.Before.KPI.Custom != nil {
		value, _ := exact.Float64()
		row.Difference = web.Signed(value, 2)
		return row
	}
	switch k := r.Before.KPI; k.Unit {
	case funnel.Proportion:
		points, _ := new(big.Rat).Mul(exact, big.NewRat(100, 1)).Float64()
		row.Difference = web.T("change.points", "by", web.Signed(points, 2))
	case funnel.Count:
		row.Difference = web.Signed(float64(r.After.Numerator-r.Before.Numerator), 0)
	case funnel.Money:
		if row.Difference = web.Money(r.After.Numerator-r.Before.Numerator, coin.Digits, coin.Code); k.Denominator != funnel.NoMeasure {
			row.Difference = web.Amount(funnel.RatText(exact, coin.Digits), coin)
		}
	default:
		value, _ := exact.Float64()
		row.Difference = web.Signed(value, 2)
	}
	if exact.Sign() > 0 && !strings.HasPrefix(row.Difference, "+") {
		row.Difference = "+" + row.Difference
	}
	return row
}

// differenceParts writes by how much both parts of a figure moved, "" for a plain count.
func differenceParts(r *funnel.Restatement, coin web.Coin) string {
	k := r.Before.KPI
	if k.Denominator == funnel.NoMeasure || k.Percent > 0 {
		return ""
	}
	return web.Fraction(funnel.Figure{KPI: k, Numerator: r.After.Numerator - r.Before.Numerator, Denominator: r.After.Denominator - r.Before.Denominator}, coin)
}

// restatedFactRows writes what each version of a fact changed, a row a version.
func restatedFactRows(of *campaign.Campaign, f *funnel.RestatedFact, key *campaign.AccessKey) (rows []web.RestatedFact) {
	for _, version := range f.Versions {
		row := web.RestatedFact{Kind: web.T("restated_kind." + f.Kind.String()), Ref: f.Ref, At: clockTime(version.ArrivedMs, of.Location()), By: version.Dialer}
		if row.By == "" && version.By.ID != "" {
			row.By = actorText(version.By)
		}
		if f.Kind == campaign.KindAttempt && may(key, readFacts) {
			row.Href = "/campaigns/" + segment(of.Ref) + "/calls/" + segment(f.Ref)
		}
		for _, change := range version.Fields {
			field := f.Kind.Fields()[change.Field]
			if field.Name == "" {
				continue
			}
			text := func(v campaign.Value, null bool) string {
				shown := !f.Shared || may(key, shareCosts)
				if shown && !may(key, seePhones) {
					v, shown = masked(field, v)
				}
				switch {
				case !shown:
					return "…"
				case null:
					return "–"
				}
				return fieldText(field, v, &of.Config, of.Location())
			}
			name := web.Hint("field." + field.Name)
			if name == "" {
				name = field.Name
			}
			row.Fields = append(row.Fields, web.T("restated.field", "field", name, "before", text(change.Before, change.BeforeNull), "after", text(change.After, change.NowNull)))
		}
		rows = append(rows, row)
	}
	return rows
}
