package dialer

import (
	"strings"

	"ringside/campaign"
)

// VICIdial reads VICIdial's Start, Dispo, No Agent and Add Lead URLs, whose
// parameters the administrator names, and exports of its tables vicidial_log,
// vicidial_closer_log, vicidial_agent_log and vicidial_list.
var VICIdial = &Kind{
	Name:       "vicidial",
	LocalTimes: true,
	Names: []string{"call_id", "uniqueid", "lead_id", "vendor_lead_code", "campaign", "user", "dispo", "talk_time", "phone_number", "dialed_number",
		"SQLdate", "epoch", "callback_datetime", "term_reason", "list_id", "closecallid", "first_name", "last_name", "entry_date"},
	Split:  splitVICIdial,
	Read:   readVICIdial,
	Status: vicidialStatus,
	clocks: vicidialClocks,
	setup:  setupVICIdial,
}

const vicidialTime = "2006-01-02 15:04:05"

// vicidialNobody are the users that stand for no agent.
var vicidialNobody = map[string]bool{"VDAD": true, "VDCL": true, "": true}

// splitVICIdial makes a message of a request, or one of each row of a table.
func splitVICIdial(r *Request) ([]Message, error) {
	if header, _, ok := strings.Cut(string(r.Body), "\n"); ok && strings.Contains(header, "\t") {
		return splitTable(r)
	}
	return []Message{whole(r)}, nil
}

func readVICIdial(s *Source, m Message) Reading {
	r, err := open(m)
	if err != nil {
		return Reading{Silent: err.Error()}
	}
	if row := tableRow(r); row != nil {
		return vicidialRow(s, row)
	}
	p, err := paramsOf(r)
	if err != nil {
		return Reading{Silent: "not readable: " + err.Error()}
	}
	p.vicidialNames(s)
	if p["lead_id"] == "" && p["call_id"] == "" && p["uniqueid"] == "" {
		return Reading{Silent: "neither a call_id nor a uniqueid nor a lead_id"}
	}
	reading := vicidialCall(s, p)
	if strings.HasPrefix(p["call_id"], "Y") {
		return Reading{Silent: "an inbound call is no dial"}
	}
	if len(reading.Calls) == 0 {
		if p.first("dispo", "status", "talk_time") == "" && p["entry_date"] != "" {
			return vicidialLead(s, p)
		}
		return Reading{Silent: "neither a call_id nor a uniqueid"}
	}
	at := epochMs(p["epoch"])
	if at == campaign.None {
		at = stampMs(p["SQLdate"], s.Zone, vicidialTime)
	}
	if at == campaign.None {
		at = RankUndated
	}
	said := saying(at)
	if code := p.first("dispo", "status"); vicidialUnsaid[code] {
		vicidialStart(&reading, said, p, at)
	} else {
		vicidialOutcome(s, &reading, said, p, code)
	}
	return reading
}

// vicidialNames puts the parameters that the administrator named otherwise under
// VICIdial's own names, and forgets placeholders that were not filled in.
func (p params) vicidialNames(s *Source) {
	for name, value := range p {
		if strings.HasPrefix(value, "--A--") && strings.HasSuffix(value, "--B--") {
			delete(p, name)
		}
	}
	for own, theirs := range s.Fields {
		if value, ok := p[theirs]; ok && p[own] == "" {
			p[own] = value
		}
	}
}

// vicidialCall reads what every message says: which call of which lead it is
// about, and when it was dialled.
func vicidialCall(s *Source, p params) Reading {
	r := Reading{Campaign: p.first("campaign", "campaign_id", "group"), Lead: p.first("vendor_lead_code", "vendor_id"), StandIn: p["lead_id"],
		Phone: p.first("dialed_number", "phone_number")}
	call, unique := p["call_id"], p["uniqueid"]
	for _, key := range []string{call, unique} {
		if key != "" {
			r.Calls = append(r.Calls, key)
		}
	}
	// A closer's leg has a call id of its own; a log knows the channel only.
	r.Leg = strings.HasPrefix(call, "J") || call == ""
	r.LeadFields = vicidialPerson(p)
	if dialled := epochMs(unique); dialled != campaign.None {
		dialled -= dialled % 1000 // what follows the point is a counter
		r.Sayings = append(r.Sayings, started(dialled, dialled))
	}
	return r
}

// vicidialStart is a call that reached an agent's screen.
func vicidialStart(r *Reading, said *Saying, p params, at int64) {
	if vicidialNobody[p["user"]] {
		return
	}
	r.UnderWay = true
	said.result(campaign.Answered)
	said.text(campaign.AttemptAgent, p["user"])
	if at > RankDerived {
		said.number(campaign.AttemptConnectedAt, at)
		answered := saying(RankDerived) // it was answered by then
		answered.number(campaign.AttemptAnsweredAt, at)
		r.Sayings = append(r.Sayings, *answered)
	}
	r.Sayings = append(r.Sayings, *said)
}

// vicidialOutcome is a call that was given a status: by an agent, or by the
// dialer where it reached none.
func vicidialOutcome(s *Source, r *Reading, said *Saying, p params, code string) {
	status, known := s.Status(code)
	agent := !vicidialNobody[p["user"]]
	switch {
	case known:
		said.result(status.Result)
		if status.Result == campaign.Answered {
			said.answeredBy(status.AnsweredBy)
		}
	case agent:
		// A code of the centre's own: the agent was on a call that was answered.
		said.result(campaign.Answered)
	}
	if agent {
		said.text(campaign.AttemptAgent, p["user"])
		said.number(campaign.AttemptTalk, secondsMs(p["talk_time"]))
	}
	said.number(campaign.AttemptCallbackAt, stampMs(p["callback_datetime"], s.Zone, vicidialTime))
	said.endedBy(vicidialEnded(p["term_reason"]))
	if vicidialLegs[code] {
		passed := saying(RankDerived)
		passed.text(campaign.AttemptDisposition, code)
		r.Sayings = append(r.Sayings, *passed)
	} else {
		said.text(campaign.AttemptDisposition, code)
	}
	r.Sayings = append(r.Sayings, *said)
}

func vicidialEnded(reason string) campaign.EndedBy {
	switch reason {
	case "CALLER", "ABANDON":
		return campaign.ByCustomer
	case "AGENT":
		return campaign.ByAgent
	case "", "NONE":
		return 0
	}
	return campaign.BySystem
}

// vicidialPerson is what a message or a row says of the lead itself.
func vicidialPerson(p params) campaign.Content {
	return aboutLead(p["first_name"]+" "+p["last_name"], p["list_id"])
}

// vicidialLead is a lead that was loaded, not yet called.
func vicidialLead(s *Source, p params) Reading {
	lead := p.first("vendor_lead_code", "vendor_id", "lead_id")
	entered := stampMs(p["entry_date"], s.Zone, vicidialTime)
	if lead == "" || entered == campaign.None {
		return Reading{Silent: "a lead without a lead_id or an entry_date"}
	}
	r := Reading{Campaign: p.first("campaign", "campaign_id"), Lead: lead, Phone: p["phone_number"], LeadFields: vicidialPerson(p), RankMs: entered}
	r.LeadFields.Named = r.LeadFields.Named.With(campaign.LeadGeneratedAt, campaign.LeadPosted)
	r.LeadFields.Values[campaign.LeadGeneratedAt].Int = entered
	r.LeadFields.Values[campaign.LeadPosted].Int = 1
	return r
}

// vicidialClocks compares the request's own time in both forms or, where it has no
// epoch, with the second in which the channel was made.
func vicidialClocks(s *Source, m Message) (localMs, epoch int64) {
	r, err := open(m)
	if err != nil {
		return campaign.None, campaign.None
	}
	p := params(tableRow(r))
	if p == nil {
		if p, err = paramsOf(r); err != nil {
			return campaign.None, campaign.None
		}
		p.vicidialNames(s)
	}
	return stampMs(p.first("SQLdate", "call_date"), s.Zone, vicidialTime), epochMs(p.first("epoch", "start_epoch", "uniqueid"))
}
