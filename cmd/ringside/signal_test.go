package main

import (
	"os"
	"syscall"
	"testing"
	"time"
)

// TestSameSignalTwice: what comes with the first signal is the first signal.
func TestSameSignalTwice(t *testing.T) {
	signals := make(chan os.Signal, 3)
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGINT, syscall.SIGTERM} {
		signals <- s
	}
	clock := []time.Duration{0, sameSignal - 1, sameSignal}
	ended := 0
	later := secondSignal(signals, func() { ended++ }, func() time.Time {
		at := time.UnixMilli(0).Add(clock[0])
		clock = clock[1:]
		return at
	})
	if later != syscall.SIGTERM || ended != 1 {
		t.Errorf("%v is the second signal, ended %d times", later, ended)
	}
}
