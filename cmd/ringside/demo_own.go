package main

import (
	"context"
	"fmt"
	"time"

	"ringside/campaign"
	"ringside/db"
	"ringside/funnel"
)

// own posts the demo's measures, and defines the KPIs that read them and a few targets.
func (c *demoCommand) own(ctx context.Context, store *db.Store, now time.Time) error {
	all, err := store.Campaigns(ctx)
	if err != nil {
		return err
	}
	if _, err := store.Service(ctx); err != nil {
		return err
	}
	month := time.Date(now.Year(), now.Month(), 1, 9, 0, 0, 0, time.UTC)
	for back := range 3 {
		at := month.AddDate(0, -back, 0)
		if at.After(now) {
			continue
		}
		if err := measure(ctx, store, campaign.ServiceKey, at, exampleOfAll); err != nil {
			return err
		}
		for i := range all {
			if err := measure(ctx, store, all[i].Ref, at, exampleOfCampaign); err != nil {
				return err
			}
		}
	}
	for _, d := range funnel.ExampleKPIs {
		if _, _, err := store.PutKPI(ctx, d); err != nil {
			return fmt.Errorf("KPI %s: %w", d.ID, err)
		}
	}
	from, to := month.Format(time.DateOnly), month.AddDate(0, 1, 0).Format(time.DateOnly)
	targets := []funnel.Target{{Ref: "liquidity", KPI: "liquidity_index", Place: campaign.ServiceKey, Comparator: funnel.AtLeast, Value: "1.2", From: from, To: to}}
	for i := range all {
		of := all[i].Ref
		targets = append(targets,
			funnel.Target{Ref: "conversion:" + of, KPI: "conversion_rate", Place: of, Comparator: funnel.AtLeast, Value: "0.08", From: from, To: to},
			funnel.Target{Ref: "dropped:" + of, KPI: "outbound_abandonment_rate", Place: of, Comparator: funnel.AtMost, Value: "0.15", From: from, To: to},
			funnel.Target{Ref: "sales:" + of, KPI: "sales", Place: of, Comparator: funnel.AtLeast, Value: "250", From: from, To: to})
	}
	for _, t := range targets {
		if _, err := store.PutTarget(ctx, t); err != nil {
			return fmt.Errorf("target %s: %w", t.Ref, err)
		}
	}
	return nil
}

// measure posts a value of each name.
func measure(ctx context.Context, store *db.Store, place string, at time.Time, values map[string]int64) error {
	var versions []*campaign.Version
	for name, value := range values {
		v, err := campaign.MeasureForm.Decode(fmt.Appendf(nil, `{"ref":"%s-%s","name":"%s","at":"%s","value":%d}`, name, at.Format("2006-01"), name, at.Format(time.RFC3339), value))
		if err != nil {
			return err
		}
		versions = append(versions, v)
	}
	_, err := store.Record(ctx, place, versions, false)
	return err
}
