package db

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"ringside/funnel"
)

// Progress is told, now and then, how many of how many leads were worked through.
type Progress func(done, of int64)

// slice is how many leads or attempts one step of a recount works through: posts
// wait no longer than a step takes.
const slice = 2048

// startRecount begins to count the campaign anew, in a generation of its own. One
// that was under way is given up.
func (t *tx) startRecount(campaignNumber int64) error {
	if err := t.dropGeneration(campaignNumber, "next_generation"); err != nil {
		return err
	}
	return t.exec(`update progress set next_generation = case when next_generation > generation then next_generation else generation end + 1,
		heard_attempt_no = 0, folded_lead_no = 0, version = version + 1 where campaign_id = $1`, campaignNumber)
}

// stopRecount gives up a recount that is no longer wanted.
func (t *tx) stopRecount(campaignNumber int64) error {
	if err := t.dropGeneration(campaignNumber, "next_generation"); err != nil {
		return err
	}
	return t.exec("update progress set next_generation = 0, heard_attempt_no = 0, folded_lead_no = 0, version = version + 1 where campaign_id = $1", campaignNumber)
}

// dropGeneration removes the cells and moments of the generation that the column
// of progress names.
func (t *tx) dropGeneration(campaignNumber int64, column string) error {
	var generation int64
	if _, err := t.one([]any{&generation}, "select "+column+" from progress where campaign_id = $1", campaignNumber); err != nil || generation == 0 {
		return err
	}
	if err := t.exec("delete from cells where campaign_id = $1 and generation = $2", campaignNumber, generation); err != nil {
		return err
	}
	return t.exec("delete from moments where campaign_id = $1 and generation = $2", campaignNumber, generation)
}

// recount works until the campaign's recount is done, one short transaction after
// the other, so that posts go on between them.
func (s *Store) recount(ctx context.Context, ref string, report Progress) error {
	for {
		var done, of int64
		err := s.transact(ctx, func(t *tx) (err error) {
			done, of, err = s.recountStep(t, ref)
			return err
		})
		if err != nil {
			return err
		}
		if report != nil {
			report(done, of)
		}
		if done == of {
			return nil
		}
	}
}

// recountStep works through one slice: first the attempts, for requests not to be
// called that the new mapping reveals, then the leads. The last step makes the
// new generation the current one. done equals of when there is nothing left.
func (s *Store) recountStep(t *tx, ref string) (done, of int64, err error) {
	k, err := s.findLocked(t, ref)
	if err != nil {
		return 0, 0, err
	}
	var next, heard, folded, attempts, leads int64
	_, err = t.one([]any{&next, &heard, &folded, &attempts, &leads},
		"select next_generation, heard_attempt_no, folded_lead_no, last_attempt_no, last_lead_no from progress where campaign_id = $1", k.Number)
	of = attempts + leads
	if err != nil || next == 0 {
		return of, of, err
	}
	// All three in one step: were they apart, posts that keep arriving between them
	// would keep the last from ever coming.
	if heard < attempts {
		from := heard
		heard = min(attempts, heard+slice)
		if err := rehearDNC(t, k, from, heard); err != nil {
			return 0, 0, err
		}
	}
	if heard == attempts && folded < leads {
		from := folded
		folded = min(leads, folded+slice)
		if err := recountLeads(t, k, next, from, folded); err != nil {
			return 0, 0, err
		}
	}
	if heard == attempts && folded == leads {
		return of, of, t.switchGeneration(k.Number)
	}
	return heard + folded, of, t.exec("update progress set heard_attempt_no = $1, folded_lead_no = $2 where campaign_id = $3", heard, folded, k.Number)
}

// switchGeneration makes the generation that was filled the current one.
func (t *tx) switchGeneration(campaignNumber int64) error {
	if err := t.dropGeneration(campaignNumber, "generation"); err != nil {
		return err
	}
	if err := t.exec("update progress set generation = next_generation, next_generation = 0, heard_attempt_no = 0, folded_lead_no = 0, version = version + 1 where campaign_id = $1", campaignNumber); err != nil {
		return err
	}
	return t.exec("update campaigns set counted_config = config where campaign_id = $1", campaignNumber)
}

// recountLeads folds the histories of leads (from, to] into the next generation.
func recountLeads(t *tx, k *knowledge, generation, from, to int64) error {
	c := newCounting(t, k.Number, generation, k.wanted)
	var units []*funnel.Unit
	err := t.query(func(row *sqlx.Rows) error {
		u, err := scanHistory(row)
		units = append(units, u)
		return err
	}, "select lead_no, history from histories where campaign_id = $1 and lead_no > $2 and lead_no <= $3 order by lead_no", k.Number, from, to)
	if err != nil {
		return err
	}
	moments := t.into("insert into moments (campaign_id, generation, at_ms, lead_no) values ", 4, "")
	for _, u := range units {
		for _, at := range fold(&c.folder, c.tally, u, 1) {
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

// recountBehind goes on with a recount after whoever asked for it may have left,
// and returns when it is done or ctx ends.
func (s *Store) recountBehind(ctx context.Context, ref string) error {
	done := make(chan struct{})
	s.behind.Go(func() {
		s.recountToTheEnd(ref)
		close(done)
	})
	select {
	case <-done:
		return s.closing.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// recountToTheEnd goes on with a recount whatever becomes of single steps, until it
// is done or the store closes: a full disk or a database that is away for a while
// must not leave a campaign half counted.
func (s *Store) recountToTheEnd(ref string) {
	pause := time.Second
	for s.recount(s.closing, ref, nil) != nil {
		select {
		case <-time.After(pause):
		case <-s.closing.Done():
			return
		}
		pause = min(2*pause, time.Minute)
	}
}

// resume goes on with recounts that an earlier process did not finish.
func (s *Store) resume(ctx context.Context) error {
	var refs []string
	err := s.glance(ctx, func(t *tx) error {
		refs = nil
		return t.query(func(row *sqlx.Rows) error {
			var ref string
			err := row.Scan(&ref)
			refs = append(refs, ref)
			return err
		}, "select c.ref from campaigns c join progress p on p.campaign_id = c.campaign_id where p.next_generation <> 0")
	})
	for _, ref := range refs {
		s.behind.Go(func() { s.recountToTheEnd(ref) })
	}
	return err
}

// eachUnit calls every lead as the facts have it: first the leads with attempts,
// in order of lead, then those without.
func eachUnit(t *tx, campaignNumber int64, each func(*funnel.Unit) error) error {
	dialed := map[int64]bool{}
	var unit *funnel.Unit
	done := func() error {
		if unit == nil {
			return nil
		}
		dialed[unit.Number] = true
		unit.Sort()
		return each(unit)
	}
	// The attempts are sorted by lead rather than sought lead by lead: there is no
	// index to seek by, and one sort is cheaper than keeping one.
	err := t.query(func(row *sqlx.Rows) error {
		lead, attempt, err := scanUnit(row)
		if err != nil {
			return err
		}
		if unit == nil || unit.Number != lead.Number {
			if err := done(); err != nil {
				return err
			}
			unit = &funnel.Unit{Lead: lead}
		}
		unit.Attempts = append(unit.Attempts, attempt)
		return nil
	}, `select `+leadColumns+`, a.attempt_no, a.ref, a.started_ms, a.result,
		coalesce(a.answered_by, 0), coalesce(a.ended_by, 0), coalesce(a.void, 0),
		a.answered_ms, a.greeting_ended_ms, a.connected_ms, a.ended_ms, a.hold_ms, a.wrap_ms, a.amount_minor, a.decided_ms, a.cancelled_ms, a.callback_ms, a.talk_ms,
		coalesce(a.agent_no, 0), coalesce(a.disposition_no, 0), coalesce(a.dialer_no, 0)
		from attempts a cross join leads l
		where a.campaign_id = $1 and l.campaign_id = a.campaign_id and l.lead_no = a.lead_no order by a.lead_no`, campaignNumber)
	if err == nil {
		err = done()
	}
	if err != nil {
		return err
	}
	return t.query(func(row *sqlx.Rows) error {
		var generated nullInt
		u := &funnel.Unit{}
		if err := row.Scan(leadTargets(&u.Lead, &generated)...); err != nil || dialed[u.Number] {
			return err
		}
		u.GeneratedMs = known(generated)
		return each(u)
	}, "select "+leadColumns+" from leads l where l.campaign_id = $1 order by l.lead_no", campaignNumber)
}

// leadColumns are what the fold needs of a lead; leadTargets takes them.
const leadColumns = "l.lead_no, l.generated_ms, coalesce(l.list_no, 0), coalesce(l.source_no, 0), coalesce(l.zone_no, 0), coalesce(l.void, 0), coalesce(l.posted, 0)"

func leadTargets(l *funnel.Lead, generated *nullInt) []any {
	return []any{&l.Number, generated, &l.List, &l.Source, &l.Zone, &l.Void, &l.Posted}
}

func scanUnit(row *sqlx.Rows) (l funnel.Lead, a funnel.Attempt, err error) {
	var generated, started sql.NullInt64
	var optional [11]sql.NullInt64
	dest := append(leadTargets(&l, &generated), &a.Number, &a.Ref, &started, &a.Result, &a.AnsweredBy, &a.EndedBy, &a.Void)
	for i := range optional {
		dest = append(dest, &optional[i])
	}
	if err := row.Scan(append(dest, &a.Agent, &a.Disposition, &a.Dialer)...); err != nil {
		return l, a, err
	}
	l.GeneratedMs, a.StartedMs = known(generated), known(started)
	for i, f := range optionals(&a) {
		*f.at = known(optional[i])
	}
	return l, a, nil
}

// Rebuild packs every history of the campaign again from its facts and counts
// everything anew.
func (s *Store) Rebuild(ctx context.Context, campaignKey string, report Progress) error {
	var target int64
	err := s.transact(ctx, func(t *tx) error {
		k, err := s.findLocked(t, campaignKey)
		if err != nil {
			return err
		}
		if err := t.exec("delete from histories where campaign_id = $1", k.Number); err != nil {
			return err
		}
		// All units are gathered before any is written: the cursor over the facts
		// must be closed by then.
		in := t.into("insert into histories (campaign_id, lead_no, history) values ", 3, "")
		var pending []*funnel.Unit
		err = eachUnit(t, k.Number, func(u *funnel.Unit) error {
			pending = append(pending, u)
			return nil
		})
		if err != nil {
			return err
		}
		for _, u := range pending {
			if err := in.row(k.Number, u.Number, packHistory(u)); err != nil {
				return err
			}
		}
		if err := in.flush(); err != nil {
			return err
		}
		for _, u := range pending {
			if err := t.exec("update leads set cohort_ms = $1 where campaign_id = $2 and lead_no = $3 and cohort_ms is distinct from $4",
				null(cohortMs(u)), k.Number, u.Number, null(cohortMs(u))); err != nil {
				return err
			}
		}
		if err := t.startRecount(k.Number); err != nil {
			return err
		}
		_, err = t.one([]any{&target}, "select next_generation from progress where campaign_id = $1", k.Number)
		return err
	})
	if err == nil {
		err = s.recount(ctx, campaignKey, report)
	}
	if err != nil {
		return err
	}
	return s.snapshot(ctx, func(t *tx) error {
		src, _, err := s.source(t, campaignKey)
		if err == nil && src.generation < target {
			err = fmt.Errorf("the rebuild of %s was given up, as its configuration was changed back meanwhile; run it again", campaignKey)
		}
		return err
	})
}
