//go:build realdata

package dialer

import "testing"

func TestConnectSamples(t *testing.T) {
	s := &Source{Ref: "connect", Kind: Connect}
	for _, one := range samplesOf(t, "connect") {
		got := merged(t, s, split(t, Connect, requestOf(t, one.File)))
		if one.File == "connect/01-ctr-inbound-genuine.json" {
			if len(got) != 0 {
				t.Errorf("%s is an inbound contact, yet gives %v", one.File, got)
			}
			continue
		}
		for _, want := range expected(t, one.Expect) {
			compareSample(t, s, one.File, got, want)
		}
	}
}
