package campaign

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"
)

// MicroDigits are the decimals of rates, and of what a rated call costs: millionths of
// the currency's unit, whatever its minor unit is.
const MicroDigits = 6

// RatedMost bounds what one call may cost, in millionths: ten million units of the
// currency. A call that would cost more is a mistake in its instants, and counts as so
// much; 900,000 of them still add up within 64 bits.
const RatedMost = 10_000_000_000_000

// Forever is the end of a card that nothing ends.
const Forever int64 = math.MaxInt64

const (
	rateCardsMost   = 5000
	incrementMostS  = 86_400
	rateMostMicro   = RatedMost
	secondsAMinute  = 60
	millisAnHour    = 3_600_000
	millisASecond   = 1000
	telephonyMember = "telephony"
	labourMember    = "labour"
)

// Span is the time [FromMs, ToMs) in which a card is in force.
type Span struct {
	FromMs int64 `json:"from_ms"`
	ToMs   int64 `json:"to_ms"`
}

// Holds reports whether the card is in force at the instant.
func (s Span) Holds(ms int64) bool { return ms >= s.FromMs && ms < s.ToMs }

// TelephonyRate is one card of a carrier: what a call costs that started while the card
// was in force. Prices are in millionths of the currency's unit.
type TelephonyRate struct {
	Span
	ConnectMicro int64 `json:"connect_micro"`
	MinuteMicro  int64 `json:"minute_micro"`
	// FirstS is billed of every answered call; what goes beyond it is rounded up to
	// whole ThenS: 60/60, 6/6, 30/6.
	FirstS int64 `json:"first_s"`
	ThenS  int64 `json:"then_s"`
}

// BilledS returns the seconds that a call of that length is billed.
func (r *TelephonyRate) BilledS(ms int64) int64 {
	beyond := ms - r.FirstS*millisASecond
	if beyond <= 0 {
		return r.FirstS
	}
	step := r.ThenS * millisASecond
	return r.FirstS + (beyond+step-1)/step*r.ThenS
}

// Micro returns what a call of that length costs, rounded half to even.
func (r *TelephonyRate) Micro(ms int64) int64 {
	return min(r.ConnectMicro+min(timesOver(r.MinuteMicro, r.BilledS(ms), secondsAMinute), RatedMost), RatedMost)
}

// LabourRate is what an hour of an agent's time costs, in millionths of the currency's
// unit: of one agent, or of every agent without a rate of their own.
type LabourRate struct {
	Span
	Agent     string `json:"agent,omitempty"`
	HourMicro int64  `json:"hour_micro"`
}

// Micro returns what so long a time costs, rounded half to even.
func (r *LabourRate) Micro(ms int64) int64 {
	return min(timesOver(r.HourMicro, ms, millisAnHour), RatedMost)
}

// timesOver returns a × b / d rounded half to even, none of them negative; what does
// not fit 63 bits is the largest number.
func timesOver(a, b, d int64) int64 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	if hi >= uint64(d) {
		return math.MaxInt64
	}
	q, r := bits.Div64(hi, lo, uint64(d))
	if rest := uint64(d) - r; r > rest || r == rest && q%2 == 1 {
		q++
	}
	return int64(min(q, math.MaxInt64))
}

// Rates are a campaign's cards, each kind in order of agent and start.
type Rates struct {
	Telephony []TelephonyRate `json:"telephony"`
	Labour    []LabourRate    `json:"labour"`
}

// Some reports whether there is any card at all; there is none in nil.
func (r *Rates) Some() bool { return r != nil && len(r.Telephony)+len(r.Labour) > 0 }

// Equal reports whether both rate every call alike.
func (r *Rates) Equal(o *Rates) bool {
	if !r.Some() || !o.Some() {
		return r.Some() == o.Some()
	}
	return slices.Equal(r.Telephony, o.Telephony) && slices.Equal(r.Labour, o.Labour)
}

// Changed returns the time in which calls may be rated otherwise by one than by the
// other; ok is false where there is none.
func (r *Rates) Changed(o *Rates) (in Span, ok bool) {
	if r == nil {
		r = &Rates{}
	}
	if o == nil {
		o = &Rates{}
	}
	spans := append(changed(r.Telephony, o.Telephony, func(c *TelephonyRate) *Span { return &c.Span }),
		changed(r.Labour, o.Labour, func(c *LabourRate) *Span { return &c.Span })...)
	if len(spans) == 0 {
		return Span{}, false
	}
	in = spans[0]
	for _, s := range spans {
		in = Span{min(in.FromMs, s.FromMs), max(in.ToMs, s.ToMs)}
	}
	return in, true
}

// changed are the times of cards that only one list has, and of those that only end
// at another instant the time between the ends.
func changed[C comparable](a, b []C, span func(*C) *Span) (spans []Span) {
	endless := func(c C) C {
		span(&c).ToMs = Forever
		return c
	}
	for _, lists := range [][2][]C{{a, b}, {b, a}} {
		for _, c := range lists[0] {
			at := slices.IndexFunc(lists[1], func(d C) bool { return endless(c) == endless(d) })
			if at < 0 {
				spans = append(spans, *span(&c))
			} else if mine, other := span(&c).ToMs, span(&lists[1][at]).ToMs; mine != other {
				spans = append(spans, Span{min(mine, other), max(mine, other)})
			}
		}
	}
	return spans
}

// LabourOf returns the labour rates of an agent, those of every other agent for "", in
// order; nil where there are none.
func (c *Config) LabourOf(agent string) []LabourRate {
	if c.Rates == nil {
		return nil
	}
	from, found := slices.BinarySearchFunc(c.Rates.Labour, agent, func(r LabourRate, agent string) int { return strings.Compare(r.Agent, agent) })
	if !found {
		return nil
	}
	to := from
	for to < len(c.Rates.Labour) && c.Rates.Labour[to].Agent == agent {
		to++
	}
	return c.Rates.Labour[from:to:to]
}

// MinorMicro returns how many millionths of a unit the minor unit of a currency with so
// many digits is.
func MinorMicro(digits int) int64 {
	micro := int64(1)
	for range MicroDigits - digits {
		micro *= 10
	}
	return micro
}

// Spans are the times in which a category of cost is rated, in order and apart; none
// for a category that cannot be.
func (r *Rates) Spans(category int) (spans []Span) {
	if r == nil {
		return nil
	}
	switch category {
	case TelephonyCost:
		for _, c := range r.Telephony {
			spans = append(spans, c.Span)
		}
	case LabourCost:
		for _, c := range r.Labour {
			spans = append(spans, c.Span)
		}
	}
	slices.SortFunc(spans, func(a, b Span) int { return cmp.Compare(a.FromMs, b.FromMs) })
	apart := spans[:0]
	for _, s := range spans {
		if n := len(apart); n > 0 && s.FromMs <= apart[n-1].ToMs {
			apart[n-1].ToMs = max(apart[n-1].ToMs, s.ToMs)
		} else {
			apart = append(apart, s)
		}
	}
	return apart
}

// Covers reports whether a category is rated at any instant of [fromMs, toMs).
func (r *Rates) Covers(category int, fromMs, toMs int64) bool {
	return slices.ContainsFunc(r.Spans(category), func(s Span) bool { return s.FromMs < toMs && s.ToMs > fromMs })
}

// CardAt returns the card of a list in order of start that is in force at the instant,
// or nil.
func CardAt[C any](cards []C, span func(*C) Span, ms int64) *C {
	at, _ := slices.BinarySearchFunc(cards, ms, func(c C, ms int64) int {
		if span(&c).FromMs <= ms {
			return -1
		}
		return 1
	})
	if at == 0 || !span(&cards[at-1]).Holds(ms) {
		return nil
	}
	return &cards[at-1]
}

// ratesBody is the body of PUT /v1/campaigns/{campaign}/rates.
type ratesBody struct {
	Telephony []struct {
		From       string  `json:"from"`
		To         *string `json:"to"`
		ConnectFee *string `json:"connect_fee"`
		PerMinute  *string `json:"per_minute"`
		FirstS     *int64  `json:"first_s"`
		ThenS      *int64  `json:"then_s"`
	} `json:"telephony"`
	Labour []struct {
		From    string  `json:"from"`
		To      *string `json:"to"`
		PerHour *string `json:"per_hour"`
		Agent   *string `json:"agent"`
	} `json:"labour"`
}

// DecodeRates reads the body of PUT /v1/campaigns/{campaign}/rates; dates mean the
// starts of days in the calendar's zone. A card without an end is in force until the
// next one begins.
func DecodeRates(body []byte, cal *Calendar) (*Rates, error) {
	var b ratesBody
	if err := DecodeStrict(body, &b); err != nil {
		return nil, err
	}
	if len(b.Telephony)+len(b.Labour) > rateCardsMost {
		return nil, Invalidf("too_many", "", "%d cards are over the limit of %d; leave out those that no call is rated by", len(b.Telephony)+len(b.Labour), rateCardsMost)
	}
	out := &Rates{Telephony: []TelephonyRate{}, Labour: []LabourRate{}}
	for i, c := range b.Telephony {
		r := cardReader{field: fmt.Sprintf("%s[%d]", telephonyMember, i), cal: cal}
		card := TelephonyRate{Span: r.span(c.From, c.To), ConnectMicro: r.price("connect_fee", c.ConnectFee, false), MinuteMicro: r.price("per_minute", c.PerMinute, true),
			FirstS: r.increment("first_s", c.FirstS), ThenS: r.increment("then_s", c.ThenS)}
		if r.wrong != nil {
			return nil, r.wrong
		}
		out.Telephony = append(out.Telephony, card)
	}
	for i, c := range b.Labour {
		r := cardReader{field: fmt.Sprintf("%s[%d]", labourMember, i), cal: cal}
		card := LabourRate{Span: r.span(c.From, c.To), HourMicro: r.price("per_hour", c.PerHour, true), Agent: r.agent(c.Agent)}
		if r.wrong != nil {
			return nil, r.wrong
		}
		out.Labour = append(out.Labour, card)
	}
	return out, out.arrange()
}

// cardReader reads the fields of one card and keeps the first thing found wrong.
type cardReader struct {
	field string
	cal   *Calendar
	wrong error
}

func (r *cardReader) refuse(name string, err error) {
	if r.wrong == nil {
		r.wrong = at(err, r.field+"."+name)
	}
}

func (r *cardReader) span(from string, to *string) Span {
	s := Span{FromMs: r.moment("from", from), ToMs: Forever}
	if to != nil {
		if s.ToMs = r.moment("to", *to); s.ToMs <= s.FromMs {
			r.refuse("to", Invalidf("invalid_time", "", "to is not after from; a card is in force from `from` up to `to`, or leave to out"))
		}
	}
	return s
}

func (r *cardReader) moment(name, text string) int64 {
	if text == "" {
		r.refuse(name, Invalidf("missing_field", "", "%s is missing; send a date like 2026-06-01, which begins in the campaign's zone, or an instant like 2026-06-01T00:00:00Z", name))
		return 0
	}
	m, err := ParseMoment(text)
	if err != nil {
		r.refuse(name, err)
		return 0
	}
	return m.In(r.cal)
}

// price reads a rate in millionths; one that may be missing is then 0.
func (r *cardReader) price(name string, text *string, required bool) int64 {
	if text == nil {
		if required {
			r.refuse(name, Invalidf("missing_field", "", "%s is missing; send a decimal text like \"0.012\"", name))
		}
		return 0
	}
	micro, exact, ok := parseScaled(*text, MicroDigits)
	switch {
	case !ok && isPlain(*text):
		r.refuse(name, Invalidf("invalid_money", "", "%q is over the limit of %s", clip(*text), FormatMoney(rateMostMicro, MicroDigits)))
	case !ok || strings.ContainsAny(*text, "eE+"):
		r.refuse(name, Invalidf("invalid_money", "", "%q is not a decimal amount; send a string like \"0.012\"", clip(*text)))
	case micro < 0:
		r.refuse(name, Invalidf("invalid_money", "", "%s is negative; send what is paid, as a positive amount, and credit notes as cost entries", name))
	case !exact:
		r.refuse(name, Invalidf("invalid_money", "", "%q has more than %d decimals; round it before sending", clip(*text), MicroDigits))
	case micro > rateMostMicro:
		r.refuse(name, Invalidf("invalid_money", "", "%q is over the limit of %s", clip(*text), FormatMoney(rateMostMicro, MicroDigits)))
	}
	return micro
}

func (r *cardReader) increment(name string, seconds *int64) int64 {
	switch {
	case seconds == nil:
		r.refuse(name, Invalidf("missing_field", "", "%s is missing; send whole seconds, like 60 and 60, 6 and 6, 30 and 6", name))
	case *seconds < 1 || *seconds > incrementMostS:
		r.refuse(name, Invalidf("invalid_number", "", "%s is %d; send whole seconds from 1 to %d", name, *seconds, incrementMostS))
	default:
		return *seconds
	}
	return 1
}

func (r *cardReader) agent(text *string) string {
	if text == nil {
		return ""
	}
	clean, err := CleanText(*text)
	if err != nil {
		r.refuse("agent", err)
	}
	return clean
}

// arrange puts the cards in order, ends each where the next begins, and refuses two
// that are in force at once.
func (r *Rates) arrange() error {
	slices.SortStableFunc(r.Telephony, func(a, b TelephonyRate) int { return cmp.Compare(a.FromMs, b.FromMs) })
	slices.SortStableFunc(r.Labour, func(a, b LabourRate) int {
		return cmp.Or(cmp.Compare(a.Agent, b.Agent), cmp.Compare(a.FromMs, b.FromMs))
	})
	for i := 1; i < len(r.Telephony); i++ {
		if err := follow(&r.Telephony[i-1].Span, r.Telephony[i].Span, telephonyMember, ""); err != nil {
			return err
		}
	}
	for i := 1; i < len(r.Labour); i++ {
		before, card := &r.Labour[i-1], &r.Labour[i]
		if before.Agent != card.Agent {
			continue
		}
		of := " of every agent"
		if card.Agent != "" {
			of = " of agent " + card.Agent
		}
		if err := follow(&before.Span, card.Span, labourMember, of); err != nil {
			return err
		}
	}
	return nil
}

// follow ends a card where the next begins, unless it was said to go on.
func follow(before *Span, next Span, member, of string) error {
	if before.ToMs == Forever && before.FromMs < next.FromMs {
		before.ToMs = next.FromMs
	}
	if before.ToMs > next.FromMs {
		return Invalidf("overlapping_rates", member, "two %s rates%s are in force at %s; let each end where the next begins, or leave `to` out",
			member, of, FormatInstant(next.FromMs))
	}
	return nil
}
