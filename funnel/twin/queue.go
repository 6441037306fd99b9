package twin

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"sort"
	"time"
)

var callFields = []string{"customer", "channel", "topic", "offered_at", "answered_at", "abandoned_at", "ended_at", "agent", "hold_s", "wrap_s",
	"transfers", "escalated", "resolved", "blocked", "void"}

// Queue is everything ever posted to one queue, read the slow way: kpis.md §4.
//
// Decided here, where the contract is silent: a call both answered and abandoned by
// its merge is answered, a blocked one that was answered was
// offered, and one that was not resolved nothing; a further call of
// the same customer on the same topic comes later, to the same queue, and at most 7
// days later; one that was blocked is a further call too; the calls of
// answered_per_agent are those that name an agent; calls without a topic are on one.
type Queue struct {
	TimeZone      string
	ServiceLevelS int
	ShortAbandonS string // a decimal
	Teams         map[string]string

	calls map[string]*versions
	posts []arrived
}

// inbound is a merged call.
type inbound struct {
	at                                                time.Time
	answered, abandoned, ended                        time.Time
	customer, topic, channel, agent                   string
	wrap                                              *big.Rat
	transfers                                         int64
	escalated, resolved, blocked, wasAnswered, gaveUp bool
	wrapTold                                          bool
}

// Post takes one call as posted.
func (q *Queue) Post(item map[string]any, arrival int64) {
	if q.calls == nil {
		q.calls = map[string]*versions{}
	}
	q.posts = append(q.posts, arrived{item: maps.Clone(item), arrival: arrival})
	version(q.calls, text(item["ref"])).add(callFields, item, arrival)
}

// AsKnown returns the queue with what had arrived by an instant.
func (q *Queue) AsKnown(at time.Time) *Queue {
	then := &Queue{TimeZone: q.TimeZone, ServiceLevelS: q.ServiceLevelS, ShortAbandonS: q.ShortAbandonS, Teams: q.Teams}
	for _, p := range q.posts {
		if p.arrival <= at.UnixMicro() {
			then.Post(p.item, p.arrival)
		}
	}
	return then
}

// read merges every call that is not void.
func (q *Queue) read() (all []*inbound) {
	for _, ref := range slices.Sorted(maps.Keys(q.calls)) {
		f := q.calls[ref].merge()
		if isTrue(f["void"]) {
			continue
		}
		c := &inbound{at: instant(f["offered_at"]), answered: instant(f["answered_at"]), abandoned: instant(f["abandoned_at"]), ended: instant(f["ended_at"]),
			customer: text(f["customer"]), topic: text(f["topic"]), channel: text(f["channel"]), agent: text(f["agent"]), wrap: big.NewRat(millis(f["wrap_s"]), 1000),
			escalated: isTrue(f["escalated"]), resolved: isTrue(f["resolved"]), wrapTold: f["wrap_s"] != nil}
		if n := decimal(f["transfers"]); n != nil {
			c.transfers = n.Num().Int64()
		}
		c.wasAnswered = !c.answered.IsZero()
		c.blocked = isTrue(f["blocked"]) && !c.wasAnswered
		c.gaveUp = !c.blocked && !c.wasAnswered && !c.abandoned.IsZero()
		all = append(all, c)
	}
	return all
}

// between is the seconds between two instants, not below 0.
func between(from, to time.Time) *big.Rat {
	if to.Before(from) {
		return new(big.Rat)
	}
	return big.NewRat(to.Sub(from).Milliseconds(), 1000)
}

func (c *inbound) wait() *big.Rat {
	if c.wasAnswered {
		return between(c.at, c.answered)
	}
	return between(c.at, c.abandoned)
}

// calledAgain reports whether the customer came again about the same topic in 7 days.
func (c *inbound) calledAgain(all []*inbound) bool {
	return slices.ContainsFunc(all, func(o *inbound) bool {
		return o.customer == c.customer && o.topic == c.topic && o.at.After(c.at) && !o.at.After(c.at.Add(7*24*time.Hour))
	})
}

// KPIs answers what GET /v1/queues/{q}/kpis says. method "" and a negative level stand
// for the defaults.
func (q *Queue) KPIs(from, to, now time.Time, groupBy []string, method string, level int) []Group {
	if level < 0 {
		level = q.ServiceLevelS
	}
	zone, err := time.LoadLocation(q.TimeZone)
	if err != nil {
		panic(err)
	}
	all := q.read()
	groups, keys := map[string][]*inbound{}, map[string]map[string]any{}
	if len(groupBy) == 0 {
		groups[""] = nil
	}
	waiting := map[string][]*inbound{}
	for _, c := range all {
		key := map[string]any{}
		for _, g := range groupBy {
			key[g] = q.keyOf(g, c, zone)
		}
		name := ""
		if len(groupBy) > 0 {
			name = fmt.Sprint(key)
		}
		if onlyOf(groupBy, "channel", "topic") && c.waits(now) {
			waiting[name] = append(waiting[name], c)
			groups[name], keys[name] = groups[name], key
		}
		if c.at.Before(from) || !c.at.Before(to) {
			continue
		}
		groups[name] = append(groups[name], c)
		keys[name] = key
	}
	var out []Group
	for name, calls := range groups {
		figures := q.figures(calls, all, groupBy, method, level)
		if onlyOf(groupBy, "channel", "topic") {
			queued(figures, waiting[name], now)
		}
		out = append(out, Group{Key: keys[name], Figures: figures})
	}
	sort.Slice(out, func(i, j int) bool { return compareKeys(groupBy, out[i].Key, out[j].Key) < 0 })
	return out
}

func (q *Queue) keyOf(grouping string, c *inbound, zone *time.Location) any {
	switch grouping {
	case "agent":
		return orNull(c.agent)
	case "team":
		return orNull(q.Teams[c.agent])
	case "channel":
		return orNull(c.channel)
	case "topic":
		return orNull(c.topic)
	}
	return (&campaign{zone: zone}).keyValue(grouping, fact{at: c.at}, c.at.In(zone))
}

// waits reports whether a call of the last day is still in the queue.
func (c *inbound) waits(now time.Time) bool {
	return !c.blocked && c.answered.IsZero() && c.abandoned.IsZero() && c.ended.IsZero() && !c.at.After(now) && c.at.After(now.Add(-24*time.Hour))
}

// queued puts how many calls wait, and how long the first of them does.
func queued(out map[string]Figure, waiting []*inbound, now time.Time) {
	longest, some := new(big.Rat), int64(0)
	for _, c := range waiting {
		if wait := between(c.at, now); some == 0 || wait.Cmp(longest) > 0 {
			longest, some = wait, 1
		}
	}
	out["calls_waiting"] = Figure{Numerator: big.NewRat(int64(len(waiting)), 1)}
	out["longest_wait"] = Figure{Numerator: longest, Denominator: big.NewRat(some, 1)}
}

// figures works out every KPI that the groupings serve, one after the other.
func (q *Queue) figures(calls, all []*inbound, groupBy []string, method string, level int) map[string]Figure {
	count := func(is func(*inbound) bool) *big.Rat {
		n := int64(0)
		for _, c := range calls {
			if is(c) {
				n++
			}
		}
		return big.NewRat(n, 1)
	}
	gather := func(is func(*inbound) bool, what func(*inbound) *big.Rat) (out []*big.Rat) {
		for _, c := range calls {
			if is(c) {
				out = append(out, what(c))
			}
		}
		return out
	}
	short := decimal(q.ShortAbandonS)
	if short == nil {
		short = new(big.Rat)
	}
	offered := func(c *inbound) bool { return !c.blocked }
	answered := func(c *inbound) bool { return c.wasAnswered }
	gaveUp := func(c *inbound) bool { return c.gaveUp }
	brief := func(c *inbound) bool { return c.gaveUp && c.wait().Cmp(short) < 0 }
	handled := func(c *inbound) bool { return c.wasAnswered && !c.ended.IsZero() }
	handle := func(c *inbound) *big.Rat { return new(big.Rat).Add(between(c.answered, c.ended), c.wrap) }
	within := func(c *inbound) bool { return c.wait().Cmp(big.NewRat(int64(level), 1)) <= 0 }
	resolved := func(c *inbound) bool { return c.resolved && !c.blocked && c.customer != "" }
	and := func(a, b func(*inbound) bool) func(*inbound) bool {
		return func(c *inbound) bool { return a(c) && b(c) }
	}
	not := func(a func(*inbound) bool) func(*inbound) bool { return func(c *inbound) bool { return !a(c) } }

	out := map[string]Figure{}
	put := func(id string, numerator, denominator *big.Rat) {
		out[id] = Figure{Numerator: numerator, Denominator: denominator}
	}
	put("offered", count(offered), nil)
	put("answered", count(answered), nil)
	put("abandoned", count(gaveUp), nil)
	put("blocked", count(func(c *inbound) bool { return c.blocked }), nil)
	put("asa", total(gather(answered, (*inbound).wait)), count(answered))
	put("abandon_wait", total(gather(gaveUp, (*inbound).wait)), count(gaveUp))
	put("inbound_abandonment_rate", count(and(gaveUp, not(brief))), count(and(offered, not(brief))))
	put("aht", total(gather(handled, handle)), count(handled))
	unhandled := count(func(c *inbound) bool { return c.wasAnswered && (c.ended.IsZero() || !c.wrapTold) })
	lack(out, unhandled, "aht")
	put("blockage", count(func(c *inbound) bool { return c.blocked }), count(func(*inbound) bool { return true }))
	put("transfer_rate", count(and(answered, func(c *inbound) bool { return c.transfers > 0 })), count(answered))
	put("escalation_rate", count(and(answered, func(c *inbound) bool { return c.escalated })), count(answered))
	put("first_contact_resolution", count(and(resolved, func(c *inbound) bool { return !c.calledAgain(all) })), count(resolved))
	lack(out, count(func(c *inbound) bool { return c.resolved && !c.blocked && c.customer == "" }), "first_contact_resolution")
	if onlyOf(groupBy, "day", "week", "month", "agent", "team") {
		put("answered_per_agent", count(and(answered, func(c *inbound) bool { return c.agent != "" })), answerers(calls))
		lack(out, count(and(answered, func(c *inbound) bool { return c.agent == "" })), "answered_per_agent")
	}
	if !onlyOf(groupBy, "day", "hour", "week", "month", "half_hour", "hour_of_week", "channel", "topic") {
		return out
	}
	good, base := levelParts(method, count(offered), count(answered), count(and(answered, within)), count(and(gaveUp, within)))
	put("service_level", good, base)
	percentiles(out, "answer_wait", gather(answered, (*inbound).wait), 50, 80, 90, 95, 99)
	percentiles(out, "abandon_wait", gather(gaveUp, (*inbound).wait), 50, 90)
	percentiles(out, "handle_time", gather(handled, handle), 50, 90, 95, 99)
	lack(out, unhandled, "handle_time_p50", "handle_time_p90", "handle_time_p95", "handle_time_p99")
	return out
}

// answerers is how many agents answered.
func answerers(calls []*inbound) *big.Rat {
	agents := map[string]bool{}
	for _, c := range calls {
		if c.wasAnswered && c.agent != "" {
			agents[c.agent] = true
		}
	}
	return big.NewRat(int64(len(agents)), 1)
}

// lack says of figures how many calls lack data that they need.
func lack(out map[string]Figure, calls *big.Rat, ids ...string) {
	for _, id := range ids {
		f := out[id]
		f.NoData = calls
		out[id] = f
	}
}

// levelParts are good calls and those they are out of.
func levelParts(method string, offered, answered, answeredWithin, gaveUpWithin *big.Rat) (good, base *big.Rat) {
	switch method {
	case "abandons_bad":
		return answeredWithin, offered
	case "abandons_ignored":
		return answeredWithin, answered
	case "abandons_good":
		return answeredWithin.Add(answeredWithin, gaveUpWithin), offered
	}
	return answeredWithin, offered.Sub(offered, gaveUpWithin)
}

func percentiles(out map[string]Figure, id string, of []*big.Rat, percents ...int) {
	for _, p := range percents {
		out[fmt.Sprintf("%s_p%d", id, p)] = Figure{Value: percentile(of, p), Denominator: big.NewRat(int64(len(of)), 1)}
	}
}

func total(all []*big.Rat) *big.Rat {
	sum := new(big.Rat)
	for _, one := range all {
		sum.Add(sum, one)
	}
	return sum
}

func onlyOf(groupBy []string, served ...string) bool {
	return !slices.ContainsFunc(groupBy, func(g string) bool { return !slices.Contains(served, g) })
}
