package db

import (
	"database/sql"
	"slices"
	"strings"

	"ringside/campaign"
)

// fact is a fact in hand: its merged content, and its versions as far as they
// were needed. Contents may be shared with versions and posts: they are replaced,
// never changed.
type fact struct {
	kind      campaign.Kind
	number    int64
	ref       string
	content   campaign.Content
	rank      campaign.Rank // of the newest version
	arrivedUs int64         // of the first version
	versions  int64         // 0: known by name only

	// asked says that some version of an attempt asked not to be called.
	asked bool

	// origin is the lead in whose history an attempt stood when it was loaded, and lead
	// the one in whose it is to stand; 0 for none.
	origin, lead int64

	stored bool // has a row
	dirty  bool // the row must be written
	// loaded holds all versions once they were read; added those to be written.
	loaded []version
	added  []version
	// anew says that all rows of versions give way to those of added.
	anew bool
}

// column is where a field of a fact is kept.
type column struct {
	name  string
	label labelKind // the field's text is kept as a label's number
}

// table is where a kind of fact is kept. Its columns follow the kind's field
// table; one without a name is kept elsewhere.
type table struct {
	kind         campaign.Kind
	name, number string
	columns      []column
	// fields and from are what a select reads: f is the fact.
	fields, from string
	// insert is the text before the rows of an insert, and after the text behind those
	// of facts that have a row.
	insert, after string
	width         int
	// only ends a condition on rows, where the table holds other kinds too.
	only string
}

// tables lists the fact tables by kind. extra are columns beside the fields,
// between ref and the first field.
var (
	leadTable = newTable(campaign.KindLead, "leads", "lead_no", []column{
		campaign.LeadGeneratedAt: {name: "generated_ms"}, campaign.LeadPhone: {name: "phone"}, campaign.LeadName: {name: "name"},
		campaign.LeadList: {"list_no", listLabel}, campaign.LeadSource: {"source_no", sourceLabel}, campaign.LeadTimeZone: {"zone_no", zoneLabel},
		campaign.LeadPrice: {name: "price_minor"}, campaign.LeadAttributes: {name: "attributes"}, campaign.LeadVoid: {name: "void"},
		campaign.LeadPosted: {name: "posted"}})
	attemptTable = newTable(campaign.KindAttempt, "attempts", "attempt_no", []column{
		campaign.AttemptLead: {name: "lead_no"}, campaign.AttemptAgent: {"agent_no", agentLabel}, campaign.AttemptStartedAt: {name: "started_ms"},
		campaign.AttemptResult: {name: "result"}, campaign.AttemptAnsweredBy: {name: "answered_by"}, campaign.AttemptAnsweredAt: {name: "answered_ms"},
		campaign.AttemptGreetingEndedAt: {name: "greeting_ended_ms"}, campaign.AttemptConnectedAt: {name: "connected_ms"},
		campaign.AttemptEndedAt: {name: "ended_ms"}, campaign.AttemptEndedBy: {name: "ended_by"}, campaign.AttemptHold: {name: "hold_ms"},
		campaign.AttemptWrap: {name: "wrap_ms"}, campaign.AttemptDisposition: {"disposition_no", dispositionLabel},
		campaign.AttemptAmount: {name: "amount_minor"}, campaign.AttemptDecidedAt: {name: "decided_ms"}, campaign.AttemptCancelledAt: {name: "cancelled_ms"},
		campaign.AttemptCallbackAt: {name: "callback_ms"}, campaign.AttemptPhone: {name: "phone"}, campaign.AttemptNote: {name: "note"},
		campaign.AttemptVoid: {name: "void"}, campaign.AttemptTalk: {name: "talk_ms"}, campaign.AttemptQueueWait: {name: "queue_wait_ms"},
		campaign.AttemptDialer: {"dialer_no", dialerLabel}, campaign.AttemptWrapBegan: {name: "wrap_began_ms"}, campaign.AttemptWrapOver: {name: "wrap_over_ms"}})
	costTable = newTable(campaign.KindCost, "costs", "cost_no", []column{
		campaign.CostCategory: {name: "category"}, campaign.CostAmount: {name: "amount_minor"}, campaign.CostCurrency: {name: "currency"},
		campaign.CostFrom: {name: "from_ms"}, campaign.CostTo: {name: "to_ms"}, campaign.CostNote: {name: "note"}, campaign.CostVoid: {name: "void"},
		campaign.CostCampaign: {}, campaign.CostDriver: {name: "driver"}, campaign.CostAdjustment: {name: "adjustment"}})
)

// meta are the columns every fact table ends with.
var meta = []string{"named", "nulls", "ranked_us", "dated", "arrived_us", "versions"}

func newTable(kind campaign.Kind, name, number string, columns []column) *table {
	names := []string{number, "ref"}
	for _, c := range columns {
		if c.name != "" {
			names = append(names, c.name)
		}
	}
	names = append(names, meta...)
	if kind == campaign.KindAttempt {
		names = append(names, "asked")
	}
	t := &table{kind: kind, name: name, number: number, columns: columns}
	t.fields = "f." + strings.Join(names, ", f.")
	t.from = name + " f"
	if kind == campaign.KindAttempt {
		// An attempt's versions name its lead by ref, its row by number.
		t.fields += ", l.ref"
		t.from += " left join leads l on l.campaign_id = f.campaign_id and l.lead_no = f.lead_no"
	}
	if kind == campaign.KindLead {
		names = append(names, "cohort_ms") // written with the lead, but no part of it
	}
	var set []string
	for _, n := range names[2:] {
		set = append(set, n+" = excluded."+n)
	}
	t.width = len(names) + 1
	t.insert = "insert into " + name + " (campaign_id, " + strings.Join(names, ", ") + ") values "
	t.after = " on conflict (campaign_id, " + number + ") do update set " + strings.Join(set, ", ")
	return t
}

// scanner returns what reads rows of the table's fields, reusing its memory.
func (tb *table) scanner(k *knowledge) func(row scanned) (*fact, error) {
	fields := tb.kind.Fields()
	numbers := make([]sql.NullInt64, len(fields))
	texts := make([]sql.NullString, len(fields))
	var f fact
	var leadRef sql.NullString
	var named, nulls int64
	dest := []any{&f.number, &f.ref}
	for i, c := range tb.columns {
		switch {
		case c.name == "":
		case c.label == 0 && fields[i].Type.IsText() && fields[i].Type != campaign.TypeLead:
			dest = append(dest, &texts[i])
		default:
			dest = append(dest, &numbers[i])
		}
	}
	dest = append(dest, &named, &nulls, &f.rank.AtUs, &f.rank.Dated, &f.arrivedUs, &f.versions)
	if tb.kind == campaign.KindAttempt {
		dest = append(dest, &f.asked, &leadRef)
	}
	return func(row scanned) (*fact, error) {
		if err := row.Scan(dest...); err != nil {
			return nil, err
		}
		read := f
		read.kind, read.stored = tb.kind, true
		read.content = campaign.Content{Named: campaign.FieldSet(named), Null: campaign.FieldSet(nulls), Values: make([]campaign.Value, len(fields))}
		for i, c := range tb.columns {
			if !read.content.Given(i) {
				continue
			}
			v := &read.content.Values[i]
			switch {
			case fields[i].Type == campaign.TypeLead:
				v.Text = leadRef.String
			case c.label != 0:
				v.Text, _ = k.text(numbers[i].Int64)
			case fields[i].Type.IsText():
				v.Text = texts[i].String
			default:
				v.Int = numbers[i].Int64
			}
		}
		return &read, nil
	}
}

// values appends the fact as a row of the table's insert. number gives the stored
// number of the fields that are kept as one.
func (tb *table) values(row []any, campaignNumber int64, f *fact, number func(field int) int64) []any {
	fields := tb.kind.Fields()
	row = append(row, campaignNumber, f.number, f.ref)
	for i, c := range tb.columns {
		switch {
		case c.name == "":
		case fields[i].Type == campaign.TypeLead:
			row = append(row, number(i))
		case !f.content.Given(i):
			row = append(row, nil)
		case c.label != 0:
			row = append(row, number(i))
		case fields[i].Type.IsText():
			row = append(row, f.content.Values[i].Text)
		default:
			row = append(row, f.content.Values[i].Int)
		}
	}
	row = append(row, int64(f.content.Named), int64(f.content.Null), f.rank.AtUs, bit(f.rank.Dated), f.arrivedUs, f.versions)
	if tb.kind == campaign.KindAttempt {
		row = append(row, bit(f.asked))
	}
	return row
}

func bit(on bool) int64 {
	if on {
		return 1
	}
	return 0
}

// effect is what a version did to its fact.
type effect uint8

const (
	unchanged effect = iota
	created
	updated
)

// take merges one more version into the fact. versionsOf reads the stored
// versions of a fact that has more than one.
func (f *fact) take(v version, versionsOf func(*fact) ([]version, error)) (effect, error) {
	if f.versions == 0 {
		f.content, f.rank, f.arrivedUs, f.versions, f.dirty = v.content, v.rank, v.arrivedUs, 1, true
		if f.loaded != nil {
			f.loaded = []version{f.first()}
		}
		return created, nil
	}
	newest := v.rank.AtUs > f.rank.AtUs
	if !newest || !v.rank.Dated {
		all, err := f.all(versionsOf)
		if err != nil {
			return 0, err
		}
		if slices.ContainsFunc(all, v.repeats) {
			return unchanged, nil
		}
	}
	if f.versions == 1 && len(f.added) == 0 {
		f.added = append(f.added, f.first())
	}
	f.versions++
	f.dirty = true
	v.number = f.versions
	f.added = append(f.added, v)
	if f.loaded != nil {
		f.loaded = append(f.loaded, v)
	}
	before := f.content
	if newest {
		f.content = before.Clone()
		f.content.Overlay(&v.content)
		f.rank = v.rank
	} else {
		f.merge()
	}
	if f.content.Equal(&before) {
		return unchanged, nil
	}
	return updated, nil
}

// repeats reports whether a version says again what another said: the same
// content at the sender's same instant, or undated content that already came
// undated. What one message says stands beside what others say: it may be read
// anew and they not.
func (v *version) repeats(o version) bool {
	return v.rank.Dated == o.rank.Dated && (!v.rank.Dated || v.rank.AtUs == o.rank.AtUs) && (!v.message || v.arrivedUs == o.arrivedUs) && v.content.Equal(&o.content)
}

// first is the one version of a fact whose row is that version.
func (f *fact) first() version {
	return version{number: 1, rank: f.rank, arrivedUs: f.arrivedUs, content: f.content}
}

// all returns every version of the fact.
func (f *fact) all(versionsOf func(*fact) ([]version, error)) ([]version, error) {
	if f.loaded != nil {
		return f.loaded, nil
	}
	if f.versions == 1 {
		f.loaded = []version{f.first()}
		return f.loaded, nil
	}
	stored, err := versionsOf(f)
	if err != nil {
		return nil, err
	}
	f.loaded = stored
	for _, v := range f.added {
		if !slices.ContainsFunc(stored, func(s version) bool { return s.number == v.number }) {
			f.loaded = append(f.loaded, v)
		}
	}
	return f.loaded, nil
}

// drop takes back versions: the fact is what the others make of it.
func (f *fact) drop(gone func(version) bool, versionsOf func(*fact) ([]version, error)) error {
	if f.versions == 0 {
		return nil
	}
	all, err := f.all(versionsOf)
	if err != nil {
		return err
	}
	left := slices.DeleteFunc(slices.Clone(all), gone)
	if len(left) == len(all) {
		return nil
	}
	for i := range left {
		left[i].number = int64(i + 1)
	}
	f.loaded, f.added, f.versions, f.dirty, f.anew = left, nil, int64(len(left)), true, true
	if len(left) == 0 {
		f.content, f.rank = campaign.Content{Values: make([]campaign.Value, len(f.kind.Fields()))}, campaign.Rank{}
		return nil
	}
	f.merge()
	f.arrivedUs = left[0].arrivedUs
	if len(left) > 1 {
		f.added = slices.Clone(left)
	}
	return nil
}

// merge makes the content anew from all versions, which are loaded.
func (f *fact) merge() {
	f.content, f.rank = mergeVersions(f.kind, f.loaded)
}

// mergeVersions overlays versions in order of rank.
func mergeVersions(kind campaign.Kind, versions []version) (campaign.Content, campaign.Rank) {
	ranked := slices.Clone(versions)
	slices.SortFunc(ranked, func(a, b version) int {
		return campaign.CompareVersions(kind, a.rank, &a.content, b.rank, &b.content)
	})
	merged := ranked[0].content.Clone()
	for i := range ranked[1:] {
		merged.Overlay(&ranked[i+1].content)
	}
	return merged, ranked[len(ranked)-1].rank
}
