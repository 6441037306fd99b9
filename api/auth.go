package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"ringside/campaign"
)

const accessKeyKey = "access_key"

// keyOf is the key a request was admitted with; one without a role where the route
// asks for none.
func keyOf(c *gin.Context) *campaign.AccessKey {
	if key, ok := c.Value(accessKeyKey).(*campaign.AccessKey); ok {
		return key
	}
	return &campaign.AccessKey{}
}

const rightsKey = "rights"

// rightsOf is what the request's route asks of a key.
func rightsOf(c *gin.Context) rights {
	need, _ := c.Value(rightsKey).(rights)
	return need
}

// admit lets a request pass whose key, or the person whose session it is, has any of
// the rights, and remembers who that is. A key wins over a session.
func (s *Server) admit(c *gin.Context, requires rights) error {
	presented, bearer := presentedKey(c.Request)
	if presented == "" && !bearer && !slices.Contains(requires, ownProof) {
		// A browser sends cookies whoever wrote the page that has it send something.
		if err := s.origins.Check(c.Request); err != nil {
			return newProblem(http.StatusForbidden, "cross_origin", "", "the request comes from a page of another site, so the session does not count; send a key as: Authorization: Bearer KEY")
		}
	}
	if requires.keyless() {
		return nil
	}
	var key campaign.AccessKey
	var ok bool
	var err error
	if presented != "" {
		key, ok, err = s.store.FindKey(c.Request.Context(), presented)
	} else if !bearer {
		key, ok, err = s.visitor(c)
	}
	switch {
	case err != nil:
		return err
	case !ok && presented != "":
		return unauthorized(c, "wrong_key", "the key is not known or was revoked; send a valid one as: Authorization: Bearer KEY")
	case !ok && wantsPage(c):
		return toSignIn(c)
	case !ok:
		return unauthorized(c, "missing_key", "a key is needed; send it as: Authorization: Bearer KEY")
	}
	c.Set(accessKeyKey, &key)
	c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), campaign.ActorKey{}, key.ID))
	return demand(c, requires)
}

// demand refuses a key that has none of the rights.
func demand(c *gin.Context, need rights) error {
	key := keyOf(c)
	if mayAny(key, need) {
		return nil
	}
	return newProblem(http.StatusForbidden, "forbidden", "", need.refusal(key))
}

// presentedKey finds the key in the request: as a bearer token, which then is all
// that counts, or, so that a browser can ask for pages, as the password of basic
// authentication. Basic counts only where nothing is changed, as browsers send it unasked.
func presentedKey(r *http.Request) (key string, bearer bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token), true
	}
	if _, password, ok := r.BasicAuth(); ok && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		return password, false
	}
	return "", false
}

func unauthorized(c *gin.Context, code, detail string) error {
	p := newProblem(http.StatusUnauthorized, code, "", detail)
	challenge := `Bearer realm="ringside"`
	if isPage(c) && !streamed(c.FullPath()) { // a program that shows pages asks for the key when told so
		challenge = `Basic realm="ringside: any user name, the key as password", charset="UTF-8"`
	}
	p.header = map[string]string{"WWW-Authenticate": challenge}
	return p
}

// place is the store's name of the campaign or queue in the path of a request; empty
// where there is none. One that holds a slash is none of either.
func place(c *gin.Context) (string, error) {
	if _, service := c.Get(serviceKey); service {
		return campaign.ServiceKey, nil
	}
	key := c.Param("campaign")
	if name, named := c.Params.Get("queue"); named {
		key = campaign.QueueKey(name)
		if strings.Contains(name, "/") {
			return "", campaign.Missing(key)
		}
	} else if err := noQueue(key); err != nil {
		return "", err
	}
	return key, nil
}

// noQueue refuses the store's name of a queue where a campaign is to be named.
func noQueue(name string) error {
	if strings.Contains(name, "/") {
		return campaign.NotFoundf("campaign", "there is no campaign %q; a ref holds no slash", name)
	}
	return nil
}

// outbound is campaign for a name that a query gives, of which none is a queue's.
func (s *Server) outbound(c *gin.Context, name string) (of campaign.Campaign, err error) {
	if err := noQueue(name); err != nil {
		return of, err
	}
	return s.campaign(c, name)
}

// here returns the campaign or queue in the path, or the installation.
func (s *Server) here(c *gin.Context) (campaign.Campaign, error) {
	key, err := place(c)
	if err != nil {
		return campaign.Campaign{}, err
	}
	if key == campaign.ServiceKey {
		return s.store.Service(c.Request.Context())
	}
	return s.campaign(c, key)
}

// campaign returns the campaign or queue that a ref or id names, as far as the request's key
// may know: of one it is not bound to it learns no more than of one that is not
// there. Handlers ask here and never the store itself.
func (s *Server) campaign(c *gin.Context, name string) (campaign.Campaign, error) {
	if name == campaign.ServiceKey {
		return campaign.Campaign{}, campaign.NotFoundf("campaign", "there is no campaign %q; a ref holds no slash", name)
	}
	of, err := s.store.Campaign(c.Request.Context(), name)
	key := keyOf(c)
	if !key.Bound() || err != nil && !isNotFound(err) || err == nil && key.Knows(of.Ref) {
		return of, err
	}
	what := "campaign"
	if queue, isQueue := campaign.QueueOf(name); isQueue {
		what, name = "queue", queue
	}
	return campaign.Campaign{}, campaign.NotFoundf(what, "there is no %s %q among those of this key; GET /v1/me lists them", what, name)
}

// campaigns returns the campaigns the request's key may know of, in order of ref.
func (s *Server) campaigns(c *gin.Context) ([]campaign.Campaign, error) {
	all, err := s.store.Campaigns(c.Request.Context())
	key := keyOf(c)
	return slices.DeleteFunc(all, func(of campaign.Campaign) bool { return !key.Knows(of.Ref) }), err
}

// queues returns the queues the request's key may know of, in order of ref.
func (s *Server) queues(c *gin.Context) ([]campaign.Campaign, error) {
	all, err := s.store.Queues(c.Request.Context())
	key := keyOf(c)
	return slices.DeleteFunc(all, func(q campaign.Campaign) bool { return !key.Knows(q.Ref) }), err
}

// stayWithin refuses a bound key the paths of other campaigns before anything else
// is looked at, so that nothing in the answer can depend on their being there.
func (s *Server) stayWithin(c *gin.Context) error {
	key, err := place(c)
	if err != nil || key == "" || !keyOf(c).Bound() {
		return err
	}
	_, err = s.campaign(c, key)
	return err
}

func isNotFound(err error) bool {
	var wrong *campaign.Error
	return errors.As(err, &wrong) && wrong.Kind == campaign.NotFound
}
