package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"time"
)

// tailCommand follows a file that a dialer writes, and posts its lines.
type tailCommand struct {
	remote
	File     string `arg:"" help:"The file to follow; - reads standard input to its end."`
	Source   string `required:"" help:"The source that the lines are of, as PUT /v1/sources/{ref} named it. --key is the source's own secret." placeholder:"REF"`
	Position string `help:"Where to keep how far the file was posted; default: FILE.position." placeholder:"FILE"`
	Once     bool   `help:"Stop at the end of the file instead of waiting for more."`
}

// A piece of a file that is posted at once is so many bytes of whole lines, or
// earlier what there is. A line that is longer cannot be a record of any dialer.
const (
	tailPieceBytes = 1 << 20
	tailLineMost   = 64 << 10
	// tailRestMost is how much without a line's end is held in memory.
	tailRestMost = 8 << 20
	// tailLooked is how often a file that has come to its end is looked at.
	tailLooked = 500 * time.Millisecond
)

// Run posts lines until the file's end, or for ever. A line is behind us once the
// server has it: the position is kept after each piece that was acknowledged, and
// what is posted twice after a crash changes nothing.
func (c *tailCommand) Run(ctx context.Context, t terminal) error {
	client, err := c.client(func(why string, pause time.Duration) {
		fmt.Fprintf(t.err, "ringside: %s; trying again in %s\n", why, pause.Round(time.Millisecond))
	})
	if err != nil {
		return err
	}
	client.keyHeader = "X-Api-Key"
	hook := "/hooks/" + url.PathEscape(c.Source) + "/tail"
	f := &follower{t: t, take: func(ctx context.Context, lines []byte) error {
		answer, err := client.call(ctx, "POST", hook, "text/plain", lines)
		if err != nil {
			return err
		}
		return answer.Body.Close()
	}}
	if c.File == "-" {
		f.name = "standard input"
		return f.post(ctx, t.in, true, func(int) error { return nil })
	}
	if c.Position == "" {
		c.Position = c.File + ".position"
	}
	f.name, f.keep, f.once = c.File, c.Position, c.Once
	if err := f.follow(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// follower posts a file's lines.
type follower struct {
	// take posts lines once.
	take       func(ctx context.Context, lines []byte) error
	name, keep string
	once       bool
	t          terminal
	place      place
}

// follow posts what is in the file, and what is written to it, also after it was
// rotated (moved away and begun anew) or truncated.
func (f *follower) follow(ctx context.Context) error {
	file, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer func() { file.Close() }()
	for {
		moved, err := f.moved(file)
		if err != nil {
			return err
		}
		// Nothing is written to a file that was moved away: its last line is whole.
		if err := f.postFrom(ctx, file, moved); err != nil {
			return err
		}
		switch {
		case moved:
			next, err := os.Open(f.name)
			if errors.Is(err, os.ErrNotExist) {
				break // it is about to be made
			}
			if err != nil {
				return err
			}
			file.Close()
			file, f.place = next, place{}
			continue
		case f.once:
			return f.postFrom(ctx, file, true)
		}
		select {
		case <-time.After(tailLooked):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// open opens the file where it was left. If it was rotated meanwhile the rest of
// the old one is posted first.
func (f *follower) open(ctx context.Context) (*os.File, error) {
	var err error
	if f.place, err = readPlace(f.keep); err != nil {
		return nil, err
	}
	file, err := os.Open(f.name)
	if err != nil {
		return nil, err
	}
	if same, err := f.place.of(file); err != nil || same {
		return file, err
	}
	old, err := f.place.find(f.name)
	if err == nil && old != nil {
		fmt.Fprintf(f.t.err, "ringside: %s was rotated; going on with %s first\n", f.name, old.Name())
		err = errors.Join(f.postFrom(ctx, old, true), old.Close())
	}
	f.place = place{}
	return file, err
}

// moved reports whether the name stands for another file by now, and starts over
// with one that was truncated.
func (f *follower) moved(file *os.File) (bool, error) {
	open, err := file.Stat()
	if err != nil {
		return false, err
	}
	same, err := f.place.of(file)
	if err != nil {
		return false, err
	}
	if !same {
		fmt.Fprintf(f.t.err, "ringside: %s was truncated; starting over with it\n", f.name)
		f.place = place{}
	}
	named, err := os.Stat(f.name)
	if errors.Is(err, os.ErrNotExist) {
		return true, nil
	}
	return err == nil && !os.SameFile(open, named), err
}

// postFrom posts what of the file was not posted yet. last says that nothing more
// will be written to it.
func (f *follower) postFrom(ctx context.Context, file *os.File, last bool) error {
	if _, err := file.Seek(f.place.Offset, io.SeekStart); err != nil {
		return err
	}
	return f.post(ctx, file, last, func(posted int) error {
		f.place.Offset += int64(posted)
		return f.place.write(f.keep, file)
	})
}

// post posts the whole lines of in, and what follows the last of them where it is
// the last there will be. behind is told how many bytes each piece that the server
// has leaves behind us.
func (f *follower) post(ctx context.Context, in io.Reader, last bool, behind func(posted int) error) error {
	var rest []byte
	for {
		more, err := io.ReadAll(io.LimitReader(in, tailPieceBytes))
		if err != nil {
			return err
		}
		piece := append(rest, more...)
		whole := bytes.LastIndexByte(piece, '\n') + 1
		if len(more) == 0 && last {
			whole = len(piece)
		}
		if whole > 0 {
			if err := f.send(ctx, f.withoutLong(piece[:whole])); err != nil {
				return err
			}
			if err := behind(whole); err != nil {
				return err
			}
		}
		if len(more) == 0 {
			return nil
		}
		if rest = bytes.Clone(piece[whole:]); len(rest) > tailRestMost {
			return fmt.Errorf("%s has %d bytes without a line's end; it is no file of lines", f.name, len(rest))
		}
	}
}

// withoutLong leaves out lines that no record can be, and says so.
func (f *follower) withoutLong(lines []byte) []byte {
	var out []byte
	for line := range bytes.Lines(lines) {
		if len(line) > tailLineMost {
			fmt.Fprintf(f.t.err, "ringside: a line of %d bytes is left out; no record is over %d\n", len(line), tailLineMost)
			continue
		}
		out = append(out, line...)
	}
	return out
}

// send posts lines until the server has them: a server that is away for an hour
// must not lose what a dialer said meanwhile.
func (f *follower) send(ctx context.Context, lines []byte) error {
	for len(bytes.TrimSpace(lines)) > 0 {
		err := f.take(ctx, lines)
		var no *refused
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &no) && !passing(no.status):
			return fmt.Errorf("%w; the lines stay where they are", err)
		}
	}
	return nil
}
