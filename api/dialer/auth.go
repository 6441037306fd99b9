package dialer

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	twilio "github.com/twilio/twilio-go/client"

	"ringside/campaign"
)

// Auth is how a source proves who it is.
type Auth struct {
	Type   string `json:"type"`
	Name   string `json:"name,omitempty"`
	User   string `json:"user,omitempty"`
	Secret string `json:"secret,omitempty"`
}

// The kinds of proof.
const (
	QueryToken       = "query_token"
	HeaderToken      = "header"
	BasicAuth        = "basic"
	BodyToken        = "body_token"
	FirehoseKey      = "firehose"
	TwilioSignature  = "twilio"
	StandardWebhooks = "standard_webhooks"
)

var authTypes = []string{QueryToken, HeaderToken, BasicAuth, BodyToken, FirehoseKey, TwilioSignature, StandardWebhooks}

// AuthTypes returns the words for the kinds of proof.
func AuthTypes() []string { return slices.Clone(authTypes) }

// AnyKeyHeader may carry the token of a source whose proof is a token, whatever
// else it is set up to use.
const AnyKeyHeader = "X-Api-Key"

// secretMost bounds a secret, names and users.
const secretMost = 512

// Check refuses a proof that could not be given, and fills in usual names.
func (a *Auth) Check() error {
	if !slices.Contains(authTypes, a.Type) {
		return campaign.Invalidf("invalid_choice", "auth.type", "%q is not one of %s", a.Type, strings.Join(authTypes, ", "))
	}
	if a.Secret == "" || len(a.Secret) > secretMost || len(a.Name) > secretMost || len(a.User) > secretMost {
		return campaign.Invalidf("invalid_secret", "auth.secret", "send a secret, a name and a user of at most %d bytes each; the secret may not be empty", secretMost)
	}
	usual := map[string]string{QueryToken: "token", HeaderToken: AnyKeyHeader, BodyToken: "token"}
	if a.Name == "" {
		a.Name = usual[a.Type]
	}
	if a.Type == BasicAuth && a.User == "" {
		return campaign.Invalidf("missing_field", "auth.user", "user is missing; send the user name the sender gives with its password")
	}
	if a.Type == StandardWebhooks {
		if _, err := webhooks.NewWebhook(a.Secret); err != nil {
			return campaign.Invalidf("invalid_secret", "auth.secret", "it is not a Standard Webhooks secret; send whsec_ and its base64 text")
		}
	}
	return nil
}

// Proof is what a request brings to prove its sender.
type Proof struct {
	Header http.Header
	// URL is the full address the sender used: what a signature covers.
	URL  string
	Body []byte
	// Params are looked at for a token in the body.
	Params map[string]string
	// NowMs is held against the instant a signature was made at.
	NowMs int64
}

// CoversBody reports whether it takes the body to tell who sent it.
func (a *Auth) CoversBody() bool {
	return a.Type == TwilioSignature || a.Type == StandardWebhooks || a.Type == BodyToken
}

// signatureAgeMs is how old a signed message may be, or how far ahead of us its
// sender's clock: five minutes, as the senders' own libraries have it.
const signatureAgeMs = 5 * 60 * 1000

// signedFormMost bounds a form that Twilio signs, of which there are some thousand
// bytes: to check it takes time by the number of its fields times its length.
const signedFormMost = 64 << 10

// Proves reports whether the request comes from who knows the secret.
func (a *Auth) Proves(p *Proof) bool {
	switch a.Type {
	case TwilioSignature:
		validator := twilio.NewRequestValidator(a.Secret)
		signature := p.Header.Get("X-Twilio-Signature")
		if len(p.Body) == 0 {
			return validator.Validate(p.URL, nil, signature)
		}
		if len(p.Body) > signedFormMost && !strings.Contains(p.URL, "bodySHA256=") {
			return false
		}
		return validator.ValidateBody(p.URL, p.Body, signature)
	case StandardWebhooks:
		hook, err := webhooks.NewWebhook(a.Secret)
		signed := epochMs(p.Header.Get("webhook-timestamp"))
		return err == nil && max(signed, p.NowMs)-min(signed, p.NowMs) <= signatureAgeMs && hook.VerifyIgnoringTimestamp(p.Body, p.Header) == nil
	case FirehoseKey:
		return a.same(p.Header.Get("X-Amz-Firehose-Access-Key"))
	}
	if key := p.Header.Get(AnyKeyHeader); key != "" && a.same(key) {
		return true
	}
	return a.same(a.token(p))
}

// token finds the token where the source puts it.
func (a *Auth) token(p *Proof) string {
	switch a.Type {
	case QueryToken:
		if _, query, ok := strings.Cut(p.URL, "?"); ok {
			// FreeSWITCH appends its own query with a second question mark.
			values, _ := url.ParseQuery(strings.ReplaceAll(query, "?", "&")) // what cannot be read holds no token
			return values.Get(a.Name)
		}
	case HeaderToken:
		return strings.TrimPrefix(p.Header.Get(a.Name), "Bearer ")
	case BasicAuth:
		given, ok := strings.CutPrefix(p.Header.Get("Authorization"), "Basic ")
		plain, err := base64.StdEncoding.DecodeString(given)
		user, password, both := strings.Cut(string(plain), ":")
		if ok && err == nil && both && user == a.User {
			return password
		}
	case BodyToken:
		return p.Params[a.Name]
	}
	return ""
}

// same compares in a time that does not tell how much of the secret was right.
func (a *Auth) same(given string) bool {
	x, y := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(a.Secret))
	return given != "" && subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// BodyWithoutSecret takes the source's token out of a body that carries it, in any of
// the forms it may be written in.
func (a *Auth) BodyWithoutSecret(body []byte) []byte {
	if a.Type != BodyToken {
		return body
	}
	quoted := campaign.AppendJSONString(nil, a.Secret)
	for _, written := range []string{a.Secret, url.QueryEscape(a.Secret), url.PathEscape(a.Secret), string(quoted[1 : len(quoted)-1])} {
		body = bytes.ReplaceAll(body, []byte(written), []byte("-"))
	}
	return body
}

// WithoutSecret takes the parameter that carries the source's token out of a raw
// query, so that it is never kept or logged.
func (a *Auth) WithoutSecret(query string) string {
	if a.Type != QueryToken {
		return query
	}
	parts := strings.FieldsFunc(query, func(r rune) bool { return r == '&' || r == '?' })
	parts = slices.DeleteFunc(parts, func(part string) bool {
		name, _, _ := strings.Cut(part, "=")
		return unescaped(name) == a.Name
	})
	return strings.Join(parts, "&")
}
