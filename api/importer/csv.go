package importer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// csvReader reads records in the manner of RFC 4180 with any delimiter and any
// line ends. A quote inside an unquoted cell stands for itself. One bad record
// never spoils what follows.
type csvReader struct {
	lines *lineReader
	delim byte

	text   []byte // the cells of the record, unquoted, one after the other
	ends   []int  // where each cell ends in text
	quote  int    // the line on which the open quote began; 0: none is open
	broken error  // why the record cannot be taken
	opened int    // the line on which the last quote began
	torn   bool   // broken by text behind a closing quote
	raw    []byte // the beginning of the record's first line

	saved      []byte // lines after the first as read, kept in case the quote stays open
	savedLines int
}

// read gives the cells of the next record and the line on which it begins. A
// *LineError refuses that record only, any other error is the end.
func (c *csvReader) read() ([]string, int, error) {
	ln, err := c.lines.next()
	for err == nil && !ln.long && len(bytes.Trim(ln.text, " ")) == 0 {
		ln, err = c.lines.next()
	}
	if err != nil {
		return nil, 0, err
	}
	if ln.long {
		return nil, 0, tooLong(c.lines, ln)
	}
	start := ln.no
	c.raw = append(c.raw[:0], ln.text[:min(len(ln.text), maxRaw)]...)
	c.text, c.ends, c.quote, c.broken = c.text[:0], c.ends[:0], 0, nil
	c.torn = false
	c.feed(ln)
	if err := c.join(ln); err != nil {
		return nil, 0, c.refuse(err, start)
	}
	if c.broken != nil {
		return nil, 0, c.refuse(&LineError{Reason: c.broken.Error()}, start)
	}
	return c.cells(), start, nil
}

// join reads on while a quote is open. When the quote turns out never to close,
// or to be closed by the opening quote of another row, the lines it swallowed
// are put back: they are rows of their own. No line is put back twice, for all
// of them but the last hold doubled quotes only and so leave none open.
func (c *csvReader) join(ln line) error {
	c.saved, c.savedLines = c.saved[:0], 0
	size, limit := len(ln.text), ""
	for c.quote > 0 {
		c.text = append(c.text, ln.end...)
		var err error
		if ln, err = c.lines.next(); err != nil && err != io.EOF {
			return err
		}
		if err == nil && !ln.long {
			c.saved = append(append(c.saved, ln.text...), ln.end...)
			c.savedLines++
		}
		if ln.long || size+len(c.saved) > maxLine {
			limit = " within 1 MiB"
		}
		if err == io.EOF || limit != "" {
			c.lines.unread(c.saved, c.savedLines)
			return &LineError{Reason: fmt.Sprintf("the quote opened on line %d is not closed%s", c.opened, limit)}
		}
		c.feed(ln)
	}
	if c.torn && c.savedLines > 0 {
		c.lines.unread(c.saved, c.savedLines)
	}
	return nil
}

// feed takes one more physical line into the record.
func (c *csvReader) feed(ln line) {
	text := ln.text
	if err := judgeText(ln); err != nil && c.broken == nil {
		c.broken = err
	}
	for {
		switch {
		case c.quote > 0:
		case len(text) > 0 && text[0] == '"':
			c.quote, c.opened, text = ln.no, ln.no, text[1:]
		default:
			i := bytes.IndexByte(text, c.delim)
			if i < 0 {
				c.endCell(text)
				return
			}
			c.endCell(text[:i])
			text = text[i+1:]
			continue
		}
		if text = c.unquote(text); c.quote > 0 || len(text) == 0 {
			return
		}
		if text[0] != c.delim {
			c.torn = true
			c.broken = fmt.Errorf("text follows the closing quote of the cell that opened on line %d; a quote inside a quoted cell is written twice", c.opened)
			return
		}
		text = text[1:]
	}
}

func (c *csvReader) endCell(text []byte) {
	c.text = append(c.text, text...)
	c.ends = append(c.ends, len(c.text))
}

// unquote takes text up to the closing quote and gives what follows it.
func (c *csvReader) unquote(text []byte) []byte {
	for {
		i := bytes.IndexByte(text, '"')
		if i < 0 {
			c.text = append(c.text, text...)
			return nil
		}
		if !bytes.HasPrefix(text[i+1:], []byte{'"'}) {
			c.quote = 0
			c.endCell(text[:i])
			return text[i+1:]
		}
		c.text = append(c.text, text[:i+1]...)
		text = text[i+2:]
	}
}

func (c *csvReader) cells() []string {
	all, from := string(c.text), 0
	cells := make([]string, len(c.ends))
	for i, end := range c.ends {
		cells[i], from = all[from:end], end
	}
	return cells
}

// judgeText refuses bytes that no text has.
func judgeText(ln line) error {
	if i := bytes.IndexByte(ln.text, 0); i >= 0 {
		return fmt.Errorf("line %d holds a NUL byte at byte %d; was the file cut or saved as UTF-16?", ln.no, i+1)
	}
	if utf8.Valid(ln.text) {
		return nil
	}
	at := 0
	for {
		r, size := utf8.DecodeRune(ln.text[at:])
		if r == utf8.RuneError && size == 1 {
			return fmt.Errorf("line %d is not UTF-8 at byte %d (0x%02x); save the file as UTF-8", ln.no, at+1, ln.text[at])
		}
		at += size
	}
}

// tooLong passes over a long line and makes the error that refuses it.
func tooLong(lines *lineReader, ln line) error {
	raw := rawText(ln.text)
	if err := lines.drop(); err != nil {
		return err
	}
	return &LineError{Line: ln.no, Reason: "the line is longer than 1 MiB", Raw: raw}
}

// refuse completes a LineError; any other error passes.
func (c *csvReader) refuse(err error, no int) error {
	var refused *LineError
	if errors.As(err, &refused) {
		refused.Line, refused.Raw = no, rawText(c.raw)
	}
	return err
}

// sniffDelimiter takes the likely delimiter that the header has most of outside
// quotes, and the comma when it has none.
func sniffDelimiter(header []byte) byte {
	var counts [256]int
	quoted := false
	for _, b := range header {
		if b == '"' {
			quoted = !quoted
		}
		if !quoted {
			counts[b]++
		}
	}
	best := byte(',')
	for _, b := range []byte(";\t|") {
		if counts[b] > counts[best] {
			best = b
		}
	}
	return best
}
