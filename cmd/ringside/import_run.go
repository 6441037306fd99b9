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

// refusal is one line of the file of refused lines: which line of the input, which
// of its fields where it is about one, why, and the line as far as it is shown.
type refusal struct {
	Line   int    `json:"line"`
	Field  string `json:"field,omitempty"`
	Reason string `json:"reason"`
	Raw    string `json:"raw"`
}

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

	// The piece in hand: its items, and what of its lines is refused.
	piece    []importer.Item
	refusals []refusal
	bytes    int
	file     *os.File // of refused lines, made with the first
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
			r.refuse(refusal{bad.Line, bad.Field, bad.Reason, bad.Raw})
		} else {
			r.add(item)
		}
		if len(r.piece)+len(r.refusals) >= r.into.piece() || r.bytes >= pieceBytes {
			if err := r.flush(ctx); err != nil {
				return err
			}
			r.remember()
		}
		r.bar.at(r.reader.Offset(), r.at.Size, fmt.Sprintf("%d items", r.at.Counts.accepted()))
	}
}

// add puts an item into the piece in hand.
func (r *importRun) add(item importer.Item) {
	if r.Kind == sharedKind {
		item.JSON = sharedItem(item.JSON)
	}
	if of, said := campaignOf(item.JSON); said && collectionOf(r.Kind) == campaign.CostForm.Name {
		why := ""
		switch {
		case of == campaign.NoCampaign && r.Kind == campaign.CostForm.Name:
			why = "the entry is of no campaign; import it as shared-costs, without --campaign"
		case of != campaign.NoCampaign && !slices.Contains(r.names, of):
			why = fmt.Sprintf("the entry is of the campaign %q, not of %q; import it as costs with --campaign %s", of, r.Campaign, of)
		}
		if why != "" {
			r.refuse(refusal{item.Line, "campaign", why, string(item.JSON)})
			return
		}
	}
	r.piece, r.bytes = append(r.piece, item), r.bytes+len(item.JSON)
}

// refuse notes a line that is not taken.
func (r *importRun) refuse(line refusal) {
	r.refusals, r.bytes = append(r.refusals, line), r.bytes+len(line.Raw)
}

// flush stores the piece in hand, and then writes down what of its lines was
// refused, in their order in the file.
func (r *importRun) flush(ctx context.Context) error {
	if len(r.piece) > 0 {
		out, err := r.into.take(ctx, r.piece)
		if err != nil {
			return err
		}
		n := &r.at.Counts
		n.Created, n.Updated, n.Unchanged = n.Created+out.Created, n.Updated+out.Updated, n.Unchanged+out.Unchanged
		for _, refused := range out.Rejected {
			item := r.piece[refused.Index]
			r.refuse(refusal{item.Line, refused.Field, refused.Message, string(item.JSON)})
		}
	}
	slices.SortStableFunc(r.refusals, func(a, b refusal) int { return a.Line - b.Line })
	if err := r.writeRefusals(); err != nil {
		return err
	}
	clear(r.piece)
	r.piece, r.refusals, r.bytes = r.piece[:0], r.refusals[:0], 0
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

// writeRefusals writes down the refused lines of the piece in hand.
func (r *importRun) writeRefusals() error {
	if len(r.refusals) == 0 {
		return nil
	}
	if r.file == nil {
		if err := r.openRefused(); err != nil {
			return err
		}
	}
	var text []byte
	for _, line := range r.refusals {
		one, err := json.Marshal(line)
		if err != nil {
			return err
		}
		text = append(append(text, one...), '\n')
	}
	r.at.Counts.Refused += len(r.refusals)
	n, err := r.file.Write(text)
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

// summary says what became of the file; failed is why the import did not end. Lines
// that were refused are an error of the whole, so that a script does not miss them.
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
	if n.accepted() == 0 {
		r.t.say("Nothing was taken.")
	}
	r.t.say("%d lines were refused; they stand with their reasons in %s. Mend and import them: what was taken stays.", n.Refused, r.Refused)
	if failed != nil {
		return nil // which is still to be said
	}
	return errSaid
}
