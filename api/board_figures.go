package api

import (
	"context"
	"fmt"
	"slices"

	"ringside/api/web"
	"ringside/campaign"
	"ringside/funnel"
)

// board reads what the pages of one campaign show, or of one queue, or of the whole
// installation's service.
type board struct {
	*subject
	store Store
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
	r, err := figures{b.store}.Report(ctx, b.ref, funnel.Query{Window: b.bounded(span, by), By: groupings, KPIs: kpis, NowMs: b.scope.nowMs, Level: b.scope.level, GroupsAlone: true})
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
		if m == funnel.NoMeasure || m == funnel.Agents || m == funnel.NpsNet || k.Quotient != nil || k.OfQueues() && b.root == servicePath || !mayAny(b.key, behindRights(m)) || len(b.scope.filters) > 0 && !sifted(m) {
			return ""
		}
		return b.scope.link(b.path("calls"), "kpi", k.ID, "part", part)
	}
	if f.Denominator = lead(k.Denominator, "denominator"); k.Percent == 0 {
		f.Numerator = lead(k.Numerator, "numerator")
	}
}

// path is that of a page of this campaign, queue or service.
func (b *board) path(page string) string {
	path := b.root
	if path != servicePath {
		_, ref := b.of.Named()
		path += "/" + segment(ref)
	}
	if page != "" {
		path += "/" + page
	}
	return path
}

// readHeadlines reads the figures a page begins with, compared with the period before, and
// the counts beside them.
func (b *board) readHeadlines(ctx context.Context) (h web.Headlines, r funnel.Report, err error) {
	if r, err = b.report(ctx, b.scope.span, append(slices.Clone(b.counts), b.headlines...)); err != nil {
		return h, r, err
	}
	var before funnel.Report
	if b.scope.compare {
		if before, err = b.report(ctx, previous{b.scope.span, b.scope.nowMs}, b.headlines); err != nil {
			return h, r, err
		}
	}
	h, err = b.cards(ctx, &r, &before, b.counts, b.headlines)
	return h, r, err
}

// cards writes figures of a report, compared with the report of the period before where
// there is one, and counts.
func (b *board) cards(ctx context.Context, r, before *funnel.Report, counts, kpis []*funnel.KPI) (h web.Headlines, err error) {
	frame := newFigureFrame(&r.About, b.scope.nowMs)
	if before.Whole != nil {
		h.Before = web.Window(before.Window.FromMs, before.Window.ToMs, campaign.NewCalendar(r.Campaign.Location()))
	}
	for _, k := range counts {
		f := b.figure(k, r.Whole, frame)
		b.linkFacts(&f, k)
		h.Counts = append(h.Counts, f)
	}
	for _, k := range kpis {
		f := b.figure(k, r.Whole, frame)
		b.linkFacts(&f, k)
		if before.Whole != nil && f.Value != "" {
			now, err := b.soFar(ctx, k, r, frame)
			if err != nil {
				return h, err
			}
			f.Change = newChange(k, now, before.Whole, &f, web.CoinOf(&r.Campaign.Config))
			if f.Change != nil && (k.AwaitsSales() && !frame.settled || k.SettlesMs > 0 && f.Young) {
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
	case slices.ContainsFunc(h.Figures, func(f web.Figure) bool { return f.Young }):
		h.Young = web.T("headlines.repeats", "n", int64(funnel.RepeatMs/86_400_000))
	}
	return h, nil
}

// newChange compares a figure with the one before, and says what was compared where that
// is not what is shown.
func newChange(k *funnel.KPI, now, before *funnel.Sums, shown *web.Figure, coin web.Coin) *web.Change {
	change := web.NewChange(k.Figure(now), k.Figure(before), coin)
	if value := web.Value(k.Figure(now), coin); change != nil && value != shown.Value {
		change.Now = value
	}
	return change
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
