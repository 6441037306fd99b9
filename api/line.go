package api

import (
	"bufio"
	"bytes"
	"io"
)

// lineReader cuts a stream into lines without ever holding more than one line of
// lineBytesMost: what is longer is read over to its end.
type lineReader struct {
	r    *bufio.Reader
	long []byte // a line that did not fit r's buffer
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{r: bufio.NewReaderSize(r, 64<<10)}
}

// next returns the next line that is not blank, valid until the next call. It
// returns io.EOF after the last; any other error means that the stream broke
// off, and a line it cut in two is not returned.
func (l *lineReader) next() (line []byte, tooLong bool, err error) {
	for {
		line, tooLong, err = l.line()
		line = bytes.TrimSpace(line)
		if err != nil || tooLong || len(line) > 0 {
			return line, tooLong, err
		}
	}
}

// line returns the next line whole. The last needs no line feed.
func (l *lineReader) line() (line []byte, tooLong bool, err error) {
	l.long = l.long[:0]
	for {
		part, err := l.r.ReadSlice('\n')
		if err == nil && len(l.long) == 0 && !tooLong {
			return part, false, nil
		}
		if tooLong = tooLong || len(l.long)+len(part) > lineBytesMost+1; !tooLong {
			l.long = append(l.long, part...)
		}
		switch {
		case err == nil:
			return l.long, tooLong, nil
		case err == io.EOF && (tooLong || len(l.long) > 0):
			return l.long, tooLong, nil
		case err != bufio.ErrBufferFull:
			return nil, false, err
		}
	}
}
