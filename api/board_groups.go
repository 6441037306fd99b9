package api

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"ringside/api/web"
	"ringside/campaign"
	"ringside/funnel"
)

// Rows of a table of groups: on the campaign's page, and on a page of its own.
const (
	groupsTop  = 8
	groupsPage = 100
)

// grouped is a table of groups: by what, and which figures it shows.
type grouped struct {
	by    funnel.GroupBy
	kpis  []*funnel.KPI
	drawn []string // KPIs whose interval is drawn
	// sort is the figure it is sorted by unless another is asked for.
	sort string
	// whole says that it is of all days, whatever days and calls are asked for.
	whole bool
}

// page is the table's own, below the campaign's.
func (g *grouped) page() string {
	if g.whole {
		return "lists"
	}
	return "by/" + string(g.by)
}

// wholeLists is how far each list has been dialed by now.
var wholeLists = &grouped{by: funnel.ByList, kpis: findKPIs("leads", "list_penetration", "lead_contact_rate", "conversion_rate"), drawn: drawnRates, sort: "leads", whole: true}

// groupedCampaigns are the tables of campaigns.
func groupedCampaigns() map[funnel.GroupBy]*grouped {
	calls := findKPIs("dials", "contact_rate", "hit_rate", "first_call_close_rate", "outbound_abandonment_rate", "talk_time", "sales")
	leads := findKPIs("leads", "list_penetration", "lead_contact_rate", "conversion_rate")
	ends := findKPIs("dials", "contact_rate", "talk_time")
	all := map[funnel.GroupBy]*grouped{}
	for by, kpis := range map[funnel.GroupBy][]*funnel.KPI{funnel.ByAgent: calls, funnel.ByTeam: calls, funnel.ByList: leads, funnel.BySource: leads,
		funnel.ByDisposition: ends, funnel.ByCategory: ends} {
		all[by] = &grouped{by: by, kpis: kpis, drawn: drawnRates, sort: kpis[0].ID}
	}
	dials := findKPIs("dials", "live_answer_rate", "contact_rate", "hit_rate", "outbound_abandonment_rate")
	for _, by := range []funnel.GroupBy{funnel.ByAttemptNo, funnel.ByHourOfWeek, funnel.ByLeadHourOfWeek} {
		all[by] = &grouped{by: by, kpis: dials, drawn: drawnRates, sort: byName}
	}
	return all
}

var drawnRates = []string{"hit_rate", "first_call_close_rate", "conversion_rate", "list_penetration", "first_contact_resolution", "service_level", "inbound_abandonment_rate", "resolution_rate"}

// byName is the order of a table that is sorted by no figure.
const byName = "name"

// getGroups shows one table of groups, whole.
func (s *Server) getGroups(c *gin.Context) error {
	b, err := s.board(c)
	if err != nil {
		return err
	}
	g := b.grouped[funnel.GroupBy(c.Param("grouping"))]
	if g == nil {
		return campaign.NotFoundf("grouping", "there is no table by %q; it is one of %s", c.Param("grouping"), joinGroupings(slices.Sorted(maps.Keys(b.grouped))))
	}
	return s.showGroups(c, b, g)
}

// getLists shows how far each list has been dialed by now.
func (s *Server) getLists(c *gin.Context) error {
	b, err := s.board(c)
	if err != nil {
		return err
	}
	return s.showGroups(c, b, wholeLists)
}

func (s *Server) showGroups(c *gin.Context, b *board, g *grouped) error {
	number, err := pageNumber(c)
	if err != nil {
		return err
	}
	format, err := readFormat(c.Query("format"), formatPage, formatCSV)
	if err != nil {
		return err
	}
	if format == formatCSV {
		return b.sendGroups(c, g)
	}
	table, _, err := b.groups(c.Request.Context(), g, c.Query("sort"))
	if err != nil {
		return err
	}
	if c.Query("part") != "" {
		table = b.top(table, g)
	}
	from := min(len(table.Rows), (number-1)*groupsPage)
	to := min(len(table.Rows), from+groupsPage)
	table.Pages, table.Rows = pagesOf(c, from, to, len(table.Rows), number), table.Rows[from:to]
	view := &web.Groups{Scope: b.words(c, "sort"), Table: table, Whole: g.whole}
	return s.showPart(c, "groups", &web.Page{Title: b.name() + ": " + table.Title, Trail: b.trail(), View: view})
}

// formatPage is what people look at.
const formatPage = "page"

// sendGroups answers with a table of groups for other programs: a row a figure, as
// reports of the API, with the filters as columns.
func (b *board) sendGroups(c *gin.Context, g *grouped) error {
	read := b.reading(g)
	r, err := read.report(c.Request.Context(), read.scope.span, g.kpis, g.by)
	if err != nil {
		return err
	}
	var head document
	head.reportHead(&r.About, b.scope.nowMs)
	columns := headColumns(&r.About)
	for _, f := range read.scope.without(g.by).filters {
		head.name(string(f.By)).text(f.Value)
		columns = append(columns, string(f.By))
	}
	by := append(read.scope.by(), g.by)
	a := ReportAnswer{Report: r, By: []funnel.GroupBy{g.by}, KPIs: g.kpis, Served: funnel.Served(g.kpis, by, r)}
	rows, err := a.table(formatCSV, head, columns, newFigureFrame(&r.About, b.scope.nowMs))
	if err != nil {
		return err
	}
	beginTable(c, tableTypes[formatCSV])
	_, err = c.Writer.Write(rows)
	return err
}

// groupsCSV is where a table of groups is to be had for other programs.
func (b *board) groupsCSV(g *grouped) string {
	return b.scope.link(b.path(g.page()), "format", formatCSV)
}

// reading is the board that a table is read from: one of all days knows nothing of
// calls, only of its lists.
func (b *board) reading(g *grouped) *board {
	if !g.whole {
		return b
	}
	read, all := *b, *b.scope
	all.span = ever{}
	all.filters = slices.DeleteFunc(slices.Clone(all.filters), func(f funnel.Filter) bool { return f.By != g.by })
	read.scope = &all
	return &read
}

// groups reads a table of groups in the scope, sorted by one of its figures, and the
// report it is made of.
func (b *board) groups(ctx context.Context, g *grouped, sort string) (t web.Table, r funnel.Report, err error) {
	sort = cmp.Or(sort, g.sort)
	if sort != byName && !slices.ContainsFunc(g.kpis, func(k *funnel.KPI) bool { return k.ID == sort }) {
		return t, r, campaign.Invalidf("invalid_choice", "sort", "%q is not a column of this table; its heads lead to each order there is", sort)
	}
	read := b.reading(g)
	if r, err = read.report(ctx, read.scope.span, g.kpis, g.by); err != nil {
		return t, r, err
	}
	b.of = read.of
	frame := newFigureFrame(&r.About, b.scope.nowMs)
	title := web.T("groups." + string(g.by))
	t = web.Table{Title: title, Total: len(r.Groups), CSV: b.groupsCSV(g)}
	t.Caption = web.T("groups.caption", "by", title, "window", web.Window(r.Window.FromMs, r.Window.ToMs, campaign.NewCalendar(r.Campaign.Location())))
	if g.whole {
		t.Title, t.Caption = web.T("lists.title"), web.T("lists.caption")
	} else if b.root == campaignsPath && !frame.settled {
		t.Young = web.T("groups.young")
	} else if !frame.over {
		t.Young = web.T("groups.not_over")
	}
	t.Columns = b.columns(g, sort)
	sortGroups(r.Groups, funnel.Find(sort))
	scale, all := g.scales(r.Groups), together(r.Groups)
	for _, group := range r.Groups {
		row := read.row(g, &r, group, frame, all, scale)
		if slices.Contains(b.filterable, g.by) {
			row.Href = b.scope.with(g.by, keyText(group.Key[0])).link(b.path(""))
		}
		t.Rows = append(t.Rows, row)
	}
	return t, r, nil
}

// top cuts a table to its first rows and leads to all. Where nobody is in a team
// there is no table of teams.
func (b *board) top(t web.Table, g *grouped) web.Table {
	if g.by == funnel.ByTeam && len(t.Rows) == 1 && t.Rows[0].Missing {
		t.Rows = nil
	}
	if len(t.Rows) > groupsTop {
		t.Rows = t.Rows[:groupsTop]
		t.All = b.scope.link(b.path(g.page()))
	}
	return t
}

func (b *board) columns(g *grouped, sort string) []web.Column {
	page := b.path(g.page())
	first := web.Column{Name: web.T("by." + string(g.by)), Sort: b.scope.link(page, "sort", byName)}
	if sort == byName {
		first.Sorted = "ascending"
	}
	columns := []web.Column{first}
	for _, k := range g.kpis {
		column := web.Column{Name: k.Name, Explained: k.Formula, Sort: b.scope.link(page, "sort", k.ID), Number: true}
		if k.ID == sort {
			column.Sorted = "descending"
		}
		columns = append(columns, column)
	}
	return columns
}

// sortGroups puts groups in order of a figure, the largest first; a proportion
// counts as the low end of its interval, so that a few lucky calls make no star. nil
// leaves them in order of name.
func sortGroups(groups []funnel.ReportGroup, k *funnel.KPI) {
	if k == nil {
		return
	}
	slices.SortStableFunc(groups, func(a, b funnel.ReportGroup) int {
		if (a.Key[0] == nil) != (b.Key[0] == nil) {
			return cmp.Compare(len(keyText(b.Key[0])), len(keyText(a.Key[0]))) // without the attribute: last
		}
		return cmp.Compare(weight(k.Figure(b.Sums)), weight(k.Figure(a.Sums)))
	})
}

// weight is what a figure is sorted by.
func weight(f funnel.Figure) float64 {
	switch {
	case !f.Defined():
		return -1
	case f.KPI.Unit == funnel.Proportion:
		low, _ := funnel.Wilson(f.Numerator, f.Denominator)
		return low
	}
	return f.Value()
}

// scales are how far the drawings of each KPI reach: to the largest value, and a
// little beyond.
func (g *grouped) scales(groups []funnel.ReportGroup) map[string]float64 {
	scale := map[string]float64{}
	for _, id := range g.drawn {
		k := funnel.Find(id)
		for _, group := range groups {
			if f := k.Figure(group.Sums); f.Defined() && f.Denominator >= 30 {
				_, high := funnel.Wilson(f.Numerator, f.Denominator)
				scale[id] = max(scale[id], high)
			}
		}
		if scale[id] = min(1, scale[id]*1.05); scale[id] == 0 {
			scale[id] = 1
		}
	}
	return scale
}

// together adds up the groups that have the attribute: what each is held against.
func together(groups []funnel.ReportGroup) *funnel.Sums {
	var all funnel.Sums
	for _, g := range groups {
		if g.Key[0] != nil {
			all.AddAll(g.Sums)
		}
	}
	return &all
}

func (b *board) row(g *grouped, r *funnel.Report, group funnel.ReportGroup, frame *figureFrame, all *funnel.Sums, scale map[string]float64) web.Row {
	value := keyText(group.Key[0])
	row := web.Row{Name: valueText(g.by, value), Missing: group.Key[0] == nil}
	switch g.by {
	case funnel.ByDisposition:
		row.Detail, row.Mark = meaningOf(&r.Campaign.Config, value)
	case funnel.ByList, funnel.BySource:
		if left := group.Sums.Get(funnel.Leads) - group.Sums.Get(funnel.LeadsEverDialed); left > 0 {
			row.Detail = web.T("groups.not_dialed", "n", left)
		}
	}
	for _, k := range g.kpis {
		cell := web.Cell{Figure: b.figure(k, group.Sums, frame), Sort: strconv.FormatFloat(weight(k.Figure(group.Sums)), 'g', 6, 64)}
		cell.Young = false // the caption says it of all
		if slices.Contains(g.drawn, k.ID) && cell.Drawn {
			cell.Whisker = web.NewWhisker(&cell.Figure, k.Figure(all), scale[k.ID])
		}
		row.Cells = append(row.Cells, cell)
	}
	return row
}

// valueText writes the value of an attribute for people.
func valueText(by funnel.GroupBy, value string) string {
	n, err := strconv.Atoi(value)
	switch {
	case by == funnel.ByCategory && campaign.IsCategory(value):
		return web.T("category." + value)
	case by == funnel.ByHour || by == funnel.ByHalfHour:
		return hourText(value)
	case by == funnel.ByDay:
		return dayText(value)
	case by == funnel.ByAttemptNo && err == nil:
		return web.T("groups.dial", "n", n)
	case (by == funnel.ByHourOfWeek || by == funnel.ByLeadHourOfWeek) && err == nil && n >= 0 && n < campaign.HoursOfWeek:
		return fmt.Sprintf("%s %02d:00", web.WeekdayName(n/24), n%24)
	}
	return value
}

// meaningOf says what a code stands for; mark warns where nothing says so.
func meaningOf(of *campaign.Config, code string) (detail, mark string) {
	if code == "" {
		return "", ""
	}
	for _, d := range of.Dispositions {
		if d.Code == code {
			return strings.TrimPrefix(d.Label+" · "+web.T("category."+d.Category), " · "), ""
		}
	}
	var meant []string
	for source := range of.Codes {
		if m, mapped := of.CodeMeaning(source, code); mapped {
			meant = append(meant, web.T("category."+m.Category.String()))
		}
	}
	if slices.Sort(meant); len(meant) > 0 {
		return strings.Join(slices.Compact(meant), ", "), ""
	}
	return "", web.T("groups.unmapped")
}
