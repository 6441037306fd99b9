package funnel

import "ringside/campaign"

// Profile is a regulator's rule for abandoned calls, as data (kpis.md §5).
type Profile struct {
	ID, Name string
	// ThresholdMs is how soon an agent must be on the line.
	ThresholdMs int64
	// FromGreeting starts the clock when the person's greeting ended, where that
	// is known; else the answer starts it.
	FromGreeting bool
	// LimitPercent is the most that may be abandoned, 0 for no limit.
	LimitPercent int64
	// CountEarlyHangups counts people who left within the threshold as abandoned.
	CountEarlyHangups bool
}

// Profiles are the shipped rules, by id. Sources: us_tsr 16 CFR 310.4(b)(4);
// uk_2008 Ofcom's policy of 2008, whose safe harbour ended on 1 March 2017;
// ca_crtc the CRTC's Telemarketing Rules, the 5 % unconfirmed.
var Profiles = map[string]Profile{
	"us_tsr":  {ID: "us_tsr", Name: "US Telemarketing Sales Rule", ThresholdMs: 2000, FromGreeting: true, LimitPercent: 3},
	"uk_2008": {ID: "uk_2008", Name: "UK policy of 2008 (history)", ThresholdMs: 2000, LimitPercent: 3},
	"ca_crtc": {ID: "ca_crtc", Name: "Canadian Telemarketing Rules", ThresholdMs: 2000, LimitPercent: 5},
	"none":    {ID: "none", Name: "No rule", ThresholdMs: 2000, FromGreeting: true},
}

// Verdict is how a profile sees one answered attempt.
type Verdict uint8

const (
	// NotJudged is no answer by a person.
	NotJudged Verdict = iota
	// InTime: an agent was on the line within the threshold.
	InTime
	// EarlyHangup: the person left within the threshold, without an agent.
	EarlyHangup
	// TooLate: no agent in time, whether one came later or never.
	TooLate
)

// Judge reads one attempt under the profile. An attempt with neither agent nor
// end counts as too late until told otherwise.
func (p Profile) Judge(a *Attempt, r Reading) Verdict {
	if !r.Live {
		return NotJudged
	}
	start := r.AnsweredMs
	if p.FromGreeting && a.GreetingEndedMs != campaign.None {
		start = a.GreetingEndedMs
	}
	switch {
	case r.ConnectedMs != campaign.None && r.ConnectedMs-start <= p.ThresholdMs:
		return InTime
	case !r.Contact && a.EndedBy == campaign.ByCustomer && a.EndedMs != campaign.None && a.EndedMs-start <= p.ThresholdMs:
		return EarlyHangup
	}
	return TooLate
}
