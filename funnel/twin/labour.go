package twin

import (
	"math/big"
	"slices"
	"sort"
	"strings"
	"time"
)

// PutService says in which zone the installation's days are.
func (w *World) PutService(zone string) {
	at, err := time.LoadLocation(zone)
	if err != nil {
		panic("twin: " + err.Error())
	}
	w.zone = at
	w.changes++
}

// Decided here, where kpis.md §6 is silent: the day of an agent is that of the installation's
// zone. An agent whose states make up any of a day is paid by these on that day, and calls
// that begin on it cost nothing more. Time that names no campaign is split, in milliseconds,
// by how long the agent handled calls of each campaign on that day, and nobody bears it where
// there are none. Wages are rounded to the millionth by agent, month and card.

// work is the time that agents were logged in.
func (w *World) work() []spell {
	if w.spells == nil || w.spellsOf != w.changes {
		w.spells, w.spellsOf = []spell{}, w.changes
		for _, sp := range w.states.spells() {
			if slices.Contains([]string{"available", "on_call", "wrap", "away"}, sp.what) && sp.from.Before(sp.to) {
				w.spells = append(w.spells, sp)
			}
		}
	}
	return w.spells
}

// overlap is how much of a spell lies in [from, to).
func (sp *spell) overlap(from, to time.Time) time.Duration {
	if sp.from.After(from) {
		from = sp.from
	}
	return max(0, earlier(sp.to, to).Sub(from))
}

// day is the installation's day that holds an instant.
func (w *World) day(t time.Time) (from, to time.Time) {
	y, m, d := t.In(w.zone).Date()
	return dayStart(time.Date(y, m, d, 0, 0, 0, 0, time.UTC), w.zone), dayStart(time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC), w.zone)
}

// paidByTime says whether an agent is paid by the time logged in at an instant.
func (w *World) paidByTime(agent string, t time.Time) bool {
	from, to := w.day(t)
	return slices.ContainsFunc(w.work(), func(sp spell) bool { return sp.agent == agent && sp.overlap(from, to) > 0 })
}

// logged adds the time that agents were logged in for a campaign, an hour at a time.
func (g *gathering) logged(c *campaign, from, to time.Time, keyOf func(fact) map[string]any) {
	for _, sp := range c.world.work() {
		if sp.on != c.config.Ref {
			continue
		}
		for at := from; at.Before(to); {
			next := earlier(nextClockHour(at.In(c.zone)), to)
			if ms := sp.overlap(at, next).Milliseconds(); ms > 0 {
				p := g.group(keyOf(ofAgent(sp.agent, at))).of("sales_per_hour")
				p.sum.Add(p.sum, big.NewRat(ms, 1000))
			}
			if at = next; !at.Before(sp.to) {
				break
			}
		}
	}
}

// worked is how many milliseconds an agent worked for the campaign in [from, to).
func (c *campaign) worked(agent string, from, to time.Time) *big.Int {
	ms := new(big.Int)
	days := map[time.Time]bool{}
	for _, sp := range c.world.work() {
		if sp.agent != agent || sp.overlap(from, to) <= 0 {
			continue
		}
		if sp.on == c.config.Ref {
			ms.Add(ms, big.NewInt(sp.overlap(from, to).Milliseconds()))
		}
		first := from
		if sp.from.After(from) {
			first = sp.from
		}
		for day, next := c.world.day(first); sp.on == "" && day.Before(earlier(to, sp.to)); day, next = c.world.day(next) {
			days[day] = true
		}
	}
	for day := range days {
		_, next := c.world.day(day)
		ms.Add(ms, c.loose(agent, day, earlier(to, next)))
		if from.After(day) {
			ms.Sub(ms, c.loose(agent, day, earlier(from, next)))
		}
	}
	return ms
}

// loose is the campaign's part of what an agent's day until an instant names no campaign.
func (c *campaign) loose(agent string, day, until time.Time) *big.Int {
	all := int64(0)
	for _, sp := range c.world.work() {
		if sp.agent == agent && sp.on == "" {
			all += sp.overlap(day, until).Milliseconds()
		}
	}
	var refs []string
	for ref := range c.world.campaigns {
		refs = append(refs, ref)
	}
	slices.SortFunc(refs, strings.Compare)
	return split(big.NewInt(all), c.world.handled(refs, agent, day))[slices.Index(refs, c.config.Ref)]
}

// handled is how many milliseconds an agent handled calls of each campaign on a day.
func (w *World) handled(refs []string, agent string, day time.Time) (weights []*big.Int) {
	if w.handledOf != w.changes {
		w.handledOn, w.handledOf = map[string][]*big.Int{}, w.changes
	}
	name := agent + day.String()
	if w.handledOn[name] != nil {
		return w.handledOn[name]
	}
	_, next := w.day(day)
	for _, ref := range refs {
		sum := new(big.Rat)
		for _, f := range w.campaigns[ref].facts(dialing, day, next, next) {
			if f.attempt.agent == agent && len(endedTalk(f)) > 0 {
				sum.Add(sum, new(big.Rat).Mul(handling(f), big.NewRat(1000, 1)))
			}
		}
		weights = append(weights, sum.Num())
	}
	w.handledOn[name] = weights
	return weights
}

// Wages is what agents are paid for a window by the time they were logged in, in units of
// the currency and not rounded.
func (w *World) Wages(campaign string, from, to time.Time) *big.Rat {
	c, sum := w.campaign(campaign), new(big.Int)
	for start := from; start.Before(to); {
		month, end := startOfMonth(start.In(c.zone)), earlier(nextPiece(nil, start.In(c.zone)), to)
		for _, micro := range c.wages(month, end) {
			sum.Add(sum, micro)
		}
		for _, micro := range c.wages(month, start) {
			sum.Sub(sum, micro)
		}
		start = end
	}
	return new(big.Rat).SetFrac(sum, big.NewInt(1_000_000))
}

// wages are what each agent is paid in [from, to) of one month, in millionths.
func (c *campaign) wages(from, to time.Time) map[string]*big.Int {
	edges := []time.Time{from, to}
	for _, k := range c.rates.labour {
		for _, edge := range []time.Time{k.from, k.to} {
			if edge.After(from) && edge.Before(to) {
				edges = append(edges, edge)
			}
		}
	}
	sort.Slice(edges, func(i, j int) bool { return edges[i].Before(edges[j]) })
	agents := map[string]map[*card]*big.Int{}
	for _, sp := range c.world.work() {
		agents[sp.agent] = map[*card]*big.Int{}
	}
	for agent, by := range agents {
		for i := 1; i < len(edges); i++ {
			k := cardAt(c.rates.labour, agent, edges[i-1])
			if k == nil {
				k = cardAt(c.rates.labour, "", edges[i-1])
			}
			if k == nil {
				continue
			}
			if by[k] == nil {
				by[k] = new(big.Int)
			}
			by[k].Add(by[k], c.worked(agent, edges[i-1], edges[i]))
		}
	}
	paid := map[string]*big.Int{}
	for agent, by := range agents {
		paid[agent] = new(big.Int)
		for k, ms := range by {
			if ms.Sign() > 0 {
				cost := new(big.Rat).Mul(k.hour, new(big.Rat).SetFrac(ms, big.NewInt(3_600_000)))
				paid[agent].Add(paid[agent], roundHalfEven(cost.Mul(cost, million)))
			}
		}
	}
	return paid
}
