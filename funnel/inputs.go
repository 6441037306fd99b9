package funnel

import "slices"

// Input is one part of what a formula reads whose facts can be listed: a part of a KPI of
// the catalogue, or the values of a measure.
type Input struct {
	// Name is what the part is called when it is asked for.
	Name string
	// KPI and Part are what of the catalogue it is; Own is the measure's name.
	KPI  *KPI
	Part string
	Own  string
}

// The parts of a KPI.
const (
	PartNumerator   = "numerator"
	PartDenominator = "denominator"
)

// Inputs lists what the facts behind a KPI of the caller's own are, each once, in order of
// appearance: down to the catalogue and to measures, through all that it reads.
func (k *KPI) Inputs() []Input { return k.inputsOf(k.Custom.root) }

// InputsOf lists those of one part: the side of a division, or of another formula all, as
// its numerator.
func (k *KPI) InputsOf(part string) []Input {
	root := k.Custom.root
	switch {
	case root.operator == "/" && part == PartNumerator:
		return k.inputsOf(root.on[0])
	case root.operator == "/" && part == PartDenominator:
		return k.inputsOf(root.on[1])
	case part == PartNumerator:
		return k.Inputs()
	}
	return nil
}

func (k *KPI) inputsOf(t *term) (all []Input) {
	add := func(some ...Input) {
		for _, one := range some {
			if !slices.Contains(all, one) {
				all = append(all, one)
			}
		}
	}
	if t.name != "" {
		add(k.Custom.reads[t.name].inputs()...)
	}
	for _, one := range t.on {
		add(k.inputsOf(one)...)
	}
	return all
}

// inputs are those of one name of a formula.
func (r read) inputs() (all []Input) {
	k := r.kpi
	switch {
	case k.Own != "":
		return []Input{{Name: k.Own, Own: k.Own}}
	case k.Custom != nil:
		return k.Inputs()
	}
	if r.part != PartDenominator && k.Percent == 0 {
		all = append(all, k.partInputs(PartNumerator, k.Numerator)...)
	}
	if r.part != PartNumerator && k.Denominator != NoMeasure {
		all = append(all, k.partInputs(PartDenominator, k.Denominator)...)
	}
	return all
}

// partInputs are those of one part of a KPI of the catalogue: sums of several costs are
// told one by one; agents and their time are no facts of the place.
func (k *KPI) partInputs(part string, m Measure) []Input {
	sum := func(id string) Input { return Input{Name: id, KPI: Find(id), Part: PartNumerator} }
	switch {
	case m == Agents || m == LoggedMs && !k.OfInstallation():
		return nil
	case m == TotalCost:
		return []Input{sum("operating_cost"), sum("lead_cost")}
	case m == Margin:
		return []Input{sum("revenue"), sum("operating_cost"), sum("lead_cost")}
	case k.Denominator == NoMeasure:
		return []Input{{Name: k.ID, KPI: k, Part: part}}
	}
	return []Input{{Name: k.ID + "_" + part, KPI: k, Part: part}}
}
