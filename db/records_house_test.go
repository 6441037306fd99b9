package db

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"
	"time"

	"ringside/campaign"
	"ringside/funnel/twin"
)

// What the trials of calls, of agents' states and of the installation's other facts have
// in common.

// inAnyOrder sends posts a few at a time: where they are dated some twice and in any order,
// else some again at once, which changes nothing. between is done after each.
func inAnyOrder[T any](trial *twin.Trial, posts []T, send func([]T), between func()) {
	if trial.Dated && len(posts) > 0 {
		posts = append(posts, posts[:trial.IntN(len(posts)+1)]...)
		trial.Shuffle(len(posts), func(i, j int) { posts[i], posts[j] = posts[j], posts[i] })
	}
	for len(posts) > 0 {
		n := 1 + trial.IntN(min(len(posts), 9))
		send(posts[:n])
		if trial.Maybe(10) && !trial.Dated {
			send(posts[:n])
		}
		posts = posts[n:]
		between()
	}
}

// tell records posts of a place and tells the twin of each.
func (h *house) tell(place string, posts []twin.Post, post func(collection string, told map[string]any, arrivalUs int64)) {
	h.Helper()
	h.now = h.now.Add(time.Second)
	h.arrival = h.now.UnixMicro()
	var versions []*campaign.Version
	for _, p := range posts {
		body, err := json.Marshal(p.Item)
		if err != nil {
			h.Fatal(err)
		}
		v, err := campaign.FormOf(p.Collection).Decode(body)
		if err != nil {
			h.Fatalf("%s: %v", body, err)
		}
		versions = append(versions, v)
		h.arrival++
		post(p.Collection, asTold(h.T, body), h.arrival)
	}
	receipt, err := h.store.Record(context.Background(), place, versions, false)
	if err != nil || len(receipt.Rejected) > 0 {
		h.Fatalf("record: %v %+v", err, receipt)
	}
}

// postsOf are items of one collection.
func postsOf(collection string, items []map[string]any) (posts []twin.Post) {
	for _, item := range items {
		posts = append(posts, twin.Post{Collection: collection, Item: item})
	}
	return posts
}

// asTold is an item as the twin is told it: with numbers as they are written.
func asTold(t *testing.T, item []byte) (out map[string]any) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(item))
	decoder.UseNumber()
	if err := decoder.Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

// earlier is an instant some posts ago.
func (h *house) earlier(trial *twin.Trial) time.Time {
	return h.now.Add(-time.Duration(1+trial.IntN(8))*time.Second - 500*time.Millisecond)
}

// rebuilt counts a place anew and holds the stored sums against its facts.
func (h *house) rebuilt(place string) {
	h.Helper()
	if err := h.store.Rebuild(context.Background(), place, nil); err != nil {
		h.Fatal(err)
	}
	h.verify(place)
}

// verify holds the stored sums of a place against its facts.
func (h *house) verify(place string) {
	h.Helper()
	if v, err := h.store.Verify(context.Background(), place, nil); err != nil || v.Differing > 0 {
		h.Fatalf("verify: %v %+v", err, v)
	}
}
