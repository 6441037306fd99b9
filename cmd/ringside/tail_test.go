package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// hook takes lines as a server's hook does, sometimes only at the second try.
type hook struct {
	*httptest.Server
	mu    sync.Mutex
	lines []string
	posts int
	busy  bool
}

func newHook(t *testing.T) *hook {
	h := &hook{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.posts++
		switch {
		case r.Header.Get("X-Api-Key") != "secret" || r.URL.Path != "/hooks/pbx/tail":
			w.WriteHeader(http.StatusForbidden)
		case err != nil || h.busy && h.posts%2 == 1:
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			h.lines = append(h.lines, strings.Split(strings.TrimSuffix(string(body), "\n"), "\n")...)
		}
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hook) got() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Join(h.lines, " ")
}

// await waits until the hook has these lines and no others.
func (h *hook) await(t *testing.T, want string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); h.got() != want; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the hook has %q, want %q", h.got(), want)
		}
	}
}

func (h *hook) args(more ...string) []string {
	return append([]string{"tail", "--source", "pbx", "--url", h.URL, "--key", "secret"}, more...)
}

func add(t *testing.T, name, text string) {
	t.Helper()
	file, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = file.WriteString(text)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

// following runs tail on a file until the returned function stops it.
func following(t *testing.T, h *hook, name string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan int, 1)
	var out strings.Builder
	go func() {
		ended <- run(ctx, h.args(name), terminal{strings.NewReader(""), &out, &out})
	}()
	return func() {
		t.Helper()
		cancel()
		if code := <-ended; code != 0 {
			t.Errorf("tail ends with %d: %s", code, out.String())
		}
	}
}

func TestTailFollows(t *testing.T) {
	h := newHook(t)
	h.busy = true
	name := filepath.Join(t.TempDir(), "queue_log")
	add(t, name, "a\nb\nhal")
	stop := following(t, h, name)
	h.await(t, "a b")
	add(t, name, "f\n")
	h.await(t, "a b half")
	// Moved away with an unfinished line, and begun anew.
	add(t, name, "end")
	if err := os.Rename(name, name+".1"); err != nil {
		t.Fatal(err)
	}
	add(t, name, "c\n")
	h.await(t, "a b half end c")
	// Truncated in its place.
	if err := os.WriteFile(name, []byte("d\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h.await(t, "a b half end c d")
	stop()
	// While nobody looked it was written to and rotated.
	add(t, name, "e\n")
	if err := os.Rename(name, name+".2"); err != nil {
		t.Fatal(err)
	}
	add(t, name, "f\n")
	stop = following(t, h, name)
	h.await(t, "a b half end c d e f")
	stop()
}

func TestTailOnce(t *testing.T) {
	h := newHook(t)
	name := filepath.Join(t.TempDir(), "Master.csv")
	var lines []string
	for i := range 60_000 {
		lines = append(lines, fmt.Sprintf("line-%d-%s", i, strings.Repeat("x", 30)))
	}
	add(t, name, strings.Join(lines, "\n")) // over two pieces, the last line unfinished
	for range 2 {
		if out, code := ringside(t, h.args(name, "--once")...); code != 0 {
			t.Fatalf("tail ends with %d: %s", code, out)
		}
	}
	if got := strings.Fields(h.got()); len(got) != len(lines) || got[59_999] != lines[59_999] {
		t.Errorf("%d of %d lines came", len(got), len(lines))
	}
	long := filepath.Join(t.TempDir(), "long")
	add(t, long, "a\n"+strings.Repeat("x", tailLineMost)+"\nb\n")
	h.lines = nil
	if out, code := ringside(t, h.args(long, "--once")...); code != 0 || !strings.Contains(out, "left out") || h.got() != "a b" {
		t.Errorf("a line too long: %d %q, %s", code, h.got(), out)
	}
}

func TestTailRefused(t *testing.T) {
	h := newHook(t)
	name := filepath.Join(t.TempDir(), "f")
	add(t, name, "a\n")
	for what, args := range map[string][]string{
		"stay where they are": {"tail", "--source", "pbx", "--url", h.URL, "--key", "wrong", name},
		"no such file":        h.args(name + "x"),
		"cannot be read":      h.args(name, "--position", name),
	} {
		if out, code := ringside(t, args...); code != 1 || !strings.Contains(out, what) {
			t.Errorf("%v ends with %d: %s", args, code, out)
		}
	}
	var out strings.Builder
	if code := run(context.Background(), h.args("-"), terminal{strings.NewReader("x\ny"), &out, &out}); code != 0 || h.got() != "x y" {
		t.Errorf("standard input: %d %q %s", code, h.got(), out.String())
	}
}
