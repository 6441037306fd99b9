package db

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mattn/go-sqlite3"
)

// Some failures, as of a full disk, make SQLite undo the transaction at once. What
// another goroutine still had to write in it must not be stored by itself.
func TestNothingIsWrittenAfterATransactionWasUndone(t *testing.T) {
	ctx := context.Background()
	s, err := Open(ctx, filepath.Join(t.TempDir(), "a.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const insert = "insert into schema_versions (version, applied_ms) values ($1, 0)"
	for name, undo := range map[string]func(t *tx) error{
		"conflict": func(t *tx) error {
			return t.exec("insert or rollback into schema_versions (version, applied_ms) values (1, 0)")
		},
		"full": func(t *tx) error {
			if _, err := t.conn.ExecContext(ctx, "pragma max_page_count = 1"); err != nil { // as many as there are
				return err
			}
			defer t.conn.ExecContext(ctx, "pragma max_page_count = 1000000000")
			return t.exec("insert into campaigns (campaign_id, ref, created_ms, config_version, config, counted_config) values (99, 'full', 0, 1, $1, '{}')", strings.Repeat("x", 1<<20))
		},
	} {
		t.Run(name, func(t *testing.T) {
			var failed, after, undone error
			err := s.transact(ctx, func(tx *tx) error {
				one, other := tx.beside(), tx.beside()
				if err := other.exec(insert, 1001); err != nil {
					return err
				}
				failed = undo(one)
				var auto bool
				undone = tx.conn.Raw(func(c any) error { auto = c.(*sqlite3.SQLiteConn).AutoCommit(); return nil })
				if undone == nil && !auto {
					undone = errors.New("the transaction goes on")
				}
				after = other.exec(insert, 1002)
				return errors.Join(one.end(), other.end(), failed)
			})
			if err == nil || failed == nil || undone != nil {
				t.Fatal("not undone:", err, failed, undone)
			}
			var left int
			if err := s.pool.Get(&left, "select count(*) from schema_versions where version > 1000"); err != nil {
				t.Fatal(err)
			}
			if left != 0 || after != failed {
				t.Errorf("%d rows were left of a transaction that was undone; the other was told %v", left, after)
			}
			s.pool.MustExec("delete from schema_versions where version > 1000")
			if err := s.transact(ctx, func(t *tx) error { return t.exec("delete from schema_versions where version > 1000") }); err != nil {
				t.Error("the next transaction:", err)
			}
		})
	}
}
