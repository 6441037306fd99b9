package api

import (
	"context"
	"slices"

	"github.com/gin-gonic/gin"

	"ringside/api/web"
	"ringside/campaign"
	"ringside/funnel"
)

// breachesShown bounds the missed targets that the overview lists.
const breachesShown = 20

// breaches adds to the overview the targets that are missed now, of what the key may
// know, and those of the campaigns it shows beside their figures.
func (s *Server) breaches(c *gin.Context, v *web.Overview) error {
	all, err := s.knownTargets(c)
	if err != nil {
		return err
	}
	judged, err := s.judgeAll(c.Request.Context(), all, nil)
	nowMs := s.now().UnixMilli()
	for i := range judged {
		j := &judged[i]
		row := slices.IndexFunc(v.Rows, func(r web.OverviewRow) bool { return r.Ref == j.Place })
		if row >= 0 && j.Window.Holds(nowMs) {
			figures := append(slices.Clone(v.Rows[row].Figures), v.Rows[row].Dials) // rows are kept as they were read
			setBeside([]web.Target{j.words(false)}, figures)
			v.Rows[row].Figures, v.Rows[row].Dials = figures[:len(figures)-1], figures[len(figures)-1]
		}
		if j.State != funnel.TargetBreached {
			continue
		}
		if v.Missed++; len(v.Targets) < breachesShown {
			v.Targets = append(v.Targets, j.words(true))
		}
	}
	v.MoreMissed = v.Missed - len(v.Targets)
	return err
}

// targetsAt are the targets of a campaign whose time meets days that are shown, in words.
func (s *Server) targetsAt(ctx context.Context, of *campaign.Campaign, shown funnel.Span) (words []web.Target, err error) {
	all, err := s.store.TargetsAt(ctx, of.Ref)
	if err != nil {
		return nil, err
	}
	cal := campaign.NewCalendar(of.Location())
	w, err := shown.Cut(cal)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(t funnel.Target) bool { return !meets(&t, cal, w) })
	judged, err := s.judgeAll(ctx, all, nil)
	for i := range judged {
		words = append(words, judged[i].words(false))
	}
	return words, err
}

// setBeside puts targets beside the figures that they are about, wherever these stand, and
// returns those of others.
func setBeside(targets []web.Target, figures ...[]web.Figure) (others []web.Target) {
	for _, t := range targets {
		found := false
		for _, some := range figures {
			for i := range some {
				if some[i].ID == t.KPI {
					some[i].Targets, found = append(slices.Clone(some[i].Targets), t), true
				}
			}
		}
		if !found {
			others = append(others, t)
		}
	}
	return others
}

// aims adds to a page the targets of what it is about whose time meets the days that are
// shown: beside the figures they are about, and those of other figures by themselves.
func (s *Server) aims(c *gin.Context, b *board, h *web.Headlines, more ...[]web.Figure) error {
	targets, err := s.targetsAt(c.Request.Context(), b.of, b.scope.span)
	h.Targets = setBeside(targets, append(more, h.Figures)...)
	return err
}

// words writes a judged target, with whose it is where the page is about more.
func (j *Judged) words(named bool) web.Target {
	cal := campaign.NewCalendar(j.Campaign.Location())
	v := web.NewTarget(&j.Target, &j.Standing, j.kpi, j.Window, cal, web.CoinOf(&j.Campaign.Config))
	if named {
		switch what, ref := j.Campaign.Named(); what {
		case "campaign":
			v.Of, v.Href = j.Campaign.Name, "/campaigns/"+segment(ref)
		case "queue":
			v.Of, v.Href = j.Campaign.Name, queuesPath+"/"+segment(ref)
		default:
			v.Of, v.Href = web.T("target.service"), servicePath
		}
	}
	return v
}
