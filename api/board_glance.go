package api

import (
	"cmp"
	"context"
	"slices"

	"ringside/api/web"
	"ringside/funnel"
)

const (
	// helpFew is how many dials it takes to say of an agent that they sell less.
	helpFew = 50
	// helpShown and hoursShown are how many agents and hours are named.
	helpShown, hoursShown = 3, 3
)

// glance answers in words what a team lead looks for first: how the funnel stands, who
// needs help, whether the limit is near, when people answer, and when to stop dialing.
// What is left for later is not waited for here either.
func (b *board) glance(ctx context.Context, v *web.Campaign, agents *funnel.Report, heavy bool) error {
	if !v.Apart {
		v.Glance = append(v.Glance, web.Glance{Question: web.T("glance.funnel"), Text: cmp.Or(v.Funnel.Narrowest, web.T("glance.below")), Href: "#funnel"})
	}
	if v.Agents.Later == "" && !slices.Contains(b.scope.by(), funnel.ByAgent) {
		v.Glance = append(v.Glance, b.helpNeeded(agents))
	}
	if v.Standing != nil {
		v.Glance = append(v.Glance, web.Glance{Question: web.T("glance.limit"), Level: v.Standing.Level,
			Text: v.Standing.Text + ": " + web.T("standing.detail", "rate", v.Standing.Rate, "limit", v.Standing.Limit, "since", v.Standing.Since)})
	}
	if !heavy || len(b.scope.filters) == 0 {
		hours, err := b.bestHours(ctx)
		if err != nil {
			return err
		}
		v.Glance = append(v.Glance, hours)
	}
	switch {
	case v.Apart:
	case v.LeadsLater != "":
		v.Glance = append(v.Glance, web.Glance{Question: web.T("glance.stop"), Text: web.T("glance.below"), Href: "#funnel"})
	default:
		v.Glance = append(v.Glance, web.Glance{Question: web.T("glance.stop"), Text: cmp.Or(v.Curve.Advice, web.T("glance.nothing_won")), Href: "#curve"})
	}
	return nil
}

// helpNeeded names the agents who sell clearly less per dial than all others together:
// more than chance alone makes of it, in 39 of 40 cases.
func (b *board) helpNeeded(r *funnel.Report) web.Glance {
	g := web.Glance{Question: web.T("glance.help"), Text: web.T("glance.few_of_agents", "n", helpFew), Href: "#agents"}
	if k := funnel.Find("hit_rate"); k.Serves(append(b.scope.by(), funnel.ByAgent)) {
		all := together(r.Groups)
		type behind struct {
			name string
			by   float64
		}
		var found []behind
		for _, group := range r.Groups {
			own, total := k.Figure(group.Sums), k.Figure(all)
			if group.Key[0] == nil || own.Denominator < helpFew || total.Denominator == own.Denominator {
				continue
			}
			if len(found) == 0 {
				g.Text = web.T("glance.nobody")
			}
			if _, high := funnel.Difference(own.Numerator, own.Denominator, total.Numerator-own.Numerator, total.Denominator-own.Denominator); high < 0 {
				found = append(found, behind{keyText(group.Key[0]), high})
			}
		}
		slices.SortStableFunc(found, func(a, b behind) int { return cmp.Compare(a.by, b.by) })
		if len(found) > 0 {
			g.Text = web.T("glance.behind", "n", len(found))
		}
		for _, one := range found[:min(len(found), helpShown)] {
			g.Links = append(g.Links, web.Link{Text: one.name, Href: b.scope.with(funnel.ByAgent, one.name).link(b.path(""))})
		}
	}
	return g
}

// bestHours names the hours of the week in which most dials are answered by people:
// by the low end of the interval, so that a few lucky dials make no best hour.
func (b *board) bestHours(ctx context.Context) (web.Glance, error) {
	g := web.Glance{Question: web.T("glance.hours"), Text: web.T("glance.few_dials"), Href: "#heat"}
	k := funnel.Find("live_answer_rate")
	r, err := b.report(ctx, b.scope.span, []*funnel.KPI{k}, funnel.ByHourOfWeek)
	if err != nil {
		return g, err
	}
	enough := slices.DeleteFunc(r.Groups, func(g funnel.ReportGroup) bool { return k.Figure(g.Sums).Denominator < web.HeatFew })
	sortGroups(enough, k)
	coin := web.CoinOf(&r.Campaign.Config)
	for i, group := range enough[:min(len(enough), hoursShown)] {
		if i == 0 {
			g.Text = web.T("glance.answered")
		}
		hour := keyText(group.Key[0])
		shown := web.NewFigure(k.Figure(group.Sums), group.Sums, coin)
		g.Links = append(g.Links, web.Link{Text: valueText(funnel.ByHourOfWeek, hour) + " (" + shown.Value + ")", Href: b.scope.with(funnel.ByHourOfWeek, hour).link(b.path(""))})
	}
	return g, nil
}

// narrowest says how many leads came to the end of the funnel, and at which step most
// of those who came to it were lost.
func narrowest(stages []funnel.Stage) string {
	if len(stages) == 0 || stages[0].Leads == 0 {
		return web.T("glance.no_leads")
	}
	last := stages[len(stages)-1]
	at, kept := 0, 1.0
	for i := 1; i < len(stages); i++ {
		if before := stages[i-1].Leads; before > 0 && share(stages[i].Leads, before) < kept {
			at, kept = i, share(stages[i].Leads, before)
		}
	}
	said := web.T("glance.reached", "n", stages[0].Leads, "won", last.Leads, "stage", last.Name, "share", web.Percent(share(last.Leads, stages[0].Leads), 1))
	if at > 0 {
		said += " " + web.T("glance.narrowest", "from", stages[at-1].Name, "to", stages[at].Name, "share", web.Percent(kept, 1))
	}
	return said
}
