package db

import (
	"context"

	"ringside/campaign"
	"ringside/funnel"
)

// Stages returns the funnel of the leads that were generated in the window.
func (s *Store) Stages(ctx context.Context, campaignKey string, w funnel.Window) (c campaign.Campaign, stages []funnel.Stage, err error) {
	err = s.snapshot(ctx, func(t *tx) error {
		src, _, err := s.source(t, campaignKey)
		if err != nil {
			return err
		}
		c = src.k.Campaign
		stages, err = funnel.Stages(src, src.k.rules(), c.Stages, w)
		return err
	})
	return c, stages, err
}

// Ready reports whether the database answers.
func (s *Store) Ready(ctx context.Context) error {
	return s.snapshot(ctx, func(t *tx) error {
		var one int
		_, err := t.one([]any{&one}, "select 1")
		return err
	})
}
