//go:build realdata

package dialer

import "testing"

func TestConnectSamples(t *testing.T) {
	compareSamples(t, &Source{Ref: "connect", Kind: Connect}, "connect", "connect/01")
}
