package api

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"ringside/api/web"
	"ringside/campaign"
	"ringside/funnel"
)

// sheet is a table of a page that no report of the API has, as CSV: each row is a flat
// object, of which the columns are members.
type sheet struct {
	columns []string
	rows    []document
}

// sheets are those tables, by the path of their page, which gives them with format=csv.
func (s *Server) sheets() map[string]func(*gin.Context) (*sheet, error) {
	return map[string]func(*gin.Context) (*sheet, error){
		"/":                         s.overviewSheet,
		onePage + "/compliance":     s.blocksSheet,
		onePage + "/" + costsPath:   s.waterfallSheet,
		onePage + floorPath:         s.floorSheet,
		queuesPath:                  s.queuesSheet,
		servicePath:                 s.agesSheet,
		"/finance":                  s.financeSheet,
		"/finance/:campaign/:month": s.restatedSheet,
		"/glossary":                 glossarySheet,
		"/settings/users":           s.usersSheet,
		"/settings/keys":            s.keysSheet,
		"/settings/campaigns":       s.campaignsSheet,
		"/settings/campaigns/:campaign/dispositions": s.dispositionsSheet,
		"/settings/campaigns/:campaign/rates":        s.ratesSheet,
		"/settings/sources":                          s.sourcesSheet,
		"/settings/sources/:source":                  s.sourceSheet,
		"/settings/sources/:source/doctor":           s.doctorSheet,
	}
}

// withSheets has the pages that have a sheet answer with it where that is asked for.
func (s *Server) withSheets(routes []route) []route {
	s.sheetOf = s.sheets()
	for i := range routes {
		r := &routes[i]
		read, page := s.sheetOf[r.path], r.handle
		if read == nil || r.method != http.MethodGet {
			continue
		}
		r.query = append(slices.Clone(r.query), "format")
		r.handle = func(c *gin.Context) error {
			format, err := readFormat(c.Query("format"), formatPage, formatCSV)
			if err != nil {
				return err
			}
			if format == formatPage {
				return page(c)
			}
			sh, err := read(c)
			if err != nil {
				return err
			}
			return sh.send(c)
		}
	}
	return routes
}

// sheetLink leads from a page to its sheet.
func sheetLink(c *gin.Context) string { return withQuery(c, "format", formatCSV) }

func (sh *sheet) send(c *gin.Context) error {
	t := newTable(formatCSV, sh.columns)
	for _, row := range sh.rows {
		if err := t.row(row); err != nil {
			return err
		}
	}
	beginTable(c, tableTypes[formatCSV])
	_, err := c.Writer.Write(t.body)
	return err
}

// add adds a row of texts, in order of the columns.
func (sh *sheet) add(texts ...string) {
	var d document
	d.open('{')
	for i, text := range texts {
		d.name(sh.columns[i]).text(text)
	}
	d.close('}')
	sh.rows = append(sh.rows, d)
}

// figures adds a row a figure, as reports do, behind what head says.
func (sh *sheet) figures(head document, kpis []*funnel.KPI, sums *funnel.Sums, frame *figureFrame) {
	for _, k := range kpis {
		var figure document
		figure.figure(k.Figure(sums), sums, frame)
		sh.rows = append(sh.rows, append(append(slices.Clone(head), ','), figure[1:]...))
	}
}

// overviewSheet has the figures of each campaign's today, in the order of the page, all
// pages of it.
func (s *Server) overviewSheet(c *gin.Context) (*sheet, error) {
	rows, _, err := s.rankedRows(c, c.Query("q"))
	if err != nil {
		return nil, err
	}
	sh, nowMs := &sheet{columns: slices.Concat(campaignColumns, []string{"name", "attention"}, figureColumns)}, s.now().UnixMilli()
	for i := range rows {
		r, err := s.store.Report(c.Request.Context(), rows[i].Ref, funnel.Query{Window: funnel.LastDays{Days: 1, NowMs: nowMs}, KPIs: watched, NowMs: nowMs})
		if err != nil {
			return nil, err
		}
		var why []string
		for _, reason := range rows[i].Reasons {
			why = append(why, reason.Text)
		}
		var head document
		head.reportHead(&r.About, nowMs)
		head.name("name").text(r.Campaign.Name)
		head.name("attention").text(strings.Join(why, "; "))
		sh.figures(head, watched, r.Whole, newFigureFrame(&r.About, nowMs))
	}
	return sh, nil
}

// blocksSheet has all blocks of a campaign's profile, as GET …/compliance has them.
func (s *Server) blocksSheet(c *gin.Context) (*sheet, error) {
	of, blocks, err := s.store.Compliance(c.Request.Context(), c.Param("campaign"), s.now().UnixMilli())
	if err != nil {
		return nil, err
	}
	profile := funnel.Profiles[of.Compliance]
	sh := &sheet{columns: []string{"from", "to", "live", "abandoned", "value", "low", "high", "limit", "breach", "headroom", "connect_assumed", "greeting_assumed", "unproven"}}
	for i := range blocks {
		var d document
		d.block(&profile, &blocks[i], campaign.NewCalendar(of.Location()), of.Location())
		sh.rows = append(sh.rows, d)
	}
	return sh, nil
}

// waterfallSheet has the steps to what the days cost; their sum is no row of its own.
func (s *Server) waterfallSheet(c *gin.Context) (*sheet, error) {
	b, err := s.board(c)
	if err != nil {
		return nil, err
	}
	fall, err := s.store.Waterfall(c.Request.Context(), b.ref, b.scope.span)
	if err != nil {
		return nil, err
	}
	sh := &sheet{columns: slices.Concat(campaignColumns, []string{"origin", "category", "operating", "entries", "amount", "left_out"})}
	for i := range fall.Steps {
		step := &fall.Steps[i]
		var d document
		d.reportHead(&fall.About, b.scope.nowMs)
		d.name("origin").text(originOf(step))
		d.name("category").text(campaign.CostCategoryNames[step.Category-1])
		d.name("operating").bool(step.Operating())
		d.name("entries").int(step.Entries)
		d.name("amount").money(step.Minor, fall.Campaign.Digits())
		d.name("left_out").money(step.LeftOut, fall.Campaign.Digits())
		d.close('}')
		sh.rows = append(sh.rows, d)
	}
	return sh, nil
}

// financeSheet has the months of all campaigns that are looked for.
func (s *Server) financeSheet(c *gin.Context) (*sheet, error) {
	found, last, err := s.financeAsked(c)
	if err != nil {
		return nil, err
	}
	sh := &sheet{columns: slices.Concat([]string{"campaign", "name", "month", "state"}, figureColumns)}
	for i := range found {
		m, err := s.readMonths(c.Request.Context(), &found[i], last)
		if err != nil {
			return nil, err
		}
		for _, month := range m.all {
			d := document{'{'}
			d.name("campaign").text(found[i].Ref)
			d.name("name").text(found[i].Name)
			d.name("month").text(month.MonthText())
			d.name("state").text(m.state(month).Text)
			sh.figures(d, monthly, m.sums(month), m.frame)
		}
	}
	return sh, nil
}

// restatedSheet has what each version changed that came after a month was closed.
func (s *Server) restatedSheet(c *gin.Context) (*sheet, error) {
	of, month, last, err := s.monthAsked(c)
	if err != nil {
		return nil, err
	}
	sh := &sheet{columns: []string{"kind", "ref", "arrived_at", "source", "changed"}}
	for after := (&funnel.FactCursor{}); last != nil && after != nil; {
		facts, next, err := s.restatedWithin(c, of.Ref, month, *after)
		if err != nil {
			return nil, err
		}
		for i := range facts {
			for _, row := range restatedFactRows(&of, &facts[i], keyOf(c)) {
				sh.add(row.Kind, row.Ref, row.At, row.By, strings.Join(row.Fields, "; "))
			}
		}
		after = next
	}
	return sh, nil
}

func (s *Server) restatedWithin(c *gin.Context, ref string, month campaign.Day, after funnel.FactCursor) ([]funnel.RestatedFact, *funnel.FactCursor, error) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), readMost)
	defer cancel()
	return s.store.RestatedFacts(ctx, ref, month, after, pageMost)
}

// glossarySheet has the calls of the worked example.
func glossarySheet(*gin.Context) (*sheet, error) {
	v, err := glossary()
	if err != nil {
		return nil, err
	}
	sh := &sheet{columns: []string{"lead", "at", "said", "amount"}}
	for _, call := range v.Calls {
		sh.add(call.Lead, call.At, call.Said, call.Amount)
	}
	return sh, nil
}

func (s *Server) usersSheet(c *gin.Context) (*sheet, error) {
	users, err := s.store.Users(c.Request.Context())
	sh := &sheet{columns: []string{"id", "name", "role", "campaigns", "has_password", "created_at", "disabled_at"}}
	for i := range users {
		var d document
		d.open('{').userMembers(&users[i])
		d.close('}')
		sh.rows = append(sh.rows, d)
	}
	return sh, err
}

func (s *Server) keysSheet(c *gin.Context) (*sheet, error) {
	keys, err := s.store.Keys(c.Request.Context())
	sh := &sheet{columns: []string{"id", "label", "role", "campaigns", "queues", "created_at", "revoked_at"}}
	for i := range keys {
		var d document
		d.open('{').keyMembers(&keys[i])
		d.name("revoked_at").instant(keys[i].RevokedMs)
		d.close('}')
		sh.rows = append(sh.rows, d)
	}
	return sh, err
}

func (s *Server) campaignsSheet(c *gin.Context) (*sheet, error) {
	all, err := s.campaigns(c)
	if err != nil {
		return nil, err
	}
	sh, search := &sheet{columns: []string{"id", "ref", "name", "time_zone", "currency", "dial_mode", "compliance", "starts_on", "ends_on", "conversion_window_days", "strict_leads", "created_at"}}, strings.TrimSpace(c.Query("q"))
	for i := range all {
		if !goesBy(&all[i], search) {
			continue
		}
		d, err := json.Marshal(showCampaign(&all[i]))
		if err != nil {
			return nil, err
		}
		sh.rows = append(sh.rows, d)
	}
	return sh, nil
}

func (s *Server) dispositionsSheet(c *gin.Context) (*sheet, error) {
	return s.formSheet(c, dispositionsForm)
}

func (s *Server) ratesSheet(c *gin.Context) (*sheet, error) { return s.formSheet(c, ratesForm) }

// formSheet has what stands in the tables of a campaign's form.
func (s *Server) formSheet(c *gin.Context, form func(string, *campaign.Config) *web.Form) (*sheet, error) {
	of, err := s.campaign(c, c.Param("campaign"))
	config := configured(&of)
	if err != nil {
		return nil, err
	}
	return gridSheet(form(of.Ref, &config)), nil
}

// gridSheet has what stands in the tables of a form.
func gridSheet(f *web.Form) *sheet {
	sh := &sheet{columns: []string{"table"}}
	for _, g := range f.Grids {
		for _, column := range g.Columns {
			if !slices.Contains(sh.columns, column.Name) {
				sh.columns = append(sh.columns, column.Name)
			}
		}
		for _, row := range g.Rows {
			var d document
			d.open('{').name("table").text(g.Name)
			for i, cell := range row.Cells {
				d.name(g.Columns[i].Name).text(cell.Value)
			}
			d.close('}')
			sh.rows = append(sh.rows, d)
		}
	}
	return sh
}

func (s *Server) sourcesSheet(c *gin.Context) (*sheet, error) {
	all, err := s.store.Sources(c.Request.Context())
	sh := &sheet{columns: []string{"ref", "kind", "time_zone", "public_url", "auth", "campaigns", "statuses"}}
	there := func(text *string) string { return *cmp.Or(text, new(string)) }
	for i := range all {
		shown, err := showSource(&all[i])
		if err != nil {
			return nil, err
		}
		sh.add(shown.Ref, shown.Kind, there(shown.TimeZone), there(shown.PublicURL), shown.Auth.Type, strconv.Itoa(len(shown.Campaigns)), strconv.Itoa(len(shown.Statuses)))
	}
	return sh, err
}

func (s *Server) sourceSheet(c *gin.Context) (*sheet, error) {
	_, f, err := s.sourceAsked(c)
	if err != nil {
		return nil, err
	}
	return gridSheet(f), nil
}

// doctorSheet has what the doctor found, and how often each reason and code came.
func (s *Server) doctorSheet(c *gin.Context) (*sheet, error) {
	found, err := s.diagnose(c)
	if err != nil {
		return nil, err
	}
	sh := &sheet{columns: []string{"what", "state", "text", "messages"}}
	for _, f := range found.said.Findings {
		sh.add("finding", f.Level, f.Text)
	}
	tally := func(what, state, text string, n int64) {
		var d document
		d.open('{').name("what").text(what)
		d.name("state").text(state)
		d.name("text").text(text)
		d.name("messages").int(n)
		d.close('}')
		sh.rows = append(sh.rows, d)
	}
	for _, t := range found.said.Reasons {
		tally("reason", t.State, t.Text, t.Count)
	}
	for _, t := range found.said.Unmapped {
		tally("unmapped", "", t.Text, t.Count)
	}
	return sh, nil
}
