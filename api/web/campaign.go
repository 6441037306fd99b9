package web

import "ringside/campaign"

// Campaign is the page of one campaign.
type Campaign struct {
	Name, Ref, TimeZone string
	Recounting          bool
	Scope               Scope
	Headlines           Headlines
	Standing            *Standing
	Leads
	// LeadsLater leads to the page of what follows leads, where it takes too long to be
	// waited for.
	LeadsLater string
	// Glance answers what one looks for first.
	Glance []Glance
	Series Series
	// Own are the KPIs of callers' own.
	Own             []OwnKPI
	Agents, Teams   Table
	Outcomes, Lists Table
	// Tables lead to every table there is, whose rows lead to filters.
	Tables []Link
	// Unmapped are the codes no mapping gives a meaning.
	Unmapped []Unmapped
	// Heat leads to the page of the heat map, which is loaded when it is come to; ""
	// where there is no dial.
	Heat string
}

// OwnKPI is a KPI of a caller's own: Inputs lead to what lies behind all that its formula
// reads, where the reader may see that.
type OwnKPI struct {
	Figure
	Inputs []Link
}

// OwnFigures are the figures of the KPIs of callers' own.
func (c *Campaign) OwnFigures() []Figure {
	figures := make([]Figure, len(c.Own))
	for i := range c.Own {
		figures[i] = c.Own[i].Figure
	}
	return figures
}

// Scope is what the page shows and how to ask for something else.
type Scope struct {
	// Window says it in words.
	Window string
	Path   string
	Ranges []Choice
	From   string
	To     string
	// Custom says that From and To are asked for, not a named range.
	Custom bool
	// Comparable says that the page can compare with the period before, Compare that
	// it does.
	Comparable, Compare bool
	Filters             []Filter
	// Kept are parameters of the page that go on with another scope.
	Kept []Choice
	// Several says that the answer is read from the calls themselves.
	Several bool
}

// Choice is one of a list of values.
type Choice struct {
	Value, Text string
	Chosen      bool
}

// Filter is one that is set: what it is, its value in words and as it is asked for,
// and the address without it.
type Filter struct{ Name, By, Value, Raw, Without string }

// Headlines are the five figures a campaign is judged by.
type Headlines struct {
	Figures, Counts []Figure
	// Targets are those of figures that are not among these.
	Targets []Target
	// Before says what the figures are compared with, "" for nothing.
	Before, Young string
}

// Window writes the span of two instants for people: whole days by their first and
// last.
func Window(fromMs, toMs int64, cal *campaign.Calendar) string {
	from, to := cal.DayOf(fromMs), cal.DayOf(max(fromMs, toMs-1))
	if cal.DayStart(from) != fromMs || cal.DayStart(to+1) != toMs {
		if cal.DayStart(from) == fromMs && from == to && toMs > fromMs {
			return T("window.until", "day", Date(from), "until", TimeOfDay(toMs, cal.Location())[:5])
		}
		return T("window.span", "from", Moment(fromMs, cal), "to", Moment(toMs, cal))
	}
	if from == to {
		return Date(from)
	}
	return T("window.days", "from", Date(from), "to", Date(to))
}

// Glance is the answer to one question: in words, then Links, and where all of it is.
type Glance struct {
	Question, Text, Href string
	Links                []Link
	Level                Level
}

// Leads follows leads through all their calls.
type Leads struct {
	// Apart says that the filters are of calls, so that nothing can be said of leads
	// with all their calls: there is neither Funnel nor Curve.
	Apart  bool
	Funnel Funnel
	Curve  Curve
}

// LeadsPage is the page of what follows leads.
type LeadsPage struct {
	Scope Scope
	Leads
}

// Funnel is what became of the leads of the window.
type Funnel struct {
	Stages []Stage
	CSV    string
	// Narrowest says how many came to the end, and where most were lost.
	Narrowest string
}

// Stage is one step of a funnel. Share and Step are drawn: shares of the start.
type Stage struct {
	Name, Leads, OfStart, OfPrevious, Median string
	// Bar is the stage's width, Before that of the stage before it.
	Bar, Before float64
}

// Series is figures over time.
type Series struct {
	// Grain is by what: hour, day, week or month.
	Grain   string
	Columns []SeriesColumn
	Rows    []Instant
	Line    Line
	CSV     string
}

// SeriesColumn is one figure of a series; Chosen is the one that is drawn.
type SeriesColumn struct {
	ID, Name, Unit string
	Chosen         bool
}

// Instant is one row of a series.
type Instant struct {
	// At is the start in seconds since 1970, for scripts.
	At    int64
	Label string
	Cells []Point
}

// Point is one figure of a series: in words, and where it is Known as a number for
// scripts.
type Point struct {
	Text, Fraction string
	Value          float64
	Known, Young   bool
}

// Groups is the page of one whole table.
type Groups struct {
	Scope Scope
	Table Table
	// Whole says that it is of all days, so that there is no scope to choose.
	Whole bool
}

// Table is a list of figures in groups, a part of it or all.
type Table struct {
	Title, Caption string
	// Young says that figures still move by the mere passing of time.
	Young   string
	Columns []Column
	Rows    []Row
	Pages   Pages
	// All leads to the page with all rows, where these are a part.
	All   string
	Total int
	CSV   string
	// Later leads to the table where it takes too long to be waited for; then nothing
	// else of it is there.
	Later string
}

// Column is one column of a table. Sort leads to the table sorted by it.
type Column struct {
	Name, Explained, Sort string
	// Sorted is "ascending" or "descending" where the table is sorted by it.
	Sorted string
	Number bool
}

// Row is one line of a table: what it is about, then figures.
type Row struct {
	Name, Detail, Href string
	Missing            bool // facts without the attribute
	Mark               string
	Cells              []Cell
}

// Cell is a figure of a table: drawn, too, where it has a whisker.
type Cell struct {
	Figure
	Whisker *Whisker
	// Sort is what a script sorts by, "" for what goes last.
	Sort string
}

// Unmapped is a code that means nothing yet, and how many dials have it.
type Unmapped struct{ Code, Href, Dials string }

// Curve shows how leads are won dial by dial.
type Curve struct {
	Points []CurvePoint
	// Advice says where most of what can be won has been won.
	Advice, CSV string
	// More is how many dials follow those that are shown.
	More int
}

// CurvePoint is one dial of the curve.
type CurvePoint struct {
	N, Reached, Won, Value, Interval, Share string
	X, Y, Height, Low, High                 float64
	// Advised marks the dial by which nearly all that is won has been won.
	Advised bool
}

// Calls is the page of the facts behind a number.
type Calls struct {
	Scope  Scope
	Figure Figure
	// Part says which part of the figure, What of which kind the facts are, Count how
	// many there are, "" where the part is no count.
	Part, What, Count string
	Columns           []Column
	Rows              [][]Fact
	From, To          int
	First, Next, CSV  string
}

// Fact is one field of a fact.
type Fact struct {
	// Href leads to the fact itself, "" to nothing.
	Text, Href string
	Number     bool
}
