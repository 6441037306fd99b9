package funnel

import (
	"time"

	"ringside/campaign"
)

// Attempt is what the fold needs to know of one attempt. Texts are replaced by
// the store's numbers for them, 0 where there is none; instants and durations
// are milliseconds or campaign.None.
type Attempt struct {
	Number          int64
	Ref             string
	StartedMs       int64
	Result          campaign.Result
	AnsweredBy      campaign.AnsweredBy
	EndedBy         campaign.EndedBy
	Void            bool
	AnsweredMs      int64
	GreetingEndedMs int64
	ConnectedMs     int64
	EndedMs         int64
	HoldMs          int64
	WrapMs          int64
	// TalkMs is the talk that a dialer states by itself, hold excluded.
	TalkMs      int64
	Agent       int64
	Disposition int64
	// Dialer is the source of dialers' messages whose codes the disposition is one of.
	Dialer      int64
	AmountMinor int64
	DecidedMs   int64
	CancelledMs int64
	CallbackMs  int64
}

// Rules is how one campaign's facts are read: its configuration in the store's
// numbers.
type Rules struct {
	Calendar       *campaign.Calendar
	AgentFromStart bool
	StrictLeads    bool
	// Meanings maps a disposition's number to what it says. A number that is not
	// in it is unmapped.
	Meanings map[int64]campaign.Meaning
	// Codes are the meanings of what Meanings does not map, by the source too.
	Codes map[Code]campaign.Meaning
	// Zones are the leads' own time zones by number. One that is not in it is a name
	// that the zone data at hand does not know.
	Zones map[int64]*time.Location
	// DialedStage and ContactedStage are the stages reached by a dial and by a
	// conversation, or −1.
	DialedStage, ContactedStage int
	// Profile is the compliance rule the campaign is held to.
	Profile Profile
	// Rates are the cards that calls are rated by, nil where there are none; Labour
	// holds those of labour by the agent's number, of every agent under 0.
	Rates  *campaign.Rates
	Labour map[int64][]campaign.LabourRate
	// MinorMicro is how many millionths of the currency's unit its minor unit is.
	MinorMicro int64
	// CostBasis says which counts of what is both entered and rated.
	CostBasis campaign.CostBasis
	// Queue is how a queue's calls are read; the zero value for a campaign.
	Queue campaign.Queue
	// Hours measures business hours, nil where nobody said which they are.
	Hours *campaign.Clock
	// AcquisitionMinor is what winning a customer costs.
	AcquisitionMinor int64
}

// Code is a disposition in the words of one source of dialers' messages.
type Code struct{ Dialer, Disposition int64 }

// Reading is what one attempt proves, by its detector and by its outcome
// (kpis.md §3).
type Reading struct {
	Category campaign.Category
	Stage    int
	// Dial is a placed attempt; the rest is false without it.
	Dial, Answered, Live, Machine, Contact bool
	// Joined is an answer, by whomever, that an agent was on.
	Joined bool
	// AnsweredBy is set where Answered is.
	AnsweredBy campaign.AnsweredBy
	// AnsweredMs and ConnectedMs are set where Answered and Joined are.
	AnsweredMs, ConnectedMs int64
	// AnswerAssumed marks an answer that nothing posted dates: AnsweredMs is the start.
	AnswerAssumed bool
	// ConnectAssumed marks a conversation that only its outcome proves.
	ConnectAssumed bool
}

// Read reads one attempt.
func (r *Rules) Read(a *Attempt) Reading {
	meaning, mapped := r.Meanings[a.Disposition]
	if !mapped && a.Dialer != 0 {
		meaning, mapped = r.Codes[Code{a.Dialer, a.Disposition}]
	}
	if !mapped {
		meaning.Stage = -1
	}
	out := Reading{Category: meaning.Category, Stage: meaning.Stage, AnsweredMs: campaign.None, ConnectedMs: campaign.None}
	if a.Result == campaign.NotPlaced {
		return out
	}
	category := meaning.Category
	provesPerson := category.Decision() || category == campaign.WrongParty || category == campaign.Abandoned
	// An opt-out menu can give a dnc, so that one proves no agent.
	provesAgent := category == campaign.WrongParty || category.Decision() && category != campaign.DNC

	out.Dial = true
	out.Answered = a.Result == campaign.Answered || provesPerson
	if !out.Answered {
		return out
	}
	switch {
	case provesPerson:
		out.AnsweredBy = campaign.Human
	case category == campaign.MachineCategory:
		out.AnsweredBy = campaign.Machine
	case a.AnsweredBy == 0:
		out.AnsweredBy = campaign.Unknown
	default:
		out.AnsweredBy = a.AnsweredBy
	}
	out.Live = out.AnsweredBy == campaign.Human
	out.Machine = out.AnsweredBy == campaign.Machine
	dated := firstKnown(a.AnsweredMs, a.ConnectedMs)
	out.AnsweredMs, out.AnswerAssumed = firstKnown(dated, a.StartedMs), dated == campaign.None
	told := a.ConnectedMs != campaign.None
	out.Joined = told || r.AgentFromStart || provesAgent
	out.Contact = out.Live && out.Joined
	if out.Joined {
		out.ConnectedMs = firstKnown(a.ConnectedMs, out.AnsweredMs)
		out.ConnectAssumed = !told && !r.AgentFromStart
	}
	return out
}

// Dropped reports whether the customer left a live answer before any decision.
func (o Reading) Dropped(a *Attempt) bool {
	return o.Live && (o.Category == campaign.Abandoned || o.Category == campaign.CategoryNone && a.EndedBy == campaign.ByCustomer)
}

// talked returns how long an agent and a customer were together in a conversation
// and how long of it they talked: between the two instants where both are stated,
// else what a dialer states by itself; ok is false while it has not ended.
func (o Reading) talked(a *Attempt) (togetherMs, talkMs int64, ok bool) {
	hold := max(0, a.HoldMs)
	stated := a.TalkMs != campaign.None
	if a.EndedMs != campaign.None && (a.ConnectedMs != campaign.None || !stated) {
		together := max(0, a.EndedMs-o.ConnectedMs)
		return together, max(0, together-hold), true
	}
	return a.TalkMs + hold, a.TalkMs, stated
}

// SaleMs is the instant of the sale an attempt made.
func (a *Attempt) SaleMs() int64 { return firstKnown(a.DecidedMs, a.EndedMs, a.StartedMs) }

func firstKnown(instants ...int64) int64 {
	for _, ms := range instants {
		if ms != campaign.None {
			return ms
		}
	}
	return campaign.None
}
