package db

import (
	"context"
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

// changeKPIs runs a change of what KPIs there are, and tells boards of it.
func (s *Store) changeKPIs(ctx context.Context, change func(t *tx, all []funnel.OwnKPI) error) error {
	return s.changeWatched(ctx, func(t *tx, all []funnel.OwnKPI) error {
		if err := change(t, all); err != nil {
			return err
		}
		return t.exec("update progress set version = version + 1 where campaign_id = $1", installation)
	})
}

// changeWatched runs a change of KPIs or targets, one at a time.
func (s *Store) changeWatched(ctx context.Context, change func(t *tx, all []funnel.OwnKPI) error) error {
	return s.transact(ctx, func(t *tx) error {
		if err := t.lock(installation); err != nil {
			return err
		}
		all, err := t.definitions()
		if err != nil {
			return err
		}
		return change(t, all)
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

// MeasuresAt returns those of values of some places, by the store's names of these.
func (s *Store) MeasuresAt(ctx context.Context, places []string) (names []string, err error) {
	err = s.glance(ctx, func(t *tx) error {
		names = nil
		for _, place := range places {
			some, err := t.readMeasures("select l.body from campaigns c join labels l on l.campaign_id = c.campaign_id where c.ref = $1 and l.kind = $2", place, measureLabel)
			if err != nil {
				return err
			}
			names = append(names, some...)
		}
		slices.Sort(names)
		names = slices.Compact(names)
		return nil
	})
	return names, err
}

func (t *tx) measures() ([]string, error) {
	return t.readMeasures("select distinct l.body from campaigns c join labels l on l.campaign_id = c.campaign_id where l.kind = $1", measureLabel)
}

func (t *tx) readMeasures(text string, args ...any) (names []string, err error) {
	err = t.query(func(row *sqlx.Rows) error {
		var name string
		err := row.Scan(&name)
		names = append(names, name)
		return err
	}, text, args...)
	slices.Sort(names)
	return names, err
}
