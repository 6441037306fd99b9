package db

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"ringside/campaign"
	"ringside/funnel"
)

// saidOf is a message about a call, or, without a name of a source, a native
// post about an attempt.
type saidOf struct {
	names  []string
	leg    bool
	native bool
	rank   int64
	fields map[int]int64
}

func (s *saidOf) version() *campaign.Version {
	v := &campaign.Version{Kind: campaign.KindAttempt, Ref: s.names[0], UpdatedMs: s.rank,
		Content: campaign.Content{Values: make([]campaign.Value, len(campaign.KindAttempt.Fields()))}}
	for field, value := range s.fields {
		v.Named = v.Named.With(field)
		v.Values[field].Int = value
	}
	v.Named = v.Named.With(campaign.AttemptLead)
	v.Values[campaign.AttemptLead].Text = fmt.Sprintf("lead-%d", s.rank%3)
	return v
}

func (s *saidOf) message(source int64) *campaign.Message {
	packed := fmt.Sprint(*s)
	return &campaign.Message{SourceNumber: source, ReceivedMs: 1_700_000_000_000, Packed: []byte(packed), Hash: int64(len(packed)),
		Names: s.names, Leg: s.leg, Versions: []*campaign.Version{s.version()}}
}

func randomStatements(r *rand.Rand) (all []saidOf) {
	names := []string{"a", "b", "c", "d", "e", "f", "g"}
	for i := range 2 + r.IntN(10) {
		s := saidOf{rank: int64(r.IntN(8)), native: r.IntN(5) == 0, fields: map[int]int64{
			campaign.AttemptStartedAt: 1_780_000_000_000 + int64(r.IntN(50))*3_600_000, campaign.AttemptResult: int64(campaign.Answered), campaign.AttemptTalk: int64(i)}}
		if r.IntN(12) == 0 {
			s.fields[campaign.AttemptVoid] = int64(r.IntN(2))
		}
		r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		s.names = slices.Clone(names[:1+r.IntN(3)])
		if s.native {
			s.names = s.names[:1]
		}
		s.leg = !s.native && r.IntN(2) == 0
		all = append(all, s)
	}
	return all
}

// told is a store that was told the statements in an order, a few at a time, and
// what it makes of them.
func told(t *testing.T, all []saidOf, together func() int) string {
	t.Helper()
	h := newStore(t)
	src, _, err := h.PutSource(t.Context(), campaign.Source{Ref: "s", Config: []byte("{}")})
	if err != nil {
		t.Fatal(err)
	}
	for len(all) > 0 {
		n := min(together(), len(all))
		var versions []*campaign.Version
		var messages []*campaign.Message
		for i := range all[:n] {
			if all[i].native {
				versions = append(versions, all[i].version())
			} else {
				messages = append(messages, all[i].message(src.Number))
			}
		}
		all = all[n:]
		if len(versions) > 0 {
			if _, err := h.Record(t.Context(), "c", versions, false); err != nil {
				t.Fatal(err)
			}
		}
		if len(messages) > 0 {
			if _, err := h.RecordMessages(t.Context(), "c", messages); err != nil {
				t.Fatal(err)
			}
		}
	}
	if v, err := h.Verify(t.Context(), "c", nil); err != nil || v.Differing > 0 {
		t.Fatalf("verify: %v %+v", err, v)
	}
	return listed(t, h)
}

// listed are the attempts that count.
func listed(t *testing.T, s *Store) string {
	var out []string
	err := s.snapshot(t.Context(), func(tx *tx) error {
		k, err := s.find(tx, "c")
		if err != nil {
			return err
		}
		scan := attemptTable.scanner(k)
		err = tx.query(func(row *sqlx.Rows) error {
			f, err := scan(row)
			if err == nil && f.content.Int(campaign.AttemptVoid) != 1 && f.content.Named != 0 {
				f.content.Forget(campaign.AttemptVoid)
				out = append(out, f.ref+" "+string(f.content.Canonical(f.kind)))
			}
			return err
		}, "select "+attemptTable.fields+" from "+attemptTable.from+" where f.campaign_id = $1", k.Number)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

func newStore(t *testing.T) *Store {
	t.Helper()
	h := newHouse(t)
	config, err := campaign.DecodeConfig([]byte(`{"name":"c","time_zone":"UTC","currency":"EUR","dial_mode":"manual"}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.store.PutCampaign(context.Background(), "c", config); err != nil {
		t.Fatal(err)
	}
	return h.store
}

// TestNamesInAnyOrder: whatever names messages give a call, and in whatever order,
// the same attempts come out.
func TestNamesInAnyOrder(t *testing.T) {
	for i := range max(10, *propertyRounds/3) {
		t.Run(fmt.Sprint("seed=", i), func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(i)+*propertySeed, 5))
			all := randomStatements(r)
			want := told(t, all, func() int { return 1 })
			for range 2 {
				again := append(slices.Clone(all), all[:r.IntN(len(all))]...)
				r.Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
				if got := told(t, again, func() int { return 1 + r.IntN(4) }); got != want {
					t.Fatalf("told\n%+v\nthere are\n%s\ntold\n%+v\nthere are\n%s", all, want, again, got)
				}
			}
		})
	}
}

// TestLiftedMarkStaysLifted: an attempt that goes on under a better name asks no
// second time not to be called, and is counted once in what was known before.
func TestLiftedMarkStaysLifted(t *testing.T) {
	h := newHouse(t)
	config, err := campaign.DecodeConfig([]byte(`{"name":"c","time_zone":"UTC","currency":"EUR","dial_mode":"manual","dispositions":[{"code":"STOP","category":"dnc"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.store.PutCampaign(t.Context(), "c", config); err != nil {
		t.Fatal(err)
	}
	say := func(leg bool, names ...string) {
		t.Helper()
		s := saidOf{names: names, leg: leg, rank: 3, fields: map[int]int64{campaign.AttemptStartedAt: 1_780_000_000_000, campaign.AttemptResult: int64(campaign.Answered)}}
		m := s.message(1)
		v := m.Versions[0]
		v.Named = v.Named.With(campaign.AttemptDisposition)
		v.Values[campaign.AttemptDisposition].Text = "STOP"
		h.now = h.now.Add(time.Minute)
		if _, err := h.store.RecordMessages(t.Context(), "c", []*campaign.Message{m}); err != nil {
			t.Fatal(err)
		}
	}
	marked := func(want bool) {
		t.Helper()
		lead, err := h.store.Fact(t.Context(), "c", campaign.KindLead, "lead-0")
		if err != nil || lead.DNCSinceMs != campaign.None != want {
			t.Fatalf("marked since %d, want %v; %v", lead.DNCSinceMs, want, err)
		}
	}
	say(true, "channel")
	marked(true)
	before := h.now.UnixMicro()
	h.now = h.now.Add(time.Minute)
	if _, err := h.store.PutDNC(t.Context(), "c", "lead-0", false); err != nil {
		t.Fatal(err)
	}
	s := saidOf{names: []string{"call", "channel"}, rank: 2, fields: map[int]int64{campaign.AttemptTalk: 5}}
	h.now = h.now.Add(time.Minute)
	if _, err := h.store.RecordMessages(t.Context(), "c", []*campaign.Message{s.message(1)}); err != nil {
		t.Fatal(err)
	}
	moved, err := h.store.Fact(t.Context(), "c", campaign.KindAttempt, "channel")
	if err != nil || moved.Ref != "call" || moved.Content.Text(campaign.AttemptDisposition) != "STOP" {
		t.Fatalf("the attempt is %+v, %v", moved, err)
	}
	marked(false)
	err = h.store.snapshot(t.Context(), func(tx *tx) error {
		k, err := h.store.find(tx, "c")
		if err != nil {
			return err
		}
		book, _, err := replay(tx, k, before+10)
		if err != nil {
			return err
		}
		dials := 0
		err = book.Units([]funnel.Window{{FromMs: 0, ToMs: 1 << 50}}, func(u *funnel.Unit) {
			for _, a := range u.Attempts {
				if !a.Void {
					dials++
				}
			}
		})
		if dials != 1 {
			t.Errorf("%d dials were known before the call got its better name, want 1", dials)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
