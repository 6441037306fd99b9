package api

import (
	"context"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"ringside/api/web"
	"ringside/campaign"
	"ringside/funnel"
)

// board is the campaign of the path in the scope of the query.
func (s *Server) board(c *gin.Context) (*board, error) {
	sc, err := s.scopeParam(c)
	if err != nil {
		return nil, err
	}
	of, err := s.campaign(c, c.Param("campaign"))
	return &board{store: s.store, ref: of.Ref, of: &of, scope: sc, key: keyOf(c)}, err
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
	if err := s.aims(c, b, view); err != nil {
		return nil, err
	}
	view.Scope = b.words(c, "chart")
	view.Scope.Comparable = true
	for _, by := range filterable {
		view.Tables = append(view.Tables, web.Link{Text: web.T("groups." + string(by)), Href: b.scope.link(b.path("by/" + string(by)))})
	}
	page := &web.Page{Title: view.Name, View: view, Trail: []web.Link{{Text: web.T("overview.title"), Href: "/"}}}
	return at(page, s.now(), b.of), nil
}

// boardView reads what the page of a campaign shows.
func (s *Server) boardView(ctx context.Context, b *board) (v *web.Campaign, err error) {
	v = &web.Campaign{}
	var r funnel.Report
	if v.Headlines, r, err = b.headlines(ctx); err != nil {
		return nil, err
	}
	of := &r.Campaign
	v.Name, v.Ref, v.TimeZone, v.Recounting = of.Name, of.Ref, of.TimeZone, of.Wanted != nil
	if r.Whole.Get(funnel.Dials) > 0 {
		v.Heat = b.scope.link(b.path("heat"))
	}
	if v.Series, err = b.series(ctx, r.Window); err != nil {
		return nil, err
	}
	for _, part := range []struct {
		table *web.Table
		by    funnel.GroupBy
	}{{&v.Agents, funnel.ByAgent}, {&v.Teams, funnel.ByTeam}, {&v.Outcomes, funnel.ByDisposition}, {&v.Lists, funnel.ByList}} {
		g := groupedBy[part.by]
		whole, err := b.groups(ctx, g, "")
		if err != nil {
			return nil, err
		}
		if part.by == funnel.ByDisposition {
			v.Unmapped = unmapped(&whole)
		}
		*part.table = b.top(whole, g)
	}
	if len(b.scope.filters) > 0 {
		return v, nil // what follows leads, not calls, does not follow filters either
	}
	_, stages, err := s.store.Stages(ctx, b.ref, r.Window)
	if err != nil {
		return nil, err
	}
	v.Funnel = newFunnel(stages)
	v.Funnel.CSV = b.csv(&r, "funnel")
	_, points, err := s.store.Curve(ctx, b.ref, r.Window)
	if err != nil {
		return nil, err
	}
	v.Curve = newCurve(points)
	v.Curve.CSV = b.csv(&r, "attempt-curve")
	return v, s.boardStanding(ctx, b, v)
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
	for _, f := range sc.filters {
		v.Filters = append(v.Filters, web.Filter{Name: web.T("by." + string(f.by)), By: string(f.by), Value: valueText(f.by, f.value), Raw: f.value, Without: sc.without(f.by).link(v.Path)})
	}
	for _, name := range kept {
		if value := c.Query(name); value != "" {
			v.Kept = append(v.Kept, web.Choice{Value: name, Text: value})
		}
	}
	return v
}

// trail leads back from a page of the campaign, in the same scope.
func (b *board) trail() []web.Link {
	return []web.Link{{Text: web.T("overview.title"), Href: "/"}, {Text: b.of.Name, Href: b.scope.link(b.path(""))}}
}

// csv is where the API has the same as a table; "" where it does not filter so.
func (b *board) csv(r *funnel.Report, what string, more ...string) string {
	if len(b.scope.filters) > 0 {
		return ""
	}
	zone := r.Campaign.Location()
	v := url.Values{"from": {local(r.Window.FromMs, zone)}, "to": {local(r.Window.ToMs, zone)}, "format": {formatCSV}}
	for i := 0; i < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return "/v1/campaigns/" + url.PathEscape(b.ref) + "/" + what + "?" + v.Encode()
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

func newFunnel(stages []funnel.Stage) web.Funnel {
	var f web.Funnel
	for i, stage := range stages {
		shown := web.Stage{Name: stage.Name, Leads: web.Number(stage.Leads), Bar: web.Width(share(stage.Leads, stages[0].Leads))}
		if stages[0].Leads > 0 {
			shown.OfStart = web.Percent(share(stage.Leads, stages[0].Leads), 1)
		}
		if i > 0 {
			shown.Before = web.Width(share(stages[i-1].Leads, stages[0].Leads))
			if stages[i-1].Leads > 0 {
				shown.OfPrevious = web.Percent(share(stage.Leads, stages[i-1].Leads), 1)
			}
		}
		if stage.MedianMs != campaign.None {
			shown.Median = web.Duration(stage.MedianMs)
		}
		f.Stages = append(f.Stages, shown)
	}
	return f
}

// Points of an attempt curve that are shown; of what comes after, how many there are.
const curveMost = 20

func newCurve(points []funnel.CurvePoint) web.Curve {
	if len(points) == 0 {
		return web.Curve{}
	}
	var won, all, highest = int64(0), int64(0), 0.0
	for _, p := range points {
		all += p.Won
	}
	shown := points[:min(len(points), curveMost)]
	for _, p := range shown {
		highest = max(highest, share(p.Won, p.Reached))
	}
	c := web.Curve{More: len(points) - len(shown)}
	for _, p := range points {
		before := won
		won += p.Won
		at := web.NewCurvePoint(p, highest*1.6, won, all)
		// Nineteen in twenty of all that are won by any dial.
		if 20*won >= 19*all && 20*before < 19*all {
			at.Advised = true
			c.Advice = web.T("curve.advice", "n", p.N, "won", won, "all", all)
		}
		if p.N <= curveMost {
			c.Points = append(c.Points, at)
		}
	}
	return c
}

// grains are the groupings of figures over time, with the longest window of each.
var grains = []struct {
	by   funnel.GroupBy
	days campaign.Day
}{{funnel.ByHour, 2}, {funnel.ByDay, 100}, {funnel.ByWeek, 700}, {funnel.ByMonth, 1 << 30}}

// charted are the figures that are shown over time.
var charted = findKPIs("dials", "live_answer_rate", "conversion_rate", "hit_rate", "calls_per_lead", "first_call_close_rate", "outbound_abandonment_rate", "cost_per_call")

// series reads the figures over time, as fine as the window allows.
func (b *board) series(ctx context.Context, w funnel.Window) (v web.Series, err error) {
	grain := 0
	for w.ToMs-w.FromMs > int64(grains[grain].days)*int64(25*time.Hour/time.Millisecond) {
		grain++
	}
	by := grains[grain].by
	r, err := b.report(ctx, w, charted, by)
	if err != nil {
		return v, err
	}
	frame := newFigureFrame(&r.About, b.scope.nowMs)
	cal := campaign.NewCalendar(r.Campaign.Location())
	v = web.Series{Grain: web.T("grain." + string(by)), CSV: b.csv(&r, "kpis", "group_by", string(by))}
	for _, k := range charted {
		if k.Serves(append(b.scope.by(), by)) {
			v.Columns = append(v.Columns, web.SeriesColumn{ID: k.ID, Name: k.Name, Unit: string(k.Unit)})
		}
	}
	for _, g := range r.Groups {
		fromMs, toMs, label := bucket(by, keyText(g.Key[0]), cal)
		row := web.Instant{At: fromMs / 1000, Label: label}
		for _, k := range charted {
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
		return at.UnixMilli(), cal.HourEnd(at.UnixMilli()), at.Format("2 Jan 15:04")
	case funnel.ByMonth:
		day, _ := campaign.ParseDay(key + "-01")
		return cal.DayStart(day), cal.DayStart(day.NextMonth()), key
	case funnel.ByWeek:
		day := weekStart(key)
		return cal.DayStart(day), cal.DayStart(day + 7), key
	}
	day, _ := campaign.ParseDay(key)
	return cal.DayStart(day), cal.DayStart(day + 1), web.WeekdayDate(day)
}

// weekStart is the Monday of an ISO week such as 2026-W45.
func weekStart(key string) campaign.Day {
	if len(key) != len("2026-W45") {
		return 0
	}
	day, _ := campaign.ParseDay(key[:4] + "-01-04") // always in the first week
	return day.Week() + 7*campaign.Day(int(key[6]-'0')*10+int(key[7]-'0')-1)
}
