package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// sums are what a day holds, by name, naively.
type sums map[string]*big.Rat

func (s sums) of(name string) *big.Rat {
	if s[name] == nil {
		return new(big.Rat)
	}
	return s[name]
}

func (s sums) add(name string, v *big.Rat) { s[name] = new(big.Rat).Add(s.of(name), v) }

// naive is a formula as text, and what it comes to.
type naive struct {
	text  string
	value func(sums) *big.Rat // nil for none
}

// drawFormula draws a formula over measures and dials, and works it out without parsing
// any.
func drawFormula(r *rand.Rand, depth int) naive {
	if depth == 0 || r.IntN(4) == 0 {
		switch r.IntN(6) {
		case 0:
			return naive{"dials", func(s sums) *big.Rat { return s.of("dials") }}
		case 1:
			return naive{"a_values", func(s sums) *big.Rat { return s.of("a_values") }}
		case 2:
			text := []string{"2", "0.5", "1_000", "3.125"}[r.IntN(4)]
			v, _ := new(big.Rat).SetString(strings.ReplaceAll(text, "_", ""))
			return naive{text, func(sums) *big.Rat { return v }}
		}
		name := []string{"a", "b", "c"}[r.IntN(3)]
		return naive{name, func(s sums) *big.Rat { return s[name] }} // nothing posted is not zero
	}
	x, y := drawFormula(r, depth-1), drawFormula(r, depth-1)
	both := func(do func(v, w *big.Rat) *big.Rat) func(sums) *big.Rat {
		return func(s sums) *big.Rat {
			v, w := x.value(s), y.value(s)
			if v == nil || w == nil {
				return nil
			}
			return do(v, w)
		}
	}
	switch r.IntN(6) {
	case 0:
		return naive{"(" + x.text + " + " + y.text + ")", both(func(v, w *big.Rat) *big.Rat { return new(big.Rat).Add(v, w) })}
	case 1:
		return naive{"(" + x.text + " - " + y.text + ")", both(func(v, w *big.Rat) *big.Rat { return new(big.Rat).Sub(v, w) })}
	case 2:
		return naive{"(" + x.text + ")*(" + y.text + ")", both(func(v, w *big.Rat) *big.Rat { return new(big.Rat).Mul(v, w) })}
	case 3:
		return naive{"min(" + x.text + ", " + y.text + ")", both(func(v, w *big.Rat) *big.Rat {
			if v.Cmp(w) < 0 {
				return v
			}
			return w
		})}
	}
	return naive{"(" + x.text + ") / (" + y.text + ")", both(func(v, w *big.Rat) *big.Rat {
		if w.Sign() == 0 {
			return nil
		}
		return new(big.Rat).Quo(v, w)
	})}
}

// drawMeasures draws versions of measures in any order, and what they come to by day of
// Lisbon.
func drawMeasures(r *rand.Rand) (posts []string, days map[string]sums) {
	type version struct {
		at    time.Time
		value *big.Rat
		void  bool
	}
	last, ranks, names := map[string]version{}, map[string]int{}, map[string]string{}
	for range 40 {
		ref := fmt.Sprint("m-", r.IntN(20))
		if names[ref] == "" {
			names[ref] = []string{"a", "b", "c"}[r.IntN(3)]
		}
		value := fmt.Sprintf("%d.%06d", r.IntN(2000)-1000, r.IntN(1_000_000))
		exact, _ := new(big.Rat).SetString(value)
		v := version{time.Date(2026, 11, 1+r.IntN(6), r.IntN(24), 0, 0, 0, time.UTC), exact, r.IntN(8) == 0}
		rank := r.IntN(1_000_000)
		posts = append(posts, fmt.Sprintf(`{"ref":"%s","name":"%s","at":"%s","value":"%s","void":%t,"campaign":"spring","updated_at":"%s"}`,
			ref, names[ref], v.at.Format(time.RFC3339), value, v.void, time.UnixMilli(int64(rank)*1000).UTC().Format(time.RFC3339)))
		if _, before := last[ref]; !before || rank > ranks[ref] {
			last[ref], ranks[ref] = v, rank
		}
	}
	days = map[string]sums{"": {}}
	for ref, v := range last {
		if v.void {
			continue
		}
		day := v.at.Format(time.DateOnly) // Lisbon keeps UTC in winter
		if days[day] == nil {
			days[day] = sums{}
		}
		for _, into := range []sums{days[""], days[day]} {
			into.add(names[ref], v.value)
			if names[ref] == "a" {
				into.add("a_values", big.NewRat(1, 1))
			}
		}
	}
	return posts, days
}

// TestOwnKPIsMatchTheTwin: formulas over random facts, posted in any order and more than
// once, come to what they come to by hand; also after all was counted again.
func TestOwnKPIsMatchTheTwin(t *testing.T) {
	for seed := range uint64(8) {
		h, r := newSpring(t), rand.New(rand.NewPCG(seed, 5))
		posts, days := drawMeasures(r)
		h.dialDaily(2, 3, 3)
		for _, day := range []string{"2026-11-02", "2026-11-03"} {
			if days[day] == nil {
				days[day] = sums{}
			}
			days[day].add("dials", big.NewRat(3, 1))
			days[""].add("dials", big.NewRat(3, 1))
		}
		for _, name := range []string{"a", "b", "c"} { // every name is known
			posts = append(posts, fmt.Sprintf(`{"ref":"none-%s","name":"%s","at":"2026-11-01T00:00:00Z","value":0,"void":true,"campaign":"spring"}`, name, name))
		}
		posts = append(posts, posts[:10]...)
		r.Shuffle(len(posts), func(i, j int) { posts[i], posts[j] = posts[j], posts[i] })
		for len(posts) > 0 {
			n := min(len(posts), 1+r.IntN(20))
			h.do("POST", "/v1/measures", "["+strings.Join(posts[:n], ",")+"]").expect(200)
			posts = posts[n:]
		}
		var formulas []naive
		for len(formulas) < 12 {
			f := drawFormula(r, 3)
			a := h.do("PUT", fmt.Sprint("/v1/kpis/f_", len(formulas)), fmt.Sprintf(`{"name":"f","formula":"%s","unit":"ratio","direction":"neutral"}`, f.text))
			if a.status == 422 { // it reads nothing, or divides by nothing
				continue
			}
			a.expect(201)
			formulas = append(formulas, f)
		}
		h.matchTwin(seed, formulas, days)
		h.do("PUT", "/v1/campaigns/spring", strings.Replace(spring, "Europe/Lisbon", "Africa/Abidjan", 1)).expect(200)
		h.matchTwin(seed, formulas, days)
		v, err := h.store.Verify(context.Background(), "spring", nil)
		if err != nil || v.Differing > 0 || v.Records == 0 {
			t.Fatalf("seed %d: verify: %+v, %v", seed, v, err)
		}
	}
}

// matchTwin holds each formula's figures, whole and by day, to what they come to by hand.
func (h *house) matchTwin(seed uint64, formulas []naive, days map[string]sums) {
	h.Helper()
	type figure struct {
		Value, Numerator, Denominator json.Number
	}
	for i, f := range formulas {
		var report struct {
			KPIs   []figure
			Groups []struct {
				Key  struct{ Day string }
				KPIs []figure
			}
		}
		if err := json.Unmarshal(h.get(fmt.Sprintf("/v1/campaigns/spring/kpis%s&group_by=day&kpi=f_%d", thatMonth, i)).expect(200).body, &report); err != nil {
			h.Fatal(err)
		}
		check := func(day string, got figure) {
			h.Helper()
			want, exact := f.value(days[day]), "null"
			if want != nil {
				exact = want.String()
			}
			had := "null"
			if got.Denominator != "" {
				n, _ := new(big.Int).SetString(got.Numerator.String(), 10)
				d, _ := new(big.Int).SetString(got.Denominator.String(), 10)
				had = new(big.Rat).SetFrac(n, d).String()
				if v, _ := new(big.Rat).SetFrac(n, d).Float64(); got.Value.String() != "" {
					if shown, err := got.Value.Float64(); err != nil || shown != v {
						h.Errorf("seed %d: %s of %q is shown as %s, not %v", seed, f.text, day, got.Value, v)
					}
				}
			}
			if had != exact {
				h.Errorf("seed %d: %s of %q is %s, want %s", seed, f.text, day, had, exact)
			}
		}
		check("", report.KPIs[0])
		for _, g := range report.Groups {
			check(g.Key.Day, g.KPIs[0])
		}
	}
}
