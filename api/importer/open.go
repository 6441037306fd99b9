package importer

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// Open makes a reader of the items of a file; kind is leads, attempts, outcomes or costs.
// gzip is known by its first bytes; whether it is CSV or NDJSON the mapping's
// format says, else the first byte (NDJSON begins with a brace). With a nil
// mapping NDJSON passes as it is and a CSV header is taken as field names.
//
// Open reads the header, so that a mapping that does not fit the file, a column
// that is not there, or an encoding other than UTF-8 is refused before the first
// item; its errors say what to do. r is not closed.
func Open(r io.Reader, kind string, m *Mapping) (*Reader, error) {
	if fieldsOf(kind) == nil {
		return nil, fmt.Errorf("%q cannot be imported; the kinds are leads, attempts, outcomes and costs", kind)
	}
	if m == nil {
		m = &Mapping{}
	}
	out := &Reader{input: &countingReader{r: r}}
	body, err := uncompress(out.input)
	if err != nil {
		return nil, err
	}
	format, err := sniffFormat(body, m.Format)
	if err != nil {
		return nil, err
	}
	out.lines = newLineReader(body)
	if format == "ndjson" {
		out.cols = openColumns()
		out.asIs = !m.namesFields()
	} else if m, err = out.openCSV(kind, m); err != nil {
		return nil, err
	}
	out.plan, err = compile(m, kind, out.cols)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Uncompressed reads what may be gzipped.
func Uncompressed(r io.Reader) (io.Reader, error) { return uncompress(r) }

func uncompress(r io.Reader) (*bufio.Reader, error) {
	const size = 64 << 10
	body := bufio.NewReaderSize(r, size)
	head, err := body.Peek(2)
	if err != nil && err != io.EOF {
		return nil, inputError(err)
	}
	if !bytes.Equal(head, []byte{0x1f, 0x8b}) {
		return body, nil
	}
	plain, err := gzip.NewReader(body)
	if err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, inputError(err)
	}
	return bufio.NewReaderSize(plain, size), nil
}

// sniffFormat passes over a byte order mark, refuses what is no text in UTF-8,
// and tells CSV from NDJSON.
func sniffFormat(body *bufio.Reader, format string) (string, error) {
	head, err := peekText(body)
	if len(head) == 0 && err != io.EOF && err != nil {
		return "", inputError(err)
	}
	if err := refuseEncoding(head); err != nil {
		return "", err
	}
	if bom := []byte("\ufeff"); bytes.HasPrefix(head, bom) {
		head = head[len(bom):]
		body.Discard(len(bom))
	}
	begin := bytes.TrimLeft(head, " \t\r\n")
	switch {
	case format != "":
		return format, nil
	case len(begin) == 0 && err == io.EOF:
		return "", errors.New("the input is empty: there is neither a header nor a row")
	case bytes.HasPrefix(begin, []byte("{")):
		return "ndjson", nil
	case bytes.HasPrefix(begin, []byte("[")):
		return "", errors.New(`the input begins like a JSON array; write one object a line (jq -c '.[]'), or say "format":"csv" in the mapping if it is CSV`)
	}
	return "csv", nil
}

// peekText looks ahead to the first byte that is not blank, and no further than
// the input has arrived: a pipe may be slow.
func peekText(body *bufio.Reader) ([]byte, error) {
	const most = 4096
	for want := 4; ; want++ {
		head, err := body.Peek(max(want, min(body.Buffered(), most)))
		blank := len(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n")) == 0
		if err != nil || !blank || len(head) >= most {
			return head, err
		}
		want = len(head)
	}
}

func refuseEncoding(head []byte) error {
	wide := len(head) >= 4 && (head[0] == 0 && head[2] == 0 || head[1] == 0 && head[3] == 0)
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}), wide:
		return errors.New("the input is UTF-16; save it as UTF-8 (in Excel: CSV UTF-8; or iconv -f UTF-16 -t UTF-8)")
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return errors.New("the input is a ZIP archive or a spreadsheet; unpack it, or save the sheet as CSV UTF-8")
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return errors.New("the input is compressed twice; unpack it once with gunzip")
	}
	return nil
}

// openCSV reads the header. It gives the mapping to go by: without rules for
// any field, the header's own names.
func (r *Reader) openCSV(kind string, m *Mapping) (*Mapping, error) {
	delim, err := delimiterOf(m.Delimiter)
	if err != nil {
		return nil, fmt.Errorf("mapping: %w", err)
	}
	if delim, err = r.peekDelimiter(delim); err != nil {
		return nil, err
	}
	r.csv = &csvReader{lines: r.lines, delim: delim}
	cells, no, err := r.csv.read()
	var refused *LineError
	switch {
	case err == io.EOF:
		return nil, errors.New("the input is empty: a CSV file begins with a header")
	case errors.As(err, &refused):
		return nil, fmt.Errorf("line %d: the header cannot be read: %s", refused.Line, refused.Reason)
	case err != nil:
		return nil, r.final(err)
	}
	if r.cols, err = headerColumns(cells, no); err != nil {
		return nil, err
	}
	if m.namesFields() {
		return m, nil
	}
	return r.headerMapping(kind, m)
}

// peekDelimiter looks at the first line that is not empty, unless the mapping
// named the delimiter, and takes away the line sep=; that Excel writes.
func (r *Reader) peekDelimiter(delim byte) (byte, error) {
	for {
		ln, err := r.lines.next()
		if err == io.EOF || err == nil && ln.long {
			return delim, nil // the reader of records says what is wrong
		}
		if err != nil {
			return 0, r.final(err)
		}
		if len(bytes.TrimSpace(ln.text)) == 0 {
			continue
		}
		if bytes.HasPrefix(ln.text, []byte("sep=")) && len(ln.text) == 5 {
			if delim == 0 {
				delim = ln.text[4]
			}
			return delim, nil
		}
		r.lines.unread(append(bytes.Clone(ln.text), ln.end...), 1)
		if delim == 0 {
			delim = sniffDelimiter(ln.text)
		}
		return delim, nil
	}
}

// headerMapping takes every column as the field of its name.
func (r *Reader) headerMapping(kind string, m *Mapping) (*Mapping, error) {
	own := *m
	own.Columns = map[string]string{}
	for _, name := range r.cols.names {
		if name == "" {
			continue
		}
		if _, err := findField(kind, name); err != nil {
			return nil, fmt.Errorf("line %d: column %q cannot be taken by its own name: %w; say in a mapping file which columns to take", r.cols.line, clip(name), err)
		}
		own.Columns[name] = name
	}
	return &own, nil
}
