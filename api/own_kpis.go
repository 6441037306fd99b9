package api

import (
	"context"
	"math/big"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"ringside/campaign"
	"ringside/funnel"
)

type kpiStore interface {
	// KPIs returns every KPI there is, those of callers' own among them.
	KPIs(ctx context.Context) (*funnel.Shelf, error)
	// PutKPI defines a KPI, or defines it anew; DeleteKPI removes one.
	PutKPI(ctx context.Context, d funnel.OwnKPI) (shelf *funnel.Shelf, created bool, err error)
	DeleteKPI(ctx context.Context, id string) error
	// Measures returns the names under which values were ever posted.
	Measures(ctx context.Context) ([]string, error)
	// MeasuresAt returns those of values of some places, by the store's names of these.
	MeasuresAt(ctx context.Context, places []string) ([]string, error)
	// Targets returns all targets, in order of ref.
	Targets(ctx context.Context) ([]funnel.Target, error)
	// TargetsAt returns those of one place, by the store's name of it.
	TargetsAt(ctx context.Context, place string) ([]funnel.Target, error)
	// TargetsKnown returns those that were set at an instant, in order of ref.
	TargetsKnown(ctx context.Context, atMs int64) ([]funnel.Target, error)
	PutTarget(ctx context.Context, t funnel.Target) (created bool, err error)
	DeleteTarget(ctx context.Context, ref string) error
}

// watchRoutes are the part of the table about what callers measure, define and aim at.
func (s *Server) watchRoutes() []route {
	const kpi, target = "/v1/kpis/:kpi", "/v1/targets/:target"
	return []route{
		{"POST", "/v1/measures", rights{postFacts}, []string{"atomic"}, s.postMeasures},
		{"GET", "/v1/measures", rights{readReports}, nil, s.getMeasures},
		{"GET", "/v1/campaigns/:campaign/export/measures", rights{exportFacts}, []string{"format"}, s.getExport(campaign.MeasureForm)},
		{"GET", "/v1/queues/:queue/export/measures", rights{exportFacts}, []string{"format"}, s.getExport(campaign.MeasureForm)},
		{"GET", kpi, rights{readReports}, nil, s.getKPI},
		{"PUT", kpi, rights{defineKPIs}, nil, s.putKPI},
		{"DELETE", kpi, rights{defineKPIs}, nil, s.deleteKPI},
		{"GET", "/v1/targets", rights{readReports}, []string{"state", "campaign", "queue", "kpi", "stage", "format"}, s.getTargets},
		{"GET", target, rights{readReports}, nil, s.getTarget},
		{"PUT", target, rights{setTargets}, nil, s.putTarget},
		{"DELETE", target, rights{setTargets}, nil, s.deleteTarget},
	}
}

// shelf holds the KPIs that a key may know of: one that is bound does not learn from
// formulas under which names others post values.
func (s *Server) shelf(ctx context.Context, key *campaign.AccessKey) (*funnel.Shelf, error) {
	all, err := s.store.KPIs(ctx)
	if err != nil || !key.Bound() || len(all.Customs()) == 0 {
		return all, err
	}
	names, err := s.measures(ctx, key)
	return all.Knowing(names), err
}

// measures are the names of measures that a key may know of.
func (s *Server) measures(ctx context.Context, key *campaign.AccessKey) ([]string, error) {
	if key.Bound() {
		return s.store.MeasuresAt(ctx, key.Campaigns)
	}
	return s.store.Measures(ctx)
}

// getCatalogue lists every KPI: those of the catalogue, then those of callers' own.
func (s *Server) getCatalogue(c *gin.Context) error {
	shelf, err := s.shelf(c.Request.Context(), keyOf(c))
	if err != nil {
		return err
	}
	d := slices.Clone(s.catalogue)
	for _, k := range shelf.Customs() {
		d.kpi(k)
	}
	d.close(']')
	d.name("examples").open('[')
	for _, one := range funnel.ExampleKPIs {
		d.open('{')
		d.name("id").text(one.ID)
		d.name("name").text(one.Name)
		d.name("formula").text(one.Formula)
		d.name("unit").text(string(one.Unit))
		d.name("direction").text(string(one.Direction))
		d.close('}')
	}
	d.close(']')
	d.close('}')
	send(c, http.StatusOK, d)
	return nil
}

func (s *Server) getKPI(c *gin.Context) error {
	shelf, err := s.shelf(c.Request.Context(), keyOf(c))
	if err != nil {
		return err
	}
	k := shelf.Find(c.Param("kpi"))
	if k == nil {
		return campaign.NotFoundf("kpi", "there is no KPI %q; GET /v1/kpis lists them", c.Param("kpi"))
	}
	var d document
	d.kpi(k)
	send(c, http.StatusOK, d)
	return nil
}

// putKPI defines a KPI of the caller's own.
func (s *Server) putKPI(c *gin.Context) error {
	body, err := readBody(c)
	if err != nil {
		return err
	}
	var said struct {
		Name      string `json:"name"`
		Formula   string `json:"formula"`
		Unit      string `json:"unit"`
		Direction string `json:"direction"`
	}
	if err := campaign.DecodeStrict(body, &said); err != nil {
		return err
	}
	for _, f := range [...]struct{ name, text, how string }{{"name", said.Name, "what people call the KPI"}, {"formula", said.Formula, "arithmetic over measures and KPIs, like \"profit / revenue\""},
		{"unit", said.Unit, "one of proportion, ratio, count, s, per_hour, score, points, money or a currency code"},
		{"direction", said.Direction, "higher_is_better, lower_is_better or neutral"}} {
		if f.text == "" {
			return campaign.Invalidf("missing_field", f.name, "%s is missing; send %s", f.name, f.how)
		}
	}
	d := funnel.OwnKPI{ID: c.Param("kpi"), Name: said.Name, Formula: said.Formula, Unit: funnel.MeasureUnit(said.Unit), Direction: funnel.Direction(said.Direction)}
	shelf, created, err := s.store.PutKPI(c.Request.Context(), d)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
		c.Header("Location", "/v1/kpis/"+segment(d.ID))
	}
	var out document
	out.kpi(shelf.Find(d.ID))
	send(c, status, out)
	return nil
}

func (s *Server) deleteKPI(c *gin.Context) error {
	err := s.store.DeleteKPI(c.Request.Context(), c.Param("kpi"))
	if err == nil {
		c.Status(http.StatusNoContent)
		c.Writer.WriteHeaderNow()
	}
	return err
}

// reportQuery reads what a report is asked for, of the KPIs that its place has.
func (s *Server) reportQuery(c *gin.Context, p funnel.Place) (ReportQuery, error) {
	request, err := readReportRequest(c)
	if err != nil {
		return ReportQuery{}, err
	}
	if request.Shelf, err = s.shelf(c.Request.Context(), keyOf(c)); err != nil {
		return ReportQuery{}, err
	}
	request.Place = p
	return request.Read()
}

// ownFigure writes a figure that a formula makes: its parts are exact integers, in whole
// units and seconds.
func (d *document) ownFigure(fig funnel.Figure, sums *funnel.Sums, f *figureFrame) {
	k := fig.KPI
	d.name("value").ownValue(fig, f)
	if fig.Lack != funnel.LacksNothing {
		d.name("missing").text(string(fig.Lack))
	}
	d.name("numerator")
	d.bigOrNull(fig.Over)
	d.name("denominator").bigOrNull(fig.Under)
	d.name("unit").unit(k, f)
	if k.Unit == funnel.Proportion {
		n, of, ok := fig.Trials()
		d.name("low")
		if !ok {
			d.null()
			d.name("high").null()
		} else {
			low, high := funnel.Wilson(n, of)
			d.float(low)
			d.name("high").float(high)
		}
	}
	if n, ok := k.Values(sums); ok {
		d.name("values").int(n)
	}
}

func (d *document) bigOrNull(n *big.Int) {
	if n == nil {
		d.null()
		return
	}
	d.raw(n.String())
}

func (d *document) ownValue(fig funnel.Figure, f *figureFrame) {
	digits, isMoney := fig.KPI.MoneyDigits(f.digits)
	switch {
	case !fig.Defined():
		d.null()
	case isMoney:
		d.text(fig.MoneyValue(digits))
	case fig.Under.IsInt64() && fig.Under.Int64() == 1:
		d.raw(fig.Over.String())
	default:
		d.float(fig.Value())
	}
}

// unit writes the unit of a KPI: of money its currency.
func (d *document) unit(k *funnel.KPI, f *figureFrame) {
	if k.Unit == funnel.Money {
		d.text(f.currency)
		return
	}
	d.text(string(k.Unit))
}
