package funnel

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ringside/campaign"
)

// callsOf reads calls as words, one a line, all offered from 2 November 2026, 09:00 UTC
// on: "answered 6" and "gave-up 40" after so many seconds, "talk 33", "wrap 32",
// "agent ann", "customer c", "topic t", "day 3" days and "after 20" seconds later, "transfers 2", and the
// words escalated, resolved, blocked, waiting, void. "12 x" before them stands for 12
// such calls.
func callsOf(t *testing.T, lines string) (units []*Unit) {
	t.Helper()
	start := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC).UnixMilli()
	numbers := map[string]int64{"": 0}
	number := func(text string) int64 {
		if _, known := numbers[text]; !known {
			numbers[text] = int64(len(numbers))
		}
		return numbers[text]
	}
	for line := range strings.Lines(lines) {
		words := strings.Fields(line)
		times := 1
		if len(words) > 1 && words[1] == "x" {
			times, words = int(seconds(t, words[0])/1000), words[2:]
		}
		if len(words) == 0 {
			continue
		}
		for range times {
			r := &Record{Kind: campaign.KindCall, Content: campaign.Content{Values: make([]campaign.Value, len(campaign.KindCall.Fields()))}, NextMs: campaign.None}
			set := func(field int, v campaign.Value) { r.Values[field], r.Named = v, r.Named.With(field) }
			at, answered := start, campaign.None
			for i := 0; i < len(words); i++ {
				argument := ""
				if i+1 < len(words) {
					argument = words[i+1]
				}
				switch word := words[i]; word {
				case "escalated", "resolved", "blocked", "void":
					set(map[string]int{"escalated": campaign.CallEscalated, "resolved": campaign.CallResolved, "blocked": campaign.CallBlocked, "void": campaign.CallVoid}[word], campaign.Value{Int: 1})
					continue
				case "waiting":
					continue
				case "day":
					at += seconds(t, argument) * 86400
				case "after":
					at += seconds(t, argument)
				case "answered":
					answered = at + seconds(t, argument)
					set(campaign.CallAnsweredAt, campaign.Value{Int: answered})
				case "gave-up":
					set(campaign.CallAbandonedAt, campaign.Value{Int: at + seconds(t, argument)})
				case "talk":
					set(campaign.CallEndedAt, campaign.Value{Int: answered + seconds(t, argument)})
				case "wrap":
					set(campaign.CallWrap, campaign.Value{Int: seconds(t, argument)})
				case "transfers":
					set(campaign.CallTransfers, campaign.Value{Int: seconds(t, argument) / 1000})
				case "agent":
					r.Agent = number(argument)
				case "customer":
					set(campaign.CallCustomer, campaign.Value{Text: argument})
				case "topic":
					set(campaign.CallTopic, campaign.Value{Text: argument})
					r.Topic = number(argument)
				default:
					t.Fatalf("what is %q?", word)
				}
				i++
			}
			set(campaign.CallOfferedAt, campaign.Value{Int: at})
			units = append(units, &Unit{Lead: Lead{Number: int64(len(units) + 1), Record: r}})
		}
	}
	for _, u := range units {
		for _, o := range units {
			same := u.Record.Thread(campaign.KindCall) != "" && u.Record.Thread(campaign.KindCall) == o.Record.Thread(campaign.KindCall)
			if same && o.AtMs() > u.AtMs() && (u.Record.NextMs == campaign.None || o.AtMs() < u.Record.NextMs) {
				u.Record.NextMs = o.AtMs()
			}
		}
	}
	return units
}

func seconds(t *testing.T, text string) int64 {
	t.Helper()
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return int64(n * 1000)
}

// TestQueueFigures works every KPI of calls by hand.
func TestQueueFigures(t *testing.T) {
	level := func(method string) Level { return Level{Method: method} }
	three := "answered 6 talk 60\n gave-up 40\n blocked"
	many := `860 x answered 20
		140 x answered 20.001
		20 x gave-up 20
		40 x gave-up 21`
	var worked []string
	for _, c := range []struct {
		name, calls, want string
		level             Level
		short             int64
	}{
		{"an empty queue", "", "offered 0/-; asa 0/0; service_level 0/0; answered_per_agent 0/0", Level{}, 0},
		{"three received: one answered, one given up, one blocked", three, "offered 2/-; answered 1/-; abandoned 1/-; blocked 1/-; blockage 1/3; inbound_abandonment_rate 1/2", Level{}, 0},
		{"a call that waits is offered and nothing else", "waiting", "offered 1/-; answered 0/-; abandoned 0/-; service_level 0/1", Level{}, 0},
		{"who waits at 09:00:50", "waiting\n waiting after 20\n waiting after 51\n waiting day -1\n answered 6\n gave-up 9\n blocked\n waiting void", "calls_waiting 2/-; longest_wait 50000/1", Level{}, 0},
		{"nobody waits", "answered 6", "calls_waiting 0/-; longest_wait 0/0", Level{}, 0},
		{"a void call is nothing", "answered 6 void", "offered 0/-; answered 0/-", Level{}, 0},
		{"speed of answer beside the wait of those who left", "answered 6\n answered 20.5\n gave-up 40", "asa 26500/2; abandon_wait 40000/1", Level{}, 0},
		{"case 7: late abandons are bad", many, "service_level 860/1040; answered 1000/-; abandoned 60/-", level(LateAbandonsBad), 0},
		{"case 7: abandons are bad", many, "service_level 860/1060", level(AbandonsBad), 0},
		{"case 7: abandons are ignored", many, "service_level 860/1000", level(AbandonsIgnored), 0},
		{"case 7: abandons are good in time", many, "service_level 880/1060", level(AbandonsGood), 0},
		{"another threshold, itself within", "answered 30\n answered 30.2\n answered 31", "service_level 1/3", Level{Seconds: ptr(30)}, 0},
		{"buckets of a scenario, up to 5 s", buckets, "service_level 1/7", Level{Method: AbandonsBad, Seconds: ptr(5)}, 0},
		{"buckets of a scenario, up to 10 s", buckets, "service_level 3/7", Level{Method: AbandonsGood, Seconds: ptr(10)}, 0},
		{"buckets of a scenario, up to 15 s", buckets, "service_level 5/7", Level{Method: AbandonsGood, Seconds: ptr(15)}, 0},
		{"short abandons are in neither part", "3 x answered 1\n gave-up 4.999\n gave-up 5", "inbound_abandonment_rate 1/4; abandoned 2/-; offered 5/-", Level{}, 5000},
		{"handle time is talk, hold and wrap of ended calls", "answered 7 talk 33 wrap 32\n answered 7 wrap 10\n answered 7 talk 20", "aht 85000/2 no_data:2; asa 21000/3", Level{}, 0},
		{"a call counts once however often it was passed on", "answered 1 transfers 2\n answered 1 escalated\n answered 1\n gave-up 3 transfers 1", "transfer_rate 1/3; escalation_rate 1/3", Level{}, 0},
		{"resolved, and not heard of again for 7 days", `answered 1 resolved customer c topic bill
			answered 1 resolved customer c topic bill day 8
			answered 1 resolved customer c topic move day 2`, "first_contact_resolution 3/3", Level{}, 0},
		{"a further call that nobody answered", `answered 1 resolved customer c topic bill
			gave-up 9 customer c topic bill day 7`, "first_contact_resolution 0/1", Level{}, 0},
		{"an unknown customer is left out", "answered 1 resolved\n answered 1 resolved customer c", "first_contact_resolution 1/1 no_data:1", Level{}, 0},
		{"answers of each of those who answered", "3 x answered 1 agent ann\n answered 1 agent bob\n answered 1\n gave-up 9 agent zoe", "answered_per_agent 4/2 no_data:1", Level{}, 0},
		{"nearest rank", "answered 1\n answered 2\n answered 3.2\n answered 10", "answer_wait_p50 2 of 4; answer_wait_p80 10 of 4; answer_wait_p99 10 of 4; abandon_wait_p50 0 of 0", Level{}, 0},
		{"percentiles of a hundred calls", hundred(), "answer_wait_p50 50 of 100; answer_wait_p80 80 of 100; answer_wait_p90 90 of 100; answer_wait_p95 95 of 100; answer_wait_p99 99 of 100;" +
			"handle_time_p50 50 of 100; handle_time_p90 90 of 100; handle_time_p95 95 of 100; handle_time_p99 99 of 100", Level{}, 0},
		{"percentiles of handle time and of patience", "gave-up 5\n gave-up 9\n answered 1 talk 20 wrap 0.5", "abandon_wait_p50 5 of 2; abandon_wait_p90 9 of 2; handle_time_p50 21 of 1 no_data:0", Level{}, 0},
	} {
		rules := &Rules{Calendar: campaign.NewCalendar(time.UTC), Queue: campaign.Queue{ServiceLevelS: 20, ShortAbandonMs: c.short}}
		w := Window{FromMs: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC).UnixMilli(), ToMs: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC).UnixMilli()}
		groups, err := Compute(newBook(t, rules, callsOf(t, c.calls), nil), rules, Query{Window: w, KPIs: KPIsOf(QueueCatalogue), Level: c.level, NowMs: time.Date(2026, 11, 2, 9, 0, 50, 0, time.UTC).UnixMilli()})
		if err != nil {
			t.Fatal(err)
		}
		for want := range strings.SplitSeq(c.want, ";") {
			want = strings.TrimSpace(want)
			id, _, _ := strings.Cut(want, " ")
			worked = append(worked, id)
			got := id + " " + worded(Find(id).Figure(&groups[0].Sums))
			if lacking, ok := Find(id).NoData(&groups[0].Sums); ok && strings.Contains(want, " no_data:") {
				got += fmt.Sprint(" no_data:", lacking)
			}
			if got != want {
				t.Errorf("%s: got %s, want %s", c.name, got, want)
			}
		}
	}
	for _, k := range KPIsOf(QueueCatalogue) {
		if !slices.Contains(worked, k.ID) {
			t.Errorf("%s is worked by no case", k.ID)
		}
	}
}

// buckets: up to 5 s one answered, up to 10 s two given up, up to 15 s two answered,
// later one of each.
const buckets = `answered 5
	2 x gave-up 10
	2 x answered 14.5
	answered 16
	gave-up 30`

// hundred calls were answered after 1 to 100 s, and handled as long.
func hundred() string {
	var lines strings.Builder
	for n := 1; n <= 100; n++ {
		fmt.Fprintf(&lines, "answered %d talk %d wrap 0\n", n, n)
	}
	return lines.String()
}

func ptr(n int64) *int64 { return &n }

func worded(f Figure) string {
	switch {
	case f.KPI.Quotient != nil && f.Over == nil:
		return "none"
	case f.KPI.Quotient != nil:
		return f.Over.String() + "/" + f.Under.String()
	case f.KPI.Percent > 0:
		return fmt.Sprintf("%d of %d", f.Percentile, f.Denominator)
	case f.KPI.Denominator == NoMeasure:
		return fmt.Sprintf("%d/-", f.Numerator)
	}
	return fmt.Sprintf("%d/%d", f.Numerator, f.Denominator)
}

// TestQueueKPIsHaveWords: no KPI of queues is without them, and none is there twice.
func TestQueueKPIsHaveWords(t *testing.T) {
	for _, k := range KPIsOf(QueueCatalogue) {
		if k.Name == "" || k.Formula == "" || k.Description == "" || k.Example == "" || k.Direction == "" || len(k.Groupings) == 0 || k.DefinitionVersion != 1 {
			t.Errorf("%s lacks words: %+v", k.ID, k)
		}
		if Find(k.ID) != k {
			t.Errorf("%s is there twice", k.ID)
		}
	}
}
