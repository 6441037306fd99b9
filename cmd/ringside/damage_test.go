package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"ringside/db/dbtest"
)

// damage overwrites bytes of the first page of a table or index: of the text of its
// first entry, which stands at the end, or those of its head.
func damage(t *testing.T, path, kind, of string, head bool) {
	t.Helper()
	pool, err := sqlx.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	var page, size int64
	if err := pool.Get(&page, "select min(rootpage) from sqlite_master where type = $1 and tbl_name = $2", kind, of); err != nil {
		t.Fatal(err)
	}
	if err := pool.Get(&size, "pragma page_size"); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	at, n := page*size-6, 3
	if head {
		at, n = (page-1)*size, 26
	}
	if _, err := file.WriteAt(bytes.Repeat([]byte{'x'}, n), at); err != nil {
		t.Fatal(err)
	}
}

// TestDamagedIndex: a damage that no figure shows is neither backed up nor restored.
func TestDamagedIndex(t *testing.T) {
	path, dir := calls(t, 20), t.TempDir()
	mustRun(t, "verify", "--pages", "--db", path)
	damage(t, path, "index", "attempts", false)
	if said, code := ringside(t, "verify", "--db", path); code != 0 {
		t.Errorf("the damage is of a kind that figures show: %s", said)
	}
	for _, args := range [][]string{
		{"verify", "--pages", "--db", path},
		{"backup", "--db", path, "--out", filepath.Join(dir, "copy.db")},
		{"restore", "--from", path, "--db", filepath.Join(dir, "restored.db")},
	} {
		said, code := ringside(t, args...)
		if code != 1 || !strings.Contains(said, "missing from index") || !strings.Contains(said, path) || !strings.Contains(said, "restore --from BACKUP") || strings.Contains(said, "equal") {
			t.Errorf("%s of a damaged file ends with %d: %s", args[0], code, said)
		}
	}
	if names := folder(t, dir); len(names) > 0 {
		t.Errorf("there is %v", names)
	}
}

// TestDamagedTable: what the engine cannot read is told in words that help.
func TestDamagedTable(t *testing.T) {
	path := calls(t, 20)
	damage(t, path, "table", "cells", true)
	said, code := ringside(t, "verify", "--db", path)
	if code != 1 || !strings.Contains(said, "the database file is damaged") || !strings.Contains(said, "restore --from BACKUP") {
		t.Errorf("verify of a damaged file ends with %d: %s", code, said)
	}
}

// TestNeedsADatabase: only what makes databases makes one.
func TestNeedsADatabase(t *testing.T) {
	file, empty := dbtest.File(t), dbtest.New(t)
	for _, args := range [][]string{
		{"key", "create", "--role", "viewer", "--label", "x"}, {"key", "list"}, {"verify"}, {"verify", "--pages"}, {"rebuild"}, {"report", "c"},
		{"export", "leads", "--campaign", "c"},
	} {
		said, code := ringside(t, append(args, "--db", file)...)
		if code != 1 || !strings.Contains(said, "ringside serve") {
			t.Errorf("%v of a missing file ends with %d: %s", args, code, said)
		}
		if _, err := os.Stat(file); !os.IsNotExist(err) {
			t.Errorf("%v makes a file: %v", args, err)
		}
		if args[len(args)-1] == "--pages" {
			continue // which is about files alone
		}
		if said, code := ringside(t, append(args, "--db", empty)...); code != 1 || !strings.Contains(said, "ringside serve") {
			t.Errorf("%v of an empty database ends with %d: %s", args, code, said)
		}
	}
	_, stop := startServing(t, "serve", "--listen", "127.0.0.1:0", "--db", empty)
	if code := stop(); code != 0 {
		t.Errorf("the server ends with %d", code)
	}
	if said := mustRun(t, "verify", "--db", empty); !strings.Contains(said, "no campaigns") {
		t.Errorf("verify without campaigns says %q", said)
	}
}

func TestReadable(t *testing.T) {
	if long := readable(strings.Repeat("0a", 5000)); len(long) > 100 || !strings.Contains(long, "10000") {
		t.Errorf("a long difference is %q", long)
	}
	if short := readable("3 calls"); short != "3 calls" {
		t.Errorf("a short difference is %q", short)
	}
}

// TestUnreachable: who starts the program has sent nothing that could be sent again.
func TestUnreachable(t *testing.T) {
	for _, args := range [][]string{{"serve", "--listen", "127.0.0.1:0"}, {"verify"}} {
		said, code := ringside(t, append(args, "--db", "postgres://someone:secret@127.0.0.1:1/d")...)
		if code != 1 || strings.Contains(said, "send it again") || strings.Contains(said, "secret") || !strings.Contains(said, "127.0.0.1") {
			t.Errorf("%v without its database ends with %d: %s", args, code, said)
		}
	}
}
