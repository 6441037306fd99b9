package web

import (
	"fmt"
	"strings"

	"ringside/funnel"
)

// Whisker draws a proportion as a point on its 95 % interval, with a line where the
// whole stands: a wide one says that little is known.
type Whisker struct {
	Label                  string
	Width                  int
	Low, Point, High, Mean float64
}

const whiskerWidth = 96

// NewWhisker draws a figure on a scale from 0 to most, beside that of the whole.
func NewWhisker(f *Figure, whole funnel.Figure, most float64) *Whisker {
	at := func(share float64) float64 { return place(2 + (whiskerWidth-4)*min(1, share/most)) }
	w := &Whisker{Label: T("figure.interval", "interval", f.Interval), Width: whiskerWidth, Low: at(f.Low), Point: at(f.Point), High: at(f.High), Mean: -1}
	if whole.Defined() {
		w.Mean = at(whole.Value())
	}
	return w
}

// Span is how wide the interval is drawn, at least so that it can be seen.
func (w *Whisker) Span() float64 { return max(1, place(w.High-w.Low)) }

// funnelWidth is the width of a funnel's widest stage.
const funnelWidth = 320

// Width is a share of the start as the width of a funnel's bar.
func Width(share float64) float64 { return place(funnelWidth * share) }

// The size of an attempt curve's bars.
const (
	curveHeight = 120
	curveStep   = 34
)

// NewCurvePoint draws one dial of an attempt curve, on a scale from 0 to most; won is
// how many of all were won by then.
func NewCurvePoint(p funnel.CurvePoint, most float64, won, all int64) CurvePoint {
	c := CurvePoint{N: Number(p.N), Reached: Number(p.Reached), Won: Number(p.Won), X: float64(p.N-1) * curveStep}
	if all > 0 {
		c.Share = Percent(float64(won)/float64(all), 1)
	}
	if p.Reached == 0 {
		return c
	}
	low, high := funnel.Wilson(p.Won, p.Reached)
	value := float64(p.Won) / float64(p.Reached)
	c.Value, c.Interval = Percent(value, 2), Decimal(100*low, 1)+"–"+Percent(high, 1)
	if most > 0 {
		at := func(share float64) float64 { return place(curveHeight - curveHeight*min(1, share/most)) }
		c.Y, c.Low, c.High = at(value), at(low), at(high)
		c.Height = place(curveHeight - c.Y)
	}
	return c
}

// Size is the width of the curve's drawing.
func (c Curve) Size() int { return curveStep * max(6, len(c.Points)) }

// The size of a series' line, until a script draws it anew.
const (
	lineWidth  = 960
	lineHeight = 240
)

// Line is one series as a path of SVG, Young the part that still moves.
type Line struct {
	Label, Path, Young string
	Width, Height      int
	Most               string
}

// Draw draws the first column that has any value, as a line.
func (s *Series) Draw() {
	s.Line = Line{Width: lineWidth, Height: lineHeight}
	for i := range s.Columns {
		most, text := 0.0, ""
		for _, row := range s.Rows {
			if p := row.Cells[i]; p.Known && p.Value >= most {
				most, text = p.Value, p.Text
			}
		}
		if most == 0 {
			continue
		}
		s.Columns[i].Chosen = true
		s.Line.Label = T("series.line", "kpi", s.Columns[i].Name, "n", len(s.Rows))
		s.Line.Most = text
		s.Line.Path, s.Line.Young = s.path(i, most)
		return
	}
}

func (s *Series) path(column int, most float64) (path, young string) {
	var old, still strings.Builder
	pen := "M"
	var last string
	for i, row := range s.Rows {
		p := row.Cells[column]
		if !p.Known {
			pen = "M"
			continue
		}
		x := place(lineWidth * (float64(i) + 0.5) / float64(len(s.Rows)))
		y := place(lineHeight - 8 - (lineHeight-24)*p.Value/most)
		at := fmt.Sprintf("%v %v", x, y)
		if p.Young {
			if still.Len() == 0 && pen == "L" {
				fmt.Fprintf(&still, "M%s", last)
			}
			fmt.Fprintf(&still, "%s%s", pen, at)
		} else {
			fmt.Fprintf(&old, "%s%s", pen, at)
		}
		pen, last = "L", at
	}
	return old.String(), still.String()
}

// NewPoint is one figure of a series.
func NewPoint(f funnel.Figure, sums *funnel.Sums, coin Coin, young bool) Point {
	shown := NewFigure(f, sums, coin)
	p := Point{Text: shown.Value, Fraction: shown.Fraction, Young: young}
	if p.Text == "" {
		p.Text = "–"
		return p
	}
	p.Known, p.Value = true, f.Value()
	if f.KPI.Unit == funnel.Money {
		for range coin.Digits {
			p.Value /= 10
		}
	}
	return p
}
