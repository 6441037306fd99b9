package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"ringside/campaign"
)

type keyStore interface {
	// FindKey returns the key that was presented; ok is false when it is unknown,
	// wrong or revoked.
	FindKey(ctx context.Context, presented string) (key campaign.AccessKey, ok bool, err error)
}

// right is what a route asks of a key.
type right string

const (
	anybody     right = "" // no key at all
	anyKey      right = "any_key"
	postFacts   right = "post_facts"
	readReports right = "read_reports"
	readFacts   right = "read_facts"
	editLeads   right = "edit_leads"
	seeCosts    right = "costs"
	configure   right = "configure"
)

// grants lists what each role may do. A role that is not in it may do nothing.
var grants = map[string][]right{
	"admin": {postFacts, readReports, readFacts, editLeads, seeCosts, configure},
}

const accessKeyKey = "access_key"

// admit lets a request pass whose key has the right, and remembers the key.
func (s *Server) admit(c *gin.Context, requires right) error {
	if requires == anybody {
		return nil
	}
	presented := presentedKey(c.Request)
	if presented == "" {
		return unauthorized(c, "missing_key", "a key is needed; send it as: Authorization: Bearer KEY")
	}
	key, ok, err := s.store.FindKey(c.Request.Context(), presented)
	if err != nil {
		return err
	}
	if !ok {
		return unauthorized(c, "wrong_key", "the key is not known or was revoked; send a valid one as: Authorization: Bearer KEY")
	}
	if requires != anyKey && !slices.Contains(grants[key.Role], requires) {
		return newProblem(http.StatusForbidden, "forbidden", "", "a key of role "+key.Role+" has no right to this ("+string(requires)+"); use a key that has")
	}
	c.Set(accessKeyKey, key)
	return nil
}

// presentedKey finds the key in the request: as a bearer token, or, so that a
// browser can ask for pages, as the password of basic authentication. Basic
// counts only where nothing is changed, as browsers send it unasked.
func presentedKey(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	if _, password, ok := r.BasicAuth(); ok && r.Method == http.MethodGet {
		return password
	}
	return ""
}

func unauthorized(c *gin.Context, code, detail string) error {
	p := newProblem(http.StatusUnauthorized, code, "", detail)
	challenge := `Bearer realm="ringside"`
	if c.FullPath() == "/" {
		challenge = `Basic realm="ringside: any user name, the key as password", charset="UTF-8"`
	}
	p.header = map[string]string{"WWW-Authenticate": challenge}
	return p
}

// getMe says what the presented key may do.
func (s *Server) getMe(c *gin.Context) error {
	key := c.MustGet(accessKeyKey).(campaign.AccessKey)
	var d document
	d.open('{')
	d.name("id").text(key.ID)
	d.name("role").text(key.Role)
	d.name("label").text(key.Label)
	d.name("created_at").instant(key.CreatedMs)
	d.name("rights").open('[')
	for _, r := range grants[key.Role] {
		d.text(string(r))
	}
	d.close(']')
	d.close('}')
	send(c, http.StatusOK, d)
	return nil
}
