package db

import (
	"cmp"
	"context"
	"slices"

	"github.com/jmoiron/sqlx"

	"ringside/campaign"
)

// newestSpan is how many numbers of one campaign's messages are looked at at a time.
const newestSpan = 20_000

// NewestMessages returns the newest messages of a source that it sent from one
// instant up to another, at most limit, in no order; more says that there were others.
//
// Messages are numbered as they come, and each campaign is walked back from its last
// to where they are older than asked for. Those read anew have a number of then and
// their own age: newestSpan of these in a row hide what came before them.
func (s *Store) NewestMessages(ctx context.Context, source, fromMs, toMs int64, limit int) (all []campaign.KeptMessage, more bool, err error) {
	err = s.snapshot(ctx, func(t *tx) error {
		all, more = nil, false
		last := map[int64]int64{}
		err := t.query(func(row *sqlx.Rows) error {
			var campaignNumber, number int64
			err := row.Scan(&campaignNumber, &number)
			last[campaignNumber] = number
			return err
		}, "select campaign_id, last_message_no from progress where last_message_no > $1", 0)
		for campaignNumber, number := range last {
			if err != nil {
				return err
			}
			n := newest{t: t, campaign: campaignNumber, source: source, fromMs: fromMs, toMs: toMs, limit: limit + 1}
			err = n.walk(number)
			if all = append(all, n.found...); len(all) > limit {
				slices.SortFunc(all, func(a, b campaign.KeptMessage) int { return cmp.Compare(b.ReceivedMs, a.ReceivedMs) })
				all, more = all[:limit], true
			}
		}
		return err
	})
	return all, more, err
}

// newest is the walk through one campaign.
type newest struct {
	t                              *tx
	campaign, source, fromMs, toMs int64
	limit                          int
	found                          []campaign.KeptMessage
}

func (n *newest) walk(last int64) error {
	for ; last > 0 && len(n.found) < n.limit; last -= newestSpan {
		var young nullInt
		if _, err := n.t.one([]any{&young}, "select max(received_ms) from messages where campaign_id = $1 and message_no > $2 and message_no <= $3", n.campaign, last-newestSpan, last); err != nil {
			return err
		}
		if young.Valid && young.Int64 < n.fromMs {
			return nil
		}
		err := n.t.query(func(row *sqlx.Rows) error {
			m := campaign.KeptMessage{MessageKey: campaign.MessageKey{CampaignNumber: n.campaign}}
			var reason, ref nullString
			err := row.Scan(&m.Number, &m.ReceivedMs, &m.State, &m.Repeats, &reason, &m.Packed, &ref)
			m.Reason, m.Campaign = reason.String, ref.String
			n.found = append(n.found, m)
			return err
		}, `select m.message_no, m.received_ms, m.state, m.repeats, m.reason, m.packed, c.ref from messages m left join campaigns c on c.campaign_id = m.campaign_id
			where m.campaign_id = $1 and m.message_no > $2 and m.message_no <= $3 and m.source_no = $4 and m.received_ms >= $5 and m.received_ms < $6
			order by m.message_no desc limit $7`, n.campaign, last-newestSpan, last, n.source, n.fromMs, n.toMs, n.limit-len(n.found))
		if err != nil {
			return err
		}
	}
	return nil
}
