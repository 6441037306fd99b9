package web

import (
	"strings"

	"ringside/campaign"
	"ringside/funnel"
)

// Figure is one KPI as a page shows it, all in words but what is drawn.
type Figure struct {
	ID, Name, Formula string
	// Value is "" where there is none; Missing then says why.
	Value, Missing string
	// Fraction are the parts the value is made of, Interval its 95 % interval, "" for
	// what has none.
	Fraction, Interval string
	// Over and Under are the two parts of the fraction.
	Over, Under string
	// Lacking says of how many calls data is missing that a duration needs, "" of none.
	Lacking string
	// Low, Point and High are shares of 1 to be drawn; Drawn says that there are any.
	Low, Point, High float64
	Drawn            bool
	// Told says how many of those who were asked gave an answer, "" where nobody is asked.
	Told string
	// Young says that the figure still moves by the mere passing of time.
	Young bool
	// Numerator and Denominator lead to the facts behind the parts, "" where the
	// reader may not see them or there are none.
	Numerator, Denominator string
	// Targets are what it is to be.
	Targets []Target
	// Change compares with the window before; nil where nothing is compared.
	Change *Change
}

// Coin is how a campaign's money is written.
type Coin struct {
	Code   string
	Digits int
}

// CoinOf is the currency of a campaign.
func CoinOf(c *campaign.Config) Coin {
	if c.Currency == campaign.NoCurrency {
		return Coin{Digits: c.Digits()}
	}
	return Coin{c.Currency, c.Digits()}
}

// amount writes an amount with its currency, as far as there is one.
func (c Coin) amount(text string) string {
	return strings.TrimSuffix(grouped(text)+noBreak+c.Code, noBreak)
}

// NewFigure writes a KPI's figure; sums are those of the same group.
func NewFigure(fig funnel.Figure, sums *funnel.Sums, coin Coin) Figure {
	k := fig.KPI
	f := Figure{ID: k.ID, Name: k.Name, Formula: k.Formula}
	switch {
	case k.Clock == funnel.CostClock && sums.Get(funnel.CostEntries) == 0:
		f.Missing = T("figure.no_costs")
		return f
	case !fig.Defined():
		f.Missing = T("figure.no_data")
	default:
		f.Value = Value(fig, coin)
	}
	f.Fraction = Fraction(fig, coin)
	if calls, _ := k.NoData(sums); calls > 0 {
		f.Lacking = T("figure.lacking", "n", calls)
	}
	f.Over, f.Under, _ = strings.Cut(f.Fraction, noBreak+"/"+noBreak)
	if n, of, ok := fig.Trials(); k.Unit == funnel.Proportion && ok {
		f.Low, f.High = funnel.Wilson(n, of)
		f.Point, f.Drawn = fig.Value(), true
		f.Interval = Decimal(100*f.Low, 1) + "–" + Percent(f.High, 1)
	}
	return f
}

// Value writes the value of a figure that is Defined.
func Value(fig funnel.Figure, coin Coin) string {
	if fig.Over != nil {
		return ownValue(fig, coin)
	}
	switch k := fig.KPI; k.Unit {
	case funnel.Proportion:
		return Percent(fig.Value(), 2)
	case funnel.Ratio, funnel.Score, funnel.PerHour:
		return Decimal(fig.Value(), 2)
	case funnel.Seconds:
		return Duration(int64(1000 * fig.Value()))
	case funnel.Points:
		return Signed(fig.Value(), 1)
	case funnel.Money:
		return coin.amount(fig.MoneyValue(coin.Digits))
	}
	return Number(fig.Numerator)
}

// ownValue writes the value of a figure that a formula makes.
func ownValue(fig funnel.Figure, coin Coin) string {
	k := fig.KPI
	digits, isMoney := k.MoneyDigits(coin.Digits)
	switch {
	case k.Unit == funnel.Money:
		return coin.amount(fig.MoneyValue(digits))
	case isMoney:
		return grouped(fig.MoneyValue(digits)) + noBreak + string(k.Unit)
	case k.Unit == funnel.Proportion:
		return Percent(fig.Value(), 2)
	case k.Unit == funnel.Seconds:
		return Duration(int64(1000 * fig.Value()))
	case fig.Over.IsInt64() && fig.Under.IsInt64() && fig.Under.Int64() == 1:
		return Number(fig.Over.Int64())
	}
	return Decimal(fig.Value(), 2)
}

// Fraction writes the parts of a figure, "" for a plain count; of a percentile how
// many attempts it was read from.
func Fraction(fig funnel.Figure, coin Coin) string {
	switch {
	case fig.KPI.Quotient != nil:
		return "" // an exact fraction is none of counts
	case fig.Over != nil && fig.Under.IsInt64() && fig.Under.Int64() != 1:
		return fig.Over.String() + noBreak + "/" + noBreak + fig.Under.String()
	case fig.KPI.Denominator == funnel.NoMeasure:
		return ""
	case fig.KPI.Percent > 0:
		return T("figure.of", "n", fig.Denominator)
	}
	return part(fig.KPI.Numerator, fig.Numerator, coin) + noBreak + "/" + noBreak + part(fig.KPI.Denominator, fig.Denominator, coin)
}

// part writes one part of a figure.
func part(m funnel.Measure, value int64, coin Coin) string {
	switch funnel.UnitOf(m) {
	case funnel.Money:
		return grouped(campaign.FormatMoney(value, coin.Digits))
	case funnel.Seconds:
		return Duration(value)
	case funnel.Score:
		return grouped(campaign.DecimalText(value, 3))
	}
	return Number(value)
}

// Change is how a figure differs from that of the window before.
type Change struct {
	// Text says by how much, Before what it was, Verdict in a word what to make of
	// it: Better, Worse or, where chance alone may have done it, Unclear; Early where
	// the figure still grows by waiting, and what it is compared with had longer. Now is
	// what was compared, where that is not the figure itself.
	Text, Now, Before, Verdict string
	// Up and Down say which way the value went.
	Up, Down bool
}

// The verdicts on changes; they are ids of messages.
const (
	Better  = "better"
	Worse   = "worse"
	Unclear = "unclear"
	Moved   = "moved"
	Early   = "early"
)

// NewChange compares a figure with the one before; nil where either has no value.
func NewChange(now, before funnel.Figure, coin Coin) *Change {
	if !now.Defined() || !before.Defined() {
		return nil
	}
	k := now.KPI
	c := &Change{Before: Value(before, coin), Up: now.Value() > before.Value(), Down: now.Value() < before.Value()}
	clear := true
	switch {
	case k.Unit == funnel.Proportion:
		low, high := funnel.Difference(now.Numerator, now.Denominator, before.Numerator, before.Denominator)
		clear = low > 0 || high < 0
		c.Text = T("change.points", "by", Signed(100*(now.Value()-before.Value()), 2))
	case before.Value() == 0:
		c.Text = T("change.from_zero")
	default:
		c.Text = Signed(100*(now.Value()/before.Value()-1), 1) + noBreak + "%"
	}
	switch {
	case !clear || !c.Up && !c.Down:
		c.Verdict = Unclear
	case k.Direction == funnel.Neutral:
		c.Verdict = Moved
	case c.Up == (k.Direction == funnel.Higher):
		c.Verdict = Better
	default:
		c.Verdict = Worse
	}
	return c
}
