package api

import (
	"context"
	"slices"
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
	// Place says what figures are asked of. LevelMethod and LevelSeconds say what the
	// service level of queues is to be, TimeZone in which zone the installation's figures
	// are told; empty for their own.
	Place                               funnel.Place
	LevelMethod, LevelSeconds, TimeZone string
	// Shelf holds the KPIs there are; nil for those of the catalogue.
	Shelf *funnel.Shelf
}

// ReportQuery is a ReportRequest that was read and found good.
type ReportQuery struct {
	query funnel.Query
	// named are the KPIs asked for by name, nil for all.
	named []*funnel.KPI
}

// ReportAnswer is a report with all it takes to show it.
type ReportAnswer struct {
	funnel.Report
	By []funnel.GroupBy
	// KPIs are those asked for, or all; groups show those that are Served.
	KPIs, Served []*funnel.KPI
	// Exchanged are the rates by which amounts were put into the currency asked for; nil
	// where none was.
	Exchanged []campaign.ExchangeRate
	// aims are the targets beside the figures; nil for none.
	aims *aims
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
	all, groupings := r.Shelf.At(r.Place), funnel.AllGroupings
	switch r.Place {
	case funnel.AtQueues:
		groupings = funnel.QueueGroupings
	case funnel.AtService:
		groupings = funnel.ServiceGroupings
	}
	if q.query.Zone, err = readZone(r.TimeZone); err != nil {
		return q, err
	}
	if q.named, err = readKPIs(r.KPIs, all, r.Shelf); err != nil {
		return q, err
	}
	if q.query.KPIs = q.named; q.named == nil {
		q.query.KPIs, q.query.Any = all, true
	}
	if q.query.By, err = readGroupings(r.GroupBy, groupings); err != nil {
		return q, err
	}
	if q.query.Level, err = readLevel(r.LevelMethod, r.LevelSeconds); err != nil {
		return q, err
	}
	return q, checkServed(q.named, q.query.By)
}

// Answer reads the figures of the campaign that a ref or id names as known now, or,
// for a query as of an earlier instant, as its versions known then make them.
func (q ReportQuery) Answer(ctx context.Context, store ReportStore, campaignKey string, now time.Time) (a ReportAnswer, err error) {
	a = ReportAnswer{By: q.query.By, KPIs: q.query.KPIs}
	q.query.NowMs = now.UnixMilli()
	if a.Report, err = store.Report(ctx, campaignKey, q.query); err == nil {
		err = checkRated(q.named, q.query.By, a.Report)
	}
	if a.Closing != nil {
		a.KPIs = a.Closing.KPIs(q.query.KPIs)
	}
	a.Served = funnel.Served(a.KPIs, a.By, a.Report)
	if n := len(a.Groups) * len(a.KPIs); err == nil && n > figuresMost {
		err = campaign.Invalidf("too_many_groups", "group_by", "%d figures are over the limit of %d; name fewer KPIs, a shorter window or a coarser grouping", n, figuresMost)
	}
	return a, err
}

// figuresMost bounds the figures of one answer: groups times KPIs.
const figuresMost = 1_000_000

// leaveOutUnexchanged takes out the KPIs that would mix amounts in the currency asked for
// with measures, which are exchanged by nobody.
func (a *ReportAnswer) leaveOutUnexchanged() {
	if len(a.Exchanged) > 0 {
		a.KPIs, a.Served = exchangeable(a.KPIs), exchangeable(a.Served)
	}
}

func exchangeable(kpis []*funnel.KPI) []*funnel.KPI {
	return slices.DeleteFunc(slices.Clone(kpis), func(k *funnel.KPI) bool {
		_, measured := k.Values(&funnel.Sums{})
		return k.OfMoney() && measured || k.Frozen() && k.Unit == funnel.Money
	})
}

// JSON writes the answer as GET /v1/campaigns/{campaign}/kpis does.
func (a *ReportAnswer) JSON() []byte { return append(a.document(), '\n') }

func (a *ReportAnswer) document() document {
	frame := newFigureFrame(&a.About, a.AsOfMs)
	d := make(document, 0, 1024+256*len(a.KPIs)+200*len(a.KPIs)*len(a.Groups))
	d.reportHead(&a.About, a.AsOfMs)
	d.told(a.Report)
	d.exchanged(a.Exchanged)
	d.figuresAndGroups(a, frame)
	d.close('}')
	return d
}

// told says from what the past is told: from frozen figures where all reports are, else
// by a replay; nothing of the present.
func (d *document) told(reports ...funnel.Report) {
	switch thawed := func(r funnel.Report) bool { return r.Closing == nil }; {
	case !slices.ContainsFunc(reports, thawed):
		d.name("source").text("frozen")
	case replayed(reports):
		d.name("source").text("replay")
	}
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
	d.name("kpis").figuresBeside(a.KPIs, a.Whole, frame, a.besideWhole)
	if len(a.By) > 0 {
		d.name("groups").open('[')
		for _, g := range a.Groups {
			d.open('{')
			d.name("key").open('{')
			for i, value := range g.Key {
				d.name(string(a.By[i])).value(value)
			}
			d.close('}')
			d.name("kpis").figuresBeside(a.Served, g.Sums, frame, a.besideGroup(&g))
			d.close('}')
		}
		d.close(']')
	}
}

// besideWhole are the targets beside a figure of the whole.
func (a *ReportAnswer) besideWhole(fig funnel.Figure) ([]*Judged, []partAim) {
	return a.aims.whole(fig.KPI), nil
}

// besideGroup tells the targets beside figures of a group.
func (a *ReportAnswer) besideGroup(g *funnel.ReportGroup) func(fig funnel.Figure) ([]*Judged, []partAim) {
	return func(fig funnel.Figure) ([]*Judged, []partAim) { return a.aims.group(a.By, g.Key, fig, g.Sums) }
}
