package funnel

import (
	"encoding/json"
	"math/big"
	"slices"

	"ringside/campaign"
)

// Closing is one closing of a month: who froze what, when. Of the closings of a month
// the last stands, unless it was reopened.
type Closing struct {
	// Campaign is its ref.
	Campaign string
	Window   Window
	Month    campaign.Day
	// Number counts the closings of the month, from 1.
	Number int64
	// KnownMs is the instant it was closed: what arrived by its end is in the figures.
	KnownMs int64
	// Version is the campaign's count of changes they were read at.
	Version int64
	By      campaign.Actor
	// ReopenedMs is campaign.None while the month is closed.
	ReopenedMs int64
	ReopenedBy campaign.Actor
	// Frozen is nil where only the list of closings was asked for.
	*Frozen
}

// Closed reports whether the month is closed, not reopened.
func (c *Closing) Closed() bool { return c.ReopenedMs == campaign.None }

// Frozen is what a month's figures were, with all it takes to show them as they were
// shown, and what they were made of.
type Frozen struct {
	// Counting is the version of the program's way of counting.
	Counting int64
	// Config is how the figures were counted, with the rate cards.
	Config campaign.Config
	// Definitions are those of the catalogue of the time.
	Definitions []Definition
	// Own are the KPIs of callers' own, with what they came to.
	Own []FrozenOwn `json:",omitempty"`
	// Sums are the month's, exactly; all figures follow from them and the definitions.
	Sums *Sums
	// Agents are the distinct agents.
	Agents []string `json:",omitempty"`
	// Entries are the cost entries behind the figures, in order of arrival.
	Entries []FrozenEntry `json:",omitempty"`
	// Exchange are the exchange rates of the currency in force at the month's end.
	Exchange []campaign.ExchangeRate `json:",omitempty"`
}

// FrozenEntry is a cost entry that overlaps a month, and what of it falls to the
// campaign in it.
type FrozenEntry struct {
	Ref          string
	Category     int
	AmountMinor  int64
	FromMs, ToMs int64
	Shared       bool `json:",omitempty"`
	MonthMinor   int64
}

// Definition is what of a KPI makes its figure.
type Definition struct {
	ID, Name, Formula      string
	Clock                  Clock
	Unit                   MeasureUnit
	Numerator, Denominator Measure
	Percent                int64 `json:",omitempty"`
	ReadsSales             bool  `json:",omitempty"`
	Version                int
}

// Definitions are those of the whole catalogue.
func Definitions() []Definition {
	out := make([]Definition, len(Catalogue))
	for i := range Catalogue {
		k := &Catalogue[i]
		out[i] = Definition{k.ID, k.Name, k.Formula, k.Clock, k.Unit, k.Numerator, k.Denominator, k.Percent, k.ReadsSales, k.DefinitionVersion}
	}
	return out
}

// FrozenOwn is a KPI of a caller's own as it was defined, and what it came to: its parts
// are nil where it had no value.
type FrozenOwn struct {
	OwnKPI
	Clock       Clock
	ReadsSales  bool     `json:",omitempty"`
	SettlesMs   int64    `json:",omitempty"`
	Over, Under *big.Int `json:",omitempty"`
	Lack        Lack     `json:",omitempty"`
	// Values is how many values of measures lie behind it, where it reads any.
	Values   int64 `json:",omitempty"`
	Measured bool  `json:",omitempty"`
}

// FreezeOwn keeps what the KPIs of callers' own come to over sums.
func FreezeOwn(kpis []*KPI, sums *Sums) (out []FrozenOwn) {
	for _, k := range kpis {
		if k.Custom == nil {
			continue
		}
		figure := k.Figure(sums)
		one := FrozenOwn{OwnKPI: OwnKPI{ID: k.ID, Name: k.Name, Formula: k.Formula, Unit: k.Unit, Direction: k.Direction, Version: k.DefinitionVersion},
			Clock: k.Clock, ReadsSales: k.ReadsSales, SettlesMs: k.SettlesMs, Over: figure.Over, Under: figure.Under, Lack: figure.Lack}
		one.Values, one.Measured = k.Values(sums)
		out = append(out, one)
	}
	return out
}

// KPI is the figure as it came out; it is the same over any sums.
func (o *FrozenOwn) KPI() *KPI {
	return &KPI{ID: o.ID, Name: o.Name, Formula: o.Formula, Clock: o.Clock, Unit: o.Unit, Direction: o.Direction, ReadsSales: o.ReadsSales, SettlesMs: o.SettlesMs,
		DefinitionVersion: o.Version, Custom: &Formula{Text: o.Formula, frozen: o}}
}

// Frozen reports whether the KPI is what a formula came to when a month was closed.
func (k *KPI) Frozen() bool { return k.Custom != nil && k.Custom.frozen != nil }

// HasOwn reports whether all of some KPIs of callers' own were frozen; what they measure
// by itself never was.
func (f *Frozen) HasOwn(kpis []*KPI) bool {
	return !slices.ContainsFunc(kpis, func(k *KPI) bool {
		frozen := slices.ContainsFunc(f.Own, func(o FrozenOwn) bool { return o.ID == k.ID })
		return k.Own != "" || k.Custom != nil && !frozen
	})
}

// KPI is the figure as it was defined; no grouping serves it.
func (d *Definition) KPI() *KPI {
	return &KPI{ID: d.ID, Name: d.Name, Formula: d.Formula, Clock: d.Clock, Unit: d.Unit, Numerator: d.Numerator, Denominator: d.Denominator,
		Percent: d.Percent, ReadsSales: d.ReadsSales, DefinitionVersion: d.Version}
}

// KPIs are the frozen figures of the ids given, or all.
func (f *Frozen) KPIs(named []*KPI) (kpis []*KPI) {
	for i := range f.Definitions {
		d := &f.Definitions[i]
		if named == nil || slices.ContainsFunc(named, func(k *KPI) bool { return k.ID == d.ID }) {
			kpis = append(kpis, d.KPI())
		}
	}
	for i := range f.Own {
		if o := &f.Own[i]; named == nil || slices.ContainsFunc(named, func(k *KPI) bool { return k.ID == o.ID }) {
			kpis = append(kpis, o.KPI())
		}
	}
	return kpis
}

// Report is the frozen answer about the month, as of the closing.
func (c *Closing) Report(of campaign.Campaign) Report {
	of.Config, of.Wanted = c.Config, nil
	return Report{About: About{Campaign: of, Window: c.Window}, AsOfMs: c.KnownMs, Closing: c, Rated: c.Config.Rates.Some(), Version: c.Version,
		Whole: c.Sums, WholeAgents: c.Agents, Groups: []ReportGroup{{Sums: c.Sums, Agents: c.Agents}}}
}

// Restatement is a figure of a closed month that is not what it was. A KPI that is no
// longer, or was not yet, in the catalogue has no figure there.
type Restatement struct {
	ID            string
	Before, After *Figure
	// BeforeSums and AfterSums are what the figures are of.
	BeforeSums, AfterSums *Sums
}

// Redefined reports whether the KPI itself is not what it was.
func (r *Restatement) Redefined() bool {
	return r.Before == nil || r.After == nil || r.Before.KPI.DefinitionVersion != r.After.KPI.DefinitionVersion
}

// Restated compares the frozen figures with those of now, in order of the catalogue; own
// are the KPIs of callers' own as they are.
func (f *Frozen) Restated(now *Sums, own []*KPI) (out []Restatement) {
	at := map[string]int{}
	note := func(k *KPI, sums *Sums) *Restatement {
		if _, known := at[k.ID]; !known {
			at[k.ID] = len(out)
			out = append(out, Restatement{ID: k.ID, BeforeSums: f.Sums, AfterSums: now})
		}
		return &out[at[k.ID]]
	}
	for _, k := range f.KPIs(nil) {
		figure := k.Figure(f.Sums)
		note(k, f.Sums).Before = &figure
	}
	for _, k := range slices.Concat(KPIsOf(Catalogue), own) {
		figure := k.Figure(now)
		note(k, now).After = &figure
	}
	return slices.DeleteFunc(out, func(r Restatement) bool {
		return r.Before != nil && r.After != nil && r.Before.sameAs(r.After)
	})
}

// sameAs reports whether two figures of a KPI say the same.
func (f *Figure) sameAs(o *Figure) bool {
	if f.KPI.Custom != nil && o.KPI.Custom != nil {
		return f.KPI.Unit == o.KPI.Unit && f.Defined() == o.Defined() && (!f.Defined() || f.Exact().Cmp(o.Exact()) == 0)
	}
	return f.Numerator == o.Numerator && f.Denominator == o.Denominator && f.Percentile == o.Percentile && f.KPI.Unit == o.KPI.Unit
}

// AlikeWithin reports whether a lead adds the same to a window in both states.
func (r *Rules) AlikeWithin(before, after *Unit, w Window) bool {
	within := func(u *Unit) []Event {
		folder := Folder{Rules: r}
		return slices.DeleteFunc(folder.Fold(u), func(e Event) bool { return !w.Holds(e.AtMs) })
	}
	return slices.EqualFunc(within(before), within(after), func(a, b Event) bool { return a.Clock == b.Clock && a.countsAs(&b) })
}

// storedSums is how sums are kept: measures by number, then spreads.
type storedSums struct {
	Measures Vector
	Spreads  Vector `json:",omitempty"`
}

// MarshalJSON writes the sums as they are kept.
func (s *Sums) MarshalJSON() ([]byte, error) {
	out := storedSums{Spreads: s.spreads}
	for m, v := range s.plain {
		if v != 0 {
			out.Measures = append(out.Measures, Entry{Measure(m).kept(), v})
		}
	}
	for at, v := range s.service {
		if v != 0 {
			out.Measures = append(out.Measures, Entry{int64(serviceStart) + int64(at), v})
		}
	}
	for k, v := range s.tops {
		out.Measures = append(out.Measures, Entry{int64(StageTop) + int64(k), v})
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads kept sums. What a later program no longer counts is left out.
func (s *Sums) UnmarshalJSON(body []byte) error {
	var stored storedSums
	if err := json.Unmarshal(body, &stored); err != nil {
		return err
	}
	*s = Sums{spreads: stored.Spreads}
	for _, e := range stored.Measures {
		if m := keptMeasure(e.ID); m < measuresEnd || m >= StageTop || m.OfService() {
			s.Add(m, e.Value)
		}
	}
	return nil
}

// madeFirst is where the numbers begin under which measures are kept that are made of
// others: their own numbers move when there is one more to count.
const madeFirst = 500

// kept is the number under which a measure is kept for good.
func (m Measure) kept() int64 {
	if m > countedEnd && m < measuresEnd {
		return madeFirst + int64(m-countedEnd)
	}
	return int64(m)
}

func keptMeasure(number int64) Measure {
	if number > madeFirst && number < int64(StageTop) {
		return Measure(number-madeFirst) + countedEnd
	}
	return Measure(number)
}

// MarshalJSON writes the number under which the measure is kept.
func (m Measure) MarshalJSON() ([]byte, error) { return json.Marshal(m.kept()) }

// UnmarshalJSON reads a kept number.
func (m *Measure) UnmarshalJSON(body []byte) error {
	var number int64
	err := json.Unmarshal(body, &number)
	*m = keptMeasure(number)
	return err
}

// Same reports whether both hold the same values.
func (s *Sums) Same(o *Sums) bool {
	return s.plain == o.plain && s.Get(LoggedMs) == o.Get(LoggedMs) && slices.Equal(s.tops, o.tops) && slices.Equal(s.spreads, o.spreads)
}

// MarshalJSON writes an entry as a pair.
func (e Entry) MarshalJSON() ([]byte, error) { return json.Marshal([2]int64{e.ID, e.Value}) }

// UnmarshalJSON reads a pair.
func (e *Entry) UnmarshalJSON(body []byte) error {
	var pair [2]int64
	err := json.Unmarshal(body, &pair)
	e.ID, e.Value = pair[0], pair[1]
	return err
}

// Restated is what became of a closed month: its closing, the figures of now, and what
// else than facts is not what it was.
type Restated struct {
	Closing
	// Now is the report of the month as it is.
	Now          Report
	Restatements []Restatement
	Changes      []Change
}

// Change is something other than a fact by which a month is counted anew.
type Change struct {
	// What is definition, configuration, rates or counting; Name the KPI's id or the
	// configuration's field.
	What, Name string
	// AtMs is when it came, or campaign.None where that is not known, By who made it.
	AtMs int64
	By   campaign.Actor
}

// FactCursor is a place among the facts that restate a month.
type FactCursor struct{ Stage, Number int64 }

// RestatedFact is a fact of which versions arrived after a closing that restate the
// month.
type RestatedFact struct {
	ID, Ref  string
	Kind     campaign.Kind
	Shared   bool // a cost of no campaign
	Versions []RestatedVersion
}

// RestatedVersion is one such version: when it arrived, from whom, or from which source
// of dialers' messages, and what it changed.
type RestatedVersion struct {
	ArrivedMs int64
	By        campaign.Actor
	Dialer    string
	Fields    []FieldChange
}

// FieldChange is a field that a version gave another value. Null stands for no value.
type FieldChange struct {
	Field               int
	Before, After       campaign.Value
	BeforeNull, NowNull bool
}
