package funnel

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"ringside/campaign"
)

// Pool adds up the reports of several campaigns, or of several queues. Their groups join where their
// keys read the same: days by local date, hours by instant, agents by name. A
// lead belongs to one campaign, so distinct leads add up; an agent is one person
// everywhere, so agents are counted anew. With ByCampaign or ByQueue among the
// groupings each keeps groups of its own, where it has facts that the KPIs read.
// The reports' queries must have named their agents.
func Pool(reports []Report, by []GroupBy, kpis []*KPI) (whole *Sums, groups []ReportGroup) {
	total := pooled{agents: map[string]bool{}}
	byKey := map[string]*pooled{}
	for i := range reports {
		r := &reports[i]
		total.add(r.Whole, r.WholeAgents)
		for _, g := range r.Groups {
			key := poolKey(r, by, g.Key)
			name := fmt.Sprintf("%q", key)
			if byKey[name] == nil {
				byKey[name] = &pooled{key: key, agents: map[string]bool{}}
			}
			byKey[name].add(g.Sums, g.Agents)
		}
	}
	asked := Query{By: WithoutCampaign(by), KPIs: kpis}
	for _, p := range byKey {
		if !asked.Concerns(&p.sums) {
			continue
		}
		groups = append(groups, ReportGroup{Key: p.key, Sums: p.finish(by)})
	}
	slices.SortFunc(groups, func(a, b ReportGroup) int { return slices.CompareFunc(a.Key, b.Key, compareLabels) })
	return total.finish(nil), groups
}

// pooled is one group of a pooled report under way.
type pooled struct {
	key    []any
	sums   Sums
	agents map[string]bool
}

func (p *pooled) add(s *Sums, agents []string) {
	p.sums.AddAll(s)
	for _, a := range agents {
		p.agents[a] = true
	}
}

// finish counts the agents, each once.
func (p *pooled) finish(by []GroupBy) *Sums {
	agents := int64(len(p.agents))
	if slices.Contains(by, ByAgent) {
		agents = min(1, p.sums.Get(AgentDials)+p.sums.Get(AgentAnswers))
	}
	p.sums.Add(Agents, agents-p.sums.Get(Agents))
	return &p.sums
}

// GroupingsOf returns those of the groupings that a campaign, a queue or the installation
// answers by itself: what it is the pool knows.
func GroupingsOf(of *campaign.Campaign, by []GroupBy) []GroupBy {
	by = WithoutCampaign(by)
	if of.Queue != nil {
		by = slices.DeleteFunc(by, func(g GroupBy) bool { return g == ByQueue })
	}
	return by
}

// poolKey is a campaign's key with the campaign, or queue, where the groupings name it,
// and hours as instants: campaigns of several zones have one hour of several labels.
func poolKey(r *Report, by []GroupBy, key []any) []any {
	out, inner := make([]any, 0, len(by)), GroupingsOf(&r.Campaign, by)
	for _, g := range by {
		if !slices.Contains(inner, g) {
			_, ref := r.Campaign.Named()
			out = append(out, ref)
			continue
		}
		value := key[slices.Index(inner, g)]
		if g == ByHour || g == ByHalfHour {
			if at, err := time.Parse(time.RFC3339, value.(string)); err == nil {
				value = at.UTC().Format(time.RFC3339)
			}
		}
		out = append(out, value)
	}
	return out
}

// compareLabels orders the words of keys: texts and numbers ascending, facts
// without the attribute last.
func compareLabels(a, b any) int {
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			return cmp.Compare(x, y)
		}
		return -1
	case int64:
		if y, ok := b.(int64); ok {
			return cmp.Compare(x, y)
		}
		return -1
	}
	if b == nil {
		return 0
	}
	return 1
}
