package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ringside/db/dbtest"
	"ringside/funnel/twin"
)

var (
	crashKills = flag.Int("crash.kills", map[string]int{"sqlite": 10, "postgres": 3}[dbtest.Engine], "how often the crash test kills the server")
	crashSeed  = flag.Uint64("crash.seed", 1, "what the crash test posts, and when it kills")
)

// message is one post of facts: a body, and what the twin is told when it counts.
type message struct {
	campaign, path, media string
	body                  []byte
	collection            string
	items                 []map[string]any
}

// facts are the paths at which the message's facts are read; costs are read
// together.
func (m *message) facts() (paths []string) {
	for _, item := range m.items {
		switch m.collection {
		case "leads":
			paths = append(paths, m.path+"/"+item["ref"].(string))
		case "attempts":
			paths = append(paths, m.path+"/"+item["ref"].(string))
		case "outcomes":
			paths = append(paths, "/v1/campaigns/"+m.campaign+"/attempts/"+item["attempt"].(string))
		case "costs":
			paths = append(paths, "/v1/costs?campaign="+m.campaign)
		}
	}
	return paths
}

// dialer posts random facts on connections of its own until the server dies. Its
// facts are its own: so of the undated ones it is known which came first.
type dialer struct {
	*rand.Rand
	name      string
	campaigns []string
	client    *http.Client
	acked     []*message
	inFlight  *message
	trials    []*twin.Trial
}

// post posts until a connection fails. Each answer is counted.
func (d *dialer) post(p *process, answers *atomic.Int64) error {
	for round := 0; ; round++ {
		for _, m := range d.draw(round) {
			r, err := p.send(d.client, "POST", m.path, m.media, bytes.NewReader(m.body))
			if err != nil {
				d.inFlight = m
				return nil
			}
			if got := r.receipt(p); r.status != 200 || got.Accepted != len(m.items) {
				return fmt.Errorf("%s of %d items answers %d %s\n%s", m.path, len(m.items), r.status, r.body, m.body)
			}
			d.acked = append(d.acked, m)
			answers.Add(1)
		}
	}
}

// draw draws the messages of one round: a trial's facts, some of them twice, or a
// stream that is committed in several pieces.
func (d *dialer) draw(round int) (messages []*message) {
	campaign := d.campaigns[d.IntN(len(d.campaigns))]
	mark := fmt.Sprintf("%s-%d-", d.name, round)
	if d.IntN(40) == 0 {
		return []*message{d.pack(campaign, "attempts", longStream(mark, 6_000))}
	}
	trial := twin.NewTrial(d.Uint64())
	posts := trial.Posts()
	d.trials = append(d.trials, trial)
	for len(posts) > 0 {
		n := 1
		for most := 1 + d.IntN(40); n < most && n < len(posts) && posts[n].Collection == posts[0].Collection; {
			n++
		}
		var items []map[string]any
		for _, post := range posts[:n] {
			items = append(items, renamed(post.Item, mark, campaign))
		}
		messages = append(messages, d.pack(campaign, posts[0].Collection, items))
		if d.IntN(8) == 0 {
			messages = append(messages, messages[d.IntN(len(messages))])
		}
		posts = posts[n:]
	}
	return messages
}

// renamed is an item with refs that are its round's own.
func renamed(item map[string]any, mark, campaign string) map[string]any {
	item = maps.Clone(item)
	for _, name := range []string{"ref", "attempt", "lead"} {
		switch v := item[name].(type) {
		case string:
			item[name] = mark + v
		case map[string]any:
			item[name] = renamed(v, mark, campaign)
		}
	}
	if item["campaign"] != nil {
		item["campaign"] = campaign
	}
	return item
}

// longStream is attempts of half as many leads.
func longStream(mark string, n int) (items []map[string]any) {
	base := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		items = append(items, map[string]any{"ref": fmt.Sprint(mark, i), "lead": fmt.Sprint(mark, "L", i/2), "agent": fmt.Sprint("agent-", i%7),
			"started_at": base.Add(time.Duration(i) * time.Minute).Format(time.RFC3339), "result": "answered"})
	}
	return items
}

// pack makes a body of items: an object, an array or a stream.
func (d *dialer) pack(campaign, collection string, items []map[string]any) *message {
	m := &message{campaign: campaign, path: "/v1/campaigns/" + campaign + "/" + collection, media: oneJSON, collection: collection, items: items}
	if collection == "costs" {
		m.path = "/v1/costs"
	}
	var lines []string
	for _, item := range items {
		line, err := json.Marshal(item)
		if err != nil {
			panic(err)
		}
		lines = append(lines, string(line))
	}
	switch {
	case len(lines) > 1_000 || d.IntN(2) == 0:
		m.media, m.body = ndjson, []byte(strings.Join(lines, "\n"))
	case len(lines) == 1 && d.IntN(3) > 0:
		m.body = []byte(lines[0])
	default:
		m.body = []byte("[" + strings.Join(lines, ",") + "]")
	}
	return m
}

// tell tells the twin of messages, as they would arrive.
func tell(world *twin.World, arrival *int64, messages ...*message) {
	for _, m := range messages {
		for _, item := range m.items {
			*arrival++
			world.Post(m.campaign, m.collection, item, *arrival)
		}
	}
}

// crashCycle is one life of the server: campaigns of its own, loaded until it is
// killed.
type crashCycle struct {
	*process
	rng       *rand.Rand
	campaigns []string
	world     *twin.World
	arrival   int64
	dialers   []*dialer
}

// crashTally is what a crash test met.
type crashTally struct{ kills, acknowledged, stored, notStored int }

func newCrashCycle(p *process, rng *rand.Rand, name string) *crashCycle {
	c := &crashCycle{process: p, rng: rng, world: twin.New(), arrival: 1}
	for i := range 2 {
		trial := twin.NewTrial(rng.Uint64())
		trial.Config.Ref = fmt.Sprintf("%s-%d", name, i)
		p.ask(201, "PUT", "/v1/campaigns/"+trial.Config.Ref, string(trial.ConfigBody()))
		c.world.PutCampaign(trial.Config)
		c.campaigns = append(c.campaigns, trial.Config.Ref)
	}
	for i := range 4 {
		c.dialers = append(c.dialers, &dialer{Rand: rand.New(rand.NewPCG(rng.Uint64(), 1)), name: fmt.Sprint("d", i),
			campaigns: c.campaigns, client: newClient(p)})
	}
	return c
}

// loadAndKill kills the server at a random moment, while all dialers post.
func (c *crashCycle) loadAndKill() {
	c.Helper()
	var answers atomic.Int64
	var posting sync.WaitGroup
	failed := make(chan error, len(c.dialers))
	for _, d := range c.dialers {
		posting.Go(func() {
			if err := d.post(c.process, &answers); err != nil {
				failed <- err
			}
		})
	}
	enough, late := int64(1+c.rng.IntN(120)), time.After(2*time.Minute)
	for answers.Load() < enough && len(failed) == 0 {
		select {
		case <-late:
			c.Fatalf("only %d posts were answered:\n%s", answers.Load(), c.out)
		case <-time.After(time.Duration(c.rng.IntN(3000)) * time.Microsecond): // not always right after an answer
		}
	}
	c.kill()
	posting.Wait()
	select {
	case err := <-failed:
		c.Fatal(err)
	default:
	}
}

// read reads facts as they stand.
func (c *crashCycle) read(messages []*message) map[string]string {
	c.Helper()
	facts := map[string]string{}
	for _, m := range messages {
		paths := m.facts()
		if len(paths) > 1_000 {
			paths = []string{paths[0], paths[len(paths)/2], paths[len(paths)-1]} // of a long stream some will do here: all are counted
		}
		for _, path := range paths {
			if _, known := facts[path]; !known {
				facts[path] = string(c.ask(200, "GET", path, "").body)
			}
		}
	}
	return facts
}

// resolve sends again what was not answered, and adds up what of it was there.
func (c *crashCycle) resolve(tally *crashTally) {
	c.Helper()
	for _, d := range c.dialers {
		m := d.inFlight
		if m == nil {
			continue
		}
		before := map[string]string{}
		for _, path := range m.facts() {
			if r, err := c.send(d.client, "GET", path, "", nil); err == nil && r.status == 200 {
				before[path] = string(r.body)
			}
		}
		c.again(m)
		for _, path := range m.facts() {
			if before[path] == string(c.ask(200, "GET", path, "").body) {
				tally.stored++
			} else {
				tally.notStored++
			}
		}
		d.acked = append(d.acked, m)
	}
}

// again sends a message again and returns what came of it.
func (c *crashCycle) again(m *message) receipt {
	c.Helper()
	r, err := c.send(http.DefaultClient, "POST", m.path, m.media, bytes.NewReader(m.body))
	if err != nil {
		c.Fatal(err)
	}
	got := r.receipt(c)
	if r.status != 200 || got.Accepted != len(m.items) {
		c.Fatalf("%s sent again answers %d %s", m.path, r.status, r.body)
	}
	return got
}

// check holds the server that was started again to all that was acknowledged.
func (c *crashCycle) check(tally *crashTally) {
	c.Helper()
	var acked []*message
	for _, d := range c.dialers {
		acked = append(acked, d.acked...)
	}
	c.read(acked) // every acknowledged fact is there
	for _, m := range acked {
		tally.acknowledged += len(m.items)
	}
	c.resolve(tally)
	acked = nil
	for _, d := range c.dialers {
		acked = append(acked, d.acked...)
	}
	tell(c.world, &c.arrival, acked...)
	c.sameAsTwins()
	// Every version of it is there: sent again, none is new.
	before := c.read(acked)
	for _, m := range acked {
		if got := c.again(m); got.Created+got.Updated > 0 {
			c.Fatalf("acknowledged, yet new when sent again: %+v\n%s", got, m.body)
		}
	}
	for path, after := range c.read(acked) {
		if before[path] != after {
			c.Fatalf("%s was acknowledged and changed when it was sent again, from\n%s\nto\n%s", path, before[path], after)
		}
	}
	c.sameAsTwins()
}

// year holds all that trials post.
var year = [2]time.Time{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}

func (c *crashCycle) sameAsTwins() {
	c.Helper()
	for _, campaign := range c.campaigns {
		for _, by := range [][]string{nil, {"day"}, {"agent"}, {"list"}} {
			c.sameAsTwin(c.world, campaign, year[0], year[1], by...)
		}
		for _, d := range c.dialers {
			if len(d.trials) > 0 {
				from, to := d.trials[0].Window()
				c.sameAsTwin(c.world, campaign, from, to)
			}
		}
	}
}

// TestCrash kills the server with SIGKILL at random moments under load, starts it
// again, and compares: every acknowledged item is there, none is counted twice,
// and what was under way can be sent again.
func TestCrash(t *testing.T) {
	t.Parallel()
	program, path, keyFile := theProgram(t), dbtest.New(t), filepath.Join(t.TempDir(), "key")
	rng := rand.New(rand.NewPCG(*crashSeed, 2))
	server := serveProcess(t, program, path, keyFile)
	var cycles []*crashCycle
	var tally crashTally
	for tally.kills < *crashKills {
		c := newCrashCycle(server, rng, fmt.Sprintf("k%d", tally.kills))
		c.loadAndKill()
		tally.kills++
		server = serveProcess(t, program, path, keyFile)
		c.process = server
		c.check(&tally)
		for _, campaign := range c.campaigns {
			mustRun(t, "verify", campaign, "--db", path)
		}
		cycles = append(cycles, c)
	}
	for _, c := range cycles {
		c.process = server
		for _, campaign := range c.campaigns {
			c.sameAsTwin(c.world, campaign, year[0], year[1], "week")
		}
	}
	if code := server.stop(); code != 0 {
		t.Errorf("the server ends with %d:\n%s", code, server.out)
	}
	if out := mustRun(t, "verify", "--db", path); strings.Count(out, ": equal.") != 2*len(cycles) {
		t.Errorf("verify says\n%s", out)
	}
	if tally.acknowledged == 0 || tally.stored+tally.notStored == 0 {
		t.Errorf("nothing was acknowledged, or nothing was under way: %+v", tally)
	}
	t.Logf("%d kills, seed %d: %d items acknowledged, all there and counted once; of %d items in flight %d were found stored, %d not",
		tally.kills, *crashSeed, tally.acknowledged, tally.stored+tally.notStored, tally.stored, tally.notStored)
}
