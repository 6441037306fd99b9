package api

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"ringside/api/web"
	"ringside/campaign"
)

// view is a page that moves: whoever has it open is sent its regions anew when they
// change.
type view struct {
	// path, requires and query are those of its route.
	path     string
	requires rights
	query    []string
	// name is that of its template.
	name string
	// look reads what the page shows to whoever asks.
	look func(c *gin.Context) (*web.Page, error)
}

// views are the pages that move.
func (s *Server) views() []view {
	return []view{
		{"/", rights{readReports}, []string{"q", "page"}, "overview", s.lookAtOverview},
		{onePage, rights{readReports}, scoped("chart"), "campaign", s.lookAtBoard},
		{onePage + "/compliance", rights{readReports}, nil, "compliance", s.lookAtCompliance},
		{onePage + "/" + costsPath, rights{seeCosts}, []string{"range", "from", "to", "grain"}, "costs", s.lookAtCosts},
		{onePage + floorPath, rights{readReports}, slices.Clone(daysQuery), "floor", s.lookAtFloor},
		{queuesPath, rights{readReports}, []string{"q", "page"}, "queues", s.lookAtQueues},
		{oneQueue, rights{readReports}, append([]string{"grain", "chart"}, queueScope...), "queue", s.lookAtQueue},
		{servicePath, rights{readService}, append([]string{"grain", "chart"}, daysQuery...), "service", s.lookAtService},
		{"/wallboard", rights{readReports}, []string{"campaign" + repeated, "seconds", "show"}, "wallboard", s.lookAtWallboard},
	}
}

// handler answers with the view as a page.
func (v *view) handler(s *Server) func(c *gin.Context) error {
	return func(c *gin.Context) error {
		p, err := v.look(c)
		if err != nil {
			return err
		}
		p.Live = c.Request.URL.RequestURI()
		return s.show(c, http.StatusOK, v.name, p)
	}
}

// at says when the numbers of a page were read: by the clock of a campaign, or of
// whoever reads it, which only a script knows.
func at(p *web.Page, now time.Time, of *campaign.Campaign) *web.Page {
	p.Clock = now.UTC().Format(time.RFC3339)
	if p.At = now.UTC().Format("15:04:05 UTC"); of != nil {
		p.At, p.Zone = web.TimeOfDay(now.UnixMilli(), of.Location()), of.TimeZone
	}
	return p
}

// getLiveView streams the regions of a view: one rendering serves all who look at it
// with the same rights.
func (s *Server) getLiveView(c *gin.Context) error {
	asked, v, err := s.viewAsked(c)
	if err != nil {
		return err
	}
	campaigns, err := s.shown(asked)
	if err != nil {
		return err
	}
	eyes, params := sight(keyOf(c)), asked.Params
	return s.stream(c, topic{
		// The address is on pages too, and whoever asks says what it is.
		key:       strings.Join([]string{"view", asked.Request.URL.RequestURI(), eyes, s.ownAddress(c.Request)}, "\n"),
		campaigns: campaigns,
		render: func(ctx context.Context) (*update, error) {
			own := asked.Copy()
			own.Request = asked.Request.WithContext(ctx)
			now := s.now()
			p, err := v.look(own)
			if err != nil {
				return nil, err
			}
			regions, err := web.Regions(v.name, p)
			return &update{event: "regions", regions: regions, atMs: now.UnixMilli()}, err
		},
	}, func(own *gin.Context) error {
		if sight(keyOf(own)) != eyes {
			return newProblem(http.StatusForbidden, "forbidden", "", "what may be seen has changed; open the page again")
		}
		own.Params = params
		return s.stayWithin(own)
	})
}

// viewAsked finds the view that the parameter names, and the request as it would be
// for its page: the same caller, admitted to it.
func (s *Server) viewAsked(c *gin.Context) (*gin.Context, *view, error) {
	to, err := url.ParseRequestURI(c.Query("view"))
	if err != nil || to.Host != "" {
		return nil, nil, campaign.Invalidf("invalid_view", "view", "%q is not the path and query of a page", c.Query("view"))
	}
	for _, v := range s.views() {
		params, ok := matches(v.path, to.EscapedPath())
		if !ok {
			continue
		}
		asked := c.Copy()
		asked.Request = c.Request.Clone(c.Request.Context())
		asked.Request.URL, asked.Params = to, params
		for _, check := range []func() error{
			func() error { return demand(asked, v.requires) },
			func() error { return decodePath(asked) },
			func() error { return checkQuery(asked, v.query) },
			func() error { return s.stayWithin(asked) },
		} {
			if err := check(); err != nil {
				return nil, nil, err
			}
		}
		return asked, &v, nil
	}
	return nil, nil, campaign.NotFoundf("view", "no page at %q moves", to.Path)
}

// shown names the campaigns and queues that a page shows: that of its path with the teams,
// and on its floor its queues, those of a wallboard, else all that the key may know of.
func (s *Server) shown(c *gin.Context) ([]string, error) {
	if _, queue := c.Params.Get("queue"); queue {
		of, err := s.here(c)
		return []string{of.Ref, "", campaign.ServiceKey}, err
	}
	name, one := c.Params.Get("campaign")
	if asked := c.QueryArray("campaign"); len(asked) > 0 {
		return s.wallboardRefs(c)
	}
	if !one {
		return keyOf(c).Campaigns, nil
	}
	of, err := s.campaign(c, name)
	if err != nil || !strings.HasSuffix(c.Request.URL.EscapedPath(), floorPath) {
		return []string{of.Ref, ""}, err
	}
	queues, err := s.queuesOf(c, &of)
	refs := []string{of.Ref, ""}
	for i := range queues {
		refs = append(refs, queues[i].Ref)
	}
	return refs, err
}

// matches compares a path with that of a route, and takes its parameters out.
func matches(pattern, path string) (params gin.Params, ok bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return nil, false
	}
	for i, step := range want {
		if name, param := strings.CutPrefix(step, ":"); param {
			params = append(params, gin.Param{Key: name, Value: got[i]})
		} else if step != got[i] {
			return nil, false
		}
	}
	return params, true
}

// sight stands for all that decides what a key is shown.
func sight(key *campaign.AccessKey) string {
	return strings.Join(append([]string{key.Role}, slices.Sorted(slices.Values(key.Campaigns))...), " ")
}
