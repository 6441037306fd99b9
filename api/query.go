package api

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"ringside/campaign"
	"ringside/funnel"
)

// repeated ends the name of a parameter, in a table of routes, that may stand several
// times.
const repeated = "…"

// checkQuery refuses query parameters the route does not know, and any that
// stands twice.
func checkQuery(c *gin.Context, known []string) error {
	values, err := url.ParseQuery(c.Request.URL.RawQuery)
	if err != nil {
		return campaign.Invalidf("invalid_query", "", "the query string cannot be read: %v; percent-encode what is not a letter or digit", err)
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		many := slices.Contains(known, name+repeated)
		if !many && !slices.Contains(known, name) {
			takes := "this path takes none"
			if len(known) > 0 {
				takes = "this path takes " + strings.ReplaceAll(strings.Join(known, ", "), repeated, "")
			}
			return campaign.Invalidf("unknown_parameter", name, "%q is not a parameter here; %s", name, takes)
		}
		if len(values[name]) > 1 && !many {
			return campaign.Invalidf("duplicate_parameter", name, "%s stands twice; send it once, several values with commas between", name)
		}
	}
	return nil
}

// boolParam reads a parameter that is true or false; left out it is false.
func boolParam(c *gin.Context, name string) (bool, error) {
	switch text, given := c.GetQuery(name); {
	case !given || text == "false":
		return false, nil
	case text == "true":
		return true, nil
	default:
		return false, campaign.Invalidf("invalid_choice", name, "%q is neither true nor false", text)
	}
}

// listParam reads values with commas between, each once, in order.
func listParam(c *gin.Context, name string) ([]string, error) {
	text, given := c.GetQuery(name)
	if !given {
		return nil, nil
	}
	var list []string
	for word := range strings.SplitSeq(text, ",") {
		if word = strings.TrimSpace(word); word == "" {
			return nil, campaign.Invalidf("missing_value", name, "%s names nothing; leave it out or send values with commas between", name)
		}
		if !slices.Contains(list, word) {
			list = append(list, word)
		}
	}
	return list, nil
}

// readSpan reads from and to, both required: instants, or dates that mean the
// day's start in whichever zone the span is cut.
func readSpan(from, to string) (span funnel.Between, err error) {
	if span.From, err = readMoment("from", from); err == nil {
		span.To, err = readMoment("to", to)
	}
	return span, err
}

// spanParam is readSpan of the request's parameters.
func spanParam(c *gin.Context) (funnel.Between, error) {
	return readSpan(c.Query("from"), c.Query("to"))
}

func readMoment(name, text string) (campaign.Moment, error) {
	if text == "" {
		return campaign.Moment{}, campaign.Invalidf("missing_parameter", name, "%s is missing; send a date like 2026-11-02 or an instant like 2026-11-02T09:00:00Z", name)
	}
	// The + of an offset that was not percent-encoded arrives as a space.
	if at := len(text) - len("+01:00"); at > 0 && text[at] == ' ' {
		text = text[:at] + "+" + text[at+1:]
	}
	m, err := campaign.ParseMoment(text)
	return m, inField(err, name)
}

// readAsOf reads the moment that figures are asked as of; nil for now.
func readAsOf(text string) (*campaign.Moment, error) {
	if text == "" {
		return nil, nil
	}
	m, err := readMoment("as_of", text)
	return &m, err
}

// inField names the field or parameter an error is about.
func inField(err error, field string) error {
	if wrong, ok := err.(*campaign.Error); ok {
		named := *wrong
		named.Field = field
		return &named
	}
	return err
}

// readReportRequest takes a report's parameters from the query.
func readReportRequest(c *gin.Context) (r ReportRequest, err error) {
	r = ReportRequest{From: c.Query("from"), To: c.Query("to"), AsOf: c.Query("as_of"), TimeZone: c.Query("time_zone"),
		LevelMethod: c.Query("service_level_method"), LevelSeconds: c.Query("service_level_s")}
	if r.KPIs, err = listParam(c, "kpi"); err == nil {
		r.GroupBy, err = listParam(c, "group_by")
	}
	return r, err
}

// readKPIs finds KPIs by id among those there are, in the order they are named; nil
// means all.
func readKPIs(ids []string, of []*funnel.KPI, shelf *funnel.Shelf) (kpis []*funnel.KPI, err error) {
	for _, id := range ids {
		k := shelf.Find(id)
		if k != nil && !slices.Contains(of, k) {
			return nil, campaign.Invalidf("unknown_kpi", "kpi", "%s is not counted here: campaigns have the outbound KPIs, queues those of calls, the installation all of service; GET /v1/kpis tells them by clock", id)
		}
		if k == nil {
			return nil, campaign.Invalidf("unknown_kpi", "kpi", "%q is not a KPI; GET /v1/kpis lists them", id)
		}
		kpis = append(kpis, k)
	}
	return kpis, nil
}

// readLevel reads what the service level is to be.
func readLevel(method, seconds string) (l funnel.Level, err error) {
	if l.Method = method; seconds == "" {
		return l, funnel.CheckMethod(method)
	}
	n, bad := strconv.ParseInt(seconds, 10, 64)
	if bad != nil {
		return l, campaign.Invalidf("invalid_number", "service_level_s", "%q is not a whole number of seconds", seconds)
	}
	if err = campaign.CheckServiceLevel(n); err == nil {
		err = funnel.CheckMethod(method)
	}
	l.Seconds = &n
	return l, err
}

// readGroupings finds groupings by name among those there are.
func readGroupings(names []string, all []funnel.GroupBy) (by []funnel.GroupBy, err error) {
	if len(names) > funnel.GroupingsMost {
		return nil, campaign.Invalidf("too_many_groupings", "group_by", "%d groupings; a report takes at most %d; name fewer", len(names), funnel.GroupingsMost)
	}
	for _, name := range names {
		g := funnel.GroupBy(name)
		if !slices.Contains(all, g) {
			return nil, campaign.Invalidf("unknown_grouping", "group_by", "%q is not a grouping; name one or several of %s", name, joinGroupings(all))
		}
		by = append(by, g)
	}
	return by, nil
}

func joinGroupings(by []funnel.GroupBy) string {
	words := make([]string, len(by))
	for i, g := range by {
		words[i] = string(g)
	}
	return strings.Join(words, ", ")
}

// checkRated refuses a KPI asked for by name that is known by the groupings only where
// calls are rated, of campaigns that rate none.
func checkRated(named []*funnel.KPI, by []funnel.GroupBy, reports ...funnel.Report) error {
	served := funnel.Served(named, by, reports...)
	for _, k := range named {
		if k.NeedsRates(by) && !slices.Contains(served, k) {
			return campaign.Invalidf("grouping_not_served", "group_by", "%s cannot be grouped by %s, as the calls of a campaign are not rated: its costs are known by time and campaign only; send rates with PUT /v1/campaigns/{campaign}/rates",
				k.ID, joinGroupings(by))
		}
	}
	return nil
}

// checkServed refuses a KPI asked for by name that a grouping does not serve.
func checkServed(named []*funnel.KPI, by []funnel.GroupBy) error {
	for _, k := range named {
		if !k.Serves(by) {
			return campaign.Invalidf("grouping_not_served", "group_by", "%s cannot be grouped by %s; it can by %s",
				k.ID, joinGroupings(by), joinGroupings(k.Groupings))
		}
	}
	return nil
}
