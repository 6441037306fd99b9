package api

import (
	"ringside/api/web"

	"ringside/funnel"
)

// What lifts a campaign on the overview, in tens: within a ten those that are worse
// come first.
const (
	rankBreach     = 50
	rankNear       = 40
	rankDrops      = 30
	rankSales      = 20
	rankQuiet      = 10
	rankRecounting = 5
)

// nearShare is how much of the limit may be used before a campaign counts as near
// it, in hundredths; nearLive is how many live answers that takes, as the first few
// of a block say little.
const (
	nearShare = 80
	nearLive  = 100
)

// attend finds why a campaign needs attention.
func (row *ranked) attend(report *funnel.Report, d days) {
	row.standing(report)
	today, before := d.sums[len(d.sums)-1], d.before()
	days := len(d.sums) - 1
	row.worsened("outbound_abandonment_rate", "reason.drops", rankDrops, today, before, days)
	row.worsened("hit_rate", "reason.sales", rankSales, today, before, days)
	if week := d.sums[len(d.sums)-8].Get(funnel.Dials); week > 0 && today.Get(funnel.Dials) == 0 {
		row.because(rankQuiet, web.Note, web.T("reason.quiet", "n", week))
	}
	if row.Recounting {
		row.because(rankRecounting, web.Note, web.T("reason.recounting"))
	}
}

// because adds a reason; the row stands where its most urgent one puts it.
func (row *ranked) because(rank float64, level web.Level, text string) {
	row.rank = max(row.rank, rank)
	row.Reasons = append(row.Reasons, web.Reason{Level: level, Text: text})
}

// worsened compares today with the days before: a figure that is clearly worse,
// more than chance alone makes it, is a reason. Both are told, as a share of what
// they are a share of.
func (row *ranked) worsened(id, message string, rank float64, today, before *funnel.Sums, days int) {
	k := funnel.Find(id)
	now, then := k.Figure(today), k.Figure(before)
	if !now.Defined() || !then.Defined() {
		return
	}
	low, high := funnel.Difference(now.Numerator, now.Denominator, then.Numerator, then.Denominator)
	if k.Direction == funnel.Higher {
		low = -high
	}
	if low > 0 {
		row.because(rank+9*min(1, low), web.Warn, web.T(message, "days", days, "now", web.Percent(now.Value(), 2), "before", web.Percent(then.Value(), 2)))
	}
}

// standing says how the campaign's present block stands, whatever else is shown.
func (row *ranked) standing(report *funnel.Report) {
	if len(report.Blocks) == 0 {
		return
	}
	of, last := &report.Campaign, &report.Blocks[len(report.Blocks)-1]
	profile := funnel.Profiles[of.Compliance]
	if profile.LimitPercent == 0 {
		return
	}
	standing := newStanding(&profile, last)
	standing.Href = row.Href + "/compliance"
	row.Standing = &standing
	rate := share(last.HighLate, last.HighLive)
	switch standing.Level {
	case web.Alarm:
		row.because(rankBreach+9*rate, web.Alarm, web.T("reason.breach", "late", last.HighLate, "live", last.HighLive, "limit", standing.Limit))
	case web.Warn:
		row.because(rankNear+9*rate, web.Warn, web.T("reason.near", "n", profile.Headroom(last.Exposure)))
	}
}

// newStanding puts a block of a profile with a limit into words and a gauge.
func newStanding(p *funnel.Profile, b *funnel.Block) web.Standing {
	rate := share(b.HighLate, b.HighLive)
	limit := float64(p.LimitPercent) / 100
	s := web.Standing{Profile: p.Name, Rate: web.Percent(rate, 2), Limit: web.Percent(limit, 0), Since: web.ShortDate(b.From),
		Text: web.T("standing.headroom", "n", p.Headroom(b.Exposure))}
	switch {
	case p.Breach(b.Exposure):
		s.Level, s.Text = web.Alarm, web.T("standing.breach")
	case b.HighLive >= nearLive && 100*100*b.HighLate >= nearShare*p.LimitPercent*b.HighLive:
		s.Level = web.Warn
	}
	s.Gauge = web.NewGauge(web.T("standing.gauge", "rate", s.Rate, "limit", s.Limit), rate, limit)
	return s
}

// share is a part of a whole, 0 of nothing.
func share(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
