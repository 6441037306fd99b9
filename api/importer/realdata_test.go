//go:build realdata

package importer

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func realFile(t *testing.T, name string) *os.File {
	t.Helper()
	dir := os.Getenv("RINGSIDE_TEST_DATA")
	if dir == "" {
		t.Fatal("RINGSIDE_TEST_DATA is not set; name the folder of the real data sets")
	}
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestRealBank(t *testing.T) {
	lists := map[string]string{}
	for _, p := range posts(t, realFile(t, "bank-full.csv.gz"), "leads", "bank-leads.json") {
		lists[p.Ref] = p.List
	}
	var talk time.Duration
	dials, won, firstDial := map[string]int{}, map[string]bool{}, 0
	month := map[string]int{}
	for _, p := range posts(t, realFile(t, "bank-full.csv.gz"), "attempts", "bank-attempts.json") {
		dials[p.Lead]++
		month[p.StartedAt[:7]]++
		if p.Result != "answered" {
			continue
		}
		begin, _ := time.Parse(time.RFC3339, p.ConnectedAt)
		end, _ := time.Parse(time.RFC3339, p.EndedAt)
		talk += end.Sub(begin)
		if p.Disposition == "SALE" {
			won[p.Lead] = true
			if dials[p.Lead] == 1 {
				firstDial++
			}
		}
	}
	byList := map[string][2]int{}
	total, once, most := 0, 0, 0
	for ref, list := range lists {
		n := byList[list]
		n[0]++
		if won[ref] {
			n[1]++
		}
		byList[list] = n
		total, most = total+dials[ref], max(most, dials[ref])
		if dials[ref] == 1 {
			once++
		}
	}
	got := fmt.Sprintln(len(lists), total, len(won), once, firstDial, most, talk.Seconds(), byList) +
		fmt.Sprintln(month["2008-01"], month["2008-02"], month["2008-03"], month["2008-04"], month["2008-05"], month["2008-06"],
			month["2008-07"], month["2008-08"], month["2008-09"], month["2008-10"], month["2008-11"], month["2008-12"])
	same(t, got, `
45211 124956 5289 17544 2561 63 1.1671811e+07 map[cellular:[29285 4369] telephone:[2906 390] unknown:[13020 530]]
2346 6310 1052 5733 33693 16746 24301 24534 1022 1134 7615 470
`)
}

func TestRealEdtech(t *testing.T) {
	source, assigned := map[string]string{}, map[string]string{}
	for _, p := range posts(t, realFile(t, "edtech/leads_basic_details.csv"), "leads", "edtech-sources.json") {
		source[p.Ref] = p.Source
		assigned[p.Ref] = p.UpdatedAt
	}
	leads := posts(t, realFile(t, "edtech/sales_managers_assigned_leads_details.csv"), "leads", "edtech-leads.json")
	for _, p := range leads {
		if p.Source != "" || p.UpdatedAt <= assigned[p.Ref] || source[p.Ref] == "" {
			t.Fatalf("%+v does not overlay the version that has the source", p)
		}
	}
	// An agent's leads are those assigned; two of them were never dialed.
	type tally struct{ leads, calls, connected, won int }
	bySource, byAgent, all := map[string]tally{}, map[string]tally{}, tally{}
	for _, p := range leads {
		n := byAgent[p.Attributes["assigned_to"]]
		n.leads++
		byAgent[p.Attributes["assigned_to"]] = n
	}
	dialed, won, teams := map[string]bool{}, map[string]bool{}, map[string]int{}
	for _, s := range source {
		n := bySource[s]
		n.leads++
		bySource[s] = n
	}
	for _, p := range posts(t, realFile(t, "edtech/leads_interaction_details.csv"), "attempts", "edtech-attempts.json") {
		s, a := bySource[source[p.Lead]], byAgent[p.Agent]
		if !dialed[p.Lead] {
			all.leads++
		}
		dialed[p.Lead] = true
		for _, n := range []*tally{&s, &a, &all} {
			n.calls++
			if p.Result == "answered" && p.AnsweredBy == "human" {
				n.connected++
			}
			if p.Disposition == "successful_conversion" && !won[p.Lead] {
				n.won++
			}
		}
		if p.Disposition == "successful_conversion" {
			won[p.Lead] = true
		}
		bySource[source[p.Lead]], byAgent[p.Agent] = s, a
	}
	for _, p := range leads {
		if won[p.Ref] {
			teams[p.Attributes["team"]]++
		}
	}
	got := fmt.Sprintln(len(leads), len(source), all, teams)
	for _, s := range sortedKeys(bySource) {
		n := bySource[s]
		got += fmt.Sprintln(s, n.leads, n.calls, n.won)
	}
	for _, a := range sortedKeys(byAgent) {
		got += fmt.Sprintln(a, byAgent[a])
	}
	same(t, got, `
360 360 {358 2192 1866 64} map[SNR501MG:23 SNR502MG:12 SNR503MG:12 SNR504MG:17]
SEO 75 485 14
email_marketing 73 475 19
social_media 87 501 17
user_referrals 66 378 8
website 59 353 6
JNR1001MG {34 124 91 6}
JNR1002MG {20 121 108 7}
JNR1003MG {20 134 116 6}
JNR1004MG {20 132 110 4}
JNR1005MG {20 126 107 2}
JNR1006MG {20 135 118 4}
JNR1007MG {20 131 115 2}
JNR1008MG {20 141 122 4}
JNR1009MG {20 131 112 2}
JNR1010MG {21 146 127 4}
JNR1011MG {26 142 118 2}
JNR1012MG {31 164 136 4}
JNR1013MG {20 130 112 2}
JNR1014MG {20 135 120 4}
JNR1015MG {21 136 117 3}
JNR1016MG {27 164 137 8}
`)
}
