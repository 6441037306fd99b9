package api

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
)

const requestIDKey = "request_id"

func requestID(c *gin.Context) string { return c.GetString(requestIDKey) }

// begin gives the request an id, turns a panic into a problem, and logs what
// became of it. Paths are logged as their route and queries not at all: either
// may hold what does not belong in a log.
func (s *Server) begin(c *gin.Context) {
	started := time.Now()
	id := uuid.Must(uuid.NewV7()).String()
	c.Set(requestIDKey, id)
	c.Header("X-Request-Id", id)
	c.Header("X-Content-Type-Options", "nosniff")
	defer func() {
		if thrown := recover(); thrown != nil {
			if err, ok := thrown.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(thrown)
			}
			s.answer(c, fmt.Errorf("panic: %v\n%s", thrown, debug.Stack()))
		}
		s.log.DebugContext(c, "request", "request_id", id, "method", c.Request.Method, "route", c.FullPath(),
			"status", c.Writer.Status(), "ms", time.Since(started).Milliseconds())
	}()
	done, err := s.steady(c)
	if err != nil {
		s.answer(c, brokenOff)
		return
	}
	defer done()
	c.Next()
}
