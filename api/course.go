package api

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"ringside/campaign"
	"ringside/funnel"
)

// courses keeps what targets were judged by: nothing is counted for a target when facts
// are recorded, so who looks at targets reads their figures, and again only when something
// of their place changed.
type courses struct {
	mu   sync.Mutex
	kept map[reading]*read
}

// reading is what is read together of all targets of a place over one time. ByHour says
// that figures go up to the hour that has begun, as what costs runs on by itself.
type reading struct {
	of              readingOf
	place, from, to string
	byHour          bool
}

// readingOf is what a reading is of: the figures until now; the same day by day, by which
// their intervals are told; how busy the hours of last weeks were, whatever the time.
type readingOf int

const (
	ofFigures readingOf = iota
	ofDays
	ofHours
)

// read is what a reading gave: of hours by KPI.
type read struct {
	funnel.About
	kpis    []*funnel.KPI
	whole   *funnel.Sums
	days    []*funnel.Sums
	busy    map[string]*[168]float64
	version int64
	atMs    int64
}

const (
	// What was read is read anew after courseAge though nothing was committed, as time
	// goes on. Days and hours, by which things are estimated, are no younger while calls
	// come in: it is the figures themselves that everybody waits for.
	courseAge = time.Minute
	// coursesMost bounds what is kept.
	coursesMost = 10_000
)

// look is one look at targets: what it takes to judge all of them is read together.
type look struct {
	*Server
	ctx      context.Context
	versions map[string]int64
	nowMs    int64
	asOf     *campaign.Moment
	asked    map[reading][]*funnel.KPI
	found    map[reading]*read
}

// newLook begins a look at targets as they stand now, or stood as of an instant.
func (s *Server) newLook(ctx context.Context, asOf *campaign.Moment) (*look, error) {
	versions, err := s.store.Versions(ctx)
	return &look{Server: s, ctx: ctx, versions: versions, nowMs: s.now().UnixMilli(), asOf: asOf, asked: map[reading][]*funnel.KPI{}, found: map[reading]*read{}}, err
}

// readings are what a target is judged by: its figures, those by day, and of a total the
// hours; false for what its KPI is not told by.
func (l *look) readings(t funnel.Target, k *funnel.KPI) (all [ofHours + 1]reading, there [ofHours + 1]bool) {
	one := reading{place: t.Place, from: t.From, to: t.To, byHour: k.ReadsCosts()}
	if end, err := campaign.ParseMoment(t.To); err == nil && l.asOf == nil && end.In(utc)+dayMs < l.nowMs {
		one.byHour = false // it is over in every zone
	}
	all[ofFigures], there[ofFigures] = one, true
	one.of = ofDays
	all[ofDays], there[ofDays] = one, k.Serves([]funnel.GroupBy{funnel.ByDay})
	all[ofHours], there[ofHours] = reading{of: ofHours, place: t.Place}, k.Total() && k.Serves([]funnel.GroupBy{funnel.ByHourOfWeek})
	return all, there
}

// at takes note of a target that is looked at.
func (l *look) at(t funnel.Target, k *funnel.KPI) {
	all, there := l.readings(t, k)
	for i := range all {
		if there[i] {
			l.ask(all[i], k)
		}
	}
}

func (l *look) ask(of reading, k *funnel.KPI) {
	if !slices.Contains(l.asked[of], k) {
		l.asked[of] = append(l.asked[of], k)
	}
}

// course is what a target is judged by.
func (l *look) course(t funnel.Target, k *funnel.KPI) (*funnel.Course, funnel.About, error) {
	var got [ofHours + 1]*read
	all, there := l.readings(t, k)
	for i := range all {
		if !there[i] {
			got[i] = &read{}
			continue
		}
		var err error
		if got[i], err = l.read(all[i]); err != nil {
			return nil, funnel.About{}, err
		}
	}
	figures := got[ofFigures]
	c := &funnel.Course{Window: figures.Window, NowMs: l.nowMs, Whole: figures.whole, Days: got[ofDays].days, Busy: got[ofHours].busy[k.ID]}
	if l.asOf != nil {
		c.NowMs = l.asOf.In(campaign.NewCalendar(figures.Campaign.Location()))
	}
	return c, figures.About, nil
}

// read gives a reading as it is kept, or reads it anew. The past is not kept.
func (l *look) read(of reading) (*read, error) {
	if r := l.found[of]; r != nil {
		return r, nil
	}
	r, err := l.readNow(of, l.asked[of])
	if err == nil {
		l.found[of] = r
	}
	return r, err
}

func (l *look) readNow(of reading, kpis []*funnel.KPI) (*read, error) {
	version := versionAt(l.versions, of.place)
	l.courses.mu.Lock()
	kept := l.courses.kept[of]
	l.courses.mu.Unlock()
	if l.asOf != nil {
		return l.readCourse(of, kpis)
	}
	if kept != nil && kept.holds(of, kpis, version, l.nowMs) {
		return kept, nil
	}
	if kept != nil {
		kpis = kept.along(kpis)
	}
	r, err := l.readCourse(of, kpis)
	if err != nil {
		return nil, err
	}
	r.version = version // as it was before the reading, which shows that or more
	l.courses.mu.Lock()
	defer l.courses.mu.Unlock()
	if l.courses.kept == nil || len(l.courses.kept) >= coursesMost {
		l.courses.kept = map[reading]*read{}
	}
	l.courses.kept[of] = r
	return r, nil
}

// holds reports whether what was read is still so, of all these KPIs.
func (r *read) holds(of reading, kpis []*funnel.KPI, version, nowMs int64) bool {
	young := r.atMs <= nowMs && nowMs-r.atMs < courseAge.Milliseconds()
	same := r.version == version || of.of != ofFigures
	return young && same && !slices.ContainsFunc(kpis, func(k *funnel.KPI) bool {
		return !slices.ContainsFunc(r.kpis, func(had *funnel.KPI) bool { return means(had) == means(k) })
	})
}

// means stands for what a KPI is; definitions of callers' own are made anew each time.
func means(k *funnel.KPI) string { return k.ID + "\n" + k.Formula + "\n" + string(k.Unit) }

// along adds the KPIs that were read before, whose targets others look at: all but those
// that mean something else by now.
func (r *read) along(kpis []*funnel.KPI) []*funnel.KPI {
	all := map[string]*funnel.KPI{}
	for _, k := range slices.Concat(r.kpis, kpis) {
		all[k.ID] = k
	}
	return slices.Collect(maps.Values(all))
}

// readCourse reads what a reading is of.
func (l *look) readCourse(of reading, kpis []*funnel.KPI) (r *read, err error) {
	r = &read{kpis: kpis, atMs: l.nowMs}
	q := funnel.Query{KPIs: kpis, NowMs: l.nowMs, AsOf: l.asOf}
	if of.of == ofHours {
		q.Window, q.By = lastWeeks{l.nowMs, l.asOf}, []funnel.GroupBy{funnel.ByHourOfWeek}
		r.busy, err = l.busyHours(of.place, q)
		return r, err
	}
	t := funnel.Target{From: of.from, To: of.to}
	span, err := t.Span()
	if err != nil {
		return nil, err
	}
	q.Window = untilNow{span, l.nowMs, l.asOf, of.byHour}
	if of.of == ofDays {
		q.By = []funnel.GroupBy{funnel.ByDay}
	}
	report, err := figures{l.store}.Report(l.ctx, of.place, q)
	if err != nil {
		return nil, err
	}
	if r.About, r.whole = report.About, report.Whole; of.of == ofDays && report.Window.FromMs < report.Window.ToMs {
		r.days = newDays(&report).sums
	}
	r.Window, err = span.Cut(campaign.NewCalendar(report.Campaign.Location()))
	return r, err
}

// busyHours is what each hour of the week held of each KPI that held any.
func (l *look) busyHours(place string, q funnel.Query) (map[string]*[168]float64, error) {
	r, err := figures{l.store}.Report(l.ctx, place, q)
	busy := map[string]*[168]float64{}
	for _, g := range r.Groups {
		hour, ok := g.Key[0].(int64)
		for _, k := range q.KPIs {
			f := k.Figure(g.Sums)
			if !ok || hour < 0 || hour >= 168 || !f.Defined() || f.Value() <= 0 {
				continue
			}
			if busy[k.ID] == nil {
				busy[k.ID] = &[168]float64{}
			}
			busy[k.ID][hour] = f.Value()
		}
	}
	return busy, err
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

// untilNow is a span as far as it has gone: up to the end of the day, as clocks of senders
// drift, but where costs are read, which run on by themselves, up to the end of the hour
// that has begun.
type untilNow struct {
	of     funnel.Span
	nowMs  int64
	asOf   *campaign.Moment
	byHour bool
}

var utc = campaign.NewCalendar(time.UTC)

const dayMs = 86_400_000

// Cut implements funnel.Span.
func (u untilNow) Cut(cal *campaign.Calendar) (funnel.Window, error) {
	w, err := u.of.Cut(cal)
	end := instantAsOf(u.nowMs, u.asOf, cal)
	switch {
	case !u.byHour:
		end = cal.DayStart(cal.DayOf(end) + 1)
	case cal.HourOf(end) != end:
		end = cal.HourEnd(end)
	}
	w.ToMs = max(w.FromMs, min(w.ToMs, end))
	return w, err
}

// lastWeeks is the four weeks of whole days before the day of an instant.
type lastWeeks struct {
	nowMs int64
	asOf  *campaign.Moment
}

// Cut implements funnel.Span.
func (l lastWeeks) Cut(cal *campaign.Calendar) (funnel.Window, error) {
	today := cal.DayOf(instantAsOf(l.nowMs, l.asOf, cal))
	return funnel.Window{FromMs: cal.DayStart(today - 28), ToMs: cal.DayStart(today)}, nil
}

// instantAsOf is now, or the instant that is asked for.
func instantAsOf(nowMs int64, asOf *campaign.Moment, cal *campaign.Calendar) int64 {
	if asOf != nil {
		return asOf.In(cal)
	}
	return nowMs
}
