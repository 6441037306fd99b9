package funnel

import (
	"cmp"
	"math/big"
	"slices"
	"strings"

	"ringside/campaign"
)

// rated adds what calls cost by the cards, in minor units that add up over any cut.
//
// A month of the campaign's zone is rounded by itself: R(t), what its calls until t
// cost, half to even. By attributes R(t) is split, as shared costs are, by what the
// calls of each key cost until t. A window holds the difference of its ends. So keys
// add up to the whole, and windows do too, of each key as well.
func (r *report) rated() error {
	var attributes []GroupBy
	for _, g := range r.query.By {
		if !g.Time() {
			attributes = append(attributes, g)
		}
	}
	month := r.monthOf(r.window.FromMs)
	before, err := r.beside(Query{Window: Window{r.cal.DayStart(month), r.window.FromMs}, By: attributes, KPIs: callPrices})
	if err != nil {
		return err
	}
	fine := r.fineTime()
	pieces, err := r.beside(Query{Window: r.window, By: append([]GroupBy{fine}, attributes...), KPIs: callPrices})
	if err != nil {
		return err
	}
	paidBefore, paidPieces, paid, err := r.paidLabour(attributes, fine)
	if err != nil {
		return err
	}
	for _, of := range ratedMeasures {
		before, pieces := before, pieces
		if paid && of.micro == LabourMicro {
			before, pieces = paidBefore, paidPieces
		}
		keys := r.attributeKeys(attributes, before, pieces)
		m := newMeter(keys, of.micro, r.rules.MinorMicro)
		m.add(before, 0)
		m.settle()
		counts := r.rules.CostBasis.Of(of.category) != campaign.Entered
		now := month
		for rest := pieces; len(rest) > 0; {
			n := 1
			for n < len(rest) && rest[n].Key[0] == rest[0].Key[0] {
				n++
			}
			at := max(r.window.FromMs, startOf(r.cal, fine, rest[0].Key[0]))
			if next := r.monthOf(at); next != now {
				now, m = next, newMeter(keys, of.micro, r.rules.MinorMicro)
			}
			m.add(rest[:n], 1)
			r.charge(at, attributes, keys, m.settle(), of.into, counts)
			rest = rest[n:]
		}
	}
	return nil
}

// ratedMeasures are the categories that calls are rated by.
var ratedMeasures = []struct {
	category    int
	micro, into Measure
}{{campaign.TelephonyCost, TelephonyMicro, RatedTelephony}, {campaign.LabourCost, LabourMicro, RatedLabour}}

func (r *report) monthOf(ms int64) campaign.Day { return r.cal.DayOf(ms).Month() }

// fineTime is the grouping by time that cuts the window wherever its groups or a month
// end.
func (r *report) fineTime() GroupBy {
	switch has := func(g GroupBy) bool { return slices.Contains(r.query.By, g) }; {
	case has(ByHour) || has(ByHourOfWeek):
		return ByHour
	case has(ByDay) || has(ByWeek):
		return ByDay
	}
	return ByMonth
}

// startOf is the first instant of a time group.
func startOf(cal *campaign.Calendar, g GroupBy, number int64) int64 {
	if g == ByHour {
		return number
	}
	return cal.DayStart(campaign.Day(number))
}

// charge adds what has fallen to each key of the attributes to the groups that hold an
// instant.
func (r *report) charge(atMs int64, attributes []GroupBy, keys []Key, fallen []due, into Measure, counts bool) {
	for i, d := range fallen {
		if !d.called && d.minor == 0 {
			continue
		}
		var key Key
		for at, g := range r.query.By {
			if g.Time() {
				key[at] = timeKey(r.cal, g, atMs)
			} else {
				key[at] = keys[i][slices.Index(attributes, g)]
			}
		}
		group := r.at(key)
		group.Add(CostEntries, 1)
		group.Add(into, d.minor)
		if counts {
			group.Add(OperatingCost, d.minor)
		}
	}
}

// attributeKeys lists the keys of the attributes in which calls cost something, in
// order: texts by themselves, facts without one last, everything else by number.
func (r *report) attributeKeys(attributes []GroupBy, before, pieces []Group) (keys []Key) {
	seen := map[Key]bool{}
	note := func(k Key) {
		if !seen[k] {
			seen[k] = true
			keys = append(keys, k)
		}
	}
	for _, g := range before {
		note(g.Key)
	}
	for _, g := range pieces {
		note(withoutTime(g.Key))
	}
	slices.SortFunc(keys, func(a, b Key) int { return r.query.CompareKeys(attributes, a, b) })
	return keys
}

// withoutTime is the key of a piece without its time, which comes first.
func withoutTime(k Key) (attributes Key) {
	copy(attributes[:], k[1:])
	return attributes
}

// CompareKeys orders keys as people look for them: texts by name, facts without the
// attribute last, everything else by number.
func (q *Query) CompareKeys(by []GroupBy, a, b Key) int {
	for i, g := range by {
		order := cmp.Compare(a[i], b[i])
		if q.Text != nil && g.Textual() {
			x, named := q.Text(a[i])
			y, alsoNamed := q.Text(b[i])
			if order = strings.Compare(x, y); named != alsoNamed {
				order = 1
				if named {
					order = -1
				}
			}
		}
		if order != 0 {
			return order
		}
	}
	return 0
}

// meter follows what the calls of a month cost by key, in millionths, and what of it
// was given out in minor units.
type meter struct {
	measure      Measure
	minorMicro   int64
	place        map[Key]int
	micro, given []int64
	called       []bool
}

// due is what falls to a key; called says that calls of its own cost something.
type due struct {
	minor  int64
	called bool
}

func newMeter(keys []Key, m Measure, minorMicro int64) *meter {
	out := &meter{measure: m, minorMicro: minorMicro, place: make(map[Key]int, len(keys)), micro: make([]int64, len(keys)), given: make([]int64, len(keys)), called: make([]bool, len(keys))}
	for i, k := range keys {
		out.place[k] = i
	}
	return out
}

// add adds groups whose keys begin with so many times.
func (m *meter) add(groups []Group, times int) {
	for i := range groups {
		key := groups[i].Key
		if times > 0 {
			key = withoutTime(key)
		}
		if micro := groups[i].Sums.Get(m.measure); micro != 0 {
			m.micro[m.place[key]] += micro
			m.called[m.place[key]] = true
		}
	}
}

// settle gives out what has fallen since it was last called, by key.
func (m *meter) settle() []due {
	total := int64(0)
	for _, micro := range m.micro {
		total += micro
	}
	whole := campaign.RoundHalfEven(big.NewInt(total), big.NewInt(m.minorMicro)).Int64()
	fallen := make([]due, len(m.micro))
	for i, minor := range campaign.Shares(whole, m.micro) {
		fallen[i] = due{minor - m.given[i], m.called[i]}
		m.given[i], m.called[i] = minor, false
	}
	return fallen
}
