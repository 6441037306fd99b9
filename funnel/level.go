package funnel

import (
	"slices"

	"ringside/campaign"
)

// Level says what the service level is: which calls are good, out of which.
type Level struct {
	// Method is one of LevelMethods, "" for the first.
	Method string
	// Seconds is the threshold, nil for the queue's own.
	Seconds *int64
}

// The methods of the service level: what becomes of those who gave up.
const (
	LateAbandonsBad = "late_abandons_bad"
	AbandonsBad     = "abandons_bad"
	AbandonsIgnored = "abandons_ignored"
	AbandonsGood    = "abandons_good"
)

// LevelMethods lists the methods, the default first.
var LevelMethods = []string{LateAbandonsBad, AbandonsBad, AbandonsIgnored, AbandonsGood}

// CheckMethod reports whether there is such a method.
func CheckMethod(method string) error {
	if method != "" && !slices.Contains(LevelMethods, method) {
		return campaign.Invalidf("invalid_choice", "service_level_method", "%q is not one of late_abandons_bad, abandons_bad, abandons_ignored, abandons_good", method)
	}
	return nil
}

// of fills in what the queue itself says.
func (l Level) of(rules *Rules) Level {
	if l.Seconds == nil {
		l.Seconds = &rules.Queue.ServiceLevelS
	}
	return l
}

// parts are the two parts of the service level, of how many calls were offered and
// answered, and how many were answered and given up within the threshold.
func (l Level) parts(offered, answered, answeredWithin, abandonedWithin int64) (good, base int64) {
	switch l.Method {
	case AbandonsBad:
		return answeredWithin, offered
	case AbandonsIgnored:
		return answeredWithin, answered
	case AbandonsGood:
		return answeredWithin + abandonedWithin, offered
	}
	return answeredWithin, offered - abandonedWithin
}

// level adds the parts of the service level to the sums they are made of.
func (s *Sums) level(l Level) {
	good, base := l.parts(s.Get(Offered), s.Get(CallsAnswered), s.Within(AnswerWaitMs, *l.Seconds), s.Within(AbandonWaitMs, *l.Seconds))
	s.Add(LevelGood, good-s.Get(LevelGood))
	s.Add(LevelBase, base-s.Get(LevelBase))
}

// Within counts what of a measure took no longer than so many whole seconds, at most 7,200;
// 0 where the group was read without the spreads that percentiles are read from.
func (s *Sums) Within(m Measure, seconds int64) (n int64) {
	for _, b := range s.spreads[s.spreads.find(spreadOf(m)):s.spreads.find(spreadOf(m)+seconds+1)] {
		n += b.Value
	}
	return n
}

// counts reports whether a call is in a part of the service level.
func (l Level) counts(e *Event, m Measure) bool {
	if m != LevelGood && m != LevelBase || e.Clock != OfferClock {
		return false
	}
	var one Sums
	for _, s := range e.Sums {
		one.Add(s.Measure, s.Value)
		if s.Measure.hasSpread() {
			one.spreads.Add(s.bucket(), 1)
		}
	}
	one.level(l)
	return one.Get(m) > 0
}
