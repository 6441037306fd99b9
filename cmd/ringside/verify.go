package main

import (
	"context"
	"errors"
	"fmt"

	"ringside/campaign"
	"ringside/db"
)

type verifyCommand struct {
	database
	Campaign string `arg:"" optional:"" help:"Only this campaign."`
	Pages    bool   `help:"Before, read every page of the database file and hold every index against its table, as backup and restore do with the copy."`
}

// Run compares every stored sum with the facts; differences end it with exit
// code 1.
func (c *verifyCommand) Run(ctx context.Context, t terminal) error {
	if c.Pages {
		if err := c.checkPages(ctx, t); err != nil {
			return err
		}
	}
	equal, err := c.verify(ctx, t, c.Campaign)
	if err == nil && !equal {
		t.say("Mend it with: ringside rebuild --db %s", db.Shown(c.DB))
		return errSaid
	}
	return err
}

// checkPages looks for damage that no figure may show.
func (c *verifyCommand) checkPages(ctx context.Context, t terminal) error {
	if db.IsServer(c.DB) {
		return errors.New("--pages reads a database file; on PostgreSQL use its own tools: pg_amcheck --heapallindexed")
	}
	if err := c.there(); err != nil {
		return err
	}
	err := checkPages(ctx, t, c.DB, c.DB)
	if ctx.Err() != nil {
		return errors.New("interrupted; the pages were not read to the end and nothing was changed")
	}
	return err
}

// verify compares one campaign, or all, and says what it finds.
func (d database) verify(ctx context.Context, t terminal, only string) (equal bool, err error) {
	equal = true
	err = d.each(ctx, t, "verify", only, func(store *db.Store, ref string, progress db.Progress) error {
		v, err := store.Verify(ctx, ref, progress)
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("interrupted; %s was not compared to the end and nothing was changed", ref)
		case err != nil:
			return err
		case v.Differing == 0:
			facts := fmt.Sprintf("%d leads, %d attempts", v.Leads, v.Attempts)
			if _, queue := campaign.QueueOf(ref); queue {
				facts = fmt.Sprintf("%d calls", v.Records)
			} else if ref == campaign.ServiceKey {
				facts = fmt.Sprintf("%d facts of the whole installation", v.Records)
			}
			t.say("%s: equal. %s, %d cells.", ref, facts, v.Cells)
			return nil
		}
		equal = false
		t.say("%s: %d differences from the facts.", ref, v.Differing)
		for _, d := range v.Differences {
			t.say("  %s: stored %s, facts say %s", d.What, readable(d.Stored), readable(d.Facts))
		}
		return nil
	})
	return equal, err
}

// readable cuts what differs to what a person may read of it.
func readable(text string) string {
	const most = 60
	if len(text) <= most {
		return text
	}
	return fmt.Sprintf("%.*s… (%d characters)", most, text, len(text))
}

type rebuildCommand struct {
	database
	Campaign string `arg:"" optional:"" help:"Only this campaign."`
}

// Run counts everything again from the facts.
func (c *rebuildCommand) Run(ctx context.Context, t terminal) error {
	return c.each(ctx, t, "rebuild", c.Campaign, func(store *db.Store, ref string, progress db.Progress) error {
		err := store.Rebuild(ctx, ref, progress)
		switch {
		case err == nil:
			t.say("%s: counted again.", ref)
		case ctx.Err() != nil:
			err = fmt.Errorf("interrupted; figures of %s stay what they were until it is counted to the end: by a server of this database, or run this again", ref)
		}
		return err
	})
}

// each runs work on one campaign, or on all, with its progress drawn.
func (d database) each(ctx context.Context, t terminal, label, only string, work func(store *db.Store, ref string, progress db.Progress) error) error {
	store, err := d.open(ctx, t)
	if err != nil {
		return err
	}
	defer store.Close()
	refs, err := campaignRefs(ctx, store, only)
	if err != nil {
		return err
	}
	if len(refs) == 0 {
		t.say("There are no campaigns in this database, so there is nothing to %s.", label)
	}
	for _, ref := range refs {
		b := newBar(t, label+" "+ref)
		err := work(store, ref, func(done, of int64) { b.at(done, of, "leads") })
		b.done()
		if err != nil {
			return err
		}
	}
	return nil
}

// campaignRefs returns one campaign's ref, or all of them.
func campaignRefs(ctx context.Context, store *db.Store, only string) ([]string, error) {
	if only != "" {
		one, err := store.Campaign(ctx, only)
		return []string{one.Ref}, err
	}
	all, err := store.Places(ctx)
	var refs []string
	for _, c := range all {
		refs = append(refs, c.Ref)
	}
	return refs, err
}
