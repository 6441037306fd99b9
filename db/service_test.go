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

// serviceTrial is one random installation in the store and in the twin.
type serviceTrial struct {
	*house
	*twin.ServiceTrial
	said *twin.Service // as it is known
}

// TestServiceAnyOrder posts random facts of the installation in any order and compares
// every KPI, grouping, window and zone with the naive twin, then verifies the store.
func TestServiceAnyOrder(t *testing.T) {
	first := max(*propertySeed, 1)
	for i := range *propertyRounds/15 + 1 {
		seed := first + uint64(i)
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			r := &serviceTrial{newHouse(t), twin.NewServiceTrial(seed), nil}
			r.said = r.Service
			if _, err := r.store.Service(context.Background()); err != nil {
				t.Fatal(err)
			}
			r.configure()
			for agent, team := range r.Teams() {
				if _, _, err := r.store.PutAgent(context.Background(), campaign.Agent{Ref: agent, Team: team}); err != nil {
					t.Fatal(err)
				}
				r.Service.Teams[agent] = team
			}
			r.run()
		})
	}
}

func (r *serviceTrial) configure() {
	r.Helper()
	config, err := campaign.DecodeService(r.ServiceTrial.ConfigBody())
	if err == nil {
		_, _, err = r.store.PutCampaign(context.Background(), campaign.ServiceKey, config)
	}
	if err != nil {
		r.Fatal(err)
	}
}

func (r *serviceTrial) send(posts []twin.Post) { r.tell(campaign.ServiceKey, posts, r.Service.Post) }

func (r *serviceTrial) run() {
	r.send([]twin.Post{{Collection: "searches", Item: map[string]any{"ref": "first", "at": r.Instant()}}})
	inAnyOrder(r.Trial, r.ServiceTrial.Posts(), r.send, func() {
		if r.Maybe(10) {
			r.Reconfigure()
			r.configure()
		}
	})
	for range 3 {
		r.compareWindow()
	}
	known := r.earlier(r.Trial)
	r.known, r.said = known, r.Service.AsKnown(known)
	r.compareWindow()
	r.known, r.said = time.Time{}, r.Service
	r.verify(campaign.ServiceKey)
	r.rebuilt(campaign.ServiceKey)
}

func (r *serviceTrial) compareWindow() {
	from, to := r.Window()
	zone := r.Zone()
	groupings := [][]funnel.GroupBy{{}, {funnel.ByChannel, funnel.ByTopic}, {funnel.ByTeam, funnel.ByDay}, {funnel.ByWeek, funnel.ByQueue}, {funnel.ByQueue, funnel.ByAgent, funnel.ByMonth}}
	for _, g := range funnel.ServiceGroupings {
		groupings = append(groupings, []funnel.GroupBy{g})
	}
	for _, by := range groupings {
		r.compare(from, to, zone, by)
	}
}

func (r *serviceTrial) compare(from, to time.Time, zone *time.Location, by []funnel.GroupBy) {
	query, now := r.query()
	query.Window, query.By, query.Zone = funnel.Window{FromMs: from.UnixMilli(), ToMs: to.UnixMilli()}, by, zone
	// States are compared in state_facts_test.go.
	query.KPIs = slices.DeleteFunc(funnel.KPIsOf(funnel.ServiceCatalogue), func(k *funnel.KPI) bool { return k.Clock == funnel.StateClock })
	report, err := r.store.Report(context.Background(), campaign.ServiceKey, query)
	if err != nil {
		r.Fatal(err)
	}
	var names []string
	for _, g := range by {
		names = append(names, string(g))
	}
	served := slices.DeleteFunc(slices.Clone(query.KPIs), func(k *funnel.KPI) bool { return !k.Serves(by) })
	got := showGroups(report.Groups, by, served)
	want := showTwins(r.said.KPIs(from, to, now, zone, names))
	if diff := differences(got, want); diff != "" {
		r.Fatalf("window %s – %s as of %s in %s by %v:\n%s", from.UTC(), to.UTC(), now.UTC(), zone, by, diff)
	}
}
