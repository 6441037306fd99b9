package twin

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// QueueTrial draws one random queue with all that is posted to it: waits that end on
// whole seconds and between them, customers who come again after days and after
// exactly seven, amendments, stale versions, calls that are void or move.
type QueueTrial struct {
	*Trial
	Queue *Queue
}

// NewQueueTrial begins the trial of a seed.
func NewQueueTrial(seed uint64) *QueueTrial {
	r := &Trial{Rand: rand.New(rand.NewPCG(seed, 79))}
	place := Pick(r, trialZones...)
	r.begin("q", place.zone, "EUR", place.base)
	t := &QueueTrial{r, &Queue{TimeZone: place.zone, Teams: map[string]string{}}}
	t.Reconfigure()
	return t
}

// Reconfigure draws another configuration of the same zone.
func (r *QueueTrial) Reconfigure() {
	r.Queue.ServiceLevelS = Pick(r.Trial, 0, 5, 20, 90)
	r.Queue.ShortAbandonS = Pick(r.Trial, "0", "5", "5", "2.5")
}

// Calls draws what is posted, in an order in which undated posts make sense.
func (r *QueueTrial) Calls() (out []map[string]any) {
	for n := range 1 + r.IntN(40) {
		for range 1 + r.IntN(3) {
			out = append(out, r.stampOn(r.call(fmt.Sprintf("k-%d", n))))
		}
	}
	return out
}

func (r *QueueTrial) call(ref string) map[string]any {
	customer := Pick[any](r.Trial, "c-1", "c-2", "c-3", nil)
	at := r.moment()
	if name, known := customer.(string); known {
		if before := r.starts[name]; len(before) > 0 && r.Maybe(50) {
			at = Pick(r.Trial, before...).Add(Pick(r.Trial, 0, time.Millisecond, 24*time.Hour, 7*24*time.Hour, 7*24*time.Hour+time.Millisecond))
		}
		r.starts[name] = append(r.starts[name], at)
	}
	item := map[string]any{"ref": ref, "offered_at": r.instant(at)}
	r.set(item, 80, "customer", customer)
	r.set(item, 60, "channel", Pick[any](r.Trial, "phone", "chat", nil))
	r.set(item, 60, "topic", Pick[any](r.Trial, "bill", "größe", nil))
	r.set(item, 70, "agent", Pick[any](r.Trial, "ann", "bob", "zoé", nil))
	r.set(item, 30, "wrap_s", Pick[any](r.Trial, 0, 2.5, 30, nil))
	r.set(item, 20, "hold_s", Pick[any](r.Trial, 0, 12.25))
	r.set(item, 30, "transfers", Pick[any](r.Trial, 0, 1, 3, nil))
	r.set(item, 30, "escalated", Pick[any](r.Trial, true, false, nil))
	r.set(item, 60, "resolved", Pick[any](r.Trial, true, true, false, nil))
	r.set(item, 8, "void", Pick[any](r.Trial, true, false))
	wait := at.Add(Pick(r.Trial, 0, time.Second, 4999*time.Millisecond, 5*time.Second, 5001*time.Millisecond, 20*time.Second, time.Duration(r.IntN(200_000))*time.Millisecond, 8000*time.Second))
	switch r.IntN(10) {
	case 0:
		item["blocked"] = true
	case 1, 2, 3:
		item["abandoned_at"] = r.instant(wait)
	case 4:
	default:
		item["answered_at"] = r.instant(wait)
		r.set(item, 80, "ended_at", r.instant(wait.Add(r.length())))
	}
	return item
}
