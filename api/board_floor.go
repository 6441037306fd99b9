package api

import (
	"context"
	"slices"

	"github.com/gin-gonic/gin"

	"ringside/api/web"
	"ringside/campaign"
	"ringside/funnel"
)

// floorPath is where a campaign's calls stand beside those of its queues.
const floorPath = "/floor"

// floorFigures are those of each queue of a floor.
var floorFigures = findKPIs("offered", "answered", "service_level", "asa", "inbound_abandonment_rate", "aht")

// queuesOf returns the queues that name a campaign as theirs, of those the request's key
// may know.
func (s *Server) queuesOf(c *gin.Context, of *campaign.Campaign) ([]campaign.Campaign, error) {
	all, err := s.queues(c)
	return slices.DeleteFunc(all, func(q campaign.Campaign) bool { return !slices.Contains(q.Queue.Campaigns, of.Ref) }), err
}

// floorsOf leads to the floors of the campaigns that a queue belongs to.
func (s *Server) floorsOf(c *gin.Context, queue *campaign.Campaign) (links []web.Link, err error) {
	if len(queue.Queue.Campaigns) == 0 {
		return nil, nil
	}
	all, err := s.campaigns(c)
	for _, of := range all {
		if slices.Contains(queue.Queue.Campaigns, of.Ref) {
			links = append(links, web.Link{Text: of.Name, Href: campaignsPath + "/" + segment(of.Ref) + floorPath})
		}
	}
	return links, err
}

// lookAtFloor shows what a campaign dials beside who calls it.
func (s *Server) lookAtFloor(c *gin.Context) (*web.Page, error) {
	b, err := s.board(c)
	if err != nil {
		return nil, err
	}
	queues, err := s.queuesOf(c, b.of)
	if err != nil {
		return nil, err
	}
	v := &web.Floor{Configures: may(b.key, configure), Origin: s.ownAddress(c.Request), CSV: sheetLink(c)}
	err = s.store.Together(c.Request.Context(), func(ctx context.Context) error { return b.floor(ctx, v, queues) })
	if err == nil {
		err = s.aims(c, b, &v.Outbound)
	}
	if err != nil {
		return nil, err
	}
	v.Scope = b.words(c)
	v.Scope.Comparable = true
	return at(&web.Page{Title: web.T("floor.title", "campaign", v.Name), View: v, Trail: b.trail()}, s.now(), b.of), nil
}

// floor reads the campaign's figures, those of each queue, and of all queues together.
func (b *board) floor(ctx context.Context, v *web.Floor, queues []campaign.Campaign) (err error) {
	var r funnel.Report
	if v.Outbound, r, err = b.readHeadlines(ctx); err != nil {
		return err
	}
	v.Name, v.Ref, v.TimeZone, v.Recounting, v.Campaign = r.Campaign.Name, r.Campaign.Ref, r.Campaign.TimeZone, r.Campaign.Wanted != nil, b.scope.link(b.path(""))
	v.Queues = nil
	if len(queues) == 0 {
		return nil
	}
	kpis := slices.Concat(inQueueNow, ofQueues.counts, ofQueues.headlines)
	now, before := make([]funnel.Report, len(queues)), make([]funnel.Report, len(queues))
	var inbound *board
	for i := range queues {
		inbound = &board{subject: ofQueues, store: b.store, ref: queues[i].Ref, of: &queues[i], scope: b.scope, key: b.key}
		if now[i], err = inbound.report(ctx, b.scope.span, kpis); err != nil {
			return err
		}
		if before[i], err = inbound.report(ctx, previous{b.scope.span, b.scope.nowMs}, kpis); err != nil {
			return err
		}
		v.Queues = append(v.Queues, inbound.floorRow(&now[i]))
	}
	all, then := pooledReport(now, kpis), pooledReport(before, kpis)
	if !b.scope.compare {
		then.Whole = nil
	}
	if v.Inbound, err = inbound.cards(ctx, &all, &then, ofQueues.counts[:4], ofQueues.headlines); err != nil {
		return err
	}
	if len(queues) > 1 { // each part is made of several queues' calls
		for _, shown := range [][]web.Figure{v.Inbound.Figures, v.Inbound.Counts} {
			for i := range shown {
				shown[i].Numerator, shown[i].Denominator = "", ""
			}
		}
	}
	v.Waiting = newQueueNow(&all.Campaign, all.Whole)
	v.Waiting.Level, v.Waiting.Text = "", ""
	for _, q := range v.Queues {
		if q.Now.Level != "" {
			v.Waiting.Level, v.Waiting.Text = q.Now.Level, q.Now.Text
		}
	}
	return nil
}

// pooledReport adds up reports of queues. It is told in the words of the first.
func pooledReport(reports []funnel.Report, kpis []*funnel.KPI) funnel.Report {
	all := reports[0]
	all.Whole, all.Groups = funnel.Pool(reports, nil, kpis)
	return all
}

// floorRow is one queue of a floor.
func (b *board) floorRow(r *funnel.Report) web.QueueRow {
	of := &r.Campaign
	_, ref := of.Named()
	row := web.QueueRow{Name: of.Name, Ref: ref, TimeZone: of.TimeZone, Href: b.scope.link(b.path("")), Now: newQueueNow(of, r.Whole),
		Threshold: web.Seconds(of.Queue.ServiceLevelS), Recounting: of.Wanted != nil}
	frame := newFigureFrame(&r.About, b.scope.nowMs)
	for _, k := range floorFigures {
		row.Figures = append(row.Figures, b.figure(k, r.Whole, frame))
	}
	return row
}
