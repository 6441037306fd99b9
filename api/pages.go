package api

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"ringside/api/web"
)

// pageRoutes is the table of what people look at, as routes is that of programs.
// Pages are no part of the OpenAPI document. What they show they read as the API
// does, so that rights, masks and snapshots are the same.
func (s *Server) pageRoutes() []route {
	routes := []route{
		{"GET", "/static/:hash/*file", rights{anybody}, nil, s.getStatic},
		{"GET", "/live", rights{readReports}, []string{"view"}, s.getLiveView},
		{"GET", "/glossary", rights{readReports}, nil, s.getGlossary},
		{"GET", onePage + "/by/:grouping", rights{readReports}, scoped("sort", "page", "format", "part"), s.getGroups},
		{"GET", onePage + "/lists", rights{readReports}, scoped("sort", "page", "format"), s.getLists},
		{"GET", onePage + "/" + leadsPage, rights{readReports}, scoped("part"), s.getLeads},
		{"GET", onePage + "/heat", rights{readReports}, scoped("zone", "part"), s.getHeat},
		{"GET", onePage + "/calls", rights{readFacts, seeCosts}, scoped("kpi", "part", "cursor", "limit", "shown"), s.getCalls},
		{"GET", onePage + "/" + callsCSV, rights{readFacts, seeCosts}, scoped("kpi", "part"), s.getCallsCSV},
		{"GET", onePage + "/calls/:attempt", rights{readFacts}, nil, s.getCallPage},
	}
	routes = append(routes, s.servicePages()...)
	for _, v := range s.views() {
		routes = append(routes, route{"GET", v.path, v.requires, v.query, v.handler(s)})
	}
	return s.withSheets(append(append(routes, s.peopleRoutes()...), s.settingsRoutes()...))
}

const (
	onePage  = campaignsPath + "/:campaign"
	oneQueue = queuesPath + "/:queue"
)

// servicePages are the pages below those of queues and of service: their tables, and the
// facts behind their figures.
func (s *Server) servicePages() []route {
	inQueue := func(more ...string) []string { return append(more, queueScope...) }
	inDays := func(more ...string) []string { return append(more, daysQuery...) }
	return []route{
		{"GET", oneQueue + "/by/:grouping", rights{readReports}, inQueue("sort", "page", "format", "part"), s.getGroups},
		{"GET", oneQueue + "/" + patienceCSV, rights{readReports}, inQueue(), s.getPatienceCSV},
		{"GET", oneQueue + "/calls", rights{readFacts}, inQueue("kpi", "part", "cursor", "limit", "shown"), s.getCalls},
		{"GET", oneQueue + "/" + callsCSV, rights{readFacts}, inQueue("kpi", "part"), s.getCallsCSV},
		{"GET", servicePath + "/by/:grouping", rights{readService}, inDays("sort", "page", "format", "part"), s.inService(s.getGroups)},
		{"GET", servicePath + "/calls", rights{readFacts}, inDays("kpi", "part", "cursor", "limit", "shown"), s.inService(s.getCalls)},
		{"GET", servicePath + "/" + callsCSV, rights{readFacts}, inDays("kpi", "part"), s.inService(s.getCallsCSV)},
	}
}

// scoped are the parameters of a page with a scope.
func scoped(more ...string) []string { return append(more, scopeQuery...) }

const pageKey = "page"

// servePage is serve for a page, whose failures are pages too.
func (s *Server) servePage(r route) gin.HandlerFunc {
	handle := s.serve(r)
	return func(c *gin.Context) {
		c.Set(pageKey, true)
		handle(c)
	}
}

// isPage reports whether the request is for something people look at. Where nothing is
// served, that is everything but the API: they mistype addresses.
func isPage(c *gin.Context) bool {
	nothing := c.FullPath() == "" && !strings.HasPrefix(c.Request.URL.Path, "/v1/")
	return c.GetBool(pageKey) || strings.HasPrefix(c.FullPath(), "/docs") || nothing
}

// wantsPage reports whether a failure is to be told as a page.
func wantsPage(c *gin.Context) bool {
	return isPage(c) && strings.Contains(c.GetHeader("Accept"), "text/html")
}

// show answers with the page of that name in package web; status is that of HTTP.
func (s *Server) show(c *gin.Context, status int, name string, p *web.Page) error {
	s.dress(c, p)
	body, err := web.Render(name, p)
	if err != nil {
		return err
	}
	sendPage(c, status, body, web.Policy)
	return nil
}

// showPart is show for a page that others load into themselves: asked for as a part it
// is its template "part" alone.
func (s *Server) showPart(c *gin.Context, name string, p *web.Page) error {
	if c.Query("part") == "" {
		return s.show(c, http.StatusOK, name, p)
	}
	body, err := web.Fragment(name, "part", p)
	if err == nil {
		sendPage(c, http.StatusOK, body, web.Policy)
	}
	return err
}

// dress adds what the layout shows around every page.
func (s *Server) dress(c *gin.Context, p *web.Page) {
	p.Version = s.version
	if s.sheetOf[c.FullPath()] != nil {
		p.CSV = sheetLink(c)
	}
	if may(keyOf(c), readReports) {
		p.Nav = nil
		places := []struct{ name, href string }{{"overview", "/"}, {"queues", queuesPath}, {"service", servicePath}, {"wallboard", "/wallboard"}, {"glossary", "/glossary"}}
		for _, place := range places {
			if place.href == servicePath && !may(keyOf(c), readService) {
				continue
			}
			p.Nav = append(p.Nav, web.Link{Text: web.T("nav." + place.name), Href: place.href, Current: c.FullPath() == place.href})
		}
		if may(keyOf(c), closePeriods) {
			p.Nav = append(p.Nav, web.Link{Text: web.T("nav.finance"), Href: "/finance", Current: c.FullPath() == "/finance"})
		}
	}
	s.dressPerson(c, p)
}

// sendPage sends a page under its policy, compressed where the browser takes that.
func sendPage(c *gin.Context, status int, body []byte, policy string) {
	c.Header("Content-Security-Policy", policy)
	c.Header("Referrer-Policy", "same-origin")
	c.Header("Cache-Control", "no-store")
	sendCompressed(c, status, "text/html; charset=utf-8", body, web.Compressed)
}

// sendCompressed sends a body in gzip, as compress makes it, where the caller takes
// that and it saves anything.
func sendCompressed(c *gin.Context, status int, mediaType string, body []byte, compress func([]byte) []byte) {
	c.Header("Vary", "Accept-Encoding")
	if strings.Contains(c.GetHeader("Accept-Encoding"), "gzip") {
		if small := compress(body); small != nil {
			c.Header("Content-Encoding", "gzip")
			body = small
		}
	}
	c.Data(status, mediaType, body)
}

// getStatic answers with a file that pages load. Its path names what is in it, so
// it may be kept for good.
func (s *Server) getStatic(c *gin.Context) error {
	f, kept, ok := web.StaticFile(c.Param("hash"), strings.TrimPrefix(c.Param("file"), "/"))
	if !ok {
		return newProblem(http.StatusNotFound, "not_found", "", "there is no such file")
	}
	c.Header("Cache-Control", "no-cache")
	if kept {
		c.Header("Cache-Control", "public, max-age=31536000, immutable")
	}
	sendCompressed(c, http.StatusOK, f.Type, f.Body, func([]byte) []byte { return f.Gzip })
	return nil
}

// problemPage is the page of a failed request.
func (s *Server) problemPage(c *gin.Context, p *problem, title string) {
	page := &web.Page{Title: title, View: web.Problem{Title: title, Detail: p.detail, Request: requestID(c)}}
	if err := s.show(c, p.status, "problem", page); err != nil {
		panic(err) // a template that cannot be written
	}
}
