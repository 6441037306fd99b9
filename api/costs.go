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

// getCosts reads back one campaign's cost entries, or those that campaigns share.
func (s *Server) getCosts(c *gin.Context) error {
	key := c.Query("campaign")
	shared, err := boolParam(c, "shared")
	if err != nil {
		return err
	}
	if shared && key != "" {
		return campaign.Invalidf("not_allowed", "shared", "shared costs are of no campaign; send shared=true or campaign, not both")
	}
	if shared {
		return s.getSharedCosts(c)
	}
	if key == "" {
		return campaign.Invalidf("missing_parameter", "campaign", "campaign is missing; send ?campaign= with a ref or id, or ?shared=true for costs that campaigns share")
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

// getSharedCosts reads back the costs that campaigns share, and where each goes.
func (s *Server) getSharedCosts(c *gin.Context) error {
	if err := demand(c, rights{shareCosts}); err != nil {
		return err
	}
	entries, err := s.store.SharedCosts(c.Request.Context())
	if err != nil {
		return err
	}
	phones := may(keyOf(c), seePhones)
	var d document
	d.open('{').name("costs").open('[')
	for i := range entries {
		e := &entries[i]
		of := campaign.Campaign{Config: campaign.Config{Currency: e.Content.Text(campaign.CostCurrency)}}
		d.open('{')
		d.factMembers(&of, &e.Fact, phones)
		d.name("allocation").open('[')
		for _, p := range e.Parts {
			d.open('{')
			d.name("campaign").text(p.Campaign)
			d.name("driver").int(p.Driver)
			d.name("amount").money(p.AmountMinor, of.Digits())
			d.close('}')
		}
		d.close(']')
		d.name("unallocated").money(e.UnallocatedMinor, of.Digits())
		d.close('}')
	}
	d.close(']')
	d.close('}')
	send(c, http.StatusOK, d)
	return nil
}
