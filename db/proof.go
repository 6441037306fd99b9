package db

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/maphash"
	"maps"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/jmoiron/sqlx"

	"ringside/funnel"
)

// verifyMost is how many transactions a Verify reads through at most.
const verifyMost = 4

// proof shows in which slices of leads the histories, cohorts and moments are what
// the facts make, without putting attempts in order by lead. Every lead and every
// attempt has a fingerprint of 64 bits, drawn anew for each proof, which its row and
// its history agree on. For each slice the fingerprints of all rows are added up,
// and those of all histories: sums do not depend on the order in which they are
// read. Histories that agree with the facts are folded in their place.
//
// Several transactions on one state of the database read different parts at once.
type proof struct {
	campaign, generation int64
	lastLead, lastNumber int64
	seed                 maphash.Seed
	provers              []*prover
	leads, attempts      atomic.Int64

	mu       sync.Mutex
	slices   map[int64]*evidence // by number
	done, of int64
	report   Progress
}

// evidence is about one slice of leads.
type evidence struct {
	facts   uint64 // the sum of all leads and attempts, by their rows
	derived uint64 // the sum of all cohorts and moments, as stored
	// folded says that the histories agree with the facts and that the tally holds
	// them; equal that cohorts and moments do too.
	folded, equal bool
}

// prover reads through one transaction.
type prover struct {
	t      *tx
	folder funnel.Folder
	tally  *funnel.Tally
	packed []byte
	units  []*funnel.Unit
}

// What a fingerprint is of.
const (
	leadMark = iota
	attemptMark
	cohortMark
	momentMark
)

// stride is how many leads or attempts a prover takes at a time: whole slices.
const stride = 2 * slice

func newProof(k *knowledge, r recounting, ts []*tx, report Progress) *proof {
	p := &proof{campaign: k.Number, generation: r.generation, lastLead: r.last, lastNumber: r.attempts, seed: maphash.MakeSeed(),
		slices: map[int64]*evidence{}, of: r.attempts + r.last, report: report}
	for _, t := range ts {
		rules := k.counted.rules()
		p.provers = append(p.provers, &prover{t: t, folder: funnel.Folder{Rules: rules}, tally: funnel.NewTally(rules)})
	}
	return p
}

// print is the fingerprint of something about a lead.
func (p *proof) print(mark byte, lead int64, about []byte) uint64 {
	var h maphash.Hash
	var head [9]byte
	head[0] = mark
	binary.LittleEndian.PutUint64(head[1:], uint64(lead))
	h.SetSeed(p.seed)
	h.Write(head[:])
	h.Write(about)
	return h.Sum64()
}

func (p *proof) printInstant(mark byte, lead, at int64) uint64 {
	return p.print(mark, lead, binary.LittleEndian.AppendUint64(make([]byte, 0, 8), uint64(at)))
}

// at returns what is known of a slice.
func (p *proof) at(number int64) *evidence {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.slices[number]
	if e == nil {
		e = &evidence{}
		p.slices[number] = e
	}
	return e
}

// part is a stretch of the work: the rows with numbers (from, to].
type part struct {
	from, to int64
	read     func(w *prover, from, to int64) error
}

// parts cuts numbers into parts. The first and the last take in the numbers that
// nothing should stand under.
func parts(last int64, read func(w *prover, from, to int64) error) (all []part) {
	for from := int64(-1); from <= last; from += stride {
		all = append(all, part{from, from + stride, read})
	}
	all[0].from, all[len(all)-1].to = math.MinInt64, math.MaxInt64
	return all
}

// work has the provers take part after part until none is left.
func (p *proof) work(all []part) error {
	todo := make(chan part, len(all))
	for _, one := range all {
		todo <- one
	}
	close(todo)
	failed := make([]error, len(p.provers))
	var working sync.WaitGroup
	var stop atomic.Bool
	for i, w := range p.provers {
		working.Go(func() {
			for one := range todo {
				if stop.Load() {
					return
				}
				if failed[i] = one.read(w, one.from, one.to); failed[i] != nil {
					stop.Store(true)
				}
			}
		})
	}
	working.Wait()
	return errors.Join(failed...)
}

// gather adds up what the facts say, and the stored cohorts and moments.
func (p *proof) gather() error {
	all := append(parts(p.lastNumber, p.readAttempts), parts(p.lastLead, p.readLeads)...)
	return p.work(append(all, part{read: p.readMoments}))
}

// add adds sums of the slices that a prover has read.
func (p *proof) add(read map[int64]*evidence) {
	for number, e := range read {
		sum := p.at(number)
		p.mu.Lock()
		sum.facts += e.facts
		sum.derived += e.derived
		p.mu.Unlock()
	}
}

// sums gathers the evidence of one part.
type sums map[int64]*evidence

func (s sums) of(lead int64) *evidence {
	e := s[lead>>sliceBits]
	if e == nil {
		e = &evidence{}
		s[lead>>sliceBits] = e
	}
	return e
}

func (p *proof) readAttempts(w *prover, from, to int64) error {
	read, n := sums{}, int64(0)
	scan := attemptScanner()
	err := w.t.query(func(row *sqlx.Rows) error {
		lead, a, err := scan(row)
		w.packed = packAttempt(w.packed[:0], &a)
		read.of(lead).facts += p.print(attemptMark, lead, w.packed)
		n++
		return err
	}, "select "+attemptColumns+" from attempts f where f.campaign_id = $1 and f.attempt_no > $2 and f.attempt_no <= $3 and f.lead_no > 0", p.campaign, from, to)
	p.attempts.Add(n)
	p.add(read)
	p.advance(n)
	return err
}

func (p *proof) readLeads(w *prover, from, to int64) error {
	read, n := sums{}, int64(0)
	scan := leadScanner()
	err := w.t.query(func(row *sqlx.Rows) error {
		u, err := scan(row)
		w.packed = packLead(w.packed[:0], &u.Lead)
		e := read.of(u.Number)
		e.facts += p.print(leadMark, u.Number, w.packed)
		e.derived += p.printInstant(cohortMark, u.Number, u.storedCohortMs)
		n++
		return err
	}, "select "+leadColumns+" from leads f where f.campaign_id = $1 and f.lead_no > $2 and f.lead_no <= $3", p.campaign, from, to)
	p.leads.Add(n)
	p.add(read)
	return err
}

func (p *proof) readMoments(w *prover, _, _ int64) error {
	read := sums{}
	err := w.t.query(func(row *sqlx.Rows) error {
		var lead, at int64
		err := row.Scan(&lead, &at)
		read.of(lead).derived += p.printInstant(momentMark, lead, at)
		return err
	}, "select lead_no, at_ms from moments where campaign_id = $1 and generation = $2", p.campaign, p.generation)
	p.add(read)
	return err
}

// fold goes through the histories and folds those of every slice that agrees with
// the facts.
func (p *proof) fold() error { return p.work(parts(p.lastLead, p.readHistories)) }

func (p *proof) readHistories(w *prover, from, to int64) error {
	at, sum, sound, n := int64(0), uint64(0), true, int64(0)
	w.units = w.units[:0]
	settle := func() {
		p.settle(w, at, sum, sound)
		sum, sound, w.units = 0, true, w.units[:0]
	}
	err := w.t.query(func(row *sqlx.Rows) error {
		var lead int64
		var stored []byte
		if err := row.Scan(&lead, &stored); err != nil {
			return err
		}
		if number := lead >> sliceBits; number != at || n == 0 {
			if n > 0 {
				settle()
			}
			at = number
		}
		n++
		u, err := unpackHistory(lead, stored)
		if err != nil {
			sound = false // it is named later
			return nil
		}
		u.Sort()
		sum += p.printUnit(w, u)
		sound = sound && bytes.Equal(w.packed, stored)
		w.units = append(w.units, u)
		return nil
	}, "select lead_no, history from histories where campaign_id = $1 and lead_no > $2 and lead_no <= $3 order by lead_no", p.campaign, from, to)
	if err == nil && n > 0 {
		settle()
	}
	p.advance(n)
	return err
}

// printUnit adds up the fingerprints of a lead and its attempts, and packs them.
func (p *proof) printUnit(w *prover, u *funnel.Unit) uint64 {
	b := packLead(append(w.packed[:0], historyVersion), &u.Lead)
	sum := p.print(leadMark, u.Number, b[1:])
	b = binary.AppendUvarint(b, uint64(len(u.Attempts)))
	for i := range u.Attempts {
		from := len(b)
		b = packAttempt(b, &u.Attempts[i])
		sum += p.print(attemptMark, u.Number, b[from:])
	}
	w.packed = b
	return sum
}

// settle compares a slice's histories, of which sum is the sum, with the facts, and
// folds them when they are sound.
func (p *proof) settle(w *prover, number int64, sum uint64, sound bool) {
	e := p.at(number)
	if !sound || sum != e.facts {
		return
	}
	derived := uint64(0)
	for _, u := range w.units {
		events := w.folder.Fold(u)
		w.tally.Add(&u.Lead, events)
		derived += p.printInstant(cohortMark, u.Number, cohortMs(u))
		for _, at := range momentsOf(events) {
			derived += p.printInstant(momentMark, u.Number, at)
		}
	}
	e.folded, e.equal = true, derived == e.derived
}

// unequal returns the slices in which something differs, in order.
func (p *proof) unequal() (numbers []int64) {
	for _, number := range slices.Sorted(maps.Keys(p.slices)) {
		if !p.slices[number].equal {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

// cells returns what all provers have tallied, in order.
func (p *proof) cells() (all []funnel.Cell) {
	for _, w := range p.provers {
		all = mergeCells(all, w.tally.Cells())
	}
	return all
}

// mergeCells adds up cells that are each in order.
func mergeCells(a, b []funnel.Cell) []funnel.Cell {
	if len(a) == 0 {
		return b
	}
	all := make([]funnel.Cell, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch order := a[0].Compare(b[0].CellKey); {
		case order < 0:
			all, a = append(all, a[0]), a[1:]
		case order > 0:
			all, b = append(all, b[0]), b[1:]
		default:
			both := funnel.Cell{CellKey: a[0].CellKey}
			for p := range both.Parts {
				both.Parts[p] = a[0].Parts[p].Merge(b[0].Parts[p])
			}
			all, a, b = append(all, both), a[1:], b[1:]
		}
	}
	return append(append(all, a...), b...)
}

// advance tells how far the proof has come.
func (p *proof) advance(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done = min(p.done+n, p.of); p.report != nil {
		p.report(p.done, p.of)
	}
}
