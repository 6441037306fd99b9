package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"ringside/campaign"
	"ringside/db"
)

type keyCommand struct {
	Create keyCreate `cmd:"" help:"Create a key and print it, this once."`
	List   keyList   `cmd:"" help:"List the keys."`
	Revoke keyRevoke `cmd:"" help:"Make a key useless."`
}

type keyCreate struct {
	database
	Role     string   `help:"What it may do: ${enum}." enum:"${roles}" required:"" placeholder:"ROLE"`
	Campaign []string `help:"Bind it to a campaign, by ref or id; may be repeated. Without, it is good for all." placeholder:"REF" sep:"none"`
	Label    string   `help:"What the key is for." required:"" placeholder:"TEXT"`
}

// Run makes a key of the role asked for.
func (c *keyCreate) Run(ctx context.Context, t terminal) error {
	store, err := c.open(ctx, t)
	if err != nil {
		return err
	}
	defer store.Close()
	full, key, err := store.CreateKey(ctx, c.Role, c.Label, c.Campaign...)
	if err != nil {
		return err
	}
	t.say("%s", full)
	fmt.Fprintf(t.err, "This is key %s (%s, %s, %q). It is not shown again.\n", key.ID, key.Role, goodFor(key), key.Label)
	return nil
}

// goodFor names the campaigns a key is bound to.
func goodFor(key db.AccessKey) string {
	if !key.Bound() {
		return "all campaigns"
	}
	return strings.Join(key.Campaigns, ",")
}

type keyList struct{ database }

func (c *keyList) Run(ctx context.Context, t terminal) error {
	store, err := c.open(ctx, t)
	if err != nil {
		return err
	}
	defer store.Close()
	keys, err := store.Keys(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tROLE\tCAMPAIGNS\tLABEL\tCREATED\tREVOKED")
	for _, k := range keys {
		revoked := "-"
		if k.RevokedMs != campaign.None {
			revoked = campaign.FormatInstant(k.RevokedMs)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Role, goodFor(k), k.Label, campaign.FormatInstant(k.CreatedMs), revoked)
	}
	return w.Flush()
}

type keyRevoke struct {
	database
	ID string `arg:"" help:"The key's id, as listed."`
}

func (c *keyRevoke) Run(ctx context.Context, t terminal) error {
	store, err := c.open(ctx, t)
	if err != nil {
		return err
	}
	defer store.Close()
	if err := store.RevokeKey(ctx, c.ID); err != nil {
		return err
	}
	t.say("Key %s is revoked.", c.ID)
	return nil
}
