package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"ringside/api"
	"ringside/campaign"
	"ringside/cmd/ringside/callcentre"
	"ringside/db"
	"ringside/funnel"
)

// demoPiece is how many items of the simulated call centre are recorded together.
const demoPiece = 2000

type demoCommand struct {
	listening
	DB    string  `help:"Database file to make, which must not be there yet, or the address of a PostgreSQL database without campaigns; default: a temporary file, removed at the end." placeholder:"FILE|URL" name:"db"`
	Days  int     `help:"Days of history." default:"28"`
	Scale float64 `help:"Size of the call centre; 1 makes about 1,400 dials a day." default:"1"`
	Seed  uint64  `help:"Another seed is another call centre." default:"7"`
	Speed float64 `help:"How fast dialing goes on live: 1 is real time, 60 an hour a minute, at most 3600; 0 ends it with the history." default:"1"`

	temporary bool
}

// Run fills a database of its own with a simulated call centre and serves it.
func (c *demoCommand) Run(ctx context.Context, t terminal) error {
	if c.Days < 1 || c.Days > 366 || c.Scale <= 0 || c.Scale > 100 {
		return campaign.Invalidf("invalid_number", "days, scale", "the demo makes 1 to 366 days at a scale up to 100")
	}
	if !(c.Speed >= 0 && c.Speed <= speedMost) { // so that NaN is refused too
		return campaign.Invalidf("invalid_number", "speed", "the demo dials at a speed of 0 to %d", speedMost)
	}
	if c.DB == "" {
		dir, err := os.MkdirTemp("", "ringside-demo-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		c.DB, c.temporary = filepath.Join(dir, "demo.db"), true
	} else if _, err := os.Stat(c.DB); !errors.Is(err, os.ErrNotExist) && !db.IsServer(c.DB) {
		return fmt.Errorf("%s is already there; name a new file or leave out --db", c.DB)
	}
	listener, err := c.listen()
	if err != nil {
		return err
	}
	store, closeStore, err := openServing(ctx, t, c.DB)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer closeStore()
	if all, err := store.Campaigns(ctx); err != nil || len(all) > 0 {
		return errors.Join(err, listener.Close(), fmt.Errorf("%s holds %d campaigns; name a database without any or leave out --db", db.Shown(c.DB), len(all)))
	}
	t.say("Simulating %d days of a call centre …", c.Days)
	live, err := c.seed(ctx, t, store, time.Now())
	if err == nil {
		err = c.own(ctx, store, time.Now())
	}
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	key, _, err := store.CreateKey(ctx, campaign.RoleAdmin, "demo")
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	live.begun = time.Now()
	goingOn := live.tell()
	standings, err := standings(ctx, store, live.begun)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	goingOn += standings
	if c.Speed > 0 {
		ticker := time.NewTicker(liveBeat)
		defer ticker.Stop()
		defer live.start(ctx, slog.New(slog.NewTextHandler(t.err, nil)), ticker.C)()
	}
	// The database has no campaigns, but may have users.
	token, err := store.FirstLink(ctx)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	return c.serve(ctx, t, listener, store, func(url string) { c.tell(t, url, key, token, goingOn) })
}

// seed posts everything the call centre would have sent up to now, and returns the
// floor to go on with from there.
func (c *demoCommand) seed(ctx context.Context, t terminal, store *db.Store, now time.Time) (*liveFloor, error) {
	start := now.UTC().Truncate(24*time.Hour).AddDate(0, 0, -c.Days)
	floor := callcentre.New(callcentre.Config{Seed: c.Seed, Start: start, Days: c.Days + liveDays, Scale: c.Scale})
	for _, one := range floor.Campaigns() {
		config, err := campaign.DecodeConfig(one.Body)
		if err != nil {
			return nil, fmt.Errorf("campaign %s: %w", one.Ref, err)
		}
		if _, _, err := store.PutCampaign(ctx, one.Ref, config); err != nil {
			return nil, err
		}
	}
	for _, one := range floor.Agents() {
		said, err := campaign.DecodeAgent(one.Ref, one.Body)
		if err != nil {
			return nil, fmt.Errorf("agent %s: %w", one.Ref, err)
		}
		if _, _, err := store.PutAgent(ctx, said); err != nil {
			return nil, err
		}
	}
	b := newBar(t, "a call centre at work")
	defer b.done()
	items := 0
	for batch := range floor.Until(now, demoPiece) {
		if err := record(ctx, store, batch); err != nil {
			return nil, err
		}
		items += len(batch.Items)
		b.at(batch.At.Sub(start).Milliseconds(), now.Sub(start).Milliseconds(), fmt.Sprintf("%d messages", items))
	}
	live := &liveFloor{floor: floor, store: store, speed: c.Speed, begun: now, end: start.AddDate(0, 0, c.Days+liveDays)}
	return live, ctx.Err()
}

// standings says a line of each campaign that is held to a limit of abandoned calls.
func standings(ctx context.Context, store *db.Store, now time.Time) (text string, err error) {
	all, err := store.Campaigns(ctx)
	if err != nil {
		return "", err
	}
	for _, one := range all {
		of, blocks, err := store.Compliance(ctx, one.Ref, now.UnixMilli())
		if err != nil {
			return "", err
		}
		if said := funnel.Profiles[of.Compliance].Standing(lastBlock(blocks)); said != "" {
			text += fmt.Sprintf("\n%s: %s.", of.Ref, said)
		}
	}
	return text, nil
}

func lastBlock(blocks []funnel.Block) (e funnel.Exposure) {
	if len(blocks) > 0 {
		e = blocks[len(blocks)-1].Exposure
	}
	return e
}

// record posts one batch the way the API would.
func record(ctx context.Context, store *db.Store, batch callcentre.Batch) error {
	form := map[string]*campaign.Form{"leads": campaign.LeadForm, "attempts": campaign.AttemptForm,
		"outcomes": campaign.OutcomeForm, "costs": campaign.CostForm, "measures": campaign.MeasureForm}[batch.Collection]
	byCampaign := map[string][]*campaign.Version{}
	for _, item := range batch.Items {
		v, err := form.Decode(item)
		if err != nil {
			return fmt.Errorf("%s %s: %w", batch.Collection, item, err)
		}
		ref := batch.Campaign
		if v.Kind == campaign.KindCost || v.Kind == campaign.KindMeasure {
			ref = v.Owner()
		}
		byCampaign[ref] = append(byCampaign[ref], v)
	}
	for ref, versions := range byCampaign {
		receipt, err := store.Record(ctx, ref, versions, false)
		if err != nil {
			return err
		}
		if len(receipt.Rejected) > 0 {
			return fmt.Errorf("%s of %s: %w", batch.Collection, ref, receipt.Rejected[0].Err)
		}
	}
	return nil
}

// tell says what there is to look at, and what goes on.
func (c *demoCommand) tell(t terminal, url, key, token, goingOn string) {
	shown := db.Shown(c.DB)
	ending := "; the database stays in " + shown
	if c.temporary {
		ending = ", which also removes the database"
	}
	// The days the page shows by itself.
	today := time.Now()
	from, to := today.AddDate(0, 0, -27).Format(time.DateOnly), today.AddDate(0, 0, 1).Format(time.DateOnly)
	pages := fmt.Sprintf("%s\n      the pages: choose a name and a password, once; then sign in at %s", c.linked(url, api.SetUpPath(token)), c.linked(url, "/sign-in"))
	if token == "" {
		pages = c.linked(url, "/sign-in") + "\n      the pages, for the users there are"
	}
	t.say(`ringside is listening on %s

A simulated call centre of the last %d days is in it.
%s

Look at:

  %s

  curl -H "Authorization: Bearer %s" \
    "%s/v1/campaigns/spring-energy/kpis?from=%s&to=%s&kpi=conversion_rate,cost_per_call"
      one campaign's figures, with fraction and interval

  go run ./cmd/ringside report city-fibre --db %s --from %s --to %s
      another campaign's, over the same days, on the command line; also with --group-by agent, team or
      lead_hour_of_week

  go run ./cmd/ringside verify --db %s
      every stored sum, held against the facts

Stop it with Ctrl-C%s.`, url, c.Days, goingOn, pages, key, url,
		from, to, shown, from, to, shown, ending)
}
