package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"ringside/db/dbtest"
	"ringside/funnel/twin"
)

// twoMappings are two meanings of the same codes.
var twoMappings = [2][]twin.Disposition{
	{{Code: "A", Category: "sale", Stage: "closed"}, {Code: "B", Category: "refusal"}, {Code: "C", Category: "dnc"}},
	{{Code: "A", Category: "refusal"}, {Code: "B", Category: "sale", Stage: "closed"}, {Code: "C", Category: "machine"}},
}

func mappingBody(mapping []twin.Disposition) string {
	var codes []string
	for _, d := range mapping {
		code := fmt.Sprintf(`{"code":%q,"category":%q`, d.Code, d.Category)
		if d.Stage != "" {
			code += fmt.Sprintf(`,"stage":%q`, d.Stage)
		}
		codes = append(codes, code+"}")
	}
	return `{"name":"Recounted","time_zone":"Europe/Lisbon","currency":"EUR","dial_mode":"manual","dispositions":[` + strings.Join(codes, ",") + "]}"
}

// recounted is a campaign whose codes change their meaning again and again.
type recounted struct {
	*crashCycle
	counted   int // which of twoMappings
	dials     int
	fullCount time.Duration // what a recount takes when nobody kills it
}

func (r *recounted) config() twin.Campaign {
	return twin.Campaign{Ref: "c", TimeZone: "Europe/Lisbon", Currency: "EUR", DialMode: "manual", Dispositions: twoMappings[r.counted]}
}

// dial makes a stream of dials of so many leads.
func (r *recounted) dial(n, leads int) *message {
	base := time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)
	var items []map[string]any
	for range n {
		r.dials++
		items = append(items, map[string]any{"ref": fmt.Sprint("a-", r.dials), "lead": fmt.Sprint("L-", r.dials%leads), "agent": fmt.Sprint("agent-", r.dials%5),
			"started_at": base.Add(time.Duration(r.dials) * time.Minute / 4).Format(time.RFC3339), "result": "answered", "answered_by": "human",
			"disposition": []string{"A", "B", "A", "C", "none"}[r.rng.IntN(5)]})
	}
	return r.dialers[0].pack("c", "attempts", items)
}

// state asks what the campaign is to be counted by, and whether it is yet.
func (r *recounted) state() (mapping int, recounting bool) {
	r.Helper()
	var shown struct {
		Recounting   bool
		Dispositions []twin.Disposition
	}
	if err := json.Unmarshal(r.ask(200, "GET", "/v1/campaigns/c", "").body, &shown); err != nil {
		r.Fatal(err)
	}
	for i, m := range twoMappings {
		if shown.Dispositions[0] == m[0] {
			return i, shown.Recounting
		}
	}
	r.Fatalf("the campaign has %v", shown.Dispositions)
	return 0, false
}

// changeAndKill changes the mapping while dials are posted, and kills the server
// at a random moment of the recount. It returns the dials.
func (r *recounted) changeAndKill() *message {
	r.Helper()
	m := r.dial(40, 3_000)
	put, posted := newClient(r), newClient(r)
	var under sync.WaitGroup
	// Either may be answered, or broken off by the kill: both are looked into later.
	under.Go(func() {
		_, _ = r.send(put, "PUT", "/v1/campaigns/c", oneJSON, strings.NewReader(mappingBody(twoMappings[1-r.counted])))
	})
	under.Go(func() { _, _ = r.send(posted, "POST", m.path, m.media, bytes.NewReader(m.body)) })
	time.Sleep(time.Duration(r.rng.Int64N(int64(r.fullCount)))) // the moment of the kill is random
	r.kill()
	under.Wait()
	return m
}

// countToTheEnd waits until no recount is under way.
func (r *recounted) countToTheEnd() {
	r.Helper()
	late := time.Now().Add(time.Minute)
	for _, recounting := r.state(); recounting; _, recounting = r.state() {
		if time.Now().After(late) {
			r.Fatalf("the recount does not go on:\n%s", r.out)
		}
		time.Sleep(time.Millisecond) // leaves the server the machine
	}
}

// TestCrashWhileCounting kills the server while it counts a campaign again: the
// server that follows goes on with it, and every number is right.
func TestCrashWhileCounting(t *testing.T) {
	t.Parallel()
	program, path, keyFile := theProgram(t), dbtest.New(t), filepath.Join(t.TempDir(), "key")
	rng := rand.New(rand.NewPCG(*crashSeed, 3))
	r := &recounted{crashCycle: &crashCycle{process: serveProcess(t, program, path, keyFile), rng: rng, world: twin.New(), arrival: 1,
		dialers: []*dialer{{Rand: rng}}}}
	r.ask(201, "PUT", "/v1/campaigns/c", mappingBody(twoMappings[0]))
	r.world.PutCampaign(r.config())
	first := r.dial(6_000, 5_000)
	r.again(first)
	tell(r.world, &r.arrival, first)
	for r.counted = range 2 {
		started := time.Now()
		r.ask(200, "PUT", "/v1/campaigns/c", mappingBody(twoMappings[r.counted]))
		r.fullCount = time.Since(started)
	}
	kills, interrupted := 0, 0
	for ; interrupted < 2; kills++ {
		if kills == 60 {
			t.Fatalf("of %d kills only %d met a recount of %s", kills, interrupted, r.fullCount)
		}
		inFlight := r.changeAndKill()
		r.process = serveProcess(t, program, path, keyFile)
		mapping, recounting := r.state()
		if recounting {
			interrupted++
		}
		r.again(inFlight)
		tell(r.world, &r.arrival, inFlight)
		r.countToTheEnd()
		r.counted = mapping
		r.world.PutCampaign(r.config())
		r.sameAsTwin(r.world, "c", year[0], year[1], "agent")
		r.sameAsTwin(r.world, "c", year[0], year[1], "disposition")
		mustRun(t, "verify", "--db", path)
	}
	t.Logf("%d kills, %d of them during a recount, each gone on with", kills, interrupted)
}
