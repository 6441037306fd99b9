//go:build realdata

package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"ringside/funnel"
)

// TestRealCalls imports the calls of an anonymous bank in February 1999 and holds them
// to the known figures.
func TestRealCalls(t *testing.T) {
	path := importCalls(t, realFile(t, "anonymous-bank-1999-02.tsv.gz"))
	whole := queueSums(t, path, funnel.Level{})[""]
	for id, want := range map[string]string{"offered": "33066", "answered": "27162", "abandoned": "5904", "blocked": "0",
		"inbound_abandonment_rate": "5904/33066", "asa": "1107512000/27162", "aht": "4790100000/27162"} {
		equal(t, id, figure(whole, id), want)
	}
	value := func(s *funnel.Sums, id string) string { return fmt.Sprintf("%.4f", funnel.Find(id).Figure(s).Value()) }
	equal(t, "speed of answer, handle time, patience", value(whole, "asa")+" "+value(whole, "aht")+" "+value(whole, "abandon_wait"), "40.7743 176.3530 43.9863")
	equal(t, "20 s by method", levels(t, path, 20), "16209/29868 16209/33066 16209/27162 19407/33066")
	thirty := int64(30)
	equal(t, "30 s of offered", figure(queueSums(t, path, funnel.Level{Method: funnel.AbandonsBad, Seconds: &thirty})[""], "service_level"), "17729/33066")
	equal(t, "30 s of answered", figure(queueSums(t, path, funnel.Level{Method: funnel.AbandonsIgnored, Seconds: &thirty})[""], "service_level"), "17729/27162")
	equal(t, "waits", percentileOf(whole, "answer_wait_p50", "answer_wait_p80", "answer_wait_p90", "answer_wait_p95", "answer_wait_p99"), "6 71 131 189 311")
	equal(t, "handle times", percentileOf(whole, "handle_time_p50", "handle_time_p90", "handle_time_p95", "handle_time_p99"), "107 408 582 1063")
	equal(t, "agents and their answers", figure(whole, "answered_per_agent"), fmt.Sprintf("%d/24", 27162-491))

	twenty := int64(20)
	types := queueSums(t, path, funnel.Level{Method: funnel.AbandonsIgnored, Seconds: &twenty}, funnel.ByTopic)
	for line := range strings.SplitSeq(`PS 21269 18349 2920 35.9198 184.3375 11079/18349|NW 7564 4990 2574 55.4100 106.8134 2858/4990|NE 2744 2520 224 50.8012 275.1829 1329/2520|
		TT 1047 984 63 18.1057 103.0559 798/984|IN 293 199 94 101.1457 263.3618 84/199|PE 149 120 29 49.6750 228.4583 61/120`, "|") {
		kind, want, _ := strings.Cut(strings.TrimSpace(line), " ")
		s := types[kind]
		equal(t, kind, strings.Join([]string{figure(s, "offered"), figure(s, "answered"), figure(s, "abandoned"), value(s, "asa"), value(s, "aht"), figure(s, "service_level")}, " "), want)
	}
	servers := queueSums(t, path, funnel.Level{}, funnel.ByAgent)
	for line := range strings.SplitSeq(`IDIT 1957 239833 122.5514|YIFAT 1904 293886 154.3519|YITZ 1794 311842 173.8250|AVNI 1739 446039 256.4917|KAZAV 1697 324812 191.4037|TOVA 1682 257569 153.1326`, "|") {
		words := strings.Fields(line)
		s := servers[words[0]]
		equal(t, words[0], fmt.Sprintf("%s %d %s", figure(s, "answered"), s.Get(funnel.CallHandleMs)/1000, value(s, "aht")), strings.Join(words[1:], " "))
	}
	var offered [24]string
	for hour, s := range queueSums(t, path, funnel.Level{}, funnel.ByHourOfWeek) {
		var n int
		fmt.Sscan(hour, &n)
		var so int64
		fmt.Sscan(offered[n%24], &so)
		offered[n%24] = fmt.Sprint(so + s.Get(funnel.Offered))
	}
	equal(t, "offered by hour", strings.Join(offered[:], " "), "122 34 21 7 9 22 111 904 2209 2470 2774 2559 2166 2594 2385 2298 2335 1900 1695 1573 1349 1390 1188 951")

	// Without a topic every further call of a customer is one.
	mapping, err := os.ReadFile(mappings + "inbound-calls.json")
	if err != nil {
		t.Fatal(err)
	}
	plain := strings.Replace(string(mapping), `"topic": "type", `, "", 1)
	mustRun(t, "import", "calls", realFile(t, "anonymous-bank-1999-02.tsv.gz"), "--db", path, "--campaign", "queue/short", "--config", file(t, "short.json", strings.Replace(bankQueue, "}", `,"short_abandon_s":6}`, 1)),
		"--mapping", file(t, "plain.json", plain))
	short := sumsOf(t, path, "short", funnel.Level{})[""]
	equal(t, "without those who gave up within 5 s", fmt.Sprintf("%.4f", 100*funnel.Find("inbound_abandonment_rate").Figure(short).Value()), "11.9575")
	equal(t, "no further call within 7 days", figure(short, "first_contact_resolution"), "4649/11725")
	equal(t, "no further call of the type within 7 days", figure(whole, "first_contact_resolution"), "4992/11725")
	// Who gave up at once never queued.
	mustRun(t, "import", "calls", realFile(t, "anonymous-bank-1999-02.tsv.gz"), "--db", path, "--campaign", "queue/queued", "--config", file(t, "queued.json", strings.Replace(bankQueue, "}", `,"short_abandon_s":0.001}`, 1)),
		"--mapping", mappings+"inbound-calls.json")
	equal(t, "without those who never queued", figure(sumsOf(t, path, "queued", funnel.Level{})[""], "inbound_abandonment_rate"), "3932/31094")
}
