package api

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"ringside/campaign"
)

// postCosts takes cost entries; each names its campaign.
func (s *Server) postCosts(c *gin.Context) error { return s.post(c, campaign.CostForm, nil) }

// unknownCampaign turns the want of a campaign that no path names, but a parameter
// or an item, into what is wrong with that.
func unknownCampaign(err error) error {
	var missing *campaign.Error
	if errors.As(err, &missing) && missing.Kind == campaign.NotFound {
		return campaign.Invalidf("unknown_campaign", "campaign", "%s", missing.Message)
	}
	return err
}

// getCosts reads back one campaign's cost entries.
func (s *Server) getCosts(c *gin.Context) error {
	key := c.Query("campaign")
	if key == "" {
		return campaign.Invalidf("missing_parameter", "campaign", "campaign is missing; send ?campaign= with a ref or id")
	}
	of, err := s.campaign(c, key)
	if err != nil {
		return unknownCampaign(err)
	}
	entries, err := s.store.Costs(c.Request.Context(), of.Ref)
	if err != nil {
		return err
	}
	phones := may(keyOf(c), seePhones)
	var d document
	d.open('{').name("costs").open('[')
	for i := range entries {
		d.fact(&of, &entries[i], phones)
	}
	d.close(']')
	d.close('}')
	send(c, http.StatusOK, d)
	return nil
}
