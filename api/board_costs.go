package api

import (
	"context"
	"math/big"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"ringside/api/web"
	"ringside/campaign"
	"ringside/funnel"
)

// costed are the figures over time of the page of costs; costCounts is what else it is
// made of.
var (
	costed     = findKPIs("cost_per_call", "cost_per_contact", "cost_per_lead", "cost_per_sale")
	costCounts = findKPIs("operating_cost", "lead_cost", "rated_telephony", "rated_labour", "dials", "sales", "revenue")
)

// costGrains are the groupings by time, with the longest window that is cut so unless
// another is asked for.
var costGrains = []struct {
	by   funnel.GroupBy
	days campaign.Day
}{{funnel.ByDay, 62}, {funnel.ByWeek, 400}, {funnel.ByMonth, 1 << 30}}

const costsPath = "costs"

// lookAtCosts shows what a campaign's calls cost.
func (s *Server) lookAtCosts(c *gin.Context) (*web.Page, error) {
	b, err := s.board(c)
	if err != nil {
		return nil, err
	}
	by := funnel.GroupBy(c.Query("grain"))
	if by != "" && by != funnel.ByDay && by != funnel.ByWeek && by != funnel.ByMonth {
		return nil, campaign.Invalidf("invalid_choice", "grain", "%q is not a grain; send day, week or month", by)
	}
	var v *web.Costs
	err = s.store.Together(c.Request.Context(), func(ctx context.Context) (err error) {
		v, err = s.costsView(ctx, b, by)
		return err
	})
	if err != nil {
		return nil, err
	}
	targets, err := s.targetsAt(c.Request.Context(), b.of, b.scope.span)
	if err != nil {
		return nil, err
	}
	setBeside(targets, v.Figures)
	v.Scope = b.words(c, "grain")
	v.Places, v.Waterfall.CSV = costPlaces(b.of.Ref), sheetLink(c)
	page := &web.Page{Title: web.T("costs.title", "campaign", b.of.Name), View: v, Trail: b.trail()}
	return at(page, s.now(), b.of), nil
}

// costPlaces lead to where the money of a campaign is told.
func costPlaces(ref string) []web.Link {
	settings := "/settings/campaigns/" + segment(ref)
	return []web.Link{{Text: web.T("costs.rates"), Href: settings + "/rates"}, {Text: web.T("costs.enter"), Href: settings + "/entry"}, {Text: web.T("finance.title"), Href: "/finance?" + url.Values{"q": {ref}}.Encode()}}
}

func (s *Server) costsView(ctx context.Context, b *board, by funnel.GroupBy) (*web.Costs, error) {
	r, err := b.report(ctx, b.scope.span, slices.Concat(costed, costCounts))
	if err != nil {
		return nil, err
	}
	of := &r.Campaign
	v := &web.Costs{Name: of.Name, Ref: of.Ref, Recounting: of.Wanted != nil}
	frame := newFigureFrame(&r.About, b.scope.nowMs)
	for _, k := range costed {
		f := b.figure(k, r.Whole, frame)
		b.linkFacts(&f, k)
		v.Figures = append(v.Figures, f)
	}
	if v.Series, err = b.costSeries(ctx, r.Window, by); err != nil {
		return nil, err
	}
	for _, g := range costGrains {
		v.Grains = append(v.Grains, web.Link{Text: web.T("grain." + string(g.by)), Href: b.scope.link(b.path(costsPath), "grain", string(g.by)), Current: v.Series.Grain == web.T("grain."+string(g.by))})
	}
	fall, err := s.store.Waterfall(ctx, b.ref, r.Window)
	if err != nil {
		return nil, err
	}
	v.Waterfall = b.waterfall(&fall, &r, v.Figures[0])
	_, points, err := s.store.Curve(ctx, b.ref, r.Window)
	v.Marginal = marginal(&r, points)
	v.Marginal.CSV = b.csv(&r.About, "attempt-curve")
	return v, err
}

// costSeries reads what calls, contacts, leads and sales cost over time.
func (b *board) costSeries(ctx context.Context, w funnel.Window, by funnel.GroupBy) (v web.CostSeries, err error) {
	cal := campaign.NewCalendar(b.of.Location())
	for i := 0; by == ""; i++ {
		if cal.DayOf(w.ToMs)-cal.DayOf(w.FromMs) <= costGrains[i].days {
			by = costGrains[i].by
		}
	}
	r, err := b.report(ctx, w, costed, by)
	if err != nil {
		return v, err
	}
	frame := newFigureFrame(&r.About, b.scope.nowMs)
	v = web.CostSeries{Grain: web.T("grain." + string(by)), Files: b.costFiles(&r.About, by)}
	values := make([][]float64, len(costed))
	for _, g := range r.Groups {
		fromMs, toMs, label := bucket(by, keyText(g.Key[0]), cal)
		row := web.CostRow{Label: label}
		days := *b.scope
		days.preset, days.from, days.to = "", cal.DayOf(max(fromMs, w.FromMs)).String(), cal.DayOf(min(toMs, w.ToMs)).String()
		within := *b
		within.scope = &days
		for i, k := range costed {
			f := b.figure(k, g.Sums, frame)
			f.Young = f.Value != "" && !frame.matureAt(k, min(toMs, w.ToMs))
			within.linkFacts(&f, k)
			v.Young = v.Young || f.Young
			value := 0.0
			if figure := k.Figure(g.Sums); figure.Defined() {
				value = figure.Value()
			}
			row.Cells, values[i] = append(row.Cells, f), append(values[i], value)
		}
		v.Rows = append(v.Rows, row)
	}
	for i, k := range costed {
		v.Charts = append(v.Charts, web.NewBarChart(k, v.Rows, values[i], i))
	}
	return v, nil
}

// costFiles are where the API has the same as the table over time.
func (b *board) costFiles(about *funnel.About, by funnel.GroupBy) []web.Link {
	zone := about.Campaign.Location()
	v := url.Values{"from": {local(about.Window.FromMs, zone)}, "to": {local(about.Window.ToMs, zone)}, "group_by": {string(by)}}
	var ids []string
	for _, k := range costed {
		ids = append(ids, k.ID)
	}
	v.Set("kpi", strings.Join(ids, ","))
	link := func(text, format string) web.Link {
		v.Set("format", format)
		return web.Link{Text: web.T(text), Href: "/v1/campaigns/" + segment(b.ref) + "/kpis?" + v.Encode()}
	}
	return []web.Link{link("table.csv", formatCSV), link("costs.xlsx", formatXLSX)}
}

// waterfall puts the steps to the cost of a call into words and draws them.
func (b *board) waterfall(fall *funnel.Waterfall, r *funnel.Report, perCall web.Figure) web.Waterfall {
	coin, dials := web.CoinOf(&r.Campaign.Config), r.Whole.Get(funnel.Dials)
	money := func(minor int64) string { return web.Money(minor, coin.Digits, coin.Code) }
	v := web.Waterfall{PerCall: perCall, Entries: perCall.Numerator, Nothing: len(fall.Steps) == 0}
	if fall.UnallocatedMinor != 0 && may(b.key, shareCosts) {
		v.Unallocated = money(fall.UnallocatedMinor)
	}
	operating := r.Whole.Get(funnel.OperatingCost)
	if dials == 0 && operating != 0 {
		v.Unborne = money(operating)
	}
	amounts := make([]int64, len(fall.Steps))
	for i := range fall.Steps {
		amounts[i] = fall.Steps[i].Minor
	}
	scale, now := web.NewWaterfallScale(amounts), int64(0)
	add := func(step web.WaterfallStep, from, to int64) {
		step.Amount = money(to - from)
		if dials > 0 {
			step.PerCall = web.Amount(funnel.RatioText(to-from, dials, coin.Digits), coin)
		}
		scale.Draw(&step, from, to)
		v.Steps = append(v.Steps, step)
	}
	sum := func(name string, minor int64) { add(web.WaterfallStep{Name: web.T(name), Sum: true}, 0, minor) }
	summed := false
	for i := range fall.Steps {
		step := &fall.Steps[i]
		if !step.Operating() && !summed {
			sum("waterfall.operating", now)
			summed = true
		}
		shown := web.WaterfallStep{Name: web.T("waterfall."+originOf(step), "category", web.T("choice."+campaign.CostCategoryNames[step.Category-1])), Detail: web.T("kind_count.cost", "n", step.Entries)}
		if step.Rated {
			shown.Detail = ""
		} else if step.LeftOut != 0 {
			shown.Detail += web.T("waterfall.left_out", "amount", money(step.LeftOut))
		}
		add(shown, now, now+step.Minor)
		now += step.Minor
	}
	switch {
	case v.Nothing:
	case summed:
		sum("waterfall.total", now)
	default:
		sum("waterfall.operating", now)
	}
	return v
}

// originOf says where a step's amount comes from.
func originOf(step *funnel.CostStep) string {
	switch {
	case step.Rated && step.Category == campaign.LeadPurchase:
		return "priced"
	case step.Rated:
		return "rated"
	case step.Shared:
		return "shared"
	}
	return "entered"
}

// marginal holds what the next attempt costs against what it brings.
func marginal(r *funnel.Report, points []funnel.CurvePoint) (v web.Marginal) {
	coin := web.CoinOf(&r.Campaign.Config)
	revenue, sales := r.Whole.Get(funnel.RevenueMinor), r.Whole.Get(funnel.Sales)
	var flat *funnel.Figure
	v.Basis = web.T("marginal.rated")
	if !r.Rated {
		figure := costed[0].Figure(r.Whole)
		if flat = &figure; !figure.Defined() {
			v.Missing = web.T("marginal.no_dials")
			return v
		}
		if shown := web.NewFigure(figure, r.Whole, coin); shown.Value == "" {
			v.Missing = web.T("marginal.no_costs")
			return v
		}
		v.Basis = web.T("marginal.flat", "cost", web.Value(figure, coin))
	}
	all := funnel.Marginals(points, revenue, sales, flat)
	if len(all) == 0 {
		v.Missing = web.T("marginal.no_sales")
		return v
	}
	amount := func(rat *big.Rat) string { return web.Amount(funnel.RatText(rat, coin.Digits), coin) }
	v.Sale = web.T("marginal.sale", "each", amount(big.NewRat(revenue, sales)), "revenue", web.Money(revenue, coin.Digits, coin.Code), "n", sales)
	switch stop, stops := funnel.StopsPaying(all); {
	case !stops:
		v.Verdict = web.T("marginal.pays", "last", all[len(all)-1].N)
	case stop == all[0].N:
		v.Verdict = web.T("marginal.never")
	default:
		v.Verdict = web.T("marginal.stops", "attempt", stop)
	}
	var costs, returns []float64
	for i := range all[:min(len(all), curveMost)] {
		m := &all[i]
		point := web.MarginalPoint{N: web.Number(m.N), Reached: web.Number(m.Reached), Won: web.Number(m.Won), Cost: amount(m.Cost), Return: amount(m.Return),
			Margin: amount(new(big.Rat).Sub(m.Return, m.Cost)), Conversion: web.Percent(share(m.Won, m.Reached), 2), Pays: m.Pays()}
		low, high := funnel.Wilson(m.Won, m.Reached)
		point.Interval = web.Decimal(100*low, 1) + "–" + web.Percent(high, 1)
		v.Points = append(v.Points, point)
		cost, _ := m.Cost.Float64()
		brings, _ := m.Return.Float64()
		costs, returns = append(costs, cost), append(returns, brings)
	}
	v.More = len(all) - len(v.Points)
	v.Draw(costs, returns)
	return v
}
