package twin

import (
	"fmt"
	"maps"
	"math/big"
	"time"
	_ "time/tzdata" // zones on machines that have none
)

// Disposition says what an outcome code means in one campaign.
type Disposition struct{ Code, Category, Stage string }

// Campaign is the part of a campaign's configuration that numbers depend on.
// Zero ConversionWindowDays is 30, nil Stages the default six, Compliance ""
// is us_tsr, TimeZone "" is UTC. StartsOn is a local day, "2026-01-05".
type Campaign struct {
	Ref, TimeZone, Currency, DialMode, StartsOn, Compliance string
	ConversionWindowDays                                    int
	StrictLeads                                             bool
	Stages                                                  []string
	Dispositions                                            []Disposition
	// Statuses are the categories of dialers' own codes, by dialer.
	Statuses map[string]map[string]string
	// CostBasis says, by category, which counts of what is entered and rated.
	CostBasis map[string]string
}

// World is everything ever posted, by campaign. It is not safe for
// concurrent use.
type World struct {
	campaigns map[string]*campaign
	shared    map[string]*versions // costs of no campaign
	teams     map[string]string    // of agents, as they are now
	posts     []arrived            // in order of arrival, for AsKnown
	changes   int                  // how often anything was said
	states    *States              // what agents do
	zone      *time.Location       // the installation's
	spells    []spell              // what work returned after so many changes
	spellsOf  int
	handledOn map[string][]*big.Int // what handled returned after so many changes
	handledOf int
}

// arrived is one item as it came.
type arrived struct {
	campaign, collection string
	item                 map[string]any
	arrival              int64
}

// campaign holds the configuration of today and the versions of all facts.
type campaign struct {
	config   Campaign
	teams    map[string]string // the world's
	zone     *time.Location
	leads    map[string]*versions
	posted   map[string]bool // leads that came by POST …/leads
	attempts map[string]*versions
	costs    map[string]*versions
	rates    rates
	world    *World

	entries   []cost // what currentCosts returned after so many changes
	entriesOf int
	merged    []*lead // what read returned; nil when something was posted since
}

// New returns a world without campaigns.
func New() *World {
	return &World{campaigns: map[string]*campaign{}, shared: map[string]*versions{}, teams: map[string]string{}, states: &States{}, zone: time.UTC}
}

// PutAgent says which team an agent is in from now on, and ever was; "" is none.
func (w *World) PutAgent(agent, team string) { w.teams[agent] = team }

// PutCampaign creates or replaces a configuration; the whole past is read by
// the new one. An unknown zone panics.
func (w *World) PutCampaign(c Campaign) {
	if c.ConversionWindowDays == 0 {
		c.ConversionWindowDays = 30
	}
	if c.Stages == nil {
		c.Stages = []string{"lead", "dialed", "contacted", "interested", "signed_up", "closed"}
	}
	if c.Compliance == "" {
		c.Compliance = "us_tsr"
	}
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		panic(fmt.Sprintf("twin: campaign %s: %v", c.Ref, err))
	}
	if _, known := profiles[c.Compliance]; !known {
		panic("twin: unknown compliance profile " + c.Compliance)
	}
	w.changes++
	into := w.campaigns[c.Ref]
	if into == nil {
		into = &campaign{
			world: w, teams: w.teams,
			leads: map[string]*versions{}, posted: map[string]bool{},
			attempts: map[string]*versions{}, costs: map[string]*versions{},
		}
		w.campaigns[c.Ref] = into
	}
	into.config, into.zone, into.merged, into.entries = c, zone, nil, nil
}

// Post takes one valid item in the API's JSON form for collection "leads",
// "attempts", "outcomes" or "costs" of a campaign, or all its "rates", or of the "states" of
// the installation's agents. arrival is strictly
// increasing, in microseconds UTC, and dates an undated version.
func (w *World) Post(campaignRef, collection string, item map[string]any, arrival int64) {
	w.changes++
	if collection == "states" {
		w.posts = append(w.posts, arrived{campaignRef, collection, maps.Clone(item), arrival})
		w.states.Post(item, arrival)
		return
	}
	c := w.campaign(campaignRef)
	c.merged = nil
	w.posts = append(w.posts, arrived{campaignRef, collection, maps.Clone(item), arrival})
	switch collection {
	case "leads":
		ref := text(item["ref"])
		c.posted[ref] = true
		// To have come by itself is part of what a post of a lead says: it is not
		// a repetition of the same words inside an attempt.
		own := maps.Clone(item)
		own["posted"] = true
		version(c.leads, ref).add(leadFields, own, arrival)
	case "attempts":
		c.postLeadObject(item, arrival)
		version(c.attempts, text(item["ref"])).add(attemptFields, item, arrival)
	case "outcomes":
		// An outcome is a version of its attempt.
		version(c.attempts, text(item["attempt"])).add(attemptFields, item, arrival)
	case "costs":
		// A shared cost (campaign null) is no entry of this campaign.
		if owner, named := item["campaign"]; named && owner == nil {
			version(w.shared, text(item["ref"])).add(costFields, item, arrival)
			return
		}
		version(c.costs, text(item["ref"])).add(costFields, item, arrival)
	case "rates":
		c.readRates(item)
	default:
		panic("twin: unknown collection " + collection)
	}
}

// postLeadObject takes the lead of an attempt that was given as an object: a
// version of the lead, dated as the attempt's version, without generated_at.
// It does not count as posting the lead.
func (c *campaign) postLeadObject(attempt map[string]any, arrival int64) {
	object, isObject := attempt["lead"].(map[string]any)
	if !isObject {
		return
	}
	item := maps.Clone(object)
	delete(item, "generated_at")
	delete(item, "updated_at")
	if at, dated := attempt["updated_at"]; dated {
		item["updated_at"] = at
	}
	version(c.leads, text(item["ref"])).add(leadFields, item, arrival)
}

// AsKnown returns the world as it was known at an instant: what had arrived by
// then, under the configuration and in the teams of today.
func (w *World) AsKnown(at time.Time) *World {
	then := New()
	then.teams, then.zone = w.teams, w.zone
	for _, c := range w.campaigns {
		then.PutCampaign(c.config)
	}
	for _, p := range w.posts {
		if p.arrival <= at.UnixMicro() {
			then.Post(p.campaign, p.collection, p.item, p.arrival)
		}
	}
	return then
}

func (w *World) campaign(ref string) *campaign {
	c := w.campaigns[ref]
	if c == nil {
		panic("twin: unknown campaign " + ref)
	}
	return c
}

func version(facts map[string]*versions, ref string) *versions {
	if facts[ref] == nil {
		facts[ref] = &versions{undated: map[string]bool{}}
	}
	return facts[ref]
}
