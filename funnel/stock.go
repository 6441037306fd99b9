package funnel

import (
	"math/big"
	"slices"

	"ringside/campaign"
)

// A stock is how many there are at an instant: open cases, customers. It is the sum of
// all changes before, so it is read from the same cells as everything else, and never
// summed over days.

// dawnMs is before every instant that can be posted.
const dawnMs = -10 * 86_400_000

// stockDeltas read by how much stocks change.
var stockDeltas = []*KPI{{Numerator: CasesDelta, Groupings: byCase}, {Numerator: CustomersDelta, Groupings: byTime},
	{Numerator: CustomersJoined, Groupings: byTime}, {Numerator: MarginDelta, Groupings: byTime}, {Numerator: MarginedDelta, Groupings: byTime}}

// age is up to how long cases have been open that a measure counts.
type age struct {
	measure Measure
	underMs int64
}

var ages = []age{{BacklogDay, 86_400_000}, {BacklogThreeDays, 3 * 86_400_000}, {BacklogWeek, 7 * 86_400_000}, {BacklogMonth, 30 * 86_400_000}, {BacklogOlder, 1<<63 - 1}}

// ageOf is the measure that counts an open case of an age.
func ageOf(ms int64) Measure {
	return ages[slices.IndexFunc(ages, func(a age) bool { return ms < a.underMs })].measure
}

var errTooManyGroups = campaign.Invalidf("too_many_groups", "group_by", "more than %d groups; ask for a shorter window or a coarser grouping", GroupsMost)

// isStock reports whether a measure is a stock, or what became of one.
func isStock(m Measure) bool { return m >= OpenNow && m < serviceEnd }

// stocks adds the stocks that are asked for to the groups.
func (r *report) stocks() error {
	asked := func(from, to Measure) bool {
		return r.query.asks(func(k *KPI) bool {
			return k.Numerator >= from && k.Numerator <= to || k.Denominator >= from && k.Denominator <= to
		})
	}
	var err error
	if customers := asked(CustomersAtStart, AcquisitionMinor); customers || asked(Backlog, Backlog) {
		err = r.along(customers)
	}
	if err == nil && asked(OpenNow, OpenNow) {
		err = r.openNow()
	}
	if err == nil && asked(BacklogDay, BacklogOlder) {
		err = r.byAge()
	}
	if err == nil && asked(OpenedResolved, OpenedResolved) {
		err = r.resolvedLater()
	}
	if err == nil && asked(CallsWaiting, LongestWaits) {
		err = r.waiting()
	}
	return err
}

// apart parts the groupings into those of time and the others.
func (r *report) apart() (times, attributes []GroupBy) {
	for _, g := range r.query.By {
		if g.Time() {
			times = append(times, g)
		} else {
			attributes = append(attributes, g)
		}
	}
	return times, attributes
}

// fully builds a key of the query's groupings from the key of its attributes and an
// instant.
func (r *report) fully(attributes []int64, atMs int64) (key Key) {
	for i, g := range r.query.By {
		if g.Time() {
			key[i] = timeKey(r.cal, g, atMs)
		} else {
			key[i], attributes = attributes[0], attributes[1:]
		}
	}
	return key
}

// along follows the stocks through the window, bucket by bucket.
func (r *report) along(customers bool) error {
	times, attributes := r.apart()
	before, err := r.beside(Query{Window: Window{dawnMs, r.window.FromMs}, By: attributes, KPIs: stockDeltas})
	if err != nil {
		return err
	}
	running := map[Key]*Sums{}
	for i := range before {
		running[before[i].Key] = &before[i].Sums
	}
	var fine GroupBy
	changes := map[int64][]Group{}
	if len(times) > 0 {
		fine = r.fineTime()
		pieces, err := r.beside(Query{Window: r.window, By: append([]GroupBy{fine}, attributes...), KPIs: stockDeltas})
		if err != nil {
			return err
		}
		for _, g := range pieces {
			changes[g.Key[0]] = append(changes[g.Key[0]], g)
		}
	} else if changes[0], err = r.beside(Query{Window: r.window, By: attributes, KPIs: stockDeltas}); err != nil {
		return err
	}
	starts := map[Key]int64{}
	err = r.buckets(fine, func(span Window, number int64) error {
		return r.pass(span, changes[number], len(times) > 0, running, starts)
	})
	if err != nil || !customers {
		return err
	}
	return r.left(starts)
}

// bucketsMost bounds the buckets that stocks are followed through.
const bucketsMost = 1_000_000

// buckets calls each bucket of the window; the window itself where fine is none.
func (r *report) buckets(fine GroupBy, each func(span Window, number int64) error) error {
	if fine == "" {
		return each(r.window, 0)
	}
	for at, n := r.window.FromMs, 0; at < r.window.ToMs; n++ {
		if n == bucketsMost {
			return errTooManyGroups
		}
		span, number := r.spanBy(fine, at)
		if err := each(span, number); err != nil {
			return err
		}
		at = span.ToMs
	}
	return nil
}

// pass takes one bucket's changes into the stocks and notes how they stand before and
// after it.
func (r *report) pass(span Window, changes []Group, timed bool, running map[Key]*Sums, starts map[Key]int64) error {
	had := map[Key]Sums{}
	for key, s := range running {
		had[key] = *s
	}
	for i := range changes {
		key := changes[i].Key
		if timed {
			key = Key{}
			copy(key[:], changes[i].Key[1:])
		}
		if running[key] == nil {
			running[key] = &Sums{}
		}
		sum := *running[key]
		sum.service = slices.Clone(sum.service)
		for _, m := range []Measure{CasesDelta, CustomersDelta, CustomersJoined, MarginDelta, MarginedDelta} {
			sum.Add(m, changes[i].Sums.Get(m))
		}
		running[key] = &sum
	}
	for attributes, now := range running {
		key, start := r.fully(attributes[:], span.FromMs), had[attributes]
		later := timed && span.FromMs > r.query.NowMs // which is told of what has facts alone
		if r.groups[key] == nil && (later || now.Get(CasesDelta) == 0 && now.Get(CustomersDelta) == 0 && start.Get(CasesDelta) == 0 && start.Get(CustomersDelta) == 0) {
			continue
		}
		if len(r.groups) > GroupsMost {
			return errTooManyGroups
		}
		g := r.at(key)
		g.Add(Backlog, now.Get(CasesDelta)-g.Get(Backlog)) // as the last bucket of the group leaves it
		g.Add(CustomersLost, now.gone()-start.gone())
		if _, begun := starts[key]; begun {
			continue
		}
		starts[key] = span.FromMs
		g.Add(CustomersAtStart, start.Get(CustomersDelta))
		g.Add(MarginAtStart, start.Get(MarginDelta))
		g.Add(MarginedAtStart, start.Get(MarginedDelta))
		g.Add(AcquisitionMinor, r.rules.AcquisitionMinor)
	}
	return nil
}

// gone is how many customers have left: those who joined and are no more.
func (s *Sums) gone() int64 { return s.Get(CustomersJoined) - s.Get(CustomersDelta) }

// left takes out of those who left in each group those who had joined within it: they
// were no customers at its start.
func (r *report) left(starts map[Key]int64) error {
	folder := Folder{Rules: r.rules}
	err := r.src.Customers(r.window, true, func(u *Unit) {
		if !u.isCustomer() || !r.window.Holds(u.AtMs()) || !u.Record.Given(campaign.CustomerLeftAt) || !r.window.Holds(u.leftMs()) {
			return
		}
		var joined Key
		for _, e := range folder.Fold(u) {
			key, ok := r.keysOf(u, &e)
			if start, begun := starts[key]; e.Clock == LeaveClock && ok && begun && key == joined && u.AtMs() >= start {
				r.at(key).Add(CustomersLost, -1)
			}
			joined = key
		}
	})
	for key := range starts {
		g := r.at(key)
		g.Add(CustomersKept, g.Get(CustomersAtStart)-g.Get(CustomersLost))
		g.Add(CustomersSeen, g.Get(CustomersAtStart)+g.Get(CustomersJoined))
	}
	return err
}

// openNow adds how many cases are open at the instant the answer is as of.
func (r *report) openNow() error {
	groups, err := r.beside(Query{Window: Window{dawnMs, r.query.NowMs + 1}, By: r.query.By, KPIs: stockDeltas[:1]})
	for i := range groups {
		r.at(groups[i].Key).Add(OpenNow, groups[i].Sums.Get(CasesDelta))
	}
	return err
}

// byAge adds how long the cases that are open at the window's end have been so.
func (r *report) byAge() error {
	folder := Folder{Rules: r.rules}
	return r.src.Standing(r.window.ToMs, func(u *Unit) {
		if u.Record.Kind != campaign.KindCase || !u.openAt(r.window.ToMs) {
			return
		}
		for _, e := range folder.Fold(u) {
			if key, ok := r.keysOf(u, &e); ok && e.Clock == OpenClock {
				r.at(key).Add(ageOf(r.window.ToMs-e.AtMs), 1)
			}
		}
	})
}

// resolvedLater takes out what is resolved only after the instant the answer is as of,
// and puts back what is reopened only then.
func (r *report) resolvedLater() error {
	folder := Folder{Rules: r.rules}
	return r.src.Promised(Window{r.query.NowMs + 1, 1 << 60}, func(u *Unit) {
		if u.Record.Kind != campaign.KindCase {
			return
		}
		for _, e := range folder.Fold(u) {
			key, ok := r.keysOf(u, &e)
			if !ok || e.Clock != OpenClock || !r.window.Holds(e.AtMs) {
				continue
			}
			now := int64(0)
			if u.resolvedBy(r.query.NowMs) {
				now = 1
			}
			r.at(key).Add(OpenedResolved, now-e.value(OpenedResolved))
		}
	})
}

// resolvedBy reports whether a case stands resolved at an instant, itself included.
func (u *Unit) resolvedBy(atMs int64) bool {
	c := u.Record
	return c.Given(campaign.CaseResolvedAt) && max(u.AtMs(), c.Int(campaign.CaseResolvedAt)) <= atMs && !(c.Reopened() && max(u.AtMs(), c.Int(campaign.CaseReopenedAt)) <= atMs)
}

// openAt reports whether a case is open when all that came before an instant has.
func (u *Unit) openAt(atMs int64) bool {
	return u.Record.Int(campaign.CaseVoid) != 1 && u.Record.Given(campaign.CaseOpenedAt) && u.AtMs() < atMs && !u.resolvedBy(atMs-1)
}

// customerAt reports likewise whether somebody is a customer.
func (u *Unit) customerAt(atMs int64) bool {
	return u.isCustomer() && u.AtMs() < atMs && !(u.Record.Given(campaign.CustomerLeftAt) && u.leftMs() < atMs)
}

// isCustomer reports whether somebody ever was one.
func (u *Unit) isCustomer() bool {
	c := u.Record
	return c.Kind == campaign.KindCustomer && c.Int(campaign.CustomerVoid) != 1 && c.Given(campaign.CustomerJoinedAt)
}

// leftMs is when a customer left of whom that was told.
func (u *Unit) leftMs() int64 { return max(u.AtMs(), u.Record.Int(campaign.CustomerLeftAt)) }

// lifetimeValue is what a customer brings: the mean margin of the customers at the start,
// for as many periods as they stay at the rate at which they left in the window, less
// what winning one costs.
func lifetimeValue(s *Sums) *big.Rat {
	margined, lost := s.Get(MarginedAtStart), s.Get(CustomersLost)
	if margined == 0 || lost == 0 {
		return nil
	}
	value := big.NewRat(s.Get(MarginAtStart), margined)
	value.Mul(value, big.NewRat(s.Get(CustomersAtStart), lost))
	return value.Sub(value, big.NewRat(s.Get(AcquisitionMinor), 1))
}
