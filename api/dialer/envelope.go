package dialer

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
)

// An HTTP request that is one message is kept as this text: method, path and
// query on the first line, the headers that carry meaning, a blank line, the body.

// headersKept are the headers that a reading may need. None carries a secret.
var headersKept = []string{"Content-Type", "Ce-Specversion", "Ce-Id", "Ce-Source", "Ce-Type", "Ce-Time", "Ce-Subject", "Webhook-Id", "Webhook-Timestamp"}

// whole makes one message of a request.
func whole(r *Request) Message {
	var b bytes.Buffer
	b.Grow(len(r.Method) + len(r.Path) + len(r.Query) + len(r.Body) + 100)
	b.WriteString(r.Method + " " + r.Path)
	if r.Query != "" {
		b.WriteString("?" + r.Query)
	}
	b.WriteByte('\n')
	for _, name := range headersKept {
		if value := r.Header.Get(name); value != "" {
			b.WriteString(name + ": " + strings.ReplaceAll(value, "\n", " ") + "\n")
		}
	}
	b.WriteByte('\n')
	b.Write(r.Body)
	return Message{Raw: b.Bytes(), ReceivedMs: r.ReceivedMs}
}

var errEnvelope = errors.New("dialer: a kept message is damaged")

// open reads back what whole wrote.
func open(m Message) (*Request, error) {
	line, rest, whole := bytes.Cut(m.Raw, []byte("\n"))
	method, target, ok := strings.Cut(string(line), " ")
	if !whole || !ok {
		return nil, errEnvelope
	}
	r := &Request{Method: method, Header: http.Header{}, ReceivedMs: m.ReceivedMs}
	r.Path, r.Query, _ = strings.Cut(target, "?")
	for {
		if line, rest, whole = bytes.Cut(rest, []byte("\n")); !whole {
			return nil, errEnvelope
		}
		if len(line) == 0 {
			r.Body = rest
			return r, nil
		}
		name, value, ok := strings.Cut(string(line), ": ")
		if !ok {
			return nil, errEnvelope
		}
		r.Header.Set(name, value)
	}
}

// Open reads back the request that a message kept as a whole was made of.
func Open(m Message) (*Request, error) { return open(m) }

// Whole makes one message of a request that its kind could not cut.
func Whole(r *Request) Message { return whole(r) }

// Params are the parameters of a request whatever its form, as far as it can be
// read: where a token may stand.
func Params(r *Request) map[string]string {
	p, err := paramsOf(r)
	if err != nil {
		return nil // what cannot be read holds no token
	}
	return p
}
