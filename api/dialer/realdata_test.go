//go:build realdata

package dialer

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The samples of real dialers lie beside the data sets, with the record each of
// them should give.
type sample struct {
	System string          `json:"system"`
	File   string          `json:"file"`
	Expect json.RawMessage `json:"expect"`
}

func samplesDir(t *testing.T) string {
	t.Helper()
	data := os.Getenv("RINGSIDE_TEST_DATA")
	if data == "" {
		t.Fatal("RINGSIDE_TEST_DATA names no folder; set it to the folder of the real data sets")
	}
	return filepath.Join(data, "..", "dialers")
}

// samplesOf returns the samples of a system by file name, in the manifest's order.
func samplesOf(t *testing.T, system string) []sample {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(samplesDir(t), "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct{ Entries []sample }
	if err := json.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	var out []sample
	for _, s := range manifest.Entries {
		if s.System == system {
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		t.Fatalf("the manifest has no samples of %s", system)
	}
	return out
}

// requestOf reads a sample as the request it was captured from; a file that is no
// envelope is posted as it is.
func requestOf(t *testing.T, file string) *Request {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(samplesDir(t), file))
	if err != nil {
		t.Fatal(err)
	}
	var e struct {
		Method, URL, Body string
		Headers           map[string]string
	}
	if filepath.Ext(file) != ".json" || json.Unmarshal(text, &e) != nil || e.Method == "" {
		return &Request{Method: http.MethodPost, Path: "/upload", Header: http.Header{}, Body: text}
	}
	address, err := url.Parse(e.URL)
	if err != nil {
		t.Fatal(err)
	}
	r := &Request{Method: e.Method, Path: address.Path, Query: address.RawQuery, Header: http.Header{}, Body: []byte(e.Body)}
	for name, value := range e.Headers {
		r.Header.Set(name, value)
	}
	return r
}

// expected puts a record of the manifest into the words of wants. A value in
// prose counts up to its first blank or bracket.
func expected(t *testing.T, text json.RawMessage) []map[string]string {
	t.Helper()
	var many []map[string]any
	if json.Unmarshal(text, &many) != nil {
		var one map[string]any
		if err := json.Unmarshal(text, &one); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		many = append(many, one)
	}
	names := map[string]string{"external_id": "call", "campaign_ref": "campaign", "lead_ref": "lead", "agent_ref": "agent", "started_at": "started_at",
		"answered_at": "answered_at", "ended_at": "ended_at", "callback_at": "callback_at", "talk_s": "talk_s", "hold_s": "hold_s", "wrap_s": "wrap_s",
		"queue_wait_s": "queue_wait_s", "result": "result", "amd": "answered_by", "disposition": "disposition", "ended_by": "ended_by"}
	words := map[string]string{"canceled": "cancelled", "congestion": "failed", "invalid_number": "failed", "rejected": "failed", "fax": "machine"}
	var out []map[string]string
	for _, one := range many {
		record := map[string]string{}
		for theirs, ours := range names {
			value, named := one[theirs]
			if !named {
				continue
			}
			switch v := value.(type) {
			case nil:
				record[ours] = ""
			case float64:
				record[ours] = strconv.FormatFloat(v, 'f', -1, 64)
			case string:
				v, _, _ = strings.Cut(v, " (")
				if fields := strings.Fields(v); len(fields) > 0 {
					v = strings.Trim(fields[0], ",;")
				}
				if at, err := time.Parse(time.RFC3339, v); err == nil {
					v = at.UTC().Truncate(time.Millisecond).Format("2006-01-02T15:04:05.999Z")
				}
				if ours == "result" || ours == "answered_by" {
					if better, ok := words[v]; ok {
						v = better
					}
				}
				record[ours] = v
			}
		}
		if abandoned, named := one["abandoned"]; named && abandoned != nil {
			record["abandoned"] = strconv.FormatBool(abandoned.(bool))
		}
		out = append(out, record)
	}
	return out
}

// compareSamples holds the samples of a system to their records. Those of silent
// tell of no dial.
func compareSamples(t *testing.T, s *Source, system string, silent string) {
	t.Helper()
	for _, one := range samplesOf(t, system) {
		if filepath.Ext(one.File) == ".txt" {
			continue // an event socket's text, which nothing posts
		}
		got := merged(t, s, split(t, s.Kind, requestOf(t, one.File)))
		if strings.HasPrefix(one.File, silent) {
			if len(got) != 0 {
				t.Errorf("%s tells of no dial, yet gives %v", one.File, got)
			}
			continue
		}
		for _, want := range expected(t, one.Expect) {
			compareSample(t, s, one.File, got, want)
		}
	}
}

// compareSample holds an attempt to the record the manifest expects. What the
// manifest calls 0 where nobody talked we leave out: nothing was measured.
func compareSample(t *testing.T, s *Source, file string, got map[string]map[string]string, want map[string]string) {
	t.Helper()
	record := got[want["call"]]
	if record == nil {
		t.Errorf("%s: no attempt %q in %v", file, want["call"], got)
		return
	}
	for name, value := range want {
		switch {
		case name == "call":
			continue
		case name == "abandoned":
			status, _ := s.Status(record["disposition"])
			dropped := status.Category.String() == "abandoned" ||
				record["answered_by"] == "human" && record["ended_by"] == "customer" && record["agent"] == "" && record["connected_at"] == ""
			if strconv.FormatBool(dropped) != value {
				t.Errorf("%s: abandoned is %v, want %s", file, dropped, value)
			}
			continue
		case name == "lead" && value == "":
			continue // what stands in is ours to choose
		case value == "0" && record[name] == "":
			continue
		case name == "answered_by" && value == "":
			continue // not known from the message; what its code proves may say it
		}
		if record[name] == "" && name == "lead" {
			record[name] = record["stand_in"]
		}
		if record[name] != value {
			t.Errorf("%s: %s is %q, want %q", file, name, record[name], value)
		}
	}
}
