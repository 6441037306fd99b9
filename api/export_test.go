package api

import "slices"

// What the tests in package api_test look at from inside.

// GuardedRoute is a line of the table of routes with the roles it lets in.
type GuardedRoute struct {
	Method, Path string
	Query, Roles []string
	NeedsKey     bool
	// Page says that it is for people and no part of the OpenAPI document.
	Page bool
}

// Guarded lists the tables of routes but GuardedPeople, which no key is for.
func (s *Server) Guarded() (all []GuardedRoute) {
	add := func(routes []route, page bool) {
		for _, r := range routes {
			all = append(all, GuardedRoute{r.method, r.path, r.query, r.requires.roles(), !r.requires.keyless(), page})
		}
	}
	add(s.routes(), false)
	add(slices.DeleteFunc(s.pageRoutes(), func(r route) bool {
		return slices.ContainsFunc(s.settingPages(), func(p route) bool { return p.path == r.path })
	}), true)
	return all
}

// GuardedPeople lists the table of the pages by which people sign in and set things.
func (s *Server) GuardedPeople() (all []GuardedRoute) {
	for _, r := range s.settingPages() {
		all = append(all, GuardedRoute{r.method, r.path, r.query, r.requires.roles(), !r.requires.keyless(), true})
	}
	return all
}

func (s *Server) settingPages() []route { return append(s.peopleRoutes(), s.settingsRoutes()...) }

// LocalPath is localPath.
var LocalPath = localPath

// Served lists the routes the engine really answers, as "METHOD /path".
func (s *Server) Served() (all []string) {
	for _, r := range s.engine.Routes() {
		all = append(all, r.Method+" "+r.Path)
	}
	return all
}

// AddUnguarded adds a route that no right guards.
func (s *Server) AddUnguarded(name string) {
	s.serve(route{"GET", "/x", rights{right(name)}, nil, nil})
}

// OpenAPI is the document as it is served.
func (s *Server) OpenAPI() []byte { return s.openAPI }

// DocPath writes a route's path the way the document does.
var DocPath = docPath

// Masks for the tests.
var (
	MaskPhone   = maskPhone
	MaskNumbers = maskNumbers
	Masked      = masked
)
