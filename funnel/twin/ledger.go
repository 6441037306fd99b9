package twin

import (
	"math/big"
	"slices"
	"sort"
	"strings"
	"time"
)

// card is one dated price: of calls, or of an hour of an agent's time.
type card struct {
	from, to              time.Time // to is zero for no end
	connect, minute, hour *big.Rat
	first, then           int64
	agent                 string
}

// rates are the cards last put.
type rates struct{ telephony, labour []card }

func (r *rates) some() bool { return len(r.telephony)+len(r.labour) > 0 }

// readRates reads the body of a PUT of rates.
func (c *campaign) readRates(item map[string]any) {
	c.rates = rates{}
	read := func(member string) (cards []card) {
		list, _ := item[member].([]any)
		for _, one := range list {
			f := one.(map[string]any)
			k := card{from: c.moment(text(f["from"])), connect: new(big.Rat), minute: decimal(f["per_minute"]), hour: decimal(f["per_hour"]), agent: text(f["agent"])}
			if f["to"] != nil {
				k.to = c.moment(text(f["to"]))
			}
			if f["connect_fee"] != nil {
				k.connect = decimal(f["connect_fee"])
			}
			if f["first_s"] != nil {
				k.first, k.then = decimal(f["first_s"]).Num().Int64(), decimal(f["then_s"]).Num().Int64()
			}
			cards = append(cards, k)
		}
		return cards
	}
	c.rates.telephony, c.rates.labour = read("telephony"), read("labour")
}

// cardAt is the card of an agent in force at an instant: the one that began last, unless it
// ended.
func cardAt(cards []card, agent string, t time.Time) *card {
	var found *card
	for i := range cards {
		k := &cards[i]
		if k.agent == agent && !k.from.After(t) && (found == nil || k.from.After(found.from)) {
			found = k
		}
	}
	if found != nil && !found.to.IsZero() && !t.Before(found.to) {
		return nil
	}
	return found
}

// rated says whether any card of a category is in force at an instant.
func (c *campaign) rated(category string, t time.Time) bool {
	cards := map[string][]card{"telephony": c.rates.telephony, "labour": c.rates.labour}[category]
	return slices.ContainsFunc(cards, func(k card) bool { return cardAt(cards, k.agent, t) != nil })
}

var million = big.NewRat(1_000_000, 1)

// price says what a dial costs, in millionths of the currency's unit.
func (c *campaign) price(a *attempt) {
	a.telephony, a.labour = new(big.Int), new(big.Int)
	if k := cardAt(c.rates.telephony, "", a.started); k != nil && a.answered {
		if a.unrated = a.ended.IsZero(); !a.unrated {
			ms := max(0, a.ended.Sub(a.answeredAt).Milliseconds())
			billed := k.first
			for billed*1000 < ms {
				billed += k.then
			}
			cost := new(big.Rat).Mul(k.minute, big.NewRat(billed, 60))
			a.telephony = roundHalfEven(cost.Mul(cost.Add(cost, k.connect), million))
		}
	}
	k := cardAt(c.rates.labour, a.agent, a.started)
	if k == nil {
		k = cardAt(c.rates.labour, "", a.started)
	}
	if f := (fact{attempt: a}); k != nil && len(endedTalk(f)) > 0 {
		cost := new(big.Rat).Mul(k.hour, handling(f))
		a.labour = roundHalfEven(cost.Mul(cost.Quo(cost, big.NewRat(3600, 1)), million))
	}
}

// money is what a group cost, in currency units; some says that anything did.
type money struct {
	operating, leads, telephony, labour *big.Rat
	some                                bool
}

func newMoney() *money {
	return &money{new(big.Rat), new(big.Rat), new(big.Rat), new(big.Rat), false}
}

func (m *money) total() *big.Rat { return new(big.Rat).Add(m.operating, m.leads) }

// charge adds all that a campaign cost in a window to the groups.
func (g *gathering) charge(c *campaign, from, to time.Time, keyOf func(fact) map[string]any) {
	g.chargeEntries(c, from, to, keyOf)
	if c.basis("lead_purchase") == "rated" || c.basis("lead_purchase") == "" && !c.purchased() {
		g.chargePrices(c, from, to, keyOf)
	}
	g.chargeCalls(c, from, to, keyOf)
}

func (c *campaign) basis(category string) string { return c.config.CostBasis[category] }

func (c *campaign) purchased() bool {
	return slices.ContainsFunc(c.ownCosts(), func(e cost) bool { return e.category == "lead_purchase" })
}

// nobody is the fact of what nobody did: it has an instant only.
func nobody(t time.Time) fact { return fact{at: t, lead: &lead{}, attempt: &attempt{}} }

// timed says whether any grouping is by time.
func timed(groupBy []string) bool {
	return slices.ContainsFunc(groupBy, func(g string) bool { return isTime(g) })
}

func isTime(grouping string) bool {
	return slices.Contains([]string{"day", "hour", "week", "month", "hour_of_week"}, grouping)
}

// chargeEntries cuts the window at every hour and wherever a rate begins or ends.
func (g *gathering) chargeEntries(c *campaign, from, to time.Time, keyOf func(fact) map[string]any) {
	minor := minorPerUnit(c.config.Currency)
	for start := from; start.Before(to); {
		end := to
		if timed(g.groupBy) {
			end = earlier(nextClockHour(start.In(c.zone)), to)
		}
		for _, k := range slices.Concat(c.rates.telephony, c.rates.labour) {
			for _, edge := range []time.Time{k.from, k.to} {
				if edge.After(start) && edge.Before(end) {
					end = edge
				}
			}
		}
		for _, e := range c.costsIn(start, end) {
			if basis := c.basis(e.category); basis != "entered" && (c.rated(e.category, start) || e.category == "lead_purchase" && basis == "rated") {
				continue
			}
			cost := new(big.Rat).SetInt(new(big.Int).Sub(e.until(end, minor), e.until(start, minor)))
			m := g.group(keyOf(nobody(start))).money
			m.some = true
			into := m.operating
			if e.category == "lead_purchase" {
				into = m.leads
			}
			into.Add(into, cost.Quo(cost, minor))
		}
		start = end
	}
}

// costsIn are the entries, the campaign's own and shared, that run through a time.
func (c *campaign) costsIn(start, end time.Time) (in []cost) {
	for _, e := range c.currentCosts() {
		if e.from.Before(end) && e.to.After(start) {
			in = append(in, e)
		}
	}
	return in
}

func (g *gathering) chargePrices(c *campaign, from, to time.Time, keyOf func(fact) map[string]any) {
	known := !slices.ContainsFunc(g.groupBy, func(grouping string) bool { return !servesOne(kpi{clock: cohort}, grouping) })
	for _, f := range c.facts(cohort, from, to, to) {
		price := f.lead.price
		if price == nil || price.Sign() == 0 {
			continue
		}
		if !known {
			f = nobody(f.at)
		}
		m := g.group(keyOf(f)).money
		m.some = true
		m.leads.Add(m.leads, price)
	}
}

// chargeCalls rounds by months: what the calls of a month cost until an instant, half to
// even, goes to the attributes by what theirs cost until then, and a piece of the
// window has the difference of its ends.
func (g *gathering) chargeCalls(c *campaign, from, to time.Time, keyOf func(fact) map[string]any) {
	for _, category := range []struct {
		name string
		of   func(*attempt) *big.Int
	}{{"telephony", func(a *attempt) *big.Int { return a.telephony }}, {"labour", func(a *attempt) *big.Int { return a.labour }}} {
		var calls []fact
		for _, l := range c.read() {
			for _, f := range dialing.facts(l, to) {
				if category.of(f.attempt).Sign() != 0 && !(category.name == "labour" && c.world.paidByTime(f.attempt.agent, f.at)) {
					calls = append(calls, f)
				}
			}
		}
		for start := from; start.Before(to); {
			end := earlier(nextPiece(g.groupBy, start.In(c.zone)), to)
			month := startOfMonth(start.In(c.zone))
			active := splitAttributes(g, c, calls, start, end)
			var wagesBefore, wagesAfter map[string]*big.Int
			works := slices.ContainsFunc(c.world.work(), func(sp spell) bool { return sp.overlap(start, end) > 0 })
			if category.name == "labour" && (works || len(active) > 0) {
				wagesBefore, wagesAfter = c.wages(month, start), c.wages(month, end)
				g.activeWages(c, active, wagesBefore, wagesAfter)
			}
			if len(active) > 0 {
				before, after := g.until(c, calls, month, start, category.of, wagesBefore), g.until(c, calls, month, end, category.of, wagesAfter)
				for name, s := range after {
					fallen := new(big.Int).Set(s.minor)
					if b := before[name]; b != nil {
						fallen.Sub(fallen, b.minor)
					}
					if !active[name] && fallen.Sign() == 0 {
						continue
					}
					f := s.call
					f.at = start
					m := g.group(keyOf(f)).money
					m.some = true
					amount := new(big.Rat).SetInt(fallen)
					amount.Quo(amount, minorPerUnit(c.config.Currency))
					into := map[string]*big.Rat{"telephony": m.telephony, "labour": m.labour}[category.name]
					into.Add(into, amount)
					if c.basis(category.name) != "entered" {
						m.operating.Add(m.operating, amount)
					}
				}
			}
			start = end
		}
	}
}

// ofAgent is the fact of time that an agent was logged in.
func ofAgent(agent string, at time.Time) fact {
	f := nobody(at)
	f.attempt.agent = agent
	return f
}

// activeWages names also the attributes to which agents' wages fall.
func (g *gathering) activeWages(c *campaign, active map[string]bool, before, after map[string]*big.Int) {
	fallen := map[string]*big.Int{}
	for agent, micro := range after {
		name := nameOf(c.attributes(g.groupBy, ofAgent(agent, time.Time{})))
		if fallen[name] == nil {
			fallen[name] = new(big.Int)
		}
		fallen[name].Add(fallen[name], micro)
		if b := before[agent]; b != nil {
			fallen[name].Sub(fallen[name], b)
		}
	}
	for name, micro := range fallen {
		active[name] = active[name] || micro.Sign() != 0
	}
	for name, is := range active {
		if !is {
			delete(active, name)
		}
	}
}

// splitAttributes names the attributes of the calls within [from, to).
func splitAttributes(g *gathering, c *campaign, calls []fact, from, to time.Time) map[string]bool {
	active := map[string]bool{}
	for _, f := range calls {
		if !f.at.Before(from) && f.at.Before(to) {
			active[nameOf(c.attributes(g.groupBy, f))] = true
		}
	}
	return active
}

// attributes is the key of a call without its time.
func (c *campaign) attributes(groupBy []string, f fact) map[string]any {
	var by []string
	for _, grouping := range groupBy {
		if !isTime(grouping) {
			by = append(by, grouping)
		}
	}
	return c.keyOf(by, f)
}

// share is what an attribute's calls cost, and what it bears of the rounded whole.
type share struct {
	key         map[string]any
	call        fact // one of them
	micro       *big.Int
	minor, rest *big.Int
}

// until splits what the calls in [from, to) cost, in minor units.
func (g *gathering) until(c *campaign, calls []fact, from, to time.Time, of func(*attempt) *big.Int, wages map[string]*big.Int) map[string]*share {
	shares, total := map[string]*share{}, new(big.Int)
	bear := func(f fact, micro *big.Int) {
		key := c.attributes(g.groupBy, f)
		s := shares[nameOf(key)]
		if s == nil {
			s = &share{key: key, call: f, micro: new(big.Int), minor: new(big.Int)}
			shares[nameOf(key)] = s
		}
		s.micro.Add(s.micro, micro)
		total.Add(total, micro)
	}
	for agent, micro := range wages {
		bear(ofAgent(agent, from), micro)
	}
	for _, f := range calls {
		if f.at.Before(from) || !f.at.Before(to) {
			continue
		}
		bear(f, of(f.attempt))
	}
	if total.Sign() == 0 {
		return shares
	}
	whole := new(big.Rat).SetFrac(total, big.NewInt(1_000_000))
	left := roundHalfEven(whole.Mul(whole, minorPerUnit(c.config.Currency)))
	var weights []*big.Int
	var all []*share
	for _, s := range shares {
		all = append(all, s)
	}
	sort.Slice(all, func(i, j int) bool { return compareKeys(keysOf(g.groupBy), all[i].key, all[j].key) < 0 })
	for _, s := range all {
		weights = append(weights, s.micro)
	}
	for i, part := range split(left, weights) {
		all[i].minor = part
	}
	return shares
}

func keysOf(groupBy []string) (attributes []string) {
	for _, grouping := range groupBy {
		if !isTime(grouping) {
			attributes = append(attributes, grouping)
		}
	}
	return attributes
}

// split gives each its part rounded down, then one more to the largest remainders, of
// equal ones the first. A negative amount is split as its opposite.
func split(amount *big.Int, weights []*big.Int) []*big.Int {
	parts, total := make([]*big.Int, len(weights)), new(big.Int)
	for _, w := range weights {
		total.Add(total, w)
	}
	left, rests, order := new(big.Int).Abs(amount), make([]*big.Int, len(weights)), make([]int, len(weights))
	for i, w := range weights {
		order[i], parts[i], rests[i] = i, new(big.Int), new(big.Int)
		if total.Sign() > 0 {
			parts[i].QuoRem(new(big.Int).Mul(new(big.Int).Abs(amount), w), total, rests[i])
			left.Sub(left, parts[i])
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return rests[b].Cmp(rests[a]) })
	for n, i := range order {
		if total.Sign() > 0 && int64(n) < left.Int64() {
			parts[i].Add(parts[i], big.NewInt(1))
		}
		if amount.Sign() < 0 {
			parts[i].Neg(parts[i])
		}
	}
	return parts
}

// nextPiece is where the finest piece that the groupings need ends: an hour, a day, or a
// month.
func nextPiece(groupBy []string, t time.Time) time.Time {
	day := func(y int, m time.Month, d int) time.Time {
		return dayStart(time.Date(y, m, d, 0, 0, 0, 0, time.UTC), t.Location())
	}
	y, m, d := t.Date()
	switch {
	case slices.Contains(groupBy, "hour") || slices.Contains(groupBy, "hour_of_week"):
		return nextClockHour(t)
	case slices.Contains(groupBy, "day") || slices.Contains(groupBy, "week"):
		return day(y, m, d+1)
	}
	return day(y, m+1, 1)
}

func startOfMonth(t time.Time) time.Time {
	y, m, _ := t.Date()
	return dayStart(time.Date(y, m, 1, 0, 0, 0, 0, time.UTC), t.Location())
}

// shared are the entries of no campaign in which the campaign has a part.
func (c *campaign) sharedCosts() (mine []cost) {
	var refs []string
	for ref, other := range c.world.campaigns {
		if other.config.Currency == c.config.Currency {
			refs = append(refs, ref)
		}
	}
	slices.SortFunc(refs, strings.Compare)
	for _, said := range c.world.shared {
		f := said.merge()
		e := readCost(f)
		if !e.stands(f) || text(f["currency"]) != c.config.Currency {
			continue
		}
		for i, ref := range refs {
			weight := c.world.campaigns[ref].drives(text(f["driver"]), e)
			e.weights = append(e.weights, weight)
			if ref == c.config.Ref {
				e.mine = i
			}
		}
		if e.weights[e.mine].Sign() > 0 {
			mine = append(mine, e)
		}
	}
	return mine
}

// drives is by how much the campaign bears a shared cost; none while it rates the
// category by itself.
func (c *campaign) drives(driver string, e cost) *big.Int {
	basis := c.basis(e.category)
	if basis != "entered" {
		for _, k := range slices.Concat(c.rates.telephony, c.rates.labour) {
			// At some instant both are: at the entry's start, or at a card's.
			for _, t := range []time.Time{e.from, k.from} {
				if !t.Before(e.from) && t.Before(e.to) && c.rated(e.category, t) {
					return new(big.Int)
				}
			}
		}
		if e.category == "lead_purchase" && basis == "rated" {
			return new(big.Int)
		}
	}
	sum := new(big.Rat)
	for _, f := range c.facts(dialing, e.from, e.to, e.to) {
		switch ended := len(endedTalk(f)) > 0; {
		case driver == "" || driver == "dials":
			sum.Add(sum, big.NewRat(1, 1))
		case driver == "handle_time" && ended:
			sum.Add(sum, new(big.Rat).Mul(handling(f), big.NewRat(1000, 1)))
		case driver == "talk_time" && ended:
			sum.Add(sum, new(big.Rat).Mul(talking(f), big.NewRat(1000, 1)))
		}
	}
	if driver == "equal" {
		sum.SetInt64(1)
	}
	return sum.Num()
}
