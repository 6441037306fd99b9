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

// KPIs returns every KPI there is: the catalogue, and those of callers' own.
func (s *Store) KPIs(ctx context.Context) (shelf *funnel.Shelf, err error) {
	err = s.glance(ctx, func(t *tx) error {
		shelf, err = t.shelf()
		return err
	})
	return shelf, err
}

// shelf reads every KPI. What was taken once is taken, but for ids that the catalogue has
// by now.
func (t *tx) shelf() (*funnel.Shelf, error) {
	all, err := t.definitions()
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(d funnel.OwnKPI) bool { return funnel.Find(d.ID) != nil })
	return funnel.NewShelf(all, func(string) bool { return true })
}

func (t *tx) definitions() (all []funnel.OwnKPI, err error) {
	err = t.query(func(row *sqlx.Rows) error {
		var d funnel.OwnKPI
		err := row.Scan(&d.ID, &d.Name, &d.Formula, &d.Unit, &d.Direction, &d.Version)
		all = append(all, d)
		return err
	}, "select id, name, formula, unit, direction, version from kpis")
	slices.SortFunc(all, func(a, b funnel.OwnKPI) int { return strings.Compare(a.ID, b.ID) })
	return all, err
}

// PutKPI defines a KPI of the caller's own, or defines it anew. It is refused where its
// formula, or one that reads it, could not be worked out.
func (s *Store) PutKPI(ctx context.Context, d funnel.OwnKPI) (shelf *funnel.Shelf, created bool, err error) {
	err = s.changeKPIs(ctx, func(t *tx, all []funnel.OwnKPI) error {
		d.Version, created = 1, true
		all = slices.DeleteFunc(all, func(o funnel.OwnKPI) bool {
			if o.ID != d.ID {
				return false
			}
			created, d.Version = false, o.Version
			if o.Formula != d.Formula || o.Unit != d.Unit {
				d.Version++
			}
			return true
		})
		names, err := t.measures()
		if err != nil {
			return err
		}
		if shelf, err = funnel.NewShelf(append(all, d), func(name string) bool { return slices.Contains(names, name) }); err != nil {
			return err
		}
		k := shelf.Find(d.ID)
		return t.exec(`insert into kpis (id, name, formula, unit, direction, version) values ($1, $2, $3, $4, $5, $6)
			on conflict (id) do update set name = excluded.name, formula = excluded.formula, unit = excluded.unit, direction = excluded.direction, version = excluded.version`,
			d.ID, k.Name, d.Formula, string(d.Unit), string(d.Direction), d.Version)
	})
	return shelf, created, err
}

// DeleteKPI removes a KPI of a caller's own, unless another's formula or a target reads it.
func (s *Store) DeleteKPI(ctx context.Context, id string) error {
	return s.changeKPIs(ctx, func(t *tx, all []funnel.OwnKPI) error {
		if !slices.ContainsFunc(all, func(d funnel.OwnKPI) bool { return d.ID == id }) {
			return campaign.NotFoundf("kpi", "there is no KPI of your own %q; GET /v1/kpis lists them", id)
		}
		for _, d := range all {
			f, err := funnel.ParseFormula(d.Formula)
			if err == nil && d.ID != id && slices.Contains(f.Names, id) {
				return &campaign.Error{Kind: campaign.Conflict, Code: "in_use", Field: "kpi", Message: "the formula of " + d.ID + " reads " + id + "; change or delete that KPI first"}
			}
		}
		targets, err := t.targets()
		if err != nil {
			return err
		}
		for _, target := range targets {
			if target.KPI == id {
				return &campaign.Error{Kind: campaign.Conflict, Code: "in_use", Field: "kpi", Message: "the target " + target.Ref + " is about " + id + "; delete it first"}
			}
		}
		return t.exec("delete from kpis where id = $1", id)
	})
}

// changeKPIs runs a change of what is watched, one at a time, and tells boards of it.
func (s *Store) changeKPIs(ctx context.Context, change func(t *tx, all []funnel.OwnKPI) error) error {
	return s.transact(ctx, func(t *tx) error {
		if err := t.lock(installation); err != nil {
			return err
		}
		all, err := t.definitions()
		if err == nil {
			err = change(t, all)
		}
		if err != nil {
			return err
		}
		return t.exec("update progress set version = version + 1 where campaign_id = $1", installation)
	})
}

// Measures returns the names under which values were ever posted, in order.
func (s *Store) Measures(ctx context.Context) (names []string, err error) {
	err = s.glance(ctx, func(t *tx) error {
		names, err = t.measures()
		return err
	})
	return names, err
}

func (t *tx) measures() (names []string, err error) {
	err = t.query(func(row *sqlx.Rows) error {
		var name string
		err := row.Scan(&name)
		names = append(names, name)
		return err
	}, "select distinct l.body from campaigns c join labels l on l.campaign_id = c.campaign_id where l.kind = $1", measureLabel)
	slices.Sort(names)
	return names, err
}

// PutTarget sets a target, in the place of the one of that ref.
func (s *Store) PutTarget(ctx context.Context, target funnel.Target) (created bool, err error) {
	err = s.changeKPIs(ctx, func(t *tx, all []funnel.OwnKPI) error {
		if !slices.ContainsFunc(all, func(d funnel.OwnKPI) bool { return d.ID == target.KPI }) && funnel.Find(target.KPI) == nil {
			return campaign.Invalidf("unknown_kpi", "kpi", "%q is not a KPI; GET /v1/kpis lists them", target.KPI)
		}
		var one int64
		found, err := t.one([]any{&one}, "select 1 from targets where ref = $1", target.Ref)
		if err != nil {
			return err
		}
		created = !found
		return t.exec(`insert into targets (ref, kpi, place, comparator, value, from_at, to_at, stage) values ($1, $2, $3, $4, $5, $6, $7, $8)
			on conflict (ref) do update set kpi = excluded.kpi, place = excluded.place, comparator = excluded.comparator, value = excluded.value,
			from_at = excluded.from_at, to_at = excluded.to_at, stage = excluded.stage`,
			target.Ref, target.KPI, target.Place, target.Comparator, target.Value, target.From, target.To, nullText(target.Stage))
	})
	return created, err
}

// DeleteTarget removes a target.
func (s *Store) DeleteTarget(ctx context.Context, ref string) error {
	return s.changeKPIs(ctx, func(t *tx, _ []funnel.OwnKPI) error {
		return t.exec("delete from targets where ref = $1", ref)
	})
}

// Targets returns all targets, in order of ref.
func (s *Store) Targets(ctx context.Context) (all []funnel.Target, err error) {
	err = s.glance(ctx, func(t *tx) error {
		all, err = t.targets()
		return err
	})
	return all, err
}

func (t *tx) targets() (all []funnel.Target, err error) {
	err = t.query(func(row *sqlx.Rows) error {
		var one funnel.Target
		var stage sql.NullString
		err := row.Scan(&one.Ref, &one.KPI, &one.Place, &one.Comparator, &one.Value, &one.From, &one.To, &stage)
		one.Stage = stage.String
		all = append(all, one)
		return err
	}, "select ref, kpi, place, comparator, value, from_at, to_at, stage from targets")
	slices.SortFunc(all, func(a, b funnel.Target) int { return strings.Compare(a.Ref, b.Ref) })
	return all, err
}
