package dialer

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"
)

// boundBytes is the size of the inputs of TestBound, and boundMost what the least
// patient dialer can wait for one of them.
const (
	boundBytes = 1 << 20
	boundMost  = 100 * time.Millisecond
)

// fill repeats a text up to the size of the inputs, between two others.
func fill(begin, text, end string) string {
	return begin + strings.Repeat(text, max(0, boundBytes-len(begin)-len(end))/len(text)) + end
}

// numbered is fill with a number in place of %d.
func numbered(begin, text, end string) string {
	var b strings.Builder
	for b.WriteString(begin); b.Len() < boundBytes-100; {
		fmt.Fprintf(&b, text, b.Len())
	}
	return b.String() + end
}

// nasty are bodies of a megabyte that a careless reader would be long at.
func nasty() map[string]string {
	line := cdrLine("1795340449.0", "Queue", "2026-11-22 09:40:49", "2026-11-22 09:40:51", "2026-11-22 09:40:58", "ANSWERED", "campaign=S;lead=88101")
	event := "1795340458|1795340449.%d|Q|a1|COMPLETEAGENT|1|6|1\n"
	long := strings.Repeat("n", boundBytes/2)
	wide := strings.Repeat("c\t", 500)
	records := func(of string) string {
		return fill(`{"requestId":"r","records":[`, `{"data":"`+of+`"},`, `{"data":""}]}`)
	}
	return map[string]string{
		"deep arrays":        strings.Repeat("[", boundBytes),
		"deep objects":       fill("", `{"a":`, ""),
		"deep variables":     fill(`{"variables":`, `{"a":`, ""),
		"empty arrays":       fill("[", "[],", "[]]"),
		"nulls":              fill(`{"a":[`, "null,", "null]}"),
		"empty objects":      fill("", "{}", ""),
		"numbers":            fill("", "1 ", ""),
		"members":            numbered(`{"variables":{"uuid":"u","direction":"outbound"`, `,"v%d":""`, "}}"),
		"members alike":      fill(`{"uuid":"u"`, `,"v":""`, "}"),
		"a long name":        `{"` + long + `":{"a":1` + strings.Repeat(`,"b":[1,2,3]`, 30_000) + `}}`,
		"a long value":       `{"ContactId":"` + long + `","InitiationMethod":"API","call":"` + long + `"}`,
		"escapes":            fill(`{"call":"`, `\u00e9`, `"}`),
		"fields":             numbered("call=1", "&f%d=1", ""),
		"fields alike":       fill("call=1", "&a=1", ""),
		"a long field":       fill("call_id=V1&campaign=", "%41", ""),
		"a broken field":     fill("call_id=V1&campaign=", "%zz", ""),
		"a call of letters":  fill("call=1&agent=", "é", "&talk_s="),
		"digits":             fill("call=1&started_at=1&talk_s=", "1", ""),
		"base64":             "cdr=" + base64.StdEncoding.EncodeToString([]byte(fill(`{"variables":{`, `"a":"b",`, `"a":"b"}}`)[:boundBytes*3/4])),
		"base64 of nothing":  fill("cdr=", "A", ""),
		"escaped":            "cdr=" + url.QueryEscape(numbered(`{"variables":{"a":""`, `,"%d":"%%"`, "}}")[:boundBytes*2/5]),
		"tags":               fill("<cdr><variables>", "<a/>", "</variables></cdr>"),
		"deep tags":          fill("", "<a>", ""),
		"attributes":         numbered("<cdr ", `a%d="" `, "></cdr>"),
		"a value in pieces":  fill("<cdr><variables><a>", "x<!---->", "</a></variables></cdr>"),
		"entities":           fill("<cdr><variables><a>", "&amp;", "</a></variables></cdr>"),
		"tags of variables":  numbered("<cdr><variables>", "<v%d>x</v%[1]d>", "</variables></cdr>"),
		"short lines":        fill("", "x\n", ""),
		"blank lines":        fill("", "\n", ""),
		"a long line":        fill("", "x", "\n"),
		"lines of records":   fill("", line, ""),
		"lines of events":    numbered("", event, ""),
		"lines of commas":    fill("", strings.Repeat(",", 40)+"\n", ""),
		"lines of quotes":    fill("", strings.Repeat(`"`, 60_000)+"\n", ""),
		"lines of bars":      fill("", strings.Repeat("|", 40)+"\n", ""),
		"a user field":       fill("", strings.TrimSuffix(cdrLine("1795340449.0", "", "2026-11-22 09:40:49", "", "2026-11-22 09:40:49", "BUSY", strings.Repeat("a=;", 20_000)), "\n")+"\n", ""),
		"a table":            numbered(vicidialLogHeader, "17952877%d.1\t321\t998\tS\t2026-11-21 14:02:11\t1795287731\t1795287909\t178\tSALE\t1\t2125550142\t1001\tAGENT\n", ""),
		"a table of nothing": fill("a\tb\n", "\t\n", ""),
		"a long header":      long + "\tb\n" + strings.Repeat("x\n", boundBytes/4),
		"a wide header":      fill(wide+"\n", wide+"\n", ""),
		"a wide short table": fill(wide+"\n", "x\ty\n", ""),
		"records of nothing": records(""),
		"records of objects": records(base64.StdEncoding.EncodeToString([]byte(`{"ContactId":"c-1","InitiationMethod":"API"}`))),
		"a record of many":   `{"requestId":"r","records":[{"data":"` + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("{}", boundBytes*3/8-50))) + `"}]}`,
		"zeros":              strings.Repeat("\x00", boundBytes),
		"no text":            strings.Repeat("\xff", boundBytes),
	}
}

// boundSeconds is the processor's time of this process so far.
func boundSeconds(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// readWhole is all that is done with a request before anything is stored: its sender
// proved, cut, and each message read and placed.
func readWhole(s *Source, r *Request) (messages, said int) {
	proof := &Proof{Header: r.Header, URL: "https://x/hooks/s", Body: r.Body}
	if s.Auth.Type == BodyToken {
		proof.Params = Params(r)
	}
	s.Auth.Proves(proof)
	r.Body = s.Auth.BodyWithoutSecret(r.Body)
	if s.Kind.Answer != nil {
		s.Kind.Answer(r, 0)
	}
	all, err := s.Kind.Split(r)
	if err != nil {
		all = []Message{whole(r)}
	}
	for _, m := range all {
		reading := s.Kind.Read(s, m)
		if reading.Silent == "" {
			if _, ok := reading.Place(s, m.ReceivedMs); ok {
				said++
			}
		}
	}
	return len(all), said
}

// TestBound: no input of a megabyte keeps any decoder longer than the bound. Of
// several tries the processor's time of the quickest counts, so that what else the
// machine does does not matter.
func TestBound(t *testing.T) {
	types := []string{"", "application/x-www-form-urlencoded", "application/json", "application/x-www-form-base64-encoded", "application/x-www-form-plaintext", "text/xml"}
	for name, body := range nasty() {
		if len(body) > boundBytes+200 || len(body) < boundBytes/3 {
			t.Errorf("%s has %d bytes", name, len(body))
		}
		for _, k := range Kinds {
			s := &Source{Kind: k, Zone: time.UTC, Auth: Auth{Type: BodyToken, Name: "token", Secret: "s3"}}
			if k == Twilio {
				s.Auth = Auth{Type: TwilioSignature, Secret: "s3"}
			}
			for _, kind := range types {
				if kind != "" && k != FreeSWITCH && (kind != "application/json" || k.Split == nil) {
					continue
				}
				var best time.Duration
				for try := range 5 {
					header := http.Header{"Content-Type": {kind}, "X-Twilio-Signature": {"AAAA"}}
					before := boundSeconds(t)
					messages, said := readWhole(s, &Request{Method: "POST", Path: "/x", Header: header, Body: []byte(body)})
					took := boundSeconds(t) - before
					if try == 0 && testing.Verbose() {
						t.Logf("%s %s %s: %s, %d messages, %d said", k.Name, name, kind, took, messages, said)
					}
					if best = took; best <= boundMost {
						break
					}
				}
				if best > boundMost {
					t.Errorf("%s takes %s for %s as %q, at most %s are granted", k.Name, best, name, kind, boundMost)
				}
			}
		}
	}
}
