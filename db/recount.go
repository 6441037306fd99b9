package db

import (
	"context"
	"database/sql"

	"github.com/jmoiron/sqlx"

	"ringside/funnel"
)

// Progress is told, now and then, how many of how many leads were worked through.
type Progress func(done, of int64)

// recount folds every history under the campaign's rules into a new generation
// of cells and moments, and switches to it.
func recount(t *tx, k *knowledge, report Progress) error {
	var old, leads int64
	if _, err := t.one([]any{&old, &leads}, "select generation, last_lead_no from progress where campaign_id = $1", k.Number); err != nil {
		return err
	}
	next := old + 1
	rules := k.rules()
	tally := funnel.NewTally(rules.Calendar)
	folder := funnel.Folder{Rules: rules}
	moments := t.into("insert into moments (campaign_id, generation, at_ms, lead_no) values ", 4, "")
	err := eachHistory(t, k.Number, leads, report, func(u *funnel.Unit) error {
		f := fold(&folder, tally, u, 1)
		for _, at := range f.moments {
			if err := moments.row(k.Number, next, at, u.Number); err != nil {
				return err
			}
		}
		return t.exec("update leads set cohort_ms = $1 where campaign_id = $2 and lead_no = $3 and cohort_ms is distinct from $4",
			null(f.cohortMs), k.Number, u.Number, null(f.cohortMs))
	})
	if err != nil {
		return err
	}
	if err := moments.flush(); err != nil {
		return err
	}
	if err := addCells(t, k.Number, next, tally.Cells()); err != nil {
		return err
	}
	if err := t.exec("update progress set generation = $1, version = version + 1 where campaign_id = $2", next, k.Number); err != nil {
		return err
	}
	if err := t.exec("delete from cells where campaign_id = $1 and generation = $2", k.Number, old); err != nil {
		return err
	}
	return t.exec("delete from moments where campaign_id = $1 and generation = $2", k.Number, old)
}

// slice is how many leads are read at a time where all of them are: no cursor
// stays open while something else is read or written.
const slice = 4096

// eachHistory calls every history in order of lead, a slice at a time.
func eachHistory(t *tx, campaignNumber, leads int64, report Progress, each func(*funnel.Unit) error) error {
	for from := int64(0); from < leads; from += slice {
		if report != nil {
			report(from, leads)
		}
		var units []*funnel.Unit
		err := t.query(func(row *sqlx.Rows) error {
			u, err := scanHistory(row)
			units = append(units, u)
			return err
		}, "select lead_no, history from histories where campaign_id = $1 and lead_no > $2 and lead_no <= $3 order by lead_no", campaignNumber, from, from+slice)
		if err != nil {
			return err
		}
		for _, u := range units {
			if err := each(u); err != nil {
				return err
			}
		}
	}
	if report != nil {
		report(leads, leads)
	}
	return nil
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
		a.answered_ms, a.greeting_ended_ms, a.connected_ms, a.ended_ms, a.hold_ms, a.wrap_ms, a.amount_minor, a.decided_ms, a.cancelled_ms, a.callback_ms,
		coalesce(a.agent_no, 0), coalesce(a.disposition_no, 0)
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
const leadColumns = "l.lead_no, l.generated_ms, coalesce(l.list_no, 0), coalesce(l.source_no, 0), coalesce(l.void, 0), coalesce(l.posted, 0)"

func leadTargets(l *funnel.Lead, generated *nullInt) []any {
	return []any{&l.Number, generated, &l.List, &l.Source, &l.Void, &l.Posted}
}

func scanUnit(row *sqlx.Rows) (l funnel.Lead, a funnel.Attempt, err error) {
	var generated, started sql.NullInt64
	var optional [10]sql.NullInt64
	dest := append(leadTargets(&l, &generated), &a.Number, &a.Ref, &started, &a.Result, &a.AnsweredBy, &a.EndedBy, &a.Void)
	for i := range optional {
		dest = append(dest, &optional[i])
	}
	if err := row.Scan(append(dest, &a.Agent, &a.Disposition)...); err != nil {
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
	return s.transact(ctx, func(t *tx) error {
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
		return recount(t, k, report)
	})
}
