package api_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"ringside/api"
)

// TestBreachesAreLive: whoever follows a campaign, its page, the overview or a wallboard is
// told of a breach with the very commit that makes it, and of a target when it is set:
// nothing is worked out again here but for what is committed.
func TestBreachesAreLive(t *testing.T) {
	t.Parallel()
	h := newSpring(t)
	h.dialToday("first")
	server, _ := h.serveLive(api.LiveLimits{Refresh: time.Hour})
	stream := h.open(server, h.key, "campaign=spring&kpi=dials")
	states := func() string {
		t.Helper()
		e, ok := stream.next()
		var data struct {
			KPIs []struct{ Targets []struct{ Ref, State string } }
		}
		if !ok || json.Unmarshal([]byte(e.data), &data) != nil || len(data.KPIs) != 1 {
			t.Fatalf("no figures in %+v", e)
		}
		var all []string
		for _, one := range data.KPIs[0].Targets {
			all = append(all, one.Ref+" "+one.State)
		}
		return strings.Join(all, ", ")
	}
	expect := func(what, want string) {
		t.Helper()
		if got := states(); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	expect("without targets", "")
	views := map[string]*board{}
	for _, view := range []string{"/", "/campaigns/spring?range=today", "/wallboard"} {
		views[view] = h.openView(server, h.key, view)
		views[view].regions()
	}
	moved := func(what, want string) {
		t.Helper()
		for view, b := range views {
			regions := b.regions()
			text := ""
			for _, region := range regions {
				text += region
			}
			if !strings.Contains(text, want) {
				t.Errorf("%s: %s is sent without %q: %s", what, view, want, text)
			}
		}
	}
	h.target("few", "dials", "<=", "1").expect(201)
	expect("a target is set", "few behind")
	moved("a target is set", `behind`)
	h.dialToday("second")
	expect("a breach", "few breached")
	moved("a breach", `missed`)
	h.do("DELETE", "/v1/targets/few", "").expect(204)
	expect("it is taken away", "")
}
