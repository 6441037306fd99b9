package api

import (
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"

	"ringside/api/web"
	"ringside/campaign"
	"ringside/funnel"
)

// glossaryKPIs are all that are counted, those of queues and of service after those of
// campaigns.
var glossaryKPIs = slices.Concat(funnel.KPIsOf(funnel.Catalogue), funnel.KPIsOf(funnel.QueueCatalogue), funnel.KPIsOf(funnel.ServiceCatalogue))

// glossaryCoin is the currency of the worked example.
var glossaryCoin = web.Coin{Code: "EUR", Digits: 2}

// getGlossary says what every figure means: those of the catalogue, which never change
// while we run, and those of callers' own.
func (s *Server) getGlossary(c *gin.Context) error {
	fixed, err := glossary()
	if err != nil {
		return err
	}
	shelf, err := s.shelf(c.Request.Context(), keyOf(c))
	if err != nil {
		return err
	}
	all := *fixed
	v := &all
	if customs := shelf.Customs(); len(customs) > 0 {
		own := web.Chapter{ID: "own", Title: web.T("glossary.own"), Clock: web.T("glossary.own_hint")}
		for _, k := range customs {
			own.Entries = append(own.Entries, glossaryEntry(k, nil))
		}
		v.Chapters = append(slices.Clone(v.Chapters), own)
	}
	return s.show(c, http.StatusOK, "glossary", &web.Page{Title: web.T("nav.glossary"), View: v})
}

// glossary is the page, worked out once.
var glossary = sync.OnceValues(newGlossary)

func newGlossary() (*web.Glossary, error) {
	w := &funnel.WorkedExample
	sums, err := w.Sums()
	if err != nil {
		return nil, err
	}
	v := &web.Glossary{Undialed: web.T("glossary.undialed", "leads", strings.Join(w.Undialed, ", ")),
		Cost: web.T("glossary.cost", "amount", web.Money(w.LabourMinor, glossaryCoin.Digits, glossaryCoin.Code), "hours", w.LoggedHours)}
	for i := range w.Calls {
		v.Calls = append(v.Calls, glossaryCall(&w.Calls[i]))
	}
	chapters := map[funnel.Clock]int{}
	for _, k := range glossaryKPIs {
		at, there := chapters[k.Clock]
		if !there {
			at = len(v.Chapters)
			chapters[k.Clock] = at
			id := strings.ReplaceAll(k.Clock.String(), " ", "_")
			v.Chapters = append(v.Chapters, web.Chapter{ID: "clock-" + id, Title: web.T("clock." + id), Clock: web.T("clock_hint." + id)})
		}
		v.Chapters[at].Entries = append(v.Chapters[at].Entries, glossaryEntry(k, sums))
	}
	return v, nil
}

func glossaryEntry(k *funnel.KPI, sums *funnel.Sums) web.Entry {
	e := web.Entry{ID: k.ID, Name: k.Name, Formula: k.Formula, Description: k.Description, Example: k.Example, Version: k.DefinitionVersion,
		Unit: kpiUnitText(k.Unit), Direction: web.T("direction." + string(k.Direction)), Variants: variants(k)}
	names := make([]string, len(k.Groupings))
	for i, g := range k.Groupings {
		names[i] = string(g)
	}
	e.Groupings = strings.Join(names, ", ")
	if k.OfService() || k.Custom != nil {
		return e // the example has no service, and no measures
	}
	e.InExample = true
	if fig := web.NewFigure(k.Figure(sums), sums, glossaryCoin); fig.Value != "" {
		e.Worked, e.Fraction = fig.Value, fig.Fraction
	}
	return e
}

// kpiUnitText says what a unit is; a currency is its code.
func kpiUnitText(unit funnel.MeasureUnit) string {
	if _, err := campaign.CurrencyDigits(string(unit)); err == nil {
		return string(unit)
	}
	return web.T("unit." + string(unit))
}

// variants are the figures that share a part with one, and a part that is not merely
// what everything is divided by.
func variants(k *funnel.KPI) (all []web.Variant) {
	for _, o := range glossaryKPIs {
		if o == k || k.Denominator == funnel.NoMeasure || o.Denominator == funnel.NoMeasure {
			continue
		}
		switch {
		case o.Numerator == k.Numerator && o.Denominator == k.Denominator:
			all = append(all, web.Variant{ID: o.ID, Name: o.Name, Shares: web.T("glossary.same_parts")})
		case o.Numerator == k.Numerator:
			all = append(all, web.Variant{ID: o.ID, Name: o.Name, Shares: web.T("glossary.same_numerator")})
		case o.Denominator == k.Denominator && o.Denominator != funnel.Dials && o.Clock == k.Clock:
			all = append(all, web.Variant{ID: o.ID, Name: o.Name, Shares: web.T("glossary.same_denominator")})
		}
	}
	return all
}

// glossaryCall writes a call of the worked example.
func glossaryCall(c *funnel.WorkedCall) web.GlossaryCall {
	word := func(field int, at int) string { return choiceText(campaign.KindAttempt.Fields()[field].Choices[at-1]) }
	said := []string{word(campaign.AttemptResult, int(c.Result))}
	say := func(id string, pairs ...any) { said = append(said, web.T(id, pairs...)) }
	if c.AnsweredBy != 0 {
		say("glossary.answered", "by", word(campaign.AttemptAnsweredBy, int(c.AnsweredBy)), "s", c.AnsweredS)
	}
	if c.JoinsS != campaign.None {
		say("glossary.joined", "agent", c.Agent, "s", c.JoinsS)
	}
	if c.EndedBy != 0 {
		say("glossary.ended", "by", word(campaign.AttemptEndedBy, int(c.EndedBy)), "s", c.EndsS)
	}
	if c.Category != campaign.CategoryNone {
		say("glossary.category", "category", categoryText(c.Category.String()))
	}
	if !c.CallbackAt.IsZero() {
		say("glossary.callback", "at", c.CallbackAt.Format("2 Jan 15:04"))
	}
	out := web.GlossaryCall{Lead: c.Lead, At: c.At.Format("2 Jan 15:04"), Said: strings.Join(said, ", ")}
	if c.AmountMinor != campaign.None {
		out.Amount = web.Money(c.AmountMinor, glossaryCoin.Digits, glossaryCoin.Code)
	}
	return out
}
