package twin

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"
)

// The worked cases of the KPI contract, §8, by their numbers. A table has one
// attempt a row; "-" is a field that the post does not name, a bare clock time
// is on 2 November 2026 UTC. A disposition is named after its category.

var november, december = at("2026-11-01T00:00:00Z"), at("2026-12-01T00:00:00Z")

func TestCase01ThreeLeads(t *testing.T) {
	w := spring()
	post(w, "attempts", `
		ref  lead  started_at  result     answered_by  connected_at  ended_at   disposition
		a1   A     09:00:00    no_answer  -            -             -          -
		a2   A     10:00:00    no_answer  -            -             -          -
		a3   A     11:00:00    answered   human        11:00:05      11:01:00   -
		a4   A     12:00:00    busy       -            -             -          -
		a5   A     13:00:00    answered   human        13:00:05      13:04:00   sale
		b1   B     09:00:00    no_answer  -            -             -          -
		b2   B     10:00:00    answered   human        10:00:02      10:02:00   refusal
		c1   C     09:00:00    answered   human        09:00:02      09:03:00   sale`)
	check(t, w, `
		dialed_conversion_rate  2/3
		conversion_rate         2/3
		hit_rate                2/8
		calls_per_lead          8/3
		calls_per_sale          8/2
		calls_to_close          6/2
		first_call_close_rate   1/3
		first_call_close_share  1/2`)
}

func TestCase02SoldOnTheFourthDial(t *testing.T) {
	w := spring()
	post(w, "attempts", `
		ref  lead  started_at  result     answered_by  connected_at  disposition
		d1   D     09:00:00    no_answer  -            -             -
		d2   D     10:00:00    no_answer  -            -             -
		d3   D     11:00:00    no_answer  -            -             -
		d4   D     12:00:00    answered   human        12:00:02      sale`)
	check(t, w, `
		first_call_close_rate  1/1
		first_dial_close_rate  0/1`)
}

func TestCase03DroppedLeads(t *testing.T) {
	w := spring()
	post(w, "attempts", `
		ref  lead  started_at  result    answered_by  connected_at  ended_at  ended_by  disposition
		1a   L1    09:00:00    answered  human        09:00:01      09:00:09  customer  -
		1b   L1    10:00:00    answered  human        10:00:01      10:05:00  agent     sale
		2    L2    09:00:00    answered  human        09:00:01      09:05:00  agent     sale
		3    L3    09:00:00    answered  human        09:00:01      09:05:00  customer  sale
		4    L4    09:00:00    answered  human        09:00:01      09:01:00  customer  refusal
		5    L5    09:00:00    answered  human        09:00:01      09:01:00  agent     refusal
		6    L6    09:00:00    answered  human        09:00:01      09:01:00  agent     callback
		7    L7    09:00:00    answered  human        09:00:01      09:01:00  customer  dnc
		8    L8    09:00:00    answered  human        09:00:01      09:00:20  customer  -
		9    L9    09:00:00    answered  human        09:00:01      09:00:20  customer  none
		10   L10   09:00:00    answered  human        09:00:01      09:00:20  agent     abandoned`)
	check(t, w, `
		lead_abandonment_rate      3/10
		outbound_abandonment_rate  4/11
		in_call_abandonment_rate   4/11`)
}

const thousandLive = `
	how many  greeting_ended_at  connected_at  ended_at  ended_by
	960       10:00:03           10:00:05      10:01:00  agent
	22        10:00:03           10:00:08      10:01:00  agent
	12        10:00:03           -             10:00:07  customer
	6         10:00:03           -             10:00:04  customer`

func TestCase04Compliance(t *testing.T) {
	w := spring()
	postMany(w, "x", "10:00:00", thousandLive)
	check(t, w, `
		compliance_abandonment_rate  34/1000
		caller_hangup_rate           18/1000`)

	strict := profiles["us_tsr"]
	strict.countEarlyHangups = true
	profiles["counted"] = strict
	defer delete(profiles, "counted")
	c := springCampaign
	c.Compliance = "counted"
	w.PutCampaign(c)
	check(t, w, `compliance_abandonment_rate  40/1000`)
}

func TestCase05Blocks(t *testing.T) {
	c := springCampaign
	c.StartsOn = "2026-01-05"
	w := New()
	w.PutCampaign(c)
	for _, half := range []struct {
		start     string
		abandoned int
	}{
		{"2026-01-06T10:00:00Z", 10}, {"2026-02-03T10:00:00Z", 30}, // block 1
		{"2026-02-04T10:00:00Z", 32}, {"2026-03-05T10:00:00Z", 20}, // block 2
	} {
		postMany(w, half.start, half.start, fmt.Sprintf(`
			how many  connected_at
			%d        %s
			%d        -`, 1000-half.abandoned, half.start, half.abandoned))
	}
	checkBlocks(t, w, at("2026-03-05T12:00:00Z"), `
		from        to          abandoned  live  breach  headroom
		2026-01-05  2026-02-04  40         2000  false   20
		2026-02-04  2026-03-06  52         2000  false   8`)
}

func TestCase06BlockDates(t *testing.T) {
	c := springCampaign
	c.StartsOn = "2026-01-05"
	w := New()
	w.PutCampaign(c)
	// A block's "to" is the day after its last: 3 February, 5 March, 4 April.
	checkBlocks(t, w, at("2026-04-04T23:59:59Z"), `
		from        to          abandoned  live  breach  headroom
		2026-01-05  2026-02-04  0          0     false   0
		2026-02-04  2026-03-06  0          0     false   0
		2026-03-06  2026-04-05  0          0     false   0`)
}

func TestCase08LocalDayOf23Hours(t *testing.T) {
	c := springCampaign
	c.TimeZone = "America/New_York"
	w := New()
	w.PutCampaign(c)
	post(w, "attempts", `
		ref  lead  started_at            result
		a    A     2026-03-09T03:30:00Z  no_answer`)
	groups := w.KPIs("spring", at("2026-03-08T05:00:00Z"), at("2026-03-09T04:00:00Z"), []string{"day"}, december)
	if len(groups) != 1 || groups[0].Key["day"] != "2026-03-08" {
		t.Fatalf("groups %v, want the 8th of March", groups)
	}
	zone, _ := time.LoadLocation("America/New_York")
	day := at("2026-03-08T00:00:00Z")
	if hours := dayStart(day.AddDate(0, 0, 1), zone).Sub(dayStart(day, zone)).Hours(); hours != 23 {
		t.Errorf("8 March has %v hours, want 23", hours)
	}
}

func TestCase12SamePostTwice(t *testing.T) {
	w := spring()
	row := `
		ref  lead  started_at  result    answered_by  disposition
		a    A     09:00:00    answered  human        `
	post(w, "attempts", row+"sale")
	post(w, "attempts", row+"sale")
	check(t, w, "dials 1\n sales 1")
	post(w, "attempts", row+"refusal")
	check(t, w, "dials 1\n sales 0")
	post(w, "attempts", row+"sale") // a retry of the first: it keeps its first date
	check(t, w, "dials 1\n sales 0")
}

func TestCase13OutcomeBeforeAttempt(t *testing.T) {
	w := spring()
	post(w, "outcomes", `
		attempt  disposition  amount
		a        sale         12.50`)
	check(t, w, "leads 0\n dials 0\n sales 0")
	post(w, "attempts", `
		ref  lead  started_at  result
		a    A     09:00:00    answered`)
	check(t, w, "leads 1\n dials 1\n sales 1\n revenue 25/2")
}

func TestCase14AsKnown(t *testing.T) {
	w := spring()
	june, july := at("2026-06-01T00:00:00Z"), at("2026-07-01T00:00:00Z")
	for i := range 100 {
		category := "refusal"
		if i < 10 {
			category = "sale"
		}
		w.Post("spring", "attempts", map[string]any{
			"ref": fmt.Sprint("a", i), "lead": fmt.Sprint("L", i), "started_at": "2026-06-10T10:00:00Z",
			"result": "answered", "disposition": category,
		}, june.UnixMicro()+int64(i))
	}
	for i := range 2 {
		w.Post("spring", "outcomes", map[string]any{"attempt": fmt.Sprint("a", i), "disposition": "sale_cancelled"},
			at("2026-07-05T10:00:00Z").UnixMicro()+int64(i))
	}
	for known, want := range map[string]string{"2026-06-30T23:00:00Z": "10/100", "2026-07-06T00:00:00Z": "8/100"} {
		checkIn(t, w.AsKnown(at(known)), june, july, "conversion_rate "+want)
	}
}

func TestCase15ExactlyTwoSeconds(t *testing.T) {
	w := spring()
	post(w, "attempts", `
		ref  lead  started_at  result    answered_by  answered_at  connected_at  ended_at      ended_by
		a    A     09:00:00    answered  human        09:00:10     09:00:12.000  09:05:00      agent
		b    B     09:00:00    answered  human        09:00:10     -             09:00:12.000  customer
		c    C     09:00:00    answered  human        09:00:10     09:00:12.001  09:05:00      agent
		d    D     09:00:00    answered  human        09:00:10     -             09:00:12.001  customer`)
	check(t, w, "compliance_abandonment_rate 2/4")
	if refs := w.Facts("spring", "compliance_abandonment_rate", "numerator", november, december, december); fmt.Sprint(refs) != "[c d]" {
		t.Errorf("abandoned %v, want c and d", refs)
	}
}

func TestCase16CancelledThenSoldAgain(t *testing.T) {
	w := spring()
	post(w, "attempts", `
		ref  lead  started_at            result    disposition
		a    A     2026-06-10T10:00:00Z  answered  sale_cancelled
		b    A     2026-07-10T10:00:00Z  answered  sale`)
	june, july, august := at("2026-06-01T00:00:00Z"), at("2026-07-01T00:00:00Z"), at("2026-08-01T00:00:00Z")
	checkIn(t, w, june, july, "sales 1\n net_sales 0\n sales_attrition 0/1")
	checkIn(t, w, july, august, "sales 0\n net_sales 1\n sales_attrition 0/0")
}

func TestCase17TwoSalesOfOneLead(t *testing.T) {
	w := spring()
	post(w, "attempts", `
		ref  lead  started_at  result    disposition  amount
		a    A     09:00:00    answered  sale         10.00
		b    A     10:00:00    answered  sale         2.55`)
	check(t, w, "sales 1\n net_sales 1\n revenue 251/20\n hit_rate 2/2")
}

func TestCase18DncThenSale(t *testing.T) {
	w := spring()
	post(w, "attempts", `
		ref  lead  started_at  result    disposition
		a    A     09:00:00    answered  dnc
		b    A     10:00:00    answered  sale`)
	check(t, w, "conversion_rate 1/1\n live_answer_rate 2/2\n contact_rate 1/2")
}

func TestCase19DecidedThenDropped(t *testing.T) {
	w := spring()
	post(w, "attempts", `
		ref  lead  started_at  result    answered_by  ended_by  disposition
		a    A     09:00:00    answered  human        agent     refusal
		b    A     10:00:00    answered  human        customer  -`)
	check(t, w, "lead_abandonment_rate 0/1\n outbound_abandonment_rate 1/2")
}

func TestPercentiles(t *testing.T) {
	w := spring()
	post(w, "attempts", `
		ref  lead  started_at  result    answered_by  answered_at  connected_at  ended_at      hold_s  wrap_s
		a    A     09:00:00    answered  human        09:00:04     09:00:05      09:00:24.900  -       5
		b    B     09:00:00    answered  human        -            09:00:06.2    09:01:06.2    0.6     -
		c    C     09:00:00    answered  machine      09:00:10     -             09:00:12      -       -
		d    D     09:00:00    answered  human        -            -             09:00:09      -       -
		e    E     09:00:00    answered  human        09:00:30     09:00:30      11:01:43      -       -
		f    F     09:00:00    no_answer -            -            -             -             -       -`)
	check(t, w, `
		ring_time         251/5/4 lacking 1
		ring_time_p50     7 of 4 lacking 1
		ring_time_p90     30 of 4 lacking 1
		talk_time_p50     60 of 3
		talk_time_p90     7344 of 3
		outbound_aht_p50  60 of 3 lacking 2
		outbound_aht_p90  7344 of 3 lacking 2`)
	checkIn(t, w, december, december, "ring_time_p50 none")
}

// The helpers.

var springCampaign = Campaign{
	Ref: "spring", TimeZone: "UTC", Currency: "EUR", DialMode: "predictive",
	Dispositions: []Disposition{
		{"sale", "sale", "closed"}, {"sale_cancelled", "sale_cancelled", ""}, {"interested", "interested", "interested"},
		{"callback", "callback", ""}, {"refusal", "refusal", ""}, {"dnc", "dnc", ""}, {"wrong_party", "wrong_party", ""},
		{"abandoned", "abandoned", ""}, {"machine", "machine", ""}, {"none", "none", ""},
	},
}

func spring() *World {
	w := New()
	w.PutCampaign(springCampaign)
	return w
}

func at(s string) time.Time { return instant(s) }

// rows reads a text table: the first line has the names, two blanks or more
// stand between cells.
func rows(table string) []map[string]any {
	lines := strings.Split(strings.TrimSpace(table), "\n")
	names := cells(lines[0])
	var items []map[string]any
	for _, line := range lines[1:] {
		item := map[string]any{}
		for i, cell := range cells(line) {
			if cell != "-" {
				item[names[i]] = value(names[i], cell)
			}
		}
		items = append(items, item)
	}
	return items
}

func cells(line string) []string {
	var out []string
	for _, cell := range strings.Split(strings.TrimSpace(strings.ReplaceAll(line, "\t", "  ")), "  ") {
		if cell = strings.TrimSpace(cell); cell != "" {
			out = append(out, cell)
		}
	}
	return out
}

func value(name, cell string) any {
	switch {
	case cell == "null":
		return nil
	case cell == "true" || cell == "false":
		return cell == "true"
	case strings.HasSuffix(name, "_at") && !strings.Contains(cell, "T"):
		return "2026-11-02T" + cell + "Z"
	case strings.HasSuffix(name, "_s"):
		return json.Number(cell)
	}
	return cell
}

var arrivals = int64(1_700_000_000_000_000)

func post(w *World, collection, table string) {
	for _, item := range rows(table) {
		arrivals++
		w.Post("spring", collection, item, arrivals)
	}
}

// postMany posts human answers of as many leads as the table's first column
// says, all started at one instant.
func postMany(w *World, prefix, start, table string) {
	for n, kind := range rows(table) {
		var many int
		fmt.Sscan(kind["how many"].(string), &many)
		delete(kind, "how many")
		for i := range many {
			item := map[string]any{
				"ref": fmt.Sprint(prefix, "-", n, "-", i), "lead": fmt.Sprint(prefix, "-", n, "-", i),
				"started_at": value("started_at", start), "result": "answered", "answered_by": "human",
			}
			for name, v := range kind {
				item[name] = v
			}
			arrivals++
			w.Post("spring", "attempts", item, arrivals)
		}
	}
}

// check compares figures of November 2026: "id numerator/denominator", or for
// a count "id number" (a number may be a fraction, as 25/2); behind "lacking" how many
// attempts lack data.
func check(t *testing.T, w *World, want string) {
	t.Helper()
	checkIn(t, w, november, december, want)
}

func checkIn(t *testing.T, w *World, from, to time.Time, want string) {
	t.Helper()
	got := w.KPIs("spring", from, to, nil, december)[0].Figures
	checkFigures(t, got, want)
}

func checkFigures(t *testing.T, got map[string]Figure, want string) {
	t.Helper()
	for _, line := range strings.Split(strings.TrimSpace(want), "\n") {
		words := strings.Fields(line)
		f, known := got[words[0]]
		if !known {
			t.Errorf("%s is not answered", words[0])
			continue
		}
		if text, want := figureText(f), strings.Join(words[1:], " "); text != want {
			t.Errorf("%s is %s, want %s", words[0], text, want)
		}
	}
}

func figureText(f Figure) string {
	switch {
	case f.Denominator == nil:
		return f.Value.RatString()
	case f.NoData != nil && f.NoData.Sign() > 0:
		lacking := f.NoData.RatString()
		f.NoData = nil
		return figureText(f) + " lacking " + lacking
	case f.Numerator == nil && f.Value == nil:
		return "none"
	case f.Numerator == nil:
		return f.Value.RatString() + " of " + f.Denominator.RatString()
	}
	if (f.Value == nil) != (f.Denominator.Sign() == 0) ||
		f.Value != nil && f.Value.Cmp(new(big.Rat).Quo(f.Numerator, f.Denominator)) != 0 {
		return "a value that is not its ratio"
	}
	return f.Numerator.RatString() + "/" + f.Denominator.RatString()
}

// checkBlocks compares the high end with a table of blocks.
func checkBlocks(t *testing.T, w *World, asOf time.Time, want string) {
	t.Helper()
	blocks := w.Compliance("spring", asOf)
	table := rows(want)
	if len(blocks) != len(table) {
		t.Fatalf("%d blocks, want %d: %v", len(blocks), len(table), blocks)
	}
	for i, row := range table {
		b := blocks[i]
		got := fmt.Sprint(b.From.Format(time.DateOnly), b.To.Format(time.DateOnly), " ", b.HighAbandoned, "/", b.HighLive, " ", b.Breach, " ", b.Headroom)
		text := fmt.Sprint(row["from"], row["to"], " ", row["abandoned"], "/", row["live"], " ", row["breach"], " ", row["headroom"])
		if got != text {
			t.Errorf("block %d is %s, want %s", i+1, got, text)
		}
	}
}
