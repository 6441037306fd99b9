package api

import (
	"context"
	"slices"

	"github.com/gin-gonic/gin"

	"ringside/campaign"
	"ringside/funnel"
)

// pooledMost bounds the campaigns or queues of one pooled report.
const pooledMost = 1000

// getPooled reports on several campaigns together, or on several queues. Dates mean
// each one's own local days.
func (s *Server) getPooled(c *gin.Context) error {
	format, err := reportFormat(c)
	if err != nil {
		return err
	}
	what, refs, err := s.pooledPlaces(c)
	if err != nil {
		return err
	}
	q, by, named, err := s.pooledQuestion(c, what)
	if err != nil {
		return err
	}
	var reports []funnel.Report
	var beside *aims
	err = s.atOnce(c.Request.Context(), q.AsOf, func(ctx context.Context) (err error) {
		if reports, err = s.pooledReports(ctx, refs, q); err == nil {
			beside, err = s.aimsAt(ctx, q.KPIs, q.AsOf, reports...)
		}
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
	if err != nil {
		return err
	}
	a, err := pooledAnswer(reports, named, q.KPIs, by, used)
	if err != nil {
		return err
	}
	a.aims = beside
	if err := beside.among(&a); err != nil {
		return err
	}
	frame := pooledFrame(reports)
	return sendReport(c, format, func() document {
		d := document{'{'}
		d.pooledNames(what, reports)
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

// pooledReports asks each campaign or queue the same, by the store's names of them.
func (s *Server) pooledReports(ctx context.Context, refs []string, q funnel.Query) ([]funnel.Report, error) {
	q.NowMs, q.NameAgents = s.now().UnixMilli(), true
	reports := make([]funnel.Report, len(refs))
	for i, ref := range refs {
		var err error
		if reports[i], err = s.store.Report(ctx, ref, q); err != nil {
			return nil, err
		}
	}
	return reports, nil
}

// pooledAnswer adds up reports on KPIs, some of which may be named, and which were
// exchanged by rates that may be none.
func pooledAnswer(reports []funnel.Report, named, kpis []*funnel.KPI, by []funnel.GroupBy, used []campaign.ExchangeRate) (a ReportAnswer, err error) {
	if err := checkRated(named, by, reports...); err != nil {
		return a, err
	}
	if kpis, err = oneCurrency(reports, named, kpis); err != nil {
		return a, err
	}
	if len(used) > 0 {
		kpis = exchangeable(kpis)
	}
	a = ReportAnswer{By: by, KPIs: kpis, Served: funnel.Served(kpis, by, reports...), Exchanged: used}
	a.Whole, a.Groups = funnel.Pool(reports, by, a.Served)
	if n := len(a.Groups) * len(kpis); n > figuresMost {
		return a, campaign.Invalidf("too_many_groups", "group_by", "%d figures are over the limit of %d; name fewer KPIs, a shorter window or a coarser grouping", n, figuresMost)
	}
	return a, nil
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

// pooledPlaces reads what is pooled, campaigns or queues, and which: refs or ids with
// commas between, or * for all. It returns the store's names of them.
func (s *Server) pooledPlaces(c *gin.Context) (what funnel.GroupBy, refs []string, err error) {
	what, parameter, list := funnel.ByCampaign, "campaigns", s.campaigns
	if c.Query("queues") != "" {
		if c.Query("campaigns") != "" {
			return what, nil, campaign.Invalidf("not_allowed", "queues", "campaigns and queues have other KPIs; send one of campaigns and queues")
		}
		what, parameter, list = funnel.ByQueue, "queues", s.queues
	}
	all, err := list(c)
	if err != nil {
		return what, nil, err
	}
	names, err := listParam(c, parameter)
	if err != nil {
		return what, nil, err
	}
	if slices.Equal(names, []string{"*"}) {
		for i := range all {
			refs = append(refs, all[i].Ref)
		}
		if len(refs) == 0 {
			err = campaign.NotFoundf(parameter, "there is no %s yet; create one with PUT /v1/%s/{ref}", what, parameter)
		}
		return what, refs, err
	}
	if len(names) == 0 || len(names) > pooledMost {
		return what, nil, campaign.Invalidf("missing_parameter", parameter, "%s names %d; send 1 to %d refs with commas between, or * for all", parameter, len(names), pooledMost)
	}
	for _, name := range names {
		i := slices.IndexFunc(all, func(one campaign.Campaign) bool {
			_, ref := one.Named()
			return ref == name || one.ID().String() == name
		})
		if i < 0 {
			return what, nil, campaign.Invalidf("unknown_"+string(what), parameter, "there is no %s %q; GET /v1/%s lists them", what, name, parameter)
		}
		if !slices.Contains(refs, all[i].Ref) {
			refs = append(refs, all[i].Ref)
		}
	}
	return what, refs, nil
}

// pooledQuestion reads what each campaign or queue is asked, and the groupings, to which
// what they are belongs here.
func (s *Server) pooledQuestion(c *gin.Context, what funnel.GroupBy) (q funnel.Query, by []funnel.GroupBy, named []*funnel.KPI, err error) {
	alien, place := []string{"service_level_method", "service_level_s"}, funnel.AtCampaigns
	if what == funnel.ByQueue {
		alien, place = []string{"currency"}, funnel.AtQueues
	}
	for _, name := range alien {
		if c.Query(name) != "" {
			return q, nil, nil, campaign.Invalidf("not_allowed", name, "%s says nothing of %ss; leave it out", name, what)
		}
	}
	request, err := readReportRequest(c)
	if err != nil {
		return q, nil, nil, err
	}
	if request.Shelf, err = s.shelf(c.Request.Context(), keyOf(c)); err != nil {
		return q, nil, nil, err
	}
	request.Place = place
	at := slices.Index(request.GroupBy, string(what))
	if at >= 0 {
		request.GroupBy = slices.Delete(request.GroupBy, at, at+1)
	}
	read, err := request.Read()
	if err != nil {
		return q, nil, nil, err
	}
	q = read.query
	by = slices.Clone(q.By)
	if at >= 0 {
		by = slices.Insert(by, at, what)
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

// pooledNames writes which campaigns or queues are pooled.
func (d *document) pooledNames(what funnel.GroupBy, reports []funnel.Report) {
	d.name(string(what) + "s").open('[')
	for i := range reports {
		_, ref := reports[i].Campaign.Named()
		d.text(ref)
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
