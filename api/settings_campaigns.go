package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"ringside/api/web"
	"ringside/campaign"
)

const (
	// settingsPageRows is how many campaigns a page of the list shows.
	settingsPageRows = 100
	// linesMost is how many dispositions the table takes: a form of more would not be
	// read, and nobody would type it.
	linesMost = 2000
	// recountPatience is how long a page waits for a recount before it says that one
	// is under way.
	recountPatience = 2 * time.Second
)

// configured is the configuration that was put last, with the rates.
func configured(of *campaign.Campaign) campaign.Config {
	if of.Wanted != nil {
		return *of.Wanted
	}
	return of.Config
}

func (s *Server) getCampaignsPage(c *gin.Context) error {
	number, err := pageNumber(c)
	if err != nil {
		return err
	}
	all, err := s.campaigns(c)
	if err != nil {
		return err
	}
	v := &web.SettingsCampaigns{Tabs: settingsTabs(keyOf(c), "campaigns"), Search: strings.TrimSpace(c.Query("q")), Creates: may(keyOf(c), createCampaigns)}
	all = slices.DeleteFunc(all, func(of campaign.Campaign) bool { return !goesBy(&of, v.Search) })
	from := min(len(all), (number-1)*settingsPageRows)
	to := min(len(all), from+settingsPageRows)
	for i := range all[from:to] {
		of := &all[from+i]
		config := configured(of)
		v.Rows = append(v.Rows, web.SettingsCampaign{Name: config.Name, Ref: of.Ref, Href: "/settings/campaigns/" + segment(of.Ref), Zone: config.TimeZone,
			Currency: config.Currency, DialMode: web.T("dial_mode." + string(config.DialMode)), Profile: profileName(config.Compliance),
			Dispositions: len(config.Dispositions), Recounting: of.Wanted != nil})
	}
	v.Pages = pagesOf(c, from, to, len(all), number)
	return s.show(c, http.StatusOK, "settings-campaigns", &web.Page{Title: web.T("tab.campaigns"), View: v})
}

// campaignForm is the form of all of a configuration but its dispositions; ref is ""
// for a campaign to be made.
func campaignForm(ref string, config *campaign.Config) *web.Form {
	f := &web.Form{Action: "/settings/campaigns/" + segment(ref), Do: web.T("form.save")}
	input := func(name, kind, value string) { f.Fields = append(f.Fields, configField(name, kind, value)) }
	if ref == "" {
		f.Action, f.Do = "/settings/new/campaign", web.T("campaigns.create")
		input("campaign", "text", "")
	}
	input("name", "text", config.Name)
	input("time_zone", "text", config.TimeZone)
	input("currency", "text", config.Currency)
	f.Fields = append(f.Fields, withChoices(configField("dial_mode", "", string(config.DialMode)), campaign.DialModes(), func(w string) string { return web.T("dial_mode." + w) }))
	f.Fields = append(f.Fields, withChoices(configField("compliance", "", config.Compliance), campaign.ComplianceProfiles(), profileName))
	input("starts_on", "date", config.StartsOn)
	input("ends_on", "date", config.EndsOn)
	days := ""
	if config.ConversionWindowDays != nil {
		days = strconv.Itoa(*config.ConversionWindowDays)
	}
	input("conversion_window_days", "text", days)
	input("stages", "textarea", strings.Join(config.Stages, "\n"))
	strict := configField("strict_leads", "checkbox", "")
	strict.Checked = config.StrictLeads
	f.Fields = append(f.Fields, strict)
	for _, name := range []string{"campaign", "name", "time_zone", "currency"} {
		if field := f.Field(name); field != nil {
			field.Required = true
		}
	}
	return f
}

// campaignBody is the body of a PUT with what the form holds, the dispositions, and
// what else is configured.
func campaignBody(f *web.Form, config *campaign.Config, dispositions []campaign.Disposition) ([]byte, error) {
	stored, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	members := map[string]any{}
	if err := json.Unmarshal(stored, &members); err != nil {
		return nil, err
	}
	delete(members, "codes")
	delete(members, "rates")
	for _, name := range []string{"name", "time_zone", "currency", "dial_mode", "compliance", "starts_on", "ends_on", "conversion_window_days"} {
		members[name] = f.Field(name).Value
		if f.Field(name).Value == "" {
			delete(members, name)
		}
	}
	if days, err := strconv.Atoi(f.Field("conversion_window_days").Value); err == nil {
		members["conversion_window_days"] = days // else the text is refused where a number is wanted
	}
	members["strict_leads"] = f.Field("strict_leads").Checked
	stages := []string{}
	for line := range strings.Lines(f.Field("stages").Value) {
		if line = strings.TrimSpace(line); line != "" {
			stages = append(stages, line)
		}
	}
	members["stages"] = stages
	members["dispositions"] = slices.Concat([]campaign.Disposition{}, dispositions)
	return json.Marshal(members)
}

// profileName names a compliance profile.
func profileName(id string) string { return web.T("profile." + id) }

func noCell(*web.Grid, string) *string { return nil }

func (s *Server) getNewCampaign(c *gin.Context) error {
	days := 30
	f := campaignForm("", &campaign.Config{DialMode: "predictive", Compliance: "us_tsr", ConversionWindowDays: &days, Stages: campaign.DefaultStages})
	return s.showNewCampaign(c, http.StatusOK, f)
}

func (s *Server) showNewCampaign(c *gin.Context, status int, f *web.Form) error {
	return s.show(c, status, "settings-form", settingsPage("campaigns", web.T("campaigns.new"), &web.SettingsForm{Title: web.T("campaigns.new"), Form: f}))
}

func (s *Server) postNewCampaign(c *gin.Context) error {
	sent, err := form(c)
	if err != nil {
		return err
	}
	f := campaignForm("", &campaign.Config{})
	if err := fill(f, sent); err != nil {
		return err
	}
	ref := f.Field("campaign").Value
	if known, err := s.store.Campaign(c.Request.Context(), ref); err == nil {
		f.Field("campaign").Problem = web.T("campaigns.taken", "name", known.Name)
		return s.showNewCampaign(c, http.StatusConflict, f)
	}
	_, _, err = s.keepCampaign(c, ref, func() ([]byte, error) { return campaignBody(f, &campaign.Config{}, nil) })
	if err == nil {
		return redirect(c, "/settings/campaigns/"+segment(ref)+"/dispositions?saved=1")
	}
	if status, ok := blame(f, err, noCell); ok {
		return s.showNewCampaign(c, status, f)
	}
	return err
}

func (s *Server) getCampaignPage(c *gin.Context) error {
	of, err := s.campaign(c, c.Param("campaign"))
	if err != nil {
		return err
	}
	config := configured(&of)
	f := campaignForm(of.Ref, &config)
	f.Saved = c.Query("saved") != ""
	return s.showCampaignForm(c, http.StatusOK, &of, "", f)
}

// campaignSheets are the forms of a campaign, each with where it stands below it and
// the right it takes.
var campaignSheets = []struct {
	below, text string
	needs       right
}{{"", "campaigns.general", configure}, {"dispositions", "campaigns.dispositions", configure}, {"rates", "costs.rates", seeCosts}, {"entry", "costs.enter", seeCosts}}

// showCampaignForm shows a form of a campaign, that of the name given.
func (s *Server) showCampaignForm(c *gin.Context, status int, of *campaign.Campaign, below string, f *web.Form) error {
	config := configured(of)
	var err error
	if f.Version, err = versionOf(config); err != nil {
		return err
	}
	at, board := "/settings/campaigns/"+segment(of.Ref), "/campaigns/"+segment(of.Ref)
	v := &web.SettingsForm{Title: config.Name, Detail: of.Ref, Form: f}
	if progress, err := s.recounted(c.Request.Context(), of); err != nil {
		return err
	} else if progress != nil {
		v.Recounting = web.T("form.recounting", "done", progress.Done, "of", progress.Of)
	}
	for _, sheet := range campaignSheets {
		if may(keyOf(c), sheet.needs) {
			v.Tabs = append(v.Tabs, web.Link{Text: web.T(sheet.text), Href: strings.TrimSuffix(at+"/"+sheet.below, "/"), Current: sheet.below == below})
		}
	}
	v.Tabs = append(v.Tabs, web.Link{Text: web.T("campaigns.board"), Href: board})
	page := settingsPage("campaigns", config.Name, v)
	if !may(keyOf(c), configure) {
		page.Trail = []web.Link{{Text: web.T("overview.title"), Href: "/"}, {Text: config.Name, Href: board}}
	}
	return s.show(c, status, "settings-form", page)
}

func (s *Server) postCampaignPage(c *gin.Context) error {
	return s.changeCampaign(c, "", campaignForm, noCell, s.keepConfig(func(f *web.Form, config *campaign.Config) ([]byte, error) {
		return campaignBody(f, config, config.Dispositions)
	}))
}

// keeping stores what a form of a campaign holds.
type keeping func(c *gin.Context, ref string, f *web.Form, config *campaign.Config) error

// keepConfig stores a configuration; body makes of the form and of what is configured
// the body of a PUT.
func (s *Server) keepConfig(body func(*web.Form, *campaign.Config) ([]byte, error)) keeping {
	return func(c *gin.Context, ref string, f *web.Form, config *campaign.Config) error {
		_, _, err := s.keepCampaign(c, ref, func() ([]byte, error) { return body(f, config) })
		return err
	}
}

// changeCampaign takes the form of a campaign that stands below it, and keeps it.
func (s *Server) changeCampaign(c *gin.Context, below string, empty func(string, *campaign.Config) *web.Form, cell func(*web.Grid, string) *string, keep keeping) error {
	of, err := s.campaign(c, c.Param("campaign"))
	if err != nil {
		return err
	}
	config := configured(&of)
	f := empty(of.Ref, &config)
	sent, err := sentInto(c, f)
	if err != nil {
		return err
	}
	if wantsMore(f, sent) {
		return s.showCampaignForm(c, http.StatusOK, &of, below, f)
	}
	if version, err := versionOf(config); err != nil {
		return err
	} else if version != sent.Get("version") {
		return s.showCampaignForm(c, stale(f), &of, below, f)
	}
	if err := s.keepSoon(c, of.Ref, func() error { return keep(c, of.Ref, f, &config) }); err != nil {
		status, ok := blame(f, err, cell)
		if !ok {
			return err
		}
		return s.showCampaignForm(c, status, &of, below, f)
	}
	return redirect(c, c.Request.URL.EscapedPath()+"?saved=1")
}

// keepSoon stores something of a campaign, and does not wait long for the past to be
// counted again by it.
func (s *Server) keepSoon(c *gin.Context, ref string, keep func() error) error {
	asked := c.Request
	ctx, cancel := context.WithTimeout(asked.Context(), recountPatience)
	defer cancel()
	c.Request = asked.WithContext(ctx)
	err := keep()
	c.Request = asked
	if err == nil || !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if now, looked := s.campaign(c, ref); looked == nil && now.Wanted != nil {
		return nil // stored, and being counted
	}
	return err
}

// dispositionsForm is the table of a campaign's dispositions.
func dispositionsForm(ref string, config *campaign.Config) *web.Form {
	stages := append([]string{""}, config.Stages...)
	g := web.Grid{Name: "dispositions", Title: web.T("campaigns.dispositions"), Hint: web.T("dispositions.hint"), Columns: []web.GridColumn{
		{Name: "code", Label: web.T("dispositions.code")}, {Name: "label", Label: web.T("dispositions.label")},
		{Name: "category", Label: web.T("dispositions.category"), Choices: choices(campaign.Categories(), "", categoryText)},
		{Name: "stage", Label: web.T("dispositions.stage"), Choices: choices(stages, "", func(stage string) string { return cmp.Or(stage, "–") })},
	}}
	for _, d := range config.Dispositions {
		g.Add(d.Code, d.Label, d.Category, d.Stage)
	}
	return &web.Form{Action: "/settings/campaigns/" + segment(ref) + "/dispositions", Do: web.T("form.save"), Grids: []web.Grid{g}}
}

func categoryText(category string) string { return web.T("category." + category) }

func (s *Server) getDispositionsPage(c *gin.Context) error {
	of, err := s.campaign(c, c.Param("campaign"))
	if err != nil {
		return err
	}
	config := configured(&of)
	f := dispositionsForm(of.Ref, &config)
	f.Saved = c.Query("saved") != ""
	if g := &f.Grids[0]; len(g.Rows) > linesMost {
		g.Hint, f.Do = web.T("dispositions.too_many", "n", len(g.Rows), "most", linesMost), ""
		g.Rows = g.Rows[:linesMost]
	} else {
		if code := c.Query("code"); code != "" {
			g.Add(code)
		}
		g.AddEmpty(rowsMore)
	}
	return s.showCampaignForm(c, http.StatusOK, &of, "dispositions", f)
}

func (s *Server) postDispositionsPage(c *gin.Context) error {
	return s.changeCampaign(c, "dispositions", dispositionsForm, dispositionCell, s.keepConfig(func(f *web.Form, config *campaign.Config) ([]byte, error) {
		var all []campaign.Disposition
		for _, row := range f.Grids[0].Filled() {
			all = append(all, campaign.Disposition{Code: row.Cells[0].Value, Label: row.Cells[1].Value, Category: row.Cells[2].Value, Stage: row.Cells[3].Value})
		}
		general := campaignForm("x", config)
		return campaignBody(general, config, all)
	}))
}

// dispositionCell finds the cell that "[7].category" means: the eighth of the lines
// that were kept.
func dispositionCell(g *web.Grid, rest string) *string {
	number, column, _ := strings.Cut(strings.TrimPrefix(rest, "["), "].")
	i, err := strconv.Atoi(number)
	rows := g.Filled()
	if err != nil || i < 0 || i >= len(rows) {
		return nil
	}
	at := slices.IndexFunc(g.Columns, func(col web.GridColumn) bool { return col.Name == column })
	return &rows[i].Cells[max(0, at)].Problem
}
