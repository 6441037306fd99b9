package api

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"ringside/api/web"
	"ringside/campaign"
)

// peopleRoutes are the pages of signing in, and of who may.
func (s *Server) peopleRoutes() []route {
	return []route{
		{"GET", "/sign-in", rights{anybody}, []string{"next"}, s.getSignIn},
		{"POST", "/sign-in", rights{anybody}, nil, s.postSignIn},
		{"POST", "/sign-out", rights{anybody}, nil, s.postSignOut},
		{"GET", "/set-up", rights{anybody}, []string{"token"}, s.getSetUp},
		{"POST", "/set-up", rights{anybody}, nil, s.postSetUp},
		{"GET", "/password", rights{signedIn}, nil, s.getPassword},
		{"POST", "/password", rights{signedIn}, nil, s.postPassword},
		{"GET", "/settings/users", rights{manageUsers}, nil, s.getUsersPage},
		{"POST", "/settings/users", rights{manageUsers}, nil, s.postUsersPage},
		{"GET", "/settings/users/:id", rights{manageUsers}, nil, s.getUserPage},
		{"POST", "/settings/users/:id", rights{manageUsers}, nil, s.postUserPage},
		{"GET", "/settings/keys", rights{manageKeys}, nil, s.getKeysPage},
		{"POST", "/settings/keys", rights{manageKeys}, nil, s.postKeysPage},
		{"POST", "/settings/keys/:id", rights{manageKeys}, nil, s.postKeyPage},
	}
}

// dressPerson adds to a page who is signed in, and what they may set.
func (s *Server) dressPerson(c *gin.Context, p *web.Page) {
	key := keyOf(c)
	if key.Person {
		p.Person = key.Label
	}
	if mayAny(key, rights{configure, manageUsers, manageKeys, manageSources}) {
		p.Nav = append(p.Nav, web.Link{Text: web.T("nav.settings"), Href: "/settings", Current: strings.HasPrefix(c.FullPath(), "/settings")})
	}
}

// formMost is how long a form may be; longFormMost one with a table in it.
const (
	formMost     = 64 << 10
	longFormMost = 4 << 20
)

// form reads the form that was sent.
func form(c *gin.Context) (url.Values, error) { return formUpTo(c, formMost) }

func formUpTo(c *gin.Context, most int64) (url.Values, error) {
	if c.ContentType() != "application/x-www-form-urlencoded" {
		return nil, newProblem(http.StatusUnsupportedMediaType, "unsupported_media_type", "", "this takes a form, as a browser sends it")
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, most)
	err := c.Request.ParseForm()
	var told *problem
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return c.Request.PostForm, nil
	case errors.As(err, &told):
		return nil, told
	case errors.As(err, &tooLarge):
		return nil, newProblem(http.StatusRequestEntityTooLarge, "body_too_large", "", "this form has at most "+strconv.FormatInt(most>>10, 10)+" KiB")
	}
	return nil, newProblem(http.StatusBadRequest, "invalid_form", "", "the form could not be read; send it as a browser does")
}

// refused is what to say of an error that the reader of a form can mend, with the
// status to say it with; ok is false of any other.
func refused(err error) (said string, status int, ok bool) {
	var wrong *campaign.Error
	if !errors.As(err, &wrong) || wrong.Kind == campaign.Unavailable {
		return "", 0, false
	}
	said = strings.ToUpper(wrong.Message[:1]) + wrong.Message[1:]
	if wrong.Field != "" {
		said = wrong.Error()
	}
	return said + ".", statusOf[wrong.Kind], true
}

func redirect(c *gin.Context, to string) error {
	c.Header("Cache-Control", "no-store")
	c.Redirect(http.StatusSeeOther, to)
	return nil
}

// toSignIn sends whoever wants a page to where one signs in, and back.
func toSignIn(c *gin.Context) error {
	to := "/sign-in"
	if c.Request.Method == http.MethodGet && c.Request.URL.RequestURI() != "/" {
		to += "?" + url.Values{"next": {c.Request.URL.RequestURI()}}.Encode()
	}
	p := newProblem(http.StatusSeeOther, "sign_in", "", "sign in first")
	p.header = map[string]string{"Location": to}
	return p
}

type signInView struct{ Name, Next, Problem string }

func (s *Server) showSignIn(c *gin.Context, status int, v *signInView) error {
	return s.show(c, status, "sign-in", &web.Page{Title: web.T("sign_in.title"), View: v})
}

func (s *Server) getSignIn(c *gin.Context) error {
	next := localPath(c.Query("next"))
	_, ok, err := s.visitor(c)
	if err != nil {
		return err
	}
	if ok {
		return redirect(c, next)
	}
	return s.showSignIn(c, http.StatusOK, &signInView{Next: next})
}

func (s *Server) postSignIn(c *gin.Context) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	v := &signInView{Name: f.Get("name"), Next: localPath(f.Get("next"))}
	u, wait, err := s.prove(c, v.Name, f.Get("password"))
	switch {
	case err != nil:
		return err
	case wait > 0:
		v.Problem = waitText(c, wait)
		return s.showSignIn(c, http.StatusTooManyRequests, v)
	case u.ID == "":
		v.Problem = web.T("sign_in.wrong")
		return s.showSignIn(c, http.StatusUnprocessableEntity, v)
	}
	if err := s.enter(c, &u); err != nil {
		return err
	}
	return redirect(c, v.Next)
}

func waitText(c *gin.Context, wait time.Duration) string {
	seconds := int((wait + time.Second - 1) / time.Second)
	c.Header("Retry-After", strconv.Itoa(seconds))
	return web.T("sign_in.wait", "seconds", seconds)
}

// prove returns the user whose name and password are given; one without an id where
// they are wrong. A wait above zero means that they were not looked at.
func (s *Server) prove(c *gin.Context, name, password string) (u campaign.User, wait time.Duration, err error) {
	who, _ := campaign.CleanUserName(name) // whatever is no name is tried as one
	address := addressOf(visitorIP(c))
	if wait := s.byAddress.begin(address); wait > 0 {
		return u, wait, nil
	}
	if wait := s.byUser.begin(who); wait > 0 {
		return u, wait, nil
	}
	u, ok, err := s.store.SignIn(c.Request.Context(), name, password)
	if ok || err != nil {
		s.byAddress.succeeded(address, false)
		s.byUser.succeeded(who, ok)
	}
	if !ok && err == nil {
		s.log.InfoContext(c, "a try to sign in failed", "request_id", requestID(c), "address", address)
	}
	return u, 0, err
}

func (s *Server) postSignOut(c *gin.Context) error {
	if err := s.leave(c); err != nil {
		return err
	}
	return redirect(c, "/sign-in")
}

// setUpView has no Token where the link is over.
type setUpView struct {
	Token, Name, Problem string
	First                bool
}

func (s *Server) showSetUp(c *gin.Context, status int, v *setUpView) error {
	title := web.T("set_up.first")
	if !v.First {
		title = web.T("set_up.title", "name", v.Name)
	}
	return s.show(c, status, "set-up", &web.Page{Title: title, View: v})
}

// linkOver answers with what is wrong with a link.
func (s *Server) linkOver(c *gin.Context, err error) error {
	said, status, ok := refused(err)
	if !ok {
		return err
	}
	return s.show(c, status, "problem", &web.Page{Title: web.T("set_up.over"), View: web.Problem{Title: web.T("set_up.over"), Detail: said, Request: requestID(c)}})
}

func (s *Server) getSetUp(c *gin.Context) error {
	token := c.Query("token")
	u, err := s.store.FindLink(c.Request.Context(), token)
	if err != nil {
		return s.linkOver(c, err)
	}
	return s.showSetUp(c, http.StatusOK, &setUpView{Token: token, Name: u.Name, First: u.ID == ""})
}

func (s *Server) postSetUp(c *gin.Context) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	v := &setUpView{Token: f.Get("token"), Name: f.Get("name")}
	of, err := s.store.FindLink(c.Request.Context(), v.Token)
	if err != nil {
		return s.linkOver(c, err)
	}
	if v.First = of.ID == ""; !v.First {
		v.Name = of.Name
	}
	if f.Get("password") != f.Get("again") {
		v.Problem = web.T("password.differ")
		return s.showSetUp(c, http.StatusUnprocessableEntity, v)
	}
	u, err := s.store.UseLink(c.Request.Context(), v.Token, v.Name, f.Get("password"))
	if said, status, ok := refused(err); ok {
		v.Problem = said
		return s.showSetUp(c, status, v)
	}
	if err != nil {
		return err
	}
	if err := s.enter(c, &u); err != nil {
		return err
	}
	return redirect(c, "/")
}

type passwordView struct {
	Name, Problem string
	Done          bool
}

func (s *Server) showPassword(c *gin.Context, status int, v *passwordView) error {
	v.Name = keyOf(c).Label
	return s.show(c, status, "password", &web.Page{Title: web.T("password.title"), View: v})
}

func (s *Server) getPassword(c *gin.Context) error {
	return s.showPassword(c, http.StatusOK, &passwordView{})
}

// postPassword changes one's own password. It ends all sessions but begins this one
// anew.
func (s *Server) postPassword(c *gin.Context) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	if f.Get("password") != f.Get("again") {
		return s.showPassword(c, http.StatusUnprocessableEntity, &passwordView{Problem: web.T("password.differ")})
	}
	u, wait, err := s.prove(c, keyOf(c).Label, f.Get("present"))
	switch {
	case err != nil:
		return err
	case wait > 0:
		return s.showPassword(c, http.StatusTooManyRequests, &passwordView{Problem: waitText(c, wait)})
	case u.ID == "":
		return s.showPassword(c, http.StatusUnprocessableEntity, &passwordView{Problem: web.T("password.wrong")})
	}
	u, err = s.store.SetPassword(c.Request.Context(), u.ID, f.Get("password"))
	if said, status, ok := refused(err); ok {
		return s.showPassword(c, status, &passwordView{Problem: said})
	}
	if err != nil {
		return err
	}
	if err := s.enter(c, &u); err != nil {
		return err
	}
	return s.showPassword(c, http.StatusOK, &passwordView{Done: true})
}
