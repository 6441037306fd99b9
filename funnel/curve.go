package funnel

// CurvePoint is one dial of the attempt curve: how many leads of the cohort were
// dialed so often, and how many of those were won by that dial.
type CurvePoint struct {
	N            int64
	Reached, Won int64
}

// Curve follows the leads generated in the window over all their dials: it shows
// when dialing stops paying.
func Curve(src Source, rules *Rules, w Window) ([]CurvePoint, error) {
	dials, won := map[int64]int64{}, map[int64]int64{}
	cal, all := rules.Calendar, findCut("", true)
	ragged := []Window{w}
	if from, to := all.grain.wholes(cal, w); from < to {
		whole := all.grain.window(cal, from, to)
		ragged = []Window{{w.FromMs, whole.FromMs}, {whole.ToMs, w.ToMs}}
		err := all.stretches(cal, from, to, months, func(c *cut, from, to int64) error {
			return src.Cells(c.Grouping, []Part{PartCurve}, from, to, func(_, _ int64, p *Parts) {
				for _, e := range p[PartCurve] {
					if e.ID%2 == 0 {
						dials[e.ID/2] += e.Value
					} else {
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
		for _, e := range folder.Fold(u) {
			if e.Clock != LeadClock || e.DialCount == 0 || !anyHolds(ragged, e.AtMs) {
				continue
			}
			dials[int64(e.DialCount)]++
			if e.WonAt > 0 {
				won[int64(e.WonAt)]++
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
	var reached int64
	for n := most; n > 0; n-- {
		reached += dials[n]
		points[n-1] = CurvePoint{N: n, Reached: reached, Won: won[n]}
	}
	return points, nil
}
