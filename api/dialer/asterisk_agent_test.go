package dialer

import (
	"testing"

	"ringside/campaign"
)

// TestAgentEvents: what each event of a queue_log says of the agent, beside what it says of
// a call; "" for nothing.
func TestAgentEvents(t *testing.T) {
	words := campaign.KindState.Fields()[campaign.StateState].Choices
	for line, want := range map[string]string{
		"NONE|NONE|ann|PAUSEALL|Lunch":                             "away",
		"NONE|Q|ann|PAUSE|Wrap-up":                                 "wrap",
		"NONE|Q|ann|PAUSE|acw":                                     "wrap",
		"NONE|NONE|ann|UNPAUSEALL|":                                "available",
		"MANAGER|Q|ann|ADDMEMBER|":                                 "available",
		"MANAGER|Q|ann|ADDMEMBER|PAUSED":                           "away",
		"MANAGER|Q|ann|REMOVEMEMBER|":                              "offline",
		"MANAGER|Q|PJSIP/1006@trunk|ADDMEMBER|":                    "",
		"1795340449.0|NONE|Agent/1001|AGENTLOGIN|SIP/1001-1":       "available",
		"1795340449.0|NONE|Agent/1001|AGENTLOGOFF|SIP/1001-1|3600": "offline",
		"1795340449.0|Q|ann|CONNECT|1|1795340451.7|1":              "on_call",
		"1795340449.0|Q|ann|COMPLETEAGENT|1|6|1":                   "available",
		"1795340449.0|Q|ann|BLINDTRANSFER|700|after|1|6|1":         "available",
		"1795340449.0|Q|NONE|ENTERQUEUE||5550101|1":                "",
		"1795340449.0|Q|ann|RINGNOANSWER|4000":                     "",
		"NONE|NONE|NONE|PAUSEALL|":                                 "",
		"NONE|NONE|NONE|QUEUESTART|":                               "",
	} {
		got := ""
		messages, err := AsteriskQueueLog.Split(post("/queue_log", "", "text/plain", "1795340500|"+line))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range messages {
			r := readQueueLog(nil, m)
			if r.Agent == nil {
				continue
			}
			v := r.PlaceAgent("spring").Versions[0]
			if v.Int(campaign.StateFrom) != 1795340500_000 || v.Text(campaign.StateCampaign) != "spring" || v.Ref != campaign.StateRef(v) || got != "" {
				t.Errorf("%s says %+v after %q", line, v, got)
			}
			got = words[v.Int(campaign.StateState)-1]
		}
		if got != want {
			t.Errorf("%s says %q, want %q", line, got, want)
		}
	}
}
