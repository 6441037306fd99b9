package funnel

import (
	"slices"

	"ringside/campaign"
)

// Grouping is one way the cells are cut. Numbers are stored; never renumber.
type Grouping uint8

// The stored groupings.
const (
	AllByHour Grouping = iota + 1
	AllByDay
	AgentByDay
	ListByDay
	SourceByDay
	HourOfWeekByDay
	AttemptNoByDay
	DispositionByDay
	CategoryByDay
	AllByMonth
	ChannelByDay
	TopicByDay
	QueueByDay
	ShiftByDay
	groupingsEnd
)

// cut says what a stored grouping is made of. It serves the clocks that its
// attribute serves.
type cut struct {
	Grouping
	// by is the attribute, "" for all facts together.
	by GroupBy
	// grain is what each cell holds of time.
	grain grain
	// of is the grouping of finer grain that these cells are the sums of, 0 where
	// events are added to the cells themselves.
	of Grouping
	// chain holds the dials of a lead that have the same key here: within it
	// distinct leads are counted.
	chain Chain
	// spreads says that percentiles are read from its cells.
	spreads bool
}

// cuts are all stored groupings. Recording and reports both read this table.
var cuts = []cut{
	{Grouping: AllByHour, grain: hours, chain: AnyDial},
	{Grouping: AllByDay, grain: days, of: AllByHour},
	{Grouping: AllByMonth, grain: months, of: AllByDay},
	{Grouping: AgentByDay, grain: days, by: ByAgent, chain: SameAgent},
	{Grouping: ListByDay, grain: days, by: ByList, chain: AnyDial},
	{Grouping: SourceByDay, grain: days, by: BySource, chain: AnyDial},
	{Grouping: HourOfWeekByDay, grain: days, by: ByHourOfWeek, chain: SameHourOfWeek},
	{Grouping: AttemptNoByDay, grain: days, by: ByAttemptNo, chain: SameAttemptNo},
	{Grouping: DispositionByDay, grain: days, by: ByDisposition, chain: SameDisposition},
	{Grouping: CategoryByDay, grain: days, by: ByCategory, chain: SameCategory},
	{Grouping: ChannelByDay, grain: days, by: ByChannel},
	{Grouping: TopicByDay, grain: days, by: ByTopic},
	{Grouping: QueueByDay, grain: days, by: ByQueue},
	{Grouping: ShiftByDay, grain: days, by: ByShift},
}

// Chain is a way to string a lead's dials together: each knows the one before
// and the one after it that has the same key.
type Chain uint8

// The chains. List and source are the lead's, so all its dials have the same.
const (
	AnyDial Chain = iota
	SameAgent
	SameHourOfWeek
	// SameAttemptNo holds one dial each.
	SameAttemptNo
	SameDisposition
	SameCategory
	chainsEnd
)

// chainKeys says what the dials of each chain have in common.
var chainKeys = [chainsEnd]GroupBy{SameAgent: ByAgent, SameHourOfWeek: ByHourOfWeek, SameAttemptNo: ByAttemptNo,
	SameDisposition: ByDisposition, SameCategory: ByCategory}

// Link is a dial's place in a chain: the starts of the dials before and after
// it, campaign.None where there is none.
type Link struct{ PrevMs, NextMs int64 }

// cutsOf lists the stored groupings to whose cells each clock's events are added.
var cutsOf = func() (of [clocksEnd][]*cut) {
	for i := range cuts {
		cuts[i].spreads = cuts[i].by == "" || slices.Contains(byPercentile, cuts[i].by) || slices.Contains(byCaseTime, cuts[i].by)
		for clock := range of {
			if cuts[i].of == 0 && serves(Clock(clock), cuts[i].by) {
				of[clock] = append(of[clock], &cuts[i])
			}
		}
	}
	return of
}()

// findCut returns the stored grouping of finest grain by an attribute, nil where
// none is kept, or none by the hour where that is asked for.
func findCut(by GroupBy, hourly bool) *cut {
	return cutWhere(func(c *cut) bool { return c.by == by && c.of == 0 && (c.grain == hours || !hourly) })
}

// sumsOf returns the stored grouping whose cells are the sums of another's, nil
// where there is none.
func sumsOf(fine *cut) *cut {
	return cutWhere(func(c *cut) bool { return c.of == fine.Grouping })
}

func cutWhere(is func(*cut) bool) *cut {
	for i := range cuts {
		if is(&cuts[i]) {
			return &cuts[i]
		}
	}
	return nil
}

// pairID is the number under which a cell counts its dials by when the dial of
// their lead before them was, prevMs, campaign.None for never. It rises with that
// instant and is the same within a bucket of the grouping: a day, or an hour, whose
// first minute it is.
func (c *cut) pairID(cal *campaign.Calendar, prevMs int64) int64 {
	switch {
	case prevMs == campaign.None:
		return int64(campaign.NoDay) // before every minute too
	case c.by == "":
		return cal.HourOf(prevMs) / 60_000
	}
	return int64(cal.DayOf(prevMs))
}

// serves reports whether a clock's events can be grouped by an attribute; by
// none they all can.
func serves(clock Clock, by GroupBy) bool {
	return by == "" || slices.Contains(clockGroupings[clock], by)
}

// key returns the number an event is grouped under, by a grouping that serves
// its clock.
func (r *Rules) key(by GroupBy, l *Lead, e *Event) int64 {
	switch by {
	case "":
		return 0
	case ByAgent:
		return e.Agent
	case ByLeadHourOfWeek:
		if zone := r.Zones[l.Zone]; zone != nil {
			return int64(campaign.HourOfWeek(e.AtMs, zone))
		}
		return noHour
	case ByList:
		return l.List
	case BySource:
		return l.Source
	case ByAttemptNo:
		return int64(e.Ordinal)
	case ByDisposition:
		return e.Disposition
	case ByCategory:
		return int64(e.Category)
	case ByChannel:
		return l.Record.Channel
	case ByTopic:
		return l.Record.Topic
	case ByQueue:
		return l.Record.Queue
	case ByShift:
		return l.Record.Shift
	}
	return timeKey(r.Calendar, by, e.AtMs)
}

const halfHourMs = 30 * 60_000

// timeKey returns the number of the time group that holds an instant.
func timeKey(cal *campaign.Calendar, by GroupBy, ms int64) int64 {
	switch by {
	case ByHour:
		return cal.HourOf(ms)
	case ByHalfHour:
		hour := cal.HourOf(ms)
		return ms - (ms-hour)%halfHourMs
	case ByHourOfWeek:
		return int64(cal.HourOfWeek(ms))
	}
	first, _ := dayGroup(by, cal.DayOf(ms))
	return int64(first)
}
