package db

import (
	"bytes"
	"context"
	"encoding/json"
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

func (r *queueTrial) send(items []map[string]any) {
	r.now = r.now.Add(time.Second)
	r.arrival = r.now.UnixMicro()
	var versions []*campaign.Version
	for _, item := range items {
		body, err := json.Marshal(item)
		if err != nil {
			r.Fatal(err)
		}
		v, err := campaign.CallForm.Decode(body)
		if err != nil {
			r.Fatalf("%s: %v", body, err)
		}
		versions = append(versions, v)
		r.arrival++
		r.Queue.Post(asTold(r.T, body), r.arrival)
	}
	receipt, err := r.store.Record(context.Background(), campaign.QueueKey("q"), versions, false)
	if err != nil || len(receipt.Rejected) > 0 {
		r.Fatalf("record: %v %+v", err, receipt)
	}
}

// asTold is an item as the twin is told it: with numbers as they are written.
func asTold(t *testing.T, item []byte) (out map[string]any) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(item))
	decoder.UseNumber()
	if err := decoder.Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

func (r *queueTrial) run() {
	calls := r.Calls()
	if r.Dated {
		calls = append(calls, calls[:r.IntN(len(calls)+1)]...)
		r.Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
	}
	for len(calls) > 0 {
		n := 1 + r.IntN(min(len(calls), 9))
		r.send(calls[:n])
		if r.Maybe(10) && !r.Dated {
			r.send(calls[:n]) // a retry changes nothing
		}
		calls = calls[n:]
		if r.Maybe(10) {
			r.Reconfigure()
			r.configure()
		}
	}
	for range 4 {
		from, to := r.Window()
		r.compareWindow(from, to)
	}
	known := r.now.Add(-time.Duration(1+r.IntN(8))*time.Second - 500*time.Millisecond)
	r.known, r.queue = known, r.Queue.AsKnown(known)
	from, to := r.Window()
	r.compareWindow(from, to)
	r.known, r.queue = time.Time{}, r.Queue
	r.verify()
	if err := r.store.Rebuild(context.Background(), campaign.QueueKey("q"), nil); err != nil {
		r.Fatal(err)
	}
	r.verify()
}

func (r *queueTrial) verify() {
	v, err := r.store.Verify(context.Background(), campaign.QueueKey("q"), nil)
	if err != nil || v.Differing > 0 {
		r.Fatalf("verify: %v %+v", err, v)
	}
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
