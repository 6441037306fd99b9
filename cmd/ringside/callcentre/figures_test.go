package callcentre

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"
)

// archive merges the posts by their dates with plain maps and loops, and
// computes the headline figures the long way.
type archive struct {
	leads    map[string]fact
	attempts map[string]fact
	costs    map[string]costFields
	category map[string]string // of each code
	items    int
}

// fact is a merged fact: each field and the date of the version it is from.
type fact map[string]dated

type dated struct {
	value any
	at    time.Time
}

func (f fact) text(field string) string {
	s, _ := f[field].value.(string)
	return s
}

func (f fact) instant(field string) time.Time { return instant(f.text(field)) }

func newArchive(c Campaign) *archive {
	a := &archive{map[string]fact{}, map[string]fact{}, map[string]costFields{}, map[string]string{}, 0}
	var body struct {
		Dispositions []struct{ Code, Category string }
	}
	if err := json.Unmarshal(c.Body, &body); err != nil {
		panic(err)
	}
	for _, d := range body.Dispositions {
		a.category[d.Code] = d.Category
	}
	return a
}

func (a *archive) merge(all map[string]fact, key string, raw json.RawMessage) {
	var fields map[string]any
	if err := json.Unmarshal(raw, &fields); err != nil {
		panic(err)
	}
	ref, _ := fields[key].(string)
	f := all[ref]
	if f == nil {
		f = fact{}
		all[ref] = f
	}
	updated, _ := fields["updated_at"].(string)
	at := instant(updated)
	for name, value := range fields {
		if old, ok := f[name]; !ok || !at.Before(old.at) {
			f[name] = dated{value, at}
		}
	}
}

// collect runs a floor to its end.
func collect(t testing.TB, c Config, n int) (map[string]*archive, *Floor) {
	t.Helper()
	f := New(c)
	all := map[string]*archive{}
	for _, k := range f.Campaigns() {
		all[k.Ref] = newArchive(k)
	}
	for b, ok := f.Next(n); ok; b, ok = f.Next(n) {
		for _, raw := range b.Items {
			file(t, all, b, raw)
		}
	}
	return all, f
}

func file(t testing.TB, all map[string]*archive, b Batch, raw json.RawMessage) {
	if b.Collection == "costs" {
		var x costFields
		if err := json.Unmarshal(raw, &x); err != nil || b.Campaign != "" {
			t.Fatal(err, b.Campaign)
		}
		all[x.Campaign].costs[x.Ref] = x
		return
	}
	a := all[b.Campaign]
	a.items++
	switch b.Collection {
	case "leads":
		a.merge(a.leads, "ref", raw)
	case "attempts":
		a.merge(a.attempts, "ref", raw)
	case "outcomes":
		a.merge(a.attempts, "attempt", raw)
	}
}

// figures are the headline figures of one campaign.
type figures struct {
	leads, dials, dialed, live, contacts, won, sales, cancelled   int
	abandoned, lateOrGone, unknown, machines, due, kept, unmapped int
	firstCall, contacted, notPlaced, firstConversation            int
	agents                                                        map[string]int
	bySource, wonBySource                                         map[string]int
	costMinor                                                     float64
}

var proves = map[string]bool{"sale": true, "sale_cancelled": true, "interested": true, "callback": true, "refusal": true, "dnc": true, "wrong_party": true, "abandoned": true}

func (a *archive) figures(agentFirst bool, from, to time.Time) figures {
	f := figures{agents: map[string]int{}, bySource: map[string]int{}, wonBySource: map[string]int{}}
	byLead := map[string][]fact{}
	for _, x := range a.attempts {
		raw, _ := json.Marshal(x["lead"].value)
		lead, _ := leadOf(raw)
		if lead == "" {
			continue // an outcome whose attempt never came
		}
		byLead[lead] = append(byLead[lead], x)
		if a.leads[lead] == nil {
			a.leads[lead] = fact{}
		}
	}
	for ref := range a.leads {
		f.leads++
		f.bySource[a.leads[ref].text("source")]++
		dials := byLead[ref]
		slices.SortFunc(dials, func(x, y fact) int {
			return cmp.Or(x.instant("started_at").Compare(y.instant("started_at")), cmp.Compare(x.text("ref"), y.text("ref")))
		})
		if a.countLead(&f, dials, agentFirst) {
			f.won++
			f.wonBySource[a.leads[ref].text("source")]++
		}
	}
	for _, c := range a.costs {
		amount, _ := strconv.ParseFloat(c.Amount, 64)
		if c.Category != "lead_purchase" {
			f.costMinor += 100 * amount * overlap(instant(c.From), instant(c.To), from, to)
		}
	}
	return f
}

// overlap is the share of [a, b) that lies in [from, to).
func overlap(a, b, from, to time.Time) float64 {
	lo, hi := max(a.Unix(), from.Unix()), min(b.Unix(), to.Unix())
	return float64(max(hi-lo, 0)) / float64(b.Unix()-a.Unix())
}

func (a *archive) countLead(f *figures, dials []fact, agentFirst bool) (won bool) {
	placed, talked, sold := 0, 0, false
	for i, x := range dials {
		category, known := a.category[x.text("disposition")]
		if !known {
			category = "none"
			if x.text("disposition") != "" {
				f.unmapped++
			}
		}
		if x.text("result") == "not_placed" {
			f.notPlaced++
			continue
		}
		placed++
		f.dials++
		if who := x.text("agent"); who != "" {
			f.agents[who]++
		}
		if a.countAnswer(f, x, category, agentFirst) {
			talked++
			if talked == 1 && category == "sale" {
				f.firstCall++
			}
		}
		won = won || category == "sale"
		sold = sold || category == "sale" || category == "sale_cancelled"
		if category == "sale_cancelled" {
			f.cancelled++
		}
		if category == "callback" {
			countPromise(f, x, dials[i+1:])
		}
	}
	f.dialed += min(placed, 1)
	f.contacted += min(talked, 1)
	if sold {
		f.sales++
	}
	return won
}

func countPromise(f *figures, x fact, later []fact) {
	at := x.instant("callback_at")
	f.due++
	for _, y := range later {
		if d := y.instant("started_at").Sub(at).Abs(); d <= 15*time.Minute {
			f.kept++
			return
		}
	}
}

// countAnswer tells whether the attempt is a conversation.
func (a *archive) countAnswer(f *figures, x fact, category string, agentFirst bool) bool {
	if x.text("result") != "answered" {
		return false
	}
	if category == "machine" || x.text("answered_by") == "machine" && !proves[category] {
		f.machines++
		return false
	}
	if x.text("answered_by") != "human" && !proves[category] {
		f.unknown++
		return false
	}
	f.live++
	if category == "abandoned" || category == "none" && x.text("ended_by") == "customer" {
		f.abandoned++
	}
	clock := x.text("greeting_ended_at")
	if clock == "" {
		clock = x.text("answered_at")
	}
	joined := x.text("connected_at")
	if joined == "" && agentFirst {
		joined = x.text("answered_at")
	}
	if joined == "" {
		stayed := x.instant("ended_at").Sub(instant(clock))
		if x.text("ended_by") != "customer" || stayed > 2*time.Second {
			f.lateOrGone++
		}
		return false
	}
	if instant(joined).Sub(instant(clock)) > 2*time.Second {
		f.lateOrGone++
	}
	f.contacts++
	return true
}

func share(a, b int) float64 { return float64(a) / float64(b) }

// bounds are what a team lead would find believable.
var bounds = map[string]struct {
	dials, conversion, compliance, answered, cost [2]float64
	euro                                          float64 // euros a unit of the currency is worth
}{
	"spring-energy":  {[2]float64{11000, 17000}, [2]float64{0.05, 0.14}, [2]float64{0.01, 0.022}, [2]float64{0.18, 0.40}, [2]float64{0.4, 2.5}, 1},
	"city-fibre":     {[2]float64{11000, 17000}, [2]float64{0.02, 0.10}, [2]float64{0.02, 0.035}, [2]float64{0.15, 0.35}, [2]float64{0.4, 2.5}, 0.9},
	"winback-mobile": {[2]float64{3500, 7000}, [2]float64{0.06, 0.20}, [2]float64{0, 0}, [2]float64{0.25, 0.5}, [2]float64{0.4, 2.5}, 0.0063},
	"charity-drive":  {[2]float64{5000, 9000}, [2]float64{0.04, 0.15}, [2]float64{0.001, 0.009}, [2]float64{0.18, 0.40}, [2]float64{0.4, 2.5}, 1.15},
}

func TestHeadlineFiguresAreBelievable(t *testing.T) {
	c := demo(7)
	all, _ := collect(t, c, 1000)
	total := 0
	for _, ref := range slices.Sorted(maps.Keys(all)) {
		f := all[ref].figures(ref == "winback-mobile", c.Start, c.Start.AddDate(0, 0, c.Days))
		b := bounds[ref]
		total += f.dials
		perCall := f.costMinor / 100 / float64(f.dials)
		t.Logf("%s: leads %d dials %d calls/lead %.2f live %.1f %% contact %.1f %% machines %.1f %% conversion %.2f %% first-call close %.1f %% sales %d cancelled %d dropped %.1f %% compliance %.2f %% callbacks %d kept %.0f %% unknown %d unmapped %d not placed %d agents %d cost/call %.2f",
			ref, f.leads, f.dials, share(f.dials, f.dialed), 100*share(f.live, f.dials), 100*share(f.contacted, f.dialed), 100*share(f.machines, f.dials),
			100*share(f.won, f.leads), 100*share(f.firstCall, f.contacted), f.sales, f.cancelled, 100*share(f.abandoned, f.live),
			100*share(f.lateOrGone, f.live), f.due, 100*share(f.kept, f.due), f.unknown, f.unmapped, f.notPlaced, len(f.agents), perCall)
		within(t, ref+" dials", float64(f.dials), b.dials)
		within(t, ref+" calls per lead", share(f.dials, f.dialed), [2]float64{1.8, 4.5})
		within(t, ref+" live answer rate", share(f.live, f.dials), b.answered)
		within(t, ref+" conversion", share(f.won, f.leads), b.conversion)
		within(t, ref+" compliance abandonment", share(f.lateOrGone, f.live), b.compliance)
		within(t, ref+" abandonment", share(f.abandoned, f.live), [2]float64{0.03, 0.18})
		within(t, ref+" callbacks kept", share(f.kept, f.due), [2]float64{0.55, 0.95})
		within(t, ref+" cancelled sales", share(f.cancelled, f.sales), [2]float64{0.005, 0.15})
		within(t, ref+" cost per call in euros", perCall*b.euro, b.cost)
		if f.unmapped == 0 || f.notPlaced == 0 {
			t.Errorf("%s: %d unmapped codes, %d not placed: want some of each", ref, f.unmapped, f.notPlaced)
		}
		if agents := len(f.agents); agents < 6 {
			t.Errorf("%s: only %d agents", ref, agents)
		}
	}
	within(t, "attempts in all", float64(total), [2]float64{36000, 44000})
}

func TestSourcesConvertDifferently(t *testing.T) {
	c := demo(11)
	all, _ := collect(t, c, 1000)
	for ref, a := range all {
		f := a.figures(false, c.Start, c.Start)
		lo, hi := 1.0, 0.0
		for source, n := range f.bySource {
			if source != "" && n >= 100 {
				rate := share(f.wonBySource[source], n)
				lo, hi = min(lo, rate), max(hi, rate)
			}
		}
		if hi < 1.4*lo {
			t.Errorf("%s: sources convert from %.3f to %.3f: too much alike", ref, lo, hi)
		}
	}
}

func within(t *testing.T, what string, got float64, want [2]float64) {
	t.Helper()
	if got < want[0] || got > want[1] {
		t.Errorf("%s: %.4f is not in [%v, %v]", what, got, want[0], want[1])
	}
}
