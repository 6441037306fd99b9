package funnel

import (
	"slices"

	"ringside/campaign"
)

// Stage is one step of a campaign's funnel: how many leads of the cohort reached
// it, and the median time from the stage before.
type Stage struct {
	Name  string
	Leads int64
	// MedianMs is the median over the leads that reached the stage, nearest rank;
	// campaign.None for the first stage and where no lead got so far.
	MedianMs int64
}

// Stages follows the leads generated in the window through the campaign's
// stages. A lead reaches a stage when it first reaches that one or a later one:
// the first stage at the instant of its cohort, "dialed" at the start of a dial,
// "contacted" when an agent and a person met, the others at the instant of the
// decision (decided_at, else the attempt's end, else its start). Steps that run
// backwards count as 0. The sieve is of what leads have.
func Stages(src Source, rules *Rules, names []string, w Window, sieve *Sieve) ([]Stage, error) {
	leads := make([]int64, len(names))
	steps := make([][]int64, len(names))
	folder := Folder{Rules: rules}
	err := src.Units([]Window{w}, func(u *Unit) {
		cohort := u.CohortMs(rules.StrictLeads)
		if cohort == campaign.None || !w.Holds(cohort) || !sieve.keepsLead(rules, &u.Lead) {
			return
		}
		folder.Fold(u)
		at := folder.reached(cohort, len(names))
		for k, ms := range at {
			leads[k]++
			if k > 0 {
				steps[k] = append(steps[k], max(0, ms-at[k-1]))
			}
		}
	})
	stages := make([]Stage, len(names))
	for k, name := range names {
		stages[k] = Stage{Name: name, Leads: leads[k], MedianMs: median(steps[k])}
	}
	return stages, err
}

// reached returns when the folded lead reached each stage up to its furthest.
func (f *Folder) reached(cohortMs int64, stages int) []int64 {
	first := make([]int64, stages)
	for k := range first {
		first[k] = campaign.None
	}
	mark := func(stage int, ms int64) {
		if stage >= 0 && (first[stage] == campaign.None || ms < first[stage]) {
			first[stage] = ms
		}
	}
	mark(0, cohortMs)
	for i := range f.dials {
		d := &f.dials[i]
		mark(f.Rules.DialedStage, d.StartedMs)
		if d.Contact {
			mark(f.Rules.ContactedStage, d.Reading.ConnectedMs)
		}
		mark(d.Stage, d.SaleMs())
	}
	furthest := stages - 1
	for first[furthest] == campaign.None {
		furthest--
	}
	// Reaching a stage reaches all before it.
	for k := furthest - 1; k > 0; k-- {
		mark(k, first[k+1])
	}
	first[0] = cohortMs
	return first[:furthest+1]
}

// median is the nearest-rank median, or campaign.None of nothing.
func median(values []int64) int64 {
	if len(values) == 0 {
		return campaign.None
	}
	slices.Sort(values)
	return values[(len(values)-1)/2]
}
