package funnel

import (
	"fmt"
	"time"

	"ringside/campaign"
)

// noHour stands for the hour of the week of a lead whose time zone is not known. It
// sorts last.
const noHour = campaign.HoursOfWeek

// KeyLabel puts a group's number into the words of the API: a date, a week, a
// category; attempt numbers and hours of the week stay numbers; nil for facts
// without the attribute. Texts that the store numbers are not its business.
func KeyLabel(g GroupBy, number int64, cal *campaign.Calendar) any {
	switch g {
	case ByHour:
		return hourLabel(number, cal)
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
	case ByCategory:
		return campaign.Category(number).String()
	}
	return number
}

// hourLabel writes an hour, given by its first instant, with its offset.
func hourLabel(number int64, cal *campaign.Calendar) string {
	return time.UnixMilli(number).In(cal.Location()).Format("2006-01-02T15:00:00Z07:00")
}
