package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
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

// eventWriter writes a stream of Server-Sent Events to a connection of its own. Who does
// not take what is written in time is given up: the next write says so.
type eventWriter struct {
	net.Conn
	stopping context.Context
	patience time.Duration
	mu       sync.Mutex
}

// send writes a piece of the stream, and no less.
func (w *eventWriter) send(text []byte) error {
	if err := w.deadline(); err != nil {
		return err
	}
	_, err := w.Write(text)
	return err
}

// deadline gives what is written next, or is being written, its time.
func (w *eventWriter) deadline() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	patience := w.patience
	if w.stopping.Err() != nil {
		patience = min(patience, stopWrite)
	}
	return w.SetWriteDeadline(time.Now().Add(patience))
}

// whenGone calls leave once the caller has closed the connection, or we have.
func (w *eventWriter) whenGone(leave func()) {
	defer leave()
	for unasked := make([]byte, 16); ; { // a caller has nothing more to say
		if _, err := w.Read(unasked); err != nil {
			return
		}
	}
}

// retry tells a browser when to come back.
func retry() []byte {
	return fmt.Appendf(nil, "retry: %d\n\n", (retryLeast + rand.N(retryLeast)).Milliseconds())
}

// streamHead begins the answer; its body ends with the connection.
func streamHead(h http.Header) []byte {
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would hold events back
	h.Set("Connection", "close")
	var head bytes.Buffer
	head.WriteString("HTTP/1.1 200 OK\r\n")
	_ = h.Write(&head) // a buffer takes all
	head.WriteString("\r\n")
	return head.Bytes()
}

// stream answers with the updates of a topic until the caller leaves, does not keep
// up, may no longer read it, or the server stops. still says, beside the rights that
// the route asks for, whether the caller may go on. Errors are of before the stream
// began.
//
// The connection is taken over from net/http, which keeps a deep stack, the request and
// its buffers for each open answer: most of what a board costs, as there are hundreds.
func (s *Server) stream(c *gin.Context, t topic, still func(*gin.Context) error) error {
	if s.stopping.Err() != nil {
		p := newProblem(http.StatusServiceUnavailable, "stopping", "", "the server is stopping; ask again when it is back")
		p.header = retryAfter()
		return p
	}
	l, err := s.hub.join(c.Request.Context(), t, keyOf(c).ID)
	if err != nil {
		return err
	}
	conn, _, err := http.NewResponseController(c.Writer).Hijack()
	if err != nil {
		l.leave()
		return err
	}
	w := &eventWriter{Conn: conn, stopping: s.stopping, patience: s.hub.Patience}
	own, begin := ownRequest(c), append(streamHead(c.Writer.Header()), retry()...)
	s.streams.Go(func() { s.follow(own, w, l, begin, still) })
	return nil
}

// ownRequest is a request that outlives its handler, to be looked at alone: nothing
// can be answered to it.
func ownRequest(c *gin.Context) *gin.Context {
	own := c.Copy()
	own.Request = c.Request.WithContext(context.Background())
	own.Set(pageKey, false)
	return own
}

// follow sends a stream until it is to end, and ends it.
func (s *Server) follow(c *gin.Context, w *eventWriter, l *listener, begin []byte, still func(*gin.Context) error) {
	defer l.leave()
	defer w.Close()
	var thrown error
	defer func() {
		if thrown != nil {
			s.log.Error("a stream failed", "request_id", requestID(c), "error", thrown)
		}
	}()
	defer caught(&thrown)
	ctx, gone := context.WithCancel(context.Background())
	defer gone()
	c.Request = c.Request.WithContext(ctx)
	go w.whenGone(gone)
	hurried := context.AfterFunc(s.stopping, func() { _ = w.deadline() }) // a connection that takes none is gone
	defer hurried()
	heartbeat := time.NewTicker(s.hub.Heartbeat)
	defer heartbeat.Stop()
	if w.send(begin) != nil {
		return
	}
	for piece := l.next(); ; {
		if piece != nil && w.send(piece) != nil {
			return
		}
		select {
		case <-s.stopping.Done():
			_ = w.send(retry()) // the last there is to say
			return
		case <-ctx.Done():
			return
		case <-heartbeat.C:
			if s.mayNot(c, still) {
				return
			}
			piece = []byte(":\n\n")
		case <-l.news:
			piece = l.next()
		}
	}
}

// StreamsEnded waits until the streams have ended, which they do by themselves once the
// server stops, or the context ends. No request may be under way any more.
func (s *Server) StreamsEnded(ctx context.Context) {
	ended := make(chan struct{})
	go func() {
		s.streams.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
	}
}

// mayNot reports whether the caller of a stream has lost the right to it since it
// began. Storage that cannot be asked takes nobody's right.
func (s *Server) mayNot(c *gin.Context, still func(*gin.Context) error) bool {
	request := c.Request
	defer func() { c.Request = request }() // admit adds to what the request carries, each time
	err := s.admit(c, rightsOf(c))
	if err == nil {
		err = still(c)
	}
	if err == nil {
		return false
	}
	p, known := problemOf(err)
	return known && p.status < http.StatusInternalServerError && !errors.Is(err, context.Canceled)
}
