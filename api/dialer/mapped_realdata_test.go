//go:build realdata

package dialer

import (
	"testing"
	"time"
)

func TestConvosoSample(t *testing.T) {
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	s := &Source{Ref: "convoso", Kind: Convoso, Zone: zone}
	for _, one := range samplesOf(t, "other") {
		if one.File != "other/03-convoso-connect-form.json" {
			continue
		}
		got := merged(t, s, split(t, Convoso, requestOf(t, one.File)))
		for _, want := range expected(t, one.Expect) {
			compareSample(t, s, one.File, got, want)
		}
	}
}
