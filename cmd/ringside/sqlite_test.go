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

// TestImportBesideAServer: an import by file keeps off a file that is served.
func TestImportBesideAServer(t *testing.T) {
	path := dbtest.New(t)
	_, stop := startServing(t, "serve", "--listen", "127.0.0.1:0", "--db", path)
	args := []string{"import", "attempts", file(t, "c.csv", callRows(10)), "--db", path, "--campaign", "c", "--config", file(t, "c.json", bankCampaign)}
	if out, code := ringside(t, args...); code != 1 || !strings.Contains(out, "--url") {
		t.Errorf("an import beside a server ends with %d: %s", code, out)
	}
	if code := stop(); code != 0 {
		t.Errorf("the server ends with %d", code)
	}
	mustRun(t, args...)
}
