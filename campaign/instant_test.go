package campaign

import (
	"strings"
	"testing"
)

// TestTimesSayWhatIsWrong: whoever sends a time that cannot be read learns what is
// wrong with it, and a form that can.
func TestTimesSayWhatIsWrong(t *testing.T) {
	instant := func(text string) error { _, err := ParseInstant(text); return err }
	day := func(text string) error { _, err := ParseDay(text); return err }
	moment := func(text string) error { _, err := ParseMoment(text); return err }
	item := func(text string) error {
		_, err := AttemptForm.Decode([]byte(`{"ref":"c","lead":"l","result":"busy","started_at":` + text + `}`))
		return err
	}
	for _, c := range []struct {
		read       func(string) error
		text, says string
	}{
		{instant, "2026-02-30T09:00:00Z", "no 30 February 2026"},
		{instant, "2025-02-29T09:00:00Z", "no 29 February 2025"},
		{instant, "2026-13-01T09:00:00Z", "month 13"},
		{instant, "2026-11-02T09:00:00", "with an offset"},
		{instant, "2026-11-02 09:00", "with an offset"},
		{instant, "yesterday, at noon", "with an offset"},
		{day, "2026-02-30", "no 30 February 2026"},
		{day, "2026-11-00", "no 0 November 2026"},
		{day, "2026/11/02", "like 2026-11-02"},
		{day, "2026-02-30T", "is not a date"},
		{moment, "2026-11-1", "neither a date like 2026-11-02 nor an instant like 2026-11-02T09:00:00Z"},
		{moment, "today", "neither a date"},
		{moment, "2026-02-30", "no 30 February 2026"},
		{moment, "2026-02-30T09:00:00Z", "no 30 February 2026"},
		{item, "1793610000", `an RFC 3339 text; send it like "2026-11-02T09:00:00Z"`},
		{item, `"2026-04-31T09:00:00+01:00"`, "no 31 April 2026"},
	} {
		if err := c.read(c.text); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.text, err, c.says)
		}
	}
	for _, good := range []string{"2024-02-29T09:00:00Z", "2026-12-31T23:59:59Z"} {
		if err := instant(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
}
