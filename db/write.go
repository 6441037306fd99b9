package db

import (
	"maps"
	"slices"

	"ringside/campaign"
	"ringside/funnel"
)

// write stores the batch: facts and versions, then what was counted from them.
func (b *batch) write() error {
	// Values are made before labels are written: making a row may name a new one.
	leads, err := b.writeFacts(leadTable)
	if err != nil {
		return err
	}
	attempts, err := b.writeFacts(attemptTable)
	if err != nil {
		return err
	}
	costs, err := b.writeFacts(costTable)
	if err != nil {
		return err
	}
	if err := b.writeVersions(slices.Concat(leads, attempts, costs)); err != nil {
		return err
	}
	if err := b.writeUnits(); err != nil {
		return err
	}
	if err := b.writeLabels(); err != nil {
		return err
	}
	if err := b.writeDNCs(); err != nil {
		return err
	}
	return b.t.exec(`update progress set version = version + 1, arrived_us = $1, last_lead_no = $2, last_attempt_no = $3, last_label_no = $4, last_cost_no = $5
		where campaign_id = $6`, b.arrivedUs, b.lastLead, b.lastAttempt, b.lastLabel, b.lastCost, b.k.Number)
}

func (b *batch) writeFacts(tb *table) ([]*fact, error) {
	facts := changedFacts(b.facts(tb.kind))
	in := b.t.into(tb.upsert, tb.width, tb.after)
	for _, f := range facts {
		row := tb.values(b.k.Number, f, func(field int) int64 {
			if tb.kind == campaign.KindAttempt && field == campaign.AttemptLead {
				return b.leadOf(f)
			}
			return b.labelOf(f, field, tb.columns[field].label)
		})
		if err := in.row(row...); err != nil {
			return nil, err
		}
	}
	return facts, in.flush()
}

func (b *batch) writeVersions(facts []*fact) error {
	in := b.t.into("insert into versions (campaign_id, kind, fact_no, version_no, ranked_us, dated, arrived_us, content) values ", 8, "")
	for _, f := range facts {
		for _, v := range f.added {
			if err := in.row(b.k.Number, f.kind, f.number, v.number, v.rank.AtUs, bit(v.rank.Dated), v.arrivedUs, string(v.content.Canonical(f.kind))); err != nil {
				return err
			}
		}
	}
	return in.flush()
}

func (b *batch) writeLabels() error {
	in := b.t.into("insert into labels (campaign_id, label_no, kind, body) values ", 4, "")
	for _, number := range b.newLabels {
		l := b.k.labels[number]
		if err := in.row(b.k.Number, number, l.kind, l.body); err != nil {
			return err
		}
	}
	return in.flush()
}

// writeUnits folds every touched lead before and after, and writes what differs.
func (b *batch) writeUnits() error {
	rules := b.k.rules()
	tally := funnel.NewTally(rules.Calendar)
	folder := funnel.Folder{Rules: rules}
	histories := b.t.into("insert into histories (campaign_id, lead_no, history) values ", 3,
		" on conflict (campaign_id, lead_no) do update set history = excluded.history")
	for _, lead := range slices.Sorted(maps.Keys(b.units)) {
		u := b.units[lead]
		before := fold(&folder, tally, u.before, -1)
		after := fold(&folder, tally, u.after, 1)
		if err := b.writeMoments(lead, before.moments, after.moments); err != nil {
			return err
		}
		_, isNew := b.leadRefs[lead]
		if before.cohortMs != after.cohortMs || isNew && after.cohortMs != campaign.None {
			if err := b.t.exec("update leads set cohort_ms = $1 where campaign_id = $2 and lead_no = $3", null(after.cohortMs), b.k.Number, lead); err != nil {
				return err
			}
		}
		if err := histories.row(b.k.Number, lead, packHistory(u.after)); err != nil {
			return err
		}
	}
	if err := histories.flush(); err != nil {
		return err
	}
	return addCells(b.t, b.k.Number, b.generation, tally.Cells())
}

// folded is what a unit has beside its cells.
type folded struct {
	cohortMs int64
	moments  []int64 // instants of the sale and promise clocks, ascending, each once
}

// fold adds a unit to the tally and returns the rest of what it contributes.
func fold(folder *funnel.Folder, tally *funnel.Tally, u *funnel.Unit, sign int64) folded {
	events := folder.Fold(u)
	tally.Add(&u.Lead, events, sign)
	out := folded{cohortMs: u.CohortMs(folder.Rules.StrictLeads)}
	for i := range events {
		if c := events[i].Clock; c == funnel.SaleClock || c == funnel.PromiseClock {
			out.moments = append(out.moments, events[i].AtMs)
		}
	}
	slices.Sort(out.moments)
	out.moments = slices.Compact(out.moments)
	return out
}

func (b *batch) writeMoments(lead int64, before, after []int64) error {
	for _, at := range before {
		if !slices.Contains(after, at) {
			if err := b.t.exec("delete from moments where campaign_id = $1 and generation = $2 and at_ms = $3 and lead_no = $4",
				b.k.Number, b.generation, at, lead); err != nil {
				return err
			}
		}
	}
	for _, at := range after {
		if !slices.Contains(before, at) {
			if err := b.t.exec("insert into moments (campaign_id, generation, at_ms, lead_no) values ($1, $2, $3, $4)",
				b.k.Number, b.generation, at, lead); err != nil {
				return err
			}
		}
	}
	return nil
}

// addCells adds changes to the stored cells, in their order. A cell that holds
// nothing any more is removed.
func addCells(t *tx, campaignNumber, generation int64, cells []funnel.Cell) error {
	const (
		find   = "select vector from cells where campaign_id = $1 and generation = $2 and grouping_no = $3 and part = $4 and bucket = $5 and key_no = $6"
		remove = "delete from cells where campaign_id = $1 and generation = $2 and grouping_no = $3 and part = $4 and bucket = $5 and key_no = $6"
	)
	in := t.into("insert into cells (campaign_id, generation, grouping_no, part, bucket, key_no, vector) values ", 7,
		" on conflict (campaign_id, generation, grouping_no, part, bucket, key_no) do update set vector = excluded.vector")
	var packed []byte
	var old funnel.Vector
	for _, c := range cells {
		key := []any{campaignNumber, generation, c.Grouping, c.Part, c.Bucket, c.Key}
		found, err := t.one([]any{&packed}, find, key...)
		if err != nil {
			return err
		}
		vector := c.Vector
		if found {
			if old, err = funnel.AppendDecoded(old[:0], packed); err != nil {
				return err
			}
			vector = old.Merge(c.Vector)
		}
		if len(vector) == 0 {
			err = t.exec(remove, key...)
		} else {
			err = in.row(append(key, vector.Encode())...)
		}
		if err != nil {
			return err
		}
	}
	return in.flush()
}
