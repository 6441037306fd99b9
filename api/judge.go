package api

import (
	"context"
	"slices"

	"ringside/campaign"
	"ringside/funnel"
)

// Judged is a target and how it stands.
type Judged struct {
	funnel.Target
	funnel.Standing
	funnel.About
	kpi    *funnel.KPI
	course *funnel.Course
	nowMs  int64
}

// shares says what of the target falls to parts of its time.
func (j *Judged) shares() func(funnel.Window) funnel.Estimate {
	return j.Target.Shares(j.kpi, campaign.NewCalendar(j.Campaign.Location()), j.course)
}

// judgeAll says how targets stand now, or stood as of an instant that is past. Those whose
// KPI is gone, or is no longer counted where they are, are left out.
func (s *Server) judgeAll(ctx context.Context, all []funnel.Target, asOf *campaign.Moment) (out []Judged, err error) {
	if len(all) == 0 {
		return nil, nil
	}
	shelf, err := s.store.KPIs(ctx)
	if err != nil {
		return nil, err
	}
	look, err := s.newLook(ctx, asOf)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(slices.Clone(all), func(t funnel.Target) bool {
		k := shelf.Find(t.KPI)
		return k == nil || !k.At(funnel.PlaceOf(t.Place))
	})
	for _, t := range all {
		look.at(t, shelf.Find(t.KPI))
	}
	for _, t := range all {
		k := shelf.Find(t.KPI)
		course, about, err := look.course(t, k)
		if isNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		j := Judged{Target: t, About: about, kpi: k, course: course, nowMs: course.NowMs}
		course.Settled = newFigureFrame(&about, course.NowMs).settled
		j.Standing = t.Judge(k, campaign.NewCalendar(about.Campaign.Location()), course)
		out = append(out, j)
	}
	return out, nil
}

// meets reports whether a target's time meets a window of its place.
func meets(t *funnel.Target, cal *campaign.Calendar, shown funnel.Window) bool {
	span, err := t.Span()
	if err != nil {
		return false
	}
	w, err := span.Cut(cal)
	return err == nil && w.FromMs < shown.ToMs && w.ToMs > shown.FromMs
}

// targetsOf judges the targets of what was reported on whose time meets the window, of
// KPIs that are shown: as they stand now, or, of a report as of the past, as they stood.
func (s *Server) targetsOf(ctx context.Context, kpis []*funnel.KPI, asOf *campaign.Moment, reports ...funnel.Report) (all []Judged, err error) {
	var targets []funnel.Target
	switch past := slices.IndexFunc(reports, func(r funnel.Report) bool { return r.Replayed || r.Closing != nil }); {
	case past >= 0:
		targets, err = s.store.TargetsKnown(ctx, reports[past].AsOfMs)
	case len(reports) == 1:
		asOf = nil
		targets, err = s.store.TargetsAt(ctx, reports[0].Campaign.Ref)
	default:
		asOf = nil
		targets, err = s.store.Targets(ctx)
	}
	if err != nil {
		return nil, err
	}
	targets = slices.DeleteFunc(targets, func(t funnel.Target) bool {
		at := slices.IndexFunc(reports, func(r funnel.Report) bool { return r.Campaign.Ref == t.Place })
		return at < 0 || !slices.ContainsFunc(kpis, func(k *funnel.KPI) bool { return k.ID == t.KPI }) ||
			!meets(&t, campaign.NewCalendar(reports[at].Campaign.Location()), reports[at].Window)
	})
	return s.judgeAll(ctx, targets, asOf)
}
