package callcentre

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

const (
	blockBytes = 1 << 18
	postBytes  = 1 << 10 // more than any post needs
)

// begin opens a post at the end of the current block. Posts are written by
// hand: all their texts are ours and need no escaping.
func (l *line) begin() []byte {
	if cap(l.block)-len(l.block) < postBytes {
		l.block = make([]byte, 0, blockBytes)
	}
	return l.block[len(l.block):]
}

// finish closes the post and keeps later ones from growing into it.
func (l *line) finish(b []byte) []byte {
	b = append(b, '}')
	l.block = l.block[:len(l.block)+len(b)]
	return b[:len(b):len(b)]
}

// attempt renders a call as far as it is told; updatedMs 0 leaves it undated.
func (l *line) attempt(c *call, t telling, updatedMs int64) []byte {
	b := append(l.begin(), `{"ref":"`...)
	b = l.appendAttemptRef(b, c)
	b = append(b, `","lead":`...)
	b = l.appendLead(b, c.lead)
	if c.agent != nil {
		b = appendText(b, `,"agent":"`, c.agent.ref)
	}
	b = l.appendInstant(b, `,"started_at":"`, c.startMs)
	b = appendText(b, `,"result":"`, c.result)
	b = appendText(b, `,"answered_by":"`, c.answeredBy)
	b = l.appendInstant(b, `,"answered_at":"`, c.answerMs)
	b = l.appendInstant(b, `,"greeting_ended_at":"`, c.greetingMs)
	if !(l.script.agentFirst() && c.number%3 == 0) { // such dialers often leave it out
		b = l.appendInstant(b, `,"connected_at":"`, c.connectMs)
	}
	if t >= over {
		b = l.appendInstant(b, `,"ended_at":"`, c.endMs)
		b = appendText(b, `,"ended_by":"`, c.endedBy)
		if c.holdMs > 0 {
			b = appendSeconds(b, `,"hold_s":`, c.holdMs)
		}
	}
	if t == whole {
		b = l.appendOutcome(b, c)
	}
	return l.finish(l.appendInstant(b, `,"updated_at":"`, updatedMs))
}

// outcome renders what an agent or the dialer says after the call.
func (l *line) outcome(c *call, updatedMs int64) []byte {
	b := append(l.begin(), `{"attempt":"`...)
	b = append(l.appendAttemptRef(b, c), '"')
	if c.agent != nil && c.number%2 == 0 {
		b = appendText(b, `,"agent":"`, c.agent.ref)
	}
	b = l.appendOutcome(b, c)
	if c.verdict == interested && c.number%5 == 0 {
		b = append(b, `,"note":"asked for the offer in writing"`...)
	}
	return l.finish(l.appendInstant(b, `,"updated_at":"`, updatedMs))
}

// appendOutcome writes the fields that attempts and outcomes share.
func (l *line) appendOutcome(b []byte, c *call) []byte {
	if c.wrapMs >= 0 {
		b = appendSeconds(b, `,"wrap_s":`, c.wrapMs)
	}
	b = appendText(b, `,"disposition":"`, c.code)
	if c.verdict == sale {
		b = appendMoney(b, `,"amount":"`, c.amount)
		b = l.appendInstant(b, `,"decided_at":"`, c.decidedMs)
	}
	return l.appendInstant(b, `,"callback_at":"`, c.callbackMs)
}

// change is what an amendment is about; it names no more than that.
type change uint8

const (
	changeCode change = iota
	changeDecision
	changeAmount
	changeAgent
	changeNoCallback
	changeCancelled
)

func (l *line) amendment(c *call, what change, updatedMs int64) []byte {
	b := append(l.begin(), `{"attempt":"`...)
	b = append(l.appendAttemptRef(b, c), '"')
	switch what {
	case changeAmount:
		b = appendMoney(b, `,"amount":"`, c.amount)
	case changeAgent:
		b = appendText(b, `,"agent":"`, c.agent.ref)
	default:
		b = appendText(b, `,"disposition":"`, c.code)
	}
	switch what {
	case changeDecision:
		b = appendMoney(b, `,"amount":"`, c.amount)
		b = l.appendInstant(b, `,"decided_at":"`, c.decidedMs)
	case changeNoCallback:
		b = append(b, `,"callback_at":null`...)
	case changeCancelled:
		b = l.appendInstant(b, `,"cancelled_at":"`, c.cancelledMs)
	case changeCode:
		b = append(b, `,"note":"changed after listening to the recording"`...)
	}
	return l.finish(l.appendInstant(b, `,"updated_at":"`, updatedMs))
}

func (l *line) leadPost(ld *lead, generatedMs, updatedMs int64) []byte {
	s := l.script
	b := l.beginLead(ld, generatedMs)
	b = appendText(b, `,"list":"`, s.lists[ld.list].name)
	b = appendText(b, `,"source":"`, s.sources[ld.source].name)
	if len(s.leadZones) > 0 {
		b = appendText(b, `,"time_zone":"`, s.leadZones[ld.zone])
	}
	if s.leadPrice > 0 {
		b = appendMoney(b, `,"price":"`, s.leadPrice*int64(1+ld.source))
	}
	if ld.number%4 == 0 {
		b = append(b, `,"attributes":{"household":"`...)
		b = strconv.AppendUint(b, ld.number/4%5+1, 10)
		b = append(b, `"}`...)
	}
	return l.finish(l.appendInstant(b, `,"updated_at":"`, updatedMs))
}

// leadCorrection says the lead's number anew and leaves the rest as posted.
func (l *line) leadCorrection(ld *lead, generatedMs, updatedMs int64) []byte {
	return l.finish(l.appendInstant(l.beginLead(ld, generatedMs), `,"updated_at":"`, updatedMs))
}

func (l *line) beginLead(ld *lead, generatedMs int64) []byte {
	b := append(l.begin(), `{"ref":"`...)
	b = append(l.appendLeadRef(b, ld), '"')
	b = l.appendInstant(b, `,"generated_at":"`, generatedMs)
	b = append(b, `,"phone":"`...)
	return append(append(b, ld.phone()...), '"')
}

func (l *line) appendLead(b []byte, ld *lead) []byte {
	if !ld.stray {
		return append(l.appendLeadRef(append(b, '"'), ld), '"')
	}
	b = append(l.appendLeadRef(append(b, `{"ref":"`...), ld), `","phone":"`...)
	return append(append(b, ld.phone()...), `"}`...)
}

func (l *line) appendLeadRef(b []byte, ld *lead) []byte {
	return appendPadded(append(b, l.script.leadPrefix...), ld.number, 6)
}

// appendAttemptRef writes the dialer's call key: often the start in seconds and
// a running number, as telephony engines make them.
func (l *line) appendAttemptRef(b []byte, c *call) []byte {
	b = append(b, l.script.attemptPrefix...)
	if l.script.detects() {
		b = append(strconv.AppendInt(b, c.startMs/1000, 10), '.')
	}
	return appendPadded(b, c.number, 6)
}

// appendText writes nothing for an empty text: unknown is left out, not empty.
func appendText(b []byte, field, text string) []byte {
	if text == "" {
		return b
	}
	b = append(append(b, field...), text...)
	return append(b, '"')
}

func appendSeconds(b []byte, field string, ms int64) []byte {
	b = append(b, field...)
	b = strconv.AppendInt(b, ms/1000, 10)
	if tenths := ms % 1000 / 100; tenths != 0 {
		b = append(b, '.', byte('0'+tenths))
	}
	return b
}

// appendMoney writes two digits: all four currencies have cents (or paise).
func appendMoney(b []byte, field string, minor int64) []byte {
	b = append(b, field...)
	if minor < 0 {
		b, minor = append(b, '-'), -minor
	}
	b = append(strconv.AppendInt(b, minor/100, 10), '.')
	b = appendPadded(b, uint64(minor%100), 2)
	return append(b, '"')
}

func (l *line) appendInstant(b []byte, field string, ms int64) []byte {
	if ms == 0 {
		return b
	}
	at := time.UnixMilli(ms).UTC()
	if l.script.localTimes {
		at = at.In(l.zone)
	}
	return append(at.AppendFormat(append(b, field...), "2006-01-02T15:04:05.000Z07:00"), '"')
}

// declare is the body of the campaign's PUT.
func (l *line) declare() json.RawMessage {
	type disposition struct {
		Code     string `json:"code"`
		Label    string `json:"label"`
		Category string `json:"category"`
		Stage    string `json:"stage,omitempty"`
	}
	s := l.script
	body := struct {
		Name         string        `json:"name"`
		TimeZone     string        `json:"time_zone"`
		Currency     string        `json:"currency"`
		DialMode     string        `json:"dial_mode"`
		StartsOn     string        `json:"starts_on"`
		Compliance   string        `json:"compliance"`
		Stages       []string      `json:"stages"`
		Dispositions []disposition `json:"dispositions"`
	}{s.name, s.zone, s.currency, s.dialMode, l.firstDay.Format(time.DateOnly), s.compliance, s.stages, nil}
	for _, c := range s.codes {
		body.Dispositions = append(body.Dispositions, disposition{c.code, c.label, c.category, c.stage})
	}
	b, err := json.Marshal(body)
	if err != nil {
		panic(fmt.Sprintf("callcentre: %v", err)) // strings only
	}
	return b
}
