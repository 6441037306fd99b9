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
}

const (
	chartWidth  = 240
	chartHeight = 40
)

// newChart draws the days of the window that have a value, each at its place
// between the first and the last; the tallest bar is the largest.
func newChart(groups []funnel.ReportGroup, figures []funnel.Figure, frame *figureFrame) chart {
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
	first, last := dayOf(groups[0]), dayOf(groups[len(groups)-1])
	step := float64(chartWidth) / float64(last-first+1)
	for i, fig := range figures {
		if !fig.Defined() {
			continue
		}
		// A zero keeps a hair's breadth, so that it differs from a day without a value.
		height := max(1, chartHeight*fig.Value()/most)
		day := dayOf(groups[i])
		c.Bars = append(c.Bars, bar{X: step * float64(day-first), Y: chartHeight - height, Width: step * 0.8, Height: height,
			Title: fmt.Sprintf("%v: %s", day, fig.Text(frame.currency, frame.digits))})
	}
	c.Label = fmt.Sprintf("by day: %d days with a value from %v to %v", len(c.Bars), first, last)
	return c
}

// dayOf reads back the day that a group by day is labelled with.
func dayOf(g funnel.ReportGroup) campaign.Day {
	day, err := campaign.ParseDay(fmt.Sprint(g.Key[0]))
	if err != nil {
		panic(err) // the report wrote it
	}
	return day
}
