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
// is zero; Denominator is nil for counts. Money is in currency units, times in
// seconds, nothing is rounded.
type Figure struct {
	Value, Numerator, Denominator *big.Rat
}

// tally is what one group gathered, by KPI.
type tally struct {
	key   map[string]any
	parts map[string]*parts
	cost  *big.Rat
}

type parts struct {
	num, den map[string]bool // distinct refs
	sum      *big.Rat
}

// KPIs answers what GET /v1/campaigns/{c}/kpis says for the window [from, to)
// in the campaign's zone. Ungrouped there is always one group; grouped, those
// with a fact (or, for time, with a cost), in order of their keys, null last.
func (w *World) KPIs(campaign string, from, to time.Time, groupBy []string, asOf time.Time) []Group {
	c := w.campaign(campaign)
	tallies := map[string]*tally{}
	group := func(name string, key map[string]any) *tally {
		if tallies[name] == nil {
			tallies[name] = &tally{key: key, parts: map[string]*parts{}, cost: new(big.Rat)}
		}
		return tallies[name]
	}
	if len(groupBy) == 0 {
		group(nameOf(nil), nil)
	}
	inWindow := map[*clock][]keyed{}
	for _, k := range kpis {
		if !serves(k, groupBy) {
			continue
		}
		if _, listed := inWindow[k.clock]; !listed {
			inWindow[k.clock] = c.withKeys(c.facts(k.clock, from, to, asOf), groupBy)
		}
		for _, f := range inWindow[k.clock] {
			num, den := k.refs(f.fact)
			if len(num)+len(den) > 0 {
				group(f.name, f.key).add(k, f.fact, num, den)
			}
		}
	}
	withCosts := servesCosts(groupBy)
	if withCosts {
		for _, piece := range c.costPieces(groupBy, from, to) {
			t := group(nameOf(piece.key), piece.key)
			t.cost.Add(t.cost, piece.cost)
		}
	}
	return figures(tallies, groupBy, withCosts)
}

// keyed is a fact with the group it falls into.
type keyed struct {
	fact
	key  map[string]any
	name string
}

func (c *campaign) withKeys(facts []fact, groupBy []string) []keyed {
	var with []keyed
	for _, f := range facts {
		key := c.keyOf(groupBy, f)
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
	return k.num(f), den
}

func (t *tally) add(k kpi, f fact, num, den []string) {
	p := t.of(k.id)
	addAll(p.num, num)
	addAll(p.den, den)
	if k.sum != nil && len(num) > 0 {
		p.sum.Add(p.sum, k.sum(f))
	}
}

func (t *tally) of(id string) *parts {
	if t.parts[id] == nil {
		t.parts[id] = &parts{num: map[string]bool{}, den: map[string]bool{}, sum: new(big.Rat)}
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
func figures(tallies map[string]*tally, groupBy []string, withCosts bool) []Group {
	groups := []Group{}
	for _, t := range tallies {
		g := Group{Key: t.key, Figures: map[string]Figure{}}
		for _, k := range kpis {
			if serves(k, groupBy) {
				g.Figures[k.id] = t.figure(k)
			}
		}
		if withCosts {
			for _, k := range costKPIs {
				g.Figures[k.id] = ratio(t.cost, count(t.of(k.per).num))
			}
		}
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b Group) int { return compareKeys(groupBy, a.Key, b.Key) })
	return groups
}

func (t *tally) figure(k kpi) Figure {
	p := t.of(k.id)
	numerator := count(p.num)
	if k.sum != nil {
		numerator = p.sum
	}
	if k.den == nil {
		return Figure{Value: numerator, Numerator: numerator}
	}
	return ratio(numerator, count(p.den))
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
