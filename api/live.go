package api

import (
	"cmp"
	"context"
	"fmt"
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

// getLive streams the figures of a campaign or queue, as GET /v1/campaigns/{campaign}/kpis
// or /v1/queues/{queue}/kpis gives them, each time something was committed that may change them.
func (s *Server) getLive(c *gin.Context) error {
	name, err := liveName(c)
	if err != nil {
		return err
	}
	of, err := s.campaign(c, name)
	if err != nil {
		return err
	}
	shelf, err := s.shelf(c.Request.Context(), keyOf(c))
	if err != nil {
		return err
	}
	query, today, err := liveQuery(c, shelf)
	if err != nil {
		return err
	}
	return s.stream(c, topic{
		key: strings.Join([]string{"kpis", of.Ref, c.Query("from"), c.Query("to"), c.Query("kpi"), c.Query("service_level_method"), c.Query("service_level_s"),
			fmt.Sprint(idsOf(query.query.KPIs))}, "\n"), // what a bound key may know is less
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
			if answer.aims, err = s.aimsOf(ctx, &answer, nil); err != nil {
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

// liveName is the store's name of what the stream follows.
func liveName(c *gin.Context) (string, error) {
	name, queue := c.Query("campaign"), c.Query("queue")
	switch {
	case name != "" && queue != "":
		return "", campaign.Invalidf("not_allowed", "queue", "a stream follows a campaign or a queue; open one for each")
	case queue == "" && name == "":
		return "", campaign.Invalidf("missing_parameter", "campaign", "campaign is missing; send the ref or id of the one to follow, or that of a queue as queue")
	case strings.Contains(name, ","):
		return "", campaign.Invalidf("several_campaigns", "campaign", "a stream follows one campaign; open one for each")
	case strings.ContainsAny(queue, ",/"):
		return "", campaign.Invalidf("several_queues", "queue", "a stream follows one queue, by its ref or id; open one for each")
	case queue != "":
		return campaign.QueueKey(queue), nil
	}
	if _, is := campaign.QueueOf(name); is {
		return "", campaign.NotFoundf("campaign", "there is no campaign %q; send the ref of a queue as queue", name)
	}
	return name, nil
}

// liveQuery reads what is asked of a live stream; without a window it is today, of
// each time it is answered.
func liveQuery(c *gin.Context, shelf *funnel.Shelf) (q ReportQuery, today bool, err error) {
	if today = c.Query("from") == "" && c.Query("to") == ""; !today {
		if q.query.Window, err = spanParam(c); err != nil {
			return q, today, err
		}
	}
	level, seconds := c.Query("service_level_method"), c.Query("service_level_s")
	if c.Query("queue") == "" && level+seconds != "" {
		return q, today, campaign.Invalidf("not_allowed", "service_level_s", "a service level is that of a queue; leave it out")
	}
	if q.query.Level, err = readLevel(level, seconds); err != nil {
		return q, today, err
	}
	ids, err := listParam(c, "kpi")
	at := funnel.AtCampaigns
	if c.Query("queue") != "" {
		at = funnel.AtQueues
	}
	if err == nil {
		q.named, err = readKPIs(ids, shelf.At(at), shelf)
	}
	if q.query.KPIs = q.named; q.named == nil {
		q.query.KPIs = shelf.At(at)
	}
	return q, today, err
}

func idsOf(kpis []*funnel.KPI) (ids []string) {
	for _, k := range kpis {
		ids = append(ids, k.ID)
	}
	return ids
}
