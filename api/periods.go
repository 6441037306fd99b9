package api

import (
	"bytes"
	"context"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"ringside/campaign"
	"ringside/funnel"
)

type periodStore interface {
	// ClosePeriod freezes a month of a campaign.
	ClosePeriod(ctx context.Context, campaignKey string, month campaign.Day, by campaign.Actor) (funnel.Closing, error)
	// ReopenPeriod opens a closed month again.
	ReopenPeriod(ctx context.Context, campaignKey string, month campaign.Day, by campaign.Actor) (funnel.Closing, error)
	// Closings returns all closings of a campaign, without their figures.
	Closings(ctx context.Context, campaignKey string) ([]funnel.Closing, error)
	// Closing returns the last closing of a campaign's month.
	Closing(ctx context.Context, campaignKey string, month campaign.Day) (funnel.Closing, error)
	// Restated compares the last closing of a month with the figures of now.
	Restated(ctx context.Context, campaignKey string, month campaign.Day, nowMs int64) (funnel.Restated, error)
	// RestatedFacts returns a page of the facts by which a closed month is not what it was.
	RestatedFacts(ctx context.Context, campaignKey string, month campaign.Day, after funnel.FactCursor, limit int) ([]funnel.RestatedFact, *funnel.FactCursor, error)
}

// monthPath is the month in the path.
func monthPath(c *gin.Context) (campaign.Day, error) { return campaign.ParseMonth(c.Param("month")) }

// periodCampaigns are those a request about periods is about: the one it names, or all
// that its key knows, in order of ref.
func (s *Server) periodCampaigns(c *gin.Context) ([]campaign.Campaign, error) {
	name, given := c.GetQuery("campaign")
	if c.Request.Method == http.MethodPost {
		body, err := readBody(c)
		var said struct {
			Campaign string `json:"campaign"`
		}
		if err == nil && len(bytes.TrimSpace(body)) > 0 {
			err = campaign.DecodeStrict(body, &said)
		}
		if err != nil {
			return nil, err
		}
		if said.Campaign != "" && given && name != said.Campaign {
			return nil, campaign.Invalidf("duplicate_parameter", "campaign", "the address names campaign %q and the body %q; send one of them", name, said.Campaign)
		}
		if said.Campaign != "" {
			name, given = said.Campaign, true
		}
	}
	if !given {
		return s.campaigns(c)
	}
	of, err := s.campaign(c, name)
	return []campaign.Campaign{of}, unknownCampaign(err)
}

// postClose closes a month of one campaign, or of all in which it is not closed. None
// is closed unless it is over in all.
func (s *Server) postClose(c *gin.Context) error {
	month, err := monthPath(c)
	if err != nil {
		return err
	}
	all, err := s.periodCampaigns(c)
	if err != nil {
		return err
	}
	// One whose month is not over comes first, and is refused before any is closed.
	over := func(of campaign.Campaign) int {
		if campaign.NewCalendar(of.Location()).DayStart(month.NextMonth()) > s.now().UnixMilli() {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(all, func(a, b campaign.Campaign) int { return over(a) - over(b) })
	return eachPeriod(c, "close", all, month, s.store.ClosePeriod, isClosed)
}

// eachPeriod closes or reopens a month of several campaigns and shows what came of it.
// Those that refuse for a reason that may be are left out; when all do, that is the error.
func eachPeriod(c *gin.Context, do string, all []campaign.Campaign, month campaign.Day,
	act func(ctx context.Context, campaignKey string, month campaign.Day, by campaign.Actor) (funnel.Closing, error), maybe func(error) bool) error {
	var done []funnel.Closing
	var refused error
	for _, of := range all {
		one, err := act(c.Request.Context(), of.Ref, month, keyOf(c).Actor())
		switch {
		case err == nil:
			done = append(done, one)
		case maybe(err):
			refused = err
		default:
			return err
		}
	}
	if len(done) == 0 {
		return nothingTo(do, refused)
	}
	return sendClosings(c, done, nil)
}

// isClosed reports whether a month was not closed as it is closed already.
func isClosed(err error) bool {
	told, ok := err.(*campaign.Error)
	return ok && told.Code == "period_closed"
}

// nothingTo is the error where no campaign was concerned.
func nothingTo(do string, refused error) error {
	if refused != nil {
		return refused
	}
	return campaign.NotFoundf("campaign", "there is no campaign whose month to %s; create one with PUT /v1/campaigns/{ref}", do)
}

// postReopen opens a closed month again, of one campaign or of all in which it is closed.
func (s *Server) postReopen(c *gin.Context) error {
	month, err := monthPath(c)
	if err != nil {
		return err
	}
	all, err := s.periodCampaigns(c)
	if err != nil {
		return err
	}
	return eachPeriod(c, "reopen", all, month, s.store.ReopenPeriod, func(err error) bool {
		told, ok := err.(*campaign.Error)
		return ok && (told.Kind == campaign.NotFound || told.Kind == campaign.Conflict)
	})
}

// getPeriods lists the closings, the latest months first.
func (s *Server) getPeriods(c *gin.Context) error {
	limit, after, err := pageParams(c)
	if err != nil {
		return err
	}
	all, err := s.periodCampaigns(c)
	if err != nil {
		return err
	}
	var closings []funnel.Closing
	for _, of := range all {
		of, err := s.store.Closings(c.Request.Context(), of.Ref)
		if err != nil {
			return err
		}
		closings = append(closings, of...)
	}
	slices.SortStableFunc(closings, func(a, b funnel.Closing) int { return int(b.Month) - int(a.Month) })
	page := closings[min(int(after.Number), len(closings)):]
	var next *string
	if len(page) > limit {
		page = page[:limit]
		cursor := encodeCursor(funnel.Cursor{Number: after.Number + int64(limit)})
		next = &cursor
	}
	return sendClosings(c, page, &next)
}

// sendClosings answers with closings; next is told where there are pages.
func sendClosings(c *gin.Context, closings []funnel.Closing, next **string) error {
	var d document
	d.open('{').name("periods").open('[')
	for i := range closings {
		d.open('{').closing(&closings[i])
		d.close('}')
	}
	d.close(']')
	if next != nil {
		d.name("next")
		if *next == nil {
			d.null()
		} else {
			d.text(**next)
		}
	}
	d.close('}')
	send(c, http.StatusOK, d)
	return nil
}

// closing writes the members that tell of a closing.
func (d *document) closing(c *funnel.Closing) {
	d.name("month").text(c.Month.MonthText())
	d.name("campaign").text(c.Campaign)
	d.name("state")
	if c.Closed() {
		d.text("closed")
	} else {
		d.text("reopened")
	}
	d.name("closing").int(c.Number)
	d.name("closed_at").instant(c.KnownMs)
	d.name("closed_by").actor(c.By)
	d.name("version").int(c.Version)
	d.name("reopened_at").instant(c.ReopenedMs)
	d.name("reopened_by")
	if c.Closed() {
		d.null()
	} else {
		d.actor(c.ReopenedBy)
	}
}

// actorOrNull writes who did something, null for nobody.
func (d *document) actorOrNull(a campaign.Actor) {
	if a.ID == "" {
		d.null()
		return
	}
	d.actor(a)
}

func (d *document) actor(a campaign.Actor) {
	d.open('{').name("id").text(a.ID)
	d.name("label").textOrNull(a.Label)
	d.name("kind")
	if a.Person {
		d.text("user")
	} else {
		d.text("key")
	}
	d.close('}')
}

// getPeriod shows the frozen figures of a month, of each campaign its last closing.
func (s *Server) getPeriod(c *gin.Context) error {
	format, err := reportFormat(c)
	if err != nil {
		return err
	}
	month, err := monthPath(c)
	if err != nil {
		return err
	}
	all, err := s.periodCampaigns(c)
	if err != nil {
		return err
	}
	var answers []ReportAnswer
	var missing error
	for _, of := range all {
		closing, err := s.store.Closing(c.Request.Context(), of.Ref, month)
		if isNotFound(err) {
			missing = err
			continue
		}
		if err != nil {
			return err
		}
		answers = append(answers, ReportAnswer{Report: closing.Report(of), KPIs: closing.KPIs(nil)})
	}
	if len(answers) == 0 {
		return nothingTo("show", missing)
	}
	return sendReport(c, format, func() document {
		var d document
		d.open('{').name("month").text(month.MonthText())
		d.name("periods").open('[')
		for i := range answers {
			d.frozen(&answers[i], may(keyOf(c), shareCosts))
		}
		d.close(']')
		d.close('}')
		return d
	}, func() ([]byte, error) { return frozenTable(format, answers) })
}

// frozen writes a campaign's frozen figures and what they were made of. What a shared
// cost is as a whole is left out where the key may not read it.
func (d *document) frozen(a *ReportAnswer, shares bool) {
	c := a.Closing
	d.reportHead(&a.About, a.AsOfMs)
	d.name("source").text("frozen")
	d.name("currency").text(a.Campaign.Currency)
	d.name("period").open('{').closing(c)
	d.close('}')
	d.name("kpis").figures(a.KPIs, a.Whole, newFigureFrame(&a.About, a.AsOfMs))
	digits := a.Campaign.Digits()
	d.name("entries").open('[')
	for _, e := range c.Entries {
		d.open('{').name("ref").text(e.Ref)
		d.name("shared").bool(e.Shared)
		d.name("category").text(campaign.CostCategoryNames[e.Category-1])
		d.name("amount")
		if e.Shared && !shares {
			d.null()
		} else {
			d.money(e.AmountMinor, digits)
		}
		d.name("from").instant(e.FromMs)
		d.name("to").instant(e.ToMs)
		d.name("amount_in_month").money(e.MonthMinor, digits)
		d.close('}')
	}
	d.close(']')
	d.name("rates").open('{').rates(c.Config.Rates)
	d.close('}')
	d.name("exchange_rates").exchangeRates(c.Exchange)
	d.close('}')
}

// frozenTable writes a row a frozen figure.
func frozenTable(format string, answers []ReportAnswer) ([]byte, error) {
	t := newTable(format, slices.Concat([]string{"month", "closed_at"}, campaignColumns, figureColumns))
	for i := range answers {
		a := &answers[i]
		var head document
		head.reportHead(&a.About, a.AsOfMs)
		head.name("month").text(a.Closing.Month.MonthText())
		head.name("closed_at").instant(a.Closing.KnownMs)
		if err := t.figures(head, a.KPIs, a.Whole, newFigureFrame(&a.About, a.AsOfMs), a.besideWhole); err != nil {
			return nil, err
		}
	}
	return t.finish(answers[0].KPIs)
}

// restatedCursor is a place in the facts that restate a month of several campaigns.
type restatedCursor struct {
	campaign string
	funnel.FactCursor
}

func (at restatedCursor) String() string {
	return base64.RawURLEncoding.EncodeToString([]byte(at.campaign + " " + strconv.FormatInt(at.Stage, 36) + " " + strconv.FormatInt(at.Number, 36)))
}

func restatedCursorParam(c *gin.Context) (at restatedCursor, err error) {
	text, given := c.GetQuery("cursor")
	if !given {
		return at, nil
	}
	plain, bad := base64.RawURLEncoding.DecodeString(text)
	parts := strings.Split(string(plain), " ")
	if bad == nil && len(parts) == 3 {
		var badStage, badNumber error
		at.campaign = parts[0]
		at.Stage, badStage = strconv.ParseInt(parts[1], 36, 64)
		at.Number, badNumber = strconv.ParseInt(parts[2], 36, 64)
		if badStage == nil && badNumber == nil && at.Stage >= 0 && at.Number >= 0 {
			return at, nil
		}
	}
	return at, campaign.Invalidf("invalid_cursor", "cursor", "the cursor is none of ours; send what the page before gave as next, or leave it out")
}
