package api

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"ringside/api/dialer"
	"ringside/campaign"
)

type messageStore interface {
	// RecordMessages keeps messages of one campaign and counts what they say, in one
	// transaction.
	RecordMessages(ctx context.Context, campaignKey string, messages []*campaign.Message) (campaign.Receipt, error)
	// Park keeps messages that cannot be placed.
	Park(ctx context.Context, messages []*campaign.Message) error
	// NewestMessages returns the newest messages of a source of some time.
	NewestMessages(ctx context.Context, source, fromMs, toMs int64, limit int) (all []campaign.KeptMessage, more bool, err error)
	// Messages returns messages of a source in a state, from after a place on.
	Messages(ctx context.Context, source int64, state campaign.State, after campaign.MessageKey, limit int) ([]campaign.KeptMessage, error)
}

// Limits of one request to a hook, its body unpacked.
const (
	hookBodyMost    = 8 << 20
	connectBodyMost = 64 << 20
)

// takeHook takes what a dialer sends. Who sends it is proved first: a wrong sender
// leaves nothing. From then on everything is kept, and answered 200, whatever it
// holds; what cannot be placed is parked with its reason.
func (s *Server) takeHook(c *gin.Context) error {
	// Dialers hang up without waiting for the answer: what they sent is kept all the same.
	ctx := context.WithoutCancel(c.Request.Context())
	src, err := s.source(ctx, c.Param("source"))
	if err != nil {
		return err
	}
	r := &dialer.Request{Method: c.Request.Method, Path: "/" + strings.TrimPrefix(c.Param("path"), "/"), Header: c.Request.Header, ReceivedMs: s.now().UnixMilli()}
	if !src.Auth.CoversBody() && !src.Auth.Proves(src.proof(c.Request, r)) {
		return wrongSender(src) // a stranger's body is not even read
	}
	if r.Body, err = hookBody(c, src); err != nil {
		return err
	}
	if src.Auth.CoversBody() && !src.Auth.Proves(src.proof(c.Request, r)) {
		return wrongSender(src)
	}
	r.Query, r.Body = src.Auth.WithoutSecret(c.Request.URL.RawQuery), src.Auth.BodyWithoutSecret(r.Body)
	done, err := s.keep(ctx, src, src.split(r))
	if err != nil {
		return err
	}
	if answer := src.reader.Kind.Answer; answer != nil {
		send(c, http.StatusOK, answer(r, s.now().UnixMilli()))
		return nil
	}
	var d document
	d.open('{')
	d.name("accepted").int(int64(done.applied))
	d.name("parked").int(int64(done.parked))
	d.name("refused").int(int64(done.refused))
	d.close('}')
	send(c, http.StatusOK, d)
	return nil
}

// wrongSender refuses a request that proves nothing, in the way that its kind of
// proof is asked for.
func wrongSender(src *source) error {
	p := newProblem(http.StatusForbidden, "wrong_sender", "", "the request does not prove that it comes from this source; nothing was stored; check the secret, and behind a proxy the source's public_url")
	if src.Auth.Type == dialer.BasicAuth {
		p.status = http.StatusUnauthorized
		p.header = map[string]string{"WWW-Authenticate": `Basic realm="ringside hook"`}
	}
	return p
}

// proof is what the request brings to prove its sender.
func (src *source) proof(given *http.Request, r *dialer.Request) *dialer.Proof {
	proof := &dialer.Proof{Header: given.Header, URL: src.address(given) + given.URL.RequestURI(), Body: r.Body, NowMs: r.ReceivedMs}
	if src.Auth.Type == dialer.BodyToken {
		proof.Params = dialer.Params(r)
	}
	return proof
}

// address is where the dialer reaches this server: what the source says, else where
// the request came.
func (src *source) address(given *http.Request) string {
	switch {
	case src.PublicURL != "":
		return src.PublicURL
	case given.TLS != nil:
		return "https://" + given.Host
	}
	return "http://" + given.Host
}

// hookBody reads the whole body, unpacked, up to the limit of the source's kind.
func hookBody(c *gin.Context, src *source) ([]byte, error) {
	most := int64(hookBodyMost)
	if src.reader.Kind == dialer.Connect {
		most = connectBodyMost
	}
	if c.Request.ContentLength > most {
		return nil, &http.MaxBytesError{Limit: most}
	}
	body, err := hold(c, http.MaxBytesReader(c.Writer, c.Request.Body, most))
	if _, tooLarge := err.(*http.MaxBytesError); tooLarge {
		return nil, err
	}
	if err != nil {
		return nil, cutShort(err)
	}
	if !strings.EqualFold(c.Request.Header.Get("Content-Encoding"), "gzip") {
		return body, nil
	}
	plain, err := unpacked(body, most)
	if int64(len(plain)) > most {
		return nil, &http.MaxBytesError{Limit: most}
	}
	if err != nil {
		return body, nil // what cannot be unpacked is kept as it came
	}
	return plain, nil
}

// unpacked is a gzipped body, of more than most bytes the first of them.
func unpacked(body []byte, most int64) ([]byte, error) {
	from, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(from, most+1))
}

// split cuts a request into messages. One that its kind cannot cut is a message as
// a whole, and reason says why it cannot be understood.
func (src *source) split(r *dialer.Request) (all []unread) {
	messages, err := src.cut(r)
	if err != nil || len(messages) == 0 {
		reason := "it holds no message"
		if err != nil {
			reason = unreadable + src.Kind + ": " + err.Error()
		}
		return []unread{{Message: dialer.Whole(r), reason: reason}}
	}
	for _, m := range messages {
		all = append(all, unread{Message: m})
	}
	return all
}

// unreadable begins the reason of a message that is a whole request, as its kind
// could not cut it.
const unreadable = "not readable as "

// splitAgain cuts a request that was kept whole: a newer program may understand it.
// Whatever it holds takes the place where it was kept.
func (src *source) splitAgain(m unread) []unread {
	r, err := dialer.Open(m.Message)
	if err != nil {
		m.reason = unreadable + src.Kind + ": " + err.Error()
		return []unread{m}
	}
	all := src.split(r)
	all[0].again = m.again
	return all
}

// cut is the kind's own cutting; a mistake in it must not lose the message.
func (src *source) cut(r *dialer.Request) (all []dialer.Message, err error) {
	defer func() {
		if bug := recover(); bug != nil {
			err = fmt.Errorf("a mistake in reading it: %v", bug)
		}
	}()
	return src.reader.Kind.Split(r)
}

// unread is a message to be read, or one with the reason why it cannot be, and the
// place where it is kept already, if it is.
type unread struct {
	dialer.Message
	reason string
	again  *campaign.MessageKey
	// stays is the campaign that counts it already, which it does not leave.
	stays string
}

// read is what a message says; reason says why it cannot be understood.
func (src *source) read(m unread) (reading dialer.Reading, reason string) {
	defer func() {
		if bug := recover(); bug != nil {
			reason = fmt.Sprintf("a mistake in reading it: %v", bug)
		}
	}()
	if m.reason != "" {
		return reading, m.reason
	}
	return src.reader.Kind.Read(&src.reader, m.Message), ""
}

// place makes versions of what a message says, for the campaign or queue it is about:
// "" for none, of which reason says why.
func (src *source) place(m unread, reading *dialer.Reading, to string) (placed dialer.Placed, reason string) {
	if _, queue := campaign.QueueOf(to); queue {
		placed, ok := reading.PlaceInbound()
		switch {
		case ok:
			return placed, ""
		case reading.Silent != "":
			return placed, reading.Silent
		}
		return placed, "it names no call of a queue, or one whose key is too long"
	}
	if reading.Silent != "" {
		return placed, reading.Silent
	}
	placed, ok := reading.Place(&src.reader, m.ReceivedMs)
	if !ok {
		reason = "neither a call nor a lead that can be named: its key is missing or too long"
	}
	return placed, reason
}

// kept counts what became of messages.
type kept struct{ applied, parked, refused int }

// keep stores messages: each with what it says, in its campaign or queue, or parked.
func (s *Server) keep(ctx context.Context, src *source, messages []unread) (done kept, err error) {
	into := &addressing{server: s, ctx: ctx, src: src, found: map[string]destination{}}
	var parked []*campaign.Message
	var order []string
	of := map[string][]*campaign.Message{}
	counts := map[*campaign.Message]bool{}
	for _, m := range messages {
		message, to, err := into.place(m)
		if err != nil {
			return done, err
		}
		if m.stays != "" && message.Reason != "" {
			continue // what it said stands
		}
		counts[message] = !m.Beside()
		if message.Reason != "" {
			parked = append(parked, message)
			if counts[message] {
				done.parked++
			}
			continue
		}
		if of[to] == nil {
			order = append(order, to)
		}
		of[to] = append(of[to], message)
	}
	if err := s.store.Park(ctx, parked); err != nil {
		return done, err
	}
	for _, to := range order {
		receipt, err := s.store.RecordMessages(ctx, to, of[to])
		if err != nil {
			return done, err
		}
		for _, m := range of[to] {
			if counts[m] {
				done.applied++
			}
		}
		for _, r := range receipt.Rejected {
			if counts[of[to][r.Index]] {
				done.applied, done.refused = done.applied-1, done.refused+1
			}
		}
	}
	return done, nil
}

// place finds where a message belongs and what it says there: a dial in a campaign, a call
// in a queue, an agent's state in the installation. The message has a reason where it
// belongs nowhere.
func (a *addressing) place(m unread) (message *campaign.Message, to string, err error) {
	reading, reason := a.src.read(m)
	message, to = a.src.message(m), m.stays
	if reason == "" && reading.Agent != nil {
		return a.placeAgent(message, &reading)
	}
	nowhere := ""
	if to == "" && reason == "" && (reading.Silent == "" || len(reading.Inbound) > 0) {
		if to, nowhere, err = a.find(reading.Campaign); err != nil {
			return nil, "", err
		}
	}
	var placed dialer.Placed
	if reason == "" {
		// What is wrong with the message is told before that its campaign is not there.
		placed, reason = a.src.place(m, &reading, to)
		reason = cmp.Or(reason, nowhere)
	}
	message.Reason = reason
	message.Names, message.Leg, message.Versions = placed.Names, reading.Leg, placed.Versions
	return message, to, nil
}

// placeAgent is place of what a message says of an agent: spent on the campaign that the
// name leads to, if the message gives one and it is none of a queue.
func (a *addressing) placeAgent(message *campaign.Message, reading *dialer.Reading) (*campaign.Message, string, error) {
	if _, err := a.server.store.Service(a.ctx); err != nil { // it is made when it is first needed
		return nil, "", err
	}
	to, nowhere, err := "", "", error(nil)
	if reading.Campaign != "" {
		to, nowhere, err = a.find(reading.Campaign)
	}
	if message.Reason = nowhere; err != nil || nowhere != "" {
		return message, "", err
	}
	if _, queue := campaign.QueueOf(to); queue {
		to = ""
	}
	message.Versions = reading.PlaceAgent(to).Versions
	return message, campaign.ServiceKey, nil
}

// message is what is kept of a message.
func (src *source) message(m unread) *campaign.Message {
	sum := sha256.Sum256(m.Raw)
	return &campaign.Message{SourceNumber: src.Number, ReceivedMs: m.ReceivedMs, Packed: src.reader.Kind.Pack(m.Raw),
		Hash: int64(binary.BigEndian.Uint64(sum[:])), Again: m.again}
}

// addressing finds the campaigns and queues that messages name.
type addressing struct {
	server *Server
	ctx    context.Context
	src    *source
	found  map[string]destination
}

// destination is the store's name of the campaign or queue, or the reason why there is
// none.
type destination struct{ ref, reason string }

// find returns where a message belongs: what the source's own name for it stands for in
// its maps, else a campaign of that very ref, else a queue of that ref where the kind
// tells of queues.
func (a *addressing) find(name string) (ref, reason string, err error) {
	if known, ok := a.found[name]; ok {
		return known.ref, known.reason, nil
	}
	key, mapped := a.src.Campaigns[name]
	queue, toQueue := a.src.Queues[name]
	asQueue := campaign.QueueKey(queue)
	var candidates []string
	switch {
	case mapped:
		candidates = []string{key}
	case toQueue:
		candidates = []string{asQueue}
	default:
		if candidates = []string{dialer.AsRef(name)}; a.src.reader.Kind.Inbound {
			candidates = append(candidates, campaign.QueueKey(dialer.AsRef(name)))
		}
	}
	to := destination{}
	for _, candidate := range candidates {
		of, err := a.server.store.Campaign(a.ctx, candidate)
		if err == nil {
			to.ref = of.Ref
			break
		}
		if !isNotFound(err) {
			return "", "", err
		}
	}
	switch {
	case to.ref != "":
	case mapped:
		to.reason = fmt.Sprintf("the source's campaigns map %q to %q, which is not there: create it with PUT /v1/campaigns/%s, then POST /v1/sources/%s/replay", name, key, key, a.src.Ref)
	case toQueue:
		to.reason = fmt.Sprintf("the source's queues map %q to %q, which is not there: create it with PUT /v1/queues/%s, then POST /v1/sources/%s/replay", name, queue, queue, a.src.Ref)
	case name == "":
		to.reason = fmt.Sprintf("it names no campaign: have the dialer send one, or map \"\" in the source's campaigns, then POST /v1/sources/%s/replay", a.src.Ref)
	case a.src.reader.Kind.Inbound:
		to.reason = fmt.Sprintf("there is no campaign or queue %q: map it in the source's campaigns or queues, or create it, then POST /v1/sources/%s/replay", name, a.src.Ref)
	default:
		to.reason = fmt.Sprintf("there is no campaign %q: map it in the source's campaigns, or create it, then POST /v1/sources/%s/replay", name, a.src.Ref)
	}
	a.found[name] = to
	return to.ref, to.reason, nil
}
