package api_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// withoutRecounting takes away that figures are being counted again: they may be
// so, or not, in any answer.
var withoutRecounting = strings.NewReplacer(`,"recounting":true`, "",
	`<p class="warn">Counting again: until that is done, figures follow the configuration before.</p>`, "")

// TestOneZoneAnAnswer changes a campaign's zone to and fro while everything that
// is cut by days is read. Each answer has to be wholly of the one zone or of the
// other: were the window cut before the answer is read, a zone could change
// between.
func TestOneZoneAnAnswer(t *testing.T) {
	h := newSpring(t)
	zones := []string{"Pacific/Auckland", "America/Los_Angeles"}
	put := func(zone string) {
		h.do("PUT", "/v1/campaigns/spring", strings.Replace(spring, "Europe/Lisbon", zone, 1)).expect(200)
	}
	var calls []string
	for hour := range 72 {
		calls = append(calls, fmt.Sprintf(`{"ref":"c%d","lead":"l%d","agent":"ann","started_at":"2026-11-%02dT%02d:30:00Z","result":"answered","disposition":"SALE","updated_at":"2026-11-10T00:00:00Z"}`, hour, hour%24, 2+hour/24, hour%24))
	}
	h.stream(attempts, strings.Join(calls, "\n")).expect(200)

	const window = "?from=2026-11-03&to=2026-11-04"
	paths := []string{"/v1/campaigns/spring/kpis" + window, "/v1/campaigns/spring/kpis" + window + "&group_by=day&kpi=dials,leads_dialed",
		"/v1/campaigns/spring/kpis" + window + "&as_of=2026-11-20&kpi=dials", "/v1/campaigns/spring/funnel" + window, "/v1/campaigns/spring/attempt-curve" + window,
		"/v1/campaigns/spring/kpis/dials/facts" + window + "&limit=3", "/v1/kpis/report" + window + "&campaigns=*&group_by=day&kpi=dials",
		"/v1/campaigns/spring/compliance", "/campaigns/spring" + window}
	ask := func(path string) string {
		return withoutRecounting.Replace(string(h.get(path).expect(200).body))
	}
	truths := map[string][]string{}
	for _, zone := range zones {
		put(zone)
		for _, path := range paths {
			truths[path] = append(truths[path], ask(path))
		}
	}
	for _, path := range paths {
		if truths[path][0] == truths[path][1] {
			t.Fatalf("%s is answered alike in both zones: it cannot show a mixture", path)
		}
	}

	const rounds = 25
	done := make(chan struct{})
	var changing, reading sync.WaitGroup
	changing.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
				put(zones[i%2])
			}
		}
	})
	for _, path := range paths {
		reading.Go(func() {
			for range rounds {
				if got := ask(path); got != truths[path][0] && got != truths[path][1] {
					t.Errorf("%s mixes two zones:\n%s\ntrue are\n%s\n%s", path, clip([]byte(got)), clip([]byte(truths[path][0])), clip([]byte(truths[path][1])))
					return
				}
			}
		})
	}
	reading.Wait()
	close(done)
	changing.Wait()
}
