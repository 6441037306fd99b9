//go:build unix

package ringside_test

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
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	// demoLine and testLine are the two commands a newcomer needs.
	demoLine = "go run ./cmd/ringside demo"
	testLine = "make test"
)

var (
	shellBlock  = regexp.MustCompile("(?s)\n```sh\n(.*?)\n```\n")
	listeningOn = regexp.MustCompile(`listening on (http://\S+)`)
	demoFile    = regexp.MustCompile(`--db (\S+)`)
	goRunFailed = regexp.MustCompile(`(?m)^(exit status|signal: )`)
	inTable     = regexp.MustCompile("(?m)^\\|.*`ringside .*\\|$")
	named       = regexp.MustCompile("`ringside ([a-z]+)")
)

// readmeBlocks are the README's commands, block by block.
func readmeBlocks(t *testing.T) (blocks []string) {
	for _, m := range shellBlock.FindAllStringSubmatch(read(t, "README.md"), -1) {
		blocks = append(blocks, m[1])
	}
	if len(blocks) < 4 {
		t.Fatalf("the README has %d blocks of commands", len(blocks))
	}
	return blocks
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestReadmeBeginsWithTwoCommands: the first shows it at work, the second passes
// the tests, and that second one is what CI runs.
func TestReadmeBeginsWithTwoCommands(t *testing.T) {
	blocks := readmeBlocks(t)
	if blocks[0] != demoLine || blocks[1] != testLine {
		t.Errorf("the README begins with %q and %q, not with %q and %q", blocks[0], blocks[1], demoLine, testLine)
	}
	if !regexp.MustCompile(`(?m)^test:`).MatchString(read(t, "Makefile")) {
		t.Error("the Makefile has no target named test")
	}
	if !regexp.MustCompile(`(?m)^(exec )?` + testLine + `$`).MatchString(read(t, ".ci/run")) {
		t.Errorf(".ci/run does not call %s", testLine)
	}
}

// TestReadmeDemo runs the first command as it stands, but for its size and port.
func TestReadmeDemo(t *testing.T) {
	p := start(t, ".", demoLine+" --listen 127.0.0.1:0 --days 3 --scale 0.1")
	answer, err := http.Get(p.url + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("/healthz answers %d", answer.StatusCode)
	}
	file := demoFile.FindStringSubmatch(p.interrupt())
	if file == nil {
		t.Fatal("the demo does not say where its database is")
	}
	if _, err := os.Stat(file[1]); !os.IsNotExist(err) {
		t.Errorf("the demo leaves its database behind: %v", err)
	}
}

// TestReadmeUse builds and serves as the README says, sends what it sends, and
// wants the figures that follow. The commands of its table all exist.
func TestReadmeUse(t *testing.T) {
	blocks := readmeBlocks(t)
	build, serve, two := strings.Cut(blocks[2], "\n")
	if build != "go build ./cmd/ringside" || !two || !strings.HasPrefix(serve, "./ringside serve ") {
		t.Fatalf("the README builds with %q and serves with %q", build, serve)
	}
	dir := t.TempDir()
	if out, err := command(t, ".", strings.Replace(build, "build", "build -o "+dir+"/ringside", 1)).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", build, err, out)
	}
	p := start(t, dir, serve+" --listen 127.0.0.1:0")
	key := strings.TrimSpace(read(t, filepath.Join(dir, "admin.key")))
	requests := curls(t, blocks[3], strings.NewReplacer("$KEY", key, "$API", p.url+"/v1"))
	if len(requests) != 5 {
		t.Fatalf("the README sends %d requests", len(requests))
	}
	var answers []map[string]any
	for _, r := range requests {
		answers = append(answers, r.do(t))
	}
	wantParts(t, answers[0], "ref", "spring", "time_zone", "Europe/Lisbon")
	wantParts(t, answers[1], "accepted", 2.0, "created", 2.0, "rejected_total", 0.0)
	wantParts(t, answers[2], "accepted", 1.0, "updated", 1.0)
	wantParts(t, answers[3], "accepted", 1.0, "created", 1.0)
	// One lead, called twice, won; 30.00 over two calls.
	kpis, _ := answers[4]["kpis"].([]any)
	if len(kpis) != 3 {
		t.Fatalf("the figures are %v", answers[4])
	}
	wantParts(t, kpis[0], "id", "conversion_rate", "numerator", 1.0, "denominator", 1.0, "value", 1.0)
	wantParts(t, kpis[1], "id", "calls_per_lead", "numerator", 2.0, "denominator", 1.0, "value", 2.0)
	wantParts(t, kpis[2], "id", "cost_per_call", "numerator", "30.00", "denominator", 2.0, "value", "15.0000")
	examples, err := command(t, dir, strings.Replace(blocks[4], "http://127.0.0.1:8080", p.url, 1)).CombinedOutput()
	if err != nil || !strings.HasPrefix(blocks[4], "./ringside examples ") || !strings.Contains(string(examples), "KPIs of your own") {
		t.Errorf("%s: %v\n%s", blocks[4], err, examples)
	}
	p.interrupt()
	for line := range strings.Lines(blocks[5]) {
		if out, err := command(t, dir, line).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", line, err, out)
		}
	}
	if !strings.HasPrefix(blocks[5], "./ringside backup ") {
		t.Errorf("the README backs up with %q", blocks[5])
	}
	checkTable(t, dir)
}

// checkTable wants every command that the README's table names to be one.
func checkTable(t *testing.T, dir string) {
	names := 0
	for _, line := range inTable.FindAllString(read(t, "README.md"), -1) {
		for _, m := range named.FindAllStringSubmatch(line, -1) {
			names++
			if out, err := command(t, dir, "./ringside "+m[1]+" --help").CombinedOutput(); err != nil {
				t.Errorf("ringside %s --help: %v\n%s", m[1], err, out)
			}
		}
	}
	if names < 5 {
		t.Errorf("the README's table names only %d commands", names)
	}
}

func wantParts(t *testing.T, of any, pairs ...any) {
	t.Helper()
	fields, _ := of.(map[string]any)
	for i := 0; i < len(pairs); i += 2 {
		if got := fields[pairs[i].(string)]; got != pairs[i+1] {
			t.Errorf("%v is %v, want %v, in %v", pairs[i], got, pairs[i+1], of)
		}
	}
}

// command makes a command of a line without quotes. It and all it starts are one
// group, and it gets no flags from the environment.
func command(t *testing.T, dir, line string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	words := strings.Fields(line)
	c := exec.CommandContext(ctx, words[0], words[1:]...)
	c.Dir = dir
	c.Env = slices.DeleteFunc(os.Environ(), func(variable string) bool { return strings.HasPrefix(variable, "RINGSIDE_") })
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.WaitDelay = 10 * time.Second
	return c
}

// process is a server that was started as a command.
type process struct {
	*testing.T
	line string
	url  string
	cmd  *exec.Cmd
	rest chan string // what it printed, once it ended
	wait chan error  // how it ended
}

// start runs a command until it listens.
func start(t *testing.T, dir, line string) *process {
	t.Helper()
	p := &process{T: t, line: line, cmd: command(t, dir, line), rest: make(chan string, 1), wait: make(chan error, 1)}
	reader, writer := io.Pipe()
	p.cmd.Stdout, p.cmd.Stderr = writer, writer
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	listens := make(chan string, 1)
	go func() {
		var all strings.Builder
		lines := bufio.NewScanner(reader)
		for lines.Scan() {
			fmt.Fprintln(&all, lines.Text())
			if m := listeningOn.FindStringSubmatch(lines.Text()); m != nil {
				listens <- m[1]
			}
		}
		p.rest <- all.String()
	}()
	go func() {
		p.wait <- p.cmd.Wait()
		writer.Close()
	}()
	t.Cleanup(func() { p.cmd.Cancel() })
	select {
	case p.url = <-listens:
	case err := <-p.wait:
		t.Fatalf("%s ended: %v\n%s", line, err, <-p.rest)
	}
	return p
}

// interrupt presses Ctrl-C: the whole group gets it, and the server has to end
// well. It returns all that was printed.
func (p *process) interrupt() string {
	p.Helper()
	if err := syscall.Kill(-p.cmd.Process.Pid, syscall.SIGINT); err != nil {
		p.Fatal(err)
	}
	err, printed := <-p.wait, <-p.rest
	failed := err != nil
	if strings.HasPrefix(p.line, "go run ") {
		// Interrupted, it may end with 1 whatever the program did; of a program
		// that failed it prints the exit status.
		failed = goRunFailed.MatchString(printed)
	}
	if failed {
		p.Errorf("%s, interrupted, ends with %v:\n%s", p.line, err, printed)
	}
	return printed
}

// curl is one request the way curl sends it.
type curl struct {
	method, url, body string
	header            http.Header
}

// curls reads the curl commands of a block, with the shell's variables filled in.
func curls(t *testing.T, block string, variables *strings.Replacer) (all []curl) {
	for _, words := range shellWords(t, block) {
		if words[0] != "curl" {
			continue
		}
		one := curl{header: http.Header{}}
		for i := 1; i < len(words); i++ {
			switch word := words[i]; word {
			case "-X":
				i++
				one.method = words[i]
			case "-H":
				i++
				name, value, _ := strings.Cut(variables.Replace(words[i]), ": ")
				one.header.Set(name, value)
			case "-d":
				i++
				one.body = words[i]
			default:
				one.url = variables.Replace(word)
			}
		}
		one.finish()
		all = append(all, one)
	}
	return all
}

// finish adds what curl adds to a request with a body.
func (c *curl) finish() {
	if c.body != "" && c.header.Get("Content-Type") == "" {
		c.header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	switch {
	case c.method != "":
	case c.body != "":
		c.method = http.MethodPost
	default:
		c.method = http.MethodGet
	}
}

// shellWords parts a block into its commands and their words: quotes hold words
// together, a line feed outside of them ends a command.
func shellWords(t *testing.T, block string) (commands [][]string) {
	var words []string
	var word strings.Builder
	begun, quote := false, rune(0)
	endWord := func() {
		if begun {
			words = append(words, word.String())
		}
		begun = false
		word.Reset()
	}
	for _, c := range block + "\n" {
		switch {
		case c == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(c)
		case c == '\'' || c == '"':
			quote, begun = c, true
		case c == '\\':
			t.Fatalf("this test reads no backslashes: %s", block)
		case c == ' ' || c == '\n':
			endWord()
			if c == '\n' && len(words) > 0 {
				commands, words = append(commands, words), nil
			}
		default:
			begun = true
			word.WriteRune(c)
		}
	}
	if quote != 0 {
		t.Fatalf("a quote is not closed: %s", block)
	}
	return commands
}

// do sends the request and wants a good answer.
func (c curl) do(t *testing.T) (answer map[string]any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), c.method, c.url, bytes.NewReader([]byte(c.body)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = c.header
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &answer); err != nil || got.StatusCode/100 != 2 {
		t.Fatalf("%s %s answers %d: %s", c.method, c.url, got.StatusCode, text)
	}
	return answer
}
