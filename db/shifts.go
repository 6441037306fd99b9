package db

import (
	"errors"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"ringside/campaign"
	"ringside/funnel"
)

// shiftOf is what a state's time is numbered by for reports of campaigns: the campaign it
// was spent on, "" for none, and the agent. Neither holds a line's end.
func shiftOf(c *campaign.Content) label {
	return label{shiftLabel, c.Text(campaign.StateCampaign) + "\n" + c.Text(campaign.StateAgent)}
}

// service is the installation as facts, now or as it was known at an instant; nil where
// nobody told anything of the kind yet.
func (s *Store) service(t *tx, asOfUs int64) (*source, funnel.Source, error) {
	src, _, err := s.source(t, campaign.ServiceKey)
	var missing *campaign.Error
	if errors.As(err, &missing) && missing.Kind == campaign.NotFound {
		return nil, nil, nil
	}
	if err != nil || asOfUs == 0 {
		return src, src, err
	}
	facts, err := src.replayed(funnel.Window{}, asOfUs)
	return src, facts, err
}

// spent says on what a shift was spent, seen from a campaign, and whose it was.
func spent(of *campaign.Campaign, shift string) (agent string, on funnel.Spent) {
	named, agent, _ := strings.Cut(shift, "\n")
	switch named {
	case "":
		return agent, funnel.Anywhere
	case of.Ref, of.ID().String():
		return agent, funnel.Here
	}
	return agent, funnel.Elsewhere
}

// Shifts implements funnel.Source. Agents who never dialed are numbered for the report.
func (s *source) Shifts() (*funnel.Shifts, error) {
	if s.shifts != nil || s.k.ofService() {
		return s.shifts, nil
	}
	src, facts, err := s.store.service(s.t, s.asOfUs)
	if err != nil || src == nil {
		return nil, err
	}
	k, of := s.k.clone(), map[int64]shift{}
	for number, l := range src.k.labels.all() {
		if l.kind != shiftLabel {
			continue
		}
		agent, on := spent(&s.k.Campaign, l.body)
		numbered := label{agentLabel, agent}
		if _, known := k.labels.number(numbered); !known {
			k.learnLabel(numbered)
		}
		of[number] = shift{k.labelNumber(numbered), on}
	}
	if len(of) == 0 {
		return nil, nil
	}
	s.k = k
	s.shifts = &funnel.Shifts{Source: facts, Rules: src.k.counted.rules(),
		Of:    func(number int64) (int64, funnel.Spent) { return of[number].agent, of[number].spent },
		Cards: func(agent int64) []campaign.LabourRate { return s.k.counted.labour[agent] }}
	s.shifts.Handled = func(days funnel.Window) (map[funnel.AgentDay][]int64, error) {
		return s.handled(s.shifts, days)
	}
	return s.shifts, nil
}

// shift is a number of funnel.ByShift, seen from a campaign.
type shift struct {
	agent int64
	spent funnel.Spent
}

// handled is funnel.Shifts.Handled.
func (s *source) handled(shifts *funnel.Shifts, days funnel.Window) (map[funnel.AgentDay][]int64, error) {
	places, err := s.places()
	if err != nil {
		return nil, err
	}
	byDay := map[funnel.AgentDay][]int64{}
	shifts.Mine = slices.Index(places, s.k.Ref)
	for i, ref := range places {
		src, _, err := s.store.source(s.t, ref)
		if err != nil {
			return nil, err
		}
		var facts funnel.Source = src
		if s.asOfUs != 0 {
			if facts, src.k, err = replay(s.t, src.k, s.asOfUs); err != nil {
				return nil, err
			}
		}
		kpi, measure := "outbound_aht", funnel.HandleMs
		if src.k.ofService() {
			kpi, measure = "aht", funnel.CallHandleMs
		}
		groups, err := funnel.Compute(facts, src.k.counted.rules(), funnel.Query{Window: days, By: []funnel.GroupBy{funnel.ByDay, funnel.ByAgent},
			KPIs: []*funnel.KPI{funnel.Find(kpi)}, Zone: shifts.Rules.Calendar.Location()})
		if err != nil {
			return nil, err
		}
		for g := range groups {
			agent, _ := src.k.text(groups[g].Key[1])
			day := funnel.AgentDay{Agent: s.k.labelNumber(label{agentLabel, agent}), Day: campaign.Day(groups[g].Key[0])}
			if day.Agent == 0 {
				continue // nobody's, or of somebody of whom no state is known
			}
			if byDay[day] == nil {
				byDay[day] = make([]int64, len(places))
			}
			byDay[day][i] += groups[g].Sums.Get(measure)
		}
	}
	return byDay, nil
}

// places lists all campaigns and queues in order of the store's names of them.
func (s *source) places() (refs []string, err error) {
	err = s.t.query(func(row *sqlx.Rows) error {
		var ref string
		err := row.Scan(&ref)
		if refs = append(refs, ref); ref == campaign.ServiceKey {
			refs = refs[:len(refs)-1]
		}
		return err
	}, "select ref from campaigns")
	slices.SortFunc(refs, strings.Compare)
	return refs, err
}
