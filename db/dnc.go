package db

import (
	"maps"
	"slices"

	"github.com/jmoiron/sqlx"

	"ringside/campaign"
)

// The do-not-call mark of a lead is sticky: any version of an attempt that asks
// for it marks every lead that any version of that attempt names, whatever was
// said later and in whatever order it came. Only PutDNC lifts it; asks that had
// arrived by then stay lifted.

// ask is a request not to be called: when it was made and when it arrived.
type ask struct{ atMs, arrivedUs int64 }

// asks reports whether a version asks not to be called.
func (k *knowledge) asks(c *campaign.Content) bool {
	meaning, _ := k.wanted.meaning(c)
	return meaning.Category == campaign.DNC
}

// noteAsks notes which of the changed attempts ask not to be called.
func (b *batch) noteAsks(attempts []*fact) {
	for _, f := range attempts {
		f.asked = f.asked || b.k.asks(&f.content) || slices.ContainsFunc(f.added, func(v version) bool { return b.k.asks(&v.content) })
	}
}

// hearDNC finds the leads that changed attempts ask to mark. Only an attempt of
// which some version asks is looked at in full.
func (b *batch) hearDNC(attempts []*fact) error {
	for _, f := range attempts {
		if !f.asked {
			continue
		}
		all, err := f.all(b.versionsOf)
		if err != nil {
			return err
		}
		if err := b.hear(all); err != nil {
			return err
		}
	}
	return nil
}

// hear notes what the versions of one attempt ask, for every lead they name.
func (b *batch) hear(all []version) error {
	var asked []ask
	var named []string
	for _, v := range all {
		if b.k.asks(&v.content) {
			asked = append(asked, ask{v.rank.SaidMs(v.arrivedUs), v.arrivedUs})
		}
		if ref := v.content.Text(campaign.AttemptLead); ref != "" {
			named = append(named, ref)
		}
	}
	if err := b.numberLeads(slices.Clone(named)); err != nil {
		return err
	}
	for _, ref := range distinct(named) {
		b.dncs[b.leadNumbers[ref]] = append(b.dncs[b.leadNumbers[ref]], asked...)
	}
	return nil
}

// writeDNCs marks the leads since the earliest ask that was not lifted.
func (b *batch) writeDNCs() error {
	leads := slices.Sorted(maps.Keys(b.dncs))
	type mark struct{ since, lifted nullInt }
	marks := map[int64]mark{}
	err := lookup(b.t, b.k.Number, leads, "f.lead_no, f.dnc_ms, f.dnc_lifted_us", "leads f", "lead_no", func(row scanned) error {
		var lead int64
		var m mark
		err := row.Scan(&lead, &m.since, &m.lifted)
		marks[lead] = m
		return err
	})
	if err != nil {
		return err
	}
	for _, lead := range leads {
		since := known(marks[lead].since)
		for _, a := range b.dncs[lead] {
			lifted := marks[lead].lifted.Valid && a.arrivedUs <= marks[lead].lifted.Int64
			if !lifted && (since == campaign.None || a.atMs < since) {
				since = a.atMs
			}
		}
		if since == known(marks[lead].since) {
			continue
		}
		if err := b.t.exec("update leads set dnc_ms = $1 where campaign_id = $2 and lead_no = $3", null(since), b.k.Number, lead); err != nil {
			return err
		}
	}
	return nil
}

// rehearDNC looks through attempts (from, to] for asks that a changed mapping
// reveals.
func rehearDNC(t *tx, k *knowledge, from, to int64) error {
	b := newBatch(t, k)
	var facts []*fact
	scan := attemptTable.scanner(k)
	err := t.query(func(row *sqlx.Rows) error {
		f, err := scan(row)
		facts = append(facts, f)
		return err
	}, "select "+attemptTable.fields+" from "+attemptTable.from+` where f.campaign_id = $1 and f.attempt_no > $2 and f.attempt_no <= $3
		and (f.versions > 1 or f.disposition_no is not null)`, k.Number, from, to)
	if err != nil {
		return err
	}
	for _, f := range facts {
		if err := b.rehear(f); err != nil {
			return err
		}
	}
	return b.writeDNCs()
}

func (b *batch) rehear(f *fact) error {
	all, err := f.all(b.versionsOf)
	if err != nil || !slices.ContainsFunc(all, func(v version) bool { return b.k.asks(&v.content) }) {
		return err
	}
	if err := b.t.exec("update attempts set asked = 1 where campaign_id = $1 and attempt_no = $2", b.k.Number, f.number); err != nil {
		return err
	}
	return b.hear(all)
}
