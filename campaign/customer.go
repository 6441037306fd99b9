package campaign

// Positions in the field table of customers.
const (
	CustomerJoinedAt = iota
	CustomerLeftAt
	CustomerReferredBy
	CustomerMargin
	CustomerVoid
)

var customerFields = []Field{
	CustomerJoinedAt:   {Name: "joined_at", Type: TypeInstant},
	CustomerLeftAt:     {Name: "left_at", Type: TypeInstant},
	CustomerReferredBy: {Name: "referred_by", Type: TypeText},
	CustomerMargin:     {Name: "margin", Type: TypeMoney},
	CustomerVoid:       {Name: "void", Type: TypeBool},
}

// CustomerForm is the form of customers.
var CustomerForm = &Form{Name: "customers", Kind: KindCustomer, Key: "ref",
	Allowed: 1<<len(customerFields) - 1, Required: FieldSet(0).With(CustomerJoinedAt),
	Check: func(v *Version) *Error { return notBefore(v, CustomerJoinedAt, CustomerLeftAt) }}

// Positions in the field table of searches of a knowledge base.
const (
	SearchAt = iota
	SearchResults
	SearchOpened
	SearchVoid
)

var searchFields = []Field{
	SearchAt:      {Name: "at", Type: TypeInstant},
	SearchResults: {Name: "results", Type: TypeCount},
	SearchOpened:  {Name: "opened", Type: TypeTally},
	SearchVoid:    {Name: "void", Type: TypeBool},
}

// SearchForm is the form of searches.
var SearchForm = &Form{Name: "searches", Kind: KindSearch, Key: "ref",
	Allowed: 1<<len(searchFields) - 1, Required: FieldSet(0).With(SearchAt)}
