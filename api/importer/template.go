package importer

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"ringside/campaign"
)

// template is text with cells and the line number put in.
type template []part

// part is a literal, the line number (zero-padded to width) or a column.
type part struct {
	literal string
	line    bool
	width   int
	column  string
	col     int // place of the column in a row, set when the header is known
}

func parseTemplate(text string) (template, error) {
	var t template
	var literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			t = append(t, part{literal: literal.String()})
			literal.Reset()
		}
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case (c == '{' || c == '}') && strings.HasPrefix(text[i+1:], string(c)):
			literal.WriteByte(c)
			i++
		case c == '}':
			return nil, fmt.Errorf("%q has a } without a {; write }} for a brace in the text", text)
		case c == '{':
			name, _, closed := strings.Cut(text[i+1:], "}")
			if !closed {
				return nil, fmt.Errorf("%q has a { without a }; write {{ for a brace in the text", text)
			}
			flush()
			p, err := parsePart(name)
			if err != nil {
				return nil, fmt.Errorf("%q: %w", text, err)
			}
			t = append(t, p)
			i += len(name) + 1
		default:
			literal.WriteByte(c)
		}
	}
	flush()
	return t, nil
}

func parsePart(name string) (part, error) {
	width, padded := strings.CutPrefix(name, "line:")
	switch {
	case name == "line":
		return part{line: true}, nil
	case padded:
		n, err := strconv.Atoi(width)
		if err != nil || n < 1 || n > 19 || width[0] != '0' {
			return part{}, fmt.Errorf("{%s} is no width; write {line:06} for six digits", name)
		}
		return part{line: true, width: n}, nil
	case name == "":
		return part{}, errors.New("{} names no column")
	}
	return part{column: name}, nil
}

// parseRefTemplate also holds the literal text to the alphabet of refs: a space
// there would make every row a refused one.
func parseRefTemplate(text string) (template, error) {
	t, err := parseTemplate(text)
	for _, p := range t {
		if campaign.EscapeRef(p.literal) != p.literal {
			return nil, fmt.Errorf("%q: a ref is made of A-Z a-z 0-9 . _ : - and {columns} only", text)
		}
	}
	return t, err
}

// bind looks up the template's columns.
func (t template) bind(cols *columns, use string) (template, error) {
	for i := range t {
		if t[i].line && cols.has("line") {
			return nil, cols.errorf("{line} of %s is the line number, yet the file has a column of that name; rename the column in the header", use)
		}
		if t[i].column == "" {
			continue
		}
		col, err := cols.find(t[i].column, use)
		if err != nil {
			return nil, err
		}
		t[i].col = col
	}
	return t, nil
}

// columns names the template's columns for a message.
func (t template) columns() string {
	var quoted []string
	for _, p := range t {
		if p.column != "" {
			quoted = append(quoted, fmt.Sprintf("column %q", p.column))
		}
	}
	return strings.Join(quoted, " and ")
}

// fill puts a row in. It gives "" when all of its columns are empty, and an
// error when only some are: half a time or half a key would be a wrong one.
func (t template) fill(r row, escape func(string) string) (string, error) {
	var b strings.Builder
	empty, full := "", ""
	for _, p := range t {
		switch {
		case p.line:
			fmt.Fprintf(&b, "%0*d", p.width, r.line)
		case p.column == "":
			b.WriteString(p.literal)
		case r.cells[p.col] == "":
			empty = p.column
		default:
			full = p.column
			b.WriteString(escape(r.cells[p.col]))
		}
	}
	if empty != "" && full != "" {
		return "", fmt.Errorf("column %q is empty while %q is not", empty, full)
	}
	if empty != "" {
		return "", nil
	}
	return b.String(), nil
}

func asIs(s string) string { return s }

// escapeLead is campaign.EscapeRef for a cell that may also be a lead's JSON object.
func escapeLead(s string) string {
	if strings.HasPrefix(s, "{") {
		return s
	}
	return campaign.EscapeRef(s)
}
