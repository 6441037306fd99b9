package twin

import (
	"slices"
	"time"
)

// Stage is how many leads of a cohort reached a stage.
type Stage struct {
	Stage string
	Leads int
}

// Funnel counts, for the leads generated in [from, to), the stages they ever
// reached, in the campaign's order.
func (w *World) Funnel(campaign string, from, to time.Time) []Stage {
	c := w.campaign(campaign)
	stages := []Stage{}
	for _, name := range c.config.Stages {
		stages = append(stages, Stage{Stage: name})
	}
	for _, f := range c.facts(cohort, from, to, to) {
		// Reaching a stage reaches all before it.
		for i := 0; i <= furthest(f.lead, c.config.Stages); i++ {
			stages[i].Leads++
		}
	}
	return stages
}

// furthest is the index of the last stage that a lead reached. The first is
// reached by every lead, "dialed" also by a dial, "contacted" also by a
// conversation, every other only by a disposition that names it.
func furthest(l *lead, stages []string) int {
	index := 0
	reach := func(stage string) { index = max(index, slices.Index(stages, stage)) }
	if l.dialed() {
		reach("dialed")
	}
	if l.contacted() {
		reach("contacted")
	}
	for _, a := range l.dials {
		reach(a.stage)
	}
	return index
}

// CurvePoint is how many leads were dialed at least N times, and how many of
// them were won at dial N.
type CurvePoint struct{ N, Reached, Won int }

// AttemptCurve follows the leads generated in [from, to) over all their dials,
// up to the highest dial number any of them has.
func (w *World) AttemptCurve(campaign string, from, to time.Time) []CurvePoint {
	points := []CurvePoint{}
	for _, f := range w.campaign(campaign).facts(cohort, from, to, to) {
		for _, a := range f.lead.dials {
			if a.number > len(points) {
				points = append(points, CurvePoint{N: a.number})
			}
			points[a.number-1].Reached++
			if a == f.lead.winner() {
				points[a.number-1].Won++
			}
		}
	}
	return points
}
