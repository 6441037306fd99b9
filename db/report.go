package db

import (
	"context"
	"math"
	"slices"

	"github.com/jmoiron/sqlx"

	"ringside/campaign"
	"ringside/funnel"
)

// source is one campaign in one transaction, as reports read it.
type source struct {
	t          *tx
	k          *knowledge
	generation int64
}

func (s *Store) source(t *tx, campaignKey string) (*source, int64, error) {
	k, err := s.find(t, campaignKey)
	if err != nil {
		return nil, 0, err
	}
	src := &source{t: t, k: k}
	var version int64
	_, err = t.one([]any{&src.generation, &version}, "select generation, version from progress where campaign_id = $1", k.Number)
	return src, version, err
}

// Cells implements funnel.Source.
func (s *source) Cells(g funnel.Grouping, p funnel.Part, from, to int64, each func(bucket, key int64, v funnel.Vector)) error {
	var packed []byte
	var vector funnel.Vector
	return s.t.query(func(row *sqlx.Rows) error {
		var bucket, key int64
		if err := row.Scan(&bucket, &key, &packed); err != nil {
			return err
		}
		var err error
		if vector, err = funnel.AppendDecoded(vector[:0], packed); err == nil {
			each(bucket, key, vector)
		}
		return err
	}, `select bucket, key_no, vector from cells
		where campaign_id = $1 and generation = $2 and grouping_no = $3 and part = $4 and bucket >= $5 and bucket < $6 order by bucket, key_no`,
		s.k.Number, s.generation, g, p, from, to)
}

// Units implements funnel.Source.
func (s *source) Units(windows []funnel.Window, each func(*funnel.Unit)) error {
	found := map[int64]bool{}
	for _, w := range windows {
		err := s.t.query(func(row *sqlx.Rows) error {
			var lead int64
			err := row.Scan(&lead)
			found[lead] = true
			return err
		}, `select lead_no from attempts where campaign_id = $1 and started_ms >= $2 and started_ms < $3
			union select lead_no from leads where campaign_id = $4 and cohort_ms >= $5 and cohort_ms < $6
			union select lead_no from moments where campaign_id = $7 and generation = $8 and at_ms >= $9 and at_ms < $10`,
			s.k.Number, w.FromMs, w.ToMs, s.k.Number, w.FromMs, w.ToMs, s.k.Number, s.generation, w.FromMs, w.ToMs)
		if err != nil {
			return err
		}
	}
	leads := make([]int64, 0, len(found))
	for lead := range found {
		leads = append(leads, lead)
	}
	slices.Sort(leads)
	return lookup(s.t, s.k.Number, leads, "f.lead_no, f.history", "histories f", "lead_no", func(row *sqlx.Rows) error {
		u, err := scanHistory(row)
		if err == nil {
			each(u)
		}
		return err
	})
}

// Costs implements funnel.Source.
func (s *source) Costs(w funnel.Window) (entries []funnel.CostEntry, err error) {
	err = s.t.query(func(row *sqlx.Rows) error {
		var e funnel.CostEntry
		err := row.Scan(&e.Number, &e.Category, &e.AmountMinor, &e.FromMs, &e.ToMs)
		entries = append(entries, e)
		return err
	}, `select cost_no, category, amount_minor, from_ms, to_ms from costs
		where campaign_id = $1 and from_ms < $2 and to_ms > $3 and from_ms < to_ms and coalesce(void, 0) = 0 order by cost_no`, s.k.Number, w.ToMs, w.FromMs)
	return entries, err
}

// Report is funnel.Report.
type Report = funnel.Report

// Report answers a query about one campaign, all of it at one instant.
func (s *Store) Report(ctx context.Context, campaignKey string, q funnel.Query) (r Report, err error) {
	err = s.snapshot(ctx, func(t *tx) error {
		src, version, err := s.source(t, campaignKey)
		if err != nil {
			return err
		}
		r.Campaign, r.Version = src.k.Campaign, version
		rules := src.k.rules()
		groups, err := funnel.Compute(src, rules, q)
		if err != nil {
			return err
		}
		r.Groups = make([]funnel.ReportGroup, len(groups))
		for i := range groups {
			r.Groups[i] = funnel.ReportGroup{Key: src.key(q.By, groups[i].Key[:], rules.Calendar), Sums: &groups[i].Sums}
		}
		if len(q.By) == 0 {
			r.Whole = r.Groups[0].Sums
			return nil
		}
		whole, err := funnel.Compute(src, rules, funnel.Query{Window: q.Window})
		if err == nil {
			r.Whole = &whole[0].Sums
		}
		return err
	})
	return r, err
}

// key puts a group's numbers into words.
func (s *source) key(by []funnel.GroupBy, numbers []int64, cal *campaign.Calendar) []any {
	key := make([]any, len(by))
	for i, g := range by {
		switch g {
		case funnel.ByAgent, funnel.ByList, funnel.BySource, funnel.ByDisposition:
			if body, ok := s.k.text(numbers[i]); ok {
				key[i] = body
			}
		default:
			key[i] = funnel.KeyLabel(g, numbers[i], cal)
		}
	}
	return key
}

// Span returns the window that holds every dial and every lead of the campaign,
// an empty one when there are none.
func (s *Store) Span(ctx context.Context, campaignKey string) (w funnel.Window, err error) {
	err = s.snapshot(ctx, func(t *tx) error {
		k, err := s.find(t, campaignKey)
		if err != nil {
			return err
		}
		var firstDial, lastDial, firstLead, lastLead nullInt
		_, err = t.one([]any{&firstDial, &lastDial, &firstLead, &lastLead}, `select
			(select min(started_ms) from attempts where campaign_id = $1), (select max(started_ms) from attempts where campaign_id = $2),
			(select min(cohort_ms) from leads where campaign_id = $3), (select max(cohort_ms) from leads where campaign_id = $4)`,
			k.Number, k.Number, k.Number, k.Number)
		if err != nil || !firstDial.Valid && !firstLead.Valid {
			return err
		}
		w = funnel.Window{FromMs: math.MaxInt64}
		for _, first := range []nullInt{firstDial, firstLead} {
			if first.Valid {
				w.FromMs = min(w.FromMs, first.Int64)
			}
		}
		w.ToMs = max(lastDial.Int64, lastLead.Int64) + 1
		return nil
	})
	return w, err
}
