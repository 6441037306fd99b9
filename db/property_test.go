package db

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/big"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"ringside/campaign"
	"ringside/db/dbtest"
	"ringside/funnel"
	"ringside/funnel/twin"
)

var (
	propertyRounds = flag.Int("property.rounds", 120, "random campaigns to compare with the twin")
	propertySeed   = flag.Uint64("property.seed", 0, "first seed; 0 takes a fixed one")
)

// TestAnyOrderAnyRepetition posts random campaigns and compares every KPI,
// grouping and window with the naive twin, then verifies the store.
func TestAnyOrderAnyRepetition(t *testing.T) {
	first := *propertySeed
	if first == 0 {
		first = 1
	}
	for i := range *propertyRounds {
		seed := first + uint64(i)
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			newTrial(t, seed).run()
		})
	}
}

// trial is one random campaign in the store and in the twin.
type trial struct {
	*testing.T
	*twin.Trial
	store   *Store
	twin    *twin.World
	now     time.Time // of the store's clock
	arrival int64
	replay  bool
}

func newTrial(t *testing.T, seed uint64) *trial {
	r := &trial{T: t, Trial: twin.NewTrial(seed), twin: twin.New(), now: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
	r.arrival = r.now.UnixMicro()
	store, err := Open(context.Background(), dbtest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	store.SetClock(func() time.Time { return r.now })
	r.store = store
	r.configure()
	r.team()
	return r
}

// team puts agents in teams, in the store and the twin.
func (r *trial) team() {
	for agent, team := range r.Teams() {
		if _, _, err := r.store.PutAgent(context.Background(), campaign.Agent{Ref: agent, Team: team}); err != nil {
			r.Fatal(err)
		}
		r.twin.PutAgent(agent, team)
	}
}

// configure puts the trial's configuration into the store and the twin.
func (r *trial) configure() {
	config, err := campaign.DecodeConfig(r.ConfigBody())
	if err != nil {
		r.Fatal(err)
	}
	if _, _, err := r.store.PutCampaign(context.Background(), "c", config); err != nil {
		r.Fatal(err)
	}
	r.twin.PutCampaign(r.Config)
}

// send records a run of posts in one call, and tells the twin of each.
func (r *trial) send(posts []twin.Post) {
	r.now = r.now.Add(time.Second)
	r.arrival = r.now.UnixMicro()
	var versions []*campaign.Version
	for _, p := range posts {
		body, err := json.Marshal(p.Item)
		if err != nil {
			r.Fatal(err)
		}
		v, err := collections[p.Collection].Decode(body)
		if err != nil {
			r.Fatalf("%s: %v", body, err)
		}
		versions = append(versions, v)
		item := map[string]any{}
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.UseNumber()
		if err := decoder.Decode(&item); err != nil {
			r.Fatal(err)
		}
		r.arrival++
		r.twin.Post("c", p.Collection, item, r.arrival)
	}
	receipt, err := r.store.Record(context.Background(), "c", versions, false)
	if err != nil || len(receipt.Rejected) > 0 {
		r.Fatalf("record: %v %+v", err, receipt)
	}
}

func (r *trial) run() {
	posts := r.Posts()
	if r.Dated {
		posts = append(posts, posts[:r.IntN(len(posts)+1)]...)
		r.Shuffle(len(posts), func(i, j int) { posts[i], posts[j] = posts[j], posts[i] })
	}
	for len(posts) > 0 {
		n := 1 + r.IntN(min(len(posts), 12))
		r.send(posts[:n])
		if r.Maybe(10) && !r.Dated {
			r.send(posts[:n]) // a retry changes nothing
		}
		posts = posts[n:]
		if r.Maybe(5) {
			r.Reconfigure()
			r.configure()
		}
	}
	r.compareCompliance()
	r.compareAsOf()
	r.team()
	for range 6 {
		from, to := r.Window()
		r.compareCurve(from, to)
		r.compareWindow(funnel.Window{FromMs: from.UnixMilli(), ToMs: to.UnixMilli()})
	}
	v, err := r.store.Verify(context.Background(), "c", nil)
	if err != nil || v.Differing > 0 {
		r.Fatalf("verify: %v %+v", err, v)
	}
}

// compareCompliance compares the blocks of the campaign's profile.
func (r *trial) compareCompliance() {
	c, blocks, err := r.store.Compliance(context.Background(), "c", r.now.UnixMilli())
	if err != nil {
		r.Fatal(err)
	}
	p, cal := funnel.Profiles[c.Compliance], campaign.NewCalendar(c.Location())
	var got, want []string
	for _, b := range blocks {
		got = append(got, fmt.Sprint(cal.DayStart(b.From), cal.DayStart(b.To), b.Live, b.Late, b.HighLive, b.HighLate, p.Breach(b.Exposure), p.Headroom(b.Exposure)))
	}
	for _, b := range r.twin.Compliance("c", r.now) {
		want = append(want, fmt.Sprint(b.From.UnixMilli(), b.To.UnixMilli(), b.Live, b.Abandoned, b.HighLive, b.HighAbandoned, b.Breach, b.Headroom))
	}
	if !slices.Equal(got, want) {
		r.Fatalf("blocks are\n%s\nthe twin says\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// compareAsOf compares what was known at some instant of the past.
func (r *trial) compareAsOf() {
	now := r.now
	defer func(all *twin.World) { r.now, r.twin, r.replay = now, all, false }(r.twin)
	r.now = now.Add(-time.Duration(r.IntN(8))*time.Second + 500*time.Millisecond)
	r.twin, r.replay = r.twin.AsKnown(r.now), true
	from, to := r.Window()
	r.compareWindow(funnel.Window{FromMs: from.UnixMilli(), ToMs: to.UnixMilli()})
}

func (r *trial) compareCurve(from, to time.Time) {
	_, points, err := r.store.Curve(context.Background(), "c", funnel.Window{FromMs: from.UnixMilli(), ToMs: to.UnixMilli()})
	if err != nil {
		r.Fatal(err)
	}
	want := r.twin.AttemptCurve("c", from, to)
	if fmt.Sprint(points) != fmt.Sprint(want) {
		r.Fatalf("the attempt curve from %s to %s is %v, the twin says %v", from, to, points, want)
	}
}

func (r *trial) compareWindow(w funnel.Window) {
	groupings := [][]funnel.GroupBy{{}}
	for _, g := range funnel.AllGroupings {
		groupings = append(groupings, []funnel.GroupBy{g})
	}
	groupings = append(groupings, []funnel.GroupBy{funnel.ByAgent, funnel.ByDay}, []funnel.GroupBy{funnel.ByWeek, funnel.ByList},
		[]funnel.GroupBy{funnel.ByTeam, funnel.ByDay},
		[]funnel.GroupBy{twin.Pick(r.Trial, funnel.AllGroupings...), twin.Pick(r.Trial, funnel.AllGroupings...)})
	for _, by := range groupings {
		if len(by) == 2 && by[0] == by[1] {
			continue
		}
		r.compare(w, by)
	}
}

// compare compares a report of all KPIs, and one of those that need not look who
// was dialed before, which are got another way.
func (r *trial) compare(w funnel.Window, by []funnel.GroupBy) {
	r.compareKPIs(w, by, nil)
	var plain []*funnel.KPI
	for i := range funnel.Catalogue {
		if k := &funnel.Catalogue[i]; k.Serves(by) && k.Numerator != funnel.LeadsDialed && k.Denominator != funnel.LeadsDialed {
			plain = append(plain, k)
		}
	}
	r.compareKPIs(w, by, plain)
}

func (r *trial) compareKPIs(w funnel.Window, by []funnel.GroupBy, asked []*funnel.KPI) {
	report, err := r.store.Report(context.Background(), "c", funnel.Query{Window: w, By: by, KPIs: asked, NowMs: r.now.UnixMilli(), Replay: r.replay})
	if err != nil {
		r.Fatal(err)
	}
	// Groups without facts of the asked KPIs are left out.
	counts := func(k *funnel.KPI, figure string) bool {
		return k.Serves(by) && (asked == nil || slices.Contains(asked, k) && !strings.HasPrefix(figure, "0 / "))
	}
	var names []string
	for _, g := range by {
		names = append(names, string(g))
	}
	got := map[string]string{}
	for _, g := range report.Groups {
		key := map[string]any{}
		for i, name := range names {
			key[name] = g.Key[i]
		}
		for i := range funnel.Catalogue {
			k := &funnel.Catalogue[i]
			if figure := showFigure(k.Figure(g.Sums)); counts(k, figure) {
				got[fmt.Sprint(key, " ", k.ID)] = figure
			}
		}
	}
	want := map[string]string{}
	for _, g := range r.twin.KPIs("c", time.UnixMilli(w.FromMs), time.UnixMilli(w.ToMs), names, r.now) {
		key := g.Key
		if key == nil {
			key = map[string]any{}
		}
		for id, f := range g.Figures {
			if k := funnel.Find(id); k != nil && counts(k, showTwin(f)) {
				want[fmt.Sprint(key, " ", id)] = showTwin(f)
			}
		}
	}
	if diff := differences(got, want); diff != "" {
		r.Fatalf("window %s – %s by %v:\n%s", time.UnixMilli(w.FromMs).UTC(), time.UnixMilli(w.ToMs).UTC(), by, diff)
	}
}

func showFigure(f funnel.Figure) string {
	scale := map[funnel.MeasureUnit]int64{funnel.Seconds: 1000, funnel.Money: 100, funnel.Count: 1}[funnel.UnitOf(f.KPI.Numerator)]
	numerator := big.NewRat(f.Numerator, scale)
	if f.KPI.Denominator == funnel.NoMeasure {
		return numerator.RatString() + " / -"
	}
	return fmt.Sprintf("%s / %d", numerator.RatString(), f.Denominator)
}

func showTwin(f twin.Figure) string {
	if f.Denominator == nil {
		return f.Numerator.RatString() + " / -"
	}
	return f.Numerator.RatString() + " / " + f.Denominator.RatString()
}

func differences(got, want map[string]string) string {
	var lines []string
	for key, w := range want {
		if g, ok := got[key]; !ok || g != w {
			lines = append(lines, fmt.Sprintf("%s: got %q, twin says %q", key, g, w))
		}
	}
	for key, g := range got {
		if _, ok := want[key]; !ok {
			lines = append(lines, fmt.Sprintf("%s: got %q, twin has none", key, g))
		}
	}
	sort.Strings(lines)
	return strings.Join(lines[:min(len(lines), 60)], "\n")
}
