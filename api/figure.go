package api

import (
	"ringside/campaign"
	"ringside/funnel"
)

// figures writes the figures of one group as an array.
func (d *document) figures(kpis []*funnel.KPI, sums *funnel.Sums, f *figureFrame) {
	d.open('[')
	for _, k := range kpis {
		d.figure(k.Figure(sums), sums, f)
	}
	d.close(']')
}

// figuresBeside writes the figures of a group with their targets beside them.
func (d *document) figuresBeside(kpis []*funnel.KPI, sums *funnel.Sums, f *figureFrame, targets func(funnel.Figure) ([]*Judged, []partAim)) {
	d.open('[')
	for _, k := range kpis {
		fig := k.Figure(sums)
		d.figure(fig, sums, f)
		d.besides(targets(fig))
	}
	d.close(']')
}

// figureFrame is what all figures of one report share.
type figureFrame struct {
	currency string
	digits   int
	// settled and over say whether the window is mature for KPIs that go on moving
	// for the campaign's conversion window, and for the others.
	settled, over bool
	of            *campaign.Campaign
	toMs, asOfMs  int64
}

func newFigureFrame(about *funnel.About, asOfMs int64) *figureFrame {
	of, toMs := &about.Campaign, about.Window.ToMs
	return &figureFrame{currency: of.Currency, digits: of.Digits(), over: toMs <= asOfMs,
		settled: maturesMs(of, toMs) <= asOfMs, of: of, toMs: toMs, asOfMs: asOfMs}
}

// figure writes one KPI as api.md "Reports" says.
func (d *document) figure(fig funnel.Figure, sums *funnel.Sums, f *figureFrame) {
	k := fig.KPI
	d.open('{')
	d.name("id").text(k.ID)
	if k.Custom != nil {
		d.ownFigure(fig, sums, f)
		d.name("mature").bool(f.mature(k))
		d.name("definition_version").int(int64(k.DefinitionVersion))
		d.close('}')
		return
	}
	d.name("value").figureValue(fig, f)
	d.name("numerator")
	switch {
	case k.Percent > 0:
		d.null()
	case k.Quotient != nil:
		d.fraction(fig, f)
	default:
		d.measure(k.Numerator, fig.Numerator, f)
	}
	d.name("denominator")
	switch {
	case k.Quotient != nil && fig.Over == nil:
		d.int(0)
	case k.Quotient != nil:
		d.raw(fig.Under.String())
	case k.Denominator == funnel.NoMeasure:
		d.null()
	default:
		d.measure(k.Denominator, fig.Denominator, f)
	}
	d.name("unit").unit(k, f)
	if k.Unit == funnel.Proportion {
		d.interval(fig)
	}
	if fig.Unallocated() {
		d.name("unallocated").measure(k.Numerator, fig.Numerator, f)
	}
	if attempts, ok := k.NoData(sums); ok {
		d.name("no_data").int(attempts)
	}
	if k.Numerator == funnel.Late {
		d.exposure(funnel.Exposed(sums))
	}
	d.name("mature").bool(f.mature(k))
	d.name("definition_version").int(int64(k.DefinitionVersion))
	d.close('}')
}

// fraction writes the numerator of a value that is an exact fraction.
func (d *document) fraction(fig funnel.Figure, f *figureFrame) {
	switch {
	case fig.Over == nil:
		d.int(0)
	case fig.KPI.Unit == funnel.Money:
		d.text(campaign.FormatBig(fig.Over, f.digits))
	default:
		d.raw(fig.Over.String())
	}
}

// exposure writes what stands beside a compliance rate: the range that answers of
// unknown kind leave open, and how much of it is assumed.
func (d *document) exposure(e funnel.Exposure) {
	d.name("range").open('{')
	d.name("low").share(e.LowLate, e.LowLive)
	d.name("high").share(e.HighLate, e.HighLive)
	d.close('}')
	d.name("connect_assumed").int(e.ConnectsAssumed)
	d.name("greeting_assumed").int(e.GreetingsAssumed)
	d.name("unproven").bool(e.Unproven())
}

func (d *document) figureValue(fig funnel.Figure, f *figureFrame) {
	switch k := fig.KPI; {
	case !fig.Defined():
		d.null()
	case k.Unit == funnel.Money:
		d.text(fig.MoneyValue(f.digits))
	case k.Denominator == funnel.NoMeasure:
		d.measure(k.Numerator, fig.Numerator, f)
	default:
		d.float(fig.Value())
	}
}

// measure writes one part of a figure, exactly.
func (d *document) measure(m funnel.Measure, value int64, f *figureFrame) {
	switch funnel.UnitOf(m) {
	case funnel.Money:
		d.money(value, f.digits)
	case funnel.Seconds, funnel.Score:
		d.seconds(value)
	default:
		d.int(value)
	}
}

// interval writes the 95 % Wilson interval of a proportion.
func (d *document) interval(fig funnel.Figure) {
	if !fig.Defined() || fig.KPI.Quotient != nil { // no share of trials
		d.name("low").null()
		d.name("high").null()
		return
	}
	low, high := funnel.Wilson(fig.Numerator, fig.Denominator)
	d.name("low").float(low)
	d.name("high").float(high)
}

// mature reports whether a KPI's figure for the window no longer moves by the
// mere passing of time (kpis.md §2).
func (f *figureFrame) mature(k *funnel.KPI) bool {
	if k.AwaitsSales() {
		return f.settled
	}
	if k.SettlesMs > 0 {
		return f.toMs+k.SettlesMs <= f.asOfMs
	}
	return f.over
}

// matureAt is mature for a part of the window that ends at toMs.
func (f *figureFrame) matureAt(k *funnel.KPI, toMs int64) bool {
	return newFigureFrame(&funnel.About{Campaign: *f.of, Window: funnel.Window{ToMs: toMs}}, f.asOfMs).mature(k)
}

// maturesMs is the end of a window moved by the campaign's conversion window, in
// calendar days of its zone.
func maturesMs(of *campaign.Campaign, toMs int64) int64 {
	cal := campaign.NewCalendar(of.Location())
	day := cal.DayOf(toMs)
	return cal.DayStart(day+campaign.Day(*of.ConversionWindowDays)) + toMs - cal.DayStart(day)
}
