package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"ringside/campaign"
	"ringside/db"
)

func TestKeyCommands(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k.db")
	store, err := db.Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	for _, ref := range []string{"spring", "autumn"} {
		config, err := campaign.DecodeConfig([]byte(bankCampaign))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := store.PutCampaign(context.Background(), ref, config); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	made := mustRun(t, "key", "create", "--db", path, "--label", "board", "--role", "viewer", "--campaign", "spring", "--campaign", "autumn")
	if !strings.HasPrefix(made, "rs_") || !strings.Contains(made, `viewer, autumn,spring, "board"`) {
		t.Error(made)
	}
	id := strings.Split(made, "_")[1]
	if list := mustRun(t, "key", "list", "--db", path); !strings.Contains(list, id+"  viewer  autumn,spring  board") {
		t.Error(list)
	}
	mustRun(t, "key", "revoke", "--db", path, id)
	for _, wrong := range [][]string{{}, {"--role", "boss"}, {"--role", "viewer", "--campaign", "winter"}, {"--role", "viewer", "--campaign", ""}} {
		args := append([]string{"key", "create", "--db", path, "--label", "x"}, wrong...)
		if out, code := ringside(t, args...); code == 0 {
			t.Errorf("%v makes a key: %s", wrong, out)
		}
	}
}
