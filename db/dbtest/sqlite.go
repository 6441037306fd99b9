//go:build !postgres

package dbtest

import "testing"

// Engine names the engine under test.
const Engine = "sqlite"

// Rounds is how many random campaigns a test draws on this engine where n are asked for.
func Rounds(n int) int { return n }

// New returns the name of an empty database on the engine under test.
func New(t testing.TB) string {
	t.Helper()
	return File(t)
}
