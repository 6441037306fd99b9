package api

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"ringside/campaign"
	"ringside/funnel"
)

// scope is what a campaign's pages are asked to show: of which days, of which calls,
// and whether beside the days before. All of it stands in the address, so that what
// one sees can be sent to another.
type scope struct {
	// preset names the days; "" where from and to do.
	preset   string
	from, to string
	span     funnel.Span
	nowMs    int64
	compare  bool
	// level is what the service level of queues is to be.
	level funnel.Level
	// filters keep the calls, or leads, of one value of an attribute each.
	filters []funnel.Filter
}

const (
	defaultPreset = "last_7_days"
	// compareNone as the parameter compare leaves the comparison out.
	compareNone, comparePrevious = "none", "previous"
)

var (
	// presets name days by today, in the campaign's zone. Each ends with today, or
	// where its name says.
	presets     = []string{"today", "yesterday", "last_7_days", "last_14_days", "last_28_days", "this_week", "last_week", "this_month", "last_month"}
	filterQuery = ofCampaigns.filters()
	daysQuery   = []string{"range", "from", "to", "compare"}
	scopeQuery  = append(slices.Clone(daysQuery), filterQuery...)
	queueScope  = slices.Concat(daysQuery, ofQueues.filters(), []string{"service_level_method", "service_level_s"})
)

// filtersMost is how many filters there may be at once. One is answered from what is
// counted beforehand, several from the calls themselves, of at most filteredDays.
const (
	filtersMost  = 3
	filteredDays = 92
)

// scopeParam reads the scope from the query, with the filters there may be.
func (s *Server) scopeParam(c *gin.Context, filterable []funnel.GroupBy) (sc *scope, err error) {
	sc = &scope{preset: c.Query("range"), from: c.Query("from"), to: c.Query("to"), nowMs: s.now().UnixMilli()}
	custom := sc.preset == "custom" || sc.preset == "" && (sc.from != "" || sc.to != "")
	switch {
	case custom:
		sc.preset = ""
		if sc.span, err = readSpan(sc.from, sc.to); err != nil {
			return nil, err
		}
	case sc.preset == "":
		sc.preset = defaultPreset
		fallthrough
	default:
		if !slices.Contains(presets, sc.preset) {
			return nil, campaign.Invalidf("invalid_choice", "range", "%q is not a range; send one of %s, or from and to", sc.preset, strings.Join(presets, ", "))
		}
		sc.from, sc.to, sc.span = "", "", named{sc.preset, sc.nowMs}
	}
	switch c.Query("compare") {
	case "", comparePrevious:
		sc.compare = true
	case compareNone:
	default:
		return nil, campaign.Invalidf("invalid_choice", "compare", "%q is neither %s nor %s", c.Query("compare"), comparePrevious, compareNone)
	}
	if sc.level, err = readLevel(c.Query("service_level_method"), c.Query("service_level_s")); err != nil {
		return nil, err
	}
	sc.filters, err = filtersParam(c, filterable)
	return sc, err
}

// leadFilters are what is asked of leads with all their calls.
func (sc *scope) leadFilters() []funnel.Filter {
	return slices.DeleteFunc(slices.Clone(sc.filters), func(f funnel.Filter) bool { return !f.By.FollowsLeads() })
}

// filtersParam reads the filters from the query.
func filtersParam(c *gin.Context, filterable []funnel.GroupBy) (filters []funnel.Filter, err error) {
	for _, g := range filterable {
		if value, given := c.GetQuery(string(g)); given {
			filters = append(filters, funnel.Filter{By: g, Value: strings.TrimSpace(value)})
		}
	}
	if len(filters) > filtersMost {
		return nil, campaign.Invalidf("too_many_filters", string(filters[filtersMost].By), "%d filters at once; at most %d are taken; leave some out", len(filters), filtersMost)
	}
	return filters, nil
}

// by are the groupings of the filters.
func (sc *scope) by() (by []funnel.GroupBy) {
	for _, f := range sc.filters {
		by = append(by, f.By)
	}
	return by
}

// several reports whether the calls themselves have to be read.
func (sc *scope) several() bool { return len(sc.filters) > 1 }

// values are the parameters that ask for this scope again.
func (sc *scope) values() url.Values {
	v := url.Values{}
	if sc.preset == "" {
		v.Set("from", sc.from)
		v.Set("to", sc.to)
	} else if sc.preset != defaultPreset {
		v.Set("range", sc.preset)
	}
	if !sc.compare {
		v.Set("compare", compareNone)
	}
	if sc.level.Method != "" {
		v.Set("service_level_method", sc.level.Method)
	}
	if sc.level.Seconds != nil {
		v.Set("service_level_s", strconv.FormatInt(*sc.level.Seconds, 10))
	}
	for _, f := range sc.filters {
		v.Set(string(f.By), f.Value)
	}
	return v
}

// link asks for a page in this scope, with more parameters: names and values in
// turn.
func (sc *scope) link(path string, more ...string) string {
	v := sc.values()
	for i := 0; i < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// with is the scope with one more filter, in place of another of the same attribute.
func (sc *scope) with(by funnel.GroupBy, value string) *scope {
	more := sc.without(by)
	more.filters = append(more.filters, funnel.Filter{By: by, Value: value})
	return more
}

func (sc *scope) without(by funnel.GroupBy) *scope {
	less := *sc
	less.filters = slices.DeleteFunc(slices.Clone(sc.filters), func(f funnel.Filter) bool { return f.By == by })
	return &less
}

// dates is the scope without filters and comparison.
func (sc *scope) dates() *scope {
	days := *sc
	days.filters, days.compare = nil, true
	return &days
}

// named is the span of a preset.
type named struct {
	preset string
	nowMs  int64
}

// Cut implements funnel.Span.
func (n named) Cut(cal *campaign.Calendar) (funnel.Window, error) {
	today := cal.DayOf(n.nowMs)
	first, end := today, today+1
	switch n.preset {
	case "yesterday":
		first, end = today-1, today
	case "last_7_days":
		first = today - 6
	case "last_14_days":
		first = today - 13
	case "last_28_days":
		first = today - 27
	case "this_week":
		first = today.Week()
	case "last_week":
		first, end = today.Week()-7, today.Week()
	case "this_month":
		first = today.Month()
	case "last_month":
		first, end = (today.Month() - 1).Month(), today.Month()
	}
	return funnel.Window{FromMs: cal.DayStart(first), ToMs: cal.DayStart(end)}, nil
}

// soFar is the part of a span that is over.
type soFar struct {
	of    funnel.Span
	nowMs int64
}

// Cut implements funnel.Span.
func (s soFar) Cut(cal *campaign.Calendar) (funnel.Window, error) {
	w, err := s.of.Cut(cal)
	w.ToMs = max(w.FromMs, min(w.ToMs, s.nowMs))
	return w, err
}

// ever is the span of all days that facts may have.
type ever struct{}

// Cut implements funnel.Span.
func (ever) Cut(cal *campaign.Calendar) (funnel.Window, error) {
	return funnel.Window{FromMs: cal.DayStart(campaign.DayOfDate(1970, time.January, 1)), ToMs: cal.DayStart(campaign.DayOfDate(2200, time.January, 1))}, nil
}

// previous is the equal period before a span: as many days earlier as the span has,
// and where that is not over yet, only up to the same time of day.
type previous struct {
	of    funnel.Span
	nowMs int64
}

// Cut implements funnel.Span.
func (p previous) Cut(cal *campaign.Calendar) (funnel.Window, error) {
	w, err := p.of.Cut(cal)
	if err != nil || w.FromMs == w.ToMs {
		return w, err
	}
	days := cal.DayOf(w.ToMs-1) - cal.DayOf(w.FromMs) + 1
	earlier := func(ms int64) int64 {
		day := cal.DayOf(ms) - days
		if cal.DayStart(day+days) == ms {
			return cal.DayStart(day)
		}
		same := time.UnixMilli(ms).In(cal.Location()).AddDate(0, 0, -int(days)).UnixMilli()
		return min(max(same, cal.DayStart(day)), cal.DayStart(day+1))
	}
	over, err := soFar(p).Cut(cal)
	from := earlier(w.FromMs)
	return funnel.Window{FromMs: from, ToMs: max(from, earlier(over.ToMs))}, err
}
