package api_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
)

const attempts = "/v1/campaigns/spring/attempts"

func dial(ref string) string {
	return `{"ref":"` + ref + `","lead":"l-` + ref + `","started_at":"2026-11-02T09:00:00Z","result":"no_answer"}`
}

// badItems are attempts that can be read but are wrong: each is rejected by
// itself, wherever it stands, and its neighbours are stored.
var badItems = []struct{ name, item, ref, code, field, says string }{
	{"unknown field", `{"ref":"x","lead":"l","started_at":"2026-11-02T09:00:00Z","result":"busy","agentt":"a"}`, "x", "unknown_field", "agentt", "leave it out"},
	{"field in another case", `{"ref":"x","lead":"l","Started_at":"2026-11-02T09:00:00Z","result":"busy"}`, "x", "unknown_field", "Started_at", "match exactly"},
	{"field twice", `{"ref":"x","lead":"l","started_at":"2026-11-02T09:00:00Z","result":"busy","result":"busy"}`, "x", "duplicate_field", "result", "send it once"},
	{"missing field", `{"ref":"x","lead":"l","result":"busy"}`, "x", "missing_field", "started_at", "names it"},
	{"no ref", `{"lead":"l","started_at":"2026-11-02T09:00:00Z","result":"busy"}`, "", "missing_field", "ref", "send the ref"},
	{"required is null", `{"ref":"x","lead":null,"started_at":"2026-11-02T09:00:00Z","result":"busy"}`, "x", "missing_field", "lead", "send its value"},
	{"wrong type", `{"ref":"x","lead":"l","started_at":1793610000,"result":"busy"}`, "x", "wrong_type", "started_at", "RFC 3339 text"},
	{"number as text", `{"ref":"x","lead":"l","started_at":"2026-11-02T09:00:00Z","result":"busy","hold_s":"3"}`, "x", "wrong_type", "hold_s", "without quotes"},
	{"money as number", `{"ref":"x","lead":"l","started_at":"2026-11-02T09:00:00Z","result":"answered","amount":12.5}`, "x", "wrong_type", "amount", "in quotes"},
	{"money with too many decimals", `{"ref":"x","lead":"l","started_at":"2026-11-02T09:00:00Z","result":"answered","amount":"12.505"}`, "x", "invalid_money", "amount", "round it"},
	{"time without offset", `{"ref":"x","lead":"l","started_at":"2026-11-02T09:00:00","result":"busy"}`, "x", "invalid_time", "started_at", "with an offset"},
	{"ended before started", `{"ref":"x","lead":"l","started_at":"2026-11-02T09:00:00Z","result":"answered","ended_at":"2026-11-02T08:59:59Z"}`, "x", "invalid_time", "ended_at", "before started_at"},
	{"answered_at on a busy call", `{"ref":"x","lead":"l","started_at":"2026-11-02T09:00:00Z","result":"busy","answered_at":"2026-11-02T09:00:01Z"}`, "x", "not_allowed", "answered_at", "leave it out"},
	{"unknown result", `{"ref":"x","lead":"l","started_at":"2026-11-02T09:00:00Z","result":"voicemail"}`, "x", "invalid_choice", "result", "one of not_placed, no_answer"},
	{"negative seconds", `{"ref":"x","lead":"l","started_at":"2026-11-02T09:00:00Z","result":"busy","wrap_s":-1}`, "x", "invalid_number", "wrap_s", "0 or more"},
	{"invalid UTF-8", "{\"ref\":\"x\",\"lead\":\"l\",\"started_at\":\"2026-11-02T09:00:00Z\",\"result\":\"busy\",\"agent\":\"\xff\"}", "x", "invalid_utf8", "agent", "send UTF-8"},
	{"NUL in a ref", `{"ref":"x\u0000","lead":"l","started_at":"2026-11-02T09:00:00Z","result":"busy"}`, "", "invalid_ref", "ref", "A-Z a-z 0-9"},
	{"unknown zone of its lead", `{"ref":"x","lead":{"ref":"l","time_zone":"Mars/Base"},"started_at":"2026-11-02T09:00:00Z","result":"busy"}`, "x", "invalid_zone", "lead.time_zone", "Europe/Lisbon"},
	{"not an object", `"x"`, "", "wrong_type", "", "JSON object"},
}

func TestBadItems(t *testing.T) {
	for _, c := range badItems {
		t.Run(c.name, func(t *testing.T) {
			h := newSpring(t)
			verdict := func(a *answer, index string) {
				t.Helper()
				ref, field := "null", "null"
				if c.ref != "" {
					ref = `"` + c.ref + `"`
				}
				if c.field != "" {
					field = `"` + c.field + `"`
				}
				a.want("rejected_total", "1", "rejected.0.index", index, "rejected.0.ref", ref, "rejected.0.code", `"`+c.code+`"`, "rejected.0.field", field)
				if !strings.Contains(a.at("rejected.0.message"), c.says) {
					t.Errorf("the message does not say %q: %s", c.says, a.at("rejected.0.message"))
				}
			}
			verdict(h.do("POST", attempts, c.item).expect(422).want("accepted", "0"), "0")
			verdict(h.do("POST", attempts, "["+dial("n1")+","+c.item+","+dial("n2")+"]").expect(200).want("accepted", "2", "created", "2"), "1")
			verdict(h.stream(attempts, dial("n3")+"\n\n"+c.item+"\r\n"+dial("n4")).expect(200).want("accepted", "2", "created", "2"), "1")
			verdict(h.do("POST", attempts+"?atomic=true", "["+dial("n5")+","+c.item+"]").expect(422).want("accepted", "0", "created", "0"), "1")
			verdict(h.stream(attempts+"?atomic=true", dial("n5")+"\n"+c.item).expect(422).want("accepted", "0"), "1")
			for ref, status := range map[string]int{"n1": 200, "n2": 200, "n3": 200, "n4": 200, "n5": 404, "x": 404} {
				h.get(attempts + "/" + ref).expect(status)
			}
			h.get("/v1/campaigns/spring/leads/l").expect(404)
		})
	}
}

// badBodies cannot be taken at all: a problem document, and nothing stored.
var badBodies = []struct {
	name, body  string
	status      int
	code, field string
	item        string
	offset      string
}{
	{"broken object", `{"ref":"x",`, 400, "invalid_json", "", "0", "11"},
	{"broken item", `[` + dial("n") + `,{"ref":"x" "lead"]`, 400, "invalid_json", "", "1", "94"},
	{"NaN", `[` + dial("n") + `,{"ref":"x","hold_s":NaN}]`, 400, "invalid_json", "hold_s", "1", "103"},
	{"missing comma", `[` + dial("n") + dial("m") + `]`, 400, "invalid_json", "", "1", "82"},
	{"text after the end", dial("n") + ` 1`, 400, "invalid_json", "", "0", "82"},
	{"empty array", ` [ ] `, 422, "empty_array", "", "null", "null"},
	{"empty body", "", 400, "empty_body", "", "null", "null"},
	{"blank body", " \n", 400, "empty_body", "", "null", "null"},
	{"100,001 items", `[` + strings.Repeat(`1,`, 100_000) + `1]`, 413, "too_many_items", "", "null", "null"},
}

func TestBadBodies(t *testing.T) {
	h := newSpring(t)
	for _, c := range badBodies {
		t.Run(c.name, func(t *testing.T) {
			a := h.do("POST", attempts, c.body).problem(c.status, c.code, c.field).want("item", c.item, "offset", c.offset)
			if !strings.Contains(a.at("detail"), "send") {
				t.Errorf("it does not say what to send: %s", a.at("detail"))
			}
			h.get(attempts + "/n").expect(404)
		})
	}
	h.stream(attempts, "\n \n").problem(422, "empty_stream", "")
	h.do("POST", "/v1/campaigns/winter/attempts", dial("n")).problem(404, "not_found", "campaign")
	h.do("POST", attempts+"?atomic=yes", dial("n")).problem(422, "invalid_choice", "atomic")
	h.do("POST", attempts+"?atomic=true", "["+strings.Repeat("1,", 10_000)+"1]").problem(413, "too_many_items", "")
	h.stream(attempts+"?atomic=true", strings.Repeat(dial("n")+"\n", 10_001)).problem(413, "too_many_items", "")
	h.get(attempts + "/n").expect(404)
}

func TestContentTypes(t *testing.T) {
	h := newSpring(t)
	for _, given := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", "text/csv"} {
		h.do("POST", attempts, dial("n"), "Content-Type", given).problem(415, "unsupported_media_type", "Content-Type")
	}
	h.do("POST", attempts, dial("n"), "Content-Encoding", "gzip").problem(415, "unsupported_encoding", "Content-Encoding")
	h.get(attempts + "/n").expect(404)
	h.do("POST", attempts, dial("n"), "Content-Type", "application/json; charset=UTF-8").expect(200)
}

func TestBodyOverItsLimit(t *testing.T) {
	h := newSpring(t)
	spaces := strings.Repeat(" ", 64<<20)
	h.do("POST", attempts, spaces+dial("n")).problem(413, "body_too_large", "")
	h.do("POST", attempts, io.MultiReader(strings.NewReader(spaces), strings.NewReader(dial("n")))).problem(413, "body_too_large", "")
	h.get(attempts + "/n").expect(404)
}

func TestStreamLines(t *testing.T) {
	h := newSpring(t)
	long := `{"ref":"x","note":"` + strings.Repeat("y", 10<<20) + `"}`
	h.stream(attempts, dial("a")+"\n"+long+"\n"+dial("b")+"\n{\"ref\":\n\n"+dial("c")+"\n{\"ref\":\"z\",\"hold_s\":NaN}\n"+dial("d")).expect(200).want(
		"accepted", "4", "rejected_total", "3",
		"rejected.0.index", "1", "rejected.0.code", `"line_too_long"`,
		"rejected.1.index", "3", "rejected.1.code", `"invalid_json"`,
		"rejected.2.index", "5", "rejected.2.field", `"hold_s"`)
	// A line of exactly the limit is read; one byte more is not.
	exact := dial("e") + strings.Repeat(" ", 1<<20)
	h.stream(attempts, exact[:1<<20]+"\n"+strings.Replace(exact[:1<<20+1], `"e"`, `"f"`, 1)+"\n").expect(200).want("accepted", "1", "rejected_total", "1", "rejected.0.index", "1")
	h.get(attempts + "/e").expect(200)
}

func TestRejectedListIsCut(t *testing.T) {
	h := newSpring(t)
	var body strings.Builder
	for i := range 12_000 {
		if i%2 == 0 {
			body.WriteString(dial(fmt.Sprint(i)) + "\n")
		} else {
			body.WriteString("{}\n")
		}
	}
	a := h.stream(attempts, body.String()).expect(200).want("accepted", "6000", "created", "6000", "rejected_total", "6000",
		"rejected.0.index", "1", "rejected.999.index", "1999", "rejected.1000", "null")
	h.stream(attempts, body.String()).expect(200).want("accepted", "6000", "unchanged", "6000", "rejected_total", "6000")
	if len(a.body) > 500_000 {
		t.Errorf("the receipt has %d bytes", len(a.body))
	}
}

// TestBrokenStream breaks the connection in the middle of an item after more than
// one piece: what was committed stays and the answer says so.
func TestBrokenStream(t *testing.T) {
	h := newSpring(t)
	var body bytes.Buffer
	for i := range 6_000 {
		body.WriteString(dial(fmt.Sprint(i)) + "\n")
	}
	body.WriteString(dial("cut"))
	r := io.MultiReader(bytes.NewReader(body.Bytes()), iotestErr{})
	a := h.stream(attempts, r).problem(400, "incomplete_body", "")
	if !strings.Contains(a.at("detail"), "5000 are stored") || strings.Contains(a.at("detail"), "nothing was stored") {
		t.Error(a.at("detail"))
	}
	h.get(attempts + "/4999").expect(200)
	h.get(attempts + "/cut").expect(404)
	h.stream(attempts, io.MultiReader(strings.NewReader(dial("cut")), iotestErr{})).problem(400, "incomplete_body", "")
	h.get(attempts + "/cut").expect(404)
}

type iotestErr struct{}

func (iotestErr) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// endless is a stream of n lines that is made while it is read.
type endless struct {
	line []byte
	n    int
	rest []byte
	peak *uint64
}

func (e *endless) Read(b []byte) (int, error) {
	if len(e.rest) == 0 {
		if e.n == 0 {
			return 0, io.EOF
		}
		if e.n--; e.n%64 == 0 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			*e.peak = max(*e.peak, m.HeapAlloc)
		}
		e.rest = e.line
	}
	n := copy(b, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

func TestStreamIsReadInBoundedMemory(t *testing.T) {
	h := newSpring(t)
	var peak uint64
	line := []byte(strings.TrimSuffix(dial("same"), "}") + `,"disposition":"` + strings.Repeat("n", 100) + `"` + strings.Repeat(" ", 900_000) + "}\n")
	r := httptest.NewRequest("POST", attempts, &endless{line: line, n: 512, peak: &peak})
	r.ContentLength = -1
	r.Header = http.Header{"Authorization": {"Bearer " + h.key}, "Content-Type": {"application/x-ndjson"}}
	w := httptest.NewRecorder()
	h.Server.ServeHTTP(w, r) // not through the house, which keeps what passes
	if w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if peak > 64<<20 {
		t.Errorf("%d MB were in use while 460 MB passed", peak>>20)
	}
}
