package db

import (
	"context"
	"strconv"
	"strings"
	"sync"

	"github.com/jmoiron/sqlx"
)

// tx is a running transaction of a session.
type tx struct {
	*session
	ctx context.Context
	// writes run behind, in order, so that what comes next is worked out meanwhile.
	writes chan statement
	behind sync.WaitGroup
	mu     sync.Mutex
	err    error // of the first of them that failed
}

// statement is one that returns no rows.
type statement struct {
	text string
	args []any
}

// writesMost is how many statements may wait to be run.
const writesMost = 256

// later runs a statement behind. It returns what one before it said, as far as that
// is known; all of it is known before the commit. Nobody may change the arguments.
func (t *tx) later(text string, args ...any) error {
	if t.writes == nil {
		t.writes = make(chan statement, writesMost)
		go t.write(t.writes)
	}
	t.behind.Add(1)
	t.writes <- statement{text, args}
	return t.heard()
}

// write runs statements until one fails; the others are dropped, as the transaction
// is undone.
func (t *tx) write(writes <-chan statement) {
	for s := range writes {
		if t.heard() == nil {
			err := t.run(s.text, s.args)
			t.mu.Lock()
			t.err = err
			t.mu.Unlock()
		}
		t.behind.Done()
	}
}

func (t *tx) heard() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

// settle waits for what runs behind, so that the connection is free.
func (t *tx) settle() error {
	t.behind.Wait()
	return t.heard()
}

// end settles for good.
func (t *tx) end() error {
	if t.writes != nil {
		close(t.writes)
		t.writes = nil
	}
	return t.settle()
}

func (t *tx) prepare(text string) (*sqlx.Stmt, error) {
	if stmt := t.statements[text]; stmt != nil {
		return stmt, nil
	}
	if len(t.statements) >= statementsMost {
		for text, stmt := range t.statements {
			stmt.Close()
			delete(t.statements, text)
		}
	}
	stmt, err := t.conn.PreparexContext(context.WithoutCancel(t.ctx), text)
	if err == nil {
		t.statements[text] = stmt
	}
	return stmt, err
}

// exec runs a statement that returns no rows.
func (t *tx) exec(text string, args ...any) error {
	if err := t.settle(); err != nil {
		return err
	}
	return t.run(text, args)
}

// run runs a statement that returns no rows. SQLite's driver hands a query all its
// parameters at once, but an exec one by one: there it runs as a query.
func (t *tx) run(text string, args []any) error {
	if !t.prepares {
		_, err := t.conn.ExecContext(t.ctx, text, args...)
		return err
	}
	rows, err := t.start(text, args)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
	}
	return rows.Err()
}

// rows starts a query.
func (t *tx) rows(text string, args []any) (*sqlx.Rows, error) {
	if err := t.settle(); err != nil {
		return nil, err
	}
	return t.start(text, args)
}

func (t *tx) start(text string, args []any) (*sqlx.Rows, error) {
	if !t.prepares {
		return t.conn.QueryxContext(t.ctx, text, args...)
	}
	stmt, err := t.prepare(text)
	if err != nil {
		return nil, err
	}
	return stmt.QueryxContext(t.ctx, args...)
}

// query calls each for every row.
func (t *tx) query(each func(row *sqlx.Rows) error, text string, args ...any) error {
	rows, err := t.rows(text, args)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// one scans the only row into dest; found is false when there is none.
func (t *tx) one(dest []any, text string, args ...any) (found bool, err error) {
	err = t.query(func(row *sqlx.Rows) error {
		found = true
		return row.Scan(dest...)
	}, text, args...)
	return found && err == nil, err
}

// tuple writes "($first,…)" with n parameters.
func tuple(first, n int) string {
	var b strings.Builder
	b.WriteByte('(')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(first + i))
	}
	b.WriteByte(')')
	return b.String()
}

// tuples writes "($1,…),(…)" with n rows of so many parameters.
func tuples(n, columns int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(tuple(1+i*columns, columns))
	}
	return b.String()
}

// insert names an insert of so many rows.
type insert struct {
	before string
	rows   int
}

// inserter gathers rows of one upsert and writes them many a statement.
type inserter struct {
	t             *tx
	before, after string
	columns       int
	args          []any
}

// into starts an insert: text up to and with "values ", columns a row, and what
// follows the rows.
func (t *tx) into(before string, columns int, after string) *inserter {
	return &inserter{t: t, before: before, columns: columns, after: after}
}

func (in *inserter) row(values ...any) error {
	if in.args == nil {
		in.args = make([]any, 0, in.columns*in.t.rowsMost)
	}
	in.args = append(in.args, values...)
	if len(in.args) < cap(in.args) {
		return nil
	}
	return in.write(in.t.rowsMost)
}

// flush writes the rows that are left, in halving numbers so that few statements
// are prepared.
func (in *inserter) flush() error {
	for rows := in.t.rowsMost; len(in.args) > 0; rows /= 2 {
		if len(in.args) >= in.columns*rows {
			if err := in.write(rows); err != nil {
				return err
			}
		}
	}
	return nil
}

func (in *inserter) write(rows int) error {
	text, known := in.t.inserts[insert{in.before, rows}]
	if !known {
		text = in.before + tuples(rows, in.columns) + in.after
		in.t.inserts[insert{in.before, rows}] = text
	}
	n := rows * in.columns
	written := in.args[:n:n]
	in.args = append(make([]any, 0, in.columns*in.t.rowsMost), in.args[n:]...)
	return in.t.later(text, written...)
}
