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

// migrate brings the schema up to date, all of it in one transaction. Where
// several processes start at once one of them migrates and the others wait.
func (s *Store) migrate(ctx context.Context) error {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	return s.transact(ctx, func(t *tx) error {
		if err := t.lockSchema(); err != nil {
			return err
		}
		var have int
		if _, err := t.one([]any{&have}, "select coalesce(max(version), 0) from schema_versions"); err != nil {
			return err
		}
		if have == 0 && s.existing {
			return campaign.NotFoundf("db", "this is no database of ringside's; name one with --db, or make it one with: ringside serve")
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

// lockSchema keeps other processes from migrating until the transaction ends.
func (t *tx) lockSchema() error {
	_, err := t.conn.ExecContext(t.ctx, "create table if not exists schema_versions (version bigint not null, applied_ms bigint not null, constraint schema_versions_pk primary key (version))")
	if err == nil && t.engine.lockSchema != "" {
		_, err = t.conn.ExecContext(t.ctx, t.engine.lockSchema)
	}
	if err != nil && t.raced(err) {
		return &againError{err} // another process made the table at this moment
	}
	return err
}

func (s *Store) apply(t *tx, name string, version int) error {
	text, err := migrations.ReadFile(name)
	if err != nil {
		return err
	}
	ddl := strings.ReplaceAll(string(text), "/*clustered*/", s.clustered)
	if _, err := t.conn.ExecContext(t.ctx, ddl); err != nil {
		return err
	}
	if more := afterwards[version]; more != nil {
		if err := more(t); err != nil {
			return err
		}
	}
	return t.exec("insert into schema_versions (version, applied_ms) values ($1, $2)", version, s.now().UnixMilli())
}
