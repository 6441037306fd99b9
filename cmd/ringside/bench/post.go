package bench

import (
	"iter"
	"strconv"

	"ringside/campaign"
)

// postMost is how many items a post has at most.
const postMost = 2000

// postItems is how many items a post of this run has: fewer in the small runs of a
// test, which have few calls.
func (r *run) postItems() int { return min(postMost, r.Size/500) }

// post is one request with facts, or a message to a hook.
type post struct {
	campaign, collection string
	body                 []byte
	items, attempts      int
	hook                 *hooked
	// answered is called once all of it was taken, if it is not nil.
	answered func()
}

// next renders the campaign's next post of n items: calls, or the outcomes that
// wait once they are enough for a post.
func (d *dialer) next(n int) post {
	if d.waiting >= d.due {
		d.due = n
		return d.rest()
	}
	body := make([]byte, 0, n*260)
	for range n {
		body = d.call(body)
	}
	return post{campaign: d.ref, collection: "attempts", body: body, items: n, attempts: n}
}

// rest posts the outcomes that wait.
func (d *dialer) rest() post {
	p := post{campaign: d.ref, collection: "outcomes", body: d.outcomes, items: d.waiting}
	d.outcomes, d.waiting = nil, 0
	return p
}

// until renders posts until the campaign has placed calls calls. Outcomes that
// are not enough for a post wait on.
func (d *dialer) until(calls int) iter.Seq[post] {
	return func(yield func(post) bool) {
		for d.calls < calls && yield(d.next(min(d.items, calls-d.calls))) {
		}
	}
}

// toEnd renders posts until the campaign has placed calls calls and no outcome waits.
func (d *dialer) toEnd(calls int) iter.Seq[post] {
	return func(yield func(post) bool) {
		for p := range d.until(calls) {
			if !yield(p) {
				return
			}
		}
		if d.waiting > 0 {
			yield(d.rest())
		}
	}
}

// call appends the next call as a line of NDJSON. The second message of a call
// that has two is kept for later.
func (d *dialer) call(b []byte) []byte {
	at := d.instant(d.calls)
	list, place := d.lead()
	d.calls++
	ref := strconv.AppendInt(nil, at/1000, 10)
	ref = strconv.AppendInt(append(ref, '.'), int64(d.calls), 10)
	e := d.ending()

	b = append(append(append(b, `{"ref":"`...), ref...), `","lead":"L`...)
	b = strconv.AppendInt(append(strconv.AppendInt(b, int64(list), 10), '-'), int64(place), 10)
	b = strconv.AppendInt(append(b, `","agent":"`+d.ref+`-a`...), int64(d.agent(at)), 10)
	b = instant(append(b, `","started_at":"`...), at)
	b = append(append(append(b, `","result":"`...), e.result...), '"')
	ended := at + 25_000
	if e.by != "" {
		answered := at + 3_000 + d.rng.Int64N(20_000)
		ended = answered + 1_000 + d.rng.Int64N(e.talkMost)
		b = append(append(append(b, `,"answered_by":"`...), e.by...), `","answered_at":"`...)
		b = instant(b, answered)
		if e.joined {
			connected := min(answered+d.rng.Int64N(2_200), ended)
			b = instant(append(b, `","connected_at":"`...), connected)
		}
		b = instant(append(b, `","ended_at":"`...), ended)
		b = append(append(append(b, `","ended_by":"`...), e.endedBy...), '"')
	}
	if d.rng.IntN(1000) >= d.twoMessages {
		return append(d.conclude(b, e, ended), "}\n"...)
	}
	d.outcomes = append(append(append(d.outcomes, `{"attempt":"`...), ref...), '"')
	d.outcomes = append(d.conclude(d.outcomes, e, ended), "}\n"...)
	d.waiting++
	return append(b, "}\n"...)
}

// conclude appends what an agent or the dialer says when the call is over.
func (d *dialer) conclude(b []byte, e *ending, endedMs int64) []byte {
	b = append(append(append(b, `,"disposition":"`...), e.code...), '"')
	if e.joined {
		b = strconv.AppendInt(append(b, `,"wrap_s":`...), 5+d.rng.Int64N(55), 10)
	}
	if e.sale {
		b = strconv.AppendInt(append(b, `,"amount":"`...), 20+d.rng.Int64N(80), 10)
		b = append(b, `.90"`...)
	}
	if e.code == "XSALE" {
		b = append(instant(append(b, `,"cancelled_at":"`...), endedMs+dayMs), '"')
	}
	if e.back {
		b = append(instant(append(b, `,"callback_at":"`...), endedMs+dayMs), '"')
	}
	return b
}

func instant(b []byte, ms int64) []byte { return campaign.AppendInstant(b, ms) }
