package db

import (
	"maps"
	"math"
	"slices"

	"ringside/campaign"
)

// Dialers name one call in several ways: a leg's key, a channel's, a log's. Names
// that any message gives together mean one call, whoever sent it and in whatever
// order; the attempt's ref is the best of them all. That is decided by the names
// alone, so it comes out alike in any order: where a message joins two attempts,
// or brings a better name, all versions are said again under the best name, by the
// same ranks, and the other attempt is void.

// How good a name is as the attempt's ref: a further name, a leg's or a log's own
// key, a call's only key, and a call's own key beside others.
const (
	weightFurther int64 = iota
	weightLeg
	weightOnly
	weightOwn
)

// naming is one statement that names mean one call.
type naming struct {
	names []string
	leg   bool
}

func (n *naming) weight() int64 {
	switch {
	case n.leg:
		return weightLeg
	case len(n.names) > 1:
		return weightOwn
	}
	return weightOnly
}

// dialled is a set of names that mean one call.
type dialled struct {
	ref    string
	weight int64 // of ref
	names  []*callName
	// was are the refs under which attempts of the call are stored.
	was []string
}

type callName struct {
	name   string
	weight int64
	of     *dialled
	// storedRef and storedWeight are the name's row, "" where it has none.
	storedRef    string
	storedWeight int64
}

// better reports whether a name is a better ref than that of the call.
func (c *dialled) better(name string, weight int64) bool {
	return weight > c.weight || weight == c.weight && name < c.ref
}

// calls are the names in hand.
type calls map[string]*callName

// nameCalls finds the attempts that the statements are about. Posts of attempts
// themselves are statements too, once any call of the campaign has several names.
// others are names to be known though nothing is said of them.
func (b *batch) nameCalls(said []naming, others []string) error {
	if !b.named && !slices.ContainsFunc(said, func(n naming) bool { return len(n.names) > 1 || n.leg }) {
		return nil
	}
	wanted := others
	for _, n := range said {
		wanted = append(wanted, n.names...)
	}
	if err := b.loadCalls(distinct(wanted)); err != nil {
		return err
	}
	if err := b.findUnnamed(said); err != nil {
		return err
	}
	for _, n := range said {
		b.calls.join(&n)
	}
	return nil
}

// nameOthers adds to what messages call their calls the refs of attempts that were
// posted as such.
func (b *batch) nameOthers(all []*campaign.Version, named []naming) []naming {
	if !b.named && len(named) == 0 {
		return nil
	}
	said := map[string]bool{}
	for _, n := range named {
		said[n.names[0]] = true
	}
	for _, v := range all {
		if v.Kind == campaign.KindAttempt && !said[v.Ref] {
			said[v.Ref] = true
			named = append(named, naming{names: []string{v.Ref}})
		}
	}
	return named
}

// rename puts versions under the refs of the attempts that they mean. They are
// copied, as a transaction that is run again may find other names.
func (b *batch) rename(posts []*campaign.Version) []*campaign.Version {
	for i, v := range posts {
		if v.Kind != campaign.KindAttempt {
			continue
		}
		if ref := b.calls.refOf(v.Ref); ref != v.Ref {
			renamed := *v
			renamed.Ref = ref
			posts[i] = &renamed
		}
	}
	return posts
}

// loadCalls reads the rows of names, and with each its call's ref.
func (b *batch) loadCalls(names []string) error {
	refs := map[string]bool{}
	read := func(row scanned) error {
		var n callName
		if err := row.Scan(&n.name, &n.storedRef, &n.storedWeight); err != nil {
			return err
		}
		n.weight = n.storedWeight
		b.calls[n.name] = &n
		refs[n.storedRef] = true
		return nil
	}
	const fields = "f.name, f.ref, f.weight"
	if err := lookup(b.t, b.k.Number, names, fields, "calls f", "name", read); err != nil {
		return err
	}
	maps.DeleteFunc(refs, func(ref string, _ bool) bool { return b.calls[ref] != nil })
	if err := lookup(b.t, b.k.Number, slices.Sorted(maps.Keys(refs)), fields, "calls f", "name", read); err != nil {
		return err
	}
	of := map[string]*dialled{}
	for _, n := range b.calls {
		c := of[n.storedRef]
		if c == nil {
			c = &dialled{ref: n.storedRef, weight: b.calls[n.storedRef].weight, was: []string{n.storedRef}}
			of[n.storedRef] = c
		}
		n.of = c
		c.names = append(c.names, n)
	}
	for _, name := range names {
		if b.calls[name] == nil {
			n := &callName{name: name}
			n.of = &dialled{ref: name, names: []*callName{n}}
			b.calls[name] = n
		}
	}
	return nil
}

// findUnnamed finds the attempts of calls that had one name so far and now get more.
func (b *batch) findUnnamed(said []naming) error {
	alone := map[string]bool{}
	for _, n := range said {
		if len(n.names) > 1 || n.leg {
			for _, name := range n.names {
				if b.calls[name].storedRef == "" {
					alone[name] = true
				}
			}
		}
	}
	return lookup(b.t, b.k.Number, slices.Sorted(maps.Keys(alone)), "f.ref", "attempts f", "ref", func(row scanned) error {
		var ref string
		err := row.Scan(&ref)
		if n := b.calls[ref]; n != nil {
			n.weight, n.of.weight, n.of.was = weightOnly, weightOnly, []string{ref}
		}
		return err
	})
}

// join makes one call of all that a statement names.
func (all calls) join(said *naming) {
	own := all[said.names[0]]
	into := own.of
	for _, name := range said.names[1:] {
		other := all[name].of
		if other == into {
			continue
		}
		for _, n := range other.names {
			n.of = into
		}
		into.names = append(into.names, other.names...)
		into.was = append(into.was, other.was...)
		if into.better(other.ref, other.weight) {
			into.ref, into.weight = other.ref, other.weight
		}
	}
	own.weight = max(own.weight, said.weight())
	if into.better(own.name, own.weight) {
		into.ref, into.weight = own.name, own.weight
	}
}

// refOf is the ref of the attempt that a name means.
func (all calls) refOf(name string) string {
	if n := all[name]; n != nil {
		return n.of.ref
	}
	return name
}

// attemptMove is an attempt that goes on under a better name.
type attemptMove struct{ from, to string }

// moves lists the attempts whose call got a better name, in order.
func (all calls) moves() (moves []attemptMove) {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		n := all[name]
		if slices.Contains(n.of.was, name) && n.of.ref != name {
			moves = append(moves, attemptMove{name, n.of.ref})
		}
	}
	return moves
}

// movedUs ranks the version that makes a moved attempt void: above every instant, and
// like those of all dated versions in whole milliseconds.
const movedUs = math.MaxInt64 / 2000 * 1000

// moves reports whether a version is the one that makes a moved attempt void.
func (v version) moves() bool { return v.rank.AtUs >= movedUs }

// moveAttempts says again what was said of attempts under worse names. Their facts
// are loaded.
func (b *batch) moveAttempts() error {
	for _, m := range b.calls.moves() {
		from, to := b.attempts[m.from], b.attempts[m.to]
		if from.versions == 0 || from.rank.AtUs >= movedUs {
			continue // nothing was said of it, or it was moved before
		}
		all, err := from.all(b.versionsOf)
		if err != nil {
			return err
		}
		// All of it arrived when it did, the move with the first of it: the names that are
		// known now are good for the past, too.
		first := from.arrivedUs
		for _, v := range slices.Clone(all) {
			first = min(first, v.arrivedUs)
			v.message = true // only what was moved here before is here already
			if _, err := to.take(v, b.versionsOf); err != nil {
				return err
			}
		}
		if err := b.setMoved(from, first); err != nil {
			return err
		}
	}
	return nil
}

// returnMoved takes back that an attempt is void by a move: its name turned out to be
// the best after all.
func (b *batch) returnMoved() error {
	for _, f := range b.attempts {
		if f.rank.AtUs < movedUs || b.calls.refOf(f.ref) != f.ref {
			continue
		}
		if err := f.drop(version.moves, b.versionsOf); err != nil {
			return err
		}
	}
	return nil
}

// setMoved makes an attempt void because it goes on under another name.
func (b *batch) setMoved(f *fact, arrivedUs int64) error {
	said := campaign.Content{Named: campaign.FieldSet(0).With(campaign.AttemptVoid), Values: make([]campaign.Value, len(campaign.KindAttempt.Fields()))}
	said.Values[campaign.AttemptVoid].Int = 1
	_, err := f.take(version{rank: campaign.Rank{AtUs: movedUs, Dated: true}, arrivedUs: arrivedUs, content: said}, b.versionsOf)
	return err
}

// writeCalls stores the names that are new, better, or of another attempt now. A
// call's only key needs no row.
func (b *batch) writeCalls() error {
	for _, m := range b.calls.moves() {
		if err := b.t.exec("update calls set ref = $1 where campaign_id = $2 and ref = $3", m.to, b.k.Number, m.from); err != nil {
			return err
		}
	}
	in := b.t.into("insert into calls (campaign_id, name, ref, weight) values ", 4,
		" on conflict (campaign_id, name) do update set ref = excluded.ref, weight = excluded.weight")
	for _, name := range slices.Sorted(maps.Keys(b.calls)) {
		n := b.calls[name]
		if !n.changed() {
			continue
		}
		b.named = true
		if err := in.row(b.k.Number, name, n.of.ref, n.weight); err != nil {
			return err
		}
	}
	return in.flush()
}

// changed reports whether the name's row is to be written.
func (n *callName) changed() bool {
	if n.storedRef == "" {
		return len(n.of.names) > 1 || n.weight == weightLeg
	}
	return n.storedRef != n.of.ref || n.storedWeight != n.weight
}
