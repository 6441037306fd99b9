package dialer

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
)

const contactJSON = `{"ContactId":"c-1","InitiationMethod":"API","Campaign":{"CampaignId":"b1"},"Attributes":{"leadId":"88101","disposition":"SALE"},
	"InitiationTimestamp":"2026-11-21T19:02:11Z","ConnectedToSystemTimestamp":"2026-11-21T19:02:19Z","DisconnectTimestamp":"2026-11-21T19:04:46Z",
	"LastUpdateTimestamp":"2026-11-21T19:06:20Z","AnsweringMachineDetectionStatus":"HUMAN_ANSWERED","DisconnectReason":"AGENT_DISCONNECT",
	"Agent":{"Username":"agent1001","ConnectedToAgentTimestamp":"2026-11-21T19:02:23Z","AgentInteractionDuration":125,"CustomerHoldDuration":18,"AfterContactWorkDuration":41},
	"Queue":{"Duration":2,"EnqueueTimestamp":"2026-11-21T19:02:21Z"},"CustomerEndpoint":{"Address":"+12025550111"},
	"CustomerVoiceActivity":{"GreetingEndTimestamp":"2026-11-21T19:02:20Z"}}`

func firehoseOf(records ...string) *Request {
	var data []map[string]string
	for _, r := range records {
		data = append(data, map[string]string{"data": base64.StdEncoding.EncodeToString([]byte(r))})
	}
	body, err := json.Marshal(map[string]any{"requestId": "r-1", "timestamp": 1, "records": data})
	if err != nil {
		panic(err)
	}
	return post("/firehose", "", "application/json", string(body))
}

func TestConnectRevisions(t *testing.T) {
	s := &Source{Kind: Connect}
	later := strings.NewReplacer("19:06:20", "20:00:00", `"SALE"`, `"REFUSED"`).Replace(contactJSON)
	other := strings.NewReplacer("c-1", "c-2", "HUMAN_ANSWERED", "VOICEMAIL_BEEP").Replace(contactJSON)
	// Two objects in one record without anything between; a revision; an odd newline.
	messages := split(t, Connect, firehoseOf(contactJSON+other, later+"\n"))
	if len(messages) != 6 {
		t.Fatalf("%d messages, want 3 twice", len(messages))
	}
	got := merged(t, s, messages)
	wants(t, got["c-1"], `campaign=b1 lead=88101 phone=+12025550111 agent=agent1001 result=answered answered_by=human disposition=REFUSED
		started_at=2026-11-21T19:02:11Z answered_at=2026-11-21T19:02:19Z greeting_ended_at=2026-11-21T19:02:20Z connected_at=2026-11-21T19:02:23Z
		ended_at=2026-11-21T19:04:46Z ended_by=agent talk_s=125 hold_s=18 wrap_s=41 queue_wait_s=2`)
	wants(t, got["c-2"], "answered_by=machine")
}

func TestConnectOutcomes(t *testing.T) {
	s := &Source{Kind: Connect, Fields: map[string]string{"lead": "Attributes.crm", "disposition": "Attributes.result"}}
	const base = `{"ContactId":"c","InitiationMethod":"OUTBOUND","InitiationTimestamp":"2026-11-21T19:02:11Z","DisconnectTimestamp":"2026-11-21T19:03:00Z","Attributes":{"crm":"L9","result":""}`
	for more, want := range map[string]string{
		`"DisconnectReason":"TELECOM_BUSY"`:                   "lead=L9 result=busy answered_by= disposition= wrap_s= hold_s=",
		`"DisconnectReason":"TELECOM_NUMBER_INVALID"`:         "result=failed",
		`"DisconnectReason":"EXPIRED"`:                        "result=not_placed",
		`"AnsweringMachineDetectionStatus":"AMD_UNANSWERED"`:  "result=no_answer answered_at=",
		`"ConnectedToSystemTimestamp":"2026-11-21T19:02:20Z"`: "result=answered answered_by=unknown disposition=",
		`"ConnectedToSystemTimestamp":"2026-11-21T19:02:20Z","AnsweringMachineDetectionStatus":"HUMAN_ANSWERED","DisconnectReason":"CUSTOMER_DISCONNECT"`:     "result=answered answered_by=human ended_by=customer disposition= agent= connected_at= wrap_s=",
		`"ConnectedToSystemTimestamp":"2026-11-21T19:02:20Z","AnsweringMachineDetectionStatus":"HUMAN_ANSWERED","DisconnectReason":"CONTACT_FLOW_DISCONNECT"`: "answered_by=human ended_by=system disposition=" + NoAgent,
		`"x":1`: "result=no_answer",
	} {
		wants(t, merged(t, s, split(t, Connect, firehoseOf(base+","+more+"}")))["c"], want)
	}
	for _, silent := range []string{`{"ContactId":"c","InitiationMethod":"INBOUND"}`, `{"InitiationMethod":"API"}`, `[1]`} {
		if r := Connect.Read(s, split(t, Connect, firehoseOf(silent))[0]); r.Silent == "" {
			t.Errorf("%s says %+v", silent, r)
		}
	}
}

func TestFirehoseBodies(t *testing.T) {
	if got := string(Connect.Answer(firehoseOf(), 17)); got != `{"requestId":"r-1","timestamp":17}` {
		t.Errorf("the answer is %s", got)
	}
	broken := post("/", "", "application/json", "{")
	broken.Header.Set("X-Amz-Firehose-Request-Id", "r-2")
	if got := string(Connect.Answer(broken, 17)); got != `{"requestId":"r-2","timestamp":17}` {
		t.Errorf("the answer is %s", got)
	}
	for name, r := range map[string]*Request{
		"no base64": post("/", "", "application/json", `{"requestId":"r","records":[{"data":"%"}]}`),
		"cut":       firehoseOf(`{"ContactId":`), "no JSON": post("/", "", "", "hello"),
		"too many": firehoseOf(make([]string, firehoseRecordsMost+1)...),
	} {
		if _, err := Connect.Split(r); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if got, err := Connect.Split(firehoseOf(make([]string, firehoseRecordsMost)...)); err != nil || len(got) != 0 {
		t.Errorf("%d empty records: %v, %v", firehoseRecordsMost, got, err)
	}
}

func FuzzConnect(f *testing.F) {
	messages, err := Connect.Split(firehoseOf(contactJSON))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(messages[0].Raw)
	f.Add(whole(firehoseOf(contactJSON+contactJSON, contactJSON)).Raw)
	fuzz(f, Connect)
}
