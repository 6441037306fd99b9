package db

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"ringside/campaign"
)

// AccessKey is campaign.AccessKey.
type AccessKey = campaign.AccessKey

// keyPrefix begins every key, so that one found in the open is recognised.
const keyPrefix = "rs_"

// CreateKey makes a key, bound to the campaigns named by ref or id if any are, and
// returns it once in full: it cannot be read again.
func (s *Store) CreateKey(ctx context.Context, role, label string, campaigns ...string) (full string, key AccessKey, err error) {
	if err := campaign.CheckRole(role); err != nil {
		return "", key, err
	}
	if label, err = campaign.CleanText(label); err != nil {
		return "", key, inLabel(err)
	}
	var random [40]byte
	if _, err := rand.Read(random[:]); err != nil {
		return "", key, err
	}
	key = AccessKey{ID: hex.EncodeToString(random[:8]), Role: role, Label: label, CreatedMs: s.now().UnixMilli(), RevokedMs: campaign.None}
	secret := base64.RawURLEncoding.EncodeToString(random[8:])
	err = s.transact(ctx, func(t *tx) error {
		if err := t.exec("insert into access_keys (key_id, secret_sha256, role, label, created_ms) values ($1, $2, $3, $4, $5)",
			key.ID, hashSecret(secret), key.Role, key.Label, key.CreatedMs); err != nil {
			return err
		}
		key.Campaigns, err = s.boundTo(t, campaigns, "insert into access_key_campaigns (key_id, campaign_id) values ($1, $2)", key.ID)
		return err
	})
	return keyPrefix + key.ID + "_" + secret, key, err
}

// inLabel names the field that a text was refused for.
func inLabel(err error) error {
	if wrong, ok := err.(*campaign.Error); ok {
		wrong.Field = "label"
	}
	return err
}

// boundTo binds a new key or user to campaigns, by a statement that takes its id and a
// campaign's, and returns their refs in order.
func (s *Store) boundTo(t *tx, campaigns []string, insert, id string) (refs []string, err error) {
	for _, name := range campaigns {
		k, err := s.find(t, name)
		if missing, ok := err.(*campaign.Error); ok && missing.Kind == campaign.NotFound {
			return nil, campaign.Invalidf("unknown_"+missing.Field, missing.Field+"s", "%s", missing.Message)
		}
		if err != nil {
			return nil, err
		}
		if slices.Contains(refs, k.Ref) {
			continue
		}
		refs = append(refs, k.Ref)
		if err := t.exec(insert, id, k.Number); err != nil {
			return nil, err
		}
	}
	slices.Sort(refs)
	return refs, nil
}

func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// foundKey is a presented key, or the zero value where it is none of ours or revoked.
type foundKey struct {
	AccessKey
	ok bool
}

// FindKey returns the key that was presented; ok is false when it is none of
// ours or revoked. The time it takes does not tell how much of a secret was right.
func (s *Store) FindKey(ctx context.Context, presented string) (key AccessKey, ok bool, err error) {
	found, err := s.keys.find(ctx, s, presented)
	return found.AccessKey, found.ok, err
}

// readKey reads what FindKey returns.
func readKey(t *tx, presented string) (key foundKey, err error) {
	rest, ours := strings.CutPrefix(presented, keyPrefix)
	id, secret, _ := strings.Cut(rest, "_")
	if !ours || campaign.CheckRef(id) != nil {
		return key, nil // not every engine looks up what is not even text
	}
	var stored string
	var revoked nullInt
	found, err := t.one([]any{&key.ID, &stored, &key.Role, &key.Label, &key.CreatedMs, &revoked},
		"select key_id, secret_sha256, role, label, created_ms, revoked_ms from access_keys where key_id = $1", id)
	key.RevokedMs = known(revoked)
	same := subtle.ConstantTimeCompare([]byte(stored), []byte(hashSecret(secret))) == 1
	if err != nil || !found || !same || revoked.Valid {
		return foundKey{}, err
	}
	key.ok = true
	bound, err := t.bound("select b.key_id, c.ref from access_key_campaigns b join campaigns c on c.campaign_id = b.campaign_id where b.key_id = $1", id)
	key.Campaigns = bound[id]
	return key, err
}

// bound reads the refs of the campaigns that keys or users are bound to, in order and by
// whose they are.
func (t *tx) bound(text string, args ...any) (map[string][]string, error) {
	refs := map[string][]string{}
	err := t.query(func(row *sqlx.Rows) error {
		var id, ref string
		err := row.Scan(&id, &ref)
		refs[id] = append(refs[id], ref)
		return err
	}, text, args...)
	for _, of := range refs {
		slices.Sort(of)
	}
	return refs, err
}

// Keys lists all keys in order of creation.
func (s *Store) Keys(ctx context.Context) (keys []AccessKey, err error) {
	err = s.glance(ctx, func(t *tx) error {
		keys = nil
		bound, err := t.bound("select b.key_id, c.ref from access_key_campaigns b join campaigns c on c.campaign_id = b.campaign_id")
		if err != nil {
			return err
		}
		return t.query(func(row *sqlx.Rows) error {
			var k AccessKey
			var revoked nullInt
			err := row.Scan(&k.ID, &k.Role, &k.Label, &k.CreatedMs, &revoked)
			k.RevokedMs, k.Campaigns = known(revoked), bound[k.ID]
			keys = append(keys, k)
			return err
		}, "select key_id, role, label, created_ms, revoked_ms from access_keys")
	})
	slices.SortFunc(keys, func(a, b AccessKey) int {
		return cmp.Or(cmp.Compare(a.CreatedMs, b.CreatedMs), strings.Compare(a.ID, b.ID))
	})
	return keys, err
}

// RevokeKey makes a key useless from now on.
func (s *Store) RevokeKey(ctx context.Context, id string) error {
	return s.transact(ctx, func(t *tx) error {
		var found bool
		if campaign.CheckRef(id) == nil { // not every engine looks up what is not even text
			if _, err := t.one([]any{&found}, "select exists (select 1 from access_keys where key_id = $1)", id); err != nil {
				return err
			}
		}
		if !found {
			return campaign.NotFoundf("key", "there is no key %q; list them with GET /v1/keys, or: ringside key list", id)
		}
		return t.exec("update access_keys set revoked_ms = $1 where key_id = $2 and revoked_ms is null", s.now().UnixMilli(), id)
	})
}
