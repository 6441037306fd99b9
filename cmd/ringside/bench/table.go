package bench

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// samples are durations of equal requests.
type samples []time.Duration

// at is the percentile p by nearest rank.
func (s samples) at(p float64) time.Duration {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	return sorted[max(int(math.Ceil(p/100*float64(len(s))))-1, 0)]
}

func (s samples) String() string {
	return fmt.Sprintf("p50 %s, p99 %s (%d samples)", shown(s.at(50)), shown(s.at(99)), len(s))
}

// shown is a duration to three digits.
func shown(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%.3g ms", d.Seconds()*1000)
	default:
		return fmt.Sprintf("%.3g s", d.Seconds())
	}
}

// begin prints the head of the table. Each line follows as soon as it is known, so
// that a run that is interrupted has not been for nothing.
func (r *run) begin() {
	r.print("Size %s attempts, seed %d; bars are for %s. %s\n\n| what | bar | measured | reached |\n|---|---|---|---|\n",
		grouped(r.Size), r.Seed, grouped(SizeFull), machine())
}

func (r *run) print(format string, args ...any) {
	if _, err := fmt.Fprintf(r.Out, format, args...); err != nil && r.failed == nil {
		r.failed = err
		r.end() // nobody would see what is measured from now on
	}
}

func (r *run) row(what, bar, measured, reached string) {
	r.print("| %s | %s | %s | %s |\n", what, bar, measured, reached)
}

// without prints a line that has no bar.
func (r *run) without(what, measured string) { r.row(what, "–", measured, "–") }

// missing prints a line whose figure could not be had, and why.
func (r *run) missing(what, bar, why string) { r.row(what, bar, "n/a: "+why, "n/a") }

// reach prints a line with a bar; every condition has to hold.
func (r *run) reach(what, bar, measured string, reached ...bool) {
	verdict := "yes"
	if slices.Contains(reached, false) {
		verdict = "no"
	}
	r.row(what, bar, measured, verdict)
}

// grouped writes a number with its thousands apart.
func grouped[N int | int64 | float64](n N) string {
	text := fmt.Sprintf("%.0f", math.Round(float64(n)))
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// ratio writes a to b, to three digits where it is small.
func ratio(r float64) string {
	if r >= 100 {
		return grouped(r)
	}
	return fmt.Sprintf("%.3g", r)
}
