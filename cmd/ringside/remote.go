package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// remote are the flags of a command that can work through a running server
// instead of opening the database.
type remote struct {
	URL     string `help:"Address of a running server to work through, instead of --db: http://HOST:PORT." name:"url" placeholder:"URL"`
	Key     string `help:"The server's access key. Other users of the machine can see it here: better --key-file or RINGSIDE_KEY." placeholder:"KEY"`
	KeyFile string `help:"File that holds the access key." placeholder:"FILE" type:"existingfile"`
}

// A request that met a lost connection or a busy server is sent again after a
// pause, which the server may name and else doubles from pauseFirst to
// pauseLongest: for a few minutes in all, which a restart takes.
const (
	triesMost    = 12
	pauseFirst   = 500 * time.Millisecond
	pauseLongest = 30 * time.Second
)

// client speaks to a running server.
type client struct {
	base, key string
	// keyHeader carries the key bare; Authorization does as a bearer's where it is "".
	keyHeader string
	http      *http.Client
	// waiting is told why and for how long a request is held back.
	waiting func(why string, pause time.Duration)
}

func (r remote) client(waiting func(string, time.Duration)) (*client, error) {
	u, err := url.Parse(r.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("--url is %q; name a server like http://127.0.0.1:8080", r.URL)
	}
	key := r.Key
	if r.KeyFile != "" {
		text, err := os.ReadFile(r.KeyFile)
		if err != nil {
			return nil, err
		}
		key = strings.TrimSpace(string(text))
	}
	if key == "" {
		return nil, errors.New("the server wants a key; name its file with --key-file")
	}
	return &client{base: strings.TrimSuffix(r.URL, "/"), key: key, http: &http.Client{}, waiting: waiting}, nil
}

// refused is a problem that the server answered.
type refused struct {
	status              int
	Code, Detail, Title string
}

func (r *refused) Error() string {
	if r.Detail == "" {
		return fmt.Sprintf("the server answered %d %s", r.status, http.StatusText(r.status))
	}
	return fmt.Sprintf("the server answered %d: %s", r.status, r.Detail)
}

// passing reports whether the same request may succeed a little later.
func passing(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// call sends a request until it is answered for good. A repetition changes
// nothing: so a connection that broke, perhaps after the server was done, is no
// reason to stop. The answer's body is the caller's to close; statuses from 400 on
// are errors but those in accepted.
func (c *client) call(ctx context.Context, method, path, contentType string, body []byte, accepted ...int) (*http.Response, error) {
	pause := pauseFirst
	for try := 1; ; try++ {
		answer, err := c.send(ctx, method, path, contentType, body)
		why, wait := fmt.Sprintf("the server cannot be reached (%v)", err), pause
		if err == nil {
			if answer.StatusCode < 400 || slices.Contains(accepted, answer.StatusCode) {
				return answer, nil
			}
			err = problemOf(answer)
			if !passing(answer.StatusCode) {
				return nil, err
			}
			why = "the server is busy"
			if seconds, bad := strconv.Atoi(answer.Header.Get("Retry-After")); bad == nil && seconds >= 0 {
				wait = min(time.Duration(seconds)*time.Second, pauseLongest)
			}
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if try == triesMost {
			return nil, fmt.Errorf("given up after %d tries: %w", try, err)
		}
		c.waiting(why, wait)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		pause = min(2*pause, pauseLongest)
	}
}

func (c *client) send(ctx context.Context, method, path, contentType string, body []byte) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if c.keyHeader != "" {
		r.Header.Set(c.keyHeader, c.key)
	} else {
		r.Header.Set("Authorization", "Bearer "+c.key)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return c.http.Do(r)
}

// read is call for an answer that is read as a whole as JSON. A connection that
// breaks within the answer is reason to ask again, too.
func (c *client) read(ctx context.Context, method, path, contentType string, body []byte, into any, accepted ...int) (status int, err error) {
	for try := 1; ; try++ {
		answer, err := c.call(ctx, method, path, contentType, body, accepted...)
		if err != nil {
			return 0, err
		}
		text, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil && try < triesMost && ctx.Err() == nil {
			continue
		}
		if err == nil {
			err = json.Unmarshal(text, into)
		}
		return answer.StatusCode, err
	}
}

// problemOf reads what is wrong with a request from its answer, and closes it.
func problemOf(answer *http.Response) error {
	defer answer.Body.Close()
	r := &refused{status: answer.StatusCode}
	text, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if err == nil {
		// A body that is no problem document leaves the status to tell.
		_ = json.Unmarshal(text, r)
	}
	return r
}
