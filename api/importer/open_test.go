package importer

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func gzipped(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, text)
	w.Close()
	return b.Bytes()
}

func TestNDJSONPassesAsItIs(t *testing.T) {
	same(t, importText(t, "leads", "", "\ufeff\n {\"ref\":\"a\", \"price\":1.50} \r\n\n[1]\n{\"ref\":\n\"\xff\"\n{\"x\":1}{}\n"+
		strings.Repeat("{", maxLine+1)+"\n{\"ref\":\"b\"}"), `
2 {"ref":"a", "price":1.50}
!4 the line is not one JSON object
!5 the line is not one JSON object
!6 line 6 is not UTF-8 at byte 2 (0xff); save the file as UTF-8
!7 the line is not one JSON object
!8 the line is longer than 1 MiB
9 {"ref":"b"}
`)
}

func TestNDJSONItemsAreKept(t *testing.T) {
	r, err := Open(strings.NewReader("{\"ref\":\"a\"}\n{\"ref\":\"b\"}\n"), "leads", nil)
	if err != nil {
		t.Fatal(err)
	}
	first, _ := r.Next()
	r.Next()
	same(t, string(first.JSON), `{"ref":"a"}`)
}

func TestNDJSONThroughAMapping(t *testing.T) {
	same(t, importText(t, "attempts", `{
		"columns": {"ref":"id","lead":"customer.id","phone":"customer.tel","amount":"eur","wrap_s":"wrap","result":"r","void":"test","agent":"by.name"},
		"values": {"result":{"A":"answered"}},
		"times": {"started_at":{"template":"{at}","layout":"unix_ms","zone":"Europe/Lisbon"}},
		"skip": {"column":"r","in":["P"]}
	}`, `{"id":7,"customer":{"id":"k","tel":null},"eur":12.50,"wrap":1.500,"r":"A","at":1700000000123,"test":false,"other":[1]}
{"id":8,"r":"P"}
{"id":9,"customer":{"id":["k"]},"at":1}
{"id":9,"id":9}
{"id":10,"customer":"k","r":"A","at":1}
`), `
1 {"ref":"7","lead":"k","started_at":"2023-11-14T22:13:20.123Z","result":"answered","wrap_s":1.500,"amount":"12.50","void":false}
!3 "customer.id" is not a text, a number, true or false
!4 the line names "id" twice
!5 lead: it is missing: column "customer.id" is empty
`)
}

func TestNDJSONSkipsWithoutFieldRules(t *testing.T) {
	r, err := Open(strings.NewReader("{\"ref\":\"a\",\"k\":\"x\"}\n{\"ref\":\"b\",\"k\":\"y\"}\n{\"ref\":\"c\"}\n"), "leads",
		mapping(t, `{"skip":[{"column":"k","not_in":["x"]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	same(t, drain(t, r), "1 {\"ref\":\"a\",\"k\":\"x\"}\n")
	if c := r.Counts(); c != (Counts{Rows: 3, Items: 1, Skipped: 2}) {
		t.Errorf("got %+v", c)
	}
}

func TestGzip(t *testing.T) {
	var file strings.Builder
	file.WriteString("ref,name\n")
	for i := range 20_000 {
		fmt.Fprintf(&file, "r%d,%x\n", i, i*i*7919)
	}
	packed := gzipped(file.String())
	r, err := Open(iotest.HalfReader(bytes.NewReader(packed)), "leads", nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(drain(t, r), "\n"); n != 20_000 {
		t.Errorf("%d items", n)
	}
	if r.Offset() != int64(len(packed)) {
		t.Errorf("offset %d of %d", r.Offset(), len(packed))
	}
	for _, cut := range []int{1000, len(packed) / 2, len(packed) - 1} {
		r, err := Open(bytes.NewReader(packed[:cut]), "leads", nil)
		if err != nil {
			contains(t, err.Error(), "cut short")
			continue
		}
		out, err := drainAll(r)
		if err == nil || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		contains(t, err.Error(), "after line ", "the file is cut short; copy it again in full")
		if !strings.HasSuffix(out, "\"}\n") || strings.Contains(out, "!") {
			t.Errorf("cut at %d: a piece of a row was given: %q", cut, out[len(out)-40:])
		}
		if _, again := r.Next(); again != err {
			t.Errorf("the error does not stay: %v", again)
		}
	}
	packed[len(packed)-6] ^= 1
	r, _ = Open(bytes.NewReader(packed), "leads", nil)
	if _, err := drainAll(r); err == nil || !strings.Contains(err.Error(), "the gzip data is damaged") {
		t.Errorf("a wrong checksum: %v", err)
	}
}

func TestTwoGzipFilesInOne(t *testing.T) {
	r, err := Open(bytes.NewReader(append(gzipped("ref,name\na,Ann\n"), gzipped("b,Bo\n")...)), "leads", nil)
	if err != nil {
		t.Fatal(err)
	}
	same(t, drain(t, r), "2 {\"ref\":\"a\",\"name\":\"Ann\"}\n3 {\"ref\":\"b\",\"name\":\"Bo\"}\n")
}

func TestOpenErrors(t *testing.T) {
	for _, c := range []struct{ name, mapping, file, want string }{
		{"empty", "", "", "the input is empty"},
		{"blank", "", " \n\n", "the input is empty"},
		{"empty CSV", `{"format":"csv"}`, "\n", "the input is empty: a CSV file begins with a header"},
		{"byte order mark only", "", "\ufeff", "the input is empty"},
		{"empty gzip", "", string(gzipped("")), "the input is empty"},
		{"beginning of gzip", "", "\x1f\x8b\x08", "cut short"},
		{"gzip in gzip", "", string(gzipped(string(gzipped("a")))), "compressed twice"},
		{"UTF-16 little endian", "", "\xff\xfer\x00e\x00f\x00", "the input is UTF-16; save it as UTF-8"},
		{"UTF-16 big endian", "", "\xfe\xff\x00r\x00e\x00f", "the input is UTF-16; save it as UTF-8"},
		{"UTF-16 without a mark", "", "r\x00e\x00f\x00", "the input is UTF-16; save it as UTF-8"},
		{"spreadsheet", "", "PK\x03\x04....", "save the sheet as CSV UTF-8"},
		{"JSON array", "", "\n[{\"ref\":\"a\"}]", "write one object a line"},
	} {
		t.Run(c.name, func(t *testing.T) {
			contains(t, openError(t, "leads", c.mapping, c.file), c.want)
		})
	}
	if _, err := Open(strings.NewReader("ref\n"), "calls", nil); err == nil {
		t.Error("kind calls was taken")
	}
	broken := errors.New("disk on fire")
	if _, err := Open(iotest.ErrReader(broken), "leads", nil); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	same(t, importText(t, "leads", `{"format":"ndjson"}`, ""), "")
}

func TestASlowPipeIsNotWaitedFor(t *testing.T) {
	in, out := io.Pipe()
	go io.WriteString(out, "{\"ref\":\"a\"}\n")
	r, err := Open(in, "leads", nil)
	if err != nil {
		t.Fatal(err)
	}
	item, err := r.Next()
	if err != nil || string(item.JSON) != `{"ref":"a"}` {
		t.Errorf("got %s, %v", item.JSON, err)
	}
	out.CloseWithError(errors.New("gone"))
	if _, err := r.Next(); err == nil || !strings.Contains(err.Error(), "after line 1: the input cannot be read: gone") {
		t.Errorf("got %v", err)
	}
}

// endless gives rows for as long as it is asked; reading many of them must not cost more memory.
type endless struct{ line string }

func (e endless) Read(b []byte) (int, error) {
	n := 0
	if len(b) < len(e.line) {
		return 0, io.EOF
	}
	for n+len(e.line) <= len(b) {
		n += copy(b[n:], e.line)
	}
	return n, nil
}

func TestMemoryIsBounded(t *testing.T) {
	for _, text := range []string{"r,\"Ann\n", "r,Ann\n", "r," + strings.Repeat("x", 50_000), "\n,\"\"\"\n"} {
		lines := newLineReader(io.LimitReader(endless{text}, 12<<20))
		c := &csvReader{lines: lines, delim: ','}
		for {
			if _, _, err := c.read(); err != nil && !errors.As(err, new(*LineError)) {
				break
			}
		}
		if cap(lines.buf) > 8<<20 || cap(c.saved) > 4<<20 || cap(c.text) > 4<<20 {
			t.Errorf("%.10q: buffers of %d, %d and %d bytes", text, cap(lines.buf), cap(c.saved), cap(c.text))
		}
	}
}
