package db

import (
	"context"
	"fmt"
	"testing"

	"ringside/campaign"
)

// TestWhoPosted: each version is known by who posted it, however posts share a
// transaction, and one who goes on posting leaves one row.
func TestWhoPosted(t *testing.T) {
	store := openTest(t)
	ctx := context.Background()
	_, ana, err := store.CreateKey(ctx, campaign.RoleAdmin, "ana")
	if err != nil {
		t.Fatal(err)
	}
	ben, err := store.CreateUser(ctx, "ben", campaign.RoleAdmin)
	if err != nil {
		t.Fatal(err)
	}
	of := func(by, ref string) *post {
		agent := by
		if by == "" {
			agent = "nobody"
		}
		v := decode(t, "attempts", fmt.Sprintf(`{"ref":%q,"lead":"l","started_at":"2026-06-01T10:00:00Z","result":"answered","agent":%q}`, ref, agent))
		return &post{campaign: "c", versions: v, by: by}
	}
	posts := []*post{of(ana.ID, "a"), of(ana.ID, "b"), of(ben.ID, "a"), of("", "a"), of(ben.ID, "c"), of(ana.ID, "d")}
	if err := store.commit(func() []*post { return posts[:4] }); err != nil {
		t.Fatal(err)
	}
	for _, p := range posts[4:] {
		if err := store.commit(func() []*post { return []*post{p} }); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 100 {
		if err := store.commit(func() []*post { return []*post{of(ana.ID, fmt.Sprint("more-", i))} }); err != nil {
			t.Fatal(err)
		}
	}
	err = store.snapshot(ctx, func(tx *tx) error {
		var rows int
		if _, err := tx.one([]any{&rows}, "select count(*) from arrivals where campaign_id = $1", 1); err != nil || rows != 5 {
			t.Errorf("%d rows tell who posted, not 5 (%v)", rows, err)
		}
		k, err := store.find(tx, "c")
		if err != nil {
			return err
		}
		facts, err := readFacts(tx, k, attemptTable, "ref", []string{"a", "b", "c", "d", "more-99"})
		for _, f := range facts {
			all, err := f.all(func(f *fact) ([]version, error) { return versionsOf(tx, k.Number, f.kind, f.number) })
			if err != nil {
				return err
			}
			for _, v := range all {
				by, err := tx.postedBy(k.Number, v.arrivedUs)
				want := v.content.Text(campaign.AttemptAgent)
				if want == "nobody" {
					want = ""
				}
				if err != nil || by.ID != want || by.Person != (want == ben.ID) || want == ana.ID && by.Label != "ana" || by.Person && by.Label != "ben" {
					t.Errorf("%s: %+v posted what %q did (%v)", f.ref, by, want, err)
				}
			}
		}
		if len(facts) != 5 {
			t.Errorf("%d facts", len(facts))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
