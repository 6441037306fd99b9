//go:build !postgres

package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ringside/cmd/ringside/bench"
)

var (
	tableRow = regexp.MustCompile(`(?m)^\| (.+?) \| (.+?) \| (.+?) \| (yes|no|–|n/a) \|$`)
	digits   = regexp.MustCompile(`[0-9]`)
)

// benched runs a bench of its own folder, wants the folder empty afterwards, and
// returns the rows of the table.
func benched(t *testing.T, args ...string) (rows [][]string) {
	t.Helper()
	t.Setenv(actAsProgram, "1")
	dir := t.TempDir()
	out, code := ringside(t, append([]string{"bench", "--dir", dir}, args...)...)
	if code != 0 {
		t.Fatalf("the bench ends with %d: %s", code, out)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("the bench leaves %v behind, %v", left, err)
	}
	for _, m := range tableRow.FindAllStringSubmatch(out, -1) {
		rows = append(rows, m[1:])
	}
	return rows
}

// TestBench runs all but growth at the smallest size: every row is there with a
// figure. What the figures come to is for the full size on a quiet machine.
func TestBench(t *testing.T) {
	rows := benched(t, append(slices.DeleteFunc(bench.Parts(), func(part string) bool { return part == "growth" }), "--size", "20000")...)
	for _, want := range []string{"ingest over HTTP", "one campaign at a time", "random leads", "single posts over 64", "VICIdial and Twilio hooks", "one-message calls", "two-message calls",
		"memory of `import`", "ready after start", "campaign-month", "cut on both days", "pooled over 20", "by agent", "by day", "by hour",
		"SQL over the facts", "in posts of 10:", "in posts of 100", "ingest rate lost", "memory that 10 of them", "memory of `serve`", "while ingest runs", "`verify`", "200 targets on 50 campaigns"} {
		i := slices.IndexFunc(rows, func(row []string) bool { return strings.Contains(row[0], want) })
		switch {
		case i < 0:
			t.Errorf("no row tells of %s", want)
		case rows[i][3] != "n/a" && !digits.MatchString(rows[i][2]):
			t.Errorf("%s: %q has no figure", rows[i][0], rows[i][2])
		}
	}
}

// TestGrowth: a report over ten times the calls costs at most half as much again.
// Both files are asked in turns in one run, each as often first, and medians of many
// answers compared, so that whatever else the machine does weighs on both alike.
func TestGrowth(t *testing.T) {
	rows := benched(t, "growth", "--size", "100000")
	if len(rows) != 1 || rows[0][3] != "yes" {
		t.Errorf("growth is %q", rows)
	}
}

func TestBenchRefuses(t *testing.T) {
	if out, code := ringside(t, "bench", "--size", "7"); code != 1 || !strings.Contains(out, "--size") {
		t.Errorf("a size of 7 ends with %d: %s", code, out)
	}
	if out, code := ringside(t, "bench", "singing"); code != 2 || !strings.Contains(out, "growth") {
		t.Errorf("an unknown part ends with %d: %s", code, out)
	}
}
