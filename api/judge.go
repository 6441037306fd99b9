package api

import (
	"context"
	"slices"
	"sync"
	"time"

	"ringside/campaign"
	"ringside/funnel"
)

// Judged is a target and how it stands.
type Judged struct {
	funnel.Target
	funnel.Standing
	funnel.About
	kpi   *funnel.KPI
	whole *funnel.Sums
	nowMs int64
}

// courses keeps what targets were judged by: nothing is counted for a target when facts
// are recorded, so who looks at targets reads their figures, and again only when something
// of their place changed.
type courses struct {
	mu   sync.Mutex
	kept map[funnel.Target]keptCourse
	// took is what judging all targets took the last time.
	took time.Duration
}

type keptCourse struct {
	funnel.About
	course      *funnel.Course
	version     int64
	readMs      int64
	read        time.Time
	fingerprint string
}

// Courses are read anew after courseAge though nothing was committed, as time goes on.
const courseAge = time.Minute

// patience says how old what targets are judged by may be though their places changed
// since: exactly, or, where many are looked at all the time, up to some times what reading
// all of them takes.
type patience int

const (
	exactly patience = iota
	soon
)

// soonMost bounds the patience of soon, soonShare is how many times what it takes.
const (
	soonMost  = 5 * time.Second
	soonShare = 10
)

// judgeAll says how targets stand now. Those whose KPI is gone are left out.
func (s *Server) judgeAll(ctx context.Context, all []funnel.Target, p patience) (out []Judged, err error) {
	if len(all) == 0 {
		return nil, nil
	}
	began := time.Now()
	shelf, err := s.store.KPIs(ctx)
	if err != nil {
		return nil, err
	}
	versions, err := s.store.Versions(ctx)
	if err != nil {
		return nil, err
	}
	allowed := time.Duration(0)
	if p == soon {
		s.courses.mu.Lock()
		allowed = min(soonMost, soonShare*s.courses.took)
		s.courses.mu.Unlock()
	}
	nowMs, read := s.now().UnixMilli(), 0
	for _, t := range all {
		k := shelf.Find(t.KPI)
		if k == nil {
			continue
		}
		kept, fresh, err := s.course(ctx, t, k, versionAt(versions, t.Place), nowMs, allowed)
		if isNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if fresh {
			read++
		}
		course := *kept.course
		course.NowMs = nowMs
		frame := newFigureFrame(&kept.About, nowMs)
		course.Settled = frame.settled
		j := Judged{Target: t, About: kept.About, kpi: k, whole: course.Whole, nowMs: nowMs}
		j.Standing = t.Judge(k, campaign.NewCalendar(kept.Campaign.Location()), &course)
		out = append(out, j)
	}
	if read > 0 {
		s.courses.mu.Lock()
		s.courses.took = time.Since(began)
		s.courses.mu.Unlock()
	}
	return out, nil
}

// versionAt is the version of all that figures of a place are made of: definitions, which
// are under no name, and of the installation the calls of its queues.
func versionAt(versions map[string]int64, place string) int64 {
	version := versions[place] + versions[""]
	if place == campaign.ServiceKey {
		for key, of := range versions {
			if funnel.PlaceOf(key) == funnel.AtQueues {
				version += of
			}
		}
	}
	return version
}

// course is what a target is judged by, as it is kept, or read anew.
func (s *Server) course(ctx context.Context, t funnel.Target, k *funnel.KPI, version, nowMs int64, allowed time.Duration) (kept keptCourse, fresh bool, err error) {
	meaning := k.Formula + "\n" + string(k.Unit)
	s.courses.mu.Lock()
	kept, ok := s.courses.kept[t]
	s.courses.mu.Unlock()
	age := time.Since(kept.read)
	if ok && kept.fingerprint == meaning && kept.readMs <= nowMs && nowMs-kept.readMs < courseAge.Milliseconds() && (kept.version == version || age < allowed) {
		return kept, false, nil
	}
	kept = keptCourse{version: version, readMs: nowMs, read: time.Now(), fingerprint: meaning}
	if kept.course, kept.About, err = s.readCourse(ctx, t, k, nowMs); err != nil {
		return kept, true, err
	}
	s.courses.mu.Lock()
	defer s.courses.mu.Unlock()
	if s.courses.kept == nil || len(s.courses.kept) > targetsMost {
		s.courses.kept = map[funnel.Target]keptCourse{}
	}
	s.courses.kept[t] = kept
	return kept, true, nil
}

// readCourse reads a target's figures until now, by day where its KPI is told so, and how
// busy the hours of the weeks before were.
func (s *Server) readCourse(ctx context.Context, t funnel.Target, k *funnel.KPI, nowMs int64) (course *funnel.Course, about funnel.About, err error) {
	span, err := t.Span()
	if err != nil {
		return nil, about, err
	}
	kpis := []*funnel.KPI{k}
	err = s.store.Together(ctx, func(ctx context.Context) error {
		q := funnel.Query{Window: untilNow{span, nowMs, k.ReadsCosts()}, KPIs: kpis, NowMs: nowMs}
		if byDay := []funnel.GroupBy{funnel.ByDay}; k.Serves(byDay) {
			q.By = byDay
		}
		r, err := figures{s.store}.Report(ctx, t.Place, q)
		if err != nil {
			return err
		}
		cal := campaign.NewCalendar(r.Campaign.Location())
		about = r.About
		if about.Window, err = span.Cut(cal); err != nil {
			return err
		}
		course = &funnel.Course{Window: about.Window, Whole: r.Whole}
		if q.By != nil && r.Window.FromMs < r.Window.ToMs {
			course.Days = newDays(&r).sums
		}
		if byHour := []funnel.GroupBy{funnel.ByHourOfWeek}; k.Total() && k.Serves(byHour) {
			course.Busy, err = s.busyHours(ctx, t.Place, k, funnel.Query{Window: lastWeeks(nowMs), By: byHour, KPIs: kpis, NowMs: nowMs})
		}
		return err
	})
	return course, about, err
}

// busyHours is what each hour of the week held of a total, nil where that is nothing.
func (s *Server) busyHours(ctx context.Context, place string, k *funnel.KPI, q funnel.Query) (busy *[168]float64, err error) {
	r, err := figures{s.store}.Report(ctx, place, q)
	for _, g := range r.Groups {
		hour, ok := g.Key[0].(int64)
		if f := k.Figure(g.Sums); ok && hour >= 0 && hour < 168 && f.Defined() && f.Value() > 0 {
			if busy == nil {
				busy = &[168]float64{}
			}
			busy[hour] = f.Value()
		}
	}
	return busy, err
}

// untilNow is a span as far as it has gone: up to the end of the day, as clocks of senders
// drift, but where costs are read, which run on by themselves, up to the very instant.
type untilNow struct {
	of      funnel.Span
	nowMs   int64
	exactly bool
}

// Cut implements funnel.Span.
func (u untilNow) Cut(cal *campaign.Calendar) (funnel.Window, error) {
	w, err := u.of.Cut(cal)
	end := u.nowMs
	if !u.exactly {
		end = cal.DayStart(cal.DayOf(u.nowMs) + 1)
	}
	w.ToMs = max(w.FromMs, min(w.ToMs, end))
	return w, err
}

// lastWeeks is the four weeks of whole days before the day of an instant.
type lastWeeks int64

// Cut implements funnel.Span.
func (nowMs lastWeeks) Cut(cal *campaign.Calendar) (funnel.Window, error) {
	today := cal.DayOf(int64(nowMs))
	return funnel.Window{FromMs: cal.DayStart(today - 28), ToMs: cal.DayStart(today)}, nil
}

// targetsOf judges the targets of a report's place whose time meets its window, by KPI, of
// those that it shows. A report as of the past has none: targets are judged now.
func (s *Server) targetsOf(ctx context.Context, a *ReportAnswer) (map[string][]Judged, error) {
	if a.Replayed {
		return nil, nil
	}
	all, err := s.store.Targets(ctx)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	cal := campaign.NewCalendar(a.Campaign.Location())
	all = slices.DeleteFunc(all, func(t funnel.Target) bool {
		if t.Place != a.Campaign.Ref || !slices.ContainsFunc(a.KPIs, func(k *funnel.KPI) bool { return k.ID == t.KPI }) {
			return true
		}
		span, err := t.Span()
		if err != nil {
			return true
		}
		w, err := span.Cut(cal)
		return err != nil || w.FromMs >= a.Window.ToMs || w.ToMs <= a.Window.FromMs
	})
	judged, err := s.judgeAll(ctx, all, exactly)
	byKPI := map[string][]Judged{}
	for _, j := range judged {
		byKPI[j.KPI] = append(byKPI[j.KPI], j)
	}
	return byKPI, err
}
