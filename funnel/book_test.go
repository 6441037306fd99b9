package funnel

import "testing"

// newBook is NewBook of leads at hand.
func newBook(t testing.TB, rules *Rules, units []*Unit, costs []CostEntry) *Book {
	t.Helper()
	b, err := NewBook(rules, func(each func(*Unit)) error {
		for _, u := range units {
			each(u)
		}
		return nil
	}, costs)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
