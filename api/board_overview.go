package api

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"

	"ringside/api/web"
	"ringside/campaign"
	"ringside/funnel"
)

// The overview shows overviewPage campaigns a page of at most overviewMost, with
// bars for overviewDays.
const (
	overviewMost = 2000
	overviewPage = 50
	overviewDays = 14
)

var (
	// watched are what the overview reads of each campaign.
	watched = append(findKPIs("dials", "hit_rate", "compliance_abandonment_rate"), ofCampaigns.headlines...)
)

func findKPIs(ids ...string) (kpis []*funnel.KPI) {
	for _, id := range ids {
		kpis = append(kpis, funnel.Find(id))
	}
	return kpis
}

// lookAtOverview shows every campaign today, those that need attention first.
func (s *Server) lookAtOverview(c *gin.Context) (*web.Page, error) {
	number, err := pageNumber(c)
	if err != nil {
		return nil, err
	}
	view, err := s.overview(c, c.Query("q"), number)
	if err == nil {
		err = s.breaches(c, view)
	}
	return at(&web.Page{Title: web.T("overview.title"), View: view}, s.now(), nil), err
}

// pageNumber reads which page of a list is asked for, from 1.
func pageNumber(c *gin.Context) (int, error) {
	text := c.Query("page")
	if text == "" {
		return 1, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 1_000_000 {
		return 0, campaign.Invalidf("invalid_number", "page", "%q is not the number of a page; leave it out for the first", text)
	}
	return n, nil
}

// overview reads all campaigns that the key may know of, ranks them, and shows one
// page.
func (s *Server) overview(c *gin.Context, search string, number int) (*web.Overview, error) {
	search = strings.TrimSpace(search)
	rows, all, err := s.rankedRows(c, search)
	if err != nil {
		return nil, err
	}
	view := &web.Overview{All: all, Search: search, Origin: s.ownAddress(c.Request), CSV: sheetLink(c)}
	from := min(len(rows), (number-1)*overviewPage)
	to := min(len(rows), from+overviewPage)
	for _, r := range rows[from:to] {
		view.Rows = append(view.Rows, r.OverviewRow)
	}
	view.Pages = pagesOf(c, from, to, len(rows), number)
	return view, nil
}

// rankedRows are the rows of all campaigns that the key may know of and that go by a
// text, those that need attention first, of at most overviewMost; all is how many there
// are.
func (s *Server) rankedRows(c *gin.Context, search string) (rows []ranked, n int, err error) {
	all, err := s.campaigns(c)
	if err != nil {
		return nil, 0, err
	}
	all = slices.DeleteFunc(all, func(of campaign.Campaign) bool { return !goesBy(&of, strings.TrimSpace(search)) })
	rows, err = s.overviewRows(c.Request.Context(), all[:min(len(all), overviewMost)])
	slices.SortStableFunc(rows, func(a, b ranked) int { return cmp.Compare(b.rank, a.rank) })
	return rows, len(all), err
}

// goesBy reports whether a campaign goes by a text, in its name or ref.
func goesBy(of *campaign.Campaign, text string) bool {
	text = strings.ToLower(text)
	return strings.Contains(strings.ToLower(of.Name), text) || strings.Contains(strings.ToLower(of.Ref), text)
}

// pagesOf leads from a page of a list to its neighbours, by the parameter page.
func pagesOf(c *gin.Context, from, to, all, number int) web.Pages {
	p := web.Pages{From: from + 1, To: to, All: all}
	if number > 1 {
		p.Previous = withQuery(c, "page", strconv.Itoa(number-1))
	}
	if to < all {
		p.Next = withQuery(c, "page", strconv.Itoa(number+1))
	}
	return p
}

// withQuery is the address of the request with one parameter set anew; "" takes it
// away.
func withQuery(c *gin.Context, name, value string) string {
	query := c.Request.URL.Query()
	query.Set(name, value)
	if value == "" {
		query.Del(name)
	}
	if len(query) == 0 {
		return c.Request.URL.EscapedPath()
	}
	return c.Request.URL.EscapedPath() + "?" + query.Encode()
}

// ranked is a row with what it is sorted by.
type ranked struct {
	web.OverviewRow
	rank float64
}

// overviewRows are the rows of campaigns as they were worked out last: they hold until
// something is committed that may change them, or another day begins.
type overviewRows struct {
	mu   sync.Mutex
	kept map[string]keptRow
}

type keptRow struct {
	// version is that of the facts, config that of the configuration.
	version, config int64
	today           campaign.Day
	row             ranked
}

// overviewRows reads the campaigns' rows, as many at a time as there are processors.
func (s *Server) overviewRows(ctx context.Context, all []campaign.Campaign) ([]ranked, error) {
	versions, err := s.store.Versions(ctx)
	if err != nil {
		return nil, err
	}
	rows, errs := make([]ranked, len(all)), make([]error, len(all))
	next := make(chan int)
	var busy sync.WaitGroup
	for range min(len(all), runtime.GOMAXPROCS(0)) {
		busy.Go(func() {
			for i := range next {
				rows[i], errs[i] = s.rows.row(&all[i], versions[all[i].Ref], s.now().UnixMilli(), func() (row ranked, err error) {
					defer caught(&err)
					return s.overviewRow(ctx, all[i].Ref)
				})
			}
		})
	}
	for i := range all {
		next <- i
	}
	close(next)
	busy.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// row is the campaign's row at a version, or a newer one: the kept one, or work's.
// The version was read before, so what work reads shows all that it counts.
func (o *overviewRows) row(of *campaign.Campaign, version, nowMs int64, work func() (ranked, error)) (ranked, error) {
	today := campaign.NewCalendar(of.Location()).DayOf(nowMs)
	o.mu.Lock()
	kept, ok := o.kept[of.Ref]
	o.mu.Unlock()
	if ok && kept.version >= version && kept.config >= of.ConfigVersion && kept.today == today {
		return kept.row, nil
	}
	row, err := work()
	if err != nil {
		return row, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.kept) >= overviewMost {
		clear(o.kept)
	}
	if o.kept == nil {
		o.kept = map[string]keptRow{}
	}
	o.kept[of.Ref] = keptRow{version, of.ConfigVersion, today, row}
	return row, nil
}

// overviewRow reads one campaign: today and the days before, by its own calendar.
func (s *Server) overviewRow(ctx context.Context, ref string) (row ranked, err error) {
	nowMs := s.now().UnixMilli()
	report, err := s.store.Report(ctx, ref, funnel.Query{Window: funnel.LastDays{Days: overviewDays, NowMs: nowMs},
		By: []funnel.GroupBy{funnel.ByDay}, KPIs: watched, NowMs: nowMs, Blocks: true, GroupsAlone: true})
	if err != nil {
		return row, err
	}
	of := &report.Campaign
	coin, days := web.CoinOf(&of.Config), newDays(&report)
	today := days.sums[overviewDays-1]
	row.OverviewRow = web.OverviewRow{Name: of.Name, Ref: of.Ref, TimeZone: of.TimeZone, Href: "/campaigns/" + segment(of.Ref),
		Recounting: of.Wanted != nil, Dials: web.NewFigure(watched[0].Figure(today), today, coin), Spark: days.spark(funnel.Dials, "overview.spark", "overview.bar")}
	frame := newFigureFrame(&report.About, nowMs)
	for _, k := range ofCampaigns.headlines {
		shown := web.NewFigure(k.Figure(today), today, coin)
		shown.Young = !frame.mature(k)
		row.Figures = append(row.Figures, shown)
	}
	row.attend(&report, days)
	return row, nil
}

// days are the sums of each day of a window, also of those without facts.
type days struct {
	first campaign.Day
	sums  []*funnel.Sums
}

// newDays lays the groups of a report by day at their places.
func newDays(report *funnel.Report) days {
	cal := campaign.NewCalendar(report.Campaign.Location())
	d := days{first: cal.DayOf(report.Window.FromMs)}
	d.sums = make([]*funnel.Sums, cal.DayOf(report.Window.ToMs-1)-d.first+1)
	for i := range d.sums {
		d.sums[i] = &funnel.Sums{}
	}
	for _, g := range report.Groups {
		text, _ := g.Key[0].(string)
		if day, err := campaign.ParseDay(text); err == nil && day >= d.first && int(day-d.first) < len(d.sums) {
			d.sums[day-d.first] = g.Sums
		}
	}
	return d
}

// spark draws a count of each day; the last is today, which still grows. drawn and bar are
// the messages that say what is drawn, and what each bar is.
func (d days) spark(m funnel.Measure, drawn, bar string) web.Spark {
	values, titles := make([]float64, len(d.sums)), make([]string, len(d.sums))
	for i, s := range d.sums {
		n := s.Get(m)
		values[i] = float64(n)
		titles[i] = web.T(bar, "day", web.ShortDate(d.first+campaign.Day(i)), "n", n)
	}
	return web.NewSpark(web.T(drawn, "days", len(d.sums)), values, titles, len(d.sums)-1)
}

// before adds up the days before the last.
func (d days) before() *funnel.Sums {
	var all funnel.Sums
	for _, s := range d.sums[:len(d.sums)-1] {
		all.AddAll(s)
	}
	return &all
}
