package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/mattn/go-sqlite3"

	"ringside/campaign"
)

// session is one connection with the statements prepared on it. It runs one
// transaction at a time.
type session struct {
	*engine
	conn       *sqlx.Conn
	statements map[string]*sqlx.Stmt
	// straights are the statements that run straight at the driver, and values the
	// memory of their parameters.
	straights map[string]*sqlite3.SQLiteStmt
	values    []driver.NamedValue
	// busy is held while a statement runs: the connection runs one at a time.
	busy sync.Mutex
	// failed is what the first statement said that failed in this transaction: SQLite
	// may have undone all of it then, and what is written after that would stay.
	failed error
	// broken says that the connection is not to be used again.
	broken bool
}

// statementsMost bounds the prepared statements of a session. The texts are few;
// this only guards against a text that varies by mistake.
const statementsMost = 500

// newSession opens a session and runs its first statement, if there is one.
func (s *Store) newSession(ctx context.Context, first string) (*session, error) {
	conn, err := s.pool.Connx(ctx)
	if err != nil {
		return nil, &connectError{err}
	}
	if first != "" {
		if _, err := conn.ExecContext(ctx, first); err != nil {
			return nil, errors.Join(&connectError{err}, conn.Close())
		}
	}
	return &session{engine: s.engine, conn: conn, statements: map[string]*sqlx.Stmt{}, straights: map[string]*sqlite3.SQLiteStmt{}}, nil
}

func (s *session) close() error {
	var errs []error
	for _, stmt := range s.statements {
		errs = append(errs, stmt.Close())
	}
	for _, stmt := range s.straights {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(append(errs, s.conn.Close())...)
}

// sessions are the sessions of one kind, of which so many are in use at once.
// The one used last is taken first: those never needed are never opened.
type sessions struct {
	// first is the statement each session begins with, or empty.
	first  string
	slots  chan struct{}
	closed chan struct{}
	mu     sync.Mutex
	idle   []*session
}

func newSessions(most int, first string) *sessions {
	return &sessions{first: first, slots: make(chan struct{}, most), closed: make(chan struct{})}
}

// errClosed is what a closed store answers.
var errClosed = &campaign.Error{Kind: campaign.Unavailable, Code: "closing", Message: "the server is shutting down; nothing was stored; send it again when it is back"}

// take returns an idle session, or nil where one is to be opened. Each take is
// followed by a give.
func (p *sessions) take(ctx context.Context) (*session, error) {
	select {
	case <-p.closed:
		return nil, errClosed
	default:
	}
	select {
	case p.slots <- struct{}{}:
	case <-p.closed:
		return nil, errClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle) == 0 {
		return nil, nil
	}
	last := p.idle[len(p.idle)-1]
	p.idle = p.idle[:len(p.idle)-1]
	return last, nil
}

// give puts a session back, or says that nil is what became of it.
func (p *sessions) give(s *session) {
	if s != nil {
		p.mu.Lock()
		p.idle = append(p.idle, s)
		p.mu.Unlock()
	}
	<-p.slots
}

// close waits for the sessions in use and closes all of them for good.
func (p *sessions) close() error {
	close(p.closed)
	for range cap(p.slots) {
		p.slots <- struct{}{}
	}
	var errs []error
	for _, s := range p.idle {
		errs = append(errs, s.close())
	}
	return errors.Join(errs...)
}

// againError marks what another process's write caused and what does not come
// back when the transaction is run anew.
type againError struct{ error }

func (e *againError) Unwrap() error { return e.error }

// connectError is a connection that could not be opened.
type connectError struct{ error }

func (e *connectError) Unwrap() error { return e.error }

// commitError is a commit that failed, perhaps after it was done.
type commitError struct{ error }

func (e *commitError) Unwrap() error { return e.error }

// triesMost is how often a transaction is run that gives way to others, or whose
// connection breaks. The pauses between double from pauseFirst to pauseLongest,
// less a random part of each, so that rivals do not meet again.
const (
	triesMost    = 8
	pauseFirst   = 10 * time.Millisecond
	pauseLongest = 200 * time.Millisecond
)

// transact runs f in a write transaction. What f changed is durable when transact
// returns nil, and undone when it does not. f may run more than once, and must
// lock the campaign that it changes before it reads anything of it to change.
func (s *Store) transact(ctx context.Context, f func(t *tx) error) error {
	err := s.retry(ctx, s.writers, s.beginWrite, f)
	if err != nil {
		return err
	}
	s.changes.committed()
	if s.logs {
		s.checkpointer.Committed()
	}
	return nil
}

// snapshot runs f on one unchanging state of the database. It is for reports and
// whatever else may take long.
func (s *Store) snapshot(ctx context.Context, f func(t *tx) error) error {
	if t, within := ctx.Value(togetherKey{s}).(*tx); within {
		return f(t)
	}
	return s.retry(ctx, s.readers, s.beginRead, f)
}

// togetherKey is the key under which a context holds the transaction of Together.
type togetherKey struct{ of *Store }

// Together runs reads that belong together: what read asks of reports, funnels,
// curves, blocks and facts with the context it is given is all of one state. It may
// be run more than once.
func (s *Store) Together(ctx context.Context, read func(ctx context.Context) error) error {
	return s.snapshot(ctx, func(t *tx) error { return read(context.WithValue(ctx, togetherKey{s}, t)) })
}

// glance is snapshot for what never takes long: keys, campaigns, readiness. Slow
// reports do not keep it waiting.
func (s *Store) glance(ctx context.Context, f func(t *tx) error) error {
	return s.retry(ctx, s.glancers, s.beginRead, f)
}

// snapshots runs f on several transactions that read one state of a campaign: it is
// the same as long as the row is that every writer of the campaign moves on. A
// campaign written to while they begin makes them begin again.
func (s *Store) snapshots(ctx context.Context, campaignKey string, several int, f func(k *knowledge, ts []*tx) error) error {
	// Who waits for a further session while holding some must be alone in that.
	s.several.Lock()
	defer s.several.Unlock()
	return s.snapshot(ctx, func(t *tx) error {
		k, err := s.find(t, campaignKey)
		if err != nil {
			return err
		}
		state, err := t.state(k.Number)
		if err != nil {
			return err
		}
		return s.beside(t.ctx, k.Number, state, several, []*tx{t}, func(ts []*tx) error { return f(k, ts) })
	})
}

// beside begins what is missing of several transactions on the state.
func (s *Store) beside(ctx context.Context, campaignNumber int64, state [3]int64, several int, ts []*tx, f func(ts []*tx) error) error {
	if len(ts) == several {
		return f(ts)
	}
	return s.attempt(ctx, s.readers, s.beginRead, func(t *tx) error {
		now, err := t.state(campaignNumber)
		if err == nil && now != state {
			err = &againError{unavailable("storage_busy", "the campaign is written to without a pause, so it cannot be read at one moment; try again", errors.New("another state"))}
		}
		if err != nil {
			return err
		}
		return s.beside(ctx, campaignNumber, state, several, append(ts, t), f)
	})
}

// state tells states of a campaign apart.
func (t *tx) state(campaignNumber int64) (state [3]int64, err error) {
	_, err = t.one([]any{&state[0], &state[1], &state[2]}, "select version, heard_attempt_no, folded_lead_no from progress where campaign_id = $1", campaignNumber)
	return state, err
}

// retry runs a transaction until it succeeds, fails for good, or was tried often
// enough.
func (s *Store) retry(ctx context.Context, sessions *sessions, begin string, f func(t *tx) error) error {
	// database/sql looks at the context for a moment longer than the transaction
	// lasts, and a caller may use its own for something else by then.
	if ctx.Done() != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		defer cancel()
	}
	pause := pauseFirst
	for try := 1; ; try++ {
		err := s.attempt(ctx, sessions, begin, f)
		var again *againError
		if err == nil || try == triesMost || ctx.Err() != nil || !s.again(err) && !errors.As(err, &again) {
			return s.translate(err)
		}
		select {
		case <-time.After(pause/2 + rand.N(pause/2)):
		case <-ctx.Done():
		}
		pause = min(2*pause, pauseLongest)
	}
}

// attempt runs a transaction once, in a session of those given.
func (s *Store) attempt(ctx context.Context, sessions *sessions, begin string, f func(t *tx) error) error {
	one, err := sessions.take(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if one != nil && one.broken {
			one.close() // its connection is gone; there is nothing to learn from the error
			one = nil
		}
		sessions.give(one)
	}()
	if one == nil {
		if one, err = s.newSession(ctx, sessions.first); err != nil {
			return err
		}
	}
	return one.run(ctx, begin, f)
}

// run brackets f with begin and commit, or rollback when it fails.
func (s *session) run(ctx context.Context, begin string, f func(t *tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	// A statement that was cancelled half-way must still be rolled back.
	settle := context.WithoutCancel(ctx)
	if err := s.control(settle, begin); err != nil {
		s.broken = true
		return err
	}
	done := false
	s.failed = nil
	t := &tx{session: s, ctx: ctx}
	defer func() {
		t.end() // f may have panicked; else it was heard
		if !done && !s.undone() {
			if err := s.control(settle, "rollback"); err != nil {
				s.broken = true
			}
		}
	}()
	err := f(t)
	if first := t.end(); first != nil {
		err = first
	}
	if err != nil {
		return err
	}
	if err := s.control(settle, "commit"); err != nil {
		return &commitError{err}
	}
	done = true
	return nil
}
