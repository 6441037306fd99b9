package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"ringside/api"
	"ringside/campaign"
	"ringside/db"
)

type userCommand struct {
	Add     userAdd     `cmd:"" help:"Add a person who may sign in, and print the link by which they choose a password."`
	List    userList    `cmd:"" help:"List the users."`
	Link    userLink    `cmd:"" help:"Print another link; it also lets in a user who was disabled."`
	Disable userDisable `cmd:"" help:"Keep a user out from now on; their sessions end."`
}

// reached is the flag of commands that print links.
type reached struct {
	PublicURL string `help:"Scheme and host by which people reach the server; default: ${default}." default:"http://127.0.0.1:8080" name:"public-url" placeholder:"URL"`
}

// link makes a user's link and prints it.
func (r reached) link(ctx context.Context, t terminal, store *db.Store, u *campaign.User) error {
	token, err := store.UserLink(ctx, u.ID)
	if err != nil {
		return err
	}
	t.say("%s", strings.TrimSuffix(r.PublicURL, "/")+api.SetUpPath(token))
	fmt.Fprintf(t.err, "By this link %s chooses a password. It is good once and for %.0f hours, and is not shown again.\n", u.Name, campaign.LinkLasts.Hours())
	return nil
}

type userAdd struct {
	database
	reached
	Name         string   `arg:"" help:"What they sign in with: no spaces; an e-mail address will do."`
	Role         string   `help:"What they may do: ${enum}." enum:"${roles}" required:"" placeholder:"ROLE"`
	Campaign     []string `help:"Bind them to a campaign, by ref or id; may be repeated. Without, they may see all." placeholder:"REF" sep:"none"`
	PasswordFile string   `help:"Read their password from this file, and print no link." placeholder:"FILE" type:"path"`
}

// Run adds a user.
func (c *userAdd) Run(ctx context.Context, t terminal) error {
	var password []byte
	if c.PasswordFile != "" {
		var err error
		if password, err = os.ReadFile(c.PasswordFile); err != nil {
			return err
		}
		password, _, _ = bytes.Cut(password, []byte("\n"))
		password = bytes.TrimSuffix(password, []byte("\r"))
		name, err := campaign.CleanUserName(c.Name)
		if err == nil {
			err = campaign.CheckPassword(name, string(password))
		}
		if err != nil {
			return err // before there is a user without one
		}
	}
	store, err := c.open(ctx, t)
	if err != nil {
		return err
	}
	defer store.Close()
	u, err := store.CreateUser(ctx, c.Name, c.Role, c.Campaign...)
	if err != nil {
		return err
	}
	if c.PasswordFile == "" {
		return c.link(ctx, t, store, &u)
	}
	if _, err := store.SetPassword(ctx, u.ID, string(password)); err != nil {
		return err
	}
	t.say("%s may sign in.", u.Name)
	return nil
}

type userList struct{ database }

func (c *userList) Run(ctx context.Context, t terminal) error {
	store, err := c.open(ctx, t)
	if err != nil {
		return err
	}
	defer store.Close()
	users, err := store.Users(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tROLE\tCAMPAIGNS\tPASSWORD\tCREATED\tDISABLED")
	for _, u := range users {
		password, disabled := "not yet", "-"
		if u.HasPassword {
			password = "chosen"
		}
		if u.DisabledMs != campaign.None {
			disabled = campaign.FormatInstant(u.DisabledMs)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", u.Name, u.Role, goodFor(u.Key()), password, campaign.FormatInstant(u.CreatedMs), disabled)
	}
	return w.Flush()
}

// named is the argument of commands about one user.
type named struct {
	Name string `arg:"" help:"The user's name, as listed."`
}

// user finds the user of the name.
func (n named) user(ctx context.Context, store *db.Store) (u campaign.User, err error) {
	name, err := campaign.CleanUserName(n.Name)
	if err != nil {
		return u, err
	}
	users, err := store.Users(ctx)
	for _, u := range users {
		if u.Name == name {
			return u, nil
		}
	}
	if err == nil {
		err = campaign.NotFoundf("user", "there is no user of the name %q; list them with: ringside user list", name)
	}
	return u, err
}

type userLink struct {
	database
	reached
	named
}

// Run prints another link of a user.
func (c *userLink) Run(ctx context.Context, t terminal) error {
	store, err := c.open(ctx, t)
	if err != nil {
		return err
	}
	defer store.Close()
	u, err := c.user(ctx, store)
	if err != nil {
		return err
	}
	return c.link(ctx, t, store, &u)
}

type userDisable struct {
	database
	named
	Force bool `help:"Also the last admin who can sign in."`
}

// Run keeps a user out.
func (c *userDisable) Run(ctx context.Context, t terminal) error {
	store, err := c.open(ctx, t)
	if err != nil {
		return err
	}
	defer store.Close()
	u, err := c.user(ctx, store)
	if err == nil && !c.Force {
		err = othersManage(ctx, store, &u)
	}
	if err == nil {
		err = store.DisableUser(ctx, u.ID)
	}
	if err == nil {
		t.say("%s is kept out.", u.Name)
	}
	return err
}

// othersManage refuses to go on without the only person who can sign in and manage
// users.
func othersManage(ctx context.Context, store *db.Store, but *campaign.User) error {
	manages := func(u campaign.User) bool {
		return u.Role == campaign.RoleAdmin && len(u.Campaigns) == 0 && u.HasPassword && u.DisabledMs == campaign.None
	}
	users, err := store.Users(ctx)
	if err != nil || !manages(*but) || slices.ContainsFunc(users, func(u campaign.User) bool { return u.ID != but.ID && manages(u) }) {
		return err
	}
	return &campaign.Error{Kind: campaign.Conflict, Code: "last_admin", Field: "user",
		Message: fmt.Sprintf("%s is the last admin who can sign in; make another first with: ringside user add NAME --role admin, or say --force", but.Name)}
}
