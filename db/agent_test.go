package db

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"ringside/campaign"
	"ringside/db/dbtest"
	"ringside/funnel"
)

// groups reports dials of all time as "key value" lines.
func groups(t testing.TB, store *Store, by funnel.GroupBy) (lines []string) {
	t.Helper()
	r, err := store.Report(context.Background(), "c", funnel.Query{Window: funnel.Window{FromMs: 0, ToMs: 1 << 42}, By: []funnel.GroupBy{by}, KPIs: []*funnel.KPI{funnel.Find("dials")}})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range r.Groups {
		lines = append(lines, fmt.Sprintf("%v %d", g.Key[0], g.Sums.Get(funnel.Dials)))
	}
	return lines
}

// TestZoneThatIsNotKnown: other zone data may lack what was known when it was posted.
func TestZoneThatIsNotKnown(t *testing.T) {
	path := dbtest.New(t)
	store, err := Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	putConfig(t, store, testConfig)
	want(t, record(t, store, "leads", `{"ref":"l","time_zone":"Asia/Kathmandu"}`), "created 1, updated 0, unchanged 0, rejected 0")
	want(t, record(t, store, "attempts", `{"ref":"a","lead":"l","started_at":"2026-06-01T10:00:00Z","result":"busy"}`), "created 1, updated 0, unchanged 0, rejected 0")
	want(t, fmt.Sprint(groups(t, store, funnel.ByLeadHourOfWeek)), "[15 1]")
	err = store.transact(context.Background(), func(t *tx) error {
		return t.exec("update labels set body = 'Mars/Olympus' where campaign_id = $1 and kind = $2", 1, zoneLabel)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if store, err = Open(context.Background(), path); err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	want(t, fmt.Sprint(groups(t, store, funnel.ByLeadHourOfWeek)), "[<nil> 1]")
	want(t, record(t, store, "attempts", `{"ref":"b","lead":"l","started_at":"2026-06-01T10:00:00Z","result":"busy"}`), "created 1, updated 0, unchanged 0, rejected 0")
	if v, err := store.Verify(context.Background(), "c", nil); err != nil || v.Differing > 0 {
		t.Errorf("%v %+v", err, v)
	}
}

// TestZonesBecomeLabels opens a database whose leads have their zones in plain text.
func TestZonesBecomeLabels(t *testing.T) {
	path := dbtest.New(t)
	e := engineOf(path)
	pool, err := e.open(path)
	if err != nil {
		t.Fatal(err)
	}
	statements := "create table schema_versions (version bigint not null, applied_ms bigint not null, constraint schema_versions_pk primary key (version));"
	for i, file := range []string{"0001_init.sql", "0002_key_campaigns.sql"} {
		text, err := os.ReadFile("migrations/" + file)
		if err != nil {
			t.Fatal(err)
		}
		statements += strings.ReplaceAll(string(text), "/*clustered*/", e.clustered) + fmt.Sprintf("insert into schema_versions (version, applied_ms) values (%d, 0);", i+1)
	}
	for c, zones := range [][]string{{"Asia/Kathmandu", "", "Europe/Lisbon", "Asia/Kathmandu"}, {"Europe/Lisbon"}, {""}} {
		statements += fmt.Sprintf(`insert into campaigns (campaign_id, ref, created_ms, config_version, config, counted_config) values (%d, 'c%d', 0, 1, '%s', '%s');`, c+1, c+1, testConfig, testConfig)
		statements += fmt.Sprintf(`insert into progress (campaign_id, version, generation, next_generation, heard_attempt_no, folded_lead_no, arrived_us, last_lead_no, last_attempt_no, last_label_no, last_cost_no)
			values (%d, 1, 1, 0, 0, 0, 0, %d, 0, 2, 0);`, c+1, len(zones))
		statements += fmt.Sprintf("insert into labels (campaign_id, label_no, kind, body) values (%d, 1, 2, 'list'), (%d, 2, 3, 'Europe/Lisbon');", c+1, c+1)
		for i, zone := range zones {
			named, value := 1<<campaign.LeadPosted, "null"
			if zone != "" {
				named, value = named|1<<campaign.LeadTimeZone, "'"+zone+"'"
			}
			statements += fmt.Sprintf("insert into leads (campaign_id, lead_no, ref, time_zone, posted, named, nulls, ranked_us, dated, arrived_us, versions) values (%d, %d, 'l%d', %s, 1, %d, 0, 1, 0, 1, 1);",
				c+1, i+1, i+1, value, named)
		}
	}
	if _, err := pool.Exec(statements); err != nil {
		t.Fatal(err)
	}
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
	store, err := Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for name, zone := range map[string]string{"c1 l1": "Asia/Kathmandu", "c1 l2": "", "c1 l3": "Europe/Lisbon", "c1 l4": "Asia/Kathmandu", "c2 l1": "Europe/Lisbon", "c3 l1": ""} {
		of, ref, _ := strings.Cut(name, " ")
		f, err := store.Fact(context.Background(), of, campaign.KindLead, ref)
		if got := f.Content.Text(campaign.LeadTimeZone); err != nil || got != zone {
			t.Errorf("the zone of %s is %q, want %q (%v)", name, got, zone, err)
		}
	}
	// New texts are numbered on from those that the migration numbered.
	for _, of := range []string{"c1", "c2", "c3"} {
		receipt, err := store.Record(context.Background(), of, decode(t, "leads", `{"ref":"new","list":"other","time_zone":"Europe/Berlin"}`), false)
		if err != nil || receipt.Created != 1 {
			t.Errorf("%+v %v", receipt, err)
		}
		if err := store.Rebuild(context.Background(), of, nil); err != nil {
			t.Error(err)
		}
		if v, err := store.Verify(context.Background(), of, nil); err != nil || v.Differing > 0 {
			t.Errorf("%v %+v", err, v)
		}
	}
}

// TestConcurrentAgents names agents from two processes at once: each is there once.
func TestConcurrentAgents(t *testing.T) {
	stores := openBoth(t)
	const agents = 30
	var group sync.WaitGroup
	made := make([]int, 4)
	for w := range made {
		group.Go(func() {
			for i := range agents {
				_, created, err := stores[w%2].PutAgent(context.Background(), campaign.Agent{Ref: fmt.Sprintf("a-%d", i), Team: fmt.Sprint(w)})
				if err != nil {
					t.Error(err)
				}
				if created {
					made[w]++
				}
			}
		})
	}
	group.Wait()
	all, err := stores[0].Agents(context.Background(), 0, 1000)
	if err != nil || len(all) != agents || made[0]+made[1]+made[2]+made[3] != agents {
		t.Fatalf("%d agents, made %v: %v", len(all), made, err)
	}
	for i, a := range all {
		if a.Number != int64(i+1) || a.Team == "" {
			t.Errorf("%+v", a)
		}
	}
}
