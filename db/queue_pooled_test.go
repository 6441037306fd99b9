package db

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"ringside/campaign"
	"ringside/funnel"
	"ringside/funnel/twin"
)

// TestQueuesPooled spreads the calls of a random queue over two and holds what these say
// together to what the twin says of all of them in one. First-contact resolution is not
// among it: it looks at the call's own queue.
func TestQueuesPooled(t *testing.T) {
	first := max(*propertySeed, 1)
	for i := range *propertyRounds/6 + 1 {
		seed := first + uint64(i)
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			r := &queueTrial{newHouse(t), twin.NewQueueTrial(seed), nil}
			r.queue = r.Queue
			body := fmt.Sprintf(`{"name":"q","time_zone":%q,"service_level_s":%d,"short_abandon_s":%s}`, r.Queue.TimeZone, r.Queue.ServiceLevelS, r.Queue.ShortAbandonS)
			config, err := campaign.DecodeQueue([]byte(body))
			if err != nil {
				t.Fatal(err)
			}
			queues := []string{campaign.QueueKey("q1"), campaign.QueueKey("q2")}
			for _, key := range queues {
				if _, _, err := r.store.PutCampaign(context.Background(), key, config); err != nil {
					t.Fatal(err)
				}
			}
			for _, item := range r.Calls() {
				r.now = r.now.Add(time.Second)
				body, _ := json.Marshal(item)
				v, err := campaign.CallForm.Decode(body)
				if err != nil {
					t.Fatal(err)
				}
				into := queues[int(v.Ref[len(v.Ref)-1])%2]
				if _, err := r.store.Record(context.Background(), into, []*campaign.Version{v}, false); err != nil {
					t.Fatal(err)
				}
				r.Queue.Post(asTold(t, body), r.now.UnixMicro())
			}
			from, to := r.Window()
			for _, g := range append([]funnel.GroupBy{""}, funnel.QueueGroupings...) {
				if g != funnel.ByHour && g != funnel.ByHalfHour { // these join by instant
					r.comparePooled(queues, from, to, g)
				}
			}
		})
	}
}

func (r *queueTrial) comparePooled(queues []string, from, to time.Time, g funnel.GroupBy) {
	var by []funnel.GroupBy
	var names []string
	if g != "" {
		by, names = []funnel.GroupBy{g}, []string{string(g)}
	}
	q, _ := r.query()
	now, _ := r.Window() // among the calls, so that some of them wait
	q.NowMs = now.UnixMilli()
	q.Window, q.By, q.NameAgents, q.KPIs = funnel.Window{FromMs: from.UnixMilli(), ToMs: to.UnixMilli()}, by, true, funnel.KPIsOf(funnel.QueueCatalogue)
	reports := make([]funnel.Report, len(queues))
	for i, key := range queues {
		var err error
		if reports[i], err = r.store.Report(context.Background(), key, q); err != nil {
			r.Fatal(err)
		}
	}
	served := funnel.Served(q.KPIs, by, reports...)
	whole, groups := funnel.Pool(reports, by, served)
	if by == nil {
		groups = []funnel.ReportGroup{{Sums: whole}}
	}
	got, want := showGroups(groups, by, served), showTwins(r.Queue.KPIs(from, to, now, names, "", -1))
	for _, of := range []map[string]string{got, want} {
		for key := range of {
			if strings.HasSuffix(key, "first_contact_resolution") {
				delete(of, key)
			}
		}
	}
	if diff := differences(got, want); diff != "" {
		r.Fatalf("%s – %s by %v:\n%s", from.UTC(), to.UTC(), by, diff)
	}
}
