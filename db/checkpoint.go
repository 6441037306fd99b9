package db

import (
	"context"
	"database/sql/driver"
	"sync"
	"sync/atomic"

	"github.com/mattn/go-sqlite3"
)

// What is committed to a SQLite file stands in a log beside it until a checkpoint
// copies it into the file. Left to itself the engine does so within the commit that
// fills the log to 1,000 pages, while everybody waits. Here it is done behind, once
// so many pages wait to be copied.
const checkpointPages = 10_000

// checkpointer copies the log of a file beside the commits that fill it.
type checkpointer struct {
	running atomic.Bool
	behind  sync.WaitGroup
	// failures counts checkpoints that failed. Nothing is lost by one: the log is
	// durable, and the next commit has it tried again.
	failures atomic.Int64
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

// checkpoint looks, after a commit, whether the log has grown long, and has it copied
// behind.
func (s *Store) checkpoint() {
	if c := &s.checkpointer; s.logs && c.running.CompareAndSwap(false, true) {
		c.behind.Go(func() {
			defer c.running.Store(false)
			if err := s.copyLog(); err != nil {
				c.failures.Add(1)
			}
		})
	}
}

// copyLog copies the log when it is long: first beside the writer, then, in a turn
// of its own, what was committed meanwhile, so that the next writer finds all of it
// copied and begins the log anew. A report that still reads an older state keeps the
// log growing until it is done.
func (s *Store) copyLog() error {
	var busy, pages, copied int
	if err := s.pool.QueryRow("pragma wal_checkpoint(noop)").Scan(&busy, &pages, &copied); err != nil || pages-copied < checkpointPages {
		return err
	}
	if _, err := s.pool.Exec("pragma wal_checkpoint(passive)"); err != nil {
		return err
	}
	turn, err := s.writers.take(context.Background())
	if err != nil {
		return nil // the store closes, and then copies the log itself
	}
	defer s.writers.give(turn)
	_, err = s.pool.Exec("pragma wal_checkpoint(passive)")
	return err
}
