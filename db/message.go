package db

import (
	"bytes"
	"context"
	"slices"

	"github.com/jmoiron/sqlx"

	"ringside/campaign"
)

// messageState is what this batch does with one message.
type messageState struct {
	*campaign.Message
	state campaign.State
	// reason says why it is refused.
	reason string
	// same is the number of an equal message that is kept already, or 0; then number and
	// hash are where it is kept.
	same, number, hash int64
	// from and to bound its versions among those of its post.
	from, to int
	saidBefore
}

// RecordMessages keeps messages of dialers and counts what they say, as Record does
// with its versions: all of it is durable and counted when it returns without an
// error. A message that is kept already changes nothing but the count of its
// repeats, unless it is read anew.
func (s *Store) RecordMessages(ctx context.Context, campaignKey string, messages []*campaign.Message) (Receipt, error) {
	p := &post{campaign: campaignKey, messages: messages}
	for _, m := range messages {
		p.versions = append(p.versions, m.Versions...)
		p.bytes += m.Size()
	}
	return s.queued(ctx, p)
}

// keptMessages finds messages that are kept already, of one campaign.
type keptMessages struct {
	t        *tx
	campaign int64
	byHash   map[int64]*keptMessage // nil where no message has the hash
}

// keptMessage is a kept message as far as it takes to tell it from others.
type keptMessage struct {
	number, source int64
	state          campaign.State
	reason         nullString
	packed         []byte
}

func newKeptMessages(t *tx, campaignNumber int64) *keptMessages {
	return &keptMessages{t, campaignNumber, map[int64]*keptMessage{}}
}

// load reads what is kept by the hashes.
func (k *keptMessages) load(hashes ...int64) error {
	for _, hash := range hashes {
		k.byHash[hash] = nil
	}
	return lookup(k.t, k.campaign, hashes, "f.hash, f.message_no, f.source_no, f.state, f.reason, f.packed", "messages f", "hash", func(row scanned) error {
		var hash int64
		var m keptMessage
		err := row.Scan(&hash, &m.number, &m.source, &m.state, &m.reason, &m.packed)
		k.byHash[hash] = &m
		return err
	})
}

// find returns the kept message that equals one, or else nil and the hash under which
// it is to be kept.
func (k *keptMessages) find(m *campaign.Message) (same *keptMessage, hash int64, err error) {
	for hash = m.Hash; ; hash++ {
		if _, loaded := k.byHash[hash]; !loaded {
			if err := k.load(hash); err != nil {
				return nil, 0, err
			}
		}
		switch kept := k.byHash[hash]; {
		case kept == nil:
			return nil, hash, nil
		case kept.source == m.SourceNumber && bytes.Equal(kept.packed, m.Packed):
			return kept, hash, nil
		}
	}
}

// add remembers a message that is being kept, applied unless reason says why not.
func (k *keptMessages) add(m *campaign.Message, number, hash int64) *keptMessage {
	kept := &keptMessage{number: number, source: m.SourceNumber, state: campaign.Applied, packed: m.Packed}
	k.byHash[hash] = kept
	return kept
}

// findSame finds the messages of the batch that are kept already.
func (b *batch) findSame() error {
	var hashes, again []int64
	for _, p := range b.posts {
		for _, m := range p.messages {
			if m.ReadAgain(b.k.Number) {
				again = append(again, m.Again.Number)
			} else {
				hashes = append(hashes, m.Hash)
			}
		}
	}
	b.same = newKeptMessages(b.t, b.k.Number)
	if err := b.same.load(hashes...); err != nil {
		return err
	}
	return b.loadBefore(again)
}

// acceptMessages begins the post's receipt and returns the versions of its messages
// that are new or read anew, and what becomes of each message.
func (b *batch) acceptMessages(p *post) (good []*campaign.Version, all []messageState, named []naming, err error) {
	p.receipt = Receipt{}
	for i, m := range p.messages {
		done := messageState{Message: m, state: campaign.Applied, from: len(good), to: len(good)}
		var kept *keptMessage
		if m.ReadAgain(b.k.Number) {
			done.same = m.Again.Number
			if before := b.before[done.same]; before != nil {
				done.arrivedUs = before.arrivedUs
			}
			kept = &keptMessage{}
		} else if kept, done.hash, err = b.same.find(m); err != nil {
			return nil, nil, nil, err
		} else if kept != nil {
			done.same = kept.number
			p.repeated(i, kept)
			all = append(all, done)
			continue
		} else {
			b.lastMessage++
			done.number = b.lastMessage
			kept = b.same.add(m, done.number, done.hash)
		}
		if wrong := b.settle(m); wrong != nil {
			done.state, done.reason = campaign.RefusedMessage, wrong.Error()
			kept.state, kept.reason = done.state, nullString{String: done.reason, Valid: true}
			p.receipt.Rejected = append(p.receipt.Rejected, Refusal{Index: i, Err: wrong})
		} else {
			good = append(good, m.Versions...)
			done.to = len(good)
			if len(m.Names) > 0 {
				named = append(named, naming{m.Names, m.Leg})
			}
		}
		all = append(all, done)
	}
	return good, all, named, nil
}

// repeated answers a message that is kept already: it is what it was.
func (p *post) repeated(index int, kept *keptMessage) {
	if kept.state == campaign.RefusedMessage {
		p.receipt.Rejected = append(p.receipt.Rejected, Refusal{Index: index, Err: campaign.Invalidf("refused_before", "", "%s", kept.reason.String)})
		return
	}
	p.receipt.Unchanged++
}

// settle judges all that a message says: it is taken whole or not at all.
func (b *batch) settle(m *campaign.Message) *campaign.Error {
	for _, v := range m.Versions {
		if err := v.SettleMoney(b.k.Currency, b.k.Digits()); err != nil {
			return err
		}
	}
	return nil
}

// writeMessages keeps the messages, and takes those read anew from where they were.
func (b *batch) writeMessages() error {
	in := intoMessages(b.t)
	for _, m := range slices.Concat(b.kept...) {
		here := m.ReadAgain(b.k.Number)
		var err error
		switch {
		case here:
			err = b.t.exec("update messages set state = $1, reason = $2, kind = $3, fact_no = $4, arrived_us = $5 where campaign_id = $6 and message_no = $7",
				m.state, nullText(m.reason), m.kind, m.fact, m.arrivedUs, b.k.Number, m.same)
		case m.same != 0:
			if err = in.flush(); err == nil { // it may be one of this batch
				err = b.t.exec("update messages set repeats = repeats + 1 where campaign_id = $1 and message_no = $2", b.k.Number, m.same)
			}
		default:
			err = in.row(b.k.Number, m.number, m.SourceNumber, m.ReceivedMs, m.state, 0, m.hash, nullText(m.reason), m.kind, m.fact, m.arrivedUs, m.Packed)
		}
		if err == nil && m.Again != nil && !here {
			err = b.t.exec("delete from messages where campaign_id = $1 and message_no = $2", m.Again.CampaignNumber, m.Again.Number)
		}
		if err != nil {
			return err
		}
	}
	return in.flush()
}

func intoMessages(t *tx) *inserter {
	return t.into("insert into messages (campaign_id, message_no, source_no, received_ms, state, repeats, hash, reason, kind, fact_no, arrived_us, packed) values ", 12, "")
}

// installation is the campaign number of what belongs to none.
const installation int64 = 0

// Park keeps messages that cannot be placed, each with its reason.
func (s *Store) Park(ctx context.Context, messages []*campaign.Message) error {
	if len(messages) == 0 {
		return nil
	}
	return s.transact(ctx, func(t *tx) error {
		if err := t.lock(installation); err != nil {
			return err
		}
		var last int64
		if _, err := t.one([]any{&last}, "select last_message_no from progress where campaign_id = $1", installation); err != nil {
			return err
		}
		same := newKeptMessages(t, installation)
		hashes := make([]int64, len(messages))
		for i, m := range messages {
			hashes[i] = m.Hash
		}
		if err := same.load(hashes...); err != nil {
			return err
		}
		in := intoMessages(t)
		for _, m := range messages {
			kept, hash, err := same.find(m)
			if err == nil && kept == nil {
				last++
				same.add(m, last, hash)
				err = in.row(installation, last, m.SourceNumber, m.ReceivedMs, campaign.Parked, 0, hash, nullText(m.Reason), 0, 0, 0, m.Packed)
			} else if err == nil {
				if err = in.flush(); err == nil { // it may be one of these
					err = t.parkAgain(m, kept.number)
				}
			}
			if err != nil {
				return err
			}
		}
		if err := in.flush(); err != nil {
			return err
		}
		return t.exec("update progress set last_message_no = $1 where campaign_id = $2", last, installation)
	})
}

// parkAgain counts a parked message that came again, or tells the new reason of one
// that was read anew.
func (t *tx) parkAgain(m *campaign.Message, number int64) error {
	again := 1
	if m.Again != nil {
		again = 0
	}
	return t.exec("update messages set repeats = repeats + $1, reason = $2 where campaign_id = $3 and message_no = $4", again, nullText(m.Reason), installation, number)
}

// Messages returns at most limit messages of a source in a state, in order of
// campaign and arrival, from after a place on.
func (s *Store) Messages(ctx context.Context, source int64, state campaign.State, after campaign.MessageKey, limit int) (all []campaign.KeptMessage, err error) {
	err = s.snapshot(ctx, func(t *tx) error {
		all = nil
		return t.query(func(row *sqlx.Rows) error {
			var m campaign.KeptMessage
			var reason, ref nullString
			err := row.Scan(&m.CampaignNumber, &m.Number, &m.ReceivedMs, &m.State, &m.Repeats, &reason, &m.Packed, &ref)
			m.Reason, m.Campaign = reason.String, ref.String
			all = append(all, m)
			return err
		}, `select m.campaign_id, m.message_no, m.received_ms, m.state, m.repeats, m.reason, m.packed, c.ref
			from messages m left join campaigns c on c.campaign_id = m.campaign_id
			where (m.campaign_id > $1 or m.campaign_id = $2 and m.message_no > $3) and m.source_no = $4 and m.state = $5
			order by m.campaign_id, m.message_no limit $6`, after.CampaignNumber, after.CampaignNumber, after.Number, source, state, limit)
	})
	return all, err
}

// forgetSlice is how many messages one transaction forgets.
const forgetSlice = 2000

// ForgetMessages removes the applied messages received before an instant, a slice a
// transaction, and returns how many. What they said stays.
func (s *Store) ForgetMessages(ctx context.Context, beforeMs int64) (gone int64, err error) {
	var campaigns []int64
	err = s.glance(ctx, func(t *tx) (err error) {
		campaigns, err = t.campaignNumbers()
		return err
	})
	for _, number := range campaigns {
		for after := int64(0); err == nil && after >= 0; {
			var n int64
			after, n, err = s.forgetSlice(ctx, number, after, beforeMs)
			gone += n
		}
	}
	return gone, err
}

// forgetSlice looks at the messages of a campaign from after a number on, and removes
// those it should; next is −1 behind the last. They are numbered as they came, so the
// first that is young enough ends the walk.
func (s *Store) forgetSlice(ctx context.Context, campaignNumber, after, beforeMs int64) (next, gone int64, err error) {
	err = s.transact(ctx, func(t *tx) error {
		var last nullInt
		gone, next = 0, -1
		young := false
		err := t.query(func(row *sqlx.Rows) error {
			var number, received int64
			err := row.Scan(&number, &received)
			if young = young || received >= beforeMs; !young {
				last, gone = nullInt{Int64: number, Valid: true}, gone+1
			}
			return err
		}, "select message_no, received_ms from messages where campaign_id = $1 and message_no > $2 and state = $3 order by message_no limit $4",
			campaignNumber, after, campaign.Applied, forgetSlice)
		if err != nil || !last.Valid {
			return err
		}
		if !young && gone == forgetSlice {
			next = last.Int64
		}
		return t.exec("delete from messages where campaign_id = $1 and message_no > $2 and message_no <= $3 and state = $4", campaignNumber, after, last.Int64, campaign.Applied)
	})
	return next, gone, err
}
