package api

import (
	"slices"

	"github.com/gin-gonic/gin"

	"ringside/api/web"
	"ringside/campaign"
	"ringside/funnel"
)

// breachesShown bounds the missed targets that the overview lists.
const breachesShown = 20

// breaches adds to the overview the targets that are missed now, of what the key may know.
func (s *Server) breaches(c *gin.Context, v *web.Overview) error {
	all, err := s.knownTargets(c)
	if err != nil {
		return err
	}
	judged, err := s.judgeAll(c.Request.Context(), all, soon)
	for i := range judged {
		if judged[i].State != funnel.TargetBreached {
			continue
		}
		if v.Missed++; len(v.Targets) < breachesShown {
			v.Targets = append(v.Targets, judged[i].words(true))
		}
	}
	v.MoreMissed = v.Missed - len(v.Targets)
	return err
}

// aims adds to a page the targets of what it is about whose time meets the days that are shown:
// beside the figures they are about, and those of other figures by themselves.
func (s *Server) aims(c *gin.Context, b *board, h *web.Headlines) error {
	cal := campaign.NewCalendar(b.of.Location())
	shown, err := b.scope.span.Cut(cal)
	if err != nil {
		return err
	}
	all, err := s.knownTargets(c)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(t funnel.Target) bool {
		span, err := t.Span()
		if err != nil || t.Place != b.of.Ref {
			return true
		}
		w, err := span.Cut(cal)
		return err != nil || w.FromMs >= shown.ToMs || w.ToMs <= shown.FromMs
	})
	judged, err := s.judgeAll(c.Request.Context(), all, soon)
	for i := range judged {
		words := judged[i].words(false)
		at := slices.IndexFunc(h.Figures, func(f web.Figure) bool { return f.ID == words.KPI })
		if at < 0 {
			h.Targets = append(h.Targets, words)
			continue
		}
		h.Figures[at].Targets = append(h.Figures[at].Targets, words)
	}
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
