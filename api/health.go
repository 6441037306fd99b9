package api

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// getHealth says that the process runs.
func (s *Server) getHealth(c *gin.Context) error {
	var d document
	d.open('{')
	d.name("status").text("ok")
	if s.version != "" {
		d.name("version").text(s.version)
	}
	d.close('}')
	send(c, http.StatusOK, d)
	return nil
}

// getReady says that the storage answers too.
func (s *Server) getReady(c *gin.Context) error {
	if err := s.store.Ready(c.Request.Context()); err != nil {
		s.log.WarnContext(c, "not ready", "request_id", requestID(c), "error", err)
		p := newProblem(http.StatusServiceUnavailable, "not_ready", "", "the storage does not answer; try again in a moment")
		p.header = map[string]string{"Retry-After": "1"}
		return p
	}
	send(c, http.StatusOK, document(`{"status":"ready"}`))
	return nil
}
