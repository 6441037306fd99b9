package campaign

import (
	"bytes"
	"slices"
	"strconv"
)

// Value is what is kept of one field: a number (milliseconds, minor units, the
// position of a choice, 0 or 1) or a text, by the field's type.
type Value struct {
	Int  int64
	Text string
}

// Content is what a version, or a fact, says: the fields it names, those it
// names as null, and the values of the others.
type Content struct {
	Named, Null FieldSet
	Values      []Value
}

// Given reports whether the field is named and not null.
func (c *Content) Given(field int) bool { return c.Named.Has(field) && !c.Null.Has(field) }

// Int returns the field's number, or None when it is not given.
func (c *Content) Int(field int) int64 {
	if c.Given(field) {
		return c.Values[field].Int
	}
	return None
}

// Text returns the field's text, or "" when it is not given.
func (c *Content) Text(field int) string {
	if c.Given(field) {
		return c.Values[field].Text
	}
	return ""
}

// Equal reports whether both name the same fields with the same values.
func (c *Content) Equal(o *Content) bool {
	if c.Named != o.Named || c.Null != o.Null {
		return false
	}
	for rest := c.Named &^ c.Null; rest != 0; rest &= rest - 1 {
		if f := rest.First(); c.Values[f] != o.Values[f] {
			return false
		}
	}
	return true
}

// WithWrap returns an attempt's content with its wrap-up: as stated, else from when it
// began until it was over.
func (c *Content) WithWrap() Content {
	if c.Named.Has(AttemptWrap) || !c.Given(AttemptWrapBegan) || !c.Given(AttemptWrapOver) {
		return *c
	}
	out := c.Clone()
	out.Named = out.Named.With(AttemptWrap)
	out.Values[AttemptWrap].Int = max(0, c.Values[AttemptWrapOver].Int-c.Values[AttemptWrapBegan].Int)
	return out
}

// Overlay lets a higher-ranked version speak: each field it names takes its
// value, or is cleared by its null.
func (c *Content) Overlay(newer *Content) {
	for rest := newer.Named; rest != 0; rest &= rest - 1 {
		f := rest.First()
		c.Values[f] = newer.Values[f]
	}
	c.Null = c.Null&^newer.Named | newer.Null
	c.Named |= newer.Named
}

// Forget takes a field out of what is named.
func (c *Content) Forget(field int) {
	c.Named &^= 1 << field
	c.Null &^= 1 << field
	c.Values[field] = Value{}
}

// Clone returns a copy that shares nothing with c.
func (c *Content) Clone() Content {
	return Content{Named: c.Named, Null: c.Null, Values: slices.Clone(c.Values)}
}

// Version is one post about one fact.
type Version struct {
	Kind Kind
	// Ref is the fact's ref or server id, as posted.
	Ref string
	// UpdatedMs is the sender's own clock, or None: then arrival dates it.
	UpdatedMs int64
	Content
	// Lead is the description of a lead that came inside an attempt, or nil.
	Lead *Version
	// moneyText holds the one amount as posted until SettleMoney reads it.
	moneyText string
}

// Size is about how many bytes the version takes in memory.
func (v *Version) Size() int {
	const fixed, value = 160, 24
	size := fixed + value*len(v.Values) + len(v.Ref) + len(v.moneyText)
	for i := range v.Values {
		size += len(v.Values[i].Text)
	}
	if v.Lead != nil {
		size += v.Lead.Size()
	}
	return size
}

// Rank orders the versions of one fact. AtUs is microseconds UTC: a dated
// version's updated_at, an undated version's arrival.
type Rank struct {
	AtUs int64
	// Dated tells the sender's clock from ours; it takes no part in the order.
	Dated bool
}

// SaidMs is when a version was said: its rank, or when it arrived where the rank is
// none of an instant's, as dialers' messages that tell no time have.
func (r Rank) SaidMs(arrivedUs int64) int64 {
	if ms := r.AtUs / 1000; ms > minInstantMs+86_400_000 && ms <= maxInstantMs {
		return ms
	}
	return arrivedUs / 1000
}

// CompareVersions orders versions of one fact by instant, then by content, so
// that the merge does not depend on the order of arrival.
func CompareVersions(kind Kind, ar Rank, a *Content, br Rank, b *Content) int {
	switch {
	case ar.AtUs < br.AtUs:
		return -1
	case ar.AtUs > br.AtUs:
		return 1
	}
	return bytes.Compare(a.Canonical(kind), b.Canonical(kind))
}

// Canonical writes the content as compact JSON, the fields in the order of the
// kind's table, instants and amounts as their stored integers. Versions of equal
// instants are ranked by it, bytewise.
func (c *Content) Canonical(kind Kind) []byte {
	b := append(make([]byte, 0, 128), '{')
	for f, field := range kind.Fields() {
		if !c.Named.Has(f) {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(b, '"')
		if b = append(b, field.Name...); field.Name == "" {
			b = append(b, "posted"...)
		}
		b = append(b, `":`...)
		b = c.appendStored(b, f, field)
	}
	return append(b, '}')
}

func (c *Content) appendStored(b []byte, f int, field Field) []byte {
	switch v := c.Values[f]; {
	case c.Null.Has(f):
		return append(b, "null"...)
	case field.Type.IsText():
		return AppendJSONString(b, v.Text)
	default:
		return strconv.AppendInt(b, v.Int, 10)
	}
}

// IsText reports whether a field of the type keeps Value.Text.
func (t Type) IsText() bool {
	switch t {
	case TypeRef, TypeText, TypeNote, TypeZone, TypeCurrency, TypeLead, TypeAttributes, TypeScores, TypeCategories:
		return true
	}
	return false
}

// ParseCanonical reads back what Canonical wrote: so releases up to 0.1 stored
// versions.
func ParseCanonical(kind Kind, stored []byte) (Content, error) {
	c := Content{Values: make([]Value, len(kind.Fields()))}
	s := scanner{data: stored}
	err := s.object(func(name []byte) error {
		if string(name) == "posted" {
			name = nil
		}
		for f, field := range kind.Fields() {
			if field.Name == string(name) {
				c.Named = c.Named.With(f)
				return s.stored(&c, f, field.Type)
			}
		}
		return s.fail("stored version names an unknown field %q", name)
	})
	return c, err
}

func (s *scanner) stored(c *Content, f int, t Type) error {
	switch k := s.peek(); {
	case k == 'n':
		c.Null = c.Null.With(f)
		return s.literal()
	case t.IsText():
		text, err := s.text()
		c.Values[f].Text = text
		return err
	default:
		number, err := s.number()
		if err != nil {
			return err
		}
		c.Values[f].Int, err = strconv.ParseInt(number, 10, 64)
		return err
	}
}

// SettleMoney reads the version's amount, once the currency it is in is known: the
// campaign's, or "" of a shared cost, which has its own.
func (v *Version) SettleMoney(currency string, digits int) *Error {
	if v.Kind == KindCost && currency == "" { // shared: by its own currency
		currency = v.Text(CostCurrency)
		digits = currencyDigits[currency]
	}
	if v.Kind == KindCost && v.Text(CostCurrency) != currency {
		return Invalidf("invalid_currency", "currency", "the campaign's currency is %s; post costs in it", currency)
	}
	if v.Lead != nil {
		if err := v.Lead.SettleMoney(currency, digits); err != nil {
			err.Field = "lead." + err.Field
			return err
		}
	}
	f, has := moneyField[v.Kind]
	if !has || !v.Given(f) {
		return nil
	}
	minor, err := ParseMoney(v.moneyText, digits)
	if err != nil {
		return at(err, v.Kind.Fields()[f].Name)
	}
	v.Values[f].Int = minor
	return nil
}

// moneyField is the one amount that facts of some kinds carry.
var moneyField = map[Kind]int{KindCustomer: CustomerMargin, KindLead: LeadPrice, KindAttempt: AttemptAmount, KindCost: CostAmount}
