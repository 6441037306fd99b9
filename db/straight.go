package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"reflect"
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

// straight runs a statement at SQLite's driver, past database/sql, which would make a
// copy of all parameters, a cursor for each statement and a lock for each row. It runs
// as a query, as for these the driver hands over all parameters at once. each is
// called for every row, and may be nil where there are none.
func (t *tx) straight(each func(row scanned) error, text string, args []any) error {
	return t.conn.Raw(func(conn any) error {
		stmt := t.straights[text]
		if stmt == nil {
			prepared, err := conn.(*sqlite3.SQLiteConn).Prepare(steady(text))
			if err != nil {
				return err
			}
			stmt = prepared.(*sqlite3.SQLiteStmt)
			t.straights[text] = stmt
		}
		values, err := t.named(args)
		if err != nil {
			return err
		}
		rows, err := stmt.QueryContext(t.ctx, values)
		if err != nil {
			return err
		}
		defer rows.Close()
		row := make(straightRow, len(rows.Columns()))
		for {
			switch err := rows.Next(row); {
			case errors.Is(err, io.EOF):
				return nil
			case err != nil:
				return err
			}
			if err := each(row); err != nil {
				return err
			}
		}
	})
}

// control runs a statement that begins or ends a transaction.
func (s *session) control(ctx context.Context, text string) error {
	if s.prepares {
		return (&tx{session: s, ctx: ctx}).straight(nil, text, nil)
	}
	_, err := s.conn.ExecContext(ctx, text)
	return err
}

// scanned is a row of a look-up.
type scanned interface{ Scan(dest ...any) error }

// straightRow is a row as SQLite's driver gives it. What it holds may be kept.
type straightRow []driver.Value

// Scan is that of database/sql for the types that look-ups read.
func (r straightRow) Scan(dest ...any) error {
	for i, to := range dest {
		ok := true
		switch to := to.(type) {
		case *int64:
			*to, ok = r[i].(int64)
		case *string:
			*to, ok = r[i].(string)
		case *[]byte:
			*to = bytesOf(r[i])
		case *sql.RawBytes:
			*to = bytesOf(r[i])
		case *nullInt:
			to.Int64, to.Valid = r[i].(int64)
			ok = to.Valid || r[i] == nil
		case *nullString:
			to.String, to.Valid = r[i].(string)
			ok = to.Valid || r[i] == nil
		case *bool:
			var n int64
			n, ok = r[i].(int64)
			*to = n != 0
		case sql.Scanner:
			if err := to.Scan(r[i]); err != nil {
				return err
			}
		default:
			ok = setNumber(reflect.ValueOf(to).Elem(), r[i])
		}
		if !ok {
			return fmt.Errorf("column %d of a look-up holds %T, which is not read into %T", i, r[i], to)
		}
	}
	return nil
}

// setNumber sets a number of a type of its own.
func setNumber(to reflect.Value, v driver.Value) bool {
	n, ok := v.(int64)
	switch {
	case ok && to.CanInt():
		to.SetInt(n)
	case ok && to.CanUint():
		to.SetUint(uint64(n))
	default:
		return false
	}
	return true
}

// bytesOf is a column of bytes; in a damaged one anything may stand.
func bytesOf(v driver.Value) []byte {
	switch v := v.(type) {
	case nil:
		return nil
	case []byte:
		return v
	case string:
		return []byte(v)
	}
	return fmt.Append(nil, v)
}

// named numbers parameters as the driver takes them, in memory that the next
// statement uses again.
func (s *session) named(args []any) ([]driver.NamedValue, error) {
	for len(s.values) < len(args) {
		s.values = append(s.values, driver.NamedValue{Ordinal: len(s.values) + 1})
	}
	for i, arg := range args {
		switch arg.(type) {
		case nil, int64, string, []byte:
		default:
			var err error
			if arg, err = driver.DefaultParameterConverter.ConvertValue(arg); err != nil {
				return nil, err
			}
		}
		s.values[i].Value = arg
	}
	return s.values[:len(args)], nil
}
