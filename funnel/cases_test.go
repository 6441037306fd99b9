package funnel

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ringside/campaign"
)

// The cases of kpis.md §8 and one small case a KPI, for people who know call
// centres. A line is one attempt:
//
//	LEAD  START  RESULT  then any of
//	human machine unknown          who answered
//	joins+S ends+S hold:S wrap:S   seconds after the start, and durations
//	talk:S                         the talk that a dialer states by itself
//	by:customer                    who ended the call
//	=sale                          the category of its disposition
//	agent:ann amount:40.00 decided:DATE
//
// A line "lead LEAD DATE PRICE" generates a lead; one that is only dialed is dated by
// its first attempt. A line "cost CATEGORY AMOUNT FROM TO" is a cost entry, "shared"
// one of several campaigns with their WEIGHTS, of which this is the first. "rates" are
// cards, a telephony card FROM+CONNECT+MINUTE+FIRST/THEN or a labour rate
// FROM+HOUR+AGENT; "basis" says what counts where both are there. Dates
// without a time mean 10:00. "in FROM TO" sets the window (default: all of 2026),
// and the lines after it say what the figures are, and after no_data: of how many
// attempts they lack data.

type table struct {
	testing.TB
	rules  Rules
	units  map[string]*Unit
	costs  []CostEntry
	window Window
	agents []string
}

func newTable(t testing.TB, zone, mode string) *table {
	loc, err := campaign.LoadZone(zone)
	if err != nil {
		t.Fatal(err)
	}
	b := &table{TB: t, units: map[string]*Unit{}, agents: []string{""}}
	b.rules = Rules{Calendar: campaign.NewCalendar(loc), AgentFromStart: campaign.DialMode(mode).AgentFromStart(),
		Meanings: map[int64]campaign.Meaning{}, DialedStage: 1, ContactedStage: 2, Profile: Profiles["us_tsr"]}
	stages := map[campaign.Category]int{campaign.Interested: 3, campaign.Sale: 5}
	for c := campaign.CategoryNone; c <= campaign.Technical; c++ {
		stage, ok := stages[c]
		if !ok {
			stage = -1
		}
		b.rules.Meanings[int64(c)+1] = campaign.Meaning{Category: c, Stage: stage}
	}
	b.window = Window{b.instant("2026-01-01T00:00"), b.instant("2027-01-01T00:00")}
	return b
}

func (b *table) instant(text string) int64 {
	layout := "2006-01-02T15:04:05.000"
	if len(text) == len(time.DateOnly) {
		text += "T10:00"
	}
	at, err := time.ParseInLocation(layout[:min(len(text), len(layout))], text, b.rules.Calendar.Location())
	if err != nil {
		b.Fatal(err)
	}
	return at.UnixMilli()
}

func (b *table) lead(ref string) *Unit {
	if b.units[ref] == nil {
		b.units[ref] = &Unit{Lead: Lead{Number: int64(len(b.units) + 1), GeneratedMs: campaign.None}}
	}
	return b.units[ref]
}

func (b *table) read(table string) {
	for line := range strings.Lines(table) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || words[0] == "#":
		case words[0] == "lead":
			u := b.lead(words[1])
			u.Posted, u.GeneratedMs = true, b.instant(words[2])
			if len(words) > 3 {
				u.PriceMinor = b.money(words[3])
			}
		case words[0] == "rates":
			b.rates(words[1:])
		case words[0] == "basis":
			b.rules.CostBasis = campaign.CostBasis{Labour: words[1], Telephony: words[1], LeadPurchase: words[1]}
		case words[0] == "shared":
			b.cost(words[1:]).Shared = true
		case words[0] == "cost":
			b.cost(words[1:])
		case words[0] == "in":
			b.window = Window{b.instant(words[1] + "T00:00"), b.instant(words[2] + "T00:00")}
		case Find(words[0]) != nil:
			b.check(words[0], words[1:])
		default:
			u := b.lead(words[0])
			u.Attempts = append(u.Attempts, b.attempt(len(u.Attempts)+1, words[1:]))
		}
	}
}

func (b *table) attempt(number int, words []string) Attempt {
	none := campaign.None
	a := Attempt{Number: int64(number), Ref: fmt.Sprintf("%04d", number), StartedMs: b.instant(words[0]),
		AnsweredMs: none, GreetingEndedMs: none, ConnectedMs: none, EndedMs: none, HoldMs: none, WrapMs: none, TalkMs: none,
		AmountMinor: none, DecidedMs: none, CancelledMs: none, CallbackMs: none}
	choice := func(field int, word string) uint8 {
		return uint8(slices.Index(campaign.KindAttempt.Fields()[field].Choices, word) + 1)
	}
	a.Result = campaign.Result(choice(campaign.AttemptResult, words[1]))
	seconds := func(text string) int64 {
		s, err := strconv.ParseFloat(text, 64)
		if err != nil {
			b.Fatal(err)
		}
		return int64(s * 1000)
	}
	for _, w := range words[2:] {
		name, value, _ := strings.Cut(strings.Replace(w, "+", ":", 1), ":") // joins+5 like wrap:5
		switch {
		case strings.HasPrefix(w, "="):
			for number, m := range b.rules.Meanings {
				if m.Category.String() == w[1:] {
					a.Disposition = number
				}
			}
		case name == "joins":
			a.ConnectedMs = a.StartedMs + seconds(value)
		case name == "ends":
			a.EndedMs = a.StartedMs + seconds(value)
		case name == "hold":
			a.HoldMs = seconds(value)
		case name == "wrap":
			a.WrapMs = seconds(value)
		case name == "talk":
			a.TalkMs = seconds(value)
		case name == "by":
			a.EndedBy = campaign.EndedBy(choice(campaign.AttemptEndedBy, value))
		case name == "agent":
			a.Agent = b.agent(value)
		case name == "amount":
			a.AmountMinor, _ = campaign.ParseMoney(value, 2)
		case name == "answers":
			a.AnsweredMs = a.StartedMs + seconds(value)
		case name == "calls":
			a.CallbackMs = b.instant(words[0][:len(time.DateOnly)] + "T" + value)
		case name == "decided":
			a.DecidedMs = b.instant(value)
		case choice(campaign.AttemptAnsweredBy, w) > 0:
			a.AnsweredBy = campaign.AnsweredBy(choice(campaign.AttemptAnsweredBy, w))
		default:
			b.Fatalf("unknown word %q", w)
		}
	}
	return a
}

// all lists the units.
func (b *table) all() (units []*Unit) {
	for _, u := range b.units {
		units = append(units, u)
	}
	return units
}

// agent numbers an agent.
func (b *table) agent(name string) int64 {
	if !slices.Contains(b.agents, name) {
		b.agents = append(b.agents, name)
	}
	return int64(slices.Index(b.agents, name))
}

// shown writes a part of a figure without needless zeros.
func shown(m Measure, value int64) string {
	scale := map[MeasureUnit]int64{Seconds: 1000, Money: 100, Count: 1}[UnitOf(m)]
	return strings.TrimSuffix(strings.TrimRight(big.NewRat(value, scale).FloatString(3), "0"), ".")
}

// check compares one figure, written as n/d, n, or a money ratio's parts; a
// percentile as its seconds/how many attempts were measured.
func (b *table) check(id string, words []string) {
	b.Helper()
	want := words[0]
	groups, err := Compute(newBook(b, &b.rules, b.all(), b.costs), &b.rules, Query{Window: b.window, NowMs: b.window.ToMs + CallbackGraceMs})
	if err != nil {
		b.Fatal(err)
	}
	f := Find(id).Figure(&groups[0].Sums)
	if len(words) > 1 {
		lacking, _ := f.KPI.NoData(&groups[0].Sums)
		if got := fmt.Sprint("no_data:", lacking); got != words[1] {
			b.Errorf("%s says %s, want %s", id, got, words[1])
		}
	}
	if f.KPI.Percent > 0 {
		if got := fmt.Sprintf("%d/%d", f.Percentile, f.Denominator); got != want {
			b.Errorf("%s is %s, want %s", id, got, want)
		}
		return
	}
	got := shown(f.KPI.Numerator, f.Numerator)
	if f.KPI.Denominator != NoMeasure {
		got += "/" + shown(f.KPI.Denominator, f.Denominator)
	}
	if got != want {
		b.Errorf("%s is %s, want %s", id, got, want)
	}
}

var cases = []struct{ name, zone, mode, table string }{
	{"1: three leads, two won", "UTC", "predictive", `
		A 2026-06-01 no_answer
		A 2026-06-02 busy
		A 2026-06-03 answered human joins+1 ends+60 by:agent =callback
		A 2026-06-04 no_answer
		A 2026-06-05 answered human joins+1 ends+90 by:agent =sale
		B 2026-06-01 no_answer
		B 2026-06-02 answered human joins+1 ends+30 by:agent =refusal
		C 2026-06-01 answered human joins+1 ends+80 by:agent =sale
		dialed_conversion_rate  2/3
		hit_rate                2/8
		# 2 sales of 4 conversations
		contact_rate            4/8
		calls_per_lead          8/3
		calls_per_sale          8/2
		calls_to_close          6/2
		first_call_close_rate   1/3
		first_call_close_share  1/2`},
	{"2: first conversation is not the first dial", "UTC", "predictive", `
		D 2026-06-01 no_answer
		D 2026-06-02 no_answer
		D 2026-06-03 no_answer
		D 2026-06-04 answered human joins+1 ends+60 =sale
		first_call_close_rate  1/1
		first_dial_close_rate  0/1`},
	{"3: who was dropped, by lead and by call", "UTC", "predictive", `
		W1 2026-06-01 answered human joins+1 ends+9 by:customer
		W1 2026-06-02 answered human joins+1 ends+60 by:agent =sale
		W2 2026-06-01 answered human joins+1 ends+60 by:agent =sale
		W3 2026-06-01 answered human joins+1 ends+60 by:agent =sale
		R1 2026-06-01 answered human joins+1 ends+60 by:customer =refusal
		R2 2026-06-01 answered human joins+1 ends+60 by:customer =refusal
		CB 2026-06-01 answered human joins+1 ends+60 by:agent =callback
		DN 2026-06-01 answered human joins+1 ends+60 by:customer =dnc
		X1 2026-06-01 answered human joins+1 ends+5 by:customer
		X2 2026-06-01 answered human joins+1 ends+5 by:customer
		X3 2026-06-01 answered human joins+1 ends+5 by:customer
		lead_abandonment_rate      3/10
		outbound_abandonment_rate  4/11
		in_call_abandonment_rate   4/11`},
	{"8: a New York day of 23 hours", "America/New_York", "predictive", `
		A 2026-03-08T23:30 no_answer
		in 2026-03-08 2026-03-09
		dials 1
		in 2026-03-09 2026-03-10
		dials 0`},
	{"16: cancelled in June, sold anew in July", "UTC", "predictive", `
		A 2026-06-10 answered human joins+1 ends+60 =sale_cancelled
		A 2026-07-10 answered human joins+1 ends+60 =sale
		in 2026-06-01 2026-07-01
		sales            1
		net_sales        0
		sales_attrition  0/1
		sales_per_hour   1/0
		in 2026-07-01 2026-08-01
		sales      0
		net_sales  1`},
	{"17: one lead, two sales", "UTC", "predictive", `
		A 2026-06-10 answered human joins+1 ends+60 =sale amount:40.00
		A 2026-06-11 answered human joins+1 ends+60 =sale amount:60.00
		sales    1
		revenue  100`},
	{"18: do-not-call, then a sale", "UTC", "predictive", `
		A 2026-06-10 answered human joins+1 ends+60 =dnc
		A 2026-06-11 answered human joins+1 ends+60 =sale
		conversion_rate 1/1`},
	{"19: decided first, dropped later", "UTC", "predictive", `
		A 2026-06-10 answered human joins+1 ends+60 =refusal
		A 2026-06-11 answered human joins+1 ends+5 by:customer
		lead_abandonment_rate      0/1
		outbound_abandonment_rate  1/2`},

	{"counts and rates of dials", "UTC", "predictive", `
		lead A 2026-06-01
		lead B 2026-06-01
		lead Z 2026-06-01
		A 2026-06-02 no_answer
		A 2026-06-03 not_placed =sale
		A 2026-06-04 answered machine
		B 2026-06-02 answered human ends+4 by:customer
		B 2026-06-03 answered human joins+1 ends+20 by:agent =wrong_party
		B 2026-06-04 answered human joins+1 ends+70 hold:10 wrap:5 =refusal
		leads              3
		dials              5
		leads_dialed       2
		answer_rate        4/5
		live_answer_rate   3/5
		contact_rate       2/5
		rpc_rate           1/5
		machine_rate       1/4
		caller_hangup_rate 1/3
		lead_contact_rate  1/2
		list_penetration   2/3
		conversion_rate    0/3
		close_rate         0/1
		cohort_calls_per_lead 5/2
		# 19 s and 69 − 10 s
		talk_time          78/2 no_data:0
		outbound_aht       93/2 no_data:1`},
	{"how long it rang, was talked and took", "UTC", "predictive", `
		A 2026-06-01 answered human answers+4 joins+5 ends+24.9 wrap:5
		B 2026-06-01 answered human joins+6.2 ends+66.2 hold:0.6
		C 2026-06-01 answered machine answers+10 ends+12
		# the first two by nobody's clock, an end before the connection, nobody home
		D 2026-06-01 answered human
		E 2026-06-01 answered human ends+9 by:customer
		F 2026-06-01 answered human answers+30 joins+30 ends+29
		G 2026-06-01 no_answer
		# 4, 6.2, 10 and 30 s
		ring_time         50.2/4 no_data:2
		ring_time_p50     7/4
		ring_time_p90     30/4
		# 19.9, 59.4 and 0 s
		talk_time         79.3/3 no_data:0
		talk_time_p50     20/3
		talk_time_p90     60/3
		# 24.9, 60 and 0 s
		outbound_aht_p50  25/3 no_data:2
		outbound_aht_p90  60/3`},
	{"a wrap-up of none is told, one that nobody told is not", "UTC", "predictive", `
		A 2026-06-01 answered human joins+5 ends+65 wrap:0
		B 2026-06-01 answered human joins+5 ends+65 wrap:20
		C 2026-06-01 answered human joins+5 ends+65
		# neither end nor wrap-up, and a wrap-up without an end: left out
		D 2026-06-01 answered human joins+5
		E 2026-06-01 answered human joins+5 wrap:20
		# no conversation
		F 2026-06-01 answered human ends+9 by:customer
		G 2026-06-01 answered machine ends+9
		talk_time         180/3 no_data:2
		talk_time_p90     60/3 no_data:2
		outbound_aht      200/3 no_data:3
		outbound_aht_p90  80/3 no_data:3
		dials             7 no_data:0`},
	{"nine in ten of ten, and a conversation of hours", "UTC", "predictive", `
		A 2026-06-01 answered human joins+1 ends+11
		B 2026-06-01 answered human joins+1 ends+21
		C 2026-06-01 answered human joins+1 ends+31
		D 2026-06-01 answered human joins+1 ends+41
		E 2026-06-01 answered human joins+1 ends+51
		F 2026-06-01 answered human joins+1 ends+61
		G 2026-06-01 answered human joins+1 ends+71
		H 2026-06-01 answered human joins+1 ends+81
		I 2026-06-01 answered human joins+1 ends+7201
		J 2026-06-01 answered human joins+1 ends+9001
		talk_time_p50  50/10
		talk_time_p90  7200/10
		in 2026-05-01 2026-06-01
		talk_time_p90  0/0
		in 2026-01-01 2027-01-01
		# 7,201 s lies in the bucket up to 7,272, the next ends at 7,344
		K 2026-06-01 answered human joins+1 ends+7202
		L 2026-06-01 answered human joins+1 ends+7274
		talk_time_p90  7344/12`},
	{"a stated talk stands in where an instant is missing", "UTC", "predictive", `
		# the instants win where both are there
		A 2026-06-01 answered human joins+5 ends+65 hold:10 wrap:20 talk:40
		B 2026-06-01 answered human joins+5 hold:10 wrap:20 talk:40
		C 2026-06-01 answered human ends+65 hold:10 wrap:20 talk:40 =sale
		D 2026-06-01 answered human ends+65 talk:40
		E 2026-06-01 answered human joins+5
		contact_rate       4/5
		# 60 − 10, 40 and 40; 60 + 20, twice 40 + 10 + 20
		talk_time          130/3 no_data:1
		outbound_aht       220/3 no_data:1`},
	{"an outcome proves what the detector missed", "UTC", "predictive", `
		A 2026-06-01 answered machine =refusal
		B 2026-06-01 no_answer =sale
		C 2026-06-01 answered =machine
		D 2026-06-01 answered =dnc
		E 2026-06-01 answered
		answer_rate       5/5
		live_answer_rate  3/5
		contact_rate      2/5
		machine_rate      1/5`},
	{"in preview dialing the agent is there from the start", "UTC", "preview", `
		A 2026-06-01 answered human ends+30 by:customer
		contact_rate              1/1
		in_call_abandonment_rate  1/1
		talk_time                 30/1`},
	{"a cohort counts what its leads did at any time", "UTC", "predictive", `
		lead A 2026-06-30
		lead B 2026-06-30
		A 2026-06-20 no_answer
		A 2026-07-20 answered human joins+1 ends+60 =sale
		in 2026-06-01 2026-07-01
		conversion_rate  1/2
		dials            1
		in 2026-07-01 2026-08-01
		conversion_rate  0/0
		net_sales        1`},
	{"callbacks due and kept", "UTC", "predictive", `
		A 2026-06-01T10:00 answered human joins+1 ends+60 =callback calls:15:00
		A 2026-06-01T15:15 no_answer
		B 2026-06-01T10:00 answered human joins+1 ends+60 =callback calls:15:00
		B 2026-06-01T15:16 no_answer
		C 2026-06-01T10:00 answered human joins+1 ends+60 =callback calls:15:00
		C 2026-06-01T12:00 answered human joins+1 ends+60 =refusal
		D 2026-06-01T10:00 answered human joins+1 ends+60 =callback
		callback_kept_rate 1/2`},
	{"a regulator's view of six answers", "UTC", "predictive", `
		A 2026-06-01 answered human answers+0 joins+2 ends+60
		B 2026-06-01 answered human answers+0 joins+5 ends+60 =sale
		C 2026-06-01 answered human answers+0 ends+9 by:customer
		D 2026-06-01 answered human answers+0 ends+2 by:customer
		E 2026-06-01 answered human answers+0 ends+1 by:system
		F 2026-06-01 answered machine
		compliance_abandonment_rate  3/5
		caller_hangup_rate           2/5`},
	{"a late agent who sells: dropped for the regulator and a sale", "UTC", "predictive", `
		A 2026-06-01 answered human answers+0 joins+5 ends+60 =sale
		compliance_abandonment_rate  1/1
		outbound_abandonment_rate    0/1
		sales                        1
		hit_rate                     1/1`},
	{"a message played after 1.9 s is no agent", "UTC", "predictive", `
		A 2026-06-01 answered human answers+0 ends+1.9 by:system
		B 2026-06-01 answered human answers+0 ends+12 by:system
		compliance_abandonment_rate  2/2`},
	{"calls per agent", "UTC", "predictive", `
		A 2026-06-01 no_answer agent:ann
		A 2026-06-02 no_answer agent:ann
		A 2026-06-03 no_answer agent:bob
		A 2026-06-04 no_answer
		calls_per_agent 3/2`},
	{"a sale is dated by its decision, else its end, else its start", "UTC", "predictive", `
		A 2026-06-30T23:59 answered human joins+1 ends+120 =sale
		B 2026-06-30T23:59 answered human joins+1 =sale
		C 2026-06-30 answered human joins+1 ends+60 =sale decided:2026-07-02
		in 2026-06-01 2026-07-01
		sales 1
		in 2026-07-01 2026-08-01
		sales 2`},
	{"24: costs are spread over their own time and add up", "UTC", "predictive", `
		cost labour 100.00 2026-06-01 2026-07-01
		cost lead_purchase 999.00 2026-06-01 2026-07-01
		cost telephony -10.01 2026-06-01 2026-06-02
		A 2026-06-01 answered human joins+1 ends+60 =sale
		A 2026-06-02 no_answer
		B 2026-06-20 answered human joins+1 ends+60 =sale_cancelled
		in 2026-06-01 2026-07-01
		cost_per_call      89.99/3
		cost_per_contact   89.99/2
		cost_per_lead      89.99/2
		cost_per_sale      89.99/2
		cost_per_net_sale  89.99/1
		in 2026-06-01 2026-06-11
		cost_per_call      23.32/2
		in 2026-06-11 2026-07-01
		cost_per_call      66.67/1
		in 2026-05-01 2026-06-01
		cost_per_call      0/0`},
}

func TestWorkedCases(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { newTable(t, c.zone, c.mode).read(c.table) })
	}
}

// TestEveryKPIHasACase fails when a KPI is added without a case above.
func TestEveryKPIHasACase(t *testing.T) {
	for _, k := range Catalogue {
		if !slices.ContainsFunc(cases, func(c struct{ name, zone, mode, table string }) bool {
			return slices.ContainsFunc(strings.Split(c.table, "\n"), func(line string) bool {
				words := strings.Fields(line)
				return len(words) >= 2 && words[0] == k.ID
			})
		}) {
			t.Errorf("%s has no worked case", k.ID)
		}
	}
}
