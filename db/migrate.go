package db

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"ringside/campaign"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date, each file in a transaction of its own.
func (s *Store) migrate(ctx context.Context) error {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	return s.transact(ctx, func(t *tx) error {
		if _, err := t.conn.ExecContext(ctx, "create table if not exists schema_versions (version bigint not null, applied_ms bigint not null, constraint schema_versions_pk primary key (version))"); err != nil {
			return err
		}
		var have int
		if _, err := t.one([]any{&have}, "select coalesce(max(version), 0) from schema_versions"); err != nil {
			return err
		}
		if have > len(names) {
			return &campaign.Error{Kind: campaign.Conflict, Code: "newer_database", Field: "db", Message: fmt.Sprintf(
				"this database has schema %d, this program knows schema %d; use the newer ringside that wrote it", have, len(names))}
		}
		for i := have; i < len(names); i++ {
			if err := s.apply(t, names[i], i+1); err != nil {
				return fmt.Errorf("%s: %w", names[i], err)
			}
		}
		return nil
	})
}

func (s *Store) apply(t *tx, name string, version int) error {
	text, err := migrations.ReadFile(name)
	if err != nil {
		return err
	}
	ddl := strings.ReplaceAll(string(text), "/*clustered*/", "without rowid")
	if _, err := t.conn.ExecContext(t.ctx, ddl); err != nil {
		return err
	}
	return t.exec("insert into schema_versions (version, applied_ms) values ($1, $2)", version, s.now().UnixMilli())
}
