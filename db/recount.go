package db

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"ringside/funnel"
)

// Progress is told, now and then, how many of how many leads and attempts were
// worked through.
type Progress func(done, of int64)

// slice is how many leads or attempts one step of a recount works through: posts
// wait no longer than a step takes.
const (
	sliceBits = 11
	slice     = 1 << sliceBits
)

// sweptMost is how many cells, and how many moments, one step removes.
const sweptMost = 4096

// recounting is a recount under way, as progress keeps it.
type recounting struct {
	generation     int64 // the current one
	next           int64 // the generation the recount fills; 0: there is no recount
	heard, folded  int64 // up to which attempt and lead it has come
	attempts, last int64 // how many attempts and leads there are
	// repacks says that histories are packed anew from the facts before they are
	// folded.
	repacks bool
	// stale says that cells or moments of generations before the current one are
	// still there.
	stale bool
}

// staleSQL is true of a row p of progress whose generation left older ones behind.
const staleSQL = `coalesce((select min(generation) from cells where campaign_id = p.campaign_id) < p.generation, false)
	or coalesce((select min(generation) from moments where campaign_id = p.campaign_id) < p.generation, false)`

func (t *tx) recounting(campaignNumber int64) (r recounting, err error) {
	_, err = t.one([]any{&r.generation, &r.next, &r.heard, &r.folded, &r.attempts, &r.last, &r.repacks, &r.stale},
		"select p.generation, p.next_generation, p.heard_attempt_no, p.folded_lead_no, p.last_attempt_no, p.last_lead_no, p.repacks, "+staleSQL+" from progress p where p.campaign_id = $1", campaignNumber)
	return r, err
}

// Recounted returns how many of how many leads and calls a campaign's recount has worked
// through; none of none where there is no recount.
func (s *Store) Recounted(ctx context.Context, campaignKey string) (done, of int64, err error) {
	err = s.snapshot(ctx, func(t *tx) error {
		k, err := s.find(t, campaignKey)
		if err != nil {
			return err
		}
		r, err := t.recounting(k.Number)
		if done, of = 0, 0; err == nil && r.next != 0 {
			done, of = r.heard+r.folded, r.attempts+r.last
		}
		return err
	})
	return done, of, err
}

// startRecount begins to count the campaign anew, by the rules given of its zone,
// in a generation of its own, packing histories anew if asked to. One that was
// under way is given up; when that packed histories, so does this.
func (t *tx) startRecount(campaignNumber, zoneRules int64, repacks bool) error {
	r, err := t.recounting(campaignNumber)
	if err != nil {
		return err
	}
	if err := t.dropGeneration(campaignNumber, r.next); err != nil {
		return err
	}
	return t.exec("update progress set next_generation = $1, next_zone_rules = $2, repacks = $3, heard_attempt_no = 0, folded_lead_no = 0, version = version + 1 where campaign_id = $4",
		max(r.generation, r.next)+1, zoneRules, bit(repacks || r.repacks), campaignNumber)
}

// stopRecount gives up a recount whose outcome is no longer wanted.
func (t *tx) stopRecount(campaignNumber int64) error {
	r, err := t.recounting(campaignNumber)
	if err != nil {
		return err
	}
	if err := t.dropGeneration(campaignNumber, r.next); err != nil {
		return err
	}
	return t.exec("update progress set next_generation = 0, heard_attempt_no = 0, folded_lead_no = 0, version = version + 1 where campaign_id = $1", campaignNumber)
}

// dropGeneration removes the cells and moments of a generation.
func (t *tx) dropGeneration(campaignNumber, generation int64) error {
	if err := t.exec("delete from cells where campaign_id = $1 and generation = $2", campaignNumber, generation); err != nil {
		return err
	}
	return t.exec("delete from moments where campaign_id = $1 and generation = $2", campaignNumber, generation)
}

// pace is how a recount shares the database with others.
type pace bool

const (
	// gently rests after each step for as long as it took: a file is not locked by
	// turns, so the posts of another process would else hardly ever find it free.
	gently pace = false
	// alone is for a database that nobody uses yet.
	alone pace = true
)

// recount works until the campaign's recount is done, one short transaction after
// the other, so that posts go on between them. Other processes may do the same.
func (s *Store) recount(ctx context.Context, campaignKey string, p pace, report Progress) error {
	var w *window
	for {
		var k *knowledge
		var r recounting
		var begun time.Time
		err := s.transact(ctx, func(t *tx) (err error) {
			begun = time.Now()
			if k, err = s.findLocked(t, campaignKey); err == nil {
				r, err = recountStep(t, k, w)
			}
			return err
		})
		if err != nil {
			return err
		}
		if report != nil {
			report(r.heard+r.folded, r.attempts+r.last)
		}
		if r.next == 0 && !r.stale {
			return nil
		}
		if r.next != 0 && r.repacks && !w.holds(r.folded) {
			if w, err = s.window(ctx, k.Number, r.folded); err != nil {
				return err
			}
		} else if p == gently {
			select {
			case <-time.After(time.Since(begun)):
			case <-ctx.Done():
			}
		}
	}
}

// recountStep works through one slice: first the attempts, for requests not to be
// called that the new mapping reveals, then the leads; where histories are packed
// anew only those of the window. The last of these steps makes the new generation
// the current one; what is left then is to remove the old one, in slices too.
func recountStep(t *tx, k *knowledge, w *window) (recounting, error) {
	r, err := t.recounting(k.Number)
	if err != nil || r.next == 0 {
		r.heard, r.folded = r.attempts, r.last
		if err == nil && r.stale {
			err = t.sweep(k.Number, r.generation)
		}
		return r, err
	}
	// All three in one step: were they apart, posts that keep arriving between them
	// would keep the last from ever coming.
	if r.heard < r.attempts {
		from := r.heard
		r.heard = min(r.attempts, from+slice)
		if err := rehearDNC(t, k, from, r.heard); err != nil {
			return r, err
		}
	}
	if r.heard == r.attempts && (!r.repacks || w.holds(r.folded)) {
		if err := r.foldSlice(t, k, w); err != nil {
			return r, err
		}
		if r.folded == r.last {
			r.next, r.stale = 0, true
			return r, t.switchGeneration(k.Number)
		}
	}
	return r, t.exec("update progress set heard_attempt_no = $1, folded_lead_no = $2 where campaign_id = $3", r.heard, r.folded, k.Number)
}

// foldSlice counts the leads that come next.
func (r *recounting) foldSlice(t *tx, k *knowledge, w *window) (err error) {
	from, to := r.folded, min(r.last, r.folded+slice)
	var units []*funnel.Unit
	if k.ofService() {
		units, err = recordUnits(t, k, from, to, r.repacks)
	} else {
		if r.repacks {
			to = min(to, w.to)
			units, err = repack(t, k.Number, w, from, to, r.last)
		} else {
			units, err = unpackSlice(t, k.Number, from, to)
		}
		if err == nil {
			var records []*funnel.Unit
			records, err = recordUnits(t, k, from, to, r.repacks)
			units = append(units, records...)
		}
	}
	if err != nil {
		return err
	}
	r.folded = to
	return countUnits(t, k, r.next, units)
}

// switchGeneration makes the generation that was filled the current one.
func (t *tx) switchGeneration(campaignNumber int64) error {
	if err := t.exec(`update progress set generation = next_generation, zone_rules = next_zone_rules, counting_version = case when repacks = 1 then $1 else counting_version end,
		next_generation = 0, next_zone_rules = 0, repacks = 0, heard_attempt_no = 0, folded_lead_no = 0, version = version + 1 where campaign_id = $2`, countingVersion, campaignNumber); err != nil {
		return err
	}
	return t.exec("update campaigns set counted_config = config where campaign_id = $1", campaignNumber)
}

// sweep removes a slice of the cells and moments of generations before the current.
func (t *tx) sweep(campaignNumber, generation int64) error {
	if err := t.exec(`delete from cells where campaign_id = $1 and (generation, grouping_no, bucket, key_no) in
		(select generation, grouping_no, bucket, key_no from cells where campaign_id = $2 and generation < $3 limit $4)`, campaignNumber, campaignNumber, generation, sweptMost); err != nil {
		return err
	}
	return t.exec(`delete from moments where campaign_id = $1 and (generation, at_ms, lead_no) in
		(select generation, at_ms, lead_no from moments where campaign_id = $2 and generation < $3 limit $4)`, campaignNumber, campaignNumber, generation, sweptMost)
}

// unpackSlice reads the histories of leads (from, to].
func unpackSlice(t *tx, campaignNumber, from, to int64) (units []*funnel.Unit, err error) {
	err = t.query(func(row *sqlx.Rows) error {
		u, err := scanHistory(row)
		units = append(units, u)
		return err
	}, "select lead_no, history from histories where campaign_id = $1 and lead_no > $2 and lead_no <= $3 order by lead_no", campaignNumber, from, to)
	return units, err
}

// countUnits folds units into a generation that does not hold them yet.
func countUnits(t *tx, k *knowledge, generation int64, units []*funnel.Unit) error {
	c := newCounting(t, k.Number, generation, k.wanted)
	moments := t.into("insert into moments (campaign_id, generation, at_ms, lead_no) values ", 4, "")
	for _, u := range units {
		events := c.after.Fold(u)
		c.tally.Add(&u.Lead, events)
		for _, at := range momentsOf(events) {
			if err := moments.row(k.Number, generation, at, u.Number); err != nil {
				return err
			}
		}
	}
	if err := moments.flush(); err != nil {
		return err
	}
	return c.flush()
}
