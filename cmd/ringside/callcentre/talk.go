package callcentre

// talk is a conversation: what came of it, how long it took, who hung up.
func (l *line) talk(c *call, a *agent) {
	c.agent = a
	c.verdict = l.persuade(c.lead, a)
	lo, hi, leaves := talkTime(c.verdict)
	talkMs := int64(float64(l.dice.skewed(lo, hi)) * a.pace)
	c.endedBy = "agent"
	if l.dice.chance(leaves) {
		c.endedBy = "customer"
	}
	if talkMs > 40*secondMs && l.dice.chance(0.12) {
		c.holdMs = l.dice.skewed(8*secondMs, 90*secondMs)
		talkMs += c.holdMs
	}
	c.endMs = c.connectMs + talkMs
	c.wrapMs = int64(float64(l.dice.skewed(3*secondMs, 45*secondMs)) * a.pace)
	if c.verdict == sale || c.verdict == signedUp {
		c.wrapMs += l.dice.between(20*secondMs, 90*secondMs)
	}
	c.code = l.codes.pick(c.verdict, l.dice)
	switch {
	case c.verdict == undecided && l.dice.chance(0.6):
		c.code = "" // the line went dead before a button was pressed
	case c.verdict == refusal && l.dice.chance(0.006):
		c.code = unmapped[l.dice.IntN(len(unmapped))]
	case c.verdict == sale || c.verdict == verifying:
		l.price(c)
	}
}

func (l *line) price(c *call) {
	s := l.script
	c.amount = s.amountMin + l.dice.skewed(0, (s.amountMax-s.amountMin)/s.amountStep+1)*s.amountStep
	if c.verdict == verifying {
		c.decidedMs = l.inOffice(1)
	} else if l.dice.chance(0.7) {
		c.decidedMs = c.endMs - l.dice.between(0, 15*secondMs)
	}
}

// persuade draws the verdict of a conversation. Chances fall with every dial,
// and rise once a lead asked to be called or took interest.
func (l *line) persuade(ld *lead, a *agent) verdict {
	wants := float64(ld.wants) * a.skill
	for range ld.dials - 1 {
		wants *= 0.93
	}
	odds := [...]struct {
		v verdict
		p float64
	}{
		{sale, wants}, {interested, 0.055 + 0.5*wants}, {callback, 0.15}, {undecided, 0.075},
		{doNotCall, 0.022}, {wrongParty, 0.03}, {signedUp, 0}, {refusal, 1},
	}
	switch ld.mood {
	case asked:
		odds[0].p, odds[5].p = 1.6*wants, 0.01
	case warm:
		odds[0].p, odds[1].p, odds[5].p = min(0.6, 0.14+2.2*wants), 0.05, 0
		if l.codes.has(signedUp) {
			odds[6].p = 0.16
		}
	case signing:
		odds[0].p, odds[1].p, odds[5].p = min(0.75, 0.35+2*wants), 0.02, 0
	}
	u := l.dice.Float64()
	for _, o := range odds {
		if u -= o.p; u < 0 {
			if o.v == sale && l.dice.chance(0.1) {
				return verifying
			}
			return o.v
		}
	}
	return refusal
}

// talkTime is the range of a conversation in milliseconds, before the agent's
// pace, and the chance that the customer is the one to hang up.
func talkTime(v verdict) (loMs, hiMs int64, customerEnds float64) {
	switch v {
	case sale, verifying:
		return 210 * secondMs, 780 * secondMs, 0.3
	case signedUp:
		return 160 * secondMs, 500 * secondMs, 0.35
	case interested:
		return 110 * secondMs, 420 * secondMs, 0.4
	case callback:
		return 30 * secondMs, 150 * secondMs, 0.5
	case undecided:
		return 5 * secondMs, 100 * secondMs, 0.93
	case doNotCall:
		return 8 * secondMs, 50 * secondMs, 0.7
	case wrongParty:
		return 10 * secondMs, 45 * secondMs, 0.4
	default:
		return 18 * secondMs, 200 * secondMs, 0.55
	}
}

// step is what the floor does next about a lead.
type step struct {
	done   bool
	inDays int
	atMs   int64 // exact instant, 0 for any time of the day
	day    int   // of atMs
	kind   dialKind
	stay   bool // with the same agent
}

// follow settles the lead's mood and its next step. It completes the call where
// the step is part of the story: the promise of a callback, the day a sale is
// taken back.
func (l *line) follow(c *call, ld *lead) step {
	switch c.verdict {
	case sale, verifying:
		return l.followSale(c)
	case callback:
		ld.mood = max(ld.mood, asked)
		return l.promise(c, ld)
	case interested, signedUp:
		ld.mood = max(ld.mood, warm)
		if c.verdict == signedUp {
			ld.mood = signing
		}
		return l.unlessTired(ld, step{inDays: int(l.dice.between(1, 4)), stay: true})
	case refusal, wrongParty, unworkable:
		return step{done: true}
	case doNotCall, optOut:
		// Another list brings the person back; the dialer holds the record.
		if l.dice.chance(0.3) {
			return step{kind: barred, inDays: int(l.dice.between(1, 8))}
		}
		return step{done: true}
	case busy, technical:
		if atMs := c.endMs + l.dice.between(25*minuteMs, 90*minuteMs); atMs < l.today.shutMs && l.dice.chance(0.8) {
			return l.unlessTired(ld, step{atMs: atMs, day: l.day})
		}
	case dropped, hungUpEarly:
		return l.unlessTired(ld, step{inDays: 3})
	}
	return l.unlessTired(ld, step{inDays: int(l.dice.between(1, 4))})
}

// unlessTired stops at the cap, and now and then before it.
func (l *line) unlessTired(ld *lead, s step) step {
	if ld.dials >= l.script.maxDials || ld.mood == cold && l.dice.chance(0.04) {
		return step{done: true}
	}
	return s
}

// promise sets callback_at and the dial that keeps it, mostly.
func (l *line) promise(c *call, ld *lead) step {
	ahead := int(l.dice.skewed(0, 5))
	day := l.day + ahead
	for l.script.week[(int(l.firstDay.Weekday())+day)%7].open == 0 {
		day++
	}
	h := l.script.week[(int(l.firstDay.Weekday())+day)%7]
	openMs, shutMs := l.at(day, h.open), l.at(day, h.shut)
	if day == l.day {
		openMs = c.endMs + 45*minuteMs
	}
	const quarterMs = 15 * minuteMs // people say "at half past", not "at 10:37:12"
	c.callbackMs = l.dice.between(openMs, shutMs-hourMs) / quarterMs * quarterMs
	if c.callbackMs <= c.endMs {
		c.callbackMs += 2 * quarterMs
	}
	if ld.dials >= l.script.maxDials+1 {
		return step{done: true}
	}
	if l.dice.chance(0.13) {
		return step{inDays: day - l.day + 1, kind: promised}
	}
	atMs := c.callbackMs + l.dice.between(-8*minuteMs, 13*minuteMs)
	return step{atMs: max(atMs, c.endMs+5*minuteMs), day: day, kind: promised, stay: l.dice.chance(0.7)}
}

// followSale decides whether the sale will be taken back, whether there will be
// a second one, and whether a lost customer is asked again.
func (l *line) followSale(c *call) step {
	if l.dice.chance(0.07) {
		days := int(l.dice.between(2, 13))
		c.cancelledMs = l.inOffice(days)
		if l.dice.chance(0.2) {
			return step{inDays: days + 2, kind: after}
		}
		return step{done: true}
	}
	if l.dice.chance(0.03) {
		return step{inDays: int(l.dice.between(3, 10)), kind: after}
	}
	return step{done: true}
}

// plan books the next step.
func (l *line) plan(d dial, who int, s step) {
	next := dial{timedKey: timedKey{atMs: s.atMs}, lead: d.lead, agent: nobody, kind: s.kind}
	if s.stay {
		next.agent = int32(who)
	}
	ld := &l.leads[d.lead]
	if s.kind == after {
		ld.mood = warm
		ld.dials = min(ld.dials, l.script.maxDials-2)
	}
	switch {
	case s.done:
		l.forget(d.lead)
	case s.atMs == 0:
		l.putOff(next, s.inDays)
	case s.day == l.day:
		l.enqueue(next)
	default:
		l.book(next, s.day)
	}
}
