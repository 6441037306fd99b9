package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"

	"ringside/api/dialer"
	"ringside/campaign"
)

type sourceStore interface {
	// PutSource creates or replaces a source, and counts the campaigns again whose
	// codes mean something else by it.
	PutSource(ctx context.Context, said campaign.Source) (src campaign.Source, created bool, err error)
	// Source returns a source by ref.
	Source(ctx context.Context, ref string) (campaign.Source, error)
	// Sources returns all sources in order of ref.
	Sources(ctx context.Context) ([]campaign.Source, error)
}

// sourceConfig is a source as PUT.
type sourceConfig struct {
	Kind      string                  `json:"kind"`
	TimeZone  string                  `json:"time_zone"`
	PublicURL string                  `json:"public_url"`
	Auth      *dialer.Auth            `json:"auth"`
	Campaigns map[string]string       `json:"campaigns"`
	Queues    map[string]string       `json:"queues,omitempty"`
	Statuses  map[string]sourceStatus `json:"statuses"`
	Fields    map[string]string       `json:"fields"`
}

// sourceStatus is the meaning of one of a source's own codes.
type sourceStatus struct {
	Category   string `json:"category"`
	Result     string `json:"result,omitempty"`
	AnsweredBy string `json:"answered_by,omitempty"`
}

// laterKinds are part of the contract and not understood yet.
var laterKinds = []string{"genesys", "aircall", "cloudevents", "standard_webhooks"}

// mapMost bounds the campaigns, queues, statuses and fields of a source.
const mapMost = 5000

// source is a source ready to read messages.
type source struct {
	campaign.Source
	sourceConfig
	reader dialer.Source
}

// check judges a source and makes what reads its messages.
func (c *sourceConfig) check(ref string) (reader dialer.Source, err error) {
	reader = dialer.Source{Ref: ref, Kind: dialer.KindOf(c.Kind)}
	if reader.Kind == nil {
		return reader, c.unknownKind()
	}
	if c.TimeZone != "" {
		if reader.Zone, err = campaign.LoadZone(c.TimeZone); err != nil {
			return reader, inField(err, "time_zone")
		}
	} else if reader.Kind.LocalTimes {
		return reader, campaign.Invalidf("zone_needed", "time_zone", "time_zone is missing; messages of %s hold local times: send the IANA name of the dialer's zone, like Europe/Lisbon", c.Kind)
	}
	if err := c.checkAddress(); err != nil {
		return reader, err
	}
	if c.Auth == nil {
		return reader, campaign.Invalidf("missing_field", "auth", "auth is missing; send how the dialer proves who it is, such as {\"type\": \"query_token\", \"secret\": …}")
	}
	if err := c.Auth.Check(); err != nil {
		return reader, err
	}
	reader.Auth = *c.Auth
	if err := c.checkPlaces(reader.Kind); err != nil {
		return reader, err
	}
	if max(len(c.Campaigns), len(c.Queues), len(c.Statuses), len(c.Fields)) > mapMost {
		return reader, campaign.Invalidf("too_many", "", "campaigns, queues, statuses and fields hold at most %d entries each", mapMost)
	}
	for name := range c.Fields {
		if !slices.Contains(reader.Kind.Names, name) {
			return reader, campaign.Invalidf("unmappable_field", "fields."+name, "%q is not a field that %s can map; %s", name, c.Kind, mappable(reader.Kind))
		}
	}
	reader.Fields = c.Fields
	reader.Statuses, err = c.readStatuses()
	return reader, err
}

// checkPlaces judges where the source's own names lead.
func (c *sourceConfig) checkPlaces(kind *dialer.Kind) error {
	for name, into := range c.Campaigns {
		if err := campaign.CheckRef(into); err != nil {
			return inField(err, "campaigns."+name)
		}
	}
	if len(c.Queues) > 0 && !kind.Inbound {
		return campaign.Invalidf("not_allowed", "queues", "%s tells nothing of calls offered to queues; leave queues out", kind.Name)
	}
	for name, into := range c.Queues {
		if err := campaign.CheckRef(into); err != nil {
			return inField(err, "queues."+name)
		}
		if _, twice := c.Campaigns[name]; twice {
			return campaign.Invalidf("not_allowed", "queues."+name, "%q stands among the campaigns too; its calls are dials or they are inbound: name it in one of both", name)
		}
	}
	return nil
}

func mappable(k *dialer.Kind) string {
	if len(k.Names) == 0 {
		return "it maps none: leave fields out"
	}
	return "name one of " + strings.Join(k.Names, ", ")
}

func (c *sourceConfig) unknownKind() error {
	var names []string
	for _, k := range dialer.Kinds {
		names = append(names, k.Name)
	}
	if c.Kind == "" {
		return campaign.Invalidf("missing_field", "kind", "kind is missing; send one of %s", strings.Join(names, ", "))
	}
	if slices.Contains(laterKinds, c.Kind) {
		return campaign.Invalidf("unsupported_kind", "kind", "%q is not understood yet; until it is, \"mapped\" takes any JSON or form by a field map", c.Kind)
	}
	return campaign.Invalidf("invalid_choice", "kind", "%q is not one of %s", c.Kind, strings.Join(names, ", "))
}

func (c *sourceConfig) checkAddress() error {
	if c.PublicURL == "" {
		return nil
	}
	address, err := url.Parse(c.PublicURL)
	if err != nil || address.Scheme != "https" && address.Scheme != "http" || address.Host == "" || address.RawQuery != "" || address.Fragment != "" {
		return campaign.Invalidf("invalid_address", "public_url", "it is no address; send the scheme and host the dialer calls, like https://kpi.example.com")
	}
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	return nil
}

// readStatuses reads the source's own codes.
func (c *sourceConfig) readStatuses() (map[string]dialer.Status, error) {
	out := make(map[string]dialer.Status, len(c.Statuses))
	fields := campaign.KindAttempt.Fields()
	choice := func(code, name, word string, field int) (int, error) {
		at := slices.Index(fields[field].Choices, word)
		if at < 0 && word != "" {
			return 0, campaign.Invalidf("invalid_choice", "statuses."+code+"."+name, "%q is not one of %s", word, strings.Join(fields[field].Choices, ", "))
		}
		return at + 1, nil
	}
	for code, said := range c.Statuses {
		if clean, err := campaign.CleanText(code); err != nil || clean != code {
			return nil, campaign.Invalidf("invalid_text", "statuses", "%q is no code: 1 to 128 characters, no blanks around, no control characters", code)
		}
		category, err := campaign.ParseCategory("statuses."+code+".category", said.Category)
		if err != nil {
			return nil, err
		}
		result, err := choice(code, "result", said.Result, campaign.AttemptResult)
		if err != nil {
			return nil, err
		}
		by, err := choice(code, "answered_by", said.AnsweredBy, campaign.AttemptAnsweredBy)
		if err != nil {
			return nil, err
		}
		out[code] = dialer.Status{Category: category, Result: campaign.Result(result), AnsweredBy: campaign.AnsweredBy(by)}
	}
	return out, nil
}

func (s *Server) putSource(c *gin.Context) error {
	ref := c.Param("source")
	src, created, err := s.keepSource(c.Request.Context(), ref, func() ([]byte, error) { return readBody(c) })
	if err != nil {
		return err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
		c.Header("Location", "/v1/sources/"+segment(ref))
	}
	shown, err := showSource(&src)
	if err != nil {
		return err
	}
	return sendJSON(c, status, shown)
}

// keepSource creates or replaces a source by the body of a PUT, which it reads once
// the ref is one. Without a secret it keeps the one it has.
func (s *Server) keepSource(ctx context.Context, ref string, read func() ([]byte, error)) (src campaign.Source, created bool, err error) {
	if err := campaign.CheckRef(ref); err != nil {
		return src, false, inField(err, "source")
	}
	body, err := read()
	if err != nil {
		return src, false, err
	}
	var config sourceConfig
	if err := campaign.DecodeStrict(body, &config); err != nil {
		return src, false, err
	}
	before, err := s.store.Source(ctx, ref)
	if err != nil && !isNotFound(err) {
		return src, false, err
	}
	if config.Auth != nil && config.Auth.Secret == "" {
		config.Auth.Secret = before.Secret
	}
	reader, err := config.check(ref)
	if err != nil {
		return src, false, err
	}
	said := campaign.Source{Ref: ref, Secret: config.Auth.Secret, Meanings: map[string]campaign.Category{}}
	for code, status := range reader.Table() {
		said.Meanings[code] = status.Category
	}
	config.Auth.Secret = ""
	if said.Config, err = json.Marshal(config); err != nil {
		return src, false, err
	}
	return s.store.PutSource(ctx, said)
}

// sourceJSON is a source as it is answered. Its secret is never shown again.
type sourceJSON struct {
	ID        string                  `json:"id"`
	Ref       string                  `json:"ref"`
	CreatedAt string                  `json:"created_at"`
	Hook      string                  `json:"hook"`
	Kind      string                  `json:"kind"`
	TimeZone  *string                 `json:"time_zone"`
	PublicURL *string                 `json:"public_url"`
	Auth      sourceAuthJSON          `json:"auth"`
	Campaigns map[string]string       `json:"campaigns"`
	Queues    map[string]string       `json:"queues"`
	Statuses  map[string]sourceStatus `json:"statuses"`
	Fields    map[string]string       `json:"fields"`
}

type sourceAuthJSON struct {
	Type   string  `json:"type"`
	Name   *string `json:"name"`
	User   *string `json:"user"`
	Secret *string `json:"secret"`
}

func showSource(src *campaign.Source) (sourceJSON, error) {
	var config sourceConfig
	if err := json.Unmarshal(src.Config, &config); err != nil {
		return sourceJSON{}, err
	}
	given := func(text string) *string {
		if text == "" {
			return nil
		}
		return &text
	}
	shown := sourceJSON{ID: src.ID().String(), Ref: src.Ref, CreatedAt: campaign.FormatInstant(src.CreatedMs), Hook: config.PublicURL + "/hooks/" + src.Ref + "/",
		Kind: config.Kind, TimeZone: given(config.TimeZone), PublicURL: given(config.PublicURL),
		Auth:      sourceAuthJSON{Type: config.Auth.Type, Name: given(config.Auth.Name), User: given(config.Auth.User)},
		Campaigns: config.Campaigns, Queues: config.Queues, Statuses: config.Statuses, Fields: config.Fields}
	if shown.Campaigns == nil {
		shown.Campaigns = map[string]string{}
	}
	if shown.Queues == nil {
		shown.Queues = map[string]string{}
	}
	if shown.Statuses == nil {
		shown.Statuses = map[string]sourceStatus{}
	}
	if shown.Fields == nil {
		shown.Fields = map[string]string{}
	}
	return shown, nil
}

func (s *Server) getSource(c *gin.Context) error {
	src, err := s.store.Source(c.Request.Context(), c.Param("source"))
	if err != nil {
		return err
	}
	shown, err := showSource(&src)
	if err != nil {
		return err
	}
	return sendJSON(c, http.StatusOK, shown)
}

func (s *Server) getSources(c *gin.Context) error {
	all, err := s.store.Sources(c.Request.Context())
	if err != nil {
		return err
	}
	shown := make([]sourceJSON, len(all))
	for i := range all {
		if shown[i], err = showSource(&all[i]); err != nil {
			return err
		}
	}
	return sendJSON(c, http.StatusOK, map[string]any{"sources": shown})
}

// readers keeps sources ready by ref, as long as they are the version they were.
type readers struct {
	mu    sync.Mutex
	ready map[string]*source
}

// source returns a source ready to read messages.
func (s *Server) source(ctx context.Context, ref string) (*source, error) {
	stored, err := s.store.Source(ctx, ref)
	if err != nil {
		return nil, err
	}
	s.readers.mu.Lock()
	ready := s.readers.ready[ref]
	s.readers.mu.Unlock()
	if ready != nil && ready.Number == stored.Number && ready.Version == stored.Version {
		return ready, nil
	}
	ready = &source{Source: stored}
	if err := json.Unmarshal(stored.Config, &ready.sourceConfig); err != nil {
		return nil, err
	}
	ready.Auth.Secret = stored.Secret
	if ready.reader, err = ready.sourceConfig.check(ref); err != nil {
		return nil, err
	}
	s.readers.mu.Lock()
	defer s.readers.mu.Unlock()
	if s.readers.ready == nil {
		s.readers.ready = map[string]*source{}
	}
	s.readers.ready[ref] = ready
	return ready, nil
}
