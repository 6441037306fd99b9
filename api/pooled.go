package api

import (
	"context"
	"slices"

	"github.com/gin-gonic/gin"

	"ringside/campaign"
	"ringside/funnel"
)

// pooledMost bounds the campaigns of one pooled report.
const pooledMost = 1000

// getPooled reports on several campaigns together. Dates mean each campaign's own
// local days.
func (s *Server) getPooled(c *gin.Context) error {
	format, err := reportFormat(c)
	if err != nil {
		return err
	}
	refs, err := s.pooledCampaigns(c)
	if err != nil {
		return err
	}
	q, by, named, err := s.pooledQuestion(c)
	if err != nil {
		return err
	}
	q.NowMs = s.now().UnixMilli()
	reports := make([]funnel.Report, len(refs))
	var beside *aims
	err = s.atOnce(c.Request.Context(), q.AsOf, func(ctx context.Context) (err error) {
		for i, ref := range refs {
			if reports[i], err = s.store.Report(ctx, ref, q); err != nil {
				return err
			}
		}
		beside, err = s.aimsAt(ctx, q.KPIs, q.AsOf, reports...)
		return err
	})
	if err != nil {
		return err
	}
	var all []*funnel.Report
	for i := range reports {
		all = append(all, &reports[i])
	}
	used, err := s.exchange(c, all...)
	if err == nil {
		err = checkRated(named, by, reports...)
	}
	if err != nil {
		return err
	}
	kpis, err := oneCurrency(reports, named, q.KPIs)
	if err != nil {
		return err
	}
	if len(used) > 0 {
		kpis = exchangeable(kpis)
	}
	served := funnel.Served(kpis, by, reports...)
	whole, groups := funnel.Pool(reports, by, served)
	a := ReportAnswer{Report: funnel.Report{Whole: whole, Groups: groups}, By: by, KPIs: kpis, Served: served, Exchanged: used, aims: beside}
	if n := len(groups) * len(kpis); n > figuresMost {
		return campaign.Invalidf("too_many_groups", "group_by", "%d figures are over the limit of %d; name fewer KPIs, a shorter window or a coarser grouping", n, figuresMost)
	}
	frame := pooledFrame(reports)
	return sendReport(c, format, func() document {
		d := document{'{'}
		d.pooledNames(reports)
		d.pooledHead(c, reports)
		d.told(reports...)
		d.exchanged(used)
		d.figuresAndGroups(&a, frame)
		d.close('}')
		return d
	}, func() ([]byte, error) {
		head := document{'{'}
		head.pooledHead(c, reports)
		return a.table(format, head, []string{"from", "to", "time_zone", "as_of"}, frame)
	})
}

// replayed reports whether any of the reports is of the past.
func replayed(reports []funnel.Report) bool {
	return slices.ContainsFunc(reports, func(r funnel.Report) bool { return r.Replayed || r.Closing != nil })
}

// pooledFrame is mature where every campaign is.
func pooledFrame(reports []funnel.Report) *figureFrame {
	frame := newFigureFrame(&reports[0].About, reports[0].AsOfMs)
	for i := range reports {
		own := newFigureFrame(&reports[i].About, reports[i].AsOfMs)
		frame.settled, frame.over = frame.settled && own.settled, frame.over && own.over
	}
	return frame
}

// pooledCampaigns reads which campaigns are pooled: refs or ids with commas
// between, or * for all.
func (s *Server) pooledCampaigns(c *gin.Context) (refs []string, err error) {
	all, err := s.campaigns(c)
	if err != nil {
		return nil, err
	}
	names, err := listParam(c, "campaigns")
	if err != nil {
		return nil, err
	}
	if slices.Equal(names, []string{"*"}) {
		for i := range all {
			refs = append(refs, all[i].Ref)
		}
		if len(refs) == 0 {
			err = campaign.NotFoundf("campaigns", "there is no campaign yet; create one with PUT /v1/campaigns/{ref}")
		}
		return refs, err
	}
	if len(names) == 0 || len(names) > pooledMost {
		return nil, campaign.Invalidf("missing_parameter", "campaigns", "campaigns names %d; send 1 to %d refs with commas between, or * for all", len(names), pooledMost)
	}
	for _, name := range names {
		i := slices.IndexFunc(all, func(one campaign.Campaign) bool { return one.Ref == name || one.ID().String() == name })
		if i < 0 {
			return nil, campaign.Invalidf("unknown_campaign", "campaigns", "there is no campaign %q; GET /v1/campaigns lists them", name)
		}
		if !slices.Contains(refs, all[i].Ref) {
			refs = append(refs, all[i].Ref)
		}
	}
	return refs, nil
}

// pooledQuestion reads what each campaign is asked, and the groupings, to which
// campaign belongs here.
func (s *Server) pooledQuestion(c *gin.Context) (q funnel.Query, by []funnel.GroupBy, named []*funnel.KPI, err error) {
	request, err := readReportRequest(c)
	if err != nil {
		return q, nil, nil, err
	}
	if request.Shelf, err = s.shelf(c.Request.Context(), keyOf(c)); err != nil {
		return q, nil, nil, err
	}
	at := slices.Index(request.GroupBy, string(funnel.ByCampaign))
	if at >= 0 {
		request.GroupBy = slices.Delete(request.GroupBy, at, at+1)
	}
	read, err := request.Read()
	if err != nil {
		return q, nil, nil, err
	}
	q = read.query
	q.NameAgents = true
	by = slices.Clone(q.By)
	if at >= 0 {
		by = slices.Insert(by, at, funnel.ByCampaign)
	}
	return q, by, read.named, nil
}

// oneCurrency leaves money out where the campaigns have several currencies, and
// refuses it where it was asked for by name. The result is never nil.
func oneCurrency(reports []funnel.Report, named, kpis []*funnel.KPI) ([]*funnel.KPI, error) {
	mixed := slices.ContainsFunc(reports, func(r funnel.Report) bool { return r.Campaign.Currency != reports[0].Campaign.Currency })
	if !mixed {
		return kpis, nil
	}
	isMoney := (*funnel.KPI).OfMoney
	if i := slices.IndexFunc(named, isMoney); i >= 0 {
		return nil, campaign.Invalidf("several_currencies", "kpi", "%s is money and these campaigns have several currencies; pool campaigns of one currency, or ask for one with currency=, which takes exchange rates", named[i].ID)
	}
	return slices.DeleteFunc(slices.Clone(kpis), isMoney), nil
}

// pooledNames writes which campaigns are pooled.
func (d *document) pooledNames(reports []funnel.Report) {
	d.name("campaigns").open('[')
	for i := range reports {
		d.text(reports[i].Campaign.Ref)
	}
	d.close(']')
}

// pooledHead writes what all figures share. A date means another instant in each
// zone, so the ends, and as_of where it is past, are repeated as they were asked
// for; the zone is told where there is one.
func (d *document) pooledHead(c *gin.Context, reports []funnel.Report) {
	first := &reports[0]
	d.name("from").text(c.Query("from"))
	d.name("to").text(c.Query("to"))
	d.name("time_zone")
	if slices.ContainsFunc(reports, func(r funnel.Report) bool { return r.Campaign.TimeZone != first.Campaign.TimeZone }) {
		d.null()
	} else {
		d.text(first.Campaign.TimeZone)
	}
	d.name("as_of")
	if replayed(reports) {
		d.text(c.Query("as_of"))
	} else {
		d.instant(first.AsOfMs)
	}
	if slices.ContainsFunc(reports, func(r funnel.Report) bool { return r.Campaign.Wanted != nil }) {
		d.name("recounting").bool(true)
	}
}
