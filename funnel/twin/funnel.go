package twin

import (
	"math/big"
	"slices"
	"time"
)

// Stage is how many leads of a cohort reached a stage, and the median time from
// the stage before in seconds, nearest rank; nil for the first and of no leads.
type Stage struct {
	Stage  string
	Leads  int
	Median *big.Rat
}

// Funnel counts, for the leads generated in [from, to), the stages they ever
// reached, in the campaign's order.
func (w *World) Funnel(campaign string, from, to time.Time) []Stage {
	c := w.campaign(campaign)
	stages, steps := []Stage{}, make([][]int64, len(c.config.Stages))
	for _, name := range c.config.Stages {
		stages = append(stages, Stage{Stage: name})
	}
	for _, f := range c.facts(cohort, from, to, to) {
		// Reaching a stage reaches all before it.
		for i := 0; i <= furthest(f.lead, c.config.Stages); i++ {
			stages[i].Leads++
			if i > 0 {
				took := arrival(f.lead, c.config.Stages, i).Sub(arrival(f.lead, c.config.Stages, i-1))
				steps[i] = append(steps[i], max(0, took.Milliseconds()))
			}
		}
	}
	for i, took := range steps {
		if len(took) > 0 {
			slices.Sort(took)
			stages[i].Median = seconds(took[(len(took)-1)/2])
		}
	}
	return stages
}

// arrival is when a lead first reached a stage or one behind it: the first stage
// when it was generated, "dialed" when a dial started, "contacted" when agent and
// person met, what a disposition names when that was decided. Decided here: a stage
// is dated by its first arrival, and steps that run backwards take no time.
func arrival(l *lead, stages []string, index int) (first time.Time) {
	if index == 0 {
		return l.generated
	}
	reach := func(stage string, at time.Time) {
		if slices.Index(stages, stage) >= index && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	for _, a := range l.dials {
		reach("dialed", a.started)
		if a.conversation() {
			reach("contacted", a.connectedAt)
		}
		reach(a.stage, a.settledAt())
	}
	return first
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

// CurvePoint is how many leads were dialed at least N times, how many of them were
// won at dial N, and what those dials cost by the cards, in minor units.
type CurvePoint struct {
	N, Reached, Won int
	Cost            int64
}

// AttemptCurve follows the leads generated in [from, to) over all their dials,
// up to the highest dial number any of them has.
func (w *World) AttemptCurve(campaign string, from, to time.Time) []CurvePoint {
	points, micros, total := []CurvePoint{}, []*big.Int{}, new(big.Int)
	c := w.campaign(campaign)
	for _, f := range c.facts(cohort, from, to, to) {
		for _, a := range f.lead.dials {
			if a.number > len(points) {
				points, micros = append(points, CurvePoint{N: a.number}), append(micros, new(big.Int))
			}
			for _, micro := range []*big.Int{a.telephony, a.labour} {
				total.Add(total, micro)
				micros[a.number-1].Add(micros[a.number-1], micro)
			}
			points[a.number-1].Reached++
			if a == f.lead.winner() {
				points[a.number-1].Won++
			}
		}
	}
	whole := new(big.Rat).SetFrac(total, big.NewInt(1_000_000))
	for i, part := range split(roundHalfEven(whole.Mul(whole, minorPerUnit(c.config.Currency))), micros) {
		points[i].Cost = part.Int64()
	}
	return points
}
