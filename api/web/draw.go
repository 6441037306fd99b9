package web

import "math"

// Drawings are computed here and written by templates/part-draw.html, as SVG whose
// geometry stands in attributes: pages allow no style in them.

// Spark is a small bar chart, each bar at its place in time.
type Spark struct {
	Label         string
	Width, Height int
	Bars          []Bar
}

// Bar is one bar; Young marks what still moves.
type Bar struct {
	X, Y, Width, Height float64
	Title               string
	Young               bool
}

// The size of sparks, in the units of their drawing.
const (
	sparkWidth  = 112
	sparkHeight = 24
)

// NewSpark draws values, the tallest as the largest; a zero keeps a hair's breadth,
// so that it differs from nothing. Values below 0 stand for nothing. titles say what
// each bar is, young from which bar on they still move.
func NewSpark(label string, values []float64, titles []string, young int) Spark {
	s := Spark{Label: label, Width: sparkWidth, Height: sparkHeight}
	most := 0.0
	for _, v := range values {
		most = max(most, v)
	}
	step := float64(sparkWidth) / float64(max(1, len(values)))
	for i, v := range values {
		if v < 0 {
			continue
		}
		height := 1.0
		if most > 0 {
			height = max(1, sparkHeight*v/most)
		}
		s.Bars = append(s.Bars, Bar{X: place(step * float64(i)), Y: place(sparkHeight - height), Width: place(step * 0.78), Height: place(height), Title: titles[i], Young: i >= young})
	}
	return s
}

// place rounds a coordinate: a tenth of a pixel is more than anybody sees.
func place(v float64) float64 { return math.Round(10*v) / 10 }

// Gauge shows how much of an allowance is used: Used and Mark as places on Width.
type Gauge struct {
	Label       string
	Width, Used float64
	Mark        float64
}

const gaugeWidth = 112

// NewGauge draws a value against its limit, which stands at four fifths of the
// width.
func NewGauge(label string, value, limit float64) Gauge {
	g := Gauge{Label: label, Width: gaugeWidth, Mark: gaugeWidth * 4 / 5}
	if limit > 0 {
		g.Used = place(min(gaugeWidth, g.Mark*value/limit))
	}
	return g
}
