package db

import (
	"cmp"
	"hash/fnv"
	"slices"

	"ringside/campaign"
	"ringside/funnel"
)

// strung is a record in its thread, as small as it can be told: the past has other threads
// than the present, so they are strung anew, and there may be millions.
type strung struct {
	// thread stands for the kind and the text; of 128 bits, so that no two meet.
	thread [2]uint64
	atMs   int64
	number int64
}

// follows is the first later instant in a record's thread.
type follows struct{ number, atMs int64 }

func strungOf(p recordPlace, number int64) strung {
	h := fnv.New128a()
	h.Write([]byte{byte(p.kind)})
	h.Write([]byte(p.thread))
	sum := h.Sum(nil)
	s := strung{atMs: p.atMs, number: number}
	for i, b := range sum {
		s.thread[i/8] = s.thread[i/8]<<8 | uint64(b)
	}
	return s
}

// stringThreads finds what follows each record in its thread, as it was known.
func (r *replaying) stringThreads() error {
	var all []strung
	err := r.eachRecord(func(f *fact) {
		if p := placeOf(f); p.thread != "" {
			all = append(all, strungOf(p, f.number))
		}
	})
	r.next = following(all)
	return err
}

// following are the records that have a later one in their thread, in order of number.
func following(all []strung) (next []follows) {
	slices.SortFunc(all, func(a, b strung) int {
		return cmp.Or(cmp.Compare(a.thread[0], b.thread[0]), cmp.Compare(a.thread[1], b.thread[1]), cmp.Compare(b.atMs, a.atMs))
	})
	later, at := campaign.None, campaign.None // the instant after that of the record before, and that itself
	for i, s := range all {
		switch {
		case i == 0 || all[i-1].thread != s.thread:
			later = campaign.None
		case at != s.atMs:
			later = at
		}
		if at = s.atMs; later != campaign.None {
			next = append(next, follows{s.number, later})
		}
	}
	slices.SortFunc(next, func(a, b follows) int { return cmp.Compare(a.number, b.number) })
	return next
}

// records implements funnel.AllLeads for what stands by itself: it goes through the records
// as they were known, a slice at a time.
func (r *replaying) records(each func(*funnel.Unit)) error {
	return r.eachRecord(func(f *fact) {
		one := &placed{f, placeOf(f), campaign.None}
		if at, found := slices.BinarySearchFunc(r.next, f.number, func(n follows, number int64) int { return cmp.Compare(n.number, number) }); found {
			one.next = r.next[at].atMs
		}
		each(one.unit(func(l label) int64 { return r.label(l.kind, l.body) }))
	})
}

// eachRecord calls each record that was known, kind by kind.
func (r *replaying) eachRecord(each func(*fact)) error {
	for _, kind := range campaign.ServiceKinds {
		for after := int64(0); ; {
			facts, err := recordsAfter(r.t, r.k.Number, kind, after, 4096)
			if err != nil {
				return err
			}
			if len(facts) == 0 {
				break
			}
			if err := r.rewind(facts); err != nil {
				return err
			}
			for _, f := range facts {
				if f.content.Named != 0 {
					each(f)
				}
			}
			after = facts[len(facts)-1].number
		}
	}
	return nil
}
