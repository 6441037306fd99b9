//go:build realdata

package dialer

import (
	"strings"
	"testing"
)

func TestFreeSWITCHSamples(t *testing.T) {
	s := &Source{Ref: "fs", Kind: FreeSWITCH}
	for _, one := range samplesOf(t, "freeswitch") {
		if strings.HasSuffix(one.File, "08-callcenter-event.txt") {
			continue // an event socket's text, which no FreeSWITCH posts
		}
		got := merged(t, s, split(t, FreeSWITCH, requestOf(t, one.File)))
		if strings.HasPrefix(one.File, "freeswitch/02") {
			if len(got) != 0 {
				t.Errorf("%s is no outbound call, yet gives %v", one.File, got)
			}
			continue
		}
		for _, want := range expected(t, one.Expect) {
			compareSample(t, s, one.File, got, want)
		}
	}
}
