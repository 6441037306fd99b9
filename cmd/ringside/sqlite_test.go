//go:build !postgres

package main

import (
	"strings"
	"testing"

	"ringside/db/dbtest"
)

// TestSecondServerIsRefused starts two servers on one file.
func TestSecondServerIsRefused(t *testing.T) {
	path := dbtest.New(t)
	_, stop := startServing(t, "serve", "--listen", "127.0.0.1:0", "--db", path)
	if out, code := ringside(t, "serve", "--listen", "127.0.0.1:0", "--db", path); code != 1 || !strings.Contains(out, "another ringside is serving") {
		t.Errorf("a second server ends with %d: %s", code, out)
	}
	if code := stop(); code != 0 {
		t.Errorf("the server ends with %d", code)
	}
}
