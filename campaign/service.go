package campaign

import (
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// ServiceKey is the store's name of the installation as the owner of service facts:
// surveys, reviews, cases, customers, searches, and measures of neither a campaign nor a
// queue. It is counted as a campaign is, under a
// ref that no caller can give.
const ServiceKey = "service/all"

// NoCurrency stands for the currency of amounts while nobody said which it is.
const NoCurrency = "XXX"

// Service is what the installation is configured by beside its time zone and currency.
type Service struct {
	// Hours are the times the service is open, nil where nobody said when.
	Hours *Hours `json:"hours,omitempty"`
	// AcquisitionMinor is what winning a customer costs, in minor units.
	AcquisitionMinor int64 `json:"acquisition_minor,omitempty"`
}

// Hours are when service is open, in the service's own zone: by weekday, from Monday,
// spans such as "09:00-12:30,13:30-18:00", and the days on which it is closed.
type Hours struct {
	Week     [7]string `json:"week"`
	Holidays []string  `json:"holidays,omitempty"`
}

// DefaultService is the configuration of an installation that nobody configured.
func DefaultService() Config {
	days := 0
	return Config{Name: "service", TimeZone: "UTC", Currency: NoCurrency, ConversionWindowDays: &days, Service: &Service{}}
}

// Weekdays are the names of days in business hours, from Monday.
var Weekdays = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// DecodeService reads the body of PUT /v1/service, fills in defaults and checks it.
func DecodeService(body []byte) (Config, error) {
	var said struct {
		TimeZone        string            `json:"time_zone"`
		Currency        string            `json:"currency"`
		BusinessHours   map[string]string `json:"business_hours"`
		Holidays        []string          `json:"holidays"`
		AcquisitionCost string            `json:"acquisition_cost"`
	}
	if err := DecodeStrict(body, &said); err != nil {
		return Config{}, err
	}
	c := DefaultService()
	c.TimeZone = said.TimeZone
	if err := c.checkNameAndZone("service"); err != nil {
		return Config{}, err
	}
	if said.Currency != "" && said.Currency != NoCurrency {
		if _, err := CurrencyDigits(said.Currency); err != nil {
			return Config{}, at(err, "currency")
		}
		c.Currency = said.Currency
	}
	if said.AcquisitionCost != "" {
		minor, err := ParseMoney(said.AcquisitionCost, c.Digits())
		if err != nil {
			return Config{}, at(err, "acquisition_cost")
		}
		c.Service.AcquisitionMinor = minor
	}
	if said.BusinessHours == nil {
		if said.Holidays != nil {
			return Config{}, Invalidf("not_allowed", "holidays", "holidays come only with business_hours; send these too, or leave holidays out")
		}
		return c, nil
	}
	c.Service.Hours = &Hours{Holidays: said.Holidays}
	return c, c.Service.Hours.take(said.BusinessHours)
}

// take reads the spans of each weekday and checks the whole.
func (h *Hours) take(week map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(week)) {
		day := slices.Index(Weekdays, name)
		if day < 0 {
			return Invalidf("unknown_field", "business_hours."+clip(name), "%q is no weekday; there are %s", clip(name), strings.Join(Weekdays, ", "))
		}
		if _, ok := spansOf(week[name]); !ok {
			return Invalidf("invalid_time", "business_hours."+name, `%q is not spans of a day in order; send them like "09:00-12:30,13:30-18:00"`, clip(week[name]))
		}
		h.Week[day] = week[name]
	}
	for _, day := range h.Holidays {
		if _, err := ParseDay(day); err != nil {
			return at(err, "holidays")
		}
	}
	if len(h.Holidays) > holidaysMost {
		return Invalidf("too_many", "holidays", "%d holidays; at most %d are kept", len(h.Holidays), holidaysMost)
	}
	return nil
}

const holidaysMost = 2000

// span is a part of a day in minutes from its midnight on the clock.
type span struct{ from, to int }

// spansOf reads the spans of one day; ok is false unless they are in order and apart.
func spansOf(text string) (spans []span, ok bool) {
	last := 0
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		from, to, cut := strings.Cut(part, "-")
		a, okA := minuteOf(from)
		b, okB := minuteOf(to)
		if !cut || !okA || !okB || a < last || a >= b {
			return nil, false
		}
		spans, last = append(spans, span{a, b}), b
	}
	return spans, true
}

// minuteOf reads 00:00 to 24:00.
func minuteOf(text string) (int, bool) {
	if text == "24:00" {
		return 24 * 60, true
	}
	at, err := time.Parse("15:04", text)
	return at.Hour()*60 + at.Minute(), err == nil && len(text) == len("15:04")
}

// Clock measures business hours in one zone. It is not safe for concurrent use.
type Clock struct {
	week     [7][]span
	holidays map[Day]bool
	calendar *Calendar
	// blocks are the business hours of so many days at once, by the first of them: a case
	// may stay open for decades.
	blocks map[Day]int64
}

// blockDays is how many days are remembered together.
const blockDays = 64

// NewClock returns the clock of the hours in a zone; nil where there are none.
func NewClock(h *Hours, calendar *Calendar) *Clock {
	if h == nil {
		return nil
	}
	c := &Clock{calendar: calendar, holidays: map[Day]bool{}, blocks: map[Day]int64{}}
	for i, text := range h.Week {
		c.week[i], _ = spansOf(text) // checked when they were put
	}
	for _, text := range h.Holidays {
		if day, err := ParseDay(text); err == nil {
			c.holidays[day] = true
		}
	}
	return c
}

// OpenMs is how much of the time from one instant to another lies in business hours.
func (c *Clock) OpenMs(fromMs, toMs int64) (open int64) {
	if fromMs >= toMs {
		return 0
	}
	first, last := c.calendar.DayOf(fromMs), c.calendar.DayOf(toMs)
	for day := first; day <= last; {
		// Blocks that are well within the span are whole.
		if day%blockDays == 0 && day > first+1 && day+blockDays < last {
			open += c.block(day)
			day += blockDays
			continue
		}
		open += c.within(day, fromMs, toMs)
		day++
	}
	return open
}

// block is what the days of a block have of business hours.
func (c *Clock) block(first Day) (open int64) {
	open, known := c.blocks[first]
	if !known {
		for day := first; day < first+blockDays; day++ {
			open += c.within(day, math.MinInt64, math.MaxInt64)
		}
		c.blocks[first] = open
	}
	return open
}

// within is how much of the business hours of a day lies between two instants.
func (c *Clock) within(day Day, fromMs, toMs int64) (open int64) {
	if c.holidays[day] {
		return 0
	}
	date := day.utc()
	for _, s := range c.week[day.Weekday()] {
		opens := time.Date(date.Year(), date.Month(), date.Day(), 0, s.from, 0, 0, c.calendar.loc).UnixMilli()
		closes := time.Date(date.Year(), date.Month(), date.Day(), 0, s.to, 0, 0, c.calendar.loc).UnixMilli()
		open += max(0, min(closes, toMs)-max(opens, fromMs))
	}
	return open
}

// equal reports whether two installations count alike by the clock.
func (s *Service) equal(o *Service) bool {
	if s == nil || o == nil {
		return s == o
	}
	if s.Hours == nil || o.Hours == nil {
		return s.Hours == o.Hours
	}
	return s.Hours.Week == o.Hours.Week && slices.Equal(s.Hours.Holidays, o.Hours.Holidays)
}
