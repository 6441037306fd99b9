package api

import (
	"context"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"ringside/api/web"
	"ringside/campaign"
	"ringside/funnel"
)

const (
	// blocksShown and droppedShown bound what one page lists.
	blocksShown  = 60
	droppedShown = 100
	// paceDays is how many whole days before today the pace is read from: each day of
	// the week once.
	paceDays = 7
)

// dropped are the fields that the list of abandoned calls shows.
var dropped = []int{campaign.AttemptLead, campaign.AttemptAgent, campaign.AttemptPhone, campaign.AttemptAnsweredAt, campaign.AttemptConnectedAt,
	campaign.AttemptEndedAt, campaign.AttemptEndedBy, campaign.AttemptDisposition}

var complianceKPI = funnel.Find("compliance_abandonment_rate")

// complianceRead is all that the page is made of, of one state.
type complianceRead struct {
	report funnel.Report
	page   funnel.Page
}

// lookAtCompliance shows how a campaign stands by its rule for abandoned calls.
func (s *Server) lookAtCompliance(c *gin.Context) (*web.Page, error) {
	of, err := s.campaign(c, c.Param("campaign"))
	if err != nil {
		return nil, err
	}
	key, nowMs := keyOf(c), s.now().UnixMilli()
	calls := may(key, readFacts)
	var r complianceRead
	err = s.store.Together(c.Request.Context(), func(ctx context.Context) (err error) {
		r = complianceRead{}
		r.report, err = s.store.Report(ctx, of.Ref, funnel.Query{Window: funnel.LastDays{Days: paceDays + 1, NowMs: nowMs}, By: []funnel.GroupBy{funnel.ByDay},
			KPIs: []*funnel.KPI{complianceKPI}, NowMs: nowMs, Blocks: true, GroupsAlone: true})
		if blocks := r.report.Blocks; err == nil && calls && len(blocks) > 0 {
			r.page, err = s.store.Facts(ctx, of.Ref, funnel.Listing{Measure: complianceKPI.Numerator, Window: blockSpan(&blocks[len(blocks)-1], r.report.Campaign.Location()),
				NowMs: nowMs, Limit: droppedShown})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	of = r.report.Campaign
	v := r.view(key, nowMs)
	targets, err := s.targetsAt(c.Request.Context(), &of, funnel.LastDays{Days: 1, NowMs: nowMs})
	if err != nil {
		return nil, err
	}
	for _, t := range targets {
		if t.KPI == complianceKPI.ID {
			v.Targets = append(v.Targets, t)
		}
	}
	base := "/campaigns/" + segment(of.Ref)
	v.CSV = sheetLink(c)
	if may(key, configure) {
		v.Change = "/settings" + base
	}
	page := &web.Page{Title: web.T("compliance.title", "campaign", of.Name), View: v,
		Trail: []web.Link{{Text: web.T("overview.title"), Href: "/"}, {Text: of.Name, Href: base}}}
	return at(page, s.now(), &of), nil
}

func (r *complianceRead) view(key *campaign.AccessKey, nowMs int64) *web.Compliance {
	of, blocks := &r.report.Campaign, r.report.Blocks
	profile, calls := funnel.Profiles[of.Compliance], may(key, readFacts)
	v := &web.Compliance{Name: of.Name, Profile: profileName(of.Compliance), NoRule: profile.LimitPercent == 0, Recounting: of.Wanted != nil, Hidden: !calls}
	if len(blocks) == 0 {
		v.Begins = web.T("compliance.begins")
		return v
	}
	shown := blocks[max(0, len(blocks)-blocksShown):]
	v.More = len(blocks) - len(shown)
	var rates []float64
	var over []bool
	var titles []string
	for i := range shown {
		b := newComplianceBlock(&profile, &shown[i], i == len(shown)-1)
		if calls {
			b.Calls = droppedHref(of, &shown[i], "calls")
		}
		v.Blocks = append([]web.ComplianceBlock{b}, v.Blocks...)
		rate := -1.0
		if shown[i].HighLive > 0 {
			rate = share(shown[i].HighLate, shown[i].HighLive)
		}
		rates, over, titles = append(rates, rate), append(over, profile.Breach(shown[i].Exposure)), append(titles, b.Days+": "+b.Rate+" ("+b.Fraction+")")
	}
	v.Drawn = web.NewBlockChart(rates, over, titles, float64(profile.LimitPercent)/100)
	last := &shown[len(shown)-1]
	v.Now = &v.Blocks[0]
	v.Pace = r.pace(&profile, last, nowMs)
	if calls {
		v.Count, v.DroppedAll = web.T("kind_count.attempt", "n", last.Late), v.Now.Calls
		v.DroppedCSV = droppedHref(of, last, callsCSV)
		v.Columns = columnsOf(campaign.KindAttempt, dropped)
		for i := range r.page.Facts {
			v.Dropped = append(v.Dropped, factRow(&r.page.About, &r.page.Facts[i], campaign.KindAttempt, dropped, key))
		}
	}
	return v
}

// newComplianceBlock puts a block into words, the present one or one of the past.
func newComplianceBlock(p *funnel.Profile, b *funnel.Block, present bool) web.ComplianceBlock {
	rate, limit := share(b.HighLate, b.HighLive), float64(p.LimitPercent)/100
	v := web.ComplianceBlock{Days: web.T("window.days", "from", web.Date(b.From), "to", web.Date(b.To-1)), Fraction: web.Number(b.HighLate) + " / " + web.Number(b.HighLive),
		Limit: web.Percent(limit, 0), Unproven: b.Unproven()}
	if b.To == b.From+1 {
		v.Days = web.Date(b.From)
	}
	if b.HighLive > 0 {
		v.Rate = web.Percent(rate, 2)
	}
	v.Meter = web.NewMeter(web.T("standing.gauge", "rate", v.Rate, "limit", v.Limit), rate, limit)
	if b.HighLive != b.Live || b.LowLive != b.Live {
		v.Unknown = web.T("compliance.unknown", "late", b.HighLate-b.Late, "intime", b.LowLive-b.Live,
			"low", web.Percent(share(b.LowLate, b.LowLive), 2), "people", web.Percent(share(b.Late, b.Live), 2), "high", v.Rate)
	}
	switch headroom := p.Headroom(b.Exposure); {
	case p.LimitPercent == 0:
		v.Meter.Label = web.T("compliance.gauge_alone", "rate", v.Rate)
	case p.Breach(b.Exposure):
		v.Level, v.Text = web.Alarm, web.T("compliance.over")
		v.Detail = web.T("compliance.recovery", "n", p.Recovery(b.Exposure))
	case !present:
		v.Text = web.T("compliance.was_within", "n", headroom)
	default:
		v.Text = web.T("compliance.headroom", "n", headroom)
		v.Detail = web.T("compliance.headroom_why", "late", b.HighLate+headroom, "live", b.HighLive+headroom, "share", web.Percent(share(b.HighLate+headroom, b.HighLive+headroom), 2),
			"next", web.Percent(share(b.HighLate+headroom+1, b.HighLive+headroom+1), 2))
		if newStanding(p, b).Level == web.Warn {
			v.Level = web.Warn
		}
	}
	return v
}

// pace says how the present block ends if it goes on as in the days before today;
// nil where these have no live answers.
func (r *complianceRead) pace(p *funnel.Profile, b *funnel.Block, nowMs int64) *web.CompliancePace {
	d := newDays(&r.report)
	var recent []funnel.Exposure
	for _, sums := range d.sums[:len(d.sums)-1] {
		recent = append(recent, funnel.Exposed(sums))
	}
	day := campaign.NewCalendar(r.report.Campaign.Location()).DayOf(nowMs)
	pace, ok := p.Pace(b, day, recent, funnel.Exposed(d.sums[len(d.sums)-1]))
	if !ok {
		return nil
	}
	v := &web.CompliancePace{
		Ends:   web.T("pace.ends", "rate", web.Percent(pace.Rate, 1), "low", web.Decimal(100*pace.Low, 1), "high", web.Decimal(100*pace.High, 1)),
		Method: web.T("pace.method", "days", pace.Days, "live", pace.Live, "late", pace.Late, "share", web.Percent(share(pace.Late, pace.Live), 2)),
	}
	switch {
	case p.LimitPercent == 0 || p.Breach(b.Exposure):
	case pace.Breach != campaign.NoDay:
		v.Level, v.Breach = web.Alarm, web.T("pace.breach", "day", web.Date(pace.Breach))
	case pace.Earliest != campaign.NoDay:
		v.Level = web.Warn
	default:
		v.Earliest = web.T("pace.never")
	}
	if p.LimitPercent > 0 && !p.Breach(b.Exposure) && pace.Earliest != campaign.NoDay {
		v.Earliest = web.T("pace.earliest", "day", web.Date(pace.Earliest))
	}
	return v
}

// blockSpan is the window of a block.
func blockSpan(b *funnel.Block, zone *time.Location) funnel.Span {
	cal := campaign.NewCalendar(zone)
	return funnel.Window{FromMs: cal.DayStart(b.From), ToMs: cal.DayStart(b.To)}
}

// droppedHref leads to the abandoned calls of a block, on the page of that name.
func droppedHref(of *campaign.Campaign, b *funnel.Block, page string) string {
	v := url.Values{"kpi": {complianceKPI.ID}, "part": {"numerator"}, "range": {"custom"}, "from": {b.From.String()}, "to": {b.To.String()}}
	return "/campaigns/" + segment(of.Ref) + "/" + page + "?" + v.Encode()
}
