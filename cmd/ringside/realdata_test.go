//go:build realdata

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringside/funnel"
)

func realFile(t *testing.T, name string) string {
	dir := os.Getenv("RINGSIDE_TEST_DATA")
	if dir == "" {
		t.Fatal("RINGSIDE_TEST_DATA is not set; name the folder of the real data sets")
	}
	return filepath.Join(dir, filepath.FromSlash(name))
}

// TestRealBank imports the UCI bank marketing set (Moro et al., 2011) and holds
// it to its published figures.
func TestRealBank(t *testing.T) {
	path := importBank(t, realFile(t, "bank-full.csv.gz"))
	whole := sums(t, path, "bank")[""]
	for id, want := range map[string]string{"leads": "45211", "dials": "124956", "conversion_rate": "5289/45211", "calls_per_lead": "124956/45211",
		"first_dial_close_rate": "2561/45211", "calls_per_sale": "124956/5289", "talk_time": "11671811000/45211"} {
		equal(t, id, figure(whole, id), want)
	}
	rate := funnel.Find("conversion_rate").Figure(whole).Value()
	perLead := funnel.Find("calls_per_lead").Figure(whole).Value()
	equal(t, "conversion", fmt.Sprintf("%.4f %%, %.6f calls per lead", 100*rate, perLead), "11.6985 %, 2.763841 calls per lead")
	lists := sums(t, path, "bank", funnel.ByList)
	for list, want := range map[string]string{"cellular": "4369/29285", "telephone": "390/2906", "unknown": "530/13020"} {
		equal(t, "conversion of "+list, figure(lists[list], "conversion_rate"), want)
	}
	months := sums(t, path, "bank", funnel.ByMonth)
	for month, want := range map[string]string{"2008-05": "13766 33693 925/13766", "2008-03": "477 1052 248/477", "2008-12": "214 470 100/214", "2008-11": "3970 7615 403/3970"} {
		m := months[month]
		equal(t, month, figure(m, "leads")+" "+figure(m, "dials")+" "+figure(m, "conversion_rate"), want)
	}
}

// TestRealEdtech imports the ed-tech set and holds it to its figures, per source
// and per agent.
func TestRealEdtech(t *testing.T) {
	path := importEdtech(t, realFile(t, "edtech/leads_basic_details.csv"), realFile(t, "edtech/sales_managers_assigned_leads_details.csv"),
		realFile(t, "edtech/leads_interaction_details.csv"))
	whole := sums(t, path, "courses")[""]
	for id, want := range map[string]string{"leads": "360", "leads_dialed": "358", "dials": "2192", "conversion_rate": "64/360", "dialed_conversion_rate": "64/358",
		"contact_rate": "1866/2192", "calls_per_lead": "2192/358", "calls_per_sale": "2192/64"} {
		equal(t, id, figure(whole, id), want)
	}
	sources := sums(t, path, "courses", funnel.BySource)
	for source, want := range map[string]string{"email_marketing": "475 19/73", "social_media": "501 17/87", "SEO": "485 14/75", "user_referrals": "378 8/66", "website": "353 6/59"} {
		equal(t, source, figure(sources[source], "dials")+" "+figure(sources[source], "conversion_rate"), want)
	}
	agents := sums(t, path, "courses", funnel.ByAgent)
	const calls = `JNR1001MG 124 91 6|JNR1002MG 121 108 7|JNR1003MG 134 116 6|JNR1004MG 132 110 4|JNR1005MG 126 107 2|JNR1006MG 135 118 4|JNR1007MG 131 115 2|JNR1008MG 141 122 4|
		JNR1009MG 131 112 2|JNR1010MG 146 127 4|JNR1011MG 142 118 2|JNR1012MG 164 136 4|JNR1013MG 130 112 2|JNR1014MG 135 120 4|JNR1015MG 136 117 3|JNR1016MG 164 137 8`
	for line := range strings.SplitSeq(calls, "|") {
		words := strings.Fields(line)
		a := agents[words[0]]
		equal(t, words[0], fmt.Sprintf("%s %d %s", figure(a, "dials"), a.Get(funnel.Conversations), figure(a, "net_sales")), strings.Join(words[1:], " "))
	}
}
