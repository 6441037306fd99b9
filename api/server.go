package api

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/gin-gonic/gin"

	"ringside/campaign"
)

// Store is all the storage the server needs. Package db's Store is one.
type Store interface {
	keyStore
	userStore
	visitStore
	agentStore
	campaignStore
	serviceStore
	recordStore
	factStore
	reportStore
	complianceStore
	exportStore
	writingStore
	sourceStore
	messageStore
	ledgerStore
	periodStore
	changeStore
	kpiStore
	// Ready returns nil when the storage answers.
	Ready(ctx context.Context) error
}

// Options are what a server is made of. Store is required; the rest has defaults.
type Options struct {
	Store Store
	// Clock says what time it is; the default is time.Now.
	Clock func() time.Time
	// Log takes what the operator should know; the default is slog.Default.
	// No secret and no query string is ever logged.
	Log *slog.Logger
	// PublicURL is scheme and host by which people reach the server, where that is not
	// what their requests say, behind a proxy for one. With https cookies are Secure.
	PublicURL string
	// TrustedProxies are addresses and networks of proxies before the server: what they
	// say in X-Forwarded-For is where a request comes from. By default none is believed.
	TrustedProxies []string
	// Version of the program, shown on the overview page and at /healthz.
	Version string
	// Stopping ends when the program begins to stop: bodies that are still coming
	// then have a few seconds, and are answered. The default never ends.
	Stopping context.Context
	// BodyPatience is how long each 64 KiB of a body have to come; the default is a
	// minute.
	BodyPatience time.Duration
	// BodiesMost is how many bytes of bodies that are read as a whole are held at
	// once; the default is 256 MiB.
	BodiesMost int64
	// Live are the times and limits of live streams.
	Live LiveLimits
}

// Server answers HTTP. Its methods are safe for concurrent use.
type Server struct {
	store     Store
	now       func() time.Time
	log       *slog.Logger
	version   string
	publicURL string
	engine    *gin.Engine
	catalogue document
	rows      overviewRows
	sheetOf   map[string]func(*gin.Context) (*sheet, error)
	openAPI   document
	docs      []byte

	sessions *scs.SessionManager
	// origins refuses what another site's page has a browser send.
	origins           *http.CrossOriginProtection
	byUser, byAddress *tries

	bodies       *budget
	stopping     context.Context
	bodyPatience time.Duration
	readers      readers
	hub          *hub
	streams      sync.WaitGroup
	courses      courses
}

// New makes a server; serve it with an http.Server.
func New(o Options) *Server {
	gin.SetMode(gin.ReleaseMode)
	s := &Server{store: o.Store, now: o.Clock, log: o.Log, version: o.Version, engine: gin.New(), catalogue: catalogueDocument(),
		stopping: o.Stopping, bodyPatience: o.BodyPatience}
	s.bodies = newBudget(cmp.Or(o.BodiesMost, bodiesMost))
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	if s.stopping == nil {
		s.stopping = context.Background()
	}
	if s.bodyPatience == 0 {
		s.bodyPatience = bodyPatience
	}
	s.people(o)
	s.hub = newHub(o.Live, s.store, s.now, s.log)
	routes := s.routes()
	s.openAPI, s.docs = openAPIDocument(routes), documentation(routes)
	e := s.engine
	e.HandleMethodNotAllowed = true
	// A slash within an agent's text, as %2F, must not end it: routes are found by
	// the path as it was sent, and serve decodes what stands in their places.
	e.UseEscapedPath, e.UnescapePathValues = true, false
	e.RedirectTrailingSlash = false
	e.ForwardedByClientIP, e.RemoteIPHeaders = len(o.TrustedProxies) > 0, []string{"X-Forwarded-For"}
	if err := e.SetTrustedProxies(o.TrustedProxies); err != nil {
		panic("api: a trusted proxy is no address or network: " + err.Error())
	}
	e.Use(s.begin)
	for _, r := range routes {
		e.Handle(r.method, r.path, s.serve(r))
	}
	for _, r := range s.pageRoutes() {
		e.Handle(r.method, r.path, s.servePage(r))
		if r.method == http.MethodGet && !streamed(r.path) { // what previews links asks so first
			e.Handle(http.MethodHead, r.path, s.servePage(r))
		}
	}
	e.NoRoute(func(c *gin.Context) {
		s.answer(c, newProblem(http.StatusNotFound, "not_found", "", "there is nothing at this path; the API begins at /v1, for example GET /v1/campaigns"))
	})
	e.NoMethod(func(c *gin.Context) {
		s.answer(c, newProblem(http.StatusMethodNotAllowed, "method_not_allowed", "", c.Request.Method+" is not served here; this path takes "+c.Writer.Header().Get("Allow")))
	})
	return s
}

// people sets up what signing in needs.
func (s *Server) people(o Options) {
	s.publicURL = strings.TrimSuffix(o.PublicURL, "/")
	s.sessions = newSessions(o.Store)
	s.byUser, s.byAddress = newTries(s.now, userTries), newTries(s.now, addressTries)
	s.origins = http.NewCrossOriginProtection()
	if s.publicURL != "" {
		if err := s.origins.AddTrustedOrigin(s.publicURL); err != nil {
			panic("api: the public URL is no scheme and host: " + err.Error())
		}
	}
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.engine.ServeHTTP(w, r) }

// route is one line of the table: where it is, what it asks of a key, which query
// parameters it knows. Any other parameter is refused by name.
type route struct {
	method, path string
	requires     rights
	query        []string
	handle       func(*gin.Context) error
}

// routes is the table of what programs ask for; pageRoutes that of pages.
func (s *Server) routes() []route {
	const one, oneSource, hook = "/v1/campaigns/:campaign", "/v1/sources/:source", "/hooks/:source"
	window := []string{"from", "to"}
	figures := append([]string{"kpi", "group_by", "as_of", "currency", "format"}, window...)
	return slices.Concat(s.queueRoutes(), s.serviceRoutes(), s.moneyRoutes(one), s.watchRoutes(), []route{
		{"GET", "/healthz", rights{anybody}, nil, s.getHealth},
		{"GET", "/readyz", rights{anybody}, nil, s.getReady},
		{"HEAD", "/healthz", rights{anybody}, nil, s.getHealth},
		{"HEAD", "/readyz", rights{anybody}, nil, s.getReady},
		{"GET", "/metrics", rights{seeMetrics}, nil, s.getMetrics},
		{"GET", "/docs", rights{anyKey}, nil, s.getDocs},
		{"GET", "/docs/sources/:source", rights{manageSources}, nil, s.getSetupPage},
		{"GET", "/openapi.json", rights{anyKey}, nil, s.getOpenAPI},
		{"GET", "/v1/me", rights{anyKey}, nil, s.getMe},
		{"GET", "/v1/keys", rights{manageKeys}, nil, s.getKeys},
		{"POST", "/v1/keys", rights{manageKeys}, nil, s.postKey},
		{"DELETE", "/v1/keys/:id", rights{manageKeys}, nil, s.deleteKey},

		{"GET", "/v1/users", rights{manageUsers}, nil, s.getUsers},
		{"POST", "/v1/users", rights{manageUsers}, nil, s.postUser},
		{"PUT", "/v1/users/:id", rights{manageUsers}, nil, s.putUser},
		{"DELETE", "/v1/users/:id", rights{manageUsers}, nil, s.deleteUser},
		{"POST", "/v1/users/:id/link", rights{manageUsers}, nil, s.postUserLink},

		{"GET", "/v1/agents", rights{readAgents}, []string{"limit", "cursor"}, s.getAgents},
		{"GET", "/v1/agents/:agent", rights{readAgents}, nil, s.getAgent},
		{"PUT", "/v1/agents/:agent", rights{nameAgents}, nil, s.putAgent},

		{"GET", "/v1/sources", rights{manageSources}, nil, s.getSources},
		{"GET", oneSource, rights{manageSources}, nil, s.getSource},
		{"PUT", oneSource, rights{manageSources}, nil, s.putSource},
		{"GET", oneSource + "/messages", rights{readMessages}, []string{"state", "limit", "cursor"}, s.getMessages},
		{"GET", oneSource + "/doctor", rights{readMessages}, window, s.getDoctor},
		{"GET", oneSource + "/setup", rights{manageSources}, nil, s.getSetup},
		{"POST", oneSource + "/replay", rights{manageSources}, []string{"state"}, s.postReplay},
		{"GET", hook, rights{ownProof}, nil, s.takeHook},
		{"POST", hook, rights{ownProof}, nil, s.takeHook},
		{"PUT", hook, rights{ownProof}, nil, s.takeHook},
		{"GET", hook + "/*path", rights{ownProof}, nil, s.takeHook},
		{"POST", hook + "/*path", rights{ownProof}, nil, s.takeHook},
		{"PUT", hook + "/*path", rights{ownProof}, nil, s.takeHook},

		{"GET", "/v1/campaigns", rights{readReports}, nil, s.getCampaigns},
		{"GET", one, rights{readReports}, nil, s.getCampaign},
		{"PUT", one, rights{configure}, nil, s.putCampaign},

		{"POST", one + "/leads", rights{postFacts}, []string{"atomic"}, s.postLeads},
		{"POST", one + "/attempts", rights{postFacts}, []string{"atomic"}, s.postAttempts},
		{"POST", one + "/outcomes", rights{postFacts}, []string{"atomic"}, s.postOutcomes},
		{"GET", one + "/attempts/:attempt", rights{readFacts}, nil, s.getAttempt},
		{"GET", one + "/leads/:lead", rights{readFacts}, nil, s.getLead},
		{"PUT", one + "/leads/:lead/dnc", rights{editLeads}, nil, s.putDNC},

		{"GET", "/v1/live", rights{readReports}, append([]string{"campaign", "queue", "kpi", "service_level_method", "service_level_s"}, window...), s.getLive},
		{"GET", "/v1/kpis", rights{readReports}, nil, s.getCatalogue},
		{"GET", "/v1/kpis/report", rights{readReports}, append([]string{"campaigns", "queues", "service_level_method", "service_level_s"}, figures...), s.getPooled},
		{"GET", one + "/kpis", rights{readReports}, figures, s.getKPIs},
		{"GET", one + "/funnel", rights{readReports}, append([]string{"format", "list", "source"}, window...), s.getFunnel},
		{"GET", one + "/attempt-curve", rights{readReports}, append([]string{"format", "list", "source"}, window...), s.getCurve},
		{"GET", one + "/compliance", rights{readReports}, nil, s.getCompliance},
		{"GET", one + "/export/leads", rights{exportFacts}, []string{"format"}, s.getExport(campaign.LeadForm)},
		{"GET", one + "/export/attempts", rights{exportFacts}, []string{"format"}, s.getExport(campaign.AttemptForm)},
		{"GET", one + "/export/outcomes", rights{exportFacts}, []string{"format"}, s.getExport(campaign.OutcomeForm)},
		{"GET", one + "/export/costs", rights{exportFacts}, []string{"format"}, s.getExport(campaign.CostForm)},
		{"GET", one + "/export/rates", rights{seeCosts}, nil, s.getRatesExport},
		{"GET", "/v1/export/costs", rights{shareCosts}, []string{"format"}, s.getSharedExport},
		{"GET", one + "/kpis/:kpi/facts", rights{readFacts, seeCosts}, slices.Concat([]string{"part", "cursor", "limit"}, window, filterQuery), s.getBehind},
	})
}

// moneyRoutes are the part of the table about what campaigns cost.
func (s *Server) moneyRoutes(one string) []route {
	const period = "/v1/periods/:month"
	return []route{
		{"POST", "/v1/costs", rights{seeCosts}, []string{"atomic"}, s.postCosts},
		{"GET", "/v1/costs", rights{seeCosts}, []string{"campaign", "shared"}, s.getCosts},
		{"PUT", one + "/rates", rights{seeCosts}, nil, s.putRates},
		{"GET", one + "/rates", rights{seeCosts}, nil, s.getRates},
		{"PUT", "/v1/exchange-rates", rights{shareCosts}, nil, s.putExchangeRates},
		{"GET", "/v1/exchange-rates", rights{shareCosts}, nil, s.getExchangeRates},
		{"GET", "/v1/periods", rights{closePeriods}, []string{"campaign", "limit", "cursor"}, s.getPeriods},
		{"GET", period, rights{closePeriods}, []string{"campaign", "format"}, s.getPeriod},
		{"GET", period + "/restatements", rights{closePeriods}, []string{"campaign", "limit", "cursor", "format"}, s.getRestatements},
		{"POST", period + "/close", rights{closePeriods}, []string{"campaign"}, s.postClose},
		{"POST", period + "/reopen", rights{reopenPeriods}, []string{"campaign"}, s.postReopen},
	}
}

// readMost is how long one question may take before it is given up with a 503.
const readMost = 30 * time.Second

// serve puts before a handler what all routes have in common.
func (s *Server) serve(r route) gin.HandlerFunc {
	r.requires.check(r.method + " " + r.path)
	return func(c *gin.Context) {
		hook := slices.Contains(r.requires, ownProof) // what a dialer sends is its own affair
		if r.method == http.MethodGet && !hook && !streamed(r.path) {
			ctx, cancel := context.WithTimeout(c.Request.Context(), readMost)
			defer cancel()
			c.Request = c.Request.WithContext(ctx)
		}
		c.Set(rightsKey, r.requires)
		err := s.admit(c, r.requires)
		if err == nil {
			err = decodePath(c)
		}
		if err == nil && !hook {
			err = checkQuery(c, r.query)
		}
		if err == nil {
			err = s.stayWithin(c)
		}
		if err == nil {
			err = r.handle(c)
		}
		if err != nil {
			s.answer(c, err)
		}
	}
}

// decodePath takes percent escapes out of the texts in the path.
func decodePath(c *gin.Context) (err error) {
	for i := range c.Params {
		if c.Params[i].Value, err = url.PathUnescape(c.Params[i].Value); err != nil {
			return err // the server has parsed the address before
		}
		if dots := strings.ReplaceAll(c.Params[i].Value, "%2E", "."); dots == "." || dots == ".." {
			c.Params[i].Value = dots
		}
	}
	return nil
}

// segment is a ref as a step of a path. Browsers take . and .. for steps, escaped too:
// so their dots are escaped twice, which no ref needs and decodePath takes back.
func segment(ref string) string {
	if ref == "." || ref == ".." {
		return strings.ReplaceAll(ref, ".", "%252E")
	}
	return url.PathEscape(ref)
}

// send writes a document as JSON.
func send(c *gin.Context, status int, d document) {
	c.Header("Cache-Control", "no-store")
	c.Data(status, "application/json", append(d, '\n'))
}
