package funnel

import (
	"fmt"
	"math/big"
	"runtime"
	"strings"
	"testing"
	"time"

	"ringside/campaign"
)

// own is a definition for the tests of shelves.
func own(id, formula string) OwnKPI {
	return OwnKPI{ID: id, Name: id, Formula: formula, Unit: Ratio, Direction: Neutral}
}

func anyName(string) bool { return true }

// allocated is how much memory f takes in all, freed or not, and how long it runs.
func allocated(f func()) (bytes uint64, took time.Duration) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	f()
	took = time.Since(began)
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc, took
}

// TestFormulasAreBounded: whatever a text says, reading it and working it out takes little
// memory. Each of these would loop, call, look somewhere or grow without the bounds.
func TestFormulasAreBounded(t *testing.T) {
	for _, text := range []string{
		strings.Repeat("(", 500) + "a" + strings.Repeat(")", 499),
		strings.Repeat("-", 999) + "a",
		strings.Repeat("(", 24) + "a" + strings.Repeat(")", 24),
		"a + " + strings.Repeat("9", 990),
		"a * 1e999999999",
		"a * 0." + strings.Repeat("0", 900) + "1",
		"a ** a ** a ** a ** a", "a ^ 999999999",
		"a .. 1000000000", "1..1000000000", "len(1..1000000000) * a",
		"map(1..1000000, {# * a})", "filter(1..1000000, # > a)", "reduce(1..1000000, #acc + #, a)", "all(1..9, true) ? a : 0", "sum(1..1000000) + a",
		`repeat("x", 1000000000) + a`, `"x" * 1000000000`, `fromJSON("{}")`, `env["PATH"]`, "$env", "$env.PATH",
		"now()", "date()", `duration("1h")`, "sort([a])", `get(a, "b")`, "a matches 'x'", "a; a", "{a: 1}", "[a, a][0]", "#", "a?.b", "a | abs", "abs(a)", "int(a)", `string(a)`, "a in b", "not a", "!a",
		"min(" + strings.Repeat("a,", 490) + "a)",
		"\x00", "a\u200b", "a /* " + strings.Repeat("x", 900), "a // b",
	} {
		var f *Formula
		bytes, _ := allocated(func() { f, _ = ParseFormula(text) })
		if bytes > 1<<20 {
			t.Errorf("%.60q takes %d bytes to read", text, bytes)
		}
		if f == nil {
			continue
		}
		bytes, _ = allocated(func() { f.Parts(func(string) *big.Rat { return big.NewRat(1<<62, 1) }) })
		if bytes > 1<<20 {
			t.Errorf("%.60q takes %d bytes to work out", text, bytes)
		}
	}
}

// TestFormulasTowerNot: KPIs that read each other over and over count as often as they are
// worked out.
func TestFormulasTowerNot(t *testing.T) {
	tower := []OwnKPI{own("k0", "a"+strings.Repeat("*a", 4))}
	for n := 1; n < 12; n++ {
		below := fmt.Sprint("k", n-1)
		tower = append(tower, own(fmt.Sprint("k", n), below+strings.Repeat("*"+below, 4)))
	}
	var err error
	bytes, _ := allocated(func() { _, err = NewShelf(tower, anyName) })
	if wrong, ok := err.(*campaign.Error); !ok || wrong.Field != "formula" || !strings.Contains(wrong.Message, "more than 500 parts") {
		t.Errorf("a tower of formulas: %v", err)
	}
	if bytes > 1<<22 {
		t.Errorf("refusing it takes %d bytes", bytes)
	}
	// The highest that is taken: all of its sums are as large as sums get.
	shelf, err := NewShelf(tower[:3], anyName)
	if err != nil {
		t.Fatal(err)
	}
	sums := &Sums{named: map[string]Total{"a": {Whole: 1 << 62, Micro: 1 << 40, Count: 1}}}
	var figure Figure
	bytes, _ = allocated(func() { figure = shelf.Find("k2").Figure(sums) })
	if bytes > 1<<22 || figure.Defined() || figure.Lack != TooLarge {
		t.Errorf("125 factors: %d bytes, %+v", bytes, figure)
	}
	low := shelf.Find("k0").Figure(sums)
	want := new(big.Rat).Add(new(big.Rat).SetInt64(1<<62), big.NewRat(1<<40, campaign.DecimalOne))
	for range 4 {
		want.Mul(want, new(big.Rat).Add(new(big.Rat).SetInt64(1<<62), big.NewRat(1<<40, campaign.DecimalOne)))
	}
	if new(big.Rat).SetFrac(low.Over, low.Under).Cmp(want) != 0 {
		t.Errorf("5 factors are not exact: %v/%v", low.Over, low.Under)
	}
}

// TestFormulaLacks: what has no value says why; a measure that nobody posted is not zero.
func TestFormulaLacks(t *testing.T) {
	shelf, err := NewShelf([]OwnKPI{own("sum", "a"), own("less", "b - a"), own("share", "b / (a - a)"), own("how_many", "a_values"), own("rate", "hit_rate * 2"), own("reads", "share + 1"), own("low", "min(a, b)")}, anyName)
	if err != nil {
		t.Fatal(err)
	}
	b := Total{Whole: 3, Count: 2}
	for _, c := range []struct {
		id    string
		named map[string]Total
		want  string
	}{
		{"sum", nil, "no_data"},
		{"sum", map[string]Total{"a": {Count: 1}}, "0/1"}, // somebody said 0
		{"less", map[string]Total{"b": b}, "no_data"},
		{"less", map[string]Total{"a": {Whole: 5, Micro: 500_000, Count: 1}, "b": b}, "-5/2"},
		{"share", map[string]Total{"a": {Count: 1}, "b": b}, "zero_divisor"},
		{"share", map[string]Total{"b": b}, "no_data"},
		{"how_many", nil, "0/1"},
		{"rate", nil, "no_data"},
		{"reads", map[string]Total{"a": {Count: 1}, "b": b}, "no_data"},
		{"low", map[string]Total{"b": b}, "no_data"},
	} {
		f := shelf.Find(c.id).Figure(&Sums{named: c.named})
		got := string(f.Lack)
		if f.Defined() {
			got = f.Over.String() + "/" + f.Under.String()
		}
		if got != c.want {
			t.Errorf("%s of %+v is %s, want %s", c.id, c.named, got, c.want)
		}
	}
	if n, ok := shelf.Find("low").Values(&Sums{named: map[string]Total{"a": {Count: 1}, "b": b}}); n != 3 || !ok {
		t.Errorf("%d values", n)
	}
	both, err := NewShelf([]OwnKPI{own("mean", "a / a_values")}, anyName)
	if n, _ := both.Find("mean").Values(&Sums{named: map[string]Total{"a": {Count: 4}}}); err != nil || n != 4 {
		t.Errorf("%d values behind a mean of 4: %v", n, err)
	}
}

// TestFormulaIntervals: only counts over counts are trials. An amount over an amount is a
// share too, but of nothing that was tried so often.
func TestFormulaIntervals(t *testing.T) {
	shelf, err := NewShelf([]OwnKPI{own("hits", "hit_rate_numerator / dials"), own("known", "a / b"), own("rest", "1 - a / b"), own("profit", "margin / revenue"), own("talk", "talk_time_numerator / outbound_aht_numerator")}, anyName)
	if err != nil {
		t.Fatal(err)
	}
	sums := &Sums{named: map[string]Total{"a": {Whole: 6, Count: 1}, "b": {Whole: 8, Count: 1}}, digits: 2}
	for m, n := range map[Measure]int64{Dials: 8, SaleAttempts: 6, Margin: 600, RevenueMinor: 800, TalkMs: 6000, HandleMs: 8000} {
		sums.Add(m, n)
	}
	for id, want := range map[string]string{"hits": "6 of 8", "known": "6 of 8", "rest": "none", "profit": "none", "talk": "none"} {
		got := "none"
		if n, of, ok := shelf.Find(id).Figure(sums).Trials(); ok {
			got = fmt.Sprintf("%d of %d", n, of)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
	sums.named["a"] = Total{Whole: 6, Micro: 500_000, Count: 1}
	if _, _, ok := shelf.Find("known").Figure(sums).Trials(); ok {
		t.Error("six and a half of eight are trials")
	}
}
