package funnel

import (
	"math/big"

	"ringside/campaign"
)

// CurvePoint is one dial of the attempt curve: how many leads of the cohort were
// dialed so often, and how many of those were won by that dial.
type CurvePoint struct {
	N            int64
	Reached, Won int64
	// CostMinor is what the cohort's n-th dials cost by the campaign's cards, rounded so
	// that all points add up to the whole.
	CostMinor int64
}

// Curve follows the leads generated in the window over all their dials: it shows
// when dialing stops paying. The sieve is of what leads have; what is sifted is read
// from the leads themselves.
func Curve(src Source, rules *Rules, w Window, sieve *Sieve) ([]CurvePoint, error) {
	dials, won, micros := map[int64]int64{}, map[int64]int64{}, map[int64]int64{}
	cal, all := rules.Calendar, findCut("", true)
	ragged := []Window{w}
	if from, to := all.grain.wholes(cal, w); from < to && sieve == nil {
		whole := all.grain.window(cal, from, to)
		ragged = []Window{{w.FromMs, whole.FromMs}, {whole.ToMs, w.ToMs}}
		err := all.stretches(cal, from, to, months, func(c *cut, from, to int64) error {
			return src.Cells(c.Grouping, []Part{PartCurve}, from, to, func(_, _ int64, p *Parts) {
				for _, e := range p[PartCurve] {
					switch {
					case e.ID < 0:
						micros[-e.ID] += e.Value
					case e.ID%2 == 0:
						dials[e.ID/2] += e.Value
					default:
						won[e.ID/2] += e.Value
					}
				}
			})
		})
		if err != nil {
			return nil, err
		}
	}
	folder := Folder{Rules: rules}
	err := src.Units(ragged, func(u *Unit) {
		if !sieve.keepsLead(rules, &u.Lead) {
			return
		}
		for _, e := range folder.Fold(u) {
			if e.Clock != LeadClock || e.DialCount == 0 || !anyHolds(ragged, e.AtMs) {
				continue
			}
			dials[int64(e.DialCount)]++
			if e.WonAt > 0 {
				won[int64(e.WonAt)]++
			}
			for i, micro := range e.DialMicros {
				micros[int64(i+1)] += micro
			}
		}
	})
	if err != nil {
		return nil, err
	}
	var most int64
	for n := range dials {
		most = max(most, n)
	}
	points := make([]CurvePoint, most)
	weights, total := make([]int64, most), int64(0)
	for n := range weights {
		weights[n] = micros[int64(n+1)]
		total += weights[n]
	}
	var costs []int64
	if rules.Rates.Some() {
		costs = campaign.Shares(campaign.RoundHalfEven(big.NewInt(total), big.NewInt(rules.MinorMicro)).Int64(), weights)
	}
	var reached int64
	for n := most; n > 0; n-- {
		reached += dials[n]
		points[n-1] = CurvePoint{N: n, Reached: reached, Won: won[n]}
		if costs != nil {
			points[n-1].CostMinor = costs[n-1]
		}
	}
	return points, nil
}
