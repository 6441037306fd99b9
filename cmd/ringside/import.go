package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"ringside/api/importer"
	"ringside/campaign"
	"ringside/db"
)

// importPiece is how many items one transaction takes.
const importPiece = 5000

type importCommand struct {
	database
	Kind     string `arg:"" enum:"leads,attempts" help:"What the file holds: leads or attempts."`
	File     string `arg:"" help:"CSV or NDJSON, also gzipped; - reads standard input."`
	Campaign string `help:"The campaign's ref." required:"" placeholder:"REF"`
	Config   string `help:"JSON of the campaign, to create it when it is not there yet." placeholder:"FILE" type:"existingfile"`
	Mapping  string `help:"JSON that says which column is which field." placeholder:"FILE" type:"existingfile"`
	Refused  string `help:"Where refused lines go, with reasons; default: FILE.refused.ndjson." placeholder:"FILE"`
}

// imported counts what became of the lines.
type imported struct {
	created, updated, unchanged, refused int
}

// Run imports the file in pieces, each in a transaction of its own: running it
// again after a failure changes nothing that was already taken.
func (c *importCommand) Run(ctx context.Context, t terminal) error {
	in, size, err := c.input(t)
	if err != nil {
		return err
	}
	defer in.Close()
	mapping, err := c.mapping()
	if err != nil {
		return err
	}
	reader, err := importer.Open(in, c.Kind, mapping)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	store, err := openStore(ctx, t, c.DB)
	if err != nil {
		return err
	}
	defer store.Close()
	if err := c.campaign(ctx, store); err != nil {
		return err
	}
	run := &importRun{importCommand: c, store: store, reader: reader, bar: newBar(t, "import"), size: size}
	err = run.all(ctx)
	run.bar.done()
	return errors.Join(err, run.summary(t))
}

func (c *importCommand) input(t terminal) (io.ReadCloser, int64, error) {
	if c.File == "-" {
		return io.NopCloser(t.in), 0, nil
	}
	file, err := os.Open(c.File)
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, info.Size(), nil
}

func (c *importCommand) mapping() (*importer.Mapping, error) {
	if c.Mapping == "" {
		return nil, nil
	}
	file, err := os.Open(c.Mapping)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	m, err := importer.ReadMapping(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Mapping, err)
	}
	return &m, nil
}

// campaign makes sure the campaign is there.
func (c *importCommand) campaign(ctx context.Context, store *db.Store) error {
	_, err := store.Campaign(ctx, c.Campaign)
	var missing *campaign.Error
	if !errors.As(err, &missing) || missing.Kind != campaign.NotFound {
		return err
	}
	if c.Config == "" {
		return fmt.Errorf("%w, or name its JSON with --config", err)
	}
	body, err := os.ReadFile(c.Config)
	if err != nil {
		return err
	}
	config, err := campaign.DecodeConfig(body)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Config, err)
	}
	_, _, err = store.PutCampaign(ctx, c.Campaign, config)
	return err
}

// importRun is one import under way.
type importRun struct {
	*importCommand
	store  *db.Store
	reader *importer.Reader
	bar    *bar
	size   int64
	counts imported

	piece []*campaign.Version
	items []importer.Item
	file  *os.File // of refused lines, made with the first
}

func (r *importRun) all(ctx context.Context) error {
	form := map[string]*campaign.Form{"leads": campaign.LeadForm, "attempts": campaign.AttemptForm}[r.Kind]
	for {
		item, err := r.reader.Next()
		var bad *importer.LineError
		switch {
		case errors.Is(err, io.EOF):
			return r.flush(ctx)
		case errors.As(err, &bad):
			err = r.refuse(bad.Line, bad.Reason, bad.Raw)
		case err != nil:
			// What was read before the break is stored all the same.
			return errors.Join(fmt.Errorf("%s: %w", r.File, err), r.flush(ctx))
		default:
			err = r.take(ctx, form, item)
		}
		if err != nil {
			return err
		}
		r.bar.at(r.reader.Offset(), r.size, fmt.Sprintf("%d items", r.counts.created+r.counts.updated+r.counts.unchanged))
	}
}

func (r *importRun) take(ctx context.Context, form *campaign.Form, item importer.Item) error {
	v, err := form.Decode(item.JSON)
	if err != nil {
		return r.refuse(item.Line, err.Error(), string(item.JSON))
	}
	r.piece, r.items = append(r.piece, v), append(r.items, item)
	if len(r.piece) < importPiece {
		return nil
	}
	return r.flush(ctx)
}

// flush records the piece in hand.
func (r *importRun) flush(ctx context.Context) error {
	if len(r.piece) == 0 {
		return nil
	}
	receipt, err := r.store.Record(ctx, r.Campaign, r.piece, false)
	if err != nil {
		return err
	}
	r.counts.created += receipt.Created
	r.counts.updated += receipt.Updated
	r.counts.unchanged += receipt.Unchanged
	for _, refused := range receipt.Rejected {
		item := r.items[refused.Index]
		if err := r.refuse(item.Line, refused.Err.Error(), string(item.JSON)); err != nil {
			return err
		}
	}
	r.piece, r.items = r.piece[:0], r.items[:0]
	return nil
}

// refuse notes a line that was not taken.
func (r *importRun) refuse(line int, reason, raw string) (err error) {
	r.counts.refused++
	if r.file == nil {
		if r.Refused == "" {
			r.Refused = r.File + ".refused.ndjson"
			if r.File == "-" {
				r.Refused = "standard-input.refused.ndjson"
			}
		}
		if r.file, err = os.Create(r.Refused); err != nil {
			return err
		}
	}
	return json.NewEncoder(r.file).Encode(map[string]any{"line": line, "reason": reason, "raw": raw})
}

func (r *importRun) summary(t terminal) error {
	n, rows := r.counts, r.reader.Counts()
	t.say("%s: %d rows, %d %s: %d created, %d updated, %d unchanged.", r.File, rows.Rows, n.created+n.updated+n.unchanged, r.Kind, n.created, n.updated, n.unchanged)
	if rows.Skipped > 0 {
		t.say("%d rows were left out by the mapping's skip rules.", rows.Skipped)
	}
	if r.file == nil {
		return nil
	}
	t.say("%d lines were refused; they stand with their reasons in %s.", n.refused, r.Refused)
	if err := r.file.Close(); err != nil {
		return err
	}
	if n.created+n.updated+n.unchanged == 0 {
		return fmt.Errorf("nothing was taken from %s", r.File)
	}
	return nil
}
