package dialer

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ringside/campaign"
)

// Doctor hears the kept messages of a source and says what is wrong with its
// feed. It is no more than arithmetic on what they say: the same messages in any
// order always give the same findings.
type Doctor struct {
	source *Source
	toMs   int64
	// Mapped reports whether a campaign gives a code of this source a meaning.
	Mapped func(campaignRef, code string) bool
	// Beside holds keys of calls told by sources of the kind that completes this one;
	// nil where there is no such source.
	Beside map[string]bool
	// LeftOut says that older messages of the time looked at were not heard.
	LeftOut bool

	heard    Heard
	reasons  map[Tally]int64
	unmapped map[string]int64
	shifts   map[int64]int64 // by quarters of an hour between both clocks
	future   int64
	names    map[string]int
	calls    []patient
}

// Heard counts messages by what became of them. Repeats are the same message come
// again, which changes nothing.
type Heard struct{ Applied, Parked, Refused, Repeats int64 }

// Tally is how often something came: a code, or the reason of a state.
type Tally struct {
	State, Text string
	Count       int64
}

// KeptMessage is a message with what became of it.
type KeptMessage struct {
	Message
	State            campaign.State
	Reason, Campaign string
	Repeats          int64
}

// The levels of a finding: nothing to do, worth a look, numbers are wrong.
const (
	OK   = "ok"
	Look = "look"
	Bad  = "bad"
)

// Finding is one thing the doctor found: Code names it for programs, Text says what
// it means and what to do.
type Finding struct{ Level, Code, Text string }

// Diagnosis is what the doctor says of a source.
type Diagnosis struct {
	Heard
	// Reasons are those of what was parked or refused, Unmapped the codes without a
	// meaning; the most frequent first, at most talliesMost.
	Reasons, Unmapped []Tally
	Findings          []Finding
}

// What the doctor calls late, early and few.
const (
	aheadMs     = 5 * 60_000
	unendedMs   = 4 * 3_600_000
	quarterMs   = 15 * 60_000
	feedLeast   = 200
	wrapLeast   = 20
	talliesMost = 50
)

// patient is one call of the source, as far as its messages tell.
type patient struct {
	same   int // the call it turned out to be, or itself
	lastMs int64
	said   campaign.FieldSet
	// ended, begun: a message told how it ended, and when it began.
	ended, begun bool
	// byAgent, byNone: it was given a code by an agent, or with none.
	byAgent, byNone bool
	met             bool
}

// NewDoctor begins to look at what a source sent before an instant.
func NewDoctor(s *Source, toMs int64) *Doctor {
	return &Doctor{source: s, toMs: toMs, reasons: map[Tally]int64{}, unmapped: map[string]int64{}, shifts: map[int64]int64{}, names: map[string]int{}}
}

// Hear takes one message.
func (d *Doctor) Hear(m KeptMessage) {
	d.heard.Repeats += m.Repeats
	switch m.State {
	case campaign.Applied:
		d.heard.Applied++
	case campaign.Parked:
		d.heard.Parked++
	case campaign.RefusedMessage:
		d.heard.Refused++
	}
	if m.Reason != "" {
		d.reasons[Tally{State: m.State.String(), Text: m.Reason}]++
	}
	// A mistake in reading it parked the message when it came, and is its reason.
	defer func() { _ = recover() }()
	r := d.source.Kind.Read(d.source, m.Message)
	if d.source.Kind.clocks != nil {
		if local, epoch := d.source.Kind.clocks(d.source, m.Message); local != campaign.None && epoch != campaign.None {
			d.shifts[quarters(local-epoch)]++
		}
	}
	if r.Silent == "" && len(r.Calls) > 0 {
		d.examine(&r, &m)
	}
}

// quarters rounds a distance to quarters of an hour: all zones differ by some.
func quarters(ms int64) int64 {
	if ms < 0 {
		return -quarters(-ms)
	}
	return (ms + quarterMs/2) / quarterMs
}

// examine adds what a message says to its call.
func (d *Doctor) examine(r *Reading, m *KeptMessage) {
	call := d.call(r.Calls)
	call.lastMs = max(call.lastMs, m.ReceivedMs)
	call.ended = call.ended || !r.UnderWay
	code, agent, ahead := "", false, false
	for i := range r.Sayings {
		said := &r.Sayings[i]
		call.said |= said.Named
		call.begun = call.begun || said.Given(campaign.AttemptStartedAt) && said.RankMs > RankDerived
		agent = agent || said.Given(campaign.AttemptAgent)
		if said.Given(campaign.AttemptDisposition) {
			code = said.Text(campaign.AttemptDisposition)
		}
		for _, field := range []int{campaign.AttemptStartedAt, campaign.AttemptAnsweredAt, campaign.AttemptConnectedAt, campaign.AttemptEndedAt} {
			ahead = ahead || said.Given(field) && said.Int(field) > m.ReceivedMs+aheadMs
		}
	}
	if ahead {
		d.future++
	}
	for _, key := range r.Calls {
		call.met = call.met || d.Beside[key]
		// Such a key begins with the second in which dialing began.
		call.begun = call.begun || strings.Contains(key, ".") && uniqueMs(key) != campaign.None
	}
	if code == "" {
		return
	}
	call.byAgent, call.byNone = call.byAgent || agent, call.byNone || !agent
	if _, known := d.source.Status(code); !known && (d.Mapped == nil || !d.Mapped(m.Campaign, code)) {
		d.unmapped[code]++
	}
}

// call finds the call of some keys, which may turn out to be one of two so far.
func (d *Doctor) call(keys []string) *patient {
	into := -1
	for _, key := range keys {
		at, known := d.names[key]
		if !known {
			continue
		}
		at = d.root(at)
		if into >= 0 && at != into {
			d.calls[into].take(&d.calls[at])
			d.calls[at].same = into
		} else {
			into = at
		}
	}
	if into < 0 {
		into = len(d.calls)
		d.calls = append(d.calls, patient{same: into})
	}
	for _, key := range keys {
		d.names[key] = into
	}
	return &d.calls[into]
}

func (d *Doctor) root(at int) int {
	for d.calls[at].same != at {
		at = d.calls[at].same
	}
	return at
}

func (p *patient) take(o *patient) {
	p.lastMs, p.said = max(p.lastMs, o.lastMs), p.said|o.said
	p.ended, p.begun, p.met = p.ended || o.ended, p.begun || o.begun, p.met || o.met
	p.byAgent, p.byNone = p.byAgent || o.byAgent, p.byNone || o.byNone
}

// Diagnose says what was found, the worst first.
func (d *Doctor) Diagnose() Diagnosis {
	out := Diagnosis{Heard: d.heard}
	for reason, n := range d.reasons {
		reason.Count = n
		out.Reasons = append(out.Reasons, reason)
	}
	for code, n := range d.unmapped {
		out.Unmapped = append(out.Unmapped, Tally{Text: code, Count: n})
	}
	out.Reasons, out.Unmapped = mostFrequent(out.Reasons), mostFrequent(out.Unmapped)
	for _, look := range []func() []Finding{d.arrival, d.clocks, d.lives, d.feeds, d.durations, d.codes} {
		out.Findings = append(out.Findings, look()...)
	}
	order := []string{Bad, Look, OK}
	slices.SortStableFunc(out.Findings, func(a, b Finding) int {
		return cmp.Compare(slices.Index(order, a.Level), slices.Index(order, b.Level))
	})
	return out
}

func mostFrequent(all []Tally) []Tally {
	slices.SortFunc(all, func(a, b Tally) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.State, b.State), strings.Compare(a.Text, b.Text))
	})
	return all[:min(len(all), talliesMost)]
}

func finding(level, code, format string, args ...any) Finding {
	return Finding{level, code, fmt.Sprintf(format, args...)}
}

// arrival is about what came, and what became of it.
func (d *Doctor) arrival() (all []Finding) {
	h := d.heard
	read := h.Applied + h.Parked + h.Refused
	if read == 0 {
		return []Finding{finding(Bad, "nothing_arrived", "Nothing arrived. Paste the lines of /docs/sources/%s into the dialer and place a call; if it calls and nothing is kept, its secret is wrong, or a proxy changes the address that it signs.", d.source.Ref)}
	}
	all = append(all, finding(OK, "arrived", "%d messages arrived, %d are applied; %d more were repetitions, which change nothing.", read, h.Applied, h.Repeats))
	if d.LeftOut {
		all = append(all, finding(Look, "older_left_out", "Only the newest %d messages were looked at. Name a shorter time with from and to for the others.", read))
	}
	if h.Parked > 0 {
		level := Look
		if h.Parked > h.Applied {
			level = Bad
		}
		all = append(all, finding(level, "parked", "%d messages are parked and not counted. Mend what the reasons say, then POST /v1/sources/%s/replay.", h.Parked, d.source.Ref))
	}
	if h.Refused > 0 {
		all = append(all, finding(Look, "refused", "%d messages are refused: what they say cannot be an attempt. The reasons say why; GET /v1/sources/%s/messages?state=refused shows them.", h.Refused, d.source.Ref))
	}
	return all
}

// clocks is about the dialer's clock and zone.
func (d *Doctor) clocks() (all []Finding) {
	var told, shift, most int64
	for _, quarter := range slices.Sorted(maps.Keys(d.shifts)) {
		told += d.shifts[quarter]
		if d.shifts[quarter] > most {
			shift, most = quarter, d.shifts[quarter]
		}
	}
	switch {
	case most*2 <= told:
		// None, or they scatter: an hour that was repeated, rows of another file.
	case shift == 1 || shift == -1:
		all = append(all, finding(Look, "clock_drifts", "The dialer's local times and its seconds since 1970 differ by about a quarter of an hour in %d of %d messages. Have all its hosts set their clocks by NTP.", most, told))
	case shift != 0:
		all = append(all, finding(Bad, "wrong_zone", "In %d of %d messages local times read as %s are %s off the seconds since 1970 beside them: calls are counted in wrong hours. Set the source's time_zone to the dialer's own, then POST /v1/sources/%s/replay?state=applied.",
			most, told, d.source.Zone, time.Duration(shift*quarterMs)*time.Millisecond, d.source.Ref))
	default:
		all = append(all, finding(OK, "zone_agrees", "In %d of %d messages local times agree with the seconds since 1970 beside them.", most, told))
	}
	if d.future > 0 {
		all = append(all, finding(Bad, "future", "%d messages tell of instants more than 5 minutes ahead of this server's clock. Set both clocks by NTP, and check the source's time_zone.", d.future))
	}
	return all
}

// lives is about calls of which one end is missing.
func (d *Doctor) lives() (all []Finding) {
	ended := func(p *patient) bool { return p.ended }
	unended := d.count(func(p *patient) bool { return !p.ended && p.lastMs < d.toMs-unendedMs })
	if unended > 0 {
		all = append(all, finding(graver(unended, d.count(ended)+unended), "never_ended", "%d calls began and nothing told how they ended, though 4 hours passed. The messages at the end of a call are lost: VICIdial sends them from the agent's browser, others where a callback for the end is set.", unended))
	}
	guessed := d.count(func(p *patient) bool { return p.ended && !p.begun })
	if guessed > 0 {
		all = append(all, finding(graver(guessed, d.count(ended)), "start_guessed", "Of %d calls that ended nothing told the start: it stands at the answer, at the end less the length, or when the message came. Have the dialer send the start, too.", guessed))
	}
	return all
}

// graver is bad from one call in ten on.
func graver(some, all int) string {
	if some*10 >= all {
		return Bad
	}
	return Look
}

func (d *Doctor) count(is func(*patient) bool) (n int) {
	for i := range d.calls {
		if d.calls[i].same == i && is(&d.calls[i]) {
			n++
		}
	}
	return n
}

// feeds is about the systems that tell of calls in two ways, each of half of them.
func (d *Doctor) feeds() (all []Finding) {
	byAgent := d.count(func(p *patient) bool { return p.byAgent })
	byNone := d.count(func(p *patient) bool { return p.byNone && !p.byAgent })
	switch {
	case d.source.Kind != VICIdial || byAgent+byNone < feedLeast:
	case byNone == 0:
		all = append(all, finding(Bad, "no_drops", "%d calls were given a code by agents and none without one: no drop, no busy line, no answering machine. Set the campaign's No Agent Call URL: without it there are no drops and every rate per dial is too high.", byAgent))
	case byAgent == 0:
		all = append(all, finding(Bad, "no_dispositions", "%d calls ended without an agent and none with one. Set the campaign's Dispo Call URL: without it there are no sales and no contacts.", byNone))
	}
	if beside := d.source.Kind.beside; beside != "" && len(d.names) > 0 {
		met := d.count(func(p *patient) bool { return p.met })
		switch {
		case d.Beside == nil:
			all = append(all, finding(Look, "other_feed_missing", "No source of kind %s sends anything. Each of the two files tells half of a call: agents, waits and abandoned calls stand in the queue_log, legs, leads and calls outside of queues in the CDRs.", beside))
		case met == 0:
			all = append(all, finding(Bad, "feeds_never_meet", "None of %d calls is also told by a source of kind %s: its unique ids are others. Write both files on the same Asterisk, with loguniqueid=yes in cdr.conf.", d.count(func(*patient) bool { return true }), beside))
		default:
			all = append(all, finding(OK, "feeds_meet", "%d calls are also told by a source of kind %s.", met, beside))
		}
	}
	return all
}

// durations is about what agents' times lack.
func (d *Doctor) durations() (all []Finding) {
	agents := d.count(func(p *patient) bool { return p.ended && p.said.Has(campaign.AttemptAgent) })
	if agents < wrapLeast {
		return nil
	}
	if d.count(func(p *patient) bool { return p.said.Has(campaign.AttemptWrap) || p.said.Has(campaign.AttemptWrapOver) }) == 0 {
		all = append(all, finding(Look, "wrap_missing", "None of %d calls with an agent tells wrap-up: outbound_aht counts talk and hold alone, and these calls under no_data. VICIdial tells it in vicidial_agent_log, Amazon Connect as AfterContactWorkDuration, Twilio in TaskRouter's events; post outcomes with wrap_s from elsewhere.", agents))
	}
	talked := d.count(func(p *patient) bool {
		return p.said.Has(campaign.AttemptTalk) || p.said.Has(campaign.AttemptConnectedAt) && p.said.Has(campaign.AttemptEndedAt)
	})
	if talked == 0 {
		all = append(all, finding(Look, "talk_missing", "None of %d calls with an agent tells how long they talked: talk_time and outbound_aht show no data of them. Send the agent's talk, or when the agent joined and when the call ended.", agents))
	}
	return all
}

// codes is about codes without a meaning.
func (d *Doctor) codes() (all []Finding) {
	var n int64
	for _, count := range d.unmapped {
		n += count
	}
	if n > 0 {
		all = append(all, finding(Look, "unmapped", "%d messages give %d codes that mean nothing here: they count as category none, so as no contact and no sale. Say what they mean under statuses of the source, or in the campaign's dispositions.", n, len(d.unmapped)))
	}
	return all
}

// Beside names the kind whose messages are about the same calls and tell what these
// cannot; "" where one feed tells everything.
func (k *Kind) Beside() string { return k.beside }
