package api

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"ringside/api/dialer"
	"ringside/api/web"
	"ringside/campaign"
)

func (s *Server) getSourcesPage(c *gin.Context) error {
	all, err := s.store.Sources(c.Request.Context())
	if err != nil {
		return err
	}
	v := &web.SettingsSources{Tabs: settingsTabs(keyOf(c), "sources")}
	for i := range all {
		shown, err := showSource(&all[i])
		if err != nil {
			return err
		}
		ref := segment(shown.Ref)
		v.Rows = append(v.Rows, web.SettingsSource{Ref: shown.Ref, Kind: kindName(shown.Kind), Auth: web.T("auth." + shown.Auth.Type), Hook: "/hooks/" + shown.Ref + "/",
			Campaigns: len(shown.Campaigns), Statuses: len(shown.Statuses),
			Href: "/settings/sources/" + ref, Doctor: "/settings/sources/" + ref + "/doctor", SetUp: "/docs/sources/" + ref})
	}
	return s.show(c, http.StatusOK, "settings-sources", &web.Page{Title: web.T("tab.sources"), View: v})
}

func kindName(kind string) string { return web.T("dialer." + kind) }

// sourceForm is the form of a source; ref is "" for one to be made.
func sourceForm(ref string, of *sourceConfig, campaigns []campaign.Campaign) *web.Form {
	f := &web.Form{Action: "/settings/sources/" + segment(ref), Do: web.T("form.save")}
	input := func(name, kind, value string) *web.Field {
		f.Fields = append(f.Fields, sourceField(name, kind, value))
		return &f.Fields[len(f.Fields)-1]
	}
	if ref == "" {
		f.Action, f.Do = "/settings/new/source", web.T("sources.create")
		input("source", "text", "").Required = true
	}
	var kinds []string
	for _, k := range dialer.Kinds {
		kinds = append(kinds, k.Name)
	}
	f.Fields = append(f.Fields, withChoices(sourceField("kind", "", of.Kind), kinds, kindName))
	input("time_zone", "text", of.TimeZone)
	input("public_url", "text", of.PublicURL)
	f.Fields = append(f.Fields, withChoices(sourceField("auth.type", "", of.Auth.Type), dialer.AuthTypes(), func(w string) string { return web.T("auth." + w) }))
	input("auth.name", "text", of.Auth.Name)
	input("auth.user", "text", of.Auth.User)
	secret := input("auth.secret", "password", "")
	if ref != "" {
		secret.Hint = web.T("source.secret_kept")
	}
	f.Grids = sourceGrids(of, campaigns)
	return f
}

// sourceGrids are the tables of a source: its names of campaigns, its codes, and the
// names of its fields.
func sourceGrids(of *sourceConfig, known []campaign.Campaign) []web.Grid {
	fields := campaign.KindAttempt.Fields()
	choice := func(field int) []web.Choice {
		return choices(append([]string{""}, fields[field].Choices...), "", choiceText)
	}
	// A campaign may be named before it is there.
	campaigns := web.Grid{Name: "campaigns", Columns: []web.GridColumn{{Name: "campaign_from", Label: web.T("sources.campaign_from")}, {Name: "campaign_into", Label: web.T("sources.campaign_into")}}}
	if len(known) > 0 {
		campaigns.Hint = web.T("sources.campaigns_hint")
	}
	for _, name := range slices.Sorted(maps.Keys(of.Campaigns)) {
		campaigns.Add(name, of.Campaigns[name])
	}
	statuses := web.Grid{Name: "statuses", Hint: web.T("sources.statuses_hint"), Columns: []web.GridColumn{{Name: "status_code", Label: web.T("dispositions.code")},
		{Name: "status_category", Label: web.T("dispositions.category"), Choices: choices(campaign.Categories(), "", categoryText)},
		{Name: "status_result", Label: web.T("sources.result"), Choices: choice(campaign.AttemptResult)},
		{Name: "status_answered_by", Label: web.T("sources.answered_by"), Choices: choice(campaign.AttemptAnsweredBy)}}}
	for _, code := range slices.Sorted(maps.Keys(of.Statuses)) {
		said := of.Statuses[code]
		statuses.Add(code, said.Category, said.Result, said.AnsweredBy)
	}
	named := web.Grid{Name: "fields", Hint: web.T("sources.fields_hint"), Columns: []web.GridColumn{
		{Name: "field_name", Label: web.T("sources.field_name"), Choices: choices(dialer.Mapped.Names, "", func(w string) string { return w })},
		{Name: "field_path", Label: web.T("sources.field_path")}}}
	for _, name := range slices.Sorted(maps.Keys(of.Fields)) {
		named.Add(name, of.Fields[name])
	}
	grids := []web.Grid{campaigns, statuses, named}
	for i := range grids {
		grids[i].Title = web.T("sources." + grids[i].Name)
	}
	return grids
}

func choiceText(word string) string {
	if word == "" {
		return "–"
	}
	return web.T("choice." + word)
}

// sourceBody is the body of a PUT with what the form holds.
func sourceBody(f *web.Form) func() ([]byte, error) {
	var d document
	given := func(name, id string) {
		if value := f.Field(id).Value; value != "" {
			d.name(name).text(value)
		}
	}
	d.open('{')
	given("kind", "kind")
	given("time_zone", "time_zone")
	given("public_url", "public_url")
	d.name("auth").open('{')
	for _, name := range []string{"type", "name", "user", "secret"} {
		given(name, "auth_"+name)
	}
	d.close('}')
	for i := range f.Grids {
		g := &f.Grids[i]
		d.name(g.Name).open('{')
		for _, row := range g.Filled() {
			d.name(row.Cells[0].Value)
			if g.Name != "statuses" {
				d.text(row.Cells[1].Value)
				continue
			}
			d.open('{')
			d.name("category").text(row.Cells[1].Value)
			d.name("result").text(row.Cells[2].Value)
			d.name("answered_by").text(row.Cells[3].Value)
			d.close('}')
		}
		d.close('}')
	}
	d.close('}')
	return func() ([]byte, error) { return d, nil }
}

// sourceCell finds the cell that ".CODE.category" or ".NAME" means.
func sourceCell(g *web.Grid, rest string) *string {
	rest = strings.TrimPrefix(rest, ".")
	for _, row := range g.Filled() {
		column, of := strings.CutPrefix(rest, row.Cells[0].Value)
		if !of || column != "" && column[0] != '.' {
			continue
		}
		at := slices.IndexFunc(g.Columns, func(col web.GridColumn) bool { return column != "" && strings.HasSuffix(col.Name, "_"+column[1:]) })
		if at < 0 {
			at = len(g.Columns) - 1
			if g.Name == "statuses" {
				at = 0
			}
		}
		return &row.Cells[at].Problem
	}
	return nil
}

func (s *Server) getNewSource(c *gin.Context) error {
	f, err := s.newSourceForm(c)
	if err != nil {
		return err
	}
	for i := range f.Grids {
		f.Grids[i].AddEmpty(rowsMore)
	}
	return s.showNewSource(c, http.StatusOK, f)
}

func (s *Server) newSourceForm(c *gin.Context) (*web.Form, error) {
	all, err := s.campaigns(c)
	return sourceForm("", &sourceConfig{Auth: &dialer.Auth{Type: dialer.QueryToken}}, all), err
}

func (s *Server) showNewSource(c *gin.Context, status int, f *web.Form) error {
	return s.show(c, status, "settings-form", settingsPage("sources", web.T("sources.new"), &web.SettingsForm{Title: web.T("sources.new"), Form: f}))
}

func (s *Server) postNewSource(c *gin.Context) error {
	f, err := s.newSourceForm(c)
	if err != nil {
		return err
	}
	sent, err := sentInto(c, f)
	if err != nil {
		return err
	}
	if wantsMore(f, sent) {
		return s.showNewSource(c, http.StatusOK, f)
	}
	ref := f.Field("source").Value
	if _, err := s.store.Source(c.Request.Context(), ref); err == nil {
		f.Field("source").Problem = web.T("sources.taken")
		return s.showNewSource(c, http.StatusConflict, f)
	}
	if _, _, err = s.keepSource(c.Request.Context(), ref, sourceBody(f)); err == nil {
		return redirect(c, "/docs/sources/"+segment(ref))
	}
	if status, ok := blame(f, err, sourceCell); ok {
		return s.showNewSource(c, status, f)
	}
	return err
}

// sourceAsked reads the source of the path and makes its form.
func (s *Server) sourceAsked(c *gin.Context) (shown sourceJSON, f *web.Form, err error) {
	src, err := s.source(c.Request.Context(), c.Param("source"))
	if err != nil {
		return shown, nil, err
	}
	if shown, err = showSource(&src.Source); err != nil {
		return shown, nil, err
	}
	all, err := s.campaigns(c)
	if err != nil {
		return shown, nil, err
	}
	f = sourceForm(src.Ref, &src.sourceConfig, all)
	return shown, f, nil
}

func (s *Server) getSourcePage(c *gin.Context) error {
	shown, f, err := s.sourceAsked(c)
	if err != nil {
		return err
	}
	f.Saved = c.Query("saved") != ""
	for i := range f.Grids {
		f.Grids[i].AddEmpty(rowsMore)
	}
	return s.showSourceForm(c, http.StatusOK, &shown, f)
}

func (s *Server) showSourceForm(c *gin.Context, status int, shown *sourceJSON, f *web.Form) error {
	var err error
	if f.Version, err = versionOf(shown); err != nil {
		return err
	}
	v := &web.SettingsForm{Title: shown.Ref, Detail: kindName(shown.Kind), Form: f, Tabs: sourceTabs(shown.Ref, "form")}
	return s.show(c, status, "settings-form", settingsPage("sources", shown.Ref, v))
}

// sourceTabs lead to all there is of a source.
func sourceTabs(ref, current string) []web.Link {
	at := "/settings/sources/" + segment(ref)
	return []web.Link{{Text: web.T("sources.form"), Href: at, Current: current == "form"}, {Text: web.T("sources.doctor"), Href: at + "/doctor", Current: current == "doctor"},
		{Text: web.T("sources.set_up"), Href: "/docs/sources/" + segment(ref)}}
}

func (s *Server) postSourcePage(c *gin.Context) error {
	shown, f, err := s.sourceAsked(c)
	if err != nil {
		return err
	}
	sent, err := sentInto(c, f)
	if err != nil {
		return err
	}
	if wantsMore(f, sent) {
		return s.showSourceForm(c, http.StatusOK, &shown, f)
	}
	if version, err := versionOf(shown); err != nil {
		return err
	} else if version != sent.Get("version") {
		return s.showSourceForm(c, stale(f), &shown, f)
	}
	if _, _, err = s.keepSource(c.Request.Context(), shown.Ref, sourceBody(f)); err == nil {
		return redirect(c, c.Request.URL.EscapedPath()+"?saved=1")
	}
	if status, ok := blame(f, err, sourceCell); ok {
		return s.showSourceForm(c, status, &shown, f)
	}
	return err
}

// getDoctorPage is the doctor for people to read.
func (s *Server) getDoctorPage(c *gin.Context) error {
	d, err := s.diagnose(c)
	if err != nil {
		return err
	}
	zone := cmp.Or(d.src.reader.Zone, time.UTC)
	cal := campaign.NewCalendar(zone)
	v := &web.Doctor{Ref: d.src.Ref, Kind: kindName(d.src.Kind), Zone: zone.String(), From: web.Moment(d.span.FromMs, cal), To: web.Moment(d.span.ToMs, cal),
		Applied: d.said.Applied, Parked: d.said.Parked, Refused: d.said.Refused, Repeats: d.said.Repeats, More: d.more,
		FromDay: cal.DayOf(d.span.FromMs).String(), ToDay: (cal.DayOf(d.span.ToMs-1) + 1).String()}
	if may(keyOf(c), manageSources) {
		v.Tabs = sourceTabs(d.src.Ref, "doctor")
	}
	for _, f := range d.said.Findings {
		v.Findings = append(v.Findings, web.Finding{Level: doctorLevels[f.Level], Word: web.T("doctor_level." + f.Level), Text: f.Text})
	}
	for _, t := range d.said.Reasons {
		v.Reasons = append(v.Reasons, web.Tally{State: t.State, Text: t.Text, Count: t.Count,
			Href: "/v1/sources/" + segment(d.src.Ref) + "/messages?state=" + url.QueryEscape(t.State)})
	}
	for _, t := range d.said.Unmapped {
		v.Unmapped = append(v.Unmapped, web.Tally{Text: t.Text, Count: t.Count})
	}
	page := &web.Page{Title: web.T("doctor.title", "source", d.src.Ref), View: v}
	if v.Tabs != nil {
		page = settingsPage("sources", page.Title, v)
	}
	return s.show(c, http.StatusOK, "doctor", page)
}

// doctorLevels says how urgent the doctor's findings are.
var doctorLevels = map[string]web.Level{dialer.OK: "", dialer.Look: web.Warn, dialer.Bad: web.Alarm}
