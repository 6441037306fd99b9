package twin

import (
	"fmt"
	"math/rand"
	"reflect"
	"strings"
	"testing"
)

// What an outcome proves, one row a combination: the attempt is posted with
// the left-hand fields and read as the right-hand ones.
func TestOutcomesProveFacts(t *testing.T) {
	for _, row := range rows(`
		mode        result      answered_by  connected_at  disposition  read as
		predictive  no_answer   -            -             -            dial
		predictive  not_placed  -            -             -            nothing
		predictive  not_placed  -            -             sale         nothing
		predictive  no_answer   -            -             sale         dial answered live contact
		predictive  no_answer   -            -             wrong_party  dial answered live contact
		predictive  no_answer   -            -             dnc          dial answered live
		predictive  no_answer   -            -             abandoned    dial answered live
		predictive  no_answer   -            -             machine      dial
		predictive  answered    human        -             machine      dial answered machine
		predictive  answered    human        09:00:02      machine      dial answered machine
		predictive  answered    machine      -             -            dial answered machine
		predictive  answered    machine      -             refusal      dial answered live contact
		predictive  answered    machine      -             none         dial answered machine
		predictive  answered    -            09:00:02      -            dial answered
		predictive  answered    human        -             -            dial answered live
		predictive  answered    human        -             unheard_of   dial answered live
		predictive  answered    human        09:00:02      -            dial answered live contact
		preview     answered    human        -             -            dial answered live contact
		manual      answered    -            -             -            dial answered
		manual      no_answer   -            -             dnc          dial answered live contact`) {
		c := springCampaign
		c.DialMode = row["mode"].(string)
		w := New()
		w.PutCampaign(c)
		want := strings.Fields(row["read as"].(string))
		name := fmt.Sprint(row)
		delete(row, "mode")
		delete(row, "read as")
		row["ref"], row["lead"], row["started_at"] = "a", "A", "2026-11-02T09:00:00Z"
		w.Post("spring", "attempts", row, 1)
		got := w.KPIs("spring", november, december, nil, december)[0].Figures
		for word, id := range map[string]string{"dial": "dials", "answered": "answer_rate",
			"live": "live_answer_rate", "contact": "contact_rate", "machine": "machine_rate"} {
			if counted := got[id].Numerator.Sign() > 0; counted != contains(want, word) {
				t.Errorf("%s: %s is %v", name, word, counted)
			}
		}
	}
}

func contains(words []string, word string) bool {
	return strings.Contains(" "+strings.Join(words, " ")+" ", " "+word+" ")
}

// Any order and any repetition of dated posts gives the same numbers.
func TestAnyOrderAnyRepetition(t *testing.T) {
	items := rows(`
		ref  lead  started_at  result     disposition  agent  amount  updated_at
		a    A     09:00:00    answered   callback     x      -       10:00:00
		a    B     09:00:00    answered   sale         -      5.00    11:00:00
		a    B     09:00:01    answered   -            null   -       11:00:00
		a    A     09:00:00    answered   refusal      y      -       10:30:00
		b    B     09:30:00    no_answer  -            x      -       10:00:00
		b    B     09:20:00    busy       -            z      -       10:00:00`)
	var want []Group
	for round := range 50 {
		w := spring()
		rand.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
		for i := range items {
			w.Post("spring", "attempts", items[i], int64(2*i+1))
			w.Post("spring", "attempts", items[rand.Intn(i+1)], int64(2*i+2))
		}
		got := w.KPIs("spring", november, december, []string{"agent", "hour"}, december)
		if round == 0 {
			want = got
		}
		if fmt.Sprint(texts(got)) != fmt.Sprint(texts(want)) {
			t.Fatalf("round %d: %v, before %v", round, texts(got), texts(want))
		}
	}
}

func texts(groups []Group) map[string]string {
	all := map[string]string{}
	for _, g := range groups {
		for id, f := range g.Figures {
			all[fmt.Sprint(g.Key, id)] = figureText(f)
		}
	}
	return all
}

func TestFieldsMergeOneByOne(t *testing.T) {
	w := spring()
	post(w, "attempts", `
		ref  lead  started_at  result    agent  disposition  amount  updated_at
		a    A     09:00:00    answered  x      -            9.00    2026-11-02T12:00:00.0009Z`)
	post(w, "outcomes", `
		attempt  disposition  agent  amount  updated_at
		a        sale         y      8.00    2026-11-02T11:00:00Z`)
	check(t, w, "sales 1\n revenue 9") // sale from the older, amount from the newer
	if g := w.KPIs("spring", november, december, []string{"agent"}, december); len(g) != 1 || g[0].Key["agent"] != "x" {
		t.Errorf("groups %v, want agent x", g)
	}
	post(w, "outcomes", `
		attempt  amount  updated_at
		a        null    2026-11-02T13:00:00Z`)
	check(t, w, "sales 1\n revenue 0")
}

func TestCanonicalContent(t *testing.T) {
	item := rows(`
		wrap_s  result    hold_s  amount  ended_at                       agent  lead  note
		2.50    answered  0       12.50   2026-11-02T10:00:00.1239+01:00  null  A     <b>`)[0]
	item["lead"] = map[string]any{"ref": "A", "phone": "1"}
	want := `{"lead":"A","agent":null,"result":6,"ended_at":1793610000123,"hold_s":0,"wrap_s":2500,"amount":1250,"note":"<b>"}`
	if got := canonical(attemptFields, item); got != want {
		t.Errorf("canonical is\n%s, want\n%s", got, want)
	}
}

func TestLeadsKnownAndUnknown(t *testing.T) {
	post2 := func(w *World) {
		post(w, "leads", `
			ref  generated_at          void
			P    2026-10-15T00:00:00Z  -
			Q    -                     -
			V    2026-11-01T00:00:00Z  true
			N    -                     -`)
		post(w, "attempts", `
			ref  lead  started_at            result      void
			p    P     09:00:00              answered    -
			q    Q     09:00:00              not_placed  -
			v    V     09:00:00              answered    -
			u    U     09:00:00              no_answer   -
			u0   U     2026-10-20T09:00:00Z  answered    true
			x    X     09:00:00              answered    true`)
	}
	w := spring()
	post2(w)
	// P is of October, V void, N dated by nothing, X only named by a void attempt.
	if refs := fmt.Sprint(w.Facts("spring", "leads", "numerator", november, december, december)); refs != "[Q U]" {
		t.Errorf("leads %s, want Q and U", refs)
	}
	check(t, w, "leads 2\n dials 2\n leads_dialed 2\n list_penetration 1/2")
	c := springCampaign
	c.StrictLeads = true
	w.PutCampaign(c)
	check(t, w, "leads 1\n dials 1\n list_penetration 0/1") // without U
}

func TestLeadAsObject(t *testing.T) {
	w := spring()
	w.Post("spring", "attempts", map[string]any{"ref": "a", "started_at": "2026-11-02T09:00:00Z", "result": "busy",
		"lead": map[string]any{"ref": "A", "list": "north", "source": "fair"}}, 1)
	post(w, "leads", `
		ref  source
		A    web`)
	groups := w.KPIs("spring", november, december, []string{"list", "source"}, december)
	if want := map[string]any{"list": "north", "source": "web"}; len(groups) != 1 || !reflect.DeepEqual(groups[0].Key, want) {
		t.Errorf("groups %v, want %v", groups, want)
	}
}

func TestCallbacks(t *testing.T) {
	for _, row := range rows(`
		why                             later dial  result     disposition  decided_at  kept
		nothing came                    -           -          -            -           0/1
		on the minute                   12:15:00    no_answer  -            -           1/1
		early by a quarter              11:45:00    no_answer  -            -           1/1
		too late                        12:15:01    no_answer  -            -           0/1
		not placed                      12:00:00    not_placed  -            -           0/1
		settled before                  10:00:00    answered   refusal      -           0/0
		promised again                  10:00:00    answered   callback     -           0/0
		kept, settled at the time       11:59:00    answered   sale         12:00:00    1/1
		kept early, but settled before  11:50:00    answered   sale         11:55:00    0/0`) {
		w := spring()
		post(w, "attempts", `
			ref  lead  started_at  result    disposition  callback_at
			a    A     08:00:00    answered  interested   -
			b    A     09:00:00    answered  callback     12:00:00`)
		if later, called := row["later dial"]; called {
			item := map[string]any{"ref": "c", "lead": "A", "started_at": value("started_at", later.(string)), "result": row["result"]}
			for _, name := range []string{"disposition", "decided_at"} {
				if v, named := row[name]; named {
					item[name] = v
				}
			}
			w.Post("spring", "attempts", item, 9)
		}
		got := w.KPIs("spring", november, december, nil, at("2026-11-02T12:15:00Z"))[0].Figures
		if text := figureText(got["callback_kept_rate"]); text != row["kept"] {
			t.Errorf("%s: %s, want %s", row["why"], text, row["kept"])
		}
		got = w.KPIs("spring", november, december, nil, at("2026-11-02T12:14:59Z"))[0].Figures
		if text := figureText(got["callback_kept_rate"]); text != "0/0" {
			t.Errorf("%s: %s before it was due", row["why"], text)
		}
	}
}

func TestDurations(t *testing.T) {
	w := spring()
	post(w, "attempts", `
		ref  lead  started_at  result    answered_by  connected_at  ended_at      hold_s  wrap_s
		a    A     09:00:00    answered  human        09:00:10      09:01:40.500  10.25   5
		b    A     10:00:00    answered  human        10:00:10      10:00:20      60      -
		c    A     11:00:00    answered  human        11:00:10      -             -       99`)
	// Talk: 80.25 + 0 (hold longer than the talk); handling: 95.5 + 10.
	check(t, w, "talk_time 321/4/2 lacking 1\n outbound_aht 211/2/2 lacking 2")
}

func TestFunnelAndCurve(t *testing.T) {
	w := spring()
	post(w, "attempts", `
		ref  lead  started_at  result      answered_by  disposition
		a    A     09:00:00    no_answer   -            -
		a2   A     10:00:00    answered    human        interested
		b    B     09:00:00    answered    -            sale
		c    C     09:00:00    not_placed  -            -
		d    D     09:00:00    answered    machine      -
		d2   D     10:00:00    answered    -            sale
		d3   D     11:00:00    answered    -            sale`)
	want := "[{lead 4 <nil>} {dialed 3 0/1} {contacted 3 3600/1} {interested 3 0/1} {signed_up 2 0/1} {closed 2 0/1}]"
	if got := fmt.Sprint(w.Funnel("spring", november, december)); got != want {
		t.Errorf("funnel %s, want %s", got, want)
	}
	if got := fmt.Sprint(w.AttemptCurve("spring", november, december)); got != "[{1 3 1 0} {2 2 1 0} {3 1 0 0}]" {
		t.Errorf("attempt curve %s", got)
	}
}
