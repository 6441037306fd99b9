package db

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"ringside/campaign"
	"ringside/funnel"
)

// ClosePeriod freezes a month of a campaign, day being its first. It is a Conflict when
// the month is not over in the campaign's zone, is closed already, the campaign is being
// counted again, or its leads have prices beside entries of their purchase and nobody
// said which counts.
func (s *Store) ClosePeriod(ctx context.Context, campaignKey string, month campaign.Day, by campaign.Actor) (c funnel.Closing, err error) {
	err = s.transact(ctx, func(t *tx) error {
		k, err := s.findLocked(t, campaignKey)
		if err != nil {
			return err
		}
		cal := campaign.NewCalendar(k.Location())
		c = funnel.Closing{Campaign: k.Ref, Month: month, Window: funnel.Window{FromMs: cal.DayStart(month), ToMs: cal.DayStart(month.NextMonth())},
			By: by, ReopenedMs: campaign.None}
		last, err := t.closings(k, month, false)
		if err != nil {
			return err
		}
		c.Number = int64(len(last)) + 1
		if err := refuseClosing(k, &c, last, s.now().UnixMilli()); err != nil {
			return err
		}
		if c.KnownMs, err = s.stopClocks(t, k.Number); err != nil {
			return err
		}
		if err := s.freeze(t, &c); err != nil {
			return err
		}
		return t.insertClosing(k.Number, &c)
	})
	return c, err
}

// refuseClosing says why a month cannot be closed.
func refuseClosing(k *knowledge, c *funnel.Closing, before []funnel.Closing, nowMs int64) error {
	name := c.Month.MonthText()
	refused := func(code, message string) error {
		return &campaign.Error{Kind: campaign.Conflict, Code: code, Field: "month", Message: message}
	}
	switch {
	case c.Window.ToMs > nowMs:
		return refused("period_not_over", name+" is not over in campaign "+k.Ref+": it ends at "+campaign.FormatInstant(c.Window.ToMs)+"; close it then")
	case len(before) > 0 && before[len(before)-1].Closed():
		return refused("period_closed", name+" of campaign "+k.Ref+" is closed since "+campaign.FormatInstant(before[len(before)-1].KnownMs)+
			"; what changed since is under GET /v1/periods/"+name+"/restatements; to freeze it anew have an admin reopen it with POST /v1/periods/"+name+"/reopen")
	case k.recounting():
		return refused("recounting", "campaign "+k.Ref+" is being counted again; close the month when GET /v1/campaigns/"+k.Ref+" no longer says recounting")
	}
	return nil
}

// stopClocks returns an instant by whose end everything has arrived that the
// campaign's figures are made of, and after which everything else will: its own facts,
// and with shared costs, or with agents' states, those of the other campaigns and queues.
func (s *Store) stopClocks(t *tx, campaignNumber int64) (knownMs int64, err error) {
	owners := []int64{campaignNumber, installation}
	if err := t.lock(installation); err != nil {
		return 0, err
	}
	var shares bool
	if _, err := t.one([]any{&shares}, "select exists (select 1 from costs where campaign_id = $1) or exists (select 1 from campaigns where ref = $2)", installation, campaign.ServiceKey); err != nil {
		return 0, err
	}
	if shares {
		all, err := t.campaignNumbers()
		if err != nil {
			return 0, err
		}
		owners = append(owners, slices.DeleteFunc(all, func(number int64) bool { return number == campaignNumber })...)
	}
	knownMs = s.now().UnixMilli()
	for _, owner := range owners {
		var arrivedUs int64
		if err == nil {
			err = t.lock(owner)
		}
		if err == nil {
			_, err = t.one([]any{&arrivedUs}, "select arrived_us from progress where campaign_id = $1", owner)
		}
		// Past whatever came before, also a closing within the same millisecond.
		knownMs = max(knownMs, arrivedUs/1000+1)
	}
	for _, owner := range owners {
		if err == nil {
			err = t.exec("update progress set arrived_us = $1 where campaign_id = $2", knownUs(knownMs), owner)
		}
	}
	return knownMs, err
}

// knownUs is the end of a closing's instant, on the arrival clock.
func knownUs(knownMs int64) int64 { return knownMs*1000 + 999 }

// freeze reads the figures of the month and what they are made of.
func (s *Store) freeze(t *tx, c *funnel.Closing) error {
	shelf, err := t.shelf()
	if err != nil {
		return err
	}
	kpis := shelf.At(funnel.PlaceOf(c.Campaign))
	r, src, err := s.report(t, c.Campaign, funnel.Query{Window: c.Window, NowMs: c.KnownMs, NameAgents: true, KPIs: kpis})
	if err != nil {
		return err
	}
	if both, err := funnel.PricedAndEntered(src, src.k.counted.rules(), c.Window); err != nil {
		return err
	} else if both {
		return campaign.EnteredAndRated("month", campaign.LeadPurchase, "leads of campaign "+c.Campaign+" in "+c.Month.MonthText()+" have prices, and there are entries")
	}
	c.Version = r.Version + 1 // the closing is a change, too
	c.Frozen = &funnel.Frozen{Counting: countingVersion, Config: *src.k.counted.Config, Definitions: funnel.Definitions(), Own: funnel.FreezeOwn(kpis, r.Whole), Sums: r.Whole, Agents: r.WholeAgents}
	if c.Entries, err = src.frozenEntries(c.Window); err != nil {
		return err
	}
	rates, err := t.exchangeRates()
	for _, rate := range rates {
		used, _ := campaign.ExchangeAt(rates, rate.Base, rate.Quote, c.Window.ToMs-1)
		if used == rate && (rate.Base == c.Config.Currency || rate.Quote == c.Config.Currency) {
			c.Exchange = append(c.Exchange, rate)
		}
	}
	slices.SortFunc(c.Exchange, campaign.CompareExchangeRates)
	return err
}

// frozenEntries are the cost entries that overlap a window, with their refs.
func (s *source) frozenEntries(w funnel.Window) (out []funnel.FrozenEntry, err error) {
	ledger, err := s.Costs(w)
	if err != nil {
		return nil, err
	}
	rules := s.k.counted.rules()
	for _, shared := range []bool{false, true} {
		k := s.k
		if shared {
			k = noCampaign()
		}
		at := map[int64]*funnel.CostEntry{}
		var found []int64
		for i := range ledger.Entries {
			if e := &ledger.Entries[i]; e.Shared == shared {
				at[e.Number] = e
				found = append(found, e.Number)
			}
		}
		facts, err := readFacts(s.t, k, costTable, costTable.number, found)
		if err != nil {
			return nil, err
		}
		for _, f := range facts {
			e := at[f.number]
			out = append(out, funnel.FrozenEntry{Ref: f.ref, Category: e.Category, AmountMinor: e.AmountMinor, FromMs: e.FromMs, ToMs: e.ToMs,
				Shared: shared, MonthMinor: rules.CountedWithin(e, w)})
		}
	}
	return out, nil
}

func (t *tx) insertClosing(campaignNumber int64, c *funnel.Closing) error {
	by, err := json.Marshal(c.By)
	if err != nil {
		return err
	}
	frozen, err := packFrozen(c.Frozen)
	if err != nil {
		return err
	}
	if err := t.exec("insert into closings (campaign_id, month, closing_no, currency, from_ms, to_ms, known_ms, version, closed_by, frozen) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
		campaignNumber, int64(c.Month), c.Number, c.Config.Currency, c.Window.FromMs, c.Window.ToMs, c.KnownMs, c.Version, string(by), frozen); err != nil {
		return err
	}
	return t.exec("update progress set version = version + 1 where campaign_id = $1", campaignNumber)
}

// packFrozen packs frozen figures: JSON, deflated.
func packFrozen(f *funnel.Frozen) ([]byte, error) {
	text, err := json.Marshal(f)
	if err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err == nil {
		_, err = w.Write(text)
	}
	if err == nil {
		err = w.Close()
	}
	return packed.Bytes(), err
}

func unpackFrozen(packed []byte) (*funnel.Frozen, error) {
	text, err := io.ReadAll(flate.NewReader(bytes.NewReader(packed)))
	f := &funnel.Frozen{}
	if err == nil {
		err = json.Unmarshal(text, f)
	}
	if err != nil {
		return nil, errors.Join(errors.New("db: the frozen figures of a closed month are damaged; restore a backup"), err)
	}
	return f, nil
}

// ReopenPeriod opens a closed month again. The closing stays, and who reopened it; it
// is a Conflict when the month is not closed.
func (s *Store) ReopenPeriod(ctx context.Context, campaignKey string, month campaign.Day, by campaign.Actor) (c funnel.Closing, err error) {
	err = s.transact(ctx, func(t *tx) error {
		k, err := s.findLocked(t, campaignKey)
		if err != nil {
			return err
		}
		if c, err = t.lastClosing(k, month); err != nil {
			return err
		}
		if !c.Closed() {
			return &campaign.Error{Kind: campaign.Conflict, Code: "period_open", Field: "month", Message: month.MonthText() + " of campaign " + k.Ref + " was reopened already; close it with POST /v1/periods/" + month.MonthText() + "/close"}
		}
		if err := t.lock(installation); err != nil { // whose entries look at it
			return err
		}
		c.ReopenedMs, c.ReopenedBy = s.now().UnixMilli(), by
		body, err := json.Marshal(by)
		if err != nil {
			return err
		}
		if err := t.exec("update closings set reopened_ms = $1, reopened_by = $2 where campaign_id = $3 and month = $4 and closing_no = $5",
			c.ReopenedMs, string(body), k.Number, int64(month), c.Number); err != nil {
			return err
		}
		return t.exec("update progress set version = version + 1 where campaign_id = $1", k.Number)
	})
	return c, err
}

// Closings returns all closings of a campaign, in order of month and number, without
// their figures.
func (s *Store) Closings(ctx context.Context, campaignKey string) (all []funnel.Closing, err error) {
	err = s.snapshot(ctx, func(t *tx) error {
		k, err := s.find(t, campaignKey)
		if err == nil {
			all, err = t.closings(k, 0, false)
		}
		return err
	})
	return all, err
}

// Closing returns the last closing of a campaign's month with its figures; a NotFound
// error when it was never closed.
func (s *Store) Closing(ctx context.Context, campaignKey string, month campaign.Day) (c funnel.Closing, err error) {
	err = s.snapshot(ctx, func(t *tx) error {
		k, err := s.find(t, campaignKey)
		if err == nil {
			c, err = t.lastClosing(k, month)
		}
		return err
	})
	return c, err
}

func (t *tx) lastClosing(k *knowledge, month campaign.Day) (funnel.Closing, error) {
	all, err := t.closings(k, month, true)
	if err != nil || len(all) == 0 {
		return funnel.Closing{}, errors.Join(err, neverClosed(k, month, len(all)))
	}
	return all[len(all)-1], nil
}

func neverClosed(k *knowledge, month campaign.Day, closings int) error {
	if closings > 0 {
		return nil
	}
	return campaign.NotFoundf("month", "%s of campaign %s was never closed; close it with POST /v1/periods/%s/close", month.MonthText(), k.Ref, month.MonthText())
}

// closings reads the closings of a month, or of all for 0, in order; with the figures
// where asked for.
func (t *tx) closings(k *knowledge, month campaign.Day, figures bool) (all []funnel.Closing, err error) {
	columns := "month, closing_no, from_ms, to_ms, known_ms, version, closed_by, reopened_ms, coalesce(reopened_by, '{}'), "
	if figures {
		columns += "frozen"
	} else {
		columns += "null"
	}
	from, to := int64(month), int64(month)
	if month == 0 {
		from, to = math.MinInt64, math.MaxInt64
	}
	err = t.query(func(row *sqlx.Rows) error {
		c, err := scanClosing(row)
		c.Campaign = k.Ref
		all = append(all, c)
		return err
	}, "select "+columns+" from closings where campaign_id = $1 and month >= $2 and month <= $3 order by month, closing_no", k.Number, from, to)
	return all, err
}

func scanClosing(row *sqlx.Rows) (c funnel.Closing, err error) {
	var month int64
	var reopened nullInt
	var by, reopenedBy string
	var frozen []byte
	err = row.Scan(&month, &c.Number, &c.Window.FromMs, &c.Window.ToMs, &c.KnownMs, &c.Version, &by, &reopened, &reopenedBy, &frozen)
	c.Month, c.ReopenedMs = campaign.Day(month), known(reopened)
	if err == nil {
		err = errors.Join(json.Unmarshal([]byte(by), &c.By), json.Unmarshal([]byte(reopenedBy), &c.ReopenedBy))
	}
	if err == nil && frozen != nil {
		c.Frozen, err = unpackFrozen(frozen)
	}
	return c, err
}

// frozenAt returns the closing that a query asks for the figures of: as of its very
// instant, its month, whole. It is nil where there is none.
func (s *source) frozenAt(q *funnel.Query, w funnel.Window) (*funnel.Closing, error) {
	if q.AsOf == nil || len(q.By) > 0 || q.Blocks {
		return nil, nil
	}
	atMs := q.AsOf.In(campaign.NewCalendar(s.k.Location()))
	var month, number int64
	found, err := s.t.one([]any{&month, &number}, "select month, closing_no from closings where campaign_id = $1 and known_ms = $2 and from_ms = $3 and to_ms = $4", s.k.Number, atMs, w.FromMs, w.ToMs)
	if err != nil || !found {
		return nil, err
	}
	all, err := s.t.closings(s.k, campaign.Day(month), true)
	// What callers define since is replayed.
	if i := slices.IndexFunc(all, func(c funnel.Closing) bool { return c.Number == number }); i >= 0 && (q.Any || all[i].HasOwn(q.KPIs)) {
		return &all[i], err
	}
	return nil, err
}

// closedMonth is a closed month as a cost entry meets it.
type closedMonth struct {
	campaign     string
	month        campaign.Day
	fromMs, toMs int64
}

// closedMonths are the months closed of the batch's campaign; for the installation those
// of any campaign of a currency.
func (b *batch) closedMonths(currency string) ([]closedMonth, error) {
	if found, ok := b.closed[currency]; ok {
		return found, nil
	}
	from, to := b.k.Number, b.k.Number
	if from == installation {
		to = math.MaxInt64
	}
	var out []closedMonth
	err := b.t.query(func(row *sqlx.Rows) error {
		var m closedMonth
		var month int64
		err := row.Scan(&m.campaign, &month, &m.fromMs, &m.toMs)
		m.month = campaign.Day(month)
		out = append(out, m)
		return err
	}, "select c.ref, x.month, x.from_ms, x.to_ms from closings x join campaigns c on c.campaign_id = x.campaign_id where x.reopened_ms is null and x.currency = $1 and x.campaign_id >= $2 and x.campaign_id <= $3", currency, from, to)
	slices.SortFunc(out, func(a, b closedMonth) int {
		if a.month != b.month {
			return int(a.month) - int(b.month)
		}
		return strings.Compare(a.campaign, b.campaign)
	})
	if b.closed == nil {
		b.closed = map[string][]closedMonth{}
	}
	b.closed[currency] = out
	return out, err
}

// refuseClosed refuses a cost entry that would change a closed month and is no
// adjustment: by its own time, or by that of the entry it changes. What was said
// before may be said again.
func (b *batch) refuseClosed(v *campaign.Version) (*campaign.Error, error) {
	if v.Kind != campaign.KindCost || v.Int(campaign.CostAdjustment) == 1 {
		return nil, nil
	}
	months, err := b.closedMonths(v.Text(campaign.CostCurrency))
	if err != nil || len(months) == 0 && b.k.Number != installation {
		return nil, err
	}
	spans := []*campaign.Content{&v.Content}
	facts, err := readFacts(b.t, b.k, costTable, "ref", []string{v.Ref})
	if err != nil {
		return nil, err
	}
	for _, f := range facts {
		all, err := f.all(b.versionsOf)
		if err != nil {
			return nil, err
		}
		again := version{rank: campaign.Rank{AtUs: v.UpdatedMs * 1000, Dated: v.UpdatedMs != campaign.None}, content: v.Content}
		if slices.ContainsFunc(all, func(said version) bool { return said.repeats(again) }) {
			return nil, nil
		}
		spans = append(spans, &f.content)
	}
	for _, c := range spans { // a shared cost may have been of another currency
		months, err := b.closedMonths(c.Text(campaign.CostCurrency))
		if err != nil {
			return nil, err
		}
		for _, m := range months {
			if c.Int(campaign.CostFrom) < m.toMs && c.Int(campaign.CostTo) > m.fromMs {
				name := m.month.MonthText()
				return &campaign.Error{Kind: campaign.Conflict, Code: "period_closed", Field: "from", Message: name + " of campaign " + m.campaign +
					` is closed; post the entry with "adjustment": true, which restates the month, or have an admin reopen it with POST /v1/periods/` + name + "/reopen"}, nil
			}
		}
	}
	return nil, nil
}

// compareClosings holds frozen figures to what was known then, where that can still be
// told: the past is read by the configuration of now, dialers' messages by their mappings
// of now, and shared costs go by other campaigns' calls, as does labour by time logged in.
func (s *Store) compareClosings(t *tx, k *knowledge, v *Verification) error {
	for _, l := range k.labels.all() {
		if l.kind == dialerLabel {
			return nil
		}
	}
	all, err := t.closings(k, 0, true)
	for i := 0; i < len(all) && err == nil; i++ {
		c := &all[i]
		changed, wrong := configChanges(c.Config, *k.counted.Config)
		shared := slices.ContainsFunc(c.Entries, func(e funnel.FrozenEntry) bool { return e.Shared })
		if wrong != nil || len(changed) > 0 || shared || c.Counting != countingVersion {
			continue
		}
		t.past = nil // one book at a time
		src := &source{store: s, t: t, k: k}
		var facts funnel.Source
		if facts, err = src.replayed(c.Window, knownUs(c.KnownMs)); err != nil {
			return err
		}
		if shifts, wrong := facts.Shifts(); wrong != nil || shifts != nil && c.Config.Rates.Some() && len(c.Config.Rates.Labour) > 0 {
			err = wrong
			continue
		}
		now := Report{About: funnel.About{Campaign: k.Campaign, Window: c.Window}, Replayed: true, AsOfMs: c.KnownMs}
		q := funnel.Query{Window: c.Window, NowMs: c.KnownMs}
		if err = src.answer(facts, &now, q); err == nil {
			err = s.logged(t, &now, q)
		}
		if err == nil && !now.Whole.Same(c.Sums) {
			v.differ("frozen figures of "+c.Month.MonthText(), fmt.Sprint(c.Frozen.Sums), fmt.Sprint(now.Whole))
		}
	}
	return err
}
