package db

import (
	"context"
	"encoding/json"
	"errors"

	"ringside/campaign"
)

// Service returns the installation as the owner of service facts, made when it is first
// asked for.
func (s *Store) Service(ctx context.Context) (campaign.Campaign, error) {
	c, err := s.Campaign(ctx, campaign.ServiceKey)
	var missing *campaign.Error
	if err == nil || !errors.As(err, &missing) || missing.Kind != campaign.NotFound {
		return c, err
	}
	config := campaign.DefaultService()
	body, err := json.Marshal(config)
	if err != nil {
		return c, err
	}
	err = s.transact(ctx, func(t *tx) error {
		var number int64
		found, err := t.one([]any{&number}, "select campaign_id from campaigns where ref = $1", campaign.ServiceKey)
		if err != nil || found {
			return err
		}
		c := campaign.Campaign{Ref: campaign.ServiceKey, Config: config, ConfigVersion: 1, CreatedMs: s.now().UnixMilli()}
		return t.createCampaign(&c, body, s.zoneRules(config.TimeZone))
	})
	if err != nil {
		return c, err
	}
	return s.Campaign(ctx, campaign.ServiceKey)
}
