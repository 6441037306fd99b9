package dialer

import (
	"net/url"
	"strings"
	"testing"
)

const twilioCall = "CallSid=CA11&AccountSid=AC1&Direction=outbound-api&From=%2B12125550199&To=%2B551155550112&"

func twilioAt(status, sequence, at, more string) *Request {
	return post("/voice", "campaign=SPRING&lead=88101", formType,
		twilioCall+"CallStatus="+status+"&SequenceNumber="+sequence+"&Timestamp="+at+"&"+more)
}

var twilioLife = []*Request{
	twilioAt("initiated", "0", "Sat%2C%2021%20Nov%202026%2014%3A02%3A11%20%2B0000", ""),
	twilioAt("ringing", "1", "Sat%2C%2021%20Nov%202026%2014%3A02%3A13%20%2B0000", ""),
	twilioAt("in-progress", "2", "Sat%2C%2021%20Nov%202026%2014%3A02%3A19%20%2B0000", ""),
	twilioAt("completed", "3", "Sat%2C%2021%20Nov%202026%2014%3A03%3A08%20%2B0000", "CallDuration=49&Duration=1"),
	post("/amd", "campaign=SPRING&lead=88101", formType, "CallSid=CA11&AnsweredBy=human&MachineDetectionDuration=2310"),
}

func TestTwilioLife(t *testing.T) {
	s := &Source{Kind: Twilio}
	got := merged(t, s, split(t, Twilio, twilioLife...))
	wants(t, got["CA11"], `campaign=SPRING lead=88101 phone=+551155550112 result=answered answered_by=human started_at=2026-11-21T14:02:11Z
		answered_at=2026-11-21T14:02:19Z ended_at=2026-11-21T14:03:08Z connected_at= ended_by= wrap_s= talk_s=`)
	if len(got) != 1 {
		t.Errorf("%d attempts of one call", len(got))
	}
	// The end alone is a whole attempt, started when it was answered.
	wants(t, merged(t, s, split(t, Twilio, twilioLife[3]))["CA11"], `result=answered started_at=2026-11-21T14:02:19Z answered_at=2026-11-21T14:02:19Z`)
	wants(t, merged(t, s, split(t, Twilio, twilioLife[4]))["CA11"], `answered_by=human result=answered started_at=2026-11-22T12:00:00Z`)
}

func TestTwilioResults(t *testing.T) {
	s := &Source{Kind: Twilio}
	for status, want := range map[string]string{"busy": "busy", "no-answer": "no_answer", "canceled": "cancelled", "failed": "failed"} {
		// An event of the same second as the end must not undo it.
		got := merged(t, s, split(t, Twilio, twilioAt("ringing", "1", "Sat, 21 Nov 2026 14:30:14 %2B0000", ""), twilioAt(status, "2", "Sat, 21 Nov 2026 14:30:14 %2B0000", "SipResponseCode=486")))
		wants(t, got["CA11"], "result="+want+" ended_at=2026-11-21T14:30:14Z started_at=2026-11-21T14:30:14Z answered_at=")
	}
}

func TestTwilioAgentLeg(t *testing.T) {
	leg := post("/voice", "campaign=SPRING&lead=88101", formType,
		"CallSid=CA12&ParentCallSid=CA11&Direction=outbound-dial&To=client%3Aalice&CallStatus=in-progress&SequenceNumber=2&Timestamp=Sat%2C%2021%20Nov%202026%2014%3A02%3A21%20%2B0000")
	got := merged(t, &Source{Kind: Twilio}, split(t, Twilio, append(twilioLife, leg)...))
	wants(t, got["CA11"], `agent=alice connected_at=2026-11-21T14:02:21Z phone=+551155550112 started_at=2026-11-21T14:02:11Z`)
}

// reservation is an event of TaskRouter as Event Streams delivers it.
func reservation(event, at, attributes string) string {
	attributes = strings.ReplaceAll(attributes, `"`, `\"`)
	return `{"specversion":"1.0","type":"com.twilio.taskrouter.` + event + `","source":"WS1","id":"EZ` + at + `","time":"` + at + `","data":{"name":"` + event +
		`","payload":{"eventtype":"` + event + `","timestamp":"` + at + `","task_attributes":"` + attributes + `","worker_name":"agent1001"}}}`
}

const taskOfCall = `{"call_sid":"CA11","campaign":"SPRING","lead":"88101"}`

func TestTwilioWrap(t *testing.T) {
	s := &Source{Kind: Twilio}
	began := reservation("reservation.wrapup", "2026-11-21T14:03:09.120Z", taskOfCall)
	over := reservation("reservation.completed", "2026-11-21T14:03:39.620Z", taskOfCall)
	batch := func(sum string, events ...string) *Request {
		return post("/events", "bodySHA256="+sum, "application/json", "["+strings.Join(events, ",")+"]")
	}
	const want = "agent=agent1001 wrap_began_at=2026-11-21T14:03:09.12Z wrap_over_at=2026-11-21T14:03:39.62Z"
	for _, all := range [][]*Request{{batch("1", began, over)}, {batch("2", over), batch("3", began)}} {
		got := merged(t, s, split(t, Twilio, append(all, twilioLife...)...))
		wants(t, got["CA11"], "campaign=SPRING lead=88101 result=answered started_at=2026-11-21T14:02:11Z wrap_s= "+want)
		if len(got) != 1 {
			t.Errorf("%d attempts of one call", len(got))
		}
	}
	// The same event in another batch is the same message.
	if a, b := split(t, Twilio, batch("1", began))[0], split(t, Twilio, batch("2", began))[0]; string(a.Raw) != string(b.Raw) {
		t.Errorf("%s\n%s", a.Raw, b.Raw)
	}
	// TaskRouter's own callback is a form and tells seconds; the address names the campaign.
	form := post("/tasks", "campaign=SPRING", formType, "EventType=reservation.wrapup&Timestamp=1795269789&WorkerName=ann&TaskAttributes="+url.QueryEscape(`{"call_sid":"CA11"}`))
	wants(t, merged(t, s, split(t, Twilio, form))["CA11"], "campaign=SPRING agent=ann wrap_began_at=2026-11-21T14:03:09Z wrap_over_at=")
	for _, silent := range []string{reservation("reservation.accepted", "2026-11-21T14:03:09Z", taskOfCall), reservation("reservation.wrapup", "2026-11-21T14:03:09Z", `{}`),
		reservation("reservation.wrapup", "2026-11-21T14:03:09Z", `{`), reservation("reservation.wrapup", "soon", taskOfCall),
		reservation("reservation.wrapup", "2026-11-21T14:03:09Z", `{"call_sid":"CA11","direction":"inbound"}`)} {
		if r := Twilio.Read(s, split(t, Twilio, batch("1", silent))[0]); r.Silent == "" {
			t.Errorf("%s says %+v", silent, r)
		}
	}
	if _, err := Twilio.Split(batch("1", "{")); err == nil {
		t.Error("a batch that is cut was taken")
	}
}

func TestTwilioSilent(t *testing.T) {
	for _, r := range []*Request{get("/", ""), get("/", "CallSid=CA1"), get("/", "CallSid=CA1&CallStatus=completed&Direction=inbound"), post("/", "", "application/json", "{")} {
		if got := Twilio.Read(&Source{Kind: Twilio}, split(t, Twilio, r)[0]); got.Silent == "" {
			t.Errorf("%s %s says %+v", r.Query, r.Body, got)
		}
	}
}

func FuzzTwilio(f *testing.F) {
	for _, r := range twilioLife {
		f.Add(whole(r).Raw)
	}
	f.Add(whole(post("/events", "", "application/json", "["+reservation("reservation.wrapup", "2026-11-21T14:03:09Z", taskOfCall)+"]")).Raw)
	fuzz(f, Twilio)
}
