package api

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"ringside/api/web"
	"ringside/campaign"
	"ringside/funnel"
)

// queueWatched are what the page of all queues reads of each.
var queueWatched = findKPIs("offered", "answered", "abandoned", "service_level", "asa", "inbound_abandonment_rate")

// queueShown is how many of these are columns.
const queueShown = 5

// lookAtQueues shows every queue today, those that need attention first.
func (s *Server) lookAtQueues(c *gin.Context) (*web.Page, error) {
	number, err := pageNumber(c)
	if err != nil {
		return nil, err
	}
	all, err := s.queues(c)
	if err != nil {
		return nil, err
	}
	search := strings.TrimSpace(c.Query("q"))
	all = slices.DeleteFunc(all, func(of campaign.Campaign) bool { return !goesBy(&of, search) })
	view := &web.Queues{All: len(all), Search: search, Origin: s.ownAddress(c.Request), CSV: sheetLink(c)}
	rows, err := s.queueRows(c.Request.Context(), all[:min(len(all), overviewMost)])
	if err != nil {
		return nil, err
	}
	if err := s.missedAt(c, rows); err != nil {
		return nil, err
	}
	slices.SortStableFunc(rows, func(a, b rankedQueue) int { return cmp.Compare(b.seen.rank, a.seen.rank) })
	from := min(len(rows), (number-1)*overviewPage)
	to := min(len(rows), from+overviewPage)
	for _, r := range rows[from:to] {
		r.Reasons = r.seen.Reasons
		view.Rows = append(view.Rows, r.QueueRow)
	}
	view.Pages = pagesOf(c, from, to, len(rows), number)
	return at(&web.Page{Title: web.T("queues.title"), View: view}, s.now(), nil), nil
}

// rankedQueue is a row with what it is sorted by.
type rankedQueue struct {
	web.QueueRow
	key  string
	seen ranked
}

// What lifts a queue, in tens, beside what lifts a campaign.
const (
	rankMissed  = 70
	rankWaiting = 60
	rankLevel   = 40
)

// queueRows reads the queues, as they stand at one instant.
func (s *Server) queueRows(ctx context.Context, all []campaign.Campaign) (rows []rankedQueue, err error) {
	nowMs := s.now().UnixMilli()
	err = s.store.Together(ctx, func(ctx context.Context) error {
		rows = rows[:0]
		for i := range all {
			row, err := s.queueRow(ctx, all[i].Ref, nowMs)
			if err != nil {
				return err
			}
			rows = append(rows, row)
		}
		return nil
	})
	return rows, err
}

// queueRow reads one queue: now, today and the days before, by its own calendar.
func (s *Server) queueRow(ctx context.Context, key string, nowMs int64) (row rankedQueue, err error) {
	r, err := s.store.Report(ctx, key, funnel.Query{Window: funnel.LastDays{Days: overviewDays, NowMs: nowMs}, By: []funnel.GroupBy{funnel.ByDay}, KPIs: append(inQueueNow[:2:2], queueWatched...), NowMs: nowMs})
	if err != nil {
		return row, err
	}
	of, days := &r.Campaign, newDays(&r)
	_, ref := of.Named()
	today := days.sums[overviewDays-1]
	row.key = key
	row.QueueRow = web.QueueRow{Name: of.Name, Ref: ref, TimeZone: of.TimeZone, Href: queuesPath + "/" + segment(ref), Recounting: of.Wanted != nil,
		Threshold: web.Seconds(of.Queue.ServiceLevelS), Now: newQueueNow(of, r.Whole), Spark: days.spark(funnel.Offered, "queues.spark", "queues.bar")}
	coin := web.CoinOf(&of.Config)
	for _, k := range queueWatched[:queueShown] {
		row.Figures = append(row.Figures, web.NewFigure(k.Figure(today), today, coin))
	}
	row.attend(days, r.Whole.Get(funnel.CallsWaiting))
	return row, nil
}

// attend finds why a queue needs attention: who waits too long, what is clearly worse than
// in the days before, and whether nobody calls who did a week ago.
func (r *rankedQueue) attend(d days, waiting int64) {
	today, before := d.sums[len(d.sums)-1], d.before()
	days := len(d.sums) - 1
	r.seen.rank = min(1, float64(waiting)/1000) // of equals, who has more in the queue
	if r.Now.Level != "" {
		r.seen.because(rankWaiting+9*min(1, float64(r.Now.LongestMs)/3_600_000), r.Now.Level, web.T("queues.waiting_long", "n", waiting, "longest", r.Now.Longest.Value, "limit", r.Threshold))
	}
	r.seen.worsened("service_level", "queues.level_low", rankLevel, today, before, days)
	r.seen.worsened("inbound_abandonment_rate", "queues.drops", rankDrops, today, before, days)
	if week := d.sums[len(d.sums)-8].Get(funnel.Offered); week > 0 && today.Get(funnel.Offered) == 0 {
		r.seen.because(rankQuiet, web.Note, web.T("queues.quiet", "n", week))
	}
	if r.Recounting {
		r.seen.because(rankRecounting, web.Note, web.T("reason.recounting"))
	}
}

// missedAt adds to the rows of queues the targets that they miss now.
func (s *Server) missedAt(c *gin.Context, rows []rankedQueue) error {
	all, err := s.knownTargets(c)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(t funnel.Target) bool { return funnel.PlaceOf(t.Place) != funnel.AtQueues })
	judged, err := s.judgeAll(c.Request.Context(), all, nil)
	for i := range judged {
		at := slices.IndexFunc(rows, func(r rankedQueue) bool { return r.key == judged[i].Place })
		if at < 0 || judged[i].State != funnel.TargetBreached {
			continue
		}
		words := judged[i].words(false)
		seen := &rows[at].seen
		seen.rank = max(seen.rank, rankMissed)
		seen.Reasons = slices.Insert(seen.Reasons, 0, web.Reason{Level: web.Alarm, Text: words.Name + ", " + words.Goal + ": " + words.Now})
	}
	return err
}
