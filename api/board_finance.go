package api

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"ringside/api/web"
	"ringside/campaign"
	"ringside/funnel"
)

const (
	// financePage is how many campaigns a page of months shows, financeMonths how many
	// months of each.
	financePage   = 20
	financeMonths = 6
	// restatedShown bounds the facts that the page of a month lists.
	restatedShown = 100
)

// financeRoutes are the pages of months and of their closing, which are kept as by
// POST /v1/periods/{month}/close and reopen.
func (s *Server) financeRoutes() []route {
	const month = "/finance/:campaign/:month"
	return []route{
		{"GET", "/finance", rights{closePeriods}, []string{"q", "page", "until"}, s.getFinance},
		{"GET", sharedPath, rights{shareCosts}, []string{"saved"}, s.getSharedPage},
		{"POST", sharedPath, rights{shareCosts}, nil, s.postSharedPage},
		{"GET", exchangePath, rights{shareCosts}, []string{"saved"}, s.getExchangePage},
		{"POST", exchangePath, rights{shareCosts}, nil, s.postExchangePage},
		{"GET", month, rights{closePeriods}, nil, s.getMonth},
		{"GET", month + "/close", rights{closePeriods}, nil, s.getClosePage},
		{"POST", month + "/close", rights{closePeriods}, nil, s.postClosePage},
		{"GET", month + "/reopen", rights{reopenPeriods}, nil, s.getReopenPage},
		{"POST", month + "/reopen", rights{reopenPeriods}, nil, s.postReopenPage},
	}
}

// financePath is that of a campaign's month.
func financePath(ref string, month campaign.Day) string {
	return "/finance/" + segment(ref) + "/" + month.MonthText()
}

// financeAsked reads of which campaigns the months are asked for, and which is the
// last, NoDay for today's.
func (s *Server) financeAsked(c *gin.Context) (found []campaign.Campaign, last campaign.Day, err error) {
	last = campaign.NoDay
	if text := c.Query("until"); text != "" {
		if last, err = campaign.ParseMonth(text); err != nil {
			return nil, 0, inField(err, "until")
		}
	}
	found, err = s.campaigns(c)
	search := strings.TrimSpace(c.Query("q"))
	return slices.DeleteFunc(found, func(of campaign.Campaign) bool { return !goesBy(&of, search) }), last, err
}

// getFinance lists the last months of each campaign.
func (s *Server) getFinance(c *gin.Context) error {
	number, err := pageNumber(c)
	if err != nil {
		return err
	}
	found, last, err := s.financeAsked(c)
	if err != nil {
		return err
	}
	v := &web.Finance{Tabs: financeTabs(keyOf(c), "/finance"), Search: strings.TrimSpace(c.Query("q"))}
	from := min(len(found), (number-1)*financePage)
	to := min(len(found), from+financePage)
	v.Pages = pagesOf(c, from, to, len(found), number)
	for i := range found[from:to] {
		m, err := s.readMonths(c.Request.Context(), &found[from+i], last)
		if err != nil {
			return err
		}
		shown := m.view()
		if err := s.aimsOfMonths(c.Request.Context(), &m, &shown); err != nil {
			return err
		}
		v.Campaigns = append(v.Campaigns, shown)
		earlier := (m.all[len(m.all)-1] - 1).Month()
		v.Earlier = "/finance?" + url.Values{"q": {v.Search}, "page": {c.DefaultQuery("page", "1")}, "until": {earlier.MonthText()}}.Encode()
	}
	return s.show(c, http.StatusOK, "finance", &web.Page{Title: web.T("finance.title"), View: v, Trail: []web.Link{{Text: web.T("overview.title"), Href: "/"}}})
}

// monthly are the figures of a month.
var monthly = findKPIs("operating_cost", "cost_per_call")

// months are those of one campaign that a page shows.
type months struct {
	of       *campaign.Campaign
	all      []campaign.Day // the newest first
	report   funnel.Report
	closings []funnel.Closing
	frame    *figureFrame
	nowMs    int64
}

// readMonths reads the months of a campaign up to the last, or today's.
func (s *Server) readMonths(ctx context.Context, of *campaign.Campaign, last campaign.Day) (m months, err error) {
	m = months{of: of, nowMs: s.now().UnixMilli()}
	cal := campaign.NewCalendar(of.Location())
	if last == campaign.NoDay {
		last = cal.DayOf(m.nowMs).Month()
	}
	first := last
	for range financeMonths {
		m.all, first = append(m.all, first), (first - 1).Month()
	}
	first = m.all[financeMonths-1]
	err = s.store.Together(ctx, func(ctx context.Context) (err error) {
		if m.closings, err = s.store.Closings(ctx, of.Ref); err == nil {
			m.report, err = s.store.Report(ctx, of.Ref, funnel.Query{Window: funnel.Window{FromMs: cal.DayStart(first), ToMs: cal.DayStart(last.NextMonth())}, By: []funnel.GroupBy{funnel.ByMonth},
				KPIs: monthly, NowMs: m.nowMs, GroupsAlone: true})
		}
		return err
	})
	m.frame = newFigureFrame(&m.report.About, m.nowMs)
	return m, err
}

// running reports whether a month is not over.
func (m *months) running(month campaign.Day) bool {
	return campaign.NewCalendar(m.of.Location()).DayStart(month.NextMonth()) > m.nowMs
}

func (m *months) state(month campaign.Day) web.MonthState {
	return monthState(lastClosing(m.closings, month), m.running(month), m.of)
}

func (m *months) sums(month campaign.Day) *funnel.Sums {
	for _, g := range m.report.Groups {
		if keyText(g.Key[0]) == month.MonthText() {
			return g.Sums
		}
	}
	return &funnel.Sums{}
}

func (m *months) view() web.FinanceCampaign {
	v := web.FinanceCampaign{Name: m.of.Name, Ref: m.of.Ref, Href: "/campaigns/" + segment(m.of.Ref) + "/" + costsPath}
	b := board{scope: &scope{}}
	for _, month := range m.all {
		row := web.FinanceMonth{Month: month.MonthText(), Href: financePath(m.of.Ref, month), Open: m.running(month), State: m.state(month)}
		for _, k := range monthly {
			f := b.figure(k, m.sums(month), m.frame)
			f.Young = f.Value != "" && row.Open
			row.Figures = append(row.Figures, f)
		}
		v.Months = append(v.Months, row)
	}
	return v
}

// aimsOfMonths adds the targets whose time meets a month to its figures.
func (s *Server) aimsOfMonths(ctx context.Context, m *months, v *web.FinanceCampaign) error {
	cal := campaign.NewCalendar(m.of.Location())
	for i, month := range m.all {
		targets, err := s.targetsAt(ctx, m.of, funnel.Window{FromMs: cal.DayStart(month), ToMs: cal.DayStart(month.NextMonth())})
		if err != nil {
			return err
		}
		setBeside(targets, v.Months[i].Figures)
	}
	return nil
}

// lastClosing is the last closing of a month, nil where it was never closed.
func lastClosing(closings []funnel.Closing, month campaign.Day) (last *funnel.Closing) {
	for i := range closings {
		if closings[i].Month == month && (last == nil || closings[i].Number > last.Number) {
			last = &closings[i]
		}
	}
	return last
}

// monthState says whether a month is closed, by whom and when; running is one that is
// not over.
func monthState(last *funnel.Closing, running bool, of *campaign.Campaign) web.MonthState {
	switch {
	case last != nil && last.Closed():
		return web.MonthState{Closed: true, Text: web.T("month.closed"), Detail: web.T("month.by", "when", clockTime(last.KnownMs, of.Location()), "who", actorText(last.By))}
	case last != nil:
		return web.MonthState{Text: web.T("month.reopened"), Detail: web.T("month.by", "when", clockTime(last.ReopenedMs, of.Location()), "who", actorText(last.ReopenedBy))}
	case running:
		return web.MonthState{Text: web.T("month.running")}
	}
	return web.MonthState{Text: web.T("month.open")}
}

// actorText names who did something.
func actorText(a campaign.Actor) string {
	kind := "month.key"
	if a.Person {
		kind = "month.person"
	}
	name := a.Label
	if name == "" {
		name = a.ID
	}
	return web.T(kind, "name", name)
}

// monthAsked reads the campaign and month of the path, and what stands of the month.
func (s *Server) monthAsked(c *gin.Context) (of campaign.Campaign, month campaign.Day, last *funnel.Closing, err error) {
	if of, err = s.campaign(c, c.Param("campaign")); err != nil {
		return of, 0, nil, err
	}
	if month, err = monthPath(c); err != nil {
		return of, 0, nil, err
	}
	closings, err := s.store.Closings(c.Request.Context(), of.Ref)
	return of, month, lastClosing(closings, month), err
}

// monthPage is a page below a month or the month's own.
func monthPage(of *campaign.Campaign, month campaign.Day, title string, view any) *web.Page {
	p := &web.Page{Title: title, View: view, Trail: []web.Link{{Text: web.T("finance.title"), Href: "/finance"}}}
	if title != monthTitle(of, month) {
		p.Trail = append(p.Trail, web.Link{Text: monthTitle(of, month), Href: financePath(of.Ref, month)})
	}
	return p
}

func monthTitle(of *campaign.Campaign, month campaign.Day) string {
	return of.Name + ", " + month.MonthText()
}

// getMonth shows what is to be done before a month is closed, and how a closed one is
// not what it was.
func (s *Server) getMonth(c *gin.Context) error { return s.showMonth(c, http.StatusOK, "") }

// showMonth shows a month; problem is why it was not closed or opened just now.
func (s *Server) showMonth(c *gin.Context, status int, problem string) error {
	of, month, last, err := s.monthAsked(c)
	if err != nil {
		return err
	}
	cal := campaign.NewCalendar(of.Location())
	running := cal.DayStart(month.NextMonth()) > s.now().UnixMilli()
	here := financePath(of.Ref, month)
	v := &web.Month{Name: of.Name, Ref: of.Ref, Month: month.MonthText(), Problem: problem, State: monthState(last, running, &of)}
	v.Costs = "/campaigns/" + segment(of.Ref) + "/" + costsPath + "?" + url.Values{"from": {month.String()}, "to": {month.NextMonth().String()}}.Encode()
	closed := last != nil && last.Closed()
	if closed && may(keyOf(c), reopenPeriods) {
		v.Reopen = here + "/reopen"
	}
	if !closed && !running {
		v.Close = here + "/close"
	}
	if !closed {
		if v.Checks, err = s.checklist(c, &of, month); err != nil {
			return err
		}
	}
	if last != nil {
		if v.Restated, err = s.restatedView(c, &of, month); err != nil {
			return err
		}
	}
	return s.show(c, status, "month", at(monthPage(&of, month, monthTitle(&of, month), v), s.now(), &of))
}

// confirmation asks whether a month is really to be closed or opened again.
func (s *Server) confirmation(c *gin.Context, do string) error {
	of, month, _, err := s.monthAsked(c)
	if err != nil {
		return err
	}
	v := &web.Confirmation{Do: do, Action: c.Request.URL.EscapedPath(), Back: financePath(of.Ref, month), Title: web.T("month."+do+"_title", "month", month.MonthText(), "campaign", of.Name)}
	if do == "close" {
		if v.Checks, err = s.checklist(c, &of, month); err != nil {
			return err
		}
	}
	return s.show(c, http.StatusOK, "confirmation", monthPage(&of, month, v.Title, v))
}

func (s *Server) getClosePage(c *gin.Context) error  { return s.confirmation(c, "close") }
func (s *Server) getReopenPage(c *gin.Context) error { return s.confirmation(c, "reopen") }

func (s *Server) postClosePage(c *gin.Context) error  { return s.settleMonth(c, s.store.ClosePeriod) }
func (s *Server) postReopenPage(c *gin.Context) error { return s.settleMonth(c, s.store.ReopenPeriod) }

// settleMonth closes a month or opens it again, and shows it.
func (s *Server) settleMonth(c *gin.Context, do func(context.Context, string, campaign.Day, campaign.Actor) (funnel.Closing, error)) error {
	if _, err := form(c); err != nil {
		return err
	}
	of, month, _, err := s.monthAsked(c)
	if err != nil {
		return err
	}
	if _, err = do(c.Request.Context(), of.Ref, month, keyOf(c).Actor()); err == nil {
		return redirect(c, financePath(of.Ref, month))
	}
	if said, status, ok := refused(err); ok {
		return s.showMonth(c, status, said)
	}
	return err
}
