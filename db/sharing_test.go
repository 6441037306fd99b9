package db

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// What is wrong with one key's look-up, or breaks it off, must not reach those that
// were read with it.
func TestASharedLookUpFailsAlone(t *testing.T) {
	ctx := context.Background()
	s, err := Open(ctx, filepath.Join(t.TempDir(), "a.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	damaged := errors.New("damaged")
	for name, fail := range map[string]func() error{
		"error": func() error { return damaged },
		"panic": func() error { panic(damaged) },
	} {
		t.Run(name, func(t *testing.T) {
			g := &sharing[string]{read: func(_ *tx, key string) (string, error) {
				if key == "bad" {
					return "", fail()
				}
				return key, nil
			}}
			g.reading.Lock() // all of them gather in one round
			keys := []string{"bad", "a", "b", "c"}
			found, errs := make([]string, len(keys)), make([]error, len(keys))
			var asking sync.WaitGroup
			for i, key := range keys {
				asking.Go(func() {
					defer func() {
						if bug := recover(); bug != nil {
							errs[i] = bug.(error)
						}
					}()
					found[i], errs[i] = g.find(ctx, s, key)
				})
			}
			for gathered := 0; gathered < len(keys); time.Sleep(time.Millisecond) {
				g.mu.Lock()
				if g.next != nil {
					gathered = len(g.next.asked)
				}
				g.mu.Unlock()
			}
			g.reading.Unlock()
			asking.Wait()
			for i, key := range keys {
				if key == "bad" {
					continue // where it panicked whoever began the round may be told
				}
				if found[i] != key && !(name == "panic" && errors.Is(errs[i], damaged)) {
					t.Errorf("%s: found %q, %v", key, found[i], errs[i])
				}
			}
		})
	}
}
