package funnel

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ringside/campaign"
)

// statesOf reads states of one agent as words, one a line: "available 0 60" from minute 0
// to 60 after 09:00 UTC, "away 60" without an end, and void behind it.
func statesOf(t *testing.T, lines string) (units []*Unit) {
	t.Helper()
	start := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC).UnixMilli()
	words := campaign.KindState.Fields()[campaign.StateState].Choices
	for line := range strings.Lines(lines) {
		f := strings.Fields(line)
		r := &Record{Kind: campaign.KindState, Agent: 1, Content: campaign.Content{Values: make([]campaign.Value, len(campaign.KindState.Fields()))}, NextMs: campaign.None}
		set := func(field int, v campaign.Value) { r.Values[field], r.Named = v, r.Named.With(field) }
		set(campaign.StateAgent, campaign.Value{Text: "ann"})
		set(campaign.StateState, campaign.Value{Int: int64(slices.Index(words, f[0]) + 1)})
		set(campaign.StateFrom, campaign.Value{Int: start + seconds(t, f[1])*60})
		for _, more := range f[2:] {
			if more == "void" {
				set(campaign.StateVoid, campaign.Value{Int: 1})
			} else {
				set(campaign.StateTo, campaign.Value{Int: start + seconds(t, more)*60})
			}
		}
		units = append(units, &Unit{Lead: Lead{Number: int64(len(units) + 1), Record: r}})
	}
	for _, u := range units {
		for _, o := range units {
			if o.Record.Thread(campaign.KindState) != "" && o.AtMs() > u.AtMs() && (u.Record.NextMs == campaign.None || o.AtMs() < u.Record.NextMs) {
				u.Record.NextMs = o.AtMs()
			}
		}
	}
	return units
}

// TestStateFigures works every KPI of agents' states by hand; figures are in seconds.
func TestStateFigures(t *testing.T) {
	worked := map[string]bool{}
	const shift = "available 0 20\n on_call 20 65\n wrap 65 80\n away 80 100\n offline 100 700"
	for _, c := range []struct{ name, states, want string }{
		{"nobody", "", "login_time 0/-; occupancy 0/0; utilization 0/0; away_share 0/0; states_open 0/-"},
		{"a shift", shift, "login_time 6000000/-; occupancy 3600000/4800000; utilization 4800000/6000000; away_share 1200000/6000000; state_overlap 0/-; state_gap 0/-"},
		{"the same without ends", "available 0\n on_call 20\n wrap 65\n away 80\n offline 100", "login_time 6000000/-; occupancy 3600000/4800000; away_share 1200000/6000000; states_open 1/-"},
		{"two states at once are not added up", "available 0 60\n on_call 30 90", "login_time 5400000/-; occupancy 3600000/5400000; state_overlap 1800000/-"},
		{"the next state ends the one before for good", "available 0 60\n on_call 10 20", "login_time 1200000/-; state_overlap 3000000/-"},
		{"nothing said is a gap", "available 0 60\n away 80 90", "login_time 4200000/-; state_gap 1200000/-"},
		{"after offline there is no gap", "available 0 60\n offline 60 70\n available 100 110", "state_gap 0/-; login_time 4200000/-"},
		{"four hours are a gap", "available 0 60\n available 300 310", "state_gap 14400000/-"},
		{"more are time off", "available 0 60\n available 301 310", "state_gap 0/-"},
		{"one that never ended counts for a day", "available 0\n away 3000 3010", "login_time 87000000/-; away_share 600000/87000000"},
		{"the last one is open", "available 0 60\n away 60", "states_open 1/-; login_time 3600000/-"},
		{"void states are none", "available 0 60\n on_call 30 90 void", "login_time 3600000/-; state_overlap 0/-; occupancy 0/3600000"},
		{"a published scenario, its seconds as minutes: 8 logged in, 4 of them paused, in two goes", "available 0 2\n away 2 4\n offline 4 6\n available 6 8\n away 8 10\n offline 10", "login_time 480000/-; away_share 240000/480000"},
		{"a published contact, its seconds as minutes: 7 in the queue, 33 talked, 32 of work after it, 65 handled", "available 0 7\n on_call 7 40\n wrap 40 72", "occupancy 3900000/4320000; login_time 4320000/-"},
		{"published conversations of 2 and 3, one with 2 of wrap-up: 7 of an agent's time", "on_call 0 2\n on_call 4 7\n wrap 7 9", "occupancy 420000/420000; state_gap 120000/-"},
		{"being gone is in no figure", "offline 0 60", "login_time 0/-; states_open 0/-"},
	} {
		rules := &Rules{Calendar: campaign.NewCalendar(time.UTC)}
		w := Window{FromMs: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC).UnixMilli(), ToMs: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC).UnixMilli()}
		book, err := NewBook(rules, Held(statesOf(t, c.states)), nil)
		if err != nil {
			t.Fatal(err)
		}
		groups, err := Compute(book, rules, Query{Window: w, KPIs: KPIsOf(stateKPIs)})
		if err != nil {
			t.Fatal(err)
		}
		for want := range strings.SplitSeq(c.want, "; ") {
			id, _, _ := strings.Cut(want, " ")
			if got := id + " " + worded(Find(id).Figure(&groups[0].Sums)); got != want {
				t.Errorf("%s: got %s, want %s", c.name, got, want)
			}
			worked[id] = true
		}
	}
	for _, k := range stateKPIs {
		if !worked[k.ID] {
			t.Errorf("%s is worked by no case", k.ID)
		}
	}
}

// TestValuesOfDurations: a value is in the KPI's unit, whichever of its parts are
// durations; also inside a formula.
func TestValuesOfDurations(t *testing.T) {
	var s Sums
	s.Add(LoggedMs, 2*3_600_000)
	s.Add(StaffedMs, 3_600_000)
	s.Add(BusyMs, 2_700_000)
	s.Add(Sales, 3)
	for id, want := range map[string]float64{"login_time": 7200, "occupancy": 0.75, "utilization": 0.5, "sales_per_hour": 1.5} {
		k := Find(id)
		f := k.Figure(&s)
		exact, _ := f.Exact().Float64()
		formula, _ := read{kpi: k}.of(&s).Float64()
		if f.Value() != want || exact != want || formula != want {
			t.Errorf("%s is %v, exactly %v, %v in a formula; want %v", id, f.Value(), exact, formula, want)
		}
	}
}
