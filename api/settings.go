package api

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"ringside/api/web"
	"ringside/campaign"
)

// settingsView is the page of users or of keys.
type settingsView struct {
	Tabs    []web.Link
	Problem string
	// Shown is what is shown this once, of a user or key just made.
	Shown *shownOnce
	Rows  []settingsRow
	// What stands in the form, for another or about the one with the ID.
	ID, Name, Role string
	Roles          []string
	All            []settingsCampaign
}

type shownOnce struct{ Name, Secret string }

// settingsRow is a user or a key; Good says that it has not ended.
type settingsRow struct {
	ID, Name, Role, State, Since string
	Campaigns                    []string
	Good                         bool
}

type settingsCampaign struct {
	Ref, Name string
	Chosen    bool
}

// chosen are the campaigns that a form binds to; none for all.
func chosen(f url.Values) *[]string {
	if len(f["campaign"]) == 0 {
		return nil
	}
	refs := f["campaign"]
	return &refs
}

// showSettings adds what both pages have, keeping in the form what was sent.
func (s *Server) showSettings(c *gin.Context, status int, name string, v *settingsView, f url.Values) error {
	all, err := s.campaigns(c)
	if err != nil {
		return err
	}
	for _, of := range all {
		v.All = append(v.All, settingsCampaign{of.Ref, of.Name, slices.Contains(f["campaign"], of.Ref)})
	}
	v.Roles, v.Role = campaign.Roles, f.Get("role")
	if v.Role == "" {
		v.Role = campaign.RoleViewer
	}
	v.Tabs = settingsTabs(keyOf(c), name)
	return s.show(c, status, name, &web.Page{Title: web.T(name + ".title"), View: v})
}

// since is a date as the page shows it.
func since(ms int64) string { return campaign.FormatInstant(ms)[:len("2006-01-02")] }

// showUsers shows the users; f is the form that was refused, or nil.
func (s *Server) showUsers(c *gin.Context, status int, v *settingsView, f url.Values) error {
	users, err := s.store.Users(c.Request.Context())
	if err != nil {
		return err
	}
	for _, u := range users {
		state := "users.good"
		switch {
		case u.DisabledMs != campaign.None:
			state = "users.disabled"
		case !u.HasPassword:
			state = "users.invited"
		}
		v.Rows = append(v.Rows, settingsRow{ID: u.ID, Name: u.Name, Role: u.Role, State: web.T(state), Since: since(u.CreatedMs), Campaigns: u.Campaigns,
			Good: u.DisabledMs == campaign.None && u.ID != keyOf(c).ID})
	}
	v.Name = f.Get("name")
	return s.showSettings(c, status, "users", v, f)
}

func (s *Server) getUsersPage(c *gin.Context) error {
	return s.showUsers(c, http.StatusOK, &settingsView{}, nil)
}

// postUsersPage makes a user and shows their link.
func (s *Server) postUsersPage(c *gin.Context) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	campaigns, err := boundTo(chosen(f), "user")
	if err != nil {
		return err
	}
	u, err := s.store.CreateUser(c.Request.Context(), f.Get("name"), f.Get("role"), campaigns...)
	if err == nil {
		return s.showLink(c, &u)
	}
	if said, status, ok := refused(err); ok {
		return s.showUsers(c, status, &settingsView{Problem: said}, f)
	}
	return err
}

// showLink makes a user a link and shows it.
func (s *Server) showLink(c *gin.Context, u *campaign.User) error {
	link, err := s.link(c, u.ID)
	if err != nil {
		return err
	}
	return s.showUsers(c, http.StatusOK, &settingsView{Shown: &shownOnce{u.Name, link}}, nil)
}

// getUserPage shows a user's role and campaigns, to be changed.
func (s *Server) getUserPage(c *gin.Context) error {
	u, err := s.store.User(c.Request.Context(), c.Param("id"))
	if err != nil {
		return err
	}
	return s.showUser(c, http.StatusOK, &u, "", url.Values{"role": {u.Role}, "campaign": u.Campaigns})
}

// showUser shows the form f about a user.
func (s *Server) showUser(c *gin.Context, status int, u *campaign.User, problem string, f url.Values) error {
	v := &settingsView{ID: u.ID, Name: u.Name, Problem: problem}
	return s.showSettings(c, status, "user", v, f)
}

// changeUserPage takes the form of showUser.
func (s *Server) changeUserPage(c *gin.Context, u *campaign.User, f url.Values) error {
	_, err := s.changeUser(c, u.ID, f.Get("role"), chosen(f))
	if said, status, ok := refused(err); ok {
		return s.showUser(c, status, u, said, f)
	}
	if err != nil {
		return err
	}
	return redirect(c, "/settings/users")
}

// postUserPage changes a user, disables them or makes them another link.
func (s *Server) postUserPage(c *gin.Context) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	u, err := s.store.User(c.Request.Context(), c.Param("id"))
	if err != nil {
		return err
	}
	switch do := f.Get("do"); do {
	case "link":
		return s.showLink(c, &u)
	case "change":
		return s.changeUserPage(c, &u, f)
	case "disable":
		if err := s.disable(c, u.ID); err != nil {
			return err
		}
		return redirect(c, "/settings/users")
	}
	return campaign.Invalidf("invalid_choice", "do", "a user is sent a link, changed or disabled; send link, change or disable")
}

// showKeys shows the keys; f is the form that was refused, or nil.
func (s *Server) showKeys(c *gin.Context, status int, v *settingsView, f url.Values) error {
	keys, err := s.store.Keys(c.Request.Context())
	if err != nil {
		return err
	}
	for _, k := range keys {
		row := settingsRow{ID: k.ID, Name: k.Label, Role: k.Role, State: web.T("keys.good"), Since: since(k.CreatedMs), Campaigns: k.Campaigns, Good: true}
		if k.RevokedMs != campaign.None {
			row.State, row.Good = web.T("keys.revoked"), false
		}
		v.Rows = append(v.Rows, row)
	}
	v.Name = f.Get("label")
	return s.showSettings(c, status, "keys", v, f)
}

func (s *Server) getKeysPage(c *gin.Context) error {
	return s.showKeys(c, http.StatusOK, &settingsView{}, nil)
}

// postKeysPage makes a key and shows it.
func (s *Server) postKeysPage(c *gin.Context) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	campaigns, err := boundTo(chosen(f), "key")
	if err != nil {
		return err
	}
	full, key, err := s.store.CreateKey(c.Request.Context(), f.Get("role"), f.Get("label"), campaigns...)
	if err == nil {
		return s.showKeys(c, http.StatusOK, &settingsView{Shown: &shownOnce{key.Label, full}}, nil)
	}
	if said, status, ok := refused(err); ok {
		return s.showKeys(c, status, &settingsView{Problem: said}, f)
	}
	return err
}

// postKeyPage revokes a key.
func (s *Server) postKeyPage(c *gin.Context) error {
	if _, err := form(c); err != nil {
		return err
	}
	if err := s.store.RevokeKey(c.Request.Context(), c.Param("id")); err != nil {
		return err
	}
	return redirect(c, "/settings/keys")
}
