package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"ringside/api/web"
	"ringside/campaign"
)

// settingsRoutes are the pages of settings but those of people and keys, and those of
// months. They store what they are sent as a PUT or a POST does.
func (s *Server) settingsRoutes() []route {
	const oneCampaign, oneSource = "/settings/campaigns/:campaign", "/settings/sources/:source"
	return append(s.financeRoutes(), []route{
		{"GET", "/settings", rights{configure, manageUsers, manageKeys, manageSources}, nil, s.getSettings},
		{"GET", "/settings/campaigns", rights{configure}, []string{"q", "page"}, s.getCampaignsPage},
		{"GET", "/settings/new/campaign", rights{createCampaigns}, nil, s.getNewCampaign},
		{"POST", "/settings/new/campaign", rights{createCampaigns}, nil, s.postNewCampaign},
		{"GET", oneCampaign, rights{configure}, []string{"saved"}, s.getCampaignPage},
		{"POST", oneCampaign, rights{configure}, nil, s.postCampaignPage},
		{"GET", oneCampaign + "/dispositions", rights{configure}, []string{"saved", "code"}, s.getDispositionsPage},
		{"POST", oneCampaign + "/dispositions", rights{configure}, nil, s.postDispositionsPage},
		{"GET", oneCampaign + "/rates", rights{seeCosts}, []string{"saved"}, s.getRatesPage},
		{"POST", oneCampaign + "/rates", rights{seeCosts}, nil, s.postRatesPage},
		{"GET", oneCampaign + "/entry", rights{seeCosts}, []string{"saved"}, s.getEntryPage},
		{"POST", oneCampaign + "/entry", rights{seeCosts}, nil, s.postEntryPage},
		{"GET", "/settings/sources", rights{manageSources}, nil, s.getSourcesPage},
		{"GET", "/settings/new/source", rights{manageSources}, nil, s.getNewSource},
		{"POST", "/settings/new/source", rights{manageSources}, nil, s.postNewSource},
		{"GET", oneSource, rights{manageSources}, []string{"saved"}, s.getSourcePage},
		{"POST", oneSource, rights{manageSources}, nil, s.postSourcePage},
		{"GET", oneSource + "/doctor", rights{readMessages}, []string{"from", "to"}, s.getDoctorPage},
	}...)
}

// settingsTabs are the pages of settings that a key may open.
func settingsTabs(key *campaign.AccessKey, current string) (tabs []web.Link) {
	for _, tab := range []struct {
		name  string
		needs right
	}{{"campaigns", configure}, {"sources", manageSources}, {"users", manageUsers}, {"keys", manageKeys}} {
		if may(key, tab.needs) {
			tabs = append(tabs, web.Link{Text: web.T("tab." + tab.name), Href: "/settings/" + tab.name, Current: tab.name == current})
		}
	}
	return tabs
}

// getSettings lists what there is to set.
func (s *Server) getSettings(c *gin.Context) error {
	view := &web.SettingsIndex{}
	for _, tab := range settingsTabs(keyOf(c), "") {
		name := strings.TrimPrefix(tab.Href, "/settings/")
		view.Places = append(view.Places, web.Place{Link: tab, About: web.T("settings_about." + name)})
	}
	return s.show(c, http.StatusOK, "settings", &web.Page{Title: web.T("settings.title"), View: view})
}

// settingsPage is a page below one of the tabs.
func settingsPage(tab, title string, view any) *web.Page {
	return &web.Page{Title: title, View: view, Trail: []web.Link{{Text: web.T("settings.title"), Href: "/settings"}, {Text: web.T("tab." + tab), Href: "/settings/" + tab}}}
}

// versionOf stands for what a form shows of what is stored.
func versionOf(shown any) (string, error) {
	body, err := json.Marshal(shown)
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:8]), err
}

// idOf is how a name of the API stands in a form.
func idOf(name string) string { return strings.ReplaceAll(name, ".", "_") }

func configField(name, kind, value string) web.Field {
	return web.Field{Name: name, Label: web.T("config." + name), Hint: web.Hint("config_hint." + name), Type: kind, Value: value}
}

func sourceField(name, kind, value string) web.Field {
	id := idOf(name)
	return web.Field{Name: id, Label: web.T("source." + id), Hint: web.Hint("source_hint." + id), Type: kind, Value: value}
}

// withChoices makes a field one of a list of words, written for people by write.
func withChoices(f web.Field, words []string, write func(string) string) web.Field {
	f.Type, f.Choices = "select", choices(words, f.Value, write)
	return f
}

func choices(words []string, value string, write func(string) string) (all []web.Choice) {
	for _, word := range words {
		all = append(all, web.Choice{Value: word, Text: write(word), Chosen: word == value})
	}
	return all
}

// sentInto reads what was sent and puts it into a form.
func sentInto(c *gin.Context, f *web.Form) (url.Values, error) {
	sent, err := formUpTo(c, longFormMost)
	if err != nil {
		return nil, err
	}
	return sent, fill(f, sent)
}

// fill puts what was sent into a form: also what is wrong stays as it was typed.
func fill(f *web.Form, sent url.Values) error {
	for i := range f.Fields {
		field := &f.Fields[i]
		if field.Value = sent.Get(field.Name); field.Type != "password" {
			field.Value = strings.TrimSpace(field.Value)
		}
		field.Checked = field.Value == "on"
		for at := range field.Choices {
			field.Choices[at].Chosen = field.Choices[at].Value == field.Value
		}
	}
	for i := range f.Grids {
		if err := fillGrid(&f.Grids[i], sent); err != nil {
			return err
		}
	}
	return nil
}

func fillGrid(g *web.Grid, sent url.Values) error {
	g.Rows = nil
	n := len(sent[g.Columns[0].Name])
	for i := range n {
		values := make([]string, len(g.Columns))
		for at, column := range g.Columns {
			if len(sent[column.Name]) != n {
				return campaign.Invalidf("invalid_form", column.Name, "the lines of the form do not fit together; open the page again")
			}
			values[at] = strings.TrimSpace(sent[column.Name][i])
		}
		g.Add(values...)
		g.Rows[i].Drop = slices.Contains(sent[g.Name], strconv.Itoa(i))
	}
	return nil
}

// blame puts an error to the field it is about. place finds the cell that the rest
// of a name within a grid means. What has no place stands above the form. It returns
// the status to answer with; ok is false of an error that typing cannot mend.
func blame(f *web.Form, err error, place func(grid *web.Grid, rest string) *string) (status int, ok bool) {
	var wrong *campaign.Error
	if !errors.As(err, &wrong) || wrong.Kind == campaign.Unavailable {
		return 0, false
	}
	said := strings.ToUpper(wrong.Message[:1]) + wrong.Message[1:] + "."
	status = statusOf[wrong.Kind]
	if field := f.Field(idOf(wrong.Field)); field != nil {
		field.Problem = said
		return status, true
	}
	for i := range f.Grids {
		g := &f.Grids[i]
		rest, of := strings.CutPrefix(wrong.Field, g.Name)
		if !of {
			continue
		}
		at := &g.Problem
		if found := place(g, rest); found != nil {
			at = found
		}
		*at = said
		return status, true
	}
	name, _, _ := strings.Cut(wrong.Field, "[")
	if field := f.Field(name); field != nil {
		field.Problem = said
		return status, true
	}
	f.Problem = said
	if wrong.Field != "" {
		f.Problem = wrong.Error() + "."
	}
	return status, true
}

// stale says that somebody changed meanwhile what the form was made of.
func stale(f *web.Form) int {
	f.Problem = web.T("form.stale")
	return http.StatusConflict
}

// rowsMore is how many empty lines a grid has for more, and gets when asked for more.
const (
	rowsMore  = 3
	rowsAsked = 10
)

// wantsMore reports whether a form was sent for more empty lines, and adds them.
func wantsMore(f *web.Form, sent url.Values) bool {
	if sent.Get("do") != "more" {
		return false
	}
	for i := range f.Grids {
		f.Grids[i].AddEmpty(rowsAsked)
	}
	return true
}
