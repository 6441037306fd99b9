package main

import (
	"regexp"
	"strings"
	"testing"

	"ringside/db/dbtest"
)

// TestExamples: one command defines the example KPIs and shows what they come to, also when
// it is run again; another takes all of it away.
func TestExamples(t *testing.T) {
	path := dbtest.New(t)
	data := file(t, "calls.csv", "ref,lead,started_at,result\nc-1,l-1,2026-11-02T09:00:00Z,busy\n")
	mustRun(t, "import", "attempts", data, "--db", path, "--campaign", "c", "--config", file(t, "c.json", bankCampaign))
	url, stop, key := serving(t, path)
	defer stop()
	flags := []string{"examples", "--campaign", "c", "--url", url, "--key", key}
	for range 2 {
		out := mustRun(t, flags...)
		for _, row := range []string{`mql +140 +140 / 1 +mql`, `monthly_sales_growth +-1 +-21000 / 21000 `, `profit_margin +none +zero_divisor +margin / revenue`, `defect_rate +0.015 +9 / 600 `,
			`liquidity_index +1.5483870967741935 +480000 / 310000 `, `brand_awareness +0.39 +312 / 800 `} {
			if !regexp.MustCompile(row).MatchString(out) {
				t.Errorf("%q is not in\n%s", row, out)
			}
		}
	}
	for range 2 {
		mustRun(t, append(flags, "--remove")...)
	}
	if out, code := ringside(t, "examples", "--campaign", "none", "--url", url, "--key", key); code != 1 || !strings.Contains(out, "there is no campaign") {
		t.Errorf("a campaign that is not there ends with %d: %s", code, out)
	}
}
