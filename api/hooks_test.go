package api_test

import (
	"bytes"
	"compress/gzip"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"net/url"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	viciSource = `{"kind":"vicidial","time_zone":"America/New_York","auth":{"type":"query_token","name":"key","secret":"op+en sesame"},
		"campaigns":{"SPRING":"spring"},"statuses":{"HOTLD":{"category":"interested","result":"answered","answered_by":"human"}}}`
	viciKey      = "&key=op%2Ben+sesame"
	twilioSource = `{"kind":"twilio","public_url":"https://kpi.example.com/","auth":{"type":"twilio","secret":"12345"},"campaigns":{"SPRING":"spring"}}`
	pbxAuth      = `"auth":{"type":"header","secret":"pbx"}`
)

// sent is a request to a hook, with what the house's own requests carry left out.
type sent struct{ method, path, contentType, body, token string }

func (h *house) hook(s sent, header ...string) *answer {
	h.Helper()
	var body any
	if s.body != "" {
		body = s.body
	}
	return h.do(s.method, s.path, body, append([]string{"Authorization", "", "Content-Type", s.contentType, "X-Api-Key", s.token}, header...)...)
}

// hookAtOnce sends everything at the same time.
func (h *house) hookAtOnce(all []sent) {
	h.Helper()
	var senders sync.WaitGroup
	for _, s := range all {
		senders.Go(func() {
			r := httptest.NewRequest(s.method, s.path, strings.NewReader(s.body))
			r.Header.Set("Content-Type", s.contentType)
			r.Header.Set("X-Api-Key", s.token)
			w := httptest.NewRecorder()
			if h.Server.ServeHTTP(w, r); w.Code != 200 || !strings.Contains(w.Body.String(), `"parked":0`) {
				h.Errorf("%s: %d %s", s.path, w.Code, w.Body)
			}
		})
	}
	senders.Wait()
}

func vici(path string) sent { return sent{method: "GET", path: "/hooks/vici/" + path + viciKey} }

// facts are the campaign's attempts that are not void, as they are read back, in
// order of ref, and a figure or two.
func (h *house) facts(campaignRef string, refs ...string) string {
	h.Helper()
	var out []string
	for _, ref := range refs {
		a := h.get("/v1/campaigns/" + campaignRef + "/attempts/" + ref)
		if a.status == 404 {
			continue
		}
		said := a.expect(200).json()
		for _, name := range []string{"id", "versions", "updated_at", "void"} {
			delete(said, name)
		}
		out = append(out, fmt.Sprint(said))
	}
	sort.Strings(out)
	out = slices.Compact(out)
	report := h.get("/v1/campaigns/" + campaignRef + "/kpis?from=2026-11-01&to=2026-12-01&kpi=dials,leads,contact_rate,talk_time,sales,net_sales,caller_hangup_rate,answer_rate")
	return strings.Join(append(out, report.expect(200).at("kpis")), "\n")
}

func (h *house) verify(campaignRef string) {
	h.Helper()
	if v, err := h.store.Verify(h.Context(), campaignRef, nil); err != nil || v.Differing > 0 {
		h.Fatalf("verify: %v %+v", err, v)
	}
}

func TestSourceIsPutAndRead(t *testing.T) {
	h := newSpring(t)
	h.do("PUT", "/v1/sources/vici", viciSource).expect(201).want("ref", `"vici"`, "kind", `"vicidial"`, "auth.secret", "null", "auth.name", `"key"`,
		"hook", `"/hooks/vici/"`, "statuses.HOTLD.category", `"interested"`, "campaigns.SPRING", `"spring"`, "public_url", "null")
	// Without a secret the stored one stays.
	h.do("PUT", "/v1/sources/vici", strings.Replace(viciSource, `,"secret":"op+en sesame"`, "", 1)).expect(200).want("auth.secret", "null")
	h.hook(vici("start?call_id=V1&uniqueid=1795287731.1&campaign=SPRING&lead_id=1&user=7")).expect(200).want("accepted", "1", "parked", "0")
	h.get("/v1/sources/vici").expect(200).want("time_zone", `"America/New_York"`)
	h.get("/v1/sources").expect(200).want("sources.0.ref", `"vici"`, "sources.1", "null")
	h.get("/v1/sources/x").problem(404, "not_found", "source")
	for _, page := range []string{"/v1/sources", "/v1/sources/vici", "/v1/sources/vici/messages?state=applied"} {
		if body := string(h.get(page).expect(200).body); strings.Contains(body, "sesame") {
			t.Errorf("%s shows the secret: %s", page, body)
		}
	}
	if strings.Contains(h.log.String(), "sesame") {
		t.Error("the log holds the secret")
	}
	for _, c := range []struct{ body, code, field string }{
		{`{}`, "missing_field", "kind"},
		{`{"kind":"genesys"}`, "unsupported_kind", "kind"},
		{`{"kind":"five9"}`, "invalid_choice", "kind"},
		{`{"kind":"vicidial",` + pbxAuth + `}`, "zone_needed", "time_zone"},
		{`{"kind":"vicidial","time_zone":"Mars",` + pbxAuth + `}`, "invalid_zone", "time_zone"},
		{`{"kind":"twilio"}`, "missing_field", "auth"},
		{`{"kind":"twilio","auth":{"type":"magic"}}`, "invalid_choice", "auth.type"},
		{`{"kind":"twilio","auth":{"type":"twilio"}}`, "invalid_secret", "auth.secret"},
		{`{"kind":"twilio","public_url":"example.com",` + pbxAuth + `}`, "invalid_address", "public_url"},
		{`{"kind":"twilio","fields":{"call":"id"},` + pbxAuth + `}`, "unmappable_field", "fields.call"},
		{`{"kind":"mapped","time_zone":"UTC","fields":{"caller":"id"},` + pbxAuth + `}`, "unmappable_field", "fields.caller"},
		{`{"kind":"twilio","campaigns":{"S":"a b"},` + pbxAuth + `}`, "invalid_ref", "campaigns.S"},
		{`{"kind":"twilio","statuses":{"S":{"category":"won"}},` + pbxAuth + `}`, "invalid_choice", "statuses.S.category"},
		{`{"kind":"twilio","statuses":{"S":{"category":"sale","result":"won"}},` + pbxAuth + `}`, "invalid_choice", "statuses.S.result"},
		{`{"kind":"twilio","statuses":{"S":{"category":"sale","colour":"red"}},` + pbxAuth + `}`, "unknown_field", "statuses.S.colour"},
		{`{"kind":"twilio","colour":"red",` + pbxAuth + `}`, "unknown_field", "colour"},
	} {
		h.do("PUT", "/v1/sources/bad", c.body).problem(422, c.code, c.field)
	}
	h.do("PUT", "/v1/sources/a%20b", viciSource).problem(422, "invalid_ref", "source")
	h.do("PUT", "/v1/campaigns/spring", strings.Replace(spring, "{", `{"codes":{},`, 1)).problem(422, "unknown_field", "codes")
}

// twilioSigned signs a form as Twilio does: the address, then names and values in
// order of name.
func twilioSigned(path, form string) (s sent, signature string) {
	values, _ := url.ParseQuery(form)
	text := "https://kpi.example.com" + path
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		text += name + values.Get(name)
	}
	mac := hmac.New(sha1.New, []byte("12345"))
	mac.Write([]byte(text))
	return sent{method: "POST", path: path, contentType: "application/x-www-form-urlencoded", body: form}, base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func TestTwilioLifeInAnyOrder(t *testing.T) {
	const path = "/hooks/tw/voice?campaign=SPRING&lead=88101"
	form := func(status, sequence, at, more string) string {
		return "CallSid=CA11&Direction=outbound-api&To=%2B551155550112&CallStatus=" + status + "&SequenceNumber=" + sequence + "&Timestamp=" + url.QueryEscape("Sat, 21 Nov 2026 "+at+" +0000") + more
	}
	life := []string{form("initiated", "0", "14:02:11", ""), form("ringing", "1", "14:02:13", ""), form("in-progress", "2", "14:02:19", ""),
		form("completed", "3", "14:03:08", "&CallDuration=49"), "CallSid=CA11&AnsweredBy=human"}
	for range 4 {
		h := newSpring(t)
		h.do("PUT", "/v1/sources/tw", twilioSource).expect(201)
		all := append(slices.Clone(life), life...)
		rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for _, body := range all {
			s, signature := twilioSigned(path, body)
			h.hook(s, "X-Twilio-Signature", signature).expect(200).want("accepted", "1", "parked", "0")
			h.hook(s, "X-Twilio-Signature", signature[1:]).problem(403, "wrong_sender", "")
			s.body += "&x=1"
			h.hook(s, "X-Twilio-Signature", signature).problem(403, "wrong_sender", "")
		}
		h.get("/v1/campaigns/spring/attempts/CA11").expect(200).want("lead", `"88101"`, "result", `"answered"`, "answered_by", `"human"`, "phone", `"+551155550112"`,
			"started_at", `"2026-11-21T14:02:11.000Z"`, "answered_at", `"2026-11-21T14:02:19.000Z"`, "ended_at", `"2026-11-21T14:03:08.000Z"`,
			"talk_s", "null", "queue_wait_s", "null", "dialer", "null")
		h.get("/v1/campaigns/spring/kpis?from=2026-11-01&to=2026-12-01&kpi=dials").want("kpis.0.numerator", "1")
		if kept := h.get("/v1/sources/tw/messages?state=applied").expect(200); kept.at("messages.4.repeats") != "1" || kept.at("messages.5") != "null" {
			t.Errorf("kept: %s", kept.body)
		}
		h.verify("spring")
	}
}

func TestWrongSenderLeavesNothing(t *testing.T) {
	h := newSpring(t)
	h.do("PUT", "/v1/sources/vici", viciSource).expect(201)
	h.do("PUT", "/v1/sources/pbx", `{"kind":"asterisk_queue_log","auth":{"type":"basic","user":"pbx","secret":"s3"}}`).expect(201)
	for _, s := range []sent{
		{method: "GET", path: "/hooks/vici/x?call_id=V1&uniqueid=1.1&campaign=SPRING"},
		{method: "GET", path: "/hooks/vici/x?call_id=V1&uniqueid=1.1&campaign=SPRING&key=wrong"},
		{method: "GET", path: "/hooks/vici/x?call_id=V1&uniqueid=1.1&campaign=SPRING", token: "wrong"},
	} {
		h.hook(s).problem(403, "wrong_sender", "")
	}
	if a := h.hook(sent{method: "POST", path: "/hooks/pbx/log", body: "x"}).problem(401, "wrong_sender", ""); !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Basic ") {
		t.Error("no challenge")
	}
	h.hook(sent{method: "GET", path: "/hooks/nobody/x"}).problem(404, "not_found", "source")
	for _, source := range []string{"vici", "pbx"} {
		for _, state := range []string{"applied", "parked", "refused"} {
			h.get("/v1/sources/"+source+"/messages?state="+state).expect(200).want("messages", "[]")
		}
	}
	// The token in the common header is as good.
	h.hook(sent{method: "GET", path: "/hooks/vici/x?call_id=V1&uniqueid=1795287731.1&campaign=SPRING&user=1", token: "op+en sesame"}).expect(200).want("accepted", "1")
	h.get("/v1/sources/vici/messages?state=maybe").problem(422, "invalid_choice", "state")
}

// The messages about two calls: one that a fronter passed to a closer, told by URLs
// and by a log, and one that was abandoned in the queue, told by CDRs and queue_log.
var (
	viciCommon = "lead_id=321&vendor_lead_code=CRM-1&campaign=SPRING&list_id=998&phone_number=2125550142&uniqueid=1795287731.104522&"
	bothCalls  = []sent{
		vici("start?" + viciCommon + "call_id=V1211402110000000321&user=1001&epoch=1795287739"),
		vici("dispo?" + viciCommon + "call_id=V1211402110000000321&user=1001&dispo=XFER&talk_time=40&epoch=1795287780"),
		vici("dispo?" + viciCommon + "call_id=J1211403000000000321&closecallid=55&user=1002&dispo=SALE&talk_time=143&term_reason=CALLER&epoch=1795287925"),
		vici("dispo?lead_id=321&campaign=SPRING&uniqueid=1795287731.104522&user=1002&dispo=SALE&talk_time=143&epoch=1795287925"),
		{method: "POST", path: "/hooks/vici/table?x=1" + viciKey, contentType: "text/plain", body: "uniqueid\tlead_id\tcampaign_id\tstart_epoch\tend_epoch\tlength_in_sec\tstatus\tphone_number\tuser\tterm_reason\n" +
			"1795287731.104522\t321\tSPRING\t1795287731\t1795287909\t178\tSALE\t2125550142\t1001\tAGENT\n"},
		{method: "POST", path: "/hooks/cdr/x", token: "pbx", contentType: "text/csv", body: `"SPRING","2125550199","5550130001","ctx","","PJSIP/t-0","","Queue","x","2026-11-22 09:41:19","2026-11-22 09:41:21","2026-11-22 09:41:30",9,7,"NO ANSWER","DOCUMENTATION","1795340479.104","lead=88107"` + "\n" +
			`"SPRING","2125550199","5550130001","ctx","","PJSIP/t-0","","Queue","x","2026-11-22 09:41:26","2026-11-22 09:41:26","2026-11-22 09:41:30",9,7,"NO ANSWER","DOCUMENTATION","1795340479.104","lead=88107"` + "\n"},
		{method: "POST", path: "/hooks/log/x", token: "pbx", contentType: "text/plain", body: "1795340481|1795340479.104|spring|NONE|ENTERQUEUE||2125550199|1\n"},
		{method: "POST", path: "/hooks/log/x", token: "pbx", contentType: "text/plain", body: "1795340490|1795340479.104|spring|NONE|ABANDON|1|1|9\n"},
	}
)

func newCallCentre(t testing.TB) *house {
	h := newSpring(t)
	h.do("PUT", "/v1/sources/vici", viciSource).expect(201)
	h.do("PUT", "/v1/sources/cdr", `{"kind":"asterisk_cdr","time_zone":"UTC","campaigns":{"SPRING":"spring"},`+pbxAuth+`}`).expect(201)
	h.do("PUT", "/v1/sources/log", `{"kind":"asterisk_queue_log",`+pbxAuth+`}`).expect(201)
	return h
}

// TestOneCallOneAttempt: whatever comes first, and however often, the same calls
// come out, each an attempt, one of them a sale.
func TestOneCallOneAttempt(t *testing.T) {
	refs := []string{"V1211402110000000321", "J1211403000000000321", "1795287731.104522", "1795340479.104"}
	first := ""
	for i := range 12 {
		h := newCallCentre(t)
		all := slices.Clone(bothCalls)
		if i > 0 {
			all = append(all, bothCalls[:rand.IntN(len(bothCalls))]...)
			rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		}
		var order []string
		for _, s := range all {
			order = append(order, s.path)
			if i%3 < 2 {
				h.hook(s).expect(200).want("parked", "0")
			}
		}
		if i%3 == 2 {
			h.hookAtOnce(all)
		}
		facts := h.facts("spring", refs...)
		if first == "" {
			first = facts
			h.get("/v1/campaigns/spring/attempts/1795287731.104522").expect(200).want("ref", `"V1211402110000000321"`, "disposition", `"SALE"`, "talk_s", "143",
				"dialer", `"vici"`, "lead", `"CRM-1"`, "read_as.category", `"sale"`)
			h.get("/v1/campaigns/spring/attempts/1795340479.104").expect(200).want("ended_by", `"customer"`, "answered_by", `"human"`, "queue_wait_s", "9", "lead", `"88107"`)
			h.get("/v1/campaigns/spring/kpis?from=2026-11-01&to=2026-12-01&kpi=dials,sales,leads_dialed").want("kpis.dials.numerator", "2", "kpis.sales.numerator", "1", "kpis.leads_dialed.numerator", "2")
		}
		if facts != first {
			t.Fatalf("in the order %s\n%s\nwant\n%s", strings.Join(order, "\n"), facts, first)
		}
		h.verify("spring")
	}
}

func TestVICIdialTwice(t *testing.T) {
	h := newCallCentre(t)
	for range 2 {
		h.hook(vici("noagent?"+viciCommon+"call_id=V7&user=VDAD&status=DROP")).expect(200).want("accepted", "1", "parked", "0")
	}
	h.get("/v1/campaigns/spring/attempts/V7").expect(200).want("versions", h.get("/v1/campaigns/spring/attempts/V7").at("versions"), "read_as.category", `"abandoned"`)
	h.get("/v1/sources/vici/messages?state=applied").want("messages.0.repeats", "1", "messages.1", "null", "messages.0.campaign", `"spring"`)
	// A lead that was loaded is a lead.
	h.hook(vici("lead?lead_id=77&campaign=SPRING&entry_date=2026-11-02+09:15:44&first_name=Ann")).expect(200).want("accepted", "1")
	h.get("/v1/campaigns/spring/leads/77").expect(200).want("generated_at", `"2026-11-02T14:15:44.000Z"`, "name", `"Ann"`)
	h.verify("spring")
}

// TestMeaningOfCodes: the campaign's mapping, the source's, the kind's, none; and a
// source that changes its mind.
func TestMeaningOfCodes(t *testing.T) {
	h := newCallCentre(t)
	for i, code := range []string{"NO", "HOTLD", "CALLBK", "WHAT"} {
		h.hook(vici(fmt.Sprintf("dispo?lead_id=%d&campaign=SPRING&uniqueid=179528773%d.1&call_id=V%d&user=1001&dispo=%s", i, i, i, code))).expect(200)
	}
	category := func(ref, want string) {
		t.Helper()
		h.get("/v1/campaigns/spring/attempts/"+ref).want("read_as.category", `"`+want+`"`)
	}
	category("V0", "refusal")
	category("V1", "interested")
	category("V2", "callback")
	category("V3", "none")
	h.do("PUT", "/v1/sources/vici", strings.Replace(viciSource, `"interested","result"`, `"sale","result"`, 1)).expect(200)
	category("V1", "sale")
	h.get("/v1/campaigns/spring/kpis?from=2026-11-01&to=2026-12-01&kpi=sales").want("kpis.0.numerator", "1")
	h.verify("spring")
	// A changed campaign does not forget them.
	h.do("PUT", "/v1/campaigns/spring", strings.Replace(spring, `"dispositions":[`, `"dispositions":[{"code":"WHAT","category":"wrong_party"},`, 1)).expect(200).want("codes", "null")
	category("V1", "sale")
	category("V3", "wrong_party")
	h.verify("spring")
}

func TestParkedMendedReplayed(t *testing.T) {
	lost := strings.Replace(viciSource, `"campaigns":{"SPRING":"spring"},`, "", 1)
	h, straight := newSpring(t), newSpring(t)
	h.do("PUT", "/v1/sources/vici", lost).expect(201)
	straight.do("PUT", "/v1/sources/vici", viciSource).expect(201)
	for _, s := range bothCalls[:5] {
		h.hook(s).expect(200).want("accepted", "0", "parked", "1")
		h.hook(s).expect(200).want("accepted", "0", "parked", "1")
		straight.hook(s).expect(200).want("accepted", "1")
	}
	h.hook(vici("nothing?campaign=SPRING")).want("parked", "1")
	parked := h.get("/v1/sources/vici/messages").expect(200).want("messages.0.state", `"parked"`, "messages.0.repeats", "1", "messages.6", "null")
	if reason := parked.at("messages.0.reason"); !strings.Contains(reason, "POST /v1/sources/vici/replay") {
		t.Error(reason)
	}
	page := h.get("/v1/sources/vici/messages?limit=4").expect(200)
	h.get("/v1/sources/vici/messages?limit=4&cursor="+strings.Trim(page.at("next"), `"`)).expect(200).want("messages.1.reason", parked.at("messages.5.reason"), "messages.2", "null", "next", "null")
	h.do("POST", "/v1/sources/vici/replay", nil).expect(200).want("read", "6", "applied", "0", "parked", "6")
	h.do("PUT", "/v1/sources/vici", viciSource).expect(200)
	h.do("POST", "/v1/sources/vici/replay", nil).expect(200).want("read", "6", "applied", "5", "parked", "1", "refused", "0")
	h.get("/v1/sources/vici/messages").expect(200).want("messages.1", "null")
	refs := []string{"V1211402110000000321", "1795287731.104522", "J1211403000000000321"}
	want := straight.facts("spring", refs...)
	if got := h.facts("spring", refs...); got != want {
		t.Errorf("replayed:\n%s\nfrom the start:\n%s", got, want)
	}
	h.do("POST", "/v1/sources/vici/replay?state=applied", nil).expect(200).want("read", "5", "applied", "5", "parked", "0")
	if got := h.facts("spring", refs...); got != want {
		t.Errorf("replayed twice:\n%s\nfrom the start:\n%s", got, want)
	}
	h.verify("spring")
}

func TestFirehose(t *testing.T) {
	h := newSpring(t)
	h.do("PUT", "/v1/sources/aws", `{"kind":"connect","auth":{"type":"firehose","secret":"fh"},"campaigns":{"b1":"spring"}}`).expect(201)
	record := base64.StdEncoding.EncodeToString([]byte(`{"ContactId":"c-1","InitiationMethod":"API","Campaign":{"CampaignId":"b1"},"InitiationTimestamp":"2026-11-21T19:02:11Z","DisconnectTimestamp":"2026-11-21T19:04:46Z","DisconnectReason":"TELECOM_BUSY"}`))
	body := `{"requestId":"r-1","timestamp":1,"records":[{"data":"` + record + `"},{"data":"` + record + `"}]}`
	for _, body := range []string{body, "nonsense", `{"requestId":"r-1","records":[{"data":"!"}]}`} {
		a := h.hook(sent{method: "POST", path: "/hooks/aws/", contentType: "application/json", body: body}, "X-Amz-Firehose-Access-Key", "fh", "X-Amz-Firehose-Request-Id", "r-1").expect(200)
		if got := string(a.body); got != fmt.Sprintf(`{"requestId":"r-1","timestamp":%d}`+"\n", now.UnixMilli()) || a.header.Get("Content-Type") != "application/json" {
			t.Errorf("Firehose is answered %s", got)
		}
	}
	a := h.hook(sent{method: "POST", path: "/hooks/aws/", body: "no gzip"}, "X-Amz-Firehose-Access-Key", "fh", "X-Amz-Firehose-Request-Id", "r-2", "Content-Encoding", "gzip").expect(200)
	if got := string(a.body); got != fmt.Sprintf(`{"requestId":"r-2","timestamp":%d}`+"\n", now.UnixMilli()) {
		t.Errorf("what is no gzip is answered %s", got)
	}
	h.get("/v1/campaigns/spring/attempts/c-1").expect(200).want("result", `"busy"`)
	h.get("/v1/sources/aws/messages?state=parked").want("messages.2.state", `"parked"`, "messages.3", "null")
	h.do("POST", "/v1/sources/aws/replay", nil).expect(200).want("read", "3", "parked", "3")
	h.hook(sent{method: "POST", path: "/hooks/aws/", body: body}).problem(403, "wrong_sender", "")
}

// TestNothingBreaksAHook: whatever a right sender sends is answered 200 and kept.
func TestNothingBreaksAHook(t *testing.T) {
	h := newCallCentre(t)
	h.do("PUT", "/v1/sources/map", `{"kind":"mapped","time_zone":"UTC","auth":{"type":"header","secret":"m"},"fields":{"call":"id"}}`).expect(201)
	nonsense := strings.Repeat("x=%zz&\x00\xff{[\"", 1<<16)
	deep := strings.Repeat(`{"a":`, 1<<17)
	for _, source := range []string{"map", "cdr", "log"} {
		for _, body := range []string{nonsense, deep, strings.Repeat("a=1&", 1<<18), strings.Repeat("\n", 1<<20)} {
			started := time.Now()
			token := map[string]string{"map": "m"}[source]
			if token == "" {
				token = "pbx"
			}
			a := h.hook(sent{method: "POST", path: "/hooks/" + source, contentType: "application/json", body: body, token: token}).expect(200)
			if took := time.Since(started); took > 10*time.Second || a.at("accepted") != "0" {
				t.Errorf("%s: %d bytes took %s: %s", source, len(body), took, a.body)
			}
		}
	}
	h.get("/v1/sources/map/messages").expect(200).want("messages.3.state", `"parked"`, "messages.0.encoding", `"base64"`, "messages.1.encoding", `"text"`)
	// Packed bodies are unpacked, bombs and what is too large refused.
	pack := func(body string) string {
		var out bytes.Buffer
		w := gzip.NewWriter(&out)
		w.Write([]byte(body))
		w.Close()
		return out.String()
	}
	gz := []string{"Content-Encoding", "gzip"}
	to := sent{method: "POST", path: "/hooks/map/a/b", contentType: "application/json", token: "m"}
	to.body = pack(`{"id":"g-1","campaign":"spring","result":"busy"}`)
	w := httptest.NewRecorder()
	r := httptest.NewRequest("POST", to.path, strings.NewReader(to.body))
	r.Header.Set("X-Api-Key", "m")
	r.Header.Set("Content-Encoding", "gzip")
	h.Server.ServeHTTP(w, r)
	if w.Code != 200 || !strings.Contains(w.Body.String(), `"accepted":1`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	h.get("/v1/campaigns/spring/attempts/g-1").expect(200).want("result", `"busy"`)
	to.path = "/hooks/map/a"
	to.body = pack(strings.Repeat("0", 8<<20+1))
	h.hook(to, gz...).problem(413, "body_too_large", "")
	to.body = "no gzip"
	h.hook(to, gz...).expect(200).want("accepted", "0", "parked", "1") // kept as it came
	to.body = strings.Repeat("0", 8<<20+1)
	h.hook(to).problem(413, "body_too_large", "")
	h.verify("spring")
}
