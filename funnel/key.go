package funnel

import (
	"fmt"
	"math"
	"slices"
	"time"

	"ringside/campaign"
)

// noHour stands for the hour of the week of a lead whose time zone is not known. It
// sorts last.
const noHour = campaign.HoursOfWeek

// noAttempt stands for the attempt number of what no dial cost. It sorts last.
const noAttempt = math.MaxInt64

// Textual reports whether a grouping is by a caller's own text, which the store
// numbers.
func (g GroupBy) Textual() bool {
	return slices.Contains([]GroupBy{ByAgent, ByTeam, ByList, BySource, ByDisposition, ByChannel, ByTopic, ByQueue}, g)
}

// KeyLabel puts a group's number into the words of the API: a date, a week, a
// category; attempt numbers and hours of the week stay numbers; nil for facts
// without the attribute. Texts that the store numbers are not its business.
func KeyLabel(g GroupBy, number int64, cal *campaign.Calendar) any {
	switch g {
	case ByHour:
		return hourLabel(number, cal)
	case ByHalfHour:
		return time.UnixMilli(number).In(cal.Location()).Format("2006-01-02T15:04:00Z07:00")
	case ByDay:
		return campaign.Day(number).String()
	case ByWeek:
		year, week := campaign.Day(number).ISOWeek()
		return fmt.Sprintf("%04d-W%02d", year, week)
	case ByMonth:
		year, month := campaign.Day(number).YearMonth()
		return fmt.Sprintf("%04d-%02d", year, month)
	case ByLeadHourOfWeek:
		if number == noHour {
			return nil
		}
	case ByAttemptNo:
		if number == noAttempt {
			return nil
		}
	case ByCategory:
		return campaign.Category(number).String()
	}
	return number
}

// hourLabel writes an hour, given by its first instant, with its offset.
func hourLabel(number int64, cal *campaign.Calendar) string {
	return time.UnixMilli(number).In(cal.Location()).Format("2006-01-02T15:00:00Z07:00")
}
