package api

import (
	"context"

	"ringside/api/web"
	"ringside/funnel"
)

// ownShown bounds the KPIs of callers' own that a campaign's page lists.
const ownShown = 100

// own reads the KPIs of callers' own that are told of the campaign, each with links to
// what lies behind all that its formula reads.
func (s *Server) own(ctx context.Context, b *board) (rows []web.OwnKPI, err error) {
	shelf, err := s.shelf(ctx, b.key)
	if err != nil {
		return nil, err
	}
	var kpis []*funnel.KPI
	for _, k := range shelf.Customs() {
		if k.At(funnel.AtCampaigns) && len(kpis) < ownShown {
			kpis = append(kpis, k)
		}
	}
	if len(kpis) == 0 {
		return nil, nil
	}
	r, err := b.report(ctx, b.scope.span, kpis)
	if err != nil {
		return nil, err
	}
	frame := newFigureFrame(&r.About, b.scope.nowMs)
	for _, k := range kpis {
		row := web.OwnKPI{Figure: b.figure(k, r.Whole, frame)}
		for _, input := range k.Inputs() {
			link := web.Link{Text: input.Name}
			m := funnel.OwnValues
			if input.Own == "" {
				m, _ = readMeasure(input.KPI, input.KPI.ID, input.Part, b.ref)
			}
			if m != funnel.NoMeasure && mayAny(b.key, behindRights(m)) && k.Serves(b.scope.by()) && (len(b.scope.filters) == 0 || sifted(m)) {
				link.Href = b.scope.link(b.path("calls"), "kpi", k.ID, "part", input.Name)
			}
			row.Inputs = append(row.Inputs, link)
		}
		rows = append(rows, row)
	}
	return rows, nil
}
