package db

import (
	"context"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"ringside/campaign"
	"ringside/funnel"
)

// Costs implements funnel.Source.
func (s *source) Costs(w funnel.Window) (l funnel.Ledger, err error) {
	if l.Purchased, err = s.t.purchased(s.k.Number); err != nil {
		return l, err
	}
	err = s.t.query(func(row *sqlx.Rows) error {
		var e funnel.CostEntry
		err := row.Scan(&e.Number, &e.Category, &e.AmountMinor, &e.FromMs, &e.ToMs)
		l.Entries = append(l.Entries, e)
		return err
	}, `select cost_no, category, amount_minor, from_ms, to_ms from costs
		where campaign_id = $1 and from_ms < $2 and to_ms > $3 and from_ms < to_ms and coalesce(void, 0) = 0 order by cost_no`, s.k.Number, w.ToMs, w.FromMs)
	if err != nil {
		return l, err
	}
	if s.shared == nil {
		if s.shared, err = s.store.sharers(s.t, s.k.Currency, 0); err != nil {
			return l, err
		}
	}
	mine, err := s.shared.entries(s.k.Ref, w)
	l.Entries = append(l.Entries, mine...)
	return l, err
}

// sharedEntry is a cost of no campaign.
type sharedEntry struct {
	funnel.CostEntry
	driver campaign.Driver
}

// sharers are the shared costs of a currency and the campaigns they go to, in one
// snapshot.
type sharers struct {
	store   *Store
	t       *tx
	entered []sharedEntry
	// knownUs is the instant both are looked at as of, on the arrival clock; 0: now.
	knownUs int64
	// campaigns are those of the currency in order of ref, read when they are needed.
	campaigns []*source
	drivers   map[drive][]int64
}

// drive is what the campaigns are measured by: a driver over the time of an entry.
type drive struct {
	driver       campaign.Driver
	fromMs, toMs int64
}

// sharers finds the shared costs of a currency as they are, or were known at an instant.
func (s *Store) sharers(t *tx, currency string, knownUs int64) (*sharers, error) {
	out := &sharers{store: s, t: t, knownUs: knownUs, drivers: map[drive][]int64{}}
	facts, err := sharedFacts(t, knownUs)
	for _, f := range facts {
		c := &f.content
		e := sharedEntry{costEntry(f), campaign.Driver(max(0, c.Int(campaign.CostDriver)))}
		if c.Text(campaign.CostCurrency) == currency && c.Given(campaign.CostAmount) && c.Int(campaign.CostVoid) != 1 && e.FromMs < e.ToMs {
			e.Shared = true
			out.entered = append(out.entered, e)
		}
	}
	if err != nil || len(out.entered) == 0 {
		return out, err
	}
	return out, out.findCampaigns(currency)
}

// costEntry is what reports read of an entry.
func costEntry(f *fact) funnel.CostEntry {
	c := &f.content
	return funnel.CostEntry{Number: f.number, Category: int(c.Int(campaign.CostCategory)), AmountMinor: c.Int(campaign.CostAmount),
		FromMs: c.Int(campaign.CostFrom), ToMs: c.Int(campaign.CostTo)}
}

// noCampaign is what is known of the installation as the owner of shared costs.
func noCampaign() *knowledge {
	k := &knowledge{labels: newLabels()}
	k.Campaign.TimeZone = "UTC"
	k.counted = newReading(&k.Campaign.Config)
	k.wanted = k.counted
	return k
}

// findOwner is findLocked that also knows the installation, by the key of no campaign.
func (s *Store) findOwner(t *tx, key string) (*knowledge, error) {
	if key != campaign.NoCampaign {
		return s.findLocked(t, key)
	}
	return noCampaign(), t.lock(installation)
}

// findAny is find that also knows the installation, by the key of no campaign.
func (s *Store) findAny(t *tx, key string) (*knowledge, error) {
	if key == campaign.NoCampaign {
		return noCampaign(), nil
	}
	return s.find(t, key)
}

// sharedFacts reads the shared costs in order of arrival, as they are or were known.
func sharedFacts(t *tx, knownUs int64) (all []*fact, err error) {
	k := noCampaign()
	if knownUs != 0 {
		r := newReplaying(t, k, knownUs)
		err := r.all(campaign.KindCost, func(f *fact) { all = append(all, f) })
		return all, err
	}
	scan := costTable.scanner(k)
	err = t.query(func(row *sqlx.Rows) error {
		f, err := scan(row)
		all = append(all, f)
		return err
	}, "select "+costTable.fields+" from "+costTable.from+" where f.campaign_id = $1 order by f.cost_no", installation)
	return all, err
}

// findCampaigns reads which campaigns have the currency.
func (s *sharers) findCampaigns(currency string) error {
	var refs []string
	err := s.t.query(func(row *sqlx.Rows) error {
		var ref string
		err := row.Scan(&ref)
		refs = append(refs, ref)
		return err
	}, "select ref from campaigns")
	if err != nil {
		return err
	}
	slices.SortFunc(refs, strings.Compare)
	for _, ref := range refs {
		src, _, err := s.store.source(s.t, ref)
		if err != nil {
			return err
		}
		if src.k.Currency != currency || src.k.ofService() || s.knownUs != 0 && src.k.CreatedMs*1000 > s.knownUs {
			continue
		}
		if s.knownUs != 0 {
			rates, err := s.t.ratesKnown(src.k.Number, s.knownUs)
			if err != nil {
				return err
			}
			src.k = src.k.ratedBy(rates)
		}
		s.campaigns = append(s.campaigns, src)
	}
	return nil
}

// entries are the shared costs in which a campaign has a part, over a window.
func (s *sharers) entries(ref string, w funnel.Window) (out []funnel.CostEntry, err error) {
	mine := slices.IndexFunc(s.campaigns, func(c *source) bool { return c.k.Ref == ref })
	for i := range s.entered {
		e := s.entered[i]
		if mine < 0 || e.FromMs >= w.ToMs || e.ToMs <= w.FromMs {
			continue
		}
		if e.Weights, err = s.weights(&e); err != nil {
			return nil, err
		}
		e.Mine = mine
		if e.Weights[mine] > 0 {
			out = append(out, e.CostEntry)
		}
	}
	return out, nil
}

// weights are by what an entry goes to the campaigns. Those that rate the category at
// any time of the entry, and by no cost_basis let entries stand for it, have no part.
func (s *sharers) weights(e *sharedEntry) ([]int64, error) {
	by := drive{max(e.driver, campaign.ByDials), e.FromMs, e.ToMs}
	if s.drivers[by] == nil {
		all := make([]int64, len(s.campaigns))
		for i, c := range s.campaigns {
			var err error
			if all[i], err = s.measure(c, by); err != nil {
				return nil, err
			}
		}
		s.drivers[by] = all
	}
	weights := slices.Clone(s.drivers[by])
	for i, c := range s.campaigns {
		basis := c.k.counted.CostBasis.Of(e.Category)
		rated := c.k.counted.Rates.Covers(e.Category, e.FromMs, e.ToMs) || e.Category == campaign.LeadPurchase && basis == campaign.Rated
		if rated && basis != campaign.Entered {
			weights[i] = 0
		}
	}
	return weights, nil
}

// driving are the figures that drivers are read from.
var driving = map[campaign.Driver]struct {
	kpi     string
	measure funnel.Measure
}{campaign.ByDials: {"dials", funnel.Dials}, campaign.ByHandleTime: {"outbound_aht", funnel.HandleMs}, campaign.ByTalkTime: {"talk_time", funnel.TalkMs}}

// measure is how much of a driver a campaign has.
func (s *sharers) measure(c *source, by drive) (int64, error) {
	if by.driver == campaign.Equally {
		return 1, nil
	}
	var facts funnel.Source = c
	if s.knownUs != 0 {
		book, k, err := replay(s.t, c.k, s.knownUs)
		if err != nil {
			return 0, err
		}
		facts, c = book, &source{k: k}
	}
	d := driving[by.driver]
	groups, err := funnel.Compute(facts, c.k.counted.rules(), funnel.Query{Window: funnel.Window{FromMs: by.fromMs, ToMs: by.toMs}, KPIs: []*funnel.KPI{funnel.Find(d.kpi)}})
	if err != nil {
		return 0, err
	}
	return groups[0].Sums.Get(d.measure), nil
}

// SharedCosts returns the shared costs in order of arrival, and where each goes.
func (s *Store) SharedCosts(ctx context.Context) (out []funnel.SharedCost, err error) {
	err = s.snapshot(ctx, func(t *tx) error {
		out = nil
		facts, err := sharedFacts(t, 0)
		if err != nil {
			return err
		}
		byCurrency := map[string]*sharers{}
		for _, f := range facts {
			fact, err := describe(t, noCampaign(), f)
			if err != nil {
				return err
			}
			currency := f.content.Text(campaign.CostCurrency)
			if byCurrency[currency] == nil {
				if byCurrency[currency], err = s.sharers(t, currency, 0); err != nil {
					return err
				}
			}
			shared := funnel.SharedCost{Fact: fact, UnallocatedMinor: f.content.Int(campaign.CostAmount)}
			if err := byCurrency[currency].allot(&shared, f.number); err != nil {
				return err
			}
			out = append(out, shared)
		}
		return nil
	})
	return out, err
}

// allot says what of an entry goes to which campaign; nothing of one that is void.
func (s *sharers) allot(shared *funnel.SharedCost, number int64) error {
	at := slices.IndexFunc(s.entered, func(e sharedEntry) bool { return e.Number == number })
	if at < 0 {
		shared.UnallocatedMinor = 0
		return nil
	}
	e := &s.entered[at]
	weights, err := s.weights(e)
	if err != nil {
		return err
	}
	for i, minor := range campaign.Shares(e.AmountMinor, weights) {
		if weights[i] > 0 {
			shared.Parts = append(shared.Parts, funnel.SharedPart{Campaign: s.campaigns[i].k.Ref, Driver: weights[i], AmountMinor: minor})
			shared.UnallocatedMinor -= minor
		}
	}
	return nil
}

// Waterfall returns the steps to what a window cost.
func (s *Store) Waterfall(ctx context.Context, campaignKey string, within funnel.Span) (out funnel.Waterfall, err error) {
	err = s.snapshot(ctx, func(t *tx) error {
		out = funnel.Waterfall{}
		src, _, err := s.source(t, campaignKey)
		if err != nil {
			return err
		}
		if out.About, err = src.about(within, nil); err != nil {
			return err
		}
		rules := src.k.counted.rules()
		if out.Steps, err = funnel.CostSteps(src, rules, out.Window); err != nil {
			return err
		}
		if src.shared != nil {
			if out.UnallocatedMinor, err = src.shared.unallocated(out.Window); err != nil {
				return err
			}
		}
		out.PricedAndEntered, err = funnel.PricedAndEntered(src, rules, out.Window)
		return err
	})
	return out, err
}

// unallocated is what falls in a window of entries that no campaign bears.
func (s *sharers) unallocated(w funnel.Window) (minor int64, err error) {
	for i := range s.entered {
		e := &s.entered[i]
		if e.FromMs >= w.ToMs || e.ToMs <= w.FromMs {
			continue
		}
		weights, err := s.weights(e)
		if err != nil {
			return 0, err
		}
		if !slices.ContainsFunc(weights, func(weight int64) bool { return weight > 0 }) {
			minor += campaign.Spread(e.AmountMinor, e.FromMs, e.ToMs, w.ToMs) - campaign.Spread(e.AmountMinor, e.FromMs, e.ToMs, w.FromMs)
		}
	}
	return minor, nil
}
