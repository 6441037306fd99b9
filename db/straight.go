package db

import (
	"database/sql/driver"
	"errors"
	"io"
	"strings"

	"github.com/mattn/go-sqlite3"
)

// steady is a statement that SQLite plans once, for all values. Where a column is
// compared with a plain parameter, it looks for small numbers among the values and
// plans the statement anew each time they are bound, which takes longer than most
// statements. A plus, which changes no value, hides them. An insert of many rows that
// changes none need not be undone alone, as the transaction is undone when it fails:
// told to leave what it did, SQLite does not note each page before it changes it.
func steady(text string) string {
	text = strings.ReplaceAll(text, "= $", "= +$")
	if rows, inserts := strings.CutPrefix(text, "insert into"); inserts && !strings.Contains(rows, " on conflict ") {
		return "insert or fail into" + rows
	}
	return text
}

// undone reports whether SQLite has undone the transaction by itself, as it does when
// the disk is full.
func (s *session) undone() (undone bool) {
	err := s.conn.Raw(func(conn any) error {
		lite, ok := conn.(*sqlite3.SQLiteConn)
		undone = ok && lite.AutoCommit()
		return nil
	})
	return undone && err == nil
}

// straight runs a statement that returns no rows at SQLite's driver, past
// database/sql, which would make a copy of all parameters and a cursor for each
// statement. It runs as a query, as for these the driver hands over all parameters
// at once.
func (t *tx) straight(text string, args []any) error {
	return t.conn.Raw(func(conn any) error {
		stmt := t.writes[text]
		if stmt == nil {
			prepared, err := conn.(*sqlite3.SQLiteConn).Prepare(steady(text))
			if err != nil {
				return err
			}
			stmt = prepared.(*sqlite3.SQLiteStmt)
			t.writes[text] = stmt
		}
		values, err := t.named(args)
		if err != nil {
			return err
		}
		rows, err := stmt.QueryContext(t.ctx, values)
		if err != nil {
			return err
		}
		for err == nil {
			err = rows.Next(nil)
		}
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return errors.Join(err, rows.Close())
	})
}

// named numbers parameters as the driver takes them, in memory that the next
// statement uses again.
func (s *session) named(args []any) ([]driver.NamedValue, error) {
	s.values = s.values[:0]
	for i, arg := range args {
		switch arg.(type) {
		case nil, int64, string, []byte:
		default:
			var err error
			if arg, err = driver.DefaultParameterConverter.ConvertValue(arg); err != nil {
				return nil, err
			}
		}
		s.values = append(s.values, driver.NamedValue{Ordinal: i + 1, Value: arg})
	}
	return s.values, nil
}
