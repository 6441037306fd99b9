package dialer

import (
	"errors"
	"fmt"
	"strings"
)

// A table posted as lines of tab-separated values, the first of them the names:
// each row is a message, kept with the names so that it is whole in itself.

var errNoRows = errors.New("a table without rows")

// tableHeaderMost bounds the names of a table, which each row is kept with.
const tableHeaderMost = 4 << 10

// tableRowLeast is how long a row is at least on average: the values of records are
// not that much shorter than their names.
func tableRowLeast(header string) int { return max(20, len(header)/8) }

var errHeader = fmt.Errorf("a table whose first line, its names, has more than %d bytes", tableHeaderMost)

// splitTable makes a message of each row.
func splitTable(r *Request) ([]Message, error) {
	header, rest, _ := strings.Cut(string(r.Body), "\n")
	header = strings.TrimSuffix(header, "\r")
	if len(header) > tableHeaderMost {
		return nil, errHeader
	}
	var out []Message
	for line := range strings.SplitSeq(rest, "\n") {
		line = strings.TrimSuffix(line, "\r")
		if strings.TrimSpace(line) == "" {
			continue
		}
		if tooTiny(len(out)+1, r, tableRowLeast(header)) {
			return nil, errTiny
		}
		row := *r
		row.Body = []byte(header + "\n" + line)
		out = append(out, whole(&row))
	}
	if len(out) == 0 {
		return nil, errNoRows
	}
	return out, nil
}

// tableRow reads back one row by the names of its columns, together with the
// query it was posted with; nil where the request is none. MySQL writes NULL as
// \N or NULL.
func tableRow(r *Request) params {
	header, line, ok := strings.Cut(string(r.Body), "\n")
	if !ok || !strings.Contains(header, "\t") || strings.Contains(line, "\n") {
		return nil
	}
	p := params{}
	if p.form(r.Query) != nil {
		return nil
	}
	for more := true; more && header != ""; {
		var name, value string
		name, header, _ = strings.Cut(header, "\t")
		value, line, more = strings.Cut(line, "\t")
		if value = strings.TrimSpace(value); value != "NULL" && value != `\N` {
			p[strings.TrimSpace(name)] = value
		}
	}
	return p
}
