package db

import (
	"errors"
	"slices"

	"ringside/campaign"
	"ringside/funnel"
)

// logged is addLogged where the query asks a campaign for it.
func (s *Store) logged(t *tx, r *Report, q funnel.Query) error {
	if r.Campaign.Queue != nil || r.Campaign.Service != nil || !q.ReadsLogged() {
		return nil
	}
	return s.addLogged(t, r, q)
}

// addLogged adds to a campaign's report how long agents were logged in for it, which
// states tell that belong to the installation. Whole days come from its cells; by agent
// the states of the window are looked through.
func (s *Store) addLogged(t *tx, r *Report, q funnel.Query) error {
	src, _, err := s.source(t, campaign.ServiceKey)
	var missing *campaign.Error
	if errors.As(err, &missing) && missing.Kind == campaign.NotFound {
		return nil // nobody told anything of the kind yet
	}
	if err != nil {
		return err
	}
	var facts funnel.Source = src
	if r.Replayed {
		if facts, err = src.replayed(r.Window, knownUs(r.AsOfMs)); err != nil {
			return err
		}
	}
	work := src.k.labelNumber(label{workLabel, r.Campaign.Ref})
	if work == 0 {
		return nil
	}
	ask := funnel.Query{Window: r.Window, KPIs: []*funnel.KPI{funnel.LoggedTime}, NowMs: r.AsOfMs, Zone: r.Campaign.Location()}
	if slices.Contains(q.By, funnel.ByTeam) {
		if ask.Teams, err = src.teams(); err != nil {
			return err
		}
	}
	spent := func(by []funnel.GroupBy) (logged []funnel.ReportGroup, err error) {
		ask.By = append(slices.Clone(by), funnel.ByWork)
		groups, err := funnel.Compute(facts, src.k.counted.rules(), ask)
		for i := range groups {
			if g := &groups[i]; g.Key[len(by)] == work {
				logged = append(logged, funnel.ReportGroup{Key: src.key(by, g.Key[:], campaign.NewCalendar(r.Campaign.Location())), Sums: &g.Sums})
			}
		}
		return logged, err
	}
	groups, err := spent(q.By)
	if err != nil {
		return err
	}
	r.AddLogged(groups)
	if len(q.By) == 0 {
		return nil // the one group is the whole
	}
	whole, err := spent(nil)
	for _, g := range whole {
		r.Whole.Add(funnel.LoggedMs, g.Sums.Get(funnel.LoggedMs))
	}
	return err
}
