package api

import (
	"fmt"
	"testing"
	"time"
)

func TestTriesSlowDownWhoFails(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	tr := newTries(func() time.Time { return now }, tryLimit{free: 3, longest: 10 * time.Second, quiet: time.Minute})
	for range 3 {
		if wait := tr.begin("ana"); wait != 0 {
			t.Fatalf("a free failure waits %v", wait)
		}
	}
	for _, want := range []time.Duration{1, 2, 4, 8, 10, 10} {
		want *= time.Second
		now = now.Add(time.Millisecond)
		if wait := tr.begin("ana"); wait != want-time.Millisecond {
			t.Fatalf("the wait is %v, want %v", wait, want)
		}
		if tr.begin("ben") != 0 {
			t.Fatal("another waits too")
		}
		tr.succeeded("ben", false)
		now = now.Add(want - time.Millisecond)
		if wait := tr.begin("ana"); wait != 0 {
			t.Fatalf("after the wait another of %v", wait)
		}
	}
	tr.succeeded("ana", true)
	if tr.begin("ana") != 0 {
		t.Error("nothing is forgiven")
	}
	for range 5 {
		tr.begin("eve")
	}
	now = now.Add(time.Minute)
	if tr.begin("eve") != 0 {
		t.Error("quiet forgives nothing")
	}
	// A success that forgives only itself.
	for range 20 {
		if tr.begin("office") != 0 {
			t.Fatal("successes add up")
		}
		tr.succeeded("office", false)
	}
}

func TestTriesRememberSoMany(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	tr := newTries(func() time.Time { return now }, userTries)
	for i := range triesMost + 500 {
		now = now.Add(time.Microsecond)
		tr.begin(fmt.Sprint(i))
	}
	if len(tr.all) != triesMost || tr.all["0"] != nil || tr.all["600"] == nil {
		t.Errorf("%d are remembered", len(tr.all))
	}
}

func TestAddresses(t *testing.T) {
	for ip, want := range map[string]string{"192.0.2.7": "192.0.2.7", "2001:db8:1:2:3::4": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64", "::ffff:192.0.2.7": "::ffff:192.0.2.7", "": ""} {
		if got := addressOf(ip); got != want {
			t.Errorf("%q: %q", ip, got)
		}
	}
}
