package db

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"ringside/campaign"
)

// reread is a message whose meaning changed: what it said by the mapping of then,
// and what it says by that of now.
type reread struct {
	then, now saidOf
	packed    string
}

func (m *reread) message(source int64, s *saidOf) *campaign.Message {
	out := s.message(source)
	out.Packed, out.Hash = []byte(m.packed), int64(len(m.packed))
	described := &campaign.Version{Kind: campaign.KindLead, UpdatedMs: s.rank, Content: campaign.Content{Values: make([]campaign.Value, len(campaign.KindLead.Fields()))}}
	described.Ref = out.Versions[0].Text(campaign.AttemptLead)
	described.Named = described.Named.With(campaign.LeadName)
	described.Values[campaign.LeadName].Text = fmt.Sprint("name ", s.fields[campaign.AttemptTalk]%3)
	out.Versions[0].Lead = described
	if s.rank%2 == 0 { // and a second version of the same call
		more := *out.Versions[0]
		more.UpdatedMs, more.Lead = 1, nil
		out.Versions = append(out.Versions, &more)
	}
	return out
}

// randomRereads are messages of which some mean something else by now: other values,
// fewer or more fields, another instant, another lead, even another call.
func randomRereads(r *rand.Rand) (all []reread) {
	now := slices.DeleteFunc(randomStatements(r), func(s saidOf) bool { return s.native })
	then := randomStatements(r)
	for i := range now {
		m := reread{then: now[i], now: now[i], packed: fmt.Sprint("message ", i)}
		if r.IntN(3) > 0 {
			m.then = then[i%len(then)]
			m.then.names, m.then.leg, m.then.native = now[i].names, now[i].leg, false
			if r.IntN(3) == 0 {
				m.then.names, m.then.leg = []string{fmt.Sprint("misread ", i)}, false
			}
			if r.IntN(3) == 0 {
				delete(m.then.fields, campaign.AttemptResult)
			}
		}
		all = append(all, m)
	}
	return all
}

// again reads kept messages anew, some at a time.
func again(t *testing.T, s *Store, source int64, all []reread, r *rand.Rand) {
	t.Helper()
	kept, err := s.Messages(t.Context(), source, campaign.Applied, campaign.MessageKey{}, 1000)
	if err != nil {
		t.Fatal(err)
	}
	r.Shuffle(len(kept), func(i, j int) { kept[i], kept[j] = kept[j], kept[i] })
	for some := range slices.Chunk(kept, 1+r.IntN(4)) {
		var messages []*campaign.Message
		for i := range some {
			at := slices.IndexFunc(all, func(m reread) bool { return m.packed == string(some[i].Packed) })
			m := all[at].message(source, &all[at].now)
			m.Again = &some[i].MessageKey
			messages = append(messages, m)
		}
		if _, err := s.RecordMessages(t.Context(), "c", messages); err != nil {
			t.Fatal(err)
		}
	}
}

// TestReadAnewInAnyOrder: once messages were read anew, the facts are those of what
// they say now, however they were read before and in whatever order.
func TestReadAnewInAnyOrder(t *testing.T) {
	for i := range max(10, *propertyRounds/6) {
		t.Run(fmt.Sprint("seed=", i), func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(i)+*propertySeed, 7))
			all := randomRereads(r)
			straight, mended := newStore(t), newStore(t)
			source := map[*Store]int64{}
			for _, s := range []*Store{straight, mended} {
				src, _, err := s.PutSource(t.Context(), campaign.Source{Ref: "s", Config: []byte("{}")})
				if err != nil {
					t.Fatal(err)
				}
				source[s] = src.Number
			}
			tell := func(s *Store, m *reread, says *saidOf) {
				t.Helper()
				if _, err := s.RecordMessages(t.Context(), "c", []*campaign.Message{m.message(source[s], says)}); err != nil {
					t.Fatal(err)
				}
			}
			for i := range all {
				tell(straight, &all[i], &all[i].now)
			}
			for at, i := range r.Perm(len(all)) {
				// Whoever comes after the mapping was mended is read by it at once.
				if at < len(all)*2/3 {
					tell(mended, &all[i], &all[i].then)
				} else {
					tell(mended, &all[i], &all[i].now)
				}
			}
			post := randomStatements(r)[0]
			post.names, post.native = post.names[:1], true
			for _, s := range []*Store{straight, mended} {
				if _, err := s.Record(t.Context(), "c", []*campaign.Version{post.version()}, false); err != nil {
					t.Fatal(err)
				}
			}
			want := everything(t, straight)
			for range 2 {
				again(t, mended, source[mended], all, r)
				if got := everything(t, mended); got != want {
					t.Fatalf("of\n%+v\nread anew there are\n%s\nwant\n%s", all, got, want)
				}
			}
			for i := range all { // and what comes again changes nothing
				tell(mended, &all[i], &all[i].now)
			}
			if got := everything(t, mended); got != want {
				t.Fatalf("repeated there are\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// everything are the attempts that count, the leads, and how many versions there are.
func everything(t *testing.T, s *Store) string {
	t.Helper()
	if v, err := s.Verify(t.Context(), "c", nil); err != nil || v.Differing > 0 {
		t.Fatalf("verify: %v %+v", err, v)
	}
	out := []string{listed(t, s)}
	err := s.snapshot(t.Context(), func(tx *tx) error {
		k, err := s.find(tx, "c")
		if err != nil {
			return err
		}
		scan := leadTable.scanner(k)
		var leads []string
		err = tx.query(func(row *sqlx.Rows) error {
			f, err := scan(row)
			if err == nil && f.versions > 0 {
				leads = append(leads, fmt.Sprint(f.ref, " ", f.versions, " ", string(f.content.Canonical(f.kind))))
			}
			return err
		}, "select "+leadTable.fields+" from "+leadTable.from+" where f.campaign_id = $1", k.Number)
		slices.Sort(leads)
		out = append(out, leads...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, "\n")
}

// TestRefusedStaysRefused: a message that was refused says so again when it comes
// again, in the same post and later, and so does one that is read anew.
func TestRefusedStaysRefused(t *testing.T) {
	s := newStore(t)
	refused := func() *campaign.Message {
		one := saidOf{names: []string{"a"}, rank: 5, fields: map[int]int64{campaign.AttemptStartedAt: 1_780_000_000_000, campaign.AttemptResult: int64(campaign.Busy)}}
		m := one.message(1)
		m.Versions[0].Named = m.Versions[0].Named.With(campaign.AttemptAmount) // an amount that no text gives
		return m
	}
	for i := range 3 {
		receipt, err := s.RecordMessages(t.Context(), "c", []*campaign.Message{refused(), refused()})
		if err != nil || len(receipt.Rejected) != 2 || receipt.Unchanged != 0 {
			t.Errorf("the %d. time: %+v, %v", i, receipt, err)
		}
	}
	kept, err := s.Messages(t.Context(), 1, campaign.RefusedMessage, campaign.MessageKey{}, 10)
	if err != nil || len(kept) != 1 || kept[0].Repeats != 5 || kept[0].Reason == "" {
		t.Fatalf("kept %+v, %v", kept, err)
	}
	m := refused()
	m.Again = &kept[0].MessageKey
	if receipt, err := s.RecordMessages(t.Context(), "c", []*campaign.Message{m}); err != nil || len(receipt.Rejected) != 1 {
		t.Errorf("read anew: %+v, %v", receipt, err)
	}
	if got := listed(t, s); got != "" {
		t.Errorf("there is %s", got)
	}
}
