package api_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"ringside/funnel/twin"
)

var (
	propertyRounds = flag.Int("property.rounds", 25, "random campaigns to post over HTTP and to compare with the twin")
	propertySeed   = flag.Uint64("property.seed", 0, "first seed; 0 takes a fixed one")
)

// TestAnyFormAnyOrder posts random campaigns to a real server, as single objects,
// arrays and NDJSON, and compares every answer it gives with the naive twin: each
// KPI in each grouping, the funnel, and the facts behind each number. Then it
// verifies the store.
func TestAnyFormAnyOrder(t *testing.T) {
	first := *propertySeed
	if first == 0 {
		first = 1001 // other campaigns than the store's own test draws
	}
	for i := range *propertyRounds {
		seed := first + uint64(i)
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) { newTrial(t, seed).run() })
	}
}

// trial is one random campaign behind a server and in the twin.
type trial struct {
	testing.TB
	*twin.Trial
	house   *house
	server  *httptest.Server
	twin    *twin.World
	arrival int64 // of the newest post, for the twin

	kpis   []string          // every KPI of the catalogue, in its order
	units  map[string]string // by KPI
	groups []string          // every grouping that some KPI serves
}

func newTrial(t testing.TB, seed uint64) *trial {
	r := &trial{TB: t, Trial: twin.NewTrial(seed), house: newHouse(t), twin: twin.New(), arrival: now.UnixMicro(), units: map[string]string{}}
	r.server = httptest.NewServer(r.house)
	t.Cleanup(r.server.Close)
	r.twin.PutCampaign(r.Config)
	r.readCatalogue()
	return r
}

func (r *trial) readCatalogue() {
	var catalogue struct {
		KPIs []struct {
			ID, Unit  string
			Groupings []string
		}
	}
	r.get("/v1/kpis", &catalogue)
	for _, k := range catalogue.KPIs {
		r.kpis = append(r.kpis, k.ID)
		r.units[k.ID] = k.Unit
		for _, g := range k.Groupings {
			if !slices.Contains(r.groups, g) {
				r.groups = append(r.groups, g)
			}
		}
	}
}

func (r *trial) run() {
	r.mustSend(request{method: "PUT", path: "/v1/campaigns/c", body: r.ConfigBody()})
	requests := r.requests()
	if r.Dated {
		r.sendAtOnce(requests, 2+r.IntN(2))
	} else {
		for _, one := range requests {
			r.mustSend(one)
		}
	}
	for i := range 3 {
		r.team()
		from, to := r.Window()
		r.compareKPIs(from, to)
		r.compareFunnel(from, to)
		if i == 0 {
			r.compareFacts(from, to)
		}
	}
	r.compareFacts(now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0)) // all there is
	v, err := r.house.store.Verify(r.Context(), "c", nil)
	if err != nil || v.Differing > 0 {
		r.Fatalf("verify: %v %+v", err, v)
	}
}

// team puts agents in teams, other ones than before.
func (r *trial) team() {
	for agent, team := range r.Teams() {
		body, err := json.Marshal(map[string]any{"name": agent, "team": team})
		if team == "" {
			body, err = []byte(`{"team": null}`), nil
		}
		if err != nil {
			r.Fatal(err)
		}
		r.mustSend(request{method: "PUT", path: "/v1/agents/" + url.PathEscape(agent), body: body})
		r.twin.PutAgent(agent, team)
	}
}

// request is one request of a sender. items is how many facts it posts.
type request struct {
	method, path, contentType string
	body                      []byte
	items                     int
	again                     bool // it was sent just before
}

// requests draws how the trial's posts are sent, and tells the twin of them:
// dated ones in any order, some of them twice; the others in theirs, some
// requests again at once. Sometimes the configuration changes on the way.
func (r *trial) requests() (all []request) {
	posts := r.Posts()
	if r.Dated {
		posts = append(posts, posts[:r.IntN(len(posts)+1)]...)
		r.Shuffle(len(posts), func(i, j int) { posts[i], posts[j] = posts[j], posts[i] })
	}
	for len(posts) > 0 {
		n, most := 1, min(len(posts), 1+r.IntN(12))
		for n < most && posts[n].Collection == posts[0].Collection {
			n++
		}
		one := r.request(posts[:n])
		all = append(all, one)
		if r.Maybe(10) && !r.Dated {
			one.again = true
			all = append(all, one)
			r.tell(posts[:n])
		}
		posts = posts[n:]
	}
	if r.Maybe(50) {
		r.Reconfigure()
		change := request{method: "PUT", path: "/v1/campaigns/c", body: r.ConfigBody()}
		all = slices.Insert(all, r.IntN(len(all)+1), change)
		r.twin.PutCampaign(r.Config)
	}
	return all
}

// request posts a run of items of one collection in one of the three forms.
func (r *trial) request(posts []twin.Post) request {
	items := r.tell(posts)
	one := request{method: "POST", path: "/v1/campaigns/c/" + posts[0].Collection, contentType: "application/json", items: len(items)}
	if posts[0].Collection == "costs" {
		one.path = "/v1/costs"
	}
	switch form := r.IntN(3); {
	case form == 0 && len(items) == 1:
		one.body = items[0]
	case form == 1:
		one.body = slices.Concat([]byte("["), bytes.Join(items, []byte(", ")), []byte("]"))
	default:
		one.contentType = "application/x-ndjson"
		one.body = bytes.Join(items, []byte(twin.Pick(r.Trial, "\n", "\r\n", "\n\n")))
	}
	return one
}

// tell gives the twin the posts and returns them as JSON.
func (r *trial) tell(posts []twin.Post) (items [][]byte) {
	for _, p := range posts {
		body, err := json.Marshal(p.Item)
		if err != nil {
			r.Fatal(err)
		}
		var item map[string]any
		if err := decode(body, &item); err != nil {
			r.Fatal(err)
		}
		r.arrival++
		r.twin.Post("c", p.Collection, item, r.arrival)
		items = append(items, body)
	}
	return items
}

// decode reads JSON and keeps numbers as their text.
func decode(body []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	return d.Decode(into)
}

// sendAtOnce sends the requests over several connections at a time.
func (r *trial) sendAtOnce(all []request, senders int) {
	waiting := make(chan request)
	var group sync.WaitGroup
	for range senders {
		group.Go(func() {
			for one := range waiting {
				if err := r.send(one); err != nil {
					r.Error(err)
				}
			}
		})
	}
	for _, one := range all {
		waiting <- one
	}
	close(waiting)
	group.Wait()
	if r.Failed() {
		r.FailNow()
	}
}

func (r *trial) mustSend(one request) {
	r.Helper()
	if err := r.send(one); err != nil {
		r.Fatal(err)
	}
}

// send sends one request and checks that its receipt adds up.
func (r *trial) send(one request) error {
	status, body, err := r.ask(one)
	if err != nil {
		return err
	}
	if one.method == "PUT" {
		if status != http.StatusOK && status != http.StatusCreated {
			return fmt.Errorf("PUT %s: status %d: %s", one.path, status, clip(body))
		}
		return nil
	}
	var receipt struct {
		Accepted, Created, Updated, Unchanged int
		Rejected                              []any
		RejectedTotal                         *int `json:"rejected_total"`
	}
	if err := json.Unmarshal(body, &receipt); err != nil {
		return fmt.Errorf("POST %s: status %d: %s: %w", one.path, status, clip(body), err)
	}
	whole := status == http.StatusOK && receipt.Accepted == one.items && receipt.Created+receipt.Updated+receipt.Unchanged == one.items
	none := receipt.Rejected != nil && len(receipt.Rejected) == 0 && receipt.RejectedTotal != nil && *receipt.RejectedTotal == 0
	if !whole || !none || one.again && receipt.Unchanged != one.items {
		return fmt.Errorf("POST %s of %d items (again: %t): status %d: %s\nsent: %s", one.path, one.items, one.again, status, clip(body), clip(one.body))
	}
	return nil
}

// ask sends a request over a real connection.
func (r *trial) ask(one request) (status int, body []byte, err error) {
	q, err := http.NewRequestWithContext(r.Context(), one.method, r.server.URL+one.path, bytes.NewReader(one.body))
	if err != nil {
		return 0, nil, err
	}
	q.Header.Set("Authorization", "Bearer "+r.house.key)
	if one.contentType != "" {
		q.Header.Set("Content-Type", one.contentType)
	}
	answer, err := r.server.Client().Do(q)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(answer.Body)
	return answer.StatusCode, body, err
}

// get reads a document that has to be there.
func (r *trial) get(path string, into any) {
	r.Helper()
	status, body, err := r.ask(request{method: "GET", path: path})
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("status %d: %s", status, clip(body))
	}
	if err == nil {
		err = decode(body, into)
	}
	if err != nil {
		r.Fatalf("GET %s: %v", path, err)
	}
}

// window writes the ends of a window as query parameters, in UTC or with the
// campaign's offset.
func (r *trial) window(from, to time.Time) url.Values {
	if zone, err := time.LoadLocation(r.Config.TimeZone); err == nil && r.Maybe(50) {
		from, to = from.In(zone), to.In(zone)
	}
	const layout = "2006-01-02T15:04:05.000Z07:00"
	return url.Values{"from": {from.Format(layout)}, "to": {to.Format(layout)}}
}

// reported is the answer of …/kpis.
type reported struct {
	Campaign string
	From, To time.Time
	TimeZone string `json:"time_zone"`
	KPIs     []reportedKPI
	Groups   []reportedGroup
}

type reportedGroup struct {
	Key  map[string]any
	KPIs []reportedKPI
}

type reportedKPI struct {
	ID, Unit                                 string
	Value, Numerator, Denominator, Low, High any
	Mature                                   *bool
	DefinitionVersion                        int `json:"definition_version"`
}

func (r *trial) compareKPIs(from, to time.Time) {
	r.compareReport(from, to, nil)
	for _, g := range r.groups {
		r.compareReport(from, to, []string{g})
	}
	pair := []string{twin.Pick(r.Trial, r.groups...), twin.Pick(r.Trial, r.groups...)}
	if pair[0] != pair[1] {
		r.compareReport(from, to, pair)
	}
}

func (r *trial) compareReport(from, to time.Time, by []string) {
	query := r.window(from, to)
	if len(by) > 0 {
		query.Set("group_by", strings.Join(by, ","))
	}
	var report reported
	r.get("/v1/campaigns/c/kpis?"+query.Encode(), &report)
	if report.Campaign != "c" || !report.From.Equal(from) || !report.To.Equal(to) || report.TimeZone != r.Config.TimeZone {
		r.Errorf("%s is answered with %s, %s – %s, %s", query.Encode(), report.Campaign, report.From, report.To, report.TimeZone)
	}
	got := map[string]string{}
	r.gather(got, "whole", report.KPIs)
	for _, g := range report.Groups {
		r.gather(got, keyText(r.TB, g.Key), g.KPIs)
	}
	want := map[string]string{}
	r.expect(want, "whole", r.twin.KPIs("c", from, to, nil, now)[0])
	if len(by) > 0 {
		for _, g := range r.twin.KPIs("c", from, to, by, now) {
			r.expect(want, keyText(r.TB, g.Key), g)
		}
	}
	if diff := differences(got, want); diff != "" {
		r.Fatalf("%s:\n%s", query.Encode(), diff)
	}
}

func keyText(t testing.TB, key map[string]any) string {
	text, err := json.Marshal(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// gather writes the figures of an answered group as text.
func (r *trial) gather(into map[string]string, key string, kpis []reportedKPI) {
	for _, k := range kpis {
		name := key + " " + k.ID
		if _, twice := into[name]; twice {
			r.Errorf("%s stands twice", name)
		}
		into[name] = fmt.Sprintf("%s = %s / %s", valueText(k.Value), partText(k.Numerator), partText(k.Denominator))
		r.checkForm(name, k)
	}
}

// checkForm holds to the contract what a figure says beside its parts.
func (r *trial) checkForm(name string, k reportedKPI) {
	unit := r.units[k.ID]
	if unit == "money" {
		unit = r.Config.Currency
	}
	if k.Unit != unit || k.Mature == nil || k.DefinitionVersion < 1 {
		r.Errorf("%s: %+v", name, k)
	}
	if k.Unit != "proportion" || k.Value == nil {
		if k.Low != nil || k.High != nil {
			r.Errorf("%s has an interval: %+v", name, k)
		}
		return
	}
	low, value, high := number(k.Low), number(k.Value), number(k.High)
	if !(0 <= low && low <= value && value <= high && high <= 1) {
		r.Errorf("%s: %v ≤ %v ≤ %v does not hold within 0 and 1", name, k.Low, k.Value, k.High)
	}
}

func number(v any) float64 {
	n, _ := v.(json.Number)
	f, err := n.Float64()
	if err != nil {
		return -1
	}
	return f
}

// valueText writes a value as the number it stands for; money stays text.
func valueText(v any) string {
	if n, ok := v.(json.Number); ok {
		return strconv.FormatFloat(number(n), 'g', -1, 64)
	}
	return partText(v)
}

// partText writes a part of a figure exactly: 12.50 s and 12.5 s are the same,
// amounts are the same only to the letter.
func partText(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case json.Number:
		if exact, ok := new(big.Rat).SetString(v.String()); ok {
			return exact.RatString()
		}
	case string:
		return strconv.Quote(v)
	}
	return fmt.Sprintf("%v, a %T", v, v)
}

// expect writes the twin's figures the way gather does.
func (r *trial) expect(into map[string]string, key string, g twin.Group) {
	for id, f := range g.Figures {
		unit, known := r.units[id]
		if !known {
			r.Fatalf("%s is not in the catalogue", id)
		}
		value, numerator, denominator := "null", f.Numerator.RatString(), "null"
		if f.Denominator != nil {
			denominator = f.Denominator.RatString()
		}
		if unit == "money" {
			numerator = strconv.Quote(decimalText(f.Numerator, 2))
		}
		switch {
		case f.Value == nil:
		case unit == "money" && f.Denominator == nil:
			value = numerator
		case unit == "money":
			value = strconv.Quote(decimalText(f.Value, 4))
		default:
			nearest, _ := f.Value.Float64()
			value = strconv.FormatFloat(nearest, 'g', -1, 64)
		}
		into[key+" "+id] = fmt.Sprintf("%s = %s / %s", value, numerator, denominator)
	}
}

// decimalText rounds half to even.
func decimalText(exact *big.Rat, digits int) string {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
	scaled := new(big.Rat).Mul(exact, new(big.Rat).SetInt(scale))
	whole, rest := new(big.Int).DivMod(scaled.Num(), scaled.Denom(), new(big.Int)) // rest ≥ 0
	if half := rest.Lsh(rest, 1).Cmp(scaled.Denom()); half > 0 || half == 0 && whole.Bit(0) == 1 {
		whole.Add(whole, big.NewInt(1))
	}
	return new(big.Rat).SetFrac(whole, scale).FloatString(digits)
}

func differences(got, want map[string]string) string {
	var lines []string
	for key, w := range want {
		if g, ok := got[key]; !ok || g != w {
			lines = append(lines, fmt.Sprintf("%s: got %q, the twin says %q", key, g, w))
		}
	}
	for key, g := range got {
		if _, ok := want[key]; !ok {
			lines = append(lines, fmt.Sprintf("%s: got %q, the twin has none", key, g))
		}
	}
	sort.Strings(lines)
	return strings.Join(lines[:min(len(lines), 40)], "\n")
}

func (r *trial) compareFunnel(from, to time.Time) {
	var answer struct {
		Stages []struct {
			Stage      string
			Leads      int64
			OfStart    any `json:"of_start"`
			OfPrevious any `json:"of_previous"`
			MedianS    any `json:"median_s"`
		}
	}
	path := "/v1/campaigns/c/funnel?" + r.window(from, to).Encode()
	r.get(path, &answer)
	want := r.twin.Funnel("c", from, to)
	if len(answer.Stages) != len(want) {
		r.Fatalf("%s: %d stages, the twin has %d", path, len(answer.Stages), len(want))
	}
	for i, w := range want {
		g := answer.Stages[i]
		start, previous := int64(want[0].Leads), int64(0)
		if i > 0 {
			previous = int64(want[i-1].Leads)
		}
		if g.Stage != w.Stage || g.Leads != int64(w.Leads) || valueText(g.OfStart) != share(g.Leads, start) || valueText(g.OfPrevious) != share(g.Leads, previous) {
			r.Errorf("%s: stage %d is %+v, the twin says %+v", path, i, g, w)
		}
		if (g.MedianS == nil) != (i == 0 || w.Leads == 0) {
			r.Errorf("%s: stage %d has the median %v", path, i, g.MedianS)
		}
	}
}

func share(part, whole int64) string {
	if whole == 0 {
		return "null"
	}
	nearest, _ := big.NewRat(part, whole).Float64()
	return strconv.FormatFloat(nearest, 'g', -1, 64)
}

// compareFacts asks for the facts behind both parts of every KPI.
func (r *trial) compareFacts(from, to time.Time) {
	figures := r.twin.KPIs("c", from, to, nil, now)[0].Figures
	for _, id := range r.kpis {
		r.compareBehind(id, "numerator", figures[id].Numerator, from, to)
		if figures[id].Denominator != nil {
			r.compareBehind(id, "denominator", figures[id].Denominator, from, to)
		}
	}
}

// below is what stands below the line of a cost KPI, as the numerator of another.
var below = map[string]string{"cost_per_call": "dials", "cost_per_contact": "contact_rate", "cost_per_lead": "leads_dialed",
	"cost_per_sale": "sales", "cost_per_net_sale": "net_sales"}

// compareBehind holds the facts behind one part of a KPI to the twin's: the same
// refs, as many as the part counts, or amounts that add up to it.
func (r *trial) compareBehind(kpi, part string, figure *big.Rat, from, to time.Time) {
	query := r.window(from, to)
	query.Set("part", part)
	query.Set("limit", strconv.Itoa(1+r.IntN(9)))
	what := kpi + "/facts?" + query.Encode()
	if kpi == "calls_per_agent" && part == "denominator" { // it counts agents
		if status, body, err := r.ask(request{method: "GET", path: "/v1/campaigns/c/kpis/" + what}); err != nil || status != http.StatusUnprocessableEntity {
			r.Errorf("%s: status %d: %s %v", what, status, clip(body), err)
		}
		return
	}
	rows := r.pages(kpi, query)
	cost, isCost := below[kpi]
	if isCost && part == "numerator" {
		r.compareCosts(what, rows, figure)
		return
	}
	r.checkRows(what, rows, from, to)
	named, counted := kpi, part
	if isCost {
		named, counted = cost, "numerator"
	}
	want := r.twin.Facts("c", named, counted, from, to, now)
	if refs := rows.refs(); !slices.Equal(refs, want) {
		r.Fatalf("%s lists\n%v, the twin\n%v", what, refs, want)
	}
	sum := part == "numerator" && (r.units[kpi] == "money" || r.units[kpi] == "s")
	if !sum && figure.Cmp(big.NewRat(int64(len(rows)), 1)) != 0 {
		r.Errorf("%s lists %d facts, the figure is %s", what, len(rows), figure.RatString())
	}
}

// row is one fact behind a number.
type row struct {
	Kind, Ref string
	At        time.Time
	Amount    string `json:"amount_in_window"`
}

type rows []row

func (all rows) refs() []string {
	refs := make([]string, len(all))
	for i, row := range all {
		refs[i] = row.Ref
	}
	sort.Strings(refs)
	return refs
}

// pages follows the cursor to the end.
func (r *trial) pages(kpi string, query url.Values) (all rows) {
	limit, _ := strconv.Atoi(query.Get("limit"))
	for {
		var page struct {
			Facts []row
			Next  *string
		}
		path := "/v1/campaigns/c/kpis/" + kpi + "/facts?" + query.Encode()
		r.get(path, &page)
		if len(page.Facts) > limit || page.Next != nil && len(page.Facts) == 0 || len(all) > 1000 {
			r.Fatalf("%s: %d facts after %d, and next is %v", path, len(page.Facts), len(all), page.Next)
		}
		all = append(all, page.Facts...)
		if page.Next == nil {
			return all
		}
		query.Set("cursor", *page.Next)
	}
}

// checkRows sees that facts stand in order of their instants, within the window.
func (r *trial) checkRows(what string, rows rows, from, to time.Time) {
	for i, row := range rows {
		if row.At.Before(from) || !row.At.Before(to) || i > 0 && row.At.Before(rows[i-1].At) || row.Kind != "attempt" && row.Kind != "lead" {
			r.Errorf("%s: fact %d is out of place: %+v", what, i, row)
		}
	}
}

// compareCosts adds up what of each cost entry falls into the window.
func (r *trial) compareCosts(what string, rows rows, figure *big.Rat) {
	sum := new(big.Rat)
	for _, row := range rows {
		amount, ok := new(big.Rat).SetString(row.Amount)
		if !ok || row.Kind != "cost" {
			r.Fatalf("%s: %+v", what, row)
		}
		sum.Add(sum, amount)
	}
	if sum.Cmp(figure) != 0 {
		r.Errorf("%s adds up to %s, the figure is %s", what, sum.FloatString(2), figure.FloatString(2))
	}
}
