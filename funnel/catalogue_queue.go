package funnel

import (
	"fmt"
	"slices"
)

// QueueCatalogue holds every KPI of queues, in the order reports list them. Formulas are
// those of kpis.md §4; a change of meaning raises DefinitionVersion.
var QueueCatalogue = slices.Concat([]KPI{
	{ID: "offered", Name: "Calls offered", Clock: OfferClock, Unit: Count, Direction: Neutral, Numerator: Offered,
		Formula:     "calls offered to the queue",
		Description: "Customers who came to the queue, each once however many legs or transfers the contact had. Blocked calls never came so far.",
		Example:     "3 calls of which 1 was blocked: 2 offered."},
	{ID: "answered", Name: "Calls answered", Clock: OfferClock, Unit: Count, Direction: Higher, Numerator: CallsAnswered,
		Formula:     "offered calls that were answered",
		Description: "Calls that an agent took.",
		Example:     "2 offered, 1 answered, 1 given up: 1."},
	{ID: "abandoned", Name: "Calls abandoned", Clock: OfferClock, Unit: Count, Direction: Lower, Numerator: CallsAbandoned,
		Formula:     "offered calls the customer gave up before an answer",
		Description: "Customers who left the queue unanswered. A call that still waits, or that the queue itself sent elsewhere (after a time limit, by a key the caller pressed, as no agent was left), is neither answered nor abandoned.",
		Example:     "2 offered, 1 answered, 1 given up: 1."},
	{ID: "blocked", Name: "Calls blocked", Clock: OfferClock, Unit: Count, Direction: Lower, Numerator: BlockedCalls,
		Formula:     "calls that were refused before they were offered",
		Description: "Calls that found all lines busy, or a queue nobody may join.",
		Example:     "3 calls of which 1 was blocked: 1."},
	{ID: "asa", Name: "Average speed of answer", Clock: OfferClock, Unit: Seconds, Direction: Lower, Numerator: AnswerWaitMs, Denominator: CallsAnswered,
		Formula:     "wait of answered calls / answered calls",
		Description: "Mean time from the offer to the answer. Long waiters who left are not in it: see abandon_wait.",
		Example:     "Answered after 6 and after 20 s, another given up after 40 s: 26 s over 2."},
	{ID: "abandon_wait", Name: "Wait of abandoned calls", Clock: OfferClock, Unit: Seconds, Direction: Neutral, Numerator: AbandonWaitMs, Denominator: CallsAbandoned,
		Formula:     "wait of abandoned calls / abandoned calls",
		Description: "Mean time that those waited who gave up: the patience that is seen.",
		Example:     "Answered after 6 s, others given up after 40 and 20 s: 60 s over 2."},
	{ID: "service_level", Name: "Service level", Clock: OfferClock, Unit: Proportion, Direction: Higher, Numerator: LevelGood, Denominator: LevelBase, Groupings: byWait,
		Formula:     "answered within T / (offered − abandoned within T)",
		Description: "Calls answered within the threshold, itself included: the queue's service_level_s, 20 s unless it says otherwise, or the one the report names. service_level_method says what becomes of those who gave up: late_abandons_bad leaves those within the threshold out; abandons_bad divides by all offered; abandons_ignored by the answered; abandons_good counts those within the threshold as good, out of all offered.",
		Example:     "1,000 answered, of which 860 within 20 s, 60 abandoned, of which 20 within 20 s: 860/1040; by the other methods 860/1060, 860/1000 and 880/1060."},
	{ID: "inbound_abandonment_rate", Name: "Inbound abandonment rate", Clock: OfferClock, Unit: Proportion, Direction: Lower, Numerator: LongAbandons, Denominator: OfferedLong,
		Formula:     "abandoned / offered, both without those shorter than short_abandon_s",
		Description: "Customers who gave up. Those who did so before the queue's short_abandon_s are left out of both parts; without it, none are.",
		Example:     "100 offered, 20 given up, 5 of them within short_abandon_s: 15/95."},
	{ID: "aht", Name: "Average handle time", Clock: OfferClock, Unit: Seconds, Direction: Neutral, Numerator: CallHandleMs, Denominator: CallsHandled,
		Formula:     "(ended − answered + wrap) / calls answered and ended",
		Description: "Talk, hold and wrap-up of a call. Calls that were answered and have no end yet are left out; those whose wrap-up nobody told are in with the rest of their time, so that the figure is at least so high. no_data counts both.",
		Example:     "33 s of talk and 32 s of wrap-up: 65 s."},
	{ID: "blockage", Name: "Blockage", Clock: OfferClock, Unit: Proportion, Direction: Lower, Numerator: BlockedCalls, Denominator: Attempted,
		Formula:     "blocked / (blocked + offered)",
		Description: "Calls that did not come through. Busy signals before the switch are seen by nobody.",
		Example:     "40 blocked and 960 offered: 40/1000."},
	{ID: "transfer_rate", Name: "Transfer rate", Clock: OfferClock, Unit: Proportion, Direction: Lower, Numerator: Transferred, Denominator: CallsAnswered,
		Formula:     "answered calls with a transfer or more / answered calls",
		Description: "A call counts once, however often it was transferred.",
		Example:     "10 answered, one transferred twice: 1/10."},
	{ID: "escalation_rate", Name: "Escalation rate", Clock: OfferClock, Unit: Proportion, Direction: Lower, Numerator: EscalatedCalls, Denominator: CallsAnswered,
		Formula:     "escalated answered calls / answered calls",
		Description: "Calls that were passed on to a higher tier.",
		Example:     "10 answered, 2 escalated: 2/10."},
	{ID: "first_contact_resolution", Name: "First-contact resolution", Clock: OfferClock, Unit: Proportion, Direction: Higher, Numerator: ResolvedAlone, Denominator: KnownResolved, SettlesMs: RepeatMs,
		Formula:     "resolved calls with no further call by the same customer on the same topic within 7 days / resolved calls of a known customer",
		Description: "A further call counts though nobody answered it, and comes later than the one before; the same queue is looked at. Immature until the 7 days are over.",
		Example:     "Resolved on Monday, the same customer calls again about it on Thursday: not resolved at first contact."},
	{ID: "calls_waiting", Name: "Calls waiting", Clock: OfferClock, Unit: Count, Direction: Lower, Numerator: CallsWaiting, Groupings: byQueued,
		Formula:     "calls in the queue at as_of that nobody has answered, ended or given up",
		Description: "A stock: now, whatever the window. A call of which nothing more is told for a day is taken for lost and left out.",
		Example:     "4 offered, 2 answered, 1 given up: 1 waits."},
	{ID: "longest_wait", Name: "Longest wait now", Clock: OfferClock, Unit: Seconds, Direction: Lower, Numerator: LongestWaitMs, Denominator: LongestWaits, Groupings: byQueued,
		Formula:     "as_of − offered, of the call that waits longest",
		Description: "How long the call has waited that is first in the queue, now, whatever the window; of several queues the longest. The denominator is 1, and 0 where nobody waits.",
		Example:     "Two wait since 9:00:00 and 9:00:20; at 9:00:50 it is 50 s."},
	{ID: "answered_per_agent", Name: "Answered calls per agent", Clock: OfferClock, Unit: Ratio, Direction: Neutral, Numerator: AgentAnswers, Denominator: Agents, Groupings: byAgentsDay,
		Formula:     "answered calls that name an agent / distinct agents",
		Description: "How many calls each of the agents answered who answered any.",
		Example:     "Two agents answer 30 and 20 calls: 50/2."},
}, percentilesOf("answer_wait", "Wait of answered calls", Lower, AnswerWaitMs, CallsAnswered, "answered − offered, over answered calls", 50, 80, 90, 95, 99),
	percentilesOf("abandon_wait", "Wait of abandoned calls", Neutral, AbandonWaitMs, CallsAbandoned, "abandoned − offered, over abandoned calls", 50, 90),
	percentilesOf("handle_time", "Handle time of calls", Neutral, CallHandleMs, CallsHandled, "ended − answered + wrap, over calls answered and ended", 50, 90, 95, 99))

// percentilesOf makes the percentiles of a duration.
func percentilesOf(id, name string, direction Direction, spread, of Measure, formula string, percents ...int64) (kpis []KPI) {
	for _, p := range percents {
		kpis = append(kpis, KPI{ID: fmt.Sprintf("%s_p%d", id, p), Name: fmt.Sprintf("%s, p%d", name, p), Clock: OfferClock, Unit: Seconds,
			Direction: direction, Numerator: spread, Denominator: of, Percent: p, Groupings: byWait,
			Formula:     fmt.Sprintf("percentile %d of %s", p, formula),
			Description: fmt.Sprintf("%d of 100 took no longer. Nearest rank; seconds are rounded up, and above two hours up to the next of buckets 1 %% apart.", p),
			Example:     "Ten calls of 1 to 10 s: the median is 5 s, the 90th percentile 9 s."})
	}
	return kpis
}
