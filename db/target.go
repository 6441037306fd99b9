package db

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"ringside/campaign"
	"ringside/funnel"
)

const targetColumns = "kpi, place, comparator, value, from_at, to_at, stage"

// PutTarget sets a target, in the place of the one of that ref.
func (s *Store) PutTarget(ctx context.Context, target funnel.Target) (created bool, err error) {
	err = s.changeWatched(ctx, func(t *tx, all []funnel.OwnKPI) error {
		if !slices.ContainsFunc(all, func(d funnel.OwnKPI) bool { return d.ID == target.KPI }) && funnel.Find(target.KPI) == nil {
			return campaign.Invalidf("unknown_kpi", "kpi", "%q is not a KPI; GET /v1/kpis lists them", target.KPI)
		}
		had, err := t.targetNow(target.Ref)
		if err != nil {
			return err
		}
		if created = had == nil; had != nil && *had == target {
			return nil
		}
		args := []any{target.Ref, target.KPI, target.Place, target.Comparator, target.Value, target.From, target.To, nullText(target.Stage)}
		if err := t.exec("insert into targets (ref, "+targetColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8)
			on conflict (ref) do update set kpi = excluded.kpi, place = excluded.place, comparator = excluded.comparator, value = excluded.value,
			from_at = excluded.from_at, to_at = excluded.to_at, stage = excluded.stage`, args...); err != nil {
			return err
		}
		return s.noteTarget(t, target.Ref, had, &target)
	})
	return created, err
}

// DeleteTarget removes a target.
func (s *Store) DeleteTarget(ctx context.Context, ref string) error {
	return s.changeWatched(ctx, func(t *tx, _ []funnel.OwnKPI) error {
		had, err := t.targetNow(ref)
		if err != nil || had == nil {
			return err
		}
		if err := t.exec("delete from targets where ref = $1", ref); err != nil {
			return err
		}
		return s.noteTarget(t, ref, had, nil)
	})
}

// noteTarget keeps what a target is from now on, nil for none, for who asks as of the
// past, and tells boards of the places it was and is about.
func (s *Store) noteTarget(t *tx, ref string, had, has *funnel.Target) error {
	var last sql.NullInt64
	if _, err := t.one([]any{&last}, "select max(version_no) from target_versions where ref = $1", ref); err != nil {
		return err
	}
	args := []any{ref, last.Int64 + 1, s.now().UnixMilli(), nil, nil, nil, nil, nil, nil, nil}
	if has != nil {
		copy(args[3:], []any{has.KPI, has.Place, has.Comparator, has.Value, has.From, has.To, nullText(has.Stage)})
	}
	if err := t.exec("insert into target_versions (ref, version_no, set_ms, "+targetColumns+") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", args...); err != nil {
		return err
	}
	for _, one := range []*funnel.Target{had, has} {
		if one == nil {
			continue
		}
		if err := t.exec("update progress set version = version + 1 where campaign_id in (select campaign_id from campaigns where ref = $1)", one.Place); err != nil {
			return err
		}
	}
	return nil
}

// Targets returns all targets, in order of ref.
func (s *Store) Targets(ctx context.Context) (all []funnel.Target, err error) {
	err = s.glance(ctx, func(t *tx) error {
		all, err = t.targets()
		return err
	})
	return all, err
}

// TargetsAt returns the targets of one place, in order of ref.
func (s *Store) TargetsAt(ctx context.Context, place string) (all []funnel.Target, err error) {
	err = s.glance(ctx, func(t *tx) error {
		all, err = t.readTargets("select ref, "+targetColumns+" from targets where place = $1", place)
		return err
	})
	return all, err
}

// TargetsKnown returns the targets that were set at an instant, in order of ref.
func (s *Store) TargetsKnown(ctx context.Context, atMs int64) (all []funnel.Target, err error) {
	err = s.snapshot(ctx, func(t *tx) error {
		all, err = t.readTargets("select v.ref, "+targetColumns+` from target_versions v join
			(select ref, max(version_no) as version_no from target_versions where set_ms <= $1 group by ref) last on last.ref = v.ref and last.version_no = v.version_no
			where v.kpi is not null`, atMs)
		return err
	})
	return all, err
}

// targetNow is the target of a ref, nil for none.
func (t *tx) targetNow(ref string) (*funnel.Target, error) {
	all, err := t.readTargets("select ref, "+targetColumns+" from targets where ref = $1", ref)
	if len(all) == 0 {
		return nil, err
	}
	return &all[0], err
}

func (t *tx) targets() ([]funnel.Target, error) {
	return t.readTargets("select ref, " + targetColumns + " from targets")
}

func (t *tx) readTargets(text string, args ...any) (all []funnel.Target, err error) {
	err = t.query(func(row *sqlx.Rows) error {
		var one funnel.Target
		var stage sql.NullString
		err := row.Scan(&one.Ref, &one.KPI, &one.Place, &one.Comparator, &one.Value, &one.From, &one.To, &stage)
		one.Stage = stage.String
		all = append(all, one)
		return err
	}, text, args...)
	slices.SortFunc(all, func(a, b funnel.Target) int { return strings.Compare(a.Ref, b.Ref) })
	return all, err
}
