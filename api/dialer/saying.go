package dialer

import (
	"strings"

	"ringside/campaign"
)

// saying begins what a message states as of an instant of the sender's clock.
func saying(rankMs int64) *Saying {
	return &Saying{RankMs: rankMs, Content: campaign.Content{Values: make([]campaign.Value, len(campaign.KindAttempt.Fields()))}}
}

// callSaying is saying of a call offered to a queue.
func callSaying(rankMs int64) *Saying {
	return &Saying{RankMs: rankMs, Content: campaign.Content{Values: make([]campaign.Value, len(campaign.KindCall.Fields()))}}
}

// number sets an instant or a duration in milliseconds, or the position of a
// choice; campaign.None leaves the field out.
func (s *Saying) number(field int, value int64) {
	if value == campaign.None {
		return
	}
	s.Named = s.Named.With(field)
	s.Values[field].Int = value
}

// text sets a caller's text, cut to what a text may hold; an empty one leaves the
// field out.
func (s *Saying) text(field int, value string) {
	value = clean(value)
	if value == "" {
		return
	}
	s.Named = s.Named.With(field)
	s.Values[field].Text = value
}

func (s *Saying) result(r campaign.Result)         { s.choice(campaign.AttemptResult, int64(r)) }
func (s *Saying) answeredBy(a campaign.AnsweredBy) { s.choice(campaign.AttemptAnsweredBy, int64(a)) }
func (s *Saying) endedBy(e campaign.EndedBy)       { s.choice(campaign.AttemptEndedBy, int64(e)) }

func (s *Saying) choice(field int, position int64) {
	if position != 0 {
		s.number(field, position)
	}
}

// started makes the saying that only dates the start, by the rank of how well it
// is known.
func started(rankMs, atMs int64) Saying {
	s := saying(rankMs)
	s.number(campaign.AttemptStartedAt, atMs)
	return *s
}

// NoAgent is the code we give a person who answered, was handed to no agent and
// did not hang up: the systems that have no codes have none for this either, and
// nothing else would tell that the call was abandoned.
const NoAgent = "ringside:no-agent"

func noAgentStatus(code string) (Status, bool) {
	if code == NoAgent {
		return Status{campaign.Abandoned, campaign.Answered, campaign.Human}, true
	}
	return Status{}, false
}

// handedToNobody gives a call without an agent that code where it is needed.
func (r *Reading) handedToNobody(said *Saying) {
	if campaign.AnsweredBy(said.Int(campaign.AttemptAnsweredBy)) != campaign.Human || campaign.EndedBy(said.Int(campaign.AttemptEndedBy)) == campaign.ByCustomer {
		return
	}
	alone := saying(RankDerived)
	alone.text(campaign.AttemptDisposition, NoAgent)
	r.Sayings = append(r.Sayings, *alone)
}

// aboutLead is what a message says of the lead itself; empty texts say nothing.
func aboutLead(name, list string) campaign.Content {
	about := campaign.Content{Values: make([]campaign.Value, len(campaign.KindLead.Fields()))}
	for field, text := range map[int]string{campaign.LeadName: clean(name), campaign.LeadList: clean(list)} {
		if text != "" {
			about.Named = about.Named.With(field)
			about.Values[field].Text = text
		}
	}
	return about
}

// textMost is how many characters a caller's text may have.
const textMost = 128

// clean makes a sender's text one that a text field takes: without blanks around,
// without control characters, not too long.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r <= 0x9f || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))
	text = strings.TrimSpace(text)
	if runes := []rune(text); len(runes) > textMost {
		text = strings.TrimSpace(string(runes[:textMost]))
	}
	return text
}

// AsRef makes a ref of a sender's own name or key. It is "" where the ref would be
// too long.
func AsRef(name string) string {
	if ref := campaign.EscapeRef(name); len(ref) <= textMost {
		return ref
	}
	return ""
}
