package db

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"ringside/campaign"
	"ringside/funnel"
)

// placed is a fact of service, a record: a unit of folding by itself. It stands in one table
// with all others of its queue, packed by the field table of its kind.
type placed struct {
	*fact
	recordPlace
	// next is the first later instant in its thread, as stored; campaign.None for none.
	next int64
}

// recordPlace is where a record stands: what others of its thread are counted by.
type recordPlace struct {
	kind   campaign.Kind
	thread string
	atMs   int64
}

func placeOf(f *fact) recordPlace {
	return recordPlace{f.kind, f.content.Thread(f.kind), f.content.PlacedMs(f.kind)}
}

// looksAhead reports whether what a record adds depends on those after it in its thread.
func (p recordPlace) looksAhead() bool { return p.thread != "" && p.kind.LooksAhead() }

// recordColumns are what scanRecord reads of f. A record's thread is looked ahead in.
const recordColumns = `f.record_no, f.kind, f.ref, f.content, f.ranked_us, f.dated, f.arrived_us, f.versions, f.at_ms, coalesce(f.thread, ''),
	(select min(n.at_ms) from records n where n.campaign_id = f.campaign_id and n.kind = f.kind and n.thread = f.thread and n.at_ms > f.at_ms)`

func scanRecord(row scanned) (*placed, error) {
	f := &fact{stored: true}
	r := &placed{fact: f}
	var content []byte
	var next nullInt
	var kind int64
	if err := row.Scan(&f.number, &kind, &f.ref, &content, &f.rank.AtUs, &f.rank.Dated, &f.arrivedUs, &f.versions, &r.atMs, &r.thread, &next); err != nil {
		return nil, err
	}
	f.kind = campaign.Kind(kind)
	r.recordPlace.kind, r.next = f.kind, known(next)
	var err error
	if f.content, err = campaign.Unpack(f.kind, content); err != nil {
		err = fmt.Errorf("%s %s: %w", f.kind, f.ref, err)
	}
	return r, err
}

// recordTexts are the fields of each kind whose texts are numbered for folding, -1
// where it has none.
var recordTexts = map[campaign.Kind]struct{ agent, channel, topic, queue, own int }{
	campaign.KindCall:     {campaign.CallAgent, campaign.CallChannel, campaign.CallTopic, -1, -1},
	campaign.KindSurvey:   {campaign.SurveyAgent, -1, -1, campaign.SurveyQueue, -1},
	campaign.KindReview:   {campaign.ReviewAgent, -1, -1, -1, -1},
	campaign.KindCase:     {campaign.CaseAssignee, campaign.CaseChannel, campaign.CaseTopic, campaign.CaseQueue, -1},
	campaign.KindCustomer: {-1, -1, -1, -1, -1},
	campaign.KindSearch:   {-1, -1, -1, -1, -1},
	campaign.KindState:    {campaign.StateAgent, -1, -1, -1, -1},
	campaign.KindMeasure:  {-1, -1, -1, -1, campaign.MeasureName},
}

// unit is the record as it is folded. number gives the numbers of texts.
func (r *placed) unit(number func(label) int64) *funnel.Unit {
	of, c := recordTexts[r.fact.kind], &r.content
	text := func(field int, kind labelKind) int64 {
		if field < 0 || !c.Given(field) {
			return 0
		}
		return number(label{kind, c.Values[field].Text})
	}
	record := &funnel.Record{Kind: r.fact.kind, Content: *c, NextMs: r.next,
		Agent: text(of.agent, agentLabel), Channel: text(of.channel, channelLabel), Topic: text(of.topic, topicLabel),
		Queue: text(of.queue, queueLabel), Own: text(of.own, measureLabel)}
	if record.Kind == campaign.KindState {
		record.Shift = number(shiftOf(c))
	}
	return &funnel.Unit{Lead: funnel.Lead{Number: r.number, GeneratedMs: campaign.None, Record: record}}
}

// labelNumber is the number of a text that is known, 0 for another.
func (k *knowledge) labelNumber(l label) int64 {
	number, _ := k.labels.number(l)
	return number
}

// recordsWhere reads records f, from what the text says, in order of number. SQLite, which
// knows nothing of how many rows a campaign has, would rather walk through all of them
// than put a few in order, or than use an index that does not hold all it needs: so
// others than numbers are looked for in subqueries.
func recordsWhere(t *tx, text string, args ...any) (all []*placed, err error) {
	err = t.query(func(row *sqlx.Rows) error {
		r, err := scanRecord(row)
		all = append(all, r)
		return err
	}, "select "+recordColumns+" from "+text, args...)
	slices.SortFunc(all, func(a, b *placed) int { return cmp.Compare(a.number, b.number) })
	return all, err
}

// readRecords reads records by one column.
func readRecords[K int64 | string](t *tx, campaignNumber int64, column string, keys []K) (all []*placed, err error) {
	err = lookup(t, campaignNumber, keys, recordColumns, "records f", column, func(row scanned) error {
		r, err := scanRecord(row)
		all = append(all, r)
		return err
	})
	return all, err
}

// before returns the records of the place's thread that stand last before it.
func (p recordPlace) before(t *tx, campaignNumber int64) ([]*placed, error) {
	return recordsWhere(t, `records f where f.campaign_id = $1 and f.record_no in (select b.record_no from records b
		where b.campaign_id = $2 and b.kind = $3 and b.thread = $4 and b.at_ms =
			(select max(n.at_ms) from records n where n.campaign_id = $5 and n.kind = $6 and n.thread = $7 and n.at_ms < $8))`,
		campaignNumber, campaignNumber, p.kind, p.thread, campaignNumber, p.kind, p.thread, p.atMs)
}

// storeRecords records the posts of a batch that hold records, and writes what they change.
func (b *batch) storeRecords() error {
	if err := b.findSame(); err != nil {
		return err
	}
	had, err := b.takeRecords()
	if err != nil || !b.changed() {
		return err
	}
	var changed []*fact
	for _, facts := range b.records {
		changed = append(changed, changedFacts(facts)...)
	}
	slices.SortFunc(changed, func(a, b *fact) int { return int(a.number - b.number) })
	// What stood before a place in its thread looks ahead at it: who did so before is
	// found before the records are written, what they all see then after it.
	if err := b.lookBack(had, changed); err != nil {
		return err
	}
	if err := b.writeRecords(changed); err != nil {
		return err
	}
	if err := b.countRecords(had, changed); err != nil {
		return err
	}
	if err := b.writeVersions(changed); err != nil {
		return err
	}
	if err := b.writeLabels(); err != nil {
		return err
	}
	if err := b.writeArrivals(); err != nil {
		return err
	}
	if err := b.writeMessages(); err != nil {
		return err
	}
	return b.t.exec("update progress set version = version + 1, arrived_us = $1, last_lead_no = $2, last_label_no = $3, last_message_no = $4, posted_by = $5 where campaign_id = $6",
		b.arrivedUs, b.lastLead, b.lastLabel, b.lastMessage, b.postedBy, b.k.Number)
}

// takeRecords merges the posts into facts in hand. It returns the records as they were,
// by number.
func (b *batch) takeRecords() (had map[int64]*placed, err error) {
	accepted := make([][]*campaign.Version, len(b.posts))
	b.kept = make([][]messageState, len(b.posts))
	refs := map[campaign.Kind][]string{}
	for i, p := range b.posts {
		if p.messages == nil {
			accepted[i], err = b.accept(p)
		} else {
			accepted[i], b.kept[i], _, err = b.acceptMessages(p)
		}
		if err != nil {
			return nil, err
		}
		for _, v := range accepted[i] {
			if err := b.resolve(v.Kind, true, &v.Ref); err != nil {
				return nil, err
			}
			refs[v.Kind] = append(refs[v.Kind], v.Ref)
		}
	}
	for _, said := range b.before {
		refs[said.kind] = append(refs[said.kind], said.refs...)
	}
	if had, err = b.loadRecords(refs); err != nil {
		return nil, err
	}
	if err := b.unsay(); err != nil {
		return nil, err
	}
	for i, p := range b.posts {
		if err := b.countPost(p, accepted[i], b.kept[i]); err != nil {
			return nil, err
		}
	}
	return had, nil
}

// loadRecords reads the records of the refs into hand and numbers those that are new.
// It returns them as they were.
func (b *batch) loadRecords(refs map[campaign.Kind][]string) (had map[int64]*placed, err error) {
	had, b.records = map[int64]*placed{}, map[campaign.Kind]map[string]*fact{}
	for kind, named := range refs {
		named, facts := distinct(named), b.recordsOf(kind)
		stored, err := readRecords(b.t, b.k.Number, fmt.Sprintf("kind = %d and f.ref", kind), named)
		if err != nil {
			return nil, err
		}
		for _, r := range stored {
			was := *r.fact
			had[r.number] = &placed{&was, r.recordPlace, r.next}
			facts[r.ref] = r.fact
		}
		for _, ref := range named {
			if facts[ref] == nil {
				b.lastLead++
				facts[ref] = &fact{kind: kind, number: b.lastLead, ref: ref, arrivedUs: b.arrivedUs}
			}
		}
	}
	return had, nil
}

func (b *batch) recordsOf(kind campaign.Kind) map[string]*fact {
	if b.records[kind] == nil {
		b.records[kind] = map[string]*fact{}
	}
	return b.records[kind]
}

// lookBack adds to those that were there what looks ahead at a place that a changed
// record leaves or takes.
func (b *batch) lookBack(had map[int64]*placed, changed []*fact) error {
	looked := map[recordPlace]bool{}
	for _, f := range changed {
		places := []recordPlace{placeOf(f)}
		if was := had[f.number]; was != nil {
			if was.recordPlace == places[0] {
				continue
			}
			places = append(places, was.recordPlace)
		}
		for _, p := range places {
			if !p.looksAhead() || looked[p] {
				continue
			}
			looked[p] = true
			behind, err := p.before(b.t, b.k.Number)
			if err != nil {
				return err
			}
			for _, r := range behind {
				if had[r.number] == nil {
					had[r.number] = r
				}
			}
		}
	}
	return nil
}

func (b *batch) writeRecords(changed []*fact) error {
	in := b.t.into("insert into records (campaign_id, record_no, kind, ref, at_ms, thread, content, ranked_us, dated, arrived_us, versions) values ", 11,
		` on conflict (campaign_id, record_no) do update set at_ms = excluded.at_ms, thread = excluded.thread, content = excluded.content,
		ranked_us = excluded.ranked_us, dated = excluded.dated, versions = excluded.versions`)
	for _, f := range changed {
		if f.versions == 0 { // a message that is read anew says it of another
			if err := b.t.exec("delete from records where campaign_id = $1 and record_no = $2", b.k.Number, f.number); err != nil {
				return err
			}
			continue
		}
		p := placeOf(f)
		if err := in.row(b.k.Number, f.number, int64(f.kind), f.ref, p.atMs, nullText(p.thread), f.content.Pack(f.kind), f.rank.AtUs, bit(f.rank.Dated), f.arrivedUs, f.versions); err != nil {
			return err
		}
	}
	return in.flush()
}

// countRecords folds what was there and what is there now, and writes what differs.
// had holds the changed records and those whose look ahead they change.
func (b *batch) countRecords(had map[int64]*placed, changed []*fact) error {
	units := map[int64]*unitChange{}
	number := func(l label) int64 { return b.label(l.kind, l.body) }
	var again []int64
	for _, f := range changed {
		r := &placed{f, placeOf(f), campaign.None}
		units[f.number] = &unitChange{before: &funnel.Unit{}, after: r.unit(number)}
		if r.looksAhead() {
			again = append(again, f.number)
		}
	}
	for n, r := range had {
		if units[n] == nil {
			if !r.looksAhead() {
				continue // posted again and unchanged
			}
			units[n], again = &unitChange{}, append(again, n)
		}
		units[n].before = r.unit(number)
	}
	slices.Sort(again)
	now, err := readRecords(b.t, b.k.Number, "record_no", again)
	if err != nil {
		return err
	}
	for _, r := range now {
		units[r.number].after = r.unit(number)
	}
	return b.countChanges(units)
}

// countChanges counts what changed of units, in the generation of a recount too as far
// as that has come by.
func (b *batch) countChanges(units map[int64]*unitChange) error {
	generations := []*counting{newCounting(b.t, b.k.Number, b.generation, b.k.counted)}
	if b.nextGeneration != 0 {
		generations = append(generations, newCounting(b.t, b.k.Number, b.nextGeneration, b.k.wanted))
	}
	for n, u := range units {
		for i, c := range generations {
			if i > 0 && n > b.foldedLead {
				continue
			}
			if err := c.change(u); err != nil {
				return err
			}
		}
	}
	for _, c := range generations {
		if err := c.flush(); err != nil {
			return err
		}
	}
	return nil
}
