package funnel

import (
	"math/big"
	"slices"
	"strings"

	"ringside/campaign"
)

// OwnKPI is a KPI of the caller's own, as it is put and kept.
type OwnKPI struct {
	ID, Name, Formula string
	Unit              MeasureUnit
	Direction         Direction
	// Version counts the changes of what it means, from 1.
	Version int
}

// customUnits are those of customs, beside currency codes.
var customUnits = []MeasureUnit{Proportion, Ratio, Count, Seconds, PerHour, Score, Points, Money}

// Place is where facts are counted: what a report is about.
type Place int

// The places.
const (
	AtCampaigns Place = iota
	AtQueues
	// AtService is the whole installation: what belongs to neither, and the calls of all
	// queues together.
	AtService
)

// String is the place's name in answers.
func (p Place) String() string { return [...]string{"campaigns", "queues", "service"}[p] }

// PlaceOf is the place that a store's name is about.
func PlaceOf(key string) Place {
	if _, queue := campaign.QueueOf(key); queue {
		return AtQueues
	}
	if key == campaign.ServiceKey {
		return AtService
	}
	return AtCampaigns
}

// Shelf holds every KPI there is: the catalogue's, and the caller's own.
type Shelf struct {
	customs []*KPI
	byID    map[string]*KPI
}

// Bounds of what the caller defines. Names of a formula stand for values of other
// formulas: all that has to be worked out for one counts.
const (
	customsMost     = 500
	customNodesMost = 500
)

// Find returns the KPI of that id, or nil. A nil shelf holds the catalogue alone.
func (s *Shelf) Find(id string) *KPI {
	if s != nil && s.byID[id] != nil {
		return s.byID[id]
	}
	return Find(id)
}

// Customs lists the KPIs of the caller's own, in order of id.
func (s *Shelf) Customs() []*KPI {
	if s == nil {
		return nil
	}
	return s.customs
}

// Knowing is the shelf without the KPIs that read a measure not among these names.
func (s *Shelf) Knowing(measures []string) *Shelf {
	known := &Shelf{byID: map[string]*KPI{}}
	for _, k := range s.Customs() {
		if !slices.ContainsFunc(k.Measures(), func(name string) bool { return !slices.Contains(measures, name) }) {
			known.byID[k.ID], known.customs = k, append(known.customs, k)
		}
	}
	return known
}

// Measures are the names of the measures that the KPI reads, each once.
func (k *KPI) Measures() (names []string) {
	for _, p := range Asked([]*KPI{k}) {
		if p.Own != "" && !slices.Contains(names, p.Own) {
			names = append(names, p.Own)
		}
	}
	return names
}

// At lists the KPIs that reports about a place can tell, the catalogue's first.
func (s *Shelf) At(p Place) (kpis []*KPI) {
	switch p {
	case AtCampaigns:
		kpis = KPIsOf(Catalogue)
	case AtQueues:
		kpis = KPIsOf(QueueCatalogue)
	case AtService:
		kpis = slices.Concat(KPIsOf(QueueCatalogue), KPIsOf(ServiceCatalogue))
	}
	for _, k := range s.Customs() {
		if k.At(p) {
			kpis = append(kpis, k)
		}
	}
	return kpis
}

// At reports whether reports about a place can tell the KPI: of measures alone, all can.
func (k *KPI) At(p Place) bool {
	switch {
	case k.Own != "":
		return true
	case k.Custom != nil && k.Unit == Money && p == AtQueues:
		return false // all others have a currency
	case k.Custom == nil && p == AtQueues:
		return k.Clock == OfferClock
	case k.Custom == nil:
		return k.OfService() == (p == AtService)
	}
	return !slices.ContainsFunc(k.parts, func(part *KPI) bool { return !part.At(p) })
}

// NewShelf puts the definitions beside the catalogue. known says which measures there
// are. An error names the field of the definition it is about, and what to put instead.
func NewShelf(all []OwnKPI, known func(measure string) bool) (*Shelf, error) {
	if len(all) > customsMost {
		return nil, campaign.Invalidf("too_many", "", "there are %d KPIs of your own already; delete one that nobody looks at", customsMost)
	}
	s := &Shelf{byID: map[string]*KPI{}}
	drafts := map[string]*draft{}
	for i := range all {
		formula, err := ParseFormula(all[i].Formula)
		if err == nil {
			err = all[i].check()
		}
		if err != nil {
			return nil, err
		}
		drafts[all[i].ID] = &draft{OwnKPI: &all[i], formula: formula}
	}
	for i := range all {
		if _, err := s.define(drafts, all[i].ID, known); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(s.customs, func(a, b *KPI) int { return strings.Compare(a.ID, b.ID) })
	return s, nil
}

// draft is a definition on its way to the shelf.
type draft struct {
	*OwnKPI
	formula  *Formula
	underWay bool
	nodes    int
}

// check judges a definition but for what its formula reads.
func (d *OwnKPI) check() error {
	if err := campaign.CheckMeasureName("id", d.ID); err != nil {
		return err
	}
	if kpi, _ := builtIn(d.ID); kpi != nil || d.ID == "report" {
		return campaign.Invalidf("taken", "id", "%q is a name of the catalogue; choose another id", d.ID)
	}
	name, err := campaign.CleanText(d.Name)
	if d.Name == "" {
		return campaign.Invalidf("missing_field", "name", "name is missing; send what people call the KPI")
	}
	if err != nil {
		return campaign.InField(err, "name")
	}
	d.Name = name
	if _, err := campaign.CurrencyDigits(string(d.Unit)); err != nil && !slices.Contains(customUnits, d.Unit) {
		return campaign.Invalidf("invalid_unit", "unit", "%q is no unit; send one of proportion, ratio, count, s, per_hour, score, points, money (of the campaign's currency), or a currency code like EUR", d.Unit)
	}
	if !slices.Contains([]Direction{Higher, Lower, Neutral}, d.Direction) {
		return campaign.Invalidf("invalid_choice", "direction", "%q is no direction; send higher_is_better, lower_is_better or neutral", d.Direction)
	}
	return nil
}

// builtIn finds what a name of the catalogue stands for: a KPI's value, or one of its
// parts by the KPI's id with _numerator or _denominator behind it.
func builtIn(name string) (k *KPI, part string) {
	if k = Find(name); k != nil {
		return k, ""
	}
	for _, part := range []string{"numerator", "denominator"} {
		if id, is := strings.CutSuffix(name, "_"+part); is && Find(id) != nil {
			return Find(id), part
		}
	}
	return nil, ""
}

// CheckMeasure refuses a name for a measure that the catalogue has.
func CheckMeasure(name string) *campaign.Error {
	if k, _ := builtIn(name); k != nil {
		return campaign.Invalidf("taken", "name", "%q is a name of the catalogue; measure it under another", name)
	}
	return nil
}

// define puts a definition on the shelf, those that it reads first.
func (s *Shelf) define(drafts map[string]*draft, id string, known func(string) bool) (*KPI, error) {
	if k := s.byID[id]; k != nil {
		return k, nil
	}
	d := drafts[id]
	if d.underWay {
		return nil, badFormula("%s is worked out from itself; KPIs may read each other, but not in a circle", id)
	}
	d.underWay = true
	d.nodes = d.formula.nodes
	formula := *d.formula
	formula.reads = map[string]read{}
	k := &KPI{ID: d.ID, Name: d.Name, Formula: d.OwnKPI.Formula, Unit: d.Unit, Direction: d.Direction, DefinitionVersion: max(1, d.Version),
		Description: "A KPI of your own: a formula over measures and parts of other KPIs.", Custom: &formula}
	for _, name := range formula.Names {
		one, err := s.resolve(drafts, d, name, known)
		if err != nil {
			return nil, err
		}
		formula.reads[name] = one
		k.parts = append(k.parts, one.kpi)
		if used := drafts[one.kpi.ID]; one.kpi.Custom != nil {
			d.nodes += used.nodes * formula.root.occurs(name) // each is worked out anew
		}
	}
	if d.nodes > customNodesMost {
		return nil, badFormula("with all that it reads it has more than %d parts; name fewer KPIs of your own in it", customNodesMost)
	}
	k.takeAfterParts()
	if _, isCode := k.MoneyDigits(0); isCode && k.Unit != Money && slices.ContainsFunc(k.parts, (*KPI).OfMoney) {
		return nil, campaign.Invalidf("invalid_unit", "unit", "the formula reads amounts of the campaign's currency; send the unit money")
	}
	if len(k.Places()) == 0 {
		return nil, badFormula("it reads KPIs of campaigns and of queues, which no report holds together; make two of it")
	}
	s.byID[id], s.customs = k, append(s.customs, k)
	return k, nil
}

// Places lists where the KPI can be told.
func (k *KPI) Places() []Place {
	return slices.DeleteFunc([]Place{AtCampaigns, AtQueues, AtService}, func(p Place) bool { return !k.At(p) })
}

// resolve finds what a name in a formula stands for. Its own id, in the formula of a KPI,
// is the measure of that name.
func (s *Shelf) resolve(drafts map[string]*draft, d *draft, name string, known func(string) bool) (read, error) {
	if k, part := builtIn(name); k != nil {
		switch {
		case part == "denominator" && k.Denominator == NoMeasure:
			return read{}, badFormula("%s has no denominator; write %s", k.ID, k.ID)
		case part == "numerator" && k.Percent > 0:
			return read{}, badFormula("%s is a percentile and has no numerator; write %s", k.ID, k.ID)
		}
		return read{kpi: k, part: part}, nil
	}
	if drafts[name] != nil && name != d.ID {
		k, err := s.define(drafts, name, known)
		return read{kpi: k}, err
	}
	measure, counts := strings.CutSuffix(name, campaign.MeasureValues)
	part := "sum"
	if counts {
		part = "count"
	}
	if !known(measure) {
		return read{}, campaign.Invalidf("unknown_name", "formula", "%q is neither a KPI nor a measure that was ever posted; GET /v1/kpis lists the KPIs, GET /v1/measures the measures; post a value under that name first, or correct it", name)
	}
	return read{kpi: &KPI{ID: measure, Own: measure, Clock: MeasureClock, Unit: Count, Numerator: OwnValues, Groupings: byTime}, part: part}, nil
}

// takeAfterParts gives a KPI what follows from the parts it reads.
func (k *KPI) takeAfterParts() {
	k.Clock, k.Groupings = k.parts[0].Clock, slices.Clone(k.parts[0].Groupings)
	for _, p := range k.parts {
		if p.Clock != k.Clock {
			k.Clock = severalClocks
		}
		k.Groupings = slices.DeleteFunc(k.Groupings, func(g GroupBy) bool { return !slices.Contains(p.Groupings, g) })
		k.SettlesMs = max(k.SettlesMs, p.SettlesMs)
		k.ReadsSales = k.ReadsSales || p.AwaitsSales()
	}
}

// Asked lists what has to be read for KPIs: of those of the caller's own, what their
// formulas read.
func Asked(kpis []*KPI) (all []*KPI) {
	for _, k := range kpis {
		if k.Custom == nil {
			all = append(all, k)
			continue
		}
		all = append(all, Asked(k.parts)...)
	}
	return all
}

// read is what a name in a formula stands for: the value of a KPI, one of its parts, or
// the sum or the count of a measure.
type read struct {
	kpi  *KPI
	part string
}

// of is its exact value over the sums of a group, in seconds and in whole units of the
// currency; nil where there is none.
func (r read) of(s *Sums) *big.Rat {
	k := r.kpi
	switch {
	case r.part == "sum" && s.Own(k.Own).Count == 0:
		return nil // nobody said anything, which is not nothing
	case r.part == "sum":
		return s.Own(k.Own).Exact()
	case r.part == "count":
		return new(big.Rat).SetInt64(s.Own(k.Own).Count)
	case k.Custom != nil:
		return k.Custom.root.value(k.Custom.over(s))
	}
	f := k.Figure(s)
	if k.Quotient != nil {
		return r.ofQuotient(f, s)
	}
	switch {
	case r.part == "numerator":
		return s.exact(k.Numerator, f.Numerator)
	case r.part == "denominator":
		return s.exact(k.Denominator, f.Denominator)
	case !f.Defined():
		return nil
	case k.Percent > 0:
		return new(big.Rat).SetInt64(f.Percentile)
	case k.Denominator == NoMeasure:
		return s.exact(k.Numerator, f.Numerator)
	}
	value := new(big.Rat).Quo(s.exact(k.Numerator, f.Numerator), s.exact(k.Denominator, f.Denominator))
	switch k.Unit {
	case Points:
		value.Mul(value, big.NewRat(100, 1))
	case PerHour:
		value.Mul(value, big.NewRat(3600, 1))
	}
	return value
}

// ofQuotient is of for a KPI that is no quotient of two sums.
func (r read) ofQuotient(f Figure, s *Sums) *big.Rat {
	if f.Over == nil {
		return nil
	}
	value := f.Exact()
	switch r.part {
	case "numerator":
		value.SetInt(f.Over)
	case "denominator":
		return new(big.Rat).SetInt(f.Under)
	}
	if f.KPI.Unit == Money {
		for range s.digits {
			value.Quo(value, big.NewRat(10, 1))
		}
	}
	return value
}

// exact is the value of a measure in seconds, or in whole units of the currency.
func (s *Sums) exact(m Measure, value int64) *big.Rat {
	scale := int64(1)
	switch UnitOf(m) {
	case Seconds, Score:
		scale = 1000
	case Money:
		for range s.digits {
			scale *= 10
		}
	}
	return big.NewRat(value, scale)
}

// over is what the names of the formula stand for over the sums of a group.
func (f *Formula) over(s *Sums) func(name string) *big.Rat {
	return func(name string) *big.Rat { return f.reads[name].of(s) }
}

// ReadsCosts reports whether the KPI reads costs, which run on with time.
func (k *KPI) ReadsCosts() bool {
	return k.Clock == CostClock || slices.ContainsFunc(k.parts, (*KPI).ReadsCosts)
}

// MoneyDigits are the decimals of the currency that a KPI's value is in, of one whose
// campaign's has so many; ok is false for what is no money.
func (k *KPI) MoneyDigits(digits int) (n int, ok bool) {
	if k.Unit == Money {
		return digits, true
	}
	n, err := campaign.CurrencyDigits(string(k.Unit))
	return n, err == nil
}

// Values is how many values of measures lie behind a figure of the caller's own; ok is
// false where it reads none.
func (k *KPI) Values(s *Sums) (n int64, ok bool) {
	if k.Frozen() {
		return k.Custom.frozen.Values, k.Custom.frozen.Measured
	}
	for _, name := range k.Measures() {
		n, ok = n+s.Own(name).Count, true
	}
	return n, ok
}

// counted reports whether a formula reads nothing but counts: no amounts, times or scores.
func (k *KPI) counted() bool {
	return !slices.ContainsFunc(Asked([]*KPI{k}), func(p *KPI) bool {
		return UnitOf(p.Numerator) != Count || p.Denominator != NoMeasure && UnitOf(p.Denominator) != Count || p.Quotient != nil || p.Percent > 0
	})
}
