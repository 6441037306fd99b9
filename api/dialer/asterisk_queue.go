package dialer

import (
	"slices"
	"strings"

	"ringside/campaign"
)

// AsteriskQueueLog reads lines of queue_log. It names the customer's channel, by
// which its calls meet their CDRs, whichever comes first.
var AsteriskQueueLog = &Kind{
	Name:   "asterisk_queue_log",
	Split:  splitQueueLog,
	Read:   readQueueLog,
	Status: queueLogStatus,
	beside: "asterisk_cdr",
	setup:  setupQueueLog,

	Inbound: true,
}

// queueLogStatus is the meaning of the events that end a call without an agent
// though the customer did not hang up: the event then stands as its disposition.
func queueLogStatus(code string) (Status, bool) {
	switch code {
	case "EXITWITHTIMEOUT", "EXITEMPTY", "AGENTDUMP":
		return Status{campaign.Abandoned, campaign.Answered, campaign.Human}, true
	case "EXITWITHKEY", "WITHDRAW", "SYSCOMPAT":
		return Status{campaign.CategoryNone, campaign.Answered, campaign.Human}, true
	}
	return Status{}, false
}

// queueLine is a line of queue_log.
type queueLine struct {
	at                        int64
	call, queue, agent, event string
	data                      []string
}

// cutQueueLine cuts a line; ok is false for what is none.
func cutQueueLine(line []byte) (l queueLine, ok bool) {
	f := strings.Split(strings.TrimSpace(string(line)), "|")
	if len(f) < 5 || epochMs(f[0]) == campaign.None {
		return l, false
	}
	l = queueLine{epochMs(f[0]), f[1], f[2], f[3], f[4], f[5:]}
	if l.agent == "NONE" {
		l.agent = ""
	}
	for len(l.data) > 0 && strings.TrimSpace(l.data[len(l.data)-1]) == "" {
		l.data = l.data[:len(l.data)-1]
	}
	return l, true
}

// ofCall reports whether the line names a call.
func (l *queueLine) ofCall() bool {
	return l.call != "" && l.call != "NONE" && l.call != "MANAGER" && l.call != "REALTIME" && strings.Contains(l.call, ".")
}

// seconds is the datum at a place as a duration; campaign.None where there is none.
func (l *queueLine) seconds(i int) int64 {
	if i < 0 || i >= len(l.data) {
		return campaign.None
	}
	return secondsMs(l.data[i])
}

func readQueueLog(_ *Source, m Message) Reading {
	request, err := open(m)
	if err != nil {
		return Reading{Silent: err.Error()}
	}
	l, ok := cutQueueLine(request.Body)
	if !ok {
		return Reading{Silent: "no line of a queue_log"}
	}
	if request.Method == besideCall || !l.busies() {
		if agent, reason := l.agentState(); agent != nil || reason != "" {
			r := Reading{Campaign: l.queue, Agent: agent, Silent: reason}
			if r.Campaign == "NONE" {
				r.Campaign = "" // of all queues
			}
			return r
		}
	}
	if !l.ofCall() {
		return Reading{Silent: clean(l.event) + " is about no call"}
	}
	r := Reading{Calls: []string{l.call}, Campaign: l.queue, UnderWay: l.event == "ENTERQUEUE" || l.event == "CONNECT", Inbound: l.inbound()}
	if born := uniqueMs(l.call); born != campaign.None {
		// The customer's channel is made when dialing begins.
		r.Sayings = append(r.Sayings, started(RankGuess(born), born))
	}
	said := saying(l.at)
	said.result(campaign.Answered)
	if !l.outbound(said) {
		r.Sayings, r.Silent = nil, clean(l.event)+" says nothing of the call"
		return r
	}
	person := saying(RankDerived)
	person.answeredBy(campaign.Human)
	person.number(campaign.AttemptEndedAt, said.Int(campaign.AttemptEndedAt))
	// The caller may stay on the line after the queue: a CDR knows the end better.
	said.Forget(campaign.AttemptEndedAt)
	r.Sayings = append(r.Sayings, *said, *person)
	return r
}

// outbound adds what the event says of a dial that was handed to the queue; false for
// one that says nothing.
func (l *queueLine) outbound(said *Saying) bool {
	switch l.event {
	case "ENTERQUEUE":
		return true
	case "CONNECT":
		said.text(campaign.AttemptAgent, l.agent)
		said.number(campaign.AttemptConnectedAt, l.at)
		said.number(campaign.AttemptQueueWait, l.seconds(0))
	case "COMPLETEAGENT", "COMPLETECALLER":
		said.text(campaign.AttemptAgent, l.agent)
		said.number(campaign.AttemptQueueWait, l.seconds(0))
		said.number(campaign.AttemptTalk, l.seconds(1))
		said.number(campaign.AttemptEndedAt, l.at)
		said.endedBy(map[string]campaign.EndedBy{"COMPLETEAGENT": campaign.ByAgent, "COMPLETECALLER": campaign.ByCustomer}[l.event])
	case "ABANDON":
		said.number(campaign.AttemptQueueWait, l.seconds(2))
		said.number(campaign.AttemptEndedAt, l.at)
		said.endedBy(campaign.ByCustomer)
	case "EXITWITHTIMEOUT", "EXITEMPTY", "WITHDRAW", "EXITWITHKEY":
		said.number(campaign.AttemptQueueWait, l.seconds(waitAt(l.event)))
		said.text(campaign.AttemptDisposition, l.event)
	case "AGENTDUMP", "SYSCOMPAT":
		said.text(campaign.AttemptAgent, l.agent)
		said.text(campaign.AttemptDisposition, l.event)
	case "BLINDTRANSFER", "ATTENDEDTRANSFER", "TRANSFER":
		// Their length varies, but they all end in hold, talk and position.
		said.text(campaign.AttemptAgent, l.agent)
		said.number(campaign.AttemptQueueWait, l.seconds(len(l.data)-3))
		said.number(campaign.AttemptTalk, l.seconds(len(l.data)-2))
	default:
		return false
	}
	return true
}

// inbound is what the event says of a call that was offered to the queue. A call may
// leave a queue and come back: then it was offered when it first came, answered when it
// first was, and ended when it last did. An instant that no line has told yet follows
// from the durations of another.
func (l *queueLine) inbound() []Saying {
	var all []Saying
	say := func(rank int64, field int, value int64) {
		if value != campaign.None {
			s := callSaying(rank)
			s.number(field, value)
			all = append(all, *s)
		}
	}
	answered := func(rank, at int64) {
		s := callSaying(rank)
		s.number(campaign.CallAnsweredAt, at)
		s.text(campaign.CallAgent, l.agent)
		all = append(all, *s)
	}
	// follows ranks what follows from a duration below all that is told, the earliest
	// highest.
	follows := func(at int64) int64 { return rankLeast + 1e13 - at }
	offered, blocked := l.at, int64(0)
	switch l.event {
	case "ENTERQUEUE":
		say(RankGuess(l.at), campaign.CallOfferedAt, l.at)
		all = append(all, l.caller(), l.goesOn())
	case "JOINEMPTY", "FULL", "CLOSED", "DIVERT_CA_RATIO", "DIVERT_HOLDTIME":
		// Dialplans that refuse a call before the queue write these; Asterisk itself does not.
		say(RankGuess(l.at), campaign.CallOfferedAt, l.at)
		blocked = 1
	case "CONNECT":
		offered = l.less(l.seconds(0))
		answered(RankGuess(l.at), l.at)
		all = append(all, l.goesOn())
	case "COMPLETEAGENT", "COMPLETECALLER":
		begun := l.less(l.seconds(1))
		offered = l.less(l.seconds(1), l.seconds(0))
		answered(follows(begun), begun)
		say(l.at, campaign.CallEndedAt, l.at)
	case "BLINDTRANSFER", "ATTENDEDTRANSFER", "TRANSFER":
		hold, talk := l.seconds(len(l.data)-3), l.seconds(len(l.data)-2)
		begun := l.less(talk)
		offered = l.less(talk, hold)
		answered(follows(begun), begun)
		say(l.at, campaign.CallEndedAt, l.at)
		say(RankUndated, campaign.CallTransfers, 1)
	case "WRAPUPSTART":
		say(l.at, campaign.CallWrap, l.seconds(0))
	case "ABANDON":
		offered = l.less(l.seconds(2))
		say(l.at, campaign.CallAbandonedAt, l.at)
	case "EXITWITHTIMEOUT", "EXITEMPTY", "LEAVEEMPTY", "WITHDRAW", "EXITWITHKEY":
		offered = l.less(l.seconds(waitAt(l.event)))
		say(l.at, campaign.CallEndedAt, l.at)
	case "AGENTDUMP", "SYSCOMPAT":
		say(l.at, campaign.CallEndedAt, l.at)
	case "RINGNOANSWER", "RINGCANCELED":
		if ring := l.seconds(0); ring != campaign.None {
			offered = l.less(ring / 1000) // it is told in milliseconds
		}
	default:
		return nil
	}
	say(follows(offered), campaign.CallOfferedAt, offered)
	// Who came in at last was not turned away.
	say(RankDerived-blocked, campaign.CallBlocked, blocked)
	return all
}

// waitAt is where an event that ends the waiting tells how long that was.
func waitAt(event string) int {
	if event == "EXITWITHKEY" {
		return 3
	}
	return 2
}

// less is the line's instant less durations, of which those not told are none.
func (l *queueLine) less(durations ...int64) int64 {
	at := l.at
	for _, d := range durations {
		if earlier := before(at, d); earlier != campaign.None {
			at = earlier
		}
	}
	return at
}

// goesOn takes back that the call had left the queue.
func (l *queueLine) goesOn() Saying {
	s := callSaying(l.at - 1) // a call may end within the second
	s.Named = s.Named.With(campaign.CallEndedAt)
	s.Null = s.Null.With(campaign.CallEndedAt)
	return *s
}

// nobody are words that stand for a number that was not shown.
var nobody = []string{"unknown", "<unknown>", "anonymous", "private", "restricted", "unavailable", "withheld"}

// caller is who calls, as far as the line knows.
func (l *queueLine) caller() Saying {
	s := callSaying(RankUndated)
	if len(l.data) > 1 && !slices.Contains(nobody, strings.ToLower(strings.TrimSpace(l.data[1]))) {
		s.text(campaign.CallCustomer, l.data[1])
	}
	return *s
}
