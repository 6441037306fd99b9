package db

import (
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"ringside/campaign"
	"ringside/funnel"
)

// replay folds the campaign's facts as they were known at an instant: of each
// fact the versions that had arrived by then, under the configuration of today.
// It goes through the leads a slice at a time, as their histories have them, and takes
// back what arrived since. The knowledge that comes back also numbers texts that only
// older versions hold.
func replay(t *tx, k *knowledge, atUs int64) (*funnel.Book, *knowledge, error) {
	rates, err := t.ratesKnown(k.Number, atUs)
	if err != nil {
		return nil, nil, err
	}
	r := newReplaying(t, k.ratedBy(rates), atUs)
	if err := r.stringThreads(); err != nil {
		return nil, nil, err
	}
	if k.ofService() {
		book, err := funnel.NewBook(r.k.counted.rules(), r.records, nil)
		return book, r.k, err
	}
	if err := r.findSince(); err != nil {
		return nil, nil, err
	}
	var costs []funnel.CostEntry
	if err := r.all(campaign.KindCost, func(f *fact) {
		c := &f.content
		e := costEntry(f)
		if c.Given(campaign.CostAmount) && c.Int(campaign.CostVoid) != 1 && e.FromMs < e.ToMs {
			costs = append(costs, e)
		}
	}); err != nil {
		return nil, nil, err
	}
	leads := func(each func(*funnel.Unit)) error {
		if err := r.records(each); err != nil {
			return err
		}
		return r.leads(each)
	}
	book, err := funnel.NewBook(r.k.counted.rules(), leads, costs)
	return book, r.k, err
}

func newReplaying(t *tx, k *knowledge, atUs int64) *replaying {
	// What is learned on the way is learned by a copy, whose rules know it at once.
	b := &batch{t: t, k: k.clone(), ownsKnowledge: true, progress: progress{lastLabel: k.labels.last}, leadNumbers: map[string]int64{}}
	return &replaying{batch: b, atUs: atUs, since: map[campaign.Kind]*since{campaign.KindLead: {}, campaign.KindAttempt: {}}, came: map[int64][]funnel.Attempt{}}
}

// replaying is a replay under way. Its batch only translates texts to numbers.
type replaying struct {
	*batch
	atUs  int64
	since map[campaign.Kind]*since
	// came are the attempts that were another lead's then, by the lead; moved are they.
	came  map[int64][]funnel.Attempt
	moved numbers
	// kept are the leads as they were, packed as histories are, once all were gone
	// through, unless that is more than keptMost bytes.
	kept        []keptLead
	held        int
	whole, over bool
	// next says of records that have one what comes later in their thread.
	next []follows
}

// keptLead is a lead with its number.
type keptLead struct {
	number int64
	packed []byte
}

// keptMost bounds what a replay keeps of leads: those of some hundred thousand attempts.
// Of more it goes through the histories again.
const keptMost = 48 << 20

// since says which facts of a kind were not what they are: by a bit each, so that
// it takes little memory of however many facts.
type since struct {
	absent  numbers // nothing of them had arrived
	changed numbers // versions arrived since
}

// numbers is a set of facts' numbers.
type numbers []uint64

func (n *numbers) add(number int64) {
	for int64(len(*n)) <= number/64 {
		*n = append(*n, 0)
	}
	(*n)[number/64] |= 1 << (number % 64)
}

func (n numbers) has(number int64) bool {
	return number/64 < int64(len(n)) && n[number/64]&(1<<(number%64)) != 0
}

// findSince finds which facts were not what they are.
func (r *replaying) findSince() error {
	for kind, s := range r.since {
		tb := tableOf(kind)
		for _, of := range []struct {
			set  *numbers
			text string
			args []any
		}{{&s.absent, "select " + tb.number + " from " + tb.name + " where campaign_id = $1 and versions = 1 and arrived_us > $2", []any{r.k.Number, r.atUs}},
			{&s.changed, "select distinct fact_no from versions where campaign_id = $1 and kind = $2 and arrived_us > $3", []any{r.k.Number, kind, r.atUs}}} {
			if err := r.t.query(func(row *sqlx.Rows) error {
				var number int64
				err := row.Scan(&number)
				of.set.add(number)
				return err
			}, of.text, of.args...); err != nil {
				return err
			}
		}
	}
	return r.findMoved()
}

// findMoved finds the attempts that were another lead's.
func (r *replaying) findMoved() error {
	last := int64(len(r.since[campaign.KindAttempt].changed)) * 64
	for from := int64(0); from < last; from += 4096 {
		known, err := r.known(from, from+4095)
		if err != nil {
			return err
		}
		var moved []int64
		for number, versions := range known {
			leads := map[string]bool{}
			for i := range versions {
				if ref := versions[i].content.Text(campaign.AttemptLead); ref != "" {
					leads[ref] = true
				}
			}
			if len(leads) > 1 {
				moved = append(moved, number)
			}
		}
		if err := r.bringBack(moved); err != nil {
			return err
		}
	}
	return nil
}

// known reads the versions of the changed attempts [from, to], also those that
// arrived since.
func (r *replaying) known(from, to int64) (map[int64][]version, error) {
	changed, out := r.since[campaign.KindAttempt].changed, map[int64][]version{}
	if !slices.ContainsFunc(changed[min(int(from/64), len(changed)):min(int(to/64)+1, len(changed))], func(word uint64) bool { return word != 0 }) {
		return out, nil
	}
	return out, r.t.query(func(row *sqlx.Rows) error {
		var number int64
		v, err := scanVersion(row, campaign.KindAttempt, &number)
		if changed.has(number) {
			out[number] = append(out[number], v)
		}
		return err
	}, "select fact_no, "+versionColumns+` from versions
		where campaign_id = $1 and kind = $2 and fact_no >= $3 and fact_no <= $4 order by fact_no, version_no`,
		r.k.Number, campaign.KindAttempt, from, to)
}

// bringBack puts attempts under the leads they were of.
func (r *replaying) bringBack(moved []int64) error {
	slices.Sort(moved)
	facts, err := readFacts(r.t, r.k, attemptTable, attemptTable.number, moved)
	if err != nil || len(facts) == 0 {
		return err
	}
	if err := r.rewind(facts); err != nil {
		return err
	}
	var refs []string
	for _, f := range facts {
		r.moved.add(f.number)
		if complete(&f.content) {
			refs = append(refs, f.content.Text(campaign.AttemptLead))
		}
	}
	if err := r.findLeads(refs); err != nil {
		return err
	}
	for _, f := range facts {
		if err := r.learnCode(&f.content); err != nil {
			return err
		}
		if lead := r.leadOf(f); lead != 0 {
			r.came[lead] = append(r.came[lead], r.foldAttempt(f))
		}
	}
	return nil
}

// findLeads finds the numbers of leads by ref.
func (r *replaying) findLeads(refs []string) error {
	return lookup(r.t, r.k.Number, distinct(refs), "f.lead_no, f.ref", "leads f", "ref", func(row scanned) error {
		var number int64
		var ref string
		err := row.Scan(&number, &ref)
		r.leadNumbers[ref] = number
		return err
	})
}

// leads implements funnel.AllLeads.
func (r *replaying) leads(each func(*funnel.Unit)) error {
	if r.whole {
		for _, lead := range r.kept {
			u, err := unpackHistory(lead.number, lead.packed)
			if err != nil {
				return err
			}
			each(u)
		}
		return nil
	}
	var last int64
	if _, err := r.t.one([]any{&last}, "select last_lead_no from progress where campaign_id = $1", r.k.Number); err != nil {
		return err
	}
	for from := int64(0); from < last; from += slice {
		units, err := unpackSlice(r.t, r.k.Number, from, from+slice)
		if err != nil {
			return err
		}
		if err := r.takeBack(units); err != nil {
			return err
		}
		for _, u := range units {
			r.keep(u)
			each(u)
		}
	}
	r.whole = !r.over
	return nil
}

// keep keeps a lead for the next time.
func (r *replaying) keep(u *funnel.Unit) {
	if r.over {
		return
	}
	packed := packHistory(u)
	r.kept, r.held = append(r.kept, keptLead{u.Number, packed}), r.held+len(packed)
	if r.held > keptMost {
		r.kept, r.over = nil, true
	}
}

// takeBack takes leads back to what was known of them.
func (r *replaying) takeBack(units []*funnel.Unit) error {
	leads, attempts, err := r.knownOf(units)
	if err != nil {
		return err
	}
	absent := r.since[campaign.KindAttempt].absent
	for _, u := range units {
		if versions, changed := leads[u.Number]; changed || r.since[campaign.KindLead].absent.has(u.Number) {
			r.foldLead(&u.Lead, r.then(campaign.KindLead, u.Number, versions))
		}
		kept := u.Attempts[:0]
		for _, a := range u.Attempts {
			versions, changed := attempts[a.Number]
			switch {
			case absent.has(a.Number) || r.moved.has(a.Number):
			case !changed:
				kept = append(kept, a)
			default:
				f := r.then(campaign.KindAttempt, a.Number, versions)
				f.ref = a.Ref
				if !complete(&f.content) {
					continue
				}
				if err := r.learnCode(&f.content); err != nil {
					return err
				}
				kept = append(kept, r.foldAttempt(f))
			}
		}
		u.Attempts = append(kept, r.came[u.Number]...)
	}
	return nil
}

// knownOf reads the versions of what changed of leads and their attempts.
func (r *replaying) knownOf(units []*funnel.Unit) (leads, attempts map[int64][]version, err error) {
	var changed [2][]int64
	for _, u := range units {
		if r.since[campaign.KindLead].changed.has(u.Number) {
			changed[0] = append(changed[0], u.Number)
		}
		for i := range u.Attempts {
			if n := u.Attempts[i].Number; r.since[campaign.KindAttempt].changed.has(n) {
				changed[1] = append(changed[1], n)
			}
		}
	}
	if leads, err = r.versionsOfAll(campaign.KindLead, changed[0]); err == nil {
		attempts, err = r.versionsOfAll(campaign.KindAttempt, changed[1])
	}
	return leads, attempts, err
}

// versionsOfAll reads all versions of some facts, by number.
func (r *replaying) versionsOfAll(kind campaign.Kind, numbers []int64) (map[int64][]version, error) {
	out := map[int64][]version{}
	slices.Sort(numbers)
	return out, lookup(r.t, r.k.Number, numbers, "f.fact_no, f.version_no, f.updated_ms, f.arrived_us, f.content", "versions f", fmt.Sprintf("kind = %d and f.fact_no", kind), func(row scanned) error {
		var number int64
		v, err := scanVersion(row, kind, &number)
		out[number] = append(out[number], v)
		return err
	})
}

// then is what a fact was of which these versions are known by now.
func (r *replaying) then(kind campaign.Kind, number int64, versions []version) *fact {
	f := &fact{kind: kind, number: number, content: campaign.Content{Values: make([]campaign.Value, len(kind.Fields()))}}
	versions = slices.DeleteFunc(versions, func(v version) bool { return v.arrivedUs > r.atUs })
	if len(versions) > 0 {
		f.content, f.rank = mergeVersions(kind, versions)
	}
	return f
}

// all calls each fact of a kind as it was known.
func (r *replaying) all(kind campaign.Kind, each func(*fact)) error {
	tb := tableOf(kind)
	text := fmt.Sprintf("select %s from %s where f.campaign_id = $1 and f.%s > $2 order by f.%s limit 4096", tb.fields, tb.from, tb.number, tb.number)
	for last := int64(0); ; {
		var facts []*fact
		scan := tb.scanner(r.k)
		err := r.t.query(func(row *sqlx.Rows) error {
			f, err := scan(row)
			facts = append(facts, f)
			return err
		}, text, r.k.Number, last)
		if err != nil || len(facts) == 0 {
			return err
		}
		if err := r.rewind(facts); err != nil {
			return err
		}
		for _, f := range facts {
			each(f)
		}
		last = facts[len(facts)-1].number
	}
}

// rewind takes each fact back to what was known of it.
func (r *replaying) rewind(facts []*fact) error {
	kind := facts[0].kind
	known := map[int64][]version{}
	err := r.t.query(func(row *sqlx.Rows) error {
		var number int64
		v, err := scanVersion(row, kind, &number)
		if err == nil && v.arrivedUs <= r.atUs {
			known[number] = append(known[number], v)
		}
		return err
	}, "select fact_no, "+versionColumns+` from versions
		where campaign_id = $1 and kind = $2 and fact_no >= $3 and fact_no <= $4 order by fact_no, version_no`,
		r.k.Number, kind, facts[0].number, facts[len(facts)-1].number)
	if err != nil {
		return err
	}
	for _, f := range facts {
		switch versions := known[f.number]; {
		case f.versions == 1 && f.arrivedUs <= r.atUs:
		case len(versions) > 0:
			f.content, f.rank = mergeVersions(kind, versions)
		default:
			f.content = campaign.Content{Values: make([]campaign.Value, len(f.content.Values))}
		}
	}
	return nil
}
