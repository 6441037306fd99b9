package dialer

import (
	"strings"
	"testing"
	"time"

	"ringside/campaign"
)

func newYork(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// The life of a call that was sold after a transfer: start, the fronter passes it
// on, the closer sells. The closer's leg has a call id of its own.
var (
	vicidialCommon = "lead_id=321&vendor_lead_code=CRM-1&campaign=SPRING&list_id=998&phone_number=2125550142&uniqueid=1795287731.104522&"
	vicidialBegin  = get("/start", vicidialCommon+"call_id=V1211402110000000321&user=1001&SQLdate=2026-11-21+14:02:19&epoch=1795287739")
	vicidialPassed = get("/dispo", vicidialCommon+"call_id=V1211402110000000321&user=1001&dispo=XFER&talk_time=40&term_reason=AGENT&epoch=1795287999&first_name=Ann&last_name=O%27Neil")
	vicidialSold   = get("/dispo", vicidialCommon+"call_id=J1211403000000000321&closecallid=55&user=1002&dispo=SALE&talk_time=143&term_reason=CALLER&epoch=1795287909")
)

func TestVICIdialTransfer(t *testing.T) {
	s := &Source{Ref: "vici", Kind: VICIdial, Zone: newYork(t)}
	messages := split(t, VICIdial, vicidialBegin, vicidialPassed, vicidialSold)
	// Both legs share the channel's unique id, by which the store joins them.
	for i, m := range messages {
		r := VICIdial.Read(s, m)
		if r.Leg != strings.HasPrefix(r.Calls[0], "J") || r.Calls[1] != "1795287731.104522" {
			t.Errorf("message %d names %v, leg %v", i, r.Calls, r.Leg)
		}
	}
	got := merged(t, s, messages)
	wants(t, got["V1211402110000000321"], `campaign=SPRING lead=CRM-1 phone=2125550142 started_at=2026-11-21T19:02:11Z connected_at=2026-11-21T19:02:19Z
		result=answered answered_by=human disposition=XFER ended_by=agent talk_s=40 wrap_s= ended_at=`)
	wants(t, got["J1211403000000000321"], `agent=1002 disposition=SALE talk_s=143 ended_by=customer started_at=2026-11-21T19:02:11Z`)
	joined := []Message{}
	for _, m := range messages {
		m.Raw = []byte(strings.ReplaceAll(string(m.Raw), "J1211403000000000321", "V1211402110000000321"))
		joined = append(joined, m)
	}
	wants(t, merged(t, s, joined)["V1211402110000000321"], "disposition=SALE agent=1001 connected_at=2026-11-21T19:02:19Z")
}

func TestVICIdialMessages(t *testing.T) {
	s := &Source{Ref: "vici", Kind: VICIdial, Zone: newYork(t), Statuses: map[string]Status{"HOT": {Category: campaign.Interested}},
		Fields: map[string]string{"lead_id": "leadID", "call_id": "callID"}}
	const at = "&campaign=SPRING&lead_id=7&phone_number=2125550142&uniqueid=1795288240.104588&SQLdate=2026-11-21+14:12:02"
	for _, c := range []struct{ query, call, want string }{
		{"call_id=V1&user=1002&dispo=CALLBK&callback_datetime=2026-11-23+10:30:00&talk_time=58" + at, "V1",
			"lead= disposition=CALLBK callback_at=2026-11-23T15:30:00Z talk_s=58 agent=1002 result=answered"},
		{"call_id=V1&user=VDAD&status=DROP" + at, "V1", "disposition=DROP answered_by=human result=answered agent= talk_s= ended_at= connected_at="},
		{"call_id=V1&user=VDAD&status=AB" + at, "V1", "disposition=AB result=busy answered_by="},
		{"call_id=V1&user=VDAD&status=AA" + at, "V1", "disposition=AA result=answered answered_by=machine"},
		{"call_id=V1&user=VDAD&status=DNCL" + at, "V1", "disposition=DNCL result=not_placed"},
		{"call_id=V1&user=VDAD&status=LRERR" + at, "V1", "disposition=LRERR result=failed answered_by="},
		{"call_id=V1&user=VDAD&status=HUC041" + at, "V1", "disposition=HUC041 result=failed"},
		{"call_id=M1&user=1001&dispo=A&status=--A--status--B--" + at, "M1", "disposition=A answered_by=machine agent=1001"},
		// A code of the centre's own, once known to nobody and once to the source.
		{"call_id=V1&user=1001&dispo=XYZ" + at, "V1", "disposition=XYZ result=answered answered_by="},
		{"call_id=V1&user=1001&dispo=HOT" + at, "V1", "disposition=HOT"},
		// Names the administrator chose; a value that was not encoded.
		{"callID=V9&leadID=12&user=VDAD&status=NA&campaign=SPRING&uniqueid=1795288240.1&last_name=100%+O'Neil", "V9", "result=no_answer started_at=2026-11-21T19:10:40Z"},
		// Without a call id the channel names the call.
		{"user=VDAD&status=NA&uniqueid=1795288240.1&lead_id=1&campaign=S", "1795288240.1", "result=no_answer"},
	} {
		wants(t, merged(t, s, split(t, VICIdial, get("/x", c.query)))[c.call], c.want)
	}
	for _, query := range []string{"", "lead_id=5&dispo=NI&talk_time=214", "call_id=Y1&uniqueid=1.1&status=DROP", "k=v"} {
		if r := VICIdial.Read(s, split(t, VICIdial, get("/x", query))[0]); r.Silent == "" {
			t.Errorf("%q says %+v", query, r)
		}
	}
}

const (
	vicidialLogHeader   = "uniqueid\tlead_id\tlist_id\tcampaign_id\tcall_date\tstart_epoch\tend_epoch\tlength_in_sec\tstatus\tphone_code\tphone_number\tuser\tterm_reason\n"
	vicidialAgentHeader = "agent_log_id\tuser\tlead_id\tcampaign_id\twait_sec\ttalk_epoch\ttalk_sec\tdispo_epoch\tdispo_sec\tstatus\tdead_sec\tuniqueid\n"
)

func TestVICIdialTables(t *testing.T) {
	s := &Source{Ref: "vici", Kind: VICIdial, Zone: newYork(t)}
	log := post("/upload", "", "text/tab-separated-values", vicidialLogHeader+
		"1795287731.104522\t321\t998\tSPRING\t2026-11-21 14:02:11\t1795287731\t1795287909\t178\tSALE\t1\t2125550142\t1001\tAGENT\r\n\r\n"+
		"1795288503.104640\t322\t998\tSPRING\t2026-11-21 14:15:03\t1795288503\t1795288524\t21\tDROP\t1\t2125550188\tVDAD\tCALLER\n")
	agents := post("/upload", "", "text/plain", vicidialAgentHeader+
		"7714402\t1001\t321\tSPRING\t32\t1795287739\t150\t1795287889\t20\tSALE\t7\t1795287731.104522\n"+
		"7714403\t1001\t0\tSPRING\t9\t0\t0\t0\t0\tNULL\t0\tNULL\n")
	got := merged(t, s, split(t, VICIdial, log, agents))
	wants(t, got["1795287731.104522"], `agent=1001 disposition=SALE started_at=2026-11-21T19:02:11Z ended_at=2026-11-21T19:05:09Z connected_at=2026-11-21T19:02:19Z
		talk_s=143 wrap_s=20 ended_by=agent campaign=SPRING`)
	wants(t, got["1795288503.104640"], "disposition=DROP result=answered answered_by=human ended_at=2026-11-21T19:15:24Z ended_by=customer agent= wrap_s= talk_s=")
	if len(got) != 2 {
		t.Errorf("%d attempts, want 2: %v", len(got), got)
	}
	list := post("/upload", "campaign=SPRING", "text/plain", "lead_id\tentry_date\tvendor_lead_code\tlist_id\tphone_number\tfirst_name\tlast_name\n"+
		"321\t2026-11-02 09:15:44\tCRM-1\t998\t2125550142\tAnn\tO'Neil\n")
	r := VICIdial.Read(s, split(t, VICIdial, list)[0])
	if r.Silent != "" || r.Lead != "CRM-1" || r.Campaign != "SPRING" || r.LeadFields.Text(campaign.LeadName) != "Ann O'Neil" ||
		r.LeadFields.Int(campaign.LeadGeneratedAt) != time.Date(2026, 11, 2, 14, 15, 44, 0, time.UTC).UnixMilli() {
		t.Errorf("a row of vicidial_list says %+v", r)
	}
}

// TestVICIdialStatuses holds the traps of the stock flags.
func TestVICIdialStatuses(t *testing.T) {
	for code, want := range map[string]Status{
		"AB": {campaign.BusyCategory, campaign.Busy, 0}, "DNC": {campaign.DNC, campaign.Answered, campaign.Human},
		"DNCL": {campaign.Unworkable, campaign.NotPlaced, 0}, "LRERR": {campaign.Technical, campaign.Failed, 0},
		"NP": {campaign.CategoryNone, campaign.Answered, campaign.Human}, "PDROP": {campaign.Abandoned, campaign.Answered, campaign.Human},
		"ADCT": {campaign.Technical, campaign.Failed, 0}, "QCFAIL": {campaign.SaleCancelled, 0, 0}, "HUC017": {campaign.Technical, campaign.Failed, 0},
	} {
		if got, ok := VICIdial.Status(code); !ok || got != want {
			t.Errorf("%s means %+v, want %+v", code, got, want)
		}
	}
	for _, code := range []string{"", "XYZ", "HUC", "HUC12", "HUC12x"} {
		if _, ok := VICIdial.Status(code); ok {
			t.Errorf("%q is known", code)
		}
	}
}

func FuzzVICIdial(f *testing.F) {
	for _, r := range []*Request{vicidialBegin, vicidialPassed, vicidialSold,
		post("/upload", "", "", vicidialLogHeader+"1\t2\t3"), post("/upload", "", "", vicidialAgentHeader+"1\t2\t3")} {
		messages, err := VICIdial.Split(r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(messages[0].Raw)
	}
	fuzz(f, VICIdial)
}
