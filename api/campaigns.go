package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/gin-gonic/gin"

	"ringside/campaign"
)

type campaignStore interface {
	// PutCampaign creates or replaces a campaign's configuration.
	PutCampaign(ctx context.Context, ref string, config campaign.Config) (c campaign.Campaign, created bool, err error)
	// Campaign returns the campaign that a ref or id names.
	Campaign(ctx context.Context, key string) (campaign.Campaign, error)
	// Campaigns returns all campaigns in order of ref, Queues all queues.
	Campaigns(ctx context.Context) ([]campaign.Campaign, error)
	Queues(ctx context.Context) ([]campaign.Campaign, error)
	// Recounted returns how many of how many leads and calls a recount has worked through.
	Recounted(ctx context.Context, key string) (done, of int64, err error)
}

// campaignJSON is a campaign as it is answered.
type campaignJSON struct {
	ID        string `json:"id"`
	Ref       string `json:"ref"`
	CreatedAt string `json:"created_at"`
	// Recounting says that reports still follow the configuration before this one.
	Recounting bool `json:"recounting,omitempty"`
	// Recounted is how far that has come.
	Recounted *recounted `json:"recounted,omitempty"`
	campaign.Config
}

// recounted is how many of how many leads and calls were counted again.
type recounted struct {
	Done int64 `json:"done"`
	Of   int64 `json:"of"`
}

// recounted reads how far a campaign's recount has come, nil where there is none.
func (s *Server) recounted(ctx context.Context, c *campaign.Campaign) (*recounted, error) {
	if c.Wanted == nil {
		return nil, nil
	}
	done, of, err := s.store.Recounted(ctx, c.Ref)
	return &recounted{done, of}, err
}

func showCampaign(c *campaign.Campaign) campaignJSON {
	shown := campaignJSON{ID: c.ID().String(), Ref: c.Ref, CreatedAt: campaign.FormatInstant(c.CreatedMs), Config: c.Config}
	if c.Wanted != nil {
		shown.Config, shown.Recounting = *c.Wanted, true
	}
	shown.Codes, shown.Rates = nil, nil // the sources' affair, and what finance reads at /rates
	return shown
}

// sendJSON writes a small answer by its json tags.
func sendJSON(c *gin.Context, status int, v any) error {
	body, err := json.Marshal(v)
	if err == nil {
		send(c, status, body)
	}
	return err
}

func (s *Server) putCampaign(c *gin.Context) error {
	stored, created, err := s.keepCampaign(c, c.Param("campaign"), func() ([]byte, error) { return readBody(c) })
	if err != nil {
		return err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
		c.Header("Location", "/v1/campaigns/"+segment(stored.Ref))
	}
	return sendJSON(c, status, showCampaign(&stored))
}

// keepCampaign creates or replaces a campaign by the body of a PUT, which it reads
// once the ref is one.
func (s *Server) keepCampaign(c *gin.Context, ref string, read func() ([]byte, error)) (stored campaign.Campaign, created bool, err error) {
	if err := campaign.CheckRef(ref); err != nil {
		return stored, false, inField(err, "campaign")
	}
	body, err := read()
	if err != nil {
		return stored, false, err
	}
	config, err := campaign.DecodeConfig(body)
	if err != nil {
		return stored, false, err
	}
	// An id names the campaign it belongs to.
	if _, isID := campaign.ParseID(ref); isID {
		if known, err := s.campaign(c, ref); err == nil {
			ref = known.Ref
		}
	}
	return s.store.PutCampaign(c.Request.Context(), ref, config)
}

func (s *Server) getCampaign(c *gin.Context) error {
	stored, err := s.campaign(c, c.Param("campaign"))
	if err != nil {
		return err
	}
	shown := showCampaign(&stored)
	if shown.Recounted, err = s.recounted(c.Request.Context(), &stored); err != nil {
		return err
	}
	return sendJSON(c, http.StatusOK, shown)
}

func (s *Server) getCampaigns(c *gin.Context) error {
	stored, err := s.campaigns(c)
	if err != nil {
		return err
	}
	shown := make([]campaignJSON, len(stored))
	for i := range stored {
		shown[i] = showCampaign(&stored[i])
	}
	return sendJSON(c, http.StatusOK, map[string]any{"campaigns": shown})
}
