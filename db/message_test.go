package db

import (
	"fmt"
	"testing"
	"time"

	"ringside/campaign"
)

// TestForgetMessages: applied messages that are old go, in slices; what they said,
// and what is parked, stays.
func TestForgetMessages(t *testing.T) {
	h := newHouse(t)
	config, err := campaign.DecodeConfig([]byte(`{"name":"c","time_zone":"UTC","currency":"EUR","dial_mode":"manual"}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.store.PutCampaign(t.Context(), "c", config); err != nil {
		t.Fatal(err)
	}
	src, _, err := h.store.PutSource(t.Context(), campaign.Source{Ref: "s", Config: []byte("{}")})
	if err != nil {
		t.Fatal(err)
	}
	old, young := h.now.Add(-100*24*time.Hour).UnixMilli(), h.now.UnixMilli()
	var messages, parked []*campaign.Message
	for i := range forgetSlice + 10 {
		s := saidOf{names: []string{fmt.Sprint("call-", i)}, rank: 5, fields: map[int]int64{campaign.AttemptStartedAt: young, campaign.AttemptResult: int64(campaign.Busy)}}
		m := s.message(src.Number)
		if m.ReceivedMs = old; i >= forgetSlice+5 {
			m.ReceivedMs = young
		}
		messages = append(messages, m)
		if i < 3 {
			lost := *m
			parked = append(parked, &lost)
		}
	}
	if _, err := h.store.RecordMessages(t.Context(), "c", messages); err != nil {
		t.Fatal(err)
	}
	if err := h.store.Park(t.Context(), parked); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int64{forgetSlice + 5, 0} {
		if gone, err := h.store.ForgetMessages(t.Context(), h.now.Add(-90*24*time.Hour).UnixMilli()); err != nil || gone != want {
			t.Fatalf("%d messages were forgotten, want %d; %v", gone, want, err)
		}
	}
	for state, want := range map[campaign.State]int{campaign.Applied: 5, campaign.Parked: 3, campaign.RefusedMessage: 0} {
		left, err := h.store.Messages(t.Context(), src.Number, state, campaign.MessageKey{}, 100)
		if err != nil || len(left) != want {
			t.Errorf("%d messages are %s, want %d; %v", len(left), state, want, err)
		}
	}
	if v, err := h.store.Verify(t.Context(), "c", nil); err != nil || v.Differing > 0 || v.Attempts != forgetSlice+10 {
		t.Errorf("verify: %v %+v", err, v)
	}
}

// TestNewestMessages: the newest of a source within a time, of all campaigns and of
// those parked, whoever else sent some meanwhile.
func TestNewestMessages(t *testing.T) {
	h := newHouse(t)
	config, err := campaign.DecodeConfig([]byte(`{"name":"c","time_zone":"UTC","currency":"EUR","dial_mode":"manual"}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, ref := range []string{"c", "d"} {
		if _, _, err := h.store.PutCampaign(t.Context(), ref, config); err != nil {
			t.Fatal(err)
		}
	}
	var sources []int64
	for _, ref := range []string{"s", "other"} {
		src, _, err := h.store.PutSource(t.Context(), campaign.Source{Ref: ref, Config: []byte("{}")})
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, src.Number)
	}
	// Messages come a second apart: to c, to d, and parked, in turns; each third from
	// the other source.
	const total = 90
	first := h.now.UnixMilli()
	for i := range total {
		s := saidOf{names: []string{fmt.Sprint("call-", i)}, rank: 5, fields: map[int]int64{campaign.AttemptStartedAt: first, campaign.AttemptResult: int64(campaign.Busy)}}
		m := s.message(sources[i/3%3/2])
		m.ReceivedMs = first + int64(i)*1000
		switch i % 3 {
		case 2:
			m.Versions, m.Names, m.Reason = nil, nil, "lost"
			err = h.store.Park(t.Context(), []*campaign.Message{m})
		default:
			_, err = h.store.RecordMessages(t.Context(), []string{"c", "d"}[i%3], []*campaign.Message{m})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		from, to, limit, want int
		more                  bool
	}{{0, total, 100, 60, false}, {0, total, 60, 60, false}, {0, total, 59, 59, true}, {0, total, 7, 7, true}, {9, 15, 100, 6, false}, {15, 18, 100, 0, false}, {10, 12, 1, 1, true}, {total, 2 * total, 9, 0, false}} {
		all, more, err := h.store.NewestMessages(t.Context(), sources[0], first+int64(c.from)*1000, first+int64(c.to)*1000, c.limit)
		if err != nil || len(all) != c.want || more != c.more {
			t.Fatalf("%+v gives %d, more %v, %v", c, len(all), more, err)
		}
		received := map[int64]bool{}
		for _, m := range all {
			i := (m.ReceivedMs - first) / 1000
			received[m.ReceivedMs] = true
			if want := []string{"c", "d", ""}[i%3]; m.Campaign != want || (m.Reason != "") != (want == "") || i/3%3 == 2 {
				t.Errorf("%+v gives %+v", c, m)
			}
		}
		newest := 0
		for i := c.to - 1; i >= c.from && newest < c.want; i-- {
			if i < total && i/3%3 != 2 {
				if newest++; !received[first+int64(i)*1000] {
					t.Errorf("%+v lacks the message of second %d", c, i)
				}
			}
		}
	}
}
