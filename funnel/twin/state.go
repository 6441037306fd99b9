package twin

import (
	"fmt"
	"maps"
	"math/big"
	"math/rand/v2"
	"slices"
	"sort"
	"time"
)

var stateFields = []string{"agent", "state", "from", "to", "campaign", "void"}

// States is everything ever posted about what agents do, read the slow way: kpis.md §4.
//
// Decided here, where the contract is silent: an agent's next state ends the one before,
// and what that claimed beyond is overlap; one without an end lasts until the next; none
// counts for more than 24 hours; up to 4 hours between the end of a state that is not
// offline and the next are a gap.
type States struct {
	Teams map[string]string

	facts map[string]*versions
	posts []arrived
}

// spell is time of an agent that counts as one thing.
type spell struct {
	agent, what, on string // the campaign, "" for none
	from, to        time.Time
}

// Post takes one state as posted.
func (s *States) Post(item map[string]any, arrival int64) {
	if s.facts == nil {
		s.facts = map[string]*versions{}
	}
	s.posts = append(s.posts, arrived{item: maps.Clone(item), arrival: arrival})
	version(s.facts, text(item["agent"])+" "+instant(item["from"]).String()).add(stateFields, item, arrival)
}

// AsKnown returns what had arrived by an instant.
func (s *States) AsKnown(at time.Time) *States {
	then := &States{Teams: s.Teams}
	for _, p := range s.posts {
		if p.arrival <= at.UnixMicro() {
			then.Post(p.item, p.arrival)
		}
	}
	return then
}

// spells sorts the states of each agent and says what every moment counts as.
func (s *States) spells() (out []spell) {
	of := map[string][]fields{}
	for _, v := range s.facts {
		if f := v.merge(); !isTrue(f["void"]) {
			of[text(f["agent"])] = append(of[text(f["agent"])], f)
		}
	}
	for agent, states := range of {
		sort.Slice(states, func(i, j int) bool { return instant(states[i]["from"]).Before(instant(states[j]["from"])) })
		for i, f := range states {
			var next time.Time
			if i+1 < len(states) {
				next = instant(states[i+1]["from"])
			}
			from, what := instant(f["from"]), text(f["state"])
			to, told := instant(f["to"]), f["to"] != nil
			if !told && next.IsZero() {
				out = append(out, spell{agent, "open", "", from, from})
				continue
			}
			if !told {
				to = next
			}
			if most := from.Add(24 * time.Hour); to.After(most) {
				to = most
			}
			if !next.IsZero() && next.Before(to) {
				out = append(out, spell{agent, "overlap", "", next, to})
				to = next
			}
			out = append(out, spell{agent, what, text(f["campaign"]), from, to})
			if told && what != "offline" && !next.IsZero() && next.After(to) && next.Sub(to) <= 4*time.Hour {
				out = append(out, spell{agent, "gap", "", to, next})
			}
		}
	}
	return out
}

// KPIs answers what GET /v1/service/kpis says of states. Time is cut at every quarter of
// an hour, as the hours of all zones begin at one.
func (s *States) KPIs(from, to time.Time, groupBy []string, zone *time.Location) []Group {
	groups, keys := map[string]map[string]int64{}, map[string]map[string]any{}
	if len(groupBy) == 0 {
		groups[""] = map[string]int64{}
	}
	add := func(sp spell, at time.Time, ms int64) {
		if at.Before(from) || !at.Before(to) {
			return
		}
		key := map[string]any{}
		for _, g := range groupBy {
			switch g {
			case "agent":
				key[g] = sp.agent
			case "team":
				key[g] = orNull(s.Teams[sp.agent])
			default:
				key[g] = (&campaign{zone: zone}).keyValue(g, fact{at: at}, at.In(zone))
			}
		}
		name := ""
		if len(groupBy) > 0 {
			name = fmt.Sprint(key)
		}
		if groups[name] == nil {
			groups[name] = map[string]int64{}
		}
		groups[name][sp.what] += ms
		keys[name] = key
	}
	for _, sp := range s.spells() {
		if sp.what == "open" {
			add(sp, sp.from, 1)
		}
		for at := sp.from; at.Before(sp.to); {
			next := at.Truncate(15 * time.Minute).Add(15 * time.Minute)
			for _, edge := range []time.Time{sp.to, from, to} {
				if edge.After(at) && edge.Before(next) {
					next = edge
				}
			}
			add(sp, at, next.Sub(at).Milliseconds())
			at = next
		}
	}
	var out []Group
	for name, spent := range groups {
		if len(groupBy) > 0 && len(spent) == 1 && spent["offline"] > 0 {
			continue // nothing of it is in any figure
		}
		out = append(out, Group{Key: keys[name], Figures: stateFigures(spent)})
	}
	sort.Slice(out, func(i, j int) bool { return compareKeys(groupBy, out[i].Key, out[j].Key) < 0 })
	return out
}

func stateFigures(spent map[string]int64) map[string]Figure {
	sum := func(unit int64, states ...string) *big.Rat {
		var n int64
		for _, what := range states {
			n += spent[what]
		}
		return big.NewRat(n, unit)
	}
	busy, staffed := sum(1000, "on_call", "wrap"), sum(1000, "on_call", "wrap", "available")
	logged := sum(1000, "on_call", "wrap", "available", "away")
	return map[string]Figure{
		"login_time": {Numerator: logged}, "occupancy": {Numerator: busy, Denominator: staffed}, "utilization": {Numerator: staffed, Denominator: logged},
		"away_share": {Numerator: sum(1000, "away"), Denominator: logged}, "state_overlap": {Numerator: sum(1000, "overlap")},
		"state_gap": {Numerator: sum(1000, "gap")}, "states_open": {Numerator: sum(1, "open")},
	}
}

// StatesTrial draws random states of agents: with and without ends, overlapping, apart,
// of more than a day, amended, void.
type StatesTrial struct {
	*Trial
	States *States
	Zone   string
}

// NewStatesTrial begins the trial of a seed.
func NewStatesTrial(seed uint64) *StatesTrial {
	r := &Trial{Rand: rand.New(rand.NewPCG(seed, 80))}
	place := Pick(r, trialZones...)
	r.begin("s", place.zone, "EUR", place.base)
	return &StatesTrial{r, &States{Teams: map[string]string{}}, place.zone}
}

// Posts draws what is posted, in an order in which undated posts make sense.
func (r *StatesTrial) Posts() (out []map[string]any) {
	return r.states("spring", "autumn", nil)
}

// states draws what agents do, for some of the campaigns, of which nil is none.
func (r *Trial) states(campaigns ...any) (out []map[string]any) {
	last := map[string]time.Time{}
	for range 1 + r.IntN(40) {
		agent := Pick(r, "ann", "bob", "zoé")
		from := r.moment().Truncate(time.Millisecond)
		if at, known := last[agent]; known && r.Maybe(60) {
			from = at.Add(Pick(r, 0, time.Minute, 20*time.Minute, 4*time.Hour, 4*time.Hour+time.Millisecond, -10*time.Minute))
		}
		to := from.Add(Pick(r, 0, time.Second, 7*time.Minute, 50*time.Minute, 3*time.Hour, 24*time.Hour, time.Duration(r.IntN(9_000_000))*time.Millisecond))
		last[agent] = to
		for range 1 + r.IntN(3) {
			state := Pick(r, "available", "on_call", "wrap", "away", "offline")
			item := map[string]any{"agent": agent, "state": state, "from": r.instant(from)}
			if state == "offline" && r.Maybe(30) {
				item["to"] = r.instant(from.Add(60 * time.Hour))
			} else {
				r.set(item, 85, "to", Pick[any](r, r.instant(to), r.instant(to), r.instant(to), nil))
			}
			r.set(item, 8, "void", Pick[any](r, true, false))
			r.set(item, 30, "campaign", Pick(r, campaigns...))
			out = append(out, r.stampOn(item))
		}
	}
	return slices.Clip(out)
}

// Counted is how many states add to the logged-in time of a window.
func (s *States) Counted(from, to time.Time) (n int) {
	for _, sp := range s.spells() {
		switch sp.what {
		case "available", "on_call", "wrap", "away":
			if sp.from.Before(sp.to) && sp.from.Before(to) && sp.to.After(from) && from.Before(to) {
				n++
			}
		}
	}
	return n
}
