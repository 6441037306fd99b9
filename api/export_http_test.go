package api_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ringside/campaign"
	"ringside/funnel"
)

const exports = "/v1/campaigns/spring/export/"

// FactPage fails as it is told, after so many pages.
func (f *failing) FactPage(ctx context.Context, key string, kind campaign.Kind, after int64, limit int) (funnel.FactPage, error) {
	if f.after--; f.after < 0 {
		return funnel.FactPage{}, f.err
	}
	return f.Store.FactPage(ctx, key, kind, after, limit)
}

// post posts NDJSON that has to be taken whole.
func (h *house) post(collection, lines string) {
	h.Helper()
	path := "/v1/campaigns/spring/" + collection
	if collection == "costs" {
		path = "/v1/costs"
	}
	h.stream(path, lines).expect(200).want("rejected_total", "0")
}

// exported is what an export answers, in lines.
func (h *house) exported(what string) []string {
	h.Helper()
	text := string(h.get(exports + what).expect(200).body)
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

func TestExportedPosts(t *testing.T) {
	h := newSpring(t)
	h.post("leads", `{"ref":"l-1","name":"Ana","list":"a","attributes":{"b":1,"a":[2]},"void":true,"updated_at":"2026-11-01T09:00:00Z"}
		{"ref":"l-1","list":null,"updated_at":"2026-11-02T09:00:00Z"}`)
	h.post("attempts", `{"ref":"c-1","lead":"l-1","started_at":"2026-11-02T09:00:00Z","result":"no_answer","hold_s":1.25,"updated_at":"2026-11-02T10:00:00Z"}
		{"ref":"c-2","lead":{"ref":"l-2","phone":"+351 1","price":"1.5"},"started_at":"2026-11-02T09:00:00+01:00","result":"answered","connected_at":"2026-11-02T09:00:09+01:00","ended_at":"2026-11-02T09:00:12+01:00","updated_at":"2026-11-02T10:00:00Z"}
		{"ref":"c-2","lead":"l-2","started_at":"2026-11-02T08:00:10Z","result":"busy","amount":"2","updated_at":"2026-11-02T10:00:01Z"}
		{"ref":"c-3","lead":"l-3","started_at":"2026-11-02T08:00:00Z","result":"busy"}`)
	h.post("outcomes", `{"attempt":"c-1","note":"two\nlines","disposition":"SALE","updated_at":"2026-11-02T09:30:00Z"}
		{"attempt":"c-9","amount":"-2.00","agent":null,"updated_at":"2026-11-02T10:00:01Z"}`)
	h.post("costs", `{"ref":"k-1","campaign":"spring","category":"labour","amount":"9","currency":"EUR","from":"2026-11-01T00:00:00Z","to":"2026-11-02T00:00:00Z","void":false,"updated_at":"2026-11-02T10:00:01Z"}`)
	for what, want := range map[string][]string{
		"leads": {`{"ref":"l-1","name":"Ana","list":null,"attributes":{"a":[2],"b":1},"void":true,"updated_at":"2026-11-02T09:00:00.000Z"}`},
		"attempts": {`{"ref":"c-1","lead":"l-1","started_at":"2026-11-02T09:00:00.000Z","result":"no_answer","hold_s":1.25,"disposition":"SALE","updated_at":"2026-11-02T10:00:00.000Z"}`,
			`{"ref":"c-2","lead":{"ref":"l-2","phone":"+351 1","price":"1.50"},"started_at":"2026-11-02T08:00:10.000Z","result":"busy","amount":"2.00","updated_at":"2026-11-02T10:00:01.000Z"}`,
			`{"ref":"c-2","lead":"l-2","started_at":"2026-11-02T08:00:09.000Z","result":"answered","connected_at":"2026-11-02T08:00:09.000Z","updated_at":"2026-11-02T10:00:00.999Z"}`,
			`{"ref":"c-2","lead":"l-2","started_at":"2026-11-02T08:00:09.000Z","result":"answered","ended_at":"2026-11-02T08:00:12.000Z","updated_at":"2026-11-02T10:00:00.999Z"}`,
			// Undated facts are dated by their arrival.
			`{"ref":"c-3","lead":"l-3","started_at":"2026-11-02T08:00:00.000Z","result":"busy","updated_at":"2026-11-20T12:00:00.000Z"}`},
		"outcomes": {`{"attempt":"c-1","note":"two\u000alines","updated_at":"2026-11-02T10:00:00.000Z"}`,
			`{"attempt":"c-9","agent":null,"amount":"-2.00","updated_at":"2026-11-02T10:00:01.000Z"}`},
		"costs": {`{"ref":"k-1","category":"labour","amount":"9.00","currency":"EUR","from":"2026-11-01T00:00:00.000Z","to":"2026-11-02T00:00:00.000Z","void":false,"campaign":"spring","updated_at":"2026-11-02T10:00:01.000Z"}`},
	} {
		if got := strings.Join(h.exported(what), "\n"); got != strings.Join(want, "\n") {
			t.Errorf("%s are exported as\n%s\nwant\n%s", what, got, strings.Join(want, "\n"))
		}
	}
	csv := h.get(exports + "outcomes?format=csv").expect(200)
	if want := "attempt,agent,wrap_s,disposition,amount,decided_at,cancelled_at,callback_at,note,void,updated_at\r\n" +
		"c-1,,,,,,,,\"two\nlines\",,2026-11-02T10:00:00.000Z\r\nc-9,,,,-2.00,,,,,,2026-11-02T10:00:01.000Z\r\n"; string(csv.body) != want || !strings.HasPrefix(csv.header.Get("Content-Type"), "text/csv") {
		t.Errorf("CSV is %q of type %s", csv.body, csv.header.Get("Content-Type"))
	}
	if empty := string(h.get("/v1/campaigns/spring/export/leads?format=csv").expect(200).body); strings.Count(empty, "\r\n") != 2 {
		t.Errorf("leads in CSV are %q", empty)
	}
}

// TestExportWithoutPhones: what could hold a number is left out, not masked, so
// that an import of it overwrites nothing.
func TestExportWithoutPhones(t *testing.T) {
	h := newFloor(t)
	auth := []string{"Authorization", "Bearer " + h.newKey(campaign.RoleFinance)}
	before := string(h.get("/v1/campaigns/spring/leads/l-1").body) + string(h.get("/v1/campaigns/spring/attempts/c-1").body) + string(h.get("/v1/costs?campaign=spring").body)
	for _, collection := range []string{"leads", "attempts", "outcomes", "costs"} {
		a := h.do("GET", exports+collection, nil, auth...).expect(200)
		if text := string(a.body); strings.Contains(text, "•") || strings.Contains(text, "phone") || strings.Contains(text, "note\"") || len(text) < 20 {
			t.Errorf("finance gets the %s as %s", collection, text)
		}
		h.post(collection, string(a.body))
	}
	after := string(h.get("/v1/campaigns/spring/leads/l-1").body) + string(h.get("/v1/campaigns/spring/attempts/c-1").body) + string(h.get("/v1/costs?campaign=spring").body)
	for _, kept := range []string{`"phone":"` + phone, `"mobile":"` + phone, "call back on " + phone, "ask " + phone} {
		if !strings.Contains(before, kept) || !strings.Contains(after, kept) {
			t.Errorf("%s is lost: %s, then %s", kept, before, after)
		}
	}
}

func TestExportRefuses(t *testing.T) {
	h := newSpring(t)
	h.get(exports+"leads?format=xml").problem(422, "invalid_choice", "format")
	h.get("/v1/campaigns/winter/export/leads").problem(404, "not_found", "campaign")
	h.get(exports+"phones").problem(404, "not_found", "")
	h.get("/v1/campaigns/spring/kpis?from=2026-11-01&to=2026-12-01&format=table").problem(422, "invalid_choice", "format")
	if empty := h.get(exports + "leads").expect(200); len(empty.body) > 0 || empty.header.Get("Content-Type") != "application/x-ndjson" {
		t.Errorf("no leads are exported as %q, %s", empty.body, empty.header.Get("Content-Type"))
	}
}

// TestExportOfManyPages: each fact once, in order; and an export that cannot go on
// is seen to be cut short.
func TestExportOfManyPages(t *testing.T) {
	h := newSpring(t)
	var lines strings.Builder
	for i := range 2500 {
		fmt.Fprintln(&lines, dial(fmt.Sprint("n-", i)))
	}
	h.post("attempts", lines.String())
	refs := map[string]bool{}
	for _, line := range h.exported("attempts") {
		refs[strings.Split(line, `"`)[3]] = true
	}
	if lines := len(h.exported("attempts")); lines != 2500 || len(refs) != 2500 || !refs["n-0"] || !refs["n-2499"] {
		t.Errorf("%d attempts in %d lines are exported", len(refs), lines)
	}
	h.fail(&campaign.Error{Kind: campaign.Unavailable, Code: "storage_busy", Message: "the database is busy; ask again in a moment"}, 0)
	h.get(exports+"attempts").problem(503, "storage_busy", "")
	h.fail(errors.New("gone"), 2)
	server := httptest.NewServer(h.Server)
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+exports+"attempts", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+h.key)
	answer, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if !errors.Is(err, io.ErrUnexpectedEOF) || strings.Count(string(body), "\n") != 2000 || !strings.Contains(h.log.String(), "gone") {
		t.Errorf("a broken export ends with %v after %d lines: %s", err, strings.Count(string(body), "\n"), h.log.String())
	}
}

// TestPooledRows: the pooled report in rows, by campaign.
func TestPooledRows(t *testing.T) {
	h := newFloor(t)
	a := h.get("/v1/kpis/report?campaigns=*&from=2026-11-01&to=2026-12-01&kpi=dials&group_by=campaign&format=csv").expect(200)
	want := "from,to,time_zone,as_of,campaign,id,value,numerator,denominator,unit,low,high,mature,definition_version,no_data,target,target_comparator,target_value,target_state,attainment,expected,forecast,forecast_low,forecast_high,targets\r\n" +
		"2026-11-01,2026-12-01,Europe/Lisbon,2026-11-20T12:00:00.000Z,alien-7,dials,1,1,,count,,,false,1,,t-other,>=,5,behind,0.2,3,1.6666666666666667,1,3.732650107681872,1\r\n" +
		"2026-11-01,2026-12-01,Europe/Lisbon,2026-11-20T12:00:00.000Z,spring,dials,1,1,,count,,,false,1,,t-spring,>=,5,behind,0.2,3,1.6666666666666667,1,3.732650107681872,1\r\n"
	if string(a.body) != want {
		t.Errorf("got %q, want %q", a.body, want)
	}
	rows := strings.Split(strings.TrimSpace(string(h.get("/v1/kpis/report?campaigns=*&from=2026-11-01&to=2026-12-01&format=ndjson").expect(200).body)), "\n")
	if len(rows) != len(funnel.Catalogue) || !strings.Contains(rows[0], `"id":"`+funnel.Catalogue[0].ID+`"`) {
		t.Errorf("%d rows: %s", len(rows), rows[0])
	}
}
