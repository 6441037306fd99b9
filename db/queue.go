package db

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"ringside/campaign"
)

// Limits of what waits to be stored. A post that finds nothing waiting is taken
// however large it is.
const (
	queueItemsMost = 100_000
	queueBytesMost = 128 << 20
	// groupItems is how many items are stored in one transaction, unless one post has
	// more.
	groupItems = 10_000
)

// post is a call of Record under way.
type post struct {
	campaign string // ref or id
	versions []*campaign.Version
	// messages are what the versions were read from, where they came from a dialer.
	messages []*campaign.Message
	atomic   bool
	bytes    int
	// by is the id of who posts, "" for nobody.
	by string

	// done is closed once receipt and err say what became of it.
	done    chan struct{}
	receipt Receipt
	err     error
}

// queue holds posts until a transaction takes them: while one commits, those that
// arrive gather for the next. Posts go in lanes, of which each has one transaction
// at a time: a campaign is a lane, or on an engine with one writer everything is.
type queue struct {
	oneLane bool
	// The limits, which do not change once the store is open.
	lanesMost, groupItems, itemsMost, bytesMost int

	mu      sync.Mutex
	waiting []*post
	items   int // of those waiting
	bytes   int
	working map[string]bool // lanes that have a committer
	closed  bool
	stats   campaign.Writing

	committers sync.WaitGroup
}

func newQueue(e *engine) *queue {
	return &queue{oneLane: e.writers == 1, lanesMost: e.writers, groupItems: groupItems, itemsMost: queueItemsMost, bytesMost: queueBytesMost, working: map[string]bool{}}
}

func (q *queue) lane(p *post) string {
	if q.oneLane {
		return ""
	}
	return p.campaign
}

// Record stores versions of leads, attempts, outcomes and costs of one campaign, and
// counts what they change, in one transaction, which it may share with other posts:
// when it returns without an error everything not refused is durable and in every
// number. Refused posts leave their neighbours alone, unless atomic asks for all or
// none. When too much waits to be stored, and when the store is closed, it returns
// an Unavailable error at once. When ctx ends before the post's turn nothing is
// stored; when it ends in the middle of the transaction the error says that it is
// not known. Nobody may change the versions afterwards.
func (s *Store) Record(ctx context.Context, campaignKey string, versions []*campaign.Version, atomic bool) (Receipt, error) {
	p := &post{campaign: campaignKey, versions: versions, atomic: atomic, by: actorOf(ctx)}
	for _, v := range versions {
		p.bytes += v.Size()
		if err := belongs(v.Kind, campaignKey); err != nil {
			return Receipt{}, err
		}
	}
	return s.queued(ctx, p)
}

// belongs refuses a kind of facts that the place has none of.
func belongs(kind campaign.Kind, key string) error {
	if !kind.BelongsTo(key) {
		return campaign.Invalidf("not_allowed", "", "there are no %ss in what %q names; post them to where they belong", kind, key)
	}
	return nil
}

// queued has a post stored in its turn.
func (s *Store) queued(ctx context.Context, p *post) (Receipt, error) {
	if err := ctx.Err(); err != nil {
		return Receipt{}, err
	}
	p.done = make(chan struct{})
	if err := s.queue.add(p, s.commitLanes); err != nil {
		return Receipt{}, err
	}
	select {
	case <-p.done:
		return p.receipt, p.err
	case <-ctx.Done():
	}
	if s.queue.withdraw(p) {
		return Receipt{}, ctx.Err()
	}
	select {
	case <-p.done:
		return p.receipt, p.err
	default:
		return Receipt{}, unavailable("storage_unknown", storageLeft, ctx.Err())
	}
}

// add puts a post into the queue, and has commit called for its lane in a goroutine
// where nobody works on it.
func (q *queue) add(p *post, commit func(lane string)) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return errClosed
	}
	if len(q.waiting) > 0 && (q.items+len(p.versions) > q.itemsMost || q.bytes+p.bytes > q.bytesMost) {
		q.stats.Refused++
		return &campaign.Error{Kind: campaign.Unavailable, Code: "queue_full", Message: fmt.Sprintf(
			"%d items in %d posts wait to be stored already, and no more than %d items or %d MiB may; nothing was stored; send it again in a moment",
			q.items, len(q.waiting), q.itemsMost, q.bytesMost>>20)}
	}
	q.waiting = append(q.waiting, p)
	q.items += len(p.versions)
	q.bytes += p.bytes
	if lane := q.lane(p); !q.working[lane] && len(q.working) < q.lanesMost {
		q.working[lane] = true
		q.committers.Go(func() { commit(lane) })
	}
	return nil
}

// withdraw takes out a post that still waits.
func (q *queue) withdraw(p *post) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	at := slices.Index(q.waiting, p)
	if at >= 0 {
		q.waiting = slices.Delete(q.waiting, at, at+1)
		q.items -= len(p.versions)
		q.bytes -= p.bytes
	}
	return at >= 0
}

// take removes what the lane's next transaction stores, in order of arrival.
func (q *queue) take(lane string) (group []*post) {
	q.mu.Lock()
	defer q.mu.Unlock()
	items, full := 0, false
	q.waiting = slices.DeleteFunc(q.waiting, func(p *post) bool {
		if full || q.lane(p) != lane {
			return false
		}
		if full = len(group) > 0 && items+len(p.versions) > q.groupItems; full {
			return false
		}
		group = append(group, p)
		items += len(p.versions)
		q.bytes -= p.bytes
		return true
	})
	q.items -= items
	return group
}

// next gives a lane back and returns another where posts wait for a committer.
func (q *queue) next(done string) (lane string, found bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.working, done)
	for _, p := range q.waiting {
		if lane := q.lane(p); !q.working[lane] {
			q.working[lane] = true
			return lane, true
		}
	}
	return "", false
}

// close refuses new posts and waits until all that were taken are stored.
func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.committers.Wait()
}

// Writing returns how the writer has been doing since the store was opened.
func (s *Store) Writing() campaign.Writing {
	q := s.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	stats := q.stats
	stats.WaitingPosts, stats.WaitingItems, stats.WaitingBytes = len(q.waiting), q.items, q.bytes
	stats.CheckpointFailures = s.checkpointer.failures.Load()
	return stats
}

// committed notes a transaction that stored a group.
func (q *queue) committed(group []*post, took time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stats.Commits++
	q.stats.Took += took
	q.stats.Posts += int64(len(group))
	for _, p := range group {
		q.stats.Items += int64(len(p.versions))
	}
}

// commitLanes stores what waits in a lane, then in others, until nothing waits for a
// committer.
func (s *Store) commitLanes(lane string) {
	for found := true; found; lane, found = s.queue.next(lane) {
		s.commitLane(lane)
	}
}

// commitLane stores what waits in a lane in one transaction. What it stores is
// decided when the transaction has begun, as others may have had their turn before.
func (s *Store) commitLane(lane string) {
	var group []*post
	taken := false // also when nothing was left to take: what comes later is not of this transaction
	take := func() []*post {
		if !taken {
			group, taken = s.queue.take(lane), true
		}
		return group
	}
	err := s.commit(take)
	s.settle(take(), err) // it takes only now where no transaction could be begun
}

// commit stores a group in one transaction, or nothing of it. No caller's context
// ends it, as it may be of several; on a file that also saves a goroutine a statement.
func (s *Store) commit(group func() []*post) error {
	var start time.Time
	var learned []*knowledge
	err := s.transact(context.Background(), func(t *tx) error {
		return guarded(func() (err error) {
			start = time.Now()
			learned, err = s.recordGroup(t, group())
			return err
		})
	})
	if err != nil {
		return err
	}
	for _, k := range learned {
		s.keep(k)
	}
	if g := group(); len(g) > 0 {
		s.queue.committed(g, time.Since(start))
	}
	return nil
}

// guarded turns a panic of f into an error: it is about some post, not all.
func guarded(f func() error) (err error) {
	defer func() {
		if bug := recover(); bug != nil {
			err = fmt.Errorf("panic: %v\n%s", bug, debug.Stack())
		}
	}()
	return f()
}

// settle tells each post of a group what became of it. When the storage took none
// they are all told so; an error of any other kind is about some of them, which are
// found by storing the group in halves.
func (s *Store) settle(group []*post, err error) {
	var told *campaign.Error
	if err == nil || len(group) < 2 || errors.As(err, &told) && told.Kind == campaign.Unavailable {
		for _, p := range group {
			if p.err = err; err != nil {
				p.receipt = Receipt{}
			}
			close(p.done)
		}
		return
	}
	for _, half := range [][]*post{group[:len(group)/2], group[len(group)/2:]} {
		s.settle(half, s.commit(func() []*post { return half }))
	}
}

// recordGroup records posts by campaign. It returns what was learned of the
// campaigns, to be kept when the transaction is committed.
func (s *Store) recordGroup(t *tx, group []*post) (learned []*knowledge, err error) {
	var batches []*batch
	byKey, byNumber := map[string]*batch{}, map[int64]*batch{}
	stands, err := t.stands(group)
	if err != nil {
		return nil, err
	}
	for _, p := range group {
		b := byKey[p.campaign]
		if b == nil {
			if b, err = s.begin(t, p.campaign, stands[p.campaign]); err != nil {
				return nil, err
			}
			if same := byNumber[b.k.Number]; same != nil {
				b = same // called by ref and by id
			} else {
				batches = append(batches, b)
			}
			byKey[p.campaign], byNumber[b.k.Number] = b, b
		}
		b.posts = append(b.posts, p)
	}
	if err := storeBatches(t, batches); err != nil {
		return nil, err
	}
	for _, b := range batches {
		if b.changed() {
			learned = append(learned, b.k)
		}
	}
	return learned, nil
}

// batchesMost is how many campaigns of one transaction are worked on at once: while
// the connection runs statements of one, the next of another are worked out.
const batchesMost = 2

// storeBatches records and writes the batches, some at a time.
func storeBatches(t *tx, batches []*batch) error {
	var mu sync.Mutex
	var failed error
	next := func() *batch {
		mu.Lock()
		defer mu.Unlock()
		if len(batches) == 0 || failed != nil {
			return nil
		}
		b := batches[0]
		batches = batches[1:]
		return b
	}
	var workers sync.WaitGroup
	for range min(batchesMost, len(batches)) {
		workers.Go(func() {
			mine := t.beside()
			err := guarded(func() error {
				for b := next(); b != nil; b = next() {
					b.t = mine
					if err := b.store(); err != nil {
						return err
					}
				}
				return nil
			})
			if ended := mine.end(); err == nil {
				err = ended
			}
			mu.Lock()
			defer mu.Unlock()
			if failed == nil {
				failed = err
			}
		})
	}
	workers.Wait()
	return failed
}

// store records the posts of a batch and writes what they change.
func (b *batch) store() error {
	posts, records := b.posts, b.posts
	if !b.k.ofService() {
		posts, records = parted(b.posts)
		if b.posts = posts; len(posts) > 0 {
			if err := b.record(); err != nil {
				return err
			}
			if b.changed() {
				if err := b.write(); err != nil {
					return err
				}
			}
		}
	}
	if b.posts = records; len(records) == 0 {
		return nil
	}
	return b.storeRecords()
}

// parted tells the posts of records from those of leads, attempts and costs. A post is
// all of one form.
func parted(all []*post) (posts, records []*post) {
	for _, p := range all {
		if len(p.versions) > 0 && p.versions[0].Kind.OfService() {
			records = append(records, p)
		} else {
			posts = append(posts, p)
		}
	}
	return posts, records
}
