package campaign

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"
)

const (
	exchangeRatesMost  = 10_000
	exchangeDigitsMost = 12
)

// ExchangeRate is what one unit of the base currency is worth in the quote currency,
// from an instant until the next rate of the same pair.
type ExchangeRate struct {
	Base, Quote string
	FromMs      int64
	// Rate is a decimal text, positive.
	Rate string
}

// Factor returns what one minor unit of the base is worth in minor units of the quote.
func (r *ExchangeRate) Factor() *big.Rat {
	factor, _ := new(big.Rat).SetString(r.Rate)
	scale := func(currency string) *big.Int {
		return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(currencyDigits[currency])), nil)
	}
	return factor.Mul(factor, new(big.Rat).SetFrac(scale(r.Quote), scale(r.Base)))
}

// Converts reports whether an amount in minor units of the base, converted, is one that
// 64 bits hold, with room to add some up.
func (r *ExchangeRate) Converts(minor int64) bool {
	worth := r.Factor()
	return worth.Mul(worth, new(big.Rat).SetInt64(minor)).Cmp(exchangedMost) < 0 && worth.Cmp(new(big.Rat).Neg(exchangedMost)) > 0
}

var exchangedMost = new(big.Rat).SetInt64(1 << 60)

// Convert returns an amount in minor units of the base as minor units of the quote,
// rounded half to even.
func (r *ExchangeRate) Convert(minor int64) int64 {
	worth := r.Factor()
	worth.Mul(worth, new(big.Rat).SetInt64(minor))
	return RoundHalfEven(worth.Num(), worth.Denom()).Int64()
}

// DecodeExchangeRates reads the body of PUT /v1/exchange-rates; dates mean the starts
// of days in UTC.
func DecodeExchangeRates(body []byte) ([]ExchangeRate, error) {
	var b struct {
		Rates []struct {
			Base  string `json:"base"`
			Quote string `json:"quote"`
			From  string `json:"from"`
			Rate  string `json:"rate"`
		} `json:"rates"`
	}
	if err := DecodeStrict(body, &b); err != nil {
		return nil, err
	}
	if b.Rates == nil {
		return nil, Invalidf("missing_field", "rates", "rates is missing; send all rates there are, or [] for none")
	}
	if len(b.Rates) > exchangeRatesMost {
		return nil, Invalidf("too_many", "rates", "%d rates are over the limit of %d", len(b.Rates), exchangeRatesMost)
	}
	out := make([]ExchangeRate, len(b.Rates))
	for i, r := range b.Rates {
		field := fmt.Sprintf("rates[%d]", i)
		from, err := ParseMoment(r.From)
		if err != nil {
			return nil, at(err, field+".from")
		}
		out[i] = ExchangeRate{Base: r.Base, Quote: r.Quote, Rate: r.Rate, FromMs: from.In(NewCalendar(time.UTC))}
		if err := out[i].check(field); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(out, CompareExchangeRates)
	for i := 1; i < len(out); i++ {
		if CompareExchangeRates(out[i-1], out[i]) == 0 {
			return nil, Invalidf("overlapping_rates", "rates", "two rates of %s to %s begin at %s; send one", out[i].Base, out[i].Quote, FormatInstant(out[i].FromMs))
		}
	}
	return out, nil
}

// CompareExchangeRates orders rates by pair, then by start.
func CompareExchangeRates(a, b ExchangeRate) int {
	return cmp.Or(strings.Compare(a.Base, b.Base), strings.Compare(a.Quote, b.Quote), cmp.Compare(a.FromMs, b.FromMs))
}

func (r *ExchangeRate) check(field string) error {
	if _, err := CurrencyDigits(r.Base); err != nil {
		return at(err, field+".base")
	}
	if _, err := CurrencyDigits(r.Quote); err != nil {
		return at(err, field+".quote")
	}
	if r.Base == r.Quote {
		return Invalidf("invalid_currency", field+".quote", "%s is the base too; a rate is between two currencies", r.Quote)
	}
	scaled, exact, ok := parseScaled(r.Rate, exchangeDigitsMost)
	if !ok || !exact || scaled <= 0 || strings.ContainsAny(r.Rate, "eE+") {
		return Invalidf("invalid_number", field+".rate", "%q is not a positive decimal of up to %d decimals and less than a million; send a string like \"0.92\"", clip(r.Rate), exchangeDigitsMost)
	}
	return nil
}

// ExchangeAt returns the rate between two currencies that is in force at an instant.
func ExchangeAt(rates []ExchangeRate, base, quote string, ms int64) (found ExchangeRate, ok bool) {
	for _, r := range rates {
		if r.Base == base && r.Quote == quote && r.FromMs <= ms && (!ok || r.FromMs > found.FromMs) {
			found, ok = r, true
		}
	}
	return found, ok
}
