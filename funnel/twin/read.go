package twin

import (
	"math/big"
	"sort"
	"time"
)

// lead is one person with everything that counts for them.
type lead struct {
	ref          string
	list, source string
	price        *big.Rat       // nil: none named
	zone         *time.Location // the lead's own; nil: none named
	generated    time.Time      // zero: in no window of the lead clock
	dials        []*attempt     // placed attempts in the lead's order (started_at, ref)
}

// attempt is one current attempt as it is read: merged, then completed by what
// its outcome proves. Zero times and "" are missing.
type attempt struct {
	ref, agent, disposition, category, stage, endedBy string
	placed                                            bool
	number                                            int // dial ordinal, from 1

	started, greetingEnded, ended, decided, callback time.Time

	answered                bool
	human, machine, unknown bool // who answered, when answered
	answeredAt              time.Time
	answerTold              bool // not taken from the start
	joined                  bool // an agent was on the line
	connectedAt             time.Time

	holdMs, wrapMs int64
	wrapTold       bool
	talkMs         int64 // as a dialer states it; −1: it does not
	toldConnected  bool
	amount         *big.Rat // nil: none named

	// By the campaign's cards, in millionths:
	telephony, labour *big.Int
	unrated           bool

	// Under the campaign's compliance profile:
	inTime, earlyHangup bool
	complianceAbandoned bool // a person without an agent in time
}

// decisions are the categories that settle a call.
var decisions = map[string]bool{
	"sale": true, "sale_cancelled": true, "interested": true,
	"callback": true, "refusal": true, "dnc": true,
}

func (a *attempt) decision() bool     { return decisions[a.category] }
func (a *attempt) live() bool         { return a.human }
func (a *attempt) conversation() bool { return a.human && a.joined }
func (a *attempt) sale() bool         { return a.category == "sale" }
func (a *attempt) everSold() bool     { return a.sale() || a.category == "sale_cancelled" }

// dropped: "dropped before any decision".
func (a *attempt) dropped() bool {
	return a.live() && (a.category == "abandoned" || a.category == "none" && a.endedBy == "customer")
}

// settledAt is the sale clock, and the instant of any other decision.
func (a *attempt) settledAt() time.Time { return firstOf(a.decided, a.ended, a.started) }

// read merges everything posted into leads with their attempts.
func (c *campaign) read() []*lead {
	if c.merged != nil {
		return c.merged
	}
	attempts := c.currentAttempts()
	refs := map[string]bool{}
	for ref := range c.posted {
		refs[ref] = true
	}
	for ref := range attempts {
		refs[ref] = true // an unposted lead exists while a current attempt names it
	}
	c.merged = []*lead{}
	for ref := range refs {
		if l := c.readLead(ref, attempts[ref]); l != nil {
			c.merged = append(c.merged, l)
		}
	}
	sort.Slice(c.merged, func(i, j int) bool { return c.merged[i].ref < c.merged[j].ref })
	return c.merged
}

// currentAttempts are the attempts that are known (some version named lead,
// started_at and result; an outcome alone waits) and not void, by lead.
func (c *campaign) currentAttempts() map[string][]*attempt {
	byLead := map[string][]*attempt{}
	for ref, said := range c.attempts {
		merged := said.merge()
		known := merged["lead"] != nil && merged["started_at"] != nil && merged["result"] != nil
		if known && !isTrue(merged["void"]) {
			of := leadRef(merged["lead"])
			byLead[of] = append(byLead[of], c.readAttempt(ref, merged))
		}
	}
	return byLead
}

// readLead returns nil for a lead that contributes nothing: a void one, which
// takes its attempts along, or an unposted one under strict_leads.
func (c *campaign) readLead(ref string, attempts []*attempt) *lead {
	if c.config.StrictLeads && !c.posted[ref] {
		return nil
	}
	merged := fields{}
	if said := c.leads[ref]; said != nil {
		merged = said.merge()
	}
	if isTrue(merged["void"]) {
		return nil
	}
	l := &lead{
		ref: ref, list: text(merged["list"]), source: text(merged["source"]),
		generated: instant(merged["generated_at"]), price: decimal(merged["price"]),
	}
	if name := text(merged["time_zone"]); name != "" {
		zone, err := time.LoadLocation(name)
		if err != nil {
			panic("twin: " + err.Error())
		}
		l.zone = zone
	}
	sort.Slice(attempts, func(i, j int) bool {
		a, b := attempts[i], attempts[j]
		if !a.started.Equal(b.started) {
			return a.started.Before(b.started)
		}
		return a.ref < b.ref
	})
	// Nobody dated the lead: its first attempt does, placed or not.
	if l.generated.IsZero() && len(attempts) > 0 {
		l.generated = attempts[0].started
	}
	for _, a := range attempts {
		if a.placed {
			c.price(a)
			l.dials = append(l.dials, a)
			a.number = len(l.dials)
		}
	}
	return l
}

// readAttempt reads merged fields as §3 says: "Outcomes prove facts the
// detector missed". An attempt that was not placed proves nothing.
func (c *campaign) readAttempt(ref string, f fields) *attempt {
	a := &attempt{
		ref: ref, agent: text(f["agent"]), disposition: text(f["disposition"]), endedBy: text(f["ended_by"]),
		placed: text(f["result"]) != "not_placed", started: instant(f["started_at"]),
		greetingEnded: instant(f["greeting_ended_at"]), ended: instant(f["ended_at"]),
		decided: instant(f["decided_at"]), callback: instant(f["callback_at"]),
		talkMs: -1, toldConnected: f["connected_at"] != nil,
		holdMs: millis(f["hold_s"]), wrapMs: millis(f["wrap_s"]), amount: decimal(f["amount"]),
	}
	a.wrapTold = f["wrap_s"] != nil
	if _, stated := f["wrap_s"]; !stated && f["wrap_began_at"] != nil && f["wrap_over_at"] != nil {
		a.wrapTold = true
		a.wrapMs = max(0, instant(f["wrap_over_at"]).Sub(instant(f["wrap_began_at"])).Milliseconds())
	}
	if f["talk_s"] != nil {
		a.talkMs = millis(f["talk_s"])
	}
	a.category, a.stage = c.meaning(a.disposition, text(f["dialer"]))
	if !a.placed {
		return a
	}
	provesPerson := a.decision() || a.category == "wrong_party" || a.category == "abandoned"
	provesAgent := a.decision() && a.category != "dnc" || a.category == "wrong_party"

	a.answered = text(f["result"]) == "answered" || provesPerson
	if !a.answered {
		return a
	}
	switch answeredBy := text(f["answered_by"]); {
	case provesPerson:
		a.human = true
	case a.category == "machine":
		a.machine = true
	default:
		a.human, a.machine = answeredBy == "human", answeredBy == "machine"
		a.unknown = !a.human && !a.machine
	}

	connected := instant(f["connected_at"])
	a.answeredAt = firstOf(instant(f["answered_at"]), connected, a.started)
	a.answerTold = f["answered_at"] != nil || f["connected_at"] != nil
	agentFromTheStart := c.config.DialMode == "manual" || c.config.DialMode == "preview"
	a.joined = !connected.IsZero() || provesAgent || agentFromTheStart
	if a.joined {
		a.connectedAt = firstOf(connected, a.answeredAt)
	}
	a.readCompliance(profiles[c.config.Compliance])
	return a
}

// meaning of a code in the campaign's mapping, else in that of the dialer whose
// code it is; an unknown one, and none at all, is category "none" without a stage.
func (c *campaign) meaning(code, dialer string) (category, stage string) {
	for _, d := range c.config.Dispositions {
		if code != "" && d.Code == code {
			if d.Category == "" {
				return "none", d.Stage
			}
			return d.Category, d.Stage
		}
	}
	if category := c.config.Statuses[dialer][code]; category != "" {
		return category, ""
	}
	return "none", ""
}

// firstOf is the first time that is not missing.
func firstOf(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// first is the lead's first dial, in the lead's order, of which is holds; nil
// when there is none.
func (l *lead) first(is func(*attempt) bool) *attempt {
	for _, a := range l.dials {
		if is(a) {
			return a
		}
	}
	return nil
}

func (l *lead) any(is func(*attempt) bool) bool { return l.first(is) != nil }

func (l *lead) dialed() bool           { return len(l.dials) > 0 }
func (l *lead) contacted() bool        { return l.any((*attempt).conversation) }
func (l *lead) won() bool              { return l.any((*attempt).sale) }
func (l *lead) winner() *attempt       { return l.first((*attempt).sale) }
func (l *lead) firstContact() *attempt { return l.first((*attempt).conversation) }

// abandoned: the last live answer was dropped and there is no decision at all.
func (l *lead) abandoned() bool {
	var last *attempt
	for _, a := range l.dials {
		if a.live() {
			last = a
		}
	}
	return last != nil && last.dropped() && !l.any((*attempt).decision)
}
