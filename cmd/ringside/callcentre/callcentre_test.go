package callcentre

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"regexp"
	"testing"
	"time"
)

func demo(seed uint64) Config {
	return Config{Seed: seed, Start: time.Date(2026, 10, 5, 0, 0, 0, 0, time.UTC), Days: 28, Scale: 1}
}

func small(seed uint64) Config {
	c := demo(seed)
	c.Scale, c.Days = 0.2, 10
	return c
}

// stream is everything a floor posts to one collection, in order.
func stream(next func() (Batch, bool)) map[string][]byte {
	all := map[string][]byte{}
	for b, ok := next(); ok; b, ok = next() {
		key := b.Campaign + "/" + b.Collection
		for _, raw := range b.Items {
			all[key] = append(append(all[key], raw...), '\n')
		}
	}
	return all
}

func run(c Config, n int) map[string][]byte {
	f := New(c)
	return stream(func() (Batch, bool) { return f.Next(n) })
}

func equal(t *testing.T, what string, got, want map[string][]byte) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d collections, want %d", what, len(got), len(want))
	}
	for k := range want {
		if !bytes.Equal(got[k], want[k]) {
			t.Errorf("%s: %s differs (%d and %d bytes)", what, k, len(got[k]), len(want[k]))
		}
	}
}

func TestSameConfigSamePosts(t *testing.T) {
	digest := func(c Config) string {
		h, f := sha256.New(), New(c)
		for b, ok := f.Next(50); ok; b, ok = f.Next(50) {
			fmt.Fprintf(h, "%s %s %s %q\n", b.Campaign, b.Collection, b.At, b.Items)
		}
		return fmt.Sprintf("%x", h.Sum(nil))
	}
	if digest(small(1)) != digest(small(1)) {
		t.Error("two runs of one Config differ")
	}
	if digest(small(1)) == digest(small(2)) {
		t.Error("the seed changes nothing")
	}
}

func TestPortionsDoNotChangeThePosts(t *testing.T) {
	want := run(small(3), 1)
	equal(t, "n = 100,000", run(small(3), 100_000), want)
	f, end := New(small(3)), demo(0).Start
	got := map[string][]byte{}
	for range 10 * 24 {
		end = end.Add(time.Hour)
		for b := range f.Until(end, 70) {
			if !b.At.Before(end) {
				t.Fatalf("batch at %s was asked for before %s", b.At, end)
			}
			key := b.Campaign + "/" + b.Collection
			for _, raw := range b.Items {
				got[key] = append(append(got[key], raw...), '\n')
			}
		}
	}
	equal(t, "by the hour", got, want)
}

// A demo seeds weeks and then dials on: the weeks must not depend on what follows.
func TestShorterRunIsPrefixOfLonger(t *testing.T) {
	short, long := small(4), small(4)
	long.Days = 40
	f := New(long)
	got := map[string][]byte{}
	for b := range f.Until(short.Start.AddDate(0, 0, short.Days), 1000) {
		key := b.Campaign + "/" + b.Collection
		for _, raw := range b.Items {
			got[key] = append(append(got[key], raw...), '\n')
		}
	}
	equal(t, "prefix", got, run(short, 1000))
}

// TestAgentsAreNamedOnce: everybody who dials is of one team, and there are several.
func TestAgentsAreNamedOnce(t *testing.T) {
	f, teams, of := New(small(5)), map[string]bool{}, map[string]bool{}
	for _, a := range f.Agents() {
		var said struct{ Team string }
		if err := json.Unmarshal(a.Body, &said); err != nil || said.Team == "" || of[a.Ref] {
			t.Errorf("%s is said to be %s %v", a.Ref, a.Body, err)
		}
		teams[said.Team], of[a.Ref] = true, true
	}
	if len(teams) <= len(scripts) { // a small crew of guests is early as a whole
		t.Errorf("the teams are %v", teams)
	}
	for b, ok := f.Next(100); ok; b, ok = f.Next(100) {
		for _, item := range b.Items {
			var call struct{ Agent string }
			if err := json.Unmarshal(item, &call); err != nil || call.Agent != "" && !of[call.Agent] {
				t.Fatalf("%s %v: a stranger", item, err)
			}
		}
	}
}

func TestUntilGoesOnWhereItBrokeOff(t *testing.T) {
	f := New(small(5))
	half := demo(0).Start.AddDate(0, 0, 5)
	got := stream(func() (Batch, bool) {
		for b := range f.Until(half, 30) {
			return b, true
		}
		return f.Next(30)
	})
	equal(t, "broken off", got, run(small(5), 30))
}

func TestEveryItemKeepsTheContract(t *testing.T) {
	for _, c := range []Config{demo(1), {Seed: 9, Start: time.Date(2026, 3, 20, 15, 17, 3, 123_456_789, time.UTC), Days: 16, Scale: 0.3}} {
		seen := map[string]int{}
		f, last := New(c), c.Start
		end := c.Start.Add(time.Duration(c.Days) * 24 * time.Hour)
		for b, ok := f.Next(64); ok; b, ok = f.Next(64) {
			if b.At.Before(last) || !b.At.Before(end) {
				t.Fatalf("batch at %s after one at %s", b.At, last)
			}
			if len(b.Items) == 0 || len(b.Items) > 64 {
				t.Fatalf("batch of %d items", len(b.Items))
			}
			last = b.At
			for _, raw := range b.Items {
				seen[b.Collection]++
				if err := checkItem(b.Collection, raw); err != nil {
					t.Fatalf("%s %s: %v\n%s", b.Campaign, b.Collection, err, raw)
				}
				checkDates(t, b, raw, c.Start)
			}
		}
		for _, k := range collectionNames {
			if seen[k] == 0 {
				t.Errorf("no %s", k)
			}
		}
	}
}

// checkDates holds that nothing is told before it happened. A live demo would
// otherwise show calls from the future.
func checkDates(t *testing.T, b Batch, raw json.RawMessage, start time.Time) {
	var x map[string]any
	if err := json.Unmarshal(raw, &x); err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"generated_at", "started_at", "answered_at", "connected_at", "ended_at", "cancelled_at", "updated_at"} {
		s, ok := x[field].(string)
		if !ok {
			continue
		}
		if at := instant(s); at.After(b.At) || at.Before(start) {
			t.Fatalf("%s %s sent at %s: %s %s", b.Campaign, b.Collection, b.At, field, raw)
		}
	}
}

func TestSendersMisbehave(t *testing.T) {
	f := New(demo(2))
	posts, bodies, attempts := 0, map[string]int{}, map[string]bool{}
	var repeated, early, undated, running, objects int
	for b, ok := f.Next(1); ok; b, ok = f.Next(1) {
		raw := string(b.Items[0])
		posts++
		if bodies[b.Campaign+raw]++; bodies[b.Campaign+raw] > 1 {
			repeated++
			continue
		}
		var x struct {
			Ref, Attempt, Result, Disposition string
			Lead                              json.RawMessage
			EndedAt                           string `json:"ended_at"`
			UpdatedAt                         string `json:"updated_at"`
		}
		if err := json.Unmarshal(b.Items[0], &x); err != nil {
			t.Fatal(err)
		}
		switch b.Collection {
		case "attempts":
			attempts[b.Campaign+"/"+x.Ref] = true
			count(&undated, x.UpdatedAt == "")
			count(&running, x.Result == "answered" && x.EndedAt == "")
			count(&objects, bytes.HasPrefix(x.Lead, []byte("{")))
		case "outcomes":
			count(&early, !attempts[b.Campaign+"/"+x.Attempt])
		}
	}
	t.Logf("%d posts: %d repeated, %d outcomes before their attempts, %d undated, %d running calls, %d leads as objects",
		posts, repeated, early, undated, running, objects)
	for what, n := range map[string]int{"repeats": repeated, "early outcomes": early, "undated": undated, "running": running, "objects": objects} {
		if n < 20 || n > posts/10 {
			t.Errorf("%s: %d of %d", what, n, posts)
		}
	}
}

func count(n *int, yes bool) {
	if yes {
		*n++
	}
}

// No agent is on two calls at once, nor at two campaigns in one hour.
func TestAgentsAreOnOneCallAtATime(t *testing.T) {
	c := demo(6)
	c.Scale, c.Days = 3, 8
	all, _ := collect(t, c, 1000)
	type span struct{ from, to time.Time }
	busy := map[string][]span{}
	for _, a := range all {
		for _, x := range a.attempts {
			if x.text("agent") != "" && x.text("connected_at") != "" && x.text("ended_at") != "" {
				if !x["agent"].at.Equal(x["started_at"].at) {
					continue // an amendment may name another agent
				}
				busy[x.text("agent")] = append(busy[x.text("agent")], span{x.instant("connected_at"), x.instant("ended_at")})
			}
		}
	}
	shared := 0
	for who, spans := range busy {
		for i, s := range spans {
			for _, o := range spans[:i] {
				if s.from.Before(o.to) && o.from.Before(s.to) {
					shared++
					t.Logf("%s: %v and %v", who, s, o)
				}
			}
		}
	}
	if shared > 0 {
		t.Errorf("%d overlapping calls", shared)
	}
}

// Nobody is called at night, wherever the campaign lives, clock changes included.
func TestCallsKeepToLocalHours(t *testing.T) {
	zones := map[string]string{"spring-energy": "Europe/Lisbon", "city-fibre": "America/New_York", "winback-mobile": "Asia/Kathmandu", "charity-drive": "Europe/London"}
	all, _ := collect(t, demo(8), 1000)
	for ref, a := range all {
		zone, err := time.LoadLocation(zones[ref])
		if err != nil {
			t.Fatal(err)
		}
		byHour := [24]int{}
		for _, x := range a.attempts {
			at := x.instant("started_at").In(zone)
			byHour[at.Hour()]++
			closed := time.Sunday
			if ref == "winback-mobile" {
				closed = time.Saturday
			}
			if at.Hour() < 9 || at.Hour() > 20 || at.Weekday() == closed {
				t.Fatalf("%s: a call at %s", ref, at)
			}
		}
		if byHour[17] <= byHour[13] {
			t.Errorf("%s: no evening peak: %v", ref, byHour)
		}
	}
}

func TestScaleAndDaysSetTheVolume(t *testing.T) {
	dials := func(c Config) int {
		refs, f := map[string]bool{}, New(c)
		for b, ok := f.Next(1000); ok; b, ok = f.Next(1000) {
			for _, raw := range b.Items {
				if ref, _, _ := bytes.Cut(raw, []byte(`,`)); b.Collection == "attempts" {
					refs[b.Campaign+string(ref)] = true
				}
			}
		}
		return len(refs)
	}
	one := dials(demo(1))
	for _, scale := range []float64{0.1, 4} {
		c := demo(1)
		c.Scale = scale
		within(t, fmt.Sprintf("attempts at scale %v", scale), float64(dials(c))/(float64(one)*scale), [2]float64{0.9, 1.1})
	}
	c := demo(1)
	c.Days = 56
	within(t, "attempts in twice the days", float64(dials(c))/float64(one), [2]float64{1.85, 2.25})
	if got := dials(Config{Seed: 1, Start: c.Start}); got != one {
		t.Errorf("zero Days and Scale make %d attempts, want the demo's %d", got, one)
	}
}

func TestCampaignsAreDeclared(t *testing.T) {
	categories := regexp.MustCompile(`^(sale|sale_cancelled|interested|callback|refusal|dnc|wrong_party|abandoned|machine|no_answer|busy|unworkable|technical|none)$`)
	for _, c := range New(demo(1)).Campaigns() {
		var body struct {
			Name, Currency string
			TimeZone       string `json:"time_zone"`
			DialMode       string `json:"dial_mode"`
			StartsOn       string `json:"starts_on"`
			Compliance     string
			Stages         []string
			Dispositions   []struct{ Code, Label, Category, Stage string }
		}
		d := json.NewDecoder(bytes.NewReader(c.Body))
		d.DisallowUnknownFields()
		if err := d.Decode(&body); err != nil {
			t.Fatal(err)
		}
		stages, codes := map[string]bool{"": true}, map[string]bool{}
		for _, s := range body.Stages {
			stages[s] = true
		}
		for _, x := range body.Dispositions {
			if codes[x.Code] || x.Label == "" || !stages[x.Stage] || !categories.MatchString(x.Category) {
				t.Errorf("%s: disposition %+v", c.Ref, x)
			}
			codes[x.Code] = true
		}
		if body.Name == "" || len(body.Currency) != 3 || body.StartsOn == "" || !refShape.MatchString(c.Ref) {
			t.Errorf("%s: %s", c.Ref, c.Body)
		}
	}
}

func BenchmarkNext(b *testing.B) {
	f, items := New(Config{Seed: 1, Start: demo(1).Start, Days: 36500, Scale: 20}), 0
	b.ReportAllocs()
	for b.Loop() {
		batch, ok := f.Next(1000)
		if !ok {
			b.Fatal("the floor closed for good")
		}
		items += len(batch.Items)
	}
	b.ReportMetric(float64(items)/b.Elapsed().Seconds(), "items/s")
}
