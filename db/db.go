// Package db is the memory: facts, what was counted from them, and the one
// writer that changes both in one transaction.
//
// Record (record.go) is the write path; Report and its kin (report.go) read.
// Verify and Rebuild fold all facts again. The same SQL is meant for SQLite and
// PostgreSQL: every statement numbers its parameters in order of appearance and
// names campaign_id, and nothing volatile stands in an upsert.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/mattn/go-sqlite3"

	"ringside/campaign"
)

// Store is an open database. It is safe for concurrent use.
type Store struct {
	pool *sqlx.DB
	now  func() time.Time

	// writing guards writer: one write transaction at a time in this process.
	writing sync.Mutex
	writer  *session
	// readers and glancers are sessions for reading; nil ones are opened when first
	// needed.
	readers, glancers chan *session

	mu    sync.Mutex
	known map[int64]*knowledge
}

// readersMost is how many reports read at once, glancersMost how many short
// look-ups; more wait their turn.
const (
	readersMost  = 8
	glancersMost = 4
)

// Open opens the database file at path, creating it if it is missing, and brings
// its schema up to date. A database of a newer program is refused.
func Open(ctx context.Context, path string) (*Store, error) {
	if strings.HasPrefix(path, "postgres://") || strings.HasPrefix(path, "postgresql://") {
		return nil, campaign.Invalidf("not_supported", "db", "PostgreSQL is not supported yet; name a file")
	}
	dsn, err := sqliteDSN(path)
	if err != nil {
		return nil, err
	}
	// The file holds phone numbers: it is its owner's alone, and so are the files
	// that the engine puts beside it, which copy its mode.
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	pool, err := sqlx.Open("sqlite3", dsn)
	if err != nil {
		return nil, err
	}
	pool.SetMaxIdleConns(readersMost + glancersMost + 1)
	s := &Store{pool: pool, now: time.Now, known: map[int64]*knowledge{}, readers: make(chan *session, readersMost), glancers: make(chan *session, glancersMost)}
	for range readersMost {
		s.readers <- nil
	}
	for range glancersMost {
		s.glancers <- nil
	}
	if s.writer, err = newSession(ctx, pool); err == nil {
		err = s.migrate(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, translate(err)), s.Close())
	}
	return s, nil
}

// SetClock replaces the clock that dates arrivals. Call it before the first use.
func (s *Store) SetClock(now func() time.Time) { s.now = now }

// Close waits for running transactions and closes the database.
func (s *Store) Close() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	errs := []error{s.writer.close()}
	for range readersMost {
		errs = append(errs, (<-s.readers).close())
	}
	for range glancersMost {
		errs = append(errs, (<-s.glancers).close())
	}
	return errors.Join(append(errs, s.pool.Close())...)
}

// pragmas hold on every connection, as they stand in the DSN. synchronous=FULL
// makes a commit durable before it is acknowledged.
var pragmas = url.Values{
	"_busy_timeout": {"10000"},
	"_journal_mode": {"WAL"},
	"_synchronous":  {"FULL"},
	"_foreign_keys": {"on"},
	"_cache_size":   {"-65536"},
}

func sqliteDSN(path string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return "file:" + (&url.URL{Path: absolute}).EscapedPath() + "?" + pragmas.Encode(), nil
}

// translate turns what the engine reports into what a caller can act on, by
// typed code, never by message text.
func translate(err error) error {
	var lite sqlite3.Error
	if !errors.As(err, &lite) {
		return err
	}
	switch lite.Code {
	case sqlite3.ErrFull, sqlite3.ErrIoErr:
		return &campaign.Error{Kind: campaign.Unavailable, Code: "storage_full",
			Message: "the disk did not take the write; nothing was stored; send it again when there is space"}
	case sqlite3.ErrNotADB:
		return &campaign.Error{Kind: campaign.Conflict, Code: "not_a_database", Message: "the file is not a ringside database; name another with --db"}
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return &campaign.Error{Kind: campaign.Unavailable, Code: "storage_busy",
			Message: "the database is busy; nothing was stored; send it again"}
	}
	return err
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

type nullInt = sql.NullInt64
