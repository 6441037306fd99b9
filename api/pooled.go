package api

import (
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
	of, err := s.pooledCampaigns(c)
	if err != nil {
		return err
	}
	kpis, by, err := pooledQuestion(c)
	if err != nil {
		return err
	}
	if kpis, err = oneCurrency(of, kpis); err != nil {
		return err
	}
	now := s.now().UnixMilli()
	inner := funnel.WithoutCampaign(by)
	reports := make([]funnel.Report, len(of))
	frame := &figureFrame{currency: of[0].Currency, digits: of[0].Digits(), settled: true, over: true}
	for i := range of {
		w, err := readWindow(c.Query("from"), c.Query("to"), campaign.NewCalendar(of[i].Location()))
		if err != nil {
			return err
		}
		q := funnel.Query{Window: w, By: inner, KPIs: kpis, NowMs: now, NameAgents: true}
		if reports[i], err = s.store.Report(c.Request.Context(), of[i].Ref, q); err != nil {
			return err
		}
		own := newFigureFrame(&of[i], w, now)
		frame.settled, frame.over = frame.settled && own.settled, frame.over && own.over
	}
	whole, groups := funnel.Pool(reports, by, kpis)
	a := ReportAnswer{Report: funnel.Report{Whole: whole, Groups: groups}, By: by, KPIs: kpis}
	if n := len(groups) * len(kpis); n > figuresMost {
		return campaign.Invalidf("too_many_groups", "group_by", "%d figures are over the limit of %d; name fewer KPIs, a shorter window or a coarser grouping", n, figuresMost)
	}
	return sendReport(c, format, func() document {
		d := document{'{'}
		d.pooledNames(of)
		d.pooledHead(c, of, now)
		d.figuresAndGroups(&a, frame)
		d.close('}')
		return d
	}, func() ([]byte, error) {
		head := document{'{'}
		head.pooledHead(c, of, now)
		return a.table(format, head, []string{"from", "to", "time_zone", "as_of"}, frame)
	})
}

// pooledCampaigns reads which campaigns are pooled: refs or ids with commas
// between, or * for all.
func (s *Server) pooledCampaigns(c *gin.Context) (of []campaign.Campaign, err error) {
	all, err := s.campaigns(c)
	if err != nil || c.Query("campaigns") == "*" {
		if err == nil && len(all) == 0 {
			err = campaign.NotFoundf("campaigns", "there is no campaign yet; create one with PUT /v1/campaigns/{ref}")
		}
		return all, err
	}
	names, err := listParam(c, "campaigns")
	if err != nil {
		return nil, err
	}
	if len(names) == 0 || len(names) > pooledMost {
		return nil, campaign.Invalidf("missing_parameter", "campaigns", "campaigns names %d; send 1 to %d refs with commas between, or * for all", len(names), pooledMost)
	}
	for _, name := range names {
		i := slices.IndexFunc(all, func(one campaign.Campaign) bool { return one.Ref == name || one.ID().String() == name })
		if i < 0 {
			return nil, campaign.Invalidf("unknown_campaign", "campaigns", "there is no campaign %q; GET /v1/campaigns lists them", name)
		}
		if !slices.ContainsFunc(of, func(one campaign.Campaign) bool { return one.Number == all[i].Number }) {
			of = append(of, all[i])
		}
	}
	return of, nil
}

// pooledQuestion reads the KPIs, nil for all, and the groupings, to which campaign
// belongs here.
func pooledQuestion(c *gin.Context) (kpis []*funnel.KPI, by []funnel.GroupBy, err error) {
	names, err := listParam(c, "kpi")
	if err != nil {
		return nil, nil, err
	}
	if kpis, err = readKPIs(names); err != nil {
		return nil, nil, err
	}
	if names, err = listParam(c, "group_by"); err != nil {
		return nil, nil, err
	}
	at := slices.Index(names, string(funnel.ByCampaign))
	if at >= 0 {
		names = slices.Delete(names, at, at+1)
	}
	if by, err = readGroupings(names); err != nil {
		return nil, nil, err
	}
	if err := checkServed(kpis, by); err != nil {
		return nil, nil, err
	}
	if at >= 0 {
		by = slices.Insert(by, at, funnel.ByCampaign)
	}
	return kpis, by, nil
}

// oneCurrency leaves money out where the campaigns have several currencies, and
// refuses it where it was asked for by name. The result is never nil.
func oneCurrency(of []campaign.Campaign, named []*funnel.KPI) ([]*funnel.KPI, error) {
	kpis := named
	if kpis == nil {
		kpis = allKPIs()
	}
	mixed := slices.ContainsFunc(of, func(c campaign.Campaign) bool { return c.Currency != of[0].Currency })
	if !mixed {
		return kpis, nil
	}
	isMoney := func(k *funnel.KPI) bool { return k.Unit == funnel.Money }
	if i := slices.IndexFunc(named, isMoney); i >= 0 {
		return nil, campaign.Invalidf("several_currencies", "kpi", "%s is money and these campaigns have several currencies; pool campaigns of one currency", named[i].ID)
	}
	return slices.DeleteFunc(slices.Clone(kpis), isMoney), nil
}

// pooledNames writes which campaigns are pooled.
func (d *document) pooledNames(of []campaign.Campaign) {
	d.name("campaigns").open('[')
	for i := range of {
		d.text(of[i].Ref)
	}
	d.close(']')
}

// pooledHead writes what all figures share. A date means another instant in each
// zone, so the ends are repeated as they were asked for; the zone is told where
// there is one.
func (d *document) pooledHead(c *gin.Context, of []campaign.Campaign, nowMs int64) {
	d.name("from").text(c.Query("from"))
	d.name("to").text(c.Query("to"))
	d.name("time_zone")
	if slices.ContainsFunc(of, func(one campaign.Campaign) bool { return one.TimeZone != of[0].TimeZone }) {
		d.null()
	} else {
		d.text(of[0].TimeZone)
	}
	d.name("as_of").instant(nowMs)
	if slices.ContainsFunc(of, func(one campaign.Campaign) bool { return one.Wanted != nil }) {
		d.name("recounting").bool(true)
	}
}
