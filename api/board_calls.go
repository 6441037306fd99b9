package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
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
	campaign.KindLead:    {campaign.LeadName, campaign.LeadPhone, campaign.LeadList, campaign.LeadSource, campaign.LeadTimeZone},
	campaign.KindMeasure: {campaign.MeasureName, campaign.MeasureValue},
	campaign.KindCost:    {campaign.CostCategory, campaign.CostAmount, campaign.CostFrom, campaign.CostTo, campaign.CostNote},
	campaign.KindCall: {campaign.CallCustomer, campaign.CallChannel, campaign.CallTopic, campaign.CallAgent, campaign.CallAnsweredAt, campaign.CallAbandonedAt,
		campaign.CallEndedAt, campaign.CallHold, campaign.CallWrap, campaign.CallTransfers, campaign.CallEscalated, campaign.CallResolved, campaign.CallBlocked},
	campaign.KindSurvey: {campaign.SurveyKind, campaign.SurveyScore, campaign.SurveyScores, campaign.SurveyCampaign, campaign.SurveyQueue, campaign.SurveyAgent, campaign.SurveyCustomer},
	campaign.KindReview: {campaign.ReviewAgent, campaign.ReviewCall, campaign.ReviewAttempt, campaign.ReviewCategories},
	campaign.KindCase: {campaign.CaseQueue, campaign.CaseChannel, campaign.CaseCustomer, campaign.CaseTopic, campaign.CaseAssignee, campaign.CaseFirstReplyAt,
		campaign.CaseResolvedAt, campaign.CaseReopenedAt, campaign.CaseEscalated},
	campaign.KindCustomer: {campaign.CustomerLeftAt, campaign.CustomerReferredBy, campaign.CustomerMargin},
	campaign.KindSearch:   {campaign.SearchResults, campaign.SearchOpened},
	campaign.KindState:    {campaign.StateAgent, campaign.StateState, campaign.StateFrom, campaign.StateTo, campaign.StateCampaign},
}

// callsAsked reads of which board and which part of which figure the facts are asked
// for.
func (s *Server) callsAsked(c *gin.Context) (b *board, asked factsAsked, err error) {
	if b, err = s.board(c); err != nil {
		return nil, asked, err
	}
	asked, err = s.askedPart(c, c.Query("kpi"), c.DefaultQuery("part", funnel.PartNumerator), b.ref)
	asked.span, asked.filters = b.scope.span, b.scope.filters
	return b, asked, err
}

// getCalls lists the very calls, leads or cost entries behind one part of a figure,
// a page at a time.
func (s *Server) getCalls(c *gin.Context) error {
	b, asked, err := s.callsAsked(c)
	if err != nil {
		return err
	}
	k, m, part := asked.of, asked.measure, c.DefaultQuery("part", "numerator")
	var page funnel.Page
	var r funnel.Report
	err = s.store.Together(c.Request.Context(), func(ctx context.Context) (err error) {
		if page, err = s.behind(ctx, c, b.ref, asked); err == nil {
			r, err = b.report(ctx, page.Window, []*funnel.KPI{k})
		}
		return err
	})
	if err != nil {
		return err
	}
	kind := kindBehind(asked.from, m)
	view := &web.Calls{Scope: b.words(c, "kpi", "part"), Figure: b.figure(k, r.Whole, newFigureFrame(&r.About, b.scope.nowMs)), Part: partText(part),
		What: web.T("kind." + kind.String()), CSV: b.scope.link(b.path(callsCSV), "kpi", k.ID, "part", part)}
	if asked.own != "" {
		view.Count = web.T("kind_count."+kind.String(), "n", r.Whole.Own(asked.own).Count)
	} else if funnel.UnitOf(m) == funnel.Count && m != funnel.NpsNet {
		view.Count = web.T("kind_count."+kind.String(), "n", r.Whole.Get(m))
	}
	targets, err := s.targetsAt(c.Request.Context(), b.of, b.scope.span)
	if err != nil {
		return err
	}
	for _, t := range targets {
		if t.KPI == k.ID {
			view.Figure.Targets = append(view.Figure.Targets, t)
		}
	}
	view.Columns = columnsOf(kind, listed[kind])
	for i := range page.Facts {
		view.Rows = append(view.Rows, factRow(&page.About, &page.Facts[i], kind, listed[kind], b.key))
	}
	b.turn(c, view, page.Next)
	return s.show(c, http.StatusOK, "calls", &web.Page{Title: b.name() + ": " + k.Name, Trail: b.trail(), View: view})
}

// turn leads from a page of calls to the next, and back to the first.
func (b *board) turn(c *gin.Context, view *web.Calls, next *funnel.Cursor) {
	ask := []string{"kpi", c.Query("kpi"), "part", c.DefaultQuery("part", "numerator")}
	if limit := c.Query("limit"); limit != "" {
		ask = append(ask, "limit", limit)
	}
	shown, err := strconv.Atoi(c.Query("shown"))
	if err != nil || shown < 0 || shown > 1<<40 || c.Query("cursor") == "" {
		shown = 0 // it only says where we are
	}
	view.From, view.To = shown+1, shown+len(view.Rows)
	if next != nil {
		view.Next = b.scope.link(b.path("calls"), append(ask, "cursor", encodeCursor(*next), "shown", strconv.Itoa(view.To))...)
	}
	if shown > 0 {
		view.First = b.scope.link(b.path("calls"), ask...)
	}
}

// partText says what a part of a figure is: of a formula the name of what it reads.
func partText(part string) string {
	if part == funnel.PartNumerator || part == funnel.PartDenominator {
		return web.T("part." + part)
	}
	return part
}

// callsCSV is the page of calls for other programs.
const callsCSV = "calls.csv"

// getCallsCSV answers with all facts behind a part of a figure, in pieces: as the API
// writes them, masked by the same rights.
func (s *Server) getCallsCSV(c *gin.Context) error {
	b, asked, err := s.callsAsked(c)
	if err != nil {
		return err
	}
	if err := cmp.Or(demand(c, behindRights(asked.measure)), asked.check()); err != nil {
		return err
	}
	t := newTable(formatCSV, factColumns(kindBehind(asked.from, asked.measure)))
	out := &exportWriter{c: c, mediaType: tableTypes[formatCSV]}
	listing := funnel.Listing{Measure: asked.measure, Own: asked.own, Window: asked.span, NowMs: b.scope.nowMs, Limit: pageMost, Filters: asked.filters, Level: b.scope.level}
	for {
		page, err := s.factsInTime(c, b.ref, listing)
		if err != nil {
			return err
		}
		hideShares(page.Facts, b.key)
		for i := range page.Facts {
			var d document
			d.behind(&page.About, &page.Facts[i], may(b.key, seePhones))
			if err := t.row(d); err != nil {
				return err
			}
		}
		if _, err := out.Write(t.body); err != nil {
			return err
		}
		if t.body = t.body[:0]; page.Next == nil {
			return nil
		}
		listing.After = *page.Next
	}
}

func (s *Server) factsInTime(c *gin.Context, ref string, l funnel.Listing) (funnel.Page, error) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), readMost)
	defer cancel()
	return s.store.Facts(ctx, ref, l)
}

// factColumns are the members of facts that are columns; with costs stand calls and
// leads that cost something themselves.
func factColumns(kind campaign.Kind) []string {
	columns := []string{"kind", "at", "ref", "amount_in_window", "rated_telephony", "rated_labour"}
	kinds := []campaign.Kind{kind}
	if kind == campaign.KindCost {
		kinds = append(kinds, campaign.KindAttempt, campaign.KindLead)
	}
	for _, kind := range kinds {
		for _, field := range kind.Fields() {
			if field.Name != "" && !slices.Contains(columns, field.Name) {
				columns = append(columns, field.Name)
			}
		}
	}
	return columns
}

// kindsOf are the facts of service by the clocks that place them.
var kindsOf = map[funnel.Clock]campaign.Kind{funnel.OfferClock: campaign.KindCall, funnel.SurveyClock: campaign.KindSurvey, funnel.ReviewClock: campaign.KindReview,
	funnel.OpenClock: campaign.KindCase, funnel.ReplyClock: campaign.KindCase, funnel.CloseClock: campaign.KindCase,
	funnel.ReopenClock: campaign.KindCase, funnel.WaitClock: campaign.KindCall, funnel.JoinClock: campaign.KindCustomer, funnel.LeaveClock: campaign.KindCustomer,
	funnel.SearchClock: campaign.KindSearch, funnel.StateClock: campaign.KindState}

// kindBehind is which facts a measure of a KPI counts.
func kindBehind(k *funnel.KPI, m funnel.Measure) campaign.Kind {
	switch {
	case m.IsOwn():
		return campaign.KindMeasure
	case k.OfService():
		return kindsOf[k.Clock]
	case m == funnel.OperatingCost || m == funnel.LeadCost:
		return campaign.KindCost
	case funnel.CountsLeads(m):
		return campaign.KindLead
	}
	return campaign.KindAttempt
}

func columnsOf(kind campaign.Kind, fields []int) []web.Column {
	columns := []web.Column{{Name: web.T("calls.at")}, {Name: web.T("calls.ref")}}
	for _, i := range fields {
		field := kind.Fields()[i]
		columns = append(columns, web.Column{Name: web.T("field." + field.Name), Number: isNumber(field)})
	}
	if kind == campaign.KindCost {
		columns = append(columns, web.Column{Name: web.T("calls.within"), Number: true})
	}
	return columns
}

// factRow writes a fact as it may be shown, instants by the campaign's clock. A call
// leads to its own page, where the key may open it.
func factRow(about *funnel.About, f *funnel.PageFact, kind campaign.Kind, fields []int, key *campaign.AccessKey) (row []web.Fact) {
	ref := web.Fact{Text: f.Ref}
	if f.Kind == campaign.KindAttempt && may(key, readFacts) {
		ref.Href = "/campaigns/" + segment(about.Campaign.Ref) + "/calls/" + segment(f.Ref)
	}
	row = append(row, web.Fact{Text: clockTime(f.AtMs, about.Campaign.Location())}, ref)
	for _, i := range fields {
		if f.Kind != kind { // a call or a lead among cost entries
			row = append(row, web.Fact{})
			continue
		}
		row = append(row, factCell(&about.Campaign, &f.Fact, i, may(key, seePhones)))
	}
	if kind == campaign.KindCost {
		row = append(row, web.Fact{Text: costText(f, &about.Campaign), Number: true})
	}
	return row
}

// factCell writes one field of a fact, "" where it is missing or may not be shown.
func factCell(of *campaign.Campaign, f *funnel.Fact, i int, phones bool) web.Fact {
	field, value := f.Kind.Fields()[i], f.Content.Values[i]
	there := f.Content.Named.Has(i) && !f.Content.Null.Has(i)
	if there && !phones {
		value, there = masked(field, value)
	}
	cell := web.Fact{Number: isNumber(field)}
	if there {
		cell.Text = fieldText(field, value, &of.Config, of.Location())
	}
	return cell
}

// isNumber reports whether a field is a number, to stand under others.
func isNumber(field campaign.Field) bool {
	return slices.Contains([]campaign.Type{campaign.TypeMoney, campaign.TypeDecimal, campaign.TypeCount, campaign.TypeTally, campaign.TypeScore, campaign.TypeSeconds}, field.Type)
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
	case campaign.TypeDecimal:
		return microText(v.Int)
	case campaign.TypeCount, campaign.TypeTally:
		return web.Number(v.Int)
	case campaign.TypeScore:
		return campaign.DecimalText(v.Int, 3)
	case campaign.TypeBool:
		return web.T("choice." + strconv.FormatBool(v.Int != 0))
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
