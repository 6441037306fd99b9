package campaign

// Positions in the field table of inbound calls.
const (
	CallCustomer = iota
	CallChannel
	CallTopic
	CallOfferedAt
	CallAnsweredAt
	CallAbandonedAt
	CallEndedAt
	CallAgent
	CallHold
	CallWrap
	CallTransfers
	CallEscalated
	CallResolved
	CallBlocked
	CallVoid
)

var callFields = []Field{
	CallCustomer:    {Name: "customer", Type: TypeText},
	CallChannel:     {Name: "channel", Type: TypeText},
	CallTopic:       {Name: "topic", Type: TypeText},
	CallOfferedAt:   {Name: "offered_at", Type: TypeInstant},
	CallAnsweredAt:  {Name: "answered_at", Type: TypeInstant},
	CallAbandonedAt: {Name: "abandoned_at", Type: TypeInstant},
	CallEndedAt:     {Name: "ended_at", Type: TypeInstant},
	CallAgent:       {Name: "agent", Type: TypeText},
	CallHold:        {Name: "hold_s", Type: TypeSeconds},
	CallWrap:        {Name: "wrap_s", Type: TypeSeconds},
	CallTransfers:   {Name: "transfers", Type: TypeCount},
	CallEscalated:   {Name: "escalated", Type: TypeBool},
	CallResolved:    {Name: "resolved", Type: TypeBool},
	CallBlocked:     {Name: "blocked", Type: TypeBool},
	CallVoid:        {Name: "void", Type: TypeBool},
}

// CallForm is the form of calls offered to a queue.
var CallForm = &Form{Name: "calls", Kind: KindCall, Key: "ref",
	Allowed: 1<<len(callFields) - 1, Required: FieldSet(0).With(CallOfferedAt), Check: checkCall}

// QueueForms are the forms of the collections of a queue, ServiceForms those of the
// whole installation.
var (
	QueueForms   = []*Form{CallForm}
	ServiceForms = []*Form{SurveyForm, ReviewForm, CaseForm, CustomerForm, SearchForm, StateForm}
)

// checkCall holds what one post must say of itself: instants in order, and one end.
func checkCall(v *Version) *Error {
	for _, pair := range [...][2]int{{CallAnsweredAt, CallOfferedAt}, {CallAbandonedAt, CallOfferedAt}, {CallEndedAt, CallOfferedAt}, {CallEndedAt, CallAnsweredAt}} {
		later, earlier := pair[0], pair[1]
		if v.Given(later) && v.Given(earlier) && v.Values[later].Int < v.Values[earlier].Int {
			return Invalidf("invalid_time", callFields[later].Name, "%s is before %s; send instants of one clock, in order", callFields[later].Name, callFields[earlier].Name)
		}
	}
	if v.Given(CallAnsweredAt) && v.Given(CallAbandonedAt) {
		return Invalidf("not_allowed", "abandoned_at", "abandoned_at stands beside answered_at; a call is answered or given up, send the one that came")
	}
	if v.Int(CallBlocked) == 1 {
		for _, f := range [...]int{CallAnsweredAt, CallAbandonedAt} {
			if v.Given(f) {
				return Invalidf("not_allowed", callFields[f].Name, "%s comes only with a call that was offered; leave it out or send blocked false", callFields[f].Name)
			}
		}
	}
	return nil
}

// A Thread strings facts of one kind together: those whose text is the same, in order
// of their instants. Each knows when the next one came.
//
// Thread returns the fact's, "" where it stands in none: a call of a known customer is
// in that of the customer and the topic, a state in that of its agent. All open cases are
// in one, and so are all customers, and all who left, by which they are found.
func (c *Content) Thread(kind Kind) string {
	switch {
	case kind == KindState && c.Int(StateVoid) != 1:
		return c.Text(StateAgent)
	case kind == KindCase && c.Int(CaseVoid) != 1 && c.Given(CaseOpenedAt) && (!c.Given(CaseResolvedAt) || c.Reopened()):
		return OpenThread
	case kind == KindCustomer && c.Int(CustomerVoid) != 1 && c.Given(CustomerJoinedAt):
		if c.Given(CustomerLeftAt) {
			return LeftThread
		}
		return StayingThread
	case kind == KindCall && c.Int(CallVoid) != 1 && c.Text(CallCustomer) != "":
		return c.Text(CallCustomer) + "\n" + c.Text(CallTopic) // no text holds a line's end
	}
	return ""
}

// The threads that only tell where facts are found: of open cases, of customers, and of
// those who left.
const (
	OpenThread    = "open"
	StayingThread = "staying"
	LeftThread    = "left"
)

// LooksAhead reports whether what a fact of the kind adds depends on when the next of its
// thread stands.
func (k Kind) LooksAhead() bool { return k == KindCall || k == KindState }

// PlacedMs is the instant at which a fact of service stands, None where nothing said
// it yet.
func (c *Content) PlacedMs(kind Kind) int64 {
	return c.Int(placedBy[kind])
}

// placedBy is the field of each kind whose instant places the fact.
var placedBy = map[Kind]int{KindCall: CallOfferedAt, KindSurvey: SurveyAt, KindReview: ReviewAt, KindCase: CaseOpenedAt,
	KindCustomer: CustomerJoinedAt, KindSearch: SearchAt, KindState: StateFrom, KindMeasure: MeasureAt}

// OfService reports whether facts of the kind are records: folded each by itself, and
// kept in one table.
func (k Kind) OfService() bool { _, ok := placedBy[k]; return ok }

// ServiceKinds lists the kinds of which OfService is true.
var ServiceKinds = []Kind{KindCall, KindSurvey, KindReview, KindCase, KindCustomer, KindSearch, KindState, KindMeasure}

// BelongsTo reports whether facts of the kind are those of what a store's name is
// about: a campaign, a queue, or the installation. Measures are taken of any of these.
func (k Kind) BelongsTo(key string) bool {
	if k == KindMeasure {
		return key != NoCampaign
	}
	if _, queue := QueueOf(key); queue || k == KindCall {
		return queue && k == KindCall
	}
	return k.OfService() == (key == ServiceKey)
}
