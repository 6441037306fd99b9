// Package dialer reads what dialer systems send, as they send it: each system's
// file turns its requests into messages and each message into what it says of
// one dial. Nothing here knows of databases; the same bytes always give the same
// reading, so a kept message can be read again when a mapping was mended.
package dialer

import (
	"net/http"
	"time"

	"ringside/campaign"
)

// Source is a configured sender, as PUT /v1/sources/{ref} describes it.
type Source struct {
	Ref  string
	Kind *Kind
	// Auth is how the sender proves itself.
	Auth Auth
	// Zone is where the sender's local times are; nil where the kind has none.
	Zone *time.Location
	// Fields names, for kinds that let the sender choose its own names, the key or
	// JSON path (a.b.0.c) behind each field of Names.
	Fields map[string]string
	// Statuses overrides the kind's stock table, by code.
	Statuses map[string]Status
}

// Status is what a sender's own code says: the category of the disposition and,
// where the code also tells how the dial itself went, its result and who answered.
type Status struct {
	Category   campaign.Category
	Result     campaign.Result
	AnsweredBy campaign.AnsweredBy
}

// Status returns what a code means for this source: its own table first, then the
// kind's. known is false for a code that neither names.
func (s *Source) Status(code string) (status Status, known bool) {
	if status, known = s.Statuses[code]; known {
		return status, true
	}
	if s.Kind.Status != nil {
		return s.Kind.Status(code)
	}
	return Status{}, false
}

// key returns the sender's key behind one of the kind's names.
func (s *Source) key(name string) string {
	if key, ok := s.Fields[name]; ok {
		return key
	}
	if key, ok := s.Kind.Defaults[name]; ok {
		return key
	}
	return name
}

// Request is one HTTP request to /hooks/{source}/…, its body already unpacked
// (gzip) within the limits of a hook.
type Request struct {
	Method string
	// Path is what follows /hooks/{source}, with its leading slash.
	Path string
	// Query is the raw query without the parameter that carries the secret.
	Query  string
	Header http.Header
	Body   []byte
	// ReceivedMs is when it came, the last resort for dating what it says.
	ReceivedMs int64
}

// Message is one statement a sender made, whole in itself: what is kept, and what
// Kind.Read reads now and after a mapping was mended.
type Message struct {
	Raw        []byte
	ReceivedMs int64
}

// Reading is what one message says of one dial.
type Reading struct {
	// Campaign is the sender's own name of the campaign, "" where it names none.
	Campaign string
	// Calls are the sender's keys of the call, the one that names the attempt
	// first; the others are further names of the same call that other messages may
	// use alone. Empty where the message names no call.
	Calls []string
	// Leg marks that the first of Calls is only a leg's key, or a log's: a message
	// that shares another of the names and is no leg gives the attempt its ref.
	Leg bool
	// Lead is the sender's key of the lead, "" where the message does not know it.
	// StandIn, and after it the dialled Phone, stand in for it until a message does.
	Lead, StandIn, Phone string
	// LeadFields are what it says of the lead itself: campaign.LeadName and others.
	LeadFields campaign.Content
	// Sayings are what it says of the attempt. Without any, and with a Lead and no
	// Calls, the message is about the lead itself, dated by RankMs.
	Sayings []Saying
	RankMs  int64
	// UnderWay says that the call goes on: another message will tell how it ended.
	UnderWay bool
	// Inbound are what it says of the call where Campaign names a queue: versions of a
	// call that was offered to it. Such a message may be Silent about dials.
	Inbound []Saying
	// Agent is what it says of an agent, whose time is the whole installation's: a version
	// of a state that begins at an instant. Such a message says nothing of a dial, and
	// Campaign may name what the time was spent on.
	Agent *Saying
	// Silent says why the message tells nothing of any dial; it is then parked.
	Silent string
}

// Saying is a version of the attempt, or of the inbound call: fields, and the instant of the sender's
// clock that ranks them among what other messages say.
type Saying struct {
	RankMs int64
	campaign.Content
}

// Ranks of what carries no instant of its own, below everything that does.
const (
	// RankDerived is for what follows from other statements, such as a start that
	// is an end less a duration.
	RankDerived int64 = 2
	// RankUndated is for what a message states without saying when.
	RankUndated int64 = 1
)

// RankGuess ranks a start that is only the time of a message about the dial: of
// several the earliest is nearest to the truth.
func RankGuess(atMs int64) int64 { return -atMs }

// Kind is one dialer system.
type Kind struct {
	// Name is the word of PUT /v1/sources.
	Name string
	// LocalTimes says that its messages hold local times, so that a source needs a
	// zone.
	LocalTimes bool
	// Names are the fields a source of this kind may map to keys of its own, and
	// Defaults the keys they have where it does not.
	Names    []string
	Defaults map[string]string
	// Split cuts a request into its messages without understanding them. An error
	// means the body is none of this system's at all.
	Split func(r *Request) ([]Message, error)
	// Inbound says that its messages tell of calls offered to queues, too.
	Inbound bool
	// Read says what a message means. It never fails: what cannot be understood is
	// Silent.
	Read func(s *Source, m Message) Reading
	// Status is the stock meaning of the system's codes; nil where it has none.
	Status func(code string) (Status, bool)
	// Answer is the body of the 200 that the system wants; nil for the common one.
	Answer func(r *Request, nowMs int64) []byte
	// clocks reads one moment from a message as the dialer's clock tells it in local
	// time and in seconds since 1970; nil where messages do not hold both.
	clocks func(s *Source, m Message) (localMs, epochMs int64)
	// beside is the kind whose messages are about the same calls and tell what these
	// cannot; "" where one feed tells everything.
	beside string
	// setup says what to set in the system, for the address of a source's hook.
	setup func(s *Source, hook string) []Instruction
}
