package campaign

import (
	"math"
	"strings"
)

// A queue is counted as a campaign is: it has a number of the same row, versions of
// facts, cells, and generations of these. What tells it apart is its ref in the
// store, which stands behind a word and a slash, as no caller's ref can.
const queueWord = "queue/"

// QueueKey is the name by which the store knows the queue of a ref or id.
func QueueKey(name string) string { return queueWord + name }

// QueueOf returns the ref or id of the queue that a store's name is about; ok is
// false for that of a campaign.
func QueueOf(key string) (name string, ok bool) { return strings.CutPrefix(key, queueWord) }

// CheckKey is CheckRef for the store's names of campaigns, queues and the installation.
func CheckKey(key string) error {
	if key == ServiceKey {
		return nil
	}
	return CheckRef(strings.TrimPrefix(key, queueWord))
}

// Named is the campaign's or queue's own ref, and which of the two it is. The installation
// is the scope "service".
func (c *Campaign) Named() (what, ref string) {
	if c.Ref == ServiceKey {
		return "scope", "service"
	}
	if name, ok := QueueOf(c.Ref); ok {
		return "queue", name
	}
	return "campaign", c.Ref
}

// Queue is what a queue is configured by beside its name and time zone.
type Queue struct {
	// ServiceLevelS is the threshold of the service level in whole seconds.
	ServiceLevelS int64 `json:"service_level_s"`
	// ShortAbandonMs: who gives up before so long is left out of the abandonment rate.
	ShortAbandonMs int64 `json:"short_abandon_ms"`
	// Campaigns are the refs of those whose callers come here: their pages show the queue
	// beside what is dialed.
	Campaigns []string `json:"campaigns,omitempty"`
}

// queueCampaignsMost bounds the campaigns of a queue.
const queueCampaignsMost = 100

// ServiceLevelMost bounds the threshold of a service level, in seconds: so far waits
// are kept to the second.
const ServiceLevelMost = 7200

// defaultServiceLevelS is the threshold of a queue that names none.
const defaultServiceLevelS = 20

// DecodeQueue reads the body of PUT /v1/queues/{ref}, fills in defaults and checks
// it.
func DecodeQueue(body []byte) (Config, error) {
	var said struct {
		Name          string   `json:"name"`
		TimeZone      string   `json:"time_zone"`
		ServiceLevelS *int64   `json:"service_level_s"`
		ShortAbandonS *float64 `json:"short_abandon_s"`
		Campaigns     []string `json:"campaigns"`
	}
	if err := DecodeStrict(body, &said); err != nil {
		return Config{}, err
	}
	days := 0
	c := Config{Name: said.Name, TimeZone: said.TimeZone, ConversionWindowDays: &days, Queue: &Queue{ServiceLevelS: defaultServiceLevelS}}
	if err := c.checkNameAndZone("queue"); err != nil {
		return Config{}, err
	}
	if said.ServiceLevelS != nil {
		c.Queue.ServiceLevelS = *said.ServiceLevelS
	}
	if err := CheckServiceLevel(c.Queue.ServiceLevelS); err != nil {
		return Config{}, err
	}
	if said.ShortAbandonS != nil {
		if s := *said.ShortAbandonS; s < 0 || s > ServiceLevelMost {
			return Config{}, Invalidf("invalid_number", "short_abandon_s", "%v is not between 0 and %d seconds", s, ServiceLevelMost)
		}
		c.Queue.ShortAbandonMs = int64(math.Round(*said.ShortAbandonS * 1000))
	}
	c.Queue.Campaigns = said.Campaigns
	if len(said.Campaigns) > queueCampaignsMost {
		return Config{}, Invalidf("too_many", "campaigns", "%d campaigns; a queue belongs to at most %d", len(said.Campaigns), queueCampaignsMost)
	}
	for _, name := range said.Campaigns {
		if err := CheckRef(name); err != nil {
			return Config{}, at(err, "campaigns")
		}
	}
	return c, nil
}

// CheckServiceLevel holds a threshold to what waits are kept by.
func CheckServiceLevel(seconds int64) error {
	if seconds < 0 || seconds > ServiceLevelMost {
		return Invalidf("invalid_number", "service_level_s", "%d is not between 0 and %d seconds", seconds, ServiceLevelMost)
	}
	return nil
}

// checkNameAndZone checks what campaigns and queues both have.
func (c *Config) checkNameAndZone(what string) (err error) {
	if c.Name == "" {
		return Invalidf("missing_field", "name", "name is missing; send what people call the %s", what)
	}
	if c.Name, err = CleanText(c.Name); err != nil {
		return at(err, "name")
	}
	if c.TimeZone == "" {
		return Invalidf("missing_field", "time_zone", "time_zone is missing; send an IANA name like Europe/Lisbon")
	}
	if _, err = LoadZone(c.TimeZone); err != nil {
		return at(err, "time_zone")
	}
	return nil
}

// shortAbandonMs is the queue's, 0 for a campaign.
func (c *Config) shortAbandonMs() int64 {
	if c.Queue == nil {
		return 0
	}
	return c.Queue.ShortAbandonMs
}

// Missing says that there is no such campaign or queue, by the store's name for it.
func Missing(key string) error {
	if name, ok := QueueOf(key); ok {
		return NotFoundf("queue", "there is no queue %q; create it with PUT /v1/queues/%s", name, name)
	}
	return NotFoundf("campaign", "there is no campaign %q; create it with PUT /v1/campaigns/%s", key, key)
}
