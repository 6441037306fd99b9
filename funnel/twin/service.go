package twin

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"sort"
	"strings"
	"time"
)

// serviceFields are the fields of each collection of service, in the order of the API's
// table.
var serviceFields = map[string][]string{
	"surveys":   {"kind", "score", "scores", "at", "campaign", "queue", "agent", "customer", "void"},
	"reviews":   {"agent", "call", "attempt", "at", "categories", "void"},
	"cases":     {"queue", "channel", "customer", "topic", "assignee", "opened_at", "first_reply_at", "resolved_at", "reopened_at", "escalated", "void"},
	"customers": {"joined_at", "left_at", "referred_by", "margin", "void"},
	"searches":  {"at", "results", "opened", "void"},
}

// Service is everything ever posted about the whole installation, read the slow way:
// kpis.md §4.
//
// Decided here, where the contract is silent: a merge's instant before the one that
// begins the fact counts as that one; a case resolved and reopened at one instant is
// open; a score that is off the scale of what the merge says it is of counts as none; a
// search that found nothing failed, and one that found something and does not say what
// was opened is unknown; a customer's margin counts from joining to leaving; engagement
// is of the customers at the start and those who joined within.
type Service struct {
	Hours       [7][2]int // by weekday from Monday, in hours of the clock; none where both are 0
	Configured  bool      // whether there are hours at all
	TimeZone    string    // that of the hours
	Acquisition string
	Teams       map[string]string

	facts map[string]map[string]*versions
	posts []servicePost
}

type servicePost struct {
	collection string
	arrived
}

// Post takes one fact as posted.
func (s *Service) Post(collection string, item map[string]any, arrival int64) {
	if s.facts == nil {
		s.facts = map[string]map[string]*versions{}
	}
	if s.facts[collection] == nil {
		s.facts[collection] = map[string]*versions{}
	}
	s.posts = append(s.posts, servicePost{collection, arrived{item: maps.Clone(item), arrival: arrival}})
	version(s.facts[collection], text(item["ref"])).add(serviceFields[collection], item, arrival)
}

// AsKnown returns what had arrived by an instant.
func (s *Service) AsKnown(at time.Time) *Service {
	then := *s
	then.facts, then.posts = nil, nil
	for _, p := range s.posts {
		if p.arrival <= at.UnixMicro() {
			then.Post(p.collection, p.item, p.arrival)
		}
	}
	return &then
}

// of merges every fact of a collection that is not void.
func (s *Service) of(collection string) (all []fields) {
	for _, ref := range slices.Sorted(maps.Keys(s.facts[collection])) {
		if f := s.facts[collection][ref].merge(); !isTrue(f["void"]) {
			all = append(all, f)
		}
	}
	return all
}

// view is one question under way.
type view struct {
	*Service
	zone       *time.Location
	from, to   time.Time
	now        time.Time
	by         []string
	surveys    []fields
	reviews    []fields
	cases      []fields
	customers  []fields
	searches   []fields
	key        map[string]any
	start, end time.Time // of the group's part of the window
	out        map[string]Figure
}

// KPIs answers what GET /v1/service/kpis says of all but calls, in a zone.
func (s *Service) KPIs(from, to, now time.Time, zone *time.Location, by []string) (groups []Group) {
	v := &view{Service: s, zone: zone, from: from, to: to, now: now, by: by, surveys: s.of("surveys"), reviews: s.of("reviews"),
		cases: s.of("cases"), customers: s.of("customers"), searches: s.of("searches")}
	spans := v.spans()
	for name, key := range v.keys(spans) {
		v.key, v.out = key, map[string]Figure{}
		v.start, v.end = from, to
		if span, ok := spans[v.timePart(key)]; ok {
			v.start, v.end = span[0], span[1]
		}
		v.figures()
		some := len(by) == 0
		for _, f := range v.out {
			some = some || f.Numerator != nil && f.Numerator.Sign() != 0 || f.Denominator != nil && f.Denominator.Sign() != 0
		}
		if some {
			if name == "" {
				key = nil
			}
			groups = append(groups, Group{Key: key, Figures: v.out})
		}
	}
	sort.Slice(groups, func(i, j int) bool { return compareKeys(by, groups[i].Key, groups[j].Key) < 0 })
	return groups
}

// spans cuts the window wherever the label of its time changes.
func (v *view) spans() map[string][2]time.Time {
	spans := map[string][2]time.Time{}
	for t := v.from; t.Before(v.to); {
		next := nextClockHour(t.In(v.zone))
		if next.After(v.to) {
			next = v.to
		}
		label := v.timePart(v.keyAt(t, nil))
		if span, ok := spans[label]; ok {
			spans[label] = [2]time.Time{span[0], next}
		} else {
			spans[label] = [2]time.Time{t, next}
		}
		t = next
	}
	return spans
}

// timePart is what of a key is time.
func (v *view) timePart(key map[string]any) string {
	part := map[string]any{}
	for g, value := range key {
		if isTime(g) {
			part[g] = value
		}
	}
	return fmt.Sprint(part)
}

// keyAt is the key of an instant of a fact, or of nobody's.
func (v *view) keyAt(at time.Time, f fields) map[string]any {
	key := map[string]any{}
	for _, g := range v.by {
		switch g {
		case "agent", "team":
			agent := text(f["agent"]) + text(f["assignee"])
			if g == "team" {
				agent = v.Teams[agent]
			}
			key[g] = orNull(agent)
		case "channel", "topic", "queue":
			key[g] = orNull(text(f[g]))
		default:
			key[g] = (&campaign{zone: v.zone}).keyValue(g, fact{at: at}, at.In(v.zone))
		}
	}
	return key
}

// keys are those of every instant of every fact, and of every time with every owner of
// a case: those with nothing to tell are left out later.
func (v *view) keys(spans map[string][2]time.Time) map[string]map[string]any {
	keys := map[string]map[string]any{}
	add := func(key map[string]any) {
		name := fmt.Sprint(key)
		if len(v.by) == 0 {
			name = ""
		}
		keys[name] = key
	}
	if len(v.by) == 0 {
		add(map[string]any{})
		return keys
	}
	owners := map[string]bool{}
	served := map[string][]string{"surveys": {"agent", "team", "queue"}, "reviews": {"agent", "team"}, "cases": ownerGroupings}
	for collection := range serviceFields {
		for _, f := range v.of(collection) {
			if !v.serves(all(timeGroupings, served[collection])...) {
				continue
			}
			for name, value := range f {
				if name != "at" && !strings.HasSuffix(name, "_at") || name == "reopened_at" && !reopened(f) {
					continue
				}
				if t := v.instantOf(f, name); value != nil && !t.Before(v.from) && t.Before(v.to) {
					add(v.keyAt(t, f))
				}
			}
			owner := fmt.Sprint(v.keyAt(v.from, f))
			if owners[owner] {
				continue
			}
			owners[owner] = true
			for _, span := range spans {
				if !span[0].After(v.now) {
					add(v.keyAt(span[0], f))
				}
			}
			if !v.timed() {
				add(v.keyAt(v.from, f))
			}
		}
	}
	return keys
}

// instantOf is an instant of a fact, not before the one that begins it.
func (v *view) instantOf(f fields, name string) time.Time {
	at := instant(f[name])
	for _, first := range []string{"opened_at", "joined_at"} {
		if begun := instant(f[first]); !at.IsZero() && at.Before(begun) {
			at = begun
		}
	}
	return at
}

// in reports whether an instant of a fact is in the group.
func (v *view) in(f fields, name string) bool {
	at := v.instantOf(f, name)
	return f[name] != nil && !at.Before(v.start) && at.Before(v.end) && fmt.Sprint(v.keyAt(at, f)) == fmt.Sprint(v.key)
}

// mine reports whether a fact's owner is the group's, whatever the time.
func (v *view) mine(f fields) bool {
	key := v.keyAt(v.from, f)
	for g := range key {
		if !isTime(g) && key[g] != v.key[g] {
			return false
		}
	}
	return true
}

// timed reports whether the groups are of a time.
func (v *view) timed() bool { return slices.ContainsFunc(v.by, isTime) }

func (v *view) serves(served ...string) bool { return onlyOf(v.by, served...) }

func (v *view) put(id string, numerator, denominator *big.Rat) {
	v.out[id] = Figure{Numerator: numerator, Denominator: denominator}
}

// lack says how many facts of a figure that is served lack what it needs.
func (v *view) lack(n int, ids ...string) {
	for _, id := range ids {
		if f, served := v.out[id]; served {
			f.NoData = whole(n)
			v.out[id] = f
		}
	}
}

func whole(n int) *big.Rat { return big.NewRat(int64(n), 1) }

// countOf counts the facts that are so.
func countOf(all []fields, is func(fields) bool) *big.Rat {
	n := 0
	for _, f := range all {
		if is(f) {
			n++
		}
	}
	return whole(n)
}
