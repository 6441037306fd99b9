package db

import (
	"context"
	"encoding/json"

	"github.com/jmoiron/sqlx"

	"ringside/campaign"
)

// PutRates replaces the cards that a campaign's calls are rated by. Calls are counted
// again as after any change of configuration, and PutRates returns when PutCampaign
// would. Cards are refused where the category is entered, too, and the campaign does
// not say which counts.
func (s *Store) PutRates(ctx context.Context, campaignKey string, rates *campaign.Rates) (c campaign.Campaign, err error) {
	recounts := false
	err = s.transact(ctx, func(t *tx) error {
		recounts = false
		k, err := s.findLocked(t, campaignKey)
		if err != nil {
			return err
		}
		c = k.Campaign
		var counted, last []byte
		if _, err := t.one([]any{&counted, &last}, "select counted_config, config from campaigns where campaign_id = $1", c.Number); err != nil {
			return err
		}
		c.Config, c.Wanted = campaign.Config{}, nil
		if err := json.Unmarshal(last, &c.Config); err != nil || c.Rates.Equal(rates) {
			return err
		}
		c.Rates, c.ConfigVersion = rates, c.ConfigVersion+1
		if err := t.keepRates(ctx, s, c.Number, rates); err != nil {
			return err
		}
		if counted, err = t.spareRecount(c.Number, counted, rates); err != nil {
			return err
		}
		recounts, err = t.replaceConfig(c, counted, last, s.zoneRules(c.TimeZone))
		return err
	})
	if err != nil || !recounts {
		return c, err
	}
	return c, s.recounted(ctx, &c)
}

// spareRecount lets the configuration that calls are counted by have other cards, where
// no call started while they differ: those of next month count nothing again.
func (t *tx) spareRecount(campaignNumber int64, counted []byte, rates *campaign.Rates) ([]byte, error) {
	var config campaign.Config
	if err := json.Unmarshal(counted, &config); err != nil {
		return nil, err
	}
	r, err := t.recounting(campaignNumber)
	if err != nil || r.next != 0 {
		return counted, err
	}
	called := false
	if in, differ := rates.Changed(config.Rates); differ {
		if _, err := t.one([]any{&called}, "select exists (select 1 from attempts where campaign_id = $1 and started_ms >= $2 and started_ms < $3)", campaignNumber, in.FromMs, in.ToMs); err != nil {
			return nil, err
		}
	}
	if called {
		return counted, nil
	}
	config.Rates = rates
	return json.Marshal(config)
}

// keepRates remembers the cards, who put them and when, on the arrival clock.
func (t *tx) keepRates(ctx context.Context, s *Store, campaignNumber int64, rates *campaign.Rates) error {
	body, err := json.Marshal(rates)
	if err != nil {
		return err
	}
	putUs, err := t.tick(s, campaignNumber)
	if err != nil {
		return err
	}
	return t.exec("insert into rates (campaign_id, put_us, put_by, body) values ($1, $2, $3, $4)", campaignNumber, putUs, actorOf(ctx), string(body))
}

// ratesKnown returns the cards as they were known at an instant.
func (t *tx) ratesKnown(campaignNumber, atUs int64) (*campaign.Rates, error) {
	var body []byte
	rates := &campaign.Rates{}
	found, err := t.one([]any{&body}, "select body from rates where campaign_id = $1 and put_us <= $2 order by put_us desc limit 1", campaignNumber, atUs)
	if err == nil && found {
		err = json.Unmarshal(body, rates)
	}
	return rates, err
}

// ratedBy returns what is known of the campaign, with its calls rated by other cards.
func (k *knowledge) ratedBy(rates *campaign.Rates) *knowledge {
	if k.counted.Rates.Equal(rates) {
		return k
	}
	config := k.Campaign.Config
	config.Rates = rates
	other := &knowledge{Campaign: k.Campaign, labels: newLabels()}
	other.Campaign.Config, other.Campaign.Wanted = config, nil
	other.counted = newReading(&other.Campaign.Config)
	other.wanted = other.counted
	for _, l := range k.labels.all() {
		other.learnLabel(l)
	}
	return other
}

// entered is a cost entry as it takes to find what is rated, too.
type entered struct {
	ref          string
	category     int
	fromMs, toMs int64
}

// refuseBoth refuses a configuration under which a category is both entered and rated,
// where it does not say which counts.
func (t *tx) refuseBoth(campaignNumber int64, now *campaign.Config) error {
	var entries []entered
	err := t.query(func(row *sqlx.Rows) error {
		var e entered
		err := row.Scan(&e.ref, &e.category, &e.fromMs, &e.toMs)
		entries = append(entries, e)
		return err
	}, "select ref, category, from_ms, to_ms from costs where campaign_id = $1 and category in ($2, $3) and from_ms < to_ms and coalesce(void, 0) = 0 order by cost_no",
		campaignNumber, campaign.LabourCost, campaign.TelephonyCost)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if now.CostBasis.Of(e.category) == "" && now.Rates.Covers(e.category, e.fromMs, e.toMs) {
			return campaign.EnteredAndRated(campaign.CostCategoryNames[e.category-1], e.category, "entry "+e.ref+" lies in the time of a rate")
		}
	}
	return nil
}

// purchased reports whether the price of leads was entered.
func (t *tx) purchased(campaignNumber int64) (found bool, err error) {
	_, err = t.one([]any{&found}, "select exists (select 1 from costs where campaign_id = $1 and category = $2 and coalesce(void, 0) = 0)", campaignNumber, campaign.LeadPurchase)
	return found, err
}

// refuseBoth refuses an entry of a category that is rated in its time. The price of
// leads is not judged so: leads come from dialers, in any order with entries, and
// where there are entries these stand.
func (b *batch) refuseBoth(v *campaign.Version) *campaign.Error {
	if v.Kind != campaign.KindCost || b.k.Number == installation || v.Int(campaign.CostVoid) == 1 {
		return nil
	}
	category := int(v.Int(campaign.CostCategory))
	if b.k.wanted.CostBasis.Of(category) == "" && b.k.wanted.Rates.Covers(category, v.Int(campaign.CostFrom), v.Int(campaign.CostTo)) {
		return campaign.EnteredAndRated("category", category, "a rate is in force in the time of the entry")
	}
	return nil
}

// PutExchangeRates replaces all exchange rates.
func (s *Store) PutExchangeRates(ctx context.Context, rates []campaign.ExchangeRate) error {
	return s.transact(ctx, func(t *tx) error {
		if err := t.lock(installation); err != nil {
			return err
		}
		if err := t.exec("delete from exchange_rates"); err != nil {
			return err
		}
		for _, r := range rates {
			if err := t.exec("insert into exchange_rates (base, quote, from_ms, rate) values ($1, $2, $3, $4)", r.Base, r.Quote, r.FromMs, r.Rate); err != nil {
				return err
			}
		}
		return nil
	})
}

// ExchangeRates returns all exchange rates, in no order.
func (s *Store) ExchangeRates(ctx context.Context) (all []campaign.ExchangeRate, err error) {
	err = s.glance(ctx, func(t *tx) (err error) {
		all, err = t.exchangeRates()
		return err
	})
	return all, err
}

func (t *tx) exchangeRates() (all []campaign.ExchangeRate, err error) {
	err = t.query(func(row *sqlx.Rows) error {
		var r campaign.ExchangeRate
		err := row.Scan(&r.Base, &r.Quote, &r.FromMs, &r.Rate)
		all = append(all, r)
		return err
	}, "select base, quote, from_ms, rate from exchange_rates")
	return all, err
}
