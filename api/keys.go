package api

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"ringside/campaign"
)

type keyStore interface {
	// FindKey returns the key that was presented; ok is false when it is unknown,
	// wrong or revoked.
	FindKey(ctx context.Context, presented string) (key campaign.AccessKey, ok bool, err error)
	// CreateKey makes a key, bound to campaigns if any are named, and returns it
	// once in full.
	CreateKey(ctx context.Context, role, label string, campaigns ...string) (full string, key campaign.AccessKey, err error)
	// Keys returns all keys in order of creation.
	Keys(ctx context.Context) ([]campaign.AccessKey, error)
	// RevokeKey makes a key useless from now on.
	RevokeKey(ctx context.Context, id string) error
}

// getMe says what the presented key may do.
func (s *Server) getMe(c *gin.Context) error {
	key := keyOf(c)
	var d document
	d.open('{')
	d.name("kind").text(kindOf(key))
	d.keyMembers(key)
	d.name("rights").open('[')
	for _, g := range grants {
		if may(key, g.right) {
			d.text(string(g.right))
		}
	}
	d.close(']')
	d.close('}')
	send(c, http.StatusOK, d)
	return nil
}

// kindOf tells a person who signed in from a key.
func kindOf(key *campaign.AccessKey) string {
	if key.Person {
		return "person"
	}
	return "key"
}

// keyMembers writes what may be shown of a key; campaigns is null for a key of all.
func (d *document) keyMembers(key *campaign.AccessKey) {
	d.name("id").text(key.ID)
	d.name("role").text(key.Role)
	d.name("label").text(key.Label)
	campaigns, queues := key.Places()
	d.name("campaigns").refs(campaigns, key.Bound())
	if len(queues) > 0 {
		d.name("queues").refs(queues, true)
	}
	d.name("created_at").instant(key.CreatedMs)
}

// refsOrNull writes the campaigns that a key or user is bound to, null for all.
func (d *document) refsOrNull(refs []string) { d.refs(refs, len(refs) > 0) }

// refs writes refs in their order, or null where there is no list.
func (d *document) refs(refs []string, some bool) {
	if !some {
		d.null()
		return
	}
	d.open('[')
	for _, ref := range refs {
		d.text(ref)
	}
	d.close(']')
}

func (s *Server) getKeys(c *gin.Context) error {
	keys, err := s.store.Keys(c.Request.Context())
	if err != nil {
		return err
	}
	var d document
	d.open('{').name("keys").open('[')
	for i := range keys {
		d.open('{')
		d.keyMembers(&keys[i])
		d.name("revoked_at").instant(keys[i].RevokedMs)
		d.close('}')
	}
	d.close(']')
	d.close('}')
	send(c, http.StatusOK, d)
	return nil
}

// postKey makes a key; the answer is the one place where it stands in full.
func (s *Server) postKey(c *gin.Context) error {
	body, err := readBody(c)
	if err != nil {
		return err
	}
	var asked struct {
		Role      string    `json:"role"`
		Label     string    `json:"label"`
		Campaigns *[]string `json:"campaigns"`
		Queues    *[]string `json:"queues"`
	}
	if err := campaign.DecodeStrict(body, &asked); err != nil {
		return err
	}
	if asked.Queues != nil {
		names := []string{}
		if asked.Campaigns != nil {
			names = append(names, *asked.Campaigns...)
		}
		for _, queue := range *asked.Queues {
			names = append(names, campaign.QueueKey(queue))
		}
		asked.Campaigns = &names
	}
	bound, err := boundTo(asked.Campaigns, "key")
	if err != nil {
		return err
	}
	full, key, err := s.store.CreateKey(c.Request.Context(), asked.Role, asked.Label, bound...)
	if err != nil {
		return err
	}
	var d document
	d.open('{')
	d.name("key").text(full)
	d.keyMembers(&key)
	d.close('}')
	send(c, http.StatusCreated, d)
	return nil
}

// deleteKey revokes a key. It stays listed, so that one can see whose it was.
func (s *Server) deleteKey(c *gin.Context) error {
	if err := s.store.RevokeKey(c.Request.Context(), c.Param("id")); err != nil {
		return err
	}
	c.Header("Cache-Control", "no-store")
	c.Status(http.StatusNoContent)
	c.Writer.WriteHeaderNow()
	return nil
}
