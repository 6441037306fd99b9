package web

import "ringside/funnel"

// Costs is what a campaign's calls cost, over time and by what it is made of.
type Costs struct {
	Name, Ref  string
	Recounting bool
	Scope      Scope
	// Grains lead to the same figures by day, week and month.
	Grains  []Link
	Figures []Figure
	// Places lead to where rates and entries are put, and to the months.
	Places    []Link
	Series    CostSeries
	Waterfall Waterfall
	Marginal  Marginal
}

// CostSeries is figures over time, each drawn by itself and all in one table.
type CostSeries struct {
	Grain  string
	Charts []BarChart
	Rows   []CostRow
	Files  []Link
	Young  bool
}

// CostRow is one day, week or month.
type CostRow struct {
	Label string
	Cells []Figure
}

// BarChart draws one figure over time. Most is its largest value in words, None says
// that it has no value at all.
type BarChart struct {
	Name, Formula, ID, Label, Most string
	Width, Height                  float64
	Bars                           []Bar
}

const (
	barsWidth  = 480.0
	barsHeight = 96.0
)

// NewBarChart draws a column of rows; those without a value, or below 0, stay empty.
func NewBarChart(k *funnel.KPI, rows []CostRow, values []float64, column int) BarChart {
	c := BarChart{Name: k.Name, Formula: k.Formula, ID: k.ID, Label: T("costs.drawn", "kpi", k.Name, "n", len(rows)), Width: barsWidth, Height: barsHeight}
	most := 0.0
	for i, v := range values {
		if v > most {
			most, c.Most = v, rows[i].Cells[column].Value
		}
	}
	step := barsWidth / float64(max(1, len(values)))
	for i, v := range values {
		if v <= 0 {
			continue
		}
		height := max(1, barsHeight*v/most)
		cell := &rows[i].Cells[column]
		c.Bars = append(c.Bars, Bar{X: place(step * float64(i)), Y: place(barsHeight - height), Width: place(max(0.5, step*0.8)), Height: place(height),
			Title: rows[i].Label + ": " + cell.Value + " (" + cell.Fraction + ")", Young: cell.Young})
	}
	return c
}

// Waterfall is the way from entries and rated calls to the cost of a call.
type Waterfall struct {
	Steps []WaterfallStep
	// PerCall is the cost of a call; Unborne is what no call bears where there is none,
	// Unallocated what of shared costs no campaign bears.
	PerCall              Figure
	Unborne, Unallocated string
	// Entries leads to the facts behind operating cost.
	Entries, CSV string
	Nothing      bool
}

// WaterfallStep is a step, or a sum where Sum says so; it is drawn from X on.
type WaterfallStep struct {
	Name, Detail, Amount, PerCall string
	Sum, Less                     bool
	X, Width                      float64
}

// waterfallWidth is that of the drawing.
const waterfallWidth = 320.0

// WaterfallScale places amounts between the lowest and the highest sum on the way.
type WaterfallScale struct{ low, high int64 }

// NewWaterfallScale is the scale of steps that begin at 0; a sum is no step.
func NewWaterfallScale(steps []int64) (s WaterfallScale) {
	at := int64(0)
	for _, step := range steps {
		at += step
		s.low, s.high = min(s.low, at), max(s.high, at)
	}
	return s
}

// Draw places a step that goes from one amount to another.
func (s WaterfallScale) Draw(step *WaterfallStep, from, to int64) {
	if s.high == s.low {
		return
	}
	at := func(minor int64) float64 { return waterfallWidth * float64(minor-s.low) / float64(s.high-s.low) }
	step.Less = to < from
	step.X, step.Width = place(at(min(from, to))), place(max(1, at(max(from, to))-at(min(from, to))))
}

// Marginal is the cost of the next attempt against what it brings.
type Marginal struct {
	// Verdict says where dialing stops paying, Sale what a sale brings, Basis what an
	// attempt's cost is made of. Missing says what is wanted where nothing can be said.
	Verdict, Sale, Basis, Missing string
	Points                        []MarginalPoint
	More                          int
	CSV                           string
	Width                         float64
}

// MarginalPoint is one attempt.
type MarginalPoint struct {
	N, Reached, Won, Cost, Return, Margin, Conversion, Interval string
	Pays                                                        bool
	X, Y, Height, Mark                                          float64
}

const (
	marginalHeight = 120.0
	marginalStep   = 40.0
)

// Draw places the points on a common scale of cost and return.
func (m *Marginal) Draw(costs, returns []float64) {
	m.Width = marginalStep * float64(max(6, len(m.Points)))
	most := 0.0
	for i := range m.Points {
		most = max(most, costs[i], returns[i])
	}
	for i := range m.Points {
		p := &m.Points[i]
		if p.X = marginalStep * float64(i); most > 0 {
			p.Height = place(marginalHeight * max(0, returns[i]) / most)
			p.Y, p.Mark = place(marginalHeight-p.Height), place(marginalHeight-marginalHeight*max(0, costs[i])/most)
		}
	}
}

// Amount writes an amount that funnel has put into decimals.
func Amount(text string, coin Coin) string { return grouped(text) + noBreak + coin.Code }
