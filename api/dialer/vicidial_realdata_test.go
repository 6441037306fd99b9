//go:build realdata

package dialer

import "testing"

func TestVICIdialSamples(t *testing.T) {
	compareSamples(t, &Source{Ref: "vici", Kind: VICIdial, Zone: newYork(t)}, "vicidial", "vicidial/07")
}
