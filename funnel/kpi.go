package funnel

import (
	"math/big"
	"slices"
)

// MeasureUnit is what a KPI's value is measured in.
type MeasureUnit string

// The units. Money stands for the campaign's currency code.
const (
	Proportion MeasureUnit = "proportion"
	Ratio      MeasureUnit = "ratio"
	Count      MeasureUnit = "count"
	Seconds    MeasureUnit = "s"
	Money      MeasureUnit = "money"
	// PerHour is so many in an hour.
	PerHour MeasureUnit = "per_hour"
	// Score is a mean of what people marked, on the scale they were given.
	Score MeasureUnit = "score"
	// Points are those of the net promoter score, from −100 to 100.
	Points MeasureUnit = "points"
)

// Direction says which way of moving is good.
type Direction string

// The directions.
const (
	Higher  Direction = "higher_is_better"
	Lower   Direction = "lower_is_better"
	Neutral Direction = "neutral"
)

// KPI is one figure, as data: the catalogue, reports, drill-down and the glossary
// all read this.
type KPI struct {
	ID, Name, Formula string
	// Description says what the figure tells and what it leaves out; Example is a
	// case worked by hand.
	Description, Example string
	Clock                Clock
	Unit                 MeasureUnit
	Direction            Direction
	// Numerator and Denominator are the parts. A percentile is one of the spread of
	// its numerator, over as many attempts as its denominator counts.
	Numerator, Denominator Measure
	// Percent makes the KPI a percentile: 50 the median, 0 none.
	Percent int64
	// Quotient makes the value of a KPI that is no quotient of two sums, as a fraction; nil
	// where it has none.
	Quotient  func(*Sums) *big.Rat
	Groupings []GroupBy
	// SettlesMs is how long after the window its facts go on to be judged.
	SettlesMs int64
	// ReadsSales marks figures that go on moving until the conversion window of
	// the facts is over.
	ReadsSales        bool
	DefinitionVersion int
	// Own is set where the KPI stands for the measures of a name of the caller's own:
	// the name.
	Own string
	// Custom is set where the KPI is worked out by a formula of the caller's own; parts
	// are what the formula reads.
	Custom *Formula
	parts  []*KPI
}

// concerns reports whether any fact or cost lies behind the KPI.
func (k *KPI) concerns(s *Sums) bool {
	if k.Own != "" && s.named != nil {
		return s.named[k.Own].Count != 0
	}
	return s.present(k.Numerator) || s.present(k.Denominator) || slices.ContainsFunc(k.parts, func(p *KPI) bool { return p.concerns(s) })
}

// OfService reports whether the KPI is one of service, which queues have, or the
// installation.
func (k *KPI) OfService() bool { return k.Clock == OfferClock || k.OfInstallation() }

// OfQueues reports whether the KPI is one of calls, which each queue has.
func (k *KPI) OfQueues() bool { return k.Clock == OfferClock || k.Numerator == Contacts }

// OfInstallation reports whether the KPI is one of what no single queue has.
func (k *KPI) OfInstallation() bool { return k.Clock > MeasureClock }

// GroupBy is one way a report can be grouped.
type GroupBy string

// The groupings of reports.
const (
	ByHour       GroupBy = "hour"
	ByHalfHour   GroupBy = "half_hour"
	ByDay        GroupBy = "day"
	ByWeek       GroupBy = "week"
	ByMonth      GroupBy = "month"
	ByHourOfWeek GroupBy = "hour_of_week"
	// ByLeadHourOfWeek is by the hour of the week in the lead's own time zone.
	ByLeadHourOfWeek GroupBy = "lead_hour_of_week"
	ByAgent          GroupBy = "agent"
	// ByTeam is by the team the attempt's agent is in now.
	ByTeam        GroupBy = "team"
	ByList        GroupBy = "list"
	BySource      GroupBy = "source"
	ByAttemptNo   GroupBy = "attempt_no"
	ByDisposition GroupBy = "disposition"
	ByCategory    GroupBy = "category"
	// ByChannel and ByTopic are by what a fact of service says of itself.
	ByChannel GroupBy = "channel"
	ByTopic   GroupBy = "topic"
	// ByShift is by the agent and the campaign a state was spent on, both in one: it is not
	// for callers, but how reports of campaigns get their agents' time.
	ByShift GroupBy = "shift"
	// ByQueue is by the queue a fact of service names, or is of.
	ByQueue GroupBy = "queue"
	// ByCampaign groups reports that pool several campaigns.
	ByCampaign GroupBy = "campaign"
)

// WithoutCampaign returns the groupings of each single campaign in a pooled report.
func WithoutCampaign(by []GroupBy) []GroupBy {
	return slices.DeleteFunc(slices.Clone(by), func(g GroupBy) bool { return g == ByCampaign })
}

// Time reports whether the grouping is by the instant of the KPI's clock.
func (g GroupBy) Time() bool { return g == ByHalfHour || slices.Contains(byTime, g) }

var (
	byTime      = []GroupBy{ByHour, ByDay, ByWeek, ByMonth, ByHourOfWeek}
	byLead      = append(slices.Clone(byTime), ByLeadHourOfWeek, ByList, BySource)
	byAgent     = append(slices.Clone(byLead), ByAgent, ByTeam)
	byDial      = append(slices.Clone(byAgent), ByAttemptNo, ByDisposition, ByCategory)
	byAgentsDay = []GroupBy{ByDay, ByWeek, ByMonth, ByAgent, ByTeam}
	// What calls cost is known by what calls are known by; entries have no attribute.
	byCost     = append(slices.Clone(byTime), ByList, BySource, ByAgent, ByTeam)
	byCallCost = append(slices.Clone(byCost), ByAttemptNo)
	// By agent or by outcome a percentile would be of a handful of calls, and its
	// buckets most of what is stored.
	byPercentile = byLead
	byWait       = append(slices.Clone(byTime), ByHalfHour, ByChannel, ByTopic)
	byOffer      = append(slices.Clone(byWait), ByAgent, ByTeam)
	byCaseTime   = append(slices.Clone(byTime), ByChannel, ByTopic, ByQueue)
	byCase       = append(slices.Clone(byCaseTime), ByAgent, ByTeam)
	byReview     = append(slices.Clone(byTime), ByAgent, ByTeam)
	byOwner      = []GroupBy{ByChannel, ByTopic, ByQueue, ByAgent, ByTeam}
	byBucket     = []GroupBy{ByHour, ByDay, ByWeek, ByMonth}
	byQueued     = []GroupBy{ByChannel, ByTopic}
	byChannel    = append(slices.Clone(byTime), ByChannel)
	byLogged     = byReview
	bySurvey     = append(slices.Clone(byReview), ByQueue)
	// clockGroupings says by what each clock's facts can be grouped (kpis.md §3).
	clockGroupings = map[Clock][]GroupBy{LeadClock: byLead, DialClock: byDial, FirstDialClock: byAgent,
		FirstContactClock: byAgent, SaleClock: byAgent, CostClock: byCost, PromiseClock: byLead, OfferClock: byOffer, MeasureClock: byTime,
		SurveyClock: bySurvey, ReviewClock: byReview, OpenClock: byCase, ReplyClock: byCase, CloseClock: byCase, ReopenClock: byCase,
		JoinClock: byTime, LeaveClock: byTime, SearchClock: byTime, StateClock: append(slices.Clone(byReview), ByShift)}
	// AllGroupings lists every grouping of campaigns in the order they are documented,
	// QueueGroupings those of queues, ServiceGroupings those of all service.
	AllGroupings   = byDial
	QueueGroupings = byOffer
	// ServiceGroupings are those of the whole installation.
	ServiceGroupings = byCase
)

// Serves reports whether the KPI can be grouped by all of these.
func (k *KPI) Serves(by []GroupBy) bool {
	for _, g := range by {
		if !slices.Contains(k.Groupings, g) {
			return false
		}
	}
	return true
}

// OfMoney reports whether the KPI reads amounts, whatever its unit is.
func (k *KPI) OfMoney() bool {
	return UnitOf(k.Numerator) == Money || k.Unit == Money || slices.ContainsFunc(k.parts, (*KPI).OfMoney)
}

// NeedsRates reports whether the KPI can be grouped by these only where calls are
// rated: an entry has no agent, list, source or attempt number.
func (k *KPI) NeedsRates(by []GroupBy) bool {
	if slices.ContainsFunc(k.parts, func(p *KPI) bool { return p.NeedsRates(by) }) {
		return true
	}
	return k.Clock == CostClock && slices.ContainsFunc(by, func(g GroupBy) bool { return !g.Time() && g != ByCampaign })
}

// AwaitsSales reports whether the figure of a window that is over goes on moving for
// the campaign's conversion window (kpis.md §2).
func (k *KPI) AwaitsSales() bool {
	switch k.Clock {
	case LeadClock, FirstDialClock, FirstContactClock:
		return true
	}
	return k.ReadsSales
}

// UnitOf returns what a measure is counted in: Count, Seconds (kept as
// milliseconds), Score (kept as thousandths) or Money (kept as minor units).
func UnitOf(m Measure) MeasureUnit {
	switch m {
	case TalkMs, HandleMs, RingMs, AnswerWaitMs, AbandonWaitMs, CallHandleMs, LongestWaitMs, FirstReplyMs, FirstReplyOpenMs, ResolutionMs, ResolutionOpenMs,
		LoggedMs, StaffedMs, BusyMs, AwayMs, StateOverlapMs, StateGapMs:
		return Seconds
	case CsatMilli, CesMilli, EmotionMilli, EmployeeMilli, GapMilli,
		ReliabilityMilli, AssuranceMilli, TangiblesMilli, EmpathyMilli, ResponsivenessMilli:
		return Score
	case MarginAtStart:
		return Money
	case RevenueMinor, OperatingCost, RatedTelephony, RatedLabour, LeadPrices, LeadCost, TotalCost, Margin:
		return Money
	}
	return Count
}

// Headlines are the five figures a campaign is judged by.
var Headlines = []string{"conversion_rate", "calls_per_lead", "first_call_close_rate", "outbound_abandonment_rate", "cost_per_call"}

// QueueHeadlines are the figures a queue is judged by.
var QueueHeadlines = []string{"offered", "service_level", "asa", "inbound_abandonment_rate", "aht"}

// KPIsOf lists the KPIs of a catalogue.
func KPIsOf(catalogue []KPI) []*KPI {
	kpis := make([]*KPI, len(catalogue))
	for i := range catalogue {
		kpis[i] = &catalogue[i]
	}
	return kpis
}

// Find returns the KPI of that id, or nil.
func Find(id string) *KPI { return byID[id] }

var byID = func() map[string]*KPI {
	m := map[string]*KPI{}
	for _, k := range slices.Concat(KPIsOf(Catalogue), KPIsOf(QueueCatalogue), KPIsOf(ServiceCatalogue)) {
		k.DefinitionVersion = 1
		switch {
		case k.Groupings != nil:
		case k.Percent > 0:
			k.Groupings = byPercentile
		default:
			k.Groupings = clockGroupings[k.Clock]
		}
		if k.Clock == OfferClock { // each queue counts its own, and all of them together
			k.Groupings = append(slices.Clone(k.Groupings), ByQueue)
		}
		k.ReadsSales = k.ReadsSales || k.Clock == SaleClock
		m[k.ID] = k
	}
	return m
}()
