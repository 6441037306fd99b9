package api

import (
	"context"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"ringside/api/web"
	"ringside/campaign"
	"ringside/funnel"
)

// board is the campaign of the path, or the queue, or the installation's service, in the
// scope of the query.
func (s *Server) board(c *gin.Context) (*board, error) {
	key, err := place(c)
	if err != nil {
		return nil, err
	}
	about := subjectOf(key)
	sc, err := s.scopeParam(c, about.filterable)
	if err != nil {
		return nil, err
	}
	of, err := s.here(c)
	return &board{subject: about, store: s.store, ref: of.Ref, of: &of, scope: sc, key: keyOf(c)}, err
}

// lookAtBoard shows one campaign.
func (s *Server) lookAtBoard(c *gin.Context) (*web.Page, error) {
	b, err := s.board(c)
	if err != nil {
		return nil, err
	}
	var view *web.Campaign
	err = s.store.Together(c.Request.Context(), func(ctx context.Context) (err error) {
		view, err = s.boardView(ctx, b)
		return err
	})
	if err != nil {
		return nil, err
	}
	own := view.OwnFigures()
	if err := s.aims(c, b, &view.Headlines, own); err != nil {
		return nil, err
	}
	for i := range own {
		view.Own[i].Figure = own[i]
	}
	view.Scope = b.words(c, "chart")
	view.Scope.Comparable = true
	for _, by := range b.filterable {
		view.Tables = append(view.Tables, web.Link{Text: web.T("groups." + string(by)), Href: b.scope.link(b.path("by/" + string(by)))})
	}
	queues, err := s.queuesOf(c, b.of)
	if err != nil {
		return nil, err
	}
	if len(queues) > 0 {
		view.Tables = append(view.Tables, web.Link{Text: web.T("floor.link"), Href: b.scope.dates().link(b.path(strings.TrimPrefix(floorPath, "/")))})
	}
	if may(b.key, seeCosts) {
		view.Tables = append(view.Tables, web.Link{Text: web.T("costs.link"), Href: b.scope.dates().link(b.path(costsPath))})
	}
	page := &web.Page{Title: view.Name, View: view, Trail: []web.Link{{Text: web.T("overview.title"), Href: "/"}}}
	return at(page, s.now(), b.of), nil
}

// boardView reads what the page of a campaign shows.
func (s *Server) boardView(ctx context.Context, b *board) (v *web.Campaign, err error) {
	v = &web.Campaign{}
	var r funnel.Report
	if v.Headlines, r, err = b.readHeadlines(ctx); err != nil {
		return nil, err
	}
	of := &r.Campaign
	v.Name, v.Ref, v.TimeZone, v.Recounting = of.Name, of.Ref, of.TimeZone, of.Wanted != nil
	if r.Whole.Get(funnel.Dials) > 0 {
		v.Heat = b.scope.link(b.path("heat"))
	}
	if v.Series, err = b.series(ctx, r.Window, b.grainOf(r.Window)); err != nil {
		return nil, err
	}
	heavy, err := b.heavy(ctx, &r)
	if err != nil {
		return nil, err
	}
	var agents funnel.Report
	for _, part := range []struct {
		table *web.Table
		of    *grouped
	}{{&v.Agents, b.grouped[funnel.ByAgent]}, {&v.Teams, b.grouped[funnel.ByTeam]}, {&v.Outcomes, b.grouped[funnel.ByDisposition]}, {&v.Lists, wholeLists}} {
		if heavy && len(b.scope.filters) > 0 && !part.of.whole {
			part.table.Later = b.scope.link(b.path(part.of.page()))
			continue
		}
		whole, r, err := b.groups(ctx, part.of, "")
		if err != nil {
			return nil, err
		}
		switch part.of.by {
		case funnel.ByAgent:
			agents = r
		case funnel.ByDisposition:
			v.Unmapped = unmapped(&whole)
		}
		*part.table = b.top(whole, part.of)
	}
	if heavy {
		v.Apart = len(b.scope.leadFilters()) < len(b.scope.filters)
		v.LeadsLater = b.scope.link(b.path(leadsPage))
	} else if v.Leads, err = b.leads(ctx); err != nil {
		return nil, err
	}
	if v.Own, err = s.own(ctx, b); err != nil {
		return nil, err
	}
	if err := s.boardStanding(ctx, b, v); err != nil {
		return nil, err
	}
	return v, b.glance(ctx, v, &agents, heavy)
}

// heavyFacts is how many leads and dials of the window make a page too slow that reads
// each of them: 100,000 leads take about half a second.
const heavyFacts = 20_000

// heavy reports whether the days hold so much that what reads every lead, or every
// call, is to be left for later. r is the report of the headlines.
func (b *board) heavy(ctx context.Context, r *funnel.Report) (bool, error) {
	sums := r.Whole
	if len(b.scope.filters) > 0 {
		all, err := b.store.Report(ctx, b.ref, funnel.Query{Window: r.Window, KPIs: b.counts, NowMs: b.scope.nowMs})
		if err != nil {
			return false, err
		}
		sums = all.Whole
	}
	return sums.Get(funnel.Leads)+sums.Get(funnel.Dials) > heavyFacts, nil
}

// boardStanding adds how the present block of the campaign's compliance profile
// stands.
func (s *Server) boardStanding(ctx context.Context, b *board, v *web.Campaign) error {
	of, blocks, err := s.store.Compliance(ctx, b.ref, b.scope.nowMs)
	if profile := funnel.Profiles[of.Compliance]; err == nil && len(blocks) > 0 && profile.LimitPercent > 0 {
		standing := newStanding(&profile, &blocks[len(blocks)-1])
		standing.Href = b.path("compliance")
		v.Standing = &standing
	}
	return err
}

// words says what the scope is and leads to others; kept are parameters that go on
// with them.
func (b *board) words(c *gin.Context, kept ...string) web.Scope {
	sc := b.scope
	cal := campaign.NewCalendar(b.of.Location())
	w, err := sc.span.Cut(cal)
	if err != nil {
		return web.Scope{} // the report before has refused it
	}
	day := func(ms int64) string { return cal.DayOf(ms).String() }
	v := web.Scope{Window: web.Window(w.FromMs, w.ToMs, cal), Path: c.Request.URL.EscapedPath(), From: day(w.FromMs), To: day(w.ToMs), Custom: sc.preset == "",
		Compare: sc.compare, Several: sc.several()}
	for _, name := range presets {
		v.Ranges = append(v.Ranges, web.Choice{Value: name, Text: web.T("range." + name), Chosen: name == sc.preset})
	}
	v.Ranges = append(v.Ranges, web.Choice{Value: "custom", Text: web.T("range.custom"), Chosen: sc.preset == ""})
	var more []string
	for _, name := range kept {
		if value := c.Query(name); value != "" {
			v.Kept = append(v.Kept, web.Choice{Value: name, Text: value})
			more = append(more, name, value)
		}
	}
	for _, f := range sc.filters {
		v.Filters = append(v.Filters, web.Filter{Name: web.T("by." + string(f.By)), By: string(f.By), Value: valueText(f.By, f.Value), Raw: f.Value, Without: sc.without(f.By).link(v.Path, more...)})
	}
	return v
}

// above leads to where pages like this are listed.
func (b *board) above() []web.Link {
	switch b.root {
	case servicePath:
		return nil
	case queuesPath:
		return []web.Link{{Text: web.T("queues.title"), Href: queuesPath}}
	}
	return []web.Link{{Text: web.T("overview.title"), Href: "/"}}
}

// name is what people call what the page is about.
func (b *board) name() string {
	if b.root == servicePath {
		return web.T("service.title")
	}
	return b.of.Name
}

// trail leads back from a page below this one, in the same scope.
func (b *board) trail() []web.Link {
	return append(b.above(), web.Link{Text: b.name(), Href: b.scope.link(b.path(""))})
}

// unmapped lists the codes of a table of dispositions that nothing gives a meaning.
func unmapped(t *web.Table) (codes []web.Unmapped) {
	for _, row := range t.Rows {
		if row.Mark != "" && len(codes) < unmappedShown {
			codes = append(codes, web.Unmapped{Code: row.Name, Href: row.Href, Dials: row.Cells[0].Value})
		}
	}
	return codes
}

// unmappedShown bounds the codes that are named one by one.
const unmappedShown = 50

// grainOf is how fine figures of a window are shown over time unless another grain is
// asked for.
func (b *board) grainOf(w funnel.Window) funnel.GroupBy {
	grain := 0
	for w.ToMs-w.FromMs > int64(b.grains[grain].days)*int64(25*time.Hour/time.Millisecond) {
		grain++
	}
	return b.grains[grain].by
}

// series reads the figures over time.
func (b *board) series(ctx context.Context, w funnel.Window, by funnel.GroupBy) (v web.Series, err error) {
	r, err := b.report(ctx, w, b.charted, by)
	if err != nil {
		return v, err
	}
	frame := newFigureFrame(&r.About, b.scope.nowMs)
	cal := campaign.NewCalendar(r.Campaign.Location())
	v = web.Series{Grain: web.T("grain." + string(by)), CSV: b.groupsCSV(b.grouped[by])}
	for _, k := range b.charted {
		if k.Serves(append(b.scope.by(), by)) {
			v.Columns = append(v.Columns, web.SeriesColumn{ID: k.ID, Name: k.Name, Unit: string(k.Unit)})
		}
	}
	for _, g := range r.Groups {
		fromMs, toMs, label := bucket(by, keyText(g.Key[0]), cal)
		row := web.Instant{At: fromMs / 1000, Label: label}
		for _, k := range b.charted {
			if !k.Serves(append(b.scope.by(), by)) {
				continue
			}
			row.Cells = append(row.Cells, web.NewPoint(k.Figure(g.Sums), g.Sums, web.CoinOf(&r.Campaign.Config), !frame.matureAt(k, min(toMs, w.ToMs))))
		}
		v.Rows = append(v.Rows, row)
	}
	v.Draw()
	return v, nil
}

// bucket reads the key of a group by time: its first instant, its end, and how it is
// written.
func bucket(by funnel.GroupBy, key string, cal *campaign.Calendar) (fromMs, toMs int64, label string) {
	switch by {
	case funnel.ByHour:
		at, _ := time.Parse(time.RFC3339, key)
		return at.UnixMilli(), cal.HourEnd(at.UnixMilli()), hourText(key)
	case funnel.ByHalfHour:
		at, _ := time.Parse(time.RFC3339, key)
		return at.UnixMilli(), at.UnixMilli() + 30*60_000, hourText(key)
	case funnel.ByMonth:
		day, _ := campaign.ParseDay(key + "-01")
		return cal.DayStart(day), cal.DayStart(day.NextMonth()), key
	case funnel.ByWeek:
		day := weekStart(key)
		return cal.DayStart(day), cal.DayStart(day + 7), key
	}
	day, _ := campaign.ParseDay(key)
	return cal.DayStart(day), cal.DayStart(day + 1), dayText(key)
}

// hourText and dayText are how the keys of hours and days are written.
func hourText(key string) string {
	at, _ := time.Parse(time.RFC3339, key)
	return at.Format("2 Jan 15:04")
}

func dayText(key string) string {
	day, _ := campaign.ParseDay(key)
	return web.WeekdayDate(day)
}

// weekStart is the Monday of an ISO week such as 2026-W45.
func weekStart(key string) campaign.Day {
	if len(key) != len("2026-W45") {
		return 0
	}
	day, _ := campaign.ParseDay(key[:4] + "-01-04") // always in the first week
	return day.Week() + 7*campaign.Day(int(key[6]-'0')*10+int(key[7]-'0')-1)
}
