package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"

	"ringside/campaign"
)

// damagesMost bounds how many damages CheckPages tells of.
const damagesMost = 10

// CheckPages reads every page of a database file and holds every index against its
// table, which Verify does not: it reads each figure on one way only. A damaged file
// is a Conflict error that tells of the first damages. It takes about as long as
// reading the file does, and as many look-ups as there are entries of indexes.
func CheckPages(ctx context.Context, path string) error {
	conn, err := openRaw(path, "mode=rw&_busy_timeout=10000")
	if err != nil {
		return err
	}
	found, err := damagedPages(ctx, conn)
	if err = errors.Join(err, conn.Close()); err != nil {
		return translateSQLite(err)
	}
	if len(found) == 0 {
		return nil
	}
	return &campaign.Error{Kind: campaign.Conflict, Code: "storage_damaged", Field: "db", Message: "the file is damaged: " +
		strings.Join(found, "; ") + ". Put a backup in its place: ringside restore --from BACKUP --db FILE --force"}
}

func damagedPages(ctx context.Context, conn driver.QueryerContext) (found []string, err error) {
	rows, err := conn.QueryContext(ctx, fmt.Sprintf("pragma integrity_check(%d)", damagesMost), nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for row := []driver.Value{nil}; ; {
		switch err := rows.Next(row); {
		case errors.Is(err, io.EOF):
			return found, nil
		case err != nil:
			return nil, err
		}
		line, _ := row[0].(string)
		if line = strings.Join(strings.Fields(line), " "); line != "ok" {
			found = append(found, line)
		}
	}
}
