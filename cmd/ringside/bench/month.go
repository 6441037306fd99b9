package bench

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"os"
	"time"
)

// window is the campaign's month in whole days, cut one that cuts both its days.
const (
	window = "from=2025-11-01&to=2025-12-01"
	cut    = "from=2025-11-02T13:17:00Z&to=2025-11-29T16:43:00Z"
)

// dearAsked is how often the facts are asked.
const dearAsked = 5

// samples is how often each question is put: enough for an honest p99, and in the
// small runs of a test for a median.
func (r *run) samples() int { return min(200, r.Size/2000) }

var (
	tenKPIs  = "dials,answer_rate,live_answer_rate,contact_rate,rpc_rate,hit_rate,outbound_abandonment_rate,machine_rate,talk_time,outbound_aht"
	fiveKPIs = "dials,contact_rate,hit_rate,outbound_abandonment_rate,talk_time"
)

// question is a report, and how soon half and 99 of 100 of its answers must come;
// 0 is no bar.
type question struct {
	what, bar           string
	path                func(campaign string) string
	halfMost, mostsMost time.Duration
}

func one(query string) func(string) string {
	return func(campaign string) string { return "/v1/campaigns/" + campaign + "/kpis?" + query }
}

func all(query string) func(string) string {
	return func(string) string { return "/v1/kpis/report?campaigns=" + url.QueryEscape("*") + "&" + query }
}

var monthReport = question{"report: all KPIs of one campaign-month of whole days", "p50 ≤ 5 ms, p99 ≤ 15 ms", one(window), 5 * time.Millisecond, 15 * time.Millisecond}

var questions = []question{
	monthReport,
	{"report: all KPIs over a window cut on both days", "p50 ≤ 60 ms", one(cut), 60 * time.Millisecond, 0},
	{"report: pooled over 20 campaigns, all KPIs", "p50 ≤ 30 ms", all(window), 30 * time.Millisecond, 0},
	{"report: one campaign by agent, ten KPIs", "p50 ≤ 20 ms", one(window + "&group_by=agent&kpi=" + tenKPIs), 20 * time.Millisecond, 0},
	{"report: one campaign by day, all KPIs", "p50 ≤ 10 ms", one(window + "&group_by=day"), 10 * time.Millisecond, 0},
	{"report: 20 campaigns by hour, five KPIs", "p50 ≤ 150 ms", all(window + "&group_by=hour&kpi=" + fiveKPIs), 150 * time.Millisecond, 0},
}

// monthShape is a house of n calls in a month: three passes over one list.
func (r *run) monthShape(n int) shape {
	perDay := n / campaigns / monthDays
	return shape{seed: r.Seed, items: r.postItems(), perDay: perDay, list: perDay * monthDays / passes, twoMessages: 100}
}

// month makes a file of n calls, spread evenly over one month of all campaigns,
// with what they cost, unless this run has made it already.
func (r *run) month(ctx context.Context, n int) (file string, err error) {
	file = r.file(fmt.Sprintf("month-%d.db", n))
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	s := r.monthShape(n)
	var lanes []iter.Seq[post]
	for _, d := range s.house() {
		lanes = append(lanes, d.toEnd(s.perDay*monthDays))
	}
	return file, r.fill(ctx, file, s.perDay*monthDays*campaigns, lanes)
}

// afterMonth is the same house from the month's end on: it dials its list again.
func (r *run) afterMonth(n int) []*dialer {
	s := r.monthShape(n)
	house := s.house()
	for _, d := range house {
		d.calls = s.perDay * monthDays
	}
	return house
}

// costs are a month's of one campaign: calls by the day, the rest by the month.
func costs(ref string) post {
	var b []byte
	add := func(n int, category, amount string, from, to time.Time) {
		b = fmt.Appendf(b, `{"ref":"%s-%d","campaign":"%s","category":"%s","amount":"%s","currency":"EUR","from":"%s","to":"%s"}`+"\n",
			ref, n, ref, category, amount, from.Format(time.RFC3339), to.Format(time.RFC3339))
	}
	end := monthStart.AddDate(0, 0, monthDays)
	for day := range monthDays {
		add(day, "telephony", "412.35", monthStart.AddDate(0, 0, day), monthStart.AddDate(0, 0, day+1))
	}
	add(100, "labour", "61234.50", monthStart, end)
	add(101, "licence", "1800.00", monthStart, end)
	add(102, "lead_purchase", "9100.00", monthStart, end)
	return post{collection: "costs", body: b, items: monthDays + 3}
}

// reports measures what is read, on a file of the run's size.
func (r *run) reports(ctx context.Context) error {
	file, err := r.month(ctx, r.Size)
	if err != nil {
		return err
	}
	s, err := r.serve(ctx, file)
	if err != nil {
		return err
	}
	for _, step := range []func(context.Context, *server) error{
		r.ready,
		func(ctx context.Context, s *server) error { return r.answers(ctx, s, file) },
		r.memory,
		func(ctx context.Context, s *server) error { return r.beside(ctx, s, r.afterMonth(r.Size)) },
	} {
		if err := step(ctx, s); err != nil {
			return s.fail(err)
		}
	}
	if err := s.stop(); err != nil {
		return err
	}
	return r.verify(ctx, file)
}

// ready says how long the start took, and the first report after it.
func (r *run) ready(ctx context.Context, s *server) error {
	r.reach("ready after start", "≤ 1 s", shown(s.ready), s.ready <= time.Second)
	first, err := s.timed(ctx, monthReport.path(campaignRef(0)))
	if err != nil {
		return err
	}
	r.without("first report after the start, the file in the system's cache", shown(first))
	return nil
}

// ask puts a question n times, one after the other, of one campaign after the other.
func (s *server) ask(ctx context.Context, q question, n int, bar Bar) (took samples, err error) {
	defer bar.Done()
	for i := range n {
		bar.At(int64(i), int64(n), "answers")
		waited, err := s.timed(ctx, q.path(campaignRef(i%campaigns)))
		if err != nil {
			return nil, err
		}
		took = append(took, waited)
	}
	return took, nil
}

// timed asks once and says how long the whole answer took.
func (s *server) timed(ctx context.Context, path string) (time.Duration, error) {
	began := time.Now()
	_, err := s.do(ctx, "GET", path, "", nil)
	return time.Since(began), err
}

// answers measures every question, after one round over the campaigns that is not
// counted, and the month's from the facts.
func (r *run) answers(ctx context.Context, s *server, file string) error {
	var month samples
	for i, q := range questions {
		if _, err := s.ask(ctx, q, campaigns, r.Bar(q.what+", warming")); err != nil {
			return err
		}
		took, err := s.ask(ctx, q, r.samples(), r.Bar(q.what))
		if err != nil {
			return err
		}
		if i == 0 {
			month = took
		}
		r.reach(q.what, q.bar, took.String(), took.at(50) <= q.halfMost, q.mostsMost == 0 || took.at(99) <= q.mostsMost)
	}
	return r.fromFacts(ctx, s, file, month)
}

// fromFacts asks the facts in the same file for the same figures, and holds the
// reports to them.
func (r *run) fromFacts(ctx context.Context, s *server, file string, month samples) (err error) {
	f, err := openFacts(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.pool.Close()) }()
	var dear samples
	for i := range dearAsked + 1 {
		ref := campaignRef(i % campaigns)
		measures, took, err := f.ask(ctx, ref)
		if err != nil {
			return err
		}
		text, err := s.do(ctx, "GET", monthReport.path(ref), "", nil)
		if err != nil {
			return err
		}
		if err := agree(text, measures); err != nil {
			return fmt.Errorf("%s: the report and the facts differ: %w", ref, err)
		}
		if i > 0 { // the first reads the file in
			dear = append(dear, took)
		}
	}
	times := dear.at(50).Seconds() / month.at(50).Seconds()
	r.reach("the same KPIs as SQL over the facts in the same file, against the report over HTTP; all parts equal", "≥ 200 ×",
		fmt.Sprintf("%s ×: SQL %s", ratio(times), dear), times >= 200)
	return nil
}

// memory is the most the server held while it answered reports.
func (r *run) memory(_ context.Context, s *server) error {
	const what, bar = "memory of `serve`, reports running", "≤ 200 MB"
	most, known := memoryMost(s.cmd.Process.Pid)
	if !known {
		r.missing(what, bar, "this system does not tell")
		return nil
	}
	r.reach(what, bar, megabytes(most), most <= 200e6)
	return nil
}

func megabytes(bytes int64) string { return grouped(float64(bytes)/1e6) + " MB" }
