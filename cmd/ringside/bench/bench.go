// Package bench measures a ringside server as a house would use it: the program
// serves a fresh database file as a child process, this process posts and asks
// over loopback. Load and server share the machine's cores, and every ratio is of
// two figures of the same run. Files stand in a temporary directory that is
// removed at the end.
//
// A run is made of parts (Parts). Each gives rows of one table, which says what
// was to be reached, what was measured and whether that is enough. The bars are
// those of the full size, 10 million attempts; a smaller run prints them too.
// What runs of different sizes have in common stands in floor.go: who calls whom,
// how often, and what comes of it.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// SizeFull is the number of attempts at which the bars are set, SizeLeast the
// smallest that gives every row.
const (
	SizeFull  = 10_000_000
	SizeLeast = 20_000
)

// Options say what to measure. Program, Out and Bar are required.
type Options struct {
	// Parts are names out of Parts; none means all.
	Parts []string
	// Size is the number of attempts in the largest file, at least SizeLeast.
	Size int
	// Seed makes the calls: the same seed posts the same bytes.
	Seed uint64
	// Dir is where the temporary directory is made; empty means the system's.
	Dir string
	// Program is the path of the program that serves.
	Program string
	// Out takes the table, as Markdown.
	Out io.Writer
	// Bar begins to draw the progress of one step and returns how to go on.
	Bar func(label string) Bar
}

// Bar is drawn progress.
type Bar struct {
	// At draws done of total, with a note.
	At func(done, total int64, note string)
	// Done takes the drawing away.
	Done func()
}

// part is a group of measurements.
type part struct {
	name string
	run  func(*run, context.Context) error
}

var parts = []part{
	{"ingest", (*run).posting},
	{"report", (*run).reports},
	{"growth", (*run).growth},
	{"live", (*run).live},
	{"targets", (*run).targets},
}

// Parts lists what can be measured by name, in the order in which it runs.
func Parts() (names []string) {
	for _, p := range parts {
		names = append(names, p.name)
	}
	return names
}

// run is one run under way.
type run struct {
	Options
	dir string
	// failed is why lines could not be printed; end ends the run then.
	failed error
	end    context.CancelFunc
}

// Run measures and prints the table. It ends by itself, or early with the context.
func Run(ctx context.Context, o Options) (err error) {
	if o.Size < SizeLeast || o.Size > SizeFull {
		return fmt.Errorf("a size of %d attempts cannot be measured; choose %d to %d with --size", o.Size, SizeLeast, SizeFull)
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	r := &run{Options: o, end: end}
	if r.dir, err = os.MkdirTemp(o.Dir, "ringside-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(r.dir)) }()
	r.begin()
	for _, p := range parts {
		if len(o.Parts) > 0 && !slices.Contains(o.Parts, p.name) {
			continue
		}
		if err := p.run(r, ctx); r.failed != nil {
			return fmt.Errorf("the table cannot be printed: %w", r.failed)
		} else if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

// file names a file of the run.
func (r *run) file(name string) string { return filepath.Join(r.dir, name) }
