package funnel

import "ringside/campaign"

// Record is one fact of service: a unit of folding by itself.
type Record struct {
	Kind campaign.Kind
	campaign.Content
	// Agent, Channel, Topic and Queue are the store's numbers of these texts, 0 for none.
	Agent, Channel, Topic, Queue int64
	// Shift is that of an agent and the campaign a state was spent on.
	Shift int64
	// Own is the store's number of the name of a measure.
	Own int64
	// NextMs is the first instant after the fact's own at which another one of its
	// thread stands; campaign.None where there is none.
	NextMs int64
}

// RepeatMs is within how long after a resolved call another one of the same customer
// on the same topic says that it was not.
const RepeatMs = 7 * 86_400_000

// record folds a unit that is a fact of service.
func (f *Folder) record(u *Unit) {
	switch u.Record.Kind {
	case campaign.KindCall:
		f.call(u)
	case campaign.KindSurvey:
		f.survey(u)
	case campaign.KindReview:
		f.review(u)
	case campaign.KindCase:
		f.ticket(u)
	case campaign.KindCustomer:
		f.customer(u)
	case campaign.KindSearch:
		f.search(u)
	case campaign.KindState:
		f.state(u)
	case campaign.KindMeasure:
		f.measured(u)
	}
}

// call is what an inbound call adds when it was offered.
func (f *Folder) call(u *Unit) {
	c := u.Record
	if c.Int(campaign.CallVoid) == 1 || !c.Given(campaign.CallOfferedAt) {
		return
	}
	f.stand(u, OfferClock, u.AtMs())
	f.add(Attempted, 1)
	answered := c.Given(campaign.CallAnsweredAt)
	if c.Int(campaign.CallBlocked) == 1 && !answered {
		f.add(BlockedCalls, 1)
		return
	}
	f.add(Offered, 1)
	short := false
	switch {
	case answered:
		f.answered(c)
	case c.Given(campaign.CallAbandonedAt):
		wait := c.waited(campaign.CallAbandonedAt)
		short = wait < f.Rules.Queue.ShortAbandonMs
		f.add(CallsAbandoned, 1)
		f.count(LongAbandons, !short)
		f.add(AbandonWaitMs, wait)
	}
	f.count(OfferedLong, !short)
	if c.Int(campaign.CallResolved) == 1 {
		f.add(ResolvedCalls, 1)
		known := c.Thread(c.Kind) != ""
		f.count(KnownResolved, known)
		f.count(ResolvedAlone, known && (c.NextMs == campaign.None || c.NextMs-u.AtMs() > RepeatMs))
	}
	if c.waits() {
		f.stand(u, WaitClock, u.AtMs())
	}
}

// waits reports whether a call is in its queue: nobody has answered, ended or given it up.
func (c *Record) waits() bool {
	over := c.Given(campaign.CallAnsweredAt) || c.Given(campaign.CallAbandonedAt) || c.Given(campaign.CallEndedAt)
	return c.Kind == campaign.KindCall && !over && c.Int(campaign.CallBlocked) != 1
}

// answered is what an answered call adds.
func (f *Folder) answered(c *Record) {
	f.add(CallsAnswered, 1)
	f.count(AgentAnswers, c.Agent != 0)
	f.add(AnswerWaitMs, c.waited(campaign.CallAnsweredAt))
	f.count(Transferred, c.Int(campaign.CallTransfers) > 0)
	f.count(EscalatedCalls, c.Int(campaign.CallEscalated) == 1)
	if c.Given(campaign.CallEndedAt) {
		f.add(CallsHandled, 1)
		f.add(CallHandleMs, max(0, c.Int(campaign.CallEndedAt)-c.Int(campaign.CallAnsweredAt))+max(0, c.Int(campaign.CallWrap)))
		f.count(HandledWithoutWrap, !c.Given(campaign.CallWrap))
	}
}

// stand begins an event of a fact of service.
func (f *Folder) stand(u *Unit, clock Clock, atMs int64) {
	e := f.begin(clock, atMs, -1)
	e.Attempt, e.Agent = u.Number, u.Record.Agent
}

// AtMs is the instant that places a unit that is a fact of service.
func (u *Unit) AtMs() int64 { return u.Record.PlacedMs(u.Record.Kind) }

// waited is how long a call waited until an instant; instants that contradict each
// other are no time at all.
func (c *Record) waited(until int) int64 {
	return max(0, c.Int(until)-c.Int(campaign.CallOfferedAt))
}

// working is the agent who works in an event, to be counted among the distinct ones: who
// dialed, or answered; 0 for nobody.
func (e *Event) working() int64 {
	switch e.Clock {
	case DialClock:
		return e.Agent
	case OfferClock:
		if e.value(AgentAnswers) > 0 {
			return e.Agent
		}
	}
	return 0
}
