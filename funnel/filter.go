package funnel

import (
	"strconv"

	"ringside/campaign"
)

// Filter keeps the facts of one value of an attribute, written as a report writes it
// in its keys; "" keeps those without the attribute.
type Filter struct {
	By    GroupBy
	Value string
}

// Number returns the number that KeyLabel writes so; ok is false where nothing is
// written so, and for texts, which the store numbers.
func (f Filter) Number() (number int64, ok bool) {
	switch {
	case f.By == ByCategory:
		c, err := campaign.ParseCategory(string(f.By), f.Value)
		return int64(c), err == nil
	case f.By == ByAttemptNo && f.Value == "":
		return noAttempt, true
	case f.By == ByLeadHourOfWeek && f.Value == "":
		return noHour, true
	case f.By == ByAttemptNo || f.By == ByHourOfWeek || f.By == ByLeadHourOfWeek:
		n, err := strconv.ParseInt(f.Value, 10, 64)
		return n, err == nil
	}
	return 0, false
}

// Sieve is filters as the store numbers their values. Nil lets all through.
type Sieve struct {
	Parts []Kept
	// Teams are as in a Query.
	Teams map[int64]int64
	// Nothing says that a filter names what no fact has.
	Nothing bool
}

// Kept is the number of the one value that a filter keeps.
type Kept struct {
	By     GroupBy
	Number int64
}

// keeps reports whether an event of a lead passes: each filter serves its clock, as in
// a report grouped by all of them.
func (s *Sieve) keeps(rules *Rules, l *Lead, e *Event) bool {
	if s == nil {
		return true
	}
	for _, kept := range s.Parts {
		if !serves(e.Clock, kept.By) {
			return false
		}
		number := s.Teams[e.Agent]
		if kept.By != ByTeam {
			number = rules.key(kept.By, l, e)
		}
		if number != kept.Number {
			return false
		}
	}
	return !s.Nothing
}

// keepsLead is keeps for a lead with all its calls, by what leads have: list and
// source.
func (s *Sieve) keepsLead(rules *Rules, l *Lead) bool {
	return s.keeps(rules, l, &Event{Clock: LeadClock})
}

// FollowsLeads reports whether an attribute is a lead's own, the same in all its calls.
func (g GroupBy) FollowsLeads() bool { return g == ByList || g == BySource }
