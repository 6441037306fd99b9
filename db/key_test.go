package db

import (
	"slices"
	"strings"
	"testing"

	"ringside/campaign"
)

func TestKeysAreFoundAsMade(t *testing.T) {
	store := openTest(t)
	ctx := t.Context()
	full, made, err := store.CreateKey(ctx, campaign.RoleFinance, " Ana ", "c", "c")
	if err != nil {
		t.Fatal(err)
	}
	found, ok, err := store.FindKey(ctx, full)
	if err != nil || !ok || found.Role != "finance" || found.Label != "Ana" || !slices.Equal(found.Campaigns, []string{"c"}) || found.ID != made.ID {
		t.Errorf("found %+v, %v, %v", found, ok, err)
	}
	if !found.Bound() || !found.Knows("c") || found.Knows("d") {
		t.Error("it is not bound to c alone")
	}
	id, secret, _ := strings.Cut(strings.TrimPrefix(full, "rs_"), "_")
	for name, presented := range map[string]string{"no prefix": strings.TrimPrefix(full, "rs_"), "another prefix": "sk_" + full[3:], "no secret": "rs_" + id + "_", "only an id": "rs_" + id,
		"wrong secret": "rs_" + id + "_" + secret[1:], "nothing": "", "only a prefix": "rs_", "not UTF-8": "rs_\xff_x"} {
		if _, ok, err := store.FindKey(ctx, presented); ok || err != nil {
			t.Errorf("%s: a key is found, or %v", name, err)
		}
	}
	if err := store.RevokeKey(ctx, made.ID); err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := store.FindKey(ctx, full); ok {
		t.Error("a revoked key is good")
	}
	keys, err := store.Keys(ctx)
	if err != nil || len(keys) != 1 || keys[0].RevokedMs == campaign.None || !slices.Equal(keys[0].Campaigns, []string{"c"}) {
		t.Errorf("listed: %+v, %v", keys, err)
	}
}

func TestKeysAreRefused(t *testing.T) {
	store := openTest(t)
	for _, c := range []struct{ role, label, campaign, code, field string }{
		{"boss", "x", "c", "invalid_choice", "role"},
		{"Admin", "x", "c", "invalid_choice", "role"},
		{"", "x", "c", "missing_field", "role"},
		{"admin", " ", "c", "invalid_text", "label"},
		{"admin", "x", "d", "unknown_campaign", "campaigns"},
		{"admin", "x", "", "unknown_campaign", "campaigns"},
	} {
		_, _, err := store.CreateKey(t.Context(), c.role, c.label, c.campaign)
		wrong, ok := err.(*campaign.Error)
		if !ok || wrong.Code != c.code || wrong.Field != c.field {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if keys, err := store.Keys(t.Context()); err != nil || len(keys) > 0 {
		t.Errorf("a refused key was made: %v, %v", keys, err)
	}
}
