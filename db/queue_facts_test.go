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

// queueTrial is one random queue in the store and in the twin.
type queueTrial struct {
	*house
	*twin.QueueTrial
	queue *twin.Queue // as it is known
}

// TestQueueAnyOrder posts random calls in any order and compares every KPI, grouping
// and window with the naive twin, then verifies the store.
func TestQueueAnyOrder(t *testing.T) {
	first := max(*propertySeed, 1)
	for i := range *propertyRounds/3 + 1 {
		seed := first + uint64(i)
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			r := &queueTrial{newHouse(t), twin.NewQueueTrial(seed), nil}
			r.queue = r.Queue
			r.configure()
			for agent, team := range r.Teams() {
				if _, _, err := r.store.PutAgent(context.Background(), campaign.Agent{Ref: agent, Team: team}); err != nil {
					t.Fatal(err)
				}
				r.Queue.Teams[agent] = team
			}
			r.run()
		})
	}
}

func (r *queueTrial) configure() {
	r.Helper()
	body := fmt.Sprintf(`{"name":"q","time_zone":%q,"service_level_s":%d,"short_abandon_s":%s}`, r.Queue.TimeZone, r.Queue.ServiceLevelS, r.Queue.ShortAbandonS)
	config, err := campaign.DecodeQueue([]byte(body))
	if err == nil {
		_, _, err = r.store.PutCampaign(context.Background(), campaign.QueueKey("q"), config)
	}
	if err != nil {
		r.Fatal(err)
	}
}

func (r *queueTrial) run() {
	inAnyOrder(r.Trial, postsOf(campaign.CallForm.Name, r.Calls()), func(some []twin.Post) {
		r.tell(campaign.QueueKey("q"), some, func(_ string, told map[string]any, arrivalUs int64) { r.Queue.Post(told, arrivalUs) })
	}, func() {
		if r.Maybe(10) {
			r.Reconfigure()
			r.configure()
		}
	})
	for range 4 {
		from, to := r.Window()
		r.compareWindow(from, to)
	}
	known := r.earlier(r.Trial)
	r.known, r.queue = known, r.Queue.AsKnown(known)
	from, to := r.Window()
	r.compareWindow(from, to)
	r.known, r.queue = time.Time{}, r.Queue
	r.verify(campaign.QueueKey("q"))
	r.rebuilt(campaign.QueueKey("q"))
}

func (r *queueTrial) compareWindow(from, to time.Time) {
	groupings := [][]funnel.GroupBy{{}, {funnel.ByChannel, funnel.ByTopic}, {funnel.ByTeam, funnel.ByDay}}
	for _, g := range funnel.QueueGroupings {
		groupings = append(groupings, []funnel.GroupBy{g})
	}
	for _, by := range groupings {
		r.compare(from, to, by)
	}
}

func (r *queueTrial) compare(from, to time.Time, by []funnel.GroupBy) {
	query, now := r.query()
	if r.known.IsZero() { // among the calls, so that some of them wait
		now, _ = r.Window()
		query.NowMs = now.UnixMilli()
	}
	query.Window, query.By = funnel.Window{FromMs: from.UnixMilli(), ToMs: to.UnixMilli()}, by
	query.KPIs = funnel.KPIsOf(funnel.QueueCatalogue)
	query.Level.Method = twin.Pick(r.Trial, append(funnel.LevelMethods, "")...)
	level := twin.Pick(r.Trial, -1, 0, 5, 6, 60)
	if seconds := int64(level); level >= 0 {
		query.Level.Seconds = &seconds
	}
	report, err := r.store.Report(context.Background(), campaign.QueueKey("q"), query)
	if err != nil {
		r.Fatal(err)
	}
	var names []string
	for _, g := range by {
		names = append(names, string(g))
	}
	served := slices.DeleteFunc(slices.Clone(query.KPIs), func(k *funnel.KPI) bool { return !k.Serves(by) })
	got := showGroups(report.Groups, by, served)
	want := showTwins(r.queue.KPIs(from, to, now, names, query.Level.Method, level))
	if diff := differences(got, want); diff != "" {
		r.Fatalf("window %s – %s by %v, level %s %d:\n%s", from.UTC(), to.UTC(), by, query.Level.Method, level, diff)
	}
}
