package funnel

import (
	"time"

	"ringside/campaign"
)

// Worked is a campaign small enough to count by hand, beside which every definition
// can be read. Leads A, B and C are those of kpis.md §8, case 1.
type Worked struct {
	Calls []WorkedCall
	// Undialed are the leads that nobody dialed.
	Undialed []string
	// LabourMinor is its one cost entry, of the whole month, in hundredths.
	LabourMinor int64
	// LoggedHours are what its agents were logged in.
	LoggedHours int64
	// Window is the month, in UTC.
	Window Window
}

// WorkedCall is one attempt of the example: instants are seconds after its start, or
// campaign.None.
type WorkedCall struct {
	Lead              string
	At                time.Time
	Result            campaign.Result
	AnsweredBy        campaign.AnsweredBy
	AnsweredS, JoinsS int64
	EndsS             int64
	EndedBy           campaign.EndedBy
	Category          campaign.Category
	AmountMinor       int64
	CallbackAt        time.Time
	Agent             string
}

// WorkedExample is the example that the glossary works out.
var WorkedExample = func() Worked {
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 6, day, hour, minute, 0, 0, time.UTC) }
	miss := func(lead string, day int, result campaign.Result, hour, minute int) WorkedCall {
		return WorkedCall{Lead: lead, At: at(day, hour, minute), Result: result, AnsweredS: campaign.None, JoinsS: campaign.None, EndsS: campaign.None, AmountMinor: campaign.None}
	}
	talk := func(lead string, day int, agent string, answered, ends int64, by campaign.EndedBy, c campaign.Category) WorkedCall {
		call := miss(lead, day, campaign.Answered, 10, 0)
		call.AnsweredBy, call.AnsweredS, call.JoinsS, call.EndsS, call.EndedBy, call.Category, call.Agent = campaign.Human, answered, answered+1, ends, by, c, agent
		return call
	}
	promise := talk("A", 3, "ann", 4, 65, campaign.ByAgent, campaign.Callback)
	promise.CallbackAt = at(4, 15, 0)
	closed := talk("A", 5, "ann", 6, 97, campaign.ByAgent, campaign.Sale)
	closed.AmountMinor = 4990
	first := talk("C", 1, "bob", 9, 90, campaign.ByAgent, campaign.Sale)
	first.AmountMinor = 4000
	left := talk("D", 1, "", 5, 12, campaign.ByCustomer, campaign.CategoryNone)
	left.JoinsS = campaign.None
	machine := left
	machine.Lead, machine.AnsweredBy, machine.EndedBy = "E", campaign.Machine, 0
	return Worked{Undialed: []string{"F"}, LabourMinor: 3000, LoggedHours: 8, Window: Window{at(1, 0, 0).UnixMilli(), at(31, 0, 0).UnixMilli()}, Calls: []WorkedCall{
		miss("A", 1, campaign.NoAnswer, 10, 0), miss("A", 2, campaign.Busy, 10, 0), promise, miss("A", 4, campaign.NoAnswer, 15, 5), closed,
		miss("B", 1, campaign.NoAnswer, 10, 0), talk("B", 2, "bob", 5, 36, campaign.ByAgent, campaign.Refusal), first, left, machine}}
}()

// Sums works the example out, by the code that counts every campaign.
func (w *Worked) Sums() (*Sums, error) {
	rules := Rules{Calendar: campaign.NewCalendar(time.UTC), Meanings: map[int64]campaign.Meaning{}, DialedStage: 1, ContactedStage: 2, Profile: Profiles["us_tsr"]}
	units, byLead, agents := []*Unit(nil), map[string]*Unit{}, map[string]int64{}
	lead := func(name string) *Unit {
		if byLead[name] == nil {
			u := &Unit{Lead: Lead{Number: int64(len(units) + 1), GeneratedMs: w.Window.FromMs, Posted: true}}
			byLead[name], units = u, append(units, u)
		}
		return byLead[name]
	}
	for i := range w.Calls {
		c := &w.Calls[i]
		u := lead(c.Lead)
		if agents[c.Agent] == 0 && c.Agent != "" {
			agents[c.Agent] = int64(len(agents) + 1)
		}
		rules.Meanings[int64(c.Category)+1] = campaign.Meaning{Category: c.Category, Stage: -1}
		u.Attempts = append(u.Attempts, c.attempt(int64(i+1), agents[c.Agent]))
	}
	for _, name := range w.Undialed {
		lead(name)
	}
	costs := []CostEntry{{Number: 1, Category: campaign.LabourCost, AmountMinor: w.LabourMinor, FromMs: w.Window.FromMs, ToMs: w.Window.ToMs}}
	book, err := NewBook(&rules, Held(units), costs)
	if err != nil {
		return nil, err
	}
	groups, err := Compute(book, &rules, Query{Window: w.Window, NowMs: w.Window.ToMs + CallbackGraceMs})
	if err != nil {
		return nil, err
	}
	groups[0].Sums.Add(LoggedMs, w.LoggedHours*time.Hour.Milliseconds())
	return &groups[0].Sums, nil
}

func (c *WorkedCall) attempt(number, agent int64) Attempt {
	after := func(s int64) int64 {
		if s == campaign.None {
			return campaign.None
		}
		return c.At.UnixMilli() + 1000*s
	}
	none := campaign.None
	a := Attempt{Number: number, Ref: c.At.Format(time.RFC3339), StartedMs: c.At.UnixMilli(), Result: c.Result, AnsweredBy: c.AnsweredBy, EndedBy: c.EndedBy,
		AnsweredMs: after(c.AnsweredS), ConnectedMs: after(c.JoinsS), EndedMs: after(c.EndsS), Agent: agent, AmountMinor: c.AmountMinor,
		GreetingEndedMs: none, HoldMs: none, WrapMs: none, TalkMs: none, DecidedMs: none, CancelledMs: none, CallbackMs: none}
	if c.Category != campaign.CategoryNone {
		a.Disposition = int64(c.Category) + 1
	}
	if !c.CallbackAt.IsZero() {
		a.CallbackMs = c.CallbackAt.UnixMilli()
	}
	return a
}
