package callcentre

import (
	"encoding/json"
	"testing"
	"time"
)

func TestOpens(t *testing.T) {
	f := New(small(1))
	for _, c := range []struct{ at, opens, campaign string }{
		{"2026-10-14T12:00:00Z", "2026-10-14T12:00:00Z", "spring-energy"},  // a Wednesday at noon
		{"2026-10-14T02:00:00Z", "2026-10-14T03:15:00Z", "winback-mobile"}, // nine in Kathmandu
		{"2026-10-16T23:59:59Z", "2026-10-16T23:59:59Z", "city-fibre"},     // the last second of Friday's calls in New York
		{"2026-10-17T00:00:00Z", "2026-10-17T09:00:00Z", "spring-energy"},  // nobody on Saturday before ten in Lisbon
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		opens, campaign := f.Opens(at)
		if got := opens.UTC().Format(time.RFC3339); got != c.opens || campaign != c.campaign {
			t.Errorf("after %s, %s opens at %s; want %s at %s", c.at, campaign, got, c.campaign, c.opens)
		}
	}
}

// TestNobodyIsDialedAtNight: every call starts in its campaign's hours.
func TestNobodyIsDialedAtNight(t *testing.T) {
	f := New(small(6))
	lines := map[string]*line{}
	for _, l := range f.lines {
		lines[l.script.ref] = l
	}
	calls, atNight := 0, 0
	for b, ok := f.Next(1); ok; b, ok = f.Next(1) {
		if opens, _ := f.Opens(b.At); opens.After(b.At) {
			atNight++
		}
		if b.Collection != "attempts" {
			continue
		}
		var call struct {
			StartedAt time.Time `json:"started_at"`
		}
		if err := json.Unmarshal(b.Items[0], &call); err != nil {
			t.Fatal(err)
		}
		if calls++; !lines[b.Campaign].opens(call.StartedAt).Equal(call.StartedAt) {
			t.Errorf("%s calls at %s", b.Campaign, call.StartedAt)
		}
	}
	if calls < 1000 || atNight == 0 {
		t.Errorf("%d calls and %d posts at night show nothing", calls, atNight)
	}
}
