package twin

import "time"

// fact is what a clock places in a window: a lead, and the attempt whose
// instant the clock reads (nil for the lead clock).
type fact struct {
	at      time.Time
	lead    *lead
	attempt *attempt
}

// clock lists the facts of one lead, each at its instant. Its kind decides the
// groupings it serves.
type clock struct {
	kind  string
	facts func(l *lead, asOf time.Time) []fact
}

var (
	// cohort: each lead once, when it was generated.
	cohort = &clock{"lead", func(l *lead, _ time.Time) []fact {
		if l.generated.IsZero() {
			return nil
		}
		return []fact{{l.generated, l, nil}}
	}}

	// dialing: each dial, when it started.
	dialing = &clock{"dial", func(l *lead, _ time.Time) []fact {
		return each(l, func(*attempt) bool { return true }, startedAt)
	}}

	// firstDialing: each dialed lead once, when its first dial started.
	firstDialing = &clock{"first dial", func(l *lead, _ time.Time) []fact {
		return once(l, l.first(func(*attempt) bool { return true }), startedAt)
	}}

	// firstTalking: each lead talked to once, when its first conversation started.
	firstTalking = &clock{"first contact", func(l *lead, _ time.Time) []fact {
		return once(l, l.firstContact(), startedAt)
	}}

	// selling: each lead ever sold to once, at the sale instant of its first
	// attempt with sale or sale_cancelled.
	selling = &clock{"sale", func(l *lead, _ time.Time) []fact {
		return once(l, l.first((*attempt).everSold), (*attempt).settledAt)
	}}

	// winning: each won lead once, at the sale instant of its winning attempt.
	winning = &clock{"sale", func(l *lead, _ time.Time) []fact {
		return once(l, l.winner(), (*attempt).settledAt)
	}}

	// earning: every attempt with a sale, each at its own sale instant.
	earning = &clock{"sale", func(l *lead, _ time.Time) []fact {
		return each(l, (*attempt).sale, (*attempt).settledAt)
	}}

	// promising: every callback that is due as of asOf, at its callback_at.
	promising = &clock{"promise", func(l *lead, asOf time.Time) []fact {
		due := func(a *attempt) bool { return callbackDue(l, a, asOf) }
		return each(l, due, func(a *attempt) time.Time { return a.callback })
	}}
)

func startedAt(a *attempt) time.Time { return a.started }

func each(l *lead, is func(*attempt) bool, at func(*attempt) time.Time) []fact {
	var facts []fact
	for _, a := range l.dials {
		if is(a) {
			facts = append(facts, fact{at(a), l, a})
		}
	}
	return facts
}

func once(l *lead, a *attempt, at func(*attempt) time.Time) []fact {
	if a == nil {
		return nil
	}
	return []fact{{at(a), l, a}}
}

// callbackGrace is how far from the promised time a dial may be, either side,
// and how long after it a promise is judged.
const callbackGrace = 15 * time.Minute

// callbackDue: a callback with a time that is 15 minutes past, unless the lead
// got another decision before that time. Decided here: "another" is a decision
// of a later dial (a new callback too; what was decided before the promise
// does not undo it), it is dated as a sale is (decided_at, else ended_at, else
// started_at), and "before" is strict, whether or not that same dial would
// have kept the promise.
func callbackDue(l *lead, a *attempt, asOf time.Time) bool {
	if a.category != "callback" || a.callback.IsZero() || a.callback.Add(callbackGrace).After(asOf) {
		return false
	}
	for _, later := range l.dials[a.number:] {
		if later.decision() && later.settledAt().Before(a.callback) {
			return false
		}
	}
	return true
}

// callbackKept: a later dial of the lead within 15 minutes either side.
func callbackKept(f fact) bool {
	for _, later := range f.lead.dials[f.attempt.number:] {
		if later.started.Sub(f.attempt.callback).Abs() <= callbackGrace {
			return true
		}
	}
	return false
}
