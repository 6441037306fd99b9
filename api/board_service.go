package api

import (
	"cmp"
	"context"
	"slices"

	"github.com/gin-gonic/gin"

	"ringside/api/web"
	"ringside/campaign"
	"ringside/funnel"
)

// serviceSections are the figures of the page of service, in the order of its sections:
// those that are compared with the period before, and counts.
var serviceSections = []struct {
	id           string
	kpis, counts []*funnel.KPI
}{
	{"contacts", findKPIs("service_level", "asa", "inbound_abandonment_rate", "first_contact_resolution"), findKPIs("request_volume", "offered", "answered", "abandoned")},
	{"cases", findKPIs("resolution_rate", "first_response_time", "resolution_time", "reopen_rate"),
		findKPIs("open_cases", "first_response_time_p50", "first_response_time_p90", "first_response_time_business", "resolution_time_p50", "resolution_time_p90", "resolution_time_business")},
	{"satisfaction", findKPIs("csat", "csat_mean", "nps", "ces", "emotion", "servqual", "employee_engagement"),
		findKPIs("servqual_reliability", "servqual_assurance", "servqual_tangibles", "servqual_empathy", "servqual_responsiveness")},
	{"quality", findKPIs("iqs", "failed_search_rate"), nil},
	{"customers", findKPIs("customer_retention", "customer_churn", "referral_rate", "engagement", "clv"), nil},
}

// aged are open cases by how long they have been so.
var aged = findKPIs("backlog_under_1d", "backlog_1d_to_3d", "backlog_3d_to_7d", "backlog_7d_to_30d", "backlog_over_30d")

// lookAtService shows service as a whole.
func (s *Server) lookAtService(c *gin.Context) (*web.Page, error) {
	var v *web.Service
	var b *board
	err := s.inService(func(c *gin.Context) (err error) {
		if b, err = s.board(c); err != nil {
			return err
		}
		by, err := b.grainParam(c)
		if err != nil {
			return err
		}
		return s.store.Together(c.Request.Context(), func(ctx context.Context) (err error) {
			v, err = b.serviceView(ctx, by)
			return err
		})
	})(c)
	if err != nil {
		return nil, err
	}
	var figures [][]web.Figure
	for i := range v.Sections[1:] {
		figures = append(figures, v.Sections[1+i].Headlines.Figures)
	}
	if err := s.aims(c, b, &v.Sections[0].Headlines, figures...); err != nil {
		return nil, err
	}
	v.Scope = b.words(c, "grain", "chart")
	v.Scope.Comparable = true
	for _, by := range []funnel.GroupBy{funnel.ByQueue, funnel.ByChannel, funnel.ByTopic, funnel.ByAgent, funnel.ByTeam} {
		v.Tables = append(v.Tables, web.Link{Text: web.T("groups." + string(by)), Href: b.scope.link(b.path("by/" + string(by)))})
	}
	v.Origin, v.Ages.CSV = s.ownAddress(c.Request), sheetLink(c)
	return at(&web.Page{Title: b.name(), View: v}, s.now(), b.of), nil
}

// serviceView reads what the page of service shows.
func (b *board) serviceView(ctx context.Context, by funnel.GroupBy) (v *web.Service, err error) {
	v = &web.Service{TimeZone: b.of.TimeZone, Recounting: b.of.Wanted != nil}
	var all, compared []*funnel.KPI
	for _, section := range serviceSections {
		all, compared = slices.Concat(all, section.kpis, section.counts), append(compared, section.kpis...)
	}
	r, err := b.report(ctx, b.scope.span, all)
	if err != nil {
		return nil, err
	}
	var before funnel.Report
	if b.scope.compare {
		if before, err = b.report(ctx, previous{b.scope.span, b.scope.nowMs}, compared); err != nil {
			return nil, err
		}
	}
	for _, of := range serviceSections {
		section := web.ServiceSection{ID: of.id, Title: web.T("service.section." + of.id), Note: web.T("service.note." + of.id)}
		if section.Headlines, err = b.cards(ctx, &r, &before, of.counts, of.kpis); err != nil {
			return nil, err
		}
		for i, k := range of.kpis {
			section.Headlines.Figures[i].Told = toldText(k, r.Whole)
		}
		if of.id == "satisfaction" {
			section.Headlines.Figures = slices.DeleteFunc(section.Headlines.Figures, func(f web.Figure) bool { return f.Told == "" })
		}
		section.Headlines.Counts = slices.DeleteFunc(section.Headlines.Counts, func(f web.Figure) bool { return f.Value == "" })
		if v.Sections = append(v.Sections, section); of.id == "contacts" {
			v.Before, v.Young = section.Headlines.Before, section.Headlines.Young
		}
	}
	if v.Volumes, err = b.volumes(ctx); err != nil {
		return nil, err
	}
	if v.Ages, err = b.ages(ctx); err != nil {
		return nil, err
	}
	v.Nothing = len(v.Volumes.Rows) == 0 && v.Ages.All == "0" && !slices.ContainsFunc(all, func(k *funnel.KPI) bool { return k.Denominator != funnel.NoMeasure && r.Whole.Get(k.Denominator) != 0 })
	v.Series, err = b.series(ctx, r.Window, by)
	return v, err
}

// toldText says how many of those who were asked answered; "" for what nobody is asked.
func toldText(k *funnel.KPI, sums *funnel.Sums) string {
	if k.Clock != funnel.SurveyClock && k.Clock != funnel.ReviewClock && k.Clock != funnel.SearchClock {
		return ""
	}
	silent, _ := k.NoData(sums)
	told := sums.Get(k.Denominator)
	if k.Numerator == funnel.GapMilli { // of dimensions there are several in one answer
		told = sums.Get(funnel.ServqualScored)
	}
	if told+silent == 0 {
		return ""
	}
	return web.T("service.told", "told", told, "asked", told+silent, "share", web.Percent(share(told, told+silent), 1))
}

// volumes reads how many contacts came by which channel.
func (b *board) volumes(ctx context.Context) (v web.Volumes, err error) {
	k := funnel.Find("volume_by_channel")
	r, err := b.report(ctx, b.scope.span, []*funnel.KPI{k}, funnel.ByChannel)
	if err != nil {
		return v, err
	}
	slices.SortStableFunc(r.Groups, func(a, b funnel.ReportGroup) int {
		return cmp.Compare(k.Figure(b.Sums).Numerator, k.Figure(a.Sums).Numerator)
	})
	all, most := int64(0), int64(0)
	for _, g := range r.Groups {
		n := k.Figure(g.Sums).Numerator
		all, most = all+n, max(most, n)
	}
	for _, g := range r.Groups {
		n := k.Figure(g.Sums).Numerator
		v.Rows = append(v.Rows, web.VolumeRow{Name: keyText(g.Key[0]), Missing: g.Key[0] == nil, Contacts: web.Number(n), Calls: web.Number(g.Sums.Get(funnel.Offered)),
			Cases: web.Number(g.Sums.Get(funnel.CasesOpened)), Share: web.Percent(share(n, all), 1), Bar: web.Width(share(n, most))})
	}
	v.CSV = b.groupsCSV(b.grouped[funnel.ByChannel])
	return v, nil
}

// ages reads how long the cases that are open now have been so. Instants are told to the
// minute that begins next, so that the page need not be sent anew for each second.
func (b *board) ages(ctx context.Context) (v web.Ages, err error) {
	const minute = 60_000
	end := (b.scope.nowMs/minute + 1) * minute
	now := funnel.Window{FromMs: end - minute, ToMs: end}
	r, err := b.report(ctx, now, aged)
	if err != nil {
		return v, err
	}
	all, most := int64(0), int64(0)
	for _, k := range aged {
		all, most = all+r.Whole.Get(k.Numerator), max(most, r.Whole.Get(k.Numerator))
	}
	zone := r.Campaign.Location()
	v.All, v.At = web.Number(all), web.Moment(end, campaign.NewCalendar(zone))
	moment := *b.scope
	moment.preset, moment.from, moment.to = "", local(now.FromMs, zone), local(now.ToMs, zone)
	for _, k := range aged {
		n := r.Whole.Get(k.Numerator)
		row := web.AgeRow{ID: k.ID, Label: web.T("age." + k.ID), Cases: web.Number(n)}
		if all > 0 {
			row.Share, row.Bar = web.Percent(share(n, all), 1), web.Width(share(n, most))
		}
		if n > 0 && mayAny(b.key, behindRights(k.Numerator)) {
			row.Facts = moment.link(b.path("calls"), "kpi", k.ID, "part", "numerator")
		}
		v.Rows = append(v.Rows, row)
	}
	return v, nil
}
