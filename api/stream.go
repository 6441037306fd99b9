package api

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
)

const (
	// A browser that lost its stream comes back after retryLeast and a random part of
	// as much again, so that all of them do not come at once.
	retryLeast = 2 * time.Second
	// stopWrite is how long a write has that a stop finds under way.
	stopWrite = time.Second
)

// eventWriter writes a stream of Server-Sent Events. Who does not take what is
// written in time is given up: the next write, and the request's context, say so.
type eventWriter struct {
	gin.ResponseWriter
	conn     *http.ResponseController
	stopping context.Context
	patience time.Duration
	mu       sync.Mutex
}

// send writes a piece of the stream, and no less, on its way at once.
func (w *eventWriter) send(text []byte) error {
	if err := w.deadline(); err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	return w.conn.Flush()
}

// deadline gives what is written next, or is being written, its time. What is no
// connection, in tests, needs none.
func (w *eventWriter) deadline() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	patience := w.patience
	if w.stopping.Err() != nil {
		patience = min(patience, stopWrite)
	}
	err := w.conn.SetWriteDeadline(time.Now().Add(patience))
	if errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return err
}

// retry tells a browser when to come back.
func retry() []byte {
	return fmt.Appendf(nil, "retry: %d\n\n", (retryLeast + rand.N(retryLeast)).Milliseconds())
}

// stream answers with the updates of a topic until the caller leaves, does not keep
// up, may no longer read it, or the server stops. still says, beside the rights that
// the route asks for, whether the caller may go on. Errors are of before the stream
// began.
func (s *Server) stream(c *gin.Context, t topic, still func() error) error {
	if s.stopping.Err() != nil {
		p := newProblem(http.StatusServiceUnavailable, "stopping", "", "the server is stopping; ask again when it is back")
		p.header = retryAfter()
		return p
	}
	l, err := s.hub.join(c.Request.Context(), t)
	if err != nil {
		return err
	}
	defer l.leave()
	c.Header("Content-Type", "text/event-stream")
	c.Header("Cache-Control", "no-store")
	c.Header("X-Accel-Buffering", "no") // nginx would hold events back
	c.Status(http.StatusOK)
	w := &eventWriter{ResponseWriter: c.Writer, conn: http.NewResponseController(c.Writer), stopping: s.stopping, patience: s.hub.Patience}
	done := context.AfterFunc(s.stopping, func() { _ = w.deadline() }) // a connection that takes none is gone
	defer done()
	if s.follow(c, w, l, still) == nil {
		// The connection may serve another request; where it takes no time it serves none.
		_ = w.conn.SetWriteDeadline(time.Time{})
	}
	return nil
}

// follow sends what is new until the stream is to end; an error says that the
// connection is of no more use, which net/http knows too and closes it.
func (s *Server) follow(c *gin.Context, w *eventWriter, l *listener, still func() error) error {
	if err := w.send(append(retry(), l.next()...)); err != nil {
		return err
	}
	heartbeat := time.NewTicker(s.hub.Heartbeat)
	defer heartbeat.Stop()
	for {
		var piece []byte
		select {
		case <-s.stopping.Done():
			return w.send(retry())
		case <-c.Request.Context().Done():
			return c.Request.Context().Err()
		case <-heartbeat.C:
			if s.mayNot(c, still) {
				return nil
			}
			piece = []byte(":\n\n")
		case <-l.news:
			if piece = l.next(); piece == nil {
				continue
			}
		}
		if err := w.send(piece); err != nil {
			return err
		}
	}
}

// mayNot reports whether the caller of a stream has lost the right to it since it
// began. Storage that cannot be asked takes nobody's right.
func (s *Server) mayNot(c *gin.Context, still func() error) bool {
	err := s.admit(c, rightsOf(c))
	if err == nil {
		err = still()
	}
	if err == nil {
		return false
	}
	p, known := problemOf(err)
	return known && p.status < http.StatusInternalServerError && !errors.Is(err, context.Canceled)
}
