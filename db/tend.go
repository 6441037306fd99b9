package db

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"ringside/campaign"
)

// working is what this process does about one campaign's recount.
type working struct {
	// answer is closed once who waits for the recount is to be answered: when there
	// is nothing left to do, the process gives it up, or it cannot go on for now.
	answer chan struct{}
	told   sync.Once
	// asked says that somebody came since the work last began to look whether there
	// is any.
	asked bool
}

func (w *working) tell() { w.told.Do(func() { close(w.answer) }) }

// recountBehind lets this process work on a campaign's recount whatever becomes of
// the caller, and returns what is closed once the caller is to be answered.
func (s *Store) recountBehind(ref string) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.working[ref]; w != nil {
		w.asked = true
		return w.answer
	}
	w := &working{answer: make(chan struct{}), asked: true}
	s.working[ref] = w
	s.behind.Go(func() {
		for s.workIsLeft(ref, w) {
			s.recountToTheEnd(ref, w)
		}
		w.tell()
	})
	return w.answer
}

func (s *Store) workIsLeft(ref string, w *working) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := w.asked && s.closing.Err() == nil
	if w.asked = false; !left {
		delete(s.working, ref)
	}
	return left
}

// recountToTheEnd goes on with a recount whatever becomes of single steps, until it
// is done or the store closes: a full disk or a database that is away for a while
// must not leave a campaign half counted. That can take long: nobody waits for it.
func (s *Store) recountToTheEnd(ref string, w *working) {
	pause := time.Second
	for {
		err := s.recount(s.closing, ref, gently, nil)
		if err == nil || s.closing.Err() != nil {
			return
		}
		s.trouble(ref, err)
		w.tell()
		select {
		case <-s.after(pause):
		case <-s.closing.Done():
			return
		}
		pause = min(2*pause, time.Minute)
	}
}

// EndRecounts ends this process's part in recounts; a step under way is undone.
// Whoever waits for a recount is told that it is not done. It stays where it is.
func (s *Store) EndRecounts() { s.close() }

// TendRecounts lets this process look after recounts until the store closes. It
// starts those that changed rules of time zones ask for and goes on with all under
// way. Whenever looks says so, it goes on with those that have not moved since the
// look before: whoever was at work on them has died. trouble is told of what keeps
// a recount from going on; it is tried again. Call it before the first use.
func (s *Store) TendRecounts(ctx context.Context, looks <-chan time.Time, trouble func(campaignRef string, err error)) error {
	s.trouble = trouble
	all, err := s.stands(ctx)
	if err != nil {
		return err
	}
	for _, c := range all {
		recounts := c.recounts()
		if c.rules != s.zoneRules(c.zone) {
			if recounts, err = s.recountChangedZone(ctx, c.ref); err != nil {
				return err
			}
		}
		if recounts {
			s.recountBehind(c.ref)
		}
	}
	s.behind.Go(func() { s.watchRecounts(looks) })
	return nil
}

// stand is where a campaign stands: its zone, the rules it is counted by, or will
// be when its recount is done, and how far that has come.
type stand struct {
	ref, zone                  string
	rules, next, heard, folded int64
	stale                      bool
}

// recounts reports whether there is something to go on with.
func (s *stand) recounts() bool { return s.next != 0 || s.stale }

func (s *Store) stands(ctx context.Context) (all []stand, err error) {
	err = s.glance(ctx, func(t *tx) error {
		all = nil
		return t.query(func(row *sqlx.Rows) error {
			var c stand
			var body []byte
			var config campaign.Config
			err := row.Scan(&c.ref, &body, &c.rules, &c.next, &c.heard, &c.folded, &c.stale)
			if err == nil {
				err = json.Unmarshal(body, &config)
			}
			c.zone = config.TimeZone
			all = append(all, c)
			return err
		}, `select c.ref, c.config, case when p.next_generation = 0 then p.zone_rules else p.next_zone_rules end, p.next_generation, p.heard_attempt_no, p.folded_lead_no, `+staleSQL+`
			from campaigns c join progress p on p.campaign_id = c.campaign_id order by c.campaign_id`)
	})
	return all, err
}

// recountChangedZone starts a recount if the campaign is still counted by other
// rules of its zone than this program has.
func (s *Store) recountChangedZone(ctx context.Context, ref string) (recounts bool, err error) {
	err = s.transact(ctx, func(t *tx) error {
		k, err := s.findLocked(t, ref)
		if err != nil {
			return err
		}
		var counted, next int64
		if _, err := t.one([]any{&recounts, &counted, &next}, "select next_generation <> 0, zone_rules, next_zone_rules from progress where campaign_id = $1", k.Number); err != nil {
			return err
		}
		if recounts {
			counted = next
		}
		rules := s.zoneRules(k.wanted.TimeZone)
		if counted == rules {
			return nil
		}
		recounts = true
		return t.startRecount(k.Number, rules, false)
	})
	return recounts, err
}

// watchRecounts goes on, at each look, with recounts that do not move.
func (s *Store) watchRecounts(looks <-chan time.Time) {
	last := map[stand]bool{}
	for {
		select {
		case <-s.closing.Done():
			return
		case <-looks:
		}
		all, err := s.stands(s.closing)
		if err != nil && s.closing.Err() == nil {
			s.trouble("", err)
			continue
		}
		seen := map[stand]bool{}
		for _, c := range all {
			if !c.recounts() {
				continue
			}
			if last[c] {
				s.recountBehind(c.ref)
			}
			seen[c] = true
		}
		last = seen
	}
}
