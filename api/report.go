package api

import (
	"context"
	"time"

	"ringside/campaign"
	"ringside/funnel"
)

// ReportRequest asks for figures of one campaign in the words of the API. From
// and To are required; no KPIs stands for all, no GroupBy for no groups, an empty
// AsOf for now.
type ReportRequest struct {
	From, To, AsOf string
	KPIs, GroupBy  []string
	// Queue says that figures of a queue are asked for, Service those of the whole
	// installation, told in TimeZone. LevelMethod and LevelSeconds say
	// what its service level is to be; empty for its own.
	Queue, Service            bool
	LevelMethod, LevelSeconds string
	TimeZone                  string
}

// ReportQuery is a ReportRequest that was read and found good.
type ReportQuery struct{ query funnel.Query }

// ReportAnswer is a report with all it takes to show it.
type ReportAnswer struct {
	funnel.Report
	By []funnel.GroupBy
	// KPIs are those asked for, or all; groups show those that are Served.
	KPIs, Served []*funnel.KPI
	// Exchanged are the rates by which amounts were put into the currency asked for; nil
	// where none was.
	Exchanged []campaign.ExchangeRate
}

// ReportStore is what a report is read from.
type ReportStore interface {
	Report(ctx context.Context, campaignKey string, q funnel.Query) (funnel.Report, error)
}

// Read checks the request by itself. Errors name the parameter and what to send
// instead.
func (r ReportRequest) Read() (q ReportQuery, err error) {
	if q.query.Window, err = readSpan(r.From, r.To); err != nil {
		return q, err
	}
	if q.query.AsOf, err = readAsOf(r.AsOf); err != nil {
		return q, err
	}
	all, groupings := allKPIs(), funnel.AllGroupings
	if r.Queue {
		all, groupings = funnel.KPIsOf(funnel.QueueCatalogue), funnel.QueueGroupings
	}
	if r.Service {
		all, groupings = serviceKPIs(), funnel.ServiceGroupings
	}
	if q.query.Zone, err = readZone(r.TimeZone); err != nil {
		return q, err
	}
	if q.query.KPIs, err = readKPIs(r.KPIs, all); err != nil {
		return q, err
	}
	if q.query.By, err = readGroupings(r.GroupBy, groupings); err != nil {
		return q, err
	}
	if q.query.Level, err = readLevel(r.LevelMethod, r.LevelSeconds); err != nil {
		return q, err
	}
	if err = checkServed(q.query.KPIs, q.query.By); err == nil && (r.Queue || r.Service) && q.query.KPIs == nil {
		q.query.KPIs = all
	}
	return q, err
}

// Answer reads the figures of the campaign that a ref or id names as known now, or,
// for a query as of an earlier instant, as its versions known then make them.
func (q ReportQuery) Answer(ctx context.Context, store ReportStore, campaignKey string, now time.Time) (a ReportAnswer, err error) {
	a = ReportAnswer{By: q.query.By, KPIs: q.query.KPIs}
	if a.KPIs == nil {
		a.KPIs = allKPIs()
	}
	q.query.NowMs = now.UnixMilli()
	if a.Report, err = store.Report(ctx, campaignKey, q.query); err == nil {
		err = checkRated(q.query.KPIs, q.query.By, a.Report)
	}
	a.Served = funnel.Served(a.KPIs, a.By, a.Report)
	if n := len(a.Groups) * len(a.KPIs); err == nil && n > figuresMost {
		err = campaign.Invalidf("too_many_groups", "group_by", "%d figures are over the limit of %d; name fewer KPIs, a shorter window or a coarser grouping", n, figuresMost)
	}
	return a, err
}

// figuresMost bounds the figures of one answer: groups times KPIs.
const figuresMost = 1_000_000

// allKPIs lists every KPI of campaigns, in catalogue order.
func allKPIs() []*funnel.KPI { return funnel.KPIsOf(funnel.Catalogue) }

// JSON writes the answer as GET /v1/campaigns/{campaign}/kpis does.
func (a *ReportAnswer) JSON() []byte { return append(a.document(), '\n') }

func (a *ReportAnswer) document() document {
	frame := newFigureFrame(&a.About, a.AsOfMs)
	d := make(document, 0, 1024+256*len(a.KPIs)+200*len(a.KPIs)*len(a.Groups))
	d.reportHead(&a.About, a.AsOfMs)
	if a.Replayed {
		d.name("source").text("replay")
	}
	d.exchanged(a.Exchanged)
	d.figuresAndGroups(a, frame)
	d.close('}')
	return d
}

// exchanged names the rates that amounts were converted by, where a currency was asked
// for.
func (d *document) exchanged(rates []campaign.ExchangeRate) {
	if rates != nil {
		d.name("exchange_rates").exchangeRates(rates)
	}
}

// figuresAndGroups writes the figures of the whole and, where there are
// groupings, of each group those that serve them.
func (d *document) figuresAndGroups(a *ReportAnswer, frame *figureFrame) {
	d.name("kpis").figures(a.KPIs, a.Whole, frame)
	if len(a.By) > 0 {
		d.name("groups").open('[')
		for _, g := range a.Groups {
			d.open('{')
			d.name("key").open('{')
			for i, value := range g.Key {
				d.name(string(a.By[i])).value(value)
			}
			d.close('}')
			d.name("kpis").figures(a.Served, g.Sums, frame)
			d.close('}')
		}
		d.close(']')
	}
}
