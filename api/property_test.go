package api_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"

	"ringside/db/dbtest"
	"ringside/funnel/twin"
)

var (
	propertyRounds = flag.Int("property.rounds", dbtest.Rounds(25), "random campaigns to post over HTTP and to compare with the twin")
	propertySeed   = flag.Uint64("property.seed", 0, "first seed; 0 takes a fixed one")
)

// eachSeed runs one test a seed.
func eachSeed(t *testing.T, rounds int, run func(testing.TB, uint64)) {
	first := *propertySeed
	if first == 0 {
		first = 1001 // other campaigns than the store's own test draws
	}
	for i := range rounds {
		seed := first + uint64(i)
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			run(t, seed)
		})
	}
}

// TestAnyFormAnyOrder posts random campaigns to a real server, as single objects,
// arrays and NDJSON, and compares every answer it gives with the naive twin: each
// KPI in each grouping, now and as known before, the funnel with its medians, the
// attempt curve, the blocks of compliance, and the facts behind each number. Then
// it verifies the store.
func TestAnyFormAnyOrder(t *testing.T) {
	eachSeed(t, *propertyRounds, func(t testing.TB, seed uint64) { newWorld(t).trial(twin.NewTrial(seed)).run() })
}

// world is a server and the twin that is told the same.
type world struct {
	testing.TB
	house   *house
	server  *httptest.Server
	twin    *twin.World
	arrival int64     // of the newest post, for the twin
	known   time.Time // the instant reports are asked as of; zero asks for now

	kpis   []string          // every KPI of the catalogue, in its order
	units  map[string]string // by KPI
	groups []string          // every grouping that some KPI serves
	// twinZone is the installation's where agents' states are told, "none" where they are
	// not, "" before the first trial.
	twinZone string
}

func newWorld(t testing.TB) *world {
	w := &world{TB: t, house: newHouse(t), twin: twin.New(), arrival: now.UnixMicro(), units: map[string]string{}}
	w.server = httptest.NewServer(w.house)
	t.Cleanup(w.server.Close)
	w.readCatalogue()
	return w
}

func (w *world) readCatalogue() {
	var catalogue struct {
		KPIs []struct {
			ID, Unit           string
			Reports, Groupings []string
		}
	}
	w.get("/v1/kpis", &catalogue)
	for _, k := range catalogue.KPIs {
		if !slices.Contains(k.Reports, "campaigns") {
			continue
		}
		w.kpis = append(w.kpis, k.ID)
		w.units[k.ID] = k.Unit
		for _, g := range k.Groupings {
			if !slices.Contains(w.groups, g) {
				w.groups = append(w.groups, g)
			}
		}
	}
}

// step is how far the clock is moved between the halves of a trial's posts.
const step = 10 * time.Second

// later moves the clock.
func (w *world) later() {
	w.house.ahead.Add(int64(step))
	w.arrival = max(w.arrival, w.house.clock().UnixMicro())
}

// before compares what was known before the clock was last moved so many times.
func (w *world) before(steps int, compare func()) {
	defer func(all *twin.World) { w.known, w.twin = time.Time{}, all }(w.twin)
	w.known = w.house.clock().Add(step/2 - time.Duration(steps)*step)
	w.twin = w.twin.AsKnown(w.known)
	compare()
}

// asOf is the instant that answers are as of.
func (w *world) asOf() time.Time {
	if w.known.IsZero() {
		return w.house.clock()
	}
	return w.known
}

// trial is one random campaign behind the server and in the twin.
type trial struct {
	*world
	*twin.Trial
	path string // of the campaign
}

func (w *world) trial(random *twin.Trial) *trial {
	r := &trial{w, random, "/v1/campaigns/" + random.Config.Ref}
	r.Money = true
	if w.twinZone == "" {
		w.twinZone = "none"
		if r.Maybe(50) {
			r.Work()
			w.twinZone = r.Zone
			r.mustSend(request{method: "PUT", path: "/v1/service", body: fmt.Appendf(nil, `{"time_zone":%q}`, r.Zone)})
			r.twin.PutService(r.Zone)
		}
	} else if w.twinZone != "none" {
		r.Zone = w.twinZone
	}
	r.Reconfigure()
	r.mustSend(request{method: "PUT", path: r.path, body: r.ConfigBody()})
	r.twin.PutCampaign(r.Config)
	if r.Rates != nil {
		body, err := json.Marshal(r.Rates)
		if err != nil {
			r.Fatal(err)
		}
		r.mustSend(request{method: "PUT", path: r.path + "/rates", body: body})
		r.twin.Post(r.Config.Ref, "rates", r.Rates, r.house.clock().UnixMicro())
	}
	return r
}

// team puts agents in teams, other ones than before.
func (r *trial) team() {
	for agent, team := range r.Teams() {
		body, err := json.Marshal(map[string]any{"name": agent, "team": team})
		if team == "" {
			body, err = []byte(`{"team": null}`), nil
		}
		if err != nil {
			r.Fatal(err)
		}
		r.mustSend(request{method: "PUT", path: "/v1/agents/" + url.PathEscape(agent), body: body})
		r.twin.PutAgent(agent, team)
	}
}

func (r *trial) run() {
	r.post()
	r.compareCompliance()
	for range 2 {
		r.team()
		from, to := r.Window()
		r.compareKPIs(from, to)
		r.compareFunnel(from, to)
		r.compareCurve(from, to)
		r.compareFacts(from, to)
		r.compareFiltered(from, to)
	}
	r.before(1, func() { r.compareKPIs(r.Window()) })
	r.compareFacts(now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0)) // all there is
	v, err := r.house.store.Verify(r.Context(), r.Config.Ref, nil)
	if err != nil || v.Differing > 0 {
		r.Fatalf("verify: %v %+v", err, v)
	}
}
