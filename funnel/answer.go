package funnel

import (
	"slices"
	"time"

	"ringside/campaign"
)

// About is what an answer is about: the campaign as its facts are counted, and the
// window that its calendar made of the span asked for.
type About struct {
	Campaign campaign.Campaign
	Window   Window
}

// Report is the answer to one query: the groups with their keys in words.
type Report struct {
	About
	// AsOfMs is the instant the figures are as of; Replayed says that it is past and
	// they are those known then.
	AsOfMs   int64
	Replayed bool
	// Closing is the closing of the month whose frozen figures these are, or nil.
	Closing *Closing
	// Rated says that the campaign's calls are rated, so that costs are known by what
	// calls are known by.
	Rated bool
	// Version is the campaign's count of changes the report was read at.
	Version int64
	// Whole holds the sums of the whole window, read at the same version.
	Whole *Sums
	// WholeAgents are the distinct agents of the whole window, where the query names
	// them.
	WholeAgents []string
	// Groups are those of the query; without groupings the one group is Whole.
	Groups []ReportGroup
	// Blocks are those of the campaign's compliance profile, where the query asks for
	// them.
	Blocks []Block
}

// Served returns those of the KPIs that are known by the groupings: of all campaigns
// that were reported on, which may have no rates.
func Served(kpis []*KPI, by []GroupBy, reports ...Report) []*KPI {
	unrated := slices.ContainsFunc(reports, func(r Report) bool { return !r.Rated })
	inner := WithoutCampaign(by)
	return slices.DeleteFunc(slices.Clone(kpis), func(k *KPI) bool { return !k.Serves(inner) || unrated && k.NeedsRates(inner) })
}

// ReportGroup is one group of a report. Key holds a value for each grouping, in
// the order they were named: a string, an int64, or nil for facts without the
// attribute.
type ReportGroup struct {
	Key  []any
	Sums *Sums
	// Agents are the distinct agents, where the query names them.
	Agents []string
}

// Fact is one stored fact as it is read back.
type Fact struct {
	ID      string
	Kind    campaign.Kind
	Ref     string
	Content campaign.Content
	// UpdatedMs is the instant of the newest version.
	UpdatedMs int64
	// Versions is how many versions were received.
	Versions int64
	// Reading is what an attempt proves; nil for other facts, and for an attempt
	// of which only outcomes have come.
	Reading *Reading
	// DNCSinceMs is since when a lead asked not to be called, or campaign.None;
	// CohortMs the instant its cohort is dated by, or campaign.None.
	DNCSinceMs, CohortMs int64
}

// Page is one page of the facts behind a number. Next is where the next page
// begins, nil on the last.
type Page struct {
	About
	Facts []PageFact
	Next  *Cursor
}

// PageFact is a fact with the instant that places it in the window, and what it adds to
// a cost figure.
type PageFact struct {
	Fact
	Behinds
	// Shared is a cost entry of no campaign.
	Shared bool
}

// SharedCost is a cost entry of no campaign, and where it goes.
type SharedCost struct {
	Fact
	Parts []SharedPart
	// UnallocatedMinor is what goes to nobody, as no campaign has any of the driver.
	UnallocatedMinor int64
}

// SharedPart is what of a shared cost goes to a campaign, by how much of the driver it
// has: dials, milliseconds, or 1.
type SharedPart struct {
	Campaign            string
	Driver, AmountMinor int64
}

// Listing asks for a page of the facts that make up a measure over a window, in
// order of their instants, from after the cursor on. NowMs judges callbacks as in
// a Query.
type Listing struct {
	Measure Measure
	// Own asks for the values of a measure of the caller's own, by its name, instead.
	Own    string
	Window Span
	// Zone is whose days the window is of; nil for the campaign's own.
	Zone  *time.Location
	NowMs int64
	// Level says what the service level is.
	Level Level
	After Cursor
	Limit int
	// Filters keep what passes all of them.
	Filters []Filter
}

// Cursor is a place in the order of facts: by instant, then by number.
type Cursor struct{ AtMs, Number int64 }
