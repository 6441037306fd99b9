package funnel

import "slices"

// stateKPIs are those of agents' states.
var stateKPIs = []KPI{
	{ID: "login_time", Name: "Logged-in time", Clock: StateClock, Groupings: byLogged, Unit: Seconds, Direction: Neutral, Numerator: LoggedMs,
		Formula:     "time available, on calls, in wrap-up and away",
		Description: "How long agents were there, in any state but offline. An agent is in one state at a time: the next one ends the one before, so nothing is counted twice; see state_overlap. A state without an end counts once the next begins, one of more than 24 hours for 24.",
		Example:     "Available from 9 to 10, on a call until 10:05, away until 10:15, then offline: 75 minutes."},
	{ID: "occupancy", Name: "Occupancy", Clock: StateClock, Groupings: byLogged, Unit: Proportion, Direction: Neutral, Numerator: BusyMs, Denominator: StaffedMs,
		Formula:     "(on call + wrap-up) / (on call + wrap-up + available)",
		Description: "How much of the time that agents could take calls they were busy with them. Over 85 to 90 % for long wears people out.",
		Example:     "45 minutes on calls, 15 in wrap-up, 20 available: 60/80."},
	{ID: "utilization", Name: "Utilization", Clock: StateClock, Groupings: byLogged, Unit: Proportion, Direction: Higher, Numerator: StaffedMs, Denominator: LoggedMs,
		Formula:     "(on call + wrap-up + available) / logged-in time",
		Description: "How much of the time that agents were there they took calls or could.",
		Example:     "80 minutes on calls, in wrap-up or available, 20 away: 80/100."},
	{ID: "away_share", Name: "Away share", Clock: StateClock, Groupings: byLogged, Unit: Proportion, Direction: Lower, Numerator: AwayMs, Denominator: LoggedMs,
		Formula:     "away / logged-in time",
		Description: "Breaks, training and other pauses. With utilization it makes one.",
		Example:     "80 minutes on calls, in wrap-up or available, 20 away: 20/100."},
	{ID: "state_overlap", Name: "Overlap of states", Clock: StateClock, Groupings: byLogged, Unit: Seconds, Direction: Lower, Numerator: StateOverlapMs,
		Formula:     "time that states claim after the agent's next state began",
		Description: "What was posted twice over: an agent's next state ends the one before, whatever that one's own end. It is in no other figure.",
		Example:     "Available from 9 to 10, on a call from 9:30 to 10:30: 30 minutes, and an hour and a half logged in."},
	{ID: "state_gap", Name: "Gaps between states", Clock: StateClock, Groupings: byLogged, Unit: Seconds, Direction: Lower, Numerator: StateGapMs,
		Formula:     "time between the end of a state and the agent's next state, up to 4 hours",
		Description: "Time of which nothing was posted, and which is in no other figure. After offline there is none, and more than 4 hours are time off.",
		Example:     "Available from 9 to 10, away from 10:20 to 10:30: 20 minutes."},
	{ID: "states_open", Name: "States without an end", Clock: StateClock, Groupings: byLogged, Unit: Count, Direction: Neutral, Numerator: StatesOpen,
		Formula:     "states that no end was posted of, and no next state of the agent",
		Description: "What agents are in now, or what was never ended. Such a state adds nothing to the other figures yet.",
		Example:     "Available since 9, and nothing since: 1."},
}

// LoggedTime is asked for by reports of campaigns, which are told what agents spent on
// each, by ByShift.
var LoggedTime = &KPI{ID: "login_time", Clock: StateClock, Unit: Seconds, Numerator: LoggedMs, Groupings: append(slices.Clone(byLogged), ByShift)}

// ReadsLogged reports whether any KPI that is asked for reads the time agents were
// logged in.
func (q *Query) ReadsLogged() bool { return q.reads(LoggedMs) }

// AddLogged adds to the groups of a campaign's report how long agents were logged in:
// each to the group of its key, or to one of its own where there were only agents.
func (r *Report) AddLogged(logged []ReportGroup) {
	for _, l := range logged {
		at := slices.IndexFunc(r.Groups, func(g ReportGroup) bool { return slices.Equal(g.Key, l.Key) })
		if at < 0 {
			at, _ = slices.BinarySearchFunc(r.Groups, l.Key, func(g ReportGroup, key []any) int { return slices.CompareFunc(g.Key, key, compareLabels) })
			r.Groups = slices.Insert(r.Groups, at, ReportGroup{Key: l.Key, Sums: &Sums{}})
		}
		r.Groups[at].Sums.Add(LoggedMs, l.Sums.Get(LoggedMs))
	}
}
