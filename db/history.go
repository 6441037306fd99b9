package db

import (
	"encoding/binary"
	"errors"

	"ringside/campaign"
	"ringside/funnel"
)

// A history is one lead with its attempts, packed: what the fold needs, read and
// written with one row. Verify holds it to the facts.
//
//	version, lead flags, generated, list, source, zone, price if any, number of attempts, then each:
//	number, start, ref, result and who, flags and presence bits, agent,
//	disposition, dialer, and what is present of the instants (as distances from the
//	start), durations and the amount.
const historyVersion = 3

var errHistory = errors.New("db: a stored lead history is damaged; run rebuild")

// optionals returns the attempt's fields that may be campaign.None, and whether
// each is an instant. The order is stored.
func optionals(a *funnel.Attempt) [11]struct {
	at      *int64
	instant bool
} {
	return [11]struct {
		at      *int64
		instant bool
	}{{&a.AnsweredMs, true}, {&a.GreetingEndedMs, true}, {&a.ConnectedMs, true}, {&a.EndedMs, true}, {&a.HoldMs, false},
		{&a.WrapMs, false}, {&a.AmountMinor, false}, {&a.DecidedMs, true}, {&a.CancelledMs, true}, {&a.CallbackMs, true}, {&a.TalkMs, false}}
}

func bitIf(on bool, bit uint64) uint64 {
	if on {
		return bit
	}
	return 0
}

// packHistory writes a unit whose attempts are in the lead's order.
func packHistory(u *funnel.Unit) []byte {
	b := make([]byte, 0, 16+48*len(u.Attempts))
	b = packLead(append(b, historyVersion), &u.Lead)
	b = binary.AppendUvarint(b, uint64(len(u.Attempts)))
	for i := range u.Attempts {
		b = packAttempt(b, &u.Attempts[i])
	}
	return b
}

func packLead(b []byte, l *funnel.Lead) []byte {
	generated := l.GeneratedMs != campaign.None
	priced := l.PriceMinor != 0
	b = binary.AppendUvarint(b, bitIf(l.Posted, 1)|bitIf(l.Void, 2)|bitIf(generated, 4)|bitIf(priced, 8))
	if generated {
		b = binary.AppendVarint(b, l.GeneratedMs)
	}
	b = binary.AppendUvarint(b, uint64(l.List))
	b = binary.AppendUvarint(b, uint64(l.Source))
	b = binary.AppendUvarint(b, uint64(l.Zone))
	if priced {
		b = binary.AppendVarint(b, l.PriceMinor)
	}
	return b
}

func packAttempt(b []byte, a *funnel.Attempt) []byte {
	b = binary.AppendUvarint(b, uint64(a.Number))
	b = binary.AppendVarint(b, a.StartedMs)
	b = binary.AppendUvarint(b, uint64(len(a.Ref)))
	b = append(b, a.Ref...)
	bits := uint64(a.Result) | uint64(a.AnsweredBy)<<3 | uint64(a.EndedBy)<<5 | bitIf(a.Void, 1<<7)
	fields := optionals(a)
	for i, f := range fields {
		bits |= bitIf(*f.at != campaign.None, 1<<(8+i))
	}
	b = binary.AppendUvarint(b, bits)
	b = binary.AppendUvarint(b, uint64(a.Agent))
	b = binary.AppendUvarint(b, uint64(a.Disposition))
	b = binary.AppendUvarint(b, uint64(a.Dialer))
	for _, f := range fields {
		switch {
		case *f.at == campaign.None:
		case f.instant:
			b = binary.AppendVarint(b, *f.at-a.StartedMs)
		default:
			b = binary.AppendVarint(b, *f.at)
		}
	}
	return b
}

// intoHistories starts to write rows of a campaign, a lead and its packed history.
func (t *tx) intoHistories() *inserter {
	return t.into("insert into histories (campaign_id, lead_no, history) values ", 3,
		" on conflict (campaign_id, lead_no) do update set history = excluded.history")
}

// unpackHistory reads what packHistory wrote.
func unpackHistory(lead int64, b []byte) (*funnel.Unit, error) {
	if len(b) == 0 || b[0] != historyVersion {
		return nil, errHistory
	}
	r := campaign.Packed{Rest: b[1:]}
	u := &funnel.Unit{Lead: funnel.Lead{Number: lead, GeneratedMs: campaign.None}}
	flags := r.Uvarint()
	u.Posted, u.Void = flags&1 != 0, flags&2 != 0
	if flags&4 != 0 {
		u.GeneratedMs = r.Varint()
	}
	u.List, u.Source, u.Zone = int64(r.Uvarint()), int64(r.Uvarint()), int64(r.Uvarint())
	if flags&8 != 0 {
		u.PriceMinor = r.Varint()
	}
	n := r.Uvarint()
	if n > uint64(len(b)) {
		return nil, errHistory
	}
	u.Attempts = make([]funnel.Attempt, n)
	for i := range u.Attempts {
		unpackAttempt(&r, &u.Attempts[i])
	}
	if r.Bad || len(r.Rest) > 0 {
		return nil, errHistory
	}
	return u, nil
}

func unpackAttempt(r *campaign.Packed, a *funnel.Attempt) {
	a.Number, a.StartedMs, a.Ref = int64(r.Uvarint()), r.Varint(), r.Text()
	bits := r.Uvarint()
	a.Result, a.AnsweredBy, a.EndedBy = campaign.Result(bits&7), campaign.AnsweredBy(bits>>3&3), campaign.EndedBy(bits>>5&3)
	a.Void = bits&(1<<7) != 0
	a.Agent, a.Disposition, a.Dialer = int64(r.Uvarint()), int64(r.Uvarint()), int64(r.Uvarint())
	for i, f := range optionals(a) {
		switch {
		case bits&(1<<(8+i)) == 0:
			*f.at = campaign.None
		case f.instant:
			*f.at = r.Varint() + a.StartedMs
		default:
			*f.at = r.Varint()
		}
	}
}
