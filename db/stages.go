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
		stages, err = funnel.Stages(src, src.k.counted.rules(), c.Stages, w)
		return err
	})
	return c, stages, err
}

// Curve returns the attempt curve of the leads that were generated in the window.
func (s *Store) Curve(ctx context.Context, campaignKey string, w funnel.Window) (c campaign.Campaign, points []funnel.CurvePoint, err error) {
	err = s.snapshot(ctx, func(t *tx) error {
		src, _, err := s.source(t, campaignKey)
		if err != nil {
			return err
		}
		c = src.k.Campaign
		points, err = funnel.Curve(src, src.k.counted.rules(), w)
		return err
	})
	return c, points, err
}

// Compliance returns the blocks of the campaign's compliance profile.
func (s *Store) Compliance(ctx context.Context, campaignKey string, nowMs int64) (c campaign.Campaign, blocks []funnel.Block, err error) {
	err = s.snapshot(ctx, func(t *tx) error {
		src, _, err := s.source(t, campaignKey)
		if err != nil {
			return err
		}
		c = src.k.Campaign
		startsOn := campaign.NoDay
		if c.StartsOn != "" {
			if startsOn, err = campaign.ParseDay(c.StartsOn); err != nil {
				return err
			}
		}
		blocks, err = funnel.Compliance(src, src.k.counted.rules(), startsOn, nowMs)
		return err
	})
	return c, blocks, err
}

// Ready reports whether the database answers.
func (s *Store) Ready(ctx context.Context) error {
	return s.glance(ctx, func(t *tx) error {
		var one int
		_, err := t.one([]any{&one}, "select 1")
		return err
	})
}
