package dialer

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// twilioSign signs as Twilio's documentation says: the URL, then the names and
// values of the form in order of name, under HMAC-SHA1.
func twilioSign(token, address string, form url.Values) string {
	var names []string
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(address))
	for _, name := range names {
		mac.Write([]byte(name + form.Get(name)))
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// TestTwilioSignatureOfTwilio holds our sender to a signature that Twilio's library is
// tested by (twilio-go 1.31.0, client/request_validator_test.go). The library only
// exports what checks signatures, so tests that send make them by twilioSign, and what
// takes them is the library's own check.
func TestTwilioSignatureOfTwilio(t *testing.T) {
	form := url.Values{"Digits": {"1234"}, "CallSid": {"CA1234567890ABCDE"}, "To": {"+18005551212"}, "Caller": {"+14158675309"}, "From": {"+14158675309"},
		"ReasonConferenceEnded": {"test"}, "Reason": {"Participant"}}
	const address, signature = "https://mycompany.com/myapp.php?foo=1&bar=2", "vOEb5UThFn24KEfnOFLQY2AE5FY="
	if got := twilioSign("12345", address, form); got != signature {
		t.Errorf("we sign by %s, Twilio by %s", got, signature)
	}
	auth := Auth{Type: TwilioSignature, Secret: "12345"}
	if !auth.Proves(&Proof{Header: http.Header{"X-Twilio-Signature": {signature}}, URL: address, Body: []byte(form.Encode())}) {
		t.Error("a signature of Twilio's is refused")
	}
}

func TestTwilioSignature(t *testing.T) {
	auth := Auth{Type: TwilioSignature, Secret: "f0e1"}
	const address = "https://calls.example.com/hooks/tw/voice?campaign=SPRING&lead=1"
	form := url.Values{"CallSid": {"CA1"}, "CallStatus": {"completed"}, "To": {"+1 212"}}
	proof := func(address, body, signature string) *Proof {
		return &Proof{Header: http.Header{"X-Twilio-Signature": {signature}}, URL: address, Body: []byte(body)}
	}
	good := twilioSign("f0e1", address, form)
	sum := sha256.Sum256([]byte(`{"a":1}`))
	signedJSON := address + "&bodySHA256=" + hex.EncodeToString(sum[:])
	for _, c := range []struct {
		name string
		p    *Proof
		want bool
	}{
		{"right", proof(address, form.Encode(), good), true},
		{"a body changed", proof(address, form.Encode()+"0", good), false},
		{"an address changed", proof(address+"1", form.Encode(), good), false},
		{"another token", proof(address, form.Encode(), twilioSign("f0e2", address, form)), false},
		{"no signature", proof(address, form.Encode(), ""), false},
		{"a GET", proof(address, "", twilioSign("f0e1", address, nil)), true},
		{"JSON", proof(signedJSON, `{"a":1}`, twilioSign("f0e1", signedJSON, nil)), true},
		{"JSON changed", proof(signedJSON, `{"a":2}`, twilioSign("f0e1", signedJSON, nil)), false},
	} {
		if got := auth.Proves(c.p); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestStandardWebhooks(t *testing.T) {
	key := []byte("0123456789abcdef01234567")
	auth := Auth{Type: StandardWebhooks, Secret: "whsec_" + base64.StdEncoding.EncodeToString(key)}
	if err := auth.Check(); err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("m-1.1795287927.{}"))
	header := http.Header{}
	header.Set("webhook-id", "m-1")
	header.Set("webhook-timestamp", "1795287927")
	header.Set("webhook-signature", "v1a,xx v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	const at = 1795287927000
	for nowMs, want := range map[int64]bool{at: true, at + signatureAgeMs: true, at + signatureAgeMs + 1: false, at - signatureAgeMs: true, at - signatureAgeMs - 1: false} {
		if got := auth.Proves(&Proof{Header: header, Body: []byte("{}"), NowMs: nowMs}); got != want {
			t.Errorf("%d ms later: %v", nowMs-at, got)
		}
	}
	if auth.Proves(&Proof{Header: header, Body: []byte("{ }"), NowMs: at}) {
		t.Error("a changed body passed")
	}
}

func TestTokens(t *testing.T) {
	header := func(pairs ...string) http.Header {
		h := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			h.Set(pairs[i], pairs[i+1])
		}
		return h
	}
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("fs:pa:ss"))
	for _, c := range []struct {
		name string
		auth Auth
		p    Proof
		want bool
	}{
		{"query", Auth{Type: QueryToken, Name: "k", Secret: "T"}, Proof{URL: "https://x/hooks/v?a=1&k=T"}, true},
		{"query, wrong", Auth{Type: QueryToken, Name: "k", Secret: "T"}, Proof{URL: "https://x/hooks/v?k=U"}, false},
		{"query, a second question mark", Auth{Type: QueryToken, Name: "k", Secret: "T"}, Proof{URL: "https://x/hooks/v?k=T?uuid=1"}, true},
		{"query, none", Auth{Type: QueryToken, Name: "k", Secret: "T"}, Proof{URL: "https://x/hooks/v"}, false},
		{"any key header", Auth{Type: QueryToken, Name: "k", Secret: "T"}, Proof{URL: "https://x/", Header: header("X-Api-Key", "T")}, true},
		{"bearer", Auth{Type: HeaderToken, Name: "Authorization", Secret: "T"}, Proof{Header: header("Authorization", "Bearer T")}, true},
		{"header", Auth{Type: HeaderToken, Name: "X-Token", Secret: "T"}, Proof{Header: header("X-Token", "T")}, true},
		{"basic", Auth{Type: BasicAuth, User: "fs", Secret: "pa:ss"}, Proof{Header: header("Authorization", basic)}, true},
		{"basic, another user", Auth{Type: BasicAuth, User: "fz", Secret: "pa:ss"}, Proof{Header: header("Authorization", basic)}, false},
		{"body", Auth{Type: BodyToken, Name: "token", Secret: "T"}, Proof{Params: map[string]string{"token": "T"}}, true},
		{"firehose", Auth{Type: FirehoseKey, Secret: "T"}, Proof{Header: header("X-Amz-Firehose-Access-Key", "T")}, true},
		{"firehose, wrong", Auth{Type: FirehoseKey, Secret: "T"}, Proof{Header: header("X-Amz-Firehose-Access-Key", "t")}, false},
		{"a token does not stand in for a signature", Auth{Type: TwilioSignature, Secret: "T"}, Proof{Header: header("X-Api-Key", "T")}, false},
	} {
		if got := c.auth.Proves(&c.p); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestWithoutSecret(t *testing.T) {
	auth := Auth{Type: QueryToken, Name: "k", Secret: "T"}
	for query, want := range map[string]string{"a=1&k=T&b=2": "a=1&b=2", "k=T?uuid=1": "uuid=1", "%6B=T": "", "": "", "ak=T": "ak=T"} {
		if got := auth.WithoutSecret(query); got != want {
			t.Errorf("of %q stays %q, want %q", query, got, want)
		}
	}
}

func TestAuthCheck(t *testing.T) {
	for field, auth := range map[string]Auth{
		"auth.type": {Type: "magic", Secret: "x"}, "auth.secret": {Type: QueryToken},
		"auth.user": {Type: BasicAuth, Secret: "x"},
	} {
		if err := auth.Check(); err == nil || !strings.HasPrefix(err.Error(), field) {
			t.Errorf("%+v: %v", auth, err)
		}
	}
	for _, auth := range []Auth{{Type: StandardWebhooks, Secret: "not base64!"}, {Type: HeaderToken, Secret: strings.Repeat("x", secretMost+1)}} {
		if auth.Check() == nil {
			t.Errorf("%+v passed", auth)
		}
	}
}
