package funnel

import (
	"fmt"
	"strconv"
	"time"

	"ringside/campaign"
)

// Text writes the figure's value for people, in the campaign's currency; "no
// data" where it has none. Programs read the exact parts instead.
func (f Figure) Text(currency string, digits int) string {
	if !f.Defined() {
		return "no data"
	}
	money, isMoney := f.KPI.MoneyDigits(digits)
	switch unit := f.KPI.Unit; {
	case isMoney && unit != Money:
		return f.MoneyValue(money) + " " + string(unit)
	case f.KPI.Custom != nil && unit != Proportion && unit != Seconds && unit != Money:
		return strconv.FormatFloat(f.Value(), 'f', -1, 64)
	}
	switch f.KPI.Unit {
	case Proportion:
		return strconv.FormatFloat(100*f.Value(), 'f', 2, 64) + " %"
	case Ratio, Score, PerHour:
		return strconv.FormatFloat(f.Value(), 'f', 2, 64)
	case Points:
		return strconv.FormatFloat(f.Value(), 'f', 1, 64)
	case Seconds:
		return time.Duration(f.Value() * float64(time.Second)).Round(100 * time.Millisecond).String()
	case Money:
		return f.MoneyValue(digits) + " " + currency
	}
	return strconv.FormatInt(f.Numerator, 10)
}

// TextWith is Text that also tells a campaign without any cost entry from one
// whose calls cost nothing.
func (f Figure) TextWith(s *Sums, currency string, digits int) string {
	if f.KPI.Clock == CostClock && s.Get(CostEntries) == 0 {
		return "no costs posted"
	}
	return f.Text(currency, digits)
}

// Fraction writes the figure's parts for people, "" for what is not a ratio; of a
// percentile how many attempts it was read from.
func (f Figure) Fraction(digits int) string {
	switch {
	case f.KPI.Quotient != nil:
		return ""
	case f.Over != nil:
		return f.Over.String() + " / " + f.Under.String()
	case f.KPI.Denominator == NoMeasure:
		return ""
	case f.KPI.Percent > 0:
		return fmt.Sprintf("of %d", f.Denominator)
	}
	return partText(f.KPI.Numerator, f.Numerator, digits) + " / " + partText(f.KPI.Denominator, f.Denominator, digits)
}

// partText writes one part of a figure.
func partText(m Measure, value int64, digits int) string {
	switch UnitOf(m) {
	case Money:
		return campaign.FormatMoney(value, digits)
	case Seconds:
		return campaign.FormatMoney(value, 3) + " s"
	case Score:
		return campaign.DecimalText(value, 3)
	}
	return strconv.FormatInt(value, 10)
}

// NoDataText writes for people how many attempts or calls lack data that the KPI
// needs, "" where none does.
func (k *KPI) NoDataText(s *Sums) string {
	attempts, _ := k.NoData(s)
	if attempts == 0 {
		return ""
	}
	return fmt.Sprintf("no data of %d", attempts)
}

// IntervalText writes the 95 % interval of a proportion for people, "" for
// everything else.
func (f Figure) IntervalText() string {
	n, of, ok := f.Trials()
	if f.KPI.Unit != Proportion || !ok {
		return ""
	}
	low, high := Wilson(n, of)
	return fmt.Sprintf("%.2f – %.2f\u00a0%%", 100*low, 100*high)
}
