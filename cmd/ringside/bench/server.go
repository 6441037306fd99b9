package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

var listening = regexp.MustCompile(`listening on (http://\S+)`)

// server is the program serving a database file in a process of its own.
type server struct {
	url, key string
	cmd      *exec.Cmd
	output   *bytes.Buffer // what it said, to be read after ended
	ended    chan error
	http     *http.Client
	// ready is how long it took from the start of the process to the first answer.
	ready time.Duration
}

// serve starts a server on a file, which is made if it is not there, and waits
// until it answers.
func (r *run) serve(ctx context.Context, file string, flags ...string) (*server, error) {
	keyFile := file + ".key"
	args := append([]string{"serve", "--listen", "127.0.0.1:0", "--db", file}, flags...)
	if _, err := os.Stat(keyFile); err != nil {
		args = append(args, "--admin-key-file", keyFile)
	}
	s := &server{cmd: r.command(ctx, args...), output: &bytes.Buffer{}, ended: make(chan error, 1)}
	s.http = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100, DisableCompression: true}}
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.cmd.Stderr = s.output
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	listens := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			if m := listening.FindStringSubmatch(lines.Text()); m != nil {
				listens <- m[1]
			}
		}
		s.ended <- s.cmd.Wait()
	}()
	select {
	case s.url = <-listens:
	case err := <-s.ended:
		return nil, fmt.Errorf("the server ended before it listened: %w: %s", err, s.output)
	}
	if _, err := s.do(ctx, "GET", "/readyz", "", nil); err != nil {
		return nil, s.fail(err)
	}
	s.ready = time.Since(began)
	key, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, s.fail(err)
	}
	s.key = strings.TrimSpace(string(key))
	return s, nil
}

// command runs the program, without flags from the environment. It is asked to
// end with the context.
func (r *run) command(ctx context.Context, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, r.Program, args...)
	c.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "RINGSIDE_") })
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.SysProcAttr = orphaned
	c.WaitDelay = 20 * time.Second
	return c
}

// stop ends the server and waits for it: then the file is whole, without a journal.
func (s *server) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	s.http.CloseIdleConnections()
	if err := <-s.ended; err != nil {
		return fmt.Errorf("the server ended with %w: %s", err, s.output)
	}
	return nil
}

// fail stops a server after an error that is to be reported.
func (s *server) fail(err error) error {
	if stopped := s.stop(); stopped != nil {
		return fmt.Errorf("%w; then %w", err, stopped)
	}
	return err
}

// do sends one request with the server's key and returns the answer's body.
func (s *server) do(ctx context.Context, method, path, contentType string, body []byte) ([]byte, error) {
	header := http.Header{"Authorization": {"Bearer " + s.key}}
	if contentType != "" {
		header.Set("Content-Type", contentType)
	}
	return s.request(ctx, method, path, header, body)
}

// request sends one request and returns the answer's body; anything but 200 and 201 is an error.
func (s *server) request(ctx context.Context, method, path string, header http.Header, body []byte) ([]byte, error) {
	q, err := http.NewRequestWithContext(ctx, method, s.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	q.Header = header
	answer, err := s.http.Do(q)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusCreated {
		err = fmt.Errorf("%s %s answers %d: %.500s", method, path, answer.StatusCode, text)
	}
	return text, err
}

// post sends facts and wants every one of them taken.
func (s *server) post(ctx context.Context, p post) error {
	if p.hook != nil {
		return s.sendHook(ctx, p.hook)
	}
	contentType := "application/x-ndjson"
	if p.items == 1 {
		contentType = "application/json"
	}
	path := "/v1/" + p.collection // of which each item names its campaign
	if p.campaign != "" {
		path = "/v1/campaigns/" + p.campaign + "/" + p.collection
	}
	text, err := s.do(ctx, "POST", path, contentType, p.body)
	if err != nil {
		return err
	}
	var receipt struct {
		Accepted int `json:"accepted"`
	}
	if err := json.Unmarshal(text, &receipt); err != nil {
		return err
	}
	if receipt.Accepted != p.items {
		return fmt.Errorf("of %d %s of %s only %d were accepted: %.500s", p.items, p.collection, p.campaign, receipt.Accepted, text)
	}
	return nil
}

// setUp makes so many campaigns, with their costs.
func (s *server) setUp(ctx context.Context, campaigns int) error {
	for c := range campaigns {
		if _, err := s.do(ctx, "PUT", "/v1/campaigns/"+campaignRef(c), "application/json", []byte(config)); err != nil {
			return err
		}
		if err := s.post(ctx, costs(campaignRef(c))); err != nil {
			return err
		}
	}
	return nil
}
