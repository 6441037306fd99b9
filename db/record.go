package db

import (
	"cmp"
	"slices"

	"ringside/campaign"
	"ringside/funnel"
)

// What a Record answers, as campaign defines it.
type (
	Receipt = campaign.Receipt
	Refusal = campaign.Refused
)

// batch is what one write transaction does to one campaign.
type batch struct {
	t *tx
	k *knowledge
	// lockRow ends what is read and must not change until the batch is committed; it is
	// empty in a batch that writes nothing.
	lockRow string
	posts   []*post
	// ownsKnowledge says that k was copied for this batch and may be changed.
	ownsKnowledge bool
	newLabels     []int64
	progress

	leads       map[string]*fact // posted or described in this batch, by ref
	leadNumbers map[string]int64 // every lead named in this batch, by ref
	newLeads    map[int64]bool   // those made in this batch, by number
	histories   map[int64][]byte // packed, of leads found by ref, by number
	attempts    map[string]*fact
	costs       map[string]*fact
	records     map[campaign.Kind]map[string]*fact // facts of service
	units       map[int64]*unitChange
	dncs        map[int64][]ask // what leads asked, by number
	calls       calls
	newCodes    []newCode
	kept        [][]messageState // the messages of each post, in order
	same        *keptMessages
	closed      map[string][]closedMonth // by currency, as far as they were asked for
	before      map[int64]*saidBefore    // what messages read anew said so far, by their number
	arrivals    []arrival                // where somebody else began to post
}

// unitChange is a lead's history before and after the batch.
type unitChange struct {
	before, after *funnel.Unit
}

func newBatch(t *tx, k *knowledge) *batch {
	return &batch{t: t, k: k, lockRow: t.lockRow, leads: map[string]*fact{}, leadNumbers: map[string]int64{}, newLeads: map[int64]bool{}, histories: map[int64][]byte{},
		attempts: map[string]*fact{}, costs: map[string]*fact{}, units: map[int64]*unitChange{}, dncs: map[int64][]ask{},
		calls: calls{}}
}

// record merges the posts into facts in hand.
func (b *batch) record() error {
	if err := b.findSame(); err != nil {
		return err
	}
	var all []*campaign.Version
	var named []naming
	accepted := make([][]*campaign.Version, len(b.posts))
	b.kept = make([][]messageState, len(b.posts))
	for i, p := range b.posts {
		var err error
		if p.messages == nil {
			if accepted[i], err = b.accept(p); err != nil {
				return err
			}
		} else {
			var names []naming
			if accepted[i], b.kept[i], names, err = b.acceptMessages(p); err != nil {
				return err
			}
			named = append(named, names...)
		}
		all = append(all, accepted[i]...)
	}
	if err := b.resolveIDs(all); err != nil {
		return err
	}
	before, err := b.calledBefore()
	if err != nil {
		return err
	}
	if err := b.nameCalls(b.nameOthers(all, named), before); err != nil {
		return err
	}
	all = all[:0]
	for i := range accepted {
		accepted[i] = b.rename(accepted[i])
		all = append(all, accepted[i]...)
	}
	if err := b.load(all); err != nil {
		return err
	}
	if err := b.unsay(); err != nil {
		return err
	}
	if err := b.returnMoved(); err != nil {
		return err
	}
	if err := b.moveAttempts(); err != nil {
		return err
	}
	for i, p := range b.posts {
		if err := b.countPost(p, accepted[i], b.kept[i]); err != nil {
			return err
		}
	}
	return nil
}

// countPost takes the versions of a post, those of each of its messages at one
// instant.
func (b *batch) countPost(p *post, versions []*campaign.Version, kept []messageState) error {
	b.postBy(p.by)
	if p.messages == nil {
		for _, v := range versions {
			if err := b.count(&p.receipt, v, b.arrives(), false); err != nil {
				return err
			}
		}
	}
	for i := range kept {
		m := &kept[i]
		for _, v := range versions[m.from:m.to] {
			if m.arrivedUs == 0 {
				m.arrivedUs = b.arrives()
			}
			m.kind, m.fact = v.Kind, b.facts(v.Kind)[v.Ref].number
			if err := b.count(&p.receipt, v, m.arrivedUs, true); err != nil {
				return err
			}
		}
	}
	return nil
}

// arrives is the next instant of the campaign's arrival clock, which never repeats.
func (b *batch) arrives() int64 {
	b.arrivedUs++
	return b.arrivedUs
}

// accept begins the post's receipt and returns its versions that are not refused:
// none of an atomic post with any that is.
func (b *batch) accept(p *post) ([]*campaign.Version, error) {
	p.receipt = Receipt{}
	good := make([]*campaign.Version, 0, len(p.versions))
	for i, v := range p.versions {
		wrong := v.SettleMoney(b.k.Currency, b.k.Digits())
		if wrong == nil {
			wrong = b.refuseBoth(v)
		}
		v.Disown() // it is this one's
		if wrong == nil {
			var err error
			if wrong, err = b.refuseClosed(v); err != nil {
				return nil, err
			}
		}
		if wrong != nil {
			p.receipt.Rejected = append(p.receipt.Rejected, Refusal{Index: i, Err: wrong})
			continue
		}
		good = append(good, v)
	}
	if p.atomic && len(p.receipt.Rejected) > 0 {
		return nil, nil
	}
	return good, nil
}

// count takes a version and adds what it did to its post's receipt.
func (b *batch) count(receipt *Receipt, v *campaign.Version, arrivedUs int64, message bool) error {
	if code := v.Text(campaign.AttemptDisposition); v.Kind == campaign.KindAttempt && code != "" {
		if _, mapped := b.k.wanted.meaning(&v.Content); !mapped && !slices.Contains(receipt.Unmapped, code) {
			receipt.Unmapped = append(receipt.Unmapped, code)
		}
	}
	effect, err := b.take(v, arrivedUs, message)
	if err != nil {
		return err
	}
	switch effect {
	case created:
		receipt.Created++
	case updated:
		receipt.Updated++
	default:
		receipt.Unchanged++
	}
	return nil
}

// load reads every fact the posts name.
func (b *batch) load(posts []*campaign.Version) error {
	wanted := map[campaign.Kind][]string{}
	var named []string
	for _, v := range posts {
		wanted[v.Kind] = append(wanted[v.Kind], v.Ref)
		if v.Lead != nil {
			wanted[campaign.KindLead] = append(wanted[campaign.KindLead], v.Lead.Ref)
		} else if v.Kind == campaign.KindAttempt && v.Given(campaign.AttemptLead) {
			named = append(named, v.Text(campaign.AttemptLead))
		}
	}
	for _, m := range b.calls.moves() {
		wanted[campaign.KindAttempt] = append(wanted[campaign.KindAttempt], m.from, m.to)
	}
	for _, said := range b.before {
		wanted[said.kind] = append(wanted[said.kind], said.refs...)
	}
	for _, tb := range []*table{leadTable, attemptTable, costTable} {
		if err := b.loadFacts(tb, distinct(wanted[tb.kind])); err != nil {
			return err
		}
	}
	for ref, f := range b.leads {
		b.leadNumbers[ref] = f.number
	}
	return b.numberLeads(named)
}

// distinct returns each of the texts once, in order.
func distinct(texts []string) []string {
	slices.Sort(texts)
	return slices.Compact(texts)
}

func (b *batch) facts(kind campaign.Kind) map[string]*fact {
	switch kind {
	case campaign.KindLead:
		return b.leads
	case campaign.KindAttempt:
		return b.attempts
	case campaign.KindCost:
		return b.costs
	}
	return b.recordsOf(kind)
}

func (b *batch) counter(kind campaign.Kind) *int64 {
	switch kind {
	case campaign.KindLead:
		return &b.lastLead
	case campaign.KindAttempt:
		return &b.lastAttempt
	}
	return &b.lastCost
}

// loadFacts reads facts by ref and numbers those that are new.
func (b *batch) loadFacts(tb *table, refs []string) error {
	if len(refs) == 0 {
		return nil
	}
	facts := b.facts(tb.kind)
	scan := tb.scanner(b.k)
	err := lookup(b.t, b.k.Number, refs, tb.fields, tb.from, "ref", func(row scanned) error {
		f, err := scan(row)
		if err == nil {
			facts[f.ref] = f
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, ref := range refs {
		if facts[ref] == nil {
			*b.counter(tb.kind)++
			// A lead is known from being named; everything else once it says something.
			facts[ref] = &fact{kind: tb.kind, number: *b.counter(tb.kind), ref: ref, arrivedUs: b.arrivedUs, dirty: tb.kind == campaign.KindLead}
			if tb.kind == campaign.KindLead {
				b.newLeads[facts[ref].number] = true
			}
		}
	}
	if tb.kind == campaign.KindAttempt {
		return b.findOrigins()
	}
	return nil
}

// numberLeads finds the numbers of leads that are named and not found yet, making
// those that are not known. It uses up refs.
func (b *batch) numberLeads(refs []string) error {
	refs = slices.DeleteFunc(distinct(refs), func(ref string) bool { _, found := b.leadNumbers[ref]; return found })
	var number int64
	var ref string
	var packed []byte
	dest := []any{&number, &ref, &packed}
	// Who is named will mostly be dialed: its history is read along, but looked into
	// only then, as a rebuild names leads whose histories are still of another layout.
	const from = "leads f left join histories h on h.campaign_id = f.campaign_id and h.lead_no = f.lead_no"
	err := lookup(b.t, b.k.Number, refs, "f.lead_no, f.ref, h.history", from, "ref", func(row scanned) error {
		err := row.Scan(dest...)
		if b.leadNumbers[ref] = number; packed != nil {
			b.histories[number] = packed
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, ref := range refs {
		if _, ok := b.leadNumbers[ref]; ok {
			continue
		}
		b.lastLead++
		b.leadNumbers[ref] = b.lastLead
		b.newLeads[b.lastLead] = true
		b.leads[ref] = &fact{kind: campaign.KindLead, number: b.lastLead, ref: ref, arrivedUs: b.arrivedUs, dirty: true}
	}
	return nil
}

// findOrigins remembers in whose history each loaded attempt stands.
func (b *batch) findOrigins() error {
	var refs []string
	for _, f := range b.attempts {
		if complete(&f.content) {
			refs = append(refs, f.content.Text(campaign.AttemptLead))
		}
	}
	if err := b.numberLeads(refs); err != nil {
		return err
	}
	for _, f := range b.attempts {
		if complete(&f.content) {
			f.origin = b.leadOf(f)
		}
	}
	return nil
}

// complete reports whether an attempt counts: some version of it was more than
// an outcome.
func complete(c *campaign.Content) bool { return c.Given(campaign.AttemptLead) }

// resolveIDs replaces server ids in posts by the refs they stand for. A text
// that looks like an id but is none of ours is a ref like any other.
func (b *batch) resolveIDs(posts []*campaign.Version) error {
	for _, v := range posts {
		if err := b.resolve(v.Kind, v.Kind != campaign.KindCost, &v.Ref); err != nil {
			return err
		}
		if v.Kind != campaign.KindAttempt || !v.Given(campaign.AttemptLead) {
			continue
		}
		lead := &v.Values[campaign.AttemptLead].Text
		if err := b.resolve(campaign.KindLead, true, lead); err != nil {
			return err
		}
		if v.Lead != nil {
			v.Lead.Ref = *lead
		}
	}
	return nil
}

func (b *batch) resolve(kind campaign.Kind, applies bool, ref *string) error {
	if !applies || len(*ref) != 36 {
		return nil
	}
	number, ok := b.k.FactNumber(kind, *ref)
	if !ok {
		return nil
	}
	found, ok, err := refOf(b.t, b.k.Number, kind, number)
	if ok {
		*ref = found
	}
	return err
}

// refOf finds the ref of a fact by its number.
func refOf(t *tx, campaignNumber int64, kind campaign.Kind, number int64) (ref string, ok bool, err error) {
	text := map[campaign.Kind]string{
		campaign.KindLead:    "select ref from leads where campaign_id = $1 and lead_no = $2",
		campaign.KindAttempt: "select ref from attempts where campaign_id = $1 and attempt_no = $2",
	}[kind]
	if kind.OfService() {
		text = "select ref from records where campaign_id = $1 and record_no = $2"
	}
	ok, err = t.one([]any{&ref}, text, campaignNumber, number)
	return ref, ok, err
}

// take merges one post.
func (b *batch) take(v *campaign.Version, arrivedUs int64, message bool) (effect, error) {
	rank := campaign.Rank{AtUs: arrivedUs}
	if v.UpdatedMs != campaign.None {
		rank = campaign.Rank{AtUs: v.UpdatedMs * 1000, Dated: true}
	}
	said := version{rank: rank, arrivedUs: arrivedUs, content: v.Content, message: message}
	if v.Lead != nil && v.Lead.Named != 0 {
		lead := said
		lead.content = v.Lead.Content
		if _, err := b.leads[v.Lead.Ref].take(lead, b.versionsOf); err != nil {
			return 0, err
		}
	}
	f := b.facts(v.Kind)[v.Ref]
	known := b.exists(f)
	effect, err := f.take(said, b.versionsOf)
	if !known && b.exists(f) {
		effect = created
	}
	return effect, err
}

// exists reports whether the fact has been posted as itself: an attempt by more
// than an outcome, a lead by more than an attempt that names it.
func (b *batch) exists(f *fact) bool {
	switch f.kind {
	case campaign.KindLead:
		return f.content.Given(campaign.LeadPosted)
	case campaign.KindAttempt:
		return complete(&f.content)
	}
	return f.versions > 0
}

// versionsOf reads the stored versions of one fact.
func (b *batch) versionsOf(f *fact) ([]version, error) {
	return versionsOf(b.t, b.k.Number, f.kind, f.number)
}

// changed reports whether the batch has anything to write.
func (b *batch) changed() bool {
	dirty := func(facts map[string]*fact) bool {
		for _, f := range facts {
			if f.dirty {
				return true
			}
		}
		return false
	}
	for _, facts := range b.records {
		if dirty(facts) {
			return true
		}
	}
	return slices.ContainsFunc(b.kept, func(of []messageState) bool { return len(of) > 0 }) || dirty(b.leads) || dirty(b.attempts) || dirty(b.costs)
}

// changedFacts returns the facts to write, by number.
func changedFacts(facts map[string]*fact) []*fact {
	out := make([]*fact, 0, len(facts))
	for _, f := range facts {
		if f.dirty {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b *fact) int { return cmp.Compare(a.number, b.number) })
	return out
}
