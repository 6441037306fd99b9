package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"ringside/campaign"
	"ringside/funnel"
)

// TestDialer: every lead is called once in each pass, never far from the order of
// its list, and the same seed posts the same bytes.
func TestDialer(t *testing.T) {
	s := shape{seed: 3, items: 100, perDay: 900, list: 3 * hopperLeads, twoMessages: 100}
	d := s.house()[0]
	for pass := range passes {
		var order []int
		for range s.list {
			list, place := d.lead()
			if list != 0 {
				t.Fatalf("pass %d goes to list %d", pass, list)
			}
			if place > len(order)+hopperLeads {
				t.Errorf("call %d goes to place %d, which is not in the hopper yet", len(order), place)
			}
			order = append(order, place)
		}
		if slices.IsSorted(order) {
			t.Error("the hopper changes no order")
		}
		slices.Sort(order)
		for want, got := range order {
			if want != got {
				t.Fatalf("pass %d: place %d is called twice or never", pass, want)
			}
		}
	}
	if list, _ := d.lead(); list != 1 {
		t.Errorf("after all passes comes list %d", list)
	}
	a, b := s.house()[1], s.house()[1]
	for range 12 {
		if p, q := a.next(100), b.next(100); !bytes.Equal(p.body, q.body) || p.items != q.items {
			t.Fatal("one seed posts two different things")
		}
	}
}

// TestPosts: what is posted is taken by the forms of the API, calls come in order
// of time, and every call of two messages has its outcome.
func TestPosts(t *testing.T) {
	const calls = 2000
	forms := map[string]*campaign.Form{"attempts": campaign.AttemptForm, "outcomes": campaign.OutcomeForm, "costs": campaign.CostForm}
	d := shape{seed: 1, items: 150, perDay: 700, list: 900, twoMessages: 300}.house()[0]
	posts := slices.Collect(d.toEnd(calls))
	attempts, outcomes, open, before := 0, 0, 0, int64(0)
	for _, p := range append(posts, costs("camp-1")) {
		lines := strings.Split(strings.TrimSuffix(string(p.body), "\n"), "\n")
		if len(lines) != p.items {
			t.Errorf("a post of %s says it has %d items and has %d", p.collection, p.items, len(lines))
		}
		for _, line := range lines {
			v, err := forms[p.collection].Decode([]byte(line))
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			switch p.collection {
			case "attempts":
				attempts++
				if !v.Given(campaign.AttemptDisposition) {
					open++
				}
				if at := v.Values[campaign.AttemptStartedAt].Int; at < before {
					t.Errorf("%s starts before the call before it", line)
				} else {
					before = at
				}
			case "outcomes":
				outcomes++
			}
		}
	}
	if attempts != calls || outcomes != open || outcomes < calls/5 {
		t.Errorf("%d of %d calls, %d without an outcome, %d outcomes", attempts, calls, open, outcomes)
	}
}

func TestEndings(t *testing.T) {
	of := 0
	for _, e := range endings {
		of += e.of
	}
	if of != 1000 {
		t.Errorf("endings are of %d calls, not of a thousand", of)
	}
}

// TestPercentiles are by nearest rank.
func TestPercentiles(t *testing.T) {
	var s samples
	for n := 200; n > 0; n-- {
		s = append(s, time.Duration(n)*time.Millisecond)
	}
	if s.at(50) != 100*time.Millisecond || s.at(99) != 198*time.Millisecond || s.at(100) != 200*time.Millisecond {
		t.Errorf("p50 %s, p99 %s, p100 %s", s.at(50), s.at(99), s.at(100))
	}
	if got := grouped(1234567); got != "1,234,567" {
		t.Errorf("grouped: %s", got)
	}
}

// TestAgree: a report whose every part is what the facts say passes, and one that
// is off by one in a single part does not.
func TestAgree(t *testing.T) {
	measures := map[string]int64{}
	for i := range funnel.Catalogue {
		k := &funnel.Catalogue[i]
		for _, p := range numbersOf(k, nil, nil, nil) {
			if p.column == "" {
				t.Errorf("%s: no column has its parts", k.ID)
			}
			measures[p.column] = int64(1000 + i)
		}
	}
	report := func() []byte {
		var kpis []map[string]any
		part := func(m funnel.Measure) any {
			value := measures[columns[m]]
			switch {
			case m == funnel.NoMeasure:
				return nil
			case funnel.UnitOf(m) == funnel.Money:
				return fmt.Sprintf("%d.%02d", value/100, value%100)
			case funnel.UnitOf(m) == funnel.Seconds:
				return float64(value) / 1000
			}
			return value
		}
		for i := range funnel.Catalogue {
			k := &funnel.Catalogue[i]
			of := map[string]any{"id": k.ID, "numerator": part(k.Numerator), "denominator": part(k.Denominator)}
			if k.Percent > 0 {
				of["numerator"], of["value"] = nil, measures[numbersOf(k, nil, nil, nil)[0].column]
			}
			kpis = append(kpis, of)
		}
		text, err := json.Marshal(map[string]any{"kpis": kpis})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	same := report()
	if err := agree(same, measures); err != nil {
		t.Error(err)
	}
	for column := range measures {
		measures[column]++
		if err := agree(same, measures); err == nil && column != "" {
			t.Errorf("%s is off by one and passes", column)
		}
		measures[column]--
	}
}

// BenchmarkRender renders posts of 2,000 calls: what filling a file costs the bench.
func BenchmarkRender(b *testing.B) {
	d := shape{seed: 1, items: postMost, perDay: perDayFull, list: 100_000, twoMessages: 100}.house()[0]
	bytes, items := 0, 0
	for b.Loop() {
		p := d.next(postMost)
		bytes, items = bytes+len(p.body), items+p.items
	}
	b.ReportMetric(float64(items)/b.Elapsed().Seconds(), "items/s")
	b.ReportMetric(float64(bytes)/float64(items), "bytes/item")
}

// TestWatched: the memory of a command is its own, however much the process that
// starts it holds.
func TestWatched(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	held := bytes.Repeat([]byte{1}, 200<<20)
	out, most, known, err := watched(exec.Command(program, "-test.list", "TestWatched"))
	if err != nil || !bytes.Contains(out, []byte("TestWatched")) {
		t.Fatalf("the command says %q, %v", out, err)
	}
	if linux := runtime.GOOS == "linux"; known != linux || most > int64(len(held)) || linux && most == 0 {
		t.Errorf("a small command held %d bytes, known: %v, beside %d of its parent", most, known, len(held))
	}
	runtime.KeepAlive(held)
}
