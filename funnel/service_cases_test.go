package funnel

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ringside/campaign"
)

// recordsOf reads facts of service as words, one a line, instants as the time since
// Monday, 2 November 2026, 09:00 UTC ("-40d", "2h30m"): "nps 10", "csat none",
// "servqual reliability 5 6" (perceived, expected), "review 1-5 3 x2, 0-1 1 x1" (scale,
// mark, weight), "case opened 0h replied 20m", "customer joined -40d margin 10.00",
// "search results 3 opened 0". "12 x" before them stands for 12 such facts.
func recordsOf(t *testing.T, lines string) (units []*Unit) {
	t.Helper()
	for line := range strings.Lines(lines) {
		words := strings.Fields(line)
		times := 1
		if len(words) > 1 && words[1] == "x" {
			times, words = int(seconds(t, words[0])/1000), words[2:]
		}
		if len(words) == 0 {
			continue
		}
		form, item := recordWords(t, words)
		for range times {
			item["ref"] = fmt.Sprint("r-", len(units))
			body, err := json.Marshal(item)
			if err != nil {
				t.Fatal(err)
			}
			v, err := form.Decode(body)
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			if wrong := v.SettleMoney("EUR", 2); wrong != nil {
				t.Fatal(wrong)
			}
			r := &Record{Kind: form.Kind, Content: v.Content, NextMs: campaign.None, Channel: int64(len(fmt.Sprint(item["channel"])))}
			units = append(units, &Unit{Lead: Lead{Number: int64(len(units) + 1), Record: r}})
		}
	}
	return units
}

func recordWords(t *testing.T, words []string) (*campaign.Form, map[string]any) {
	item := map[string]any{}
	kind, rest := words[0], words[1:]
	forms := map[string]*campaign.Form{"review": campaign.ReviewForm, "case": campaign.CaseForm, "customer": campaign.CustomerForm, "search": campaign.SearchForm}
	form := forms[kind]
	switch kind {
	case "review":
		item["at"] = since(t, "0h")
		marks := []any{}
		for part := range strings.SplitSeq(strings.Join(rest, " "), ",") {
			f := strings.Fields(part)
			low, high, _ := strings.Cut(f[0], "-")
			mark := map[string]any{"name": "n", "min": json.Number(low), "max": json.Number(high)}
			if f[1] != "none" {
				mark["picked"] = json.Number(f[1])
			}
			if len(f) > 2 {
				mark["weight"] = json.Number(f[2][1:])
			}
			marks = append(marks, mark)
		}
		item["categories"] = marks
		return form, item
	case "search":
		item["at"] = since(t, "0h")
	case "servqual":
		form, item["kind"], item["at"] = campaign.SurveyForm, kind, since(t, "0h")
		scores := map[string]any{}
		for ; len(rest) > 2; rest = rest[3:] {
			scores[rest[0]] = map[string]any{"perception": json.Number(rest[1]), "expectation": json.Number(rest[2])}
		}
		item["scores"] = scores
	}
	if form == nil {
		form, item["kind"], item["at"] = campaign.SurveyForm, kind, since(t, "0h")
		if rest[0] != "none" {
			item["score"] = json.Number(rest[0])
		}
		rest = rest[1:]
	}
	names := map[string]string{"opened": "opened_at", "replied": "first_reply_at", "resolved": "resolved_at", "reopened": "reopened_at", "joined": "joined_at", "left": "left_at"}
	for i := 0; i+1 < len(rest); i += 2 {
		switch word, value := rest[i], rest[i+1]; {
		case kind == "search":
			item[word] = json.Number(value)
		case names[word] != "":
			item[names[word]] = since(t, value)
		default:
			item[word] = value
		}
	}
	return form, item
}

// since is the instant so long after the beginning of the tables.
func since(t *testing.T, text string) string {
	days, rest, some := strings.Cut(text, "d")
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	if some {
		at = at.Add(time.Duration(seconds(t, days)) * 86400 * time.Millisecond)
	} else {
		rest = text
	}
	if rest != "" {
		d, err := time.ParseDuration(rest)
		if err != nil {
			t.Fatal(err)
		}
		at = at.Add(d)
	}
	return at.Format(time.RFC3339)
}

// TestServiceFigures works every KPI of the installation by hand, over November 2026 as
// of its tenth day.
func TestServiceFigures(t *testing.T) {
	var worked []string
	for _, c := range []struct{ name, facts, want string }{
		{"nothing at all", "", "csat 0/0; nps 0/0; iqs none; resolution_rate 0/0; backlog 0/-; open_cases 0/-; customer_churn 0/0; clv none; request_volume 0/-"},
		{"top boxes and the mean are two figures", "csat 5\n 2 x csat 4\n 2 x csat 3\n csat none", "csat 3/5; csat_mean 19000/5"},
		{"case 9: a promoter score of +20", "2 x nps 10\n 3 x nps 9\n nps 8\n nps 7\n nps 6\n nps 0\n nps 3", "nps 2/10"},
		{"a zero is a detractor", "nps 0", "nps -1/1"},
		{"effort, emotion and staff", "ces 7\n ces 5\n ces 6\n emotion 6.5\n emotion 8\n emotion none\n employee 4\n employee 5", "ces 18000/3; emotion 14500/2; employee_engagement 9000/2"},
		{"gaps by dimension", "servqual reliability 5 6 empathy 6 6\n servqual reliability 7 5.5\n servqual", "servqual 500/3; servqual_reliability 500/2; servqual_empathy 0/1; servqual_tangibles 0/0; servqual_assurance 0/0; servqual_responsiveness 0/0"},
		{"case 10: weighted marks", "review 1-5 3 x2, 0-1 1 x1", "iqs 2/3"},
		{"the lowest mark is nothing", "review 1-5 1", "iqs 0/1"},
		{"thirds and sevenths add up exactly", "review 0-3 1\n review 0-7 2\n review 0-1 none", "iqs 13/42"},
		{"requests are calls and cases", "3 x case opened 0h channel mail", "request_volume 3/-; volume_by_channel 3/-"},
		{"times by the calendar and in business hours", "case opened 0h replied 20m resolved 1d2h\n case opened 3d23h replied 7d1h", // Friday 08:00 to Monday 10:00
			"first_response_time 267600000/2; first_response_time_p50 1200 of 2; first_response_time_p90 267477 of 2; resolution_time 93600000/1; resolution_time_p50 94121 of 1; resolution_time_p90 94121 of 1;" +
				"first_response_time_business 33600000/2; first_response_time_business_p50 1200 of 2; first_response_time_business_p90 32487 of 2; resolution_time_business 36000000/1; resolution_time_business_p50 36239 of 1; resolution_time_business_p90 36239 of 1"},
		{"resolved by as_of", "case opened 0h resolved 1h\n case opened 0h resolved 1h reopened 2h\n case opened 0h resolved 20d\n case opened 0h resolved 1h reopened 20d\n case opened 0h", "resolution_rate 2/5; open_cases 3/-"},
		{"reopened after the last resolution", "case opened 0h resolved 1h reopened 2h\n case opened 0h resolved 3h reopened 2h\n case opened 0h resolved 1h", "reopen_rate 1/3"},
		{"a stock at the window's end, by age", "case opened -90d\n case opened -90d resolved -1d\n case opened 28d14h\n case opened 28d14h resolved 40d\n case opened 27d\n case opened 24d\n case opened 10d\n case opened 40d",
			"backlog 6/-; backlog_under_1d 2/-; backlog_1d_to_3d 1/-; backlog_3d_to_7d 1/-; backlog_7d_to_30d 1/-; backlog_over_30d 1/-; open_cases 1/-"},
		{"nothing opened, and nothing found", "search results 3 opened 1\n search results 3 opened 0\n search results 0\n search results 3", "failed_search_rate 2/3"},
		{"case 11: survivors, not end less new", "170 x customer joined -40d\n 30 x customer joined -40d left 3d\n 35 x customer joined 1d\n 5 x customer joined 1d left 2d\n customer joined -40d left -39d", "customer_retention 170/200; customer_churn 30/200"},
		{"referred and new", "3 x customer joined 1d referred_by c-1\n 7 x customer joined 1d\n customer joined -40d referred_by c-1", "referral_rate 3/10"},
		{"a lifetime of twenty periods", "190 x customer joined -40d margin 10.00\n 10 x customer joined -40d left 3d margin 10.00", "clv 16000/1"},
		{"margins that are not known", "2 x customer joined -40d margin 10.00\n customer joined -40d left 3d", "clv -1000/1"},
		{"contacts of customers", "6 x case opened 0h\n 2 x customer joined -40d\n customer joined 1d", "engagement 6/3"},
	} {
		zone := campaign.NewCalendar(time.UTC)
		hours := &campaign.Hours{Week: [7]string{"09:00-17:00", "09:00-17:00", "09:00-17:00", "09:00-17:00", "09:00-17:00"}}
		rules := &Rules{Calendar: zone, Hours: campaign.NewClock(hours, zone), AcquisitionMinor: 4000}
		w := Window{FromMs: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC).UnixMilli(), ToMs: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC).UnixMilli()}
		book, err := NewBook(rules, Held(recordsOf(t, c.facts)), nil)
		if err != nil {
			t.Fatal(err)
		}
		groups, err := Compute(book, rules, Query{Window: w, KPIs: KPIsOf(ServiceCatalogue), NowMs: time.Date(2026, 11, 10, 0, 0, 0, 0, time.UTC).UnixMilli()})
		if err != nil {
			t.Fatal(err)
		}
		for want := range strings.SplitSeq(c.want, ";") {
			want = strings.TrimSpace(want)
			id, _, _ := strings.Cut(want, " ")
			if got := id + " " + worded(Find(id).Figure(&groups[0].Sums)); got != want {
				t.Errorf("%s: got %s, want %s", c.name, got, want)
			}
			worked = append(worked, id)
		}
	}
	for _, k := range KPIsOf(ServiceCatalogue) {
		if k.Clock != StateClock && !slices.Contains(worked, k.ID) { // those are worked in state_cases_test.go
			t.Errorf("%s is worked by no case", k.ID)
		}
		if k.Name == "" || k.Formula == "" || k.Description == "" || k.Example == "" || k.Direction == "" || len(k.Groupings) == 0 || k.DefinitionVersion != 1 || Find(k.ID) != k {
			t.Errorf("%s lacks words, or is there twice: %+v", k.ID, k)
		}
	}
}

// TestCatalogueIsComplete holds the catalogue to the contract: every indicator of
// service that it names is there.
func TestCatalogueIsComplete(t *testing.T) {
	for id := range strings.FieldsSeq(`offered answered abandoned blocked asa abandon_wait service_level inbound_abandonment_rate aht blockage transfer_rate escalation_rate
		first_contact_resolution answered_per_agent csat csat_mean nps ces emotion iqs servqual servqual_reliability servqual_assurance servqual_tangibles servqual_empathy
		servqual_responsiveness request_volume volume_by_channel first_response_time first_response_time_p50 first_response_time_p90 first_response_time_business
		resolution_time resolution_time_p50 resolution_time_p90 resolution_time_business resolution_rate reopen_rate open_cases backlog failed_search_rate customer_churn
		customer_retention referral_rate clv engagement employee_engagement`) {
		if k := Find(id); k == nil || !k.OfService() {
			t.Errorf("there is no %s", id)
		}
	}
}
