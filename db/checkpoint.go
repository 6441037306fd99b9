package db

import (
	"context"
	"database/sql/driver"
	"sync"
	"sync/atomic"

	"github.com/jmoiron/sqlx"
	"github.com/mattn/go-sqlite3"
)

// What is committed to a SQLite file stands in a log beside it until a checkpoint
// copies it into the file. Left to itself the engine does so within the commit that
// fills the log to 1,000 pages, while everybody waits. Here it is done behind, once
// so many pages wait to be copied.
const checkpointPages = 10_000

// Checkpointer copies the log of a file into it beside the commits that fill it.
type Checkpointer struct {
	pool *sqlx.DB
	// turn waits until nobody writes and returns what lets others write again; nil
	// when nobody will any more.
	turn    func() (done func())
	pages   int // that wait to be copied
	running atomic.Bool
	behind  sync.WaitGroup
	// failures counts checkpoints that failed. Nothing is lost by one: the log is
	// durable, and the next commit has it tried again.
	failures atomic.Int64
}

// NewCheckpointer returns what keeps the log of a pool of OpenFile short. turn waits
// until nobody writes to the file and returns what lets others write again, or nil
// when nobody will any more.
func NewCheckpointer(pool *sqlx.DB, turn func() (done func())) *Checkpointer {
	return &Checkpointer{pool: pool, turn: turn, pages: checkpointPages}
}

// quiet opens connections that leave checkpoints to the store.
type quiet struct {
	dsn string
	sqlite3.SQLiteDriver
}

func (q *quiet) Connect(context.Context) (driver.Conn, error) { return q.Open(q.dsn) }

func (q *quiet) Driver() driver.Driver { return &q.SQLiteDriver }

func newQuiet(dsn string) *quiet {
	return &quiet{dsn, sqlite3.SQLiteDriver{ConnectHook: func(conn *sqlite3.SQLiteConn) error {
		_, err := conn.Exec("pragma wal_autocheckpoint = 0", nil)
		return err
	}}}
}

// Committed looks, after a commit, whether the log has grown long, and has it copied
// behind.
func (c *Checkpointer) Committed() {
	if c.running.CompareAndSwap(false, true) {
		c.behind.Go(func() {
			defer c.running.Store(false)
			if err := c.copyLog(); err != nil {
				c.failures.Add(1)
			}
		})
	}
}

// Wait waits for the copying that goes on.
func (c *Checkpointer) Wait() { c.behind.Wait() }

// copyLog copies the log when it is long: first beside the writer, then, in a turn
// of its own, what was committed meanwhile, so that the next writer finds all of it
// copied and begins the log anew. A report that still reads an older state keeps the
// log growing until it is done.
func (c *Checkpointer) copyLog() error {
	var busy, pages, copied int
	if err := c.pool.QueryRow("pragma wal_checkpoint(noop)").Scan(&busy, &pages, &copied); err != nil || pages-copied < c.pages {
		return err
	}
	if _, err := c.pool.Exec("pragma wal_checkpoint(passive)"); err != nil {
		return err
	}
	done := c.turn()
	if done == nil {
		return nil // the store closes, and then copies the log itself
	}
	defer done()
	_, err := c.pool.Exec("pragma wal_checkpoint(passive)")
	return err
}

// writersTurn is the turn of a store's checkpoints.
func (s *Store) writersTurn() (done func()) {
	session, err := s.writers.take(context.Background())
	if err != nil {
		return nil
	}
	return func() { s.writers.give(session) }
}
