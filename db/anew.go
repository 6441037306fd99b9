package db

import (
	"maps"
	"slices"

	"github.com/jmoiron/sqlx"

	"ringside/campaign"
)

// A message that is read anew, after its source's zone, fields or statuses were
// mended, takes back what it said before: what it says now stands in its place, as
// if it had come only now to be understood. It keeps its instant of arrival. So the
// facts are those of the newest mapping alone, whatever was read before and in
// whatever order; and what was known earlier is read by the mapping of now, as by the
// configuration of now.

// saidBefore is what a kept message said.
type saidBefore struct {
	kind campaign.Kind
	fact int64
	// arrivedUs is when all of it arrived, or 0 where that is not known.
	arrivedUs int64
	// refs are those of the facts that hold it.
	refs []string
}

// loadBefore reads what messages that are read anew said so far.
// Those kept before this was known are not among them: they only say more.
func (b *batch) loadBefore(messages []int64) error {
	if b.before = nil; len(messages) == 0 {
		return nil
	}
	b.before = map[int64]*saidBefore{}
	facts := map[campaign.Kind][]int64{}
	err := lookup(b.t, b.k.Number, messages, "f.message_no, f.kind, f.fact_no, f.arrived_us", "messages f", "message_no", func(row scanned) error {
		var number int64
		said := &saidBefore{}
		err := row.Scan(&number, &said.kind, &said.fact, &said.arrivedUs)
		if said.arrivedUs != 0 {
			b.before[number] = said
			facts[said.kind] = append(facts[said.kind], said.fact)
		}
		return err
	})
	for kind, numbers := range facts {
		name, number := "records", "record_no"
		if !kind.OfService() {
			name, number = tableOf(kind).name, tableOf(kind).number
		}
		refs := map[int64]string{}
		if err == nil {
			err = lookup(b.t, b.k.Number, numbers, "f."+number+", f.ref", name+" f", number, func(row scanned) error {
				var number int64
				var ref string
				err := row.Scan(&number, &ref)
				refs[number] = ref
				return err
			})
		}
		for _, said := range b.before {
			if ref := refs[said.fact]; said.kind == kind && ref != "" {
				said.refs = []string{ref}
			}
		}
	}
	return err
}

// calledBefore are the refs of all attempts that may hold what messages read anew
// said: an attempt that moved to a better name is stored under both.
func (b *batch) calledBefore() (refs []string, err error) {
	for _, said := range b.before {
		if said.kind != campaign.KindAttempt || len(said.refs) == 0 {
			continue
		}
		err := b.t.query(func(row *sqlx.Rows) error {
			var name string
			err := row.Scan(&name)
			said.refs = append(said.refs, name)
			return err
		}, `select a.ref from calls c join calls o on o.campaign_id = c.campaign_id and o.ref = c.ref join attempts a on a.campaign_id = c.campaign_id and a.ref = o.name
			where c.campaign_id = $1 and c.name = $2`, b.k.Number, said.refs[0])
		if err != nil {
			return nil, err
		}
		said.refs = distinct(said.refs)
		refs = append(refs, said.refs...)
	}
	return refs, nil
}

// unsay takes back what messages that are read anew said of the facts, which are
// loaded, and of the leads that they named.
func (b *batch) unsay() error {
	for _, number := range slices.Sorted(maps.Keys(b.before)) {
		said := b.before[number]
		own := func(v version) bool { return v.arrivedUs == said.arrivedUs && !v.moves() }
		var leads []string
		for _, ref := range said.refs {
			f := b.facts(said.kind)[ref]
			all, err := f.all(b.versionsOf)
			if err != nil {
				return err
			}
			for _, v := range all {
				if named := v.content.Text(campaign.AttemptLead); said.kind == campaign.KindAttempt && named != "" && own(v) {
					leads = append(leads, named)
				}
			}
			if err := f.drop(own, b.versionsOf); err != nil {
				return err
			}
		}
		leads = distinct(leads)
		if err := b.loadFacts(leadTable, slices.DeleteFunc(slices.Clone(leads), func(ref string) bool { return b.leads[ref] != nil })); err != nil {
			return err
		}
		for _, ref := range leads {
			b.leadNumbers[ref] = b.leads[ref].number
			if err := b.leads[ref].drop(own, b.versionsOf); err != nil {
				return err
			}
		}
	}
	return nil
}
