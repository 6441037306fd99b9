package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"ringside/api/importer"
	"ringside/campaign"
)

// pieceBytes bounds a piece whose items are large.
const pieceBytes = 8 << 20

// imported counts what became of the lines.
type imported struct {
	Created   int `json:"created"`
	Updated   int `json:"updated"`
	Unchanged int `json:"unchanged"`
	Refused   int `json:"refused"`
}

func (n imported) accepted() int { return n.Created + n.Updated + n.Unchanged }

// importRun is one import under way.
type importRun struct {
	*importCommand
	t      terminal
	into   importInto
	names  []string // of the campaign, for the cost entries that name one
	reader *importer.Reader
	bar    *bar

	// at is how far the import has come; done is what of the input to read over.
	at    position
	steps int64
	done  int64
	// positionLost says that the position could not be kept, which was told.
	positionLost bool

	piece []importer.Item
	bytes int
	file  *os.File // of refused lines, made with the first
}

// place finds out which input this is and, with --resume, where it stopped. What
// is no file that can be read again has no position.
func (r *importRun) place(in io.Reader, mapping []byte) error {
	if r.Refused == "" {
		r.Refused = r.File + ".refused.ndjson"
		if r.File == "-" {
			r.Refused = "standard-input.refused.ndjson"
		}
	}
	file, ok := in.(*os.File)
	if ok {
		info, err := file.Stat()
		if err != nil {
			return err
		}
		ok = info.Mode().IsRegular()
	}
	if !ok {
		r.Position = ""
		if r.Resume {
			return fmt.Errorf("%s is no file that could be gone on with; leave out --resume", r.File)
		}
		return nil
	}
	if r.Position == "" {
		r.Position = r.File + ".position"
	}
	into, err := r.target()
	if err != nil {
		return err
	}
	r.at = position{Kind: r.Kind, Campaign: r.Campaign, Into: into}
	if err := r.at.describe(file, mapping); err != nil || !r.Resume {
		return err
	}
	if r.at, err = readPosition(r.Position, r.at); err != nil {
		return err
	}
	r.done = r.at.Steps
	return nil
}

func (r *importRun) all(ctx context.Context) error {
	for {
		item, err := r.reader.Next()
		var bad *importer.LineError
		switch refused := errors.As(err, &bad); {
		case errors.Is(err, io.EOF):
			if err := r.flush(ctx); err != nil {
				return err
			}
			return r.forget()
		case err != nil && !refused:
			// What was read before the break is stored all the same.
			return errors.Join(fmt.Errorf("%s: %w", r.File, err), r.flush(ctx))
		}
		if r.steps++; r.steps <= r.done {
			continue
		}
		if bad != nil {
			err = r.refuse(bad.Line, bad.Reason, bad.Raw)
		} else {
			err = r.take(ctx, item)
		}
		if err != nil {
			return err
		}
		r.bar.at(r.reader.Offset(), r.at.Size, fmt.Sprintf("%d items", r.at.Counts.accepted()))
	}
}

func (r *importRun) take(ctx context.Context, item importer.Item) error {
	if r.Kind == campaign.CostForm.Name {
		if of := campaignOf(item.JSON); of != "" && !slices.Contains(r.names, of) {
			return r.refuse(item.Line, fmt.Sprintf("the entry is of the campaign %q, not of %q; import it with --campaign %s", of, r.Campaign, of), string(item.JSON))
		}
	}
	r.piece, r.bytes = append(r.piece, item), r.bytes+len(item.JSON)
	if len(r.piece) < r.into.piece() && r.bytes < pieceBytes {
		return nil
	}
	if err := r.flush(ctx); err != nil {
		return err
	}
	r.remember()
	return nil
}

// flush stores the piece in hand.
func (r *importRun) flush(ctx context.Context) error {
	if len(r.piece) == 0 {
		return nil
	}
	out, err := r.into.take(ctx, r.piece)
	if err != nil {
		return err
	}
	n := &r.at.Counts
	n.Created, n.Updated, n.Unchanged = n.Created+out.Created, n.Updated+out.Updated, n.Unchanged+out.Unchanged
	for _, refused := range out.Rejected {
		item := r.piece[refused.Index]
		if err := r.refuse(item.Line, refused.Message, string(item.JSON)); err != nil {
			return err
		}
	}
	clear(r.piece)
	r.piece, r.bytes = r.piece[:0], 0
	return nil
}

// remember keeps how far the import has come. Where that fails the import goes on:
// all that is lost is that it could be gone on with.
func (r *importRun) remember() {
	if r.Position == "" || r.positionLost {
		return
	}
	r.at.Steps = r.steps
	if err := r.at.write(r.Position); err != nil {
		r.positionLost = true
		r.bar.done()
		fmt.Fprintf(r.t.err, "how far the import has come cannot be kept, so --resume will not know it: %v; name another place with --position\n", err)
	}
}

// forget takes the position away: there is nothing left to go on with.
func (r *importRun) forget() error {
	if r.Position == "" {
		return nil
	}
	if err := os.Remove(r.Position); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// refuse notes a line that was not taken.
func (r *importRun) refuse(line int, reason, raw string) error {
	if r.file == nil {
		if err := r.openRefused(); err != nil {
			return err
		}
	}
	r.at.Counts.Refused++
	text, err := json.Marshal(map[string]any{"line": line, "reason": reason, "raw": raw})
	if err != nil {
		return err
	}
	n, err := r.file.Write(append(text, '\n'))
	r.at.RefusedBytes += int64(n)
	return err
}

// openRefused makes the file of refused lines, or goes on with the one of the
// import that stopped, less what it wrote after its last position.
func (r *importRun) openRefused() (err error) {
	flags := os.O_WRONLY | os.O_CREATE | os.O_APPEND
	if r.file, err = os.OpenFile(r.Refused, flags, 0o600); err != nil {
		return err
	}
	info, err := r.file.Stat()
	if err == nil && info.Size() > r.at.RefusedBytes {
		err = r.file.Truncate(r.at.RefusedBytes)
	}
	return err
}

// summary says what became of the file; failed is why the import did not end.
func (r *importRun) summary(failed error) error {
	n, rows := r.at.Counts, r.reader.Counts()
	r.t.say("%s: %d rows, %d %s: %d created, %d updated, %d unchanged.", r.File, rows.Rows, n.accepted(), r.Kind, n.Created, n.Updated, n.Unchanged)
	if rows.Skipped > 0 {
		r.t.say("%d rows were left out by the mapping's skip rules.", rows.Skipped)
	}
	if failed != nil && r.at.Steps > 0 && !r.positionLost {
		r.t.say("The import stopped. What is counted here is stored; the same command with --resume goes on from there.")
	}
	if n.Refused == 0 {
		return nil
	}
	if r.file != nil {
		if err := r.file.Close(); err != nil {
			return err
		}
	}
	r.t.say("%d lines were refused; they stand with their reasons in %s.", n.Refused, r.Refused)
	if n.accepted() == 0 && failed == nil {
		return fmt.Errorf("nothing was taken from %s", r.File)
	}
	return nil
}
