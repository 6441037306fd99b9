//go:build realdata

package dialer

import "testing"

func TestVICIdialSamples(t *testing.T) {
	s := &Source{Ref: "vici", Kind: VICIdial, Zone: newYork(t)}
	for _, one := range samplesOf(t, "vicidial") {
		got := merged(t, s, split(t, VICIdial, requestOf(t, one.File)))
		if one.File == "vicidial/07-docs-example.json" {
			if len(got) != 0 {
				t.Errorf("%s names no call, yet gives %v", one.File, got)
			}
			continue
		}
		for _, want := range expected(t, one.Expect) {
			compareSample(t, s, one.File, got, want)
		}
	}
}
