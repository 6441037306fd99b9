package api

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"time"
)

type changeStore interface {
	// Changed returns a channel that is closed when the next transaction of this
	// process has committed.
	Changed() <-chan struct{}
	// Versions returns a number by campaign ref, and under "" one for what was said of
	// agents, that rises with every commit of any process that may change a report.
	Versions(ctx context.Context) (map[string]int64, error)
}

// topic is what listeners can be told of.
type topic struct {
	// key stands for all the topic shows: listeners of one key are sent the same.
	key string
	// campaigns are the refs of those it shows, "" among them where teams show; nil
	// stands for all there are.
	campaigns []string
	// render works out the newest state. Its first error is the answer to whoever
	// wanted to listen.
	render func(ctx context.Context) (*update, error)
}

// sum adds up the versions of the topic's campaigns.
func (t *topic) sum(versions map[string]int64) (sum int64) {
	for _, ref := range t.campaigns {
		sum += versions[ref]
	}
	if t.campaigns == nil {
		for _, version := range versions {
			sum += version
		}
	}
	return sum
}

// hub keeps listeners up to date. One watch notices what was committed, one
// computation of each topic serves all its listeners, and none is told of anything
// but the newest state: what it misses is not kept. All of it runs only while
// somebody listens.
type hub struct {
	LiveLimits
	store changeStore
	now   func() time.Time
	log   *slog.Logger
	slots chan struct{} // held by computations

	mu        sync.Mutex
	spent     time.Time // until when renders have used up their share of a core
	stations  map[string]*station
	listeners int
	of        map[string]int   // the listeners of each key or person
	versions  map[string]int64 // as the watch saw them last; nil before
	stop      func()           // ends the watch and waits for it
}

const (
	// rendersMost topics are worked out at once, and however many boards there are they
	// take one part in coreShare of a core together, but for rendersAhead at a time.
	rendersMost  = 2
	coreShare    = 2
	rendersAhead = time.Second
	// lookRest is between two looks at the versions: many commits are one change.
	lookRest = 20 * time.Millisecond
	// renderAgain is how soon a topic is tried again that could not be worked out.
	renderAgain = time.Second
)

func newHub(limits LiveLimits, store changeStore, now func() time.Time, log *slog.Logger) *hub {
	return &hub{LiveLimits: limits.orDefaults(), store: store, now: now, log: log, slots: make(chan struct{}, rendersMost), stations: map[string]*station{}, of: map[string]int{}}
}

// join begins to listen to a topic. It waits for a state that shows all that was
// committed before the call; its error is the topic's first, or says that there are
// as many listeners as may be, of all or of who.
func (h *hub) join(ctx context.Context, t topic, who string) (*listener, error) {
	ctx, cancel := context.WithTimeout(ctx, readMost)
	defer cancel()
	versions, err := h.store.Versions(ctx)
	if err != nil {
		return nil, err
	}
	l, err := h.enter(t, versions, who)
	if err != nil {
		return nil, err
	}
	for {
		h.mu.Lock()
		failed, shown := l.failed, l.last != nil && l.last.version >= t.sum(versions)
		h.mu.Unlock()
		switch {
		case failed != nil:
			l.leave()
			return nil, failed
		case shown:
			return l, nil
		}
		select {
		case <-l.news:
		case <-ctx.Done():
			l.leave()
			return nil, ctx.Err()
		}
	}
}

// enter adds a listener, if one more may be, and begins what is not under way.
func (h *hub) enter(t topic, versions map[string]int64, who string) (*listener, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.room(who); err != nil {
		return nil, err
	}
	h.versions = versions
	h.of[who]++
	if h.listeners++; h.listeners == 1 {
		h.stop = inBackground(h.watch)
	}
	s := h.stations[t.key]
	if s == nil {
		s = &station{topic: t, hub: h, woken: make(chan struct{}, 1), listeners: map[*listener]bool{}}
		h.stations[t.key] = s
		s.stop = inBackground(s.run)
	}
	s.wakeIfBehind()
	l := &listener{station: s, who: who, news: make(chan struct{}, 1)}
	s.listeners[l] = true
	return l, nil
}

// room reports whether one more may listen. The hub's mutex is held.
func (h *hub) room(who string) error {
	var p *problem
	switch {
	case h.of[who] >= h.EachMost:
		p = newProblem(http.StatusTooManyRequests, "too_many_own_listeners", "",
			fmt.Sprintf("%d streams are open by this key or account, and no more may at once; close boards that nobody looks at, or give further ones a key or account of their own", h.EachMost))
	case h.listeners >= h.ListenersMost:
		p = newProblem(http.StatusServiceUnavailable, "too_many_listeners", "",
			fmt.Sprintf("%d listen already, and no more may at once; close boards that nobody looks at, or try again later", h.ListenersMost))
	default:
		return nil
	}
	p.header = map[string]string{"Retry-After": "30"}
	return p
}

// inBackground runs f until stop is called, which waits for its end.
func inBackground(f func(ctx context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}

// watch looks at the versions after each commit of this process, and now and then
// for those of others, and wakes the topics they are news to.
func (h *hub) watch(ctx context.Context) {
	for {
		changed := h.store.Changed()
		if versions, err := h.store.Versions(ctx); err == nil {
			h.saw(versions)
		}
		if !pause(ctx, lookRest) {
			return
		}
		select {
		case <-changed:
		case <-time.After(h.Poll):
		case <-ctx.Done():
			return
		}
	}
}

// pause waits; false when the context ends before.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

func (h *hub) saw(versions map[string]int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.versions = versions
	for _, s := range h.stations {
		s.wakeIfBehind()
	}
}

// station works out one topic for its listeners.
type station struct {
	topic
	hub   *hub
	woken chan struct{}
	stop  func() // ends the work and waits for it
	// The hub's mutex guards these. failed is why there is no first state.
	listeners map[*listener]bool
	last      *update
	failed    error
}

// wakeIfBehind has the topic worked out again if something was committed that its
// last state does not show. The hub's mutex is held.
func (s *station) wakeIfBehind() {
	if s.last != nil && s.sum(s.hub.versions) > s.last.version {
		wake(s.woken)
	}
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// run works the topic out when it is woken, and now and then for what time alone
// changes, until nobody listens.
func (s *station) run(ctx context.Context) {
	var p pace
	trouble := false
	for {
		u, began, err := s.work(ctx)
		var next time.Time
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			s.publish(u)
			next, trouble = p.next(began, time.Now()), false
		case s.last == nil:
			s.fail(err)
			return
		default:
			if !trouble {
				s.hub.log.ErrorContext(ctx, "a board could not be brought up to date; it is tried again", "error", err, "in", renderAgain)
			}
			next, trouble = time.Now().Add(renderAgain), true
			wake(s.woken)
		}
		if !pause(ctx, time.Until(next)) {
			return
		}
		select {
		case <-s.woken:
		case <-time.After(s.rest()):
		case <-ctx.Done():
			return
		}
	}
}

// work works out the newest state in its turn, and says when it began.
func (s *station) work(ctx context.Context) (u *update, began time.Time, err error) {
	select {
	case s.hub.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, began, ctx.Err()
	}
	defer func() { <-s.hub.slots }()
	s.hub.mu.Lock()
	ahead, sum := time.Until(s.hub.spent), s.sum(s.hub.versions)
	s.hub.mu.Unlock()
	if ahead > rendersAhead && !pause(ctx, ahead-rendersAhead) {
		return nil, began, ctx.Err()
	}
	began = time.Now()
	defer func() { s.hub.spend(time.Since(began)) }()
	limited, cancel := context.WithTimeout(ctx, readMost)
	defer cancel()
	if u, err = s.safely(limited); err == nil && u.version == 0 {
		u.version = sum
	}
	return u, began, err
}

// spend takes what a render took from the share that all of them have of a core.
func (h *hub) spend(took time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now := time.Now(); h.spent.Before(now) {
		h.spent = now
	}
	h.spent = h.spent.Add(coreShare * took)
}

// safely is render, whose panics are errors.
func (s *station) safely(ctx context.Context) (u *update, err error) {
	defer caught(&err)
	return s.render(ctx)
}

// caught, deferred, turns a panic into an error where no request stands behind it to
// bear it: it would end the program.
func caught(err *error) {
	if thrown := recover(); thrown != nil {
		*err = fmt.Errorf("panic: %v\n%s", thrown, debug.Stack())
	}
}

// publish puts the newest state in the place of the one before.
func (s *station) publish(u *update) {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if u.number = 1; s.last != nil {
		u.number = s.last.number + 1
	}
	s.last = u
	select { // what woke it before is shown, unless it is not
	case <-s.woken:
	default:
	}
	s.wakeIfBehind()
	s.tell()
}

// tell wakes all listeners. The hub's mutex is held.
func (s *station) tell() {
	for l := range s.listeners {
		wake(l.news)
	}
}

// fail tells all who wait for the first state that there is none.
func (s *station) fail(err error) {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if s.hub.stations[s.key] == s {
		delete(s.hub.stations, s.key)
	}
	s.failed = err
	s.tell()
}

// rest is how long the last state may stand while nothing is committed.
func (s *station) rest() time.Duration {
	if until := s.last.until; !until.IsZero() {
		return min(s.hub.Refresh, max(until.Sub(s.hub.now()), 0))
	}
	return s.hub.Refresh
}

// listener is one who listens to a topic.
type listener struct {
	*station
	who string // is the id of the key or person that listens
	// news holds something while there is a state that was not taken.
	news chan struct{}
	sent *update
}

// next is the newest state as an event, for one who has what next gave before; nil
// where that is the newest.
func (l *listener) next() []byte {
	l.hub.mu.Lock()
	last := l.last
	l.hub.mu.Unlock()
	if last == l.sent {
		return nil
	}
	frame := last.frame(l.sent)
	l.sent = last
	return frame
}

// leave ends listening, and the topic with its last listener, and the watch with the
// last of all.
func (l *listener) leave() {
	h, s := l.hub, l.station
	h.mu.Lock()
	delete(s.listeners, l)
	deserted := len(s.listeners) == 0
	if deserted && h.stations[s.key] == s {
		delete(h.stations, s.key)
	}
	if h.of[l.who]--; h.of[l.who] == 0 {
		delete(h.of, l.who)
	}
	var stop func()
	if h.listeners--; h.listeners == 0 {
		stop, h.versions = h.stop, nil
	}
	h.mu.Unlock()
	if deserted {
		s.stop()
	}
	if stop != nil {
		stop()
	}
}
