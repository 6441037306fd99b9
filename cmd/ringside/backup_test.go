package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jmoiron/sqlx"

	"ringside/db/dbtest"
)

// folder lists the files of a folder, but those that lock a served database.
func folder(t *testing.T, path string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".serving") {
			names = append(names, e.Name())
		}
	}
	return names
}

// calls makes a database with a few calls.
func calls(t *testing.T, n int) (path string) {
	t.Helper()
	var lines strings.Builder
	lines.WriteString("ref,lead,started_at,result\n")
	for i := range n {
		fmt.Fprintf(&lines, "c-%d,l-%d,2026-11-02T09:00:00Z,busy\n", i, i%100)
	}
	path = dbtest.File(t)
	mustRun(t, "import", "attempts", file(t, "calls.csv", lines.String()), "--db", path, "--campaign", "c", "--config", file(t, "c.json", bankCampaign))
	return path
}

// TestBackupWhileServed copies a database while calls are posted to its server,
// and restores it elsewhere.
func TestBackupWhileServed(t *testing.T) {
	path, out := calls(t, 3000), filepath.Join(t.TempDir(), "copy.db")
	key := strings.TrimSpace(mustRun(t, "key", "create", "--db", path, "--role", "admin", "--label", "poster"))
	key = strings.Fields(key)[0]
	url, stop := startServing(t, "serve", "--listen", "127.0.0.1:0", "--db", path)
	done := make(chan struct{})
	first := make(chan struct{})
	var posters sync.WaitGroup
	posters.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
			}
			r, err := http.NewRequest("POST", url+"/v1/campaigns/c/attempts", strings.NewReader(fmt.Sprintf(`{"ref":"live-%d","lead":"l-%d","started_at":"2026-11-02T10:00:00Z","result":"busy"}`, i, i%100)))
			if err != nil {
				t.Error(err)
				return
			}
			r.Header.Set("Authorization", "Bearer "+key)
			r.Header.Set("Content-Type", "application/json")
			answer, err := http.DefaultClient.Do(r)
			if err != nil || answer.StatusCode != 200 {
				t.Errorf("%v %+v", err, answer)
				return
			}
			answer.Body.Close()
			if i == 0 {
				close(first)
			}
		}
	})
	<-first
	if said := mustRun(t, "backup", "--db", path, "--out", out); !strings.Contains(said, "c: equal. 100 leads, 3") || !strings.Contains(said, "is a backup of") {
		t.Errorf("backup says %s", said)
	}
	close(done)
	posters.Wait()
	if names := folder(t, filepath.Dir(out)); !slices.Equal(names, []string{"copy.db"}) {
		t.Errorf("beside the copy there is %v", names)
	}
	if info, err := os.Stat(out); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy is open to %v %v", info.Mode(), err)
	}
	// Neither over a file that is there, nor over one that is served.
	if said, code := ringside(t, "backup", "--db", path, "--out", out); code != 1 || !strings.Contains(said, "--force") {
		t.Errorf("a second backup ends with %d: %s", code, said)
	}
	mustRun(t, "backup", "--db", path, "--out", out, "--force")
	if said, code := ringside(t, "restore", "--from", out, "--db", path, "--force"); code != 1 || !strings.Contains(said, "another ringside is serving") {
		t.Errorf("a restore over a served database ends with %d: %s", code, said)
	}
	if code := stop(); code != 0 {
		t.Errorf("the server ends with %d", code)
	}
	if said, code := ringside(t, "restore", "--from", out, "--db", path); code != 1 || !strings.Contains(said, "--force") {
		t.Errorf("a restore over a database ends with %d: %s", code, said)
	}
	mustRun(t, "restore", "--from", out, "--db", path, "--force")
	other := filepath.Join(t.TempDir(), "other.db")
	mustRun(t, "restore", "--from", out, "--db", other)
	if one, other := mustRun(t, "verify", "--db", path), mustRun(t, "verify", "--db", other); one != other || !strings.Contains(one, "equal") {
		t.Errorf("restored are %s and %s", one, other)
	}
	if said, code := ringside(t, "backup", "--db", path, "--out", path, "--force"); code != 1 || !strings.Contains(said, "is the file to copy") {
		t.Errorf("a backup onto itself ends with %d: %s", code, said)
	}
}

// TestBackupOfDamage keeps the facts of a database whose sums are wrong, says so,
// and does not restore them as they are.
func TestBackupOfDamage(t *testing.T) {
	path, dir := calls(t, 50), t.TempDir()
	out := filepath.Join(dir, "copy.db")
	pool, err := sqlx.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec("delete from cells"); err != nil {
		t.Fatal(err)
	}
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
	if said, code := ringside(t, "backup", "--db", path, "--out", out); code != 1 || !strings.Contains(said, "differences") || !strings.Contains(said, "rebuild --db "+path) {
		t.Errorf("the backup ends with %d: %s", code, said)
	}
	target := filepath.Join(dir, "restored.db")
	if said, code := ringside(t, "restore", "--from", out, "--db", target); code != 1 || !strings.Contains(said, "rebuild --db "+out) {
		t.Errorf("the restore ends with %d: %s", code, said)
	}
	mustRun(t, "rebuild", "--db", out)
	mustRun(t, "restore", "--from", out, "--db", target)
	if names := folder(t, dir); !slices.Equal(names, []string{"copy.db", "restored.db"}) {
		t.Errorf("there is %v", names)
	}
}

// TestBackupLeavesNothing is interrupted, and given what cannot be copied.
func TestBackupLeavesNothing(t *testing.T) {
	path, dir := calls(t, 50), t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var said strings.Builder
	if code := run(ctx, []string{"backup", "--db", path, "--out", filepath.Join(dir, "copy.db")}, terminal{strings.NewReader(""), &said, &said}); code != 1 || !strings.Contains(said.String(), "interrupted") || strings.Contains(said.String(), "context") {
		t.Errorf("an interrupted backup ends with %d: %s", code, said.String())
	}
	for _, from := range []string{filepath.Join(dir, "none.db"), file(t, "text", strings.Repeat("no database ", 1000))} {
		if said, code := ringside(t, "restore", "--from", from, "--db", filepath.Join(dir, "copy.db")); code != 1 {
			t.Errorf("a restore of %s ends with %d: %s", from, code, said)
		}
	}
	for _, command := range [][]string{{"backup", "--out", filepath.Join(dir, "copy.db")}, {"restore", "--from", path}} {
		said, code := ringside(t, append(command, "--db", "postgres://someone:secret@127.0.0.1/d")...)
		if code != 1 || !strings.Contains(said, "pg_") || strings.Contains(said, "secret") {
			t.Errorf("%v ends with %d: %s", command, code, said)
		}
	}
	if names := folder(t, dir); len(names) > 0 {
		t.Errorf("there is %v", names)
	}
}

// TestInterruptedCommands say what became of what they were about.
func TestInterruptedCommands(t *testing.T) {
	path := calls(t, 50)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, command := range [][]string{{"verify"}, {"verify", "--pages"}, {"rebuild"}, {"report", "c"}, {"key", "list"}, {"export", "attempts", "--campaign", "c"},
		{"export", "attempts", "--campaign", "c", "--out", filepath.Join(t.TempDir(), "out")},
		{"import", "attempts", file(t, "more.csv", callRows(9)), "--campaign", "c"}} {
		var said strings.Builder
		if code := run(ctx, append(command, "--db", path), terminal{strings.NewReader(""), &said, &said}); code != 1 || !strings.Contains(said.String(), "interrupted") || strings.Contains(said.String(), "context") {
			t.Errorf("%s ends with %d: %s", command, code, said.String())
		}
	}
	mustRun(t, "verify", "--db", path)
}
