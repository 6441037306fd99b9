package db

import (
	"context"

	"ringside/campaign"
	"ringside/funnel"
)

// Stages returns the funnel of the leads that were generated in the window.
func (s *Store) Stages(ctx context.Context, campaignKey string, within funnel.Span) (about funnel.About, stages []funnel.Stage, err error) {
	err = s.snapshot(ctx, func(t *tx) error {
		src, _, err := s.source(t, campaignKey)
		if err != nil {
			return err
		}
		if about, err = src.about(within, nil); err == nil {
			stages, err = funnel.Stages(src, src.k.counted.rules(), about.Campaign.Stages, about.Window)
		}
		return err
	})
	return about, stages, err
}

// Curve returns the attempt curve of the leads that were generated in the window.
func (s *Store) Curve(ctx context.Context, campaignKey string, within funnel.Span) (about funnel.About, points []funnel.CurvePoint, err error) {
	err = s.snapshot(ctx, func(t *tx) error {
		src, _, err := s.source(t, campaignKey)
		if err != nil {
			return err
		}
		if about, err = src.about(within, nil); err == nil {
			points, err = funnel.Curve(src, src.k.counted.rules(), about.Window)
		}
		return err
	})
	return about, points, err
}

// Compliance returns the blocks of the campaign's compliance profile.
func (s *Store) Compliance(ctx context.Context, campaignKey string, nowMs int64) (c campaign.Campaign, blocks []funnel.Block, err error) {
	err = s.snapshot(ctx, func(t *tx) error {
		src, _, err := s.source(t, campaignKey)
		if err != nil {
			return err
		}
		c = src.k.Campaign
		blocks, err = src.blocks(src, nowMs)
		return err
	})
	return c, blocks, err
}

// blocks returns the blocks of the campaign's compliance profile, as facts make them.
func (s *source) blocks(facts funnel.Source, nowMs int64) (blocks []funnel.Block, err error) {
	startsOn := campaign.NoDay
	if s.k.StartsOn != "" {
		if startsOn, err = campaign.ParseDay(s.k.StartsOn); err != nil {
			return nil, err
		}
	}
	return funnel.Compliance(facts, s.k.counted.rules(), startsOn, nowMs)
}

// Ready reports whether the database answers.
func (s *Store) Ready(ctx context.Context) error {
	return s.glance(ctx, func(t *tx) error {
		var one int
		_, err := t.one([]any{&one}, "select 1")
		return err
	})
}
