package funnel

import "ringside/campaign"

// GapMostMs is how long after a state of an agent the next may begin so that the time
// between is a gap; longer ones are time off.
const GapMostMs = 4 * 3_600_000

// state is what an agent's state adds, an hour at a time. An agent is in one state at a
// time: the next one ends the one before, and what that had claimed beyond is overlap.
// One without an end lasts until the next, and adds nothing before there is one.
func (f *Folder) state(u *Unit) {
	c := u.Record
	if c.Int(campaign.StateVoid) == 1 || !c.Given(campaign.StateFrom) || !c.Given(campaign.StateState) {
		return
	}
	from, state, told := u.AtMs(), campaign.AgentState(c.Int(campaign.StateState)), c.Given(campaign.StateTo)
	to := c.NextMs
	switch {
	case told:
		to = max(from, c.Int(campaign.StateTo))
	case to == campaign.None:
		f.stand(u, StateClock, from)
		f.add(StatesOpen, 1)
		return
	}
	claimed := min(to, from+campaign.StateMostMs)
	to = claimed
	if c.NextMs != campaign.None {
		to = min(to, c.NextMs)
	}
	f.pieces(from, to, func(at, ms int64) {
		if state == campaign.Offline {
			return
		}
		f.stand(u, StateClock, at)
		f.add(LoggedMs, ms)
		if state == campaign.Away {
			f.add(AwayMs, ms)
			return
		}
		f.add(StaffedMs, ms)
		if state != campaign.Available {
			f.add(BusyMs, ms)
		}
	})
	f.pieces(to, claimed, func(at, ms int64) {
		f.stand(u, StateClock, at)
		f.add(StateOverlapMs, ms)
	})
	if told && state != campaign.Offline && c.NextMs != campaign.None && c.NextMs-to <= GapMostMs {
		f.pieces(to, c.NextMs, func(at, ms int64) {
			f.stand(u, StateClock, at)
			f.add(StateGapMs, ms)
		})
	}
}

// AgentNow is what an agent was last said to be doing, and since when.
type AgentNow struct {
	Agent   string
	State   campaign.AgentState
	SinceMs int64
}

// pieces cuts a span of time at the bounds of hours, and at what else the folder is told
// to cut it at.
func (f *Folder) pieces(from, to int64, each func(at, ms int64)) {
	for at := from; at < to; {
		next := min(to, f.Rules.Calendar.HourEnd(at))
		if f.Beside != nil {
			next = min(next, f.Beside.HourEnd(at))
		}
		for _, edge := range [...]int64{f.Edges.FromMs, f.Edges.ToMs} {
			if edge > at {
				next = min(next, edge)
			}
		}
		each(at, next-at)
		at = next
	}
}

// wholeHours widens windows to where hours begin, so that what began in one of these
// before the window is among what is found.
func wholeHours(windows []Window, cal *campaign.Calendar) []Window {
	wide := make([]Window, len(windows))
	for i, w := range windows {
		wide[i] = Window{cal.HourOf(w.FromMs), w.ToMs}
	}
	return wide
}
