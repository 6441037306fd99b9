package db

import (
	"context"
	"testing"

	"ringside/campaign"
	"ringside/funnel"
)

// TestVersionsRise: every kind of commit that may change a report raises the version
// of its campaign, by the time Changed tells of it, and no other's.
func TestVersionsRise(t *testing.T) {
	t.Parallel()
	store, ctx := openTest(t), context.Background()
	config, err := store.Campaign(ctx, "c")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.PutCampaign(ctx, "other", config.Config); err != nil {
		t.Fatal(err)
	}
	put := func(change func(*campaign.Config)) func() error {
		return func() error {
			change(&config.Config)
			_, _, err := store.PutCampaign(ctx, "c", config.Config)
			return err
		}
	}
	for _, step := range []struct {
		name, of string
		do       func() error
	}{
		{"attempts", "c", func() error { _, err := store.Record(ctx, "c", dialing(0, 5, 2), false); return err }},
		{"a new name", "c", put(func(c *campaign.Config) { c.Name = "Renamed" })},
		{"a new zone, counted again", "c", put(func(c *campaign.Config) { c.TimeZone = "Asia/Kathmandu" })},
		{"a mark", "c", func() error { _, err := store.PutDNC(ctx, "c", "lead-0000000", true); return err }},
		{"a team", "", func() error {
			_, _, err := store.PutAgent(ctx, campaign.Agent{Ref: "a-1", Team: "north"})
			return err
		}},
		{"a KPI of one's own", "", func() error {
			_, _, err := store.PutKPI(ctx, funnel.OwnKPI{ID: "own", Name: "Own", Formula: "dials / 2", Unit: funnel.Count, Direction: funnel.Neutral})
			return err
		}},
		{"a target", "c", func() error {
			_, err := store.PutTarget(ctx, funnel.Target{Ref: "t", KPI: "own", Place: "c", Comparator: funnel.AtLeast, Value: "5", From: "2026-11-01", To: "2026-12-01"})
			return err
		}},
		{"a closed month", "c", func() error {
			_, err := store.ClosePeriod(ctx, "c", campaign.DayOfDate(2020, 1, 1), campaign.Actor{})
			return err
		}},
		{"a reopened month", "c", func() error {
			_, err := store.ReopenPeriod(ctx, "c", campaign.DayOfDate(2020, 1, 1), campaign.Actor{})
			return err
		}},
		{"a rebuild", "c", func() error { return store.Rebuild(ctx, "c", nil) }},
	} {
		before, err := store.Versions(ctx)
		if err != nil {
			t.Fatal(err)
		}
		changed := store.Changed()
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		select {
		case <-changed:
		default:
			t.Errorf("%s: nobody is told", step.name)
		}
		after, err := store.Versions(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, ref := range []string{"", "c", "other"} {
			if rose := after[ref] > before[ref]; rose != (ref == step.of) {
				t.Errorf("%s: the version of %q goes from %d to %d", step.name, ref, before[ref], after[ref])
			}
		}
	}
	report, err := store.Report(ctx, "c", funnel.Query{Window: funnel.Window{FromMs: 0, ToMs: 1}})
	now, _ := store.Versions(ctx)
	if err != nil || report.Version != now["c"] {
		t.Errorf("a report is of version %d, the campaign at %d: %v", report.Version, now["c"], err)
	}
}

// TestVersionsOfAnotherProcess: a second store on the same database sees what the
// first committed, though nothing tells it.
func TestVersionsOfAnotherProcess(t *testing.T) {
	t.Parallel()
	ctx, both := context.Background(), openBoth(t)
	here, there := both[0], both[1]
	putConfig(t, here, testConfig)
	before, err := there.Versions(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := here.Record(ctx, "c", dialing(0, 5, 2), false); err != nil {
		t.Fatal(err)
	}
	after, err := there.Versions(ctx)
	if err != nil || after["c"] <= before["c"] {
		t.Errorf("the version goes from %d to %d: %v", before["c"], after["c"], err)
	}
}
