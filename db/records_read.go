package db

import (
	"fmt"
	"math"
	"strings"

	"ringside/campaign"
	"ringside/funnel"
)

// recordsStepMs is of how long at a time records are read, so that however wide a window
// is, few of them are held at once.
const recordsStepMs = 86_400_000

// recordsIn calls each record that stands in any of the windows once.
func (s *source) recordsIn(windows []funnel.Window, each func(*funnel.Unit)) error {
	var found numbers
	for _, w := range windows {
		for w.FromMs < w.ToMs {
			from, err := s.nextRecord(w.FromMs)
			if err != nil {
				return err
			}
			if w.FromMs = max(w.FromMs, from); w.FromMs >= w.ToMs {
				break
			}
			step := funnel.Window{FromMs: w.FromMs, ToMs: min(w.ToMs, w.FromMs+recordsStepMs)}
			all, err := s.recordsOf(step)
			if err != nil {
				return err
			}
			for _, r := range all {
				if !found.has(r.number) {
					found.add(r.number)
					each(r.unit(s.k.labelNumber))
				}
			}
			w.FromMs = step.ToMs
		}
	}
	return nil
}

// recordTable says where the records of a kind are found.
func recordTable(kind campaign.Kind) *table {
	return &table{kind: kind, name: "records", number: "record_no", only: fmt.Sprintf(" and kind = %d", kind)}
}

// nextRecord is the first instant from one on at which a record stands or, as the moments
// of a campaign are its leads', of service has a moment.
func (s *source) nextRecord(fromMs int64) (int64, error) {
	var stands, moment nullInt
	_, err := s.t.one([]any{&stands}, "select min(at_ms) from records where campaign_id = $1 and at_ms >= $2", s.k.Number, fromMs)
	if err == nil && s.k.ofService() {
		_, err = s.t.one([]any{&moment}, "select min(at_ms) from moments where campaign_id = $1 and generation = $2 and at_ms >= $3", s.k.Number, s.generation, fromMs)
	}
	next := int64(math.MaxInt64)
	for _, found := range [...]nullInt{stands, moment} {
		if found.Valid {
			next = min(next, found.Int64)
		}
	}
	return next, err
}

// recordsOf reads the records that stand in a window. The moments of a campaign are its
// leads'.
func (s *source) recordsOf(w funnel.Window) ([]*placed, error) {
	if !s.k.ofService() {
		return recordsWhere(s.t, `records f where f.campaign_id = $1 and f.record_no in
			(select n.record_no from records n where n.campaign_id = $2 and n.at_ms >= $3 and n.at_ms < $4)`, s.k.Number, s.k.Number, w.FromMs, w.ToMs)
	}
	return recordsWhere(s.t, `records f where f.campaign_id = $1 and f.record_no in
		(select n.record_no from records n where n.campaign_id = $2 and n.at_ms >= $3 and n.at_ms < $4
		union select m.lead_no from moments m where m.campaign_id = $5 and m.generation = $6 and m.at_ms >= $7 and m.at_ms < $8)`,
		s.k.Number, s.k.Number, w.FromMs, w.ToMs, s.k.Number, s.generation, w.FromMs, w.ToMs)
}

// recordsPromised calls each record that has a moment in the window once.
func (s *source) recordsPromised(w funnel.Window, each func(*funnel.Unit)) error {
	all, err := recordsWhere(s.t, `records f where f.campaign_id = $1 and f.record_no in
		(select m.lead_no from moments m where m.campaign_id = $2 and m.generation = $3 and m.at_ms >= $4 and m.at_ms < $5)`,
		s.k.Number, s.k.Number, s.generation, w.FromMs, w.ToMs)
	for _, r := range all {
		each(r.unit(s.k.labelNumber))
	}
	return err
}

// Standing implements funnel.Source: what is open now, and what was closed since.
func (s *source) Standing(atMs int64, each func(*funnel.Unit)) error {
	all, err := recordsWhere(s.t, `records f where f.campaign_id = $1 and f.record_no in
		(select o.record_no from records o where o.campaign_id = $2 and o.kind = $3 and o.thread = $4 and o.at_ms < $5
		union select r.record_no from moments m cross join records r where m.campaign_id = $6 and m.generation = $7 and m.at_ms >= $8
			and r.campaign_id = $9 and r.record_no = m.lead_no and r.kind = $10 and r.at_ms < $11)`,
		s.k.Number, s.k.Number, campaign.KindCase, campaign.OpenThread, atMs, s.k.Number, s.generation, atMs, s.k.Number, campaign.KindCase, atMs)
	for _, r := range all {
		each(r.unit(s.k.labelNumber))
	}
	return err
}

// Customers implements funnel.Source.
func (s *source) Customers(joined funnel.Window, gone bool, each func(*funnel.Unit)) error {
	threads := []string{campaign.LeftThread, campaign.StayingThread}
	if gone {
		threads = threads[:1]
	}
	for _, thread := range threads {
		all, err := recordsWhere(s.t, `records f where f.campaign_id = $1 and f.record_no in
			(select n.record_no from records n where n.campaign_id = $2 and n.kind = $3 and n.thread = $4 and n.at_ms >= $5 and n.at_ms < $6)`,
			s.k.Number, s.k.Number, campaign.KindCustomer, thread, joined.FromMs, joined.ToMs)
		if err != nil {
			return err
		}
		for _, r := range all {
			each(r.unit(s.k.labelNumber))
		}
	}
	return nil
}

// recordUnits reads records (from, to] of those a recount counts. Where it replaces
// what follows from the facts, their places are put right.
func recordUnits(t *tx, k *knowledge, from, to int64, replaces bool) (units []*funnel.Unit, err error) {
	all, err := recordsWhere(t, "records f where f.campaign_id = $1 and f.record_no > $2 and f.record_no <= $3", k.Number, from, to)
	if err != nil {
		return nil, err
	}
	for _, r := range all {
		if p := placeOf(r.fact); replaces && p != r.recordPlace {
			if err := t.exec("update records set at_ms = $1, thread = $2 where campaign_id = $3 and record_no = $4", p.atMs, nullText(p.thread), k.Number, r.number); err != nil {
				return nil, err
			}
		}
		units = append(units, r.unit(k.labelNumber))
	}
	return units, nil
}

// verifyRecords folds every record again, and compares where records stand with what
// they say.
func verifyRecords(v *Verification, p *proof, k *knowledge, last int64) error {
	w := p.provers[0]
	c := &verifying{Verification: v, proof: p, t: w.t, prover: w}
	for from := int64(0); from == 0 || from < last; from += stride {
		lower, upper := allOf(from, from+stride, last)
		all, err := recordsWhere(w.t, "records f where f.campaign_id = $1 and f.record_no > $2 and f.record_no <= $3", k.Number, lower, upper)
		if err != nil {
			return err
		}
		var moments map[int64][]int64
		if k.ofService() { // those of a campaign are its leads'
			if moments, err = c.momentsIn(lower, upper); err != nil {
				return err
			}
		}
		for _, r := range all {
			if says := placeOf(r.fact); says != r.recordPlace {
				v.differ(fmt.Sprintf("place of %s %s", r.fact.kind, r.ref), fmt.Sprint(r.recordPlace), fmt.Sprint(says))
			}
			u := r.unit(k.labelNumber)
			events := w.folder.Fold(u)
			w.tally.Add(&u.Lead, events)
			c.compareMoments(u.Number, moments[u.Number], momentsOf(events))
			delete(moments, u.Number)
		}
		for record, at := range moments {
			c.compareMoments(record, at, nil)
		}
		v.Records += int64(len(all))
		p.advance(int64(len(all)))
	}
	return nil
}

// numbered reads facts by number.
func (t *tx) numbered(k *knowledge, kind campaign.Kind, numbers []int64) ([]*fact, error) {
	if k.ofService() || kind == campaign.KindMeasure {
		all, err := readRecords(t, k.Number, "record_no", numbers)
		return factsOf(all), err
	}
	return readFacts(t, k, tableOf(kind), tableOf(kind).number, numbers)
}

func factsOf(all []*placed) []*fact {
	facts := make([]*fact, len(all))
	for i, r := range all {
		facts[i] = r.fact
	}
	return facts
}

// recordsAfter reads the next records of a kind after a number.
func recordsAfter(t *tx, campaignNumber int64, kind campaign.Kind, after int64, limit int) ([]*fact, error) {
	all, err := recordsWhere(t, `records f where f.campaign_id = $1 and f.kind = $2 and f.record_no > $3 and f.record_no <= coalesce(
		(select n.record_no from records n where n.campaign_id = $4 and n.kind = $5 and n.record_no > $6 order by n.record_no limit 1 offset $7), $8)`,
		campaignNumber, kind, after, campaignNumber, kind, after, limit-1, int64(1)<<62)
	return factsOf(all), err
}

// findRecord finds a fact of service by ref or id.
func findRecord(t *tx, k *knowledge, kind campaign.Kind, key string) (out Fact, err error) {
	if campaign.CheckRef(key) != nil {
		key = "" // no fact has such a ref, and not every engine looks up what is not even text
	}
	all, err := recordsWhere(t, "records f where f.campaign_id = $1 and f.ref = $2 and f.kind = $3", k.Number, key, kind)
	if number, ok := k.FactNumber(kind, key); ok && err == nil && len(all) == 0 {
		all, err = recordsWhere(t, "records f where f.campaign_id = $1 and f.record_no = $2 and f.kind = $3", k.Number, number, kind)
	}
	if err != nil {
		return out, err
	}
	if len(all) == 0 {
		what, ref := k.Named()
		return out, campaign.NotFoundf(kind.String(), "there is no %s %q in %s; check the ref", kind, key, strings.TrimSpace(what+" "+ref))
	}
	return describe(t, k, all[0].fact)
}
