package api_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// found is the level of a finding, "" where the doctor has no such finding.
func (h *house) found(source, code string) string {
	h.Helper()
	all := h.get("/v1/sources/" + source + "/doctor").expect(200)
	for i := 0; all.at(fmt.Sprintf("findings.%d", i)) != "null"; i++ {
		if all.at(fmt.Sprintf("findings.%d.code", i)) == `"`+code+`"` {
			return strings.Trim(all.at(fmt.Sprintf("findings.%d.level", i)), `"`)
		}
	}
	return ""
}

func TestDoctorOfSource(t *testing.T) {
	h := newCallCentre(t)
	if level := h.found("vici", "nothing_arrived"); level != "bad" {
		t.Errorf("an empty source is %q", level)
	}
	dispo := func(n int, code, campaign string) sent {
		return vici(fmt.Sprintf("dispo?lead_id=%d&campaign=%s&uniqueid=17952877%02d.1&call_id=V%d&user=1001&dispo=%s&epoch=1795288000&SQLdate=%s", n, campaign, n, n, code, url.QueryEscape("2026-11-21 19:06:40")))
	}
	for _, s := range []sent{dispo(1, "SALE", "SPRING"), dispo(1, "SALE", "SPRING"), dispo(2, "WHAT", "SPRING"), dispo(3, "WHAT", "SPRING"), dispo(4, "NI", "AUTUMN"), dispo(5, "HOTLD", "SPRING")} {
		h.hook(s).expect(200)
	}
	a := h.get("/v1/sources/vici/doctor").expect(200).want("source", `"vici"`, "kind", `"vicidial"`, "messages.read", "5", "messages.applied", "4", "messages.parked", "1",
		"messages.refused", "0", "messages.repeats", "1", "messages.older_left_out", "false", "unmapped.0.code", `"WHAT"`, "unmapped.0.count", "2", "unmapped.1", "null",
		"reasons.0.state", `"parked"`, "reasons.0.count", "1", "reasons.1", "null")
	if !strings.Contains(a.at("reasons.0.reason"), "AUTUMN") {
		t.Errorf("%s", a.body)
	}
	for code, level := range map[string]string{"arrived": "ok", "parked": "look", "unmapped": "look", "wrong_zone": "bad", "zone_agrees": "", "refused": ""} {
		if got := h.found("vici", code); got != level {
			t.Errorf("%s is %q, want %q", code, got, level)
		}
	}
	// By the campaign's own mapping the code has a meaning.
	h.do("PUT", "/v1/campaigns/spring", strings.Replace(spring, `"dispositions":[`, `"dispositions":[{"code":"WHAT","category":"refusal"},`, 1)).expect(200)
	h.get("/v1/sources/vici/doctor").want("unmapped.0", "null")
	h.get("/v1/sources/vici/doctor?to=2020-01-01").expect(200).want("messages.read", "0", "from", `"2019-12-25T05:00:00.000Z"`, "to", `"2020-01-01T05:00:00.000Z"`)
	h.get("/v1/sources/vici/doctor?from=2020-01-02&to=2020-01-01").problem(422, "invalid_window", "from")
	h.get("/v1/sources/vici/doctor?from=x").problem(422, "invalid_time", "from")
	h.get("/v1/sources/nobody/doctor").problem(404, "not_found", "source")
}

// TestDoctorMeets: the files of one Asterisk tell of the same calls.
func TestDoctorMeets(t *testing.T) {
	h := newCallCentre(t)
	for _, s := range bothCalls {
		if strings.HasPrefix(s.path, "/hooks/cdr/") {
			h.hook(s).expect(200)
		}
	}
	if level := h.found("cdr", "feeds_never_meet"); level != "bad" {
		t.Errorf("CDRs alone are %q", level)
	}
	for _, s := range bothCalls {
		h.hook(s).expect(200)
	}
	for _, source := range []string{"cdr", "log"} {
		if level := h.found(source, "feeds_meet"); level != "ok" {
			t.Errorf("%s met: %q", source, level)
		}
	}
	if level := h.found("cdr", "zone_agrees"); level != "ok" {
		t.Errorf("the zone of the CDRs: %q", level)
	}
}

func TestSetupOfSource(t *testing.T) {
	h := newCallCentre(t)
	h.do("PUT", "/v1/sources/tw", twilioSource).expect(201)
	h.get("/v1/sources/vici/setup").expect(200).want("steps.0.where", `"Campaign → Start Call URL"`)
	if paste := h.get("/v1/sources/vici/setup").at("steps.1.paste"); !strings.Contains(paste, "http://example.com/hooks/vici/dispo?key=YOUR-SECRET") {
		t.Errorf("paste %s", paste)
	}
	if paste := h.get("/v1/sources/tw/setup").at("steps.0.paste"); !strings.Contains(paste, "https://kpi.example.com/hooks/tw/voice?") {
		t.Errorf("paste %s", paste)
	}
	for _, source := range []string{"vici", "cdr", "log", "tw"} {
		a := h.get("/docs/sources/" + source).expect(200)
		checkStyle(t, a)
		for _, never := range []string{"<script", "style=", "sesame", "12345\"", "<param"} {
			if strings.Contains(string(a.body), never) {
				t.Errorf("the page of %s holds %q", source, never)
			}
		}
		if !strings.Contains(string(a.body), "/hooks/"+source+"/") && !strings.Contains(string(a.body), "--source "+source) {
			t.Errorf("the page of %s names no hook: %s", source, a.body)
		}
		// Twilio signs with its own token, tail reads a file: nothing is put anywhere.
		if told := strings.Contains(string(a.body), "YOUR-SECRET"); told != (source == "vici") {
			t.Errorf("the page of %s: tells where the secret goes %v", source, told)
		}
	}
	h.get("/docs/sources/nobody").problem(404, "not_found", "source")
}
