package web

// Finance is the months of campaigns.
type Finance struct {
	Tabs      []Link
	Search    string
	Campaigns []FinanceCampaign
	Pages     Pages
	// Earlier leads to the months before those shown.
	Earlier string
}

// SharedCosts is the form of a cost that campaigns share, and all such costs.
type SharedCosts struct {
	SettingsForm
	Rows []SharedCost
}

// SharedCost is a cost of no campaign and where it goes.
type SharedCost struct {
	Ref, Category, Amount, Driver, From, To string
	Void                                    bool
	Parts                                   []SharedPart
	// Unallocated is what goes to nobody, "" where all goes to somebody.
	Unallocated string
}

// SharedPart is what of a cost goes to a campaign.
type SharedPart struct{ Campaign, Amount string }

// FinanceCampaign is a campaign and its months, the newest first.
type FinanceCampaign struct {
	Name, Ref, Href string
	Months          []FinanceMonth
}

// FinanceMonth is one month; Open says that it is not over.
type FinanceMonth struct {
	Month, Href string
	Open        bool
	State       MonthState
	Figures     []Figure
}

// MonthState says whether a month is closed, and in Detail by whom and when.
type MonthState struct {
	Closed       bool
	Text, Detail string
}

// Month is one month of a campaign.
type Month struct {
	Name, Ref, Month, Problem string
	State                     MonthState
	// Close and Reopen lead to where that is confirmed, "" where it cannot be done.
	Close, Reopen, Costs string
	Checks               []Check
	// Restated is nil for a month that was never closed.
	Restated *Restated
}

// Check is one thing to look at before a month is closed.
type Check struct {
	Name, Text, Href string
	Good             bool
}

// Confirmation asks whether something is really to be done.
type Confirmation struct {
	// Do is close or reopen.
	Do, Title, Action, Back string
	Checks                  []Check
}

// Restated is how a closed month is not what it was.
type Restated struct {
	Since   string
	Rows    []RestatedRow
	Changes []string
	Facts   []RestatedFact
	// More says that there are more facts than are shown.
	More  bool
	Files []Link
}

// RestatedRow is a figure as it was closed, as it is, and the difference of both.
type RestatedRow struct {
	ID, Name, Formula                                 string
	Before, After, Difference                         string
	BeforeFraction, AfterFraction, DifferenceFraction string
	// Redefined says that the figure itself means something else now.
	Redefined bool
}

// RestatedFact is what one version of a fact changed after the closing, and from whom or
// which dialer it came.
type RestatedFact struct {
	Kind, Ref, Href, At, By string
	Fields                  []string
}
