package db

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ringside/campaign"
)

const goodPassword, otherPassword = "three words long", "three other words"

// code is what an error says to a program.
func code(err error) string {
	var wrong *campaign.Error
	if errors.As(err, &wrong) {
		return wrong.Code
	}
	return ""
}

// newUser makes a user with a password by their link.
func newUser(t *testing.T, store *Store, name, role string, campaigns ...string) campaign.User {
	t.Helper()
	made, err := store.CreateUser(t.Context(), name, role, campaigns...)
	if err != nil {
		t.Fatal(err)
	}
	token, err := store.UserLink(t.Context(), made.ID)
	if err != nil {
		t.Fatal(err)
	}
	u, err := store.UseLink(t.Context(), token, "", goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestUsersSignInAsMade(t *testing.T) {
	store := openTest(t)
	ctx := t.Context()
	made := newUser(t, store, " Ana ", campaign.RoleTeamLead, "c", "c")
	got, ok, err := store.SignIn(ctx, "ANA", goodPassword)
	if err != nil || !ok || got.ID != made.ID || got.Name != "ana" || got.Role != "team_lead" || !slices.Equal(got.Campaigns, []string{"c"}) || !got.HasPassword {
		t.Errorf("signed in as %+v, %v, %v", got, ok, err)
	}
	for name, pair := range map[string][2]string{"wrong password": {"ana", otherPassword}, "no password": {"ana", ""}, "unknown": {"ben", goodPassword},
		"no name": {"", goodPassword}, "not UTF-8": {"\xff", goodPassword}} {
		if u, ok, err := store.SignIn(ctx, pair[0], pair[1]); ok || err != nil || u.ID != "" {
			t.Errorf("%s: %+v, %v, %v", name, u, ok, err)
		}
	}
	changed, err := store.SetPassword(ctx, made.ID, otherPassword)
	if err != nil || changed.Epoch <= made.Epoch {
		t.Errorf("%+v, %v", changed, err)
	}
	if _, ok, _ := store.SignIn(ctx, "ana", goodPassword); ok {
		t.Error("the old password is good")
	}
	if err := store.DisableUser(ctx, made.ID); err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := store.SignIn(ctx, "ana", otherPassword); ok {
		t.Error("a disabled user signs in")
	}
	all, err := store.Users(ctx)
	if err != nil || len(all) != 1 || all[0].DisabledMs == campaign.None || all[0].Epoch <= changed.Epoch || !slices.Equal(all[0].Campaigns, []string{"c"}) {
		t.Errorf("listed: %+v, %v", all, err)
	}
	// A link lets them in again.
	token, err := store.UserLink(ctx, made.ID)
	if err != nil {
		t.Fatal(err)
	}
	if u, err := store.UseLink(ctx, token, "someone else", goodPassword); err != nil || u.Name != "ana" || u.DisabledMs != campaign.None {
		t.Errorf("%+v, %v", u, err)
	}
	if _, ok, err := store.SignIn(ctx, "ana", goodPassword); !ok || err != nil {
		t.Error("not let in again: ", err)
	}
}

func TestUsersAreRefused(t *testing.T) {
	store := openTest(t)
	ctx := t.Context()
	ana := newUser(t, store, "ana", campaign.RoleViewer)
	for _, c := range []struct{ name, role, campaign, code string }{
		{"ben", "boss", "c", "invalid_choice"}, {"", "admin", "c", "invalid_text"}, {"b n", "admin", "c", "invalid_text"},
		{"ben", "admin", "d", "unknown_campaign"}, {"Ana", "admin", "c", "name_taken"},
	} {
		if _, err := store.CreateUser(ctx, c.name, c.role, c.campaign); code(err) != c.code {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if all, _ := store.Users(ctx); len(all) != 1 {
		t.Errorf("a refused user was made: %+v", all)
	}
	if _, err := store.SetPassword(ctx, ana.ID, "short"); code(err) != "weak_password" {
		t.Error(err)
	}
	for _, id := range []string{"0000", "\xff", ""} {
		_, linking := store.UserLink(ctx, id)
		_, setting := store.SetPassword(ctx, id, goodPassword)
		for _, err := range []error{linking, setting, store.DisableUser(ctx, id)} {
			if code(err) != "not_found" {
				t.Errorf("%q: %v", id, err)
			}
		}
	}
}

func TestFirstLinkMakesOneAdmin(t *testing.T) {
	store := openTest(t)
	ctx := t.Context()
	void, _ := store.FirstLink(ctx)
	token, err := store.FirstLink(ctx)
	if err != nil || token == "" {
		t.Fatal(token, err)
	}
	if _, err := store.UseLink(ctx, void, "ana", goodPassword); code(err) != "link_over" {
		t.Error("an earlier link is good: ", err)
	}
	if _, err := store.UseLink(ctx, token, "ana", "short"); code(err) != "weak_password" {
		t.Error(err)
	}
	if _, err := store.UseLink(ctx, token, "", goodPassword); code(err) != "invalid_text" {
		t.Error(err)
	}
	// All at once: it is used by one.
	var wait sync.WaitGroup
	var mu sync.Mutex
	used := 0
	for _, name := range []string{"ana", "ben", "eve"} {
		wait.Go(func() {
			u, err := store.UseLink(ctx, token, name, goodPassword)
			mu.Lock()
			defer mu.Unlock()
			if err == nil && u.Role == campaign.RoleAdmin && u.Name == name {
				used++
			} else if code(err) != "link_over" {
				t.Error(u, err)
			}
		})
	}
	wait.Wait()
	if all, _ := store.Users(ctx); used != 1 || len(all) != 1 {
		t.Errorf("it was used %d times, by %+v", used, all)
	}
	if token, err := store.FirstLink(ctx); token != "" || err != nil {
		t.Errorf("another first admin: %q, %v", token, err)
	}
}

func TestFirstLinkIsVoidOnceThereAreUsers(t *testing.T) {
	store := openTest(t)
	token, err := store.FirstLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	newUser(t, store, "ana", campaign.RoleViewer)
	if _, err := store.FindLink(t.Context(), token); code(err) != "link_over" {
		t.Error(err)
	}
}

func TestLinkIsGoodOnceAndForADay(t *testing.T) {
	store := openTest(t)
	ctx := t.Context()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	store.SetClock(func() time.Time { return now })
	u, err := store.CreateUser(ctx, "ana", campaign.RoleViewer)
	if err != nil {
		t.Fatal(err)
	}
	void, _ := store.UserLink(ctx, u.ID)
	token, _ := store.UserLink(ctx, u.ID)
	if of, err := store.FindLink(ctx, token); err != nil || of.ID != u.ID {
		t.Error(of, err)
	}
	now = now.Add(campaign.LinkLasts)
	for name, token := range map[string]string{"void": void, "late": token, "none": "", "not UTF-8": "\xff"} {
		if _, err := store.FindLink(ctx, token); code(err) != "link_over" {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := store.UseLink(ctx, token, "", goodPassword); code(err) != "link_over" {
			t.Errorf("%s: %v", name, err)
		}
	}
	token, _ = store.UserLink(ctx, u.ID)
	now = now.Add(campaign.LinkLasts - time.Millisecond)
	if _, err := store.UseLink(ctx, token, "", goodPassword); err != nil {
		t.Error(err)
	}
	if _, err := store.UseLink(ctx, token, "", otherPassword); code(err) != "link_over" {
		t.Error("it was used twice: ", err)
	}
}

func TestVisitsEnd(t *testing.T) {
	store := openTest(t)
	ctx := t.Context()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	store.SetClock(func() time.Time { return now })
	found := func(token string) string {
		t.Helper()
		data, ok, err := store.FindVisit(ctx, token)
		if err != nil || !ok && data != nil {
			t.Fatal(data, err)
		}
		return string(data)
	}
	keep := func(token, data string) {
		t.Helper()
		if err := store.KeepVisit(ctx, token, []byte(data), now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	keep("a", "1")
	keep("b", "1")
	keep("a", "2")
	if found("a") != "2" || found("b") != "1" || found("c") != "" {
		t.Error(found("a"), found("b"), found("c"))
	}
	if err := store.EndVisit(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	keep("a", "3") // by a request that was under way
	if found("a") != "" {
		t.Error("a session that ended came back")
	}
	now = now.Add(time.Hour)
	if found("b") != "" {
		t.Error("a session is good past its time")
	}
	keep("c", "1")
	rows := 0
	if err := store.glance(ctx, func(t *tx) error {
		_, err := t.one([]any{&rows}, "select count(*) from sessions")
		return err
	}); err != nil || rows != 1 {
		t.Errorf("%d sessions are kept, %v", rows, err)
	}
}

func TestPasswordsAreKeptAsHashes(t *testing.T) {
	h := newHasher()
	ctx := t.Context()
	one, err := h.hash(ctx, goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	if two, _ := h.hash(ctx, goodPassword); one == two || !strings.HasPrefix(one, "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(one, goodPassword) {
		t.Error(one, two)
	}
	if ok, err := h.matches(ctx, one, goodPassword); !ok || err != nil {
		t.Error(ok, err)
	}
	// Made with other settings, it is checked with those: the reference program's
	// "password", "somesalt", -id -t 2 -m 16 -p 1 has 32 bytes too.
	if ok, err := h.matches(ctx, "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "password"); !ok || err != nil {
		t.Error(ok, err)
	}
	for _, kept := range []string{"", nobodys} {
		if ok, err := h.matches(ctx, kept, ""); ok || err != nil {
			t.Errorf("%q: %v, %v", kept, ok, err)
		}
	}
	for _, kept := range []string{"plain", "$argon2i$v=19$m=8,t=1,p=1$AAAA$AAAA", "$argon2id$v=18$m=8,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=8,t=1,p=1$*$AAAA"} {
		if ok, err := h.matches(ctx, kept, ""); ok || err == nil {
			t.Errorf("%q: %v, %v", kept, ok, err)
		}
	}
}

// TestFewPasswordsAreHashedAtOnce: each takes its memory only when it is its turn.
func TestFewPasswordsAreHashedAtOnce(t *testing.T) {
	h := newHasher()
	for range hashingMost {
		h.slots <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.hash(ctx, goodPassword); !errors.Is(err, context.Canceled) {
		t.Error("it did not wait for its turn: ", err)
	}
	for range cap(h.places) {
		h.places <- struct{}{}
	}
	if _, err := h.hash(t.Context(), goodPassword); code(err) != "signing_in_busy" {
		t.Error("more may wait than may: ", err)
	}
}

// TestPasswordsInEitherForm: two keyboards write the same accents differently.
func TestPasswordsInEitherForm(t *testing.T) {
	h := newHasher()
	kept, err := h.hash(t.Context(), "caf\u00e9 cr\u00e8me \ufb01n")
	if err != nil {
		t.Fatal(err)
	}
	for given, want := range map[string]bool{"cafe\u0301 cre\u0300me fin": true, "cafe creme fin": false} {
		if ok, err := h.matches(t.Context(), kept, given); ok != want || err != nil {
			t.Errorf("%q: %v %v", given, ok, err)
		}
	}
}
