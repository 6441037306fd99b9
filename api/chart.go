package api

import (
	"fmt"

	"ringside/campaign"
	"ringside/funnel"
)

// chart is a small bar chart of one figure by day, as the coordinates of an SVG.
type chart struct {
	Width, Height int
	Bars          []bar
	Label         string // what it shows, in words
}

type bar struct {
	X, Y, Width, Height float64
	Title               string
	Young               bool
}

const (
	chartWidth  = 240
	chartHeight = 40
)

// newChart draws the days of the window that have a value, each at its place in
// the window; the tallest bar is the largest. Days whose figure may still move
// by the passing of time are marked young.
func newChart(w funnel.Window, groups []funnel.ReportGroup, figures []funnel.Figure, frame *figureFrame) chart {
	c := chart{Width: chartWidth, Height: chartHeight}
	most := 0.0
	for _, fig := range figures {
		if fig.Defined() {
			most = max(most, fig.Value())
		}
	}
	if most == 0 {
		return c
	}
	cal := campaign.NewCalendar(frame.of.Location())
	first, last := cal.DayOf(w.FromMs), cal.DayOf(w.ToMs-1)
	step := float64(chartWidth) / float64(last-first+1)
	for i, fig := range figures {
		if !fig.Defined() {
			continue
		}
		// A zero keeps a hair's breadth, so that it differs from a day without a value.
		height := max(1, chartHeight*fig.Value()/most)
		day, err := campaign.ParseDay(fmt.Sprint(groups[i].Key[0]))
		if err != nil {
			continue // a day at the very edge of what dates are accepted
		}
		c.Bars = append(c.Bars, bar{X: step * float64(day-first), Y: chartHeight - height, Width: step * 0.8, Height: height,
			Young: !frame.matureAt(fig.KPI, cal.DayStart(day+1)),
			Title: fmt.Sprintf("%v: %s", day, fig.Text(frame.currency, frame.digits))})
	}
	c.Label = fmt.Sprintf("by day, from %[2]v to %[3]v: %[1]d days with a value", len(c.Bars), first, last)
	return c
}
