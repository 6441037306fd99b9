package api_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ringside/funnel"
	"ringside/funnel/twin"
)

// summed are the parts of KPIs of service that add up what facts say, or hold more of one
// fact: they are not a number of facts.
func summed(k *funnel.KPI, part string) bool {
	switch {
	case k.ID == "iqs" || k.ID == "clv" && part == "numerator" || k.ID == "servqual" || k.Clock == funnel.StateClock:
		return true
	case k.ID == "answered_per_agent" && part == "denominator" || k.Numerator == funnel.Contacts && part == "numerator":
		return true // nothing is listed
	}
	return part == "numerator" && (k.Unit == funnel.Seconds || k.Unit == funnel.Score || k.Unit == funnel.Points)
}

// TestFactsBehindService: as many facts are listed behind each part of each KPI of service
// as it says, in random windows of random queues and installations, and none twice.
func TestFactsBehindService(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			h := newHouse(t)
			service, queue := twin.NewServiceTrial(seed), twin.NewQueueTrial(seed)
			h.do("PUT", "/v1/service", string(service.ConfigBody())).expect(200)
			h.do("PUT", "/v1/queues/q", fmt.Sprintf(`{"name":"q","time_zone":%q,"service_level_s":%d,"short_abandon_s":%s}`, queue.Queue.TimeZone, queue.Queue.ServiceLevelS, queue.Queue.ShortAbandonS)).expect(201)
			for _, p := range service.Posts() {
				h.do("POST", "/v1/"+p.Collection, asJSON(t, p.Item)).expect(200)
			}
			for _, call := range queue.Calls() {
				h.do("POST", "/v1/queues/q/calls", asJSON(t, call)).expect(200)
			}
			for range 3 {
				from, to := service.Window()
				h.countBehind("/v1/service/kpis", funnel.KPIsOf(funnel.ServiceCatalogue), from, to, "time_zone="+url.QueryEscape(service.Zone().String()))
				from, to = queue.Window()
				h.countBehind("/v1/queues/q/kpis", funnel.KPIsOf(funnel.QueueCatalogue), from, to, "service_level_method="+twin.Pick(queue.Trial, funnel.LevelMethods...)+"&service_level_s="+twin.Pick(queue.Trial, "0", "5", "60"))
			}
		})
	}
}

func asJSON(t *testing.T, item any) string {
	t.Helper()
	body, err := json.Marshal(item)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// countBehind compares the figures of a window with how many facts are listed behind them.
func (h *house) countBehind(path string, kpis []*funnel.KPI, from, to time.Time, more string) {
	h.Helper()
	window := "?from=" + url.QueryEscape(from.Format(time.RFC3339Nano)) + "&to=" + url.QueryEscape(to.Format(time.RFC3339Nano)) + "&" + more
	report, compared := h.get(path+window).expect(200), 0
	for at, k := range kpisTold(h.TB, report) {
		i := slices.IndexFunc(kpis, func(one *funnel.KPI) bool { return one.ID == k })
		if i < 0 {
			continue // of queues, in a report of all service
		}
		for _, part := range []string{"numerator", "denominator"} {
			told := report.at(fmt.Sprintf("kpis.%d.%s", at, part))
			if told == "null" || summed(kpis[i], part) {
				continue
			}
			compared++
			if listed := h.listed(path + "/" + k + "/facts" + window + "&part=" + part); strconv.Itoa(listed) != told {
				h.Errorf("%s %s in %s is %s, and %d facts are listed", k, part, window, told, listed)
			}
		}
	}
	if compared < len(kpis)/2 {
		h.Errorf("only %d parts of %d KPIs were compared", compared, len(kpis))
	}
}

// kpisTold are the ids of a report's KPIs, in order.
func kpisTold(t testing.TB, report *answer) (ids []string) {
	t.Helper()
	for at := 0; ; at++ {
		id := report.at(fmt.Sprintf("kpis.%d.id", at))
		if id == "null" || id == "" {
			return ids
		}
		ids = append(ids, strings.Trim(id, `"`))
	}
}

// listed follows a listing to its end, a few facts at a time, and counts the facts.
func (h *house) listed(path string) int {
	h.Helper()
	seen, next := map[string]bool{}, ""
	for n := 0; ; {
		page := h.get(path + "&limit=7" + next).expect(200)
		for at := 0; page.at(fmt.Sprintf("facts.%d", at)) != "null"; at++ {
			id := page.at(fmt.Sprintf("facts.%d.id", at))
			if n++; seen[id] {
				h.Errorf("%s lists %s twice", path, id)
			}
			seen[id] = true
		}
		cursor := page.at("next")
		if cursor == "null" {
			return n
		}
		next = "&cursor=" + strings.Trim(cursor, `"`)
	}
}
