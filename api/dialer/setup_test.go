package dialer

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

// TestSetup: every system has instructions, they show no secret, and what they say
// to paste is what its adapter reads.
func TestSetup(t *testing.T) {
	for _, k := range []*Kind{VICIdial, AsteriskCDR, AsteriskQueueLog, FreeSWITCH, Twilio, Connect, Mapped, Convoso} {
		s := &Source{Ref: "here", Kind: k, Auth: Auth{Type: QueryToken, Name: "k", Secret: "hunter2"}}
		steps := s.Setup("https://calls.example.com/")
		if len(steps) == 0 {
			t.Errorf("%s has no instructions", k.Name)
		}
		named := false
		for _, i := range steps {
			named = named || strings.Contains(i.Paste, "https://calls.example.com/hooks/here/") || strings.Contains(i.Paste, "--source here ")
			if i.Where == "" || i.Paste == "" || strings.Contains(i.Paste+i.Note, "hunter2") {
				t.Errorf("%s: %+v", k.Name, i)
			}
		}
		if !named {
			t.Errorf("%s: nothing names the hook", k.Name)
		}
	}
}

// TestSetupProof: a page tells how to send the secret in the way the source asks for,
// or to ask for another where the dialer cannot.
func TestSetupProof(t *testing.T) {
	can := map[*Kind][]string{VICIdial: {QueryToken}, AsteriskCDR: {HeaderToken, QueryToken, BasicAuth, BodyToken}, AsteriskQueueLog: {HeaderToken, QueryToken, BasicAuth, BodyToken},
		FreeSWITCH: {BasicAuth, QueryToken}, Twilio: {TwilioSignature}, Connect: {FirehoseKey},
		Mapped: {QueryToken, HeaderToken, BasicAuth, BodyToken, StandardWebhooks}, Convoso: {QueryToken, HeaderToken, BasicAuth, BodyToken, StandardWebhooks}}
	shown := map[string]string{QueryToken: "?k=" + SecretHere, HeaderToken: "k: " + SecretHere, BasicAuth: "ann:" + SecretHere, BodyToken: "k=" + SecretHere, StandardWebhooks: SecretHere,
		FirehoseKey: SecretHere, TwilioSignature: "auth token"}
	for k, able := range can {
		for _, way := range authTypes {
			s := &Source{Ref: "here", Kind: k, Auth: Auth{Type: way, Name: "k", User: "ann", Secret: "hunter2"}}
			steps := s.Setup("https://calls.example.com/")
			text := ""
			for _, i := range steps {
				text += i.Paste + "\n"
			}
			cannot := strings.Contains(steps[0].Note, "cannot prove itself by "+way)
			if cannot == slices.Contains(able, way) {
				t.Errorf("%s by %s: %+v", k.Name, way, steps[0])
			}
			if want := shown[way]; !cannot && !strings.Contains(text, want) && !strings.Contains(text, "--key-file") {
				t.Errorf("%s by %s does not show %q: %s", k.Name, way, want, text)
			}
		}
	}
}

// TestSetupVICIdial fills in what VICIdial would, under names of the source's own.
func TestSetupVICIdial(t *testing.T) {
	s := &Source{Ref: "vici", Kind: VICIdial, Zone: newYork(t), Auth: Auth{Type: QueryToken, Name: "k", Secret: "x"}, Fields: map[string]string{"lead_id": "leadID"}}
	values := strings.NewReplacer("--A--call_id--B--", "V1", "--A--uniqueid--B--", "1795287731.1", "--A--user--B--", "1001", "--A--dispo--B--", "SALE",
		"--A--campaign--B--", "SPRING", "--A--lead_id--B--", "321", "--A--epoch--B--", "1795287909", "--A--talk_time--B--", "143")
	for _, i := range s.Setup("http://x")[:3] {
		address, err := url.Parse(strings.TrimPrefix(values.Replace(i.Paste), "VAR"))
		if err != nil || address.Query().Get("k") == "" {
			t.Fatalf("%s: %v", i.Paste, err)
		}
		r := VICIdial.Read(s, whole(get(address.Path, s.Auth.WithoutSecret(address.RawQuery))))
		if r.Silent != "" || r.Calls[0] != "V1" || r.Campaign != "SPRING" || r.StandIn != "321" {
			t.Errorf("%s gives %+v", i.Where, r)
		}
	}
}
