package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"ringside/cmd/ringside/bench"
)

type benchCommand struct {
	Parts []string `arg:"" optional:"" enum:"${parts}" help:"What to measure: ${parts}; default: all."`
	Size  int      `help:"Attempts in the largest file, ${size_least} to ${size_full}. The bars are set for the most." default:"1000000"`
	Seed  uint64   `help:"Another seed is another year of calls." default:"7"`
	Dir   string   `help:"Where to make the temporary directory; its disk is what is measured. Default: the system's." type:"existingdir" placeholder:"DIR"`
}

// Run prints the table of what was measured. A bar that is not reached is no error.
func (c *benchCommand) Run(ctx context.Context, t terminal) error {
	// A table that nobody reads any more, as of "bench | head", is an error of its
	// next line, so that the servers and files of the run are taken away.
	signal.Ignore(syscall.SIGPIPE)
	program, err := os.Executable()
	if err != nil {
		return err
	}
	return bench.Run(ctx, bench.Options{Parts: c.Parts, Size: c.Size, Seed: c.Seed, Dir: c.Dir, Program: program, Out: t.out,
		Bar: func(label string) bench.Bar {
			b := newBar(t, label)
			return bench.Bar{At: b.at, Done: b.done}
		}})
}
