package api

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"ringside/campaign"
	"ringside/funnel"
)

// LiveLimits are the times and limits of live streams. What is zero has a default.
type LiveLimits struct {
	// ListenersMost may listen at once; the default is 1,000. EachMost of them may do so
	// by one key or as one person, so that nobody takes all places; the default is 250.
	ListenersMost, EachMost int
	// Heartbeat is how often a stream says that it is alive, and its key or session is
	// looked at again; the default is 15 seconds.
	Heartbeat time.Duration
	// Patience is how long a browser has to take what is written; the default is 10
	// seconds.
	Patience time.Duration
	// Poll is how often commits of other processes are looked for; the default is a
	// second.
	Poll time.Duration
	// Refresh is how often figures are worked out though nothing was committed, as
	// callbacks fall due and windows end; the default is 30 seconds.
	Refresh time.Duration
}

func (l LiveLimits) orDefaults() LiveLimits {
	set := func(d *time.Duration, standard time.Duration) {
		if *d == 0 {
			*d = standard
		}
	}
	l.ListenersMost, l.EachMost = cmp.Or(l.ListenersMost, 1000), cmp.Or(l.EachMost, 250)
	set(&l.Heartbeat, 15*time.Second)
	set(&l.Patience, 10*time.Second)
	set(&l.Poll, time.Second)
	set(&l.Refresh, 30*time.Second)
	return l
}

// getLive streams a campaign's figures, as GET /v1/campaigns/{campaign}/kpis gives
// them, each time something was committed that may change them.
func (s *Server) getLive(c *gin.Context) error {
	name := c.Query("campaign")
	switch {
	case name == "":
		return campaign.Invalidf("missing_parameter", "campaign", "campaign is missing; send the ref or id of the one to follow")
	case strings.Contains(name, ","):
		return campaign.Invalidf("several_campaigns", "campaign", "a stream follows one campaign; open one for each")
	}
	of, err := s.outbound(c, name)
	if err != nil {
		return err
	}
	shelf, err := s.store.KPIs(c.Request.Context())
	if err != nil {
		return err
	}
	query, today, err := liveQuery(c, shelf)
	if err != nil {
		return err
	}
	return s.stream(c, topic{
		key:       strings.Join([]string{"kpis", of.Ref, c.Query("from"), c.Query("to"), c.Query("kpi")}, "\n"),
		campaigns: []string{of.Ref},
		render: func(ctx context.Context) (*update, error) {
			now, q := s.now(), query
			if today {
				q.query.Window = funnel.LastDays{Days: 1, NowMs: now.UnixMilli()}
			}
			answer, err := q.Answer(ctx, s.store, of.Ref, now)
			if err != nil {
				return nil, err
			}
			if answer.Targets, err = s.targetsOf(ctx, &answer); err != nil {
				return nil, err
			}
			u := &update{event: "kpis", version: answer.Version, data: answer.document()}
			if today {
				u.until = time.UnixMilli(answer.Window.ToMs)
			}
			return u, nil
		},
	}, func(own *gin.Context) error {
		_, err := s.campaign(own, name)
		return err
	})
}

// liveQuery reads what is asked of a live stream; without a window it is today, of
// each time it is answered.
func liveQuery(c *gin.Context, shelf *funnel.Shelf) (q ReportQuery, today bool, err error) {
	if today = c.Query("from") == "" && c.Query("to") == ""; !today {
		if q.query.Window, err = spanParam(c); err != nil {
			return q, today, err
		}
	}
	ids, err := listParam(c, "kpi")
	if err == nil {
		q.named, err = readKPIs(ids, shelf.At(funnel.AtCampaigns), shelf)
	}
	if q.query.KPIs = q.named; q.named == nil {
		q.query.KPIs = shelf.At(funnel.AtCampaigns)
	}
	return q, today, err
}
