package db

import (
	"cmp"
	"context"
	"slices"

	"github.com/jmoiron/sqlx"

	"ringside/campaign"
	"ringside/funnel"
)

// What is read back, as funnel defines it.
type (
	Fact   = funnel.Fact
	Page   = funnel.Page
	Cursor = funnel.Cursor
)

// Fact returns the lead, attempt or cost entry that a ref or id names.
func (s *Store) Fact(ctx context.Context, campaignKey string, kind campaign.Kind, key string) (out Fact, err error) {
	err = s.snapshot(ctx, func(t *tx) error {
		k, err := s.find(t, campaignKey)
		if err == nil {
			out, err = findFact(t, k, kind, key)
		}
		return err
	})
	return out, err
}

// findFact finds a fact by ref or id. A lead that nobody posted and no current
// attempt names is not there.
func findFact(t *tx, k *knowledge, kind campaign.Kind, key string) (out Fact, err error) {
	if kind.OfService() {
		return findRecord(t, k, kind, key)
	}
	tb := tableOf(kind)
	if campaign.CheckRef(key) != nil {
		key = "" // no fact has such a ref, and not every engine looks up what is not even text
	}
	if kind == campaign.KindAttempt {
		// A call may go by several names: key stays as it is where it has no other.
		if _, err := t.one([]any{&key}, "select ref from calls where campaign_id = $1 and name = $2", k.Number, key); err != nil {
			return out, err
		}
	}
	facts, err := readFacts(t, k, tb, "ref", []string{key})
	if err != nil {
		return out, err
	}
	if number, ok := k.FactNumber(kind, key); ok && len(facts) == 0 {
		facts, err = readFacts(t, k, tb, tb.number, []int64{number})
	}
	if err == nil && len(facts) > 0 {
		out, err = describe(t, k, facts[0])
	}
	if err == nil && (len(facts) == 0 || kind == campaign.KindLead && out.CohortMs == campaign.None && !out.Content.Given(campaign.LeadPosted)) {
		err = campaign.NotFoundf(kind.String(), "there is no %s %q in campaign %s; check the ref", kind, key, k.Ref)
	}
	return out, err
}

func tableOf(kind campaign.Kind) *table {
	return map[campaign.Kind]*table{campaign.KindLead: leadTable, campaign.KindAttempt: attemptTable, campaign.KindCost: costTable}[kind]
}

// readFacts reads facts by one column, in order of number.
func readFacts[K int64 | string](t *tx, k *knowledge, tb *table, column string, keys []K) (facts []*fact, err error) {
	scan := tb.scanner(k)
	err = lookup(t, k.Number, keys, tb.fields, tb.from, column, func(row scanned) error {
		f, err := scan(row)
		facts = append(facts, f)
		return err
	})
	slices.SortFunc(facts, func(a, b *fact) int { return cmp.Compare(a.number, b.number) })
	return facts, err
}

// describe adds what is derived of a fact.
func describe(t *tx, k *knowledge, f *fact) (Fact, error) {
	out := Fact{
		ID:   k.FactID(f.kind, f.number).String(),
		Kind: f.kind, Ref: f.ref, Content: f.content, UpdatedMs: f.rank.SaidMs(f.arrivedUs), Versions: f.versions,
		DNCSinceMs: campaign.None, CohortMs: campaign.None,
	}
	if f.kind == campaign.KindAttempt {
		out.Content = f.content.WithWrap()
	}
	switch {
	case f.kind == campaign.KindLead:
		var cohort, dnc nullInt
		_, err := t.one([]any{&cohort, &dnc}, "select cohort_ms, dnc_ms from leads where campaign_id = $1 and lead_no = $2", k.Number, f.number)
		out.CohortMs, out.DNCSinceMs = known(cohort), known(dnc)
		return out, err
	case f.kind == campaign.KindAttempt && complete(&f.content):
		// A batch that writes nothing translates the fact's texts to numbers.
		b := &batch{t: t, k: k}
		a := b.foldAttempt(f)
		reading := k.counted.rules().Read(&a)
		out.Reading = &reading
	}
	return out, nil
}

// PutDNC marks a lead as asking not to be called, or lifts the mark.
func (s *Store) PutDNC(ctx context.Context, campaignKey, leadKey string, on bool) (out Fact, err error) {
	err = s.transact(ctx, func(t *tx) error {
		k, err := s.findLocked(t, campaignKey)
		if err != nil {
			return err
		}
		lead, err := findFact(t, k, campaign.KindLead, leadKey)
		if err != nil {
			return err
		}
		out = lead
		arrivedUs, err := t.tick(s, k.Number)
		if err != nil {
			return err
		}
		switch {
		case !on:
			out.DNCSinceMs = campaign.None
			err = t.exec("update leads set dnc_ms = null, dnc_lifted_us = $1 where campaign_id = $2 and ref = $3", arrivedUs, k.Number, lead.Ref)
		case lead.DNCSinceMs == campaign.None:
			out.DNCSinceMs = arrivedUs / 1000
			err = t.exec("update leads set dnc_ms = $1 where campaign_id = $2 and ref = $3", out.DNCSinceMs, k.Number, lead.Ref)
		}
		return err
	})
	return out, err
}

// Costs returns the campaign's cost entries in order of arrival.
func (s *Store) Costs(ctx context.Context, campaignKey string) (out []Fact, err error) {
	err = s.snapshot(ctx, func(t *tx) error {
		out = nil
		k, err := s.find(t, campaignKey)
		if err != nil {
			return err
		}
		scan := costTable.scanner(k)
		return t.query(func(row *sqlx.Rows) error {
			f, err := scan(row)
			if err != nil {
				return err
			}
			entry, err := describe(t, k, f)
			out = append(out, entry)
			return err
		}, "select "+costTable.fields+" from "+costTable.from+" where f.campaign_id = $1 order by f.cost_no", k.Number)
	})
	return out, err
}

// Facts returns the facts that make up a measure over a window, in order of
// their instants, from after the cursor on.
func (s *Store) Facts(ctx context.Context, campaignKey string, l funnel.Listing) (page Page, err error) {
	err = s.snapshot(ctx, func(t *tx) error {
		src, _, err := s.source(t, campaignKey)
		if err != nil {
			return err
		}
		page = Page{}
		if page.About, err = src.about(l.Window, l.Zone); err != nil {
			return err
		}
		if l.Own != "" {
			number := src.k.labelNumber(label{measureLabel, l.Own})
			if number == 0 {
				return nil // nothing was posted here under that name
			}
			l.Measure = funnel.OwnCount(number)
		}
		more := l
		more.Limit++
		sieve, err := src.sieve(l.Filters)
		if err != nil {
			return err
		}
		found, err := funnel.Behind(src, src.k.counted.rules(), more, sieve)
		if err != nil {
			return err
		}
		if len(found) > l.Limit {
			found = found[:l.Limit]
			page.Next = &Cursor{AtMs: found[l.Limit-1].AtMs, Number: found[l.Limit-1].Number}
		}
		page.Facts, err = src.describeAll(l.Measure, found)
		return err
	})
	return page, err
}

// describeAll reads the facts that were found: attempts or leads, as the measure says,
// and cost entries, of the campaign's own and shared.
func (s *source) describeAll(m funnel.Measure, found []funnel.Behinds) ([]funnel.PageFact, error) {
	kind := campaign.KindAttempt
	switch {
	case m.IsOwn():
		kind = campaign.KindMeasure
	case funnel.CountsLeads(m):
		kind = campaign.KindLead
	}
	var counted, entries, shared []int64
	for _, f := range found {
		switch number, isShared, isEntry := funnel.EntryAt(f.Number); {
		case !isEntry:
			counted = append(counted, f.Number)
		case isShared:
			shared = append(shared, number)
		default:
			entries = append(entries, number)
		}
	}
	nobody := noCampaign()
	described := map[int64]Fact{}
	for _, part := range []struct {
		k       *knowledge
		kind    campaign.Kind
		numbers []int64
		place   func(number int64) int64
	}{{s.k, kind, counted, func(n int64) int64 { return n }},
		{s.k, campaign.KindCost, entries, func(n int64) int64 { return (&funnel.CostEntry{Number: n}).Place() }},
		{nobody, campaign.KindCost, shared, func(n int64) int64 { return (&funnel.CostEntry{Number: n, Shared: true}).Place() }}} {
		facts, err := s.t.numbered(part.k, part.kind, part.numbers)
		if err != nil {
			return nil, err
		}
		for _, f := range facts {
			if described[part.place(f.number)], err = describe(s.t, part.k, f); err != nil {
				return nil, err
			}
		}
	}
	out := make([]funnel.PageFact, 0, len(found))
	for _, at := range found {
		_, isShared, isEntry := funnel.EntryAt(at.Number)
		out = append(out, funnel.PageFact{Fact: described[at.Number], Behinds: at, Shared: isEntry && isShared})
	}
	return out, nil
}
