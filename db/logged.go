package db

import (
	"slices"

	"ringside/campaign"
	"ringside/funnel"
)

// logged adds to a campaign's report, where the query asks for it, how long agents were
// logged in for it, which states tell that belong to the installation. The whole tells it
// also where the groups do not.
func (s *Store) logged(t *tx, r *Report, q funnel.Query) error {
	whole := funnel.Query{KPIs: funnel.Asked(q.KPIs)}
	if r.Campaign.Queue != nil || r.Campaign.Service != nil || !whole.ReadsLogged() {
		return nil
	}
	asOfUs := int64(0)
	if r.Replayed {
		asOfUs = knownUs(r.AsOfMs)
	}
	src, facts, err := s.service(t, asOfUs)
	if err != nil || src == nil {
		return err
	}
	q.KPIs = whole.KPIs
	if len(q.By) == 0 || q.ReadsLogged() {
		groups, err := src.worked(facts, r, q.By)
		if err != nil {
			return err
		}
		if r.AddLogged(groups); len(q.By) == 0 {
			return nil // the one group is the whole
		}
	}
	if q.GroupsAlone {
		return nil
	}
	all, err := src.worked(facts, r, nil)
	for _, g := range all {
		r.Whole.Add(funnel.LoggedMs, g.Sums.Get(funnel.LoggedMs))
	}
	return err
}

// worked is how long agents were logged in for the campaign of a report, one group a shift:
// several may have the same key.
func (s *source) worked(facts funnel.Source, r *Report, by []funnel.GroupBy) (all []funnel.ReportGroup, err error) {
	ask := funnel.Query{Window: r.Window, KPIs: []*funnel.KPI{funnel.LoggedTime}, NowMs: r.AsOfMs, Zone: r.Campaign.Location()}
	for _, g := range by {
		if g.Time() {
			ask.By = append(ask.By, g)
		}
	}
	ask.By = append(ask.By, funnel.ByShift)
	groups, err := funnel.Compute(facts, s.k.counted.rules(), ask)
	if err != nil {
		return nil, err
	}
	var teams map[int64]int64
	if slices.Contains(by, funnel.ByTeam) {
		if teams, err = s.teams(); err != nil {
			return nil, err
		}
	}
	for i := range groups {
		g := &groups[i]
		shift, _ := s.k.text(g.Key[len(ask.By)-1])
		agent, on := spent(&r.Campaign, shift)
		if on != funnel.Here {
			continue
		}
		number, key, times := s.k.labelNumber(label{agentLabel, agent}), make([]int64, len(by)), g.Key[:]
		for at, grouping := range by {
			switch grouping {
			case funnel.ByAgent:
				key[at] = number
			case funnel.ByTeam:
				key[at] = teams[number]
			default:
				key[at], times = times[0], times[1:]
			}
		}
		all = append(all, funnel.ReportGroup{Key: s.key(by, key, campaign.NewCalendar(r.Campaign.Location())), Sums: &g.Sums})
	}
	return all, nil
}
