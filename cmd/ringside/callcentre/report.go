package callcentre

import "bytes"

// telling is how much of a call one message says.
type telling uint8

const (
	running telling = iota // the call goes on
	over                   // it ended, nobody said with what outcome
	whole
)

// report tells a call the way dialers do: at once, in two messages, or live;
// then come the corrections.
func (l *line) report(c *call) {
	talked := c.agent != nil && c.connectMs != 0
	doneMs := c.endMs + max(c.wrapMs, 0) + l.dice.between(100, 600)
	u := l.dice.Float64()
	switch {
	case talked && u < l.script.live:
		l.send(attempts, c.connectMs+300, l.attempt(c, running, c.connectMs+200))
		if c.cancelledMs == 0 && c.verdict == undecided && l.dice.chance(0.05) {
			return // the final message is lost for good
		}
		l.send(attempts, doneMs, l.attempt(c, whole, doneMs))
	case u < l.script.inTwo*l.twice(c, talked) && c.verdict != silent:
		l.tellTwice(c, doneMs)
	default:
		updatedMs := doneMs
		if !talked && l.dice.chance(0.004) {
			updatedMs = 0 // a sender that does not date; it never says more of this call
		}
		l.send(attempts, doneMs, l.attempt(c, whole, updatedMs))
		if updatedMs == 0 {
			return
		}
	}
	l.amend(c, doneMs)
}

// twice scales the share of calls told in two messages: without an agent there
// is seldom a second hand to add anything.
func (l *line) twice(c *call, talked bool) float64 {
	switch {
	case talked:
		return 1
	case c.verdict == dropped:
		return 0.5
	default:
		return 0.1
	}
}

func (l *line) tellTwice(c *call, doneMs int64) {
	endMs := c.endMs + l.dice.between(20, 90)
	sentMs := endMs
	if l.dice.chance(0.02) { // the outcome overtakes its attempt
		sentMs = doneMs + l.dice.between(minuteMs, hourMs)
	}
	l.send(attempts, sentMs, l.attempt(c, over, endMs))
	l.send(outcomes, doneMs, l.outcome(c, doneMs))
}

// amend sends what comes to light after the call.
func (l *line) amend(c *call, doneMs int64) {
	switch c.verdict {
	case verifying:
		c.verdict, c.code = sale, l.codes.pick(sale, l.dice)
		l.sendLater(c.decidedMs+l.dice.between(secondMs, 5*minuteMs), c, changeDecision)
	case sale:
		if c.amount > 0 && l.dice.chance(0.02) {
			c.amount += l.script.amountStep
			l.sendLater(doneMs+l.dice.between(10*minuteMs, 20*hourMs), c, changeAmount)
		}
	case refusal:
		if l.dice.chance(0.015) { // a listener to recordings disagrees
			c.verdict = [...]verdict{wrongParty, refusal, undecided}[l.dice.IntN(3)]
			c.code = l.codes.pick(c.verdict, l.dice)
			l.sendLater(doneMs+l.dice.between(hourMs, 30*hourMs), c, changeCode)
		}
	case undecided, interested:
		if c.agent != nil && l.dice.chance(0.01) { // booked on the neighbour's screen
			c.agent = &l.crew[l.dice.IntN(len(l.crew))]
			l.sendLater(doneMs+l.dice.between(5*minuteMs, 8*hourMs), c, changeAgent)
		}
	case callback:
		if l.dice.chance(0.01) && c.callbackMs > doneMs+hourMs {
			c.verdict, c.code = refusal, l.codes.pick(refusal, l.dice)
			l.sendLater(l.dice.between(doneMs, c.callbackMs), c, changeNoCallback)
		}
	}
	if c.cancelledMs != 0 {
		c.verdict, c.code = saleCancelled, l.codes.pick(saleCancelled, l.dice)
		l.sendLater(c.cancelledMs+l.dice.between(minuteMs, 3*hourMs), c, changeCancelled)
	}
}

func (l *line) sendLater(atMs int64, c *call, what change) {
	l.send(outcomes, atMs, l.amendment(c, what, atMs))
}

// refuse is a record the dialer will not dial.
func (l *line) refuse(d dial) {
	l.attemptNo++
	c := call{
		number: l.attemptNo, lead: &l.leads[d.lead], startMs: d.atMs, wrapMs: -1,
		result: "not_placed", verdict: blocked, code: l.codes.pick(blocked, l.dice),
	}
	l.send(attempts, d.atMs, l.attempt(&c, whole, d.atMs))
	l.forget(d.lead)
}

// announce posts a lead; a stray's post is late, and some are corrected later.
func (l *line) announce(ld *lead, atMs int64) {
	sentMs := atMs
	if ld.stray {
		sentMs += l.dice.between(hourMs, 8*hourMs)
	}
	l.send(leads, sentMs, l.leadPost(ld, atMs, sentMs))
	if l.dice.chance(0.01) {
		laterMs := sentMs + l.dice.between(hourMs, 40*hourMs)
		ld.phoneN = uint8(len(l.script.phone(l.dice, ld.zone, ld.phoneNo[:0])))
		l.send(leads, laterMs, l.leadCorrection(ld, atMs, laterMs))
	}
}

// send puts a post on its way: a network takes its time, some posts straggle, an
// outage holds all back, and a sender unsure of the answer sends again.
func (l *line) send(k collection, atMs int64, body []byte) {
	d := l.dice
	atMs += d.between(60, 1200)
	if d.chance(0.015) {
		atMs += d.skewed(minuteMs, 40*minuteMs)
	}
	if l.today.outageMs <= atMs && atMs < l.today.backMs {
		atMs = l.today.backMs + d.between(0, 20*secondMs)
	}
	l.push(k, atMs, body)
	if d.chance(0.012) {
		againMs := atMs + d.between(2*secondMs, 2*minuteMs)
		if d.chance(0.1) {
			againMs += d.between(hourMs, 7*hourMs)
		}
		l.push(k, againMs, body)
	}
}

func (l *line) push(k collection, atMs int64, body []byte) {
	if atMs >= l.endMs {
		return
	}
	if atMs >= l.today.nextMs {
		body = bytes.Clone(body) // else it would hold on to a whole block for days
	}
	l.orders++
	l.outbox.push(post{timedKey{atMs, l.orders}, body, k})
}
