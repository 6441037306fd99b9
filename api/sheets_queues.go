package api

import (
	"slices"

	"github.com/gin-gonic/gin"

	"ringside/campaign"
	"ringside/funnel"
)

// queueColumns are those of a queue's figures.
var queueColumns = slices.Concat([]string{"queue", "from", "to", "time_zone", "as_of", "name"}, figureColumns)

// queuesSheet has the figures of each queue's today.
func (s *Server) queuesSheet(c *gin.Context) (*sheet, error) {
	all, err := s.queues(c)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(of campaign.Campaign) bool { return !goesBy(&of, c.Query("q")) })
	nowMs := s.now().UnixMilli()
	return s.sheetOfQueues(c, all, funnel.LastDays{Days: 1, NowMs: nowMs}, slices.Concat(inQueueNow, queueWatched[:queueShown]), nowMs)
}

// floorSheet has the figures of a campaign's queues in the days of its floor.
func (s *Server) floorSheet(c *gin.Context) (*sheet, error) {
	b, err := s.board(c)
	if err != nil {
		return nil, err
	}
	queues, err := s.queuesOf(c, b.of)
	if err != nil {
		return nil, err
	}
	return s.sheetOfQueues(c, queues, b.scope.span, slices.Concat(inQueueNow, floorFigures), b.scope.nowMs)
}

func (s *Server) sheetOfQueues(c *gin.Context, queues []campaign.Campaign, span funnel.Span, kpis []*funnel.KPI, nowMs int64) (*sheet, error) {
	sh := &sheet{columns: queueColumns}
	for i := range queues {
		r, err := s.store.Report(c.Request.Context(), queues[i].Ref, funnel.Query{Window: span, KPIs: kpis, NowMs: nowMs})
		if err != nil {
			return nil, err
		}
		var head document
		head.reportHead(&r.About, nowMs)
		head.name("name").text(r.Campaign.Name)
		sh.figures(head, kpis, r.Whole, newFigureFrame(&r.About, nowMs))
	}
	return sh, nil
}

// agesSheet has how long the cases that are open now have been so.
func (s *Server) agesSheet(c *gin.Context) (*sheet, error) {
	sh := &sheet{columns: []string{"id", "age", "cases", "share"}}
	return sh, s.inService(func(c *gin.Context) error {
		b, err := s.board(c)
		if err != nil {
			return err
		}
		v, err := b.ages(c.Request.Context())
		for _, row := range v.Rows {
			sh.add(row.ID, row.Label, row.Cases, row.Share)
		}
		return err
	})(c)
}
