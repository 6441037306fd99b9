package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"ringside/campaign"
	"ringside/db"
	"ringside/db/dbtest"
	"ringside/funnel"
)

const bankQueue = `{"name":"Bank","time_zone":"Asia/Jerusalem"}`

// importCalls imports a list of inbound calls.
func importCalls(t testing.TB, data string) (path string) {
	t.Helper()
	path = dbtest.New(t)
	mustRun(t, "import", "calls", data, "--db", path, "--campaign", "queue/bank", "--config", file(t, "queue.json", bankQueue), "--mapping", mappings+"inbound-calls.json")
	mustRun(t, "verify", "--db", path)
	return path
}

// queueSums reads the sums of February 1999 by group.
func queueSums(t testing.TB, path string, level funnel.Level, by ...funnel.GroupBy) map[string]*funnel.Sums {
	t.Helper()
	return sumsOf(t, path, "bank", level, by...)
}

func sumsOf(t testing.TB, path, queue string, level funnel.Level, by ...funnel.GroupBy) map[string]*funnel.Sums {
	t.Helper()
	store, err := db.Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	zone, err := time.LoadLocation("Asia/Jerusalem")
	if err != nil {
		t.Fatal(err)
	}
	w := funnel.Window{FromMs: time.Date(1999, 2, 1, 0, 0, 0, 0, zone).UnixMilli(), ToMs: time.Date(1999, 3, 1, 0, 0, 0, 0, zone).UnixMilli()}
	report, err := store.Report(context.Background(), campaign.QueueKey(queue), funnel.Query{Window: w, By: by, KPIs: funnel.KPIsOf(funnel.QueueCatalogue), Level: level})
	if err != nil {
		t.Fatal(err)
	}
	return sumsByKey(report)
}

// levels are the service levels by every method at a threshold.
func levels(t testing.TB, path string, seconds int64) string {
	t.Helper()
	var out []string
	for _, method := range funnel.LevelMethods {
		out = append(out, figure(queueSums(t, path, funnel.Level{Method: method, Seconds: &seconds})[""], "service_level"))
	}
	return strings.Join(out, " ")
}

func percentileOf(s *funnel.Sums, ids ...string) string {
	var out []string
	for _, id := range ids {
		out = append(out, fmt.Sprint(funnel.Find(id).Figure(s).Percentile))
	}
	return strings.Join(out, " ")
}

// TestImportCalls imports generated rows of the shape of the anonymous bank's call
// list: a line a call, waits and services in seconds, phantoms, calls nobody served.
func TestImportCalls(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	var tsv strings.Builder
	tsv.WriteString("vru+line\tcall_id\tcustomer_id\tpriority\ttype\tdate\tvru_entry\tvru_exit\tvru_time\tq_start\tq_exit\tq_time\toutcome\tser_start\tser_exit\tser_time\tserver\n")
	var waits, patience, handles []int
	var within, gaveUpWithin, byIN, calledOnce int
	agents := map[string]bool{}
	for n := range 2000 {
		wait, service := 0, int(rng.ExpFloat64()*170)
		if rng.IntN(2) == 0 {
			wait = 1 + int(rng.ExpFloat64()*60)
		}
		outcome, server, kind := []string{"AGENT", "AGENT", "AGENT", "HANG", "PHANTOM"}[rng.IntN(5)], []string{"TOVA", "IDIT", "NO_SERVER"}[rng.IntN(3)], []string{"PS", "IN"}[rng.IntN(2)]
		customer := []string{"0", fmt.Sprint(1000 + n)}[rng.IntN(2)]
		switch outcome {
		case "AGENT":
			waits, handles = append(waits, wait), append(handles, service)
			if server != "NO_SERVER" {
				agents[server] = true
			}
			if wait <= 20 {
				within++
			}
			if customer != "0" {
				calledOnce++
			}
		case "HANG":
			service, server = 0, "NO_SERVER"
			patience = append(patience, wait)
			if wait <= 20 {
				gaveUpWithin++
			}
		}
		if outcome != "PHANTOM" && kind == "IN" {
			byIN++
		}
		fmt.Fprintf(&tsv, "AA01%02d\t%d\t%s\t0\t%s\t9902%02d\t%d:%02d:%02d\t0:00:00\t0\t0:00:00\t0:00:00\t%d\t%s\t0:00:00\t0:00:00\t%d\t%s\n",
			n%20, 30000+n/3, customer, kind, 1+rng.IntN(28), n%24, rng.IntN(60), n%60, wait, outcome, service, server)
	}
	path := importCalls(t, file(t, "calls.tsv", tsv.String()))
	whole := queueSums(t, path, funnel.Level{})[""]
	answered, abandoned := len(waits), len(patience)
	offered := answered + abandoned
	sum := func(all []int) (n int) {
		for _, one := range all {
			n += one
		}
		return n
	}
	nearest := func(all []int, percent int) int {
		slices.Sort(all)
		return all[(len(all)*percent+99)/100-1]
	}
	for id, want := range map[string]string{
		"offered": fmt.Sprint(offered), "answered": fmt.Sprint(answered), "abandoned": fmt.Sprint(abandoned),
		"asa": fmt.Sprintf("%d000/%d", sum(waits), answered), "abandon_wait": fmt.Sprintf("%d000/%d", sum(patience), abandoned),
		"aht": fmt.Sprintf("%d000/%d", sum(handles), answered), "inbound_abandonment_rate": fmt.Sprintf("%d/%d", abandoned, offered),
		"first_contact_resolution": fmt.Sprintf("%d/%d", calledOnce, calledOnce),
	} {
		equal(t, id, figure(whole, id), want)
	}
	equal(t, "distinct agents", fmt.Sprint(whole.Get(funnel.Agents)), fmt.Sprint(len(agents)))
	equal(t, "service level", levels(t, path, 20), fmt.Sprintf("%d/%d %d/%d %d/%d %d/%d", within, offered-gaveUpWithin, within, offered, within, answered, within+gaveUpWithin, offered))
	equal(t, "percentiles", percentileOf(whole, "answer_wait_p50", "answer_wait_p99", "handle_time_p90", "abandon_wait_p50"),
		fmt.Sprint(nearest(waits, 50), nearest(waits, 99), nearest(handles, 90), nearest(patience, 50)))
	equal(t, "offered by type", figure(queueSums(t, path, funnel.Level{}, funnel.ByTopic)["IN"], "offered"), fmt.Sprint(byIN))
}
