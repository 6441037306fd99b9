package web

// Overview is the page of all campaigns.
type Overview struct {
	Problem string
	// Rows are the campaigns of this page, those that need attention first.
	Rows []OverviewRow
	// All is how many campaigns there are, Pages leads to the others.
	All    int
	Pages  Pages
	Search string
	// Targets are those that are missed now, the first of Missed; MoreMissed are not shown.
	Targets            []Target
	Missed, MoreMissed int
	CSV                string
	// Origin is where the examples of the empty page post to.
	Origin string
}

// OverviewRow is one campaign today.
type OverviewRow struct {
	Name, Ref, Href, TimeZone string
	Reasons                   []Reason
	Dials                     Figure
	Spark                     Spark
	Figures                   []Figure
	Standing                  *Standing
	Recounting                bool
}

// Level is how much something needs attention.
type Level string

// The levels, most urgent first. They are class names and ids of messages.
const (
	Alarm Level = "alarm"
	Warn  Level = "warn"
	Note  Level = "note"
)

// Reason says why a campaign stands where it does.
type Reason struct {
	Level Level
	Text  string
}

// Standing is how a campaign's present block of its compliance profile stands.
type Standing struct {
	Profile, Rate, Limit, Fraction, Since, Text string
	Level                                       Level // "" where all is well
	Href                                        string
	Gauge                                       Gauge
}

// Pages leads through a list that is shown a page at a time.
type Pages struct {
	Previous, Next string
	From, To, All  int
}
