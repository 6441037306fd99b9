package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/mattn/go-isatty"
)

// bar draws progress on a terminal, ten times a second at most, and nothing
// where nobody watches.
type bar struct {
	out   *os.File
	label string
	start time.Time
	drawn time.Time
}

func newBar(t terminal, label string) *bar {
	b := &bar{label: label, start: time.Now()}
	if file, ok := t.err.(*os.File); ok && isatty.IsTerminal(file.Fd()) {
		b.out = file
	}
	return b
}

// at draws done of total; a total of 0 means it is not known.
func (b *bar) at(done, total int64, note string) {
	if b.out == nil || time.Since(b.drawn) < 100*time.Millisecond && done != total {
		return
	}
	b.drawn = time.Now()
	const width = 30
	filled := 0
	share := ""
	if total > 0 {
		filled = int(width * min(done, total) / total)
		share = fmt.Sprintf(" %3d %%", 100*min(done, total)/total)
	}
	fmt.Fprintf(b.out, "\r\033[K%s [%s%s]%s %s", b.label, strings.Repeat("#", filled), strings.Repeat(".", width-filled), share, note)
}

// done leaves the terminal as it was.
func (b *bar) done() {
	if b.out != nil {
		fmt.Fprint(b.out, "\r\033[K")
	}
}
