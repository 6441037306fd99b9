package dialer

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"time"

	"ringside/campaign"
)

// AsteriskCDR reads lines of Master.csv in all its numbers of columns. The call
// must be named in it (loguniqueid=yes); campaign and lead come in the user field
// as campaign=…;lead=…, the campaign else in the account code.
var AsteriskCDR = &Kind{
	Name:       "asterisk_cdr",
	LocalTimes: true,
	Split:      func(r *Request) ([]Message, error) { return splitLines(r, cdrLeast) },
	Read:       readCDR,
	clocks:     cdrClocks,
	beside:     "asterisk_queue_log",
	setup:      setupAsteriskCDR,
}

// lineMost bounds one line of a file; shorter on average than these are no records.
const (
	lineMost      = 64 << 10
	cdrLeast      = 96
	queueLogLeast = 32
)

// splitLines makes a message of each line that is not blank.
func splitLines(r *Request, leastBytes int) ([]Message, error) {
	var out []Message
	number := 0
	for line := range strings.SplitSeq(string(r.Body), "\n") {
		number++
		line = strings.TrimSuffix(line, "\r")
		if strings.TrimSpace(line) == "" {
			continue
		}
		if len(line) > lineMost {
			return nil, fmt.Errorf("line %d is over %d bytes", number, lineMost)
		}
		if tooTiny(len(out)+1, r, leastBytes) {
			return nil, errTiny
		}
		one := *r
		one.Header = http.Header{}
		one.Body = []byte(line)
		out = append(out, whole(&one))
	}
	return out, nil
}

// The columns of a CDR, from 0.
const (
	cdrAccount     = 0
	cdrDestination = 2
	cdrLastApp     = 7
	cdrStart       = 9
	cdrAnswer      = 10
	cdrEnd         = 11
	cdrDisposition = 14
	cdrUniqueID    = 16
	cdrUserField   = 17
	cdrColumnsMin  = 16
	cdrColumnsMost = 21
)

var cdrResults = map[string]campaign.Result{"ANSWERED": campaign.Answered, "NO ANSWER": campaign.NoAnswer, "BUSY": campaign.Busy,
	"FAILED": campaign.Failed, "CONGESTION": campaign.Failed, "CANCEL": campaign.Cancelled}

func readCDR(s *Source, m Message) Reading {
	column, err := cdrRow(m)
	if err != nil {
		return Reading{Silent: err.Error()}
	}
	result, known := cdrResults[strings.ToUpper(column(cdrDisposition))]
	if !known {
		return Reading{Silent: "no CDR: it has no disposition"}
	}
	unique := column(cdrUniqueID)
	if unique == "" || !strings.Contains(unique, ".") {
		return Reading{Silent: "no uniqueid: set loguniqueid=yes in cdr.conf"}
	}
	r := Reading{Calls: []string{unique}, Campaign: column(cdrAccount)}
	about := userField(column(cdrUserField))
	if about["campaign"] != "" {
		r.Campaign = about["campaign"]
	}
	r.Lead = about["lead"]
	if phone := column(cdrDestination); strings.Trim(phone, "+0123456789") == "" && len(phone) > 5 {
		r.Phone = phone
	}
	clock := asteriskClock{zone: s.Zone, aboutMs: uniqueMs(unique)}
	r.cdrTimes(clock.at(column(cdrStart)), clock.at(column(cdrAnswer)), clock.at(column(cdrEnd)), result)
	if column(cdrAnswer) != "" || result == campaign.Answered {
		r.cdrAnswer(column(cdrLastApp) == "Queue", about)
	}
	return r
}

// cdrRow returns a CDR's columns by their place, "" for one that it lacks.
func cdrRow(m Message) (column func(i int) string, err error) {
	request, err := open(m)
	if err != nil {
		return nil, err
	}
	var row []string
	if bytes.Count(request.Body, []byte(",")) >= cdrColumnsMin-1 {
		reader := csv.NewReader(bytes.NewReader(request.Body))
		reader.LazyQuotes, reader.FieldsPerRecord = true, -1
		row, err = reader.Read()
	}
	if err != nil || len(row) < cdrColumnsMin || len(row) > cdrColumnsMost {
		return nil, fmt.Errorf("no CDR of %d to %d columns", cdrColumnsMin, cdrColumnsMost)
	}
	return func(i int) string {
		if i < len(row) {
			return strings.TrimSpace(row[i])
		}
		return ""
	}, nil
}

// cdrTimes puts the rows of one call together: the earliest start and answer, the
// latest end, and answered if any row was.
func (r *Reading) cdrTimes(begun, answered, ended int64, result campaign.Result) {
	if begun != campaign.None {
		r.Sayings = append(r.Sayings, started(RankGuess(begun), begun))
	}
	if answered != campaign.None {
		first := saying(RankGuess(answered))
		first.number(campaign.AttemptAnsweredAt, answered)
		r.Sayings = append(r.Sayings, *first)
		result = campaign.Answered
	}
	// A row that was not answered says less than any that was.
	how := saying(RankUndated)
	if result == campaign.Answered {
		how = saying(RankDerived)
	}
	how.result(result)
	r.Sayings = append(r.Sayings, *how)
	if ended != campaign.None {
		last := saying(ended)
		last.number(campaign.AttemptEndedAt, ended)
		r.Sayings = append(r.Sayings, *last)
	}
}

// cdrAnswer says who answered. Asterisk does not know, unless the dialplan put
// AMD's finding into the user field: a call handed to a queue was a person's.
func (r *Reading) cdrAnswer(queued bool, about map[string]string) {
	who := saying(RankUndated)
	who.answeredBy(campaign.Unknown)
	if queued {
		who = saying(RankDerived)
		who.answeredBy(campaign.Human)
	}
	found, _, _ := strings.Cut(strings.ToUpper(about["amd"]), ":")
	detected := map[string]campaign.AnsweredBy{"HUMAN": campaign.Human, "MACHINE": campaign.Machine, "NOTSURE": campaign.Unknown}[found]
	if detected != 0 {
		who = saying(RankDerived + 1)
		who.answeredBy(detected)
	}
	r.Sayings = append(r.Sayings, *who)
	if code := clean(about["disposition"]); code != "" {
		told := saying(RankDerived + 1)
		told.text(campaign.AttemptDisposition, code)
		r.Sayings = append(r.Sayings, *told)
	}
}

// userField reads name=value pairs set apart by semicolons.
func userField(text string) map[string]string {
	out := map[string]string{}
	for pair := range strings.SplitSeq(text, ";") {
		if name, value, ok := strings.Cut(pair, "="); ok && len(out) < 100 {
			name = strings.ToLower(strings.TrimSpace(name))
			if _, twice := out[name]; !twice {
				out[name] = strings.TrimSpace(value)
			}
		}
	}
	return out
}

// uniqueMs is the second in which a channel was made, which its unique id begins
// with, behind the system's name where there is one.
func uniqueMs(unique string) int64 {
	if i := strings.LastIndexByte(unique, '-'); i >= 0 {
		unique = unique[i+1:]
	}
	whole, _, _ := strings.Cut(unique, ".")
	return epochMs(whole)
}

// cdrClocks compares a record's start with the second in which its channel was made.
func cdrClocks(s *Source, m Message) (localMs, epoch int64) {
	column, err := cdrRow(m)
	if err != nil {
		return campaign.None, campaign.None
	}
	return stampMs(column(cdrStart), s.Zone, asteriskTime), uniqueMs(column(cdrUniqueID))
}

const asteriskTime = "2006-01-02 15:04:05"

// asteriskClock reads local times. In the hour that a clock change repeats the
// time nearest to the channel's own second is meant.
type asteriskClock struct {
	zone    *time.Location
	aboutMs int64
}

func (c asteriskClock) at(text string) int64 {
	ms := stampMs(text, c.zone, asteriskTime)
	if ms == campaign.None || c.aboutMs == campaign.None || c.zone == nil {
		return ms
	}
	distance := func(ms int64) int64 { return max(ms, c.aboutMs) - min(ms, c.aboutMs) }
	best := ms
	for _, shift := range []time.Duration{-time.Hour, -30 * time.Minute, 30 * time.Minute, time.Hour} {
		other := time.UnixMilli(ms).Add(shift)
		if other.In(c.zone).Format(asteriskTime) == strings.TrimSpace(text) && distance(other.UnixMilli()) < distance(best) {
			best = other.UnixMilli()
		}
	}
	return best
}

// AsteriskQueueLog reads lines of queue_log. It names the customer's channel, by
// which its calls meet their CDRs, whichever comes first.
var AsteriskQueueLog = &Kind{
	Name:   "asterisk_queue_log",
	Split:  func(r *Request) ([]Message, error) { return splitLines(r, queueLogLeast) },
	Read:   readQueueLog,
	Status: queueLogStatus,
	beside: "asterisk_cdr",
	setup:  setupQueueLog,
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

func readQueueLog(_ *Source, m Message) Reading {
	request, err := open(m)
	if err != nil {
		return Reading{Silent: err.Error()}
	}
	f := strings.Split(strings.TrimSpace(string(request.Body)), "|")
	if len(f) < 5 || epochMs(f[0]) == campaign.None {
		return Reading{Silent: "no line of a queue_log"}
	}
	at, call, queue, agent, event, data := epochMs(f[0]), f[1], f[2], f[3], f[4], f[5:]
	if call == "" || call == "NONE" || call == "MANAGER" || call == "REALTIME" || !strings.Contains(call, ".") {
		return Reading{Silent: clean(event) + " is about no call"}
	}
	if agent == "NONE" {
		agent = ""
	}
	r := Reading{Calls: []string{call}, Campaign: queue, UnderWay: event == "ENTERQUEUE" || event == "CONNECT"}
	if born := uniqueMs(call); born != campaign.None {
		// The customer's channel is made when dialing begins.
		r.Sayings = append(r.Sayings, started(RankGuess(born), born))
	}
	said := saying(at)
	said.result(campaign.Answered)
	if !queueEvent(said, event, agent, at, data) {
		return Reading{Silent: clean(event) + " says nothing of the call"}
	}
	person := saying(RankDerived)
	person.answeredBy(campaign.Human)
	person.number(campaign.AttemptEndedAt, said.Int(campaign.AttemptEndedAt))
	// The caller may stay on the line after the queue: a CDR knows the end better.
	said.Forget(campaign.AttemptEndedAt)
	r.Sayings = append(r.Sayings, *said, *person)
	return r
}

// queueEvent adds what one event says; false for one that says nothing.
func queueEvent(said *Saying, event, agent string, at int64, data []string) bool {
	seconds := func(i int) int64 {
		if i < 0 || i >= len(data) {
			return campaign.None
		}
		return secondsMs(data[i])
	}
	for len(data) > 0 && strings.TrimSpace(data[len(data)-1]) == "" {
		data = data[:len(data)-1]
	}
	switch event {
	case "ENTERQUEUE":
		return true
	case "CONNECT":
		said.text(campaign.AttemptAgent, agent)
		said.number(campaign.AttemptConnectedAt, at)
		said.number(campaign.AttemptQueueWait, seconds(0))
	case "COMPLETEAGENT", "COMPLETECALLER":
		said.text(campaign.AttemptAgent, agent)
		said.number(campaign.AttemptQueueWait, seconds(0))
		said.number(campaign.AttemptTalk, seconds(1))
		said.number(campaign.AttemptEndedAt, at)
		said.endedBy(map[string]campaign.EndedBy{"COMPLETEAGENT": campaign.ByAgent, "COMPLETECALLER": campaign.ByCustomer}[event])
	case "ABANDON":
		said.number(campaign.AttemptQueueWait, seconds(2))
		said.number(campaign.AttemptEndedAt, at)
		said.endedBy(campaign.ByCustomer)
	case "EXITWITHTIMEOUT", "EXITEMPTY", "WITHDRAW", "EXITWITHKEY":
		wait := 2
		if event == "EXITWITHKEY" {
			wait = 3
		}
		said.number(campaign.AttemptQueueWait, seconds(wait))
		said.text(campaign.AttemptDisposition, event)
	case "AGENTDUMP", "SYSCOMPAT":
		said.text(campaign.AttemptAgent, agent)
		said.text(campaign.AttemptDisposition, event)
	case "BLINDTRANSFER", "ATTENDEDTRANSFER", "TRANSFER":
		// Their length varies, but they all end in hold, talk and position.
		said.text(campaign.AttemptAgent, agent)
		said.number(campaign.AttemptQueueWait, seconds(len(data)-3))
		said.number(campaign.AttemptTalk, seconds(len(data)-2))
	default:
		return false
	}
	return true
}
