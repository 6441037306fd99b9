package funnel

import (
	"slices"

	"ringside/campaign"
)

// Shifts are what a campaign's source knows of how long agents were logged in: facts of
// the whole installation, whose days are those of its zone.
type Shifts struct {
	Source Source
	Rules  *Rules
	// Of says whose time a number of ByShift stands for, by the campaign's number of the
	// agent, and on what it was spent.
	Of func(shift int64) (agent int64, spent Spent)
	// Cards are the labour rates of an agent.
	Cards func(agent int64) []campaign.LabourRate
	// Handled is how long each agent handled calls of each campaign and queue, by the
	// installation's days of a window. Of these the campaign stands at Mine.
	Handled func(days Window) (byDay map[AgentDay][]int64, err error)
	Mine    int
}

// Spent says on what an agent's time was spent.
type Spent int

// Time is spent on the campaign that is asked about, on another, or on none that was named.
const (
	Elsewhere Spent = iota
	Here
	Anywhere
)

// AgentDay is one agent on one of the installation's days.
type AgentDay struct {
	Agent int64
	Day   campaign.Day
}

// labour tells what agents cost by the time that they were logged in (kpis.md §6), as far
// as anybody posted it: an agent whose states make up any of a day is paid by these on that
// day, whatever calls say; any other by how long calls were handled.
//
// Time spent on a campaign is its own. What names none is split by what each campaign and
// queue had of the agent's handling on that day, in milliseconds, the largest remainders
// getting what does not come out even. What an agent cost is rounded to the millionth by
// month and card. So each amount is a function of the instant until which it is told, and
// any cut of a window adds up.
type labour struct {
	*report
	shifts     *Shifts
	attributes []GroupBy
	// step is the grouping by time in which time is gathered, fine that of the pieces.
	step, fine GroupBy
	monthMs    int64
	paid       map[AgentDay]bool
	weights    map[AgentDay][]int64
	// loose is what of an agent's day named no campaign so far, and what of it is given.
	loose map[AgentDay][2]int64
	wages map[wage][2]int64
	// before and pieces are what has fallen by key, before the window and within.
	before, pieces map[Key]int64
}

// wage is what is rounded together: the time of an agent under a card in a month.
type wage struct {
	agent int64
	card  *campaign.LabourRate
	month campaign.Day
}

// paidLabour returns what labour costs before the window, from the month's start on, and in
// its pieces of fine time; ok is false where calls alone tell it.
func (r *report) paidLabour(attributes []GroupBy, fine GroupBy) (before, pieces []Group, ok bool, err error) {
	shifts, err := r.src.Shifts()
	if err != nil || shifts == nil || len(r.rules.Rates.Labour) == 0 {
		return nil, nil, false, err
	}
	l := &labour{report: r, shifts: shifts, attributes: attributes, step: ByDay, fine: fine, monthMs: r.cal.DayStart(r.monthOf(r.window.FromMs)),
		loose: map[AgentDay][2]int64{}, wages: map[wage][2]int64{}, before: map[Key]int64{}, pieces: map[Key]int64{}}
	if fine == ByHour {
		l.step = ByHour
	}
	days := shifts.days(Window{l.monthMs, r.window.ToMs})
	var split bool
	if l.paid, split, err = shifts.paidDays(days); err != nil || len(l.paid) == 0 {
		return nil, nil, false, err
	}
	if split {
		if l.weights, err = shifts.Handled(days); err != nil {
			return nil, nil, false, err
		}
	}
	for _, w := range l.windows(days.FromMs) {
		if err := l.handling(w); err != nil {
			return nil, nil, false, err
		}
		if err := l.logged(w); err != nil {
			return nil, nil, false, err
		}
	}
	return labourGroups(l.before), labourGroups(l.pieces), true, nil
}

// days are the whole days of the installation that a window meets.
func (s *Shifts) days(w Window) Window {
	cal := s.Rules.Calendar
	return Window{cal.DayStart(cal.DayOf(w.FromMs)), cal.DayStart(cal.DayOf(w.ToMs-1) + 1)}
}

// paidDays are the days on which agents are paid by the time they were logged in; split
// says that some of it names no campaign.
func (s *Shifts) paidDays(days Window) (paid map[AgentDay]bool, split bool, err error) {
	groups, err := Compute(s.Source, s.Rules, Query{Window: days, By: []GroupBy{ByDay, ByShift}, KPIs: []*KPI{LoggedTime}})
	paid = map[AgentDay]bool{}
	for i := range groups {
		if groups[i].Sums.Get(LoggedMs) > 0 {
			agent, spent := s.Of(groups[i].Key[1])
			paid[AgentDay{agent, campaign.Day(groups[i].Key[0])}] = true
			split = split || spent == Anywhere
		}
	}
	return paid, split, err
}

// windows cuts all time up to the window's end where the month and the window begin, where
// a card begins or ends, and, as buckets are the campaign's, at the installation's days where
// these are others.
func (l *labour) windows(fromMs int64) (all []Window) {
	edges := []int64{fromMs, l.monthMs, l.window.FromMs, l.window.ToMs}
	for _, card := range l.rules.Rates.Labour {
		edges = append(edges, card.FromMs, card.ToMs)
	}
	if here := l.shifts.Rules.Calendar; here.Location().String() != l.cal.Location().String() {
		for at := fromMs; at < l.window.ToMs; at = here.DayStart(here.DayOf(at) + 1) {
			edges = append(edges, at)
		}
	}
	slices.Sort(edges)
	edges = slices.Compact(edges)
	for i := 1; i < len(edges); i++ {
		if edges[i-1] >= fromMs && edges[i] <= l.window.ToMs {
			all = append(all, Window{edges[i-1], edges[i]})
		}
	}
	return all
}

// handling gives what calls cost that nobody is paid for by the time logged in.
func (l *labour) handling(w Window) error {
	if w.FromMs < l.monthMs {
		return nil
	}
	by := append([]GroupBy{l.step}, l.attributes...)
	at := slices.Index(by, ByAgent)
	if at < 0 {
		at, by = len(by), append(by, ByAgent)
	}
	groups, err := l.beside(Query{Window: w, By: by, KPIs: callPrices[1:]})
	for i := range groups {
		g := &groups[i]
		began := max(w.FromMs, startOf(l.cal, l.step, g.Key[0]))
		if l.paid[AgentDay{g.Key[at], l.shifts.Rules.Calendar.DayOf(began)}] {
			continue
		}
		var key Key
		copy(key[:], g.Key[1:1+len(l.attributes)])
		l.give(began, key, g.Sums.Get(LabourMicro))
	}
	return err
}

// logged gives what agents are paid for the time they were logged in.
func (l *labour) logged(w Window) error {
	groups, err := Compute(l.shifts.Source, l.shifts.Rules, Query{Window: w, By: []GroupBy{l.step, ByShift}, KPIs: []*KPI{LoggedTime}, Zone: l.cal.Location()})
	for i := range groups {
		ms := groups[i].Sums.Get(LoggedMs)
		agent, spent := l.shifts.Of(groups[i].Key[1])
		began := max(w.FromMs, startOf(l.cal, l.step, groups[i].Key[0]))
		switch spent {
		case Elsewhere:
			continue
		case Anywhere:
			ms = l.share(AgentDay{agent, l.shifts.Rules.Calendar.DayOf(began)}, ms)
		}
		if began >= l.monthMs {
			l.give(began, l.keyOf(agent), l.wage(agent, began, ms))
		}
	}
	return err
}

// share is what of more time that names no campaign falls to this one.
func (l *labour) share(day AgentDay, ms int64) int64 {
	weights := l.weights[day]
	if weights == nil {
		return 0
	}
	so := l.loose[day]
	all := so[0] + ms
	given := campaign.Shares(all, weights)[l.shifts.Mine]
	l.loose[day] = [2]int64{all, given}
	return given - so[1]
}

// wage is what more time of an agent costs, in millionths.
func (l *labour) wage(agent, atMs, ms int64) int64 {
	card := cardAt(l.shifts.Cards(agent), l.rules.Labour[0], atMs)
	if card == nil {
		return 0
	}
	of := wage{agent, card, l.monthOf(atMs)}
	so := l.wages[of]
	all := so[0] + ms
	cost := card.Micro(max(0, all))
	l.wages[of] = [2]int64{all, cost}
	return cost - so[1]
}

// keyOf is the key of what no call tells, but an agent.
func (l *labour) keyOf(agent int64) (key Key) {
	for i, g := range l.attributes {
		switch g {
		case ByAgent:
			key[i] = agent
		case ByTeam:
			key[i] = l.query.Teams[agent]
		case ByAttemptNo:
			key[i] = noAttempt
		}
	}
	return key
}

// give adds what falls to a key at an instant.
func (l *labour) give(atMs int64, attributes Key, micro int64) {
	if atMs < l.window.FromMs {
		l.before[attributes] += micro
		return
	}
	key := Key{timeKey(l.cal, l.fine, atMs)}
	copy(key[1:], attributes[:len(l.attributes)])
	l.pieces[key] += micro
}

func labourGroups(of map[Key]int64) []Group {
	groups := make([]Group, 0, len(of))
	for key, micro := range of {
		g := Group{Key: key}
		g.Sums.Add(LabourMicro, micro)
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b Group) int { return slices.Compare(a.Key[:], b.Key[:]) })
	return groups
}

// unpaid takes out of events what calls cost whose agents are paid by the time logged in.
func (s *Shifts) unpaid(paid map[AgentDay]bool, events []Event) {
	for i := range events {
		e := &events[i]
		if len(paid) > 0 && paid[AgentDay{e.Agent, s.Rules.Calendar.DayOf(e.AtMs)}] {
			e.Sums = slices.DeleteFunc(slices.Clone(e.Sums), func(s Sum) bool { return s.Measure == LabourMicro })
		}
	}
}
