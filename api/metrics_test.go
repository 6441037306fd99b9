package api_test

import (
	"regexp"
	"strings"
	"testing"
)

// TestMetrics reads what a post adds to them, and that each is described.
func TestMetrics(t *testing.T) {
	h := newSpring(t)
	read := func() string { return string(h.get("/metrics").expect(200).body) }
	if text := read(); !strings.Contains(text, "\nringside_committed_items_total 0\n") {
		t.Errorf("before any post: %s", text)
	}
	h.stream(attempts, dial("a")+"\n"+dial("b")+"\n").expect(200)
	text := read()
	for _, want := range []string{"ringside_commits_total 1", "ringside_committed_posts_total 1", "ringside_committed_items_total 2",
		"ringside_waiting_posts 0", "ringside_waiting_items 0", "ringside_waiting_bytes 0", "ringside_refused_posts_total 0", "ringside_checkpoint_failures_total 0"} {
		if !strings.Contains(text, "\n"+want+"\n") {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
	line := regexp.MustCompile(`^(# HELP ringside_[a-z_]+ [A-Z].*\.|# TYPE ringside_[a-z_]+ (counter|gauge)|ringside_[a-z_]+ [0-9.]+)$`)
	for text := range strings.Lines(text) {
		if !line.MatchString(strings.TrimSuffix(text, "\n")) {
			t.Errorf("%q is not of the format", text)
		}
	}
}
