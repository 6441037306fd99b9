package api

import (
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"ringside/api/web"
	"ringside/campaign"
	"ringside/funnel"
)

const (
	sharedPath   = "/finance/shared"
	exchangePath = "/finance/exchange-rates"
)

// financeTabs are the pages of money that are of no campaign.
func financeTabs(key *campaign.AccessKey, current string) (tabs []web.Link) {
	if !may(key, shareCosts) {
		return nil
	}
	for _, tab := range []struct{ text, href string }{{"finance.title", "/finance"}, {"shared.title", sharedPath}, {"exchange.title", exchangePath}} {
		tabs = append(tabs, web.Link{Text: web.T(tab.text), Href: tab.href, Current: tab.href == current})
	}
	return tabs
}

// moneyPage is a page of money that is of no campaign.
func moneyPage(title string, view any) *web.Page {
	return &web.Page{Title: title, View: view, Trail: []web.Link{{Text: web.T("finance.title"), Href: "/finance"}}}
}

// sharedForm is the form of a cost that campaigns share.
func sharedForm() *web.Form {
	currency := entryField("currency", "text", true)
	driver := withChoices(entryField("driver", "", false), campaign.DriverNames, func(w string) string { return web.T("driver." + w) })
	f := &web.Form{Action: sharedPath, Do: web.T("entry.post"), Fields: entryFields(web.T("shared.amount_hint"), currency, driver)}
	f.Field("to").Hint = web.T("shared.to_hint")
	return f
}

// showShared shows the form and, below it, the costs that are shared.
func (s *Server) showShared(c *gin.Context, status int, f *web.Form) error {
	entries, err := s.store.SharedCosts(c.Request.Context())
	if err != nil {
		return err
	}
	v := &web.SharedCosts{SettingsForm: web.SettingsForm{Title: web.T("shared.title"), Tabs: financeTabs(keyOf(c), sharedPath), Form: f}}
	slices.Reverse(entries) // the newest first
	for i := range entries {
		v.Rows = append(v.Rows, sharedRow(&entries[i]))
	}
	return s.show(c, status, "shared", moneyPage(v.Title, v))
}

// sharedRow writes a shared cost and where it goes.
func sharedRow(e *funnel.SharedCost) web.SharedCost {
	content := &e.Content
	currency := content.Text(campaign.CostCurrency)
	of := campaign.Config{Currency: currency}
	money := func(minor int64) string { return web.Money(minor, of.Digits(), currency) }
	cal := campaign.NewCalendar(time.UTC)
	row := web.SharedCost{Ref: e.Ref, Category: web.T("choice." + campaign.CostCategoryNames[content.Int(campaign.CostCategory)-1]), Amount: money(content.Int(campaign.CostAmount)),
		Driver: web.T("driver." + campaign.Driver(max(0, content.Int(campaign.CostDriver))).String()), Void: content.Int(campaign.CostVoid) == 1,
		From: dayOrInstant(content.Int(campaign.CostFrom), cal), To: dayOrInstant(content.Int(campaign.CostTo), cal)}
	for _, p := range e.Parts {
		row.Parts = append(row.Parts, web.SharedPart{Campaign: p.Campaign, Amount: money(p.AmountMinor)})
	}
	if e.UnallocatedMinor != 0 {
		row.Unallocated = money(e.UnallocatedMinor)
	}
	return row
}

func (s *Server) getSharedPage(c *gin.Context) error {
	f := sharedForm()
	f.Saved = c.Query("saved") != ""
	return s.showShared(c, http.StatusOK, f)
}

// postSharedPage posts one cost that campaigns share, as POST /v1/costs does.
func (s *Server) postSharedPage(c *gin.Context) error {
	f := sharedForm()
	if _, err := sentInto(c, f); err != nil {
		return err
	}
	var d document
	d.open('{').name("campaign").null()
	for _, name := range []string{"currency", "driver"} {
		if value := f.Field(name).Value; value != "" {
			d.name(name).text(value)
		}
	}
	err := s.postEntry(c, f, entryItem(d, f, campaign.NewCalendar(time.UTC)), func() (bool, error) {
		entries, err := s.store.SharedCosts(c.Request.Context())
		return slices.ContainsFunc(entries, func(e funnel.SharedCost) bool { return e.Ref == f.Field("ref").Value }), err
	})
	if err == nil {
		return redirect(c, sharedPath+"?saved=1")
	}
	if status, ok := blame(f, err, noCell); ok {
		return s.showShared(c, status, f)
	}
	return err
}

// exchangeForm is the table of exchange rates.
func exchangeForm(rates []campaign.ExchangeRate) *web.Form {
	g := web.Grid{Name: "rates", Title: web.T("exchange.title"), Hint: web.T("exchange.hint")}
	for _, name := range []string{"base", "quote", "from", "rate"} {
		g.Columns = append(g.Columns, web.GridColumn{Name: "rates_" + name, Label: web.T("exchange." + name)})
	}
	slices.SortFunc(rates, campaign.CompareExchangeRates)
	cal := campaign.NewCalendar(time.UTC)
	for _, r := range rates {
		g.Add(r.Base, r.Quote, dayOrInstant(r.FromMs, cal), r.Rate)
	}
	return &web.Form{Action: exchangePath, Do: web.T("form.save"), Grids: []web.Grid{g}}
}

func (s *Server) showExchange(c *gin.Context, status int, f *web.Form, rates []campaign.ExchangeRate) error {
	var err error
	if f.Version, err = versionOf(rates); err != nil {
		return err
	}
	v := &web.SettingsForm{Title: web.T("exchange.title"), Tabs: financeTabs(keyOf(c), exchangePath), Form: f}
	return s.show(c, status, "settings-form", moneyPage(v.Title, v))
}

func (s *Server) getExchangePage(c *gin.Context) error {
	rates, err := s.store.ExchangeRates(c.Request.Context())
	if err != nil {
		return err
	}
	f := exchangeForm(rates)
	f.Saved = c.Query("saved") != ""
	if g := &f.Grids[0]; len(g.Rows) > linesMost {
		g.Hint, f.Do = web.T("exchange.too_many", "n", len(g.Rows), "most", linesMost), ""
		g.Rows = g.Rows[:linesMost]
	} else {
		g.AddEmpty(rowsMore)
	}
	return s.showExchange(c, http.StatusOK, f, rates)
}

// postExchangePage replaces all exchange rates, as PUT /v1/exchange-rates does.
func (s *Server) postExchangePage(c *gin.Context) error {
	rates, err := s.store.ExchangeRates(c.Request.Context())
	if err != nil {
		return err
	}
	f := exchangeForm(rates)
	sent, err := sentInto(c, f)
	if err != nil {
		return err
	}
	if wantsMore(f, sent) {
		return s.showExchange(c, http.StatusOK, f, rates)
	}
	if version, err := versionOf(rates); err != nil {
		return err
	} else if version != sent.Get("version") {
		return s.showExchange(c, stale(f), f, rates)
	}
	body, err := ratesBody(f)
	if err != nil {
		return err
	}
	put, err := campaign.DecodeExchangeRates(body)
	if err == nil {
		err = s.store.PutExchangeRates(c.Request.Context(), put)
	}
	if err == nil {
		return redirect(c, exchangePath+"?saved=1")
	}
	if status, ok := blame(f, err, rateCell); ok {
		return s.showExchange(c, status, f, rates)
	}
	return err
}
