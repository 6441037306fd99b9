package api

import (
	"slices"
	"strings"

	"ringside/campaign"
)

// right is what a route asks of a key. A route names one or several: any of them
// opens it.
type right string

type rights []right

const (
	anybody     right = "anybody"   // no key at all
	ownProof    right = "own_proof" // no key, but the proof its source asks for
	anyKey      right = "any_key"
	signedIn    right = "signed_in" // a person, no key
	postFacts   right = "post_facts"
	readReports right = "read_reports"
	readFacts   right = "read_facts"
	seePhones   right = "see_phones"
	editLeads   right = "edit_leads"
	seeCosts    right = "costs"
	shareCosts  right = "share_costs"

	closePeriods  right = "periods"
	reopenPeriods right = "reopen_periods"

	exportFacts right = "export"
	configure   right = "configure"
	manageKeys  right = "manage_keys"
	manageUsers right = "manage_users"
	readAgents  right = "read_agents"
	nameAgents  right = "name_agents"
	seeMetrics  right = "see_metrics"

	createCampaigns right = "create_campaigns"

	readService   right = "read_service"
	defineKPIs    right = "define_kpis"
	setTargets    right = "set_targets"
	manageSources right = "manage_sources"
	readMessages  right = "read_messages"
)

// grant is one line of the table of rights.
type grant struct {
	right right
	roles []string
	// allows says in words what one may do with it.
	allows string
	// everywhere rights reach beyond single campaigns: a key that is bound to some
	// has none of them, whatever its role.
	everywhere bool
	// personal rights are those of people who signed in: no key has them.
	personal bool
}

// grants is the one table of rights: who is let in, what GET /v1/me answers, what
// GET /openapi.json and GET /docs say of roles, all is made from it.
var grants = []grant{
	{right: postFacts, roles: []string{campaign.RoleDialer, campaign.RoleAdmin},
		allows: "post leads, attempts and outcomes, calls of queues, and measures; with a key that is bound to none, surveys, reviews, cases, customers, searches and agents' states too"},
	{right: readReports, roles: []string{campaign.RoleViewer, campaign.RoleTeamLead, campaign.RoleFinance, campaign.RoleAdmin},
		allows: "read campaigns, queues, figures, funnels, the catalogue and the overview page"},
	{right: readFacts, roles: []string{campaign.RoleTeamLead, campaign.RoleAdmin},
		allows: "read leads, attempts, calls and other facts of service, and those behind a number"},
	{right: seePhones, roles: []string{campaign.RoleTeamLead, campaign.RoleAdmin},
		allows: "see phone numbers unmasked, also in names and notes, and the attributes of leads"},
	{right: editLeads, roles: []string{campaign.RoleTeamLead, campaign.RoleAdmin},
		allows: "mark leads as asking not to be called"},
	{right: seeCosts, roles: []string{campaign.RoleFinance, campaign.RoleAdmin},
		allows: "post and read costs, put and read rates, and read what is behind a cost figure"},
	{right: shareCosts, roles: []string{campaign.RoleFinance, campaign.RoleAdmin}, everywhere: true,
		allows: "post and read costs that campaigns share, and exchange rates, with a key that is bound to no campaign"},
	{right: closePeriods, roles: []string{campaign.RoleFinance, campaign.RoleAdmin},
		allows: "close months, and read their frozen figures and restatements"},
	{right: reopenPeriods, roles: []string{campaign.RoleAdmin},
		allows: "open closed months again"},
	{right: exportFacts, roles: []string{campaign.RoleFinance, campaign.RoleAdmin},
		allows: "export leads, attempts, outcomes, costs, calls and other facts of service; without see_phones less phone numbers, attributes of leads, and names and notes that hold numbers"},
	{right: configure, roles: []string{campaign.RoleAdmin},
		allows: "change campaigns and queues"},
	{right: createCampaigns, roles: []string{campaign.RoleAdmin}, everywhere: true,
		allows: "create campaigns and queues, with a key that is bound to none"},
	{right: manageKeys, roles: []string{campaign.RoleAdmin}, everywhere: true,
		allows: "create, list and revoke keys, with a key that is bound to no campaign"},
	{right: manageUsers, roles: []string{campaign.RoleAdmin}, everywhere: true,
		allows: "say who may sign in, with a key that is bound to no campaign"},
	{right: readAgents, roles: []string{campaign.RoleViewer, campaign.RoleTeamLead, campaign.RoleFinance, campaign.RoleAdmin}, everywhere: true,
		allows: "read the names and teams of agents, with a key that is bound to no campaign"},
	{right: nameAgents, roles: []string{campaign.RoleAdmin}, everywhere: true,
		allows: "say which name an agent has and which team, with a key that is bound to no campaign"},
	{right: readService, roles: []string{campaign.RoleViewer, campaign.RoleTeamLead, campaign.RoleFinance, campaign.RoleAdmin}, everywhere: true,
		allows: "read figures of the whole installation, and what its service is configured by, with a key that is bound to none"},
	{right: defineKPIs, roles: []string{campaign.RoleAdmin}, everywhere: true,
		allows: "define KPIs of one's own, with a key that is bound to no campaign"},
	{right: setTargets, roles: []string{campaign.RoleTeamLead, campaign.RoleAdmin},
		allows: "set and remove targets of campaigns and queues"},
	{right: manageSources, roles: []string{campaign.RoleAdmin}, everywhere: true,
		allows: "say which dialers send messages, and have them read anew, with a key that is bound to no campaign"},
	{right: readMessages, roles: []string{campaign.RoleTeamLead, campaign.RoleAdmin}, everywhere: true,
		allows: "read the messages of dialers as they came, phone numbers and all, with a key that is bound to no campaign"},
	{right: seeMetrics, roles: []string{campaign.RoleViewer, campaign.RoleTeamLead, campaign.RoleFinance, campaign.RoleAdmin}, everywhere: true,
		allows: "see how the server is doing, with a key that is bound to no campaign"},
}

// grantOf returns a right's line of the table; ok is false when it has none.
func grantOf(r right) (g grant, ok bool) {
	switch r {
	case anybody:
		return grant{right: anybody, allows: "needs no key"}, true
	case ownProof:
		return grant{right: ownProof, allows: "needs no key, but the proof that its source asks for"}, true
	case anyKey:
		return grant{right: anyKey, roles: campaign.Roles, allows: "needs a key, of any role"}, true
	case signedIn:
		return grant{right: signedIn, roles: campaign.Roles, allows: "needs a person who signed in, of any role", personal: true}, true
	}
	at := slices.IndexFunc(grants, func(g grant) bool { return g.right == r })
	if at < 0 {
		return grant{}, false
	}
	return grants[at], true
}

// may reports whether a key has the right.
func may(key *campaign.AccessKey, r right) bool {
	g, _ := grantOf(r)
	return slices.Contains(g.roles, key.Role) && !(g.everywhere && key.Bound()) && !(g.personal && !key.Person)
}

// mayAny reports whether a key has any of the rights.
func mayAny(key *campaign.AccessKey, need rights) bool {
	return slices.ContainsFunc(need, func(r right) bool { return may(key, r) })
}

// roles lists the roles that have any of the rights, in order; nil where no key is
// needed.
func (need rights) roles() []string {
	if need.keyless() {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(campaign.Roles), func(role string) bool {
		return !mayAny(&campaign.AccessKey{Role: role, Person: true}, need)
	})
}

// keyless reports whether no key is needed.
func (need rights) keyless() bool {
	return slices.Contains(need, anybody) || slices.Contains(need, ownProof)
}

// check panics for a right without a line in the table: such a route would let
// nobody in, or everybody.
func (need rights) check(where string) {
	if len(need) == 0 {
		panic("api: no right guards " + where)
	}
	for _, r := range need {
		if _, ok := grantOf(r); !ok {
			panic("api: the right of " + where + " is not in the table of rights: " + string(r))
		}
	}
}

func joinRights(need rights, with string) string {
	names := make([]string, len(need))
	for i, r := range need {
		names[i] = string(r)
	}
	return strings.Join(names, with)
}

// refusal says why a key may not and which may.
func (need rights) refusal(key *campaign.AccessKey) string {
	g, _ := grantOf(need[0])
	needs, bound := "this takes the right "+joinRights(need, " or ")+", which ", g.everywhere && slices.Contains(g.roles, key.Role)
	switch {
	case g.personal:
		return "this is for people who signed in; a key has no password and no session"
	case key.Person && bound:
		return needs + "people who are bound to campaigns do not have; ask an admin who is bound to none"
	case key.Person:
		return needs + "people of role " + key.Role + " do not have; ask an admin"
	case bound:
		return needs + "a key that is bound to campaigns does not have; use a key of role " + strings.Join(g.roles, " or ") + " that is bound to none"
	}
	return needs + "a key of role " + key.Role + " does not have; use one of role " + strings.Join(need.roles(), " or ")
}
