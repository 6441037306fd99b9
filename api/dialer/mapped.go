package dialer

import (
	"slices"
	"strings"
	"time"

	"ringside/campaign"
)

// Mapped reads any GET, form or JSON by the field map of its source: each of our
// names is given the sender's key, or the path into its JSON. It serves Five9's
// connectors, Convoso's and whatever a centre built for itself.
var Mapped = &Kind{
	Name:       "mapped",
	LocalTimes: true,
	Names: []string{"call", "call_also", "campaign", "lead", "phone", "agent", "started_at", "answered_at", "greeting_ended_at", "connected_at", "ended_at",
		"duration_s", "talk_s", "hold_s", "queue_wait_s", "wrap_s", "result", "answered_by", "ended_by", "disposition", "callback_at", "decided_at", "updated_at",
		"lead_name", "list"},
	Split: func(r *Request) ([]Message, error) { return []Message{whole(r)}, nil },
	Read:  readMapped,
	setup: setupMapped,
}

// Convoso reads what Convoso Connect posts under the names of its call log. Its
// statuses have VICIdial's ancestry.
var Convoso = &Kind{
	Name:       "convoso",
	LocalTimes: true,
	Names:      Mapped.Names,
	Defaults: map[string]string{"call": "id", "lead": "lead_id", "list": "list_id", "campaign": "campaign_id", "agent": "user_id", "phone": "number_dialed",
		"disposition": "status", "started_at": "call_date", "duration_s": "call_length"},
	Split:  Mapped.Split,
	Read:   readMapped,
	Status: vicidialStatus,
	setup:  setupMapped,
}

// mappedTimes are the forms of instants that are read, those with an offset first.
var mappedTimes = []string{time.RFC3339Nano, "2006-01-02T15:04:05Z0700", time.RFC1123Z, "2006-01-02 15:04:05", "2006-01-02T15:04:05",
	"2006-01-02 15:04:05.999999", "2006/01/02 15:04:05", "01/02/2006 15:04:05"}

// mappedResults are the words for how a dial went; anything else is read as a
// code of the source's statuses.
var mappedResults = map[string]campaign.Result{
	"answered": campaign.Answered, "completed": campaign.Answered, "connected": campaign.Answered, "no_answer": campaign.NoAnswer, "noanswer": campaign.NoAnswer,
	"busy": campaign.Busy, "failed": campaign.Failed, "congestion": campaign.Failed, "invalid_number": campaign.Failed, "rejected": campaign.Failed,
	"unknown": campaign.Failed, "cancelled": campaign.Cancelled, "canceled": campaign.Cancelled, "not_placed": campaign.NotPlaced,
}

var mappedAnswers = map[string]campaign.AnsweredBy{"human": campaign.Human, "person": campaign.Human, "machine": campaign.Machine, "voicemail": campaign.Machine,
	"fax": campaign.Machine, "unknown": campaign.Unknown}

var mappedEnds = map[string]campaign.EndedBy{"customer": campaign.ByCustomer, "caller": campaign.ByCustomer, "agent": campaign.ByAgent, "system": campaign.BySystem}

// mappedInstants and mappedDurations are the fields that are read alike.
var (
	mappedInstants = []struct {
		name  string
		field int
	}{{"answered_at", campaign.AttemptAnsweredAt}, {"greeting_ended_at", campaign.AttemptGreetingEndedAt}, {"connected_at", campaign.AttemptConnectedAt},
		{"ended_at", campaign.AttemptEndedAt}, {"callback_at", campaign.AttemptCallbackAt}, {"decided_at", campaign.AttemptDecidedAt}}
	mappedDurations = []struct {
		name  string
		field int
	}{{"talk_s", campaign.AttemptTalk}, {"hold_s", campaign.AttemptHold}, {"queue_wait_s", campaign.AttemptQueueWait}, {"wrap_s", campaign.AttemptWrap}}
)

func readMapped(s *Source, m Message) Reading {
	p, r := readParams(m)
	if r.Silent != "" {
		return r
	}
	get := func(name string) string { return p.first(s.key(name)) }
	for _, name := range []string{"call", "call_also"} {
		if key := get(name); key != "" && !slices.Contains(r.Calls, key) {
			r.Calls = append(r.Calls, key)
		}
	}
	if len(r.Calls) == 0 {
		return Reading{Silent: "no call: map the field that holds the call's key"}
	}
	r.Campaign, r.Lead, r.Phone = get("campaign"), get("lead"), get("phone")
	r.LeadFields = aboutLead(get("lead_name"), get("list"))
	at := func(name string) int64 {
		text := get(name)
		if ms := epochMs(text); ms != campaign.None {
			return ms
		}
		return stampMs(text, s.Zone, mappedTimes...)
	}
	begun, ended := at("started_at"), at("ended_at")
	duration := secondsMs(get("duration_s"))
	said := saying(firstKnown(at("updated_at"), ended, at("decided_at"), at("connected_at"), at("answered_at"), begun, RankUndated))
	for _, f := range mappedInstants {
		said.number(f.field, at(f.name))
	}
	for _, f := range mappedDurations {
		said.number(f.field, secondsMs(get(f.name)))
	}
	said.number(campaign.AttemptStartedAt, begun)
	said.text(campaign.AttemptAgent, get("agent"))
	mappedOutcome(s, said, get)
	if len(r.Calls) > 0 && said.Named == 0 && duration == campaign.None {
		return Reading{Silent: "nothing is said of the call: map more than its key"}
	}
	r.Sayings = append(r.Sayings, *said)
	if duration != campaign.None {
		r.Sayings = append(r.Sayings, mappedSpan(begun, ended, duration)...)
	}
	return r
}

// mappedOutcome reads how the call went, in words or in the source's own codes.
func mappedOutcome(s *Source, said *Saying, get func(string) string) {
	word := func(name string) string { return strings.ToLower(strings.ReplaceAll(get(name), "-", "_")) }
	code := get("disposition")
	status, _ := s.Status(code)
	result, ok := mappedResults[word("result")]
	if !ok {
		stated, _ := s.Status(get("result"))
		if result = stated.Result; result == 0 {
			result = status.Result
		}
	}
	said.result(result)
	said.text(campaign.AttemptDisposition, code)
	who := mappedAnswers[word("answered_by")]
	if who == 0 && result == campaign.Answered {
		if who = status.AnsweredBy; who == 0 && get("agent") != "" {
			who = campaign.Human // it was handed to an agent
		}
	}
	if result == campaign.Answered || result == 0 {
		said.answeredBy(who)
	}
	said.endedBy(mappedEnds[word("ended_by")])
}

// mappedSpan makes of a duration the end that is missing.
func mappedSpan(begun, ended, duration int64) []Saying {
	switch {
	case begun != campaign.None && ended == campaign.None:
		end := saying(RankDerived)
		end.number(campaign.AttemptEndedAt, bounded(begun+duration))
		return []Saying{*end}
	case begun == campaign.None && ended != campaign.None:
		if at := before(ended, duration); at != campaign.None {
			return []Saying{started(RankDerived, at)}
		}
	}
	return nil
}

func firstKnown(instants ...int64) int64 {
	for _, at := range instants {
		if at != campaign.None {
			return at
		}
	}
	return campaign.None
}
