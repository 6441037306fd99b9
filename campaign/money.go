package campaign

import (
	"math/big"
	"math/bits"
	"strings"
)

// currencyDigits lists the ISO 4217 currencies whose minor unit is not a
// hundredth, and by membership in currencies all that are accepted.
// Source: ISO 4217 list one, as of January 2024.
var currencyDigits = func() map[string]int {
	digits := map[string]int{}
	for code := range strings.FieldsSeq(`AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN
		BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL
		HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR
		MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE
		SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWL`) {
		digits[code] = 2
	}
	for code := range strings.FieldsSeq("CLF UYW") {
		digits[code] = 4
	}
	for code := range strings.FieldsSeq("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF") {
		digits[code] = 0
	}
	for code := range strings.FieldsSeq("BHD IQD JOD KWD LYD OMR TND") {
		digits[code] = 3
	}
	return digits
}()

// CurrencyDigits returns how many decimals the ISO 4217 currency has.
func CurrencyDigits(code string) (int, error) {
	if d, ok := currencyDigits[code]; ok {
		return d, nil
	}
	return 0, Invalidf("invalid_currency", "", "%q is not an ISO 4217 currency; send a code like EUR", clip(code))
}

// MoneyMost is the largest amount one fact may carry, in minor units: twelve
// digits, so that nine million of them still add up within 64 bits.
const MoneyMost = 999_999_999_999

// ParseMoney reads a decimal string such as "12.50" as minor units of a currency
// with that many digits. More decimals than the currency has are refused, not
// rounded.
func ParseMoney(text string, digits int) (int64, error) {
	minor, exact, ok := parseScaled(text, digits)
	switch {
	case !ok && isPlain(text):
		return 0, Invalidf("invalid_money", "", "%q is over the limit of %s", clip(text), FormatMoney(MoneyMost, digits))
	case !ok || strings.ContainsAny(text, "eE+"):
		return 0, Invalidf("invalid_money", "", "%q is not a decimal amount; send a string like \"12.50\"", clip(text))
	case !exact:
		return 0, Invalidf("invalid_money", "", "%q has more than the %d decimals of its currency; round it before sending", clip(text), digits)
	case minor > MoneyMost || minor < -MoneyMost:
		return 0, Invalidf("invalid_money", "", "%q is over the limit of %s", clip(text), FormatMoney(MoneyMost, digits))
	}
	return minor, nil
}

// isPlain reports whether a text is digits, with a sign and a point at most.
func isPlain(text string) bool {
	whole, fraction, pointed := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	return whole != "" && strings.Trim(whole+fraction, "0123456789") == "" && (!pointed || fraction != "")
}

// FormatMoney writes minor units as a decimal string with all its decimals.
func FormatMoney(minor int64, digits int) string {
	return string(AppendMoney(nil, minor, digits))
}

// AppendMoney appends what FormatMoney returns.
func AppendMoney(b []byte, minor int64, digits int) []byte {
	u := uint64(minor)
	if minor < 0 {
		b = append(b, '-')
		u = -u
	}
	var scratch [32]byte
	at := len(scratch)
	for n := 0; u > 0 || n <= digits; n++ {
		if n == digits && digits > 0 {
			at--
			scratch[at] = '.'
		}
		at--
		scratch[at] = byte('0' + u%10)
		u /= 10
	}
	return append(b, scratch[at:]...)
}

// ParseSeconds reads a number of seconds in digits, such as 12 or 0.250, as
// milliseconds; what is finer is cut off. ok is false where the text is no number,
// is negative or does not fit.
func ParseSeconds(text string) (ms int64, ok bool) {
	ms, _, ok = parseScaled(text, 3)
	return ms, ok && !strings.HasPrefix(text, "-")
}

// parseScaled reads a JSON-style decimal as an integer of 10^-digits units.
// exact is false when finer digits were cut off. ok is false when the text is no
// number or does not fit.
func parseScaled(text string, digits int) (value int64, exact, ok bool) {
	s, negative := strings.CutPrefix(text, "-")
	mantissa, exponent, ok := splitExponent(s)
	if !ok || mantissa == "" {
		return 0, false, false
	}
	whole, fraction, dotted := strings.Cut(mantissa, ".")
	if whole == "" || dotted && fraction == "" {
		return 0, false, false
	}
	// The value is (whole fraction) × 10^(exponent − len(fraction)).
	shift := digits + exponent - len(fraction)
	var u uint64
	exact = true
	all := whole + fraction
	for i := range len(all) {
		c := all[i]
		if c < '0' || c > '9' {
			return 0, false, false
		}
		if shift < 0 && i >= len(all)+shift {
			exact = exact && c == '0'
			continue
		}
		hi, lo := bits.Mul64(u, 10)
		if hi != 0 || lo > 1<<62 {
			return 0, false, false
		}
		u = lo + uint64(c-'0')
	}
	for ; shift > 0 && u != 0; shift-- {
		hi, lo := bits.Mul64(u, 10)
		if hi != 0 || lo > 1<<62 {
			return 0, false, false
		}
		u = lo
	}
	value = int64(u)
	if negative {
		value = -value
	}
	return value, exact, true
}

// splitExponent separates 1.5e3 into 1.5 and 3. Exponents beyond ±30 are refused:
// no duration or amount needs them and they would cost time to expand.
func splitExponent(s string) (mantissa string, exponent int, ok bool) {
	at := strings.IndexAny(s, "eE")
	if at < 0 {
		return s, 0, true
	}
	digits := s[at+1:]
	negative := strings.HasPrefix(digits, "-")
	digits = strings.TrimLeft(digits, "+-")
	if negative && len(digits) > 2 {
		return "0", 0, digits != "" // too small to tell from nothing
	}
	if digits == "" || len(digits) > 2 {
		return "", 0, false
	}
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return "", 0, false
		}
		exponent = exponent*10 + int(digits[i]-'0')
	}
	if exponent > 30 {
		return "", 0, false
	}
	if negative {
		exponent = -exponent
	}
	return s[:at], exponent, true
}

// Spread returns C(t): how much of an amount spread evenly over [from, to) has
// fallen by the instant t, rounded half to even in minor units (kpis.md §6).
// What falls in [a, b) is Spread(b) − Spread(a), so any split adds up.
func Spread(amountMinor, fromMs, toMs, atMs int64) int64 {
	if atMs <= fromMs {
		return 0
	}
	if atMs >= toMs {
		return amountMinor
	}
	n := new(big.Int).Mul(big.NewInt(amountMinor), big.NewInt(atMs-fromMs))
	return RoundHalfEven(n, big.NewInt(toMs-fromMs)).Int64()
}

// RoundHalfEven returns n/d rounded to the nearest integer, halves to the even
// one. d must be positive.
func RoundHalfEven(n, d *big.Int) *big.Int {
	q, r := new(big.Int).DivMod(n, d, new(big.Int))
	switch r.Lsh(r, 1).Cmp(d) {
	case 1:
		q.Add(q, big.NewInt(1))
	case 0:
		q.Add(q, big.NewInt(int64(q.Bit(0))))
	}
	return q
}

// FormatBig is FormatMoney for amounts of any size.
func FormatBig(minor *big.Int, digits int) string {
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
	return new(big.Rat).SetFrac(minor, unit).FloatString(digits)
}
