//go:build !postgres

package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestBenchUnread reads one line of a bench, as "bench | head -1" does: what it
// started ends, and what it made is removed.
func TestBenchUnread(t *testing.T) {
	dir := t.TempDir()
	c := exec.Command(theProgram(t), "bench", "growth", "--size", "20000", "--dir", dir)
	var said bytes.Buffer
	c.Stderr = &said
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); c.ProcessState.ExitCode() != 1 || !strings.Contains(said.String(), "cannot be printed") {
		t.Errorf("the bench ends with %v: %s", err, &said)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("the bench leaves %v behind, %v", left, err)
	}
}
