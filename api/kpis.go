package api

import (
	"context"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"ringside/campaign"
	"ringside/funnel"
)

type reportStore interface {
	// Together runs read, in which all that is asked of the store with the context
	// given is of one state. It may be run more than once.
	Together(ctx context.Context, read func(ctx context.Context) error) error
	// Report answers a query about one campaign, all of it at one instant.
	Report(ctx context.Context, campaignKey string, q funnel.Query) (funnel.Report, error)
	// Stages returns the funnel of the leads generated in the window that pass filters
	// by what leads have.
	Stages(ctx context.Context, campaignKey string, within funnel.Span, filters ...funnel.Filter) (funnel.About, []funnel.Stage, error)
	// Curve returns the attempt curve of the same leads.
	Curve(ctx context.Context, campaignKey string, within funnel.Span, filters ...funnel.Filter) (funnel.About, []funnel.CurvePoint, error)
	// Facts returns a page of the facts behind a measure.
	Facts(ctx context.Context, campaignKey string, l funnel.Listing) (funnel.Page, error)
}

// catalogueDocument writes the catalogue, which never changes while we run. It is left
// open for the KPIs of callers' own.
func catalogueDocument() document {
	var d document
	d.open('{').name("kpis").open('[')
	for _, k := range slices.Concat(funnel.KPIsOf(funnel.Catalogue), funnel.KPIsOf(funnel.QueueCatalogue), funnel.KPIsOf(funnel.ServiceCatalogue)) {
		d.kpi(k)
	}
	return d
}

// kpi writes what a KPI means.
func (d *document) kpi(k *funnel.KPI) {
	d.open('{')
	d.name("id").text(k.ID)
	d.name("name").text(k.Name)
	d.name("formula").text(k.Formula)
	d.name("clock").text(k.Clock.String())
	d.name("unit").text(string(k.Unit))
	d.name("direction").text(string(k.Direction))
	d.name("groupings").open('[')
	for _, g := range k.Groupings {
		d.text(string(g))
	}
	d.close(']')
	d.name("reports").open('[')
	for _, place := range k.Places() {
		d.text(place.String())
	}
	d.close(']')
	d.name("definition_version").int(int64(k.DefinitionVersion))
	d.name("description").text(k.Description)
	d.name("example").text(k.Example)
	if k.Custom != nil {
		d.name("custom").bool(true)
		d.name("inputs").open('[')
		for _, input := range k.Inputs() {
			d.text(input.Name)
		}
		d.close(']')
	}
	d.close('}')
}

// getKPIs reports a campaign's figures over a window, whole and in groups.
func (s *Server) getKPIs(c *gin.Context) error {
	format, err := reportFormat(c)
	if err != nil {
		return err
	}
	key, err := place(c)
	if err != nil {
		return err
	}
	query, err := s.reportQuery(c, funnel.PlaceOf(key))
	if err != nil {
		return err
	}
	var answer ReportAnswer
	err = s.atOnce(c.Request.Context(), query.query.AsOf, func(ctx context.Context) (err error) {
		if answer, err = query.Answer(ctx, figures{s.store}, key, s.now()); err != nil {
			return err
		}
		answer.aims, err = s.aimsOf(ctx, &answer, query.query.AsOf)
		return err
	})
	if err == nil {
		answer.Exchanged, err = s.exchange(c, &answer.Report)
		answer.leaveOutUnexchanged()
	}
	if err == nil {
		err = answer.aims.among(&answer)
	}
	if err != nil {
		return err
	}
	return sendReport(c, format, answer.document, func() ([]byte, error) { return answer.Table(format) })
}

// atOnce reads what belongs together: of the past in one transaction, which replays each
// campaign once; of the present targets know by themselves what they were read at.
func (s *Server) atOnce(ctx context.Context, asOf *campaign.Moment, read func(ctx context.Context) error) error {
	if asOf == nil {
		return read(ctx)
	}
	return s.store.Together(ctx, read)
}

// reportHead opens an answer and writes what it is about, in the campaign's own
// time.
func (d *document) reportHead(about *funnel.About, asOfMs int64) {
	of, w := &about.Campaign, about.Window
	zone := of.Location()
	d.open('{')
	what, ref := of.Named()
	d.name(what).text(ref)
	d.name("from").text(local(w.FromMs, zone))
	d.name("to").text(local(w.ToMs, zone))
	d.name("time_zone").text(of.TimeZone)
	d.name("as_of").text(local(asOfMs, zone))
	if of.Wanted != nil {
		// The figures are those of the configuration before, until all is counted.
		d.name("recounting").bool(true)
	}
}

// local writes an instant with the zone's offset, to the millisecond where it has
// any.
func local(ms int64, zone *time.Location) string {
	return time.UnixMilli(ms).In(zone).Format("2006-01-02T15:04:05.999Z07:00")
}

// getFunnel follows the leads of a window through the campaign's stages.
func (s *Server) getFunnel(c *gin.Context) error {
	span, format, err := listParams(c)
	if err != nil {
		return err
	}
	filters, err := filtersParam(c, ofCampaigns.filterable)
	if err != nil {
		return err
	}
	about, stages, err := s.store.Stages(c.Request.Context(), c.Param("campaign"), span, filters...)
	if err != nil {
		return err
	}
	rows := make([]document, len(stages))
	for i, stage := range stages {
		d := &rows[i]
		d.open('{')
		d.name("stage").text(stage.Name)
		d.name("leads").int(stage.Leads)
		d.name("of_start").share(stage.Leads, stages[0].Leads)
		d.name("of_previous")
		if i == 0 {
			d.null()
		} else {
			d.share(stage.Leads, stages[i-1].Leads)
		}
		d.name("median_s")
		if stage.MedianMs == campaign.None {
			d.null()
		} else {
			d.seconds(stage.MedianMs)
		}
		d.close('}')
	}
	return s.sendList(c, format, &about, "stages", []string{"stage", "leads", "of_start", "of_previous", "median_s"}, rows)
}

// share writes a part of a whole, or null of nothing.
func (d *document) share(part, whole int64) {
	if whole == 0 {
		d.null()
		return
	}
	d.float(float64(part) / float64(whole))
}
