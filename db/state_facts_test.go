package db

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"ringside/campaign"
	"ringside/funnel"
	"ringside/funnel/twin"
)

// statesTrial is the random states of some agents in the store and in the twin.
type statesTrial struct {
	*house
	*twin.StatesTrial
	states *twin.States // as they are known
}

// TestStatesAnyOrder posts random states in any order and compares every KPI, grouping,
// window and zone with the naive twin, then verifies the store.
func TestStatesAnyOrder(t *testing.T) {
	first := max(*propertySeed, 1)
	for i := range *propertyRounds/4 + 1 {
		seed := first + uint64(i)
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			r := &statesTrial{newHouse(t), twin.NewStatesTrial(seed), nil}
			r.states = r.States
			config, err := campaign.DecodeService(fmt.Appendf(nil, `{"time_zone":%q}`, r.Zone))
			if err == nil {
				_, _, err = r.store.PutCampaign(context.Background(), campaign.ServiceKey, config)
			}
			if err != nil {
				t.Fatal(err)
			}
			for agent, team := range r.Teams() {
				if _, _, err := r.store.PutAgent(context.Background(), campaign.Agent{Ref: agent, Team: team}); err != nil {
					t.Fatal(err)
				}
				r.States.Teams[agent] = team
			}
			r.run()
		})
	}
}

func (r *statesTrial) run() {
	inAnyOrder(r.Trial, postsOf(campaign.StateForm.Name, r.Posts()), func(some []twin.Post) {
		r.tell(campaign.ServiceKey, some, func(_ string, told map[string]any, arrivalUs int64) { r.States.Post(told, arrivalUs) })
	}, func() {})
	for range 3 {
		from, to := r.Window()
		r.compareWindow(from, to)
	}
	known := r.earlier(r.Trial)
	r.known, r.states = known, r.States.AsKnown(known)
	from, to := r.Window()
	r.compareWindow(from, to)
	r.known, r.states = time.Time{}, r.States
	r.verify(campaign.ServiceKey)
	r.damage()
	r.rebuilt(campaign.ServiceKey)
}

// damage takes away what is counted by agent and campaign, which verify must find.
func (r *statesTrial) damage() {
	done, err := r.store.pool.Exec("delete from cells where grouping_no = $1", funnel.ShiftByDay)
	if err != nil {
		r.Fatal(err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return // nobody was logged in
	}
	if v, err := r.store.Verify(context.Background(), campaign.ServiceKey, nil); err != nil || v.Differing == 0 {
		r.Fatalf("verify says nothing of cells that are gone: %v %+v", err, v)
	}
}

func (r *statesTrial) compareWindow(from, to time.Time) {
	groupings := [][]funnel.GroupBy{{}, {funnel.ByAgent, funnel.ByDay}, {funnel.ByTeam, funnel.ByHour}}
	for _, g := range funnel.Find("occupancy").Groupings {
		groupings = append(groupings, []funnel.GroupBy{g})
	}
	for _, zone := range []string{r.Zone, twin.Pick(r.Trial, "Asia/Kathmandu", "America/New_York", "Australia/Lord_Howe")} {
		for _, by := range groupings {
			r.compare(from, to, by, zone)
		}
	}
	r.compareFacts(from, to)
}

func (r *statesTrial) compare(from, to time.Time, by []funnel.GroupBy, name string) {
	zone, err := time.LoadLocation(name)
	if err != nil {
		r.Fatal(err)
	}
	query, _ := r.query()
	query.Window, query.By, query.Zone = funnel.Window{FromMs: from.UnixMilli(), ToMs: to.UnixMilli()}, by, zone
	query.KPIs = slices.DeleteFunc(funnel.KPIsOf(funnel.ServiceCatalogue), func(k *funnel.KPI) bool { return k.Clock != funnel.StateClock })
	report, err := r.store.Report(context.Background(), campaign.ServiceKey, query)
	if err != nil {
		r.Fatal(err)
	}
	var names []string
	for _, g := range by {
		names = append(names, string(g))
	}
	got, want := showGroups(report.Groups, by, query.KPIs), showTwins(r.states.KPIs(from, to, names, zone))
	if diff := differences(got, want); diff != "" {
		r.Fatalf("window %s – %s by %v in %s (kept in %s):\n%s", from.UTC(), to.UTC(), by, name, r.Zone, diff)
	}
}

// compareFacts holds what is listed behind the logged-in time to its figure: none twice,
// and none where it is nothing.
func (r *statesTrial) compareFacts(from, to time.Time) {
	if !r.known.IsZero() {
		return
	}
	window := funnel.Window{FromMs: from.UnixMilli(), ToMs: to.UnixMilli()}
	page, err := r.store.Facts(context.Background(), campaign.ServiceKey, funnel.Listing{Measure: funnel.LoggedMs, Window: window, NowMs: r.now.UnixMilli(), Limit: 1000})
	if err != nil {
		r.Fatal(err)
	}
	seen := map[string]bool{}
	for _, f := range page.Facts {
		if seen[f.Ref] || !window.Holds(f.AtMs) {
			r.Fatalf("%s is listed twice or outside, at %d", f.Ref, f.AtMs)
		}
		seen[f.Ref] = true
	}
	if counted := r.states.Counted(from, to); len(seen) != counted {
		r.Fatalf("window %s – %s: %d states are listed, %d count", from.UTC(), to.UTC(), len(seen), counted)
	}
}
