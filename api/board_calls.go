package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"ringside/api/web"
	"ringside/campaign"
	"ringside/funnel"
)

// listed are the fields a list of facts shows, by their kind.
var listed = map[campaign.Kind][]int{
	campaign.KindAttempt: {campaign.AttemptLead, campaign.AttemptAgent, campaign.AttemptPhone, campaign.AttemptResult, campaign.AttemptAnsweredBy,
		campaign.AttemptConnectedAt, campaign.AttemptEndedAt, campaign.AttemptEndedBy, campaign.AttemptDisposition, campaign.AttemptAmount, campaign.AttemptNote},
	campaign.KindLead: {campaign.LeadName, campaign.LeadPhone, campaign.LeadList, campaign.LeadSource, campaign.LeadTimeZone},
	campaign.KindCost: {campaign.CostCategory, campaign.CostAmount, campaign.CostFrom, campaign.CostTo, campaign.CostNote},
}

// getCalls lists the very calls, leads or cost entries behind one part of a figure,
// a page at a time. The list is of the whole campaign: filters do not apply.
func (s *Server) getCalls(c *gin.Context) error {
	b, err := s.board(c)
	if err != nil {
		return err
	}
	part := c.DefaultQuery("part", "numerator")
	m, err := readMeasure(c.Query("kpi"), part, b.ref)
	if err != nil {
		return err
	}
	k := funnel.Find(c.Query("kpi"))
	var page funnel.Page
	var r funnel.Report
	err = s.store.Together(c.Request.Context(), func(ctx context.Context) (err error) {
		if page, err = s.behind(ctx, c, b.ref, m, b.scope.span); err == nil {
			r, err = s.store.Report(ctx, b.ref, funnel.Query{Window: page.Window, KPIs: []*funnel.KPI{k}, NowMs: b.scope.nowMs})
			b.of = &r.Campaign
		}
		return err
	})
	if err != nil {
		return err
	}
	view := &web.Calls{Scope: b.words(c, "kpi", "part"), Figure: b.figure(k, r.Whole, newFigureFrame(&r.About, b.scope.nowMs)), Part: web.T("part." + part)}
	kind := kindBehind(m)
	if view.What = web.T("kind." + kind.String()); funnel.UnitOf(m) == funnel.Count {
		view.Count = web.T("kind_count."+kind.String(), "n", r.Whole.Get(m))
	}
	view.Columns = columnsOf(kind)
	phones := may(b.key, seePhones)
	for i := range page.Facts {
		view.Rows = append(view.Rows, factRow(&page.About, &page.Facts[i], kind, phones))
	}
	ask := []string{"kpi", k.ID, "part", part}
	if limit := c.Query("limit"); limit != "" {
		ask = append(ask, "limit", limit)
	}
	shown, _ := strconv.Atoi(c.Query("shown")) // only says where we are
	view.From, view.To = shown+1, shown+len(page.Facts)
	if page.Next != nil {
		view.Next = b.scope.link(b.path("calls"), append(ask, "cursor", encodeCursor(*page.Next), "shown", strconv.Itoa(view.To))...)
	}
	if shown > 0 {
		view.First = b.scope.link(b.path("calls"), ask...)
	}
	return s.show(c, http.StatusOK, "calls", &web.Page{Title: b.of.Name + ": " + k.Name, Trail: b.trail(), View: view})
}

// kindBehind is which facts a measure counts.
func kindBehind(m funnel.Measure) campaign.Kind {
	switch {
	case m == funnel.OperatingCost || m == funnel.LeadCost:
		return campaign.KindCost
	case funnel.CountsLeads(m):
		return campaign.KindLead
	}
	return campaign.KindAttempt
}

func columnsOf(kind campaign.Kind) []web.Column {
	columns := []web.Column{{Name: web.T("calls.at")}, {Name: web.T("calls.ref")}}
	for _, i := range listed[kind] {
		field := kind.Fields()[i]
		columns = append(columns, web.Column{Name: web.T("field." + field.Name), Number: field.Type == campaign.TypeMoney})
	}
	if kind == campaign.KindCost {
		columns = append(columns, web.Column{Name: web.T("calls.within"), Number: true})
	}
	return columns
}

// factRow writes a fact as it may be shown, instants by the campaign's clock.
func factRow(about *funnel.About, f *funnel.PageFact, kind campaign.Kind, phones bool) (row []web.Fact) {
	zone := about.Campaign.Location()
	row = append(row, web.Fact{Text: clockTime(f.AtMs, zone)}, web.Fact{Text: f.Ref})
	for _, i := range listed[kind] {
		if f.Kind != kind { // a call or a lead among cost entries
			row = append(row, web.Fact{})
			continue
		}
		field, value := kind.Fields()[i], f.Content.Values[i]
		there := f.Content.Named.Has(i) && !f.Content.Null.Has(i)
		if there && !phones {
			value, there = masked(field, value)
		}
		cell := web.Fact{Number: field.Type == campaign.TypeMoney}
		if there {
			cell.Text = fieldText(field, value, &about.Campaign.Config, zone)
		}
		row = append(row, cell)
	}
	if kind == campaign.KindCost {
		row = append(row, web.Fact{Text: costText(f, &about.Campaign), Number: true})
	}
	return row
}

// costText is what a fact adds to a cost figure: an entry what falls in the window, a
// lead its price, a rated call what it costs to the millionth.
func costText(f *funnel.PageFact, of *campaign.Campaign) string {
	switch f.Kind {
	case campaign.KindCost:
		return web.Money(f.Minor, of.Digits(), of.Currency)
	case campaign.KindLead:
		return web.Money(f.Content.Int(campaign.LeadPrice), of.Digits(), of.Currency)
	}
	return web.Money(f.TelephonyMicro+f.LabourMicro, campaign.MicroDigits, of.Currency)
}

// fieldText writes one field's value for people.
func fieldText(field campaign.Field, v campaign.Value, of *campaign.Config, zone *time.Location) string {
	switch field.Type {
	case campaign.TypeInstant:
		return clockTime(v.Int, zone)
	case campaign.TypeSeconds:
		return web.Duration(v.Int)
	case campaign.TypeMoney:
		return web.Money(v.Int, of.Digits(), of.Currency)
	case campaign.TypeChoice:
		return web.T("choice." + field.Choices[v.Int-1])
	}
	return v.Text
}

// clockTime writes an instant to the second, as the zone's clocks show it.
func clockTime(ms int64, zone *time.Location) string {
	if ms == campaign.None {
		return ""
	}
	return time.UnixMilli(ms).In(zone).Format("2006-01-02 15:04:05")
}
