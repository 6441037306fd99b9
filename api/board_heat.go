package api

import (
	"github.com/gin-gonic/gin"

	"ringside/api/web"
	"ringside/campaign"
	"ringside/funnel"
)

// heated are the figures of the heat maps.
var heated = findKPIs("live_answer_rate", "hit_rate")

// getHeat shows by hour of the week when people answer and when they buy, by the
// clock of the campaign or of each lead. Asked for as a part it is that part alone,
// for the page that loads it into itself.
func (s *Server) getHeat(c *gin.Context) error {
	b, err := s.board(c)
	if err != nil {
		return err
	}
	by := funnel.ByHourOfWeek
	switch zone := c.DefaultQuery("zone", "campaign"); zone {
	case "campaign":
	case "lead":
		by = funnel.ByLeadHourOfWeek
	default:
		return campaign.Invalidf("invalid_choice", "zone", "%q is neither campaign nor lead", zone)
	}
	r, err := b.report(c.Request.Context(), b.scope.span, heated, by)
	if err != nil {
		return err
	}
	path := b.path("heat")
	view := &web.HeatPage{Scope: b.words(c, "zone"), InLeadZone: by == funnel.ByLeadHourOfWeek, TimeZone: b.of.TimeZone,
		CampaignZone: b.scope.link(path), LeadZone: b.scope.link(path, "zone", "lead"), CSV: b.groupsCSV(b.grouped[by])}
	for _, k := range heated {
		m := web.NewHeat(k.Name, k.Formula)
		for _, g := range r.Groups {
			hour, ok := g.Key[0].(int64)
			if !ok {
				view.Unplaced = g.Sums.Get(funnel.Dials)
				continue
			}
			m.Set(int(hour), k.Figure(g.Sums))
		}
		view.Maps = append(view.Maps, m.Done())
	}
	return s.showPart(c, "heat", &web.Page{Title: b.of.Name + ": " + web.T("heat.title"), Trail: b.trail(), View: view})
}
