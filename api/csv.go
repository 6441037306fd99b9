package api

import (
	"encoding/json"
	"errors"
	"strings"

	"ringside/campaign"
	"ringside/funnel"
)

// Tables go out as NDJSON, one flat object a row, or as CSV (RFC 4180): a header,
// then of each such object the members that are columns. A text stands without its
// quotes, null and what is not there as an empty cell, anything else as its JSON.
// Reports go out as workbooks, too (xlsx.go).
const (
	formatNDJSON = "ndjson"
	formatCSV    = "csv"
)

// tableTypes are the media types of the formats.
var tableTypes = map[string]string{formatNDJSON: "application/x-ndjson", formatCSV: "text/csv; charset=utf-8; header=present",
	formatXLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}

// table is rows being written in one of the formats.
type table struct {
	format  string
	columns []string
	body    []byte
	// book is what is written instead of the body in XLSX; err why it could not be begun.
	book *workbook
	err  error
}

// newTable begins a table; but for NDJSON with its header.
func newTable(format string, columns []string) *table {
	t := &table{format: format, columns: columns}
	switch format {
	case formatCSV:
		t.cells(columns)
	case formatXLSX:
		t.book, t.err = newWorkbook(columns)
	}
	return t
}

// finish returns the table. A workbook says what the figures of the KPIs mean.
func (t *table) finish(kpis []*funnel.KPI) ([]byte, error) {
	if t.book == nil || t.err != nil {
		return t.body, t.err
	}
	return t.book.finish(kpis)
}

// row adds a row: a flat JSON object.
func (t *table) row(object document) error {
	if t.format == formatNDJSON {
		t.body = append(append(t.body, object...), '\n')
		return nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(object, &members); err != nil || t.err != nil {
		return errors.Join(err, t.err)
	}
	if t.book != nil {
		cells := make([]any, len(t.columns))
		for i, name := range t.columns {
			var err error
			if cells[i], err = t.book.cell(name, members[name]); err != nil {
				return err
			}
		}
		return t.book.row(cells)
	}
	cells := make([]string, len(t.columns))
	for i, name := range t.columns {
		var err error
		if cells[i], err = cellOf(members[name]); err != nil {
			return err
		}
	}
	t.cells(cells)
	return nil
}

// cellOf is a JSON value as the text of a cell.
func cellOf(value json.RawMessage) (text string, err error) {
	switch {
	case len(value) == 0 || string(value) == "null":
		return "", nil
	case value[0] != '"':
		return string(value), nil
	}
	err = json.Unmarshal(value, &text)
	return disarmed(text), err
}

// disarmed is a text as a cell that no spreadsheet takes for a formula: an
// apostrophe goes before a sign that would begin one, be it of full width, before what
// spreadsheets skip to find it, and before an apostrophe, so that a reader who takes one
// away from before these gets every text back. A sign before digits and points alone is
// a number and harmless. package importer takes it away.
func disarmed(text string) string {
	if !campaign.Armed(text) {
		return text
	}
	if (text[0] == '+' || text[0] == '-') && strings.Trim(text[1:], "0123456789.") == "" {
		return text
	}
	return "'" + text
}

// cells adds one line of CSV.
func (t *table) cells(cells []string) {
	for i, text := range cells {
		if i > 0 {
			t.body = append(t.body, ',')
		}
		if !strings.ContainsAny(text, ",\"\r\n") {
			t.body = append(t.body, text...)
			continue
		}
		t.body = append(t.body, '"')
		t.body = append(t.body, strings.ReplaceAll(text, `"`, `""`)...)
		t.body = append(t.body, '"')
	}
	t.body = append(t.body, '\r', '\n')
}
