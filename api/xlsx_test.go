package api

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ringside/funnel"
)

var (
	xlsxRows   = flag.Int("xlsx.rows", 4_000, "rows of the workbook that is written in bounded memory and read back; the bar is 200000")
	xlsxOffice = flag.String("xlsx.office", "", "the LibreOffice program that converts a workbook to CSV, to be compared")
)

// readSheets reads a workbook with nothing but a zip and an XML reader: the cells of
// each sheet by name, in order, as a spreadsheet holds them.
func readSheets(body []byte, each func(sheet string, row []string)) error {
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return err
	}
	var book struct {
		Sheets []struct {
			Name string `xml:"name,attr"`
		} `xml:"sheets>sheet"`
	}
	if err := readPart(z, "xl/workbook.xml", func(d *xml.Decoder) error { return d.Decode(&book) }); err != nil {
		return err
	}
	for i, s := range book.Sheets {
		if err := readPart(z, fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1), func(d *xml.Decoder) error { return readRows(d, s.Name, each) }); err != nil {
			return err
		}
	}
	return nil
}

func readPart(z *zip.Reader, name string, read func(*xml.Decoder) error) error {
	part, err := z.Open(name)
	if err != nil {
		return err
	}
	defer part.Close()
	return read(xml.NewDecoder(part))
}

type xlsxRow struct {
	Cells []struct {
		At      string   `xml:"r,attr"`
		Type    string   `xml:"t,attr"`
		Value   string   `xml:"v"`
		Formula *string  `xml:"f"`
		Inline  []string `xml:"is>t"`
	} `xml:"c"`
}

func readRows(d *xml.Decoder, sheet string, each func(sheet string, row []string)) error {
	for {
		token, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "row" {
			continue
		}
		var row xlsxRow
		if err := d.DecodeElement(&row, &start); err != nil {
			return err
		}
		var cells []string
		for _, c := range row.Cells {
			column := 0
			for _, letter := range strings.TrimRight(c.At, "0123456789") {
				column = 26*column + int(letter-'A') + 1
			}
			for len(cells) < column {
				cells = append(cells, "")
			}
			switch {
			case c.Formula != nil:
				return fmt.Errorf("%s is a formula", c.At)
			case c.Type == "inlineStr":
				cells[column-1] = "text:" + strings.Join(c.Inline, "")
			case c.Type == "b":
				cells[column-1] = "bool:" + c.Value
			case c.Type == "n" || c.Type == "":
				if c.Value != "" {
					cells[column-1] = "number:" + c.Value
				}
			default:
				return fmt.Errorf("%s is of type %q", c.At, c.Type)
			}
		}
		each(sheet, cells)
	}
}

// TestWorkbookReadsBack writes rows of all kinds of values and reads them back: numbers
// are numbers, money has its digits, nothing is a formula, definitions come last.
func TestWorkbookReadsBack(t *testing.T) {
	t1 := newTable(formatXLSX, []string{"agent", "value", "numerator", "unit", "mature", "low"})
	for _, row := range []string{
		`{"agent":"=cmd|' /C calc'!A1","value":"2.4000","numerator":"48000.00","unit":"EUR","mature":true,"low":null}`,
		`{"agent":"+1","value":0.08,"numerator":8,"unit":"proportion","mature":false,"low":0.0411}`,
		`{"agent":"0042","value":"-0.5","numerator":"90071992547409.93","unit":"EUR","mature":true}`,
		`{"agent":"a<b>&\"c\" é","value":-12.5,"numerator":9007199254740993,"unit":"count","mature":true}`,
		`{"agent":"@SUM(A1)","value":"1e5","numerator":"","unit":"-","mature":true}`,
	} {
		if err := t1.row([]byte(row)); err != nil {
			t.Fatal(err)
		}
	}
	body, err := t1.finish([]*funnel.KPI{funnel.Find("cost_per_call")})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	if err := readSheets(body, func(sheet string, row []string) { got = append(got, sheet+" "+strings.Join(row, "|")) }); err != nil {
		t.Fatal(err)
	}
	k := funnel.Find("cost_per_call")
	want := []string{
		"Report text:agent|text:value|text:numerator|text:unit|text:mature|text:low",
		"Report text:'=cmd|' /C calc'!A1|number:2.4|number:48000|text:EUR|bool:1",
		"Report text:+1|number:0.08|number:8|text:proportion|bool:0|number:0.0411",
		"Report text:0042|number:-0.5|text:90071992547409.93|text:EUR|bool:1",
		"Report text:a<b>&\"c\" é|number:-12.5|text:9007199254740993|text:count|bool:1",
		"Report text:'@SUM(A1)|text:1e5|text:|text:-|bool:1",
		"Definitions text:id|text:name|text:formula|text:clock|text:unit|text:definition_version|text:description",
		"Definitions text:cost_per_call|text:" + k.Name + "|text:" + k.Formula + "|text:cost|text:money|number:1|text:" + k.Description,
	}
	if !slices.Equal(got, want) {
		t.Errorf("read back as\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if *xlsxOffice != "" {
		openInOffice(t, body)
	}
}

// openInOffice has LibreOffice convert a workbook into its own format, which tells of each
// cell what is shown: figures with their digits, texts as they are, and no formula.
func openInOffice(t *testing.T, body []byte) {
	dir := t.TempDir()
	file := filepath.Join(dir, "report.xlsx")
	if err := os.WriteFile(file, body, 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.Command(*xlsxOffice, "--headless", "-env:UserInstallation=file://"+dir+"/profile", "--convert-to", "fods", "--outdir", dir, file).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	text, err := os.ReadFile(filepath.Join(dir, "report.fods"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`office:value="2.4"`, "<text:p>2.4000<", `office:value="48000"`, "<text:p>48000.00<", "<text:p>0.08<", "<text:p>FALSE<", "<text:p>0042<",
		"<text:p>&apos;=cmd|", "<text:p>+1<", "<text:p>90071992547409.93<", ">" + funnel.Find("cost_per_call").Formula + "<", `table:name="Definitions"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the office shows nothing like %q", want)
		}
	}
	// Truth is told so.
	if told := strings.NewReplacer(`"of:=TRUE()"`, "", `"of:=FALSE()"`, "").Replace(string(text)); strings.Contains(told, `"of:`) {
		t.Error("the office reads a formula")
	}
}

// TestWorkbookInBoundedMemory writes many rows, holds what the heap takes to the bar of
// 100 MB, and reads every row back.
func TestWorkbookInBoundedMemory(t *testing.T) {
	columns := slices.Concat(campaignColumns, []string{"agent", "day"}, figureColumns)
	rowAt := func(i int) string {
		return fmt.Sprintf(`{"campaign":"spring","from":"2026-11-01T00:00:00Z","to":"2026-12-01T00:00:00Z","time_zone":"Europe/Lisbon","as_of":"2026-12-02T00:00:00Z","agent":"agent-%d","day":"2026-11-%02d","id":"cost_per_call","value":"%d.%04d","numerator":"%d.25","denominator":%d,"unit":"EUR","mature":true,"definition_version":1}`,
			i%977, 1+i%30, i, i%10000, i, i+1)
	}
	var before, peak runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	sheet := newTable(formatXLSX, columns)
	most := uint64(0)
	look := func() {
		runtime.ReadMemStats(&peak)
		most = max(most, peak.HeapInuse-min(before.HeapInuse, peak.HeapInuse))
	}
	for i := range *xlsxRows {
		if err := sheet.row([]byte(rowAt(i))); err != nil {
			t.Fatal(err)
		}
		if i%1000 == 0 {
			look()
		}
	}
	body, err := sheet.finish(nil)
	if err != nil {
		t.Fatal(err)
	}
	look()
	t.Logf("%d rows: %.1f MB at most, a file of %.1f MB", *xlsxRows, float64(most)/1e6, float64(len(body))/1e6)
	if most > 100_000_000 {
		t.Errorf("%d rows took %.1f MB, at most 100 are fine", *xlsxRows, float64(most)/1e6)
	}
	at := -1
	err = readSheets(body, func(_ string, row []string) {
		if at++; at == 0 {
			return
		}
		var said map[string]any
		decoder := json.NewDecoder(strings.NewReader(rowAt(at - 1)))
		decoder.UseNumber()
		if err := decoder.Decode(&said); err != nil {
			t.Fatal(err)
		}
		for i, name := range columns {
			want := ""
			switch v := said[name].(type) {
			case bool:
				want = "bool:1"
			case json.Number:
				want = "number:" + v.String()
			case string:
				want = "text:" + v
				if name == "value" || name == "numerator" {
					n, _ := strconv.ParseFloat(v, 64)
					want = "number:" + strconv.FormatFloat(n, 'f', -1, 64)
				}
			}
			if got := append(row, make([]string, len(columns))...)[i]; got != want {
				t.Fatalf("row %d, %s: %s, want %s", at, name, got, want)
			}
		}
	})
	if err != nil || at != *xlsxRows {
		t.Errorf("%d rows were read back, want %d: %v", at, *xlsxRows, err)
	}
}
