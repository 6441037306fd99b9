//go:build !postgres

package dbtest

import "testing"

// Engine names the engine under test.
const Engine = "sqlite"

// New returns the name of an empty database on the engine under test.
func New(t testing.TB) string {
	t.Helper()
	return File(t)
}
