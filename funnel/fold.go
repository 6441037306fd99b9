package funnel

import (
	"cmp"
	"math"
	"slices"

	"ringside/campaign"
)

// Lead is what the fold needs to know of a lead itself.
type Lead struct {
	Number int64
	// GeneratedMs is the posted instant, or campaign.None.
	GeneratedMs  int64
	Posted, Void bool
	List, Source int64
	// PriceMinor is what the lead was bought for, 0 for nothing.
	PriceMinor int64
	// Zone is the number of the lead's own time zone, 0 for none.
	Zone int64
	// Record is the fact of service that stands in a lead's place, folded by itself;
	// nil for a lead.
	Record *Record
}

// Unit is the unit of folding: a lead with all its attempts, in any order.
type Unit struct {
	Lead
	Attempts []Attempt
}

// Sum is a value under a measure.
type Sum struct {
	Measure Measure
	Value   int64
}

// Event is one contribution of a unit: at one instant of one clock, sums under
// the attributes of the attempt the clock reads. Values are valid until the next
// Fold of the same Folder.
type Event struct {
	Clock Clock
	AtMs  int64
	// Attempt is the number of the attempt the clock reads, 0 on the lead clock.
	Attempt     int64
	Agent       int64
	Disposition int64
	Category    campaign.Category
	// Ordinal is the dial's place among the lead's dials, from 1.
	Ordinal int
	// DialCount and WonAt are the lead's dials and, from 1, the one that won it, or
	// 0. Lead clock only.
	DialCount, WonAt int
	// DialMicros are what the lead's dials cost by the campaign's cards, in order and in
	// millionths; nil where it has none. Lead clock only.
	DialMicros []int64
	// Chains is the dial's place in each chain of its lead's dials. Dial clock only.
	Chains [chainsEnd]Link
	Sums   []Sum
}

// Folder folds units under one campaign's rules, reusing its memory. It is not
// safe for concurrent use.
type Folder struct {
	Rules *Rules
	// Edges and Beside cut time beside the hours of the rules' calendar: at the ends of
	// a window, and at the hours of another calendar where it is not nil.
	Edges  Window
	Beside *campaign.Calendar
	events []Event
	dials  []dial
	places []place
	// decided is, by dial, when it or a later one first decided the lead, with one
	// more for none.
	decided []int64
	// sums is the memory of all events' sums; those of the last begin at open.
	sums []Sum
	open int
	// micros is the memory of DialMicros.
	micros []int64
}

type dial struct {
	*Attempt
	Reading
}

// place is a dial's position among its lead's dials, under its key in a chain.
type place struct {
	key int64
	at  int
}

// Exists reports whether the unit counts at all: a posted lead that is not void,
// or one that only attempts know, unless the campaign is strict about leads.
func (u *Unit) Exists(strict bool) bool {
	if u.Void {
		return false
	}
	if u.Posted {
		return true
	}
	return !strict && slices.ContainsFunc(u.Attempts, func(a Attempt) bool { return !a.Void })
}

// CohortMs returns the instant of the lead clock: the posted one, else the
// earliest start of the lead's attempts, placed or not; campaign.None when
// neither is known or the unit does not exist.
func (u *Unit) CohortMs(strict bool) int64 {
	if !u.Exists(strict) {
		return campaign.None
	}
	if u.GeneratedMs != campaign.None {
		return u.GeneratedMs
	}
	earliest := campaign.None
	for i := range u.Attempts {
		if a := &u.Attempts[i]; !a.Void && (earliest == campaign.None || a.StartedMs < earliest) {
			earliest = a.StartedMs
		}
	}
	return earliest
}

// Sort puts the attempts into the lead's order: by start, then by ref, bytewise.
// Stored histories are in it, and what comes is mostly later.
func (u *Unit) Sort() {
	for i := 1; i < len(u.Attempts); i++ {
		if u.Attempts[i].before(&u.Attempts[i-1]) {
			slices.SortFunc(u.Attempts, func(a, b Attempt) int {
				return cmp.Or(cmp.Compare(a.StartedMs, b.StartedMs), cmp.Compare(a.Ref, b.Ref))
			})
			return
		}
	}
}

func (a *Attempt) before(o *Attempt) bool {
	return a.StartedMs < o.StartedMs || a.StartedMs == o.StartedMs && a.Ref < o.Ref
}

// Fold returns everything the unit contributes, and sorts its attempts.
func (f *Folder) Fold(u *Unit) []Event {
	f.events, f.sums, f.dials = f.events[:0], f.sums[:0], f.dials[:0]
	if u.Record != nil {
		f.record(u)
		return f.events
	}
	u.Sort()
	if !u.Exists(f.Rules.StrictLeads) {
		return nil
	}
	for i := range u.Attempts {
		a := &u.Attempts[i]
		if a.Void {
			continue
		}
		if reading := f.Rules.Read(a); reading.Dial {
			f.dials = append(f.dials, dial{a, reading})
		}
	}
	f.leadEvent(u)
	first := len(f.events)
	for i := range f.dials {
		f.dialEvent(i)
	}
	f.link(&u.Lead, f.events[first:])
	f.firstEvents()
	f.saleEvents()
	f.promiseEvents()
	return f.events
}

// begin starts an event about dial i, or about the lead itself when i is −1. The
// sums added until the next begin belong to it.
func (f *Folder) begin(clock Clock, atMs int64, i int) *Event {
	e := Event{Clock: clock, AtMs: atMs}
	if i >= 0 {
		d := &f.dials[i]
		e.Attempt, e.Agent, e.Disposition, e.Category, e.Ordinal = d.Number, d.Agent, d.Disposition, d.Category, i+1
	}
	f.events = append(f.events, e)
	f.open = len(f.sums)
	return &f.events[len(f.events)-1]
}

func (f *Folder) add(m Measure, value int64) {
	f.sums = append(f.sums, Sum{m, value})
	f.events[len(f.events)-1].Sums = f.sums[f.open:len(f.sums):len(f.sums)]
}

func (f *Folder) count(m Measure, when bool) {
	if when {
		f.add(m, 1)
	}
}

// leadEvent is what the lead adds to its cohort, whatever it did and when.
func (f *Folder) leadEvent(u *Unit) {
	at := u.CohortMs(f.Rules.StrictLeads)
	if at == campaign.None {
		return
	}
	var contacted, decided, live, lastLiveDropped bool
	top, wonAt := 0, 0
	for i := range f.dials {
		d := &f.dials[i]
		contacted = contacted || d.Contact
		if d.Category == campaign.Sale && wonAt == 0 {
			wonAt = i + 1
		}
		decided = decided || d.Category.Decision()
		if d.Live {
			live, lastLiveDropped = true, d.Dropped(d.Attempt)
		}
		top = max(top, d.Stage)
	}
	dialed := len(f.dials) > 0
	if dialed {
		top = max(top, f.Rules.DialedStage)
	}
	if contacted {
		top = max(top, f.Rules.ContactedStage)
	}
	e := f.begin(LeadClock, at, -1)
	e.DialCount, e.WonAt = len(f.dials), wonAt
	f.add(Leads, 1)
	f.add(StageTop+Measure(top), 1)
	f.count(LeadsEverDialed, dialed)
	f.count(LeadsEverContacted, contacted)
	f.count(LeadsEverLive, live)
	f.count(LeadsWon, wonAt > 0)
	f.count(LeadsDropped, lastLiveDropped && !decided)
	if dialed {
		f.add(CohortDials, int64(len(f.dials)))
	}
	if u.PriceMinor != 0 {
		f.add(LeadPrices, u.PriceMinor)
	}
	if f.Rules.Rates.Some() {
		f.micros = f.micros[:0]
		for i := range f.dials {
			telephony, labour, _ := f.Rules.price(&f.dials[i])
			f.micros = append(f.micros, telephony+labour)
		}
		e.DialMicros = f.micros
	}
}

// dialEvent is what one dial adds at its own start.
func (f *Folder) dialEvent(i int) {
	d := &f.dials[i]
	f.begin(DialClock, d.StartedMs, i)
	dropped := d.Dropped(d.Attempt)
	f.add(Dials, 1)
	f.count(AgentDials, d.Agent != 0)
	f.count(Answers, d.Answered)
	f.count(LiveAnswers, d.Live)
	f.count(Machines, d.Machine)
	f.count(Conversations, d.Contact)
	f.count(RightParties, d.Contact && d.Category != campaign.WrongParty)
	f.count(SaleAttempts, d.Category == campaign.Sale)
	f.count(Drops, dropped)
	f.count(InCallDrops, dropped && d.Contact)
	f.count(CallerHangups, d.Live && !d.Contact && d.EndedBy == campaign.ByCustomer)
	f.compliance(d)
	if d.Answered && !d.AnswerAssumed {
		f.add(DatedAnswers, 1)
		f.add(RingMs, max(0, d.Reading.AnsweredMs-d.StartedMs))
	}
	if d.Contact {
		f.durations(d)
	}
	if f.Rules.Rates.Some() {
		f.rate(d)
	}
}

// link finds the dials before and after each in every chain. Sorting by key keeps
// a lead with thousands of dials from costing their square.
func (f *Folder) link(l *Lead, dials []Event) {
	for chain, by := range chainKeys {
		f.places = f.places[:0]
		for i := range dials {
			dials[i].Chains[chain] = Link{campaign.None, campaign.None}
			f.places = append(f.places, place{f.Rules.key(by, l, &dials[i]), i})
		}
		if len(f.places) < 2 {
			continue
		}
		slices.SortFunc(f.places, func(a, b place) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.at, b.at)) })
		for i := 1; i < len(f.places); i++ {
			if before, after := f.places[i-1], f.places[i]; before.key == after.key {
				dials[before.at].Chains[chain].NextMs = dials[after.at].AtMs
				dials[after.at].Chains[chain].PrevMs = dials[before.at].AtMs
			}
		}
	}
}

// compliance adds how the campaign's profile sees the answer.
func (f *Folder) compliance(d *dial) {
	profile := &f.Rules.Profile
	verdict := profile.Judge(d.Attempt, d.Reading)
	if d.Live {
		f.count(Late, verdict == TooLate || verdict == EarlyHangup && profile.CountEarlyHangups)
		f.count(ConnectsAssumed, d.ConnectAssumed)
		f.count(GreetingsAssumed, profile.FromGreeting && d.GreetingEndedMs == campaign.None)
		return
	}
	f.count(UnknownInTime, verdict == InTime)
	f.count(UnknownLate, verdict == TooLate || verdict == EarlyHangup)
}

// durations adds the talk and handle time of an ended conversation. Hold that was
// not sent is taken as none; wrap-up that was not sent adds nothing, and is counted.
func (f *Folder) durations(d *dial) {
	_, talk, _ := d.talked(d.Attempt)
	handled, ended := d.handled()
	if !ended {
		return
	}
	f.add(EndedConversations, 1)
	f.add(TalkMs, talk)
	f.add(HandleMs, handled)
	f.count(EndedWithoutWrap, d.WrapMs == campaign.None)
}

// firstEvents are the lead's first dial and its first conversation.
func (f *Folder) firstEvents() {
	if len(f.dials) == 0 {
		return
	}
	first := &f.dials[0]
	f.begin(FirstDialClock, first.StartedMs, 0)
	f.add(FirstDials, 1)
	f.count(FirstDialsWon, first.Category == campaign.Sale)
	if at := f.firstContact(); at >= 0 {
		d := &f.dials[at]
		f.begin(FirstContactClock, d.StartedMs, at)
		f.add(FirstContacts, 1)
		f.count(FirstContactsWon, d.Category == campaign.Sale)
	}
}

func (f *Folder) firstContact() int {
	return slices.IndexFunc(f.dials, func(d dial) bool { return d.Contact })
}

// saleEvents are the lead's first sale ever, its winning sale, and the amount of
// every sale that stands.
func (f *Folder) saleEvents() {
	ever := slices.IndexFunc(f.dials, func(d dial) bool {
		return d.Category == campaign.Sale || d.Category == campaign.SaleCancelled
	})
	if ever < 0 {
		return
	}
	won := slices.IndexFunc(f.dials, func(d dial) bool { return d.Category == campaign.Sale })
	f.begin(SaleClock, f.dials[ever].SaleMs(), ever)
	f.add(Sales, 1)
	f.count(SalesLost, won < 0)
	if won < 0 {
		return
	}
	f.begin(SaleClock, f.dials[won].SaleMs(), won)
	f.add(NetSales, 1)
	f.add(DialsToClose, int64(won)+1)
	f.count(FirstContactCloses, won == f.firstContact())
	for i := won; i < len(f.dials); i++ {
		d := &f.dials[i]
		if d.Category == campaign.Sale && d.AmountMinor != campaign.None {
			f.begin(SaleClock, d.SaleMs(), i)
			f.add(RevenueSales, 1)
			f.add(RevenueMinor, d.AmountMinor)
		}
	}
}

// CallbackGraceMs is how far from the promised instant a dial may lie on either
// side to keep it, and how long after it a promise is judged.
const CallbackGraceMs = 15 * 60 * 1000

// promiseEvents are the callbacks that were promised for an instant and that no
// decision of a later dial, made before that instant, overtook. A lead may have
// thousands of them, so none looks through all dials after it.
func (f *Folder) promiseEvents() {
	promised := func(d dial) bool { return d.Category == campaign.Callback && d.CallbackMs != campaign.None }
	first := slices.IndexFunc(f.dials, promised)
	if first < 0 {
		return
	}
	f.noteDecisions()
	for i := first; i < len(f.dials); i++ {
		d, later := &f.dials[i], f.dials[i+1:]
		if !promised(*d) || f.decided[i+1] < d.CallbackMs {
			continue
		}
		// Dials stand in order of their starts: the first that is not too early keeps
		// the promise, unless it is too late.
		at, _ := slices.BinarySearchFunc(later, d.CallbackMs-CallbackGraceMs, func(d dial, ms int64) int { return cmp.Compare(d.StartedMs, ms) })
		f.begin(PromiseClock, d.CallbackMs, i)
		f.add(CallbacksDue, 1)
		f.count(CallbacksKept, at < len(later) && later[at].StartedMs <= d.CallbackMs+CallbackGraceMs)
	}
}

// noteDecisions finds for each dial when it or a later one first decided the lead.
func (f *Folder) noteDecisions() {
	f.decided = slices.Grow(f.decided[:0], len(f.dials)+1)[:len(f.dials)+1]
	f.decided[len(f.dials)] = math.MaxInt64
	for i := len(f.dials) - 1; i >= 0; i-- {
		f.decided[i] = f.decided[i+1]
		if d := &f.dials[i]; d.Category.Decision() {
			f.decided[i] = min(f.decided[i], d.SaleMs())
		}
	}
}
