package callcentre

// call is one attempt with everything that is known in the end. Instants are
// Unix milliseconds, 0 when there is none.
type call struct {
	number      uint64
	lead        *lead
	agent       *agent // nil when none joined
	result      string
	answeredBy  string
	endedBy     string
	startMs     int64
	answerMs    int64
	greetingMs  int64
	connectMs   int64
	endMs       int64
	holdMs      int64
	wrapMs      int64 // -1 when none was measured
	verdict     verdict
	code        string
	amount      int64 // minor units
	decidedMs   int64
	callbackMs  int64
	cancelledMs int64
}

// call dials a lead with the seat of agent who kept free for it.
func (l *line) call(d dial, who int) {
	ld := &l.leads[d.lead]
	ld.dials++
	l.attemptNo++
	c := call{number: l.attemptNo, lead: ld, startMs: d.atMs, wrapMs: -1}
	a := &l.crew[who]
	if l.script.agentFirst() {
		c.agent = a
	}
	switch l.fate(ld, d) {
	case fateHuman:
		l.greet(&c, a)
	case fateMachine:
		l.meetMachine(&c, a)
	case fateBusy:
		l.fail(&c, "busy", busy, 2*secondMs, 6*secondMs)
	case fateDead:
		l.fail(&c, "failed", unworkable, secondMs, 4*secondMs)
	case fateFault:
		l.fail(&c, "failed", technical, secondMs/2, 3*secondMs)
	case fateCancelled:
		l.fail(&c, "cancelled", silent, 3*secondMs, 14*secondMs)
	default:
		l.fail(&c, "no_answer", noAnswer, 16*secondMs, 32*secondMs)
	}
	if c.code == "" {
		c.code = l.codes.pick(c.verdict, l.dice)
	}
	if c.agent != nil {
		a.freeMs = c.endMs + max(c.wrapMs, 0) + l.dice.between(secondMs, 6*secondMs)
	}
	follow := l.follow(&c, ld) // first: it sets the promise that the report tells
	l.report(&c)
	l.plan(d, who, follow)
}

type fate uint8

const (
	fateSilence fate = iota
	fateHuman
	fateMachine
	fateBusy
	fateDead
	fateFault
	fateCancelled
)

// fate decides what the network meets. People answer less the more often they
// are rung, and more when they wait for a call.
func (l *line) fate(ld *lead, d dial) fate {
	s := l.script
	human := s.human * s.answering[l.hour(d.atMs)] * l.today.answering * float64(ld.reach)
	for range ld.dials - 1 {
		human *= 0.92
	}
	switch {
	case d.kind == promised:
		human = 0.45 + 0.4*human
	case ld.mood >= warm:
		human = 0.3 + 0.5*human
	}
	dead := 0.0
	if ld.dials == 1 {
		dead = s.failed
	}
	u := l.dice.Float64()
	for _, share := range [...]struct {
		p float64
		f fate
	}{{human, fateHuman}, {s.machine, fateMachine}, {s.busy, fateBusy}, {dead, fateDead}, {s.failed / 3, fateFault}, {s.cancelled, fateCancelled}} {
		if u -= share.p; u < 0 {
			return share.f
		}
	}
	return fateSilence
}

func (l *line) fail(c *call, result string, v verdict, loMs, hiMs int64) {
	c.result, c.verdict = result, v
	c.endMs = c.startMs + l.dice.between(loMs, hiMs)
	c.endedBy = "system"
	if result == "cancelled" && c.agent != nil {
		c.endedBy = "agent"
	}
}

func (l *line) meetMachine(c *call, a *agent) {
	c.result, c.answeredBy, c.verdict = "answered", "machine", machineHeard
	c.answerMs = c.startMs + l.dice.between(9*secondMs, 24*secondMs)
	c.endedBy = "agent"
	if l.script.detects() && l.dice.chance(0.86) {
		c.verdict, c.endedBy = machineDetected, "system"
		c.endMs = c.answerMs + l.dice.between(2*secondMs, 5*secondMs)
		if l.dice.chance(l.script.unknownKind) {
			c.answeredBy, c.verdict = "unknown", silent // gave up without a word to anybody
		}
		return
	}
	// The detector missed it, or there is none: an agent hears the message and
	// says so, whatever the detector claimed.
	if l.script.detects() && l.dice.chance(0.7) {
		c.answeredBy = "human"
	}
	c.agent = a
	c.connectMs = c.answerMs + l.dice.between(secondMs/5, 2*secondMs)
	c.endMs = c.connectMs + l.dice.skewed(3*secondMs, 20*secondMs)
	c.wrapMs = l.dice.between(2*secondMs, 8*secondMs)
}

// greet is a person on the line, with or without an agent in time.
func (l *line) greet(c *call, a *agent) {
	s := l.script
	c.result, c.answeredBy = "answered", "human"
	c.answerMs = c.startMs + l.dice.skewed(4*secondMs, 22*secondMs)
	clockMs := c.answerMs
	if s.detects() {
		clockMs += l.dice.skewed(700, 2600)
		if l.dice.chance(0.97) {
			c.greetingMs = clockMs
		} else {
			clockMs = c.answerMs
		}
		if l.dice.chance(s.unknownKind) {
			c.answeredBy = [...]string{"unknown", ""}[l.dice.IntN(2)]
		}
	}
	if s.agentFirst() {
		c.connectMs = c.answerMs
		l.talk(c, a)
		return
	}
	l.liveCount++
	switch {
	case l.dice.chance(0.007):
		l.leaveEarly(c, clockMs)
	case l.dice.chance(l.pace()):
		l.dropped++
		if l.dice.chance(0.15) {
			c.connectMs = clockMs + l.dice.skewed(2050, 7000)
			l.talk(c, a)
			return
		}
		l.drop(c, clockMs)
	default:
		c.connectMs = max(c.answerMs, l.joinMs(clockMs))
		l.talk(c, a)
	}
}

// pace is the chance that the dialer has one answer too many: it dials harder
// while the campaign is under its target and slower when over.
func (l *line) pace() float64 {
	target := l.script.dropTarget
	if l.dropped > target*l.liveCount {
		return target * 0.4
	}
	return target * 1.6
}

// joinMs is when a waiting agent is heard: mostly well within two seconds of
// the greeting, now and then already during it.
func (l *line) joinMs(clockMs int64) int64 {
	switch u := l.dice.Float64(); {
	case u < 0.10:
		return clockMs - l.dice.between(0, 600)
	case u < 0.88:
		return clockMs + l.dice.skewed(80, 1200)
	default:
		return clockMs + l.dice.between(1000, 2001)
	}
}

func (l *line) leaveEarly(c *call, clockMs int64) {
	c.endMs = clockMs + l.dice.between(200, 2001)
	c.endedBy, c.verdict = "customer", hungUpEarly
	if l.dice.chance(0.2) {
		c.verdict = silent
	}
}

// drop plays the message; some listen to the end, some leave, a few press the
// key that takes them off the list.
func (l *line) drop(c *call, clockMs int64) {
	c.verdict, c.endedBy = dropped, "system"
	c.endMs = clockMs + 2*secondMs + l.dice.between(3*secondMs, 9*secondMs)
	switch u := l.dice.Float64(); {
	case u < 0.40:
		c.endedBy = "customer"
		c.endMs = clockMs + 2*secondMs + l.dice.between(100, 4*secondMs)
	case u < 0.44 && l.codes.has(optOut):
		c.verdict = optOut
	}
}
