package api_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ringside/campaign"
)

const (
	logSource = `{"kind":"asterisk_queue_log",` + pbxAuth + `,"queues":{"q-main":"support"}}`
	logHook   = "/hooks/log/queue_log"
)

// queueLog makes lines of a queue_log of short ones, in which instants are seconds after
// 09:00 UTC on 16 November 2026 and calls are numbers: "6 1 ann CONNECT|6|9.9".
func queueLog(short string) (lines []string) {
	for line := range strings.Lines(short) {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		var second int
		fmt.Sscan(f[0], &second)
		call := f[1]
		if call != "NONE" {
			call = "1794819600." + call
		}
		lines = append(lines, fmt.Sprintf("%d|%s|q-main|%s|%s", 1794819600+second, call, f[2], f[3]))
	}
	return lines
}

// The scenarios of a queue's statistics that an Asterisk distribution publishes, as logs
// of our own: what they must give is in data/README.md.
const (
	threeReceived = `
		0 1 NONE ENTERQUEUE||5550101|1
		4 1 ann CONNECT|4|9.1|2
		9 1 ann COMPLETECALLER|4|5|1
		20 2 NONE ENTERQUEUE||5550102|1
		23 2 NONE ABANDON|1|1|3
		30 3 NONE JOINEMPTY`
	talkAndWrap = `
		0 1 NONE ENTERQUEUE||5550101|1
		1 1 ann CONNECT|1|9.1|1
		3 1 ann COMPLETEAGENT|1|2|1
		3 1 ann WRAPUPSTART|2
		10 2 NONE ENTERQUEUE||5550102|1
		11 2 ann CONNECT|1|9.2|1
		14 2 ann COMPLETECALLER|1|3|1`
	waitBuckets = `
		0 1 NONE ENTERQUEUE||5550101|1
		3 1 ann CONNECT|3|9.1|1
		0 2 NONE ENTERQUEUE||5550102|2
		7 2 NONE ABANDON|1|2|7
		0 3 NONE ENTERQUEUE||5550103|2
		9 3 NONE ABANDON|1|2|9
		0 4 NONE ENTERQUEUE||5550104|2
		12 4 bob CONNECT|12|9.4|1
		0 5 NONE ENTERQUEUE||5550105|2
		14 5 cyd CONNECT|14|9.5|1
		0 6 NONE ENTERQUEUE||5550106|2
		18 6 dan CONNECT|18|9.6|1
		0 7 NONE ENTERQUEUE||5550107|2
		25 7 NONE ABANDON|1|2|25`
)

// TestQueueLogFigures posts logs over the hook, lines in a random order and some twice,
// and holds the figures to what the scenarios say.
func TestQueueLogFigures(t *testing.T) {
	for _, c := range []struct{ log, query, want string }{
		{threeReceived, "kpi=offered,answered,abandoned,blocked", "2/null 1/null 1/null 1/null"},
		{threeReceived, "kpi=asa,abandon_wait,blockage", "4/1 3/1 1/3"},
		{talkAndWrap, "kpi=answered,aht", "2/null 7/2"}, // conversations of 2 and 3 s, wrap-up of 2 s
		{waitBuckets, "kpi=service_level&service_level_method=abandons_bad&service_level_s=5", "1/7"},
		{waitBuckets, "kpi=service_level&service_level_method=abandons_good&service_level_s=5", "1/7"},
		{waitBuckets, "kpi=service_level&service_level_method=abandons_bad&service_level_s=10", "1/7"},
		{waitBuckets, "kpi=service_level&service_level_method=abandons_good&service_level_s=10", "3/7"},
		{waitBuckets, "kpi=service_level&service_level_method=abandons_bad&service_level_s=15", "3/7"},
		{waitBuckets, "kpi=service_level&service_level_method=abandons_good&service_level_s=15", "5/7"},
		{waitBuckets, "kpi=answered,abandoned", "4/null 3/null"},
	} {
		h := newQueue(t)
		h.do("PUT", "/v1/sources/log", logSource).expect(201).want("queues.q-main", `"support"`)
		lines := queueLog(c.log)
		lines = append(lines, lines[:len(lines)/2]...)
		rand.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
		for part := range slices.Chunk(lines, 1+rand.IntN(len(lines))) {
			h.hook(sent{"POST", logHook, "text/plain", strings.Join(part, "\n"), "pbx"}).expect(200).want("accepted", fmt.Sprint(len(part)))
		}
		report := h.get("/v1/queues/support/kpis" + thatMonth + "&" + c.query).expect(200)
		var got []string
		for i := range strings.Count(string(report.body), `"id":`) {
			at := fmt.Sprintf("kpis.%d.", i)
			got = append(got, report.at(at+"numerator")+"/"+report.at(at+"denominator"))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", c.query, got, c.want)
		}
		h.verify(campaign.QueueKey("support"))
	}
}

// TestQueueLogPlaces: the log's name of a queue leads to a queue or a campaign, and what
// led nowhere is read anew when it does.
func TestQueueLogPlaces(t *testing.T) {
	h := newSpring(t)
	h.do("PUT", "/v1/sources/log", `{"kind":"asterisk_queue_log",`+pbxAuth+`}`).expect(201).want("queues", "{}")
	log := sent{"POST", logHook, "text/plain", strings.Join(queueLog(threeReceived), "\n"), "pbx"}
	h.hook(log).expect(200).want("accepted", "0", "parked", "6")
	if reason := h.get("/v1/sources/log/messages?limit=1").expect(200).at("messages.0.reason"); !strings.Contains(reason, "queue") {
		t.Errorf("parked because %s", reason)
	}
	// A queue of the very name takes them; so does the map, which goes before.
	h.do("PUT", "/v1/queues/q-main", support).expect(201)
	h.do("POST", "/v1/sources/log/replay", nil).expect(200).want("applied", "6", "parked", "0")
	h.get("/v1/queues/q-main/kpis"+thatMonth+"&kpi=offered,blocked").expect(200).want("kpis.0.value", "2", "kpis.1.value", "1")
	h.get("/v1/queues/q-main/calls/1794819600.1").expect(200).want("agent", `"ann"`, "customer", `"5550101"`, "answered_at", `"2026-11-16T09:00:04.000Z"`, "blocked", "false")
	// What the lines say of agents is kept beside, in the installation.
	h.get("/v1/sources/log/messages?state=applied").expect(200).want("messages.0.queue", "null", "messages.0.campaign", "null", "messages.2.queue", `"q-main"`, "messages.2.campaign", "null", "messages.8", "null")
	h.get("/v1/sources/log/doctor").expect(200)
	before := string(h.get("/v1/queues/q-main/kpis" + thatMonth).expect(200).body)
	h.hook(log).expect(200).want("accepted", "6")
	h.do("POST", "/v1/sources/log/replay?state=applied", nil).expect(200).want("applied", "6")
	if after := string(h.get("/v1/queues/q-main/kpis" + thatMonth).expect(200).body); after != before {
		t.Errorf("read anew it says\n%s\nbefore\n%s", after, before)
	}
	h.verify(campaign.QueueKey("q-main"))

	// The same lines are dials of a campaign that the name leads to.
	h.do("PUT", "/v1/sources/log", `{"kind":"asterisk_queue_log",`+pbxAuth+`,"campaigns":{"q-main":"spring"}}`).expect(200)
	h.hook(sent{"POST", logHook, "text/plain", strings.Join(queueLog(talkAndWrap), "\n"), "pbx"}).expect(200).want("accepted", "6", "parked", "1")
	h.get("/v1/campaigns/spring/kpis"+thatMonth+"&kpi=dials").expect(200).want("kpis.0.value", "2")

	for body, field := range map[string]string{
		`"queues":{"a":"b c"}`:                          "queues.a",
		`"queues":{"a":"b"},"campaigns":{"a":"spring"}`: "queues.a",
	} {
		h.do("PUT", "/v1/sources/log", `{"kind":"asterisk_queue_log",`+pbxAuth+`,`+body+`}`).expect(422).want("field", `"`+field+`"`)
	}
	h.do("PUT", "/v1/sources/cdr", `{"kind":"asterisk_cdr","time_zone":"UTC",`+pbxAuth+`,"queues":{"a":"b"}}`).problem(422, "not_allowed", "queues")
	h.do("PUT", "/v1/sources/log", `{"kind":"asterisk_queue_log",`+pbxAuth+`,"queues":{"q-main":"none"}}`).expect(200)
	h.hook(sent{"POST", logHook, "text/plain", queueLog("0 9 NONE ABANDON|1|1|3")[0], "pbx"}).expect(200).want("parked", "1")
}

// TestQueueLogAgents: what a log tells of agents is their time, in whatever order its lines
// come and however often: two cycles of logging in that a published scenario has, a second
// with a pause in each; calls, with the pauses that finish them; and members, where the log
// names agents and not their devices.
func TestQueueLogAgents(t *testing.T) {
	for _, c := range []struct{ name, log, want string }{
		{"a published scenario: 8 seconds logged in, 4 of them paused", `
			0 N ann AGENTCALLBACKLOGIN|1001@default
			1 N ann PAUSEALL|
			3 N ann UNPAUSEALL|
			4 N ann AGENTCALLBACKLOGOFF|1001@default|4|CommandLogoff
			10 N ann AGENTCALLBACKLOGIN|1001@default
			12 N ann PAUSEALL|
			14 N ann UNPAUSEALL|
			14 N ann AGENTCALLBACKLOGOFF|1001@default|4|CommandLogoff`, "login_time 8, away_share 4/8, occupancy 0/4, states_open 1"},
		{"calls make agents busy, and a pause may finish one", `
			0 M bob ADDMEMBER|
			30 1 NONE ENTERQUEUE||5550101|1
			40 1 bob CONNECT|10|9.1|2
			100 1 bob COMPLETECALLER|10|60|1
			100 N bob PAUSEALL|Wrap
			100 q bob PAUSE|Wrap
			120 N bob UNPAUSEALL|
			120 q bob UNPAUSE|
			200 M bob REMOVEMEMBER|`, "login_time 200, occupancy 80/200, away_share 0/200, sales_per_hour 0/200"},
		{"a device is no agent", `
			0 M PJSIP/1001 ADDMEMBER|
			60 M PJSIP/1001 REMOVEMEMBER|`, "login_time 0, states_open 0"},
		{"members that come paused are away", `
			0 M dan ADDMEMBER|PAUSED
			60 q dan UNPAUSE|
			90 M dan REMOVEMEMBER|`, "login_time 90, utilization 30/90"},
	} {
		h := newSpring(t)
		h.do("PUT", "/v1/sources/log", `{"kind":"asterisk_queue_log",`+pbxAuth+`,"campaigns":{"q-main":"spring"}}`).expect(201)
		var lines []string
		for line := range strings.Lines(strings.TrimSpace(c.log)) {
			f := strings.SplitN(strings.TrimSpace(line), " ", 4)
			after, _ := strconv.Atoi(f[0])
			call, queue := map[string]string{"N": "NONE", "M": "MANAGER", "q": "NONE"}[f[1]], "q-main"
			if f[1] == "N" {
				queue = "NONE"
			}
			if call == "" {
				call = "1794819600." + f[1]
			}
			lines = append(lines, fmt.Sprintf("%d|%s|%s|%s|%s", 1794819600+after, call, queue, f[2], f[3]))
		}
		for range 2 {
			rand.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
			for part := range slices.Chunk(lines, 1+rand.IntN(len(lines))) {
				h.hook(sent{"POST", logHook, "text/plain", strings.Join(part, "\n"), "pbx"}).expect(200)
			}
		}
		h.do("POST", "/v1/sources/log/replay?state=applied", nil).expect(200)
		for want := range strings.SplitSeq(c.want, ", ") {
			id, figure, _ := strings.Cut(want, " ")
			numerator, denominator, _ := strings.Cut(figure, "/")
			if denominator == "" {
				denominator = "null"
			}
			path := "/v1/service/kpis"
			if id == "sales_per_hour" {
				path = "/v1/campaigns/spring/kpis" // the queue's name is the campaign's
			}
			h.get(path+thatMonth+"&kpi="+id).expect(200).want("kpis.0.numerator", numerator, "kpis.0.denominator", denominator)
		}
		h.verify(campaign.ServiceKey)
	}
}
