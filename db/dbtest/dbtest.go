// Package dbtest gives tests databases of their own. Built as it is, tests run on
// SQLite; with the tag postgres they run on the PostgreSQL server whose address
// stands in RINGSIDE_TEST_POSTGRES (the Makefile starts one for them).
package dbtest

import (
	"path/filepath"
	"testing"
)

// File returns the name of a database file that is not there yet.
func File(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "test.db")
}
