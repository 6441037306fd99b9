package api_test

import (
	"encoding/csv"
	"html"
	"regexp"
	"strings"
	"testing"
)

var csvLink = regexp.MustCompile(`<a class="csv" href="([^"]*)"`)

// sheets reads all CSV that a page leads to.
func (h *house) sheets(page string) (all [][][]string) {
	h.Helper()
	for _, link := range csvLink.FindAllStringSubmatch(string(h.page(page).expect(200).body), -1) {
		a := h.do("GET", html.UnescapeString(link[1]), nil).expect(200)
		if !strings.HasPrefix(a.header.Get("Content-Type"), "text/csv") {
			h.Errorf("%s: %s is %s", page, link[1], a.header.Get("Content-Type"))
		}
		rows, err := csv.NewReader(strings.NewReader(string(a.body))).ReadAll()
		if err != nil {
			h.Errorf("%s: %s: %v", page, link[1], err)
		}
		all = append(all, rows)
	}
	return all
}

// TestEveryTableHasItsCSV goes by all pages: beside each table stands where it is to be
// had for other programs, with at least its rows.
func TestEveryTableHasItsCSV(t *testing.T) {
	h := workedCase(t)
	h.do("PUT", "/v1/sources/vici", `{"kind":"vicidial","time_zone":"UTC","auth":{"type":"query_token","secret":"a long random text"},"campaigns":{"SPRING":"spring"}}`).expect(201)
	h.do("GET", "/hooks/vici/dispo?token=a+long+random+text&dispo=NI", nil, "Authorization", "").expect(200)
	h.newUser("ana", "admin")
	h.do("PUT", "/v1/queues/support", `{"name":"Support","time_zone":"UTC","campaigns":["spring"]}`).expect(201)
	h.do("POST", "/v1/queues/support/calls", `{"ref":"in-1","offered_at":"2026-11-20T09:00:00Z","answered_at":"2026-11-20T09:00:07Z","ended_at":"2026-11-20T09:01:00Z","agent":"a","channel":"phone"}`).expect(200)
	h.do("POST", "/v1/costs", `{"ref":"x-1","campaign":"spring","category":"overhead","amount":"10.00","currency":"EUR","from":"2026-10-01T00:00:00Z","to":"2026-10-02T00:00:00Z"}`).expect(200)
	h.do("POST", "/v1/periods/2026-10/close", nil).expect(200)
	h.do("POST", attempts, `{"ref":"late","lead":"late","started_at":"2026-10-03T09:00:00Z","result":"no_answer"}`).expect(200)
	table := regexp.MustCompile(`(?s)<table.*?</table>`)
	for page, tables := range map[string][2]int{
		"/": {1, 1}, springPage + boardWindow: {6, 6}, springPage + "/heat" + boardWindow: {2, 1}, springPage + "/by/agent" + boardWindow: {1, 1}, springPage + "/lists": {1, 1}, springPage + "/funnel" + boardWindow: {2, 2},
		springPage + "/calls" + boardWindow + "&kpi=dials": {1, 1}, springPage + "/compliance": {1, 1}, springPage + "/costs" + boardWindow: {3, 2},
		"/queues": {1, 1}, "/queues/support?range=today": {6, 6}, springPage + "/floor?range=today": {1, 1}, "/service?range=today": {3, 3},
		"/finance": {1, 1}, "/finance/spring/2026-10": {2, 1}, "/glossary": {1, 1}, "/settings/users": {1, 1}, "/settings/keys": {1, 1}, "/settings/campaigns": {1, 1}, "/settings/sources": {1, 1},
		"/settings/campaigns/spring/dispositions": {1, 1}, "/settings/campaigns/spring/rates": {2, 1}, "/settings/sources/vici": {3, 1}, "/settings/sources/vici/doctor": {1, 1},
	} {
		found := table.FindAllString(string(h.page(page).expect(200).body), -1)
		sheets := h.sheets(page)
		if len(found) != tables[0] || len(sheets) != tables[1] {
			t.Errorf("%s has %d tables and %d CSV, want %v", page, len(found), len(sheets), tables)
		}
		for _, rows := range sheets {
			if len(rows) < 2 && !strings.Contains(page, "/rates") {
				t.Errorf("%s: CSV without a row: %v", page, rows)
			}
		}
	}
}

// TestSheetsSayWhatTheAPISays: of a block, of what was dropped, and of today.
func TestSheetsSayWhatTheAPISays(t *testing.T) {
	h := newFloor(t)
	blocks := h.get("/v1/campaigns/spring/compliance").json()["blocks"].([]any)
	sheets := h.sheets("/campaigns/spring/compliance")
	if len(sheets[0]) != len(blocks)+1 {
		t.Errorf("%d blocks, the API has %d", len(sheets[0])-1, len(blocks))
	}
	h.do("GET", "/settings/users?format=xml", nil).problem(422, "invalid_choice", "format")
	h.do("GET", "/settings/users?format=csv", nil, "Authorization", "Bearer "+h.newKey("viewer")).expect(403)
	bound := h.newKey("viewer", "spring")
	if all := string(h.do("GET", "/?format=csv", nil, "Authorization", "Bearer "+bound).expect(200).body); strings.Contains(strings.ToLower(all), "alien") || !strings.Contains(all, "spring,") {
		t.Error(all)
	}
}
