package twin

import (
	"slices"
	"time"
)

// Pooled answers what GET /v1/kpis/report says of several campaigns together.
// from and to are instants, or dates that mean each campaign's own local day.
// Groups by day, week, month and hour of the week join by local label, hours by
// instant, and agents by name; groupBy may name "campaign". Without a common
// currency nothing is said of money.
func (w *World) Pooled(campaigns []string, from, to string, groupBy []string, asOf time.Time) []Group {
	inner := slices.DeleteFunc(slices.Clone(groupBy), func(grouping string) bool { return grouping == "campaign" })
	money, rated := true, true
	for _, ref := range campaigns {
		rated = rated && w.campaign(ref).rates.some()
		money = money && w.campaign(ref).config.Currency == w.campaign(campaigns[0]).config.Currency
	}
	g := newGathering(inner, money, rated)
	for _, ref := range campaigns {
		c := w.campaign(ref)
		g.gather(c, c.moment(from), c.moment(to), asOf, func(f fact) map[string]any {
			key := c.keyOf(inner, f)
			if slices.Contains(inner, "hour") {
				key["hour"] = instant(key["hour"]).UTC().Format(time.RFC3339)
			}
			if len(inner) < len(groupBy) {
				if key == nil {
					key = map[string]any{}
				}
				key["campaign"] = ref
			}
			return key
		})
	}
	groups := g.figures()
	if len(groupBy) > 0 && len(inner) == 0 {
		// The whole of nothing is no campaign's group.
		groups = slices.DeleteFunc(groups, func(g Group) bool { return g.Key == nil })
	}
	return groups
}

// moment is an instant, or the start of a date in the campaign's zone.
func (c *campaign) moment(text string) time.Time {
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return dayStart(day, c.zone)
	}
	return instant(text)
}
