package api

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"ringside/api/web"
	"ringside/campaign"
	"ringside/funnel"
)

// inQueueNow are the figures of a queue at this moment, whatever days are asked for.
var inQueueNow = findKPIs("calls_waiting", "longest_wait")

// halfHoursMost is how many days are cut into half hours: these are read from the calls
// themselves.
const halfHoursMost = 2

// lookAtQueue shows one queue.
func (s *Server) lookAtQueue(c *gin.Context) (*web.Page, error) {
	b, err := s.board(c)
	if err != nil {
		return nil, err
	}
	by, err := b.grainParam(c)
	if err != nil {
		return nil, err
	}
	var v *web.Queue
	err = s.store.Together(c.Request.Context(), func(ctx context.Context) (err error) {
		v, err = b.queueView(ctx, by)
		return err
	})
	if err == nil {
		err = s.aims(c, b, &v.Headlines)
	}
	if err != nil {
		return nil, err
	}
	v.Scope = b.words(c, "grain", "chart", "service_level_method", "service_level_s")
	v.Scope.Comparable = true
	v.Level.Grains = b.grainLinks(c, by)
	for _, by := range append(slices.Clone(b.filterable), funnel.ByHourOfWeek) {
		v.Tables = append(v.Tables, web.Link{Text: web.T("groups." + string(by)), Href: b.scope.link(b.path("by/" + string(by)))})
	}
	if v.Campaigns, err = s.floorsOf(c, b.of); err != nil {
		return nil, err
	}
	return at(&web.Page{Title: v.Name, View: v, Trail: b.above()}, s.now(), b.of), nil
}

// grainParam reads how fine figures are shown over time, "" for as the days have it.
func (b *board) grainParam(c *gin.Context) (by funnel.GroupBy, err error) {
	by = funnel.GroupBy(c.Query("grain"))
	if known := slices.ContainsFunc(b.grains, func(g grain) bool { return g.by == by }); by != "" && !known {
		var all []funnel.GroupBy
		for _, g := range b.grains {
			all = append(all, g.by)
		}
		return by, campaign.Invalidf("invalid_choice", "grain", "%q is not a grain; send one of %s", by, joinGroupings(all))
	}
	w, err := b.scope.span.Cut(campaign.NewCalendar(b.of.Location()))
	if by == funnel.ByHalfHour && err == nil && !short(w) {
		err = campaign.Invalidf("too_many_days", "grain", "half hours are read from the calls themselves, of at most %d days; ask for fewer days, or for grain=hour", halfHoursMost)
	}
	if by == "" && err == nil {
		by = b.grainOf(w)
	}
	return by, err
}

// short reports whether a window may be cut into half hours.
func short(w funnel.Window) bool { return w.ToMs-w.FromMs <= halfHoursMost*25*3_600_000 }

// grainLinks lead to the same figures by finer or coarser parts of the days.
func (b *board) grainLinks(c *gin.Context, chosen funnel.GroupBy) (links []web.Link) {
	w, _ := b.scope.span.Cut(campaign.NewCalendar(b.of.Location()))
	days := (w.ToMs - w.FromMs) / 86_400_000
	for _, g := range b.grains {
		fits := g.by == funnel.ByHalfHour && short(w) || g.by == funnel.ByHour && days <= 31 || g.by == funnel.ByDay || g.by == funnel.ByWeek && days > 7 || g.by == funnel.ByMonth && days > 31
		if fits || g.by == chosen {
			links = append(links, web.Link{Text: web.T("grain." + string(g.by)), Href: withQuery(c, "grain", string(g.by)), Current: g.by == chosen})
		}
	}
	return links
}

// queueView reads what the page of a queue shows.
func (b *board) queueView(ctx context.Context, by funnel.GroupBy) (v *web.Queue, err error) {
	v = &web.Queue{}
	if v.Now, err = b.queueNow(ctx); err != nil {
		return nil, err
	}
	var r funnel.Report
	if v.Headlines, r, err = b.readHeadlines(ctx); err != nil {
		return nil, err
	}
	of := &r.Campaign
	_, v.Ref = of.Named()
	v.Name, v.TimeZone, v.Recounting = of.Name, of.TimeZone, of.Wanted != nil
	for i := range v.Headlines.Figures {
		if f := &v.Headlines.Figures[i]; f.ID == "service_level" {
			f.Formula = b.levelText(of)
		}
	}
	if v.Series, err = b.series(ctx, r.Window, by); err != nil {
		return nil, err
	}
	if v.Level, err = b.levels(ctx, &r, by); err != nil {
		return nil, err
	}
	if v.Patience, err = b.patience(ctx); err != nil {
		return nil, err
	}
	for _, part := range []struct {
		table *web.Table
		by    funnel.GroupBy
	}{{&v.Agents, funnel.ByAgent}, {&v.Teams, funnel.ByTeam}, {&v.Channels, funnel.ByChannel}, {&v.Topics, funnel.ByTopic}} {
		whole, _, err := b.groups(ctx, b.grouped[part.by], "")
		if err != nil {
			return nil, err
		}
		*part.table = b.top(whole, b.grouped[part.by])
	}
	return v, nil
}

// queueNow reads who waits at this moment.
func (b *board) queueNow(ctx context.Context) (now web.QueueNow, err error) {
	r, err := b.store.Report(ctx, b.ref, funnel.Query{Window: named{"today", b.scope.nowMs}, KPIs: inQueueNow, NowMs: b.scope.nowMs})
	if err != nil {
		return now, err
	}
	now = newQueueNow(&r.Campaign, r.Whole)
	if mayAny(b.key, behindRights(funnel.CallsWaiting)) {
		now.Calls = b.path("calls") + "?range=today&kpi=calls_waiting&part=numerator"
	}
	if now.Apart = !may(b.key, readService); now.Apart {
		return now, nil
	}
	now.Agents, err = b.agentsNow(ctx)
	return now, err
}

// agentsShown is how many agents of a state are named.
const agentsShown = 50

// agentsNow reads what those agents do now who answered calls of the queue lately.
func (b *board) agentsNow(ctx context.Context) (now web.AgentsNow, err error) {
	r, err := b.store.Report(ctx, b.ref, funnel.Query{Window: named{"last_7_days", b.scope.nowMs}, By: []funnel.GroupBy{funnel.ByAgent}, KPIs: findKPIs("answered"), NowMs: b.scope.nowMs})
	if err != nil {
		return now, err
	}
	var agents []string
	for _, g := range r.Groups {
		if agent := keyText(g.Key[0]); agent != "" && g.Sums.Get(funnel.CallsAnswered) > 0 {
			agents = append(agents, agent)
		}
	}
	told, err := b.store.AgentsNow(ctx, agents, b.scope.nowMs)
	now.Of, now.Silent = len(agents), len(agents)-len(told)
	for _, state := range campaign.States() {
		row := web.AgentState{ID: state.String(), Name: web.T("state." + state.String())}
		for _, agent := range told {
			if agent.State != state {
				continue
			}
			if row.Agents++; len(row.Names) < agentsShown {
				row.Names = append(row.Names, web.Named{Name: agent.Agent, Text: web.T("state.since", "at", web.TimeOfDay(agent.SinceMs, r.Campaign.Location())[:5])})
			}
		}
		now.States = append(now.States, row)
	}
	return now, err
}

// newQueueNow says who waits in a queue.
func newQueueNow(of *campaign.Campaign, sums *funnel.Sums) (now web.QueueNow) {
	coin := web.CoinOf(&of.Config)
	now.Waiting = web.NewFigure(inQueueNow[0].Figure(sums), sums, coin)
	now.Longest = web.NewFigure(inQueueNow[1].Figure(sums), sums, coin)
	now.Longest.Fraction, now.Longest.Missing = "", web.T("queue.nobody_waits")
	now.LongestMs = sums.Get(funnel.LongestWaitMs)
	if limit := of.Queue.ServiceLevelS; now.LongestMs > 1000*limit {
		now.Level, now.Text = web.Warn, web.T("queue.over_threshold", "limit", web.Seconds(limit))
	}
	return now
}

// threshold is within how many seconds a call is to be answered, as asked, or as the
// queue has it.
func (b *board) threshold(of *campaign.Campaign) int64 {
	if b.scope.level.Seconds != nil {
		return *b.scope.level.Seconds
	}
	return of.Queue.ServiceLevelS
}

// levelText names the threshold and method of the service level.
func (b *board) levelText(of *campaign.Campaign) string {
	method := b.scope.level.Method
	if method == "" {
		method = funnel.LevelMethods[0]
	}
	return web.T("level.method."+method, "limit", web.Seconds(b.threshold(of)))
}

// levels reads the service level over time, and how it may be told otherwise.
func (b *board) levels(ctx context.Context, whole *funnel.Report, by funnel.GroupBy) (v web.Levels, err error) {
	of, asked := &whole.Campaign, b.scope.values()
	v = web.Levels{Said: b.levelText(of), Seconds: strconv.FormatInt(b.threshold(of), 10), Own: strconv.FormatInt(of.Queue.ServiceLevelS, 10), Grain: web.T("grain." + string(by)), CSV: b.groupsCSV(b.grouped[by])}
	for i, method := range funnel.LevelMethods {
		v.Methods = append(v.Methods, web.Choice{Value: method, Text: web.T("level.name." + method), Chosen: method == b.scope.level.Method || i == 0 && b.scope.level.Method == ""})
	}
	for _, name := range slices.Sorted(maps.Keys(asked)) {
		if name != "service_level_method" && name != "service_level_s" {
			v.Kept = append(v.Kept, web.Choice{Value: name, Text: asked.Get(name)})
		}
	}
	kpis := findKPIs("service_level", "offered", "answered", "abandoned", "asa")
	if !kpis[0].Serves(append(b.scope.by(), by)) {
		v.Apart = true
		return v, nil
	}
	r, err := b.report(ctx, whole.Window, kpis, by)
	if err != nil {
		return v, err
	}
	frame, cal := newFigureFrame(&r.About, b.scope.nowMs), campaign.NewCalendar(of.Location())
	for _, g := range r.Groups {
		fromMs, toMs, label := bucket(by, keyText(g.Key[0]), cal)
		fromMs, toMs = max(fromMs, whole.Window.FromMs), min(toMs, whole.Window.ToMs)
		row := web.LevelRow{FromMs: fromMs, ToMs: toMs, Label: label, Young: toMs > b.scope.nowMs, Share: -1, Offered: g.Sums.Get(funnel.Offered)}
		for _, k := range kpis {
			row.Cells = append(row.Cells, b.figure(k, g.Sums, frame))
		}
		if f := kpis[0].Figure(g.Sums); f.Defined() {
			row.Share = f.Value()
		}
		if mayAny(b.key, behindRights(funnel.Offered)) {
			days := *b.scope
			days.preset, days.from, days.to = "", local(fromMs, of.Location()), local(toMs, of.Location())
			row.Calls = days.link(b.path("calls"), "kpi", "offered", "part", "numerator")
		}
		v.Rows = append(v.Rows, row)
	}
	for _, k := range kpis {
		v.Columns = append(v.Columns, k.Name)
	}
	v.Draw(whole.Window.FromMs, whole.Window.ToMs)
	return v, nil
}
