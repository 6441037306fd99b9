package api

import (
	"fmt"
	"testing"
)

// TestUpdateSendsWhatChanged: regions that are as before are left out, those that are
// gone are null, and who has nothing is sent all.
func TestUpdateSendsWhatChanged(t *testing.T) {
	first := &update{event: "regions", version: 3, number: 1, regions: map[string]string{"funnel": "<b>\n</b>", "gone": "x", "same": "y"}}
	second := &update{event: "regions", version: 5, number: 2, atMs: 1_000, regions: map[string]string{"funnel": "<i>", "same": "y", "new": "z"}}
	third := &update{event: "regions", version: 6, number: 3, regions: second.regions}
	const at = `"at":"1970-01-01T00:00:0%d.000Z"`
	for _, c := range []struct {
		now, before *update
		want        string
	}{
		{first, nil, `{"version":3,` + fmt.Sprintf(at, 0) + `,"regions":{"funnel":"<b>\u000a</b>","gone":"x","same":"y"}}`},
		{second, first, `{"version":5,` + fmt.Sprintf(at, 1) + `,"regions":{"funnel":"<i>","new":"z","gone":null}}`},
		{second, nil, `{"version":5,` + fmt.Sprintf(at, 1) + `,"regions":{"funnel":"<i>","new":"z","same":"y"}}`},
		{third, second, `{"version":6,` + fmt.Sprintf(at, 0) + `,"regions":{}}`},
		{third, first, `{"version":6,` + fmt.Sprintf(at, 0) + `,"regions":{"funnel":"<i>","new":"z","gone":null}}`},
	} {
		want := fmt.Sprintf("event: regions\nid: %d\ndata: %s\n\n", c.now.version, c.want)
		for range 2 { // made, and as it was made
			if got := string(c.now.frame(c.before)); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	}
	whole := &update{event: "kpis", version: 4, number: 2, data: []byte(`{}`)}
	if got := string(whole.frame(first)); got != "event: kpis\nid: 4\ndata: {}\n\n" || len(whole.frames) != 1 {
		t.Errorf("%q", got)
	}
}
