package api_test

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"
)

func (r *trial) compareFunnel(from, to time.Time) {
	var answer struct {
		Stages []struct {
			Stage      string
			Leads      int64
			OfStart    any `json:"of_start"`
			OfPrevious any `json:"of_previous"`
			MedianS    any `json:"median_s"`
		}
	}
	path := r.path + "/funnel?" + r.window(from, to).Encode()
	r.get(path, &answer)
	want := r.twin.Funnel(r.Config.Ref, from, to)
	if len(answer.Stages) != len(want) {
		r.Fatalf("%s: %d stages, the twin has %d", path, len(answer.Stages), len(want))
	}
	for i, w := range want {
		g := answer.Stages[i]
		start, previous := int64(want[0].Leads), int64(0)
		if i > 0 {
			previous = int64(want[i-1].Leads)
		}
		if g.Stage != w.Stage || g.Leads != int64(w.Leads) || valueText(g.OfStart) != share(g.Leads, start) || valueText(g.OfPrevious) != share(g.Leads, previous) {
			r.Errorf("%s: stage %d is %+v, the twin says %+v", path, i, g, w)
		}
		median := "null"
		if w.Median != nil {
			median = w.Median.RatString()
		}
		if partText(g.MedianS) != median {
			r.Errorf("%s: stage %d has the median %v, the twin says %s", path, i, g.MedianS, median)
		}
	}
}

func (r *trial) compareCurve(from, to time.Time) {
	var answer struct {
		Attempts []struct {
			N, Reached, Won  int64
			Value, Low, High any
		}
	}
	path := r.path + "/attempt-curve?" + r.window(from, to).Encode()
	r.get(path, &answer)
	var got, want []string
	for _, p := range answer.Attempts {
		got = append(got, fmt.Sprintln(p.N, p.Reached, p.Won, valueText(p.Value)))
		if !(0 <= number(p.Low) && number(p.Low) <= number(p.Value) && number(p.Value) <= number(p.High) && number(p.High) <= 1) {
			r.Errorf("%s: %+v is not within its interval", path, p)
		}
	}
	for _, p := range r.twin.AttemptCurve(r.Config.Ref, from, to) {
		want = append(want, fmt.Sprintln(p.N, p.Reached, p.Won, share(int64(p.Won), int64(p.Reached))))
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		r.Errorf("%s: got %v, the twin says %v", path, got, want)
	}
}

// compareCompliance compares the blocks of the campaign's profile.
func (r *trial) compareCompliance() {
	var answer struct {
		Profile string
		Blocks  []struct {
			From, To                                  time.Time
			Live, Abandoned                           int
			Value, Low, High, Limit, Breach, Headroom any
		}
	}
	r.get(r.path+"/compliance", &answer)
	limits := map[string]string{"us_tsr": "0.03", "uk_2008": "0.03", "ca_crtc": "0.05", "none": "null"}
	if answer.Profile != r.Config.Compliance {
		r.Errorf("the profile is %q, not %q", answer.Profile, r.Config.Compliance)
	}
	var got, want []string
	for _, b := range answer.Blocks {
		got = append(got, fmt.Sprintln(b.From.UTC(), b.To.UTC(), b.Live, b.Abandoned, valueText(b.Value), valueText(b.Low), valueText(b.High), valueText(b.Limit), b.Breach, b.Headroom))
	}
	for _, b := range r.twin.Compliance(r.Config.Ref, r.asOf()) {
		breach, headroom := any(b.Breach), any(b.Headroom)
		if r.Config.Compliance == "none" {
			breach, headroom = nil, nil
		}
		want = append(want, fmt.Sprintln(b.From.UTC(), b.To.UTC(), b.Live, b.Abandoned, share(int64(b.Abandoned), int64(b.Live)), share(int64(b.Abandoned), int64(b.LowLive)),
			share(int64(b.HighAbandoned), int64(b.HighLive)), limits[r.Config.Compliance], breach, headroom))
	}
	if g, w := strings.Join(got, ""), strings.Join(want, ""); g != w {
		r.Fatalf("blocks are\n%s\nthe twin says\n%s", g, w)
	}
}

func share(part, whole int64) string {
	if whole == 0 {
		return "null"
	}
	nearest, _ := big.NewRat(part, whole).Float64()
	return strconv.FormatFloat(nearest, 'g', -1, 64)
}
