package dialer

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"
)

func cdrLine(unique, app, start, answer, end, disposition, userfield string) string {
	quoted := answer
	if answer != "" {
		quoted = `"` + answer + `"`
	}
	return fmt.Sprintf(`"SPRING","2125550199","5550130001","ctx","""SPRING"" <2125550199>","PJSIP/t-0","PJSIP/t-2","%s","x,tT,,,25","%s",%s,"%s",9,7,"%s","DOCUMENTATION","%s","%s"`,
		app, start, quoted, end, disposition, unique, userfield) + "\n"
}

// asterisk reads CDRs and a queue_log together, as the store merges them.
func asterisk(t *testing.T, zone *time.Location, cdr, queueLog string) map[string]map[string]string {
	t.Helper()
	both := &Kind{Read: func(s *Source, m Message) Reading {
		if r := readQueueLog(s, m); r.Silent == "" {
			return r
		}
		return readCDR(s, m)
	}}
	var messages []Message
	if cdr != "" {
		messages = append(messages, split(t, AsteriskCDR, post("/cdr", "", "text/csv", cdr))...)
	}
	if queueLog != "" {
		messages = append(messages, split(t, AsteriskQueueLog, post("/queue_log", "", "text/plain", queueLog))...)
	}
	return merged(t, &Source{Kind: both, Zone: zone}, messages)
}

func TestAsteriskCDR(t *testing.T) {
	line := cdrLine("pbx1-1795340449.0", "Queue", "2026-11-22 09:40:49", "2026-11-22 09:40:51", "2026-11-22 09:40:58", "ANSWERED", "campaign=S-1;lead=88101;amd=MACHINE:LONGGREETING")
	wants(t, asterisk(t, time.UTC, line, "")["pbx1-1795340449.0"], `campaign=S-1 lead=88101 phone=5550130001 result=answered answered_by=machine
		started_at=2026-11-22T09:40:49Z answered_at=2026-11-22T09:40:51Z ended_at=2026-11-22T09:40:58Z talk_s= wrap_s= agent= connected_at= ended_by= disposition=`)
	for disposition, want := range map[string]string{"BUSY": "busy", "NO ANSWER": "no_answer", "FAILED": "failed", "CONGESTION": "failed", "CANCEL": "cancelled"} {
		got := asterisk(t, time.UTC, cdrLine("1795340449.0", "AppDial2", "2026-11-22 09:40:49", "", "2026-11-22 09:40:49", disposition, "lead=1"), "")
		wants(t, got["1795340449.0"], "campaign=SPRING result="+want+" answered_by= answered_at=")
	}
	// Every number of columns that names the call.
	short := strings.TrimSuffix(line, `,"campaign=S-1;lead=88101;amd=MACHINE:LONGGREETING"`+"\n")
	for _, more := range []string{"", `,"lead=1"`, `,"lead=1",""`, `,"lead=1","","1795340449.0",3`} {
		wants(t, asterisk(t, time.UTC, short+more+"\n", "")["pbx1-1795340449.0"], "result=answered campaign=SPRING")
	}
	for _, bad := range []string{"hello", `"a","b"`, strings.Repeat(`"",`, 25), cdrLine("", "", "", "", "", "ANSWERED", ""), cdrLine("1.1", "", "", "", "", "MAYBE", "")} {
		if r := readCDR(&Source{Kind: AsteriskCDR}, whole(post("/", "", "", bad))); r.Silent == "" {
			t.Errorf("%q says %+v", bad, r)
		}
	}
}

// TestAsteriskAbandoned is a person who waited in the queue and hung up: the CDR
// shows two rows that both read NO ANSWER.
func TestAsteriskAbandoned(t *testing.T) {
	cdr := cdrLine("1795340479.104", "Queue", "2026-11-22 09:41:19", "2026-11-22 09:41:21", "2026-11-22 09:41:25", "NO ANSWER", "lead=88107") +
		cdrLine("1795340479.104", "Queue", "2026-11-22 09:41:26", "2026-11-22 09:41:26", "2026-11-22 09:41:30", "NO ANSWER", "lead=88107")
	log := "1795340481|1795340479.104|SPRING|NONE|ENTERQUEUE||2125550199|1\n1795340485|1795340479.104|SPRING|a3|RINGNOANSWER|4000\n1795340490|1795340479.104|SPRING|NONE|ABANDON|1|1|9\n"
	wants(t, asterisk(t, time.UTC, cdr, log)["1795340479.104"], `result=answered answered_by=human ended_by=customer queue_wait_s=9 agent= connected_at= talk_s=
		started_at=2026-11-22T09:41:19Z answered_at=2026-11-22T09:41:21Z ended_at=2026-11-22T09:41:30Z disposition= lead=88107`)
	// The log alone knows it too.
	wants(t, asterisk(t, time.UTC, "", log)["1795340479.104"], "result=answered answered_by=human ended_by=customer started_at=2026-11-22T09:41:19Z ended_at=2026-11-22T09:41:30Z")
}

func TestQueueLogEvents(t *testing.T) {
	for line, want := range map[string]string{
		"1795340452|17.1|Q|a1|CONNECT|3|17.7|1":                            "agent=a1 connected_at=2026-11-22T09:40:52Z queue_wait_s=3",
		"1795340458|17.1|Q|a1|COMPLETEAGENT|1|6|1":                         "ended_by=agent talk_s=6 queue_wait_s=1",
		"1795340458|17.1|Q|a1|COMPLETECALLER|1|6|1":                        "ended_by=customer talk_s=6",
		"1795340458|17.1|Q|a1|BLINDTRANSFER|700|after|1|6|1":               "talk_s=6 queue_wait_s=1 ended_by=",
		"1795340458|17.1|Q|a1|ATTENDEDTRANSFER|LINK|PJSIP/1|PJSIP/2|2|9|1": "talk_s=9 queue_wait_s=2",
		"1795340458|17.1|Q|a1|TRANSFER|700@ctx|2|9|1":                      "talk_s=9",
		"1795340458|17.1|Q|NONE|EXITWITHTIMEOUT|1|1|6":                     "disposition=EXITWITHTIMEOUT queue_wait_s=6 ended_by=",
		"1795340458|17.1|Q|NONE|EXITWITHKEY|9|1|1|6":                       "disposition=EXITWITHKEY queue_wait_s=6",
		"1795340458|17.1|Q|NONE|ABANDON|1|1":                               "ended_by=customer queue_wait_s=",
	} {
		wants(t, asterisk(t, time.UTC, "", line)["17.1"], "campaign=Q result=answered answered_by=human "+want)
	}
	for _, line := range []string{"", "x", "1795340447|NONE|NONE|NONE|QUEUESTART|", "1795340478|NONE|Q|NONE|PAUSE|Lunch", "1795340449|MANAGER|Q|PJSIP/x|ADDMEMBER|", "1795340485|17.1|Q|a|RINGCANCELED|4001", "x|17.1|Q|a|CONNECT|1"} {
		if r := readQueueLog(nil, whole(post("/", "", "", line))); r.Silent == "" {
			t.Errorf("%q says %+v", line, r)
		}
	}
}

// TestAsteriskRepeatedHour: the clock of New York went back at 2 on 1 November
// 2026. The channel's own second tells which half past one was meant.
func TestAsteriskRepeatedHour(t *testing.T) {
	for unique, want := range map[string]string{"1793511000.1": "2026-11-01T05:30:00Z", "1793514600.1": "2026-11-01T06:30:00Z"} {
		got := asterisk(t, newYork(t), cdrLine(unique, "", "2026-11-01 01:30:00", "", "2026-11-01 01:30:20", "NO ANSWER", ""), "")
		wants(t, got[unique], "started_at="+want)
	}
	// A zone that was stated wrongly is not mended in silence.
	got := asterisk(t, time.UTC, cdrLine("1793511000.1", "", "2026-11-01 01:30:00", "", "2026-11-01 01:30:20", "NO ANSWER", ""), "")
	wants(t, got["1793511000.1"], "started_at=2026-11-01T01:30:00Z")
}

func TestSplitLines(t *testing.T) {
	messages, err := splitLines(post("/", "a=1", "text/plain", "one\r\n\n  \ntwo"), queueLogLeast)
	if err != nil || len(messages) != 2 {
		t.Fatalf("%d messages, %v", len(messages), err)
	}
	if _, err := splitLines(post("/", "", "", strings.Repeat("x", lineMost+1)), queueLogLeast); err == nil {
		t.Error("a line over the limit was taken")
	}
	if got := maps.Collect(maps.All(userField("campaign=A; lead = 7;x;lead=8"))); got["campaign"] != "A" || got["lead"] != "7" || len(got) != 2 {
		t.Errorf("the user field says %v", got)
	}
}

func FuzzAsteriskCDR(f *testing.F) {
	f.Add(whole(post("/", "", "", cdrLine("1795340449.0", "Queue", "2026-11-22 09:40:49", "2026-11-22 09:40:51", "2026-11-22 09:40:58", "ANSWERED", "campaign=S;lead=8"))).Raw)
	fuzz(f, AsteriskCDR)
}

func FuzzQueueLog(f *testing.F) {
	for _, line := range []string{"1795340458|17.1|Q|a1|COMPLETEAGENT|1|6|1", "1795340458|17.1|Q|a1|ATTENDEDTRANSFER|LINK|P|P|2|9|1", "1795340458|17.1|Q|NONE|ABANDON|1|1|9"} {
		f.Add(whole(post("/", "", "", line)).Raw)
	}
	f.Add([]byte(" 0\n\n100000|||0|COMPLETEAGENT")) // of a call without a key: of the agent alone
	fuzz(f, AsteriskQueueLog)
}
