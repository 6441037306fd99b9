package web

import "math"

// Queues is the page of all queues.
type Queues struct {
	// Rows are the queues of this page, those that need attention first.
	Rows []QueueRow
	// All is how many queues there are, Pages leads to the others.
	All    int
	Pages  Pages
	Search string
	CSV    string
	// Origin is where the examples of the empty page post to.
	Origin string
}

// QueueRow is one queue today.
type QueueRow struct {
	Name, Ref, Href, TimeZone string
	Reasons                   []Reason
	Now                       QueueNow
	Figures                   []Figure
	Spark                     Spark
	Threshold                 string
	Recounting                bool
}

// Queue is the page of one queue.
type Queue struct {
	Name, Ref, TimeZone string
	Recounting          bool
	Scope               Scope
	Now                 QueueNow
	Headlines           Headlines
	Level               Levels
	Patience            Patience
	Series              Series
	Agents, Teams       Table
	Channels, Topics    Table
	// Tables lead to every table there is, Campaigns to the floors the queue belongs to.
	Tables, Campaigns []Link
}

// QueueNow is who waits at this moment.
type QueueNow struct {
	Waiting, Longest Figure
	LongestMs        int64
	// Level and Text say what to make of it, "" where all is well.
	Level Level
	Text  string
	// Calls leads to the waiting calls, "" for who may see none.
	Calls string
	// Agents are what those do who answered here lately; Apart says that the reader may
	// not know that.
	Agents AgentsNow
	Apart  bool
}

// AgentsNow is how many agents are in which state: Of so many, of whom nothing is known of
// Silent.
type AgentsNow struct {
	Of, Silent int
	States     []AgentState
}

// AgentState is a state, how many agents are in it, and the first of their names.
type AgentState struct {
	ID, Name string
	Agents   int
	Names    []Named
}

// Levels is the service level over time.
type Levels struct {
	// Said names the threshold and the method.
	Said string
	// Methods and Seconds are what may be asked for instead, Own the queue's own threshold;
	// Kept goes on with them.
	Methods      []Choice
	Seconds, Own string
	Kept         []Choice
	Grain        string
	Grains       []Link
	Columns      []string
	Rows         []LevelRow
	CSV          string
	// Apart says that the filters do not serve it.
	Apart bool
	Chart LevelChart
}

// LevelRow is one part of the days.
type LevelRow struct {
	FromMs, ToMs int64
	Label        string
	Cells        []Figure
	// Share is the service level, below 0 for none; Young says that the time is not over.
	Share   float64
	Offered int64
	Young   bool
	// Calls leads to the calls offered then, "" for who may see none.
	Calls string
}

// LevelChart draws the service level above how many calls there were.
type LevelChart struct {
	Width, Height     float64
	Levels, Calls     []Bar
	First, Last       string
	Most              string
	Whole, Half, Base float64
}

const (
	levelWidth  = 960.0
	levelTop    = 112.0
	levelGap    = 8.0
	levelVolume = 40.0
)

// Draw places the rows between two instants.
func (l *Levels) Draw(fromMs, toMs int64) {
	c := LevelChart{Width: levelWidth, Height: levelTop + levelGap + levelVolume, Half: levelTop / 2, Base: levelTop}
	most := int64(0)
	for i := range l.Rows {
		most = max(most, l.Rows[i].Offered)
	}
	if len(l.Rows) == 0 || toMs <= fromMs {
		return
	}
	at := func(ms int64) float64 { return levelWidth * float64(ms-fromMs) / float64(toMs-fromMs) }
	for i := range l.Rows {
		r := &l.Rows[i]
		x, width := at(r.FromMs), at(r.ToMs)-at(r.FromMs)
		bar := Bar{X: place(x + width*0.08), Width: place(max(0.8, width*0.84)), Young: r.Young}
		if r.Share >= 0 {
			level := bar
			level.Height = place(max(1, levelTop*r.Share))
			level.Y = place(levelTop - level.Height)
			level.Title = r.Label + ": " + r.Cells[0].Value + " (" + r.Cells[0].Fraction + ")"
			c.Levels = append(c.Levels, level)
		}
		if r.Offered > 0 {
			bar.Height = place(max(1, levelVolume*float64(r.Offered)/float64(most)))
			bar.Y, bar.Title = place(c.Height-bar.Height), r.Label+": "+T("level.calls", "n", r.Offered)
			c.Calls = append(c.Calls, bar)
		}
	}
	c.First, c.Last, c.Most = l.Rows[0].Label, l.Rows[len(l.Rows)-1].Label, Number(most)
	l.Chart = c
}

// Patience is how long callers waited: those who were answered beside those who gave up.
type Patience struct {
	// Apart says that the filters do not serve it, Some that anybody waited.
	Apart, Some bool
	Bands       []WaitBand
	Percentiles []Figure
	CSV         string
}

// WaitBand is how many waits were over within a band of time. Left is how many of those
// who still waited when it began gave up in it.
type WaitBand struct {
	Label, Answered, Abandoned, AnsweredShare, AbandonedShare, Left, LeftOf string
	answered, abandoned                                                     float64
	// AnsweredWidth and AbandonedWidth are drawn.
	AnsweredWidth, AbandonedWidth float64
}

// NewWaitBand is the band of waits over from seconds, up to so many; to is 0 for the last.
// waiting still waited when it began.
func NewWaitBand(from, to, answered, allAnswered, abandoned, allAbandoned, waiting int64) WaitBand {
	b := WaitBand{Answered: Number(answered), Abandoned: Number(abandoned)}
	switch {
	case to == 0:
		b.Label = T("patience.over", "from", Seconds(from))
	case from == 0:
		b.Label = T("patience.up_to", "to", Seconds(to))
	default:
		b.Label = T("patience.band", "from", Seconds(from), "to", Seconds(to))
	}
	if allAnswered > 0 {
		b.answered = float64(answered) / float64(allAnswered)
		b.AnsweredShare = Percent(b.answered, 1)
	}
	if allAbandoned > 0 {
		b.abandoned = float64(abandoned) / float64(allAbandoned)
		b.AbandonedShare = Percent(b.abandoned, 1)
	}
	if waiting > 0 {
		b.Left, b.LeftOf = Percent(float64(abandoned)/float64(waiting), 1), Number(abandoned)+noBreak+"/"+noBreak+Number(waiting)
	}
	return b
}

// Draw places all bands on one scale.
func (p *Patience) Draw() {
	most := 0.0
	for _, b := range p.Bands {
		most = math.Max(most, math.Max(b.answered, b.abandoned))
	}
	if most == 0 {
		return
	}
	for i := range p.Bands {
		b := &p.Bands[i]
		b.AnsweredWidth, b.AbandonedWidth = place(funnelWidth*b.answered/most), place(funnelWidth*b.abandoned/most)
	}
}
