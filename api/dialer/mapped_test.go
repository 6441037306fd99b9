package dialer

import (
	"testing"

	"ringside/campaign"
)

func TestMapped(t *testing.T) {
	s := &Source{Kind: Mapped, Zone: newYork(t), Statuses: map[string]Status{"17": {Category: campaign.Sale, Result: campaign.Answered, AnsweredBy: campaign.Human}},
		Fields: map[string]string{"call": "Call.id", "lead": "Call.contact.0.key", "campaign": "Call.campaign_name", "agent": "Agent.user", "disposition": "Call.dispo",
			"started_at": "Call.start", "talk_s": "Call.talk"}}
	json := post("/", "", "application/json", `{"Call":{"id":17,"contact":[{"key":"L-1"}],"campaign_name":"Spring savers","dispo":17,"start":"2026-11-21 14:02:11","talk":61.5},"Agent":{"user":"ann"}}`)
	end := get("/", "Call.id=17&Call.campaign_name=Spring+savers&ended_at=1795287885&duration_s=154&wrap_s=0&ended_by=caller&Call.contact.0.key=L-1")
	got := merged(t, s, split(t, Mapped, json, end))
	wants(t, got["17"], "lead=L-1 agent=ann result=answered answered_by=human disposition=17 talk_s=61.5 wrap_s=0 hold_s= started_at=2026-11-21T19:02:11Z ended_at=2026-11-21T19:04:45Z ended_by=customer")
	if got["17"]["campaign"] != "Spring savers" {
		t.Errorf("the campaign is %q", got["17"]["campaign"])
	}
	for query, want := range map[string]string{
		"Call.id=1&result=Invalid-Number":                       "result=failed",
		"Call.id=1&result=canceled":                             "result=cancelled answered_by=",
		"Call.id=1&result=completed":                            "result=answered answered_by=",
		"Call.id=1&result=completed&Agent.user=bo":              "result=answered answered_by=human agent=bo",
		"Call.id=1&result=answered&answered_by=voicemail":       "answered_by=machine",
		"Call.id=1&Call.start=1795287731&duration_s=10":         "started_at=2026-11-21T19:02:11Z ended_at=2026-11-21T19:02:21Z",
		"Call.id=1&ended_at=1795287731&duration_s=10":           "started_at=2026-11-21T19:02:01Z ended_at=2026-11-21T19:02:11Z",
		"Call.id=1&Call.start=2026-11-21T14:02:11%2B01:00":      "started_at=2026-11-21T13:02:11Z",
		"Call.id=1&Call.start=nonsense&Call.talk=-3&wrap_s=two": "",
	} {
		r := get("/", query)
		if want == "" {
			if got := Mapped.Read(s, split(t, Mapped, r)[0]); got.Silent == "" {
				t.Errorf("%s says %+v", query, got)
			}
			continue
		}
		wants(t, merged(t, s, split(t, Mapped, r))["1"], want)
	}
	for _, query := range []string{"", "x=1", "Call.id=1"} {
		if got := Mapped.Read(s, split(t, Mapped, get("/", query))[0]); got.Silent == "" {
			t.Errorf("%q says %+v", query, got)
		}
	}
}

func TestConvoso(t *testing.T) {
	s := &Source{Kind: Convoso, Zone: newYork(t)}
	r := post("/", "", formType, "id=10277&lead_id=88101&list_id=1201&campaign_id=77&user_id=1001&number_dialed=12025550101&status=SALE&call_length=155&call_date=2026-11-21+14%3A02%3A11")
	wants(t, merged(t, s, split(t, Convoso, r))["10277"], "campaign=77 lead=88101 agent=1001 result=answered answered_by=human disposition=SALE started_at=2026-11-21T19:02:11Z ended_at=2026-11-21T19:04:46Z talk_s=")
}

func FuzzMapped(f *testing.F) {
	f.Add(whole(post("/", "call=1&result=answered", "application/json", `{"started_at":"2026-11-21T14:02:11Z","talk_s":1.5}`)).Raw)
	f.Add(whole(get("/", "call=1&started_at=1795287731&duration_s=3")).Raw)
	fuzz(f, Mapped)
}
