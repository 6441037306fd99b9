package db

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"ringside/campaign"
	"ringside/db/dbtest"
)

// undoSince16 takes out what migrations after the 16th make.
var undoSince16 = []string{"drop table arrivals", "drop table config_changes", "alter table progress drop column posted_by", "alter table rates drop column put_by", "drop table target_versions"}

// asRelease01 takes a database back to the schema of release 0.1.
func asRelease01(t *testing.T, s *Store) {
	t.Helper()
	type old struct {
		kind         campaign.Kind
		fact, number int64
		version
	}
	var all []old
	err := s.snapshot(context.Background(), func(tx *tx) error {
		for _, kind := range []campaign.Kind{campaign.KindLead, campaign.KindAttempt, campaign.KindCost} {
			for fact := int64(1); fact <= 5; fact++ {
				versions, err := versionsOf(tx, 1, kind, fact)
				if err != nil {
					return err
				}
				for _, v := range versions {
					all = append(all, old{kind, fact, v.number, v})
				}
			}
		}
		return nil
	})
	if err != nil || len(all) < 4 {
		t.Fatal(len(all), err)
	}
	s.pool.MustExec("drop table versions")
	s.pool.MustExec(`create table versions (campaign_id bigint not null, kind smallint not null, fact_no bigint not null, version_no bigint not null,
		ranked_us bigint not null, dated smallint not null, arrived_us bigint not null, content text not null,
		constraint versions_pk primary key (campaign_id, kind, fact_no, version_no))`)
	for _, v := range all {
		s.pool.MustExec("insert into versions values (1, $1, $2, $3, $4, $5, $6, $7)",
			int64(v.kind), v.fact, v.number, v.rank.AtUs, bit(v.rank.Dated), v.arrivedUs, string(v.content.Canonical(v.kind)))
	}
	for _, text := range append(undoSince16,
		"alter table attempts drop column talk_ms", "alter table attempts drop column queue_wait_ms", "alter table attempts drop column dialer_no",
		"drop table users", "drop table user_campaigns", "drop table user_links", "drop table sessions",
		"alter table attempts drop column wrap_began_ms", "alter table attempts drop column wrap_over_ms",
		"alter table costs drop column driver", "alter table costs drop column adjustment", "drop table closings", "drop table kpis", "drop table targets", "drop table rates", "drop table exchange_rates", "drop table records",
		"drop table sources", "drop table messages", "drop table calls", "delete from progress where campaign_id = 0",
		"alter table progress drop column last_message_no", "alter table progress drop column named",
		"drop table cells", "create table cells (campaign_id bigint)", "delete from schema_versions where version > 4") {
		s.pool.MustExec(text)
	}
}

// On each engine a database of release 0.1 is brought up to date with its facts and
// all of their versions as they were.
func TestADatabaseOfRelease01IsBroughtUpToDate(t *testing.T) {
	ctx := context.Background()
	path := dbtest.New(t)
	s, err := Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	putConfig(t, s, testConfig)
	record(t, s, "attempts", `{"ref":"a","lead":"l","started_at":"2026-06-01T10:00:00Z","result":"answered","updated_at":"2026-06-01T11:00:00Z"}`)
	record(t, s, "attempts", `{"ref":"a","lead":"l","started_at":"2026-06-01T10:00:00Z","result":"answered","disposition":"SALE","agent":"é \" \\ x","updated_at":"2026-06-01T12:00:00Z"}`)
	record(t, s, "attempts", `{"ref":"b","lead":"m","started_at":"2026-06-01T10:00:00Z","result":"busy"}`)
	record(t, s, "attempts", `{"ref":"b","lead":"m","started_at":"2026-06-01T10:00:00Z","result":"answered","disposition":null}`)
	read := func() (all string) {
		err := s.snapshot(ctx, func(tx *tx) error {
			all = ""
			for fact := int64(1); fact <= 2; fact++ {
				versions, err := versionsOf(tx, 1, campaign.KindAttempt, fact)
				if err != nil {
					return err
				}
				all += fmt.Sprintln(versions)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	versions, sales := read(), figures(t, s, "sales", "dials")
	asRelease01(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(ctx, path); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	want(t, read(), versions)
	want(t, figures(t, s, "sales", "dials"), sales)
	var ref string
	if err := s.pool.Get(&ref, "select ref from campaigns where campaign_id = 1"); err != nil {
		t.Fatal(err)
	}
	v, err := s.Verify(ctx, ref, nil)
	if err != nil || v.Differing != 0 || v.Attempts != 2 {
		t.Errorf("%+v, %v", v, err)
	}
}

// The installation was kept as a queue is; its measures stand when it is configured as
// the owner of service facts.
func TestTheInstallationBecomesTheOwnerOfServiceFacts(t *testing.T) {
	ctx := context.Background()
	path := dbtest.New(t)
	s, err := Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Service(ctx); err != nil {
		t.Fatal(err)
	}
	s.pool.MustExec("update campaigns set config = $1, counted_config = $1 where ref = $2",
		`{"name":"service","time_zone":"UTC","currency":"XXX","conversion_window_days":0,"queue":{"service_level_s":20,"short_abandon_ms":0}}`, campaign.ServiceKey)
	for _, text := range append(undoSince16, "delete from schema_versions where version > 15") {
		s.pool.MustExec(text)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(ctx, path); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c, err := s.Service(ctx)
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(c.Config)
	if err != nil {
		t.Fatal(err)
	}
	expected, err := json.Marshal(campaign.DefaultService())
	if err != nil {
		t.Fatal(err)
	}
	want(t, string(got), string(expected))
}
