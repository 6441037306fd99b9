package dialer

import (
	"bufio"
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
	lines := bufio.NewReader(bytes.NewReader(m.Raw))
	first, err := lines.ReadString('\n')
	method, target, ok := strings.Cut(strings.TrimSuffix(first, "\n"), " ")
	if err != nil || !ok {
		return nil, errEnvelope
	}
	r := &Request{Method: method, Header: http.Header{}, ReceivedMs: m.ReceivedMs}
	r.Path, r.Query, _ = strings.Cut(target, "?")
	read := len(first)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return nil, errEnvelope
		}
		read += len(line)
		if line == "\n" {
			r.Body = m.Raw[read:]
			return r, nil
		}
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
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
