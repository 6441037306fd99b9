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

// CreateKey makes a key and returns it once in full: it cannot be read again.
func (s *Store) CreateKey(ctx context.Context, role, label string) (full string, key AccessKey, err error) {
	label, err = campaign.CleanText(label)
	if err != nil {
		return "", key, err
	}
	var random [40]byte
	if _, err := rand.Read(random[:]); err != nil {
		return "", key, err
	}
	key = AccessKey{ID: hex.EncodeToString(random[:8]), Role: role, Label: label, CreatedMs: s.now().UnixMilli(), RevokedMs: campaign.None}
	secret := base64.RawURLEncoding.EncodeToString(random[8:])
	err = s.transact(ctx, func(t *tx) error {
		return t.exec("insert into access_keys (key_id, secret_sha256, role, label, created_ms) values ($1, $2, $3, $4, $5)",
			key.ID, hashSecret(secret), key.Role, key.Label, key.CreatedMs)
	})
	return keyPrefix + key.ID + "_" + secret, key, err
}

func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// FindKey returns the key that was presented; ok is false when it is none of
// ours or revoked. The time it takes does not tell how much of a secret was right.
func (s *Store) FindKey(ctx context.Context, presented string) (key AccessKey, ok bool, err error) {
	id, secret, _ := strings.Cut(strings.TrimPrefix(presented, keyPrefix), "_")
	if campaign.CheckRef(id) != nil {
		return key, false, nil // not every engine looks up what is not even text
	}
	err = s.glance(ctx, func(t *tx) error {
		var stored string
		var revoked nullInt
		found, err := t.one([]any{&key.ID, &stored, &key.Role, &key.Label, &key.CreatedMs, &revoked},
			"select key_id, secret_sha256, role, label, created_ms, revoked_ms from access_keys where key_id = $1", id)
		key.RevokedMs = known(revoked)
		same := subtle.ConstantTimeCompare([]byte(stored), []byte(hashSecret(secret))) == 1
		ok = found && same && !revoked.Valid
		return err
	})
	return key, ok, err
}

// Keys lists all keys in order of creation.
func (s *Store) Keys(ctx context.Context) (keys []AccessKey, err error) {
	err = s.glance(ctx, func(t *tx) error {
		keys = nil
		return t.query(func(row *sqlx.Rows) error {
			var k AccessKey
			var revoked nullInt
			err := row.Scan(&k.ID, &k.Role, &k.Label, &k.CreatedMs, &revoked)
			k.RevokedMs = known(revoked)
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
		if _, err := t.one([]any{&found}, "select exists (select 1 from access_keys where key_id = $1)", id); err != nil {
			return err
		}
		if !found {
			return campaign.NotFoundf("key", "there is no key %q; list them with: ringside key list", id)
		}
		return t.exec("update access_keys set revoked_ms = $1 where key_id = $2 and revoked_ms is null", s.now().UnixMilli(), id)
	})
}
