package db

import (
	"context"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"ringside/campaign"
	"ringside/funnel"
)

// source is one campaign in one transaction, as reports read it.
type source struct {
	store      *Store
	t          *tx
	k          *knowledge
	generation int64
	// shared are the costs it shares with others, once they were asked for.
	shared *sharers
	// shifts are how long agents were logged in, once that was asked for.
	shifts *funnel.Shifts
	// asOfUs is the instant it is looked at as of, on the arrival clock; 0: now.
	asOfUs int64
}

func (s *Store) source(t *tx, campaignKey string) (*source, int64, error) {
	k, err := s.find(t, campaignKey)
	if err != nil {
		return nil, 0, err
	}
	src := &source{store: s, t: t, k: k}
	var version int64
	_, err = t.one([]any{&src.generation, &version}, "select generation, version from progress where campaign_id = $1", k.Number)
	return src, version, err
}

// about cuts a span by the calendar that the campaign's facts are counted by, or that of
// another zone.
func (s *source) about(within funnel.Span, zone *time.Location) (a funnel.About, err error) {
	a.Campaign = s.k.Campaign
	if zone != nil {
		a.Campaign.TimeZone = zone.String()
	}
	a.Window, err = within.Cut(campaign.NewCalendar(a.Campaign.Location()))
	return a, err
}

// Units implements funnel.Source.
func (s *source) Units(windows []funnel.Window, each func(*funnel.Unit)) error {
	if err := s.recordsIn(windows, each); err != nil || s.k.ofService() {
		return err
	}
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
	return lookup(s.t, s.k.Number, leads, "f.lead_no, f.history", "histories f", "lead_no", func(row scanned) error {
		u, err := scanHistory(row)
		if err == nil {
			each(u)
		}
		return err
	})
}

// Promised implements funnel.Source.
func (s *source) Promised(w funnel.Window, each func(*funnel.Unit)) error {
	if s.k.ofService() {
		return s.recordsPromised(w, each)
	}
	return s.t.query(func(row *sqlx.Rows) error {
		u, err := scanHistory(row)
		if err == nil {
			each(u)
		}
		return err
	}, `select h.lead_no, h.history from (select distinct lead_no from moments where campaign_id = $1 and generation = $2 and at_ms >= $3 and at_ms < $4) m
		cross join histories h where h.campaign_id = $5 and h.lead_no = m.lead_no`, s.k.Number, s.generation, w.FromMs, w.ToMs, s.k.Number)
}

// Report is funnel.Report.
type Report = funnel.Report

// Report answers a query about one campaign, all of it at one instant.
func (s *Store) Report(ctx context.Context, campaignKey string, q funnel.Query) (r Report, err error) {
	err = s.snapshot(ctx, func(t *tx) error {
		r, _, err = s.report(t, campaignKey, q)
		return err
	})
	return r, err
}

// otherZone is a zone that is asked for, nil where it is the one facts are counted by.
func (s *source) otherZone(asked *time.Location) *time.Location {
	if asked != nil && asked.String() == s.k.Location().String() {
		return nil
	}
	return asked
}

// in is what is known of a place, with its facts read by another zone.
func (k *knowledge) in(zone *time.Location) *knowledge {
	other, counted := *k, *k.counted
	config := *k.counted.Config
	config.TimeZone = zone.String()
	other.Campaign.Config, counted.Config, counted.zone = config, &config, zone
	other.counted = &counted
	return &other
}

// report is Report within a transaction, which may be run twice; the source is what
// was read from.
func (s *Store) report(t *tx, campaignKey string, q funnel.Query) (r Report, src *source, err error) {
	src, version, err := s.source(t, campaignKey)
	if err != nil {
		return r, nil, err
	}
	r.Version = version
	if r.About, err = src.about(q.Window, q.Zone); err != nil {
		return r, src, err
	}
	frozen, err := src.frozenAt(&q, r.Window)
	if err != nil {
		return r, src, err
	}
	if frozen != nil {
		return frozen.Report(r.Campaign), src, nil
	}
	q.Window = r.Window
	r.AsOfMs, r.Replayed = q.Known(campaign.NewCalendar(r.Campaign.Location()))
	q.NowMs = r.AsOfMs
	var facts funnel.Source = src
	if r.Replayed {
		if facts, err = src.replayed(r.Window, knownUs(r.AsOfMs)); err != nil {
			return r, src, err
		}
	}
	if err := src.answer(facts, &r, q); err != nil {
		return r, src, err
	}
	return r, src, s.logged(t, &r, q)
}

// answer computes the groups of a report.
func (s *source) answer(facts funnel.Source, r *Report, q funnel.Query) (err error) {
	q.Text = func(number int64) (string, bool) { return s.k.text(number) }
	if rates := s.k.counted.Rates; rates.Some() && len(rates.Labour) > 0 {
		if _, err = facts.Shifts(); err != nil { // it numbers agents, which may be in teams
			return err
		}
	}
	if slices.Contains(q.By, funnel.ByTeam) {
		if q.Teams, err = s.teams(); err != nil {
			return err
		}
	}
	if q.Blocks {
		if r.Blocks, err = s.blocks(facts, q.NowMs); err != nil {
			return err
		}
	}
	rules := s.k.counted.rules()
	r.Rated = rules.Rates.Some()
	groups, err := funnel.Compute(facts, rules, q)
	if err != nil {
		return err
	}
	slices.SortFunc(groups, func(a, b funnel.Group) int { return q.CompareKeys(q.By, a.Key, b.Key) })
	r.Groups = make([]funnel.ReportGroup, len(groups))
	for i := range groups {
		groups[i].Sums.Label(s.k.text, s.k.Digits())
		r.Groups[i] = funnel.ReportGroup{Key: s.key(q.By, groups[i].Key[:], campaign.NewCalendar(r.Campaign.Location())), Sums: &groups[i].Sums, Agents: s.texts(groups[i].Agents)}
	}
	if len(q.By) == 0 {
		r.Whole, r.WholeAgents = r.Groups[0].Sums, r.Groups[0].Agents
		return nil
	}
	r.Groups = slices.DeleteFunc(r.Groups, func(g funnel.ReportGroup) bool { return !q.Concerns(g.Sums) })
	if q.GroupsAlone {
		return nil
	}
	whole, err := funnel.Compute(facts, rules, funnel.Query{Window: q.Window, KPIs: q.KPIs, NowMs: q.NowMs, NameAgents: q.NameAgents, Level: q.Level, Zone: q.Zone})
	if err == nil {
		r.Whole, r.WholeAgents = &whole[0].Sums, s.texts(whole[0].Agents)
		r.Whole.Label(s.k.text, s.k.Digits())
	}
	return err
}

// replayed returns the facts as they were known at an instant, with the texts that
// only then were known, and the costs shared by then.
func (s *source) replayed(w funnel.Window, atUs int64) (funnel.Source, error) {
	then, err := s.past(atUs)
	if err != nil {
		return nil, err
	}
	if s.k = then.k; then.k.ofService() {
		return then.book, nil // it bears no costs
	}
	all, err := s.store.sharers(s.t, then.k.Currency, atUs)
	if err != nil {
		return nil, err
	}
	mine, err := all.entries(then.k.Ref, w)
	if err != nil {
		return nil, err
	}
	s.asOfUs = atUs
	shifts, err := s.Shifts()
	return then.book.With(mine, shifts), err
}

// instantOf is a campaign at an instant, replayedAt its facts and texts as of then.
type (
	instantOf  struct{ campaign, atUs int64 }
	replayedAt struct {
		book *funnel.Book
		k    *knowledge
	}
)

// past replays the campaign, once in a transaction.
func (s *source) past(atUs int64) (then replayedAt, err error) {
	key := instantOf{s.k.Number, atUs}
	then, known := s.t.past[key]
	if known {
		return then, nil
	}
	if then.book, then.k, err = replay(s.t, s.k, atUs); err != nil {
		return then, err
	}
	if s.t.past == nil {
		s.t.past = map[instantOf]replayedAt{}
	}
	s.t.past[key] = then
	return then, nil
}

// texts returns the texts behind label numbers.
func (s *source) texts(numbers []int64) []string {
	var out []string
	for _, n := range numbers {
		if body, ok := s.k.text(n); ok {
			out = append(out, body)
		}
	}
	return out
}

// key puts a group's numbers into words.
func (s *source) key(by []funnel.GroupBy, numbers []int64, cal *campaign.Calendar) []any {
	key := make([]any, len(by))
	for i, g := range by {
		if !g.Textual() {
			key[i] = funnel.KeyLabel(g, numbers[i], cal)
		} else if body, ok := s.k.text(numbers[i]); ok {
			key[i] = body
		}
	}
	return key
}

// Span returns the whole days of the campaign's zone that hold every fact, by
// whatever clock; an empty window when there are none.
func (s *Store) Span(ctx context.Context, campaignKey string) (w funnel.Window, err error) {
	err = s.snapshot(ctx, func(t *tx) error {
		src, _, err := s.source(t, campaignKey)
		if err != nil {
			return err
		}
		var first, last nullInt
		_, err = t.one([]any{&first, &last}, "select min(bucket), max(bucket) from cells where campaign_id = $1 and generation = $2 and grouping_no = $3",
			src.k.Number, src.generation, funnel.AllByDay)
		if err == nil && first.Valid {
			cal := campaign.NewCalendar(src.k.Location())
			w = funnel.Window{FromMs: cal.DayStart(campaign.Day(first.Int64)), ToMs: cal.DayStart(campaign.Day(last.Int64) + 1)}
		}
		return err
	})
	return w, err
}
