package db

import (
	"context"
	"encoding/json"

	"github.com/jmoiron/sqlx"

	"ringside/campaign"
)

// arrival is an instant of a campaign's arrival clock from which on somebody else posts.
// As that clock never repeats, it tells of every version who posted it.
type arrival struct {
	fromUs int64
	by     string
}

// actorOf is the id of who a request is by, "" for nobody.
func actorOf(ctx context.Context) string {
	id, _ := ctx.Value(campaign.ActorKey{}).(string)
	return id
}

// postBy notes who posts what arrives from here on.
func (b *batch) postBy(id string) {
	if id == b.postedBy {
		return
	}
	b.postedBy = id
	if next := b.arrivedUs + 1; len(b.arrivals) > 0 && b.arrivals[len(b.arrivals)-1].fromUs == next {
		b.arrivals[len(b.arrivals)-1].by = id
	} else {
		b.arrivals = append(b.arrivals, arrival{next, id})
	}
}

func (b *batch) writeArrivals() error {
	in := b.t.into("insert into arrivals (campaign_id, from_us, posted_by) values ", 3, " on conflict (campaign_id, from_us) do update set posted_by = excluded.posted_by")
	for _, a := range b.arrivals {
		if err := in.row(b.k.Number, a.fromUs, a.by); err != nil {
			return err
		}
	}
	b.arrivals = nil
	return in.flush()
}

// postedBy returns who a version was posted by that arrived at an instant.
func (t *tx) postedBy(campaignNumber, arrivedUs int64) (campaign.Actor, error) {
	var id string
	_, err := t.one([]any{&id}, "select posted_by from arrivals where campaign_id = $1 and from_us <= $2 order by from_us desc limit 1", campaignNumber, arrivedUs)
	if err != nil {
		return campaign.Actor{}, err
	}
	return t.actor(id)
}

// actor returns who has an id: keys and users stay where they are when they are revoked
// or disabled. It is the zero value for nobody.
func (t *tx) actor(id string) (a campaign.Actor, err error) {
	if id == "" {
		return a, nil
	}
	a.ID = id
	found, err := t.one([]any{&a.Label}, "select label from access_keys where key_id = $1", id)
	if err == nil && !found {
		a.Person, err = t.one([]any{&a.Label}, "select name from users where user_id = $1", id)
	}
	return a, err
}

// tick moves a campaign's arrival clock on, as what is no fact has arrived, and returns
// the instant.
func (t *tx) tick(s *Store, campaignNumber int64) (arrivedUs int64, err error) {
	if _, err := t.one([]any{&arrivedUs}, "select arrived_us from progress where campaign_id = $1", campaignNumber); err != nil {
		return 0, err
	}
	arrivedUs = max(arrivedUs+1, s.now().UnixMicro())
	return arrivedUs, t.exec("update progress set version = version + 1, arrived_us = $1 where campaign_id = $2", arrivedUs, campaignNumber)
}

// noteChange remembers who changed which fields of a configuration.
func (s *Store) noteChange(ctx context.Context, t *tx, campaignNumber int64, last []byte, now campaign.Config) error {
	var before campaign.Config
	if err := json.Unmarshal(last, &before); err != nil {
		return err
	}
	fields, err := configChanges(before, now)
	if err != nil || len(fields) == 0 {
		return err
	}
	body, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	putUs, err := t.tick(s, campaignNumber)
	if err != nil {
		return err
	}
	return t.exec("insert into config_changes (campaign_id, put_us, put_by, fields) values ($1, $2, $3, $4)", campaignNumber, putUs, actorOf(ctx), string(body))
}

// configChange is when a field of a configuration was last changed, and by whom.
type configChange struct {
	atMs int64
	by   string
}

// changedFields are the last changes of each field of a configuration after an instant.
func (t *tx) changedFields(campaignNumber, sinceUs int64) (map[string]configChange, error) {
	last := map[string]configChange{}
	return last, t.query(func(row *sqlx.Rows) error {
		var putUs int64
		var by, body string
		if err := row.Scan(&putUs, &by, &body); err != nil {
			return err
		}
		var fields []string
		err := json.Unmarshal([]byte(body), &fields)
		for _, name := range fields {
			last[name] = configChange{putUs / 1000, by}
		}
		return err
	}, "select put_us, put_by, fields from config_changes where campaign_id = $1 and put_us > $2 order by put_us", campaignNumber, sinceUs)
}
