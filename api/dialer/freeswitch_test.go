package dialer

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
)

// freeswitchRecord is a record with variables beside those every call has.
func freeswitchRecord(more string) string {
	return `{"core-uuid":"x","channel_data":{"direction":"outbound"},"callflow":[{"times":{}}],"variables":{"uuid":"u-1","campaign_id":"SPRING","lead_id":"88101",
		"start_stamp":"2026-11-21%2014%3A02%3A11","start_epoch":"1795287731","start_uepoch":"1795287731250000","end_uepoch":"1795287885750000","end_epoch":"1795287885",
		"sip_to_user":"12125550142","switch_r_sdp":"v%3D0"` + more + `}}`
}

const freeswitchTalked = `,"answer_uepoch":"1795287739500000","answer_epoch":"1795287739","hangup_cause":"NORMAL_CLEARING","amd_result":"HUMAN","cc_queue":"q","cc_queue_joined_epoch":"1795287739",
	"cc_queue_answered_epoch":"1795287741","cc_queue_terminated_epoch":"1795287885","cc_agent":"1001%40default","cc_cause":"answered","hold_accum_seconds":"12","disposition":"SALE"`

func TestFreeSWITCHForms(t *testing.T) {
	s := &Source{Kind: FreeSWITCH}
	record := freeswitchRecord(freeswitchTalked)
	asXML := `<?xml version="1.0"?><cdr><channel_data><state>x</state></channel_data><variables><direction>outbound</direction><uuid>u-1</uuid><campaign_id>SPRING</campaign_id>
		<lead_id>88101</lead_id><sip_to_user>12125550142</sip_to_user><start_uepoch>1795287731250000</start_uepoch><end_uepoch>1795287885750000</end_uepoch>
		<answer_uepoch>1795287739500000</answer_uepoch><amd_result>HUMAN</amd_result><cc_queue>q</cc_queue><cc_queue_joined_epoch>1795287739</cc_queue_joined_epoch>
		<cc_queue_answered_epoch>1795287741</cc_queue_answered_epoch><cc_queue_terminated_epoch>1795287885</cc_queue_terminated_epoch><cc_agent>1001%40default</cc_agent>
		<hold_accum_seconds>12</hold_accum_seconds><disposition>SALE</disposition></variables></cdr>`
	for name, r := range map[string]*Request{
		"json":      post("/cdr", "uuid=u-1", "application/json", record),
		"form":      post("/cdr", "k=1?uuid=u-1", "application/x-www-form-urlencoded", "cdr="+url.QueryEscape(record)),
		"base64":    post("/cdr", "", "application/x-www-form-base64-encoded", "cdr="+base64.StdEncoding.EncodeToString([]byte(record))),
		"plaintext": post("/cdr", "", "application/x-www-form-plaintext", "cdr="+asXML),
		"xml":       post("/cdr", "", "text/xml", asXML),
		"xml form":  post("/cdr", "", "application/x-www-form-urlencoded", "cdr="+url.PathEscape(asXML)),
	} {
		messages := split(t, FreeSWITCH, r)
		if strings.Contains(string(messages[0].Raw), "sdp") {
			t.Errorf("%s: media is kept", name)
		}
		got := merged(t, s, messages)
		wants(t, got["u-1"], `campaign=SPRING lead=88101 phone=12125550142 result=answered answered_by=human agent=1001@default disposition=SALE
			started_at=2026-11-21T19:02:11.25Z answered_at=2026-11-21T19:02:19.5Z connected_at=2026-11-21T19:02:21Z ended_at=2026-11-21T19:04:45.75Z
			queue_wait_s=2 talk_s=144 hold_s=12 wrap_s=`)
	}
}

func TestFreeSWITCHOutcomes(t *testing.T) {
	s := &Source{Kind: FreeSWITCH, Fields: map[string]string{"disposition": "outcome", "amd": "avmd_detect"}}
	const answered = `,"answer_epoch":"1795287739"`
	for more, want := range map[string]string{
		`,"hangup_cause":"USER_BUSY"`:          "result=busy answered_by= answered_at= ended_at=2026-11-21T19:04:45.75Z",
		`,"hangup_cause":"NO_ANSWER"`:          "result=no_answer",
		`,"hangup_cause":"ORIGINATOR_CANCEL"`:  "result=cancelled",
		`,"hangup_cause":"CALL_REJECTED"`:      "result=failed",
		`,"hangup_cause":"UNALLOCATED_NUMBER"`: "result=failed",
		answered:                               "result=answered answered_by=unknown connected_at= talk_s= disposition=",
		answered + `,"bridge_epoch":"1795287741","outcome":"NI","hold_accum_seconds":"0"`: "connected_at=2026-11-21T19:02:21Z disposition=NI talk_s=",
		answered + `,"avmd_detect":"machine"`:                                             "answered_by=machine",
		answered + `,"cc_queue":"q","cc_queue_joined_epoch":"1795287739","cc_queue_canceled_epoch":"1795287745","cc_cause":"cancel","cc_cancel_reason":"NONE"`: "answered_by=human ended_by=customer queue_wait_s=6 disposition= connected_at= agent= talk_s=",
		answered + `,"cc_queue":"q","cc_cause":"cancel","cc_cancel_reason":"TIMEOUT","cc_queue_joined_epoch":"1795287739"`:                                     "ended_by=system disposition=" + NoAgent,
	} {
		wants(t, merged(t, s, split(t, FreeSWITCH, post("/cdr", "", "application/json", freeswitchRecord(more))))["u-1"], want)
	}
	for _, body := range []string{`{"variables":{"uuid":"u","direction":"inbound"}}`, `{"variables":{"uuid":"u"}}`, `{"variables":{"direction":"outbound"}}`, freeswitchRecord(`,"originating_leg_uuid":"u-0"`)} {
		if r := FreeSWITCH.Read(s, split(t, FreeSWITCH, post("/cdr", "", "application/json", body))[0]); r.Silent == "" {
			t.Errorf("%s says %+v", body, r)
		}
	}
	for _, body := range []string{"", "{", "{}", "<cdr>", "<cdr><variables></variables></cdr>", strings.Repeat("<a>", 200_000), strings.Repeat(`{"a":`, 200_000)} {
		if _, err := FreeSWITCH.Split(post("/cdr", "", "", body)); err == nil {
			t.Errorf("%.40q was taken", body)
		}
	}
}

func FuzzFreeSWITCH(f *testing.F) {
	messages, err := FreeSWITCH.Split(post("/cdr", "", "application/json", freeswitchRecord(freeswitchTalked)))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(messages[0].Raw)
	record := freeswitchRecord(freeswitchTalked)
	f.Add(whole(post("/cdr", "k=1?uuid=u-1", "application/x-www-form-urlencoded", "cdr="+url.QueryEscape(record))).Raw)
	f.Add(whole(post("/cdr", "", "application/x-www-form-base64-encoded", "cdr="+base64.StdEncoding.EncodeToString([]byte(record)))).Raw)
	f.Add(whole(post("/cdr", "", "text/xml", "<cdr><variables><uuid>u-1</uuid><direction>outbound</direction><end_uepoch>1795287885750000</end_uepoch></variables></cdr>")).Raw)
	fuzz(f, FreeSWITCH)
}
