package db

import (
	"context"
	"errors"
	"sync"

	"ringside/campaign"
)

// sharing reads short look-ups of one kind. Those that come while some are being
// read gather, and are then read in one snapshot, each key once: it begins after
// all of them came, so each finds what was committed before it was asked for.
type sharing[V any] struct {
	// read reads one key in a snapshot.
	read    func(t *tx, key string) (V, error)
	reading sync.Mutex
	mu      sync.Mutex
	next    *round[V]
}

// round is what is read in one snapshot.
type round[V any] struct {
	once   sync.Once
	asked  map[string]bool
	values map[string]V
	errs   map[string]error
	err    error // of the snapshot
}

// find answers for one key. Others may have the value too: nobody may change it.
func (g *sharing[V]) find(ctx context.Context, s *Store, key string) (v V, err error) {
	if err := ctx.Err(); err != nil {
		return v, err
	}
	g.mu.Lock()
	if g.next == nil {
		g.next = &round[V]{asked: map[string]bool{}}
	}
	r := g.next
	r.asked[key] = true
	g.mu.Unlock()
	r.once.Do(func() { g.answer(s, r) })
	var told *campaign.Error
	switch {
	case r.err == nil:
		return r.values[key], r.errs[key]
	case len(r.asked) == 1 || errors.As(r.err, &told):
		return v, r.err
	}
	// It may be about another's key.
	err = s.glance(ctx, func(t *tx) (err error) {
		v, err = g.read(t, key)
		return err
	})
	return v, err
}

var errBrokeOff = errors.New("a shared look-up broke off")

// answer reads a round once the one before is done. No caller's context ends it, as
// others wait for it too; what it reads never takes long.
func (g *sharing[V]) answer(s *Store, r *round[V]) {
	g.reading.Lock()
	defer g.reading.Unlock()
	g.mu.Lock()
	g.next = nil
	g.mu.Unlock()
	r.err = errBrokeOff // unless it returns
	r.err = s.glance(context.Background(), func(t *tx) error {
		r.values, r.errs = make(map[string]V, len(r.asked)), map[string]error{}
		for key := range r.asked {
			v, err := g.read(t, key)
			var about *campaign.Error
			if err != nil && !errors.As(err, &about) {
				return err
			}
			r.values[key], r.errs[key] = v, err
		}
		return nil
	})
}
