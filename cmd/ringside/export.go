package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"ringside/api"
)

type exportCommand struct {
	database
	remote
	Kind     string `arg:"" enum:"leads,attempts,outcomes,costs,rates,calls,shared-costs,exchange-rates" help:"What to export: leads, attempts, outcomes, costs or rates of a campaign, calls of a queue, or the shared costs or exchange rates, which are of no campaign. Rates are JSON."`
	Campaign string `help:"The campaign's ref, or queue/ and a queue's." placeholder:"REF"`
	Format   string `help:"ndjson, which is complete, or csv: see the README." enum:"ndjson,csv" default:"ndjson"`
	Out      string `help:"File to write, which appears when it is complete; default: standard output." placeholder:"FILE" type:"path"`
}

// Run writes all facts of one collection as posts that import takes again.
func (c *exportCommand) Run(ctx context.Context, t terminal) error {
	if err := placed(c.Kind, c.Campaign); err != nil {
		return err
	}
	b := newBar(t, "export")
	defer b.done()
	write := c.fromStore
	if c.URL != "" {
		write = c.fromServer
	}
	if c.Out == "" {
		err := write(ctx, t, b, t.out)
		if ctx.Err() != nil {
			err = errors.New("interrupted; what was printed is not complete")
		}
		return err
	}
	part := c.Out + ".part"
	file, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(file, 1<<20)
	if err = write(ctx, t, b, buffered); err == nil {
		err = buffered.Flush()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("interrupted; %s is as it was, as an export appears when it is complete", c.Out)
		}
		return errors.Join(err, os.Remove(part))
	}
	return os.Rename(part, c.Out)
}

func (c *exportCommand) fromStore(ctx context.Context, t terminal, b *bar, out io.Writer) error {
	e, err := api.NewExport(collectionOf(c.Kind), c.Format)
	if err != nil && !isDocument(c.Kind) {
		return err
	}
	e.Phones = true
	store, err := c.database.open(ctx, t)
	if err != nil {
		return err
	}
	defer store.Close()
	if isDocument(c.Kind) {
		body, err := storedDocument(ctx, store, c.Kind, c.Campaign)
		if err == nil {
			_, err = out.Write(body)
		}
		return err
	}
	return e.Write(ctx, store, c.Campaign, out, func(done, of int64) { b.at(done, of, c.Kind) })
}

func (c *exportCommand) fromServer(ctx context.Context, t terminal, b *bar, out io.Writer) error {
	client, err := c.client(tellWaiting(t, b))
	if err != nil {
		return err
	}
	path := exportPath(c.Kind, c.Campaign)
	if !isDocument(c.Kind) {
		path += "?format=" + c.Format
	}
	answer, err := client.call(ctx, http.MethodGet, path, "", nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	n := &countedWriter{to: out, each: func(n int64) { b.at(0, 0, fmt.Sprintf("%d KiB", n>>10)) }}
	if _, err := io.Copy(n, answer.Body); err != nil {
		return fmt.Errorf("the export broke off after %d bytes, so it is not complete; ask for it again (%w)", n.n, err)
	}
	return nil
}

// tellWaiting says why a request is held back, and for how long.
func tellWaiting(t terminal, b *bar) func(string, time.Duration) {
	return func(why string, pause time.Duration) {
		b.done()
		fmt.Fprintf(t.err, "%s; trying again in %s\n", why, pause)
	}
}

// countedWriter tells how much was written.
type countedWriter struct {
	to   io.Writer
	n    int64
	each func(n int64)
}

func (w *countedWriter) Write(p []byte) (int, error) {
	n, err := w.to.Write(p)
	w.n += int64(n)
	w.each(w.n)
	return n, err
}
