//go:build !postgres

package db

import (
	"context"
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
		for name, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000"} {
			var got string
			if err := conn.QueryRowxContext(ctx, "pragma "+name).Scan(&got); err != nil || got != want {
				t.Errorf("connection %d: %s is %s, want %s (%v)", i, name, got, want, err)
			}
		}
	}
}
