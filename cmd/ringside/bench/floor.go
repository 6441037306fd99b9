package bench

import (
	"math/rand/v2"
	"strconv"
	"time"
)

// What a house looks like, whatever the size of the run.
const (
	campaigns = 20
	// agents of each campaign, half of them in the morning, half after.
	agents = 500
	// monthDays are the days of November 2025, in which the calls begin.
	monthDays = 30
	// perDayFull is how many calls a campaign of full size places a day.
	perDayFull = 17_000
	// hopperLeads is how many leads of a list a dialer has in hand: the next call
	// goes to any of them, and the list refills it in its order.
	hopperLeads = 400
	// passes over a list: each lead is called once in each.
	passes = 3
	// openMs and shiftMs: calls are placed for twelve hours from nine o'clock on.
	openMs  = 9 * 3600 * 1000
	shiftMs = 12 * 3600 * 1000
	dayMs   = 24 * 3600 * 1000
)

var monthStart = time.Date(2025, 11, 1, 0, 0, 0, 0, time.UTC)

// config is every campaign's. Lisbon is at UTC in winter.
const config = `{"name":"Bench","time_zone":"Europe/Lisbon","currency":"EUR","dial_mode":"progressive","dispositions":[
{"code":"NA","label":"No answer","category":"no_answer"},{"code":"B","label":"Busy","category":"busy"},
{"code":"DC","label":"Disconnected","category":"unworkable"},{"code":"AM","label":"Machine","category":"machine"},
{"code":"DROP","label":"Dropped","category":"abandoned"},{"code":"SALE","label":"Sale","category":"sale","stage":"closed"},
{"code":"XSALE","label":"Sale taken back","category":"sale_cancelled","stage":"closed"},{"code":"INT","label":"Interested","category":"interested","stage":"interested"},
{"code":"CALLBK","label":"Callback","category":"callback"},{"code":"NI","label":"Not interested","category":"refusal"},
{"code":"DNC","label":"Do not call","category":"dnc"},{"code":"WRONG","label":"Wrong person","category":"wrong_party"},
{"code":"HUP","label":"Hung up","category":"none"}]}`

// shape is in which numbers a house dials.
type shape struct {
	seed uint64
	// items of one post.
	items int
	// perDay calls of each campaign a day.
	perDay int
	// list is how many leads a campaign's list has; after all passes comes the
	// next list.
	list int
	// twoMessages of a thousand calls come as an attempt and, later, its outcome.
	twoMessages int
	// staggered campaigns begin at different places of their first list, so that at
	// any time some are in each pass.
	staggered bool
	// campaigns dial; 0 stands for the usual number.
	campaigns int
}

// house makes the dialers of all campaigns.
func (s shape) house() (all []*dialer) {
	if s.campaigns == 0 {
		s.campaigns = campaigns
	}
	for c := range s.campaigns {
		d := &dialer{shape: s, ref: campaignRef(c), rng: rand.New(rand.NewPCG(s.seed, uint64(c)))}
		// Campaigns do not all post their outcomes at the same time.
		d.due = max(s.items*(c+1)/s.campaigns, 1)
		if s.staggered {
			at := c * passes * s.list / s.campaigns
			d.pass, d.taken = at/s.list, at%s.list
		}
		all = append(all, d)
	}
	return all
}

func campaignRef(c int) string { return "camp-" + strconv.Itoa(c+1) }

// dialer places the calls of one campaign, in order of time.
type dialer struct {
	shape
	ref string
	rng *rand.Rand
	// calls were placed; of list number lists so many leads were taken in this pass.
	calls, lists, pass, taken int
	hopper                    []int
	// uniform calls any lead of the list, and no order.
	uniform bool
	// outcomes that wait for their post, and how many they are.
	outcomes []byte
	waiting  int
	// due is how many outcomes are posted next.
	due int
}

// lead is the next to be called, as the number of its list and its place there.
func (d *dialer) lead() (list, place int) {
	if d.uniform {
		return d.lists, d.rng.IntN(d.list)
	}
	for len(d.hopper) < hopperLeads && d.taken < d.list {
		d.hopper = append(d.hopper, d.taken)
		d.taken++
	}
	i, last := d.rng.IntN(len(d.hopper)), len(d.hopper)-1
	list, place = d.lists, d.hopper[i]
	d.hopper[i] = d.hopper[last]
	if d.hopper = d.hopper[:last]; last == 0 && d.taken == d.list {
		d.taken, d.pass = 0, d.pass+1
		if d.pass == passes {
			d.pass, d.lists = 0, d.lists+1
		}
	}
	return list, place
}

// instant is when call number k is placed, in milliseconds UTC.
func (d *dialer) instant(k int) int64 {
	slot := shiftMs / int64(d.perDay)
	inDay := int64(k%d.perDay)*shiftMs/int64(d.perDay) + d.rng.Int64N(slot)
	return monthStart.UnixMilli() + int64(k/d.perDay)*dayMs + openMs + inDay
}

// agent is somebody of the shift that works at an instant.
func (d *dialer) agent(atMs int64) int {
	shift := 0
	if (atMs-monthStart.UnixMilli())%dayMs >= openMs+shiftMs/2 {
		shift = 1
	}
	return shift*agents/2 + d.rng.IntN(agents/2)
}

// ending is what a call comes to: of a thousand calls, so many.
type ending struct {
	of         int
	result     string
	by         string // who answered
	joined     bool   // an agent did
	endedBy    string
	talkMost   int64 // milliseconds from the answer to the end
	code       string
	sale, back bool
}

var endings = []ending{
	{of: 560, result: "no_answer", code: "NA"},
	{of: 80, result: "busy", code: "B"},
	{of: 60, result: "failed", code: "DC"},
	{of: 100, result: "answered", by: "machine", endedBy: "system", talkMost: 9_000, code: "AM"},
	{of: 10, result: "answered", by: "human", endedBy: "customer", talkMost: 6_000, code: "DROP"},
	{of: 50, result: "answered", by: "human", joined: true, endedBy: "customer", talkMost: 20_000, code: "HUP"},
	{of: 85, result: "answered", by: "human", joined: true, endedBy: "agent", talkMost: 120_000, code: "NI"},
	{of: 18, result: "answered", by: "human", joined: true, endedBy: "agent", talkMost: 300_000, code: "INT"},
	{of: 12, result: "answered", by: "human", joined: true, endedBy: "agent", talkMost: 90_000, code: "CALLBK", back: true},
	{of: 3, result: "answered", by: "human", joined: true, endedBy: "customer", talkMost: 40_000, code: "DNC"},
	{of: 7, result: "answered", by: "human", joined: true, endedBy: "agent", talkMost: 40_000, code: "WRONG"},
	{of: 14, result: "answered", by: "human", joined: true, endedBy: "agent", talkMost: 600_000, code: "SALE", sale: true},
	{of: 1, result: "answered", by: "human", joined: true, endedBy: "agent", talkMost: 600_000, code: "XSALE", sale: true},
}

func (d *dialer) ending() *ending {
	n := d.rng.IntN(1000)
	for i := range endings {
		if n -= endings[i].of; n < 0 {
			return &endings[i]
		}
	}
	panic("endings do not add up to a thousand")
}
