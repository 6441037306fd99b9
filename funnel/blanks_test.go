package funnel

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ringside/campaign"
)

// TestBlanksAreNeverZero: facts that lack what a mean or a share is of leave it alone,
// whatever it was, and the answer says how many there are.
func TestBlanksAreNeverZero(t *testing.T) {
	calls := func(lines string) []*Unit { return callsOf(t, lines) }
	records := func(lines string) []*Unit { return recordsOf(t, lines) }
	var held []string
	for _, c := range []struct {
		kpis         string
		read         func(string) []*Unit
		told, blank  string
		missing      int64
		withoutHours bool
	}{
		{"asa abandon_wait", calls, "answered 6\n gave-up 40", "waiting\n blocked", 0, false}, // who waits, or never came, has not waited yet
		{"aht handle_time_p50 handle_time_p90 handle_time_p95 handle_time_p99", calls, "answered 6 talk 33 wrap 32", "answered 6\n answered 6 wrap 9", 2, false},
		{"first_contact_resolution", calls, "answered 1 resolved customer c", "2 x answered 1 resolved", 2, false},
		{"answered_per_agent", calls, "answered 1 agent ann", "3 x answered 1", 3, false},
		{"csat csat_mean", records, "csat 5\n csat 3", "2 x csat none", 2, false},
		{"nps", records, "nps 10\n nps 3\n nps 9", "nps none", 1, false},
		{"ces", records, "ces 7\n ces 4", "3 x ces none", 3, false},
		{"emotion", records, "emotion 6.5", "emotion none", 1, false},
		{"employee_engagement", records, "employee 4", "employee none", 1, false},
		{"servqual servqual_reliability servqual_assurance servqual_tangibles servqual_empathy servqual_responsiveness", records,
			"servqual reliability 5 6 assurance 4 6 tangibles 3 6 empathy 2 6 responsiveness 1 6", "2 x servqual", 2, false},
		{"iqs", records, "review 1-5 3 x2, 0-1 1 x1", "2 x review 0-5 none", 2, false},
		{"failed_search_rate", records, "search results 3 opened 1\n search results 0", "search results 3", 1, false},
		{"first_response_time_business resolution_time_business first_response_time_business_p50 first_response_time_business_p90 resolution_time_business_p50 resolution_time_business_p90",
			records, "", "case opened 0h replied 20m resolved 1h", 1, true},
		{"clv", records, "190 x customer joined -40d margin 10.00\n 10 x customer joined -40d left 3d margin 10.00", "2 x customer joined -40d", 2, false},
	} {
		for id := range strings.FieldsSeq(c.kpis) {
			k := Find(id)
			whole := blankSums(t, k, c.read(c.told), c.withoutHours)
			blank := blankSums(t, k, c.read(c.told+"\n"+c.blank), c.withoutHours)
			was, is := worded(k.Figure(whole)), worded(k.Figure(blank))
			if id == "clv" { // its lifetime is that of all customers: the mean margin is what stays
				was, is = "mean 1000", "mean "+meanMargin(blank)
			}
			if was != is {
				t.Errorf("%s goes from %s to %s by facts that say nothing of it", id, was, is)
			}
			if missing, told := k.NoData(blank); missing != c.missing || !told && c.missing > 0 {
				t.Errorf("%s: %d facts lack data, want %d", id, missing, c.missing)
			}
			held = append(held, id)
		}
	}
	for _, k := range slices.Concat(KPIsOf(QueueCatalogue), KPIsOf(ServiceCatalogue)) {
		_, lacks := k.NoData(&Sums{})
		if mean := k.Unit == Score || k.Unit == Points || lacks; mean && !slices.Contains(held, k.ID) {
			t.Errorf("%s is held to nothing where data is missing", k.ID)
		}
	}
}

func meanMargin(s *Sums) string {
	return RatioText(s.Get(MarginAtStart)*100, s.Get(MarginedAtStart), 0)[:4]
}

// blankSums are the sums of facts over November 2026, as of its tenth day.
func blankSums(t *testing.T, k *KPI, units []*Unit, withoutHours bool) *Sums {
	t.Helper()
	zone := campaign.NewCalendar(time.UTC)
	rules := &Rules{Calendar: zone, Queue: campaign.Queue{ServiceLevelS: 20}}
	if !withoutHours {
		rules.Hours = campaign.NewClock(&campaign.Hours{Week: [7]string{"09:00-17:00"}}, zone)
	}
	book, err := NewBook(rules, Held(units), nil)
	if err != nil {
		t.Fatal(err)
	}
	day := func(month time.Month, day int) int64 {
		return time.Date(2026, month, day, 0, 0, 0, 0, time.UTC).UnixMilli()
	}
	groups, err := Compute(book, rules, Query{Window: Window{FromMs: day(11, 1), ToMs: day(12, 1)}, KPIs: []*KPI{k}, NowMs: day(11, 10)})
	if err != nil {
		t.Fatal(err)
	}
	return &groups[0].Sums
}
