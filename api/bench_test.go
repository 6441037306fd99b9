package api_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// serveOver answers over a real connection, which is where a report's time counts.
func (h *house) serveOver() (url string) {
	server := httptest.NewServer(h)
	h.Cleanup(server.Close)
	return server.URL
}

func (h *house) over(method, url, contentType, body string) {
	h.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		h.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+h.key)
	r.Header.Set("Content-Type", contentType)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		h.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != 200 {
		h.Fatalf("%d %s %v", answer.StatusCode, clip(text), err)
	}
}

// dials writes n attempts from a running number on: three a lead, 25 agents, over
// 60 days; one in three is answered, one in thirty sells.
func dials(from, n int) string {
	var b strings.Builder
	start := time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)
	for i := from; i < from+n; i++ {
		at := start.Add(time.Duration(i) * 51 * time.Second)
		fmt.Fprintf(&b, `{"ref":"c-%d","lead":"l-%d","agent":"a-%d","started_at":"%s",`, i, i%(1+i/3), i%25, at.Format(time.RFC3339))
		switch {
		case i%30 == 0:
			fmt.Fprintf(&b, `"result":"answered","answered_by":"human","connected_at":"%s","ended_at":"%s","disposition":"SALE","amount":"49.90"}`,
				at.Add(8*time.Second).Format(time.RFC3339), at.Add(200*time.Second).Format(time.RFC3339))
		case i%3 == 0:
			fmt.Fprintf(&b, `"result":"answered","answered_by":"human","connected_at":"%s","ended_at":"%s","ended_by":"customer"}`,
				at.Add(8*time.Second).Format(time.RFC3339), at.Add(30*time.Second).Format(time.RFC3339))
		default:
			b.WriteString(`"result":"no_answer"}`)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// BenchmarkReport asks for figures of a campaign with 100,000 attempts.
func BenchmarkReport(b *testing.B) {
	h := newSpring(b)
	h.stream(attempts, dials(0, 100_000)).expect(200)
	url := h.serveOver()
	for _, q := range []struct{ name, path string }{
		{"whole", "kpis?from=2026-09-01&to=2026-12-01"},
		{"by_day", "kpis?from=2026-09-01&to=2026-12-01&group_by=day"},
		{"by_agent", "kpis?from=2026-09-01&to=2026-12-01&group_by=agent"},
		{"by_hour_of_week", "kpis?from=2026-09-01&to=2026-12-01&group_by=hour_of_week"},
		{"by_attempt_no", "kpis?from=2026-09-01&to=2026-12-01&group_by=attempt_no"},
		{"named", "kpis?from=2026-09-01&to=2026-12-01&kpi=dials,contact_rate,talk_time"},
		{"ragged", "kpis?from=2026-09-02T10:17:00Z&to=2026-10-20T11:03:00Z"},
		{"funnel", "funnel?from=2026-09-01&to=2026-12-01"},
	} {
		b.Run(q.name, func(b *testing.B) {
			for b.Loop() {
				h.over("GET", url+"/v1/campaigns/spring/"+q.path, "", "")
			}
		})
	}
}

// BenchmarkIngestNDJSON posts 2,000 new attempts a time.
func BenchmarkIngestNDJSON(b *testing.B) {
	const each = 2000
	h := newSpring(b)
	url := h.serveOver()
	posted := 0
	for b.Loop() {
		body := dials(posted, each)
		posted += each
		h.over("POST", url+attempts, "application/x-ndjson", body)
	}
	b.ReportMetric(float64(posted)/b.Elapsed().Seconds(), "attempts/s")
}
