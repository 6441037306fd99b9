package campaign

import (
	"math/bits"
	"slices"
)

// Type says how a field is written in JSON and what is kept of it.
type Type uint8

const (
	// TypeRef is a caller's own key: 1 to 128 of A-Z a-z 0-9 . _ : -
	TypeRef Type = iota + 1
	// TypeText is the caller's own short text: 1 to 128 characters after
	// trimming, no control characters.
	TypeText
	// TypeNote is free text up to 4,096 characters; line breaks are allowed.
	TypeNote
	// TypeInstant is an RFC 3339 instant with offset, kept as milliseconds UTC.
	TypeInstant
	// TypeSeconds is a JSON number of seconds ≥ 0, kept as milliseconds.
	TypeSeconds
	// TypeMoney is a decimal string, kept as minor units of the fact's currency.
	TypeMoney
	// TypeChoice is one word of a closed list, kept as its position from 1.
	TypeChoice
	// TypeBool is true or false, kept as 1 or 0.
	TypeBool
	// TypeZone is an IANA time zone name.
	TypeZone
	// TypeCurrency is an ISO 4217 code.
	TypeCurrency
	// TypeLead is a lead's ref or id, or an object that describes the lead.
	TypeLead
	// TypeAttributes is a JSON object of the caller's own, kept as canonical text.
	TypeAttributes
	// TypeCount is a whole JSON number from 0.
	TypeCount
	// TypeTally is a TypeCount that true and false stand for 1 and 0 of.
	TypeTally
	// TypeScore is a JSON number of at most 3 decimals, kept as thousandths.
	TypeScore
	// TypeScores is the JSON object of a servqual survey, kept as canonical text.
	TypeScores
	// TypeCategories is the JSON array of a review's categories, likewise.
	TypeCategories
	// TypeDecimal is a JSON number, or a string of one, kept as millionths.
	TypeDecimal
)

// wanted says what a field is that is a string in JSON, and how to send it.
func (t Type) wanted() string {
	if t == TypeInstant {
		return `an RFC 3339 text; send it like "2026-11-02T09:00:00Z"`
	}
	return "a string; send it in quotes"
}

// Field is one column of a fact: its exact JSON name and its type.
type Field struct {
	Name    string
	Type    Type
	Choices []string
}

// FieldSet is a set of positions in a fact's field table.
type FieldSet uint64

// Has reports whether the field is in the set.
func (s FieldSet) Has(field int) bool { return s&(1<<field) != 0 }

// With returns the set with the fields added.
func (s FieldSet) With(fields ...int) FieldSet {
	for _, f := range fields {
		s |= 1 << f
	}
	return s
}

// Without returns the set with the fields taken away.
func (s FieldSet) Without(fields ...int) FieldSet { return s &^ FieldSet(0).With(fields...) }

// First is the lowest field of a set that is not empty.
func (s FieldSet) First() int { return bits.TrailingZeros64(uint64(s)) }

// Kind tells the facts apart. Its numbers are stored; never renumber.
type Kind uint8

// The kinds of facts.
const (
	KindLead    Kind = 1
	KindAttempt Kind = 2
	KindCost    Kind = 3
	KindCall    Kind = 4
	KindSurvey  Kind = 5
	KindReview  Kind = 6
	KindCase    Kind = 7
	// 8 to 10 and 13 tell ids of what is no fact.
	KindCustomer Kind = 11
	KindSearch   Kind = 12
	KindState    Kind = 14
	KindMeasure  Kind = 15
)

func (k Kind) String() string {
	return [...]string{KindLead: "lead", KindAttempt: "attempt", KindCost: "cost", KindCall: "call",
		KindSurvey: "survey", KindReview: "review", KindCase: "case", KindCustomer: "customer", KindSearch: "search", KindState: "state",
		KindMeasure: "measure"}[k]
}

// Fields returns the field table of the kind. A field's position is stored in
// bit sets: append new fields, never reorder.
func (k Kind) Fields() []Field { return fieldTables[k] }

// Names reports whether facts of the kind have a field of that name.
func (k Kind) Names(field string) bool {
	return slices.ContainsFunc(k.Fields(), func(f Field) bool { return f.Name == field })
}

var fieldTables = [...][]Field{KindLead: leadFields, KindAttempt: attemptFields, KindCost: costFields,
	KindCall: callFields, KindSurvey: surveyFields, KindReview: reviewFields, KindCase: caseFields, KindCustomer: customerFields, KindSearch: searchFields,
	KindState: stateFields, KindMeasure: measureFields}

// Positions in the field table of leads.
const (
	LeadGeneratedAt = iota
	LeadPhone
	LeadName
	LeadList
	LeadSource
	LeadTimeZone
	LeadPrice
	LeadAttributes
	LeadVoid
	// LeadPosted is named by every version that came through the leads
	// collection, never by one that came inside an attempt: a lead is known from
	// then on by itself and not only through its attempts.
	LeadPosted
)

var leadFields = []Field{
	LeadGeneratedAt: {Name: "generated_at", Type: TypeInstant},
	LeadPhone:       {Name: "phone", Type: TypeText},
	LeadName:        {Name: "name", Type: TypeText},
	LeadList:        {Name: "list", Type: TypeText},
	LeadSource:      {Name: "source", Type: TypeText},
	LeadTimeZone:    {Name: "time_zone", Type: TypeZone},
	LeadPrice:       {Name: "price", Type: TypeMoney},
	LeadAttributes:  {Name: "attributes", Type: TypeAttributes},
	LeadVoid:        {Name: "void", Type: TypeBool},
	LeadPosted:      {Name: "", Type: TypeBool},
}

// Positions in the field table of attempts.
const (
	AttemptLead = iota
	AttemptAgent
	AttemptStartedAt
	AttemptResult
	AttemptAnsweredBy
	AttemptAnsweredAt
	AttemptGreetingEndedAt
	AttemptConnectedAt
	AttemptEndedAt
	AttemptEndedBy
	AttemptHold
	AttemptWrap
	AttemptDisposition
	AttemptAmount
	AttemptDecidedAt
	AttemptCancelledAt
	AttemptCallbackAt
	AttemptPhone
	AttemptNote
	AttemptVoid
	// AttemptTalk and AttemptQueueWait are durations a dialer states by themselves,
	// AttemptDialer the source whose codes the disposition is one of. They come
	// from dialers' messages only.
	AttemptTalk
	AttemptQueueWait
	AttemptDialer
	// AttemptWrapBegan and AttemptWrapOver are when an agent's wrap-up began and was
	// over, for dialers that tell these apart instead of how long it took.
	AttemptWrapBegan
	AttemptWrapOver
)

// FromDialers are the fields of attempts that only dialers' messages say.
var FromDialers = FieldSet(0).With(AttemptTalk, AttemptQueueWait, AttemptDialer, AttemptWrapBegan, AttemptWrapOver)

// Result is how a dial ended in the telephone network.
type Result uint8

// The results, in the order of their stored numbers.
const (
	NotPlaced Result = iota + 1
	NoAnswer
	Busy
	Failed
	Cancelled
	Answered
)

// AnsweredBy is who answered; zero when not said.
type AnsweredBy uint8

// Who answered, in the order of the stored numbers.
const (
	Human AnsweredBy = iota + 1
	Machine
	Unknown
)

// EndedBy is who ended the call; zero when not said.
type EndedBy uint8

// Who ended, in the order of the stored numbers.
const (
	ByCustomer EndedBy = iota + 1
	ByAgent
	BySystem
)

var attemptFields = []Field{
	AttemptLead:            {Name: "lead", Type: TypeLead},
	AttemptAgent:           {Name: "agent", Type: TypeText},
	AttemptStartedAt:       {Name: "started_at", Type: TypeInstant},
	AttemptResult:          {Name: "result", Type: TypeChoice, Choices: []string{"not_placed", "no_answer", "busy", "failed", "cancelled", "answered"}},
	AttemptAnsweredBy:      {Name: "answered_by", Type: TypeChoice, Choices: []string{"human", "machine", "unknown"}},
	AttemptAnsweredAt:      {Name: "answered_at", Type: TypeInstant},
	AttemptGreetingEndedAt: {Name: "greeting_ended_at", Type: TypeInstant},
	AttemptConnectedAt:     {Name: "connected_at", Type: TypeInstant},
	AttemptEndedAt:         {Name: "ended_at", Type: TypeInstant},
	AttemptEndedBy:         {Name: "ended_by", Type: TypeChoice, Choices: []string{"customer", "agent", "system"}},
	AttemptHold:            {Name: "hold_s", Type: TypeSeconds},
	AttemptWrap:            {Name: "wrap_s", Type: TypeSeconds},
	AttemptDisposition:     {Name: "disposition", Type: TypeText},
	AttemptAmount:          {Name: "amount", Type: TypeMoney},
	AttemptDecidedAt:       {Name: "decided_at", Type: TypeInstant},
	AttemptCancelledAt:     {Name: "cancelled_at", Type: TypeInstant},
	AttemptCallbackAt:      {Name: "callback_at", Type: TypeInstant},
	AttemptPhone:           {Name: "phone", Type: TypeText},
	AttemptNote:            {Name: "note", Type: TypeNote},
	AttemptVoid:            {Name: "void", Type: TypeBool},
	AttemptTalk:            {Name: "talk_s", Type: TypeSeconds},
	AttemptQueueWait:       {Name: "queue_wait_s", Type: TypeSeconds},
	AttemptDialer:          {Name: "dialer", Type: TypeRef},
	AttemptWrapBegan:       {Name: "wrap_began_at", Type: TypeInstant},
	AttemptWrapOver:        {Name: "wrap_over_at", Type: TypeInstant},
}

// Positions in the field table of cost entries.
const (
	CostCategory = iota
	CostAmount
	CostCurrency
	CostFrom
	CostTo
	CostNote
	CostVoid
	// CostCampaign says whose the entry is; it is part of the entry's key and
	// therefore not stored among its fields. A shared entry is nobody's.
	CostCampaign
	// CostDriver says by what a shared entry goes to the campaigns.
	CostDriver
	// CostAdjustment lets an entry restate a month that is closed.
	CostAdjustment
)

// CostCategoryNames are the categories of cost entries, in the order of their
// stored numbers from 1.
var CostCategoryNames = []string{"labour", "telephony", "lead_purchase", "licence", "overhead", "other"}

// The categories, of which there are others, that can be told by calls and leads, too,
// by their stored numbers. LeadPurchase is the one that is not operating cost.
const (
	LabourCost    = 1
	TelephonyCost = 2
	LeadPurchase  = 3
)

// Driver is by what a shared cost goes to the campaigns of its currency.
type Driver uint8

// The drivers, in the order of their stored numbers; zero, not said, is by dials.
const (
	ByDials Driver = iota + 1
	ByHandleTime
	ByTalkTime
	Equally
)

// DriverNames are the words of the drivers, in order.
var DriverNames = []string{"dials", "handle_time", "talk_time", "equal"}

func (d Driver) String() string { return DriverNames[max(d, ByDials)-1] }

var costFields = []Field{
	CostCategory: {Name: "category", Type: TypeChoice, Choices: CostCategoryNames},
	CostAmount:   {Name: "amount", Type: TypeMoney},
	CostCurrency: {Name: "currency", Type: TypeCurrency},
	CostFrom:     {Name: "from", Type: TypeInstant},
	CostTo:       {Name: "to", Type: TypeInstant},
	CostNote:     {Name: "note", Type: TypeNote},
	CostVoid:     {Name: "void", Type: TypeBool},
	CostCampaign: {Name: "campaign", Type: TypeRef},
	CostDriver:   {Name: "driver", Type: TypeChoice, Choices: DriverNames},

	CostAdjustment: {Name: "adjustment", Type: TypeBool},
}

// Form is one way to post versions of a fact: which field holds the fact's ref,
// which fields it may name and which it must.
type Form struct {
	Name     string
	Kind     Kind
	Key      string
	Allowed  FieldSet
	Required FieldSet
	// Optional are those that null stands for nothing in, rather than clearing them.
	Optional FieldSet
	// Always is named, as true, by every version posted in this form.
	Always FieldSet
	// Undated forms take no updated_at: a lead inside an attempt is dated by it.
	Undated bool
	// Keyed makes the ref of facts that are posted without one; Key is empty then.
	Keyed func(*Version) string
	// Check judges one version by itself, after every field was read.
	Check func(*Version) *Error
}

// The forms of the API's collections.
var (
	LeadForm = &Form{Name: "leads", Kind: KindLead, Key: "ref",
		Allowed: FieldSet(0).With(LeadGeneratedAt, LeadPhone, LeadName, LeadList, LeadSource, LeadTimeZone, LeadPrice, LeadAttributes, LeadVoid),
		Always:  FieldSet(0).With(LeadPosted)}

	inlineLeadForm = &Form{Name: "lead", Kind: KindLead, Key: "ref", Undated: true,
		Allowed: FieldSet(0).With(LeadPhone, LeadName, LeadList, LeadSource, LeadTimeZone, LeadPrice, LeadAttributes)}

	AttemptForm = &Form{Name: "attempts", Kind: KindAttempt, Key: "ref",
		Allowed:  (1<<len(attemptFields) - 1) &^ (1<<AttemptNote | FromDialers), // notes come with outcomes
		Required: FieldSet(0).With(AttemptLead, AttemptStartedAt, AttemptResult),
		Check:    checkAttempt}

	OutcomeForm = &Form{Name: "outcomes", Kind: KindAttempt, Key: "attempt",
		Allowed: FieldSet(0).With(AttemptAgent, AttemptWrap, AttemptDisposition, AttemptAmount, AttemptDecidedAt,
			AttemptCancelledAt, AttemptCallbackAt, AttemptNote, AttemptVoid)}

	CostForm = &Form{Name: "costs", Kind: KindCost, Key: "ref",
		Allowed:  1<<len(costFields) - 1,
		Required: FieldSet(0).With(CostCategory, CostAmount, CostCurrency, CostFrom, CostTo, CostCampaign),
		Optional: FieldSet(0).With(CostCampaign),
		Check:    checkCost}
)

// Columns lists the names of all that a post in the form may hold, its key first
// and its date last.
func (f *Form) Columns() []string {
	var names []string
	if f.Key != "" {
		names = append(names, f.Key)
	}
	for i, field := range f.Kind.Fields() {
		if f.Allowed.Has(i) {
			names = append(names, field.Name)
		}
	}
	return append(names, "updated_at")
}

// Forms are the forms of all collections, in the order in which a campaign is best
// posted: leads before the attempts that name them.
var Forms = []*Form{LeadForm, AttemptForm, OutcomeForm, CostForm}

// FormOf returns the form of a collection by its name, nil for an unknown one.
func FormOf(collection string) *Form {
	for _, f := range slices.Concat(Forms, QueueForms, ServiceForms, []*Form{MeasureForm}) {
		if f.Name == collection {
			return f
		}
	}
	return nil
}

// field finds a field the form allows by its exact name, or -1.
func (f *Form) field(name []byte) int {
	for i, field := range f.Kind.Fields() {
		if field.Name == string(name) && f.Allowed.Has(i) {
			return i
		}
	}
	return -1
}

// checkAttempt holds what one post must say of itself (api.md, "Manner").
func checkAttempt(v *Version) *Error {
	started := v.Values[AttemptStartedAt].Int
	for _, f := range [...]int{AttemptAnsweredAt, AttemptGreetingEndedAt, AttemptConnectedAt, AttemptEndedAt} {
		if v.Given(f) && v.Values[f].Int < started {
			return Invalidf("invalid_time", attemptFields[f].Name, "%s is before started_at; send instants of one clock, in order", attemptFields[f].Name)
		}
	}
	if v.Given(AttemptEndedAt) && v.Given(AttemptConnectedAt) && v.Values[AttemptEndedAt].Int < v.Values[AttemptConnectedAt].Int {
		return Invalidf("invalid_time", "ended_at", "ended_at is before connected_at; send instants of one clock, in order")
	}
	if Result(v.Values[AttemptResult].Int) == Answered {
		return nil
	}
	for _, f := range [...]int{AttemptAnsweredBy, AttemptAnsweredAt, AttemptGreetingEndedAt, AttemptConnectedAt} {
		if v.Given(f) {
			return Invalidf("not_allowed", attemptFields[f].Name, "%s comes only with result \"answered\"; leave it out or correct result", attemptFields[f].Name)
		}
	}
	return nil
}

func checkCost(v *Version) *Error {
	if !v.Null.Has(CostCampaign) && v.Given(CostDriver) {
		return Invalidf("not_allowed", "driver", "driver comes only with a shared cost; send campaign null, or leave driver out")
	}
	if v.Values[CostFrom].Int >= v.Values[CostTo].Int {
		return Invalidf("invalid_time", "to", "to is not after from; a cost is spread over the time from `from` up to `to`")
	}
	return nil
}
