package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	"github.com/mattn/go-sqlite3"
)

// copiedPages is how many pages Copy copies between two looks at its context.
const copiedPages = 1024

// Copy copies the database file from to a new file, as one transaction sees it and
// while others write to it. progress is told of pages. When it fails, what is there
// of the new file is for the caller to remove.
//
// It is the engine's backup rather than "vacuum into", as that tells no progress
// and writes every page anew. The copy is made inside a read transaction: without
// one it would start over whenever another process writes.
func Copy(ctx context.Context, from, to string, progress Progress) (err error) {
	source, err := openRaw(from, "mode=rw&_busy_timeout=10000")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	if _, err := source.ExecContext(ctx, "begin; select count(*) from schema_versions", nil); err != nil {
		return translateSQLite(err)
	}
	// Nobody reads the copy before it is whole, and on the disk.
	target, err := openRaw(to, "mode=rwc&_journal_mode=OFF&_synchronous=OFF")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	backup, err := target.Backup("main", source, "main")
	if err != nil {
		return err
	}
	for done := false; !done && err == nil; {
		if err = ctx.Err(); err != nil {
			break
		}
		if done, err = backup.Step(copiedPages); err == nil && progress != nil {
			progress(int64(backup.PageCount()-backup.Remaining()), int64(backup.PageCount()))
		}
	}
	return translateSQLite(errors.Join(err, backup.Finish()))
}

// openRaw opens a file as it is, without bringing it up to date.
func openRaw(path, options string) (*sqlite3.SQLiteConn, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	var conn driver.Conn
	if conn, err = (&sqlite3.SQLiteDriver{}).Open("file:" + (&url.URL{Path: absolute}).EscapedPath() + "?" + options); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, translateSQLite(err))
	}
	return conn.(*sqlite3.SQLiteConn), nil
}
