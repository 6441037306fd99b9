package api

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"ringside/campaign"
	"ringside/funnel"
)

type complianceStore interface {
	// Compliance returns the blocks of the campaign's compliance profile, up to
	// the block of nowMs or of the last dial.
	Compliance(ctx context.Context, campaignKey string, nowMs int64) (campaign.Campaign, []funnel.Block, error)
	// Curve returns the attempt curve of the leads generated in the window.
	Curve(ctx context.Context, campaignKey string, within funnel.Span, filters ...funnel.Filter) (funnel.About, []funnel.CurvePoint, error)
}

// getCompliance lists the blocks of the campaign's profile with what may still be
// dropped in each.
func (s *Server) getCompliance(c *gin.Context) error {
	now := s.now()
	of, blocks, err := s.store.Compliance(c.Request.Context(), c.Param("campaign"), now.UnixMilli())
	if err != nil {
		return err
	}
	profile := funnel.Profiles[of.Compliance]
	zone, cal := of.Location(), campaign.NewCalendar(of.Location())
	var d document
	d.open('{')
	d.name("campaign").text(of.Ref)
	d.name("time_zone").text(of.TimeZone)
	d.name("as_of").text(local(now.UnixMilli(), zone))
	if of.Wanted != nil {
		d.name("recounting").bool(true)
	}
	d.name("profile").text(profile.ID)
	d.name("blocks").open('[')
	for _, b := range blocks {
		d.block(&profile, &b, cal, zone)
	}
	d.close(']')
	d.close('}')
	send(c, http.StatusOK, d)
	return nil
}

func (d *document) block(p *funnel.Profile, b *funnel.Block, cal *campaign.Calendar, zone *time.Location) {
	d.open('{')
	d.name("from").text(local(cal.DayStart(b.From), zone))
	d.name("to").text(local(cal.DayStart(b.To), zone))
	d.name("live").int(b.Live)
	d.name("abandoned").int(b.Late)
	d.name("value").share(b.Late, b.Live)
	d.name("high").share(b.HighLate, b.HighLive)
	d.name("low").share(b.LowLate, b.LowLive)
	d.name("limit")
	if p.LimitPercent == 0 {
		d.null()
		d.name("breach").null()
		d.name("headroom").null()
	} else {
		d.float(float64(p.LimitPercent) / 100)
		d.name("breach").bool(p.Breach(b.Exposure))
		d.name("headroom").int(p.Headroom(b.Exposure))
	}
	d.name("connect_assumed").int(b.ConnectsAssumed)
	d.name("greeting_assumed").int(b.GreetingsAssumed)
	d.name("unproven").bool(b.Unproven())
	d.close('}')
}

// getCurve shows, dial by dial, how many leads got so far and how many were won.
func (s *Server) getCurve(c *gin.Context) error {
	span, format, err := listParams(c)
	if err != nil {
		return err
	}
	filters, err := filtersParam(c, ofCampaigns.filterable)
	if err != nil {
		return err
	}
	about, points, err := s.store.Curve(c.Request.Context(), c.Param("campaign"), span, filters...)
	if err != nil {
		return err
	}
	rows := make([]document, len(points))
	for i, p := range points {
		d := &rows[i]
		d.open('{')
		d.name("n").int(p.N)
		d.name("reached").int(p.Reached)
		d.name("won").int(p.Won)
		d.name("value").share(p.Won, p.Reached)
		low, high := funnel.Wilson(p.Won, p.Reached)
		d.name("low").float(low)
		d.name("high").float(high)
		d.marginal(&about.Campaign, &p)
		d.close('}')
	}
	return s.sendList(c, format, &about, "attempts", []string{"n", "reached", "won", "value", "low", "high"}, rows)
}

// marginal writes what the n-th dials cost by the campaign's cards, and for each lead
// they won; null where calls are not rated.
func (d *document) marginal(of *campaign.Campaign, p *funnel.CurvePoint) {
	rated := of.Rates.Some()
	d.name("cost")
	if rated {
		d.money(p.CostMinor, of.Digits())
	} else {
		d.null()
	}
	d.name("cost_per_sale")
	if rated && p.Won > 0 {
		d.text(funnel.RatioText(p.CostMinor, p.Won, of.Digits()))
	} else {
		d.null()
	}
}
