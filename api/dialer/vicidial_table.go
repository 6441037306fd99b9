package dialer

import "ringside/campaign"

// vicidialRow reads one row of an exported table, told by its columns.
func vicidialRow(s *Source, p params) Reading {
	switch {
	case p["agent_log_id"] != "":
		return vicidialAgentLog(s, p)
	case p["closecallid"] != "" || p["length_in_sec"] != "":
		return vicidialLog(s, p)
	case p["entry_date"] != "":
		return vicidialLead(s, p)
	}
	return Reading{Silent: "a row of none of vicidial_log, vicidial_closer_log, vicidial_agent_log, vicidial_list"}
}

// vicidialLog is a call as vicidial_log and vicidial_closer_log keep it. Its
// length is the call's, not the agent's talk.
func vicidialLog(s *Source, p params) Reading {
	r := vicidialCall(s, p)
	if len(r.Calls) == 0 {
		return Reading{Silent: "no uniqueid"}
	}
	dialled, ended := epochMs(p["start_epoch"]), epochMs(p["end_epoch"])
	rank := ended
	if rank == campaign.None {
		rank = RankUndated
	}
	if p["closecallid"] == "" && dialled != campaign.None {
		r.Sayings = append(r.Sayings, started(dialled, dialled))
	}
	said := saying(rank)
	said.number(campaign.AttemptEndedAt, ended)
	said.number(campaign.AttemptQueueWait, secondsMs(p["queue_seconds"]))
	if code := p["status"]; vicidialUnsaid[code] {
		r.Sayings = append(r.Sayings, *said)
	} else {
		vicidialOutcome(s, &r, said, p, code)
	}
	return r
}

// vicidialAgentLog is one agent's part in a call: the only place where VICIdial
// tells wrap-up. The time after the customer hung up is no talk.
func vicidialAgentLog(s *Source, p params) Reading {
	if p["uniqueid"] == "" {
		return Reading{Silent: "an agent's pause or wait without a call"}
	}
	r := vicidialCall(s, p)
	joined := epochMs(p["talk_epoch"])
	rank := epochMs(p["dispo_epoch"])
	if rank == campaign.None {
		rank = joined
	}
	if rank == campaign.None {
		rank = RankUndated
	}
	said := saying(rank)
	talk, dead := secondsMs(p["talk_sec"]), max(0, secondsMs(p["dead_sec"]))
	if talk != campaign.None {
		talk = max(0, talk-dead)
	}
	if talk > 0 {
		said.number(campaign.AttemptConnectedAt, joined)
	}
	p["talk_time"] = "" // the table's own, in seconds less the dead ones, instead
	said.number(campaign.AttemptTalk, talk)
	said.number(campaign.AttemptWrap, secondsMs(p["dispo_sec"]))
	if code := p["status"]; vicidialUnsaid[code] {
		said.text(campaign.AttemptAgent, p["user"])
		r.Sayings = append(r.Sayings, *said)
	} else {
		vicidialOutcome(s, &r, said, p, code)
	}
	return r
}
