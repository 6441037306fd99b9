package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"ringside/campaign"
)

type userStore interface {
	// CreateUser makes a user without a password, bound to campaigns if any are named.
	CreateUser(ctx context.Context, name, role string, campaigns ...string) (campaign.User, error)
	// User returns the user of that id; Users all, in order of creation.
	User(ctx context.Context, id string) (campaign.User, error)
	Users(ctx context.Context) ([]campaign.User, error)
	// ChangeUser gives a user another role and other campaigns, none for all.
	ChangeUser(ctx context.Context, id, role string, campaigns ...string) (campaign.User, error)
	// DisableUser keeps a user out and ends their sessions.
	DisableUser(ctx context.Context, id string) error
	// SignIn returns the user of that name if the password is theirs and they may.
	SignIn(ctx context.Context, name, password string) (u campaign.User, ok bool, err error)
	// SetPassword gives a user another password and ends their sessions.
	SetPassword(ctx context.Context, id, password string) (campaign.User, error)
	// UserLink makes the token of a link by which a user chooses a password, once.
	UserLink(ctx context.Context, id string) (token string, err error)
	// FindLink returns whose a link is, a user without an id for the first admin.
	FindLink(ctx context.Context, token string) (campaign.User, error)
	// UseLink uses a link up; name is that of the first admin.
	UseLink(ctx context.Context, token, name, password string) (campaign.User, error)
}

// userMembers writes what may be shown of a user; campaigns is null for one of all.
func (d *document) userMembers(u *campaign.User) {
	d.name("id").text(u.ID)
	d.name("name").text(u.Name)
	d.name("role").text(u.Role)
	d.name("campaigns").refsOrNull(u.Campaigns)
	d.name("has_password").bool(u.HasPassword)
	d.name("created_at").instant(u.CreatedMs)
	d.name("disabled_at").instant(u.DisabledMs)
}

func (s *Server) getUsers(c *gin.Context) error {
	users, err := s.store.Users(c.Request.Context())
	if err != nil {
		return err
	}
	var d document
	d.open('{').name("users").open('[')
	for i := range users {
		d.open('{')
		d.userMembers(&users[i])
		d.close('}')
	}
	d.close(']')
	d.close('}')
	send(c, http.StatusOK, d)
	return nil
}

// postUser makes a user; the answer is the one place where their link stands.
func (s *Server) postUser(c *gin.Context) error {
	body, err := readBody(c)
	if err != nil {
		return err
	}
	var asked struct {
		Name      string    `json:"name"`
		Role      string    `json:"role"`
		Campaigns *[]string `json:"campaigns"`
	}
	if err := campaign.DecodeStrict(body, &asked); err != nil {
		return err
	}
	campaigns, err := boundTo(asked.Campaigns, "user")
	if err != nil {
		return err
	}
	u, err := s.store.CreateUser(c.Request.Context(), asked.Name, asked.Role, campaigns...)
	if err != nil {
		return err
	}
	return s.sendLink(c, &u)
}

// putUser gives a user another role and other campaigns. Both are to be said: a list
// that was forgotten must not open all campaigns.
func (s *Server) putUser(c *gin.Context) error {
	body, err := readBody(c)
	if err != nil {
		return err
	}
	var asked struct {
		Role      string          `json:"role"`
		Campaigns json.RawMessage `json:"campaigns"`
	}
	if err := campaign.DecodeStrict(body, &asked); err != nil {
		return err
	}
	if asked.Campaigns == nil {
		return campaign.Invalidf("missing_field", "campaigns", "campaigns is missing; send those the user may see by ref or id, or null for all")
	}
	var refs *[]string
	if json.Unmarshal(asked.Campaigns, &refs) != nil {
		return campaign.Invalidf("invalid_type", "campaigns", "campaigns is no list of texts; send those the user may see by ref or id, or null for all")
	}
	u, err := s.changeUser(c, c.Param("id"), asked.Role, refs)
	if err != nil {
		return err
	}
	var d document
	d.open('{')
	d.userMembers(&u)
	d.close('}')
	send(c, http.StatusOK, d)
	return nil
}

// changeUser is for somebody else: nobody takes their own rights away by mistake.
func (s *Server) changeUser(c *gin.Context, id, role string, refs *[]string) (u campaign.User, err error) {
	if err := notOneself(c, id); err != nil {
		return u, err
	}
	campaigns, err := boundTo(refs, "user")
	if err != nil {
		return u, err
	}
	return s.store.ChangeUser(c.Request.Context(), id, role, campaigns...)
}

// boundTo is what a key or user shall be bound to. An empty list must not make one of
// all campaigns.
func boundTo(campaigns *[]string, what string) ([]string, error) {
	switch {
	case campaigns == nil:
		return nil, nil
	case len(*campaigns) == 0:
		return nil, campaign.Invalidf("missing_value", "campaigns", "campaigns names none; name at least one by ref or id, or leave campaigns out for a %s that is good for all", what)
	}
	return *campaigns, nil
}

// postUserLink makes a user another link; an earlier one is void.
func (s *Server) postUserLink(c *gin.Context) error {
	u, err := s.store.User(c.Request.Context(), c.Param("id"))
	if err != nil {
		return err
	}
	return s.sendLink(c, &u)
}

func (s *Server) sendLink(c *gin.Context, u *campaign.User) error {
	link, err := s.link(c, u.ID)
	if err != nil {
		return err
	}
	var d document
	d.open('{')
	d.name("link").text(link)
	d.name("link_ends_at").instant(s.now().Add(campaign.LinkLasts).UnixMilli())
	d.userMembers(u)
	d.close('}')
	send(c, http.StatusCreated, d)
	return nil
}

// link makes a link by which a user chooses a password.
func (s *Server) link(c *gin.Context, id string) (string, error) {
	token, err := s.store.UserLink(c.Request.Context(), id)
	return s.ownAddress(c.Request) + SetUpPath(token), err
}

// SetUpPath is the path, with its query, under which the link of that token is opened.
func SetUpPath(token string) string { return "/set-up?token=" + url.QueryEscape(token) }

// deleteUser keeps a user out. They stay listed, and a new link lets them in again.
func (s *Server) deleteUser(c *gin.Context) error {
	if err := s.disable(c, c.Param("id")); err != nil {
		return err
	}
	c.Header("Cache-Control", "no-store")
	c.Status(http.StatusNoContent)
	c.Writer.WriteHeaderNow()
	return nil
}

// disable is for somebody else: nobody locks themselves out by mistake.
func (s *Server) disable(c *gin.Context, id string) error {
	if err := notOneself(c, id); err != nil {
		return err
	}
	return s.store.DisableUser(c.Request.Context(), id)
}

func notOneself(c *gin.Context, id string) error {
	if by := keyOf(c); by.Person && by.ID == id {
		return &campaign.Error{Kind: campaign.Conflict, Code: "own_user", Field: "user", Message: "this is you; have another admin do it"}
	}
	return nil
}
