//go:build !postgres

package db

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// TestPragmas reads them back on every connection there can be.
func TestPragmas(t *testing.T) {
	store := openTest(t)
	ctx := context.Background()
	for i := range readersMost + 1 {
		conn, err := store.pool.Connx(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for name, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000", "wal_autocheckpoint": "0"} {
			var got string
			if err := conn.QueryRowxContext(ctx, "pragma "+name).Scan(&got); err != nil || got != want {
				t.Errorf("connection %d: %s is %s, want %s (%v)", i, name, got, want, err)
			}
		}
	}
}

// TestEveryLookUpSeeks reads the plans of look-ups by key: none may walk a
// campaign.
func TestEveryLookUpSeeks(t *testing.T) {
	store := openTest(t)
	record(t, store, "attempts", `{"ref":"a","lead":"l","started_at":"2026-06-01T10:00:00Z","result":"answered"}`)
	writer, err := store.writers.take(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer store.writers.give(writer)
	for text := range writer.statements {
		if !strings.HasPrefix(text, "with keys") {
			continue
		}
		rows, err := store.pool.Query("explain query plan "+text, make([]any, strings.Count(text, "$"))...)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var id, parent, unused int
			var step string
			if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(step, "SCAN") && !strings.Contains(step, "keys") && !strings.Contains(step, "CONSTANT") || strings.Contains(step, "(campaign_id=?)") {
				t.Errorf("%q: %s", text[:60], step)
			}
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// fillDisk keeps the file from growing until space is made.
func fillDisk(t *testing.T, store *Store) (space func()) {
	limit := func(pages int) {
		t.Helper()
		turn, err := store.writers.take(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		defer store.writers.give(turn)
		if _, err := turn.conn.ExecContext(context.Background(), fmt.Sprintf("pragma max_page_count = %d", pages)); err != nil {
			t.Fatal(err)
		}
	}
	limit(1) // of no less than there are
	return func() { limit(1 << 30) }
}
