//go:build realdata

package api_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// captured is a sample as it was captured, or a file that a forwarder posts.
type captured struct {
	file, system string
	sent
	header []string
	expect []map[string]any
}

// samples reads the samples of the systems that are understood, with what the
// manifest expects of each.
func samples(t *testing.T) (all []captured) {
	dir := filepath.Join(os.Getenv("RINGSIDE_TEST_DATA"), "..", "dialers")
	read := func(name string) []byte {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	var manifest struct {
		Entries []struct {
			System, File string
			Expect       json.RawMessage
		}
	}
	if err := json.Unmarshal(read("manifest.json"), &manifest); err != nil {
		t.Fatal(err)
	}
	sources := map[string]string{"asterisk/Master.csv": "cdr", "asterisk/amd-Master.csv": "cdr", "asterisk/queue_log": "log", "asterisk/amd-queue_log": "log"}
	for _, e := range manifest.Entries {
		one := captured{file: e.File, system: e.System}
		var single map[string]any
		if json.Unmarshal(e.Expect, &single) == nil {
			one.expect = append(one.expect, single)
		} else if e.Expect[0] == '[' {
			if err := json.Unmarshal(e.Expect, &one.expect); err != nil {
				t.Fatal(err)
			}
		}
		var envelope struct {
			Method, URL, Body string
			Headers           map[string]string
		}
		text := read(e.File)
		source := sources[e.File]
		switch {
		case source != "":
			one.sent = sent{method: "POST", path: "/hooks/" + source + "/file", contentType: "text/plain", body: string(text), token: "pbx"}
		case strings.HasSuffix(e.File, ".tsv"):
			one.sent = sent{method: "POST", path: "/hooks/vicidial/file?k=LABTOKEN", contentType: "text/plain", body: string(text)}
		case e.System == "neutral" || e.System == "other" || e.System == "asterisk" || strings.HasSuffix(e.File, ".txt"):
			continue // systems to come, and what no dialer posts
		case json.Unmarshal(text, &envelope) == nil && envelope.Method != "":
			address, err := url.Parse(envelope.URL)
			if err != nil {
				t.Fatal(err)
			}
			path := address.RequestURI()
			switch {
			case e.System == "connect":
				path = "/hooks/connect/x"
			case !strings.HasPrefix(path, "/hooks/"): // the printed example of a URL to anywhere
				path = "/hooks/" + e.System + path + "&k=LABTOKEN"
			}
			one.sent = sent{method: envelope.Method, path: path, body: envelope.Body}
			for name, value := range envelope.Headers {
				one.header = append(one.header, name, value)
			}
		default:
			one.sent = sent{method: "POST", path: "/hooks/connect/x", body: string(text)}
			one.header = []string{"X-Amz-Firehose-Access-Key", "fh-lab-access-key"}
		}
		all = append(all, one)
	}
	return all
}

// TestSamplesOverHTTP posts every sample as it was captured, twice and in a random
// order, and holds what is stored to the manifest.
func TestSamplesOverHTTP(t *testing.T) {
	all := samples(t)
	for range 4 {
		h := newSpring(t)
		const into = `"campaigns":{"":"spring","SPRING":"spring","SPRING-SAVERS":"spring","SPRING_SAVERS":"spring","b1c2d3e4-0000-4000-8000-00000000c0de":"spring","8111001":"spring"}`
		for ref, body := range map[string]string{
			"vicidial":   `"kind":"vicidial","time_zone":"America/New_York","auth":{"type":"query_token","name":"k","secret":"LABTOKEN"}`,
			"twilio":     `"kind":"twilio","public_url":"https://kpi.example.com","auth":{"type":"twilio","secret":"f0e1d2c3b4a5968778695a4b3c2d1e0f"}`,
			"freeswitch": `"kind":"freeswitch","auth":{"type":"basic","user":"kpi","secret":"lab"}`,
			"connect":    `"kind":"connect","auth":{"type":"firehose","secret":"fh-lab-access-key"}`,
			"cdr":        `"kind":"asterisk_cdr","time_zone":"UTC",` + pbxAuth,
			"log":        `"kind":"asterisk_queue_log",` + pbxAuth,
		} {
			h.do("PUT", "/v1/sources/"+ref, "{"+body+","+into+"}").expect(201)
		}
		twice := append(append([]captured{}, all...), all...)
		rand.Shuffle(len(twice), func(i, j int) { twice[i], twice[j] = twice[j], twice[i] })
		for _, one := range twice {
			status := 200
			if strings.Contains(one.file, "/9") {
				status = 403
			}
			h.hook(one.sent, one.header...).expect(status)
		}
		for _, source := range []string{"vicidial", "twilio", "freeswitch", "connect", "cdr", "log"} {
			for _, m := range h.get("/v1/sources/" + source + "/messages?limit=1000").json()["messages"].([]any) {
				t.Logf("%s parked: %v", source, m.(map[string]any)["reason"])
			}
		}
		h.holdSamples(all)
		h.verify("spring")
	}
}

// holdSamples compares the attempts with all that the manifest says of them. Of two
// results of one call the files know the one, the manager interface the other.
func (h *house) holdSamples(all []captured) {
	fromFiles := map[string]string{"1795340463.67": "failed", "1795340463.56": "no_answer"}
	words := map[string]string{"canceled": "cancelled", "congestion": "failed", "invalid_number": "failed", "rejected": "failed"}
	names := map[string]string{"agent_ref": "agent", "started_at": "started_at", "ended_at": "ended_at", "talk_s": "talk_s", "wrap_s": "wrap_s",
		"queue_wait_s": "queue_wait_s", "hold_s": "hold_s", "result": "result", "disposition": "disposition", "ended_by": "ended_by", "amd": "answered_by"}
	checked := 0
	for _, one := range all {
		for _, want := range one.expect {
			call, _ := want["external_id"].(string)
			got := h.get("/v1/campaigns/spring/attempts/" + url.PathEscape(call))
			if got.status == 404 {
				if want["result"] != nil && !strings.Contains(one.file, "genuine") {
					h.Errorf("%s: there is no attempt %s", one.file, call)
				}
				continue
			}
			if _, began, told := strings.Cut(fmt.Sprint(want["event"]), "wrapup started at "); told {
				if checked++; strings.Trim(got.at("wrap_began_at"), `"`) != began {
					h.Errorf("%s: %s began its wrap-up at %s, want %s", one.file, call, got.at("wrap_began_at"), began)
				}
			}
			for theirs, ours := range names {
				text, _, _ := strings.Cut(fmt.Sprint(want[theirs]), " (")
				if at, err := time.Parse(time.RFC3339, text); err == nil {
					text = at.UTC().Format("2006-01-02T15:04:05.000Z")
				}
				if words[text] != "" {
					text = words[text]
				}
				if ours == "result" && fromFiles[call] != "" {
					text = fromFiles[call]
				}
				is := strings.Trim(got.at(ours), `"`)
				if want[theirs] == nil || text == "0" && is == "null" {
					continue // not known from this message alone, or nothing was measured
				}
				if checked++; is != text {
					h.Errorf("%s: %s of %s is %s, want %s", one.file, ours, call, is, text)
				}
			}
		}
	}
	if checked < 100 {
		h.Errorf("only %d values were compared", checked)
	}
}
