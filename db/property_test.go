package db

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
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
	propertyRounds = flag.Int("property.rounds", dbtest.Rounds(120), "random campaigns to compare with the twin")
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
			newHouse(t).trial(twin.NewTrial(seed)).run()
		})
	}
}

// house is a store and the twin that is told the same.
type house struct {
	*testing.T
	store   *Store
	twin    *twin.World
	now     time.Time // of the store's clock
	arrival int64
	known   time.Time // the instant reports are asked as of; zero asks for now
	zone    string    // the installation's, "" while nobody is logged in
}

func newHouse(t *testing.T) *house {
	h := &house{T: t, twin: twin.New(), now: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
	h.arrival = h.now.UnixMicro()
	store, err := Open(context.Background(), dbtest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	store.SetClock(func() time.Time { return h.now })
	h.store = store
	return h
}

// trial is one random campaign in the store and in the twin.
type trial struct {
	*house
	*twin.Trial
}

func (h *house) trial(random *twin.Trial) *trial {
	r := &trial{h, random}
	r.Dialers, r.Money = true, true
	if r.Maybe(30) {
		r.work()
	}
	r.Reconfigure()
	r.configure()
	r.team()
	return r
}

// work has the trial tell agents' states, in days of some zone.
func (r *trial) work() {
	if r.Work(); r.zone != "" {
		r.Zone = r.zone
	}
	r.zone = r.Zone
	config, err := campaign.DecodeService(fmt.Appendf(nil, `{"time_zone":%q}`, r.Zone))
	if err == nil {
		_, _, err = r.store.PutCampaign(context.Background(), campaign.ServiceKey, config)
	}
	if err != nil {
		r.Fatal(err)
	}
	r.twin.PutService(r.Zone)
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
	if _, _, err := r.store.PutCampaign(context.Background(), r.Config.Ref, config); err != nil {
		r.Fatal(err)
	}
	for dialer, codes := range r.Config.Statuses {
		meanings := map[string]campaign.Category{}
		for code, word := range codes {
			if meanings[code], err = campaign.ParseCategory("", word); err != nil {
				r.Fatal(err)
			}
		}
		if _, _, err := r.store.PutSource(context.Background(), campaign.Source{Ref: dialer, Config: []byte("{}"), Meanings: meanings}); err != nil {
			r.Fatal(err)
		}
	}
	r.twin.PutCampaign(r.Config)
	if r.Rates != nil {
		r.putRates()
	}
}

// putRates puts the trial's cards.
func (r *trial) putRates() {
	body, err := json.Marshal(r.Rates)
	if err != nil {
		r.Fatal(err)
	}
	zone, _ := time.LoadLocation(r.Config.TimeZone)
	rates, err := campaign.DecodeRates(body, campaign.NewCalendar(zone))
	if err != nil {
		r.Fatalf("%s: %v", body, err)
	}
	r.now = r.now.Add(time.Second)
	if _, err := r.store.PutRates(context.Background(), r.Config.Ref, rates); err != nil {
		r.Fatal(err)
	}
	r.twin.Post(r.Config.Ref, "rates", r.Rates, r.now.UnixMicro())
}

// send records a run of posts in one call, and tells the twin of each.
func (r *trial) send(posts []twin.Post) {
	r.now = r.now.Add(time.Second)
	r.arrival = r.now.UnixMicro()
	var versions, shared, states []*campaign.Version
	for _, p := range posts {
		body, err := json.Marshal(p.Item)
		if err != nil {
			r.Fatal(err)
		}
		v, err := collections[p.Collection].Decode(body)
		if err != nil {
			r.Fatalf("%s: %v", body, err)
		}
		if v.Kind == campaign.KindCost && v.Null.Has(campaign.CostCampaign) {
			shared = append(shared, v)
		} else if v.Kind == campaign.KindState {
			states = append(states, v)
		} else {
			versions = append(versions, v)
		}
		item := map[string]any{}
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.UseNumber()
		if err := decoder.Decode(&item); err != nil {
			r.Fatal(err)
		}
		r.arrival++
		r.twin.Post(r.Config.Ref, p.Collection, item, r.arrival)
	}
	for owner, said := range map[string][]*campaign.Version{r.Config.Ref: versions, campaign.NoCampaign: shared, campaign.ServiceKey: states} {
		if len(said) == 0 {
			continue
		}
		receipt, err := r.store.Record(context.Background(), owner, said, false)
		if err != nil || len(receipt.Rejected) > 0 {
			r.Fatalf("record: %v %+v %v", err, receipt, receipt.Rejected)
		}
	}
}

// post records everything the trial has to say, in some order.
func (r *trial) post() {
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
}

func (r *trial) run() {
	r.post()
	r.compareCompliance()
	r.team()
	r.asOf(time.Duration(1+r.IntN(8))*time.Second+500*time.Millisecond, func() {
		from, to := r.Window()
		r.compareWindow(funnel.Window{FromMs: from.UnixMilli(), ToMs: to.UnixMilli()})
	})
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

// asOf compares what was known some time ago.
func (h *house) asOf(ago time.Duration, compare func()) {
	defer func(all *twin.World) { h.known, h.twin = time.Time{}, all }(h.twin)
	h.known = h.now.Add(-ago)
	h.twin = h.twin.AsKnown(h.known)
	compare()
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

// query is a query as of now, or of the instant that is looked at.
func (h *house) query() (q funnel.Query, asOf time.Time) {
	q.NowMs = h.now.UnixMilli()
	if h.known.IsZero() {
		return q, h.now
	}
	known := campaign.AtInstant(h.known.UnixMilli())
	q.AsOf = &known
	return q, h.known
}

// compare compares a report of all KPIs, and one of those that need not look who
// was dialed before, which are got another way.
func (r *trial) compare(w funnel.Window, by []funnel.GroupBy) {
	r.compareKPIs(w, by, nil)
	var plain []*funnel.KPI
	for _, k := range catalogue() {
		if k.Serves(by) && k.Numerator != funnel.LeadsDialed && k.Denominator != funnel.LeadsDialed {
			plain = append(plain, k)
		}
	}
	r.compareKPIs(w, by, plain)
}

func (r *trial) compareKPIs(w funnel.Window, by []funnel.GroupBy, asked []*funnel.KPI) {
	query, asOf := r.query()
	query.Window, query.By, query.KPIs = w, by, asked
	report, err := r.store.Report(context.Background(), "c", query)
	if err != nil {
		r.Fatal(err)
	}
	var names []string
	for _, g := range by {
		names = append(names, string(g))
	}
	got := showGroups(report.Groups, by, funnel.Served(catalogue(), by, report))
	want := showTwins(r.twin.KPIs("c", time.UnixMilli(w.FromMs), time.UnixMilli(w.ToMs), names, asOf))
	if asked != nil {
		// Groups without facts of the asked KPIs are left out, and nothing else is counted.
		unasked := func(key, figure string) bool {
			id := key[strings.LastIndexByte(key, ' ')+1:]
			return !slices.Contains(asked, funnel.Find(id)) || strings.HasPrefix(figure, "0 / ")
		}
		maps.DeleteFunc(got, unasked)
		maps.DeleteFunc(want, unasked)
	}
	if diff := differences(got, want); diff != "" {
		r.Fatalf("window %s – %s by %v:\n%s", time.UnixMilli(w.FromMs).UTC(), time.UnixMilli(w.ToMs).UTC(), by, diff)
	}
}

func catalogue() (kpis []*funnel.KPI) {
	for i := range funnel.Catalogue {
		kpis = append(kpis, &funnel.Catalogue[i])
	}
	return kpis
}

// showGroups writes the figures by key and KPI.
func showGroups(groups []funnel.ReportGroup, by []funnel.GroupBy, kpis []*funnel.KPI) map[string]string {
	shown := map[string]string{}
	for _, g := range groups {
		key := map[string]any{}
		for i, name := range by {
			key[string(name)] = g.Key[i]
		}
		for _, k := range kpis {
			shown[fmt.Sprint(key, " ", k.ID)] = showFigure(k.Figure(g.Sums)) + showNoData(k, g.Sums)
		}
	}
	return shown
}

// showTwins writes the twin's figures the way showGroups does.
func showTwins(groups []twin.Group) map[string]string {
	shown := map[string]string{}
	for _, g := range groups {
		key := g.Key
		if key == nil {
			key = map[string]any{}
		}
		for id, f := range g.Figures {
			if funnel.Find(id) != nil {
				shown[fmt.Sprint(key, " ", id)] = showTwin(f)
			}
		}
	}
	return shown
}

// showNoData is what showTwin writes of as many attempts.
func showNoData(k *funnel.KPI, sums *funnel.Sums) string {
	if attempts, ok := k.NoData(sums); ok {
		return fmt.Sprintf(", no data of %d", attempts)
	}
	return ""
}

func showFigure(f funnel.Figure) string {
	if f.KPI.Percent > 0 {
		if !f.Defined() {
			return "percentile of none"
		}
		return fmt.Sprintf("percentile %d of %d", f.Percentile, f.Denominator)
	}
	switch {
	case f.KPI.Quotient != nil && f.Over == nil:
		return "0 / 0"
	case f.KPI.Quotient != nil:
		return f.Over.String() + " / " + f.Under.String()
	}
	part := func(m funnel.Measure, value int64) string {
		return big.NewRat(value, map[funnel.MeasureUnit]int64{funnel.Seconds: 1000, funnel.Score: 1000, funnel.Money: 100, funnel.Count: 1}[funnel.UnitOf(m)]).RatString()
	}
	if f.KPI.Denominator == funnel.NoMeasure {
		return part(f.KPI.Numerator, f.Numerator) + " / -"
	}
	return part(f.KPI.Numerator, f.Numerator) + " / " + part(f.KPI.Denominator, f.Denominator)
}

func showTwin(f twin.Figure) string {
	if f.NoData != nil {
		attempts := f.NoData.RatString()
		f.NoData = nil
		return showTwin(f) + ", no data of " + attempts
	}
	if f.Numerator == nil {
		if f.Value == nil {
			return "percentile of none"
		}
		return fmt.Sprintf("percentile %s of %s", f.Value.RatString(), f.Denominator.RatString())
	}
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
