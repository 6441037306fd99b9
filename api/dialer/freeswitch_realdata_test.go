//go:build realdata

package dialer

import "testing"

func TestFreeSWITCHSamples(t *testing.T) {
	compareSamples(t, &Source{Ref: "fs", Kind: FreeSWITCH}, "freeswitch", "freeswitch/02")
}
