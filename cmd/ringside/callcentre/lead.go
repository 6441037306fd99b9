package callcentre

// lead is what the floor remembers of a lead it still works on.
type lead struct {
	number  uint64
	reach   float32 // multiplies the chance that a person answers
	wants   float32 // chance of a sale in a first conversation
	list    uint8
	source  uint8
	zone    uint8
	dials   uint8
	mood    mood
	stray   bool // the tracker hears of it first from an attempt
	phoneNo [15]byte
	phoneN  uint8
}

// mood is how far a lead has come.
type mood uint8

const (
	cold mood = iota
	asked
	warm
	signing
)

func (ld *lead) phone() []byte { return ld.phoneNo[:ld.phoneN] }

// takeLeads loads the day's list before opening and lets single leads come in
// around the clock.
func (l *line) takeLeads() {
	s := l.script
	mean := s.leadsPerDay * l.scale
	uploaded := 0
	switch {
	case l.day == 0: // even on a closed day: a floor starts with a full list
		uploaded = l.dice.about(mean * s.backlogDays)
	case !l.today.open():
	case l.today.date.Weekday() == 1:
		uploaded = l.dice.about(mean * (1 - s.webShare) * 1.6)
	default:
		uploaded = l.dice.about(mean * (1 - s.webShare) * 0.9)
	}
	uploadMs := max(l.at(l.day, 7)+l.dice.between(0, 40*minuteMs), l.today.startMs+secondMs)
	for i := range uploaded {
		l.load(uploadMs+int64(i), l.day == 0)
	}
	for range l.dice.about(mean * s.webShare) {
		l.comeIn(l.dice.between(l.today.startMs, l.today.nextMs))
	}
}

// load takes a lead from a list; a backlog is worked off over some days.
func (l *line) load(atMs int64, backlog bool) {
	s := l.script
	slot := l.admit(atMs, l.dice.segment(s.lists), l.dice.segment(s.sources), 1)
	d := dial{lead: slot, agent: nobody}
	days := int64(2)
	if backlog {
		days = int64(s.backlogDays) + 1
	}
	if wait := int(l.dice.between(0, days)); wait > 0 || !l.today.open() {
		l.putOff(d, wait)
		return
	}
	d.atMs = max(l.someTime(), atMs+minuteMs)
	l.enqueue(d)
}

// comeIn takes a lead that asked to be called: within minutes when the floor is
// open, else first thing next.
func (l *line) comeIn(atMs int64) {
	s := l.script
	slot := l.admit(atMs, l.dice.segment(s.lists), uint8(len(s.sources)-1), 1.35)
	d := dial{lead: slot, agent: nobody}
	d.atMs = max(atMs, l.today.openMs) + l.dice.between(2*minuteMs, 25*minuteMs)
	if l.today.open() && d.atMs < l.today.shutMs {
		l.enqueue(d)
		return
	}
	l.putOff(d, 1)
}

// admit makes a lead and posts it, save for the few strays.
func (l *line) admit(atMs int64, list, source uint8, reach float64) int32 {
	s := l.script
	l.leadNo++
	ld := lead{number: l.leadNo, list: list, source: source}
	ld.reach = float32(reach * l.dice.within(0.65, 1.35))
	if l.dice.chance(0.12) {
		ld.reach *= 0.15 // never picks up for strangers
	}
	ld.wants = float32(min(0.6, s.converts*s.lists[list].convert*s.sources[source].convert*l.dice.within(0.4, 1.6)))
	if len(s.leadZones) > 1 && l.dice.chance(0.3) {
		ld.zone = 1
	}
	ld.phoneN = uint8(len(s.phone(l.dice, ld.zone, ld.phoneNo[:0])))
	ld.stray = l.dice.chance(0.006)
	if !ld.stray || l.dice.chance(0.5) {
		l.announce(&ld, atMs)
	}
	slot := l.slot()
	l.leads[slot] = ld
	return slot
}

func (l *line) slot() int32 {
	if n := len(l.spare); n > 0 {
		s := l.spare[n-1]
		l.spare = l.spare[:n-1]
		return s
	}
	l.leads = append(l.leads, lead{})
	return int32(len(l.leads) - 1)
}

func (l *line) forget(slot int32) { l.spare = append(l.spare, slot) }
