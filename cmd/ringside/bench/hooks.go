package bench

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// hookSecret proves the bench's dialers, and hookAddress is what Twilio's signature
// covers instead of the server's own.
const (
	hookSecret  = "bench"
	hookAddress = "https://bench.example.com"
)

// sender is a dialer system whose messages the bench renders.
type sender struct {
	name, source string
	// message is the k-th message of a connection, and its request.
	message func(connection, k int) hooked
}

var senders = []sender{
	{"VICIdial", `{"kind":"vicidial","time_zone":"UTC","auth":{"type":"query_token","name":"k","secret":"` + hookSecret + `"}}`, vicidialMessage},
	{"Twilio", `{"kind":"twilio","public_url":"` + hookAddress + `","auth":{"type":"twilio","secret":"` + hookSecret + `"}}`, twilioMessage},
}

// hooked is a request to a hook.
type hooked struct{ method, path, form, signature string }

// hooks compares single messages to hooks with single posts of attempts, over as
// many connections in the same run.
func (r *run) hooks(ctx context.Context) error {
	calls := r.Size / 100
	native, _, err := r.postSingles(ctx, calls)
	if err != nil {
		return err
	}
	measured, least := fmt.Sprintf("%s posts/s", grouped(native.rate())), true
	for _, s := range senders {
		got, err := r.postHooks(ctx, s, calls)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		of := got.rate() / native.rate()
		measured += fmt.Sprintf("; %s %s: %s messages/s, %s", s.name, ratio(of), grouped(got.rate()), got.waits)
		least = least && of >= 0.5
	}
	r.reach("VICIdial and Twilio hooks, single messages over 64 connections, against single native posts in the same run", "≥ 0.5", measured, least)
	return nil
}

// postHooks posts messages of one system to a fresh file.
func (r *run) postHooks(ctx context.Context, from sender, messages int) (load, error) {
	file := r.file("hooks.db")
	defer remove(file, file+".key")
	if err := r.fill(ctx, file, 0, nil); err != nil {
		return load{}, err
	}
	s, err := r.serve(ctx, file)
	if err != nil {
		return load{}, err
	}
	_, err = s.do(ctx, "PUT", "/v1/sources/bench", "application/json", []byte(from.source))
	if err != nil {
		return load{}, s.fail(err)
	}
	if err := s.stop(); err != nil {
		return load{}, err
	}
	lanes := make([]iter.Seq[post], singleConnections)
	for i := range lanes {
		lanes[i] = func(yield func(post) bool) {
			for k := range (messages - i + singleConnections - 1) / singleConnections {
				message := from.message(i, k)
				if !yield(post{hook: &message, items: 1, attempts: 1}) {
					return
				}
			}
		}
	}
	got, _, err := r.postAll(ctx, file, from.name+" hooks", messages, rendered(lanes))
	return got, err
}

// vicidialMessage is what the Dispo Call URL sends when an agent ends a call.
func vicidialMessage(connection, k int) hooked {
	at, n := callAt(connection, k)
	q := url.Values{"k": {hookSecret}, "call_id": {fmt.Sprintf("V%d", n)}, "uniqueid": {fmt.Sprintf("%d.%d", at.Unix(), n)}, "lead_id": {fmt.Sprint(n)}, "list_id": {"998"},
		"campaign": {campaignRef(n % campaigns)}, "phone_number": {"2125550142"}, "user": {fmt.Sprintf("a%d", connection)}, "dispo": {"NI"}, "talk_time": {"91"}, "term_reason": {"CALLER"},
		"epoch": {fmt.Sprint(at.Unix() + 110)}, "SQLdate": {at.Add(110 * time.Second).Format(time.DateTime)}}
	return hooked{method: http.MethodGet, path: "/hooks/bench/dispo?" + q.Encode()}
}

// twilioMessage is one of the four callbacks of a call.
func twilioMessage(connection, k int) hooked {
	at, n := callAt(connection, k/4)
	status := []string{"initiated", "ringing", "in-progress", "completed"}[k%4]
	form := url.Values{"CallSid": {fmt.Sprintf("CA%032x", n)}, "AccountSid": {"AC00000000000000000000000000000000"}, "Direction": {"outbound-api"}, "From": {"+12125550100"}, "To": {"+12125550142"},
		"CallStatus": {status}, "SequenceNumber": {fmt.Sprint(k % 4)}, "Timestamp": {at.Add(time.Duration(k%4) * 7 * time.Second).Format(time.RFC1123Z)}, "CallbackSource": {"call-progress-events"}}
	if status == "completed" {
		form.Set("CallDuration", "7")
	}
	path := fmt.Sprintf("/hooks/bench/voice?campaign=%s&lead=L%d", campaignRef(n%campaigns), n)
	// Twilio signs the address, then names and values in order of name.
	signed := []byte(hookAddress + path)
	for _, name := range slices.Sorted(maps.Keys(form)) {
		signed = append(signed, name+form.Get(name)...)
	}
	mac := hmac.New(sha1.New, []byte(hookSecret))
	mac.Write(signed)
	return hooked{http.MethodPost, path, form.Encode(), base64.StdEncoding.EncodeToString(mac.Sum(nil))}
}

// callAt is when a connection's k-th call began, and its number among all.
func callAt(connection, k int) (time.Time, int) {
	n := k*singleConnections + connection
	return monthStart.Add(time.Duration(n) * time.Second).UTC(), n
}

// sendHook sends one message and wants it counted.
func (s *server) sendHook(ctx context.Context, h *hooked) error {
	header := http.Header{}
	if h.form != "" {
		header.Set("Content-Type", "application/x-www-form-urlencoded")
		header.Set("X-Twilio-Signature", h.signature)
	}
	text, err := s.request(ctx, h.method, h.path, header, []byte(h.form))
	if err == nil && !bytes.Contains(text, []byte(`"parked":0`)) {
		err = errors.New("a message was not counted: " + string(text))
	}
	return err
}
