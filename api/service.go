package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"ringside/campaign"
	"ringside/funnel"
)

type serviceStore interface {
	// Service returns the installation as the owner of service facts.
	Service(ctx context.Context) (campaign.Campaign, error)
}

// serviceRoutes are the routes of what no single campaign or queue owns.
func (s *Server) serviceRoutes() []route {
	const one = "/v1/service"
	window := []string{"from", "to", "time_zone"}
	level := []string{"service_level_method", "service_level_s"}
	routes := []route{
		{"GET", one, rights{readReports}, nil, s.inService(s.getService)},
		{"PUT", one, rights{configure}, nil, s.inService(s.putService)},
		{"GET", one + "/kpis", rights{readReports}, slices.Concat([]string{"kpi", "group_by", "as_of", "format"}, window, level), s.inService(s.getServiceKPIs)},
		{"GET", one + "/kpis/:kpi/facts", rights{readFacts}, slices.Concat([]string{"part", "cursor", "limit"}, window), s.inService(s.getBehind)},
	}
	for _, form := range campaign.ServiceForms {
		kind := form.Kind
		routes = append(routes,
			route{"POST", "/v1/" + form.Name, rights{postFacts}, []string{"atomic"}, s.inService(func(c *gin.Context) error { return s.postTo(c, form) })},
			route{"GET", "/v1/" + form.Name + "/:" + kind.String(), rights{readFacts}, nil, s.inService(func(c *gin.Context) error { return s.sendFact(c, kind, c.Param(kind.String())) })},
			route{"GET", one + "/export/" + form.Name, rights{exportFacts}, []string{"format"}, s.inService(s.getExport(form))})
	}
	return routes
}

// serviceKey marks a request that is about the whole installation.
const serviceKey = "service"

// inService says that a route is about the whole installation. A key that is bound to
// campaigns or queues reaches no further than these.
func (s *Server) inService(handle func(*gin.Context) error) func(*gin.Context) error {
	return func(c *gin.Context) error {
		if keyOf(c).Bound() {
			return newProblem(http.StatusForbidden, "forbidden", "", "this is about the whole installation, of which a key that is bound to campaigns or queues knows no more than these; use a key that is bound to none")
		}
		if _, err := s.store.Service(c.Request.Context()); err != nil {
			return err
		}
		c.Set(serviceKey, true)
		return handle(c)
	}
}

func (s *Server) getService(c *gin.Context) error {
	of, err := s.here(c)
	if err != nil {
		return err
	}
	sendService(c, &of)
	return nil
}

// sendService answers with what the installation is configured by.
func sendService(c *gin.Context, of *campaign.Campaign) {
	var d document
	config := &of.Config
	if of.Wanted != nil {
		config = of.Wanted
	}
	d.open('{')
	if of.Wanted != nil {
		d.name("recounting").bool(true)
	}
	d.name("time_zone").text(config.TimeZone)
	d.name("currency").text(config.Currency)
	d.name("business_hours")
	if hours := config.Service.Hours; hours == nil {
		d.null()
		d.name("holidays").open('[')
	} else {
		d.open('{')
		for i, day := range campaign.Weekdays {
			if hours.Week[i] != "" {
				d.name(day).text(hours.Week[i])
			}
		}
		d.close('}')
		d.name("holidays").open('[')
		for _, day := range hours.Holidays {
			d.text(day)
		}
	}
	d.close(']')
	d.name("acquisition_cost").money(config.Service.AcquisitionMinor, config.Digits())
	d.close('}')
	send(c, http.StatusOK, d)
}

func (s *Server) putService(c *gin.Context) error {
	body, err := readBody(c)
	if err != nil {
		return err
	}
	config, err := campaign.DecodeService(body)
	if err != nil {
		return err
	}
	stored, _, err := s.store.PutCampaign(c.Request.Context(), campaign.ServiceKey, config)
	if err != nil {
		return err
	}
	sendService(c, &stored)
	return nil
}

// serviceKPIs are those of all queues together and those of the installation.
func serviceKPIs() []*funnel.KPI {
	return slices.Concat(funnel.KPIsOf(funnel.QueueCatalogue), funnel.KPIsOf(funnel.ServiceCatalogue))
}

// readZone reads the zone whose days an answer tells; nil where none is named.
func readZone(name string) (*time.Location, error) {
	if name == "" {
		return nil, nil
	}
	zone, err := campaign.LoadZone(name)
	return zone, inField(err, "time_zone")
}

// getServiceKPIs reports on the whole installation: its own facts and the calls of all
// queues, all in one zone.
func (s *Server) getServiceKPIs(c *gin.Context) error {
	format, err := reportFormat(c)
	if err != nil {
		return err
	}
	request, err := readReportRequest(c)
	if err != nil {
		return err
	}
	read, err := request.Read()
	if err != nil {
		return err
	}
	var answer ReportAnswer
	err = s.store.Together(c.Request.Context(), func(ctx context.Context) error {
		answer, err = s.answerService(ctx, read.query)
		return err
	})
	if err != nil {
		return err
	}
	if n := len(answer.Groups) * len(answer.KPIs); n > figuresMost {
		return campaign.Invalidf("too_many_groups", "group_by", "%d figures are over the limit of %d; name fewer KPIs, a shorter window or a coarser grouping", n, figuresMost)
	}
	return sendReport(c, format, answer.document, func() ([]byte, error) { return answer.Table(format) })
}

// answerService pools the installation's own figures with those of its queues.
func (s *Server) answerService(ctx context.Context, q funnel.Query) (a ReportAnswer, err error) {
	a = ReportAnswer{By: q.By, KPIs: q.KPIs}
	of, err := s.store.Service(ctx)
	if err != nil {
		return a, err
	}
	q.NowMs, q.NameAgents = s.now().UnixMilli(), true
	if q.Zone == nil {
		q.Zone = of.Location()
	}
	places := []campaign.Campaign{of}
	if slices.ContainsFunc(q.KPIs, (*funnel.KPI).OfQueues) {
		queues, err := s.store.Queues(ctx)
		if err != nil {
			return a, err
		}
		places = append(places, queues...)
	}
	reports := make([]funnel.Report, len(places))
	for i := range places {
		ask := q
		ask.By = funnel.Asked(&places[i], q.By)
		ask.KPIs = slices.DeleteFunc(slices.Clone(q.KPIs), func(k *funnel.KPI) bool {
			return places[i].Queue != nil && !k.OfQueues() || places[i].Queue == nil && !k.OfInstallation()
		})
		if reports[i], err = s.store.Report(ctx, places[i].Ref, ask); err != nil {
			return a, err
		}
	}
	a.Report = reports[0]
	a.Served = funnel.Served(a.KPIs, a.By)
	a.Whole, a.Groups = funnel.Pool(reports, a.By, a.Served)
	return a, nil
}
