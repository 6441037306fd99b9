package db

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/jmoiron/sqlx"

	"ringside/campaign"
	"ringside/funnel"
)

// Restated compares the frozen figures of a month's last closing with those of now; a
// NotFound error when it was never closed.
func (s *Store) Restated(ctx context.Context, campaignKey string, month campaign.Day, nowMs int64) (out funnel.Restated, err error) {
	err = s.snapshot(ctx, func(t *tx) error {
		out = funnel.Restated{}
		src, _, err := s.source(t, campaignKey)
		if err != nil {
			return err
		}
		if out.Closing, err = t.lastClosing(src.k, month); err != nil {
			return err
		}
		shelf, err := t.shelf()
		if err != nil {
			return err
		}
		kpis := shelf.At(funnel.PlaceOf(src.k.Ref))
		if out.Now, _, err = s.report(t, campaignKey, funnel.Query{Window: out.Closing.Window, NowMs: nowMs, KPIs: kpis}); err != nil {
			return err
		}
		own := slices.DeleteFunc(kpis, func(k *funnel.KPI) bool { return k.Custom == nil })
		out.Restatements = out.Frozen.Restated(out.Now.Whole, own)
		out.Changes, err = src.changesSince(&out.Closing, own)
		return err
	})
	return out, err
}

// changesSince are the changes of what is no fact since a closing.
func (s *source) changesSince(c *funnel.Closing, own []*funnel.KPI) (out []funnel.Change, err error) {
	versions := map[string]int{}
	for _, k := range c.KPIs(nil) {
		versions[k.ID] = k.DefinitionVersion
	}
	for _, k := range slices.Concat(funnel.KPIsOf(funnel.Catalogue), own) {
		if versions[k.ID] != k.DefinitionVersion {
			out = append(out, funnel.Change{What: "definition", Name: k.ID, AtMs: campaign.None})
		}
		delete(versions, k.ID)
	}
	for _, id := range slices.Sorted(maps.Keys(versions)) {
		out = append(out, funnel.Change{What: "definition", Name: id, AtMs: campaign.None})
	}
	if c.Counting != countingVersion {
		out = append(out, funnel.Change{What: "counting", AtMs: campaign.None})
	}
	more, err := s.configuredSince(c)
	if err != nil {
		return nil, err
	}
	rated, err := s.ratedSince(c)
	return slices.Concat(out, more, rated), err
}

// configuredSince are the fields of the configuration that are not what they were, with
// the last change of each.
func (s *source) configuredSince(c *funnel.Closing) (out []funnel.Change, err error) {
	fields, err := configChanges(c.Config, *s.k.counted.Config)
	if err != nil || len(fields) == 0 {
		return nil, err
	}
	last, err := s.t.changedFields(s.k.Number, knownUs(c.KnownMs))
	for _, name := range fields {
		change := funnel.Change{What: "configuration", Name: name, AtMs: campaign.None}
		if known, ok := last[name]; ok && err == nil {
			change.AtMs = known.atMs
			change.By, err = s.t.actor(known.by)
		}
		out = append(out, change)
	}
	return out, err
}

// ratedSince are the times at which the cards were put.
func (s *source) ratedSince(c *funnel.Closing) (out []funnel.Change, err error) {
	var by []string
	err = s.t.query(func(row *sqlx.Rows) error {
		var putUs int64
		var id string
		err := row.Scan(&putUs, &id)
		out, by = append(out, funnel.Change{What: "rates", AtMs: putUs / 1000}), append(by, id)
		return err
	}, "select put_us, put_by from rates where campaign_id = $1 and put_us > $2 order by put_us limit 100", s.k.Number, knownUs(c.KnownMs))
	for i := 0; i < len(out) && err == nil; i++ {
		out[i].By, err = s.t.actor(by[i])
	}
	return out, err
}

// configChanges names the fields in which two configurations differ, but for the rates,
// and the codes that sources used, of which there are only ever more.
func configChanges(before, now campaign.Config) (names []string, err error) {
	before.Rates, before.Codes, now.Rates, now.Codes = nil, nil, nil, nil
	var fields [2]map[string]any
	for i, c := range []campaign.Config{before, now} {
		body, err := json.Marshal(c)
		if err == nil {
			err = json.Unmarshal(body, &fields[i])
		}
		if err != nil {
			return nil, err
		}
	}
	all := maps.Clone(fields[0])
	maps.Copy(all, fields[1])
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !reflect.DeepEqual(fields[0][name], fields[1][name]) {
			names = append(names, name)
		}
	}
	return names, nil
}

// restatedStages are the kinds of facts in the order they are listed.
var restatedStages = []struct {
	kind   campaign.Kind
	shared bool
}{{campaign.KindCost, false}, {campaign.KindCost, true}, {campaign.KindLead, false}, {campaign.KindAttempt, false}, {campaign.KindMeasure, false}}

const (
	// examinedAtOnce facts are looked at together, examinedMost for one page.
	examinedAtOnce = 1000
	examinedMost   = 20_000
)

// RestatedFacts returns facts of which versions arrived since the last closing of a
// month and by which the month is not what it was: cost entries, then leads, then
// attempts, from after the cursor on. Of calls it lists those that changed of leads that
// now add something else to the month. next is nil at the end; a page may be short, as
// it looks at a bounded number of facts.
func (s *Store) RestatedFacts(ctx context.Context, campaignKey string, month campaign.Day, after funnel.FactCursor, limit int) (out []funnel.RestatedFact, next *funnel.FactCursor, err error) {
	err = s.snapshot(ctx, func(t *tx) error {
		out, next = nil, nil
		src, _, err := s.source(t, campaignKey)
		if err != nil {
			return err
		}
		c, err := t.lastClosing(src.k, month)
		if err != nil {
			return err
		}
		r := &restating{source: src, window: c.Window, atUs: knownUs(c.KnownMs), measured: slices.ContainsFunc(c.Own, func(o funnel.FrozenOwn) bool { return o.Measured })}
		examined := 0
		for at := after; at.Stage < int64(len(restatedStages)); at = (funnel.FactCursor{Stage: at.Stage + 1}) {
			for {
				facts, err := r.arrivedSince(at)
				if err != nil || len(facts) == 0 {
					if err != nil {
						return err
					}
					break
				}
				found, err := r.restating(at.Stage, facts)
				if err != nil {
					return err
				}
				for _, f := range found {
					if len(out) == limit {
						next = &at
						return nil
					}
					described, err := r.describe(at.Stage, f)
					if err != nil {
						return err
					}
					out, at.Number = append(out, described), f.number
				}
				at.Number = facts[len(facts)-1].number
				if examined += len(facts); examined >= examinedMost {
					next = &at
					return nil
				}
			}
		}
		return nil
	})
	return out, next, err
}

// restating looks for the facts that restate a month.
type restating struct {
	*source
	window funnel.Window
	atUs   int64
	// measured says that some frozen figure reads measures.
	measured bool
}

// owner is what is known of whose facts a stage lists.
func (r *restating) owner(stage int64) *knowledge {
	if restatedStages[stage].shared {
		return noCampaign()
	}
	return r.k
}

// arrivedSince returns the next facts of a stage of which some version arrived since.
func (r *restating) arrivedSince(at funnel.FactCursor) ([]*fact, error) {
	kind, k := restatedStages[at.Stage].kind, r.owner(at.Stage)
	tb := tableOf(kind)
	if kind.OfService() {
		tb = recordTable(kind)
	}
	var numbers []int64
	note := func(row *sqlx.Rows) error {
		var number int64
		err := row.Scan(&number)
		numbers = append(numbers, number)
		return err
	}
	err := r.t.query(note, fmt.Sprintf("select %s from %s where campaign_id = $1 and %s > $2 and arrived_us > $3 and versions > 0%s order by %s limit 1000", tb.number, tb.name, tb.number, tb.only, tb.number),
		k.Number, at.Number, r.atUs)
	if err == nil {
		err = r.t.query(note, "select distinct fact_no from versions where campaign_id = $1 and kind = $2 and fact_no > $3 and arrived_us > $4 order by fact_no limit 1000",
			k.Number, kind, at.Number, r.atUs)
	}
	if err != nil {
		return nil, err
	}
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	numbers = numbers[:min(len(numbers), examinedAtOnce)]
	if kind.OfService() {
		all, err := readRecords(r.t, k.Number, tb.number, numbers)
		facts := factsOf(all)
		slices.SortFunc(facts, func(a, b *fact) int { return cmp.Compare(a.number, b.number) })
		return facts, err
	}
	return readFacts(r.t, k, tb, tb.number, numbers)
}

// restating returns those of the facts that restate the month.
func (r *restating) restating(stage int64, facts []*fact) ([]*fact, error) {
	k := r.owner(stage)
	before := make([]*fact, len(facts))
	for i, f := range facts {
		copied := *f
		before[i] = &copied
	}
	re := newReplaying(r.t, k, r.atUs)
	if err := re.rewind(before); err != nil {
		return nil, err
	}
	var alike func(before, now *campaign.Content) bool
	switch restatedStages[stage].kind {
	case campaign.KindCost:
		alike = func(before, now *campaign.Content) bool { return r.costs(before) == r.costs(now) }
	case campaign.KindMeasure:
		alike = func(before, now *campaign.Content) bool { return r.measures(before) == r.measures(now) }
	default:
		return r.ofLeads(re, before, facts)
	}
	var out []*fact
	for i, f := range facts {
		if !alike(&before[i].content, &f.content) {
			out = append(out, f)
		}
	}
	return out, nil
}

// measured is what a measure says of a month.
type measured struct {
	name  string
	value int64
}

// measures is what a measure says of the month; nothing where it is void, of another
// time, or no figure that was frozen reads measures.
func (r *restating) measures(c *campaign.Content) (out measured) {
	if r.measured && c.Int(campaign.MeasureVoid) != 1 && c.Given(campaign.MeasureAt) && r.window.Holds(c.Int(campaign.MeasureAt)) {
		out = measured{c.Text(campaign.MeasureName), c.Int(campaign.MeasureValue)}
	}
	return out
}

// costs is what an entry says of the month; nothing where it is void or of another time.
func (r *restating) costs(c *campaign.Content) (out [5]int64) {
	if c.Given(campaign.CostAmount) && c.Int(campaign.CostVoid) != 1 && c.Int(campaign.CostFrom) < r.window.ToMs && c.Int(campaign.CostTo) > r.window.FromMs {
		out = [5]int64{c.Int(campaign.CostCategory), c.Int(campaign.CostAmount), c.Int(campaign.CostFrom), c.Int(campaign.CostTo), c.Int(campaign.CostDriver)}
	}
	return out
}

// ofLeads returns those of leads or attempts whose leads now add something else to the
// month.
func (r *restating) ofLeads(re *replaying, before, facts []*fact) ([]*fact, error) {
	leads := map[int64]bool{}
	of := make([][2]int64, len(facts))
	if facts[0].kind == campaign.KindAttempt {
		var refs []string
		for i, f := range facts {
			refs = append(refs, f.content.Text(campaign.AttemptLead), before[i].content.Text(campaign.AttemptLead))
		}
		if err := re.findLeads(refs); err != nil {
			return nil, err
		}
	}
	var moved []int64
	for i, f := range facts {
		if of[i] = [2]int64{f.number, f.number}; f.kind == campaign.KindAttempt {
			of[i] = [2]int64{re.leadOf(f), re.leadOf(before[i])}
			if of[i][0] != of[i][1] && of[i][1] != 0 {
				moved = append(moved, f.number)
			}
		}
		leads[of[i][0]], leads[of[i][1]] = true, true
	}
	if err := re.bringBack(moved); err != nil {
		return nil, err
	}
	changed, err := r.changed(re, slices.Sorted(maps.Keys(leads)))
	if err != nil {
		return nil, err
	}
	var out []*fact
	for i, f := range facts {
		if changed[of[i][0]] || changed[of[i][1]] {
			out = append(out, f)
		}
	}
	return out, nil
}

// changed says which leads add something else to the month than they did.
func (r *restating) changed(re *replaying, leads []int64) (map[int64]bool, error) {
	now, then := map[int64]*funnel.Unit{}, []*funnel.Unit{}
	err := lookup(r.t, r.k.Number, leads, "f.lead_no, f.history", "histories f", "lead_no", func(row scanned) error {
		u, err := scanHistory(row)
		if err != nil {
			return err
		}
		before := *u
		before.Attempts = slices.Clone(u.Attempts)
		now[u.Number], then = u, append(then, &before)
		return nil
	})
	if err == nil {
		err = re.findSinceOf(then)
	}
	if err == nil {
		err = re.takeBack(then)
	}
	rules, out := re.k.counted.rules(), map[int64]bool{}
	for _, u := range then {
		out[u.Number] = !rules.AlikeWithin(u, now[u.Number], r.window)
	}
	return out, err
}

// findSinceOf finds what of some leads was not what it is.
func (r *replaying) findSinceOf(units []*funnel.Unit) error {
	numbers := map[campaign.Kind][]int64{}
	for _, u := range units {
		numbers[campaign.KindLead] = append(numbers[campaign.KindLead], u.Number)
		for i := range u.Attempts {
			numbers[campaign.KindAttempt] = append(numbers[campaign.KindAttempt], u.Attempts[i].Number)
		}
	}
	for kind, of := range numbers {
		tb, s := tableOf(kind), r.since[kind]
		slices.Sort(of)
		err := lookup(r.t, r.k.Number, of, "f."+tb.number+", f.arrived_us, f.versions", tb.name+" f", tb.number, func(row scanned) error {
			var number, arrivedUs, versions int64
			err := row.Scan(&number, &arrivedUs, &versions)
			switch {
			case versions > 1:
				s.changed.add(number)
			case versions == 1 && arrivedUs > r.atUs:
				s.absent.add(number)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// describe says what the versions that arrived since changed of a fact.
func (r *restating) describe(stage int64, f *fact) (funnel.RestatedFact, error) {
	k := r.owner(stage)
	out := funnel.RestatedFact{ID: k.FactID(f.kind, f.number).String(), Ref: f.ref, Kind: f.kind, Shared: restatedStages[stage].shared}
	all, err := f.all(func(f *fact) ([]version, error) { return versionsOf(r.t, k.Number, f.kind, f.number) })
	if err != nil {
		return out, err
	}
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b version) int { return cmp.Compare(a.arrivedUs, b.arrivedUs) })
	merged := campaign.Content{Values: make([]campaign.Value, len(f.kind.Fields()))}
	for i, v := range all {
		before := merged
		merged, _ = mergeVersions(f.kind, all[:i+1])
		if v.arrivedUs <= r.atUs || len(out.Versions) == restatedVersionsMost {
			continue
		}
		said := funnel.RestatedVersion{ArrivedMs: v.arrivedUs / 1000}
		if f.kind == campaign.KindAttempt {
			said.Dialer = v.content.Text(campaign.AttemptDialer)
		}
		if said.By, err = r.t.postedBy(k.Number, v.arrivedUs); err != nil {
			return out, err
		}
		for field := range merged.Values {
			if c := (funnel.FieldChange{Field: field, Before: before.Values[field], After: merged.Values[field], BeforeNull: !before.Given(field), NowNull: !merged.Given(field)}); c.BeforeNull != c.NowNull || !c.NowNull && c.Before != c.After {
				said.Fields = append(said.Fields, c)
			}
		}
		out.Versions = append(out.Versions, said)
	}
	return out, nil
}

// restatedVersionsMost bounds the versions that are told of one fact.
const restatedVersionsMost = 20
