package api

import (
	"testing"
	"time"
)

// TestPace: updates that are late or take their time are not more than four in any
// second, and their average is four: lateness does not add up.
func TestPace(t *testing.T) {
	start := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	var p pace
	var sent []time.Time
	at := start
	for i := range 400 {
		began := at.Add(time.Duration(i*7%5) * time.Millisecond) // late by up to 4 ms
		sent = append(sent, began.Add(time.Duration(i*3%4)*time.Millisecond))
		at = p.next(began, sent[i])
	}
	for i := range sent[updatesMost:] {
		if apart := sent[i+updatesMost].Sub(sent[i]); apart < time.Second {
			t.Fatalf("five updates within %s", apart)
		}
	}
	if took := sent[399].Sub(start); took > 101*time.Second {
		t.Errorf("400 updates take %s", took)
	}
	idle := at.Add(time.Hour)
	if next := p.next(idle, idle); next.Sub(idle) != 250*time.Millisecond {
		t.Errorf("after a rest the next may begin %s later", next.Sub(idle))
	}
	once := idle.Add(time.Hour)
	if next := p.next(once, once.Add(100*time.Millisecond)); next.Sub(once) != 250*time.Millisecond {
		t.Errorf("one that took long once has the next begin %s later", next.Sub(once))
	}
	again := once.Add(time.Hour)
	if next := p.next(again, again.Add(80*time.Millisecond)); next.Sub(again) != 800*time.Millisecond {
		t.Errorf("one that takes 80 ms has the next begin %s later", next.Sub(again))
	}
}
