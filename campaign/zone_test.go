package campaign

import (
	"testing"
	"time"
)

// TestZoneRules tells zones apart that ever differ, and no others.
func TestZoneRules(t *testing.T) {
	seen := map[int64]string{}
	for _, name := range []string{"UTC", "Europe/Lisbon", "Europe/Berlin", "Asia/Kathmandu", "Africa/Casablanca", "America/New_York", "Australia/Lord_Howe"} {
		rules := ZoneRules(name)
		if other := seen[rules]; rules == 0 || other != "" {
			t.Errorf("%s has the rules of %q", name, other)
		}
		seen[rules] = name
	}
	if ZoneRules("Etc/UTC") != ZoneRules("UTC") || ZoneRules("No/Where") != 0 {
		t.Error("one zone under two names has two rules, or one that is none has some")
	}
	if sumUpRules(time.FixedZone("", 3600)) == sumUpRules(time.FixedZone("", 3601)) {
		t.Error("the offset does not count")
	}
}

// BenchmarkZoneRules sums up one zone's rules; a process does so once a zone.
func BenchmarkZoneRules(b *testing.B) {
	loc, err := LoadZone("Europe/Lisbon")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		sumUpRules(loc)
	}
}
