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
