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
	// AgentsNow returns what agents were last said to be doing at an instant.
	AgentsNow(ctx context.Context, agents []string, nowMs int64) ([]funnel.AgentNow, error)
}

// serviceRoutes are the routes of what no single campaign or queue owns.
func (s *Server) serviceRoutes() []route {
	const one = "/v1/service"
	window := []string{"from", "to", "time_zone"}
	level := []string{"service_level_method", "service_level_s"}
	routes := []route{
		{"GET", one, rights{readService}, nil, s.inService(s.getService)},
		{"PUT", one, rights{configure}, nil, s.inService(s.putService)},
		{"GET", one + "/kpis", rights{readService}, slices.Concat([]string{"kpi", "group_by", "as_of", "format"}, window, level), s.inService(s.getKPIs)},
		{"GET", one + "/kpis/:kpi/facts", rights{readFacts}, slices.Concat([]string{"part", "cursor", "limit"}, window), s.inService(s.getBehind)},
	}
	routes = append(routes, route{"GET", one + "/export/" + campaign.MeasureForm.Name, rights{exportFacts}, []string{"format"}, s.inService(s.getExport(campaign.MeasureForm))})
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

// readZone reads the zone whose days an answer tells; nil where none is named.
func readZone(name string) (*time.Location, error) {
	if name == "" {
		return nil, nil
	}
	zone, err := campaign.LoadZone(name)
	return zone, inField(err, "time_zone")
}

// figures is what reports are read from: those of the whole installation are made of its
// own facts and the calls of all queues, all in one zone.
type figures struct{ store Store }

// Report implements ReportStore.
func (f figures) Report(ctx context.Context, key string, q funnel.Query) (r funnel.Report, err error) {
	if key != campaign.ServiceKey {
		return f.store.Report(ctx, key, q)
	}
	of, err := f.store.Service(ctx)
	if err != nil {
		return r, err
	}
	q.GroupsAlone = false // pooled groups come with the pooled whole
	if q.NameAgents = true; q.Zone == nil {
		q.Zone = of.Location()
	}
	err = f.store.Together(ctx, func(ctx context.Context) error {
		r, err = f.pool(ctx, of, q)
		return err
	})
	return r, err
}

// pool adds what queues counted to the installation's own.
func (f figures) pool(ctx context.Context, of campaign.Campaign, q funnel.Query) (r funnel.Report, err error) {
	places, read := []campaign.Campaign{of}, funnel.Asked(q.KPIs)
	if slices.ContainsFunc(read, (*funnel.KPI).OfQueues) {
		queues, err := f.store.Queues(ctx)
		if err != nil {
			return r, err
		}
		places = append(places, queues...)
	}
	reports := make([]funnel.Report, len(places))
	for i := range places {
		ask, queue := q, places[i].Queue != nil
		ask.By = funnel.GroupingsOf(&places[i], q.By)
		ask.KPIs = slices.DeleteFunc(slices.Clone(read), func(k *funnel.KPI) bool {
			return queue && !k.OfQueues() || !queue && !k.OfInstallation() && k.Own == ""
		})
		if reports[i], err = f.store.Report(ctx, places[i].Ref, ask); err != nil {
			return r, err
		}
		if queue {
			reports[i].ForgetOwn()
		}
	}
	r = reports[0]
	r.Whole, r.Groups = funnel.Pool(reports, q.By, funnel.Served(q.KPIs, q.By, reports...))
	return r, nil
}
