package db

import (
	"context"
	"sync"
	"testing"

	"ringside/funnel"
)

// TestConcurrentPosts posts the same calls on several connections at once while
// reports are read: each call is counted once, and a report never sees a part of
// a post.
func TestConcurrentPosts(t *testing.T) {
	store := openTest(t)
	const writers, batches, size = 4, 6, 50
	ctx := context.Background()
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				r, err := store.Report(ctx, "c", funnel.Query{Window: funnel.Window{FromMs: 0, ToMs: 4_000_000_000_000}})
				if err != nil {
					t.Error(err)
					return
				}
				if dials := r.Whole.Get(funnel.Dials); dials%size != 0 {
					t.Errorf("a report saw %d dials, part of a post of %d", dials, size)
				}
			}
		})
	}
	var posters sync.WaitGroup
	for range writers {
		posters.Go(func() {
			for i := range batches {
				if _, err := store.Record(ctx, "c", dialing(i*size, size, 20), false); err != nil {
					t.Error(err)
				}
			}
		})
	}
	posters.Wait()
	close(done)
	readers.Wait()
	want(t, figures(t, store, "dials", "leads_dialed"), "dials 300/0, leads_dialed 20/0")
	if v, err := store.Verify(ctx, "c", nil); err != nil || v.Differing > 0 {
		t.Errorf("%+v %v", v, err)
	}
}
