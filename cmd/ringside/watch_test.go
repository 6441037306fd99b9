package main

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"sync"
	"testing"
)

// watched is an output that tells the URL a program says it listens on.
type watched struct {
	mu   sync.Mutex
	text bytes.Buffer
	url  chan string
	told bool
}

func newWatched() *watched { return &watched{url: make(chan string, 1)} }

var listeningOn = regexp.MustCompile(`listening on (http://\S+)`)

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(p)
	if m := listeningOn.FindSubmatch(w.text.Bytes()); m != nil && !w.told {
		w.told = true
		w.url <- string(m[1])
	}
	return len(p), nil
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// get asks a running server, with a key or without.
func get(t testing.TB, url, key string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}
