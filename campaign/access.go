package campaign

import "slices"

// The roles of keys. What each may do stands in one table, in package api.
const (
	RoleDialer   = "dialer"
	RoleViewer   = "viewer"
	RoleTeamLead = "team_lead"
	RoleFinance  = "finance"
	RoleAdmin    = "admin"
)

// Roles lists the roles in the order they are documented.
var Roles = []string{RoleDialer, RoleViewer, RoleTeamLead, RoleFinance, RoleAdmin}

// CheckRole reports whether there is such a role.
func CheckRole(role string) error { return oneOf("role", role, Roles) }

// AccessKey is what a request is let in by, without its secret: a key, or a person
// who signed in. One table of rights serves both.
type AccessKey struct {
	ID    string
	Role  string
	Label string
	// Campaigns are the store's names of the campaigns and queues the key is bound to,
	// in order; a key bound to none is good for all, also for those to come.
	Campaigns []string
	CreatedMs int64
	RevokedMs int64 // None while it is good
	// Person says that it stands for a person who signed in; ID and Label are then
	// the user's id and name.
	Person bool
}

// Bound reports whether the key is good for some campaigns only.
func (k *AccessKey) Bound() bool { return len(k.Campaigns) > 0 }

// Places are the refs of the campaigns and of the queues that the key is bound to.
func (k *AccessKey) Places() (campaigns, queues []string) {
	for _, name := range k.Campaigns {
		if queue, ok := QueueOf(name); ok {
			queues = append(queues, queue)
		} else {
			campaigns = append(campaigns, name)
		}
	}
	return campaigns, queues
}

// Knows reports whether the key may learn that the campaign of that ref exists.
func (k *AccessKey) Knows(ref string) bool { return !k.Bound() || slices.Contains(k.Campaigns, ref) }
