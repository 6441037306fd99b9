package dialer

import (
	"bytes"
	"strings"
	"testing"
)

// TestPack holds what is kept of a message to 600 bytes, on average over the shapes
// that each kind sends.
func TestPack(t *testing.T) {
	for _, c := range []struct {
		kind     *Kind
		requests []*Request
	}{
		{VICIdial, []*Request{vicidialBegin, vicidialPassed, vicidialSold}},
		{AsteriskCDR, []*Request{post("/cdr", "", "text/csv", cdrLine("1795340449.0", "Queue", "2026-11-22 09:40:49", "2026-11-22 09:40:51", "2026-11-22 09:40:58", "ANSWERED", "campaign=S;lead=88101"))}},
		{AsteriskQueueLog, []*Request{post("/queue_log", "", "text/plain", "1795340490|1795340479.104|SPRING|NONE|ABANDON|1|1|9\n")}},
		{FreeSWITCH, []*Request{post("/cdr", "", "application/json", freeswitchRecord(freeswitchTalked))}},
		{Twilio, twilioLife},
		{Connect, []*Request{firehoseOf(contactJSON)}},
		{Convoso, []*Request{post("/", "", formType, "id=10277&lead_id=88101&list_id=1201&campaign_id=77&user_id=1001&number_dialed=12025550101&status=SALE&call_length=155&call_date=2026-11-21+14%3A02%3A11")}},
		{Mapped, []*Request{get("/", "call=1&campaign=SPRING&started_at=1795287731&duration_s=3&result=answered&agent=ann")}},
	} {
		bytesKept, messages := 0, split(t, c.kind, c.requests...)
		for _, m := range messages {
			packed := c.kind.Pack(m.Raw)
			if again := c.kind.Pack(m.Raw); !bytes.Equal(packed, again) {
				t.Errorf("%s: the same message is kept in two ways", c.kind.Name)
			}
			raw, err := c.kind.Unpack(packed)
			if err != nil || !bytes.Equal(raw, m.Raw) {
				t.Errorf("%s: kept %q, read back %q, %v", c.kind.Name, m.Raw, raw, err)
			}
			bytesKept += len(packed)
		}
		average := bytesKept / len(messages)
		t.Logf("%s: %d bytes a message", c.kind.Name, average)
		if average > 600 {
			t.Errorf("%s: %d bytes a message, want at most 600", c.kind.Name, average)
		}
		if typical[c.kind.Name] == "" {
			t.Errorf("%s: nothing is typical of it", c.kind.Name)
		}
	}
	for _, damaged := range []string{"", "\x00", "\x02abc", "\x01\xff\xff"} {
		if _, err := Mapped.Unpack([]byte(damaged)); err == nil {
			t.Errorf("%q was read", damaged)
		}
	}
}

func TestTableKnowsEveryCode(t *testing.T) {
	for _, k := range Kinds {
		if KindOf(k.Name) != k {
			t.Errorf("%s is not found", k.Name)
		}
		if (k.Status == nil) != (stock[k.Name] == nil) {
			t.Errorf("%s: its table and the list of its codes do not go together", k.Name)
		}
		for _, code := range stock[k.Name] {
			if _, known := k.Status(code); !known {
				t.Errorf("%s does not know its code %s", k.Name, code)
			}
		}
	}
	table := (&Source{Kind: VICIdial, Statuses: map[string]Status{"SALE": {Category: 1}, "MINE": {Category: 2}}}).Table()
	if table["SALE"].Category != 1 || table["MINE"].Category != 2 || table["HUC041"].Category == 0 {
		t.Errorf("the table is %v", table)
	}
}

func TestBodyWithoutSecret(t *testing.T) {
	a := Auth{Type: BodyToken, Name: "token", Secret: `a "b&c`}
	for _, body := range []string{`token=a+%22b%26c&x=1`, `{"token":"a \"b&c","x":1}`} {
		if got := string(a.BodyWithoutSecret([]byte(body))); strings.Contains(got, "b") || !strings.Contains(got, "x") {
			t.Errorf("%s became %s", body, got)
		}
	}
}
