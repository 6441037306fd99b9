package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"ringside/campaign"
	"ringside/funnel"
)

// formatXLSX is a workbook: the rows of CSV on its first sheet, numbers as numbers, and
// on its last what the figures mean.
const formatXLSX = "xlsx"

const (
	// sheetRowsMost is how many rows a sheet has.
	sheetRowsMost = 1_048_576
	// exactDigits is how many digits a spreadsheet keeps of a number.
	exactDigits = 15
)

// workbook is a workbook being written, a row after the other: what is more than some
// megabytes of it stands in a temporary file until it is done.
type workbook struct {
	file   *excelize.File
	sheet  *excelize.StreamWriter
	rows   int
	styles map[int]int // of numbers, by digits after the point
}

const (
	reportSheet      = "Report"
	definitionsSheet = "Definitions"
)

func newWorkbook(columns []string) (*workbook, error) {
	w := &workbook{file: excelize.NewFile(), styles: map[int]int{}}
	err := w.file.SetSheetName("Sheet1", reportSheet)
	if err == nil {
		err = w.begin(reportSheet, columns)
	}
	return w, err
}

// begin begins a sheet with its header, which stays in view.
func (w *workbook) begin(name string, columns []string) (err error) {
	if w.sheet, err = w.file.NewStreamWriter(name); err != nil {
		return err
	}
	w.rows = 0
	if err := w.sheet.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	header := make([]any, len(columns))
	for i, name := range columns {
		header[i] = name
	}
	return w.row(header)
}

func (w *workbook) row(cells []any) error {
	if w.rows++; w.rows > sheetRowsMost {
		return campaign.Invalidf("too_many_rows", "format", "a sheet has at most %d rows; ask for fewer figures, or for csv", sheetRowsMost)
	}
	return w.sheet.SetRow("A"+strconv.Itoa(w.rows), cells)
}

// cell is a JSON value as it stands in a sheet. An amount of money is a number shown with
// its digits; what a spreadsheet could not hold exactly stays a text.
func (w *workbook) cell(column string, value json.RawMessage) (any, error) {
	switch {
	case len(value) == 0 || string(value) == "null":
		return nil, nil
	case value[0] == '"':
		var text string
		if err := json.Unmarshal(value, &text); err != nil {
			return nil, err
		}
		if !measured(column) || !isDecimal(text) {
			return disarmed(text), nil
		}
		return w.decimal(text)
	case value[0] == 't' || value[0] == 'f':
		return value[0] == 't', nil
	}
	if text := string(value); isDecimal(text) {
		if _, after, _ := strings.Cut(text, "."); after == "" && digitsOf(text) > exactDigits {
			return text, nil
		}
	}
	return strconv.ParseFloat(string(value), 64)
}

// measured reports whether a column holds figures: there a text of digits is money, while
// elsewhere it is somebody's name for something.
func measured(column string) bool {
	for _, part := range []string{"value", "numerator", "denominator", "amount", "cost", "expected", "forecast", "forecast_low", "forecast_high"} {
		if column == part || strings.HasSuffix(column, "_"+part) {
			return true
		}
	}
	return column == "cost_per_sale"
}

func isDecimal(text string) bool {
	whole, after, pointed := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	return whole != "" && strings.Trim(whole, "0123456789") == "" && (!pointed || after != "" && strings.Trim(after, "0123456789") == "")
}

func digitsOf(text string) int {
	return len(strings.TrimLeft(strings.NewReplacer("-", "", ".", "").Replace(text), "0"))
}

// decimal is a number that is shown with as many digits after the point as it has.
func (w *workbook) decimal(text string) (any, error) {
	if digitsOf(text) > exactDigits {
		return text, nil
	}
	_, after, _ := strings.Cut(text, ".")
	style, known := w.styles[len(after)]
	if !known {
		format := "0"
		if after != "" {
			format += "." + strings.Repeat("0", len(after))
		}
		var err error
		if style, err = w.file.NewStyle(&excelize.Style{CustomNumFmt: &format}); err != nil {
			return nil, err
		}
		w.styles[len(after)] = style
	}
	number, err := strconv.ParseFloat(text, 64)
	return excelize.Cell{StyleID: style, Value: number}, err
}

// finish adds what the figures mean, on a sheet of its own, and returns the workbook.
func (w *workbook) finish(kpis []*funnel.KPI) ([]byte, error) {
	err := w.sheet.Flush()
	if err == nil && len(kpis) > 0 {
		err = w.define(kpis)
	}
	var body bytes.Buffer
	if err == nil {
		_, err = w.file.WriteTo(&body)
	}
	return body.Bytes(), errors.Join(err, w.file.Close())
}

func (w *workbook) define(kpis []*funnel.KPI) error {
	if _, err := w.file.NewSheet(definitionsSheet); err != nil {
		return err
	}
	if err := w.begin(definitionsSheet, []string{"id", "name", "formula", "clock", "unit", "definition_version", "description"}); err != nil {
		return err
	}
	for _, k := range kpis {
		if err := w.row([]any{k.ID, disarmed(k.Name), disarmed(k.Formula), k.Clock.String(), string(k.Unit), k.DefinitionVersion, k.Description}); err != nil {
			return err
		}
	}
	return w.sheet.Flush()
}
