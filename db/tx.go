package db

import (
	"context"
	"sync"

	"github.com/jmoiron/sqlx"
)

// tx is a running transaction of a session, as one goroutine uses it.
type tx struct {
	*session
	ctx context.Context
	// What is pending runs behind, in order, so that what comes next is worked out meanwhile.
	pending chan statement
	behind  sync.WaitGroup
	mu      sync.Mutex
	err     error // of the first of them that failed
	// past is what campaigns were at instants that were asked for: reports that belong
	// together replay each once.
	past map[instantOf]replayedAt
}

// beside returns the same transaction for another goroutine, which may run
// statements that do not depend on this one's, and ends it.
func (t *tx) beside() *tx { return &tx{session: t.session, ctx: t.ctx} }

// statement is one that returns no rows.
type statement struct {
	text string
	args []any
}

// writesMost is how many statements may wait to be run.
const writesMost = 256

// later runs a statement behind. It returns what one before it said, as far as that
// is known; all of it is known before the commit. The memory of the arguments is used again.
func (t *tx) later(text string, args ...any) error {
	if t.pending == nil {
		t.pending = make(chan statement, writesMost)
		go t.write(t.pending)
	}
	t.behind.Add(1)
	t.pending <- statement{text, args}
	return t.heard()
}

// write runs statements until one fails; the others are dropped, as the transaction
// is undone.
func (t *tx) write(writes <-chan statement) {
	for s := range writes {
		if t.heard() == nil {
			err := t.run(s.text, s.args)
			giveArgs(s.args)
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
	if t.pending != nil {
		close(t.pending)
		t.pending = nil
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
	stmt, err := t.conn.PreparexContext(context.WithoutCancel(t.ctx), steady(text))
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

// run runs a statement that returns no rows, unless one of the transaction failed,
// perhaps another goroutine's.
func (t *tx) run(text string, args []any) (err error) {
	t.busy.Lock()
	defer t.busy.Unlock()
	if t.failed != nil {
		return t.failed
	}
	if t.prepares {
		err = t.straight(nil, text, args)
	} else {
		_, err = t.conn.ExecContext(t.ctx, text, args...)
	}
	t.failed = err
	return err
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

// fail notes that a statement failed, if it did; busy is held.
func (t *tx) fail(err error) {
	if t.failed == nil {
		t.failed = err
	}
}

// query calls each for every row.
func (t *tx) query(each func(row *sqlx.Rows) error, text string, args ...any) error {
	if err := t.settle(); err != nil {
		return err
	}
	t.busy.Lock()
	defer t.busy.Unlock()
	rows, err := t.start(text, args)
	if err != nil {
		t.fail(err)
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	t.fail(rows.Err())
	return rows.Err()
}

// seek is query for look-ups, of which there are many.
func (t *tx) seek(each func(row scanned) error, text string, args ...any) error {
	if !t.prepares {
		return t.query(func(row *sqlx.Rows) error { return each(row) }, text, args...)
	}
	if err := t.settle(); err != nil {
		return err
	}
	t.busy.Lock()
	defer t.busy.Unlock()
	err := t.straight(each, text, args)
	t.fail(err)
	return err
}

// one scans the only row into dest; found is false when there is none.
func (t *tx) one(dest []any, text string, args ...any) (found bool, err error) {
	err = t.seek(func(row scanned) error {
		found = true
		return row.Scan(dest...)
	}, text, args...)
	return found && err == nil, err
}
