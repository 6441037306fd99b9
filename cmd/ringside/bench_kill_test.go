//go:build linux && !postgres

package main

import (
	"os/exec"
	"path/filepath"
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
	served := ""
	until(t, "a file is served", func() bool {
		keys, err := filepath.Glob(filepath.Join(dir, "*", "*.key"))
		if err == nil && len(keys) > 0 {
			served = keys[0][:len(keys[0])-len(".key")]
		}
		return served != ""
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
