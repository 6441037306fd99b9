package funnel

import "testing"

// newBook is NewBook of leads at hand.
func newBook(t testing.TB, rules *Rules, units []*Unit, costs []CostEntry) *Book {
	t.Helper()
	b, err := NewBook(rules, Held(units), costs)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
