package twin

import (
	"fmt"
	"math/big"
	"slices"
	"sort"
	"time"
)

// Group is the figures of one group; Key is nil when nothing was grouped.
// Figures has every KPI that the grouping serves.
type Group struct {
	Key     map[string]any
	Figures map[string]Figure
}

// Figure is one number and its two parts. Value is nil when the denominator
// is zero; Denominator is nil for counts, Numerator for percentiles. Money is in currency units, times in
// seconds, nothing is rounded. NoData is how many attempts lack data that the
// figure needs, nil where it is no duration.
type Figure struct {
	Value, Numerator, Denominator, NoData *big.Rat
}

// tally is what one group gathered, by KPI.
type tally struct {
	key   map[string]any
	parts map[string]*parts
	money *money
}

type parts struct {
	num, den, lacking map[string]bool // distinct refs
	sum               *big.Rat
	all               []*big.Rat // what a percentile is of
}

// KPIs answers what GET /v1/campaigns/{c}/kpis says for the window [from, to)
// in the campaign's zone. Ungrouped there is always one group; grouped, those
// with a fact (or, for time, with a cost), in order of their keys, null last.
func (w *World) KPIs(campaign string, from, to time.Time, groupBy []string, asOf time.Time) []Group {
	c := w.campaign(campaign)
	g := newGathering(groupBy, true, c.rates.some())
	g.gather(c, from, to, asOf, func(f fact) map[string]any { return c.keyOf(groupBy, f) })
	return g.figures()
}

// gathering adds up the facts of one campaign or of several.
type gathering struct {
	groupBy []string // without "campaign"
	money   bool     // amounts may be added up
	rated   bool     // every campaign rates its calls
	tallies map[string]*tally
}

func newGathering(groupBy []string, money, rated bool) *gathering {
	g := &gathering{groupBy, money, rated, map[string]*tally{}}
	if len(groupBy) == 0 {
		g.group(nil)
	}
	return g
}

func (g *gathering) group(key map[string]any) *tally { return g.named(nameOf(key), key) }

func (g *gathering) named(name string, key map[string]any) *tally {
	if g.tallies[name] == nil {
		g.tallies[name] = &tally{key: key, parts: map[string]*parts{}, money: newMoney()}
	}
	return g.tallies[name]
}

// serves says whether a KPI is in the answer.
func (g *gathering) serves(k kpi) bool {
	return serves(k, g.groupBy) && (g.money || k.id != "revenue")
}

func (g *gathering) servesCosts(calls bool) bool {
	return g.money && servesCosts(g.groupBy, g.rated, calls)
}

// gather adds what falls into one campaign's window, each fact under its key.
func (g *gathering) gather(c *campaign, from, to, asOf time.Time, keyOf func(fact) map[string]any) {
	inWindow := map[*clock][]keyed{}
	for _, k := range kpis {
		if !g.serves(k) {
			continue
		}
		if _, listed := inWindow[k.clock]; !listed {
			inWindow[k.clock] = withKeys(c.facts(k.clock, from, to, asOf), keyOf)
		}
		for _, f := range inWindow[k.clock] {
			if k.lacks != nil {
				addAll(g.named(f.name, f.key).of(k.id).lacking, within(c, k.lacks(f.fact)))
			}
			num, den := k.refs(f.fact)
			if len(num)+len(den) > 0 {
				num, den = within(c, num), within(c, den)
				if k.id == "calls_per_agent" { // an agent is one person everywhere
					_, den = k.refs(f.fact)
				}
				g.named(f.name, f.key).add(k, f.fact, num, den)
			}
		}
	}
	if serves(kpi{id: "sales_per_hour"}, g.groupBy) {
		g.logged(c, from, to, keyOf)
	}
	if g.servesCosts(true) {
		g.charge(c, from, to, keyOf)
	}
}

// within makes refs of one campaign different from equal ones of another.
func within(c *campaign, refs []string) []string {
	own := make([]string, len(refs))
	for i, ref := range refs {
		own[i] = c.config.Ref + "/" + ref
	}
	return own
}

// keyed is a fact with the group it falls into.
type keyed struct {
	fact
	key  map[string]any
	name string
}

func withKeys(facts []fact, keyOf func(fact) map[string]any) []keyed {
	var with []keyed
	for _, f := range facts {
		key := keyOf(f)
		with = append(with, keyed{f, key, nameOf(key)})
	}
	return with
}

// nameOf writes a key as text, one text for one key: fmt prints maps sorted.
func nameOf(key map[string]any) string { return fmt.Sprintf("%#v", key) }

// Facts lists the refs behind the "numerator" or "denominator" of a KPI of §3,
// sorted: of attempts where it counts attempts, of leads where it counts leads
// (agents below calls_per_agent; the attempts added up, for money and times).
func (w *World) Facts(campaign, kpi, part string, from, to time.Time, asOf time.Time) []string {
	refs := map[string]bool{}
	for _, k := range kpis {
		if k.id != kpi {
			continue
		}
		for _, f := range w.campaign(campaign).facts(k.clock, from, to, asOf) {
			num, den := k.refs(f)
			if part == "numerator" {
				addAll(refs, num)
			} else {
				addAll(refs, den)
			}
		}
	}
	sorted := []string{}
	for ref := range refs {
		sorted = append(sorted, ref)
	}
	sort.Strings(sorted)
	return sorted
}

// facts are those that a clock places in [from, to).
func (c *campaign) facts(k *clock, from, to, asOf time.Time) []fact {
	var in []fact
	for _, l := range c.read() {
		for _, f := range k.facts(l, asOf) {
			if !f.at.Before(from) && f.at.Before(to) {
				in = append(in, f)
			}
		}
	}
	return in
}

// refs is what a fact adds to the two parts of a KPI.
func (k kpi) refs(f fact) (num, den []string) {
	if k.den != nil {
		den = k.den(f)
	}
	if k.num != nil {
		num = k.num(f)
	}
	return num, den
}

func (t *tally) add(k kpi, f fact, num, den []string) {
	p := t.of(k.id)
	addAll(p.num, num)
	addAll(p.den, den)
	if k.sum != nil && len(num) > 0 {
		p.sum.Add(p.sum, k.sum(f))
	}
	if k.percent > 0 && len(den) > 0 {
		p.all = append(p.all, k.sum(f))
	}
}

func (t *tally) of(id string) *parts {
	if t.parts[id] == nil {
		t.parts[id] = &parts{num: map[string]bool{}, den: map[string]bool{}, lacking: map[string]bool{}, sum: new(big.Rat)}
	}
	return t.parts[id]
}

func addAll(set map[string]bool, refs []string) {
	for _, ref := range refs {
		set[ref] = true
	}
}

// figures turns what was gathered into numbers: every served KPI in every
// group, those without facts too.
func (g *gathering) figures() []Group {
	groups := []Group{}
	for _, t := range g.tallies {
		of := Group{Key: t.key, Figures: map[string]Figure{}}
		for _, k := range kpis {
			if g.serves(k) {
				of.Figures[k.id] = t.figure(k).with(k, t.of(k.id))
			}
		}
		for _, k := range costKPIs {
			switch {
			case !g.servesCosts(k.calls):
			case k.per != "":
				of.Figures[k.id] = ratio(k.of(t), count(t.of(k.per).num))
			case k.over != nil:
				of.Figures[k.id] = ratio(k.of(t), k.over(t))
			default:
				of.Figures[k.id] = Figure{Value: k.of(t), Numerator: k.of(t)}
			}
		}
		if g.money && servesRevenuePerCall(g.groupBy) {
			of.Figures["revenue_per_call"] = ratio(t.of("revenue").sum, count(t.of("dials").num))
		}
		groups = append(groups, of)
	}
	slices.SortFunc(groups, func(a, b Group) int { return compareKeys(g.groupBy, a.Key, b.Key) })
	return groups
}

func (t *tally) figure(k kpi) Figure {
	p := t.of(k.id)
	if k.percent > 0 {
		return Figure{Value: percentile(p.all, k.percent), Denominator: count(p.den)}
	}
	numerator := count(p.num)
	if k.id == "sales_per_hour" { // the sum is of seconds
		f := ratio(numerator, p.sum)
		if f.Value != nil {
			f.Value.Mul(f.Value, big.NewRat(3600, 1))
		}
		return f
	}
	if k.sum != nil {
		numerator = p.sum
	}
	if k.den == nil {
		return Figure{Value: numerator, Numerator: numerator}
	}
	return ratio(numerator, count(p.den))
}

// with says how many attempts lack data that the KPI needs.
func (f Figure) with(k kpi, p *parts) Figure {
	if k.lacks != nil {
		f.NoData = count(p.lacking)
	}
	return f
}

// ratio of a zero denominator has no value.
func ratio(numerator, denominator *big.Rat) Figure {
	f := Figure{Numerator: numerator, Denominator: denominator}
	if denominator.Sign() != 0 {
		f.Value = new(big.Rat).Quo(numerator, denominator)
	}
	return f
}

func count(set map[string]bool) *big.Rat { return big.NewRat(int64(len(set)), 1) }
