package db

import (
	"context"
	"crypto/rand"
	"encoding/base64"

	"ringside/campaign"
)

// firstUser stands in user_links for the admin whom the link itself makes.
const firstUser = ""

var errLinkOver = &campaign.Error{Kind: campaign.NotFound, Code: "link_over", Field: "token", Message: "the link was used, is too old, or a newer one took its place; ask for another"}

// UserLink makes the token of a link by which a user chooses a password, once, within
// campaign.LinkLasts. The user's earlier links are void, and one who was disabled
// is let in again by using it.
func (s *Store) UserLink(ctx context.Context, id string) (token string, err error) {
	err = s.transact(ctx, func(t *tx) error {
		u, err := userThere(t, id)
		if err != nil {
			return err
		}
		token, err = s.newLink(t, u.ID)
		return err
	})
	return token, err
}

// FirstLink makes the token of a link by which the first admin chooses name and
// password. An earlier one is void. Once there are users it is empty.
func (s *Store) FirstLink(ctx context.Context) (token string, err error) {
	err = s.transact(ctx, func(t *tx) error {
		token = ""
		some, err := t.anyUsers()
		if err != nil || some {
			return err
		}
		token, err = s.newLink(t, firstUser)
		return err
	})
	return token, err
}

func (t *tx) anyUsers() (some bool, err error) {
	_, err = t.one([]any{&some}, "select exists (select 1 from users)")
	return some, err
}

func (s *Store) newLink(t *tx, userID string) (token string, err error) {
	var random [32]byte
	if _, err := rand.Read(random[:]); err != nil {
		return "", err
	}
	token = base64.RawURLEncoding.EncodeToString(random[:])
	if err := t.exec("delete from user_links where user_id = $1 or expires_ms <= $2", userID, s.now().UnixMilli()); err != nil {
		return "", err
	}
	return token, t.exec("insert into user_links (token_sha256, user_id, expires_ms) values ($1, $2, $3)",
		hashSecret(token), userID, s.now().Add(campaign.LinkLasts).UnixMilli())
}

// FindLink returns whose link a token is of; a user without an id for the first admin.
// A link that is over is a NotFound error.
func (s *Store) FindLink(ctx context.Context, token string) (u campaign.User, err error) {
	err = s.glance(ctx, func(t *tx) error {
		var id string
		var expires int64
		found, err := t.one([]any{&id, &expires}, "select user_id, expires_ms from user_links where token_sha256 = $1", hashSecret(token))
		if err != nil {
			return err
		}
		u, err = s.linked(t, id, found && expires > s.now().UnixMilli())
		return err
	})
	return u, err
}

// linked reads the user of a link that was found.
func (s *Store) linked(t *tx, id string, good bool) (u campaign.User, err error) {
	if !good {
		return u, errLinkOver
	}
	if id != firstUser {
		return userThere(t, id)
	}
	some, err := t.anyUsers()
	if err == nil && some {
		err = errLinkOver
	}
	return u, err
}

// UseLink gives the link's user the password and uses the link up. The link of the
// first admin makes one of the name given, which otherwise says nothing.
func (s *Store) UseLink(ctx context.Context, token, name, password string) (u campaign.User, err error) {
	if u, err = s.FindLink(ctx, token); err != nil {
		return u, err
	}
	first := u.ID == firstUser
	if first {
		if u, err = s.newUser(name, campaign.RoleAdmin); err != nil {
			return u, err
		}
	}
	hash, err := s.hashFor(ctx, u.Name, password)
	if err != nil {
		return u, err
	}
	err = s.transact(ctx, func(t *tx) error {
		var id string
		var expires int64
		found, err := t.one([]any{&id, &expires}, "delete from user_links where token_sha256 = $1 returning user_id, expires_ms", hashSecret(token))
		if err != nil {
			return err
		}
		linked, err := s.linked(t, id, found && expires > s.now().UnixMilli())
		if err != nil {
			return err
		}
		if first {
			return s.insertUser(t, &u, hash, nil)
		}
		if err := t.changePassword(linked.ID, hash); err != nil {
			return err
		}
		if err := t.exec("update users set disabled_ms = null where user_id = $1", linked.ID); err != nil {
			return err
		}
		u, err = userThere(t, linked.ID)
		return err
	})
	return u, err
}
