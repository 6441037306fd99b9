// Package callcentre simulates a sales floor: four outbound campaigns, some
// forty agents and the dialers behind them, with every habit of real senders
// that a tracker has to live with (calls told in two messages, retries,
// stragglers, outages, amendments, sales taken back).
//
// It is pure: no input, no output, no clock. The same [Config] gives the same
// bytes, and the posts of a shorter run are those of a longer one sent before
// the shorter one ends. So a database can be seeded with some weeks and dialed
// on live from there with the same Floor.
package callcentre

import (
	"encoding/json"
	"iter"
	"math"
	"time"
	_ "time/tzdata" // local hours must not depend on the machine
)

// DemoDays is the length for which a Scale of 1 makes about 40,000 attempts.
const DemoDays = 28

// Config says which history to make. Volume is a rate: the number of attempts
// grows with Days as well as with Scale.
type Config struct {
	Seed  uint64
	Start time.Time // the first post is sent at or after this instant
	Days  int       // length in days of 24 hours; 0 means DemoDays
	Scale float64   // 1 is about 40,000 attempts in DemoDays; 0 means 1
}

// Campaign is one campaign to declare before its facts are posted.
type Campaign struct {
	Ref  string
	Body json.RawMessage // for PUT /v1/campaigns/{Ref}
}

// Agent is one person to name, with a team, before or after any post.
type Agent struct {
	Ref  string
	Body json.RawMessage // for PUT /v1/agents/{Ref}
}

// Batch is one POST: a JSON array of Items to a collection.
type Batch struct {
	Campaign   string // ref; "" for costs, which name their campaign themselves
	Collection string // "leads", "attempts", "outcomes" or "costs"
	Items      []json.RawMessage
	At         time.Time // the instant at which it would have been sent, UTC
}

type collection uint8

const (
	leads collection = iota
	attempts
	outcomes
	costs
	collections
)

var collectionNames = [collections]string{"leads", "attempts", "outcomes", "costs"}

// Floor hands out the posts of the whole call centre in order of sending. It
// plans one local day of each campaign at a time, so its memory is about a
// day's posts and the leads still worked on. It is not safe for concurrent use.
type Floor struct {
	lines   []*line
	heads   []head
	waiting []parcel
	ready   []Batch
	nowMs   int64
}

// head caches the next post of a line, so that choosing among lines costs no
// look into their queues.
type head struct {
	atMs int64
	open bool
}

// parcel gathers the posts of one campaign and collection until it is full or
// its oldest post has waited long enough.
type parcel struct {
	campaign   string
	collection collection
	items      []json.RawMessage
	deadlineMs int64
}

// New prepares the floor; nothing is simulated before the first Next or Until.
func New(c Config) *Floor {
	if c.Days == 0 {
		c.Days = DemoDays
	}
	if c.Scale == 0 {
		c.Scale = 1
	}
	f := &Floor{nowMs: math.MinInt64}
	crews := hire(c)
	for i := range scripts {
		s := &scripts[i]
		l := newLine(c, i, crews[i])
		f.lines = append(f.lines, l)
		for k := leads; k < costs; k++ {
			f.waiting = append(f.waiting, parcel{campaign: s.ref, collection: k})
		}
	}
	f.waiting = append(f.waiting, parcel{collection: costs})
	f.heads = make([]head, len(f.lines))
	for i := range f.lines {
		f.look(i)
	}
	return f
}

// Campaigns lists what must be declared before the first batch is posted.
func (f *Floor) Campaigns() []Campaign {
	all := make([]Campaign, len(f.lines))
	for i, l := range f.lines {
		all[i] = Campaign{Ref: l.script.ref, Body: l.declare()}
	}
	return all
}

// Agents lists who works on the floor, each once: the early and the late shift of a
// campaign are a team each. Guests are of the team of their own campaign.
func (f *Floor) Agents() (all []Agent) {
	known := map[string]bool{}
	for _, l := range f.lines {
		for _, a := range l.crew {
			if known[a.ref] {
				continue
			}
			known[a.ref] = true
			shift := "late"
			if a.early {
				shift = "early"
			}
			all = append(all, Agent{Ref: a.ref, Body: json.RawMessage(`{"team":"` + l.script.ref + ", " + shift + `"}`)})
		}
	}
	return all
}

// Next returns the next batch of at most n items; ok is false at the end.
// Batches never go back in time. A post waits at most n seconds for company, as
// in a sender that ships when n items are ready or the oldest is n seconds old:
// with n = 1 every post goes at once, with n = 10,000 a morning goes together.
func (f *Floor) Next(n int) (b Batch, ok bool) {
	return f.next(math.MaxInt64, n)
}

// Until yields all posts due before t that were not handed out yet, in batches
// of at most n items, each with At before t; nothing stays behind to wait for
// company. Breaking off loses nothing. Call it with ever later instants to dial live.
func (f *Floor) Until(t time.Time, n int) iter.Seq[Batch] {
	return func(yield func(Batch) bool) {
		for {
			b, ok := f.next(ceilMs(t), n)
			if !ok || !yield(b) {
				return
			}
		}
	}
}

// next is Next as if the floor had nothing to send at limitMs or later.
func (f *Floor) next(limitMs int64, n int) (Batch, bool) {
	n = max(n, 1)
	if f.nowMs >= limitMs {
		return Batch{}, false
	}
	for len(f.ready) == 0 {
		i := f.earliest()
		oldest := f.oldest()
		if i < 0 || f.heads[i].atMs >= limitMs {
			if oldest < 0 {
				return Batch{}, false
			}
			f.ship(oldest, n)
			continue
		}
		if oldest >= 0 && f.waiting[oldest].deadlineMs <= f.heads[i].atMs {
			f.nowMs = max(f.nowMs, f.waiting[oldest].deadlineMs)
			f.ship(oldest, n)
			continue
		}
		f.gather(i, n)
	}
	b := f.ready[0]
	f.ready = f.ready[1:]
	return b, true
}

// gather moves the next post of line i into its parcel.
func (f *Floor) gather(i, n int) {
	p := f.lines[i].outbox.pop()
	f.look(i)
	f.nowMs = max(f.nowMs, p.atMs)
	at := i*int(costs) + int(p.collection)
	if p.collection == costs {
		at = len(f.waiting) - 1
	}
	w := &f.waiting[at]
	if len(w.items) == 0 {
		w.deadlineMs = p.atMs + int64(n)*1000
	}
	w.items = append(w.items, p.body)
	if len(w.items) >= n {
		f.ship(at, n)
	}
}

// ship makes a parcel ready, the campaign's waiting leads first: a sender
// tells who a lead is before it tells of the calls.
func (f *Floor) ship(at, n int) {
	if w := &f.waiting[at]; w.collection == attempts || w.collection == outcomes {
		f.pack(at-int(w.collection), n)
	}
	f.pack(at, n)
}

func (f *Floor) pack(at, n int) {
	w := &f.waiting[at]
	for items := w.items; len(items) > 0; {
		k := min(n, len(items))
		f.ready = append(f.ready, Batch{
			Campaign: w.campaign, Collection: collectionNames[w.collection],
			Items: items[:k:k], At: time.UnixMilli(f.nowMs).UTC(),
		})
		items = items[k:]
	}
	w.items = nil
}

// oldest is the parcel that must go first, -1 when all are empty.
func (f *Floor) oldest() int {
	best := -1
	for i := range f.waiting {
		if len(f.waiting[i].items) > 0 && (best < 0 || f.waiting[i].deadlineMs < f.waiting[best].deadlineMs) {
			best = i
		}
	}
	return best
}

// earliest is the line with the next post, -1 when all are done.
func (f *Floor) earliest() int {
	best := -1
	for i, h := range f.heads {
		if h.open && (best < 0 || h.atMs < f.heads[best].atMs) {
			best = i
		}
	}
	return best
}

func (f *Floor) look(i int) {
	atMs, ok := f.lines[i].peek()
	f.heads[i] = head{atMs, ok}
}

// ceilMs keeps "before t" true for instants finer than a millisecond.
func ceilMs(t time.Time) int64 {
	ms := t.UnixMilli()
	if t.After(time.UnixMilli(ms)) {
		ms++
	}
	return ms
}
