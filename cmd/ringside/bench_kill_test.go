//go:build linux && !postgres

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestBenchKilled kills a bench while it serves a file: its server ends too.
func TestBenchKilled(t *testing.T) {
	dir := t.TempDir()
	c := exec.Command(theProgram(t), "bench", "growth", "--size", "20000", "--dir", dir)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	// Once calls are posted the server has nothing more to print, and so cannot end
	// by finding that nobody reads it.
	served := ""
	until(t, "calls are posted", func() bool {
		logs, err := filepath.Glob(filepath.Join(dir, "*", "*-wal"))
		if err != nil || len(logs) == 0 {
			return false
		}
		served = strings.TrimSuffix(logs[0], "-wal")
		info, err := os.Stat(logs[0])
		return err == nil && info.Size() > 1<<20
	})
	if unlock, err := lockServing(served); err == nil {
		unlock()
		t.Fatal("the bench does not serve the file")
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	c.Wait() // it was killed
	until(t, "the server ends", func() bool {
		unlock, err := lockServing(served)
		if err == nil {
			unlock()
		}
		return err == nil
	})
}

// until waits for a condition.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for late := time.Now().Add(time.Minute); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("it does not come to pass that %s", what)
		}
	}
}
