package db

import (
	"context"

	"ringside/campaign"
	"ringside/funnel"
)

// Stages returns the funnel of the leads that were generated in the window and pass
// the filters, which are by what leads have.
func (s *Store) Stages(ctx context.Context, campaignKey string, within funnel.Span, filters ...funnel.Filter) (about funnel.About, stages []funnel.Stage, err error) {
	err = s.snapshot(ctx, func(t *tx) error {
		src, _, err := s.source(t, campaignKey)
		if err != nil {
			return err
		}
		if about, err = src.about(within, nil); err != nil {
			return err
		}
		sieve, err := src.sieve(filters)
		if err == nil {
			stages, err = funnel.Stages(src, src.k.counted.rules(), about.Campaign.Stages, about.Window, sieve)
		}
		return err
	})
	return about, stages, err
}

// Curve returns the attempt curve of the leads that were generated in the window and
// pass the filters, which are by what leads have.
func (s *Store) Curve(ctx context.Context, campaignKey string, within funnel.Span, filters ...funnel.Filter) (about funnel.About, points []funnel.CurvePoint, err error) {
	err = s.snapshot(ctx, func(t *tx) error {
		src, _, err := s.source(t, campaignKey)
		if err != nil {
			return err
		}
		if about, err = src.about(within, nil); err != nil {
			return err
		}
		sieve, err := src.sieve(filters)
		if err == nil {
			points, err = funnel.Curve(src, src.k.counted.rules(), about.Window, sieve)
		}
		return err
	})
	return about, points, err
}

// labelled are the callers' texts that filters name.
var labelled = map[funnel.GroupBy]labelKind{funnel.ByAgent: agentLabel, funnel.ByTeam: teamLabel, funnel.ByList: listLabel, funnel.BySource: sourceLabel, funnel.ByDisposition: dispositionLabel}

// sieve numbers what filters keep; nil for none.
func (s *source) sieve(filters []funnel.Filter) (*funnel.Sieve, error) {
	if len(filters) == 0 {
		return nil, nil
	}
	sieve := &funnel.Sieve{}
	for _, f := range filters {
		if f.By == funnel.ByTeam {
			var err error
			if sieve.Teams, err = s.teams(); err != nil {
				return nil, err
			}
		}
		number, there := f.Number()
		if kind, text := labelled[f.By]; text {
			if number, there = s.k.labels.number(label{kind, f.Value}); f.Value == "" {
				number, there = 0, true
			}
		}
		sieve.Parts = append(sieve.Parts, funnel.Kept{By: f.By, Number: number})
		sieve.Nothing = sieve.Nothing || !there
	}
	return sieve, nil
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
