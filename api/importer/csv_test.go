package importer

import (
	"encoding/csv"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

// The columns of these files are fields already, so no mapping stands between
// the bytes and what is seen.
func TestCSVLeads(t *testing.T) {
	for _, c := range []struct{ name, file, want string }{
		{"plain", "ref,name\na,Ann\nb,Bo\n", `
2 {"ref":"a","name":"Ann"}
3 {"ref":"b","name":"Bo"}
`},
		{"no line end at the end", "ref,name\na,Ann", `
2 {"ref":"a","name":"Ann"}
`},
		{"byte order mark", "\ufeffref,name\na,Ann\n", `
2 {"ref":"a","name":"Ann"}
`},
		{"byte order mark before a quoted header", "\ufeff\"ref\",\"name\"\na,Ann\n", `
2 {"ref":"a","name":"Ann"}
`},
		{"semicolon", "ref;name\na;Ann, Lee\n", `
2 {"ref":"a","name":"Ann, Lee"}
`},
		{"tab", "ref\tname\tphone\na\tAnn\t\n", `
2 {"ref":"a","name":"Ann"}
`},
		{"bar", "ref|name\na|Ann\n", `
2 {"ref":"a","name":"Ann"}
`},
		{"the delimiter Excel names", "sep=;\nref;name\na;Ann\n", `
3 {"ref":"a","name":"Ann"}
`},
		{"CRLF", "ref,name\r\na,Ann\r\nb,Bo\r\n", `
2 {"ref":"a","name":"Ann"}
3 {"ref":"b","name":"Bo"}
`},
		{"CRCRLF", "ref,name\r\r\na,Ann\r\r\nb,Bo\r\r\n", `
2 {"ref":"a","name":"Ann"}
3 {"ref":"b","name":"Bo"}
`},
		{"lone CR", "ref,name\ra,Ann\rb,Bo\r", `
2 {"ref":"a","name":"Ann"}
3 {"ref":"b","name":"Bo"}
`},
		{"empty lines are skipped and counted", "\n\nref,name\n\na,Ann\n   \r\n\nb,Bo\n\n", `
5 {"ref":"a","name":"Ann"}
8 {"ref":"b","name":"Bo"}
`},
		{"quoted newlines keep physical line numbers", "ref,name\na,\"Ann\nLee\r\n\"\nb,Bo\n", `
2 {"ref":"a","name":"Ann\u000aLee"}
5 {"ref":"b","name":"Bo"}
`},
		{"quoted delimiters and doubled quotes", "ref,name\na,\"Ann \"\"Jr\"\", Lee\"\nb,\"\"\"\"\n", `
2 {"ref":"a","name":"Ann \"Jr\", Lee"}
3 {"ref":"b","name":"\""}
`},
		{"a quote inside an unquoted cell", "ref,name\na,5\" nail\n", `
2 {"ref":"a","name":"5\" nail"}
`},
		{"cells are trimmed and empty ones absent", "ref,name,phone\n a ,  ,\"\"\n", `
2 {"ref":"a"}
`},
		{"identical rows are kept", "ref,name\na,Ann\na,Ann\n", `
2 {"ref":"a","name":"Ann"}
3 {"ref":"a","name":"Ann"}
`},
		{"header only", "ref,name\n", ""},
		{"columns without a name", "ref,name,,\na,Ann,x,y\n", `
2 {"ref":"a","name":"Ann"}
`},
		{"too few and too many cells", "ref,name\na\nb,Bo\nc,Cy,9\n", `
!2 the row has 1 cell where the header has 2; look for a missing or unquoted ',' or quote
3 {"ref":"b","name":"Bo"}
!4 the row has 3 cells where the header has 2; look for a missing or unquoted ',' or quote
`},
		{"text after a closing quote", "ref,name\na,\"Ann\"x\nb,Bo\n", `
!2 text follows the closing quote of the cell that opened on line 2; a quote inside a quoted cell is written twice
3 {"ref":"b","name":"Bo"}
`},
		{"unterminated quote", "ref,name\na,\"Ann\nb,Bo\nc,Cy\n", `
!2 the quote opened on line 2 is not closed
3 {"ref":"b","name":"Bo"}
4 {"ref":"c","name":"Cy"}
`},
		{"unterminated quote met by another row's quote", "ref,name\na,\"Ann\nb,Bo\nc,\"Cy\"\nd,Di\n", `
!2 text follows the closing quote of the cell that opened on line 2; a quote inside a quoted cell is written twice
3 {"ref":"b","name":"Bo"}
4 {"ref":"c","name":"Cy"}
5 {"ref":"d","name":"Di"}
`},
		{"unterminated quote in a later line of a row", "ref,name\n\"a\n\",\"Ann\nb,Bo\n", `
!2 the quote opened on line 3 is not closed
!3 text follows the closing quote of the cell that opened on line 3; a quote inside a quoted cell is written twice
4 {"ref":"b","name":"Bo"}
`},
		{"invalid UTF-8", "ref,name\na,Jos\xe9\nb,José\n", `
!2 line 2 is not UTF-8 at byte 6 (0xe9); save the file as UTF-8
3 {"ref":"b","name":"José"}
`},
		{"NUL", "ref,name\na,\x00\nb,Bo\n", `
!2 line 2 holds a NUL byte at byte 3; was the file cut or saved as UTF-16?
3 {"ref":"b","name":"Bo"}
`},
		{"a bad byte in a later line of a quoted cell refuses the whole row", "ref,name\na,\"x\n\xff\"\nb,Bo\n", `
!2 line 3 is not UTF-8 at byte 1 (0xff); save the file as UTF-8
4 {"ref":"b","name":"Bo"}
`},
		{"no ref", "ref,name\n,Ann\n", `
!2 ref: it is missing: column "ref" is empty
`},
		{"attributes", "ref,attributes.b,attributes.a,updated_at\na,1,\"x\",2026-01-01T00:00:00Z\n", `
2 {"ref":"a","attributes":{"a":"x","b":"1"},"updated_at":"2026-01-01T00:00:00Z"}
`},
		{"a ref outside its alphabet", "ref\nA 1/ö%\n", `
2 {"ref":"A%201%2F%C3%B6%25"}
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			same(t, importText(t, "leads", "", c.file), c.want)
			r, err := Open(iotest.OneByteReader(strings.NewReader(c.file)), "leads", nil)
			if err != nil {
				t.Fatal(err)
			}
			same(t, drain(t, r), c.want)
		})
	}
}

func TestCSVOfAttemptsKeepsNumbersExact(t *testing.T) {
	got := importText(t, "attempts", "", "ref,lead,started_at,result,hold_s,wrap_s,amount,void\n"+
		"1,a,2026-01-01T09:00:00Z,answered,0.10,12345678901234567890.000,12.50,TRUE\n"+
		"2,a,2026-01-01T09:00:00Z,answered,007,,,\n"+
		"3,a,2026-01-01T09:00:00Z,answered,,\"1,5\",,\n"+
		"4,a,2026-01-01T09:00:00Z,answered,,,,yes\n"+
		"5,a,,answered,,,,\n")
	same(t, got, `
2 {"ref":"1","lead":"a","started_at":"2026-01-01T09:00:00Z","result":"answered","hold_s":0.10,"wrap_s":12345678901234567890.000,"amount":"12.50","void":true}
!3 hold_s: "007" is not a number of seconds such as 12 or 12.5
!4 wrap_s: "1,5" is not a number of seconds such as 12 or 12.5
!5 void: "yes" is neither true nor false; values can translate it
!6 started_at: it is missing: column "started_at" is empty
`)
}

func TestLongLines(t *testing.T) {
	long := strings.Repeat("x", maxLine+1)
	exact := strings.Repeat("y", maxLine-2)
	for _, end := range []string{"\n", "\r\n", "\r\r\n", "\r"} {
		file := strings.Join([]string{"ref,name", "a," + long, "b," + exact, "c,\"" + long + "\"", "d,Di", "e," + long}, end)
		want := fmt.Sprintf("!2 the line is longer than 1 MiB\n3 {\"ref\":\"b\",\"name\":\"%s\"}\n"+
			"!4 the line is longer than 1 MiB\n5 {\"ref\":\"d\",\"name\":\"Di\"}\n!6 the line is longer than 1 MiB\n", exact)
		if got := importText(t, "leads", "", file); got != want {
			t.Errorf("line end %q: got %d bytes, want %d", end, len(got), len(want))
		}
	}
	if got := openError(t, "leads", "", long+",ref\n"); !strings.Contains(got, "line 1: the header cannot be read: the line is longer than 1 MiB") {
		t.Error(got)
	}
}

func TestAnOpenQuoteDoesNotSwallowALongFile(t *testing.T) {
	var file strings.Builder
	file.WriteString("ref,name\na,\"Ann\n")
	rows := 0
	for ; file.Len() < 3*maxLine; rows++ {
		fmt.Fprintf(&file, "r%d,%s\n", rows, strings.Repeat("z", 100))
	}
	got := importText(t, "leads", "", file.String())
	contains(t, got[:200], "!2 the quote opened on line 2 is not closed within 1 MiB\n3 {\"ref\":\"r0\"")
	if n := strings.Count(got, "\n"); n != rows+1 {
		t.Errorf("%d lines came out, want %d", n, rows+1)
	}
	if want := fmt.Sprintf("%d {\"ref\":\"r%d\"", rows+2, rows-1); !strings.Contains(got, want) {
		t.Errorf("the last row is not on its physical line: no %s", want)
	}
}

func TestAnOpenQuoteBeforeALongLine(t *testing.T) {
	got := importText(t, "leads", "", "ref,name\na,\"Ann\nb,Bo\n"+strings.Repeat("x", 2*maxLine)+"\nc,Cy\n")
	same(t, got, `
!2 the quote opened on line 2 is not closed within 1 MiB
3 {"ref":"b","name":"Bo"}
!4 the line is longer than 1 MiB
5 {"ref":"c","name":"Cy"}
`)
}

func TestLineErrorShowsTheLine(t *testing.T) {
	r, err := Open(strings.NewReader("ref,name\na,\xff"+strings.Repeat("x", 2*maxRaw)+"\n"), "leads", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Next()
	refused, ok := err.(*LineError)
	if !ok || !strings.HasPrefix(refused.Raw, "a,\ufffdxxx") || len(refused.Raw) > maxRaw+3 {
		t.Errorf("got %#v", err)
	}
	contains(t, refused.Error(), "line 2: ")
}

func TestHeaderErrors(t *testing.T) {
	for _, c := range []struct{ name, mapping, file, want string }{
		{"missing column", `{"columns":{"ref":"lead_id"}}`, "\nid;name\n1;a\n",
			`line 2: there is no column "lead_id", which columns.ref of the mapping wants; the header has: "id", "name"`},
		{"missing column of plus", `{"ref":"{line}","times":{"generated_at":{"template":"{id}","layout":"unix"}},"plus":{"updated_at":{"base":"generated_at","seconds":"dur"}}}`, "id;name\n",
			`line 1: there is no column "dur", which plus.updated_at.seconds of the mapping wants; the header has: "id", "name"`},
		{"duplicate header", `{"columns":{"ref":"id"}}`, "id,name, id \n",
			`line 1: columns 1 and 3 are both named "id"; rename one; the header has: "id", "name", "id"`},
		{"unknown field without a mapping", "", "ref,colour\n",
			`line 1: column "colour" cannot be taken by its own name: leads have no field "colour"; the fields are ref,`},
		{"no ref without a mapping", "", "name,phone\n",
			`line 1: nothing gives the field ref, which all leads need; the header has: "name", "phone"`},
		{"a column named line", `{"ref":"r{line}"}`, "line,name\n", `line 1: {line} of ref is the line number, yet the file has a column of that name`},
		{"unterminated header", "", "ref,\"name\na,b\n", `line 1: the header cannot be read: the quote opened on line 1 is not closed`},
		{"header of bad bytes", "", "ref,n\xe4me\na,b\n", `line 1: the header cannot be read: line 1 is not UTF-8 at byte 6`},
	} {
		t.Run(c.name, func(t *testing.T) {
			contains(t, openError(t, "leads", c.mapping, c.file), c.want)
		})
	}
}

// FuzzCSV holds the reader to three promises whatever the bytes: it ends, line
// numbers grow, and a well-formed file means what encoding/csv says it means.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{
		"a,b\n1,2\n", "a,b\r\r\n1,2\r3,4\n", "\"a\",\"b\"\"c\nd\"\n\n,\n", "a,\"b\n1,2\n", "a,\"b\"x\n", "\xff,\x00\n",
		"a;b\n", "\"\n\n\"\n", "a\"b,c\n", "\r", "\"", "\"\"\"", ",\n", "\r\r", "a,\"\r\r\n\"\r\n", "\"a\",\"b\nc\nd,\"\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		var got [][]string
		c := &csvReader{lines: newLineReader(iotest.HalfReader(strings.NewReader(string(file)))), delim: ','}
		last, refused := 0, 0
		for {
			cells, no, err := c.read()
			if err == io.EOF {
				break
			}
			if bad, ok := err.(*LineError); ok {
				no, refused = bad.Line, refused+1
			} else if err != nil {
				t.Fatal(err)
			} else {
				got = append(got, cells)
			}
			if no <= last {
				t.Fatalf("line %d comes after line %d", no, last)
			}
			last = no
		}
		std := csv.NewReader(strings.NewReader(string(file)))
		std.FieldsPerRecord = -1
		want, err := std.ReadAll()
		// Lone \r and blank lines are read differently on purpose.
		if err != nil || refused > 0 || strings.ContainsAny(string(file), "\r ") {
			return
		}
		if len(got) != len(want) || len(got) > 0 && !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %q, encoding/csv has %q", file, got, want)
		}
	})
}

// FuzzOpen sends bytes all the way: no panic, and every item is an object.
func FuzzOpen(f *testing.F) {
	for _, seed := range []string{"ref,n\na,2\n", "{\"ref\":\"a\",\"n\":1}\n{}\n", "\x1f\x8b\x08\x00", "\ufeffref;n\n1;2\n", "[1]", "ref,n\n\"a\n\",3\n"} {
		f.Add([]byte(seed))
	}
	m := mapping(f, `{"columns":{"lead":"ref"},"ref":"{ref}:{line:03}","constants":{"result":"answered"},
		"times":{"started_at":{"template":"{n}","layout":"unix"}},"plus":{"ended_at":{"base":"started_at","seconds":"n"}},
		"repeat":{"count":"n","step_s":60,"first":{"result":"no_answer"}}}`)
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := Open(strings.NewReader(string(file)), "attempts", m)
		if err != nil {
			return
		}
		for i := 0; i < 5000; i++ {
			item, err := r.Next()
			if _, refused := err.(*LineError); err != nil && !refused {
				return
			}
			if err == nil && checkObject(item.JSON) != nil {
				t.Fatalf("%s is no object", item.JSON)
			}
		}
	})
}
