package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"ringside/api/importer"
	"ringside/campaign"
	"ringside/db"
)

type importCommand struct {
	database
	remote
	Kind     string `arg:"" enum:"leads,attempts,outcomes,costs,rates,calls,queue_log,shared-costs,exchange-rates" help:"What the file holds: leads, attempts, outcomes, costs or rates of a campaign, calls of a queue, the lines of a queue_log, or shared costs or exchange rates, which are of no campaign. Rates are JSON, and replace those that are there."`
	File     string `arg:"" help:"CSV or NDJSON, also gzipped; - reads standard input."`
	Campaign string `help:"The campaign's ref, or queue/ and a queue's. A queue_log names its own." placeholder:"REF"`
	Source   string `help:"Of a queue_log: the source that its lines are of. It is made when it is not there yet, by --config if that is given." placeholder:"REF"`
	Config   string `help:"JSON of the campaign or queue, to create it when it is not there yet." placeholder:"FILE" type:"existingfile"`
	Mapping  string `help:"JSON that says which column is which field." placeholder:"FILE" type:"existingfile"`
	Refused  string `help:"Where refused lines go, with reasons; default: FILE.refused.ndjson." placeholder:"FILE"`
	Resume   bool   `help:"Go on where an import of the same file stopped, instead of from its beginning."`
	Position string `help:"Where to keep how far the import has come, for --resume; default: FILE.position." placeholder:"FILE"`
}

// Run imports the file in pieces, each durable before the next is read: running it
// again after a failure changes nothing that was already taken.
func (c *importCommand) Run(ctx context.Context, t terminal) (err error) {
	if c.Kind == queueLog {
		return c.importLog(ctx, t)
	}
	if err := placed(c.Kind, c.Campaign); err != nil {
		return err
	}
	if isDocument(c.Kind) {
		return c.putDocument(ctx, t)
	}
	run := &importRun{importCommand: c, t: t, bar: newBar(t, "import")}
	in, err := run.input()
	if err != nil {
		return err
	}
	defer in.Close()
	into, err := c.destination(ctx, t, run.bar)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, into.close()) }()
	config, err := c.config()
	if err != nil {
		return err
	}
	run.into = into
	if run.names, err = into.prepare(ctx, c.Campaign, config); err != nil {
		return err
	}
	if err = run.all(ctx); err != nil && ctx.Err() != nil {
		err = errors.New("the import was interrupted; the same command may be run again, as a repetition changes nothing")
	}
	run.bar.done()
	return errors.Join(err, run.summary(err))
}

// destination opens what the import goes into.
func (c *importCommand) destination(ctx context.Context, t terminal, b *bar) (importInto, error) {
	if c.URL != "" {
		client, err := c.client(tellWaiting(t, b))
		if err != nil {
			return nil, err
		}
		return newIntoServer(client, c.Kind, c.Campaign), nil
	}
	unlock, err := lockBeside(c.DB)
	if err != nil {
		return nil, err
	}
	store, err := openStore(ctx, t, c.DB)
	if err != nil {
		unlock()
		return nil, err
	}
	return &intoStore{store: store, form: campaign.FormOf(collectionOf(c.Kind)), unlock: unlock}, nil
}

// target names what the import goes into, the same however it is called.
func (c *importCommand) target() (string, error) {
	switch {
	case c.URL != "":
		return c.URL, nil
	case db.IsServer(c.DB):
		return db.Shown(c.DB), nil
	}
	return filepath.Abs(c.DB)
}

func (c *importCommand) config() ([]byte, error) {
	if c.Config == "" {
		return nil, nil
	}
	return os.ReadFile(c.Config)
}

// mapping reads the mapping, and its bytes as they are; nil without one.
func (c *importCommand) mapping() (*importer.Mapping, []byte, error) {
	if c.Mapping == "" {
		return nil, nil, nil
	}
	text, err := os.ReadFile(c.Mapping)
	if err != nil {
		return nil, nil, err
	}
	m, err := importer.ReadMapping(bytes.NewReader(text))
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", c.Mapping, err)
	}
	return &m, text, nil
}

// input opens the file and finds out where to begin.
func (r *importRun) input() (in io.ReadCloser, err error) {
	mapping, text, err := r.mapping()
	if err != nil {
		return nil, err
	}
	if in = io.NopCloser(r.t.in); r.File != "-" {
		if in, err = os.Open(r.File); err != nil {
			return nil, err
		}
	}
	if err := r.place(in, text); err != nil {
		return nil, errors.Join(err, in.Close())
	}
	if r.reader, err = importer.Open(in, r.Kind, mapping); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", r.File, err), in.Close())
	}
	return in, nil
}
