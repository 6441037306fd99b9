package web

import (
	"fmt"
	"time"

	"ringside/campaign"
	"ringside/funnel"
)

// HeatPage shows by hour of the week what happens.
type HeatPage struct {
	Scope                       Scope
	Maps                        []*Heat
	InLeadZone                  bool
	TimeZone                    string
	CampaignZone, LeadZone, CSV string
	// Unplaced are the dials to leads whose zone is not known.
	Unplaced int64
}

// Heat is one figure by weekday and hour of the day.
type Heat struct {
	Name, Formula string
	Days          []HeatDay
	// Low and High are the ends of the scale.
	Low, High string
	figures   [campaign.HoursOfWeek]*funnel.Figure
}

// HeatDay is one weekday.
type HeatDay struct {
	Name  string
	Hours [24]HeatHour
}

// Clock are the hours of a day, for the heads of columns.
func (HeatDay) Clock() (hours []int) {
	for hour := range 24 {
		hours = append(hours, hour)
	}
	return hours
}

// HeatHour is one hour: Step is how high it is, from 1 to heatSteps, 0 for none.
type HeatHour struct {
	Text, Title string
	Step        int
	// Thin says that there were too few dials to tell.
	Thin bool
}

const (
	heatSteps = 5
	// HeatFew is how many dials an hour takes before its rate says something.
	HeatFew = 20
)

// NewHeat begins a map of a figure.
func NewHeat(name, formula string) *Heat { return &Heat{Name: name, Formula: formula} }

// Set gives the figure of an hour of the week.
func (h *Heat) Set(hour int, f funnel.Figure) {
	if f.Defined() && hour >= 0 && hour < len(h.figures) {
		h.figures[hour] = &f
	}
}

// Done lays the map out. The scale runs over the hours with enough dials.
func (h *Heat) Done() *Heat {
	low, high := 2.0, -1.0
	for _, f := range h.figures {
		if f != nil && f.Denominator >= HeatFew {
			low, high = min(low, f.Value()), max(high, f.Value())
		}
	}
	if high >= 0 {
		h.Low, h.High = Percent(low, 1), Percent(high, 1)
	}
	for day := range 7 {
		d := HeatDay{Name: WeekdayName(day)}
		for hour := range 24 {
			if f := h.figures[24*day+hour]; f != nil {
				d.Hours[hour] = heatHour(f, fmt.Sprintf("%s %02d:00", d.Name, hour), low, high)
			}
		}
		h.Days = append(h.Days, d)
	}
	return h
}

func heatHour(f *funnel.Figure, when string, low, high float64) HeatHour {
	lo, hi := funnel.Wilson(f.Numerator, f.Denominator)
	cell := HeatHour{Text: Decimal(100*f.Value(), 0), Thin: f.Denominator < HeatFew, Step: 1,
		Title: T("heat.hour", "when", when, "value", Percent(f.Value(), 1), "fraction", Fraction(*f, Coin{}), "interval", Decimal(100*lo, 1)+"–"+Percent(hi, 1))}
	if f.Value() < 0.1 {
		cell.Text = Decimal(100*f.Value(), 1)
	}
	if high > low {
		cell.Step = 1 + min(heatSteps-1, max(0, int(float64(heatSteps)*(f.Value()-low)/(high-low))))
	}
	return cell
}

// WeekdayName is the short name of a weekday, 0 for Monday.
func WeekdayName(day int) string {
	return T("weekday." + time.Weekday((day+1)%7).String())
}

// WeekdayDate is a day with its weekday: Mon 2 Nov.
func WeekdayDate(day campaign.Day) string { return WeekdayName(day.Weekday()) + " " + ShortDate(day) }
