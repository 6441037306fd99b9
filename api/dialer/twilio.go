package dialer

import (
	"strconv"
	"strings"
	"time"

	"ringside/campaign"
)

// Twilio reads Twilio's status callbacks and the callbacks of asynchronous
// answering-machine detection. Campaign and lead come in the callback URL's own
// query (?campaign=…&lead=…), which Twilio's signature covers. An agent is on the
// line only as a child call of the dialled one; Twilio's callbacks alone do not
// say what was said, so talk and wrap stay unknown; TaskRouter's events, which come
// in batches of CloudEvents or as forms, tell the wrap.
var Twilio = &Kind{
	Name:  "twilio",
	Split: splitTwilio,
	Read:  readTwilio,
	setup: setupTwilio,
}

// twilioResults are the results of CallStatus. What is not final yet stands until
// a later status says more.
var twilioResults = map[string]campaign.Result{
	"queued": campaign.NoAnswer, "initiated": campaign.NoAnswer, "ringing": campaign.NoAnswer,
	"in-progress": campaign.Answered, "completed": campaign.Answered,
	"busy": campaign.Busy, "no-answer": campaign.NoAnswer, "canceled": campaign.Cancelled, "failed": campaign.Failed,
}

// twilioUnderWay are the statuses that another follows; that of a callback that only
// tells who answered is "".
var twilioUnderWay = map[string]bool{"": true, "queued": true, "initiated": true, "ringing": true, "in-progress": true}

func readTwilio(_ *Source, m Message) Reading {
	p, reading := readParams(m)
	if reading.Silent != "" {
		return reading
	}
	if event := p.first("data.payload.eventtype", "EventType"); event != "" {
		return twilioTask(event, p)
	}
	call := p.first("ParentCallSid", "CallSid")
	if call == "" {
		return Reading{Silent: "no CallSid"}
	}
	if p["Direction"] == "inbound" {
		return Reading{Silent: "an inbound call is no dial"}
	}
	reading.Calls, reading.Campaign, reading.Lead = []string{call}, p.first("campaign"), p.first("lead")
	reading.Phone = p.first("To", "Called")
	status := p["CallStatus"]
	reading.UnderWay = twilioUnderWay[status]
	if p["ParentCallSid"] != "" {
		// A child leg is the agent's: what it says of answer and end is not the
		// customer's.
		return twilioAgent(p, reading)
	}
	result, known := twilioResults[status]
	if !known && p["AnsweredBy"] == "" {
		return Reading{Silent: "neither a CallStatus nor who answered"}
	}
	at := stampMs(p["Timestamp"], time.UTC, time.RFC1123Z, time.RFC1123)
	s := saying(twilioRank(p, at))
	s.result(result)
	s.answeredBy(twilioAnsweredBy(p["AnsweredBy"]))
	switch status {
	case "in-progress":
		s.number(campaign.AttemptAnsweredAt, at)
	case "completed", "busy", "no-answer", "canceled", "failed":
		s.number(campaign.AttemptEndedAt, at)
	}
	reading.Sayings = append(reading.Sayings, *s)
	if !known {
		derived := saying(RankDerived) // who answered says that somebody did
		derived.result(campaign.Answered)
		reading.Sayings = append(reading.Sayings, *derived)
	}
	if answered := before(at, secondsMs(p["CallDuration"])); status == "completed" && answered != campaign.None {
		derived := saying(RankDerived)
		derived.number(campaign.AttemptAnsweredAt, answered)
		reading.Sayings = append(reading.Sayings, *derived)
	}
	reading.Sayings = append(reading.Sayings, twilioStart(status, at, p, m)...)
	return reading
}

// twilioStart dates the start: initiated says it; before it has come the answer,
// or the time of whatever came, stands in.
func twilioStart(status string, at int64, p params, m Message) []Saying {
	if at == campaign.None {
		return []Saying{started(RankGuess(m.ReceivedMs), m.ReceivedMs)}
	}
	if status == "initiated" || status == "queued" {
		return []Saying{started(at, at)}
	}
	if answered := before(at, secondsMs(p["CallDuration"])); status == "completed" && answered != campaign.None {
		return []Saying{started(RankDerived, answered)}
	}
	return []Saying{started(RankGuess(at), at)}
}

// twilioRank ranks a callback by its event, and events of one second by their
// sequence.
func twilioRank(p params, at int64) int64 {
	if at == campaign.None {
		return RankUndated
	}
	sequence, err := strconv.Atoi(p["SequenceNumber"])
	if err != nil {
		sequence = 0
	}
	return at + int64(min(max(sequence, 0), 999))
}

// twilioAgent reads the leg of an agent who was dialled into the call: its answer
// is when the agent joined.
func twilioAgent(p params, reading Reading) Reading {
	at := stampMs(p["Timestamp"], time.UTC, time.RFC1123Z, time.RFC1123)
	joined := campaign.None
	switch p["CallStatus"] {
	case "in-progress":
		joined = at
	case "completed":
		joined = before(at, secondsMs(p["CallDuration"]))
	}
	if joined == campaign.None {
		return Reading{Silent: "the leg of an agent who has not answered"}
	}
	agent, isClient := strings.CutPrefix(p.first("To", "Called"), "client:")
	if !isClient {
		return Reading{Silent: "a forwarded leg that names no agent (client:…)"}
	}
	reading.Phone, reading.UnderWay = "", true // the customer's leg tells how it ended
	s := saying(twilioRank(p, at))
	s.number(campaign.AttemptConnectedAt, joined)
	s.text(campaign.AttemptAgent, agent)
	reading.Sayings = append(reading.Sayings, *s)
	return reading
}

// twilioAnsweredBy reads AnsweredBy: machine_start, machine_end_beep and their
// like are all machines, and so is a fax.
func twilioAnsweredBy(word string) campaign.AnsweredBy {
	switch {
	case word == "human":
		return campaign.Human
	case strings.HasPrefix(word, "machine") || word == "fax":
		return campaign.Machine
	case word == "unknown":
		return campaign.Unknown
	}
	return 0
}
