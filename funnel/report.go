package funnel

import (
	"slices"
	"time"

	"ringside/campaign"
)

// GroupsMost bounds the groups of one report.
const GroupsMost = 100_000

// Query asks for the sums of a window, whole or in groups.
type Query struct {
	Window Span
	By     []GroupBy
	// KPIs are those the answer is for: groups without facts of theirs are left
	// out, and what only other KPIs read may be missing. Nil stands for every KPI
	// that serves the groupings.
	KPIs []*KPI
	// Any says that nobody named the KPIs: frozen figures answer for those that were frozen.
	Any bool
	// NowMs is the instant the answer is as of: callbacks are judged when their
	// time is well past.
	NowMs int64
	// AsOf asks the store for the facts as they were known at a moment before NowMs;
	// nil asks for them as they are.
	AsOf *campaign.Moment
	// Teams are the agents' teams, both by the store's numbers: 0 or missing stands
	// for none. ByTeam reads it.
	Teams map[int64]int64
	// NameAgents asks for the agents behind each group, to count them across
	// campaigns.
	NameAgents bool
	// Level says what the service level is to be.
	Level Level
	// Zone is whose days and hours the answer tells; nil for the campaign's own.
	Zone *time.Location
	// GroupsAlone leaves out the whole, which for distinct leads is no sum of the groups
	// but another reading.
	GroupsAlone bool
	// Blocks asks for the blocks of the compliance profile too, whatever the window.
	Blocks bool
	// Text returns the text behind a number of the store: cents that do not come out
	// even go to groups in the order of their texts. Nil orders by the numbers.
	Text func(number int64) (text string, ok bool)
}

// agedMs is how old a caller's "now" may be when it arrives.
const agedMs = 1000

// Known returns the instant the answer is as of, and whether it is past, so that
// facts have to be read as they were known then.
func (q *Query) Known(cal *campaign.Calendar) (atMs int64, past bool) {
	if q.AsOf != nil {
		if atMs = q.AsOf.In(cal); atMs < q.NowMs-agedMs {
			return atMs, true
		}
	}
	return q.NowMs, false
}

// Group is one group of a report. Key holds a number for each grouping asked
// for: a Day for day, week and month, milliseconds for hour, the store's number
// of a text for agent, list, source and disposition.
type Group struct {
	Key  Key
	Sums Sums
	// Agents are the numbers of the distinct agents, where the query names them.
	Agents []int64
}

// GroupingsMost is how many groupings one report may name.
const GroupingsMost = 4

// Key holds a group's number for each grouping; the ledger adds one by time and the agent.
type Key [GroupingsMost + 2]int64

// Source is what a report reads: one campaign at one instant of the store.
type Source interface {
	// Cells calls each stored cell whose bucket lies in [from, to), in order of
	// bucket. Of its parts it fills those named; they are valid until each returns.
	Cells(g Grouping, parts []Part, from, to int64, each func(bucket, key int64, p *Parts)) error
	// Units calls each lead once that has an instant of any clock in any of the
	// windows.
	Units(windows []Window, each func(*Unit)) error
	// Promised calls each lead once that has an instant of the sale or the promise
	// clock in the window: those are few.
	Promised(w Window, each func(*Unit)) error
	// Standing calls, among others, each case that is open at an instant.
	Standing(atMs int64, each func(*Unit)) error
	// Customers calls, among others, each customer who joined in the window; where gone is
	// set, only those need be called who have left since.
	Customers(joined Window, gone bool, each func(*Unit)) error
	// Costs returns the campaign's cost entries, and the shared ones it has a part in,
	// that overlap the window.
	Costs(w Window) (Ledger, error)
	// Shifts tells how long agents were logged in; nil where nobody posts that.
	Shifts() (*Shifts, error)
}

// Compute answers the query. Whole buckets come from cells, what the window cuts
// off comes from facts, and groupings no cells are kept for come from facts alone.
func Compute(src Source, rules *Rules, q Query) ([]Group, error) {
	cal := calendarOf(q.Zone, rules)
	w, err := q.Window.Cut(cal)
	if err != nil {
		return nil, err
	}
	q.KPIs = Asked(q.KPIs)
	r := &report{src: src, rules: rules, query: q, window: w, cal: cal, kept: rules.Calendar, groups: map[Key]*tallied{}}
	r.leads, r.agents, r.spreads = q.reads(LeadsDialed), q.reads(Agents), q.asks(func(k *KPI) bool { return k.Percent > 0 || k.Numerator == LevelGood })
	r.cut = r.stored()
	switch {
	case w.FromMs >= w.ToMs:
	case r.cut != nil:
		err = r.fromCells()
	default:
		err = r.fromFacts([]Window{w}, nil)
	}
	if err == nil {
		err = r.costs()
	}
	if err == nil {
		err = r.notYetDue()
	}
	if err == nil {
		err = r.stocks()
	}
	if err != nil {
		return nil, err
	}
	return r.finish()
}

// calendarOf is that of a zone, where nil stands for the campaign's own.
func calendarOf(zone *time.Location, rules *Rules) *campaign.Calendar {
	if zone == nil || zone.String() == rules.Calendar.Location().String() {
		return rules.Calendar
	}
	return campaign.NewCalendar(zone)
}

// report gathers the groups of one query.
type report struct {
	src    Source
	rules  *Rules
	query  Query
	window Window
	// cal is that of the answer, kept that by which cells are kept.
	cal, kept *campaign.Calendar
	groups    map[Key]*tallied
	// cut is the stored grouping of finest grain that answers the query, nil when none
	// is kept for its groupings; time is the one of these that joins cells by time, attribute
	// the other.
	cut             *cut
	time, attribute GroupBy
	// leads says that distinct leads are asked for: they are what costs most.
	leads bool
	// agents says that distinct agents are asked for.
	agents bool
	// spreads says that a percentile is asked for.
	spreads bool
	// steps is what is left of spreadMost.
	steps int
}

type tallied struct {
	Sums
	// agents holds each agent that was seen.
	agents Vector
}

// at returns the group of a key, made when first asked for.
func (r *report) at(key Key) *tallied {
	g := r.groups[key]
	if g == nil {
		g = &tallied{}
		r.groups[key] = g
	}
	return g
}

func (g *tallied) sawAgent(agent int64) {
	if agent != 0 {
		g.agents.Add(agent, 1)
	}
}

// spanOf returns the bounds of the time group that holds the instant, cut by the
// query's window, and the group's number.
func (r *report) spanOf(ms int64) (span Window, number int64) {
	return r.spanBy(r.time, ms)
}

// spanBy is spanOf for another grouping by time.
func (r *report) spanBy(time GroupBy, ms int64) (span Window, number int64) {
	w := r.window
	switch time {
	case ByHour:
		number = r.cal.HourOf(ms)
		span = Window{number, r.cal.HourEnd(ms)}
	case ByDay, ByWeek, ByMonth:
		first, next := dayGroup(time, r.cal.DayOf(ms))
		span, number = Window{r.cal.DayStart(first), r.cal.DayStart(next)}, int64(first)
	default:
		return w, 0
	}
	return Window{max(span.FromMs, w.FromMs), min(span.ToMs, w.ToMs)}, number
}

// dayGroup returns the first day of the group that holds a day, and of the next.
func dayGroup(g GroupBy, day campaign.Day) (first, next campaign.Day) {
	switch g {
	case ByWeek:
		return day.Week(), day.Week() + 7
	case ByMonth:
		return day.Month(), day.NextMonth()
	}
	return day, day + 1
}

// key builds a group's key in the order the groupings were named.
func (r *report) key(time, attribute int64) (key Key) {
	for i, g := range r.query.By {
		if g == r.time {
			key[i] = time
		} else {
			key[i] = attribute
		}
	}
	return key
}

// notYetDue takes out callbacks whose time is not well past. Cells hold them
// from the moment they are promised: only the passing of time makes them due.
func (r *report) notYetDue() error {
	from := max(r.window.FromMs, r.query.NowMs-CallbackGraceMs+1)
	served := !slices.ContainsFunc(r.query.By, func(g GroupBy) bool { return !serves(PromiseClock, g) })
	if !served || from >= r.window.ToMs || !r.query.asks(func(k *KPI) bool { return k.Clock == PromiseClock }) {
		return nil
	}
	folder := Folder{Rules: r.rules}
	open := Window{from, r.window.ToMs}
	return r.src.Promised(open, func(u *Unit) {
		for _, e := range folder.Fold(u) {
			if e.Clock != PromiseClock || !open.Holds(e.AtMs) {
				continue
			}
			key, _ := r.keysOf(u, &e)
			g := r.at(key)
			for _, s := range e.Sums {
				g.Add(s.Measure, -s.Value)
			}
		}
	})
}

// finish turns what was gathered into groups in order of key.
func (r *report) finish() ([]Group, error) {
	if len(r.query.By) == 0 {
		r.at(Key{})
	}
	if len(r.groups) > GroupsMost {
		return nil, campaign.Invalidf("too_many_groups", "group_by", "%d groups are over the limit of %d; ask for a shorter window or a coarser grouping", len(r.groups), GroupsMost)
	}
	out := make([]Group, 0, len(r.groups))
	for key, g := range r.groups {
		if r.spreads && len(g.service) > 0 {
			g.level(r.query.Level.of(r.rules))
		}
		if contacts := g.Get(Offered) + g.Get(CasesOpened); contacts != 0 {
			g.Add(Contacts, contacts)
		}
		if len(r.query.By) > 0 && !r.query.Concerns(&g.Sums) {
			continue
		}
		if i := slices.Index(r.query.By, ByAgent); i >= 0 {
			g.agents = nil
			if g.Get(AgentDials)+g.Get(AgentAnswers) > 0 {
				g.sawAgent(key[i])
			}
		}
		g.Add(Agents, int64(len(g.agents)))
		group := Group{Key: key, Sums: g.Sums}
		if r.query.NameAgents {
			for _, agent := range g.agents {
				group.Agents = append(group.Agents, agent.ID)
			}
		}
		out = append(out, group)
	}
	slices.SortFunc(out, func(a, b Group) int { return slices.Compare(a.Key[:], b.Key[:]) })
	return out, nil
}

// Concerns reports whether a group has a fact or a cost that any of the asked
// KPIs reads.
func (q *Query) Concerns(s *Sums) bool {
	return q.asks(func(k *KPI) bool { return k.concerns(s) })
}

// reads reports whether any of the asked KPIs reads a measure.
func (q *Query) reads(m Measure) bool {
	return q.asks(func(k *KPI) bool { return k.Numerator == m || k.Denominator == m })
}

// asks reports whether any KPI is so that is asked for and served.
func (q *Query) asks(is func(*KPI) bool) bool {
	served := func(k *KPI) bool { return k.Serves(q.By) && is(k) }
	if q.KPIs != nil {
		return slices.ContainsFunc(q.KPIs, served)
	}
	for i := range Catalogue {
		if served(&Catalogue[i]) {
			return true
		}
	}
	return false
}
