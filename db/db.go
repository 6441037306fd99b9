// Package db is the memory: facts, what was counted from them, and the one
// writer that changes both in one transaction.
//
// Record (record.go) is the write path; Report and its kin (report.go) read.
// Verify and Rebuild fold all facts again. SQLite and PostgreSQL run the same SQL:
// every statement numbers its parameters in order of appearance and names
// campaign_id, nothing volatile stands in an upsert, and no text is ordered or
// compared by size, as engines and databases differ in that. What must differ
// stands in engine.go.
package db

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"ringside/campaign"
)

// Store is an open database. It is safe for concurrent use.
type Store struct {
	*engine
	pool *sqlx.DB
	now  func() time.Time

	// glancers are for look-ups that never take long, so that reports do not keep
	// them waiting.
	writers, readers, glancers *sessions
	several                    sync.Mutex // held by who takes several readers at once
	keys                       sharing[foundKey]
	campaigns                  sharing[*knowledge]
	versions                   sharing[map[string]int64]
	queue                      *queue
	passwords                  *hasher
	checkpointer               *Checkpointer
	changes                    changes

	mu    sync.Mutex
	known map[int64]*knowledge

	// working is what this process does about recounts, by campaign ref; trouble is
	// told what keeps it from going on.
	working map[string]*working
	trouble func(campaignRef string, err error)
	// upgrading is told of campaigns counted again as the store is opened.
	upgrading func(campaignRef string, done, of int64)
	// existing says that the database must have a schema of ours already.
	existing bool
	// What tests replace: campaign.ZoneRules, time.After and the constant.
	zoneRules  func(zone string) int64
	after      func(time.Duration) <-chan time.Time
	windowMost int

	// behind is what goes on after its caller left; closing ends it.
	behind  sync.WaitGroup
	closing context.Context
	close   context.CancelFunc
}

// An Option changes how a store is opened.
type Option func(*Store)

// Upgrading has report told of the campaigns that an older program counted, while
// they are counted again before the store is ready: how many of how many leads and
// attempts are done.
func Upgrading(report func(campaignRef string, done, of int64)) Option {
	return func(s *Store) { s.upgrading = report }
}

// Existing refuses a database that no ringside has made yet, with a NotFound error,
// and makes nothing in it.
func Existing() Option {
	return func(s *Store) { s.existing = true }
}

// GroupItems bounds how many items are stored in one transaction, where one post
// has not more; 1 gives each post a transaction of its own.
func GroupItems(most int) Option {
	return func(s *Store) { s.queue.groupItems = most }
}

// readersMost is how many reports read at once, glancersMost how many short
// look-ups; more wait their turn.
const (
	readersMost  = 8
	glancersMost = 4
)

// Open opens the database file at path, creating it if it is missing, or the
// PostgreSQL database at an address postgres://…, and brings its schema and what is
// counted up to date. A database of a newer program is refused.
func Open(ctx context.Context, path string, options ...Option) (*Store, error) {
	e := engineOf(path)
	pool, err := e.open(path)
	if err != nil {
		return nil, opening(path, err)
	}
	pool.SetMaxIdleConns(readersMost + glancersMost + e.writers + 1)
	s := &Store{engine: e, pool: pool, now: time.Now, known: map[int64]*knowledge{}, working: map[string]*working{},
		queue: newQueue(e), passwords: newHasher(),
		trouble: func(string, error) {}, zoneRules: campaign.ZoneRules, after: time.After, windowMost: windowMost,
		writers: newSessions(e.writers, e.firstWrite), readers: newSessions(readersMost, e.firstRead), glancers: newSessions(glancersMost, e.firstRead)}
	s.keys.read, s.campaigns.read, s.versions.read = readKey, s.find, readVersions
	s.checkpointer = NewCheckpointer(pool, s.writersTurn)
	s.closing, s.close = context.WithCancel(context.Background())
	for _, option := range options {
		option(s)
	}
	err = s.migrate(ctx)
	if err == nil {
		err = s.upgrade(ctx)
	}
	if err != nil {
		return nil, errors.Join(opening(path, err), s.Close())
	}
	return s, nil
}

// SetClock replaces the clock that dates arrivals. Call it before the first use.
func (s *Store) SetClock(now func() time.Time) { s.now = now }

// Close stores what waits in the queue, waits for running transactions and closes
// the database. Whatever is asked of the store from then on is refused.
func (s *Store) Close() error {
	s.queue.close()
	s.close()
	s.behind.Wait()
	writing := s.writers.close()
	s.checkpointer.Wait()
	return errors.Join(writing, s.readers.close(), s.glancers.close(), s.pool.Close())
}

// null is the SQL value of a number that may be campaign.None.
func null(v int64) any {
	if v == campaign.None {
		return nil
	}
	return v
}

// known is the number in a column that may be null, or campaign.None.
func known(v sql.NullInt64) int64 {
	if v.Valid {
		return v.Int64
	}
	return campaign.None
}

type (
	nullInt    = sql.NullInt64
	nullString = sql.NullString
)
