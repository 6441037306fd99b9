package dialer

import (
	"bytes"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ringside/campaign"
)

// merged puts what messages say into the attempts they give, field by field in
// words, as the store merges versions: by rank, then by content. Attempts are
// joined by any of the keys a message gives a call.
func merged(t *testing.T, s *Source, messages []Message) map[string]map[string]string {
	t.Helper()
	type said struct {
		call string
		Saying
	}
	var all []said
	out := map[string]map[string]string{}
	for _, m := range messages {
		r := s.Kind.Read(s, m)
		if r.Silent != "" || r.Agent != nil {
			continue
		}
		call := r.Calls[0]
		if out[call] == nil {
			out[call] = map[string]string{}
		}
		for name, value := range map[string]string{"campaign": r.Campaign, "lead": r.Lead, "stand_in": r.StandIn, "phone": r.Phone} {
			if value != "" {
				out[call][name] = value
			}
		}
		for _, one := range r.Sayings {
			all = append(all, said{call, one})
		}
	}
	slices.SortStableFunc(all, func(a, b said) int {
		return campaign.CompareVersions(campaign.KindAttempt, campaign.Rank{AtUs: a.RankMs}, &a.Content, campaign.Rank{AtUs: b.RankMs}, &b.Content)
	})
	for _, one := range all {
		for f, field := range campaign.KindAttempt.Fields() {
			if one.Given(f) {
				out[one.call][field.Name] = words(field, one.Values[f])
			}
		}
	}
	return out
}

func words(field campaign.Field, v campaign.Value) string {
	switch field.Type {
	case campaign.TypeInstant:
		return time.UnixMilli(v.Int).UTC().Format("2006-01-02T15:04:05.999Z")
	case campaign.TypeSeconds:
		return strconv.FormatFloat(float64(v.Int)/1000, 'f', -1, 64)
	case campaign.TypeChoice:
		return field.Choices[v.Int-1]
	}
	return v.Text
}

// wants compares an attempt with "name=value" pairs; a name with nothing after
// the sign must be absent.
func wants(t *testing.T, got map[string]string, want string) {
	t.Helper()
	if got == nil {
		t.Fatalf("no such attempt; want %s", want)
	}
	for pair := range strings.FieldsSeq(want) {
		name, value, _ := strings.Cut(pair, "=")
		if got[name] != value {
			t.Errorf("%s is %q, want %q", name, got[name], value)
		}
	}
}

// split cuts requests into messages, each request twice and all in a random order.
func split(t *testing.T, k *Kind, requests ...*Request) []Message {
	t.Helper()
	var out []Message
	for i, r := range append(slices.Clone(requests), requests...) {
		received := *r
		received.ReceivedMs = time.Date(2026, 11, 22, 12, 0, i, 0, time.UTC).UnixMilli()
		messages, err := k.Split(&received)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, messages...)
	}
	rand.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func get(path, query string) *Request {
	return &Request{Method: http.MethodGet, Path: path, Query: query, Header: http.Header{}}
}

func post(path, query, contentType, body string) *Request {
	return &Request{Method: http.MethodPost, Path: path, Query: query, Header: http.Header{"Content-Type": {contentType}}, Body: []byte(body)}
}

const formType = "application/x-www-form-urlencoded; charset=UTF-8"

func TestEnvelope(t *testing.T) {
	r := post("/voice", "a=1&b=%20", formType, "x=1\n\ny=2")
	r.Header.Set("Authorization", "Bearer secret")
	r.ReceivedMs = 17
	m := whole(r)
	if bytes.Contains(m.Raw, []byte("secret")) {
		t.Error("a secret is kept")
	}
	got, err := open(m)
	if err != nil {
		t.Fatal(err)
	}
	if got.Method != r.Method || got.Path != r.Path || got.Query != r.Query || string(got.Body) != string(r.Body) ||
		got.Header.Get("Content-Type") != formType || got.ReceivedMs != 17 {
		t.Errorf("got back %+v", got)
	}
	for _, damaged := range []string{"", "GET", "GET /\n", "GET /\nContent-Type\n\n"} {
		if _, err := open(Message{Raw: []byte(damaged)}); err == nil {
			t.Errorf("%q was opened", damaged)
		}
	}
}

func TestParams(t *testing.T) {
	for _, c := range []struct {
		name string
		r    *Request
		want params
	}{
		{"query", get("/", "a=1&b=x+y%21&a=2"), params{"a": "1", "b": "x y!"}},
		{"badly encoded", get("/", "note=100%+sure&x=1"), params{"note": "100% sure", "x": "1"}},
		{"body before query", post("/", "a=1&c=3", formType, "a=2"), params{"a": "2", "c": "3"}},
		{"json", post("/", "", "application/json", `{"a":{"b":[1.50,"x",null,true]},"c":""}`), params{"a.b.0": "1.50", "a.b.1": "x", "a.b.3": "true", "c": ""}},
		{"json without its type", post("/", "", "", ` {"a":1}`), params{"a": "1"}},
	} {
		got, err := paramsOf(c.r)
		if err != nil || len(got) != len(c.want) {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
		for name, value := range c.want {
			if got[name] != value {
				t.Errorf("%s: %s is %q, want %q", c.name, name, got[name], value)
			}
		}
	}
	for name, body := range map[string]string{
		"deep": strings.Repeat("[", 100_000), "cut": `{"a":`, "many": "[" + strings.Repeat("1,", 3000) + "1]",
	} {
		if _, err := paramsOf(post("/", "", "application/json", body)); err == nil {
			t.Errorf("%s JSON was read", name)
		}
	}
	if _, err := paramsOf(get("/", strings.Repeat("a=1&", 100_000))); err == nil {
		t.Error("100,000 form fields were read")
	}
}

func TestEpochs(t *testing.T) {
	for text, want := range map[string]int64{
		"1795287731.104522": 1795287731104, "1795287731": 1795287731000, "1795287731104": 1795287731104, "1795287731104522": 1795287731104,
		"": campaign.None, "0": campaign.None, "x": campaign.None, "-5": campaign.None, "99999999999999999999": campaign.None,
	} {
		if got := epochMs(text); got != want {
			t.Errorf("%q is %d, want %d", text, got, want)
		}
	}
}

// fuzz holds a kind to its promise: whatever was kept, it reads without panic,
// the same each time, and what it says fits its fields.
func fuzz(f *testing.F, k *Kind) {
	s := &Source{Kind: k, Zone: time.UTC}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := Message{Raw: raw, ReceivedMs: 1795287909000}
		if request, err := open(m); err == nil {
			// It is also what a request of many messages may be.
			if all, err := k.Split(request); err == nil && len(all) > 0 {
				m = all[len(raw)%len(all)]
				if kept, err := k.Unpack(k.Pack(m.Raw)); err != nil || !bytes.Equal(kept, m.Raw) {
					t.Errorf("%q is kept as %q, %v", m.Raw, kept, err)
				}
			}
		}
		r := k.Read(s, m)
		if r.Silent == "" {
			r.Place(s, m.ReceivedMs)
		}
		if r.Silent == "" && (len(r.Calls) == 0 || r.Calls[0] == "") && r.Lead == "" && r.Agent == nil {
			t.Error("neither silent nor about a call, a lead or an agent")
		}
		said := map[campaign.Kind][]Saying{campaign.KindAttempt: r.Sayings, campaign.KindCall: r.Inbound}
		if r.Agent != nil {
			said[campaign.KindState] = []Saying{*r.Agent}
		}
		for kind, sayings := range said {
			holds(t, kind, sayings)
		}
	})
}

// holds reports what does not fit its field.
func holds(t *testing.T, kind campaign.Kind, sayings []Saying) {
	t.Helper()
	for _, one := range sayings {
		for i, field := range kind.Fields() {
			switch v := one.Values[i]; {
			case !one.Given(i):
			case field.Type == campaign.TypeInstant && bounded(v.Int) == campaign.None,
				field.Type == campaign.TypeSeconds && v.Int < 0,
				field.Type == campaign.TypeText && clean(v.Text) != v.Text,
				field.Type == campaign.TypeChoice && (v.Int < 1 || int(v.Int) > len(field.Choices)):
				t.Errorf("%s says %+v", field.Name, v)
			}
		}
	}
}
