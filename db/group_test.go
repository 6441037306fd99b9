package db

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"ringside/campaign"
	"ringside/db/dbtest"
)

// hold takes the turns of all writers, so that posts gather, until it is released.
func hold(t testing.TB, store *Store) (release func()) {
	t.Helper()
	var held []*session
	for range cap(store.writers.slots) {
		one, err := store.writers.take(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, one)
	}
	return func() {
		for _, one := range held {
			store.writers.give(one)
		}
	}
}

// until waits for a condition.
func until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after a minute not yet: %s", what)
		}
	}
}

// result is what a Record returned.
type result struct {
	Receipt
	err error
}

func (r result) String() string {
	var told *campaign.Error
	if errors.As(r.err, &told) {
		return told.Code
	}
	if r.err != nil {
		return r.err.Error()
	}
	return fmt.Sprintf("created %d, updated %d, unchanged %d, rejected %d", r.Created, r.Updated, r.Unchanged, len(r.Rejected))
}

// begin posts in a goroutine, and returns once the post waits in the queue.
func begin(t testing.TB, store *Store, ctx context.Context, key string, posts []*campaign.Version, atomic bool) <-chan result {
	t.Helper()
	waiting := store.Writing().WaitingPosts
	done := make(chan result, 1)
	go func() {
		receipt, err := store.Record(ctx, key, posts, atomic)
		done <- result{receipt, err}
	}()
	until(t, "the post waits", func() bool { return store.Writing().WaitingPosts > waiting })
	return done
}

// call is an attempt of a lead of its own, with an amount as given.
func call(ref, amount string) string {
	return `{"ref":"` + ref + `","lead":"l-` + ref + `","started_at":"2026-06-01T10:00:00Z","result":"answered","disposition":"SALE","amount":"` + amount + `"}` + "\n"
}

func addCampaign(t testing.TB, store *Store, ref string) campaign.Campaign {
	t.Helper()
	config, err := campaign.DecodeConfig([]byte(testConfig))
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := store.PutCampaign(context.Background(), ref, config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func verified(t testing.TB, store *Store, keys ...string) {
	t.Helper()
	for _, key := range keys {
		if v, err := store.Verify(context.Background(), key, nil); err != nil || v.Differing > 0 {
			t.Errorf("%s: %+v %v", key, v, err)
		}
	}
}

// TestGroupTellsEachPost gathers posts of all kinds: what is wrong with one is its own
// affair.
func TestGroupTellsEachPost(t *testing.T) {
	store := openTest(t)
	ctx := context.Background()
	c, err := store.Campaign(ctx, "c")
	if err != nil {
		t.Fatal(err)
	}
	addCampaign(t, store, "d")
	before := store.Writing()
	release := hold(t, store)
	type posted struct {
		got  <-chan result
		want string
	}
	var all []posted
	for _, p := range []struct {
		key, lines string
		atomic     bool
		want       string
	}{
		{"c", call("a", "1.00") + call("b", "1.00"), false, "created 2, updated 0, unchanged 0, rejected 0"},
		{"c", call("c", "1.00") + call("bad", "1.005") + call("d", "1.00"), false, "created 2, updated 0, unchanged 0, rejected 1"},
		{"d", call("a", "1.00"), false, "created 1, updated 0, unchanged 0, rejected 0"},
		{"c", call("e", "1.00") + call("bad", "1.005"), true, "created 0, updated 0, unchanged 0, rejected 1"},
		{"c", call("f", "1.00"), true, "created 1, updated 0, unchanged 0, rejected 0"},
		{"nowhere", call("a", "1.00"), false, "not_found"},
		// The same again, another amount, and by another name of the campaign.
		{"c", call("a", "1.00"), false, "created 0, updated 0, unchanged 1, rejected 0"},
		{"c", call("a", "2.00"), false, "created 0, updated 1, unchanged 0, rejected 0"},
		{c.ID().String(), call("g", "1.00") + call("g", "1.00"), false, "created 1, updated 0, unchanged 1, rejected 0"},
	} {
		all = append(all, posted{begin(t, store, ctx, p.key, decode(t, "attempts", p.lines), p.atomic), p.want})
	}
	release()
	for i, p := range all {
		if got := (<-p.got).String(); got != p.want {
			t.Errorf("post %d: %s, want %s", i, got, p.want)
		}
	}
	want(t, figures(t, store, "dials", "revenue"), "dials 6/0, revenue 700/0")
	verified(t, store, "c", "d")
	after := store.Writing()
	if after.Posts-before.Posts != 8 || after.Items-before.Items != 13 || after.Commits-before.Commits > 6 {
		t.Errorf("before %+v, after %+v", before, after)
	}
}

// TestGroupSharesACommit stores what gathers in one transaction, up to the limit.
func TestGroupSharesACommit(t *testing.T) {
	for items, commits := range map[int]int64{groupItems: 1, 3: 4, 1: 7} {
		t.Run(fmt.Sprint(items), func(t *testing.T) {
			store, err := Open(context.Background(), dbtest.New(t), GroupItems(items))
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			putConfig(t, store, testConfig)
			release := hold(t, store)
			var all []<-chan result
			for i := range 7 { // two posts of two items among them
				lines := call(fmt.Sprint("a", i), "1.00")
				if i == 2 || i == 5 {
					lines += call(fmt.Sprint("b", i), "1.00")
				}
				all = append(all, begin(t, store, context.Background(), "c", decode(t, "attempts", lines), false))
			}
			release()
			for _, got := range all {
				if r := <-got; r.err != nil {
					t.Error(r.err)
				}
			}
			if w := store.Writing(); w.Commits != commits || w.Posts != 7 || w.Items != 9 {
				t.Errorf("%+v, want %d commits", w, commits)
			}
			verified(t, store, "c")
		})
	}
}

// TestGroupFindsWhatIsWrong damages what is stored of one lead: posts about it fail,
// their neighbours do not.
func TestGroupFindsWhatIsWrong(t *testing.T) {
	store := openTest(t)
	addCampaign(t, store, "d")
	record(t, store, "attempts", call("a", "1.00"))
	if _, err := store.pool.Exec("update histories set history = $1 where campaign_id = $2", []byte{0}, 1); err != nil {
		t.Fatal(err)
	}
	release := hold(t, store)
	var good, bad []<-chan result
	for i := range 6 {
		good = append(good, begin(t, store, context.Background(), []string{"c", "d"}[i%2], decode(t, "attempts", call(fmt.Sprint("g", i), "1.00")), false))
		if i == 2 {
			bad = append(bad, begin(t, store, context.Background(), "c", decode(t, "attempts", call("a", "2.00")), false))
		}
	}
	release()
	for _, got := range good {
		want(t, (<-got).String(), "created 1, updated 0, unchanged 0, rejected 0")
	}
	for _, got := range bad {
		if r := <-got; !errors.Is(r.err, errHistory) {
			t.Errorf("got %v", r)
		}
	}
	want(t, record(t, store, "attempts", call("g0", "1.00")+call("g2", "1.00")+call("g4", "1.00")), "created 0, updated 0, unchanged 3, rejected 0")
	verified(t, store, "d")
}

// TestQueueIsBounded fills it to its edges.
func TestQueueIsBounded(t *testing.T) {
	store := openTest(t)
	ctx := context.Background()
	store.queue.itemsMost = 3
	one := func(ref string) []*campaign.Version { return decode(t, "attempts", call(ref, "1.00")) }
	refused := func(posts []*campaign.Version) {
		t.Helper()
		var told *campaign.Error
		if _, err := store.Record(ctx, "c", posts, false); !errors.As(err, &told) || told.Kind != campaign.Unavailable || told.Code != "queue_full" {
			t.Errorf("got %v", err)
		}
	}
	release := hold(t, store)
	two := begin(t, store, ctx, "c", append(one("a"), one("b")...), false)
	refused(append(one("c"), one("d")...))
	third := begin(t, store, ctx, "c", one("c"), false)
	refused(one("d"))
	release()
	want(t, (<-two).String(), "created 2, updated 0, unchanged 0, rejected 0")
	want(t, (<-third).String(), "created 1, updated 0, unchanged 0, rejected 0")
	release = hold(t, store)
	large := begin(t, store, ctx, "c", append(append(one("e"), one("f")...), append(one("g"), one("h")...)...), false) // alone: any size
	refused(one("i"))
	release()
	want(t, (<-large).String(), "created 4, updated 0, unchanged 0, rejected 0")

	store.queue.itemsMost, store.queue.bytesMost = 100, one("k")[0].Size()+one("l")[0].Size()
	release = hold(t, store)
	first, second := begin(t, store, ctx, "c", one("k"), false), begin(t, store, ctx, "c", one("l"), false)
	refused(one("m"))
	release()
	for _, got := range []<-chan result{first, second} {
		want(t, (<-got).String(), "created 1, updated 0, unchanged 0, rejected 0")
	}
	want(t, record(t, store, "attempts", call("m", "1.00")), "created 1, updated 0, unchanged 0, rejected 0")
	if w := store.Writing(); w.Refused != 4 || w.WaitingItems != 0 || w.WaitingBytes != 0 {
		t.Errorf("%+v", w)
	}
	verified(t, store, "c")
}

// TestCallerLeaves hangs up in the queue, where the post is taken out, and in the
// middle of the transaction, where nobody can tell.
func TestCallerLeaves(t *testing.T) {
	store := openTest(t)
	ctx, leave := context.WithCancel(context.Background())
	release := hold(t, store)
	left := begin(t, store, ctx, "c", decode(t, "attempts", call("a", "1.00")), false)
	stayed := begin(t, store, context.Background(), "c", decode(t, "attempts", call("b", "1.00")), false)
	leave()
	if r := <-left; !errors.Is(r.err, context.Canceled) {
		t.Errorf("got %v", r)
	}
	if w := store.Writing(); w.WaitingPosts != 1 {
		t.Errorf("%+v", w)
	}
	release()
	want(t, (<-stayed).String(), "created 1, updated 0, unchanged 0, rejected 0")
	want(t, figures(t, store, "dials"), "dials 1/0")

	// The clock is asked in the transaction.
	inside, on := make(chan struct{}), make(chan struct{})
	var once sync.Once
	store.SetClock(func() time.Time {
		once.Do(func() { close(inside); <-on })
		return time.Now()
	})
	ctx, leave = context.WithCancel(context.Background())
	done := make(chan result, 1)
	go func() {
		receipt, err := store.Record(ctx, "c", decode(t, "attempts", call("c", "1.00")), false)
		done <- result{receipt, err}
	}()
	<-inside
	leave()
	r := <-done
	want(t, r.String(), "storage_unknown")
	close(on)
	want(t, record(t, store, "attempts", call("c", "1.00")), "created 0, updated 0, unchanged 1, rejected 0")
	want(t, figures(t, store, "dials"), "dials 2/0")
	verified(t, store, "c")
}

// TestEveryoneLeaves has all callers of a transaction leave before it begins, again
// and again: what is posted meanwhile is not taken for theirs.
func TestEveryoneLeaves(t *testing.T) {
	store := openTest(t)
	for i := range 1000 {
		ctx, leave := context.WithCancel(context.Background())
		release := hold(t, store)
		left := begin(t, store, ctx, "c", decode(t, "attempts", call(fmt.Sprint("left-", i), "1.00")), false)
		leave()
		<-left
		release()
		for began := time.Now(); time.Since(began) < time.Duration(i%200)*time.Microsecond; {
			runtime.Gosched() // the transaction that nobody waits for begins, and ends
		}
		receipt, err := store.Record(context.Background(), "c", decode(t, "attempts", call(fmt.Sprint("stayed-", i), "1.00")), false)
		if err != nil || receipt.Created != 1 {
			t.Fatalf("round %d: %+v, %v", i, receipt, err)
		}
	}
	verified(t, store, "c")
}

// TestCloseDrains closes a store in which posts wait: they are stored, and what comes
// later is refused at once.
func TestCloseDrains(t *testing.T) {
	path := dbtest.New(t)
	ctx := context.Background()
	store, err := Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	putConfig(t, store, testConfig)
	release := hold(t, store)
	var all []<-chan result
	for i := range 5 {
		all = append(all, begin(t, store, ctx, "c", decode(t, "attempts", call(fmt.Sprint("a", i), "1.00")), false))
	}
	closed := make(chan error)
	go func() { closed <- store.Close() }()
	until(t, "posts are refused", func() bool {
		store.queue.mu.Lock()
		defer store.queue.mu.Unlock()
		return store.queue.closed
	})
	refused := func(err error) {
		t.Helper()
		var told *campaign.Error
		if !errors.As(err, &told) || told.Kind != campaign.Unavailable || told.Code != "closing" {
			t.Errorf("got %v", err)
		}
	}
	_, err = store.Record(ctx, "c", decode(t, "attempts", call("late", "1.00")), false)
	refused(err)
	release()
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	for _, got := range all {
		want(t, (<-got).String(), "created 1, updated 0, unchanged 0, rejected 0")
	}
	_, err = store.Record(ctx, "c", decode(t, "attempts", call("late", "1.00")), false)
	refused(err)
	_, err = store.PutDNC(ctx, "c", "l-a0", true)
	refused(err)
	refused(store.Ready(ctx))
	again, err := Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	want(t, figures(t, again, "dials"), "dials 5/0")
	verified(t, again, "c")
}

// TestGroupMeetsAFullDisk stores nothing of a transaction that the engine could not
// finish, tells all its posts, and goes on when there is space.
func TestGroupMeetsAFullDisk(t *testing.T) {
	store := openTest(t)
	addCampaign(t, store, "d")
	record(t, store, "attempts", call("a", "1.00"))
	before := store.Writing()
	space := fillDisk(t, store)
	release := hold(t, store)
	var all []<-chan result
	for i := range 4 {
		var lines strings.Builder
		for j := range 400 {
			lines.WriteString(call(fmt.Sprintf("full-%d-%d", i, j), "1.00"))
		}
		all = append(all, begin(t, store, context.Background(), []string{"c", "d"}[i%2], decode(t, "attempts", lines.String()), false))
	}
	release()
	for _, got := range all {
		want(t, (<-got).String(), "storage_full")
	}
	want(t, figures(t, store, "dials"), "dials 1/0")
	if after := store.Writing(); after.Commits != before.Commits {
		t.Errorf("before %+v, after %+v", before, after)
	}
	verified(t, store, "c", "d")
	space()
	want(t, record(t, store, "attempts", call("a", "1.00")+call("b", "1.00")), "created 1, updated 0, unchanged 1, rejected 0")
	verified(t, store, "c", "d")
}

// TestGroupConcurrentSameFact posts the same facts on several connections at once:
// each is stored and counted once.
func TestGroupConcurrentSameFact(t *testing.T) {
	store := openTest(t)
	const facts, connections = 40, 4
	var mu sync.Mutex
	var total Receipt
	var posters sync.WaitGroup
	for range connections {
		posters.Go(func() {
			for i := range facts {
				r, err := store.Record(context.Background(), "c", decode(t, "attempts", call(fmt.Sprint("a", i), "1.00")), false)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				total.Created += r.Created
				total.Unchanged += r.Unchanged
				mu.Unlock()
			}
		})
	}
	posters.Wait()
	if total.Created != facts || total.Unchanged != facts*(connections-1) {
		t.Errorf("%+v", total)
	}
	want(t, figures(t, store, "dials", "revenue"), fmt.Sprintf("dials %d/0, revenue %d/0", facts, 100*facts))
	verified(t, store, "c")
}

// TestConcurrentTurns posts, recounts and marks leads without a pause: none of the
// three keeps the others from going on.
func TestConcurrentTurns(t *testing.T) {
	store := openTest(t)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	for i := range 8 {
		if _, err := store.Record(ctx, "c", dialing(i*500, 500, 4000), false); err != nil {
			t.Fatal(err)
		}
	}
	const rounds = 8
	var mu sync.Mutex
	done := map[string]int{}
	var all sync.WaitGroup
	loop := func(what string, work func(i int) error) {
		all.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				if err := work(i); err != nil {
					if ctx.Err() == nil {
						t.Error(what, err)
					}
					return
				}
				mu.Lock()
				done[what]++
				mu.Unlock()
			}
		})
	}
	for p := range 3 {
		loop("post", func(i int) error {
			_, err := store.Record(ctx, "c", dialing(1_000_000*(p+1)+20*i, 20, 4000), false)
			return err
		})
	}
	var configs []campaign.Config
	for _, category := range []string{"sale", "refusal"} {
		c, err := campaign.DecodeConfig([]byte(strings.Replace(testConfig, `"refusal"`, `"`+category+`"`, 1)))
		if err != nil {
			t.Fatal(err)
		}
		configs = append(configs, c)
	}
	loop("recount", func(i int) error {
		_, _, err := store.PutCampaign(ctx, "c", configs[i%2])
		return err
	})
	loop("mark", func(i int) error {
		_, err := store.PutDNC(ctx, "c", fmt.Sprintf("lead-%07d", i%100), i%2 == 0)
		return err
	})
	until(t, "each has had its turns", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return done["post"] >= 3*rounds && done["recount"] >= rounds && done["mark"] >= rounds || t.Failed()
	})
	stop()
	all.Wait()
	store.behind.Wait()
	verified(t, store, "c")
}
