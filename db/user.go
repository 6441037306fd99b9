package db

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"ringside/campaign"
)

// CreateUser makes a user without a password, bound to the campaigns named by ref or
// id if any are. They choose a password by a link of UserLink.
func (s *Store) CreateUser(ctx context.Context, name, role string, campaigns ...string) (u campaign.User, err error) {
	if err := campaign.CheckRole(role); err != nil {
		return u, err
	}
	if u, err = s.newUser(name, role); err != nil {
		return u, err
	}
	err = s.transact(ctx, func(t *tx) error { return s.insertUser(t, &u, "", campaigns) })
	return u, err
}

// newUser gives a user to be what the store has to give.
func (s *Store) newUser(name, role string) (u campaign.User, err error) {
	if name, err = campaign.CleanUserName(name); err != nil {
		return u, err
	}
	var random [8]byte
	_, err = rand.Read(random[:])
	return campaign.User{ID: hex.EncodeToString(random[:]), Name: name, Role: role, CreatedMs: s.now().UnixMilli(), DisabledMs: campaign.None}, err
}

func (s *Store) insertUser(t *tx, u *campaign.User, hash string, campaigns []string) error {
	var taken bool
	if _, err := t.one([]any{&taken}, "select exists (select 1 from users where name = $1)", u.Name); err != nil {
		return err
	}
	if taken {
		return &campaign.Error{Kind: campaign.Conflict, Code: "name_taken", Field: "name", Message: "there is a user of that name; choose another, or make that user a new link"}
	}
	err := t.exec("insert into users (user_id, name, role, password_hash, epoch, created_ms) values ($1, $2, $3, $4, $5, $6)",
		u.ID, u.Name, u.Role, nullText(hash), u.Epoch, u.CreatedMs)
	if err != nil && t.raced(err) {
		return &againError{err} // another process took the name
	}
	if err != nil {
		return err
	}
	if u.Campaigns, err = s.boundTo(t, campaigns, bindUser, u.ID); err != nil {
		return err
	}
	u.HasPassword = hash != ""
	return nil
}

const bindUser = "insert into user_campaigns (user_id, campaign_id) values ($1, $2)"

const userColumns = "user_id, name, role, coalesce(password_hash, ''), epoch, created_ms, disabled_ms"

// scanUser reads userColumns; the hash is apart, so that it goes nowhere else.
func scanUser(row *sqlx.Rows) (u campaign.User, hash string, err error) {
	var disabled nullInt
	err = row.Scan(&u.ID, &u.Name, &u.Role, &hash, &u.Epoch, &u.CreatedMs, &disabled)
	u.DisabledMs, u.HasPassword = known(disabled), hash != ""
	return u, hash, err
}

// readUser reads the user whom a condition with one parameter finds.
func readUser(t *tx, where string, value string) (u campaign.User, hash string, found bool, err error) {
	err = t.query(func(row *sqlx.Rows) error {
		found = true
		u, hash, err = scanUser(row)
		return err
	}, "select "+userColumns+" from users where "+where, value)
	if err != nil || !found {
		return u, "", false, err
	}
	bound, err := t.bound("select b.user_id, c.ref from user_campaigns b join campaigns c on c.campaign_id = b.campaign_id where b.user_id = $1", u.ID)
	u.Campaigns = bound[u.ID]
	return u, hash, true, err
}

const byID, byName = "user_id = $1", "name = $1"

// userThere is readUser for one who is asked for by id.
func userThere(t *tx, id string) (u campaign.User, err error) {
	found := false
	if campaign.CheckRef(id) == nil { // not every engine looks up what is not even text
		u, _, found, err = readUser(t, byID, id)
	}
	if err == nil && !found {
		err = campaign.NotFoundf("user", "there is no user %q; list them with GET /v1/users, or: ringside user list", id)
	}
	return u, err
}

// User returns the user of that id.
func (s *Store) User(ctx context.Context, id string) (u campaign.User, err error) {
	err = s.glance(ctx, func(t *tx) error {
		u, err = userThere(t, id)
		return err
	})
	return u, err
}

// Users lists all users in order of creation.
func (s *Store) Users(ctx context.Context) (users []campaign.User, err error) {
	err = s.glance(ctx, func(t *tx) error {
		users = nil
		bound, err := t.bound("select b.user_id, c.ref from user_campaigns b join campaigns c on c.campaign_id = b.campaign_id")
		if err != nil {
			return err
		}
		return t.query(func(row *sqlx.Rows) error {
			u, _, err := scanUser(row)
			u.Campaigns = bound[u.ID]
			users = append(users, u)
			return err
		}, "select "+userColumns+" from users")
	})
	slices.SortFunc(users, func(a, b campaign.User) int {
		return cmp.Or(cmp.Compare(a.CreatedMs, b.CreatedMs), strings.Compare(a.ID, b.ID))
	})
	return users, err
}

// ChangeUser gives a user another role and binds them to the campaigns named by ref or
// id, to none for all, in place of those before. It holds from their next request on.
func (s *Store) ChangeUser(ctx context.Context, id, role string, campaigns ...string) (u campaign.User, err error) {
	if err := campaign.CheckRole(role); err != nil {
		return u, err
	}
	err = s.transact(ctx, func(t *tx) error {
		if u, err = userThere(t, id); err != nil {
			return err
		}
		if err := t.exec("update users set role = $1 where user_id = $2", role, u.ID); err != nil {
			return err
		}
		if err := t.exec("delete from user_campaigns where user_id = $1", u.ID); err != nil {
			return err
		}
		u.Role = role
		u.Campaigns, err = s.boundTo(t, campaigns, bindUser, u.ID)
		return err
	})
	return u, err
}

// DisableUser keeps a user out from now on: their sessions end, their link is void.
// A new link lets them in again.
func (s *Store) DisableUser(ctx context.Context, id string) error {
	return s.transact(ctx, func(t *tx) error {
		u, err := userThere(t, id)
		if err != nil {
			return err
		}
		if err := t.exec("update users set disabled_ms = coalesce(disabled_ms, $1), epoch = epoch + 1 where user_id = $2", s.now().UnixMilli(), u.ID); err != nil {
			return err
		}
		return t.exec("delete from user_links where user_id = $1", u.ID)
	})
}

// SignIn returns the user of that name, if the password is theirs and they may sign
// in. The time it takes does not tell whether there is such a user.
func (s *Store) SignIn(ctx context.Context, name, password string) (u campaign.User, ok bool, err error) {
	var hash string
	if clean, wrong := campaign.CleanUserName(name); wrong == nil {
		err = s.glance(ctx, func(t *tx) (err error) {
			u, hash, _, err = readUser(t, byName, clean)
			return err
		})
	}
	if err == nil {
		ok, err = s.passwords.matches(ctx, hash, password)
	}
	if ok = ok && u.DisabledMs == campaign.None; !ok {
		u = campaign.User{}
	}
	return u, ok, err
}

// hashFor is the hash of a password that is good enough for whoever has the name.
func (s *Store) hashFor(ctx context.Context, name, password string) (string, error) {
	if err := campaign.CheckPassword(name, password); err != nil {
		return "", err
	}
	return s.passwords.hash(ctx, password)
}

// SetPassword gives a user another password, and ends all their sessions.
func (s *Store) SetPassword(ctx context.Context, id, password string) (u campaign.User, err error) {
	if u, err = s.User(ctx, id); err != nil {
		return u, err
	}
	hash, err := s.hashFor(ctx, u.Name, password)
	if err != nil {
		return u, err
	}
	err = s.transact(ctx, func(t *tx) error {
		if err := t.changePassword(u.ID, hash); err != nil {
			return err
		}
		u, err = userThere(t, u.ID)
		return err
	})
	return u, err
}

func (t *tx) changePassword(id, hash string) error {
	if err := t.exec("update users set password_hash = $1, epoch = epoch + 1 where user_id = $2", hash, id); err != nil {
		return err
	}
	return t.exec("delete from user_links where user_id = $1", id)
}
