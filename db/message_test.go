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
