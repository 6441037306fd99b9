package dialer

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ringside/campaign"
)

// begunMs is second 0 of the lines.
const begunMs = 1795340000_000

// inboundOf merges what lines of a queue_log say of one inbound call, in the order they
// are given.
func inboundOf(t *testing.T, lines ...string) map[string]string {
	t.Helper()
	type said struct {
		rank campaign.Rank
		campaign.Content
	}
	var all []said
	for _, line := range lines {
		r := readQueueLog(nil, whole(post("/", "", "", line)))
		placed, ok := r.PlaceInbound()
		if !ok {
			t.Fatalf("%q says nothing of a call: %q", line, r.Silent)
		}
		for _, v := range placed.Versions {
			if v.Ref != "1795340000.1" || v.Kind != campaign.KindCall {
				t.Fatalf("%q is about %s %q", line, v.Kind, v.Ref)
			}
			all = append(all, said{campaign.Rank{AtUs: v.UpdatedMs * 1000}, v.Content})
		}
	}
	slices.SortStableFunc(all, func(a, b said) int {
		return campaign.CompareVersions(campaign.KindCall, a.rank, &a.Content, b.rank, &b.Content)
	})
	merged := campaign.Content{Values: make([]campaign.Value, len(campaign.KindCall.Fields()))}
	for _, one := range all {
		merged.Overlay(&one.Content)
	}
	out := map[string]string{}
	for f, field := range campaign.KindCall.Fields() {
		if v := merged.Values[f]; !merged.Given(f) {
			continue
		} else if field.Type == campaign.TypeInstant {
			out[field.Name] = fmt.Sprint((v.Int - begunMs) / 1000)
		} else if out[field.Name] = words(field, v); !field.Type.IsText() && field.Type != campaign.TypeSeconds {
			out[field.Name] = fmt.Sprint(v.Int)
		}
	}
	return out
}

// TestInboundCalls: what the lines of a call make of it, in whatever order they come.
// Instants are seconds.
func TestInboundCalls(t *testing.T) {
	for name, c := range map[string]struct{ lines, want string }{
		"answered": {`0 NONE ENTERQUEUE||5550100|1; 6 ann CONNECT|6|9.9|3; 66 ann COMPLETECALLER|6|60|1`,
			"offered_at=0 answered_at=6 ended_at=66 agent=ann customer=5550100 blocked=0 abandoned_at="},
		"given up":                           {"0 NONE ENTERQUEUE||anonymous|1; 40 NONE ABANDON|1|1|40", "offered_at=0 abandoned_at=40 answered_at= ended_at= customer="},
		"turned away":                        {"5 NONE JOINEMPTY", "offered_at=5 blocked=1 abandoned_at= answered_at="},
		"turned away, and then let in":       {"5 NONE FULL; 9 NONE ENTERQUEUE||x|1; 20 NONE ABANDON|1|1|11", "offered_at=5 blocked=0 abandoned_at=20"},
		"left for another way":               {"0 NONE ENTERQUEUE||x|1; 30 NONE EXITWITHTIMEOUT|1|1|30", "offered_at=0 ended_at=30 abandoned_at= answered_at="},
		"left by a key":                      {"30 NONE EXITWITHKEY|9|1|1|30", "offered_at=0 ended_at=30 blocked=0"},
		"sent back and then answered":        {"0 NONE ENTERQUEUE||x|1; 30 NONE EXITWITHTIMEOUT|1|1|30; 35 NONE ENTERQUEUE||x|1; 50 bob CONNECT|15|9.9", "offered_at=0 answered_at=50 ended_at= agent=bob"},
		"nobody took it at first":            {"0 NONE ENTERQUEUE||x|1; 8 ann RINGNOANSWER|8000; 12 bob CONNECT|12|9.9", "offered_at=0 answered_at=12 agent=bob"},
		"only that it rang":                  {"8 ann RINGNOANSWER|8000", "offered_at=0 agent="},
		"only its end":                       {"66 ann COMPLETEAGENT|6|60|1", "offered_at=0 answered_at=6 ended_at=66 agent=ann"},
		"only its answer":                    {"6 ann CONNECT|6|9.9|3", "offered_at=0 answered_at=6 agent=ann ended_at="},
		"only that it was given up":          {"40 NONE ABANDON|1|1|40", "offered_at=0 abandoned_at=40"},
		"sent on":                            {"0 NONE ENTERQUEUE||x|1; 6 ann CONNECT|6|9.9|3; 26 ann BLINDTRANSFER|700|after|6|20|1", "transfers=1 answered_at=6 ended_at=26"},
		"sent on, told alone":                {"26 ann ATTENDEDTRANSFER|LINK|P/1|P/2|6|20|1", "transfers=1 offered_at=0 answered_at=6 ended_at=26 agent=ann"},
		"sent back by the first who took it": {"0 NONE ENTERQUEUE||x|1; 6 ann CONNECT|6|9; 26 ann BLINDTRANSFER|Q|c|6|20|1; 27 NONE ENTERQUEUE||x|1; 30 bob CONNECT|3|9; 50 bob COMPLETEAGENT|3|20|1", "offered_at=0 answered_at=6 ended_at=50 agent=ann transfers=1"},
		"within a second":                    {"6 ann CONNECT|6|9.9|3; 6 ann COMPLETEAGENT|6|0|1", "answered_at=6 ended_at=6"},
		"wrapped up":                         {"6 ann CONNECT|6|9.9|3; 26 ann COMPLETEAGENT|6|20|1; 26 ann WRAPUPSTART|15", "wrap_s=15 ended_at=26"},
	} {
		t.Run(name, func(t *testing.T) {
			var lines []string
			for line := range strings.SplitSeq(c.lines, ";") {
				f := strings.Fields(line)
				after, err := strconv.Atoi(f[0])
				if err != nil {
					t.Fatal(err)
				}
				lines = append(lines, fmt.Sprintf("%d|1795340000.1|Q|%s|%s", begunMs/1000+after, f[1], f[2]))
			}
			for i := range 10 {
				rand.New(rand.NewPCG(uint64(i), 1)).Shuffle(len(lines), func(a, b int) { lines[a], lines[b] = lines[b], lines[a] })
				wants(t, inboundOf(t, append(lines, lines[:i%len(lines)]...)...), c.want)
			}
		})
	}
	for _, line := range []string{"", "1795340447|NONE|NONE|NONE|QUEUESTART|", "1795340449|MANAGER|Q|PJSIP/x|ADDMEMBER|", "1795340485|17.1|Q|a|SOMETHING|4001"} {
		r := readQueueLog(nil, whole(post("/", "", "", line)))
		if _, ok := r.PlaceInbound(); ok || r.Silent == "" {
			t.Errorf("%q says %+v", line, r)
		}
	}
}
