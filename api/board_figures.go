package api

import (
	"context"
	"fmt"
	"slices"

	"ringside/api/web"
	"ringside/campaign"
	"ringside/funnel"
)

// board reads what the pages of one campaign show.
type board struct {
	store reportStore
	ref   string
	// of is the campaign as it was read last, with the figures where there are any.
	of    *campaign.Campaign
	scope *scope
	key   *campaign.AccessKey
}

// report asks for figures in the scope, over a span of it, in groups: those of the
// calls that pass its filters. What the filters do not serve is left out.
func (b *board) report(ctx context.Context, span funnel.Span, kpis []*funnel.KPI, by ...funnel.GroupBy) (funnel.Report, error) {
	filters := b.scope.by()
	groupings := slices.Clone(filters)
	for _, g := range by {
		if !slices.Contains(groupings, g) { // a filter's own groups come from roll-ups
			groupings = append(groupings, g)
		}
	}
	r, err := b.store.Report(ctx, b.ref, funnel.Query{Window: b.bounded(span, by), By: groupings, KPIs: kpis, NowMs: b.scope.nowMs, GroupsAlone: true})
	if err == nil {
		b.of = &r.Campaign
	}
	if err != nil || len(filters) == 0 {
		return r, err
	}
	whole := &funnel.Sums{}
	r.Groups = slices.DeleteFunc(r.Groups, func(g funnel.ReportGroup) bool { return !b.scope.keeps(g.Key) })
	for i := range r.Groups {
		all := r.Groups[i].Key
		r.Groups[i].Key = make([]any, len(by))
		for n, g := range by {
			r.Groups[i].Key[n] = all[slices.Index(groupings, g)]
		}
		whole = r.Groups[i].Sums
	}
	if r.Whole = whole; len(by) > 0 {
		r.Whole = nil // the groups do not add up to it
	}
	return r, nil
}

// keeps reports whether a group's key begins with the values of the filters.
func (sc *scope) keeps(key []any) bool {
	for i, f := range sc.filters {
		if f.Value != keyText(key[i]) {
			return false
		}
	}
	return true
}

// keyText is a group's key as it stands in an address; "" for facts without the
// attribute.
func keyText(key any) string {
	if key == nil {
		return ""
	}
	return fmt.Sprint(key)
}

// bounded refuses a long span where every call is to be read: for several filters, and
// by the leads' own clocks.
func (b *board) bounded(span funnel.Span, by []funnel.GroupBy) funnel.Span {
	if b.scope.several() || slices.Contains(by, funnel.ByLeadHourOfWeek) {
		return shortSpan{span}
	}
	return span
}

// shortSpan is a span of at most filteredDays, for what is counted from the calls
// themselves.
type shortSpan struct{ of funnel.Span }

// Cut implements funnel.Span.
func (s shortSpan) Cut(cal *campaign.Calendar) (funnel.Window, error) {
	w, err := s.of.Cut(cal)
	if err == nil && cal.DayOf(w.ToMs)-cal.DayOf(w.FromMs) > filteredDays {
		err = campaign.Invalidf("too_many_days", "to", "this is answered from the calls themselves, of at most %d days; ask for fewer days, or for one filter and the campaign's own zone", filteredDays)
	}
	return w, err
}

// figure writes one KPI of a report's sums, as far as the filters serve it.
func (b *board) figure(k *funnel.KPI, sums *funnel.Sums, frame *figureFrame) web.Figure {
	if by := b.scope.by(); !k.Serves(by) || k.NeedsRates(by) && !frame.of.Rates.Some() {
		return web.Figure{ID: k.ID, Name: k.Name, Formula: k.Formula, Missing: web.T("figure.not_served")}
	}
	f := web.NewFigure(k.Figure(sums), sums, web.Coin{Code: frame.currency, Digits: frame.digits})
	f.Young = f.Value != "" && !frame.mature(k)
	return f
}

// linkFacts leads from a figure to the facts behind its parts, as far as the key may
// read them.
func (b *board) linkFacts(f *web.Figure, k *funnel.KPI) {
	if f.Missing != "" && f.Fraction == "" {
		return
	}
	lead := func(m funnel.Measure, part string) string {
		if m == funnel.NoMeasure || m == funnel.Agents || !mayAny(b.key, behindRights(m)) || len(b.scope.filters) > 0 && !sifted(m) {
			return ""
		}
		return b.scope.link(b.path("calls"), "kpi", k.ID, "part", part)
	}
	if f.Denominator = lead(k.Denominator, "denominator"); k.Percent == 0 {
		f.Numerator = lead(k.Numerator, "numerator")
	}
}

// path is that of a page of this campaign.
func (b *board) path(page string) string {
	path := "/campaigns/" + segment(b.ref)
	if page != "" {
		path += "/" + page
	}
	return path
}

// headlines reads the five figures, compared with the period before, and the counts
// beside them.
func (b *board) headlines(ctx context.Context) (h web.Headlines, r funnel.Report, err error) {
	kpis := append(slices.Clone(counts), headlines...)
	if r, err = b.report(ctx, b.scope.span, kpis); err != nil {
		return h, r, err
	}
	frame := newFigureFrame(&r.About, b.scope.nowMs)
	var before funnel.Report
	if b.scope.compare {
		if before, err = b.report(ctx, previous{b.scope.span, b.scope.nowMs}, headlines); err != nil {
			return h, r, err
		}
		cal := campaign.NewCalendar(r.Campaign.Location())
		h.Before = web.Window(before.Window.FromMs, before.Window.ToMs, cal)
	}
	for _, k := range kpis {
		f := b.figure(k, r.Whole, frame)
		b.linkFacts(&f, k)
		if slices.Contains(counts, k) {
			h.Counts = append(h.Counts, f)
			continue
		}
		if b.scope.compare && f.Value != "" {
			now, err := b.soFar(ctx, k, &r, frame)
			if err != nil {
				return h, r, err
			}
			coin := web.CoinOf(&r.Campaign.Config)
			if f.Change = web.NewChange(k.Figure(now), k.Figure(before.Whole), coin); f.Change != nil && web.Value(k.Figure(now), coin) != f.Value {
				f.Change.Now = web.Value(k.Figure(now), coin)
			}
			if f.Change != nil && k.AwaitsSales() && !frame.settled {
				f.Change.Verdict = web.Early
			}
		}
		h.Figures = append(h.Figures, f)
	}
	switch {
	case !frame.over:
		h.Young = web.T("headlines.not_over")
	case !frame.settled:
		h.Young = web.T("headlines.not_settled", "n", *r.Campaign.ConversionWindowDays)
	}
	return h, r, nil
}

// soFar are the sums of a report that a KPI is compared by. Where the days are not over
// their costs are whole, but calls come from what is over alone: so only that counts.
func (b *board) soFar(ctx context.Context, k *funnel.KPI, r *funnel.Report, frame *figureFrame) (*funnel.Sums, error) {
	if k.Numerator != funnel.OperatingCost || frame.over {
		return r.Whole, nil
	}
	over, err := b.report(ctx, soFar{b.scope.span, b.scope.nowMs}, []*funnel.KPI{k})
	return over.Whole, err
}

// counts stand beside the headlines.
var counts = findKPIs("leads", "dials", "leads_dialed", "live_answer_rate", "sales", "revenue")
