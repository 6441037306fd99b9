package twin

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// serves says whether every named grouping serves a KPI (§3 "Groupings").
func serves(k kpi, groupBy []string) bool {
	for _, grouping := range groupBy {
		if !servesOne(k, grouping) {
			return false
		}
	}
	return true
}

func servesOne(k kpi, grouping string) bool {
	if k.id == "calls_per_agent" {
		return slices.Contains([]string{"day", "week", "month", "agent", "team"}, grouping)
	}
	if k.id == "sales_per_hour" {
		return slices.Contains([]string{"day", "hour", "week", "month", "hour_of_week", "agent", "team"}, grouping)
	}
	switch grouping {
	case "list", "source", "day", "hour", "week", "month", "hour_of_week", "lead_hour_of_week":
		return true
	}
	if k.percent > 0 {
		return false
	}
	switch grouping {
	case "agent", "team":
		return k.clock.kind != "lead" && k.clock.kind != "promise"
	case "attempt_no", "disposition", "category":
		return k.clock.kind == "dial"
	}
	panic("twin: unknown grouping " + grouping)
}

// servesCosts: cost KPIs are known by campaign and by time, where calls are rated also
// by what calls are known by.
func servesCosts(groupBy []string, rated, calls bool) bool {
	for _, grouping := range groupBy {
		switch grouping {
		case "day", "hour", "week", "month", "hour_of_week":
		case "list", "source", "agent", "team":
			if !rated {
				return false
			}
		case "attempt_no":
			if !rated || !calls {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// servesRevenuePerCall: by what both sales and dials are known by.
func servesRevenuePerCall(groupBy []string) bool {
	return serves(kpi{clock: selling}, groupBy) && serves(kpi{clock: dialing}, groupBy)
}

// keyOf is the group of a fact: one value per grouping, in the campaign's zone.
func (c *campaign) keyOf(groupBy []string, f fact) map[string]any {
	if len(groupBy) == 0 {
		return nil
	}
	key := map[string]any{}
	for _, grouping := range groupBy {
		key[grouping] = c.keyValue(grouping, f, f.at.In(c.zone))
	}
	return key
}

func (c *campaign) keyValue(grouping string, f fact, local time.Time) any {
	switch grouping {
	case "day":
		return local.Format("2006-01-02")
	case "hour":
		// The clock hour with the offset in force at the fact: the two passes
		// of a repeated hour are two groups.
		return local.Format("2006-01-02T15:00:00") + offset(local)
	case "half_hour":
		minutes := map[bool]string{false: "00", true: "30"}[local.Minute() >= 30]
		return local.Format("2006-01-02T15:") + minutes + ":00" + offset(local)
	case "week":
		year, week := local.ISOWeek()
		return fmt.Sprintf("%04d-W%02d", year, week)
	case "month":
		return local.Format("2006-01")
	case "hour_of_week":
		return hourOfWeek(local)
	case "lead_hour_of_week":
		if f.lead.zone == nil {
			return nil
		}
		return hourOfWeek(f.at.In(f.lead.zone))
	case "list":
		return orNull(f.lead.list)
	case "source":
		return orNull(f.lead.source)
	case "agent":
		return orNull(f.attempt.agent)
	case "team":
		return orNull(c.teams[f.attempt.agent])
	case "disposition":
		return orNull(f.attempt.disposition)
	case "category":
		return f.attempt.category
	case "attempt_no":
		if f.attempt.number == 0 {
			return nil // nobody's
		}
		return f.attempt.number
	}
	panic("twin: unknown grouping " + grouping)
}

// hourOfWeek is 0 from Monday midnight.
func hourOfWeek(local time.Time) int {
	sinceMonday := (int(local.Weekday()) + 6) % 7
	return sinceMonday*24 + local.Hour()
}

// offset of a local time: "+01:00", and "Z" for UTC.
func offset(local time.Time) string { return local.Format("Z07:00") }

// orNull: facts without the attribute are grouped under null.
func orNull(attribute string) any {
	if attribute == "" {
		return nil
	}
	return attribute
}

// compareKeys orders groups by the groupings as named; null comes last.
func compareKeys(groupBy []string, a, b map[string]any) int {
	for _, grouping := range groupBy {
		if order := compareValues(a[grouping], b[grouping]); order != 0 {
			return order
		}
	}
	return 0
}

func compareValues(a, b any) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	if n, isNumber := a.(int); isNumber {
		return cmp.Compare(n, b.(int))
	}
	return cmp.Compare(a.(string), b.(string))
}
