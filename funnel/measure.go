package funnel

// Measure is one thing that is counted or summed. Its number is stored in the
// cells: append new ones, never renumber.
type Measure int32

// The measures, by the clock whose instant places them. Durations are in
// milliseconds, amounts in minor units; all others count leads or attempts.
const (
	// NoMeasure is the denominator of what is not a ratio.
	NoMeasure Measure = iota

	// Lead clock: once a lead.
	Leads
	LeadsEverDialed
	LeadsEverContacted
	LeadsEverLive
	LeadsWon
	LeadsDropped
	CohortDials

	// Dial clock: once a placed attempt.
	Dials
	AgentDials
	Answers
	LiveAnswers
	Machines
	Conversations
	RightParties
	SaleAttempts
	Drops
	InCallDrops
	CallerHangups
	EndedConversations
	TalkMs
	HandleMs
	_ // was counted by an older program

	// First-dial clock: once a lead that was dialed.
	FirstDials
	FirstDialsWon

	// First-contact clock: once a lead that was talked to.
	FirstContacts
	FirstContactsWon

	// Sale clock.
	Sales
	SalesLost
	NetSales
	DialsToClose
	FirstContactCloses
	RevenueMinor
	RevenueSales

	// Not sums: distinct counts, got from pairs and agents of cells.
	LeadsDialed
	Agents

	// From the ledger, in minor units.
	OperatingCost
	// CostEntries counts the entries, operating or not, that run through a group, and
	// one more where calls or leads cost anything by themselves.
	CostEntries

	// Dial clock again: how the campaign's compliance profile sees the answers.
	// Late counts live answers without an agent in time, UnknownLate and
	// UnknownInTime answers of unknown kind; the assumed ones say how many live
	// answers had to be judged without their own instant.
	Late
	UnknownLate
	UnknownInTime
	ConnectsAssumed
	GreetingsAssumed

	// Promise clock: once a callback that no decision overtook.
	CallbacksDue
	CallbacksKept

	// Dial clock again: answered attempts whose answer was dated by what was posted,
	// and how long those rang.
	DatedAnswers
	RingMs

	// Dial clock again, only of campaigns that rate their calls: what the cards make of
	// a call, in millionths of the currency's unit, and the answered calls that a card
	// is in force for but that have no end to bill by.
	TelephonyMicro
	LabourMicro
	UnratedCalls

	// Lead clock again: what leads were bought for, in minor units.
	LeadPrices

	// Dial clock again: ended conversations of which nobody told the wrap-up.
	EndedWithoutWrap

	countedEnd

	// Not counted but made of the above and of cost entries, in minor units, when a
	// report asks for them: rounded so that parts add up (Ledger).
	RatedTelephony
	RatedLabour
	LeadCost
	// TotalCost is operating and lead cost, Margin the revenue less it.
	TotalCost
	Margin

	measuresEnd

	// StageTop + k counts leads of the cohort whose furthest stage is the
	// campaign's stage k; lead clock.
	StageTop Measure = 1000
)

// The measures of service stand apart, so that what is counted of campaigns does not
// carry them along.
const (
	serviceStart Measure = 200 + iota

	// Offer clock: once a call that was not blocked, but for BlockedCalls.
	Offered
	CallsAnswered
	CallsAbandoned
	BlockedCalls
	// LongAbandons are the abandoned but for those who gave up before the queue's
	// short_abandon_s, OfferedLong the offered but for the same, and Attempted the
	// offered and the blocked.
	LongAbandons
	OfferedLong
	Attempted
	// AgentAnswers are answered calls that name an agent.
	AgentAnswers
	CallsHandled
	AnswerWaitMs
	AbandonWaitMs
	CallHandleMs
	Transferred
	EscalatedCalls
	ResolvedCalls
	// KnownResolved are resolved calls of a known customer, ResolvedAlone those of them
	// with no further call within RepeatMs.
	KnownResolved
	ResolvedAlone

	// Not sums: the parts of the service level, got from waits when it is asked for.
	LevelGood
	LevelBase

	// Offer clock again: handled calls of which nobody told the wrap-up.
	HandledWithoutWrap

	// Survey clock: once an answer to a survey of the kind; those that hold a score; and
	// the sum of these in thousandths, or what the kind counts of them.
	CsatSurveys
	CsatScores
	CsatMilli
	CsatTop
	NpsSurveys
	NpsScores
	// NpsNet are promoters less detractors.
	NpsNet
	CesSurveys
	CesScores
	CesMilli
	EmotionSurveys
	EmotionScores
	EmotionMilli
	EmployeeSurveys
	EmployeeScores
	EmployeeMilli
	ServqualSurveys
	// ServqualScored are those that say anything, GapsSaid how many dimensions they say
	// it of, GapMilli the sum of perception less expectation; and the same by dimension.
	ServqualScored
	GapsSaid
	GapMilli
	ReliabilitySaid
	AssuranceSaid
	TangiblesSaid
	EmpathySaid
	ResponsivenessSaid
	ReliabilityMilli
	AssuranceMilli
	TangiblesMilli
	EmpathyMilli
	ResponsivenessMilli

	// Review clock. The scores stand under FractionTop.
	Reviews
	ReviewsScored

	// Open clock: once a case, and once more where it is resolved.
	CasesOpened
	OpenedResolved
	// Reply clock, then the same in business hours.
	FirstReplies
	FirstReplyMs
	FirstRepliesOpen
	FirstReplyOpenMs
	// Close clock, of the last resolution.
	CasesResolved
	ResolutionMs
	ResolutionsOpen
	ResolutionOpenMs
	CasesReopened
	// CasesDelta is by how many more cases are open: on the open, close and reopen clocks.
	CasesDelta

	// Join clock: once a customer.
	CustomersJoined
	CustomersReferred
	// On the join and leave clocks: by how many more there are, what they bring, and how
	// many of them it is known of.
	CustomersDelta
	MarginDelta
	MarginedDelta

	// Search clock: once a search; those that tell whether a result was opened; those
	// without.
	Searches
	SearchesTold
	SearchesFailed

	// State clock: an hour of an agent's state at a time. StaffedMs is time on calls, in
	// wrap-up and available, BusyMs that without available, LoggedMs that with away.
	LoggedMs
	StaffedMs
	BusyMs
	AwayMs
	StateOverlapMs
	StateGapMs
	// StatesOpen are states without an end, at their beginning.
	StatesOpen

	// Not sums of events but made of the above, or stocks at an instant, when a report
	// asks for them (stock.go).
	Contacts
	OpenNow
	Backlog
	BacklogDay
	BacklogThreeDays
	BacklogWeek
	BacklogMonth
	BacklogOlder
	CustomersAtStart
	CustomersKept
	CustomersLost
	CustomersSeen
	MarginAtStart
	MarginedAtStart
	AcquisitionMinor
	// CallsWaiting are the calls that nobody has answered, ended or given up. LongestWaitMs
	// is how long the one of them has waited that came first, and LongestWaits 1 where there
	// is one: of several queues together the longest counts.
	CallsWaiting
	LongestWaitMs
	LongestWaits

	serviceEnd
)

// FractionTop + q adds up, over facts whose figure is a fraction, the numerators of those
// over q in lowest terms: any fractions add up exactly.
const FractionTop Measure = 1 << 30

// OfService reports whether a measure is one of service.
func (m Measure) OfService() bool { return m >= serviceStart && m < serviceEnd }

// Clock is the instant that places a fact in a window (kpis.md §2).
type Clock uint8

// The clocks of the outbound funnel, then those of service.
const (
	// severalClocks is that of a KPI whose parts are placed by different ones.
	severalClocks Clock = iota
	LeadClock
	DialClock
	FirstDialClock
	FirstContactClock
	SaleClock
	CostClock
	PromiseClock
	// OfferClock is when a call was offered to a queue.
	OfferClock
	// MeasureClock is when a measure of the caller's own was taken.
	MeasureClock
	// SurveyClock and ReviewClock are when a survey was answered and a review made.
	SurveyClock
	ReviewClock
	// OpenClock, ReplyClock, CloseClock and ReopenClock are when a case was opened, first
	// answered by a person, resolved last, and opened again after that.
	OpenClock
	ReplyClock
	CloseClock
	ReopenClock
	// JoinClock and LeaveClock are when one became a customer and ceased to be.
	JoinClock
	LeaveClock
	SearchClock
	// StateClock is time itself: an agent's state adds to each hour what it has of it.
	StateClock
	// WaitClock is when a call came that waits.
	WaitClock
	clocksEnd
)

// Stands reports whether the clock's instants place facts of service by what they are
// stored under; the others are found by moments.
func (c Clock) Stands() bool {
	return c != ReplyClock && c != CloseClock && c != ReopenClock && c != LeaveClock && c != StateClock && c != WaitClock
}

func (c Clock) String() string {
	return [...]string{"several", "lead", "dial", "first dial", "first contact", "sale", "cost", "promise", "offer", "measure",
		"survey", "review", "open", "reply", "close", "reopen", "join", "leave", "search", "state", "wait"}[c]
}
