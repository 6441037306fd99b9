package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ringside/campaign"
	"ringside/cmd/ringside/callcentre"
	"ringside/db"
	"ringside/funnel"
	"ringside/funnel/twin"
)

// TestDemoAgreesWithTwin seeds the demo's call centre and holds every figure of
// every campaign to the naive twin. The call centre drops people, sells for money
// and has costs, which no public data set does: this is the check of outbound
// abandonment and of cost per call on data of that kind.
func TestDemoAgreesWithTwin(t *testing.T) {
	ctx := context.Background()
	store, err := db.Open(ctx, filepath.Join(t.TempDir(), "demo.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	demo := demoCommand{Days: 10, Scale: 0.1, Seed: 7}
	asOf := time.Date(2026, 11, 5, 15, 17, 3, 456_000_000, time.UTC) // a Thursday; New York changed its clocks on Sunday
	if _, err := demo.seed(ctx, terminal{strings.NewReader(""), io.Discard, io.Discard}, store, asOf); err != nil {
		t.Fatal(err)
	}
	world, campaigns := demoTwin(t, demo, asOf)
	for _, ref := range campaigns {
		t.Run(ref, func(t *testing.T) {
			c := comparison{T: t, store: store, world: world, ref: ref, asOf: asOf}
			c.compare(asOf.AddDate(0, 0, -30), asOf.AddDate(0, 0, 30)) // the cost of two months, all of the calls
			for _, id := range funnel.Headlines {
				if f := c.figure(asOf.AddDate(0, 0, -11), asOf, id); f.Numerator.Sign() <= 0 || f.Denominator.Sign() <= 0 {
					t.Errorf("%s is %s: the demo has nothing to check it with", id, f.Numerator)
				}
			}
			// From the middle of one call to that of another.
			c.compare(time.Date(2026, 10, 30, 14, 23, 5, 17_000_000, time.UTC), time.Date(2026, 11, 4, 16, 41, 59, 1_000_000, time.UTC))
			if v, err := store.Verify(ctx, ref, nil); err != nil || v.Differing > 0 {
				t.Errorf("verify: %v %+v", err, v)
			}
		})
	}
}

// demoTwin tells the twin what the call centre sends up to now.
func demoTwin(t *testing.T, c demoCommand, now time.Time) (world *twin.World, campaigns []string) {
	start := now.UTC().Truncate(24*time.Hour).AddDate(0, 0, -c.Days)
	floor := callcentre.New(callcentre.Config{Seed: c.Seed, Start: start, Days: c.Days + 1, Scale: c.Scale})
	world = twin.New()
	for _, one := range floor.Campaigns() {
		var config struct {
			TimeZone     string `json:"time_zone"`
			Currency     string
			DialMode     string `json:"dial_mode"`
			StartsOn     string `json:"starts_on"`
			Compliance   string
			Stages       []string
			Dispositions []twin.Disposition
		}
		if err := json.Unmarshal(one.Body, &config); err != nil {
			t.Fatal(err)
		}
		world.PutCampaign(twin.Campaign{Ref: one.Ref, TimeZone: config.TimeZone, Currency: config.Currency, DialMode: config.DialMode,
			StartsOn: config.StartsOn, Compliance: config.Compliance, Stages: config.Stages, Dispositions: config.Dispositions})
		campaigns = append(campaigns, one.Ref)
	}
	for _, one := range floor.Agents() {
		var said struct{ Team string }
		if err := json.Unmarshal(one.Body, &said); err != nil {
			t.Fatal(err)
		}
		world.PutAgent(one.Ref, said.Team)
	}
	arrival := start.UnixMicro()
	for batch := range floor.Until(now, demoPiece) {
		for _, body := range batch.Items {
			var item map[string]any
			decoder := json.NewDecoder(bytes.NewReader(body))
			decoder.UseNumber()
			if err := decoder.Decode(&item); err != nil {
				t.Fatal(err)
			}
			ref := batch.Campaign
			if ref == "" {
				ref, _ = item["campaign"].(string)
			}
			arrival++
			world.Post(ref, batch.Collection, item, arrival)
		}
	}
	return world, campaigns
}

// comparison is one campaign in the store and in the twin.
type comparison struct {
	*testing.T
	store *db.Store
	world *twin.World
	ref   string
	asOf  time.Time
}

// compare compares every KPI of a window, whole and in each grouping.
func (c *comparison) compare(from, to time.Time) {
	c.compareBy(from, to, nil)
	for _, g := range funnel.AllGroupings {
		c.compareBy(from, to, []funnel.GroupBy{g})
	}
	c.compareFunnel(from, to)
}

func (c *comparison) compareBy(from, to time.Time, by []funnel.GroupBy) {
	report, err := c.store.Report(c.Context(), c.ref, funnel.Query{Window: funnel.Window{FromMs: from.UnixMilli(), ToMs: to.UnixMilli()}, By: by, NowMs: c.asOf.UnixMilli()})
	if err != nil {
		c.Fatal(err)
	}
	var names []string
	for _, g := range by {
		names = append(names, string(g))
	}
	got := map[string]string{}
	for _, g := range report.Groups {
		for i := range funnel.Catalogue {
			if k := &funnel.Catalogue[i]; k.Serves(by) && (report.Rated || !k.NeedsRates(by)) {
				f := k.Figure(g.Sums)
				part := func(m funnel.Measure, value int64) string {
					per := map[funnel.MeasureUnit]int64{funnel.Seconds: 1000, funnel.Money: 100, funnel.Count: 1}[funnel.UnitOf(m)]
					return big.NewRat(value, per).RatString()
				}
				denominator := "-"
				if k.Denominator != funnel.NoMeasure {
					denominator = part(k.Denominator, f.Denominator)
				}
				numerator := part(k.Numerator, f.Numerator)
				if k.Percent > 0 {
					numerator = fmt.Sprint("percentile ", f.Percentile)
				}
				got[fmt.Sprint(g.Key, " ", k.ID)] = numerator + " / " + denominator
			}
		}
	}
	want := map[string]string{}
	for _, g := range c.world.KPIs(c.ref, from, to, names, c.asOf) {
		var key []any
		for _, name := range names {
			key = append(key, g.Key[name])
		}
		for id, f := range g.Figures {
			want[fmt.Sprint(key, " ", id)] = showFraction(f)
		}
	}
	c.equal(fmt.Sprintf("%s – %s by %v", from, to, by), got, want)
}

func showFraction(f twin.Figure) string {
	switch {
	case f.Denominator == nil:
		return f.Numerator.RatString() + " / -"
	case f.Numerator == nil && f.Value == nil:
		return "percentile 0 / 0"
	case f.Numerator == nil:
		return "percentile " + f.Value.RatString() + " / " + f.Denominator.RatString()
	}
	return f.Numerator.RatString() + " / " + f.Denominator.RatString()
}

func (c *comparison) equal(what string, got, want map[string]string) {
	c.Helper()
	if len(want) == 0 {
		c.Fatalf("%s: the twin has no figures", what)
	}
	names := maps.Clone(want)
	maps.Copy(names, got)
	wrong := 0
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if got[name] != want[name] && wrong < 20 {
			wrong++
			c.Errorf("%s: %s is %q, the twin says %q", what, name, got[name], want[name])
		}
	}
}

func (c *comparison) compareFunnel(from, to time.Time) {
	_, stages, err := c.store.Stages(c.Context(), c.ref, funnel.Window{FromMs: from.UnixMilli(), ToMs: to.UnixMilli()})
	if err != nil {
		c.Fatal(err)
	}
	var got []twin.Stage
	for _, s := range stages {
		stage := twin.Stage{Stage: s.Name, Leads: int(s.Leads)}
		if s.MedianMs != campaign.None {
			stage.Median = big.NewRat(s.MedianMs, 1000)
		}
		got = append(got, stage)
	}
	if want := c.world.Funnel(c.ref, from, to); fmt.Sprint(got) != fmt.Sprint(want) {
		c.Errorf("the funnel %s – %s is %v, the twin says %v", from, to, got, want)
	}
}

func (c *comparison) figure(from, to time.Time, id string) twin.Figure {
	return c.world.KPIs(c.ref, from, to, nil, c.asOf)[0].Figures[id]
}

var (
	printedPage    = regexp.MustCompile(`(?m)^  (http://\S+/set-up\?token=(\S+))$`)
	printedRequest = regexp.MustCompile(`(?m)^  curl -H "Authorization: Bearer (\S+)" \\\n    "(\S+)"$`)
	printedCommand = regexp.MustCompile(`(?m)^  go run \./cmd/ringside (.+)$`)
	printedFile    = regexp.MustCompile(`--db (\S+)`)
)

// TestServeDemo starts the real demo and does all it says one can do.
func TestServeDemo(t *testing.T) {
	out, url, stop := startWatched(t, "demo", "--listen", "127.0.0.1:0", "--days", "8", "--scale", "0.1", "--speed", "60")
	told := out.String()
	page, request := printedPage.FindStringSubmatch(told), printedRequest.FindStringSubmatch(told)
	if !strings.Contains(told, "60 times real time") {
		t.Errorf("the demo does not say that dialing goes on:\n%s", told)
	}
	commands, file := printedCommand.FindAllStringSubmatch(told, -1), printedFile.FindStringSubmatch(told)
	if page == nil || request == nil || len(commands) != 2 || file == nil {
		t.Fatalf("the demo prints no page, no request or no commands:\n%s", told)
	}
	for _, ref := range []string{"spring-energy", "city-fibre"} {
		if !regexp.MustCompile(`(?m)^` + ref + `: (\d+ more may be dropped|in breach): `).MatchString(told) {
			t.Errorf("the demo does not say where %s stands:\n%s", ref, told)
		}
	}
	for _, by := range []string{"team", "lead_hour_of_week"} {
		grouped := mustRun(t, "report", "city-fibre", "--db", file[1], "--kpi", "dials", "--group-by", by)
		if groups := strings.Count(grouped, "\n") - strings.Count(grouped, "(none)"); groups < 4 {
			t.Errorf("by %s the demo shows nothing:\n%s", by, grouped)
		}
	}
	if status, _ := get(t, url+"/", ""); status != http.StatusUnauthorized {
		t.Errorf("without a key the page answers %d", status)
	}
	client := setUp(t, url, page[1], page[2])
	checkDemoPage(t, client, url+"/")
	checkDemoFigures(t, request[2], request[1])
	for _, c := range commands {
		printed := mustRun(t, strings.Fields(c[1])...)
		want := map[string]string{"report": "Conversion rate", "verify": "spring-energy: equal."}[strings.Fields(c[1])[0]]
		if want == "" || !strings.Contains(printed, want) || strings.Contains(printed, "differences") {
			t.Errorf("%s prints no %q:\n%s", c[0], want, printed)
		}
	}
	if code := stop(); code != 0 {
		t.Errorf("the demo ends with %d:\n%s", code, out.String())
	}
	if _, err := os.Stat(filepath.Dir(file[1])); !os.IsNotExist(err) {
		t.Errorf("the demo leaves %s behind: %v", file[1], err)
	}
}

// checkDemoPage wants each campaign on the first page, and on its own the five
// headline figures of four weeks, with values.
func checkDemoPage(t *testing.T, client *http.Client, url string) {
	all := asked(t, http.StatusOK)(client.Get(url))
	floor := callcentre.New(callcentre.Config{}).Campaigns()
	if len(floor) < 3 {
		t.Fatalf("the call centre has %d campaigns", len(floor))
	}
	for _, one := range floor {
		path := "/campaigns/" + one.Ref
		if !strings.Contains(all, `href="`+path+`"`) {
			t.Errorf("the first page does not lead to %s", path)
		}
		page := asked(t, http.StatusOK)(client.Get(strings.TrimSuffix(url, "/") + path + "?range=last_28_days"))
		for _, id := range funnel.Headlines {
			_, figure, found := strings.Cut(page, `data-key="`+id+`">`)
			figure, _, _ = strings.Cut(figure, "</p>")
			if !found || figure == "" || strings.ContainsAny(figure, "<>") {
				t.Errorf("the page shows no %s of %s: %s", id, one.Ref, figure)
			}
		}
	}
}

// checkDemoFigures asks for the figures that the demo proposes to ask for.
func checkDemoFigures(t *testing.T, url, key string) {
	status, body := get(t, url, key)
	var report struct {
		KPIs []struct {
			ID                 string
			Value, Denominator any
		}
	}
	if err := json.Unmarshal([]byte(body), &report); err != nil || status != http.StatusOK || len(report.KPIs) != 2 {
		t.Fatalf("%s answers %d: %s", url, status, body)
	}
	for _, k := range report.KPIs {
		if k.Value == nil || k.Denominator == nil {
			t.Errorf("%s has no %s: %s", url, k.ID, body)
		}
	}
}
