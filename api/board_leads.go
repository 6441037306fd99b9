package api

import (
	"context"
	"net/url"

	"github.com/gin-gonic/gin"

	"ringside/api/web"
	"ringside/campaign"
	"ringside/funnel"
)

// leadsPage is the page of what follows leads.
const leadsPage = "funnel"

// getLeads shows what becomes of leads over all their calls: the funnel and the attempt
// curve.
func (s *Server) getLeads(c *gin.Context) error {
	b, err := s.board(c)
	if err != nil {
		return err
	}
	view := &web.LeadsPage{}
	err = s.store.Together(c.Request.Context(), func(ctx context.Context) (err error) {
		view.Leads, err = b.leads(ctx)
		return err
	})
	if err != nil {
		return err
	}
	view.Scope = b.words(c)
	return s.showPart(c, "funnel", &web.Page{Title: b.of.Name + ": " + web.T("funnel.title"), Trail: b.trail(), View: view})
}

// leads reads what follows leads through all their calls, as long as the filters are
// by what leads have.
func (b *board) leads(ctx context.Context) (v web.Leads, err error) {
	filters := b.scope.leadFilters()
	if v.Apart = len(filters) < len(b.scope.filters); v.Apart {
		return v, nil
	}
	about, stages, err := b.store.Stages(ctx, b.ref, b.scope.span, filters...)
	if err != nil {
		return v, err
	}
	v.Funnel = newFunnel(stages)
	v.Funnel.CSV = b.csv(&about, "funnel")
	_, points, err := b.store.Curve(ctx, b.ref, about.Window, filters...)
	v.Curve = newCurve(points)
	v.Curve.CSV = b.csv(&about, "attempt-curve")
	return v, err
}

// csv is where the API has the same as a table that follows leads.
func (b *board) csv(about *funnel.About, what string) string {
	zone := about.Campaign.Location()
	v := url.Values{"from": {local(about.Window.FromMs, zone)}, "to": {local(about.Window.ToMs, zone)}, "format": {formatCSV}}
	for _, f := range b.scope.filters {
		v.Set(string(f.By), f.Value)
	}
	return "/v1/campaigns/" + segment(b.ref) + "/" + what + "?" + v.Encode()
}

func newFunnel(stages []funnel.Stage) web.Funnel {
	f := web.Funnel{Narrowest: narrowest(stages)}
	for i, stage := range stages {
		shown := web.Stage{Name: stage.Name, Leads: web.Number(stage.Leads), Bar: web.Width(share(stage.Leads, stages[0].Leads))}
		if stages[0].Leads > 0 {
			shown.OfStart = web.Percent(share(stage.Leads, stages[0].Leads), 1)
		}
		if i > 0 {
			shown.Before = web.Width(share(stages[i-1].Leads, stages[0].Leads))
			if stages[i-1].Leads > 0 {
				shown.OfPrevious = web.Percent(share(stage.Leads, stages[i-1].Leads), 1)
			}
		}
		if stage.MedianMs != campaign.None {
			shown.Median = web.Duration(stage.MedianMs)
		}
		f.Stages = append(f.Stages, shown)
	}
	return f
}

// Points of an attempt curve that are shown; of what comes after, how many there are.
const curveMost = 20

func newCurve(points []funnel.CurvePoint) web.Curve {
	if len(points) == 0 {
		return web.Curve{}
	}
	var won, all, highest = int64(0), int64(0), 0.0
	for _, p := range points {
		all += p.Won
	}
	shown := points[:min(len(points), curveMost)]
	for _, p := range shown {
		highest = max(highest, share(p.Won, p.Reached))
	}
	c := web.Curve{More: len(points) - len(shown)}
	for _, p := range points {
		before := won
		won += p.Won
		at := web.NewCurvePoint(p, highest*1.6, won, all)
		// Nineteen in twenty of all that are won by any dial.
		if 20*won >= 19*all && 20*before < 19*all {
			at.Advised = true
			c.Advice = web.T("curve.advice", "n", p.N, "won", won, "all", all)
		}
		if p.N <= curveMost {
			c.Points = append(c.Points, at)
		}
	}
	return c
}
