package db

import (
	"fmt"
	"testing"
)

// TestLabels adds thousands of texts in clones of clones, as batches do: each clone
// knows all that was there before, and no other learns what is added to it.
func TestLabels(t *testing.T) {
	const most = 3000
	all := newLabels()
	kept := map[int64]labels{}
	for n := int64(1); n <= most; {
		next, lost := all.clone(), all.clone()
		lost.add(label{agentLabel, "lost"}) // by a transaction that is undone
		for range 1 + n%7 {
			next.add(label{agentLabel, fmt.Sprint(n)})
			n++
		}
		all = next
		kept[all.last] = all
	}
	if len(all.layers) > 14 {
		t.Errorf("%d labels stand in %d layers", all.last, len(all.layers))
	}
	for last, l := range kept {
		for _, n := range []int64{0, 1, last / 2, last, last + 1, labelPage, labelPage + 1} {
			text, ok := l.at(n)
			if want := n > 0 && n <= last; ok != want || ok && text.body != fmt.Sprint(n) {
				t.Fatalf("of %d labels number %d is %v, %v", last, n, text, ok)
			}
			number, ok := l.number(label{agentLabel, fmt.Sprint(n)})
			if want := n > 0 && n <= last; ok != want || ok && number != n {
				t.Fatalf("of %d labels %d has number %d, %v", last, n, number, ok)
			}
		}
		if _, ok := l.number(label{agentLabel, "lost"}); ok {
			t.Fatal("what one clone learned another knows")
		}
	}
}
