package api_test

import "testing"

// TestTargetsOnPages: missed targets stand first on the overview, all of a campaign's on
// its page, beside the figures they are about.
func TestTargetsOnPages(t *testing.T) {
	h := newSpring(t)
	h.dialDaily(10, 19, 10)
	h.page("/").lacks("data-target")
	h.target("few", "dials", "<=", "99").expect(201)
	h.target("often", "calls_per_lead", "<=", "2").expect(201)
	h.target("more", "dials", ">=", "300").expect(201)
	h.page("/").shows("1 target is missed", "Spring", "Dials", "missed", "target ≤ 99, 1 Nov 2026 to 30 Nov 2026: 100 now").lacks(`data-target="often"`, `data-target="more"`)
	h.page("/campaigns/spring").shows("on pace target ≤ 2.00, 1 Nov 2026 to 30 Nov 2026: 1.00 now", "behind target ≥ 300", "100 now, 200 expected by now heading for 150 (1")
	h.page("/campaigns/spring?from=2026-09-01&to=2026-09-02").lacks("data-target")
}
