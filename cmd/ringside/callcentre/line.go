package callcentre

import (
	"time"
)

const (
	secondMs = int64(1000)
	minuteMs = 60 * secondMs
	hourMs   = 60 * minuteMs
)

// aheadDays bounds how far a lead can be put off; callbacks and cancelled
// sales are the longest, closed days included.
const aheadDays = 32

// line is one campaign at work.
type line struct {
	script *script
	codes  codesOf
	dice   dice
	scale  float64
	zone   *time.Location

	startMs, endMs int64
	firstDay       time.Time // local midnight on or before the start
	day            int       // next day to plan, counted from firstDay
	plannedMs      int64     // no post before this instant is still to be planned
	today          today

	crew  []agent
	leads []lead
	spare []int32 // slots of leads that are done with
	due   [aheadDays][]dial
	dials heap[dial]

	outbox             heap[post]
	orders             uint64 // for ties in both heaps
	block              []byte // posts are cut from blocks, not allocated one by one
	leadNo, attemptNo  uint64
	liveCount, dropped float64 // what paces the dialer
}

// today is the local day being simulated.
type today struct {
	index            int
	date             time.Time
	startMs, nextMs  int64 // nextMs is tomorrow's midnight
	openMs, shutMs   int64 // equal when closed
	answering        float64
	outageMs, backMs int64 // the sender is down between these
}

func (t *today) open() bool { return t.openMs < t.shutMs }

// dial is an appointment with a lead.
type dial struct {
	timedKey       // atMs 0: any time of the day
	lead     int32 // slot in line.leads
	agent    int32 // wished, or nobody
	kind     dialKind
}

type dialKind uint8

const (
	ordinary dialKind = iota
	promised          // a callback
	after             // after a sale: one more, or won back
	barred            // on the do-not-call list; the dialer refuses
)

// post is one item on its way out.
type post struct {
	timedKey
	body       []byte
	collection collection
}

func newLine(c Config, i int, crew []agent) *line {
	s := &scripts[i]
	l := &line{
		script: s, codes: s.codes.byVerdict(), dice: newDice(c.Seed, i), scale: c.Scale, crew: crew,
		zone:    mustZone(s.zone),
		startMs: ceilMs(c.Start), endMs: ceilMs(c.Start.Add(time.Duration(c.Days) * 24 * time.Hour)),
	}
	y, m, d := c.Start.In(l.zone).Date()
	l.firstDay = time.Date(y, m, d, 0, 0, 0, 0, l.zone)
	l.plannedMs = l.startMs
	return l
}

// peek says when the next post goes, planning as many days as it takes.
func (l *line) peek() (atMs int64, ok bool) {
	for (len(l.outbox) == 0 || l.outbox[0].atMs >= l.plannedMs) && l.plannedMs < l.endMs {
		l.planDay()
	}
	if len(l.outbox) == 0 {
		return 0, false
	}
	return l.outbox[0].atMs, true
}

func (l *line) planDay() {
	l.beginDay()
	l.bookCosts()
	l.takeLeads()
	if l.today.open() {
		l.roster()
		l.takeDue()
		l.dialOut()
	}
	l.day++
	l.plannedMs = l.today.nextMs
}

func (l *line) midnight(day int) time.Time {
	y, m, d := l.firstDay.Date()
	return time.Date(y, m, d+day, 0, 0, 0, 0, l.zone)
}

func (l *line) at(day, hour int) int64 {
	y, m, d := l.firstDay.Date()
	return time.Date(y, m, d+day, hour, 0, 0, 0, l.zone).UnixMilli()
}

// inOffice is an instant of a later day's office hours.
func (l *line) inOffice(inDays int) int64 {
	return l.dice.between(l.at(l.day+inDays, 9), l.at(l.day+inDays, 18))
}

func (l *line) beginDay() {
	date := l.midnight(l.day)
	week := date.Weekday()
	h := l.script.week[week]
	t := today{index: l.day, date: date, startMs: max(date.UnixMilli(), l.startMs), nextMs: l.midnight(l.day + 1).UnixMilli(), answering: l.script.weekdays[week]}
	t.openMs = max(l.at(l.day, h.open), l.startMs)
	t.shutMs = max(l.at(l.day, h.shut), t.openMs)
	if l.dice.chance(0.07) {
		t.outageMs = l.dice.between(t.openMs, t.shutMs)
		t.backMs = t.outageMs + l.dice.between(5*minuteMs, 25*minuteMs)
	}
	l.today = t
}

// takeDue brings in the leads put off to today and gives those without an
// hour one.
func (l *line) takeDue() {
	slot := &l.due[l.day%aheadDays]
	for _, d := range *slot {
		if d.atMs == 0 {
			d.atMs = l.someTime()
		}
		d.atMs = max(d.atMs, l.today.openMs)
		l.enqueue(d)
	}
	*slot = (*slot)[:0]
}

// someTime is an instant of today, busy hours more often.
func (l *line) someTime() int64 {
	for range 12 {
		atMs := l.dice.between(l.today.openMs, l.today.shutMs)
		if l.dice.Float64()*1.4 < dialing[l.hour(atMs)] {
			return atMs
		}
	}
	return l.dice.between(l.today.openMs, l.today.shutMs)
}

// hour is the local hour of an instant of today's calling hours; zones change
// their offset at night, so the opening hour counts on.
func (l *line) hour(atMs int64) int {
	shut := l.script.week[l.today.date.Weekday()].shut
	return max(0, shut-1-int((l.today.shutMs-1-atMs)/hourMs))
}

func (l *line) enqueue(d dial) {
	l.orders++
	d.order = l.orders
	l.dials.push(d)
}

// putOff books a dial for the first open day at least days ahead, at any time.
func (l *line) putOff(d dial, days int) {
	d.atMs = 0
	l.book(d, l.day+max(days, 1))
}

// book books a dial for a day, or the next open one.
func (l *line) book(d dial, day int) {
	for ; l.script.week[(int(l.firstDay.Weekday())+day)%7].open == 0; day++ {
		d.atMs = 0
	}
	l.due[day%aheadDays] = append(l.due[day%aheadDays], d)
}

// dialOut works through the day's dials. A dialer does not dial when nobody
// could take the call, so a dial waits for a free seat.
func (l *line) dialOut() {
	for len(l.dials) > 0 {
		d := l.dials.pop()
		if d.atMs >= l.today.shutMs {
			l.putOff(d, 1)
			continue
		}
		if d.kind == barred {
			l.refuse(d)
			continue
		}
		who, againMs := l.seat(d.atMs, d.agent)
		switch {
		case who != nobody:
			l.call(d, who)
		case againMs == 0:
			l.putOff(d, 1)
		default:
			d.atMs = againMs + l.dice.between(0, 20*secondMs)
			l.enqueue(d)
		}
	}
}

func mustZone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic("callcentre: " + err.Error()) // zone data is compiled in
	}
	return z
}
