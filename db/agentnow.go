package db

import (
	"context"
	"errors"

	"ringside/campaign"
	"ringside/funnel"
)

// AgentsNow returns what agents were last said to be doing at an instant, in their order.
// Of whom nothing was said within a day, or whose last state had ended, it says nothing.
func (s *Store) AgentsNow(ctx context.Context, agents []string, nowMs int64) (now []funnel.AgentNow, err error) {
	err = s.snapshot(ctx, func(t *tx) error {
		now = nil
		k, err := s.find(t, campaign.ServiceKey)
		var missing *campaign.Error
		if errors.As(err, &missing) && missing.Kind == campaign.NotFound {
			return nil // nobody told anything of the kind yet
		}
		if err != nil {
			return err
		}
		for _, agent := range agents {
			last, err := recordsWhere(t, `records f where f.campaign_id = $1 and f.kind = $2 and f.thread = $3 and f.at_ms =
				(select max(n.at_ms) from records n where n.campaign_id = $4 and n.kind = $5 and n.thread = $6 and n.at_ms > $7 and n.at_ms <= $8)`,
				k.Number, campaign.KindState, agent, k.Number, campaign.KindState, agent, nowMs-campaign.StateMostMs, nowMs)
			if err != nil {
				return err
			}
			for _, r := range last[:min(1, len(last))] {
				c := &r.fact.content
				if c.Given(campaign.StateTo) && c.Int(campaign.StateTo) <= nowMs || !c.Given(campaign.StateState) {
					continue
				}
				now = append(now, funnel.AgentNow{Agent: agent, State: campaign.AgentState(c.Int(campaign.StateState)), SinceMs: r.atMs})
			}
		}
		return nil
	})
	return now, err
}
