package importer

import (
	"bytes"
	"io"
)

// maxLine is the longest line, and the longest record of quoted lines, in bytes:
// the limit of an NDJSON line in the API.
const maxLine = 1 << 20

// line is one physical line; text and end live until the next call of next.
type line struct {
	no   int    // 1 for the first of the file
	text []byte // without its line end
	end  []byte // \n, \r\n, \r\r\n, a lone \r, or nothing at the end of the file
	long bool   // over maxLine: text is only its beginning; drop must follow
}

// lineReader cuts a stream into physical lines in bounded memory.
type lineReader struct {
	src  io.Reader
	buf  []byte
	pos  int   // first byte not handed out
	seen int   // bytes from pos on that hold no line end
	no   int   // lines handed out
	err  error // what src ended with
}

func newLineReader(src io.Reader) *lineReader { return &lineReader{src: src} }

// next gives io.EOF at the end. When the source breaks off, the piece of a line
// before the break is not handed out: it may be half a number.
func (l *lineReader) next() (line, error) {
	for {
		rest := l.buf[l.pos:]
		size, end := l.find(rest)
		switch {
		case size > maxLine:
			return line{no: l.no + 1, text: rest[:maxRaw], long: true}, nil
		case end > 0:
			l.take(size + end)
			return line{no: l.no, text: rest[:size], end: rest[size : size+end]}, nil
		case l.err == io.EOF && len(rest) > 0:
			l.take(len(rest))
			return line{no: l.no, text: rest}, nil
		case l.err != nil:
			return line{}, l.err
		}
		l.fill()
	}
}

func (l *lineReader) take(n int) { l.pos, l.seen, l.no = l.pos+n, 0, l.no+1 }

// find gives the length of the first line of b and of its end; an end of 0 means
// that more must be read to tell.
func (l *lineReader) find(b []byte) (size, end int) {
	i := bytes.IndexAny(b[l.seen:], "\r\n")
	if i < 0 {
		l.seen = len(b)
		return len(b), 0
	}
	l.seen += i
	b = b[l.seen:]
	switch {
	case b[0] == '\n':
		return l.seen, 1
	case len(b) > 1 && b[1] == '\n':
		return l.seen, 2
	case len(b) > 2 && b[1] == '\r' && b[2] == '\n':
		return l.seen, 3
	case len(b) > 2 || len(b) > 1 && b[1] != '\r' || l.err != nil:
		return l.seen, 1
	}
	return l.seen, 0
}

func (l *lineReader) fill() {
	if l.pos > 0 {
		l.buf = l.buf[:copy(l.buf, l.buf[l.pos:])]
		l.pos = 0
	}
	const chunk = 64 << 10
	if cap(l.buf)-len(l.buf) < chunk {
		l.buf = append(make([]byte, 0, 2*cap(l.buf)+2*chunk), l.buf...)
	}
	n, err := l.src.Read(l.buf[len(l.buf):cap(l.buf)])
	l.buf = l.buf[:len(l.buf)+n]
	l.err = err
}

// drop passes over the long line that next gave.
func (l *lineReader) drop() error {
	for {
		size, end := l.find(l.buf[l.pos:])
		if end > 0 || l.err == io.EOF {
			l.take(size + end)
			return nil
		}
		if l.err != nil {
			return l.err
		}
		// A \r at the very end stays, it may begin a \r\n.
		l.pos, l.seen = l.pos+size, 0
		l.fill()
	}
}

// unread puts back the last lines that were read, their ends included; text may
// not be part of the reader's own buffer.
func (l *lineReader) unread(text []byte, lines int) {
	if bytes.HasSuffix(l.buf[:l.pos], text) {
		l.pos -= len(text)
	} else {
		l.buf = append(bytes.Clone(text), l.buf[l.pos:]...)
		l.pos = 0
	}
	l.seen, l.no = 0, l.no-lines
}
