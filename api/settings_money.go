package api

import (
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

// ratesForm is the tables of a campaign's cards. A card that ends where the next begins
// stands without an end, so that changing the next one's start moves it along.
func ratesForm(ref string, config *campaign.Config) *web.Form {
	column := func(grid, name string) web.GridColumn {
		return web.GridColumn{Name: grid + "_" + name, Label: web.T("rates." + name)}
	}
	telephony := web.Grid{Name: "telephony", Hint: web.T("rates.telephony_hint", "currency", config.Currency)}
	for _, name := range []string{"from", "to", "connect_fee", "per_minute", "first_s", "then_s"} {
		telephony.Columns = append(telephony.Columns, column("telephony", name))
	}
	labour := web.Grid{Name: "labour", Hint: web.T("rates.labour_hint", "currency", config.Currency)}
	for _, name := range []string{"agent", "from", "to", "per_hour"} {
		labour.Columns = append(labour.Columns, column("labour", name))
	}
	if rates := config.Rates; rates != nil {
		cal := campaign.NewCalendar(config.Location())
		price := func(micro int64) string { return plainPrice(campaign.FormatMoney(micro, campaign.MicroDigits)) }
		end := func(s campaign.Span, follows bool) string {
			if s.ToMs == campaign.Forever || follows {
				return ""
			}
			return dayOrInstant(s.ToMs, cal)
		}
		for i, r := range rates.Telephony {
			follows := i+1 < len(rates.Telephony) && rates.Telephony[i+1].FromMs == r.ToMs
			telephony.Add(dayOrInstant(r.FromMs, cal), end(r.Span, follows), price(r.ConnectMicro), price(r.MinuteMicro), strconv.FormatInt(r.FirstS, 10), strconv.FormatInt(r.ThenS, 10))
		}
		for i, r := range rates.Labour {
			follows := i+1 < len(rates.Labour) && rates.Labour[i+1].FromMs == r.ToMs && rates.Labour[i+1].Agent == r.Agent
			labour.Add(r.Agent, dayOrInstant(r.FromMs, cal), end(r.Span, follows), price(r.HourMicro))
		}
	}
	f := &web.Form{Action: "/settings/campaigns/" + segment(ref) + "/rates", Do: web.T("form.save"), Grids: []web.Grid{telephony, labour}}
	for i := range f.Grids {
		f.Grids[i].Title = web.T("rates." + f.Grids[i].Name)
	}
	return f
}

// plainPrice is a price without the zeros that say nothing, two decimals at least.
func plainPrice(text string) string {
	for strings.HasSuffix(text, "0") && text[len(text)-3] != '.' {
		text = text[:len(text)-1]
	}
	return text
}

// dayOrInstant writes an instant as it is put: a date where a day of the campaign
// begins.
func dayOrInstant(ms int64, cal *campaign.Calendar) string {
	if day := cal.DayOf(ms); cal.DayStart(day) == ms {
		return day.String()
	}
	return campaign.FormatInstant(ms)
}

// ratesBody is the body of a PUT with what the form holds.
func ratesBody(f *web.Form) ([]byte, error) {
	body := map[string][]map[string]any{}
	for i := range f.Grids {
		g := &f.Grids[i]
		body[g.Name] = []map[string]any{}
		for _, row := range g.Filled() {
			card := map[string]any{}
			for at, column := range g.Columns {
				value := row.Cells[at].Value
				if value == "" {
					continue
				}
				name := strings.TrimPrefix(column.Name, g.Name+"_")
				if card[name] = value; strings.HasSuffix(name, "_s") {
					if seconds, err := strconv.Atoi(value); err == nil {
						card[name] = seconds // else the text is refused where a number is wanted
					}
				}
			}
			body[g.Name] = append(body[g.Name], card)
		}
	}
	return json.Marshal(body)
}

// rateCell finds the cell that "[1].per_minute" means: of the second of the lines that
// were kept.
func rateCell(g *web.Grid, rest string) *string {
	number, column, _ := strings.Cut(strings.TrimPrefix(rest, "["), "].")
	i, err := strconv.Atoi(number)
	rows := g.Filled()
	at := slices.IndexFunc(g.Columns, func(col web.GridColumn) bool { return col.Name == g.Name+"_"+column })
	if err != nil || i < 0 || i >= len(rows) || at < 0 {
		return nil
	}
	return &rows[i].Cells[at].Problem
}

func (s *Server) getRatesPage(c *gin.Context) error {
	of, err := s.campaign(c, c.Param("campaign"))
	if err != nil {
		return err
	}
	config := configured(&of)
	f := ratesForm(of.Ref, &config)
	f.Saved = c.Query("saved") != ""
	cards := 0
	for i := range f.Grids {
		cards += len(f.Grids[i].Rows)
	}
	for i := range f.Grids {
		g := &f.Grids[i]
		if cards > linesMost {
			g.Hint, f.Do = web.T("rates.too_many", "n", cards, "most", linesMost), ""
			g.Rows = g.Rows[:min(len(g.Rows), linesMost)]
		} else {
			g.AddEmpty(rowsMore)
		}
	}
	return s.showCampaignForm(c, http.StatusOK, &of, "rates", f)
}

func (s *Server) postRatesPage(c *gin.Context) error {
	return s.changeCampaign(c, "rates", ratesForm, rateCell, func(c *gin.Context, ref string, f *web.Form, config *campaign.Config) error {
		body, err := ratesBody(f)
		if err == nil {
			_, err = s.keepRates(c, &campaign.Campaign{Ref: ref, Config: *config}, body)
		}
		return err
	})
}

// entryFields are the fields of a cost entry, those of its own place after the amount.
func entryFields(amountHint string, own ...web.Field) []web.Field {
	amount := entryField("amount", "text", true)
	amount.Hint = amountHint
	return slices.Concat([]web.Field{entryField("ref", "text", true),
		withChoices(entryField("category", "", true), campaign.CostCategoryNames, func(w string) string { return web.T("choice." + w) }), amount}, own,
		[]web.Field{entryField("from", "date", true), entryField("to", "date", true), entryField("note", "text", false), entryField("adjustment", "checkbox", false), entryField("replace", "checkbox", false)})
}

func entryField(name, kind string, required bool) web.Field {
	return web.Field{Name: name, Label: web.T("entry." + name), Hint: web.Hint("entry_hint." + name), Type: kind, Required: required}
}

// entryForm is the form of one cost entry.
func entryForm(ref string, config *campaign.Config) *web.Form {
	return &web.Form{Action: "/settings/campaigns/" + segment(ref) + "/entry", Do: web.T("entry.post"), Fields: entryFields(web.T("entry.amount_in", "currency", config.Currency))}
}

// entryItem ends the item of a post, whose campaign and currency are said, with what the
// form holds.
func entryItem(d document, f *web.Form, cal *campaign.Calendar) document {
	for _, name := range []string{"ref", "category", "amount", "note"} {
		if value := f.Field(name).Value; value != "" {
			d.name(name).text(value)
		}
	}
	if f.Field("adjustment").Checked {
		d.name("adjustment").bool(true)
	}
	for name, more := range map[string]campaign.Day{"from": 0, "to": 1} { // the last day is a part of it
		value := f.Field(name).Value
		if day, err := campaign.ParseDay(value); err == nil {
			value = campaign.FormatInstant(cal.DayStart(day + more))
		}
		if value != "" {
			d.name(name).text(value)
		}
	}
	d.close('}')
	return d
}

func (s *Server) getEntryPage(c *gin.Context) error {
	of, err := s.campaign(c, c.Param("campaign"))
	if err != nil {
		return err
	}
	config := configured(&of)
	f := entryForm(of.Ref, &config)
	f.Saved = c.Query("saved") != ""
	return s.showCampaignForm(c, http.StatusOK, &of, "entry", f)
}

// postEntryPage posts one cost entry, as POST /v1/costs does.
func (s *Server) postEntryPage(c *gin.Context) error {
	return s.changeCampaign(c, "entry", entryForm, noCell, func(c *gin.Context, ref string, f *web.Form, config *campaign.Config) error {
		var d document
		d.open('{').name("campaign").text(ref)
		d.name("currency").text(config.Currency)
		return s.postEntry(c, f, entryItem(d, f, campaign.NewCalendar(config.Location())), func() (bool, error) {
			entries, err := s.store.Costs(c.Request.Context(), ref)
			return slices.ContainsFunc(entries, func(e funnel.Fact) bool { return e.Ref == f.Field("ref").Value }), err
		})
	})
}

// postEntry posts an item; one of a ref that is taken only when it was said that it
// changes that entry.
func (s *Server) postEntry(c *gin.Context, f *web.Form, item document, taken func() (bool, error)) error {
	if !f.Field("replace").Checked {
		is, err := taken()
		if err != nil {
			return err
		}
		if is {
			return &campaign.Error{Kind: campaign.Conflict, Code: "taken", Field: "ref", Message: web.T("entry.taken")}
		}
	}
	p := s.posting(c, campaign.CostForm, nil)
	v, err := p.form.Decode(item)
	if err = p.take(v, err); err == nil {
		err = p.commit()
	}
	if err == nil && len(p.receipt.rejected) > 0 {
		err = p.receipt.rejected[0].err
	}
	return err
}
