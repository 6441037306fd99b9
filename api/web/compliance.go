package web

import "math"

// Compliance is how a campaign stands by its rule for abandoned calls.
type Compliance struct {
	// Targets are what the rate is to be, over times that hold today.
	Targets       []Target
	Name, Profile string
	// Change leads to where the rule is set, "" for who may not; NoRule says that
	// there is none, Recounting that figures follow the configuration before.
	Change             string
	NoRule, Recounting bool
	// Begins says when the first block begins, where there is none yet.
	Begins string
	// Now is the present block, Pace where it is heading.
	Now  *ComplianceBlock
	Pace *CompliancePace
	// Blocks are all that are shown, the newest first; More older ones are not.
	Blocks []ComplianceBlock
	More   int
	Drawn  BlockChart
	// Dropped are the abandoned calls of the present block, as far as they are shown.
	// DroppedAll leads to all; Hidden says that the reader may see no calls.
	Columns    []Column
	Dropped    [][]Fact
	Count      string
	DroppedAll string
	Hidden     bool
	// CSV leads to all blocks, DroppedCSV to all abandoned calls of the present one.
	CSV, DroppedCSV string
}

// ComplianceBlock is one block in words.
type ComplianceBlock struct {
	Days string
	// Rate and Fraction count answers of unknown kind against it, as the limit does;
	// Rate is "" without live answers. Low and People are the rate with those left
	// out, or of people alone, where they differ.
	Rate, Fraction, Low, People string
	Limit                       string
	// Level and Text say how it stands, Detail why.
	Level        Level
	Text, Detail string
	Unknown      string
	Unproven     bool
	Meter        Meter
	// Calls leads to its abandoned calls, "" for who may see none.
	Calls string
}

// CompliancePace says in words how the present block ends if it goes on like this.
type CompliancePace struct {
	Ends, Breach, Earliest, Method string
	Level                          Level
}

// Meter is a wide gauge: a rate on a scale that shows the limit.
type Meter struct {
	Label string
	Width float64
	Used  float64
	// Mark is the limit's place, below 0 for none; Limit names it.
	Mark  float64
	Limit string
}

const meterWidth = 300

// NewMeter draws a rate against a limit; 0 is none.
func NewMeter(label string, rate, limit float64) Meter {
	m := Meter{Label: label, Width: meterWidth, Mark: -1}
	top := max(limit*5/3, rate*1.15, 0.01)
	m.Used = place(meterWidth * rate / top)
	if limit > 0 {
		m.Mark, m.Limit = place(meterWidth*limit/top), Percent(limit, 0)
	}
	return m
}

// BlockChart draws the rates of blocks, the oldest first, with the limit as a line.
type BlockChart struct {
	Width, Height float64
	Bars          []BlockBar
	// Line is the limit's height, below 0 for none.
	Line  float64
	Limit string
}

// BlockBar is one block; Over says that it is over the limit.
type BlockBar struct {
	Bar
	Over bool
}

const (
	blockStep   = 26.0
	blockHeight = 110.0
	blockTop    = 14.0
)

// NewBlockChart draws rates, those below 0 as none; over says which are over the
// limit.
func NewBlockChart(rates []float64, over []bool, titles []string, limit float64) BlockChart {
	c := BlockChart{Width: math.Max(blockStep*float64(len(rates)), 8*blockStep) + 40, Height: blockHeight + blockTop, Line: -1}
	top := limit * 1.3
	for _, rate := range rates {
		top = max(top, rate)
	}
	for i, rate := range rates {
		if rate < 0 || top <= 0 {
			continue
		}
		height := max(1, blockHeight*rate/top)
		c.Bars = append(c.Bars, BlockBar{Bar{X: place(blockStep * float64(i)), Y: place(blockTop + blockHeight - height), Width: blockStep - 6, Height: place(height), Title: titles[i], Young: i == len(rates)-1}, over[i]})
	}
	if limit > 0 {
		c.Line, c.Limit = place(blockTop+blockHeight-blockHeight*limit/top), Percent(limit, 0)
	}
	return c
}

// Call is one call: what was posted of it, and in words how it is read.
type Call struct {
	Ref, Versions, JSON string
	Said                []Named
	Read                []string
}

// Named is a value with its name.
type Named struct{ Name, Text string }
