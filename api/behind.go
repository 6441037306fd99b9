package api

import (
	"context"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"ringside/campaign"
	"ringside/funnel"
)

// Facts of one page.
const (
	pageDefault = 100
	pageMost    = 1000
)

// getBehind lists the very calls, leads or cost entries behind one part of a
// figure, a page at a time.
func (s *Server) getBehind(c *gin.Context) error {
	span, err := spanParam(c)
	if err != nil {
		return err
	}
	key, err := place(c)
	if err != nil {
		return err
	}
	asked, err := s.askedPart(c, c.Param("kpi"), c.DefaultQuery("part", funnel.PartNumerator), key)
	if err != nil {
		return err
	}
	if asked.filters, err = filtersParam(c, ofCampaigns.filterable); err != nil {
		return err
	}
	asked.span = span
	page, err := s.behind(c.Request.Context(), c, key, asked)
	if err != nil {
		return err
	}
	nowMs := s.now().UnixMilli()
	phones := may(keyOf(c), seePhones)
	var d document
	d.reportHead(&page.About, nowMs)
	d.name("kpi").text(c.Param("kpi"))
	d.name("part").text(c.DefaultQuery("part", funnel.PartNumerator))
	d.name("facts").open('[')
	for i := range page.Facts {
		d.behind(&page.About, &page.Facts[i], phones)
	}
	d.close(']')
	d.name("next")
	if page.Next == nil {
		d.null()
	} else {
		d.text(encodeCursor(*page.Next))
	}
	d.close('}')
	send(c, http.StatusOK, d)
	return nil
}

// factsAsked are the facts behind a part of a KPI, its measure, that pass filters; own
// names a measure of the caller's own. From is the KPI of the catalogue whose part it is,
// which a formula reads.
type factsAsked struct {
	of      *funnel.KPI
	from    *funnel.KPI
	measure funnel.Measure
	own     string
	span    funnel.Span
	filters []funnel.Filter
}

// behind reads a page of facts, where the key may. What a shared cost is as a whole is
// told only to those who may read them.
func (s *Server) behind(ctx context.Context, c *gin.Context, ref string, asked factsAsked) (page funnel.Page, err error) {
	if err := demand(c, behindRights(asked.measure)); err != nil {
		return page, err
	}
	if err := asked.check(); err != nil {
		return page, err
	}
	limit, after, err := pageParams(c)
	if err != nil {
		return page, err
	}
	zone, err := readZone(c.Query("time_zone"))
	if err != nil {
		return page, err
	}
	level, err := readLevel(c.Query("service_level_method"), c.Query("service_level_s"))
	if err != nil {
		return page, err
	}
	page, err = s.store.Facts(ctx, ref, funnel.Listing{Measure: asked.measure, Own: asked.own, Window: asked.span, Zone: zone, NowMs: s.now().UnixMilli(), Level: level, After: after, Limit: limit, Filters: asked.filters})
	hideShares(page.Facts, keyOf(c))
	return page, err
}

// hideShares leaves out what a shared cost is as a whole where the key may not read it.
func hideShares(facts []funnel.PageFact, key *campaign.AccessKey) {
	for i := range facts {
		if f := &facts[i]; f.Shared && !may(key, shareCosts) {
			f.Content.Named = f.Content.Named.Without(campaign.CostAmount, campaign.CostNote)
		}
	}
}

// check refuses filters that the KPI is not known by, and those of what is made of
// entries, which have no attributes.
func (a *factsAsked) check() error {
	if len(a.filters) == 0 {
		return nil
	}
	if !sifted(a.measure) {
		return campaign.Invalidf("no_such_part", string(a.filters[0].By), "%s is made of cost entries, which have no %s; leave the filter out", a.of.ID, a.filters[0].By)
	}
	for _, f := range a.filters {
		if !a.of.Serves([]funnel.GroupBy{f.By}) {
			return campaign.Invalidf("grouping_not_served", string(f.By), "%s is not known by %s; leave the filter out, or take one of %s", a.of.ID, f.By, joinGroupings(a.of.Groupings))
		}
	}
	return nil
}

// sifted reports whether the facts behind a measure can be filtered.
func sifted(m funnel.Measure) bool { return m != funnel.OperatingCost && m != funnel.LeadCost }

// behind writes one fact with the instant that places it in the window; of a cost
// entry also how much of it falls there, of a rated call what it costs.
func (d *document) behind(about *funnel.About, f *funnel.PageFact, phones bool) {
	of := about.Campaign
	d.open('{')
	// A fact may tell a kind, or where it stands, by itself.
	if !f.Kind.Names("kind") {
		d.name("kind").text(f.Kind.String())
	}
	if !f.Kind.Names("at") {
		d.name("at").instant(f.AtMs)
	}
	if f.Kind == campaign.KindCost {
		d.name("amount_in_window").money(f.Minor, of.Digits())
	}
	if f.Shared {
		of.Ref = campaign.NoCampaign
	}
	if f.TelephonyMicro != 0 {
		d.name("rated_telephony").money(f.TelephonyMicro, campaign.MicroDigits)
	}
	if f.LabourMicro != 0 {
		d.name("rated_labour").money(f.LabourMicro, campaign.MicroDigits)
	}
	d.factMembers(&of, &f.Fact, phones)
	d.close('}')
}

// behindRights is what it takes to read the facts behind a measure: calls and leads
// are a team's, what costs are made of the finance department's, phone numbers masked.
func behindRights(m funnel.Measure) rights {
	switch m {
	case funnel.OperatingCost, funnel.LeadCost, funnel.RatedTelephony, funnel.RatedLabour:
		return rights{seeCosts}
	case funnel.UnratedCalls:
		return rights{readFacts, seeCosts}
	}
	return rights{readFacts}
}

// pageParams reads how many of a list are asked for, and after which.
func pageParams(c *gin.Context) (limit int, after funnel.Cursor, err error) {
	if limit, err = limitParam(c); err == nil {
		after, err = cursorParam(c)
	}
	return limit, after, err
}

func limitParam(c *gin.Context) (int, error) {
	text, given := c.GetQuery("limit")
	if !given {
		return pageDefault, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 || limit > pageMost {
		return 0, campaign.Invalidf("invalid_number", "limit", "%q is not a whole number from 1 to %d", text, pageMost)
	}
	return limit, nil
}

// A cursor is a place in the order of facts, to be handed back as it came.
func encodeCursor(at funnel.Cursor) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(at.AtMs, 36) + "." + strconv.FormatInt(at.Number, 36)))
}

func cursorParam(c *gin.Context) (at funnel.Cursor, err error) {
	text, given := c.GetQuery("cursor")
	if !given {
		return at, nil
	}
	plain, bad := base64.RawURLEncoding.DecodeString(text)
	ms, number, _ := strings.Cut(string(plain), ".")
	var badMs, badNumber error
	at.AtMs, badMs = strconv.ParseInt(ms, 36, 64)
	at.Number, badNumber = strconv.ParseInt(number, 36, 64)
	if bad != nil || badMs != nil || badNumber != nil {
		return at, campaign.Invalidf("invalid_cursor", "cursor", "this is no cursor; send what the page before gave as `next`, or leave it out to start over")
	}
	return at, nil
}
