package db

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"ringside/campaign"
)

// PutCampaign creates the campaign of that ref, or the queue of a campaign.QueueKey, or
// replaces its configuration.
// When the change gives stored facts another meaning they are all counted again,
// in a generation of their own while posts go on; PutCampaign returns when that is
// done, or, with the campaign's Wanted set, when EndRecounts gave it up; when ctx
// ends before, it goes on all the same. The currency cannot change once money was
// posted.
func (s *Store) PutCampaign(ctx context.Context, ref string, config campaign.Config) (c campaign.Campaign, created bool, err error) {
	if err := campaign.CheckKey(ref); err != nil {
		return c, false, err
	}
	body, err := json.Marshal(config)
	if err != nil {
		return c, false, err
	}
	recounts := false
	err = s.transact(ctx, func(t *tx) error {
		recounts = false
		c = campaign.Campaign{Ref: ref, Config: config, ConfigVersion: 1, CreatedMs: s.now().UnixMilli()}
		found, err := t.one([]any{&c.Number}, "select campaign_id from campaigns where ref = $1", ref)
		if err != nil {
			return err
		}
		if created = !found; created {
			return t.createCampaign(&c, body, s.zoneRules(config.TimeZone))
		}
		if err := t.lock(c.Number); err != nil {
			return err
		}
		var counted, last []byte
		if _, err := t.one([]any{&c.CreatedMs, &c.ConfigVersion, &counted, &last},
			"select created_ms, config_version, counted_config, config from campaigns where campaign_id = $1", c.Number); err != nil {
			return err
		}
		c.ConfigVersion++
		if c.Codes, c.Rates, err = keptOf(last); err != nil {
			return err
		}
		if recounts, err = t.replaceConfig(c, counted, last, s.zoneRules(config.TimeZone)); err == nil {
			err = s.noteChange(ctx, t, c.Number, last, c.Config)
		}
		return err
	})
	if err != nil || !recounts {
		return c, created, err
	}
	return c, created, s.recounted(ctx, &c)
}

// recounted waits for the recount of a campaign to end, and marks the campaign where it
// was given up.
func (s *Store) recounted(ctx context.Context, c *campaign.Campaign) error {
	select {
	case <-s.recountBehind(c.Ref):
		now, err := s.Campaign(ctx, c.Ref)
		if now.Wanted != nil {
			config := c.Config
			c.Wanted = &config
		}
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t *tx) createCampaign(c *campaign.Campaign, body []byte, zoneRules int64) error {
	if _, err := t.one([]any{&c.Number}, "select coalesce(max(campaign_id), 0) + 1 from campaigns"); err != nil {
		return err
	}
	if err := t.exec("insert into campaigns (campaign_id, ref, created_ms, config_version, config, counted_config) values ($1, $2, $3, $4, $5, $6)",
		c.Number, c.Ref, c.CreatedMs, c.ConfigVersion, string(body), string(body)); err != nil {
		if t.raced(err) {
			return &againError{err} // another process took the ref or the number
		}
		return err
	}
	return t.exec(`insert into progress (campaign_id, version, generation, next_generation, heard_attempt_no, folded_lead_no, arrived_us, last_lead_no, last_attempt_no, last_label_no, last_cost_no, counting_version, zone_rules)
		values ($1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, $2, $3)`, c.Number, countingVersion, zoneRules)
}

// replaceConfig stores a changed configuration; recounts says that facts have to be
// counted again under it. old is what they are counted by, last what was put
// before, zoneRules the rules of its zone.
func (t *tx) replaceConfig(c campaign.Campaign, old, last []byte, zoneRules int64) (recounts bool, err error) {
	body, err := json.Marshal(c.Config)
	if err != nil {
		return false, err
	}
	var before campaign.Config
	if err := json.Unmarshal(old, &before); err != nil {
		return false, err
	}
	if before.Currency != c.Currency {
		posted, err := t.moneyPosted(c.Number, &before, &c.Config)
		if err != nil {
			return false, err
		}
		if posted || c.Rates.Some() {
			return false, &campaign.Error{Kind: campaign.Conflict, Code: "currency_fixed", Field: "currency",
				Message: "the currency is " + before.Currency + " and cannot change, as amounts were posted in it; make a new campaign"}
		}
	}
	var wanted campaign.Config
	if err := json.Unmarshal(last, &wanted); err != nil {
		return false, err
	}
	if err := t.refuseBoth(c.Number, &c.Config); err != nil {
		return false, err
	}
	// What gives facts their meaning stays as it is counted until all are counted
	// again.
	counted, err := json.Marshal(c.CountedLike(&before))
	if err != nil {
		return false, err
	}
	if err := t.exec("update campaigns set config_version = $1, config = $2, counted_config = $3 where campaign_id = $4", c.ConfigVersion, string(body), string(counted), c.Number); err != nil {
		return false, err
	}
	r, err := t.recounting(c.Number)
	if err != nil {
		return false, err
	}
	recounts = !before.ReadsAlike(&c.Config)
	switch {
	case r.next == 0 && !recounts || r.next != 0 && wanted.ReadsAlike(&c.Config):
		// A recount towards this very meaning goes on.
		return recounts, t.exec("update progress set version = version + 1 where campaign_id = $1", c.Number)
	case recounts || r.repacks:
		return recounts, t.startRecount(c.Number, zoneRules, false)
	}
	return false, t.stopRecount(c.Number)
}

// keptOf is what of a stored configuration no PUT of the campaign says: the codes of
// sources that it knows, and the rates.
func keptOf(config []byte) (map[string]map[string]string, *campaign.Rates, error) {
	var stored campaign.Config
	err := json.Unmarshal(config, &stored)
	return stored.Codes, stored.Rates, err
}

// moneyPosted reports whether amounts were posted that the currency of before is of.
// Those that nobody named a currency for may be given one of as many decimals.
func (t *tx) moneyPosted(campaignNumber int64, before, now *campaign.Config) (bool, error) {
	var posted bool
	if before.Service != nil {
		if before.Currency == campaign.NoCurrency && before.Digits() == now.Digits() {
			return false, nil
		}
		_, err := t.one([]any{&posted}, "select exists (select 1 from records where campaign_id = $1 and kind = $2)", campaignNumber, campaign.KindCustomer)
		return posted, err
	}
	// named remembers an amount that was cleared since.
	_, err := t.one([]any{&posted}, `select exists (select 1 from costs where campaign_id = $1)
		or exists (select 1 from attempts where campaign_id = $2 and named & $3 <> 0)
		or exists (select 1 from leads where campaign_id = $4 and named & $5 <> 0)`,
		campaignNumber, campaignNumber, 1<<campaign.AttemptAmount, campaignNumber, 1<<campaign.LeadPrice)
	return posted, err
}

// Campaign returns the campaign a ref or id names.
func (s *Store) Campaign(ctx context.Context, key string) (c campaign.Campaign, err error) {
	k, err := s.campaigns.find(ctx, s, key)
	if err == nil {
		c = k.Campaign
	}
	return c, err
}

// Campaigns returns all campaigns in order of ref, bytewise.
func (s *Store) Campaigns(ctx context.Context) ([]campaign.Campaign, error) {
	all, err := s.Places(ctx)
	return slices.DeleteFunc(all, func(c campaign.Campaign) bool { return c.Queue != nil || c.Service != nil }), err
}

// Queues returns all queues in order of ref, bytewise.
func (s *Store) Queues(ctx context.Context) ([]campaign.Campaign, error) {
	all, err := s.Places(ctx)
	return slices.DeleteFunc(all, func(c campaign.Campaign) bool { return c.Queue == nil }), err
}

// Places returns everything that facts are counted for: campaigns, queues and the
// installation, by the names the store knows them by, in order of these.
func (s *Store) Places(ctx context.Context) (all []campaign.Campaign, err error) {
	err = s.glance(ctx, func(t *tx) error {
		all = nil
		return t.query(func(row *sqlx.Rows) error {
			var c campaign.Campaign
			var counted, wanted []byte
			var next int64
			if err := row.Scan(&c.Number, &c.Ref, &c.CreatedMs, &c.ConfigVersion, &counted, &wanted, &next); err != nil {
				return err
			}
			if next == 0 {
				wanted = nil
			}
			err := readConfigs(&c, counted, wanted)
			all = append(all, c)
			return err
		}, "select c.campaign_id, c.ref, c.created_ms, c.config_version, c.counted_config, c.config, p.next_generation from campaigns c join progress p on p.campaign_id = c.campaign_id")
	})
	slices.SortFunc(all, func(a, b campaign.Campaign) int { return strings.Compare(a.Ref, b.Ref) })
	return all, err
}

// campaignNumbers lists the campaigns, of queues too, by number.
func (t *tx) campaignNumbers() (all []int64, err error) {
	err = t.query(func(row *sqlx.Rows) error {
		var number int64
		err := row.Scan(&number)
		all = append(all, number)
		return err
	}, "select campaign_id from campaigns order by campaign_id")
	return all, err
}
