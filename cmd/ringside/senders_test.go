package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// sender runs a program that dialers themselves use to post. Without it the test
// fails: what it shows cannot be shown otherwise.
func sender(t *testing.T, input, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("install %s: dialers post by it, and this test posts as they do (%v)", name, err)
	}
	command := exec.Command(path, args...)
	command.Stdin = strings.NewReader(input)
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

const (
	sentCDR = `"SPRING","2125550199","5550130001","ctx","","PJSIP/t-0","","Queue","x","2026-11-21 19:02:11","2026-11-21 19:02:15","2026-11-21 19:02:30",19,15,"ANSWERED","DOCUMENTATION","1795287731.7","campaign=SPRING;lead=L7"` + "\n"
	// A contact record as Data Firehose delivers it: base64 of {"ContactId":"c-1",…}.
	sentFirehose = `{"requestId":"r-1","timestamp":1795287731000,"records":[{"data":"eyJDb250YWN0SWQiOiJjLTEiLCJJbml0aWF0aW9uTWV0aG9kIjoiT1VUQk9VTkQiLCJJbml0aWF0aW9uVGltZXN0YW1wIjoiMjAyNi0xMS0yMVQxOTowMjoxMVoiLCJEaXNjb25uZWN0VGltZXN0YW1wIjoiMjAyNi0xMS0yMVQxOTowMjozMFoiLCJEaXNjb25uZWN0UmVhc29uIjoiVEVMRUNPTV9CVVNZIiwiQXR0cmlidXRlcyI6eyJsZWFkSWQiOiJMOSIsImNhbXBhaWduIjoiU1BSSU5HIn19"}]}`
)

// TestRealSenders: what VICIdial's wget and the curl of the set-up pages send arrives
// as they send it, twice as once, and the doctor tells of it.
func TestRealSenders(t *testing.T) {
	folder := t.TempDir()
	p := serveProcess(t, theProgram(t), filepath.Join(folder, "r.db"), filepath.Join(folder, "key"))
	p.ask(201, "PUT", "/v1/campaigns/spring", bankCampaign)
	for ref, source := range map[string]string{
		"vici": `{"kind":"vicidial","time_zone":"America/New_York","auth":{"type":"query_token","name":"k","secret":"s3"},"campaigns":{"SPRING":"spring"}}`,
		"cdr":  `{"kind":"asterisk_cdr","time_zone":"UTC","auth":{"type":"header","secret":"s3"},"campaigns":{"SPRING":"spring"}}`,
		"aws":  `{"kind":"connect","auth":{"type":"firehose","secret":"s3"},"campaigns":{"SPRING":"spring","":"spring"}}`,
	} {
		p.ask(201, "PUT", "/v1/sources/"+ref, source)
	}
	wrong, err := exec.Command("wget", "--no-check-certificate", "-q", "-O-", p.url+"/hooks/vici/noagent?k=no&call_id=V1&campaign=SPRING").CombinedOutput()
	if err == nil {
		t.Errorf("a wrong secret is taken: %s", wrong)
	}
	for range 2 {
		// VICIdial's script puts values as they are into the address, + for a space.
		if out := sender(t, "", "wget", "--no-check-certificate", "-q", "-O-", p.url+"/hooks/vici/noagent?k=s3&lead_id=321&campaign=SPRING&phone_number=2125550142&uniqueid=1795287731.104522&call_id=V1211402110000000321&user=VDAD&status=DROP&last_name=O'Neil+[x]"); !strings.Contains(out, `"accepted":1,"parked":0`) {
			t.Errorf("wget gets %s", out)
		}
		if out := sender(t, sentCDR, "curl", "-sS", "--data-binary", "@-", "-H", "X-Api-Key: s3", p.url+"/hooks/cdr/cdr"); !strings.Contains(out, `"accepted":1,"parked":0`) {
			t.Errorf("curl gets %s", out)
		}
		if out := sender(t, sentFirehose, "curl", "-sS", "--data-binary", "@-", "-H", "Content-Type: application/json", "-H", "X-Amz-Firehose-Access-Key: s3", p.url+"/hooks/aws/records"); !strings.Contains(out, `"requestId":"r-1"`) {
			t.Errorf("curl gets %s", out)
		}
	}
	for ref, want := range map[string]string{"V1211402110000000321": `"disposition":"DROP"`, "1795287731.7": `"lead":"L7"`, "c-1": `"result":"busy"`} {
		if got := string(p.ask(200, "GET", "/v1/campaigns/spring/attempts/"+ref, "").body); !strings.Contains(got, want) {
			t.Errorf("%s is %s, want %s", ref, got, want)
		}
	}
	keyFile := filepath.Join(folder, "key")
	for source, want := range map[string]string{"vici": "1 applied, 0 parked, 0 refused, 1 repeated", "cdr": "other_feed_missing", "aws": "1 messages arrived"} {
		if out, code := ringside(t, "doctor", source, "--url", p.url, "--key-file", keyFile, "--from", "2020-01-01"); code != 0 || !strings.Contains(out, want) {
			t.Errorf("the doctor of %s ends with %d: %s, want %s", source, code, out, want)
		}
	}
	// Nothing had come by then: that is bad.
	if out, code := ringside(t, "doctor", "vici", "--url", p.url, "--key-file", keyFile, "--to", "2020-01-01"); code != 1 || !strings.Contains(out, "bad   nothing_arrived") {
		t.Errorf("the doctor of an empty time ends with %d: %s", code, out)
	}
	if out, code := ringside(t, "doctor", "nobody", "--url", p.url, "--key-file", keyFile); code != 1 || !strings.Contains(out, "no source") {
		t.Errorf("the doctor of nobody ends with %d: %s", code, out)
	}
}
