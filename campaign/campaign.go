package campaign

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Limits of one campaign's configuration.
const (
	stagesMost       = 32
	dispositionsMost = 5000
	windowDaysMost   = 3650
)

// Category is what a disposition means; each campaign maps its codes to one.
// The numbers are stored.
type Category uint8

// The categories, decisions first.
const (
	CategoryNone Category = iota
	Sale
	SaleCancelled
	Interested
	Callback
	Refusal
	DNC
	WrongParty
	Abandoned
	MachineCategory
	NoAnswerCategory
	BusyCategory
	Unworkable
	Technical
)

var categoryNames = []string{"none", "sale", "sale_cancelled", "interested", "callback", "refusal", "dnc",
	"wrong_party", "abandoned", "machine", "no_answer", "busy", "unworkable", "technical"}

func (c Category) String() string { return categoryNames[c] }

// Decision reports whether the category settles a call.
func (c Category) Decision() bool { return c >= Sale && c <= DNC }

// DialMode is how a campaign's calls are placed.
type DialMode string

// AgentFromStart reports whether the agent is on the line before the customer
// answers, so that every live answer is a conversation.
func (m DialMode) AgentFromStart() bool { return m == "manual" || m == "preview" }

var (
	dialModes          = []string{"manual", "preview", "progressive", "predictive"}
	complianceProfiles = []string{"us_tsr", "uk_2008", "ca_crtc", "none"}
)

// Categories returns the words for categories, in the order of their numbers.
func Categories() []string { return slices.Clone(categoryNames) }

// DialModes returns the words for how calls are placed.
func DialModes() []string { return slices.Clone(dialModes) }

// ComplianceProfiles returns the ids of the rules that a campaign may be held to.
func ComplianceProfiles() []string { return slices.Clone(complianceProfiles) }

// DefaultStages are the funnel stages of a campaign that names none.
var DefaultStages = []string{"lead", "dialed", "contacted", "interested", "signed_up", "closed"}

// Disposition maps one outcome code to its meaning.
type Disposition struct {
	Code     string `json:"code"`
	Label    string `json:"label,omitempty"`
	Category string `json:"category"`
	Stage    string `json:"stage,omitempty"`
}

// Config is a campaign as PUT: who it is and how its facts are read.
type Config struct {
	Name                 string        `json:"name"`
	TimeZone             string        `json:"time_zone"`
	Currency             string        `json:"currency"`
	DialMode             DialMode      `json:"dial_mode"`
	StartsOn             string        `json:"starts_on,omitempty"`
	EndsOn               string        `json:"ends_on,omitempty"`
	Compliance           string        `json:"compliance"`
	ConversionWindowDays *int          `json:"conversion_window_days"`
	StrictLeads          bool          `json:"strict_leads"`
	Stages               []string      `json:"stages"`
	Dispositions         []Disposition `json:"dispositions"`
	// CostBasis says which counts where a category of cost is both entered and rated.
	CostBasis CostBasis `json:"cost_basis,omitzero"`
	// Rates are the cards calls are rated by; they are no part of a PUT.
	Rates *Rates `json:"rates,omitempty"`
	// Codes are the categories of codes that sources of this campaign used, by
	// source; "" where neither the source nor its kind knows the code. The store
	// adds them as they come: they are no part of a PUT.
	Codes map[string]map[string]string `json:"codes,omitempty"`
	// Queue is set where this is the configuration of a queue. It is no part of a PUT
	// of a campaign either.
	Queue *Queue `json:"queue,omitempty"`
	// Service is set where this is the configuration of the installation itself, and
	// likewise.
	Service *Service `json:"service,omitempty"`
}

// Campaign is a stored campaign. Number is its small key inside the store and
// part of every server id of its facts.
type Campaign struct {
	Number    int64
	Ref       string
	CreatedMs int64
	// ConfigVersion counts the changes of Config and Wanted.
	ConfigVersion int64
	// Config is how the campaign's figures are counted.
	Config
	// Wanted is the configuration that was put last, while the campaign is counted
	// again by it; nil otherwise.
	Wanted *Config
}

// DecodeConfig reads the body of PUT /v1/campaigns/{ref}, fills in defaults and
// checks it.
func DecodeConfig(body []byte) (Config, error) {
	var c Config
	if err := DecodeStrict(body, &c); err != nil {
		return Config{}, err
	}
	if c.Rates != nil {
		return Config{}, Invalidf("unknown_field", "rates", "%q is not a field here; send them with PUT /v1/campaigns/{campaign}/rates", "rates")
	}
	if c.Codes != nil {
		return Config{}, Invalidf("unknown_field", "codes", "%q is not a field here; map codes in dispositions, or in the source's statuses", "codes")
	}
	if c.Queue != nil {
		return Config{}, Invalidf("unknown_field", "queue", "%q is not a field here; queues are put to /v1/queues/{ref}", "queue")
	}
	if c.Service != nil {
		return Config{}, Invalidf("unknown_field", "service", "%q is not a field here; it is put to /v1/service", "service")
	}
	if c.Compliance == "" {
		c.Compliance = "us_tsr"
	}
	if c.ConversionWindowDays == nil {
		days := 30
		c.ConversionWindowDays = &days
	}
	if c.Stages == nil {
		c.Stages = slices.Clone(DefaultStages)
	}
	if c.Dispositions == nil {
		c.Dispositions = []Disposition{}
	}
	if err := c.check(); err != nil {
		return Config{}, err
	}
	return c, nil
}

func (c *Config) check() error {
	if err := c.checkNameAndZone("campaign"); err != nil {
		return err
	}
	if c.Currency == "" {
		return Invalidf("missing_field", "currency", "currency is missing; send an ISO 4217 code like EUR")
	}
	if _, err := CurrencyDigits(c.Currency); err != nil {
		return at(err, "currency")
	}
	if err := oneOf("dial_mode", string(c.DialMode), dialModes); err != nil {
		return err
	}
	if err := oneOf("compliance", c.Compliance, complianceProfiles); err != nil {
		return err
	}
	if d := *c.ConversionWindowDays; d < 0 || d > windowDaysMost {
		return Invalidf("invalid_number", "conversion_window_days", "%d is not between 0 and %d days", d, windowDaysMost)
	}
	if err := c.CostBasis.check(); err != nil {
		return err
	}
	if err := c.checkDates(); err != nil {
		return err
	}
	if err := c.checkStages(); err != nil {
		return err
	}
	return c.checkDispositions()
}

func (c *Config) checkDates() error {
	var days [2]Day
	for i, f := range []struct{ name, text string }{{"starts_on", c.StartsOn}, {"ends_on", c.EndsOn}} {
		if f.text == "" {
			continue
		}
		day, err := ParseDay(f.text)
		if err != nil {
			return at(err, f.name)
		}
		days[i] = day
	}
	if c.StartsOn != "" && c.EndsOn != "" && days[1] < days[0] {
		return Invalidf("invalid_time", "ends_on", "ends_on is before starts_on; send the last day of the campaign")
	}
	return nil
}

func (c *Config) checkStages() error {
	if n := len(c.Stages); n < 1 || n > stagesMost {
		return Invalidf("invalid_stages", "stages", "%d stages; send 1 to %d, in the order leads pass them", n, stagesMost)
	}
	for i, stage := range c.Stages {
		clean, err := CleanText(stage)
		if err != nil {
			return at(err, fmt.Sprintf("stages[%d]", i))
		}
		if slices.Contains(c.Stages[:i], clean) {
			return Invalidf("duplicate_stage", fmt.Sprintf("stages[%d]", i), "the stage %q stands twice; each stage is named once", clean)
		}
		c.Stages[i] = clean
	}
	return nil
}

func (c *Config) checkDispositions() error {
	if n := len(c.Dispositions); n > dispositionsMost {
		return Invalidf("too_many", "dispositions", "%d dispositions; at most %d are kept", n, dispositionsMost)
	}
	seen := make(map[string]bool, len(c.Dispositions))
	for i := range c.Dispositions {
		d, field := &c.Dispositions[i], fmt.Sprintf("dispositions[%d]", i)
		code, err := CleanText(d.Code)
		if err != nil {
			return at(err, field+".code")
		}
		if d.Code = code; seen[code] {
			return Invalidf("duplicate_disposition", field+".code", "the code %q stands twice; each code is mapped once", code)
		}
		seen[code] = true
		if err := oneOf(field+".category", d.Category, categoryNames); err != nil {
			return err
		}
		if d.Stage = strings.TrimSpace(d.Stage); d.Stage != "" && !slices.Contains(c.Stages, d.Stage) {
			return Invalidf("unknown_stage", field+".stage", "%q is not one of the campaign's stages (%s); name one of them or leave stage out",
				clip(d.Stage), strings.Join(c.Stages, ", "))
		}
	}
	return nil
}

func oneOf(field, word string, words []string) error {
	if slices.Contains(words, word) {
		return nil
	}
	if word == "" {
		return Invalidf("missing_field", field, "%s is missing; send one of %s", field, strings.Join(words, ", "))
	}
	return Invalidf("invalid_choice", field, "%q is not one of %s", clip(word), strings.Join(words, ", "))
}

// Location returns the campaign's time zone, which was checked when it was set.
func (c *Config) Location() *time.Location {
	loc, err := LoadZone(c.TimeZone)
	if err != nil {
		panic("campaign: a stored time zone does not load: " + c.TimeZone)
	}
	return loc
}

// Digits returns the decimals of the campaign's currency.
func (c *Config) Digits() int {
	if c.Currency == NoCurrency {
		return 2
	}
	return currencyDigits[c.Currency]
}

// Meaning is what one disposition code says: its category and, from 0, the
// funnel stage it names, or −1.
type Meaning struct {
	Category Category
	Stage    int
}

// Meanings returns the campaign's mapping by code. A code that is not in it is
// unmapped: category none, no stage.
func (c *Config) Meanings() map[string]Meaning {
	m := make(map[string]Meaning, len(c.Dispositions))
	for _, d := range c.Dispositions {
		m[d.Code] = Meaning{
			Category: Category(slices.Index(categoryNames, d.Category)),
			Stage:    slices.Index(c.Stages, d.Stage),
		}
	}
	return m
}

// CountedLike returns the configuration with what gives facts their meaning taken
// from another.
func (c *Config) CountedLike(o *Config) Config {
	out := *c
	out.TimeZone, out.DialMode, out.StrictLeads, out.Compliance = o.TimeZone, o.DialMode, o.StrictLeads, o.Compliance
	out.Stages, out.Dispositions, out.Codes, out.Rates = o.Stages, o.Dispositions, o.Codes, o.Rates
	if c.Queue != nil {
		queue := *c.Queue
		queue.ShortAbandonMs = o.shortAbandonMs()
		out.Queue = &queue
	}
	if c.Service != nil && o.Service != nil {
		out.Service = &Service{Hours: o.Service.Hours, AcquisitionMinor: c.Service.AcquisitionMinor}
	}
	return out
}

// ReadsAlike reports whether both configurations give every stored fact the same
// meaning, so that nothing needs to be counted again.
func (c *Config) ReadsAlike(o *Config) bool {
	alike := func(a, b Disposition) bool { return a.Code == b.Code && a.Category == b.Category && a.Stage == b.Stage }
	return c.TimeZone == o.TimeZone && c.DialMode == o.DialMode && c.StrictLeads == o.StrictLeads && c.Compliance == o.Compliance &&
		slices.Equal(c.Stages, o.Stages) && slices.EqualFunc(c.Dispositions, o.Dispositions, alike) &&
		codesAlike(c.Codes, o.Codes) && codesAlike(o.Codes, c.Codes) && c.Rates.Equal(o.Rates) && c.shortAbandonMs() == o.shortAbandonMs() &&
		c.Service.equal(o.Service)
}

// codesAlike reports whether b says of every code that a names what a says. A code
// that is missing is one that nobody used: it says nothing.
func codesAlike(a, b map[string]map[string]string) bool {
	for source, codes := range a {
		for code, category := range codes {
			if b[source][code] != category {
				return false
			}
		}
	}
	return true
}

// meant is the category a word stands for; an unmapped code means none.
func meant(word string) Category { return Category(max(0, slices.Index(categoryNames, word))) }

// CodeMeaning returns what a source's code says, once the source used it here. A
// code that is mapped names no stage.
func (c *Config) CodeMeaning(source, code string) (m Meaning, mapped bool) {
	word := c.Codes[source][code]
	return Meaning{Category: meant(word), Stage: -1}, word != ""
}

// IsCategory reports whether a word is that of a category.
func IsCategory(word string) bool { return slices.Contains(categoryNames, word) }

// ParseCategory reads the word for a category; field is where it stands.
func ParseCategory(field, word string) (Category, error) {
	return meant(word), oneOf(field, word, categoryNames)
}
