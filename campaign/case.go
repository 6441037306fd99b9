package campaign

// Positions in the field table of cases: tickets, with one or more contacts each.
const (
	CaseQueue = iota
	CaseChannel
	CaseCustomer
	CaseTopic
	CaseAssignee
	CaseOpenedAt
	CaseFirstReplyAt
	CaseResolvedAt
	CaseReopenedAt
	CaseEscalated
	CaseVoid
)

var caseFields = []Field{
	CaseQueue:        {Name: "queue", Type: TypeRef},
	CaseChannel:      {Name: "channel", Type: TypeText},
	CaseCustomer:     {Name: "customer", Type: TypeText},
	CaseTopic:        {Name: "topic", Type: TypeText},
	CaseAssignee:     {Name: "assignee", Type: TypeText},
	CaseOpenedAt:     {Name: "opened_at", Type: TypeInstant},
	CaseFirstReplyAt: {Name: "first_reply_at", Type: TypeInstant},
	CaseResolvedAt:   {Name: "resolved_at", Type: TypeInstant},
	CaseReopenedAt:   {Name: "reopened_at", Type: TypeInstant},
	CaseEscalated:    {Name: "escalated", Type: TypeBool},
	CaseVoid:         {Name: "void", Type: TypeBool},
}

// CaseForm is the form of cases.
var CaseForm = &Form{Name: "cases", Kind: KindCase, Key: "ref",
	Allowed: 1<<len(caseFields) - 1, Required: FieldSet(0).With(CaseOpenedAt), Check: checkCase}

func checkCase(v *Version) *Error {
	return notBefore(v, CaseOpenedAt, CaseFirstReplyAt, CaseResolvedAt, CaseReopenedAt)
}

// notBefore refuses instants of one version that lie before another of it.
func notBefore(v *Version, first int, later ...int) *Error {
	fields := v.Kind.Fields()
	for _, f := range later {
		if v.Given(f) && v.Given(first) && v.Values[f].Int < v.Values[first].Int {
			return Invalidf("invalid_time", fields[f].Name, "%s is before %s; send instants of one clock, in order", fields[f].Name, fields[first].Name)
		}
	}
	return nil
}

// Reopened reports whether a case was opened again after it was resolved last.
func (c *Content) Reopened() bool {
	return c.Given(CaseResolvedAt) && c.Given(CaseReopenedAt) && c.Int(CaseReopenedAt) >= c.Int(CaseResolvedAt)
}
