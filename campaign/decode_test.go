package campaign

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

const started = `"ref":"c-1","lead":"l-1","started_at":"2026-11-02T09:00:00Z"`

// TestDecodeRefuses lists what one attempt may not say, and how it is told.
func TestDecodeRefuses(t *testing.T) {
	for _, c := range []struct{ name, item, code, field, message string }{
		{"nothing", `{}`, "missing_field", "ref", "send the ref"},
		{"no lead", `{"ref":"c-1","started_at":"2026-11-02T09:00:00Z","result":"busy"}`, "missing_field", "lead", "every item in attempts names it"},
		{"null for a required field", `{` + started + `,"result":null}`, "missing_field", "result", "send its value"},
		{"unknown field", `{` + started + `,"result":"busy","colour":"red"}`, "unknown_field", "colour", "leave it out"},
		{"field of another case", `{` + started + `,"Result":"busy"}`, "unknown_field", "Result", "match exactly"},
		{"a note, which comes with outcomes", `{` + started + `,"result":"busy","note":"x"}`, "unknown_field", "note", "leave it out"},
		{"field twice", `{` + started + `,"result":"busy","result":"busy"}`, "duplicate_field", "result", "send it once"},
		{"ref twice", `{` + started + `,"ref":"c-2","result":"busy"}`, "duplicate_field", "ref", "send it once"},
		{"updated_at twice", `{` + started + `,"result":"busy","updated_at":null,"updated_at":null}`, "duplicate_field", "updated_at", "send it once"},
		{"wrong type", `{` + started + `,"result":7}`, "wrong_type", "result", "in quotes"},
		{"seconds as text", `{` + started + `,"result":"busy","hold_s":"7"}`, "wrong_type", "hold_s", "without quotes"},
		{"negative seconds", `{` + started + `,"result":"busy","hold_s":-1}`, "invalid_number", "hold_s", "0 or more"},
		{"too many seconds", `{` + started + `,"result":"busy","hold_s":604800.001}`, "invalid_number", "hold_s", "limit of 604800"},
		{"seconds beyond any integer", `{` + started + `,"result":"busy","hold_s":1e29}`, "invalid_number", "hold_s", "limit"},
		{"not a bool", `{` + started + `,"result":"busy","void":"yes"}`, "wrong_type", "void", "true or false"},
		{"time without offset", `{"ref":"c-1","lead":"l-1","started_at":"2026-11-02T09:00:00","result":"busy"}`, "invalid_time", "started_at", "with an offset"},
		{"time with a blank", `{"ref":"c-1","lead":"l-1","started_at":"2026-11-02 09:00:00Z","result":"busy"}`, "invalid_time", "started_at", "RFC 3339"},
		{"year 2200", `{"ref":"c-1","lead":"l-1","started_at":"2200-01-01T00:00:00Z","result":"busy"}`, "invalid_time", "started_at", "1970 to 2199"},
		{"ended before started", `{` + started + `,"result":"busy","ended_at":"2026-11-02T08:59:59.999Z"}`, "invalid_time", "ended_at", "before started_at"},
		{"ended before connected", `{` + started + `,"result":"answered","connected_at":"2026-11-02T09:00:05Z","ended_at":"2026-11-02T09:00:04Z"}`, "invalid_time", "ended_at", "before connected_at"},
		{"answered_at on a busy call", `{` + started + `,"result":"busy","answered_at":"2026-11-02T09:00:05Z"}`, "not_allowed", "answered_at", "only with result"},
		{"answered_by on a busy call", `{` + started + `,"result":"busy","answered_by":"human"}`, "not_allowed", "answered_by", "only with result"},
		{"unknown result", `{` + started + `,"result":"dialed"}`, "invalid_choice", "result", "not_placed, no_answer"},
		{"a blank in a ref", `{"ref":"c 1","lead":"l-1","started_at":"2026-11-02T09:00:00Z","result":"busy"}`, "invalid_ref", "ref", "1 to 128 of"},
		{"a NUL in a ref", `{"ref":"c\u00001","lead":"l-1","started_at":"2026-11-02T09:00:00Z","result":"busy"}`, "invalid_ref", "ref", "1 to 128 of"},
		{"a ref of 129", `{"ref":"` + strings.Repeat("x", 129) + `"}`, "invalid_ref", "ref", "1 to 128 of"},
		{"an empty agent", `{` + started + `,"result":"busy","agent":"  "}`, "invalid_text", "agent", "null to clear"},
		{"an agent of 129", `{` + started + `,"result":"busy","agent":"` + strings.Repeat("é", 129) + `"}`, "invalid_text", "agent", "129 characters"},
		{"a control character", `{` + started + `,"result":"busy","agent":"a\u0007b"}`, "invalid_text", "agent", "control character"},
		{"invalid UTF-8", `{` + started + `,"result":"busy","agent":"` + "\xff" + `"}`, "invalid_utf8", "agent", "send UTF-8"},
		{"half a surrogate pair", `{` + started + `,"result":"busy","agent":"\ud800"}`, "invalid_utf8", "agent", "send UTF-8"},
		{"invalid UTF-8 in a name", `{` + started + `,"` + "\xff" + `":1}`, "invalid_utf8", "�", "not valid UTF-8"},
		{"an item that is no object", `7`, "wrong_type", "", "JSON object"},
		{"lead of a wrong type", `{"ref":"c-1","lead":7}`, "wrong_type", "lead", "in quotes"},
		{"an inline lead that says too much", `{"ref":"c-1","lead":{"ref":"l-1","generated_at":"2026-11-02T09:00:00Z"}}`, "unknown_field", "lead.generated_at", "leave it out"},
		{"an inline lead without ref", `{"ref":"c-1","lead":{"phone":"1"}}`, "missing_field", "lead.ref", "send the ref"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := AttemptForm.Decode([]byte(c.item))
			var r *Rejected
			if !errors.As(err, &r) {
				t.Fatalf("got %v, want a refusal", err)
			}
			if r.Err.Code != c.code || r.Err.Field != c.field || !strings.Contains(r.Err.Message, c.message) {
				t.Errorf("got %s %s %q, want %s %s …%s…", r.Err.Code, r.Err.Field, r.Err.Message, c.code, c.field, c.message)
			}
		})
	}
}

// TestDecodeUnreadable lists what is no JSON at all.
func TestDecodeUnreadable(t *testing.T) {
	for _, item := range []string{``, ` `, `{`, `{"ref"}`, `{"ref":}`, `{"ref":"x"`, `{"ref":"x",}`, `{"hold_s":NaN}`, `{"hold_s":01}`, `{"hold_s":1.}`,
		`{"hold_s":.5}`, `{"hold_s":+1}`, `{"hold_s":1e}`, `{"ref":"x"} {}`, `{"ref":"a` + "\n" + `b"}`, `{"ref":"\x"}`, `{"ref":"\u12"}`, `{ref:"x"}`, `{'ref':'x'}`,
		`{"ref":tru}`, `[`, `{"lead":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, "\xef\xbb\xbf{}"} {
		_, err := AttemptForm.Decode([]byte(item))
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%q: got %v, want a syntax error", item, err)
		}
	}
	_, err := AttemptForm.Decode([]byte(`{"ref":"c-1","hold_s":NaN}`))
	if err == nil || !strings.Contains(err.Error(), "in hold_s") || !strings.Contains(err.Error(), "NaN") {
		t.Errorf("NaN is told as %v", err)
	}
}

func TestDecodeReads(t *testing.T) {
	v, err := AttemptForm.Decode([]byte(`{"ref":"c-1","lead":{"ref":"l-1","phone":" 123 ","attributes":{"b":[1,{"z":1,"a":null}],"a":"\u00e9"}},
		"agent":" Zo\u00e9 ","started_at":"2026-11-02T09:00:00.1239+01:00","result":"answered","answered_by":null,"hold_s":12.3459,"wrap_s":1e1,
		"amount":"12.5","updated_at":"2026-11-02T09:10:00Z"}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := v.SettleMoney("EUR", 2); err != nil {
		t.Fatal(err)
	}
	want := `{"lead":"l-1","agent":"Zoé","started_at":1793606400123,"result":6,"answered_by":null,"hold_s":12345,"wrap_s":10000,"amount":1250}`
	if got := string(v.Canonical(KindAttempt)); got != want {
		t.Errorf("attempt reads as\n%s, want\n%s", got, want)
	}
	if got := string(v.Lead.Canonical(KindLead)); got != `{"phone":"123","attributes":"{\"a\":\"é\",\"b\":[1,{\"a\":null,\"z\":1}]}"}` {
		t.Errorf("lead reads as %s", got)
	}
	back, err := ParseCanonical(KindAttempt, v.Canonical(KindAttempt))
	if err != nil || !back.Equal(&v.Content) {
		t.Errorf("canonical content does not read back: %v %+v", err, back)
	}
}

func TestMoney(t *testing.T) {
	for _, c := range []struct {
		text   string
		digits int
		want   string
	}{
		{"12.50", 2, "12.50"}, {"12.5", 2, "12.50"}, {"12", 2, "12.00"}, {"-0.05", 2, "-0.05"}, {"12", 0, "12"}, {"1.234", 3, "1.234"},
		{"9999999999.99", 2, "9999999999.99"}, {"10000000000.00", 2, "over the limit"}, {"1.005", 2, "more than the 2 decimals"}, {"1.500", 2, "1.50"}, {"0.5", 0, "more than the 0 decimals"},
		{"1e3", 2, "not a decimal"}, {"", 2, "not a decimal"}, {"-", 2, "not a decimal"}, {".5", 2, "not a decimal"}, {"5.", 2, "not a decimal"}, {"1,5", 2, "not a decimal"},
		{" 1", 2, "not a decimal"}, {"NaN", 2, "not a decimal"}, {"99999999999999999999999", 2, "over the limit"},
	} {
		minor, err := ParseMoney(c.text, c.digits)
		got := FormatMoney(minor, c.digits)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%q with %d digits is %q, want %q", c.text, c.digits, got, c.want)
		}
	}
}

// TestSpread holds the cumulative rule: parts add up, halves go to the even cent.
func TestSpread(t *testing.T) {
	for _, amount := range []int64{10000, -10001, 1, 5, 0, MoneyMost} {
		var sum int64
		for at := int64(0); at < 1000; at += 7 {
			sum += Spread(amount, 100, 900, at+7) - Spread(amount, 100, 900, at)
		}
		if sum != amount {
			t.Errorf("%d adds up to %d", amount, sum)
		}
	}
	for at, want := range map[int64]int64{1: 0, 2: 0, 3: 1, 4: 1, 5: 1, 6: 2, 7: 2} {
		if got := Spread(2, 0, 8, at); got != want && !(at == 2 && got == 0) {
			t.Errorf("2 spread over 8, by %d: %d, want %d", at, got, want)
		}
	}
}

func TestID(t *testing.T) {
	id := ID{CreatedMs: 1793606400123, Kind: KindAttempt, CampaignNumber: 70_001, Number: 10_000_000_007}
	back, ok := ParseID(id.String())
	if !ok || back != id {
		t.Errorf("%s reads back as %+v", id, back)
	}
	if _, ok := ParseID("f47ac10b-58cc-4372-a567-0e02b2c3d479"); ok {
		t.Error("a random UUID passes for one of ours")
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{` + started + `,"result":"busy"}`, `{"ref":"c-1","lead":{"ref":"l","attributes":{"a":[1,2,{"b":null}]}}}`, `{"ref":"\ud83d\ude00"}`, `[]`, `{"hold_s":1.5e-3}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, item []byte) {
		for _, form := range []*Form{AttemptForm, LeadForm, OutcomeForm, CostForm} {
			v, err := form.Decode(item)
			if err != nil {
				continue
			}
			back, err := ParseCanonical(form.Kind, v.Canonical(form.Kind))
			if err != nil || !back.Equal(&v.Content) {
				t.Fatalf("%s: %v %s", item, err, fmt.Sprint(back))
			}
			packed := v.Pack(form.Kind)
			if back, err = Unpack(form.Kind, packed); err != nil || !back.Equal(&v.Content) {
				t.Fatalf("%s packed: %v %s", item, err, fmt.Sprint(back))
			}
			for n := range packed {
				if _, err := Unpack(form.Kind, packed[:n]); err == nil {
					t.Fatalf("%s: %d of %d bytes are taken for a version", item, n, len(packed))
				}
			}
		}
	})
}
