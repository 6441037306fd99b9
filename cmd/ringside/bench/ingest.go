package bench

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
)

// The file of the ingest begins with one part in filledOf of the run's size, and
// one part in measuredOf, in whole posts of each campaign, is posted and measured.
const (
	filledOf   = 5
	measuredOf = 10
)

// way is one way of bringing the same kind of calls.
type way struct {
	what, bar string
	least     float64 // of the bare table's rate; 0: no bar
	uniform   bool
	lanes     func([]iter.Seq[post]) []iter.Seq[post]
}

var ways = []way{
	{"ingest over HTTP NDJSON, 4 connections, 20 campaigns mixed, against bare INSERT of the same rows", "≥ 0.45", 0.45, false, mixed},
	{"the same, one campaign at a time", "≥ 0.55", 0.55, false, single},
	{"the same, 20 campaigns mixed, uniformly random leads", "–", 0, true, mixed},
}

// ingest measures posting. A file is filled first, with a fifth of the run's size;
// every way goes on from a copy of it. Each campaign has dialed all three passes of
// a list by then, beginning somewhere, so that at any time a third of the campaigns
// is in each pass. All bodies are rendered before the clock starts. The rate is
// that of calls, although one in ten takes a second message that the bare table,
// which gets the merged row once, is not charged with.
func (r *run) ingest(ctx context.Context) error {
	items, filled := r.postItems(), r.Size/filledOf/campaigns
	calls := (r.Size/measuredOf/campaigns + items - 1) / items * items
	house := func() []*dialer {
		s := shape{seed: r.Seed, items: items, perDay: perDayFull, list: filled / passes, twoMessages: 100, staggered: true}
		return s.house()
	}
	full, bare := r.file("filled.db"), r.file("bare.db")
	if err := r.fill(ctx, full, filled*campaigns, untilCalls(house(), filled)); err != nil {
		return err
	}
	if err := newBare(ctx, bare, full); err != nil {
		return err
	}
	for _, w := range ways {
		dialers := house()
		for _, d := range dialers {
			d.skip(filled)
			d.uniform = w.uniform
		}
		lanes := rendered(w.lanes(untilCalls(dialers, filled+calls)))
		if err := r.compare(ctx, w, calls*campaigns, lanes, full, bare); err != nil {
			return err
		}
	}
	return errors.Join(os.Remove(full), os.Remove(bare))
}

// skip goes past the calls that were placed before.
func (d *dialer) skip(calls int) {
	for range d.until(calls) {
	}
}

// compare posts lanes to a copy of full and inserts what came of them into a copy of bare.
func (r *run) compare(ctx context.Context, w way, total int, lanes []iter.Seq[post], full, bare string) error {
	served, plain := r.file("served.db"), r.file("plain.db")
	if err := errors.Join(copyFile(served, full), copyFile(served+".key", full+".key"), copyFile(plain, bare)); err != nil {
		return err
	}
	defer remove(served, served+".key", plain)
	got, commits, err := r.postAll(ctx, served, w.what, total, lanes)
	if err != nil {
		return err
	}
	each := max(got.attempts/max(commits, 1), 1)
	table, err := openBare(ctx, plain)
	if err != nil {
		return err
	}
	inserted, err := table.insertLike(ctx, served, each)
	if err = errors.Join(err, table.close()); err != nil {
		return err
	}
	if inserted.attempts != got.attempts {
		return fmt.Errorf("%d calls were posted, but %d are in the file", got.attempts, inserted.attempts)
	}
	of := got.rate() / inserted.rate()
	measured := fmt.Sprintf("%s: %s attempts/s to %s rows/s, %s attempts a commit; posts of %s: %s", ratio(of), grouped(got.rate()), grouped(inserted.rate()), grouped(each), grouped(r.postItems()), got.waits)
	if w.least == 0 {
		r.without(w.what, measured)
	} else {
		r.reach(w.what, w.bar, measured, of >= w.least)
	}
	return nil
}

// postAll posts lanes of total attempts to a server on a file and says in how many
// commits they were stored.
func (r *run) postAll(ctx context.Context, file, label string, total int, lanes []iter.Seq[post], flags ...string) (load, int, error) {
	s, err := r.serve(ctx, file, flags...)
	if err != nil {
		return load{}, 0, err
	}
	// The first look makes the journal, if nobody has.
	if _, err := s.do(ctx, "GET", "/v1/campaigns", "", nil); err != nil {
		return load{}, 0, s.fail(err)
	}
	before, err := commits(file)
	if err != nil {
		return load{}, 0, s.fail(err)
	}
	got, err := s.send(ctx, lanes, total, r.Bar(label))
	if err != nil {
		return load{}, 0, s.fail(err)
	}
	after, err := commits(file)
	if err != nil {
		return load{}, 0, s.fail(err)
	}
	return got, after - before, s.stop()
}

// fill makes a file and posts total attempts to it, rendering as it goes.
func (r *run) fill(ctx context.Context, file string, total int, byCampaign []iter.Seq[post]) error {
	s, err := r.serve(ctx, file)
	if err != nil {
		return err
	}
	if err := s.setUp(ctx, max(campaigns, len(byCampaign))); err != nil {
		return s.fail(err)
	}
	if _, err = s.send(ctx, mixed(byCampaign), total, r.Bar("filling a file")); err != nil {
		return s.fail(err)
	}
	return s.stop()
}

// singleConnections post single calls at once.
const singleConnections = 64

// singles compares posts of one call each with the same posts where every one is
// a transaction of its own.
func (r *run) singles(ctx context.Context) error {
	const what, bar = "single posts over 64 connections, against one transaction a post", "≥ 6 ×"
	grouping, _, err := r.postSingles(ctx, r.Size/100)
	if err != nil {
		return err
	}
	alone, _, err := r.postSingles(ctx, r.Size/1000, "--group-items", "1")
	if err != nil {
		return err
	}
	times := grouping.rate() / alone.rate()
	r.reach(what, bar, fmt.Sprintf("%s ×: %s to %s posts/s; %s against %s", ratio(times), grouped(grouping.rate()), grouped(alone.rate()), grouping.waits, alone.waits), times >= 6)
	return nil
}

// postSingles posts single calls of all campaigns to a fresh file.
func (r *run) postSingles(ctx context.Context, calls int, flags ...string) (load, int, error) {
	file := r.file("singles.db")
	defer remove(file, file+".key")
	house := shape{seed: r.Seed, perDay: perDayFull, list: hopperLeads, items: 1}.house()
	if err := r.fill(ctx, file, 0, nil); err != nil {
		return load{}, 0, err
	}
	shares := make([]iter.Seq[post], singleConnections)
	for i := range shares {
		shares[i] = func(yield func(post) bool) {
			for n := i; n < calls; n += singleConnections {
				if !yield(house[n%campaigns].next(1)) {
					return
				}
			}
		}
	}
	return r.postAll(ctx, file, "single posts", calls, rendered(shares), flags...)
}

// posting is the part "ingest".
func (r *run) posting(ctx context.Context) error {
	for _, step := range []func(context.Context) error{r.ingest, r.singles, r.hooks, r.bytes, r.imported} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}
