package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// built is the real program, built once for all tests that run it as a process.
var built struct {
	once   sync.Once
	folder string
	err    error
}

// actAsProgram makes a process of this test be the program: the server that a
// bench starts is the binary it runs in.
const actAsProgram = "ACT_AS_RINGSIDE"

func TestMain(m *testing.M) {
	if os.Getenv(actAsProgram) != "" {
		main()
		return
	}
	code := m.Run()
	if err := os.RemoveAll(built.folder); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

func theProgram(t testing.TB) string {
	t.Helper()
	built.once.Do(func() {
		if built.folder, built.err = os.MkdirTemp("", "ringside-program-"); built.err != nil {
			return
		}
		out, err := exec.Command("go", "build", "-o", filepath.Join(built.folder, "ringside"), ".").CombinedOutput()
		if err != nil {
			built.err = fmt.Errorf("go build: %w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return filepath.Join(built.folder, "ringside")
}

// process is the real program serving, as a process of its own.
type process struct {
	testing.TB
	cmd   *exec.Cmd
	url   string
	key   string
	out   *watched
	ended chan struct{} // closed when the process is gone
}

// serveProcess serves a database on a free port. The key file is written at the
// first start and read at each.
func serveProcess(t testing.TB, program, path, keyFile string) *process {
	t.Helper()
	p := &process{TB: t, cmd: exec.Command(program, "serve", "--listen", "127.0.0.1:0", "--db", path, "--admin-key-file", keyFile),
		out: newWatched(), ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.cmd.Wait() // how it ended is in its state
		close(p.ended)
	}()
	t.Cleanup(p.kill)
	select {
	case p.url = <-p.out.url:
	case <-p.ended:
		t.Fatalf("the program ended with %s:\n%s", p.cmd.ProcessState, p.out)
	case <-time.After(2 * time.Minute):
		t.Fatalf("the program does not listen:\n%s", p.out)
	}
	p.key = readKey(t, keyFile)
	return p
}

func readKey(t testing.TB, keyFile string) string {
	t.Helper()
	key, err := os.ReadFile(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(key))
}

// kill ends the process as a crash would, and returns when it is gone.
func (p *process) kill() {
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.Error(err)
	}
	<-p.ended
}

// stop asks the process to end and returns its exit code.
func (p *process) stop() int {
	p.Helper()
	p.signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(time.Minute):
		p.Fatalf("the program does not end:\n%s", p.out)
	}
	return p.cmd.ProcessState.ExitCode()
}

func (p *process) signal(s os.Signal) {
	p.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.Fatal(err)
	}
}

// reply is what the server answered.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// receipt is the answer to a post, or the problem it met.
type receipt struct {
	Accepted, Created, Updated, Unchanged int
	RejectedTotal                         int `json:"rejected_total"`
	Code, Detail                          string
}

func (r *reply) receipt(t testing.TB) (read receipt) {
	t.Helper()
	if err := json.Unmarshal(r.body, &read); err != nil {
		t.Fatalf("%d %s: %v", r.status, r.body, err)
	}
	return read
}

const (
	oneJSON = "application/json"
	ndjson  = "application/x-ndjson"
)

// send asks the server on a connection of the client's. It fails when the
// connection does.
func (p *process) send(client *http.Client, method, path, media string, body io.Reader) (*reply, error) {
	r, err := http.NewRequestWithContext(context.Background(), method, p.url+path, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+p.key)
	if media != "" {
		r.Header.Set("Content-Type", media)
	}
	answer, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return &reply{answer.StatusCode, answer.Header, text}, err
}

// ask is send for a server that is to answer with a status.
func (p *process) ask(status int, method, path, body string) *reply {
	p.Helper()
	media := oneJSON
	if body == "" {
		media = ""
	}
	r, err := p.send(http.DefaultClient, method, path, media, strings.NewReader(body))
	if err != nil {
		p.Fatalf("%s %s: %v\n%s", method, path, err, p.out)
	}
	if r.status != status {
		p.Fatalf("%s %s answers %d, want %d: %s", method, path, r.status, status, bytes.TrimSpace(r.body))
	}
	return r
}

// newClient returns a client with connections of its own.
func newClient(t testing.TB) *http.Client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}
