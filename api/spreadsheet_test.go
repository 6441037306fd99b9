package api_test

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// armed are texts that spreadsheets would run; notes alone may begin with a tab or a line's end.
var (
	armed      = []string{`=cmd|' /C calc'!A1`, `+cmd|x`, `-2+3+cmd|x`, `@SUM(A1)`, `＝cmd`, `-1-1`, `'=1`}
	armedNotes = []string{"\t=cmd|x", "\r=cmd|x", "\n=cmd|x", "=1\n=2"}
	decimal    = regexp.MustCompile(`^[+-][0-9.]*$`)
)

// harmlessCell reports whether no spreadsheet takes a cell for a formula.
func harmlessCell(cell string) bool {
	return cell == "" || !strings.ContainsAny(cell[:1], "=+-@\t\r\n") && !strings.HasPrefix(cell, "＝") || decimal.MatchString(cell)
}

// newArmed is a house in which whatever people name is armed.
func newArmed(t *testing.T) *house {
	h := newHouse(t)
	h.at("2026-11-20T08:00:00Z")
	text := func(s string) string {
		body, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	h.do("PUT", "/v1/campaigns/spring", fmt.Sprintf(`{"name":%s,"time_zone":"UTC","currency":"EUR","dial_mode":"manual","stages":["=lead","+dialed","-closed"],"dispositions":[{"code":%s,"label":%s,"category":"sale","stage":"-closed"}]}`,
		text(armed[0]), text(armed[0]), text(armed[1]))).expect(201)
	h.do("PUT", "/v1/queues/q", strings.Replace(queueItem, "Spring", armed[3], 1)).expect(201)
	for i, a := range append(slices.Clone(armed), "plain") {
		h.do("POST", "/v1/campaigns/spring/leads", fmt.Sprintf(`{"ref":"l-%d","generated_at":"2026-10-02T09:00:00Z","phone":"+351910000000","name":%s,"list":%s,"source":%s,"attributes":{"a":%s}}`, i, text(a), text(a), text(a), text(a))).expect(200)
		h.do("POST", "/v1/campaigns/spring/attempts", fmt.Sprintf(`{"ref":"c-%d","lead":"l-%d","agent":%s,"started_at":"2026-10-02T10:00:00Z","result":"answered","disposition":%s,"amount":"-5.00"}`, i, i, text(a), text(a))).expect(200)
		h.do("POST", "/v1/campaigns/spring/outcomes", fmt.Sprintf(`{"attempt":"c-%d","note":%s}`, i, text(append(armedNotes, a)[min(i, len(armedNotes))]))).expect(200)
		h.do("POST", "/v1/costs", fmt.Sprintf(`{"ref":"k-%d","campaign":"spring","category":"other","amount":"-7.00","currency":"EUR","from":"2026-10-01T00:00:00Z","to":"2026-11-01T00:00:00Z","note":%s}`, i, text(a))).expect(200)
		h.do("POST", "/v1/costs", fmt.Sprintf(`{"ref":"s-%d","campaign":null,"category":"other","amount":"-7.00","currency":"EUR","from":"2026-10-01T00:00:00Z","to":"2026-11-01T00:00:00Z","note":%s}`, i, text(a))).expect(200)
		h.do("POST", "/v1/queues/q/calls", fmt.Sprintf(`{"ref":"in-%d","customer":%s,"channel":%s,"topic":%s,"offered_at":"2026-10-02T09:00:00Z","agent":%s}`, i, text(a), text(a), text(a), text(a))).expect(200)
		h.do("PUT", fmt.Sprintf("/v1/kpis/own_%d", i), fmt.Sprintf(`{"name":%s,"formula":"-dials - %d","unit":"count","direction":"neutral"}`, text(a), i)).expect(201)
	}
	h.do("PUT", "/v1/agents/plain", fmt.Sprintf(`{"name":%s,"team":%s}`, text(armed[0]), text(armed[1]))).expect(201)
	h.do("POST", "/v1/measures", `{"ref":"m-1","name":"spend","at":"2026-10-02T12:00:00Z","value":-3,"campaign":"spring"}`).expect(200)
	h.do("POST", "/v1/periods/2026-10/close?campaign=spring", "").expect(200)
	h.at("2026-11-21T08:00:00Z")
	h.do("POST", "/v1/campaigns/spring/outcomes", `{"attempt":"c-1","disposition":"=other"}`).expect(200)
	return h
}

// TestNoSpreadsheetRunsATextOfOurs asks every route that has tables for them, and looks at
// every cell.
func TestNoSpreadsheetRunsATextOfOurs(t *testing.T) {
	h := newArmed(t)
	groupings := []string{"", "agent", "list", "source", "disposition", "team", "channel", "topic"}
	disarmed, negative, asked := 0, 0, 0
	look := func(path, cell string) {
		if !harmlessCell(cell) {
			t.Errorf("%s holds %q", path, cell)
		}
		if strings.HasPrefix(cell, "'") {
			disarmed++
		}
		if decimal.MatchString(cell) && strings.HasPrefix(cell, "-") {
			negative++
		}
	}
	for _, r := range h.Guarded() {
		if r.Method != "GET" || !slices.Contains(r.Query, "format") && !strings.HasSuffix(r.Path, "/calls.csv") {
			continue
		}
		path := strings.NewReplacer(":campaign", "spring", ":queue", "q", ":month", "2026-10", ":grouping", "agent").Replace(r.Path)
		for _, by := range groupings {
			query := "?from=2026-10-01&to=2026-11-01&campaigns=spring&kpi=dials&format="
			if by != "" {
				if !slices.Contains(r.Query, "group_by") {
					continue
				}
				query = "?from=2026-10-01&to=2026-11-01&campaigns=spring&group_by=" + by + "&format="
			}
			if strings.HasPrefix(path, "/v1/queues/") {
				query = strings.Replace(query, "kpi=dials", "kpi=offered", 1)
			} else if strings.HasPrefix(path, "/v1/service/") {
				query = strings.Replace(query, "&kpi=dials", "", 1)
			}
			query = only(query, r.Query)
			if strings.HasSuffix(r.Path, "/calls.csv") {
				kpi := map[string]string{"/queues/q/calls.csv": "offered", "/service/calls.csv": "iqs"}[path]
				query = "?from=2026-10-01&to=2026-11-01&kpi=" + cmp.Or(kpi, "dials") + "&part=" // a page, always csv
			}
			if a := h.get(strings.Replace(path+query+"csv", "part=csv", "part=numerator", 1)); a.status == 200 {
				asked++
				rows := csv.NewReader(bytes.NewReader(a.body))
				rows.FieldsPerRecord = -1
				all, err := rows.ReadAll()
				if err != nil {
					t.Fatal(path, err)
				}
				for _, cell := range slices.Concat(all...) {
					look(path+query, cell)
				}
			} else if by == "" {
				t.Errorf("%s%s: status %d: %s", path, query, a.status, clip(a.body))
			}
			if strings.HasSuffix(query, "part=") {
				continue
			}
			if a := h.get(path + query + "xlsx"); a.status == 200 && strings.HasPrefix(string(a.body), "PK") {
				asked++
				for _, sheet := range h.workbook(path + query + "xlsx") {
					h.lookAtSheet(path, sheet, look)
				}
			}
		}
	}
	if disarmed < 100 || negative < 20 || asked < 30 {
		t.Errorf("%d texts were disarmed and %d numbers negative in %d tables", disarmed, negative, asked)
	}
}

// only keeps the parameters that a route has.
func only(query string, known []string) string {
	var kept []string
	for pair := range strings.SplitSeq(strings.TrimPrefix(query, "?"), "&") {
		name, _, _ := strings.Cut(pair, "=")
		if slices.Contains(known, name) {
			kept = append(kept, pair)
		}
	}
	if joined := strings.Join(kept, "&"); joined != "" {
		return "?" + joined
	}
	return "?"
}

// lookAtSheet looks at the texts of a sheet, none of whose cells may be a formula.
func (h *house) lookAtSheet(path, sheet string, look func(path, cell string)) {
	h.Helper()
	d := xml.NewDecoder(strings.NewReader(sheet))
	inText, isText := false, false
	for {
		token, err := d.Token()
		if err != nil {
			return
		}
		switch e := token.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "f":
				h.Errorf("%s holds a formula", path)
			case "c":
				isText = slices.ContainsFunc(e.Attr, func(a xml.Attr) bool { return a.Name.Local == "t" && a.Value == "inlineStr" })
			case "t":
				inText = true
			}
		case xml.EndElement:
			inText = inText && e.Name.Local != "t"
		case xml.CharData:
			if inText && isText {
				look(path+" (xlsx)", string(e))
			}
		}
	}
}
