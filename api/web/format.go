package web

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"ringside/campaign"
)

// noBreak keeps a number and its unit on one line.
const noBreak = "\u00a0"

// Number writes a whole number in groups of three digits.
func Number(n int64) string { return grouped(strconv.FormatInt(n, 10)) }

// grouped puts commas into the digits before the point of a decimal number.
func grouped(text string) string {
	sign := ""
	if strings.HasPrefix(text, "-") {
		sign, text = "−", text[1:]
	}
	whole, rest := text, ""
	if at := strings.IndexByte(text, '.'); at >= 0 {
		whole, rest = text[:at], text[at:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return sign + whole + rest
}

// Money writes minor units of a currency with so many digits.
func Money(minor int64, digits int, currency string) string {
	return grouped(campaign.FormatMoney(minor, digits)) + noBreak + currency
}

// Percent writes a share of 1 in hundredths with so many decimals.
func Percent(share float64, decimals int) string {
	return Decimal(100*share, decimals) + noBreak + "%"
}

// Decimal writes a number with so many decimals.
func Decimal(value float64, decimals int) string {
	text := strconv.FormatFloat(value, 'f', decimals, 64)
	if strings.Trim(text, "-0.") == "" {
		text = strings.TrimPrefix(text, "-")
	}
	return grouped(text)
}

// Signed is Decimal with a sign before what grows, too.
func Signed(value float64, decimals int) string {
	text := Decimal(value, decimals)
	if strings.HasPrefix(text, "−") || strings.Trim(text, "0.") == "" {
		return text
	}
	return "+" + text
}

// Duration writes milliseconds in its two largest units, for people.
func Duration(ms int64) string {
	s := int64(math.Round(float64(ms) / 1000))
	switch {
	case ms < 10_000:
		return Decimal(float64(ms)/1000, 1) + noBreak + "s"
	case s < 60:
		return fmt.Sprintf("%d%ss", s, noBreak)
	case s < 3600:
		return fmt.Sprintf("%d%smin %d%ss", s/60, noBreak, s%60, noBreak)
	case s < 86400:
		return fmt.Sprintf("%d%sh %d%smin", s/3600, noBreak, s%3600/60, noBreak)
	}
	return fmt.Sprintf("%s%sd %d%sh", Number(s/86400), noBreak, s%86400/3600, noBreak)
}

// Seconds writes whole seconds, of whole minutes and hours as these.
func Seconds(s int64) string {
	switch {
	case s >= 3600 && s%3600 == 0:
		return Number(s/3600) + noBreak + "h"
	case s >= 60 && s%60 == 0:
		return Number(s/60) + noBreak + "min"
	case s > 120:
		return Duration(1000 * s)
	}
	return Number(s) + noBreak + "s"
}

// Date writes a day for people: 2 Nov 2026.
func Date(day campaign.Day) string {
	return time.Unix(int64(day)*86400, 0).UTC().Format("2 Jan 2006")
}

// ShortDate is Date without the year.
func ShortDate(day campaign.Day) string {
	return time.Unix(int64(day)*86400, 0).UTC().Format("2 Jan")
}

// Moment writes an instant as the wall of a zone shows it: a date where a day
// starts, else with the time.
func Moment(ms int64, cal *campaign.Calendar) string {
	if day := cal.DayOf(ms); cal.DayStart(day) == ms {
		return Date(day)
	}
	return time.UnixMilli(ms).In(cal.Location()).Format("2 Jan 2006 15:04")
}

// TimeOfDay writes the time of an instant on the wall of a zone, to the second.
func TimeOfDay(ms int64, zone *time.Location) string {
	return time.UnixMilli(ms).In(zone).Format("15:04:05")
}
