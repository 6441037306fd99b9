package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"ringside/campaign"
)

// retryAfterS is what a caller is told to wait when nothing could be stored.
const retryAfterS = 1

func retryAfter() map[string]string {
	return map[string]string{"Retry-After": strconv.Itoa(retryAfterS)}
}

// problem is an RFC 9457 problem document: what was wrong, where, and what to
// send instead. Code is stable; title and detail are for people.
type problem struct {
	status              int
	code, field, detail string
	// item and offset place unreadable JSON in a body; −1 where they say nothing.
	item, offset int
	// header is added to the answer.
	header map[string]string
}

func (p *problem) Error() string { return p.detail }

// newProblem makes a problem that is not an error of package campaign.
func newProblem(status int, code, field, detail string) *problem {
	return &problem{status: status, code: code, field: field, detail: detail, item: -1, offset: -1}
}

var statusOf = map[campaign.ErrorKind]int{
	campaign.Unreadable:  http.StatusBadRequest,
	campaign.Invalid:     http.StatusUnprocessableEntity,
	campaign.NotFound:    http.StatusNotFound,
	campaign.Conflict:    http.StatusConflict,
	campaign.TooLarge:    http.StatusRequestEntityTooLarge,
	campaign.Unavailable: http.StatusServiceUnavailable,
}

// problemOf says what an error means to the caller. An error nobody foresaw is
// internal: its text is for the log alone, and known is false.
func problemOf(err error) (p *problem, known bool) {
	var wrong *campaign.Error
	var syntax *campaign.SyntaxError
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &p):
		return p, true
	case errors.As(err, &wrong):
		p = newProblem(statusOf[wrong.Kind], wrong.Code, wrong.Field, wrong.Message)
		if p.status == http.StatusServiceUnavailable {
			p.header = retryAfter()
		}
		return p, true
	case errors.As(err, &syntax):
		p = newProblem(http.StatusBadRequest, "invalid_json", syntax.Field, err.Error()+"; mend the JSON and send the whole body again; nothing was stored")
		p.offset = syntax.Offset
		return p, true
	case errors.As(err, &tooLarge):
		return newProblem(http.StatusRequestEntityTooLarge, "body_too_large", "",
			"the body is over the limit of "+strconv.FormatInt(tooLarge.Limit>>20, 10)+" MiB; send smaller posts, or facts as NDJSON (application/x-ndjson), which may be of any length"), true
	case errors.Is(err, context.Canceled):
		return newProblem(499, "cancelled", "", "the caller went away"), true
	case errors.Is(err, context.DeadlineExceeded):
		p = newProblem(http.StatusServiceUnavailable, "timeout", "", "it took too long; ask again, for a shorter window if this repeats")
		p.header = retryAfter()
		return p, true
	}
	return newProblem(http.StatusInternalServerError, "internal", "", "internal error; the server's log has more under this request_id"), false
}

var titles = map[int]string{
	http.StatusBadRequest:            "The body could not be read",
	http.StatusUnauthorized:          "No or wrong key",
	http.StatusUnprocessableEntity:   "Readable, but wrong",
	http.StatusRequestEntityTooLarge: "Too large",
}

// answer writes an error as a problem document, or as a page to whoever asked for
// one: the one place that does. Failures
// of the server are logged with what the caller is not shown; a caller who leaves is
// none, and whoever calls badly must not fill the log.
func (s *Server) answer(c *gin.Context, err error) {
	p, known := problemOf(err)
	left := known && errors.Is(err, context.Canceled) && s.stopping.Err() == nil
	if p.status >= http.StatusInternalServerError && !left {
		s.log.ErrorContext(c, "request failed", "request_id", requestID(c), "method", c.Request.Method, "route", c.FullPath(), "error", err)
	}
	if c.Writer.Written() {
		// Breaking the connection is all that can still tell the caller.
		panic(http.ErrAbortHandler)
	}
	title := titles[p.status]
	if title == "" {
		title = http.StatusText(p.status)
	}
	for name, value := range p.header {
		c.Header(name, value)
	}
	c.Abort()
	if wantsPage(c) {
		s.problemPage(c, p, title)
		return
	}
	c.Header("Cache-Control", "no-store")
	c.Data(p.status, "application/problem+json", append(s.problemDocument(c, p, title), '\n'))
}

// problemDocument is a problem as programs read it.
func (s *Server) problemDocument(c *gin.Context, p *problem, title string) (d document) {
	d.open('{')
	d.name("type").text("about:blank")
	d.name("title").text(title)
	d.name("status").int(int64(p.status))
	d.name("detail").text(p.detail)
	d.name("code").text(p.code)
	if p.field != "" {
		d.name("field").text(p.field)
	}
	if p.item >= 0 {
		d.name("item").int(int64(p.item))
	}
	if p.offset >= 0 {
		d.name("offset").int(int64(p.offset))
	}
	d.name("request_id").text(requestID(c))
	d.close('}')
	return d
}
