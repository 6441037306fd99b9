package api

import (
	"context"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"ringside/api/web"
	"ringside/campaign"
	"ringside/funnel"
)

const (
	// wallboardMost bounds the campaigns of one wallboard: with more, each comes by too
	// rarely to be followed.
	wallboardMost = 12
	// wallboardDays are today and the days it is held against, each of the week once.
	wallboardDays = 8

	turnUsual, turnLeast, turnMost = 20, 5, 3600
)

// walled are the figures of a wallboard; the sixth tile is what may still be dropped.
var walled = findKPIs("dials", "live_answer_rate", "sales", "first_call_close_rate", "outbound_abandonment_rate")

// lookAtWallboard shows campaigns in turn, today.
func (s *Server) lookAtWallboard(c *gin.Context) (*web.Page, error) {
	seconds, err := secondsParam(c)
	if err != nil {
		return nil, err
	}
	refs, err := s.wallboardRefs(c)
	if err != nil {
		return nil, err
	}
	v := &web.Wallboard{Seconds: seconds}
	for i, ref := range refs {
		if ref == c.Query("show") {
			v.Shown = i
		}
	}
	for i, ref := range refs {
		b, err := s.wallboardOf(c.Request.Context(), ref)
		if err != nil {
			return nil, err
		}
		b.Shown, b.Place, b.All = i == v.Shown, i+1, len(refs)
		v.Boards = append(v.Boards, b)
	}
	if n := len(refs); n > 1 {
		v.Previous, v.Next = withQuery(c, "show", refs[(v.Shown+n-1)%n]), withQuery(c, "show", refs[(v.Shown+1)%n])
	}
	return at(&web.Page{Title: web.T("wallboard.title"), View: v}, s.now(), nil), nil
}

func secondsParam(c *gin.Context) (int, error) {
	text := c.Query("seconds")
	if text == "" {
		return turnUsual, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < turnLeast || n > turnMost {
		return 0, campaign.Invalidf("invalid_number", "seconds", "%q is not how long to show each campaign; send %d to %d seconds", text, turnLeast, turnMost)
	}
	return n, nil
}

// wallboardRefs are the campaigns that are asked for, each once, or the first of all.
func (s *Server) wallboardRefs(c *gin.Context) (refs []string, err error) {
	asked := c.QueryArray("campaign")
	if len(asked) > wallboardMost {
		return nil, campaign.Invalidf("too_many", "campaign", "%d campaigns; a wallboard follows at most %d", len(asked), wallboardMost)
	}
	for _, name := range asked {
		of, err := s.outbound(c, name)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(refs, of.Ref) {
			refs = append(refs, of.Ref)
		}
	}
	if len(asked) > 0 {
		return refs, nil
	}
	all, err := s.campaigns(c)
	for i := range all[:min(len(all), wallboardMost)] {
		refs = append(refs, all[i].Ref)
	}
	return refs, err
}

// wallboardOf reads one campaign's tiles.
func (s *Server) wallboardOf(ctx context.Context, ref string) (b web.Board, err error) {
	nowMs := s.now().UnixMilli()
	r, err := s.store.Report(ctx, ref, funnel.Query{Window: funnel.LastDays{Days: wallboardDays, NowMs: nowMs}, By: []funnel.GroupBy{funnel.ByDay},
		KPIs: walled, NowMs: nowMs, Blocks: true})
	if err != nil {
		return b, err
	}
	of, d := &r.Campaign, newDays(&r)
	b = web.Board{Name: of.Name, Ref: of.Ref, Day: web.WeekdayDate(d.first + wallboardDays - 1), Recounting: of.Wanted != nil}
	today, yesterday, before := d.sums[wallboardDays-1], d.sums[wallboardDays-2], d.before()
	for _, k := range walled {
		b.Tiles = append(b.Tiles, newTile(k, today, yesterday, before, web.CoinOf(&of.Config)))
	}
	b.Tiles = append(b.Tiles, headroomTile(&r))
	targets, err := s.targetsAt(ctx, of, funnel.LastDays{Days: 1, NowMs: nowMs})
	for i := range b.Tiles {
		for _, t := range targets {
			if t.KPI == b.Tiles[i].Key {
				b.Tiles[i].Targets = append(b.Tiles[i].Targets, t)
			}
		}
	}
	return b, err
}

// newTile writes a figure of today. A count is told beside yesterday's; a rate is
// held against that of the days before.
func newTile(k *funnel.KPI, today, yesterday, before *funnel.Sums, coin web.Coin) web.Tile {
	f, now, then := web.NewFigure(k.Figure(today), today, coin), k.Figure(today), k.Figure(before)
	t := web.Tile{Key: k.ID, Name: web.T("wallboard." + k.ID), Value: f.Value, Detail: f.Fraction}
	switch {
	case k.Denominator == funnel.NoMeasure:
		t.Detail = web.T("wallboard.yesterday", "n", k.Figure(yesterday).Numerator)
	case !now.Defined():
		t.Value, t.Detail, t.Word = "–", "", web.T("wallboard.nothing")
	case !then.Defined():
	default:
		low, high := funnel.Difference(now.Numerator, now.Denominator, then.Numerator, then.Denominator)
		if k.Direction == funnel.Lower {
			low, high = -high, -low
		}
		usual := web.Percent(then.Value(), 1)
		switch {
		case low > 0:
			t.Word = web.T("wallboard.better", "usual", usual)
		case high < 0:
			t.Level, t.Word = web.Warn, web.T("wallboard.worse", "usual", usual)
		default:
			t.Word = web.T("wallboard.as_usual", "usual", usual)
		}
	}
	if k.Unit == funnel.Proportion && now.Defined() {
		t.Value, t.Unit = web.Decimal(100*now.Value(), 1), "%"
	}
	return t
}

// headroomTile says how many more answers may be dropped in the present block.
func headroomTile(r *funnel.Report) web.Tile {
	t := web.Tile{Key: "headroom", Name: web.T("wallboard.headroom"), Value: "–", Word: web.T("wallboard.no_limit")}
	p := funnel.Profiles[r.Campaign.Compliance]
	if p.LimitPercent == 0 {
		return t
	}
	if t.Word = web.T("wallboard.nothing"); len(r.Blocks) == 0 {
		return t
	}
	b := &r.Blocks[len(r.Blocks)-1]
	standing := newStanding(&p, b)
	t.Value, t.Level = web.Number(p.Headroom(b.Exposure)), standing.Level
	t.Detail = web.T("wallboard.of_limit", "rate", standing.Rate, "limit", standing.Limit)
	switch standing.Level {
	case web.Alarm:
		t.Word = web.T("standing.breach")
	case web.Warn:
		t.Word = web.T("wallboard.near")
	default:
		t.Word = web.T("wallboard.within")
	}
	return t
}
