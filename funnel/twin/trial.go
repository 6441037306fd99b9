package twin

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"
)

// Trial draws one random campaign with everything that is posted about it: ties,
// days of 23 and 25 hours, zones of odd offsets, amendments, stale versions,
// outcomes before attempts, unknown codes, not-placed calls, attempts that move
// to another lead. The same seed draws the same trial.
type Trial struct {
	*rand.Rand
	Config Campaign
	// Dated trials may be posted in any order, others only in theirs.
	Dated bool
	// Dialers draws what only dialers' messages say, too.
	Dialers bool
	// Money draws rates, shared costs and prices of leads, too.
	Money bool
	// Zone is the installation's where agents' states are drawn too, else "".
	Zone string
	// Rates is the body of a PUT of rates; nil where nothing was rated.
	Rates map[string]any

	ledger   ledger
	base     time.Time
	instants []time.Time
	starts   map[string][]time.Time // by lead
}

// Post is one item for a collection of the API.
type Post struct {
	Collection string
	Item       map[string]any
}

var trialZones = []struct{ zone, base string }{
	{"America/New_York", "2026-03-06T12:00:00Z"}, {"America/New_York", "2026-10-30T12:00:00Z"},
	{"Europe/London", "2026-03-27T12:00:00Z"}, {"Europe/London", "2026-10-23T12:00:00Z"},
	{"Asia/Kathmandu", "2026-05-30T12:00:00Z"}, {"Australia/Lord_Howe", "2026-04-03T12:00:00Z"},
	// Clocks jump in the middle of an hour.
	{"Pacific/Chatham", "2026-04-03T12:00:00Z"}, {"Pacific/Chatham", "2026-09-25T12:00:00Z"},
}

// NewTrial begins the trial of a seed.
func NewTrial(seed uint64) *Trial {
	r := &Trial{Rand: rand.New(rand.NewPCG(seed, 77))}
	place := Pick(r, trialZones...)
	return r.begin("c", place.zone, "EUR", place.base)
}

// NewTrials begins trials of the same days, in several zones and often in several
// currencies, to be pooled.
func NewTrials(seed uint64) (all []*Trial) {
	draw := &Trial{Rand: rand.New(rand.NewPCG(seed, 78))}
	base, currencies := Pick(draw, trialZones...).base, Pick(draw, []string{"EUR"}, []string{"EUR", "USD"})
	for i := range 2 + draw.IntN(3) {
		r := &Trial{Rand: rand.New(rand.NewPCG(seed, uint64(100+i)))}
		all = append(all, r.begin(fmt.Sprintf("c-%d", i), Pick(draw, trialZones...).zone, Pick(draw, currencies...), base))
	}
	return all
}

func (r *Trial) begin(ref, zone, currency, base string) *Trial {
	r.base, _ = time.Parse(time.RFC3339, base)
	r.starts = map[string][]time.Time{}
	r.Dated = r.IntN(4) > 0
	r.Config = Campaign{Ref: ref, TimeZone: zone, Currency: currency, DialMode: Pick(r, "manual", "preview", "progressive", "predictive"),
		StrictLeads: r.IntN(5) == 0}
	if r.Maybe(30) {
		r.Config.StartsOn = r.base.AddDate(0, 0, r.IntN(7)-3).Format(time.DateOnly)
	}
	r.Reconfigure()
	return r
}

// Reconfigure draws another meaning for every code.
func (r *Trial) Reconfigure() {
	r.Config.Dispositions = r.dispositions()
	r.Config.StrictLeads = r.Maybe(20)
	r.Config.DialMode = Pick(r, "manual", "preview", "progressive", "predictive")
	if r.Dialers {
		r.Config.Statuses = map[string]map[string]string{}
		for _, dialer := range r.dialers() {
			codes := map[string]string{}
			for _, code := range trialCodes {
				if r.Maybe(70) {
					codes[code] = Pick(r, r.Config.Dispositions...).Category
				}
			}
			r.Config.Statuses[dialer] = codes
		}
	}
	r.Config.Compliance = Pick(r, "us_tsr", "us_tsr", "uk_2008", "ca_crtc", "none")
	if r.Money {
		r.rate()
	}
}

// Work has the trial draw agents' states, too, more often than not where the installation's
// days are the campaign's.
func (r *Trial) Work() {
	r.Zone = Pick(r, r.Config.TimeZone, r.Config.TimeZone, "UTC", "Asia/Kathmandu")
}

// ConfigBody is the trial's configuration as the body of a PUT.
func (r *Trial) ConfigBody() []byte {
	var ds []map[string]string
	for _, d := range r.Config.Dispositions {
		one := map[string]string{"code": d.Code, "category": d.Category}
		if d.Stage != "" {
			one["stage"] = d.Stage
		}
		ds = append(ds, one)
	}
	config := map[string]any{"name": "trial", "time_zone": r.Config.TimeZone, "currency": r.Config.Currency, "dial_mode": r.Config.DialMode,
		"strict_leads": r.Config.StrictLeads, "compliance": r.Config.Compliance, "dispositions": ds}
	if r.Config.CostBasis != nil {
		config["cost_basis"] = r.Config.CostBasis
	}
	if r.Config.StartsOn != "" {
		config["starts_on"] = r.Config.StartsOn
	}
	body, err := json.Marshal(config)
	if err != nil {
		panic(err)
	}
	return body
}

// trialCodes are codes of dialers, one of which the campaign maps itself.
var trialCodes = []string{"A", "B", "DROP", "D-refusal"}

// dialers are the trial's own sources of dialers' messages.
func (r *Trial) dialers() []string { return []string{r.Config.Ref + "-pbx", r.Config.Ref + "-vici"} }

// Pick returns one of the values.
func Pick[T any](r *Trial, from ...T) T { return from[r.IntN(len(from))] }

// Maybe is true in so many of a hundred cases.
func (r *Trial) Maybe(percent int) bool { return r.IntN(100) < percent }

func (r *Trial) dispositions() (out []Disposition) {
	for _, c := range []string{"sale", "sale_cancelled", "interested", "callback", "refusal", "dnc", "wrong_party", "abandoned", "machine", "no_answer", "busy", "unworkable", "technical", "none"} {
		out = append(out, Disposition{Code: "D-" + c, Category: c, Stage: Pick(r, "", "", "interested", "signed_up", "closed", "contacted")})
	}
	return out
}

func (r *Trial) instant(at time.Time) string {
	r.instants = append(r.instants, at)
	return at.Format("2006-01-02T15:04:05.000Z07:00")
}

// moment is an instant of the trial's few days, often one of few, so that ties
// and equal hours are common.
func (r *Trial) moment() time.Time {
	if r.Maybe(30) {
		return r.base.Add(time.Duration(r.IntN(12)) * 6 * time.Hour)
	}
	return r.base.Add(time.Duration(r.IntN(5*24*3600*1000)) * time.Millisecond)
}

// start is when a lead is dialed: at times a week after another dial of it, seldom a
// month later, at the same hour of the wall clock.
func (r *Trial) start(lead string) time.Time {
	at := r.moment()
	if before := r.starts[lead]; len(before) > 0 && r.Maybe(30) {
		zone, _ := time.LoadLocation(r.Config.TimeZone)
		at = Pick(r, before...).In(zone).AddDate(0, Pick(r, 0, 0, 1), 7).UTC()
	}
	r.starts[lead] = append(r.starts[lead], at)
	return at
}

// length is how long a call lasts: minutes, seldom hours.
func (r *Trial) length() time.Duration {
	most := 400_000
	if r.Maybe(10) {
		most = 40_000_000
	}
	return time.Duration(8000+r.IntN(most)) * time.Millisecond
}

func (r *Trial) stampOn(item map[string]any) map[string]any {
	if r.Dated {
		// Few stamps: equal ones are ranked by content.
		item["updated_at"] = time.Date(2026, 6, 1, 0, 0, r.IntN(25), 0, time.UTC).Format(time.RFC3339)
	}
	return item
}

// Posts draws what is posted, in an order in which undated posts make sense.
func (r *Trial) Posts() (out []Post) {
	leads, attempts := 1+r.IntN(8), 1+r.IntN(30)
	// Some leads have most of the attempts.
	lead := func() string { return fmt.Sprintf("L%d", min(r.IntN(leads), r.IntN(leads))) }
	for range leads * r.IntN(3) {
		out = append(out, Post{"leads", r.stampOn(r.lead(lead()))})
	}
	for a := range attempts {
		ref := fmt.Sprintf("a-%d", a)
		owner := lead()
		for range 1 + r.IntN(3) {
			if r.Maybe(10) {
				owner = lead()
			}
			if r.Maybe(30) {
				out = append(out, Post{"outcomes", r.stampOn(r.outcome(ref))})
			} else {
				out = append(out, Post{"attempts", r.stampOn(r.attempt(ref, owner))})
			}
		}
	}
	for c := range r.IntN(4) {
		from := r.moment()
		out = append(out, Post{"costs", r.stampOn(map[string]any{"ref": fmt.Sprintf("cost-%d", c), "campaign": r.Config.Ref,
			"category": Pick(r, r.categories()...), "amount": fmt.Sprintf("%d.%02d", r.IntN(900)-100, r.IntN(100)), "currency": r.Config.Currency,
			"from": r.instant(from), "to": r.instant(from.Add(time.Duration(1+r.IntN(200*3600*1000)) * time.Millisecond))})})
	}
	if r.Money {
		out = append(out, r.sharedCosts()...)
	}
	if r.Zone != "" {
		for _, item := range r.states(r.Config.Ref, r.Config.Ref, "elsewhere", nil) {
			out = append(out, Post{"states", item})
		}
	}
	return out
}

// Teams draws a team for each of some agents, "" for none. One of them dials in no
// trial.
func (r *Trial) Teams() map[string]string {
	teams := map[string]string{}
	for _, agent := range []string{"ann", "bob", "zoé", "idle"} {
		if r.Maybe(70) {
			teams[agent] = Pick(r, "north", "north", "süd", "")
		}
	}
	return teams
}

func (r *Trial) lead(ref string) map[string]any {
	item := map[string]any{"ref": ref}
	r.set(item, 80, "generated_at", r.instant(r.moment()))
	r.set(item, 60, "list", Pick[any](r, "list-1", "list-2", nil))
	r.set(item, 60, "source", Pick[any](r, "web", "mail", nil))
	r.set(item, 60, "time_zone", Pick[any](r, "Asia/Kathmandu", "Europe/Lisbon", "America/St_Johns", "Australia/Lord_Howe", nil))
	r.set(item, 8, "void", Pick[any](r, true, false))
	if r.ledger.prices {
		r.set(item, 60, "price", Pick[any](r, "2.50", "0.01", "13.37", nil))
	}
	return item
}

func (r *Trial) set(item map[string]any, percent int, name string, value any) {
	if r.Maybe(percent) {
		item[name] = value
	}
}

func (r *Trial) outcome(ref string) map[string]any {
	item := map[string]any{"attempt": ref}
	r.set(item, 90, "disposition", r.code())
	r.set(item, 20, "agent", Pick[any](r, "ann", "bob", nil))
	r.decided(item)
	return item
}

func (r *Trial) code() any {
	if r.Maybe(8) {
		return Pick[any](r, "UNMAPPED", nil)
	}
	if r.Maybe(35) {
		return Pick(r, "D-sale", "D-sale_cancelled")
	}
	return Pick(r, r.Config.Dispositions...).Code
}

func (r *Trial) decided(item map[string]any) {
	r.set(item, 40, "amount", Pick[any](r, "10.00", "99.95", "0.00", "-5.10", nil))
	r.set(item, 25, "decided_at", r.instant(r.moment()))
	r.set(item, 10, "cancelled_at", r.instant(r.moment()))
	r.set(item, 20, "callback_at", r.instant(r.moment()))
	r.set(item, 40, "wrap_s", Pick(r, json.Number("0"), json.Number("12.5"), json.Number("30.0019")))
}

func (r *Trial) attempt(ref, lead string) map[string]any {
	start := r.start(lead)
	later := func() time.Time { return start.Add(time.Duration(r.IntN(8000)) * time.Millisecond) }
	item := map[string]any{"ref": ref, "lead": lead, "started_at": r.instant(start),
		"result": Pick(r, "answered", "answered", "answered", "no_answer", "busy", "failed", "cancelled", "not_placed")}
	if r.Maybe(10) {
		object := map[string]any{"ref": lead}
		r.set(object, 70, "list", Pick(r, "list-1", "list-3"))
		r.set(object, 40, "time_zone", Pick(r, "Asia/Kathmandu", "America/New_York"))
		item["lead"] = object
	}
	r.set(item, 80, "agent", Pick[any](r, "ann", "bob", "zoé", nil))
	r.set(item, 50, "disposition", r.code())
	r.set(item, 5, "void", Pick[any](r, true, false))
	if item["result"] == "answered" {
		r.set(item, 80, "answered_by", Pick[any](r, "human", "human", "machine", "unknown"))
		r.set(item, 50, "answered_at", r.instant(later()))
		r.set(item, 20, "greeting_ended_at", r.instant(later()))
		r.set(item, 60, "connected_at", r.instant(later()))
	}
	r.set(item, 70, "ended_at", r.instant(start.Add(r.length())))
	r.set(item, 70, "ended_by", Pick[any](r, "customer", "agent", "system", nil))
	r.set(item, 30, "hold_s", Pick(r, json.Number("0"), json.Number("7.25"), json.Number("500")))
	r.decided(item)
	if r.Dialers {
		r.set(item, 30, "talk_s", Pick[any](r, json.Number("0"), json.Number("31.5"), json.Number("400"), nil))
		r.set(item, 20, "queue_wait_s", json.Number("3"))
		r.set(item, 30, "wrap_began_at", r.instant(later()))
		r.set(item, 30, "wrap_over_at", r.instant(later()))
		r.set(item, 60, "dialer", Pick[any](r, r.dialers()[0], r.dialers()[1], nil))
		r.set(item, 40, "disposition", Pick(r, trialCodes...))
	}
	return item
}

// Window has ends at the posts' own instants ± 1 ms, at midnights, or wide.
func (r *Trial) Window() (from, to time.Time) {
	zone, _ := time.LoadLocation(r.Config.TimeZone)
	end := func() time.Time {
		switch r.IntN(3) {
		case 0:
			y, m, d := Pick(r, r.instants...).In(zone).Date()
			return time.Date(y, m, d, 0, 0, 0, 0, zone)
		case 1:
			return r.base.AddDate(0, 0, 70*(r.IntN(3)-1))
		}
		return Pick(r, r.instants...).Add(time.Duration(r.IntN(3)-1) * time.Millisecond)
	}
	from, to = end(), end()
	if to.Before(from) {
		from, to = to, from
	}
	return from, to
}

// Dates has ends at dates of the trial's few days, or around them.
func (r *Trial) Dates() (from, to string) {
	first := r.base.AddDate(0, 0, r.IntN(9)-2)
	return first.Format(time.DateOnly), first.AddDate(0, 0, r.IntN(9)).Format(time.DateOnly)
}
