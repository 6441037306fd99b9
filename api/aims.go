package api

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"ringside/campaign"
	"ringside/funnel"
)

// aims are the targets beside the figures of a report.
type aims struct {
	all []aim
	// frames say where the figures of a place are told: by which calendar, of which window.
	// The report itself is about the place of; pooled ones are about none.
	frames map[string]funnel.About
	of     string
}

// aim is a target, and what of it falls to parts of its time.
type aim struct {
	Judged
	shares func(funnel.Window) funnel.Estimate
}

// partAim is what of a target falls to a group by time, and how the group's figure stands
// to it.
type partAim struct {
	*Judged
	expected, attainment funnel.Estimate
}

// aimsOf judges the targets of a report whose time meets its window: its own, and where
// it is grouped by queue those of queues.
func (s *Server) aimsOf(ctx context.Context, a *ReportAnswer, asOf *campaign.Moment) (*aims, error) {
	reports := []funnel.Report{a.Report}
	if slices.Contains(a.By, funnel.ByQueue) {
		queues, err := s.store.Queues(ctx)
		if err != nil {
			return nil, err
		}
		for _, q := range queues {
			of := a.Report
			of.Campaign = q
			reports = append(reports, of)
		}
	}
	out, err := s.aimsAt(ctx, a.KPIs, asOf, reports...)
	if err == nil {
		out.of = a.Campaign.Ref
		for place := range out.frames {
			out.frames[place] = a.About // queues are told by the days of the whole
		}
	}
	return out, err
}

// aimsAt judges the targets of several places that are reported on together.
func (s *Server) aimsAt(ctx context.Context, kpis []*funnel.KPI, asOf *campaign.Moment, reports ...funnel.Report) (*aims, error) {
	out := &aims{frames: map[string]funnel.About{}}
	all, err := s.targetsOf(ctx, kpis, asOf, reports...)
	for i := range all {
		out.all = append(out.all, aim{all[i], all[i].shares()})
	}
	for i := range reports {
		out.frames[reports[i].Campaign.Ref] = reports[i].About
	}
	return out, err
}

// among leaves out the targets that an answer cannot be held to, as its amounts are in
// another currency, and refuses an answer that would tell too many.
func (a *aims) among(answer *ReportAnswer) error {
	if len(answer.Exchanged) > 0 {
		a.all = slices.DeleteFunc(a.all, func(one aim) bool {
			return slices.ContainsFunc(answer.KPIs, func(k *funnel.KPI) bool { return k.ID == one.KPI && k.Unit == funnel.Money })
		})
	}
	if n := len(answer.Groups) * len(a.all); n > figuresMost {
		return campaign.Invalidf("too_many_groups", "group_by", "%d groups with %d targets beside them are over the limit of %d together; name fewer KPIs, a shorter window or a coarser grouping", len(answer.Groups), len(a.all), figuresMost)
	}
	return nil
}

// whole are the targets of a KPI beside the figure of everything: of a pooled report those
// of each campaign.
func (a *aims) whole(k *funnel.KPI) (out []*Judged) {
	if a == nil {
		return nil
	}
	for i := range a.all {
		if one := &a.all[i]; one.KPI == k.ID && (a.of == "" || one.Place == a.of) {
			out = append(out, &one.Judged)
		}
	}
	return out
}

// group are the targets of a KPI beside the figure of one group: those of the campaign or
// queue that the group is, or, of groups by time, what of them falls to it. Targets are of
// places, so other groups have none.
func (a *aims) group(by []funnel.GroupBy, key []any, fig funnel.Figure, sums *funnel.Sums) (whole []*Judged, parts []partAim) {
	if a == nil || len(a.all) == 0 {
		return nil, nil
	}
	place, time := a.of, -1
	for i, g := range by {
		ref, _ := key[i].(string)
		switch {
		case g == funnel.ByCampaign:
			place = ref
		case g == funnel.ByQueue:
			if place = ""; ref != "" {
				place = campaign.QueueKey(ref)
			}
		case slices.Contains([]funnel.GroupBy{funnel.ByHour, funnel.ByDay, funnel.ByWeek, funnel.ByMonth}, g):
			time = i
		default:
			return nil, nil
		}
	}
	frame, told := a.frames[place]
	if !told {
		return nil, nil
	}
	for i := range a.all {
		one := &a.all[i]
		if one.Place != place || one.KPI != fig.KPI.ID {
			continue
		}
		if time < 0 {
			whole = append(whole, &one.Judged)
			continue
		}
		fromMs, toMs, _ := bucket(by[time], keyText(key[time]), campaign.NewCalendar(frame.Campaign.Location()))
		share := one.shares(funnel.Window{FromMs: max(fromMs, frame.Window.FromMs), ToMs: min(toMs, frame.Window.ToMs)})
		if share.Known {
			parts = append(parts, partAim{&one.Judged, share, funnel.Attained(fig, sums, share)})
		}
	}
	return whole, parts
}

// besides writes targets into a figure, which goes on.
func (d *document) besides(whole []*Judged, parts []partAim) {
	if len(whole)+len(parts) == 0 {
		return
	}
	*d = (*d)[:len(*d)-1]
	d.name("targets").open('[')
	for _, j := range whole {
		d.judgement(j)
	}
	for _, p := range parts {
		d.open('{')
		d.aimed(p.Judged)
		d.name("expected").estimate(p.expected, p.Judged)
		d.name("attainment").estimated(p.attainment)
		d.close('}')
	}
	d.close(']')
	d.close('}')
}

// aimColumns are the columns of the target beside a figure in tables.
var aimColumns = []string{"target", "target_comparator", "target_value", "target_state", "attainment", "expected", "forecast", "forecast_low", "forecast_high", "targets"}

// besideRow writes the target beside a figure as members of its row: of several, which
// `targets` counts, the one that began last. GET /v1/targets has a row for each.
func (d *document) besideRow(whole []*Judged, parts []partAim) {
	if len(whole)+len(parts) == 0 {
		return
	}
	later := func(a, b *Judged) int {
		return cmp.Or(cmp.Compare(a.Window.FromMs, b.Window.FromMs), cmp.Compare(b.Window.ToMs, a.Window.ToMs), cmp.Compare(b.Ref, a.Ref))
	}
	*d = (*d)[:len(*d)-1]
	if len(parts) > 0 {
		p := slices.MaxFunc(parts, func(a, b partAim) int { return later(a.Judged, b.Judged) })
		d.targetRow(p.Judged)
		d.name("attainment").estimated(p.attainment)
		d.name("expected").estimate(p.expected, p.Judged)
	} else {
		j := slices.MaxFunc(whole, later)
		d.targetRow(j)
		d.standingRow(j)
	}
	d.name("targets").int(int64(len(whole) + len(parts)))
	d.close('}')
}

func (d *document) targetRow(j *Judged) {
	d.name("target").text(j.Ref)
	d.name("target_comparator").text(j.Comparator)
	d.name("target_value").goal(j)
}

// standingRow writes how a target stands as members of a row.
func (d *document) standingRow(j *Judged) {
	d.name("target_state").text(string(j.State))
	d.name("attainment").estimated(j.Attainment)
	d.name("expected").estimate(j.Expected(), j)
	d.name("forecast").estimate(j.Forecast, j)
	d.name("forecast_low").estimate(j.Low, j)
	d.name("forecast_high").estimate(j.High, j)
}

// goal writes what is aimed at: of money a text.
func (d *document) goal(j *Judged) {
	if _, isMoney := j.kpi.MoneyDigits(0); isMoney {
		d.text(j.Value)
		return
	}
	d.raw(j.Value)
}

// estimate writes what may be, in the unit of a target's KPI: of money a text with two
// digits more than its currency has.
func (d *document) estimate(e funnel.Estimate, j *Judged) {
	switch digits, isMoney := j.kpi.MoneyDigits(j.Campaign.Digits()); {
	case !e.Known:
		d.null()
	case isMoney:
		d.text(strconv.FormatFloat(e.Value, 'f', digits+2, 64))
	default:
		d.float(e.Value)
	}
}

// estimated writes a share that may be unknown.
func (d *document) estimated(e funnel.Estimate) {
	if !e.Known {
		d.null()
		return
	}
	d.float(e.Value)
}
