package api

import "time"

const (
	// updatesMost is how many updates of one topic are sent in any second.
	updatesMost = 4
	// restShare bounds what a topic costs: after an update that took c to work out the
	// next is begun no sooner than restShare × c later.
	restShare = 10
)

// pace says when the next update of a topic may begin. A change that finds the topic
// at rest is answered at once; while changes keep coming updates begin on a steady
// beat, so that one that is late does not delay those after it. Never more than
// updatesMost are sent in a second.
type pace struct {
	due  time.Time              // when the last one was
	sent [updatesMost]time.Time // the last ones, the oldest first
	took time.Duration          // by the last one
}

// next takes note of an update that was begun and sent, and returns when the next
// may begin. A single one that took long does not count, as it may have waited for
// others' work.
func (p *pace) next(began, sent time.Time) time.Time {
	took := sent.Sub(began)
	gap := max(time.Second/updatesMost, restShare*min(took, p.took))
	p.took = took
	if p.due = p.due.Add(gap); p.due.Before(began) {
		p.due = began.Add(gap)
	}
	copy(p.sent[:], p.sent[1:])
	p.sent[updatesMost-1] = sent
	if oldest := p.sent[0].Add(time.Second); oldest.After(p.due) {
		p.due = oldest
	}
	return p.due
}
