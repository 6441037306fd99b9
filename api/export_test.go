package api

// What the tests in package api_test look at from inside.

// GuardedRoute is a line of the table of routes with the roles it lets in.
type GuardedRoute struct {
	Method, Path string
	Query, Roles []string
	NeedsKey     bool
}

// Guarded lists the table of routes.
func (s *Server) Guarded() (all []GuardedRoute) {
	for _, r := range s.routes() {
		all = append(all, GuardedRoute{r.method, r.path, r.query, r.requires.roles(), !r.requires.keyless()})
	}
	return all
}

// GuardedPages lists the table of pages.
func (s *Server) GuardedPages() (all []GuardedRoute) {
	for _, r := range s.pageRoutes() {
		all = append(all, GuardedRoute{r.method, r.path, r.query, r.requires.roles(), !r.requires.keyless()})
	}
	return all
}

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
