package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
)

// A body that stops coming must not hold its connection for ever, but one that
// goes on may be of any length. So for each bodyStride bytes of it, or what is
// left, the server waits bodyPatience in all. A server that stops gives all bodies stopPatience.
const (
	bodyStride   = 64 << 10
	bodyPatience = time.Minute
	stopPatience = 5 * time.Second
)

// bodiesMost is how much of the bodies that are read as a whole is held in memory at
// once, of all connections together. A stream of lines holds little and is not
// counted.
const bodiesMost = 256 << 20

// budget is what may be held of something at once.
type budget struct{ left atomic.Int64 }

func newBudget(most int64) *budget {
	b := &budget{}
	b.left.Store(most)
	return b
}

// take takes n of what is left, if there is so much.
func (b *budget) take(n int64) bool {
	if b.left.Add(-n) >= 0 {
		return true
	}
	b.left.Add(n)
	return false
}

// steadyBody is a request's body that has to keep coming.
type steadyBody struct {
	io.ReadCloser
	conn     *http.ResponseController
	stopping context.Context
	patience time.Duration
	left     int           // bytes of the stride in hand
	wait     time.Duration // that may still be waited for them; storing what came does not count

	mu    sync.Mutex
	ended bool

	// bodies is the server's budget for bodies read as a whole, of which this one
	// holds so much.
	bodies *budget
	held   int64
}

// holdBodyStep is by how much a body that is being read as a whole grows its part of
// the budget.
const holdBodyStep = 256 << 10

// hold reads as a whole, in memory, what from gives of the request's body.
func hold(c *gin.Context, from io.Reader) ([]byte, error) {
	var body bytes.Buffer
	for {
		if b, steady := c.Request.Body.(*steadyBody); steady {
			if !b.bodies.take(holdBodyStep) {
				p := newProblem(http.StatusServiceUnavailable, "too_many_bodies", "",
					"the server holds as many bodies of others as it may; send it again in a moment, or as a stream of lines (application/x-ndjson); nothing was stored")
				p.header = retryAfter()
				return nil, p
			}
			b.held += holdBodyStep
		}
		n, err := io.CopyN(&body, from, holdBodyStep)
		if n < holdBodyStep && errors.Is(err, io.EOF) {
			return body.Bytes(), nil
		}
		if err != nil {
			return body.Bytes(), err
		}
	}
}

// steady has the request's body keep coming until the handler returns, and done
// is called.
func (s *Server) steady(c *gin.Context) (done func() bool, err error) {
	if c.Request.Body == nil || c.Request.Body == http.NoBody {
		return func() bool { return true }, nil
	}
	b := &steadyBody{ReadCloser: c.Request.Body, conn: http.NewResponseController(c.Writer), stopping: s.stopping, patience: s.bodyPatience, bodies: s.bodies}
	// A copy: net/http wants its own request's body untouched when it ends the answer.
	c.Request = c.Request.WithContext(c.Request.Context())
	c.Request.Body = b
	// At once, also for a handler that answers without reading: net/http then reads
	// a part of what is left.
	if err := b.await(); err != nil {
		return nil, err
	}
	stop := context.AfterFunc(s.stopping, b.hurry)
	return func() bool {
		b.bodies.left.Add(b.held)
		return stop()
	}, nil
}

// Read implements io.Reader. A body that does not keep coming ends with a problem
// that says so.
func (b *steadyBody) Read(p []byte) (n int, err error) {
	if err := b.await(); err != nil {
		return 0, err
	}
	began := time.Now()
	n, err = b.ReadCloser.Read(p)
	b.left -= n
	b.wait -= time.Since(began)
	if err != nil {
		b.mu.Lock()
		b.ended = true
		b.mu.Unlock()
	}
	switch {
	case !errors.Is(err, os.ErrDeadlineExceeded):
		return n, err
	case b.stopping.Err() != nil:
		p := newProblem(http.StatusServiceUnavailable, "stopping", "", "the server is stopping and the body had not come to its end; send it all again when a server runs; nothing was stored")
		p.header = retryAfter()
		return n, p
	}
	return n, newProblem(http.StatusRequestTimeout, "body_too_slow", "",
		fmt.Sprintf("the body stopped coming: %d KiB, or what is left of it, have %s; send it all again; nothing was stored", bodyStride>>10, b.patience))
}

// await gives what comes next its time, unless the server stops: then hurry does.
func (b *steadyBody) await() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left <= 0 {
		b.left, b.wait = bodyStride, b.patience
	}
	if b.stopping.Err() != nil {
		return nil
	}
	return b.deadline(b.wait)
}

// hurry gives the rest of the body as long as a stop allows. After its end
// net/http reads on to learn whether the caller goes away, which must not time out.
func (b *steadyBody) hurry() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.ended {
		// A connection that takes no deadline is gone, and the next read says so.
		_ = b.deadline(stopPatience)
	}
}

// deadline ends reading after a while. What is no connection, in tests, needs none.
func (b *steadyBody) deadline(after time.Duration) error {
	err := b.conn.SetReadDeadline(time.Now().Add(after))
	if errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return err
}
