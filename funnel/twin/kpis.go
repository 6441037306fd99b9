package twin

import "math/big"

// kpi is one line of the table of §3. num and den name the refs that a fact
// adds to the numerator and the denominator; each part counts distinct refs,
// within the window and within each group. A count has no den. When sum is
// set the numerator is the total of sum over the facts of num. When percent is
// set there is no numerator: the value is that percentile of sum over the facts
// of den. lacks names the attempts that lack data which the KPI needs.
type kpi struct {
	id      string
	clock   *clock
	num     part
	den     part
	sum     func(fact) *big.Rat
	percent int
	lacks   part
}

// part names the refs that one fact puts into a part of a KPI; none when the
// fact is not in it.
type part func(fact) []string

// call counts the attempt itself when is holds.
func call(is func(*attempt) bool) part {
	return func(f fact) []string {
		if is(f.attempt) {
			return []string{f.attempt.ref}
		}
		return nil
	}
}

// person counts the lead when is holds: once, however many of its facts do.
func person(is func(fact) bool) part {
	return func(f fact) []string {
		if is(f) {
			return []string{f.lead.ref}
		}
		return nil
	}
}

// ofLead turns a question about a lead into one about a fact.
func ofLead(is func(*lead) bool) func(fact) bool {
	return func(f fact) bool { return is(f.lead) }
}

var (
	dial         = call(func(*attempt) bool { return true })
	answered     = call(func(a *attempt) bool { return a.answered })
	liveAnswer   = call((*attempt).live)
	conversation = call((*attempt).conversation)
	sold         = call((*attempt).sale)

	anyLead  = person(func(fact) bool { return true })
	dialed   = person(ofLead((*lead).dialed))
	talkedTo = person(ofLead((*lead).contacted))
	won      = person(ofLead((*lead).won))

	endedTalk = call(func(a *attempt) bool { return a.conversation() && (!a.ended.IsZero() || a.talkMs >= 0) })
)

// kpis is the table of §3, line by line and in its order.
var kpis = []kpi{
	{id: "leads", clock: cohort, num: anyLead},
	{id: "dials", clock: dialing, num: dial},
	{id: "leads_dialed", clock: dialing, num: anyLead},
	{id: "answer_rate", clock: dialing, num: answered, den: dial},
	{id: "live_answer_rate", clock: dialing, num: liveAnswer, den: dial},
	{id: "contact_rate", clock: dialing, num: conversation, den: dial},
	{id: "rpc_rate", clock: dialing, num: call(func(a *attempt) bool {
		return a.conversation() && a.category != "wrong_party"
	}), den: dial},
	{id: "lead_contact_rate", clock: cohort, num: talkedTo, den: dialed},
	{id: "list_penetration", clock: cohort, num: dialed, den: anyLead},
	{id: "conversion_rate", clock: cohort, num: won, den: anyLead},
	{id: "dialed_conversion_rate", clock: cohort, num: won, den: dialed},
	{id: "close_rate", clock: cohort, num: won, den: talkedTo},
	{id: "hit_rate", clock: dialing, num: sold, den: dial},
	{id: "calls_per_lead", clock: dialing, num: dial, den: anyLead},
	{id: "cohort_calls_per_lead", clock: cohort, num: func(f fact) []string {
		return refsOf(f.lead.dials)
	}, den: dialed},
	{id: "calls_per_sale", clock: dialing, num: dial, den: sold},
	{id: "calls_to_close", clock: winning, num: func(f fact) []string {
		return refsOf(f.lead.dials[:f.attempt.number]) // up to and including the sale
	}, den: anyLead},
	{id: "first_call_close_rate", clock: firstTalking, num: closedOnIt, den: anyLead},
	{id: "first_dial_close_rate", clock: firstDialing, num: closedOnIt, den: anyLead},
	{id: "first_call_close_share", clock: winning, num: person(func(f fact) bool {
		return f.lead.firstContact().sale() // a sale proves a conversation: there is one
	}), den: anyLead},
	{id: "outbound_abandonment_rate", clock: dialing, num: call((*attempt).dropped), den: liveAnswer},
	{id: "in_call_abandonment_rate", clock: dialing, num: call(func(a *attempt) bool {
		return a.conversation() && a.dropped()
	}), den: conversation},
	{id: "lead_abandonment_rate", clock: cohort, num: person(ofLead((*lead).abandoned)),
		den: person(func(f fact) bool { return f.lead.any((*attempt).live) })},
	{id: "compliance_abandonment_rate", clock: dialing, num: call(func(a *attempt) bool {
		return a.complianceAbandoned
	}), den: liveAnswer},
	{id: "caller_hangup_rate", clock: dialing, num: call(func(a *attempt) bool {
		return a.live() && !a.joined && a.endedBy == "customer"
	}), den: liveAnswer},
	{id: "machine_rate", clock: dialing, num: call(func(a *attempt) bool { return a.machine }), den: answered},
	{id: "callback_kept_rate", clock: promising, num: func(f fact) []string {
		if callbackKept(f) {
			return []string{f.attempt.ref}
		}
		return nil
	}, den: dial},
	{id: "sales", clock: selling, num: anyLead},
	{id: "net_sales", clock: winning, num: anyLead},
	{id: "revenue", clock: earning, num: call(func(a *attempt) bool { return a.amount != nil }),
		sum: func(f fact) *big.Rat { return f.attempt.amount }},
	{id: "sales_attrition", clock: selling, num: person(func(f fact) bool { return !f.lead.won() }), den: anyLead},
	{id: "ring_time", clock: dialing, num: rung, den: rung, sum: ringing, lacks: undated},
	{id: "ring_time_p50", clock: dialing, den: rung, sum: ringing, percent: 50, lacks: undated},
	{id: "ring_time_p90", clock: dialing, den: rung, sum: ringing, percent: 90, lacks: undated},
	{id: "talk_time", clock: dialing, num: endedTalk, den: endedTalk, sum: talking, lacks: endless},
	{id: "talk_time_p50", clock: dialing, den: endedTalk, sum: talking, percent: 50, lacks: endless},
	{id: "talk_time_p90", clock: dialing, den: endedTalk, sum: talking, percent: 90, lacks: endless},
	{id: "outbound_aht", clock: dialing, num: endedTalk, den: endedTalk, sum: handling, lacks: unhandled},
	{id: "outbound_aht_p50", clock: dialing, den: endedTalk, sum: handling, percent: 50, lacks: unhandled},
	{id: "outbound_aht_p90", clock: dialing, den: endedTalk, sum: handling, percent: 90, lacks: unhandled},
	{id: "unrated_calls", clock: dialing, num: call(func(a *attempt) bool { return a.unrated })},
	// Below it is time that agents were logged in, see logged.
	{id: "sales_per_hour", clock: selling, num: anyLead, den: func(fact) []string { return nil }},
	{id: "calls_per_agent", clock: dialing, num: call(func(a *attempt) bool { return a.agent != "" }),
		den: func(f fact) []string {
			if f.attempt.agent == "" {
				return nil
			}
			return []string{f.attempt.agent}
		}},
}

// What a duration lacks: an answer that nobody dated, a conversation of which nobody
// told the end or the talk, or, of its handling, the wrap-up.
var (
	undated = call(func(a *attempt) bool { return a.answered && !a.answerTold })
	endless = call(func(a *attempt) bool { return a.conversation() && a.ended.IsZero() && a.talkMs < 0 })

	unhandled = call(func(a *attempt) bool {
		return a.conversation() && (a.ended.IsZero() && a.talkMs < 0 || !a.wrapTold)
	})
)

// closedOnIt: the very attempt that the clock reads has category sale.
var closedOnIt = person(func(f fact) bool { return f.attempt.sale() })

// costKPIs are amounts of money, per fact where per names a KPI of §3 whose numerator
// stands below the line, or over another amount.
var costKPIs = []struct {
	id    string
	of    func(t *tally) *big.Rat
	per   string
	over  func(t *tally) *big.Rat
	calls bool // known by attempt number, too
}{
	{id: "operating_cost", of: operating, calls: true},
	{id: "lead_cost", of: func(t *tally) *big.Rat { return t.money.leads }},
	{id: "rated_telephony", of: func(t *tally) *big.Rat { return t.money.telephony }, calls: true},
	{id: "rated_labour", of: func(t *tally) *big.Rat { return t.money.labour }, calls: true},
	{id: "cost_per_call", of: operating, per: "dials", calls: true},
	{id: "cost_per_contact", of: operating, per: "contact_rate", calls: true}, // conversations
	{id: "cost_per_rpc", of: operating, per: "rpc_rate", calls: true},
	{id: "cost_per_lead", of: operating, per: "leads_dialed", calls: true},
	{id: "cost_per_sale", of: operating, per: "sales"},
	{id: "cost_per_net_sale", of: operating, per: "net_sales"},
	{id: "cac", of: spent, per: "net_sales"},
	{id: "margin", of: margin},
	{id: "roi", of: margin, over: spent},
}

func operating(t *tally) *big.Rat { return t.money.operating }
func spent(t *tally) *big.Rat     { return t.money.total() }
func margin(t *tally) *big.Rat    { return new(big.Rat).Sub(t.of("revenue").sum, t.money.total()) }

// rung: an answer whose instant somebody posted, as its own or as the agent's.
var rung = call(func(a *attempt) bool { return a.answered && a.answerTold })

func ringing(f fact) *big.Rat {
	return seconds(max(0, f.attempt.answeredAt.Sub(f.attempt.started).Milliseconds()))
}

func talking(f fact) *big.Rat {
	a := f.attempt
	if a.byTalk() {
		return seconds(a.talkMs)
	}
	return seconds(max(0, a.lineMs()-a.holdMs))
}

// handling: hold is part of it.
func handling(f fact) *big.Rat {
	a := f.attempt
	if a.byTalk() {
		return seconds(a.talkMs + a.holdMs + a.wrapMs)
	}
	return seconds(max(0, a.lineMs()) + a.wrapMs)
}

// byTalk: the talk that a dialer states stands in where an instant is missing.
func (a *attempt) byTalk() bool { return a.talkMs >= 0 && (a.ended.IsZero() || !a.toldConnected) }

// lineMs is the time from connection to the end; negative when a merge
// contradicts itself.
func (a *attempt) lineMs() int64 { return a.ended.Sub(a.connectedAt).Milliseconds() }

func seconds(ms int64) *big.Rat { return big.NewRat(ms, 1000) }

func refsOf(attempts []*attempt) []string {
	var refs []string
	for _, a := range attempts {
		refs = append(refs, a.ref)
	}
	return refs
}
