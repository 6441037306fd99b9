package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"ringside/campaign"
)

// postCosts takes cost entries; each names its campaign.
func (s *Server) postCosts(c *gin.Context) error { return s.post(c, campaign.CostForm, "") }

// getCosts reads back one campaign's cost entries.
func (s *Server) getCosts(c *gin.Context) error {
	key := c.Query("campaign")
	if key == "" {
		return campaign.Invalidf("missing_parameter", "campaign", "campaign is missing; send ?campaign= with a ref or id")
	}
	of, err := s.store.Campaign(c.Request.Context(), key)
	if err != nil {
		if wrong, ok := err.(*campaign.Error); ok && wrong.Kind == campaign.NotFound {
			return campaign.Invalidf("unknown_campaign", "campaign", "%s", wrong.Message)
		}
		return err
	}
	entries, err := s.store.Costs(c.Request.Context(), of.Ref)
	if err != nil {
		return err
	}
	var d document
	d.open('{').name("costs").open('[')
	for i := range entries {
		d.fact(&of, &entries[i])
	}
	d.close(']')
	d.close('}')
	send(c, http.StatusOK, d)
	return nil
}
