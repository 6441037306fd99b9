package funnel

import (
	"math/big"

	"ringside/campaign"
)

// Measures that callers name themselves stand under numbers made of the store's number
// of the name. Three go with each name: what its values add up to, in whole units and in
// millionths of one, and how many values there are. Apart, sums stay far within 64 bits.
const (
	// OwnValues counts the values of all names.
	OwnValues Measure = 1 << 24

	ownWhole, ownMicro, ownCount = 0, 1, 2
	ownStep                      = 4
)

// ownOf is a measure of the name of that number.
func ownOf(name int64, what Measure) Measure { return OwnValues + ownStep*Measure(name) + what }

// OwnCount counts the values of the name of that number.
func OwnCount(name int64) Measure { return ownOf(name, ownCount) }

// IsOwn reports whether the facts behind a measure are values of the caller's own.
func (m Measure) IsOwn() bool { return m >= OwnValues && m < FractionTop }

// Total is what the values under one name add up to, and how many there are.
type Total struct{ Whole, Micro, Count int64 }

// Exact is the sum itself.
func (t Total) Exact() *big.Rat {
	micro := new(big.Int).Mul(big.NewInt(t.Whole), big.NewInt(campaign.DecimalOne))
	return new(big.Rat).SetFrac(micro.Add(micro, big.NewInt(t.Micro)), big.NewInt(campaign.DecimalOne))
}

// measured is what a measure of the caller's own adds, when it was taken.
func (f *Folder) measured(u *Unit) {
	m := u.Record
	if m.Int(campaign.MeasureVoid) == 1 || !m.Given(campaign.MeasureAt) || !m.Given(campaign.MeasureValue) || m.Own == 0 {
		return
	}
	e := f.begin(MeasureClock, u.AtMs(), -1)
	e.Attempt = u.Number
	value := m.Int(campaign.MeasureValue)
	micro := (value%campaign.DecimalOne + campaign.DecimalOne) % campaign.DecimalOne
	f.add(OwnValues, 1)
	f.add(ownOf(m.Own, ownWhole), (value-micro)/campaign.DecimalOne)
	f.add(ownOf(m.Own, ownMicro), micro)
	f.add(ownOf(m.Own, ownCount), 1)
}

// Label says what the numbers of the sums are of: what callers measured goes under its
// names, which text knows by number, and amounts are of a currency of so many digits.
func (s *Sums) Label(text func(number int64) (string, bool), digits int) {
	s.named, s.digits = map[string]Total{}, digits
	for _, e := range s.own {
		at := Measure(e.ID) - OwnValues
		name, ok := text(int64(at / ownStep))
		if !ok {
			continue
		}
		t := s.named[name]
		switch at % ownStep {
		case ownWhole:
			t.Whole = e.Value
		case ownMicro:
			t.Micro = e.Value
		case ownCount:
			t.Count = e.Value
		}
		s.named[name] = t
	}
}

// Own is what the values under a name add up to.
func (s *Sums) Own(name string) Total { return s.named[name] }

// ForgetOwn takes out what callers measured: that of a queue is no part of the installation's
// own.
func (r *Report) ForgetOwn() {
	r.Whole.own, r.Whole.named = nil, nil
	for _, g := range r.Groups {
		g.Sums.own, g.Sums.named = nil, nil
	}
}

// addOwn adds what callers measured in another group. Numbers are each campaign's own, so
// of named ones the names are joined.
func (s *Sums) addOwn(o *Sums) {
	s.own.AddAll(o.own)
	s.digits = max(s.digits, o.digits)
	for name, b := range o.named {
		if s.named == nil {
			s.named = map[string]Total{}
		}
		a := s.named[name]
		s.named[name] = Total{a.Whole + b.Whole, a.Micro + b.Micro, a.Count + b.Count}
	}
}
