package db

import (
	"context"
	"time"
)

// Sessions of people (a session of this package is a connection). Package api says
// what is in one and when it ends; here it is found by the hash of its token.

// FindVisit returns what is kept of the session of that hash, unless it ended.
func (s *Store) FindVisit(ctx context.Context, tokenHash string) (data []byte, found bool, err error) {
	err = s.glance(ctx, func(t *tx) error {
		var expires int64
		found, err = t.one([]any{&data, &expires}, "select data, expires_ms from sessions where token_sha256 = $1", tokenHash)
		if found = found && data != nil && expires > s.now().UnixMilli(); !found {
			data = nil
		}
		return err
	})
	return data, found, err
}

// KeepVisit keeps a session, unless it was ended: then it stays so, whatever a request
// says that was under way. Those that expired are forgotten.
func (s *Store) KeepVisit(ctx context.Context, tokenHash string, data []byte, expires time.Time) error {
	return s.transact(ctx, func(t *tx) error {
		if err := t.exec("delete from sessions where expires_ms <= $1", s.now().UnixMilli()); err != nil {
			return err
		}
		return t.exec(`insert into sessions (token_sha256, data, expires_ms) values ($1, $2, $3)
			on conflict (token_sha256) do update set data = excluded.data, expires_ms = excluded.expires_ms where sessions.data is not null`,
			tokenHash, data, expires.UnixMilli())
	})
}

// EndVisit ends a session.
func (s *Store) EndVisit(ctx context.Context, tokenHash string) error {
	return s.transact(ctx, func(t *tx) error {
		return t.exec("update sessions set data = null where token_sha256 = $1", tokenHash)
	})
}
