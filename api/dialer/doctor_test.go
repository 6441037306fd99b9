package dialer

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"ringside/campaign"
)

// saidNow is when the messages of these tests came.
var saidNow = time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)

// keptAt is a message that came an hour ago, or some time before.
func keptAt(r *Request, before time.Duration) KeptMessage {
	m := whole(r)
	m.ReceivedMs = saidNow.Add(-time.Hour - before).UnixMilli()
	return KeptMessage{Message: m, State: campaign.Applied, Campaign: "spring"}
}

// repeated makes n messages of different calls.
func repeated(n int, one func(i int) KeptMessage) (all []KeptMessage) {
	for i := range n {
		all = append(all, one(i))
	}
	return all
}

func dispoOf(i int, more string) KeptMessage {
	return keptAt(get("/dispo", fmt.Sprintf("call_id=V%d&uniqueid=1795287731.%d&lead_id=%d&campaign=S&user=1001&dispo=SALE&talk_time=9%s", i, i, i, more)), 0)
}

func noAgentOf(i int) KeptMessage {
	return keptAt(get("/noagent", fmt.Sprintf("call_id=V9%d&uniqueid=1795287731.9%d&lead_id=9%d&campaign=S&user=VDAD&status=DROP", i, i, i)), 0)
}

func startOf(before time.Duration) func(i int) KeptMessage {
	return func(i int) KeptMessage {
		return keptAt(get("/start", fmt.Sprintf("call_id=V%d&uniqueid=1795260000.%d&lead_id=%d&campaign=S&user=1001&epoch=1795260008", i, i, i)), before)
	}
}

func localOf(local string) func(i int) KeptMessage {
	return func(i int) KeptMessage { return dispoOf(i, "&epoch=1795288000&SQLdate="+url.QueryEscape(local)) }
}

func twilioOf(form string) func(i int) KeptMessage {
	return func(i int) KeptMessage {
		r := post("/voice", "", "application/x-www-form-urlencoded", fmt.Sprintf("CallSid=CA%d&Direction=outbound-api&%s", i, form))
		return keptAt(r, 5*time.Hour)
	}
}

func lineOf(kind, line string) func(i int) KeptMessage {
	return func(i int) KeptMessage {
		return keptAt(post("/"+kind, "", "text/plain", strings.ReplaceAll(line, "#", fmt.Sprint(100+i))), 0)
	}
}

const doctorCDR = `"S","2125550199","5550130001","ctx","","PJSIP/t-0","","Dial","x","2026-11-21 %s:02:11","2026-11-21 %s:02:15","2026-11-21 %s:02:30",19,15,"ANSWERED","DOCUMENTATION","1795287731.#",""`

func cdrAt(hour string) func(i int) KeptMessage {
	return lineOf("cdr", strings.ReplaceAll(doctorCDR, "%s", hour))
}

// TestDoctor: each case is what was heard, and the findings that are not ok, or in
// doubt the one that is.
func TestDoctor(t *testing.T) {
	const completed = "CallStatus=completed&SequenceNumber=3&Timestamp=Sat%2C+21+Nov+2026+14%3A03%3A08+%2B0000"
	const initiated = "CallStatus=initiated&SequenceNumber=0&Timestamp=Sat%2C+21+Nov+2026+14%3A03%3A00+%2B0000"
	parked := func(i int) KeptMessage {
		m := dispoOf(i, "")
		m.State, m.Reason, m.Campaign = campaign.Parked, "there is no campaign", ""
		return m
	}
	refused := func(i int) KeptMessage {
		m := dispoOf(i, "")
		m.State, m.Reason = campaign.RefusedMessage, "too late"
		return m
	}
	for name, c := range map[string]struct {
		kind   *Kind
		heard  []KeptMessage
		beside map[string]bool
		want   string
	}{
		"nothing":              {VICIdial, nil, nil, "bad nothing_arrived"},
		"all is well":          {VICIdial, append(repeated(10, localOf("2026-11-21 14:06:40")), repeated(10, noAgentOf)...), nil, "ok arrived, ok zone_agrees"},
		"parked":               {VICIdial, append(repeated(5, parked), repeated(6, noAgentOf)...), nil, "look parked, ok arrived"},
		"most are parked":      {VICIdial, repeated(5, parked), nil, "bad parked, ok arrived"},
		"refused":              {VICIdial, repeated(2, refused), nil, "look refused, ok arrived"},
		"a zone of Chicago":    {VICIdial, repeated(9, localOf("2026-11-21 13:06:40")), nil, "bad wrong_zone, ok arrived"},
		"a clock that is fast": {VICIdial, repeated(9, localOf("2026-11-21 14:20:00")), nil, "look clock_drifts, ok arrived"},
		"scattered clocks":     {VICIdial, append(repeated(2, localOf("2026-11-21 13:06:40")), repeated(2, localOf("2026-11-21 14:06:40"))...), nil, "ok arrived"},
		"from the future": {VICIdial, repeated(1, func(i int) KeptMessage {
			return keptAt(get("/start", "call_id=V1&uniqueid=1795292700.1&campaign=S&user=7&epoch=1795292700"), 0)
		}), nil, "bad future, ok arrived"},
		"5 minutes are no future": {VICIdial, repeated(1, func(i int) KeptMessage { return dispoOf(i, "&epoch=1795291500") }), nil, "ok arrived"},
		"starts alone":            {VICIdial, repeated(3, startOf(4*time.Hour)), nil, "bad never_ended, ok arrived"},
		"starts of just now":      {VICIdial, repeated(3, startOf(2*time.Hour)), nil, "ok arrived"},
		"starts with their ends":  {VICIdial, append(repeated(3, startOf(4*time.Hour)), repeated(3, func(i int) KeptMessage { return dispoOf(i, "") })...), nil, "ok arrived"},
		"one start in eleven":     {VICIdial, append(repeated(11, startOf(4*time.Hour)), repeated(10, func(i int) KeptMessage { return dispoOf(i, "") })...), nil, "look never_ended, ok arrived"},
		"no agent URL is missing": {VICIdial, repeated(200, func(i int) KeptMessage { return dispoOf(i, "") }), nil, "bad no_drops, look wrap_missing, ok arrived"},
		"dispo URL is missing":    {VICIdial, repeated(200, noAgentOf), nil, "bad no_dispositions, ok arrived"},
		"too few to say":          {VICIdial, repeated(199, noAgentOf), nil, "ok arrived"},
		"no wrap":                 {VICIdial, append(repeated(20, func(i int) KeptMessage { return dispoOf(i, "") }), noAgentOf(1)), nil, "look wrap_missing, ok arrived"},
		"no talk": {VICIdial, repeated(20, func(i int) KeptMessage {
			return keptAt(get("/dispo", fmt.Sprintf("call_id=V%d&uniqueid=1795287731.%d&campaign=S&user=1001&dispo=NI", i, i)), 0)
		}), nil, "look wrap_missing, look talk_missing, ok arrived"},
		"Twilio's default callback":  {Twilio, repeated(3, twilioOf(completed)), nil, "bad start_guessed, ok arrived"},
		"Twilio's start and end":     {Twilio, append(repeated(3, twilioOf(completed)), repeated(3, twilioOf(initiated))...), nil, "ok arrived"},
		"Twilio's start":             {Twilio, repeated(3, twilioOf(initiated)), nil, "bad never_ended, ok arrived"},
		"CDRs alone":                 {AsteriskCDR, repeated(3, cdrAt("14")), nil, "look other_feed_missing, ok arrived, ok zone_agrees"},
		"CDRs of another queue_log":  {AsteriskCDR, repeated(3, cdrAt("14")), map[string]bool{"1.1": true}, "bad feeds_never_meet, ok arrived, ok zone_agrees"},
		"CDRs and queue_log":         {AsteriskCDR, repeated(3, cdrAt("14")), map[string]bool{"1795287731.101": true}, "ok arrived, ok zone_agrees, ok feeds_meet"},
		"CDRs in UTC":                {AsteriskCDR, repeated(3, cdrAt("19")), map[string]bool{"1795287731.101": true}, "bad wrong_zone, bad future, ok arrived, ok feeds_meet"},
		"a call that waits":          {AsteriskQueueLog, repeated(3, lineOf("log", "1795270000|1795270000.#|s|NONE|ENTERQUEUE||1|1")), map[string]bool{"1795270000.101": true}, "ok arrived, ok feeds_meet"},
		"a queue_log's end is known": {AsteriskQueueLog, repeated(3, lineOf("log", "1795270090|1795270000.#|s|NONE|ABANDON|1|1|9")), map[string]bool{"1795270000.101": true}, "ok arrived, ok feeds_meet"},
	} {
		s := &Source{Ref: "here", Kind: c.kind, Zone: newYork(t)}
		rand.Shuffle(len(c.heard), func(i, j int) { c.heard[i], c.heard[j] = c.heard[j], c.heard[i] })
		d := NewDoctor(s, saidNow.UnixMilli())
		d.Beside = c.beside
		for _, m := range c.heard {
			d.Hear(m)
		}
		var got []string
		for _, f := range d.Diagnose().Findings {
			got = append(got, f.Level+" "+f.Code)
			if f.Text == "" || strings.Contains(f.Text, "%!") {
				t.Errorf("%s: %+v", name, f)
			}
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s: %s, want %s", name, strings.Join(got, ", "), c.want)
		}
	}
}

// TestDoctorJoins: messages about one call by different keys are one call, in
// whatever order they come.
func TestDoctorJoins(t *testing.T) {
	all := []KeptMessage{
		keptAt(get("/start", "call_id=V1&campaign=S&user=7&epoch=1795270000"), 4*time.Hour),
		keptAt(get("/dispo", "uniqueid=1795269990.1&campaign=S&user=7&dispo=NEW1"), 4*time.Hour),
		keptAt(get("/start", "call_id=V1&uniqueid=1795269990.1&campaign=S&user=7&epoch=1795270000"), 4*time.Hour),
	}
	for range 20 {
		rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		d := NewDoctor(&Source{Ref: "here", Kind: VICIdial, Zone: newYork(t)}, saidNow.UnixMilli())
		d.LeftOut = true
		d.Mapped = func(campaignRef, code string) bool { return campaignRef == "autumn" }
		for _, m := range all {
			d.Hear(m)
		}
		said := d.Diagnose()
		if slices.ContainsFunc(said.Findings, func(f Finding) bool { return f.Code == "never_ended" }) || len(said.Findings) != 3 {
			t.Fatalf("%+v", said.Findings)
		}
		if len(said.Unmapped) != 1 || said.Unmapped[0] != (Tally{Text: "NEW1", Count: 1}) {
			t.Fatalf("%+v", said.Unmapped)
		}
	}
}
