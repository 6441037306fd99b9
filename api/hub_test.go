package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// committing is a store of one campaign, "c", whose version each commit raises.
type committing struct {
	mu      sync.Mutex
	version int64
	changed chan struct{}
	looks   int
}

func (s *committing) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return s.changed
}

func (s *committing) Versions(context.Context) (map[string]int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looks++
	return map[string]int64{"c": s.version, "other": 7}, nil
}

func (s *committing) looked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.looks
}

// commit raises the version; told also says so, as this process's own commits do.
func (s *committing) commit(told bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version++
	if told && s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

func (s *committing) at() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.version
}

// hall is a hub in a bubble of its own time, with one topic.
type hall struct {
	*hub
	store *committing
	topic topic
	count atomic.Int64
	state sync.Mutex
	took  time.Duration // by each render
	err   error
}

// becomes says how long renders take from now on, and what comes of them.
func (h *hall) becomes(took time.Duration, err error) {
	h.state.Lock()
	defer h.state.Unlock()
	h.took, h.err = took, err
}

func (h *hall) renders() int { return int(h.count.Load()) }

func newHall(limits LiveLimits) *hall {
	h := &hall{store: &committing{}}
	h.hub = newHub(limits, h.store, time.Now, slog.New(slog.DiscardHandler))
	h.topic = topic{key: "k", campaigns: []string{"c"}, render: func(ctx context.Context) (*update, error) {
		h.count.Add(1)
		h.state.Lock()
		took, err := h.took, h.err
		h.state.Unlock()
		version := h.store.at()
		if !pause(ctx, took) {
			return nil, ctx.Err()
		}
		return &update{event: "kpis", version: version, data: fmt.Append(nil, version)}, err
	}}
	return h
}

func (h *hall) listen(t *testing.T) *listener {
	t.Helper()
	l, err := h.join(t.Context(), h.topic, "key")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// shows reports the version a listener is told next, or −1 where nothing is new.
func (l *listener) shows() int64 {
	select {
	case <-l.news:
	default:
	}
	if l.next() == nil {
		return -1
	}
	return l.sent.version
}

// TestHubSpacesUpdates: while commits keep coming no second has more than four
// updates, all listeners share each computation, and a commit after a rest is told at
// once.
func TestHubSpacesUpdates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(LiveLimits{})
		l, other := h.listen(t), h.listen(t)
		if l.shows() != 0 || other.shows() != 0 || l.shows() != -1 {
			t.Error("the first state is not told once")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		l.shows()
		before := h.renders()
		h.store.commit(true)
		synctest.Wait()
		if l.shows() != 1 {
			t.Error("a commit after a rest is not told at once")
		}
		var told []time.Time
		for range 3000 {
			h.store.commit(true)
			time.Sleep(time.Millisecond)
			synctest.Wait()
			if l.shows() >= 0 {
				told = append(told, time.Now())
			}
		}
		for i := range told[updatesMost:] {
			if told[i+updatesMost].Sub(told[i]) < time.Second {
				t.Errorf("five updates within %s", told[i+updatesMost].Sub(told[i]))
			}
		}
		if n := h.renders() - before; len(told) < 11 || n > 14 {
			t.Errorf("%d commits in three seconds give %d updates, worked out %d times", 3000, len(told), n)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if l.shows(); l.sent.version != 3001 || other.shows() != 3001 {
			t.Errorf("in the end version %d is shown, to the other %d", l.sent.version, other.sent.version)
		}
		l.leave()
		other.leave()
		synctest.Wait() // what still ran would be found here when the bubble ends
	})
}

// TestHubLooksForOthers: commits that nobody tells of are found by looking, and what
// time changes by working the topic out now and then; while nobody listens nothing
// is asked.
func TestHubLooksForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(LiveLimits{Poll: time.Second, Refresh: 30 * time.Second})
		l := h.listen(t)
		l.shows()
		h.store.commit(false)
		time.Sleep(1100 * time.Millisecond)
		synctest.Wait()
		if l.shows() != 1 {
			t.Error("a commit of another process is not told")
		}
		renders := h.renders()
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if n := h.renders() - renders; n < 9 || n > 11 {
			t.Errorf("without a commit the topic is worked out %d times in five minutes", n)
		}
		l.leave()
		looks, renders := h.store.looked(), h.renders()
		h.store.commit(true)
		time.Sleep(5 * time.Minute)
		if h.store.looked() != looks || h.renders() != renders {
			t.Error("it goes on though nobody listens")
		}
	})
}

// TestHubFollowsTheClock: a state that says until when it stands is worked out anew
// then.
func TestHubFollowsTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(LiveLimits{Refresh: time.Hour})
		midnight := time.Now().Add(10 * time.Minute)
		render := h.topic.render
		h.topic.render = func(ctx context.Context) (*update, error) {
			u, err := render(ctx)
			if time.Now().Before(midnight) {
				u.until = midnight
			}
			return u, err
		}
		l := h.listen(t)
		time.Sleep(time.Until(midnight) + time.Millisecond)
		synctest.Wait()
		if h.renders() != 2 {
			t.Errorf("by midnight it was worked out %d times", h.renders())
		}
		l.leave()
	})
}

// TestHubRestsAfterDearTopics: what takes long is worked out less often.
func TestHubRestsAfterDearTopics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(LiveLimits{})
		h.becomes(400*time.Millisecond, nil)
		l := h.listen(t)
		renders := h.renders()
		for range 40_000 {
			h.store.commit(true)
			time.Sleep(time.Millisecond)
		}
		if n := h.renders() - renders; n > 40*1000/4000+1 {
			t.Errorf("a topic of 0.4 s is worked out %d times in 40 s", n)
		}
		l.leave()
	})
}

// TestHubWithoutAState: the first error is the answer, and later ones keep the
// listeners and are tried again.
func TestHubWithoutAState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(LiveLimits{})
		no := errors.New("no")
		h.becomes(0, no)
		if _, err := h.join(t.Context(), h.topic, "key"); err != no {
			t.Errorf("it says %v", err)
		}
		h.becomes(0, nil)
		l := h.listen(t)
		l.shows()
		h.becomes(0, errors.New("for a while"))
		h.store.commit(true)
		time.Sleep(10 * time.Second)
		h.becomes(0, nil)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if l.shows() != 1 {
			t.Error("what could not be worked out for a while is not told later")
		}
		l.leave()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		h.becomes(time.Hour, nil)
		if _, err := h.join(ctx, h.topic, "key"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("who leaves before the first state is told %v", err)
		}
	})
}

// TestHubShowsWhatWasCommittedBefore: who joins others is not shown the state before
// a commit that was there.
func TestHubShowsWhatWasCommittedBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(LiveLimits{})
		first := h.listen(t)
		h.store.commit(true)
		synctest.Wait()
		h.store.commit(false) // while the topic rests
		second := h.listen(t)
		if second.shows() != 2 {
			t.Errorf("it is shown version %d", second.sent.version)
		}
		first.leave()
		second.leave()
	})
}

// TestHubListenersMost at its edge.
func TestHubListenersMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(LiveLimits{EachMost: 1001})
		var all []*listener
		for range 1000 {
			all = append(all, h.listen(t))
		}
		var p *problem
		if _, err := h.join(t.Context(), h.topic, "key"); !errors.As(err, &p) || p.code != "too_many_listeners" || p.header["Retry-After"] == "" {
			t.Errorf("one too many: %v", err)
		}
		all[0].leave()
		all[0] = h.listen(t)
		for _, l := range all {
			l.leave()
		}
		if h.listeners != 0 || len(h.stations) != 0 {
			t.Errorf("%d listeners and %d topics are left", h.listeners, len(h.stations))
		}
	})
}

// TestHubEachMost at its edge: one key has its share, which others do not feel, and has
// its place again once one of its own is free.
func TestHubEachMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(LiveLimits{})
		var all []*listener
		for range 250 {
			all = append(all, h.listen(t))
		}
		var p *problem
		if _, err := h.join(t.Context(), h.topic, "key"); !errors.As(err, &p) || p.code != "too_many_own_listeners" || p.status != 429 || p.header["Retry-After"] == "" {
			t.Errorf("one too many: %v", err)
		}
		other, err := h.join(t.Context(), h.topic, "other")
		if err != nil {
			t.Fatal(err)
		}
		all[0].leave()
		all[0] = h.listen(t)
		for _, l := range append(all, other) {
			l.leave()
		}
		if len(h.of) != 0 {
			t.Errorf("%v are still counted", h.of)
		}
	})
}

// TestHubLeavesTheCoresAlone: many dear topics together take half a core.
func TestHubLeavesTheCoresAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(LiveLimits{Refresh: time.Millisecond})
		h.becomes(50*time.Millisecond, nil)
		var all []*listener
		for i := range 20 {
			h.topic.key = fmt.Sprint(i)
			all = append(all, h.listen(t))
		}
		time.Sleep(10 * time.Second)
		renders := h.renders()
		time.Sleep(60 * time.Second)
		if busy := time.Duration(h.renders()-renders) * 50 * time.Millisecond; busy < 28*time.Second || busy > 32*time.Second {
			t.Errorf("in a minute they are worked out for %s", busy)
		}
		for _, l := range all {
			l.leave()
		}
	})
}
