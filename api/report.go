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
}

// ReportQuery is a ReportRequest that was read and found good.
type ReportQuery struct {
	campaignRef string
	asOfMs      int64 // or campaign.None
	query       funnel.Query
}

// ReportAnswer is a report with all it takes to show it.
type ReportAnswer struct {
	funnel.Report
	Window funnel.Window
	AsOfMs int64
	// Replayed says that AsOfMs is past and the figures are those known then.
	Replayed bool
	By       []funnel.GroupBy
	// KPIs are those asked for, or all; groups show those that serve By.
	KPIs []*funnel.KPI
}

// ReportStore is what a report is read from.
type ReportStore interface {
	Campaign(ctx context.Context, key string) (campaign.Campaign, error)
	Report(ctx context.Context, campaignKey string, q funnel.Query) (funnel.Report, error)
}

// Read checks the request against the campaign that a ref or id names, whose zone
// says when days begin. Errors name the parameter and what to send instead.
func (r ReportRequest) Read(ctx context.Context, store ReportStore, campaignKey string) (q ReportQuery, err error) {
	of, err := store.Campaign(ctx, campaignKey)
	if err != nil {
		return q, err
	}
	q.campaignRef, q.asOfMs = of.Ref, campaign.None
	cal := campaign.NewCalendar(of.Location())
	if q.query.Window, err = readWindow(r.From, r.To, cal); err != nil {
		return q, err
	}
	if r.AsOf != "" {
		if q.asOfMs, err = readMoment("as_of", r.AsOf, cal); err != nil {
			return q, err
		}
	}
	if q.query.KPIs, err = readKPIs(r.KPIs); err != nil {
		return q, err
	}
	if q.query.By, err = readGroupings(r.GroupBy); err != nil {
		return q, err
	}
	return q, checkServed(q.query.KPIs, q.query.By)
}

// Answer reads the figures as known now, or, for a query as of an earlier instant,
// as its versions known then make them.
func (q ReportQuery) Answer(ctx context.Context, store ReportStore, now time.Time) (a ReportAnswer, err error) {
	a = ReportAnswer{Window: q.query.Window, AsOfMs: now.UnixMilli(), By: q.query.By, KPIs: q.query.KPIs}
	query := q.query
	// A caller's "now" has aged by the time it arrives.
	if q.asOfMs != campaign.None && q.asOfMs < a.AsOfMs-1000 {
		a.AsOfMs, a.Replayed, query.Replay = q.asOfMs, true, true
	}
	query.NowMs = a.AsOfMs
	if a.KPIs == nil {
		a.KPIs = allKPIs()
	}
	a.Report, err = store.Report(ctx, q.campaignRef, query)
	if n := len(a.Groups) * len(a.KPIs); err == nil && n > figuresMost {
		err = campaign.Invalidf("too_many_groups", "group_by", "%d figures are over the limit of %d; name fewer KPIs, a shorter window or a coarser grouping", n, figuresMost)
	}
	return a, err
}

// figuresMost bounds the figures of one answer: groups times KPIs.
const figuresMost = 1_000_000

// allKPIs lists every KPI, in catalogue order.
func allKPIs() []*funnel.KPI {
	kpis := make([]*funnel.KPI, len(funnel.Catalogue))
	for i := range funnel.Catalogue {
		kpis[i] = &funnel.Catalogue[i]
	}
	return kpis
}

// JSON writes the answer as GET /v1/campaigns/{campaign}/kpis does.
func (a *ReportAnswer) JSON() []byte { return append(a.document(), '\n') }

func (a *ReportAnswer) document() document {
	frame := newFigureFrame(&a.Campaign, a.Window, a.AsOfMs)
	d := make(document, 0, 1024+256*len(a.KPIs)+200*len(a.KPIs)*len(a.Groups))
	d.reportHead(&a.Campaign, a.Window, a.AsOfMs)
	if a.Replayed {
		d.name("source").text("replay")
	}
	d.figuresAndGroups(a, frame)
	d.close('}')
	return d
}

// figuresAndGroups writes the figures of the whole and, where there are
// groupings, of each group those that serve them.
func (d *document) figuresAndGroups(a *ReportAnswer, frame *figureFrame) {
	inner := funnel.WithoutCampaign(a.By)
	var grouped []*funnel.KPI
	for _, k := range a.KPIs {
		if k.Serves(inner) {
			grouped = append(grouped, k)
		}
	}
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
			d.name("kpis").figures(grouped, g.Sums, frame)
			d.close('}')
		}
		d.close(']')
	}
}
