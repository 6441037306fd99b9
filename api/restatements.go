package api

import (
	"math/big"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"ringside/campaign"
	"ringside/funnel"
)

// restated is a month's restatements as they are shown.
type restated struct {
	month campaign.Day
	of    []funnel.Restated
	// frames are those of the closing and of now, by campaign.
	before, now []*figureFrame
	facts       []restatedFact
	next        *restatedCursor
	// What the key may see.
	phones, shares bool
}

// restatedFact is a fact that restates a month, and whose.
type restatedFact struct {
	funnel.RestatedFact
	of *campaign.Campaign
}

// getRestatements says how a closed month is not what it was: figure by figure, and by
// which facts and other changes.
func (s *Server) getRestatements(c *gin.Context) error {
	format, err := reportFormat(c)
	if err != nil {
		return err
	}
	r := &restated{phones: may(keyOf(c), seePhones), shares: may(keyOf(c), shareCosts)}
	if r.month, err = monthPath(c); err != nil {
		return err
	}
	all, err := s.periodCampaigns(c)
	if err != nil {
		return err
	}
	limit, err := limitParam(c)
	if err != nil {
		return err
	}
	after, err := restatedCursorParam(c)
	if err != nil {
		return err
	}
	var missing error
	for _, of := range all {
		one, err := s.store.Restated(c.Request.Context(), of.Ref, r.month, s.now().UnixMilli())
		if isNotFound(err) {
			missing = err
			continue
		}
		if err != nil {
			return err
		}
		frozen := one.Closing.Report(of)
		r.of = append(r.of, one)
		r.before = append(r.before, newFigureFrame(&frozen.About, frozen.AsOfMs))
		r.now = append(r.now, newFigureFrame(&one.Now.About, one.Now.AsOfMs))
	}
	if len(r.of) == 0 {
		return nothingTo("show", missing)
	}
	if format == formatJSON {
		if err := s.restatedFacts(c, r, after, limit); err != nil {
			return err
		}
	}
	return sendReport(c, format, r.document, func() ([]byte, error) { return r.table(format) })
}

// restatedFacts gathers a page of facts, campaign by campaign in order of ref.
func (s *Server) restatedFacts(c *gin.Context, r *restated, after restatedCursor, limit int) error {
	for i := range r.of {
		of := &r.of[i]
		at := funnel.FactCursor{}
		if of.Closing.Campaign < after.campaign {
			continue
		}
		if of.Closing.Campaign == after.campaign {
			at = after.FactCursor
		}
		if len(r.facts) == limit {
			r.next = &restatedCursor{of.Closing.Campaign, at}
			return nil
		}
		facts, next, err := s.store.RestatedFacts(c.Request.Context(), of.Closing.Campaign, r.month, at, limit-len(r.facts))
		if err != nil {
			return err
		}
		for _, f := range facts {
			r.facts = append(r.facts, restatedFact{f, &of.Now.Campaign})
		}
		if next != nil {
			r.next = &restatedCursor{of.Closing.Campaign, *next}
			return nil
		}
	}
	return nil
}

func (r *restated) document() document {
	var d document
	d.open('{').name("month").text(r.month.MonthText())
	d.name("periods").open('[')
	for i := range r.of {
		d.open('{').closing(&r.of[i].Closing)
		d.close('}')
	}
	d.close(']')
	d.name("restatements").open('[')
	for i := range r.of {
		for _, one := range r.of[i].Restatements {
			d.open('{').name("campaign").text(r.of[i].Closing.Campaign)
			d.name("id").text(one.ID)
			d.name("redefined").bool(one.Redefined())
			d.name("before").figureOrNull(one.Before, one.BeforeSums, r.before[i])
			d.name("after").figureOrNull(one.After, one.AfterSums, r.now[i])
			d.name("difference").open('{').difference("", &one, r.before[i].digits)
			d.close('}')
			d.close('}')
		}
	}
	d.close(']')
	d.name("changes").open('[')
	for i := range r.of {
		for _, change := range r.of[i].Changes {
			d.open('{').name("campaign").text(r.of[i].Closing.Campaign)
			d.name("what").text(change.What)
			d.name("name").textOrNull(change.Name)
			d.name("at").instant(change.AtMs)
			d.name("by").actorOrNull(change.By)
			d.close('}')
		}
	}
	d.close(']')
	d.name("facts").open('[')
	for _, f := range r.facts {
		d.restatedFact(&f, r.phones, !f.Shared || r.shares)
	}
	d.close(']')
	d.name("next")
	if r.next == nil {
		d.null()
	} else {
		d.text(r.next.String())
	}
	d.close('}')
	return d
}

func (d *document) figureOrNull(f *funnel.Figure, sums *funnel.Sums, frame *figureFrame) {
	if f == nil {
		d.null()
		return
	}
	d.figure(*f, sums, frame)
}

// difference writes by how much a figure and its parts moved: null where there is
// nothing to compare. Names begin with a prefix.
func (d *document) difference(prefix string, r *funnel.Restatement, digits int) {
	d.name(prefix + "value")
	if r.Redefined() || !r.Before.Defined() || !r.After.Defined() {
		d.null()
	} else {
		d.moved(r, digits)
	}
	part := func(name string, m funnel.Measure, before, after int64) {
		d.name(prefix + name)
		if m == funnel.NoMeasure {
			d.null()
		} else {
			d.measure(m, after-before, &figureFrame{digits: digits})
		}
	}
	switch {
	case r.Redefined():
		d.name(prefix + "numerator").null()
		d.name(prefix + "denominator").null()
	case r.Before.KPI.Percent > 0:
		d.name(prefix + "numerator").null()
		part("denominator", r.Before.KPI.Denominator, r.Before.Denominator, r.After.Denominator)
	default:
		part("numerator", r.Before.KPI.Numerator, r.Before.Numerator, r.After.Numerator)
		part("denominator", r.Before.KPI.Denominator, r.Before.Denominator, r.After.Denominator)
	}
}

// moved writes the difference of two values, from their exact parts.
func (d *document) moved(r *funnel.Restatement, digits int) {
	k := r.Before.KPI
	switch exact := new(big.Rat).Sub(r.After.Exact(), r.Before.Exact()); {
	case k.Custom != nil:
		d.ownMoved(k, exact, digits)
	case k.Unit == funnel.Money && k.Denominator == funnel.NoMeasure:
		d.money(r.After.Numerator-r.Before.Numerator, digits)
	case k.Unit == funnel.Money:
		// Of minor units, shown with two digits more.
		hundredths := new(big.Rat).Mul(exact, big.NewRat(100, 1))
		d.money(campaign.RoundHalfEven(hundredths.Num(), hundredths.Denom()).Int64(), digits+2)
	default:
		value, _ := exact.Float64()
		d.float(value)
	}
}

// ownMoved writes the difference of two values of a formula.
func (d *document) ownMoved(k *funnel.KPI, exact *big.Rat, digits int) {
	if decimals, isMoney := k.MoneyDigits(digits); isMoney {
		d.text(funnel.FractionText(exact.Num(), exact.Denom(), decimals+2))
		return
	}
	value, _ := exact.Float64()
	d.float(value)
}

// restatedFact writes a fact and what the versions of it changed that arrived since;
// without values only which fields.
func (d *document) restatedFact(f *restatedFact, phones, values bool) {
	d.open('{').name("campaign").text(f.of.Ref)
	d.name("kind").text(f.Kind.String())
	d.name("id").text(f.ID)
	d.name("ref").text(f.Ref)
	d.name("shared").bool(f.Shared)
	d.name("versions").open('[')
	for _, v := range f.Versions {
		d.open('{').name("arrived_at").instant(v.ArrivedMs)
		d.name("by").actorOrNull(v.By)
		d.name("source").textOrNull(v.Dialer)
		d.name("fields").open('[')
		for _, c := range v.Fields {
			field := f.Kind.Fields()[c.Field]
			if field.Name == "" {
				continue
			}
			before, shown := c.Before, values
			after := c.After
			if !phones {
				var free bool
				before, free = masked(field, before)
				after, _ = masked(field, after)
				shown = shown && free
			}
			d.open('{').name("field").text(field.Name)
			if shown {
				d.name("before").field(field, before, c.BeforeNull, f.of.Digits())
				d.name("after").field(field, after, c.NowNull, f.of.Digits())
			}
			d.close('}')
		}
		d.close(']')
		d.close('}')
	}
	d.close(']')
	d.close('}')
}

// restatedColumns are the columns of restatements in tables.
var restatedColumns = []string{"month", "campaign", "closed_at", "as_of", "id", "unit", "redefined", "before_value", "before_numerator", "before_denominator",
	"after_value", "after_numerator", "after_denominator", "difference_value", "difference_numerator", "difference_denominator"}

// table writes one row a restated figure.
func (r *restated) table(format string) ([]byte, error) {
	t := newTable(format, restatedColumns)
	var kpis []*funnel.KPI
	for i := range r.of {
		for _, one := range r.of[i].Restatements {
			d := document{'{'}
			d.name("month").text(r.month.MonthText())
			d.name("campaign").text(r.of[i].Closing.Campaign)
			d.name("closed_at").instant(r.of[i].Closing.KnownMs)
			d.name("as_of").instant(r.of[i].Now.AsOfMs)
			d.name("id").text(one.ID)
			for _, side := range []struct {
				name  string
				of    *funnel.Figure
				frame *figureFrame
			}{{"before_", one.Before, r.before[i]}, {"after_", one.After, r.now[i]}} {
				if side.of != nil {
					d.parts(side.name, *side.of, side.frame)
					kpis = append(kpis, side.of.KPI)
				}
			}
			d.name("unit").text(unitText(one.Before, one.After, r.before[i]))
			d.name("redefined").bool(one.Redefined())
			d.difference("difference_", &one, r.before[i].digits)
			d.close('}')
			if err := t.row(d); err != nil {
				return nil, err
			}
		}
	}
	return t.finish(distinctKPIs(kpis))
}

// parts writes the value of a figure and what it is of; names begin with a prefix.
func (d *document) parts(prefix string, fig funnel.Figure, f *figureFrame) {
	k := fig.KPI
	if k.Custom != nil {
		d.name(prefix+"value").ownValue(fig, f)
		d.name(prefix + "numerator").bigOrNull(fig.Over)
		d.name(prefix + "denominator").bigOrNull(fig.Under)
		return
	}
	d.name(prefix+"value").figureValue(fig, f)
	d.name(prefix + "numerator")
	if k.Percent > 0 {
		d.null()
	} else {
		d.measure(k.Numerator, fig.Numerator, f)
	}
	d.name(prefix + "denominator")
	if k.Denominator == funnel.NoMeasure {
		d.null()
	} else {
		d.measure(k.Denominator, fig.Denominator, f)
	}
}

// unitText is the unit a figure is shown in.
func unitText(before, after *funnel.Figure, f *figureFrame) string {
	if before == nil {
		before = after
	}
	if before.KPI.Unit == funnel.Money {
		return f.currency
	}
	return string(before.KPI.Unit)
}

// distinctKPIs leaves each definition once.
func distinctKPIs(kpis []*funnel.KPI) (out []*funnel.KPI) {
	seen := map[string]bool{}
	for _, k := range kpis {
		if name := k.ID + " " + strconv.Itoa(k.DefinitionVersion); !seen[name] {
			seen[name] = true
			out = append(out, k)
		}
	}
	return slices.Clip(out)
}
