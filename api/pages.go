package api

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"ringside/api/web"
)

// pageRoutes is the table of what people look at, as routes is that of programs.
// Pages are no part of the OpenAPI document.
func (s *Server) pageRoutes() []route {
	return append([]route{
		{"GET", "/static/:hash/*file", rights{anybody}, nil, s.getStatic},
	}, s.peopleRoutes()...)
}

const pageKey = "page"

// servePage is serve for a page, whose failures are pages too.
func (s *Server) servePage(r route) gin.HandlerFunc {
	handle := s.serve(r)
	return func(c *gin.Context) {
		c.Set(pageKey, true)
		handle(c)
	}
}

// isPage reports whether the request is for something people look at.
func isPage(c *gin.Context) bool {
	return c.GetBool(pageKey) || c.FullPath() == "/" || strings.HasPrefix(c.FullPath(), "/docs")
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

// dress adds what the layout shows around every page.
func (s *Server) dress(c *gin.Context, p *web.Page) {
	p.Version = s.version
	p.Nav = []web.Link{{Text: web.T("nav.overview"), Href: "/", Current: c.FullPath() == "/"}}
	s.dressPerson(c, p)
}

func (s *Server) getStatic(c *gin.Context) error {
	c.Data(http.StatusOK, "text/css; charset=utf-8", web.Style)
	return nil
}
