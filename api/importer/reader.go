package importer

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"

	"ringside/campaign"
)

// maxRaw is how much of a refused line its error shows, in bytes.
const maxRaw = 512

// LineError refuses one row of the file; reading goes on behind it. Line is the
// physical line on which the row begins, 1 being the first of the file; Field is
// the field that the reason is about, "" where it is the whole row; Raw is the
// beginning of that line, at most 512 bytes, made valid UTF-8.
type LineError struct {
	Line   int
	Field  string
	Reason string
	Raw    string
}

func (e *LineError) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("line %d: %s", e.Line, e.Reason)
	}
	return fmt.Sprintf("line %d: %s: %s", e.Line, e.Field, e.Reason)
}

func rawText(text []byte) string {
	return strings.ToValidUTF8(string(text[:min(len(text), maxRaw)]), "\ufffd")
}

// Counts says what became of the rows read so far. Every row is one of skipped,
// refused, without attempts, or the source of one or more items.
type Counts struct {
	Rows       int64 // records of the file, the header and empty lines left out
	Items      int64
	Skipped    int64 // left out by the mapping's skip rules
	Refused    int64 // given as a LineError
	NoAttempts int64 // their repeat count was 0
}

// Reader gives a file's items one by one in bounded memory. Only Offset may be
// called while another goroutine is in Next.
type Reader struct {
	input *countingReader
	lines *lineReader
	csv   *csvReader // nil: NDJSON
	cols  *columns
	plan  *plan
	asIs  bool // NDJSON whose objects pass as they are

	row    *expansion
	counts Counts
	err    error
}

// Next gives the next item, io.EOF at the end, or a *LineError that refuses one
// row and lets reading go on. Any other error is final: the input broke off, and
// what was given so far is whole rows.
func (r *Reader) Next() (Item, error) {
	for r.err == nil {
		if r.row != nil && r.row.made < r.row.total {
			r.counts.Items++
			return r.row.next(r.plan), nil
		}
		item, err := r.nextRow()
		var refused *LineError
		if err != nil && !errors.As(err, &refused) {
			r.err = r.final(err)
			break
		}
		r.counts.Rows++
		switch {
		case refused != nil:
			r.counts.Refused++
			return Item{}, refused
		case item.JSON != nil:
			r.counts.Items++
			return item, nil
		}
	}
	return Item{}, r.err
}

// Offset gives the bytes taken from the underlying, possibly compressed, input;
// at the end of the file it is the file's size. It may be called at any time.
func (r *Reader) Offset() int64 { return r.input.n.Load() }

// Counts says what became of the rows read so far.
func (r *Reader) Counts() Counts { return r.counts }

// nextRow reads one row; it gives an item only when objects pass as they are,
// and otherwise leaves the row to be expanded. Neither means: nothing to give.
func (r *Reader) nextRow() (Item, error) {
	r.row = nil
	in, raw, err := r.readRow()
	if err != nil {
		return Item{}, err
	}
	if r.plan.skips(in.cells) {
		r.counts.Skipped++
		return Item{}, nil
	}
	if r.asIs {
		return Item{Line: in.line, JSON: bytes.Clone(raw)}, nil
	}
	e := &expansion{line: in.line, total: 1}
	if e.values, err = r.plan.evaluate(in); err == nil && r.plan.repeat != nil {
		e.total, err = r.plan.repeat.times(in.cells)
	}
	if err != nil {
		refused := &LineError{Line: in.line, Reason: err.Error(), Raw: rawText(raw)}
		var of *fieldError
		if errors.As(err, &of) {
			refused.Field = of.field
		}
		return Item{}, refused
	}
	if e.total == 0 {
		r.counts.NoAttempts++
	}
	r.row = e
	return Item{}, nil
}

// readRow gives the cells of the next record, trimmed, and its text for errors.
func (r *Reader) readRow() (row, []byte, error) {
	if r.csv == nil {
		return r.readObject()
	}
	cells, no, err := r.csv.read()
	if err != nil {
		return row{}, nil, err
	}
	raw := r.csv.raw
	if len(cells) != len(r.cols.names) {
		reason := fmt.Sprintf("the row has %s where the header has %d; look for a missing or unquoted %q or quote",
			plural(len(cells), "cell"), len(r.cols.names), r.csv.delim)
		return row{}, nil, &LineError{Line: no, Reason: reason, Raw: rawText(raw)}
	}
	for i := range cells {
		cells[i] = rearmed(strings.TrimSpace(cells[i]))
	}
	return row{line: no, cells: cells}, raw, nil
}

// rearmed takes away the apostrophe by which writers of CSV keep spreadsheets from
// taking a text for a formula.
func rearmed(cell string) string {
	if rest, marked := strings.CutPrefix(cell, "'"); marked && campaign.Armed(rest) {
		return rest
	}
	return cell
}

// readObject gives the wanted keys of the next NDJSON line as cells.
func (r *Reader) readObject() (row, []byte, error) {
	ln, err := readNDJSON(r.lines)
	if err != nil {
		return row{}, nil, err
	}
	cells := make([]string, len(r.cols.names))
	if r.asIs && len(cells) == 0 {
		err = checkObject(ln.text)
	} else {
		err = flatten(ln.text, r.cols, cells)
	}
	if err != nil {
		return row{}, nil, &LineError{Line: ln.no, Reason: err.Error(), Raw: rawText(ln.text)}
	}
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	return row{line: ln.no, cells: cells}, ln.text, nil
}

// final says what an error of the input means for the caller.
func (r *Reader) final(err error) error {
	if err == io.EOF {
		return err
	}
	return fmt.Errorf("after line %d: %w", r.lines.no, inputError(err))
}

func inputError(err error) error {
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the gzip data ends before its end mark, so the file is cut short; copy it again in full (%w)", err)
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader), errors.As(err, &corrupt):
		return fmt.Errorf("the gzip data is damaged; copy the file again (%w)", err)
	}
	return fmt.Errorf("the input cannot be read: %w", err)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// countingReader counts the bytes that were taken from the input.
type countingReader struct {
	r io.Reader
	n atomic.Int64
}

func (c *countingReader) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n.Add(int64(n))
	return n, err
}
