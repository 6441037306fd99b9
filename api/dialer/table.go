package dialer

import (
	"errors"
	"strings"
)

// A table posted as lines of tab-separated values, the first of them the names:
// each row is a message, kept with the names so that it is whole in itself.

var errNoRows = errors.New("a table without rows")

// splitTable makes a message of each row.
func splitTable(r *Request) ([]Message, error) {
	header, rest, _ := strings.Cut(string(r.Body), "\n")
	header = strings.TrimSuffix(header, "\r")
	var out []Message
	for line := range strings.SplitSeq(rest, "\n") {
		line = strings.TrimSuffix(line, "\r")
		if strings.TrimSpace(line) == "" {
			continue
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
	names, values := strings.Split(header, "\t"), strings.Split(line, "\t")
	for i, name := range names[:min(len(names), len(values), paramsMost)] {
		if value := strings.TrimSpace(values[i]); value != "NULL" && value != `\N` {
			p[strings.TrimSpace(name)] = value
		}
	}
	return p
}
